(** * Trained layers

    Where the trained step is stable, the plateau of two trained layers, the move of one and what of it is leakage; what
    training aims at: the key of the population optimum, and the answer of a layer whose every block is free. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base row_sums slopes statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Where the step is stable *)
(** The distance from the edge is a square. *)
Theorem trained_step_is_stable_edge : trained_step_is_stable_edge_statement.
Proof.
move=> R r r0; have sq : Num.sqrt r ^+ 2 = r by rewrite sqr_sqrtr ?ltW.
have pos : 1 + r != 0 by rewrite gt_eqF // addr_gt0 ?ltr01.
have -> : (1 - Num.sqrt r) ^+ 2 = (1 + r) - 2%:R * Num.sqrt r by rewrite sqrrB expr1n sq mul1r -mulr_natl addrAC.
by rewrite mulrBl divff.
Qed.
Theorem trained_step_is_stable_bound : trained_step_is_stable_bound_statement.
Proof.
move=> R r r0; rewrite -subr_ge0.
have -> : 2%:R - (1 + 2%:R * Num.sqrt r / (1 + r)) = 1 - 2%:R * Num.sqrt r / (1 + r).
  by rewrite opprD addrA (natrD _ 1 1) addrK.
by rewrite (trained_step_is_stable_edge r0) divr_ge0 ?sqr_ge0 // ltW // addr_gt0 ?ltr01.
Qed.

(** ** The plateau of two trained layers *)
Section Rest.
Variables (R : realFieldType) (d : nat) (F_W F_U : 'M[R]_d) (g_W g_U : 'cV[R]_d).
Hypothesis unit : 1%:M - F_W *m F_U \in unitmx.
(** A point where both layers leave each other solves a linear equation, which has one solution. *)
Lemma rest_iff w : w = F_W *m (F_U *m w + g_U) + g_W <-> w = invmx (1%:M - F_W *m F_U) *m (g_W + F_W *m g_U).
Proof.
have same : w = F_W *m (F_U *m w + g_U) + g_W <-> (1%:M - F_W *m F_U) *m w = g_W + F_W *m g_U.
  split=> e; first by rewrite mulmxBl mul1mx [X in X - _]e; mxring.
  rewrite -[LHS](subrK (F_W *m F_U *m w)) -[X in X - _ *m _]mul1mx -mulmxBl e; mxring.
by rewrite same; split=> [<-|->]; rewrite ?mulKmx ?mulKVmx.
Qed.
End Rest.
Theorem trained_plateau_unique : trained_plateau_unique_statement.
Proof.
move=> R d K13_U S_U V31_U K13_W S_W V31_W u_star w_star d0 symU symW F_U F_W g_U g_W unit.
exists (invmx (1%:M - F_W *m F_U) *m (g_W + F_W *m g_U)); split; first exact/rest_iff.
by move=> w /rest_iff ->.
Qed.
Theorem trained_plateau_w : trained_plateau_w_statement.
Proof.
move=> R d K13_U S_U V31_U K13_W S_W V31_W u_star w_star d0 symU symW F_U F_W g_U g_W w_rest rest unit.
have -> := proj1 (rest_iff g_W g_U unit w_rest) rest.
by rewrite mulmxDr mulmxA.
Qed.
Theorem trained_plateau_u : trained_plateau_u_statement.
Proof.
move=> R d K13_U S_U V31_U K13_W S_W V31_W u_star w_star d0 symU symW F_U F_W g_U g_W w_rest rest u_rest unit.
rewrite /u_rest; have -> := proj1 (rest_iff g_W g_U unit w_rest) rest.
by rewrite 2!mulmxDr !mulmxA.
Qed.

