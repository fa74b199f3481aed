(** * One layer of linear self-attention: its step, its history, noisy labels, general blocks *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base projectors statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Blocks multiplied out *)
Definition blocks := (tr_col_mx, tr_row_mx, mul_col_mx, mul_row_col, mul_mx_row, mul0mx, mulmx0, mul1mx, mulmx1, trmx0,
  @trmxK, addr0, add0r).
Section Attention.
Variables (R : realFieldType) (d n : nat) (K13 V31 : 'M[R]_d) (X : 'M[R]_(n, d)) (y : 'cV[R]_n) (w : 'cV[R]_d).
Let keys := col_mx (row_mx (0 : 'M[R]_d) (row_mx (0 : 'cV[R]_d) (row_mx K13 (0 : 'cV[R]_d))))
  (col_mx (row_mx (0 : 'M[R]_(1, d)) (row_mx (0 : 'cV[R]_1) (row_mx (0 : 'M[R]_(1, d)) (- (1%:M : 'cV[R]_1)))))
  (col_mx (row_mx (0 : 'M[R]_d) (row_mx (0 : 'cV[R]_d) (row_mx (0 : 'M[R]_d) (0 : 'cV[R]_d))))
  (row_mx (0 : 'M[R]_(1, d)) (row_mx (0 : 'cV[R]_1) (row_mx (0 : 'M[R]_(1, d)) (0 : 'cV[R]_1)))))).
