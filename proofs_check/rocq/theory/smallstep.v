(** * Small steps: the residual as a power series in the step, with its remainder

    With [H = S_W + rho S_U] and [K = rho S_W S_U] a residual [x] solves [(H - eta K) (x - x_0) = eta H x_1]: its
    terms are powers of [H^-1 K] at [x_1], and what a partial sum leaves out obeys the same equation. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths dynamics statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** A series in powers of one matrix *)
Section Series.
Variables (R : realFieldType) (d : nat) (G : 'M[R]_d) (eta : R) (x x_0 x_1 : 'cV[R]_d).
Hypothesis equation : x - x_0 - eta *: (G *m (x - x_0)) = eta *: x_1.
Definition partial_sum k := course k (fun i s => eta ^+ (i + 1) *: (power G i *m x_1) + s) x_0.
Lemma left_out k : x - partial_sum k - eta *: (G *m (x - partial_sum k)) = eta ^+ (k + 1) *: (power G k *m x_1).
Proof.
elim: k => [|k IH]; first by rewrite /= expr1 mul1mx.
rewrite -[partial_sum k.+1]/(eta ^+ (k + 1) *: (power G k *m x_1) + partial_sum k).
have -> : power G k.+1 *m x_1 = G *m (power G k *m x_1) by rewrite mulmxA.
rewrite addSn exprS -scalerA -[in RHS]scale_r; move: (partial_sum k) (_ *: (power G k *m x_1)) IH => s a IH.
have -> : x - (a + s) = x - s - a by rewrite opprD addrA addrAC.
by rewrite (mulmxBr G) scalerBr opprB addrCA [x - s - a - _]addrAC IH subrr addr0.
Qed.
(** With [H G = K] it is the inverse of [H - eta K] at [K] times the last term. *)
Lemma remainder H K k : H *m G = K -> H - eta *: K \in unitmx ->
  x - partial_sum k.+1 = (eta * eta ^+ k.+1) *: (invmx (H - eta *: K) *m K *m (power G k *m x_1)).