(** The error of a product of slopes, term by term. *)
Theorem trained_plateau_slope : trained_plateau_slope_statement.
Proof.
move=> R d D_W D_U J_U J_W lam_W lam_U d0 D_T hW hU.
have -> : D_T - J_W *m J_U = D_W *m D_U + (J_W *m D_U + D_W *m J_U) by rewrite /D_T; mxring.
have product (X Y : 'M[R]_d) x y : max_row_sum X <= x -> max_row_sum Y <= y -> max_row_sum (X *m Y) <= x * y.
  by move=> Xx Yy; apply: le_trans (max_row_sum_mul _ _) (ler_pmul _ _ Xx Yy); exact: max_row_sum_ge0.
rewrite -addrA !(mulrC lam_U).
apply: le_trans (max_row_sum_add _ _) (ler_add (product _ _ _ _ hW hU) _).
by apply: le_trans (max_row_sum_add _ _) (ler_add _ _); apply: product; rewrite ?lexx.
Qed.
(** The displacement is what [1 - J] undoes, and part of it is bounded by a part of itself. *)
Theorem trained_plateau_shift : trained_plateau_shift_statement.
Proof.
move=> R d J_U J_W lam remainder residual d0 J x e unit small rem.
have solved : x = invmx (1%:M - J) *m (remainder + residual).
  by rewrite -[LHS](mulKmx unit) mulmxBl mul1mx [X in _ *m (X - _)]e -(addrA (J *m x)) (addrC (J *m x)) addrK.
set c := max_row_sum (invmx _) in small *; have c0 : 0 <= c by exact: max_row_sum_ge0.
rewrite ler_pdivl_mulr ?subr_gt0 // mulrBr mulr1 ler_subl_addr.
rewrite {1}solved; apply: le_trans (max_row_sum_mul _ _) _; rewrite -/c.
apply: le_trans (ler_wpmul2l c0 (max_row_sum_add _ _)) _; rewrite mulrDr addrC ler_add2l.
by rewrite mulrA [_ * c]mulrC (mulrC _ lam); exact: ler_wpmul2l.
Qed.

(** ** The move of a trained layer *)
Theorem trained_layer_update : trained_layer_update_statement.
Proof.
move=> R d n K13 V31 V33 K33 K23 V32 V34 K34 K43 K14 w K44 K24 X y d0 n0 S b c_y k_self F g K_r V_3 Z q w_next.
exact: layer_cubic.
Qed.
(** The leakage is what is left of the cubic when the ideal step is taken off. *)
Lemma leak_split (R : realFieldType) d (F V S K : 'M[R]_d) (x w g b : 'cV[R]_d) k :
  x + F *m w + g - (V *m (k *: b + S *m K *m w) + w) = x + (F - 1%:M - V *m S *m K) *m w + g - k *: (V *m b).
Proof. mxring. Qed.
Theorem trained_layer_leakage : trained_layer_leakage_statement.
Proof.
move=> R d n K13 V31 V33 K33 K23 V32 V34 K34 K43 K14 w K44 K24 X y d0 n0 S b c_y k_self F g w_ideal K_r V_3 Z q w_next.
move=> leak; rewrite /leak /w_next (trained_layer_update K13 V31 V33 K33 K23 V32 V34 K34 K43 K14 w K44 K24 X y d0 n0).
exact: leak_split.
Qed.

(** ** The optimum of a population *)
(** Its key has no defect if and only if the data are isotropic. *)
Section Isotropic.
Variable R : realFieldType.
(** On the diagonal a form takes its values at the axes. *)
Lemma axis_form d (S : 'M[R]_d) i : S i i = dot (delta_mx i 0) (S *m delta_mx i 0).
Proof. by rewrite -colE -entry_dot mxE. Qed.
Lemma axis_neq0 d (i : 'I_d) : delta_mx i 0 != 0 :> 'cV[R]_d.
Proof. by apply/eqP => /matrixP/(_ i 0)/eqP; rewrite !mxE !eqxx oner_eq0. Qed.
Lemma trace_pos d (S : 'M[R]_d) : (0 < d)%N -> (forall v, v != 0 -> 0 < dot v (S *m v)) -> 0 < \tr S.
Proof.
case: d S => // d S _ pos; have diag i : 0 < S i i by rewrite axis_form pos ?axis_neq0.
by rewrite /mxtrace big_ord_recl ltr_spaddl ?sumr_ge0 // => i _; exact: ltW.
Qed.

(** A positive definite matrix with a scalar square is a scalar, [p] say: by Cauchy and Schwarz, for the plain product
    and for the form, [p^2] is the square; then [(G - p) (G + p) = 0], and the second factor has an inverse. *)
Lemma scalar_root d (G : 'M[R]_d) c : (0 < d)%N -> G^T = G -> (forall v, v != 0 -> 0 < dot v (G *m v)) ->
  G *m G = c%:M -> exists p, G = p%:M.
Proof.
case: d G => // d G _ sym pos square; have unit := pos_unit pos.
have pG : psd G by split=> // v; case: (eqVneq v 0) => [->|/pos/ltW //]; rewrite dot0l.
pose e : 'cV[R]_d.+1 := delta_mx ord0 0; pose p := dot e (G *m e).
have ee : dot e e = 1 by rewrite -entry_dot mxE !eqxx.
have length : dot (G *m e) (G *m e) = c by rewrite dot_trl sym mulmxA square scalar_l dotZr ee mulr1.
have p0 : 0 < p by exact/pos/axis_neq0.
have c0 : 0 < c.
  rewrite -length dot_gt0; apply: contra (axis_neq0 (ord0 : 'I_d.+1)) => /eqP Ge.
  by apply/eqP; exact: unit_injective unit Ge.
have below : p ^+ 2 <= c by have := cauchy_dot e (G *m e); rewrite ee length mul1r.
have above : c <= p ^+ 2.
  have := cauchy e (G *m e) pG; rewrite (mulmxA G G e) square scalar_l !dotZr ee mulr1 (dotC _ e) -/p.
  by rewrite expr2 mulrCA ler_pmul2l // -expr2.
exists p; apply/eqP; rewrite -subr_eq0; apply/eqP.
have sum_unit : G + p%:M \in unitmx.
  by apply: pos_unit => v v0; rewrite mulmxDl scalar_l dotDr dotZr addr_gt0 ?pos // pmulr_rgt0 // dot_gt0.
have cp : c = p * p by apply/eqP; rewrite -expr2 eq_le above.
rewrite -[LHS](mulmxK sum_unit) mulmxBl !mulmxDr square !scalar_l scalar_r scale_scalar_mx cp.
by rewrite [p *: G + _]addrC subrr mul0mx.
Qed.
End Isotropic.

(** Without a defect [Gamma] has a scalar square, so that it is a scalar; and so is [Sigma], of which it is made. *)
Theorem population_optimum_isotropic : population_optimum_isotropic_statement.
Proof.
move=> R d n Sigma d0 sym n0 Gamma key_defect pSigma unit.
have posS v : v != 0 -> 0 < dot v (Sigma *m v) by exact: psd_unit_pos.
have tau0 := trace_pos d0 posS.
have n1 : 0 < n%:R^-1 :> R by rewrite invr_gt0 ltr0n.
have b0 : 0 < 1 + n%:R^-1 :> R by rewrite addr_gt0 ?ltr01.
have posG v : v != 0 -> 0 < dot v (Gamma *m v).
  move=> v0; rewrite mulmxDl !scale_l mul1mx dotDr !dotZr.
  by rewrite addr_gt0 // mulr_gt0 ?dot_gt0 ?posS // mulr_gt0.
have symG : Gamma^T = Gamma by rewrite !transposed sym.
have unitG := pos_unit posG; rewrite /key_defect power_2; split=> [/eqP|iso].
  rewrite scaler_eq0 gt_eqF //= subr_eq0 => /eqP eq; set t := \tr _ in eq.
  have {eq} square : t *: (Gamma *m Gamma) = (\tr Sigma)%:M.
    move: eq => /(congr1 (fun M => invmx Sigma *m M *m Gamma *m Gamma)).
    by rewrite !scale_r !scale_l mulVmx // mul1mx mulKmx // mulmxKV // mulVmx // scalemx1.
  have t0 : t != 0.
    apply: contraL tau0 => /eqP t0; move: square; rewrite t0 scale0r => /matrixP/(_ (Ordinal d0) (Ordinal d0)).
    by rewrite !mxE eqxx mulr1n => <-; rewrite ltxx.
  have [p Gp] : exists p, Gamma = p%:M.
    apply: (scalar_root d0 symG posG (c := t^-1 * \tr Sigma)).
    by rewrite -scale_scalar_mx -square scalerA mulVf ?scale1r.
  have [k Sk] : exists k, Sigma = k%:M.
    exists ((1 + n%:R^-1)^-1 * (p - \tr Sigma / n%:R)).
    rewrite -scale_scalar_mx raddfB /= -Gp -(scalemx1 _ (\tr Sigma / _)) /Gamma [X in _ *: X]addrC addKr scalerA.
    by rewrite mulVf ?scale1r // gt_eqF.
  by rewrite Sk mxtrace_scalar -mulr_natr mulfK ?scalemx1 // pnatr_eq0 -lt0n.
have [p Gp] : exists p, Gamma = p%:M.
  exists (\tr Sigma / n%:R + (1 + n%:R^-1) * (\tr Sigma / d%:R)).
  by rewrite /Gamma [X in _ + _ *: X]iso scalerA -scalerDl scalemx1.
by rewrite Gp invmx_scalar -scalar_mxM scalar_l scalar_r mxtraceZ scalerA (mulrC (\tr Sigma)) subrr scaler0.
Qed.

(** ** The optimum of a free layer *)
(** By the parallelogram identity, what is common to a deviation and its opposite adds to half of the sum. *)
Lemma parallelogram (R : realFieldType) d (a r : 'cV[R]_d) :
  dot a a <= dot (r - a) (r - a) / 2%:R + dot (r + a) (r + a) / 2%:R.
Proof.
rewrite -mulrDl ler_pdivl_mulr ?ltr0n // -subr_ge0.
apply: (@ge0_eq _ (dot r r * 2%:R)); first by rewrite mulr_ge0 ?dot_ge0 ?ler0n.
by rewrite !dotP (dotC a r); name_dots; ring.
Qed.
(** So for an answer [odd + even] to a deviation [xi], and the answer to its opposite. *)
Lemma even_part_adds (R : realFieldType) d (xi odd even own forth back : 'cV[R]_d) :
  forth = odd + even -> back = even - odd ->
  dot (xi - odd) (xi - odd) <= dot (forth + own - xi) (forth + own - xi) / 2%:R +
    dot (back + own + xi) (back + own + xi) / 2%:R.
Proof.
move=> -> ->; have -> : odd + even + own - xi = even + own - (xi - odd) by mxring.
have -> : even - odd + own + xi = even + own + (xi - odd) by mxring.
exact: parallelogram.
Qed.

Section Answer.
Variables (R : realFieldType) (d n : nat) (X : 'M[R]_(n, d)) (V32 w K23 K14 : 'cV[R]_d) (V31 K13 : 'M[R]_d) (K24 m : R).
Implicit Types xi own : 'cV[R]_d.
Let V_w := V32 *m w^T + V31.
Let s_w := K24 + dot K23 w.
Let u_w := s_w *: w + K13 *m w + K14.
Let N_w := s_w *: V_w + V32 *m u_w^T.
Let S := m *: (X^T *m X).
Let answered xi :=
  V31 *m (m *: (X^T *m X *m K14) + m *: (X^T *m (X *m (w + xi)) *m (K24 *: (1%:M : 'cV[R]_1) + K23^T *m w)) +
    m *: (X^T *m X *m K13 *m w)) +
  V32 *m (m *: ((X *m (w + xi))^T *m X *m K14) +
    m *: ((X *m (w + xi))^T *m (X *m (w + xi)) *m (K24 *: (1%:M : 'cV[R]_1) + K23^T *m w)) +
    m *: ((X *m (w + xi))^T *m X *m K13 *m w)).

(** What the examples answer to weights that miss the goal by [xi], in powers of [xi]. *)
Lemma answer_split xi : answered xi = N_w *m S *m xi + V_w *m S *m u_w + s_w *: (V32 *m xi^T *m S *m xi).
Proof.
have score : K24 *: 1%:M + K23^T *m w = s_w%:M by rewrite inner scalemx1 raddfD.
have turn : V32 *m u_w^T *m S *m xi = V32 *m xi^T *m S *m u_w.
  rewrite -!(mulmxA V32) -!(mulmxA _ S) !inner; congr (_ *m _%:M).
  by rewrite dot_tr /S tr_scale trmx_mul trmxK dotC.
rewrite /answered score /N_w !mulmxDl turn /V_w /u_w /S; move: s_w => s.
rewrite !trmx_mul tr_add -!(mulmxA X^T) -!mulmxA !(mulmxA X^T); move: (X^T *m X) => G; mxring.
Qed.

(** What stays the same when [xi] is turned round only adds. *)
Lemma answer_even own xi : dot (xi - N_w *m S *m xi) (xi - N_w *m S *m xi) <=
  dot (answered xi + own - xi) (answered xi + own - xi) / 2%:R +
  dot (answered (- xi) + own + xi) (answered (- xi) + own + xi) / 2%:R.
Proof.
apply: (@even_part_adds _ _ _ _ (V_w *m S *m u_w + s_w *: (V32 *m xi^T *m S *m xi))).
  by rewrite answer_split addrA.
by rewrite answer_split -addrA tr_opp !mulmxN !mulNmx opprK addrC.
Qed.
End Answer.

Theorem free_layer_optimum_linear_part : free_layer_optimum_linear_part_statement.
Proof.
move=> R d n V32 w K23 K14 xi V31 K13 K24 X d0 n0 V_w s_w u_w N_w S w_goal y answered.
exact: answer_split.
Qed.
Theorem free_layer_optimum_even_part : free_layer_optimum_even_part_statement.
Proof.
move=> R d n V32 w K23 K14 xi V34 K34 K43 V31 K13 K33 V33 K24 K44 X d0 n0.
exact: answer_even.
Qed.
(** The layer that forgets answers with the examples alone. *)
Theorem free_layer_optimum_forgets : free_layer_optimum_forgets_statement.
Proof.
move=> R d n V31 X w y d0 n0 w_next; rewrite {}/w_next.
have unit : n%:R^-1 * n%:R = 1 :> R by rewrite mulVf // pnatr_eq0 -lt0n.
rewrite !(addr0, add0r, trmx0, mulmx0, mul0mx, scaler0, sub0r) scalerA mulrN unit scaleN1r addNr mul0mx add0r.
by rewrite mulmxN scale_r scaleNr mulmxA.
Qed.