Let values := col_mx (row_mx (0 : 'M[R]_d) (row_mx (0 : 'cV[R]_d) (row_mx (0 : 'M[R]_d) (0 : 'cV[R]_d))))
  (col_mx (row_mx (0 : 'M[R]_(1, d)) (row_mx (0 : 'cV[R]_1) (row_mx (0 : 'M[R]_(1, d)) (0 : 'cV[R]_1))))
  (col_mx (row_mx V31 (row_mx (0 : 'cV[R]_d) (row_mx (0 : 'M[R]_d) (0 : 'cV[R]_d))))
  (row_mx (0 : 'M[R]_(1, d)) (row_mx (0 : 'cV[R]_1) (row_mx (0 : 'M[R]_(1, d)) (0 : 'cV[R]_1)))))).
Let reads := row_mx (0 : 'M[R]_d) (row_mx (0 : 'cV[R]_d) (row_mx 1%:M (0 : 'cV[R]_d))).
Let query := col_mx (0 : 'cV[R]_d) (col_mx (0 : 'cV[R]_1) (col_mx w (1%:M : 'cV[R]_1))).
Let asked := col_mx (K13 *m w) (col_mx (- (1%:M : 'cV[R]_1)) (col_mx (0 : 'cV[R]_d) (0 : 'cV[R]_1))).

(** The keys make of the query a question to the examples alone. *)
Lemma keys_query : keys *m query = asked.
Proof. by rewrite /keys /query !blocks. Qed.
Lemma reads_values : reads *m values = row_mx V31 (row_mx 0 (row_mx 0 0)).
Proof. by rewrite /reads /values !mul_row_col !mul0mx mul1mx !(addr0, add0r). Qed.
Lemma reads_query : reads *m query = w.
Proof. by rewrite /reads /query !blocks. Qed.
(** Past iterates have no example in them, so they get no attention. *)
Lemma past_silent k (W_h : 'M[R]_(d, k)) (ones : 'M[R]_(1, k)) :
  (col_mx (0 : 'M[R]_(d, k)) (col_mx (0 : 'M[R]_(1, k)) (col_mx W_h ones)))^T *m keys *m query = 0.
Proof. by rewrite -mulmxA keys_query /asked !blocks. Qed.

(** The layer with a history, and without. *)
Lemma move_with_history k (W_h : 'M[R]_(d, k)) (ones : 'M[R]_(1, k)) (c : R) :
  let Z := col_mx (row_mx X^T (row_mx (0 : 'M[R]_(d, k)) (0 : 'cV[R]_d)))
    (col_mx (row_mx y^T (row_mx (0 : 'M[R]_(1, k)) (0 : 'cV[R]_1)))
    (col_mx (row_mx (0 : 'M[R]_(d, n)) (row_mx W_h w)) (row_mx (0 : 'M[R]_(1, n)) (row_mx ones (1%:M : 'cV[R]_1))))) in
  reads *m (c *: (values *m Z *m Z^T *m keys *m query) + query) =
  V31 *m (c *: (X^T *m X) *m K13 *m w - c *: (X^T *m y)) + w.
Proof.
move=> Z; rewrite (mulmxDr reads) reads_query -scalemxAr.
have -> : reads *m (values *m Z *m Z^T *m keys *m query) = row_mx V31 (row_mx 0 (row_mx 0 0)) *m Z *m (Z^T *m asked).
  by rewrite -reads_values -keys_query !mulmxA.
congr (_ + _).
have -> : row_mx V31 (row_mx 0 (row_mx 0 0)) *m Z = row_mx (V31 *m X^T) (row_mx 0 0) 
  by rewrite /Z !mul_row_col !mul0mx !(addr0, add0r) !mul_mx_row !mulmx0.
have -> : Z^T *m asked = col_mx (X *m (K13 *m w) - y) (col_mx 0 0).
  by rewrite /Z /asked !tr_col_mx !tr_row_mx !trmxK !trmx0 !mul_row_col !mulmx0 !addr0 !mul_col_mx !mul0mx mulmxN mulmx1
    !add_col_mx !addr0.
by rewrite !mul_row_col !mul0mx !addr0 ; mxring.
Qed.
Lemma move_without_history (c : R) :
  let Z := col_mx (row_mx X^T (0 : 'cV[R]_d)) (col_mx (row_mx y^T (0 : 'cV[R]_1))
    (col_mx (row_mx (0 : 'M[R]_(d, n)) w) (row_mx (0 : 'M[R]_(1, n)) (1%:M : 'cV[R]_1)))) in
  reads *m (c *: (values *m Z *m Z^T *m keys *m query) + query) =
  V31 *m (c *: (X^T *m X) *m K13 *m w - c *: (X^T *m y)) + w.
Proof.
move=> Z; rewrite (mulmxDr reads) reads_query -scalemxAr.
have -> : reads *m (values *m Z *m Z^T *m keys *m query) = row_mx V31 (row_mx 0 (row_mx 0 0)) *m Z *m (Z^T *m asked).
  by rewrite -reads_values -keys_query !mulmxA.
congr (_ + _).
have -> : row_mx V31 (row_mx 0 (row_mx 0 0)) *m Z = row_mx (V31 *m X^T) 0.
  by rewrite /Z !mul_row_col !mul0mx !(addr0, add0r) mul_mx_row mulmx0.
have -> : Z^T *m asked = col_mx (X *m (K13 *m w) - y) 0.
  by rewrite /Z /asked !tr_col_mx !tr_row_mx !trmxK !trmx0 !mul_row_col !mulmx0 !addr0 !mul_col_mx !mul0mx mulmxN mulmx1
    !add_col_mx !addr0.
by rewrite !mul_row_col !mul0mx !addr0 ; mxring.
Qed.
End Attention.

(** ** What the layer does *)
Theorem general_blocks_update : general_blocks_update_statement.
Proof. move=> R d n k K13 V31 X y w W_h d0 n0 k0 S b E_3 K V Z z w_next; exact: move_with_history. Qed.
Theorem inert_history : inert_history_statement.
Proof.
move=> R d k n K13 V31 W_h X w y d0 k0 n0 K Z_past E_3 V Z z w_next Z_bare w_next_without_history.
split; last exact: past_silent.
exact: etrans (move_with_history _ _ _ _ _ _ _ _) (esym (move_without_history _ _ _ _ _ _)).
Qed.
Theorem lsa_step : lsa_step_statement.
Proof.
move=> R d n k V31 K13 eta X y w W_h d0 eta0 n0 k0 S b E_3 K V Z z w_next V31E K13E.
rewrite [LHS](_ : _ = V31 *m (S *m K13 *m w - b) + w); last exact: move_with_history.
by clearbody S b; rewrite V31E K13E; mxring.
Qed.

(** The second-order expansion of the loss is exact. *)
Theorem lsa_step_gradient : lsa_step_gradient_statement.
Proof.
move=> R d n X y h w d0 n0 S b.
have symS : S^T = S by rewrite /S tr_scale trmx_mul trmxK.
have flip (u v : 'cV[R]_n) : u^T *m v = v^T *m u by rewrite !inner dotC.
have wXXh : w^T *m X^T *m X *m h = h^T *m X^T *m X *m w.
  by have := flip (X *m w) (X *m h); rewrite !trmx_mul !mulmxA.
have yXh : y^T *m X *m h = h^T *m X^T *m y by have := flip y (X *m h); rewrite !trmx_mul !mulmxA.
rewrite /S /b; clear symS S b; have half : (1 / (2%:R * n%:R)) = 2%:R^-1 * n%:R^-1 :> R by rewrite mul1r invfM.
rewrite half mul1r; clear half; move: n%:R^-1 => c; rewrite !transposed ?expand wXXh yXh.
have : 2%:R^-1 + 2%:R^-1 = 1 :> R by rewrite -mulr2n -[LHS]mulr_natr mulVf ?pnatr_eq0.
move: 2%:R^-1 => a aa; rewrite -[X in _ = X + _]scale1r -aa.
mxring.
Qed.

(** ** Noisy labels *)
Section Noise.
Variables (R : realFieldType) (d n : nat) (c : R) (X : 'M[R]_(n, d)) (y : 'cV[R]_n) (S_plus : 'M[R]_d).
Let S := c *: (X^T *m X).
Let b := c *: (X^T *m y).
Hypotheses (plus : pseudo_inverse S S_plus) (c0 : 0 < c).
(** The correlations lie in the range of the second moments, whatever the labels are. *)
Lemma target_solves : S *m (S_plus *m b) = b.
Proof.
case: plus => y1 y2 y3 y4; have symS : S^T = S by rewrite /S tr_scale trmx_mul trmxK.
set P := 1%:M - S *m S_plus; have symP : P^T = P by rewrite /P tr_add tr_opp tr_one y3.
have SP : S *m P = 0.
  by apply: trmx_inj; rewrite trmx_mul symS symP trmx0 /P mulmxBl mul1mx y1 subrr.
have XP : X *m P = 0.
  apply: columns => v; rewrite mul0mx -mulmxA; set u := P *m v.
  have : c * dot (X *m u) (X *m u) = 0 by rewrite dot_trl mulmxA -dotZr -scale_l -/S /u mulmxA SP mul0mx dot0r.
  by move/eqP; rewrite mulf_eq0 (gt_eqF c0) /= dot_eq0 => /eqP.
have : P *m b = 0 by rewrite /b scale_r mulmxA -symP -trmx_mul XP trmx0 mul0mx scaler0.
by rewrite /P mulmxBl mul1mx -mulmxA => /eqP; rewrite subr_eq0 => /eqP <-.
Qed.
(** Every solution projects to the target, which is therefore the shortest. *)
Lemma target_least w : S *m w = b -> dot (S_plus *m b) (S_plus *m b) <= dot w w.
Proof.
move=> <-; rewrite mulmxA; have := row_projector plus; set Q := S_plus *m S => pQ.
rewrite -subr_ge0; apply: (ge0_eq (dot_ge0 (w - Q *m w))).
rewrite !dotP (dotC (Q *m w) w) (projector_form w pQ); ring.
Qed.
End Noise.
Lemma inverse_count (R : realFieldType) n : (0 < n)%N -> 0 < n%:R^-1 :> R.
Proof. by rewrite invr_gt0 ltr0n. Qed.
Theorem label_noise_target : label_noise_target_statement.
Proof. move=> R d n X y d0 n0 S b c plus w_target; exact: (target_solves y plus (inverse_count R n0)). Qed.
Theorem label_noise_gradient : label_noise_gradient_statement.
Proof.
move=> R d n X y w d0 n0 S b c plus w_target.
by rewrite (mulmxBr S) /w_target (target_solves y plus (inverse_count R n0)).
Qed.
Theorem label_noise_fits : label_noise_fits_statement.
Proof.
move=> R d n X y h d0 n0 S b c plus w_target; rewrite (mulmxDr S) /w_target (target_solves y plus (inverse_count R n0)).
by split=> [e|->]; [apply: (@addIr _ b); rewrite add0r | rewrite add0r].
Qed.
Theorem label_noise_least : label_noise_least_statement.
Proof.
move=> R d n X y d0 n0 S b c plus w_target.
split; first by rewrite /w_target (target_solves y plus (inverse_count R n0)).
move=> w Sw; rewrite -!/(dot _ _); exact: (target_least plus Sw).
Qed.

(** ** General blocks *)
Section Blocks.
Variables (R : realFieldType) (d : nat) (S V K : 'M[R]_d) (b : 'cV[R]_d).
Hypotheses (unitV : V \in unitmx) (unitS : S \in unitmx) (unitK : K \in unitmx).
(** Where the layer moves nothing, the gradient that it sees vanishes. *)
Lemma fixed_iff w : w = V *m (S *m K *m w - b) + w <-> w = invmx K *m invmx S *m b.
Proof.
split=> [e|->]; last by rewrite -!mulmxA mulKVmx // mulKVmx // subrr mulmx0 add0r.
have : V *m (S *m K *m w - b) = 0 by apply: (@addIr _ w); rewrite -e add0r.
by move/(unit_injective unitV)/eqP; rewrite subr_eq0 => /eqP <-; rewrite -!mulmxA mulKmx // mulKmx.
Qed.
End Blocks.
Theorem general_blocks_fixed_point : general_blocks_fixed_point_statement.
Proof.
by move=> R d n V31 K13 X y d0 n0 S b w_fix fixed unitV unitS unitK; apply/(fixed_iff b unitV unitS unitK).
Qed.
Theorem general_blocks_unique : general_blocks_unique_statement.
Proof.
move=> R d n V31 K13 X y d0 n0 S b unitV unitS unitK; exists (invmx K13 *m invmx S *m b).
by split=> [|w /(fixed_iff b unitV unitS unitK) ->]; first exact/fixed_iff.
Qed.
Theorem general_blocks_bias : general_blocks_bias_statement.
Proof.
move=> R d n V31 K13 X y d0 n0 S b w_fix fixed w_target unitV unitS unitK.
have -> := proj1 (fixed_iff b unitV unitS unitK w_fix) fixed.
by rewrite mulmxBl mul1mx /w_target mulmxA.
Qed.
Theorem general_blocks_unbiased : general_blocks_unbiased_statement.
Proof.
move=> R d n V31 K13 X y d0 n0 S b w_fix fixed w_target unitV unitS unitK.
have -> : w_fix = invmx K13 *m w_target.
  by have -> := proj1 (fixed_iff b unitV unitS unitK w_fix) fixed; rewrite /w_target mulmxA.
clearbody w_target; split=> [e|{1}<-]; last by rewrite mulKmx.
by rewrite -[in LHS]e mulKVmx.
Qed.
