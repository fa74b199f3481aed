(** * An attacker who does not see the helper: it lowers its target by a multiple of the error that it observes

    One turn takes from an energy an explicit sum of squares.  No vector keeps its energy for two turns, so the powers
    of the turn carry every vector to zero.  In one dimension the bounds on gain and step are exact: there the turn is a
    matrix [X] with [X^2 = tau X - delta], whose powers vanish only if [|tau| < 1 + delta], and if also [delta < 1]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base limits statements convergence gradient_descent.
Require blind_attack_matrices.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** A turn: the error and the distance of the declared target from its limit *)
Theorem blind_attack_e : blind_attack_e_statement.
Proof.
move=> R d S_W S_U eta_W eta_U s w u w_t _ _ _ _ _ P A declared u_turn w_next e_next Q B e v Delta s_limit z unit.
exact: (@blind_attack_matrices.blind_attack_e R d P S_W Q S_U A B (invmx P) Delta w u declared s u_turn w_t w_next e
  e_next v s_limit z eta_U eta_W (mulmxV unit)).
Qed.
Theorem blind_attack_z : blind_attack_z_statement.
Proof.
move=> R d S_W S_U eta_W gamma eta_U w w_t s u _ _ _ _ _ _ P A Q B e v declared u_turn w_next e_next Delta s_limit.
move=> z_next z unit.
exact: (@blind_attack_matrices.blind_attack_z R d P S_W Q S_U A B (invmx P) Delta w u declared s u_turn w_t w_next e
  e_next v s_limit z z_next eta_U eta_W gamma (mulmxV unit)).
Qed.

(** ** The energy of one eigenvalue [p]

    The loss is a form of two variables; its corner and its determinant are fractions of this denominator. *)
Lemma denominator_gt0 (R : realFieldType) (p gamma : R) : p <= 1 -> 0 < p -> gamma < 2%:R -> 0 < 1 + p - gamma * p.
Proof.
by move=> p1 p0 gamma2; apply: (@blind_attack_matrices.blind_attack_weight_denominator R _ gamma p); rewrite ?subr_gt0.
Qed.
Theorem blind_attack_weight : blind_attack_weight_statement.
Proof.
move=> R p gamma gamma0 c_p weight p1 p0 gamma2; split=> //; rewrite divr_gt0 ?mulr_gt0 //; exact: denominator_gt0.
Qed.
Theorem blind_attack_corner : blind_attack_corner_statement.
Proof.
move=> R p gamma gamma0 c_p weight corner p1 p0 gamma2; have c0 : 0 < c_p by exact: denominator_gt0.
have -> : corner = p * (2%:R + p * (1 - p) - gamma) / c_p.
  by rewrite /corner /weight /c_p; field; rewrite !gt_eqF.
split=> //; apply: divr_ge0 (ltW c0); rewrite mulr_ge0 ?(ltW p0) // addrAC addr_ge0 ?subr_ge0 ?(ltW gamma2) //.
by rewrite mulr_ge0 ?(ltW p0) // subr_ge0.
Qed.
Theorem blind_attack_determinant : blind_attack_determinant_statement.
Proof.
move=> R p gamma gamma0 c_p weight determinant p1 p0 gamma2; have c0 : 0 < c_p by exact: denominator_gt0.
have -> : determinant = p ^+ 3 * (1 - p) * (2%:R - gamma) / c_p ^+ 2.
  by rewrite /determinant /weight /c_p; field; rewrite !gt_eqF.
split=> //; rewrite divr_ge0 ?exprn_ge0 ?(ltW c0) //.
by rewrite !mulr_ge0 ?exprn_ge0 ?subr_ge0 ?(ltW p0) ?(ltW gamma2).
Qed.

(** ** A form that falls strictly in two turns *)

