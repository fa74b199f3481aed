(** * The slope of a trained layer

    A map has at most one slope at a point.  The move of a trained layer is a cubic in the weights it reads, so that its
    slope is the part of the cubic that is linear in a step, and sums of moduli bound it and its change. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base row_sums statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Slopes *)
Section Slopes.
Variable R : realFieldType.

(** What is bounded by a multiple of every small step is zero. *)
Lemma below_small (x c : R) : 0 <= x -> 0 <= c -> (forall e, 0 < e -> e <= 1 -> x <= c * e) -> x = 0.
Proof.
move=> x0 c0 small; apply/eqP; rewrite eq_le x0 andbT leNgt; apply/negP => xp.
have sp : 0 < x + c by exact: ltr_spaddl.
have := small (x / (x + c)); rewrite divr_gt0 // ler_pdivr_mulr // mul1r ler_addl c0 mulrA ler_pdivl_mulr //.
by move=> /(_ isT isT); rewrite mulrDr (mulrC c x) ger_addr leNgt mulr_gt0.
Qed.

(** A map has at most one slope: compare two on small multiples of the axes. *)
Lemma slope_unique m n (f : 'cV[R]_n -> 'cV[R]_m) x D E : slope_at f x D -> slope_at f x E -> D = E.
Proof.
move=> [c slopeD] [k slopeE]; apply/eqP; rewrite -subr_eq0; apply/eqP.
suff columns j : (D - E) *m delta_mx j (0 : 'I_1) = 0.
  by apply/matrixP => i j; have /matrixP /(_ i 0) := columns j; rewrite -colE !mxE.
set u := delta_mx j 0; apply: max_row_sum_eq0.
have size e : 0 < e -> max_row_sum (e *: u) <= e.
  move=> e0; rewrite max_row_sum_scale gtr0_norm // -[X in _ <= X]mulr1 ler_pmul2l //.
  apply: max_row_sum_le => // i; rewrite /row_sum big_ord1 mxE.
  by case: (_ && _); rewrite ?normr1 ?normr0 ?lexx ?ler01.
apply: (@below_small _ (`|c| + `|k|)) => [||e e0 e1]; rewrite ?max_row_sum_ge0 ?addr_ge0 //.
have small : max_row_sum (e *: u) <= 1 by apply: le_trans (size e e0) e1.
have square : max_row_sum (e *: u) ^+ 2 <= e ^+ 2.
  by apply: ler_expn2r; rewrite ?nnegrE ?max_row_sum_ge0 ?(ltW e0) ?size.
rewrite -(ler_pmul2l e0) -[X in X * max_row_sum _](gtr0_norm e0) -max_row_sum_scale -scale_r mulmxBl.
pose moved := f (x + e *: u) - f x.
have -> : D *m (e *: u) - E *m (e *: u) = (moved - E *m (e *: u)) - (moved - D *m (e *: u)).
  by clearbody moved; rewrite opprB [RHS]addrC addrA subrK.
apply: le_trans (max_row_sum_sub _ _) _.
apply: le_trans (ler_add (slopeE _ small) (slopeD _ small)) _.
rewrite -mulrDl addrC [X in _ <= X]mulrCA -[X in _ <= _ * X]expr2.
apply: (@le_trans _ _ ((`|c| + `|k|) * max_row_sum (e *: u) ^+ 2)); last by rewrite ler_wpmul2l ?addr_ge0.
by rewrite ler_wpmul2r ?sqr_ge0 ?ler_add ?ler_norm.
Qed.
(** Slopes depend on the values of a map only. *)
Lemma slope_ext m n (f g : 'cV[R]_n -> 'cV[R]_m) x D : f =1 g -> slope_at f x D -> slope_at g x D.
Proof. by move=> fg [c slope]; exists c => h small; rewrite -!fg; exact: slope. Qed.
End Slopes.

(** ** The move of a trained layer: a cubic *)
Section Layer.
Variables (R : realFieldType) (d n : nat).
Implicit Types (c k w h u v x g : 'cV[R]_d) (A K F : 'M[R]_d) (m : R).

(** What the layer writes for the weights [w] it reads, and the slope that it will be shown to have. *)
Definition cubic m A c k K F g w :=
  m *: (A *m w *m k^T *m w + c *m w^T *m K *m w + A *m w *m w^T *m K *m w) + F *m w + g.
Definition turned A c k K w :=
  (dot k w + dot w (K *m w)) *: A + A *m w *m k^T + c *m w^T *m (K + K^T) + A *m w *m w^T *m (K + K^T).
Definition cubic_slope m A c k K F w := m *: turned A c k K w + F.

(** What a step from [w] adds beyond the linear part. *)
Lemma cubic_step m A c k K F g w h :
  cubic m A c k K F g (w + h) - cubic m A c k K F g w - cubic_slope m A c k K F w *m h =
  m *: (A *m h *m (k^T + w^T *m (K + K^T)) *m h + (c + A *m w) *m h^T *m K *m h + A *m h *m h^T *m K *m h).
Proof.
have scalars : (dot k w + dot w (K *m w)) *: (A *m h) = A *m h *m k^T *m w + A *m h *m w^T *m K *m w.
  by rewrite scalerDl -!mulmxA !inner !scalar_r !scale_r.
have cross : w^T *m K^T *m h = h^T *m K *m w by rewrite -mulmxA inner -dot_trl dotC -inner mulmxA.
rewrite /cubic /cubic_slope /turned !mulmxDl scale_l !mulmxDl scale_l scalars tr_add.
rewrite !mulmxDr !mulmxDl.
have -> : c *m w^T *m K^T *m h = c *m h^T *m K *m w by rewrite -!mulmxA; congr (c *m _); rewrite !mulmxA.
have -> : A *m w *m w^T *m K^T *m h = A *m w *m h^T *m K *m w.
  by rewrite -!mulmxA; congr (A *m (w *m _)); rewrite !mulmxA.
have -> : A *m h *m (w^T *m K^T) *m h = A *m h *m h^T *m K *m w.
  by rewrite -!mulmxA; congr (A *m (h *m _)); rewrite !mulmxA.
mxring.
Qed.

(** This is of second order. *)
Lemma cubic_slope_at m A c k K F g w : slope_at (cubic m A c k K F g) w (cubic_slope m A c k K F w).
Proof.
set p := max_row_sum A; set s := max_row_sum (k^T + w^T *m (K + K^T)); set q := max_row_sum (c + A *m w).
set e := entry_sum K; exists (`|m| * (p * s + q * e + p * e)) => h h1.
have p0 : 0 <= p by exact: max_row_sum_ge0.
have q0 : 0 <= q by exact: max_row_sum_ge0.
have s0 : 0 <= s by exact: max_row_sum_ge0.
have e0 : 0 <= e by exact: entry_sum_ge0.
set t := max_row_sum h; have t0 : 0 <= t by exact: max_row_sum_ge0.
rewrite cubic_step max_row_sum_scale -mulrA; apply: ler_wpmul2l; first exact: normr_ge0.
have form : max_row_sum (h^T *m K *m h) <= e * t ^+ 2.
  by apply: le_trans (form_entry_sum _ _ _) _; rewrite -/t -/e expr2 mulrA (mulrC t e).
rewrite !mulrDl; apply: le_trans (max_row_sum_add _ _) (ler_add _ _).
  apply: le_trans (max_row_sum_add _ _) (ler_add _ _).
    apply: le_trans (max_row_sum_mul _ _) _; rewrite expr2 mulrA; apply: ler_wpmul2r => //.
    apply: le_trans (max_row_sum_mul _ _) _; rewrite mulrAC; apply: ler_wpmul2r => //.
    exact: max_row_sum_mul.
  rewrite -2!mulmxA (mulmxA h^T); apply: le_trans (max_row_sum_mul _ _) _; rewrite -mulrA.
  exact: ler_wpmul2l.
rewrite -2!mulmxA (mulmxA h^T) -mulrA; apply: le_trans (max_row_sum_mul _ _) _.
apply: ler_pmul; rewrite ?max_row_sum_ge0 //.
by apply: le_trans (max_row_sum_mul _ _) _; rewrite -[X in _ <= X]mulr1; exact: ler_wpmul2l.
Qed.

(** The layer, block by block, is such a cubic. *)
Lemma layer_cubic m (X : 'M[R]_(n, d)) (y : 'cV[R]_n) (K13 V31 V33 K33 : 'M[R]_d) (K23 V32 V34 K34 K43 K14 : 'cV[R]_d)
    (K44 K24 : R) w :
  let S := m *: (X^T *m X) in
  let b := m *: (X^T *m y) in
  let c_y := m *: (y^T *m y) in
  let k_self := K34 + K43 in
  let F := m *: (K44 *: V33 + V34 *m k_self^T) + V31 *m (b *m K23^T + S *m K13) + V32 *m (c_y *m K23^T + b^T *m K13)
    + 1%:M in
  let g := (K44 * m) *: V34 + V31 *m (K24 *: b + S *m K14) + V32 *m (K24 *: c_y + b^T *m K14) in
  let K_r := col_mx (row_mx K13 K14) (col_mx (row_mx K23^T (K24 *: (1%:M : 'cV[R]_1))) (col_mx (row_mx K33 K34)
    (row_mx K43^T (K44 *: (1%:M : 'cV[R]_1))))) in
  let V_3 := row_mx V31 (row_mx V32 (row_mx V33 V34)) in
  let Z := col_mx (row_mx X^T (0 : 'cV[R]_d)) (col_mx (row_mx y^T (0 : 'cV[R]_1)) (col_mx (row_mx (0 : 'M[R]_(d, n)) w)
    (row_mx (0 : 'M[R]_(1, n)) (1%:M : 'cV[R]_1)))) in
  m *: (V_3 *m Z *m Z^T *m K_r *m col_mx w (1%:M : 'cV[R]_1)) + w = cubic m V33 V34 k_self K33 F g w.
Proof.
move=> S b c_y k_self F g K_r V_3 Z.
have read : V_3 *m Z = row_mx (V31 *m X^T + V32 *m y^T) (V33 *m w + V34).
  by rewrite /V_3 /Z !mul_row_col !mul_mx_row !add_row_mx !mulmx0 !mulmx1 !(addr0, add0r).
have keys : K_r *m col_mx w 1%:M = col_mx (K13 *m w + K14) (col_mx (K23^T *m w + K24%:M)
    (col_mx (K33 *m w + K34) (K43^T *m w + K44%:M))).
  by rewrite /K_r !mul_col_mx !mul_row_col !mulmx1 !scalemx1.
have scores : Z^T *m (K_r *m col_mx w 1%:M) = col_mx (X *m (K13 *m w + K14) + y *m (K23^T *m w + K24%:M))
    (w^T *m (K33 *m w + K34) + (K43^T *m w + K44%:M)).
  rewrite keys /Z !tr_col_mx !tr_row_mx !trmxK !trmx0 trmx1 !mul_row_col !mul_col_mx !add_col_mx !mul0mx mul1mx.
  by rewrite !(addr0, add0r).
rewrite -(mulmxA _ K_r) -(mulmxA _ Z^T) scores read mul_row_col.
have -> : w^T *m (K33 *m w + K34) = w^T *m K33 *m w + K34^T *m w.
  by rewrite mulmxDr mulmxA !inner dotC.
have labels : b^T = m *: (y^T *m X) by rewrite /b tr_scale trmx_mul trmxK.
rewrite /cubic /F /g labels /S /b /c_y /k_self tr_add; mxring.
Qed.

(** *** Its slope, bounded term by term *)
Lemma product_bound A x p t : max_row_sum A <= p -> max_row_sum x <= t -> max_row_sum (A *m x) <= p * t.
Proof. by move=> Ap xt; apply: le_trans (max_row_sum_mul _ _) (ler_pmul _ _ _ _); rewrite ?max_row_sum_ge0. Qed.
Lemma laid_bound c k q : max_row_sum c <= q -> max_row_sum (c *m k^T) <= q * entry_sum k.
Proof.
move=> cq; apply: le_trans (max_row_sum_mul _ _) (ler_pmul _ _ _ _); rewrite ?max_row_sum_ge0 //.
exact: max_row_sum_tr.
Qed.
Lemma outer_bound c K h q t : max_row_sum c <= q -> max_row_sum h <= t ->
  max_row_sum (c *m h^T *m (K + K^T)) <= q * (2%:R * (t * entry_sum K)).
Proof.
move=> cq ht; rewrite -mulmxA; apply: le_trans (max_row_sum_mul _ _) (ler_pmul _ _ _ _); rewrite ?max_row_sum_ge0 //.
apply: le_trans (max_row_sum_sym _ _) _; rewrite ler_pmul2l ?ltr0Sn //.
by rewrite ler_wpmul2r ?entry_sum_ge0.
Qed.
Lemma dot_bound k u t : max_row_sum u <= t -> `|dot k u| <= entry_sum k * t.
Proof. by move=> ut; apply: le_trans (dot_entry_sum _ _) (ler_wpmul2l _ _); rewrite ?entry_sum_ge0. Qed.
Lemma form_bound K u v s t : max_row_sum u <= s -> max_row_sum v <= t -> `|dot u (K *m v)| <= s * entry_sum K * t.
Proof.
move=> us vt; apply: le_trans (dot_form_entry_sum _ _ _) (ler_pmul _ _ _ _); rewrite ?max_row_sum_ge0 //.
  by rewrite mulr_ge0 ?max_row_sum_ge0 ?entry_sum_ge0.
by rewrite ler_wpmul2r ?entry_sum_ge0.
Qed.

(** The part of the slope that depends on the weights read, where these are at most [r]; and how far it changes. *)
Lemma turned_bound A c k K w r : max_row_sum w <= r ->
  max_row_sum (turned A c k K w) <=
    2%:R * r * (entry_sum K * max_row_sum c + entry_sum k * max_row_sum A) +
    3%:R * r ^+ 2 * entry_sum K * max_row_sum A.
Proof.
move=> wr; set e := entry_sum K; set s := entry_sum k; set p := max_row_sum A; set q := max_row_sum c.
have Aw : max_row_sum (A *m w) <= p * r by exact: product_bound.
rewrite [X in _ <= X](_ : _ = (s * r + r * e * r) * p + p * r * s + q * (2%:R * (r * e)) + p * r * (2%:R * (r * e)));
  last by ring.
rewrite /turned; apply: le_trans (max_row_sum_add _ _) (ler_add _ (outer_bound _ Aw wr)).
apply: le_trans (max_row_sum_add _ _) (ler_add _ (outer_bound _ (lexx q) wr)).
apply: le_trans (max_row_sum_add _ _) (ler_add _ (laid_bound _ Aw)).
rewrite max_row_sum_scale ler_wpmul2r ?max_row_sum_ge0 //.
by apply: le_trans (ler_norm_add _ _) (ler_add (dot_bound _ wr) (form_bound _ wr wr)).
Qed.

Lemma turned_change A c k K w h r : max_row_sum w <= r -> max_row_sum (h + w) <= r ->
  max_row_sum (turned A c k K (h + w) - turned A c k K w) <=
    (2%:R * (entry_sum K * max_row_sum c + entry_sum k * max_row_sum A) + 6%:R * r * entry_sum K * max_row_sum A) *
    max_row_sum h.
Proof.
move=> wr ur; have -> : turned A c k K (h + w) - turned A c k K w =
  (dot k h + (dot h (K *m (h + w)) + dot w (K *m h))) *: A + A *m h *m k^T + c *m h^T *m (K + K^T) +
  (A *m h *m (h + w)^T *m (K + K^T) + A *m w *m h^T *m (K + K^T)).
  rewrite /turned !(mulmxDr K h w) (tr_add h w) !dotP.
  move: (dot k h) (dot k w) (dot h _) (dot h _) (dot w _) (dot w _) (K + K^T) => a b x y z u L; mxring.
set e := entry_sum K; set s := entry_sum k; set p := max_row_sum A; set q := max_row_sum c; set t := max_row_sum h.
have Ah : max_row_sum (A *m h) <= p * t by exact: product_bound.
have Aw : max_row_sum (A *m w) <= p * r by exact: product_bound.
rewrite [X in _ <= X](_ : _ = (s * t + (t * e * r + r * e * t)) * p + p * t * s + q * (2%:R * (t * e)) +
  (p * t * (2%:R * (r * e)) + p * r * (2%:R * (t * e)))); last by ring.
apply: le_trans (max_row_sum_add _ _) (ler_add _ _); last first.
  by apply: le_trans (max_row_sum_add _ _) (ler_add (outer_bound _ Ah ur) (outer_bound _ Aw (lexx t))).
apply: le_trans (max_row_sum_add _ _) (ler_add _ (outer_bound _ (lexx q) (lexx t))).
apply: le_trans (max_row_sum_add _ _) (ler_add _ (laid_bound _ Ah)).
rewrite max_row_sum_scale ler_wpmul2r ?max_row_sum_ge0 //.
apply: le_trans (ler_norm_add _ _) (ler_add (dot_bound _ (lexx t)) _).
by apply: le_trans (ler_norm_add _ _) (ler_add (form_bound _ (lexx t) ur) (form_bound _ wr (lexx t))).
Qed.

Lemma cubic_slope_bound m A c k K F G H w r : 0 <= m -> max_row_sum w <= r ->
  max_row_sum (cubic_slope m A c k K F w - G - H) <=
    2%:R * r * (entry_sum K * max_row_sum c + entry_sum k * max_row_sum A) * m +
    3%:R * r ^+ 2 * entry_sum K * max_row_sum A * m + max_row_sum (F - G - H).
Proof.
move=> m0 wr; rewrite /cubic_slope -!addrA (addrA (_ * m)) -mulrDl.
apply: le_trans (max_row_sum_add _ _) (ler_add _ (lexx _)); rewrite max_row_sum_scale ger0_norm // mulrC.
by rewrite ler_wpmul2r // turned_bound.
Qed.
Lemma cubic_slope_change m A c k K F w h r : 0 <= m -> max_row_sum w <= r -> max_row_sum (h + w) <= r ->
  max_row_sum (cubic_slope m A c k K F (h + w) - cubic_slope m A c k K F w) <=
    (2%:R * (entry_sum K * max_row_sum c + entry_sum k * max_row_sum A) + 6%:R * r * entry_sum K * max_row_sum A) *
    max_row_sum h * m.
Proof.
move=> m0 wr ur; rewrite /cubic_slope opprD addrACA subrr addr0 -scalerBr max_row_sum_scale ger0_norm // mulrC.
by rewrite ler_wpmul2r // turned_change.
Qed.
End Layer.

(** ** The theorems *)
(** The slope is the part of the cubic that is linear in the step. *)
Theorem trained_layer_slope : trained_layer_slope_statement.
Proof.
move=> R d n w K14 K23 K34 K43 V32 V34 K13 K33 V31 V33 K24 K44 X y d0 n0 K_r V_3 Z q w_next D_f slope S b c_y k_self F.
move: slope => /(slope_ext (layer_cubic n%:R^-1 X y K13 V31 V33 K33 K23 V32 V34 K34 K43 K14 K44 K24)) slope.
exact: slope_unique slope (cubic_slope_at _ _ _ _ _ _ _ _).
Qed.

(** The part of the slope that the ideal step shares is set against the constant part. *)
Theorem trained_layer_slope_bound : trained_layer_slope_bound_statement.
Proof.
move=> R d n r K24 K44 w K14 K23 K34 K43 V32 V34 K13 K33 V31 V33 X y r0 d0 n0 K_r V_3 Z q w_next D_f slope S D_leak.
move=> b c_y k_self F wr; rewrite /D_leak (trained_layer_slope d0 n0 slope).
by apply: cubic_slope_bound => //; rewrite invr_ge0 ler0n.
Qed.

(** What does not depend on the weights read cancels. *)
Theorem trained_layer_curvature : trained_layer_curvature_statement.
Proof.
move=> R d n r K24 K44 w h K14 K23 K34 K43 V32 V34 K13 K33 V31 V33 X y r0 d0 n0 K_r V_3 Z q w_next D_f slope.
move=> D_there slope_there k_self wr ur.
rewrite (trained_layer_slope d0 n0 slope) (trained_layer_slope d0 n0 slope_there).
by apply: cubic_slope_change => //; rewrite invr_ge0 ler0n.
Qed.