Proof.
move=> HG unit; rewrite -mulmxA -scale_r; apply: (can_inj (mulKmx unit)); rewrite mulKVmx //.
have -> (y : 'cV_d) : (H - eta *: K) *m y = H *m (y - eta *: (G *m y)).
  by rewrite mulmxBl scale_l -HG mulmxBr scale_r mulmxA.
rewrite left_out !scale_r -exprS addn1; congr (_ *: _).
by rewrite -[power G k.+1]/(G *m power G k) !mulmxA HG.
Qed.
End Series.
Lemma remainder_norm (R : rcfType) d (G : 'M[R]_d) (eta c : R) (x x_0 x_1 : 'cV_d) k : 0 <= eta ->
  largest_stretch G c -> eta * c < 1 -> x - x_0 - eta *: (G *m (x - x_0)) = eta *: x_1 ->
  norm (x - partial_sum G eta x_0 x_1 k) <= (eta ^+ (k + 1) * norm (power G k *m x_1)) / (1 - eta * c).
Proof.
move=> eta0 [stretch _] small /left_out/(_ k)/(resolvent_norm stretch eta0 small).
by rewrite norm_scale ?exprn_ge0.
Qed.

(** ** The equations of both residuals *)
Section Equations.
Variables (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (eta rho : R) (u w z : 'cV[R]_d).
Let H := rho *: S_U + S_W.
Let K := rho *: (S_W *m S_U).
Let K_T := rho *: (S_U *m S_W).
Let y := (eta * rho) *: (S_U *m u) + z - (eta * rho) *: (S_U *m z).
Lemma turn_e : eta *: ((H - eta *: K) *m (z - w) - (rho *: (S_U *m (u - w)) - eta *: (K *m (u - w)))) =
  z - (eta *: (S_W *m w) + y - eta *: (S_W *m y)).
Proof. by rewrite /H /K /y; mxring. Qed.
Lemma turn_f : eta *: ((H - eta *: K_T) *m (y - u) - (eta *: (K_T *m (u - w)) - S_W *m (u - w))) =
  (1%:M - (eta * rho) *: S_U) *m (z - (eta *: (S_W *m w) + y - eta *: (S_W *m y))).
Proof. by rewrite /H /K_T /y; mxring. Qed.
Hypotheses (eta0 : 0 < eta) (unit : H \in unitmx) (rest : z = eta *: (S_W *m w) + y - eta *: (S_W *m y)).
Lemma scaled_zero (v : 'cV[R]_d) : eta *: v = 0 -> v = 0.
Proof. by move=> /eqP; rewrite scaler_eq0 gt_eqF //= => /eqP. Qed.
(** [x - x_0] solves the equation of the series. *)
Lemma series_equation (L : 'M[R]_d) (x x_0 c : 'cV[R]_d) : (H - eta *: L) *m x = H *m x_0 + eta *: (L *m c) ->
  x - x_0 - eta *: (invmx H *m L *m (x - x_0)) = eta *: (invmx H *m L *m (c + x_0)).
Proof.
move=> eq; apply: (can_inj (mulKmx unit)).
have -> : H *m (x - x_0 - eta *: (invmx H *m L *m (x - x_0))) = (H - eta *: L) *m x - H *m x_0 + eta *: (L *m x_0).
  rewrite !(mulmxBr H) scale_r -!mulmxA mulKVmx // (mulmxBl H) scale_l (mulmxBr L) scalerBr opprB addrA addrAC.
  by rewrite (addrAC (H *m x)).
by rewrite eq [_ - H *m x_0]addrAC subrr add0r scale_r -!mulmxA mulKVmx // mulmxDr scalerDr.
Qed.
Lemma series_e (x_0 : 'cV[R]_d) : H *m x_0 = rho *: (S_U *m (u - w)) ->
  z - w - x_0 - eta *: (invmx H *m K *m (z - w - x_0)) = eta *: (invmx H *m K *m (x_0 - (u - w))).
Proof.
move=> first; rewrite [x_0 - (u - w)]addrC; apply: series_equation; rewrite first mulmxN scalerN.
by apply/eqP; rewrite -subr_eq0; apply/eqP/scaled_zero; rewrite turn_e; apply/eqP; rewrite subr_eq0; apply/eqP.
Qed.
Lemma series_f (x_0 : 'cV[R]_d) : H *m x_0 = - (S_W *m (u - w)) ->
  y - u - x_0 - eta *: (invmx H *m K_T *m (y - u - x_0)) = eta *: (invmx H *m K_T *m (u - w + x_0)).
Proof.
move=> first; apply: series_equation; rewrite first [RHS]addrC.
apply/eqP; rewrite -subr_eq0; apply/eqP/scaled_zero; rewrite turn_f.
by have /eqP := rest; rewrite -subr_eq0 => /eqP ->; rewrite mulmx0.
Qed.
End Equations.

(** ** The terms *)
Section Terms.
Variables (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (rho : R) (c : 'cV[R]_d).
Let H := rho *: S_U + S_W.
Hypothesis unit : H \in unitmx.
(** Both first terms together are the gap. *)
Lemma first_e : rho *: (invmx H *m S_U *m c) - c = - (invmx H *m S_W *m c).
Proof.
apply: (can_inj (mulKmx unit)); rewrite mulmxBr mulmxN !scale_r -!mulmxA !mulKVmx // /H.
by rewrite mulmxDl scale_l opprD addrA subrr add0r.
Qed.
Lemma first_f : c - invmx H *m S_W *m c = rho *: (invmx H *m S_U *m c).
Proof. by rewrite -first_e addrC subrK. Qed.
Lemma next_term (L : 'M[R]_d) k (x : 'cV_d) : (0 < k)%N ->
  H *m (power (invmx H *m L) k *m x) = L *m (power (invmx H *m L) (k - 1) *m x).
Proof. by case: k => // k _; rewrite subn1 /= -!mulmxA mulKVmx. Qed.
End Terms.
Theorem small_step_e0 : small_step_e0_statement.
Proof. by written_out=> *; rewrite scale_r -mulmxA mulKVmx. Qed.
Theorem small_step_f0 : small_step_f0_statement.
Proof. by written_out=> *; rewrite mulmxN -mulmxA mulKVmx. Qed.
Theorem small_step_e1 : small_step_e1_statement.
Proof. by written_out=> *; rewrite first_e // mulmxN !mulmxA. Qed.
Theorem small_step_f1 : small_step_f1_statement.
Proof.
move=> R d S_U S_W rho u w _ _ _ _ H c K f_0 f_1 unit; rewrite /f_1 [c + f_0]first_f //.
by clearbody K; rewrite scale_r !mulmxA.
Qed.
Theorem small_step_e2 : small_step_e2_statement.
Proof. by written_out=> *; rewrite first_e // !mulmxN !mulmxA. Qed.
Theorem small_step_f2 : small_step_f2_statement.
Proof.
move=> R d S_U S_W rho u w _ _ _ _ H c K f_0 f_1 f_2 unit; rewrite /f_2 /f_1 [c + f_0]first_f // {f_1 f_2}.
by clearbody K; rewrite !scale_r !mulmxA.
Qed.
Theorem small_step_ek : small_step_ek_statement.
Proof. by written_out=> *; split; [rewrite first_e // !mulmxN !mulmxA | exact: next_term]. Qed.
Theorem small_step_fk : small_step_fk_statement.
Proof.
move=> R d k S_U S_W rho u w _ _ _ _ k0 H c K f_0 f_1 f_k f_l unit; split; last exact: next_term.
rewrite /f_k /f_1 [c + f_0]first_f // {f_1 f_k f_l}.
by clearbody K; rewrite !scale_r !mulmxA.
Qed.

(** ** Where the turn has one rest point, the series can be summed *)
Section Regular.
Variables (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (eta rho : R).
Hypothesis eta0 : 0 < eta.
Let H := rho *: S_U + S_W.
Let P := eta *: S_W.
Let Q := (eta * rho) *: S_U.
Lemma turn_matrix : P + Q - P *m Q = eta *: (H - eta *: (rho *: (S_W *m S_U))).
Proof. by rewrite /P /Q /H; mxring. Qed.
Lemma regular_e : (P + Q - P *m Q \in unitmx) = (H - eta *: (rho *: (S_W *m S_U)) \in unitmx).
Proof. by rewrite turn_matrix -scalar_l unitmx_mul unitmxE det_scalar unitrX ?unitfE ?gt_eqF. Qed.
Lemma regular_f : S_W^T = S_W -> S_U^T = S_U ->
  (P + Q - P *m Q \in unitmx) = (H - eta *: (rho *: (S_U *m S_W)) \in unitmx).
Proof. by move=> symW symU; rewrite regular_e -unitmx_tr /H !transposed symW symU. Qed.
End Regular.
Theorem small_step_e_regular : small_step_e_regular_statement.
Proof. by written_out=> *; rewrite -regular_e. Qed.
Theorem small_step_f_regular : small_step_f_regular_statement.
Proof. by written_out=> *; rewrite -regular_f. Qed.
Theorem small_step_e_remainder : small_step_e_remainder_statement.
Proof.
written_out=> R d [//|k] S_U S_W rho eta u w _ symU symW rho0 eta0 _ z rest unit unitM.
rewrite subn1; apply: remainder; rewrite ?mulmxA ?mulmxV ?mul1mx // -?regular_e //.
by apply: series_e => //; rewrite scale_r -mulmxA mulKVmx.
Qed.
Theorem small_step_f_remainder : small_step_f_remainder_statement.
Proof.
written_out=> R d [//|k] S_U S_W rho eta u w _ symU symW rho0 eta0 _ z rest unit unitM.
rewrite subn1; apply: remainder; rewrite ?mulmxA ?mulmxV ?mul1mx // -?regular_f //.
by apply: series_f => //; rewrite mulmxN -mulmxA mulKVmx.
Qed.
Theorem small_step_e_bound : small_step_e_bound_statement.
Proof.
written_out=> R d k S_U S_W rho eta u w _ symU symW rho0 eta0 _ z rest unit c top small.
apply: remainder_norm => //; first exact: ltW.
by apply: series_e => //; rewrite scale_r -mulmxA mulKVmx.
Qed.
Theorem small_step_f_bound : small_step_f_bound_statement.
Proof.
written_out=> R d k S_U S_W rho eta u w _ symU symW rho0 eta0 _ z rest unit c top small.
apply: remainder_norm => //; first exact: ltW.
by apply: series_f => //; rewrite mulmxN -mulmxA mulKVmx.
Qed.
Theorem small_step_e_limit : small_step_e_limit_statement.
Proof.
written_out=> R d S_U S_W rho eta u w _ symU symW rho0 eta0 z rest unit c top small.
have first : (rho *: S_U + S_W) *m (rho *: (invmx (rho *: S_U + S_W) *m S_U *m (u - w))) = rho *: (S_U *m (u - w)).
  by rewrite scale_r -mulmxA mulKVmx.
by have := remainder_norm 0 (ltW eta0) top small (series_e eta0 unit rest first); rewrite /= expr1 mul1mx.
Qed.
Theorem small_step_f_limit : small_step_f_limit_statement.
Proof.
written_out=> R d S_U S_W rho eta u w _ symU symW rho0 eta0 z rest unit c top small.
have first : (rho *: S_U + S_W) *m - (invmx (rho *: S_U + S_W) *m S_W *m (u - w)) = - (S_W *m (u - w)).
  by rewrite mulmxN -mulmxA mulKVmx.
by have := remainder_norm 0 (ltW eta0) top small (series_f eta0 unit rest first); rewrite /= expr1 mul1mx.
Qed.
Theorem small_step_M : small_step_M_statement.
Proof.
written_out=> R d S_U S_W rho eta _ symU symW rho0 eta0 unit c [stretch _] small.
rewrite regular_e //; set H := rho *: S_U + S_W in unit stretch *; set K := rho *: (S_W *m S_U) in stretch *.
apply: injective_unit => v Rv; apply/eqP; rewrite -dot_eq0 -norm_sqr sqrf_eq0 eq_le norm_ge0 andbT.
have -> : 0 = norm (0 : 'cV[R]_d) / (1 - eta * c) by rewrite /norm dot0l sqrtr0 mul0r.
apply: (resolvent_norm stretch (ltW eta0) small); apply: (can_inj (mulKmx unit)).
by rewrite mulmx0 -Rv mulmxBr scale_r -mulmxA mulKVmx // mulmxBl scale_l.
Qed.