(** Then the powers of two turns vanish, and with them those of one. *)
Lemma two_turns_contract (R : realFieldType) d (S X : 'M[R]_d) : Num.archimedean_axiom R -> psd S -> S \in unitmx ->
  (forall v, v != 0 -> dot (X *m (X *m v)) (S *m (X *m (X *m v))) < dot v (S *m v)) -> contracts X.
Proof.
move=> archi pS unit loses; apply: (@contracts_power _ _ _ 1); apply: (strict_form_contracts archi pS unit) => v v0.
by rewrite power_2 -mulmxA; exact: loses.
Qed.

(** ** The energy of a turn *)

(** A form is the one entry of a product. *)
Lemma form_entry (R : realFieldType) m n (x : 'cV[R]_m) (S : 'M[R]_(m, n)) y : (x^T *m S *m y) 0 0 = dot x (S *m y).
Proof. by rewrite /dot mulmxA. Qed.
(** What is nowhere negative, of one entry. *)
Lemma psd_of_entry (R : realFieldType) (X : 'M[R]_1) : 0 <= X 0 0 -> psd X.
Proof.
move=> X0; rewrite [X]mx11_scalar; split=> [|v]; first exact: tr_scalar_mx.
by rewrite scalar_l dotZr mulr_ge0 ?dot_ge0.
Qed.

Section Energy.
Variables (R : realFieldType) (d : nat) (P B : 'M[R]_d) (gamma : R).
Hypotheses (pP : psd P) (pA : psd (1%:M - P)) (gamma0 : 0 < gamma) (gamma2 : gamma < 2%:R).
Local Notation A := (1%:M - P).
Local Notation C := (1%:M - (gamma - 1) *: P).
Local Notation weight := (gamma^-1 *: (P *m invmx C)).

Lemma C_word : C = 1%:M + P - gamma *: P. Proof. by mxring. Qed.
Lemma C_sym : C^T = C. Proof. by rewrite !transposed (proj1 pP). Qed.
Lemma itself : P = 1 *: P. Proof. by rewrite scale1r. Qed.
Lemma gain_gt0 : 0 < 2%:R - gamma. Proof. by rewrite subr_gt0. Qed.
(** [C >= 1 - gamma / 2 > 0]. *)
Lemma C_unit : C \in unitmx.
Proof.
have half := blind_attack_matrices.blind_attack_regular_positive _ _ gain_gt0.
have [_ above] := @blind_attack_matrices.blind_attack_regular_above R d P P C 1 gamma (proj1 pP) (proj1 pP) itself
  C_word ltr01 gamma0 pP pA gain_gt0.
apply: pos_unit => v v0; have := above v; rewrite mulmxBl dotDr dotNr subr_ge0; apply: lt_le_trans.
have -> : 1%:M - (1 / 2%:R * gamma) *: 1%:M = (1 - 1 / 2%:R * gamma) *: 1%:M :> 'M[R]_d by rewrite scalerBl scale1r.
by rewrite scale_l mul1mx dotZr mulr_gt0 // dot_gt0.
Qed.
(** The three forms of the energy and of what it loses. *)
Lemma weight_psd : psd weight.
Proof.
exact: (@blind_attack_matrices.blind_attack_settles_form_2 R d P P C weight (invmx C) 1 gamma gamma^-1 C_sym (proj1 pP)
  (proj1 pP) (divff (lt0r_neq0 gamma0)) (mulmxV C_unit) itself C_word erefl ltr01 gamma0 pP pA gain_gt0).
Qed.
Lemma own_psd : psd ((2%:R - gamma) *: (P *m invmx C)).
Proof.
exact: (@blind_attack_matrices.blind_attack_settles_own R d P P C (invmx C) 1 gamma C_sym (proj1 pP) (proj1 pP)
  (mulmxV C_unit) itself C_word ltr01 pP pA gain_gt0).
Qed.
Lemma shift_psd : psd (P *m P *m A *m invmx C).
Proof.
exact: (@blind_attack_matrices.blind_attack_settles_shift R d P P C (invmx C) 1 gamma C_sym (proj1 pP) (proj1 pP)
  (mulmxV C_unit) itself C_word ltr01 pP pA gain_gt0).
Qed.

Hypotheses (symB : B^T = B) (pB : psd (1%:M - B *m B)).
Section Turn.
Variables e z : 'cV[R]_d.
Local Notation e_next := (A *m B *m e + P *m z).
Local Notation z_next := ((1%:M - gamma *: P) *m z - gamma *: (A *m B *m e)).
(** What the energy loses in a turn. *)
Lemma turn_loss : dot e e + dot z (weight *m z) - dot e_next e_next - dot z_next (weight *m z_next)
  = dot e ((1%:M - B *m B) *m e) + dot (B *m e) ((2%:R - gamma) *: (P *m invmx C) *m (B *m e))
    + dot (z - B *m e) (P *m P *m A *m invmx C *m (z - B *m e)).
Proof.
have := @blind_attack_matrices.blind_attack_settles_lost_now R d P P (1%:M - B) (1%:M - B) A B C weight (invmx C) e z
  e_next z_next 1 1 gamma gamma^-1 (proj1 pA) symB (proj1 pP) (divff (lt0r_neq0 gamma0)) (mulmxV C_unit) (mulVmx C_unit)
  erefl erefl itself (esym (scale1r _)) erefl _ C_word erefl.
rewrite opprB addrC subrK => /(_ erefl); set e' := e_next; set z' := z_next; clearbody e' z'.
have -> : e^T *m e - e^T *m B *m B *m e + (2%:R - gamma) *: (e^T *m B *m P *m invmx C *m B *m e)
    + (z^T - e^T *m B) *m P *m P *m A *m invmx C *m (z - B *m e)
  = e^T *m (1%:M - B *m B) *m e + (B *m e)^T *m ((2%:R - gamma) *: (P *m invmx C)) *m (B *m e)
    + (z - B *m e)^T *m (P *m P *m A *m invmx C) *m (z - B *m e).
  by rewrite !transposed symB; move: (invmx C) => I; mxring.
by move/matrixP/(_ 0 0); rewrite !(addE, oppE, form_entry) -!/(dot _ _).
Qed.
(** Each part is nowhere negative: no turn raises the energy. *)
Lemma turn_falls : dot e_next e_next + dot z_next (weight *m z_next) <= dot e e + dot z (weight *m z).
Proof.
rewrite -subr_ge0 opprD addrA turn_loss.
by rewrite !addr_ge0 // ?(proj2 pB) ?(proj2 shift_psd) ?(proj2 own_psd).
Qed.
(** A turn without a loss starts without an error. *)
Hypothesis unitP : P \in unitmx.
Lemma turn_strict : dot e_next e_next + dot z_next (weight *m z_next) = dot e e + dot z (weight *m z) -> e = 0.
Proof.
move/esym/eqP; rewrite -subr_eq0 opprD addrA turn_loss.
rewrite !paddr_eq0 ?addr_ge0 ?(proj2 pB) ?(proj2 shift_psd) ?(proj2 own_psd) // => /andP[/andP[/eqP kept /eqP own] _].
have Be : B *m e = 0.
  have := psd_kernel own_psd own; rewrite scale_l => /eqP; rewrite scaler_eq0 gt_eqF ?gain_gt0 //= => /eqP.
  by apply: unit_injective; rewrite unitmx_mul unitP unitmx_inv C_unit.
by move/eqP: kept; rewrite mulmxBl mul1mx -mulmxA Be mulmx0 subr0 dot_eq0 => /eqP.
Qed.
End Turn.

(** ** The turn as one matrix *)
Local Notation turn := (col_mx (row_mx (A *m B) P) (row_mx ((- gamma) *: (A *m B)) (1%:M - gamma *: P))).
Local Notation energy := (block_mx 1%:M 0 0 weight : 'M[R]_(d + d)).
(** It acts on columns of errors and declared targets; the energy is the form of a matrix. *)
Lemma turn_columns (e z : 'cV_d) : turn *m col_mx e z
  = col_mx (A *m B *m e + P *m z) ((1%:M - gamma *: P) *m z - gamma *: (A *m B *m e)).
Proof. by rewrite -block_mxEv mul_block_col scaleNr mulNmx scale_l [X in col_mx _ X]addrC. Qed.
Lemma energy_columns (e z : 'cV_d) : dot (col_mx e z) (energy *m col_mx e z) = dot e e + dot z (weight *m z).
Proof. by rewrite mul_block_col mul1mx !mul0mx addr0 add0r /dot tr_col_mx mul_row_col addE. Qed.
Lemma energy_falls (v : 'cV_(d + d)) : dot (turn *m v) (energy *m (turn *m v)) <= dot v (energy *m v).
Proof. by rewrite -[v]vsubmxK turn_columns !energy_columns turn_falls. Qed.

(** Without a loss in two turns, [e] is 0, then [e_next = P z] is 0, and the vector was 0. *)
Hypothesis unitP : P \in unitmx.
Lemma energy_strict (v : 'cV_(d + d)) : v != 0 ->
  dot (turn *m (turn *m v)) (energy *m (turn *m (turn *m v))) < dot v (energy *m v).
Proof.
move=> v0; rewrite lt_neqAle (le_trans (energy_falls _) (energy_falls _)) andbT; apply: contra v0 => /eqP same.
have first : dot (turn *m v) (energy *m (turn *m v)) = dot v (energy *m v).
  by apply/le_anti; rewrite energy_falls -{1}same energy_falls.
move: first same; rewrite -[v]vsubmxK; set e := usubmx v; set z := dsubmx v; rewrite !turn_columns !energy_columns.
move=> first; rewrite -{1}first => /(turn_strict unitP).
have e0 := turn_strict unitP first; rewrite e0 mulmx0 add0r => /(unit_injective unitP) ->.
by rewrite col_mx0.
Qed.
(** The form is positive definite, so the powers of the turn vanish. *)
Theorem turn_contracts : Num.archimedean_axiom R -> contracts turn.
Proof.
move=> archi; apply: (@two_turns_contract _ _ energy turn archi _ _ energy_strict).
  split=> [|v]; first by rewrite tr_block_mx !trmx0 trmx1 (proj1 weight_psd).
  by rewrite -[v]vsubmxK energy_columns addr_ge0 ?dot_ge0 ?(proj2 weight_psd).
apply: injective_unit => v; rewrite -[v]vsubmxK mul_block_col mul1mx !mul0mx addr0 add0r => /eqP.
rewrite col_mx_eq0 => /andP[/eqP -> /eqP]; rewrite scale_l => /eqP; rewrite scaler_eq0 invr_eq0 gt_eqF //= => /eqP.
by move/unit_injective => ->; rewrite ?col_mx0 // unitmx_mul unitP unitmx_inv C_unit.
Qed.
End Energy.

(** [C] is at least [1 - gamma / 2]. *)
Theorem blind_attack_regular : blind_attack_regular_statement.
Proof.
move=> R d S_W eta_W gamma _ symW W0 gamma0 P C pW pA gamma2; apply: C_unit gamma0 gamma2 => //.
exact: psd_scale (ltW W0) pW.
Qed.
(** What the certificate writes out in words. *)
Lemma loss_words (R : realFieldType) d (P B I : 'M[R]_d) (e v z : 'cV_d) gamma :
  e^T *m e + 2%:R *: (v^T *m P *m I *m v) + v^T *m P *m P *m I *m v + z^T *m P *m P *m I *m z
    + v^T *m P *m P *m P *m I *m z + z^T *m P *m P *m P *m I *m v - e^T *m B *m B *m e - gamma *: (v^T *m P *m I *m v)
    - v^T *m P *m P *m I *m z - z^T *m P *m P *m I *m v - v^T *m P *m P *m P *m I *m v - z^T *m P *m P *m P *m I *m z
  = e^T *m (1%:M - B *m B) *m e + (z^T - v^T) *m (P *m P) *m (1%:M - P) *m I *m (z - v)
    - (gamma - 2%:R) *: (v^T *m P *m I *m v).
Proof. by mxring. Qed.
(** What the moves make of the error and of the shift, in the letters of the energy. *)
Section Moves.
Variables (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (eta_W eta_U gamma : R) (s u w x : 'cV[R]_d).
Let P := eta_W *: S_W.
Let Q := eta_U *: S_U.
Hypothesis unit : P \in unitmx.
Let z := invmx P *m (1%:M - P) *m Q *m (u - w) + s.
Let v := (1%:M - Q) *m (x - w).
Let moved := eta_U *: (S_U *m u) + eta_W *: (S_W *m (s + w)) + x - w - eta_U *: (S_U *m x) -
  eta_W *: (S_W *m (eta_U *: (S_U *m u) + x - eta_U *: (S_U *m x))).
Lemma moved_error : moved = (1%:M - P) *m v + P *m z.
Proof. by rewrite /z (mulmxDr P) !mulmxA mulmxV // mul1mx /moved /v /P /Q; mxring. Qed.
Lemma moved_shift : z - gamma *: moved = z - gamma *: ((1%:M - P) *m v) - gamma *: (P *m z).
Proof. by rewrite moved_error scalerDr opprD addrA. Qed.
End Moves.
Theorem blind_attack_loss : blind_attack_loss_statement.
Proof.
move=> R d S_W S_U eta_W gamma eta_U s u w w_t _ symW W0 gamma0 symU U0 P C Q B R_1 e_next e v A Delta z_next z unitP.
move=> unitC; rewrite [e_next](@moved_error R d S_W S_U eta_W eta_U s u w w_t unitP).
rewrite [z_next](@moved_shift R d S_W S_U eta_W eta_U gamma s u w w_t unitP).
rewrite -/P -/Q -/A -/B -/e -/v -/Delta -/z.
have symP : P^T = P by rewrite /P !transposed symW.
have symB : B^T = B by rewrite /B /Q !transposed symU.
have symA : A^T = A by rewrite /A tr_add tr_opp trmx1 symP.
have CE : C = 1%:M + P - gamma *: P by exact: C_word.
have := @blind_attack_matrices.blind_attack_loss R d P S_W Q S_U A B C R_1 (invmx C) e z v _ _ eta_U eta_W gamma
  gamma^-1
  symA symB symP (divff (lt0r_neq0 gamma0)) (mulmxV unitC) (mulVmx unitC) erefl erefl erefl erefl erefl
  erefl erefl CE erefl.
by move=> ->; rewrite !power_2; exact: loss_words.
Qed.
(** Every part of the loss is nowhere negative. *)
Theorem blind_attack_lyapunov : blind_attack_lyapunov_statement.
Proof.
move=> R d S_W S_U eta_W gamma eta_U s u w w_t _ symW W0 gamma0 symU U0 P Q B C R_1 e_next e A Delta z_next z pW pA.
move=> gamma2 unitP; rewrite /loewner power_2 => pB; pose v := B *m e.
rewrite [e_next](@moved_error R d S_W S_U eta_W eta_U s u w w_t unitP).
rewrite [z_next](@moved_shift R d S_W S_U eta_W eta_U gamma s u w w_t unitP).
rewrite -/P -/Q -/A -/B -/e -/v -/Delta -/z.
have pP : psd P by exact: psd_scale (ltW W0) pW.
have symB : B^T = B by rewrite /B /Q !transposed symU.
apply: psd_of_entry; rewrite !(addE, oppE, form_entry) subr_ge0.
have -> : z - gamma *: (A *m v) - gamma *: (P *m z) = (1%:M - gamma *: P) *m z - gamma *: (A *m B *m e).
  by rewrite (mulmxBl 1%:M (gamma *: P)) mul1mx (scale_l gamma) addrAC -(mulmxA A B).
by rewrite /v (mulmxA A B); exact: turn_falls.
Qed.
(** Over two turns the energy falls strictly, so it falls by a factor. *)
Theorem blind_attack_settles : blind_attack_settles_statement.
Proof.
move=> R d S_W S_U eta_W gamma eta_U _ symW W0 gamma0 symU U0 P Q B A pW pA gamma2 unit; rewrite /loewner power_2 => pB.
have pP : psd P by exact: psd_scale (ltW W0) pW.
have symB : B^T = B by rewrite /B /Q !transposed symU.
exact: turn_contracts pP pA gamma0 gamma2 symB pB unit (@archimedean R).
Qed.

(** ** Matrices with [X^2 = tau X - delta] *)
Section Quadratic.
Variables (R : realFieldType) (tau delta : R).

(** If [|tau| < 1 + delta < 2], each step loses of the energy [(1 + delta) (|v|^2 + |Xv|^2) - 2 tau v.Xv], which is
    positive, the square of [tau Xv - (1 + delta) v]. *)
Section Sufficient.
Variables (d : nat) (X : 'M[R]_d).
Hypotheses (quadratic : X *m X = tau *: X - delta *: 1%:M) (above : `|tau| < 1 + delta) (below : delta < 1).
Local Notation energy := ((1 + delta) *: (1%:M + X^T *m X) - tau *: (X + X^T)).
(** One step, then another. *)
Lemma quadratic_step (v : 'cV_d) : X *m (X *m v) = tau *: (X *m v) - delta *: v.
Proof. by rewrite mulmxA quadratic mulmxBl !scale_l mul1mx. Qed.
Lemma form_value (v : 'cV_d) : dot v (energy *m v)
  = (1 + delta) * (dot v v + dot (X *m v) (X *m v)) - 2%:R * tau * dot v (X *m v).
Proof.
rewrite mulmxBl !scale_l !mulmxDl mul1mx -mulmxA !dotP -(dot_trl X v (X *m v)) -(dot_trl X v v) (dotC (X *m v) v).
by name_dots; ring.
Qed.
Lemma form_loss (v : 'cV_d) : dot (X *m v) (energy *m (X *m v)) = dot v (energy *m v)
  - (1 - delta) * dot (tau *: (X *m v) - (1 + delta) *: v) (tau *: (X *m v) - (1 + delta) *: v).
Proof. by rewrite !form_value quadratic_step !dotP (dotC (X *m v) v); name_dots; ring. Qed.
(** Both ways, a bound on the trace. *)
Lemma trace_bounds : 0 < 1 + delta - tau /\ 0 < 1 + delta + tau.
Proof. by have [minus plus] := ltr_normlP _ _ above; by split; [rewrite subr_gt0 | rewrite -[tau]opprK subr_gt0]. Qed.
Lemma sum_gt0 : 0 < 1 + delta. Proof. exact: le_lt_trans (normr_ge0 _) above. Qed.
Lemma form_gt0 v : v != 0 -> 0 < dot v (energy *m v).
Proof.
move=> v0; rewrite form_value; have [minus plus] := trace_bounds.
have squares : 0 < dot v v + dot (X *m v) (X *m v) by rewrite ltr_spaddl ?dot_gt0 ?dot_ge0.
have dif := dot_ge0 (v - X *m v); have sum := dot_ge0 (v + X *m v).
have [tau0|tau0] := lerP 0 tau.
  have -> : (1 + delta) * (dot v v + dot (X *m v) (X *m v)) - 2%:R * tau * dot v (X *m v)
    = (1 + delta - tau) * (dot v v + dot (X *m v) (X *m v)) + tau * dot (v - X *m v) (v - X *m v).
    by rewrite !dotP (dotC (X *m v) v); name_dots; ring.
  by rewrite ltr_spaddl ?mulr_gt0 ?mulr_ge0.
have -> : (1 + delta) * (dot v v + dot (X *m v) (X *m v)) - 2%:R * tau * dot v (X *m v)
  = (1 + delta + tau) * (dot v v + dot (X *m v) (X *m v)) + (- tau) * dot (v + X *m v) (v + X *m v).
  by rewrite !dotP (dotC (X *m v) v); name_dots; ring.
by rewrite ltr_spaddl ?mulr_gt0 ?mulr_ge0 // oppr_ge0 ltW.
Qed.
(** Where the loss is 0, so is [((1 + delta)^2 - tau^2) X v], and with it [X v] and [v]. *)
Lemma form_strict v : v != 0 -> dot (X *m v) (energy *m (X *m v)) < dot v (energy *m v).
Proof.
move=> v0; rewrite form_loss ltr_subl_addr ltr_addl mulr_gt0 ?subr_gt0 // dot_gt0; apply: contra v0 => /eqP none.
have s0 := sum_gt0; have [minus plus] := trace_bounds.
have words (y : 'cV_d) : ((1 + delta) ^+ 2 - tau ^+ 2) *: y = (delta * tau) *: (tau *: y - (1 + delta) *: v)
    - (1 + delta) *: (tau *: (tau *: y - delta *: v) - (1 + delta) *: y).
  by apply/colP => i; rewrite !mxE; ring.
have next : tau *: (X *m (X *m v)) - (1 + delta) *: (X *m v) = 0.
  by move/(congr1 (mulmx X)): none; rewrite mulmx0 mulmxBr !scale_r.
have : ((1 + delta) ^+ 2 - tau ^+ 2) *: (X *m v) = 0.
  by rewrite words none -quadratic_step next !scaler0 subr0.
move/eqP; rewrite subr_sqr scaler_eq0 mulf_eq0 !gt_eqF //= => /eqP Xv.
by move/eqP: none; rewrite Xv scaler0 sub0r oppr_eq0 scaler_eq0 gt_eqF.
Qed.
(** So the powers of [X] vanish. *)
Theorem quadratic_contracts : Num.archimedean_axiom R -> contracts X.
Proof.
move=> archi; apply: (strict_form_contracts archi _ (pos_unit form_gt0) form_strict).
split=> [|v]; last by have [->|/form_gt0/ltW //] := eqVneq v 0; rewrite dot0l.
by rewrite !transposed [X^T + X]addrC.
Qed.
End Sufficient.

(** Conversely, a sequence with [x_{t+2} = tau x_{t+1} - delta x_t] that tends to 0. *)
Section Recurrence.
Variable x : nat -> R.
Hypothesis recurrence : forall t, x t.+2 = tau * x t.+1 - delta * x t.
Hypothesis vanishes : forall eps, 0 < eps -> exists N, forall t, (N <= t)%N -> x t ^+ 2 < eps.
(** A quadratic form of two neighbours comes close to 0. *)
Lemma form_vanishes a b c eps : 0 < eps ->
  exists t, `|a * x t ^+ 2 + 2%:R * b * (x t * x t.+1) + c * x t.+1 ^+ 2| < eps.
Proof.
move=> eps0; pose k := 1 + `|a| + `|b| + `|c|.
have k0 : 0 < k by rewrite /k -!addrA ltr_spaddl ?addr_ge0.
have k2 : 0 < k * 2%:R by rewrite mulr_gt0 ?ltr0n.
have [N near] := vanishes (divr_gt0 eps0 k2); exists N.
have small : x N ^+ 2 + x N.+1 ^+ 2 < eps / k.
  have -> : eps / k = eps / (k * 2%:R) + eps / (k * 2%:R) by field; rewrite gt_eqF.
  by rewrite ltr_add ?near.
rewrite ltr_pdivl_mulr // in small; apply: le_lt_trans small.
set y := x N; set z := x N.+1; have y2 := sqr_ge0 y; have z2 := sqr_ge0 z.
have product : `|2%:R * b * (y * z)| <= `|b| * (y ^+ 2 + z ^+ 2).
  have -> : 2%:R * b * (y * z) = b * (2%:R * (y * z)) by ring.
  rewrite normrM ler_wpmul2l // ler_norml; apply/andP; split; rewrite -subr_ge0.
    by apply: ge0_eq (sqr_ge0 (y + z)) _; ring.
  by apply: ge0_eq (sqr_ge0 (y - z)) _; ring.
have term (p q : R) : 0 <= q -> `|p * q| <= `|p| * q by move=> q0; rewrite normrM (ger0_norm q0).
apply: (@le_trans _ _ (`|a * y ^+ 2| + `|2%:R * b * (y * z)| + `|c * z ^+ 2|)).
  by apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2r ler_norm_add.
apply: le_trans (ler_add (ler_add (term _ _ y2) product) (term _ _ z2)) _; rewrite -subr_ge0 /k.
have -> : (y ^+ 2 + z ^+ 2) * (1 + `|a| + `|b| + `|c|) - (`|a| * y ^+ 2 + `|b| * (y ^+ 2 + z ^+ 2) + `|c| * z ^+ 2)
  = y ^+ 2 + z ^+ 2 + `|a| * z ^+ 2 + `|c| * y ^+ 2 by ring.
by rewrite !addr_ge0 // mulr_ge0.
Qed.
(** Each step multiplies [x_{t+1}^2 - tau x_t x_{t+1} + delta x_t^2] by [delta]. *)
Lemma determinant_below : x 0%N = 0 -> x 1%N = 1 -> delta < 1.
Proof.
move=> x0 x1; rewrite ltNge; apply/negP => delta1.
have [t] := form_vanishes delta (- tau / 2%:R) 1 ltr01; rewrite ltNge => /negP; apply.
have -> : delta * x t ^+ 2 + 2%:R * (- tau / 2%:R) * (x t * x t.+1) + 1 * x t.+1 ^+ 2 = delta ^+ t.
  elim: t => [|t IH]; first by rewrite x0 x1 expr0; ring.
  by rewrite (exprS delta) -IH recurrence; field.
by rewrite ger0_norm ?exprn_ege1 //; exact: exprn_ge0 (le_trans ler01 delta1).
Qed.
(** The energy does not rise, so it is not below 0. *)
Lemma energy_ge0 : delta < 1 -> 0 <= (1 + delta) * (x 0%N ^+ 2 + x 1%N ^+ 2) - 2%:R * tau * (x 0%N * x 1%N).
Proof.
move=> delta1; pose V t := (1 + delta) * x t ^+ 2 + 2%:R * (- tau) * (x t * x t.+1) + (1 + delta) * x t.+1 ^+ 2.
have -> : (1 + delta) * (x 0%N ^+ 2 + x 1%N ^+ 2) - 2%:R * tau * (x 0%N * x 1%N) = V 0%N by rewrite /V; ring.
rewrite leNgt; apply/negP => V0; have falls t : V t <= V 0%N.
  elim: t => [//|t]; apply: le_trans; rewrite -subr_ge0.
  have -> : V t - V t.+1 = (1 - delta) * (tau * x t.+1 - (1 + delta) * x t) ^+ 2 by rewrite /V recurrence; ring.
  by rewrite mulr_ge0 ?sqr_ge0 // subr_ge0 ltW.
have [|t] := @form_vanishes (1 + delta) (- tau) (1 + delta) (- V 0%N); first by rewrite oppr_gt0.
by rewrite -/(V t) ltNge => /negP[]; rewrite -normrN; apply: le_trans (ler_norm _); rewrite ler_opp2.
Qed.
End Recurrence.

(** Coordinates [u.X^t v] of a matrix whose powers vanish are such sequences.  If two neighbours can be any numbers, the
    bounds are necessary; they hold strictly since such a matrix takes no vector to itself or to its opposite. *)
Theorem contracts_quadratic d (X : 'M[R]_d) (u : 'cV_d) : X *m X = tau *: X - delta *: 1%:M ->
  (forall a b, exists2 v, dot u v = a & dot u (X *m v) = b) -> contracts X -> `|tau| < 1 + delta.
Proof.
move=> quadratic any con; pose x v t := dot u (power X t *m v).
have rec v t : x v t.+2 = tau * x v t.+1 - delta * x v t.
  by rewrite /x /= mulmxA quadratic mulmxBl !scale_l mul1mx mulmxBl !scale_l dotDr dotNr !dotZr.
have van v eps : 0 < eps -> exists N, forall t, (N <= t)%N -> x v t ^+ 2 < eps.
  move=> eps0; have c0 : 0 < 1 + dot u u by rewrite ltr_spaddl ?ltr01 ?dot_ge0.
  have [N near] := con v _ (divr_gt0 eps0 c0); exists N => t /near; rewrite subr0 ltr_pdivl_mulr //.
  apply: le_lt_trans; apply: le_trans (cauchy_dot _ _) _; rewrite mulrC ler_wpmul2l ?dot_ge0 //.
  by rewrite ler_addr ler01.
have start v a b : dot u v = a -> dot u (X *m v) = b -> x v 0%N = a /\ x v 1%N = b.
  by rewrite /x /= mul1mx mulmx1.
have delta1 : delta < 1.
  by have [v va vb] := any 0 1; have [x0 x1] := start v _ _ va vb; exact: determinant_below (rec v) (van v) x0 x1.
have bound b : b ^+ 2 = 1 -> tau * b <= 1 + delta.
  move=> b2; have [v va vb] := any 1 b; have [x0 x1] := start v _ _ va vb.
  have := energy_ge0 (rec v) (van v) delta1; rewrite x0 x1 b2 expr1n mul1r => h.
  rewrite -subr_ge0 -(@pmulr_rge0 _ 2%:R) ?ltr0n //; apply: (ge0_eq h); ring.
have strict b : b ^+ 2 = 1 -> tau * b != 1 + delta.
  move=> b2; apply/eqP => eq; have [v va vb] := any 0 1.
  have kept : X *m (X *m v - (delta * b) *: v) = b *: (X *m v - (delta * b) *: v).
    have bb : b * b = 1 by rewrite -expr2.
    have tauE : tau = b + delta * b by rewrite -[tau]mulr1 -bb mulrA eq; ring.
    rewrite mulmxBr mulmxA quadratic mulmxBl !scale_l !scale_r mul1mx scalerBr scalerA mulrCA bb mulr1 tauE.
    by rewrite scalerDl; apply/colP => i; rewrite !mxE; ring.
  have : X *m v - (delta * b) *: v = 0.
    apply/eqP; apply: contraT => w0; have := contracts_eigen con w0 kept.
    by rewrite -(@expr_lt1 _ 2) ?normr_ge0 // real_normK ?num_real // b2 ltxx.
  by move/(congr1 (dot u)); rewrite dotDr dotNr dotZr va vb mulr0 subr0 dot0r => /eqP; rewrite oner_eq0.
have lt b : b ^+ 2 = 1 -> tau * b < 1 + delta by move=> b2; rewrite lt_neqAle strict ?bound.
apply/ltr_normlP; split; first by have := lt (-1) (etrans (sqrrN 1) (expr1n _ _)); rewrite mulrN1.
by have := lt 1 (expr1n _ _); rewrite mulr1.
Qed.
End Quadratic.

(** ** Two rows and two columns *)
Section Two.
Variables (R : realFieldType) (a b c e : R).
Local Notation X := (col_mx (row_mx (a%:M : 'M[R]_1) (b%:M : 'M_1)) (row_mx (c%:M : 'M_1) (e%:M : 'M_1))).
(** Cayley and Hamilton. *)
Lemma two_quadratic : X *m X = (a + e) *: X - (a * e - b * c) *: 1%:M.
Proof.
rewrite -block_mxEv mulmx_block scale_block_mx (scalar_mx_block 1 1) !scale_block_mx opp_block_mx add_block_mx.
by congr block_mx; apply/matrixP => i j; rewrite !ord1 !scalar_l !mxE /= ?mulr1n; ring.
Qed.
(** With [b <> 0] the first coordinates of [v] and [Xv] can be any numbers. *)
Lemma two_any : b != 0 -> forall p q, exists2 v, dot (col_mx 1%:M 0) v = p & dot (col_mx 1%:M 0) (X *m v) = q.
Proof.
have first (v w : 'cV[R]_1) : dot (col_mx 1%:M 0) (col_mx v w) = v 0 0.
  by rewrite /dot tr_col_mx trmx1 trmx0 mul_row_col mul1mx mul0mx addr0.
move=> b0 p q; exists (col_mx p%:M ((q - a * p) / b)%:M); first by rewrite first mxE mulr1n.
by rewrite -block_mxEv mul_block_col first !scalar_l !mxE /= !mulr1n; field.
Qed.
(** So the bound on the trace is necessary. *)
Theorem two_contracts : b != 0 -> contracts X -> `|a + e| < 1 + (a * e - b * c).
Proof. by move=> b0; apply: contracts_quadratic two_quadratic (two_any b0). Qed.
End Two.

(** A matrix with trace [1 - gamma] and determinant 0. *)
Theorem blind_attack_gain_bound : blind_attack_gain_bound_statement.
Proof.
move=> R gamma gamma0; have k : `|0 + (1 - gamma)| < 1 + (0 * (1 - gamma) - 1 * 0) <-> `|gamma - 1| < 1.
  by rewrite add0r mul0r mulr0 subr0 addr0 distrC.
rewrite -k; split; first by apply: two_contracts; rewrite oner_eq0.
move=> above; apply: (quadratic_contracts (two_quadratic _ _ _ _) above _ (@archimedean R)).
by rewrite mul0r mulr0 subr0 ltr01.
Qed.
(** The determinant is [b (1 - p)]; the bound on the trace [(1 + b) (1 - p)] makes [p] positive. *)
Theorem blind_attack_step_bound : blind_attack_step_bound_statement.
Proof.
move=> R p b p2 b1.
have k : `|b * (1 - p) + (1 - p)| < 1 + (b * (1 - p) * (1 - p) - p * (- b * (1 - p)))
    <-> `|p + b * (p - 1) - 1| < 1 + b - b * p.
  rewrite -normrN; have -> : - (b * (1 - p) + (1 - p)) = p + b * (p - 1) - 1 by ring.
  by have -> : 1 + (b * (1 - p) * (1 - p) - p * (- b * (1 - p))) = 1 + b - b * p by ring.
rewrite -k; split=> [con|above].
  apply: (two_contracts _ con); apply/eqP => p0.
  have /eqP : col_mx 0 (1%:M : 'M[R]_1) = 0 :> 'cV_(1 + 1).
    apply: contracts_fixed con _; rewrite -block_mxEv mul_block_col p0 subr0 !mulmx0 !mulmx1 !add0r.
    by rewrite -scalemx1 scale0r.
  by rewrite col_mx_eq0 => /andP[_ /eqP/matrixP/(_ 0 0)]; rewrite !mxE => /eqP; rewrite oner_eq0.
apply: (quadratic_contracts (two_quadratic _ _ _ _) above _ (@archimedean R)).
have p0 : 0 < p.
  have [_ lt] := ltr_normlP _ _ above; rewrite -subr_gt0 in lt; apply: lt_le_trans lt _.
  by rewrite -subr_ge0; apply: (ge0_eq (lexx 0)); ring.
have det : b * (1 - p) * (1 - p) - p * (- b * (1 - p)) = b * (1 - p) by ring.
rewrite det; apply: le_lt_trans (ler_norm _) _; rewrite normrM; apply: le_lt_trans (ler_wpmul2r (normr_ge0 _) b1) _.
rewrite mul1r ltr_norml; apply/andP; split; rewrite -subr_gt0; last by rewrite subKr.
have -> : 1 - p - -1 = 2%:R - p by ring.
by rewrite subr_gt0.
Qed.
