(** * Learners that stand for many moves: one that averages the answers of all, and one that moves many times

    The weights of all are one vector, [P] has their steps along the diagonal, and [J] copies one state to all. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence dynamics many statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Averages *)
Section Average.
Variables (R : realFieldType) (d k : nat) (J : 'M[R]_(d, k)) (L S : 'M[R]_d) (eta : R) (theta : 'cV[R]_d).
Let H := J^T *m L *m (eta *: S) *m J.
Let g := J^T *m L *m (eta *: S) *m theta.
Hypothesis shares : J^T *m L *m J = 1%:M.
Lemma averaged (z : 'cV_k) :
  J^T *m L *m (J *m z + eta *: (S *m theta) - eta *: (S *m J *m z)) = g + z - H *m z.
Proof.
rewrite mulmxBr (mulmxDr (J^T *m L)) [J^T *m L *m (J *m z)]mulmxA shares mul1mx addrC; rewrite /H /g.
by rewrite !scale_r !scale_l !mulmxA [z + _]addrC addrC.
Qed.
Lemma average_rests (z : 'cV_k) : z = g + z - H *m z <-> H *m z = g.
Proof.
have away : g + z - H *m z - z = g - H *m z by rewrite addrAC addrK.
split=> [h|Hz]; apply/eqP; rewrite -subr_eq0 -oppr_eq0 opprB.
  by rewrite -away -h subrr.
by rewrite away Hz subrr.
Qed.
End Average.
Theorem mediator_step : mediator_step_statement.
Proof. by written_out=> *; exact: averaged. Qed.
Theorem mediator_rest : mediator_rest_statement.
Proof.
written_out=> R d k J L S eta theta _ _ _ _ _ shares unit.
exists (invmx (J^T *m L *m (eta *: S) *m J) *m (J^T *m L *m (eta *: S) *m theta)).
split=> [|z]; first by rewrite averaged //; apply/average_rests; rewrite mulKVmx.
by rewrite averaged // => /average_rests <-; rewrite mulKmx.
Qed.
Theorem mediator_state : mediator_state_statement.
Proof.
written_out=> R d k J L S eta theta _ _ _ _ _ z rest shares unit.
by move: rest; rewrite averaged // => /average_rests <-; rewrite mulKmx.
Qed.

(** ** The least joint loss *)
Section Loss.
Variables (R : realFieldType) (d k : nat) (J : 'M[R]_(d, k)) (K : 'M[R]_d) (theta : 'cV[R]_d).
Hypothesis pK : psd K.
Let H := J^T *m K *m J.
Let g := J^T *m K *m theta.
Lemma pulls_cancel (z y : 'cV_k) : H *m z = g ->
  dot (J *m y - theta) (K *m (J *m y - theta)) =
  dot (J *m z - theta) (K *m (J *m z - theta)) + dot (J *m (y - z)) (K *m (J *m (y - z))).
Proof.
move=> rest; have -> : J *m y - theta = J *m (y - z) + (J *m z - theta) by rewrite mulmxBr addrA subrK.
move: (y - z) => x; have flat : dot (J *m x) (K *m (J *m z - theta)) = 0.
  by rewrite dot_trl !mulmxA mulmxBr !mulmxA -/H -/g [_ *m z]rest subrr dot0r.
have turned : dot (J *m z - theta) (K *m (J *m x)) = 0 by rewrite dot_tr (proj1 pK) dotC.
move: (J *m z - theta) flat turned => r flat turned.
by rewrite (mulmxDr K) dotDl !dotDr flat turned addr0 add0r addrC.
Qed.
Lemma weighed_psd : psd H.
Proof. exact: psd_congruence. Qed.
(** The push lies in the range of the average. *)
Lemma push_seen c : pseudo_inverse H c -> H *m (c *m g) = g.
Proof.
move=> isc; have isPi := kernel_of_pseudo_inverse isc; have [symPi HPi _] := isPi.
have zero : K *m (J *m (1%:M - c *m H)) = 0.
  apply: columns => v; have Hx : H *m ((1%:M - c *m H) *m v) = 0 by rewrite mulmxA HPi mul0mx.
  rewrite mul0mx -mulmxA -mulmxA; apply: (psd_kernel pK); move: (_ *m v) Hx => x Hx.
  have -> : dot (J *m x) (K *m (J *m x)) = dot x (H *m x) by rewrite dot_trl !mulmxA.
  by rewrite Hx dot0r.
have gone : (1%:M - c *m H) *m g = 0.
  have -> : (1%:M - c *m H) *m g = (K *m (J *m (1%:M - c *m H)))^T *m theta.
    by rewrite !trmx_mul symPi (proj1 pK) /g !mulmxA.
  by rewrite zero trmx0 mul0mx.
have [_ com] := pseudo_inverse_sym (proj1 weighed_psd) isc.
by rewrite mulmxA com; move/eqP: gone; rewrite mulmxBl mul1mx subr_eq0 => /eqP.
Qed.
End Loss.
Theorem mediator_least : mediator_least_statement.
Proof.
written_out=> R d k L S K J eta theta _ _ _ symK _ eta0 same pK unit.
have LP : L *m (eta *: S) = eta *: K by rewrite scale_r same.
have pP : psd (eta *: K) by exact: psd_scale (ltW eta0) pK.
have loss z : ((1 / 2%:R) *: ((z^T *m J^T - theta^T) *m L *m (eta *: S) *m (J *m z - theta))) 0 0
  = 1 / 2%:R * dot (J *m z - theta) (eta *: K *m (J *m z - theta)).
  rewrite mxE -(mulmxA _ L) LP /dot; congr (_ * _); rewrite -mulmxA; congr ((_ *m _) 0 0).
  by rewrite tr_add tr_opp trmx_mul.
split=> // y _; rewrite !loss.
have JLP : J^T *m L *m (eta *: S) = J^T *m (eta *: K) by rewrite -mulmxA LP.
rewrite !JLP in unit *; rewrite (pulls_cancel pP y (mulKVmx unit _)).
rewrite mulrDr ler_addl mulr_ge0 ?divr_ge0 ?ler01 ?ler0n //; exact: (proj2 pP).
Qed.

(** Steps along a positive semidefinite matrix below 2, pushed within its range, lead to the nearest state of rest. *)
Theorem steps_lead (R : realFieldType) k (K c : 'M[R]_k) (g x : 'cV_k) : Num.archimedean_axiom R ->
  psd K -> strictly_loewner K (2%:R *: 1%:M) -> pseudo_inverse K c -> K *m (c *m g) = g ->
  tends_to (fun t => iter t (fun z => g + z - K *m z) x) (x - c *m (K *m x - g)).
Proof.
move=> archi pK inside isc seen; have isPi := kernel_of_pseudo_inverse isc; set Pi := 1%:M - c *m K in isPi.
have projPi := kernel_projectorP isPi; have [symPi KPi fixes] := isPi.
have PiK : Pi *m K = 0 by apply: trmx_inj; rewrite trmx_mul symPi (proj1 pK) KPi trmx0.
have stays : (1%:M - K) *m Pi = Pi by rewrite mulmxBl mul1mx KPi subr0.
have stays_left : Pi *m (1%:M - K) = Pi by rewrite mulmxBr mulmx1 PiK subr0.
have con : contracts ((1%:M - K) *m (1%:M - Pi)).
  apply: (complement_contracts projPi _ _ archi) => // v; first by apply: box_step => //; case: inside.
  by move/(box_equality pK inside); exact: fixes.
set rest := x - _; have Krest : K *m rest = g.
  have [c1 _ _ _] := isc.
  by rewrite /rest (mulmxBr K) (mulmxBr c) (mulmxBr K) seen !mulmxA c1 subKr.
have fixed : rest = (1%:M - K) *m rest + g by rewrite mulmxBl mul1mx Krest subrK.
apply/tends_to_shift/(tends_to_eq _ (con (x - rest))) => t.
have -> : iter t (fun z => g + z - K *m z) x = iter t (fun z => (1%:M - K) *m z + g) x.
  by apply: eq_iter => z; rewrite mulmxBl mul1mx [RHS]addrC addrA.
rewrite (iter_affine _ _ fixed) [RHS]addrC addKr.
have range : (1%:M - Pi) *m (x - rest) = x - rest.
  by rewrite /rest subKr /Pi subKr; case: isc => _ c2 _ _; rewrite (mulmxA (c *m K)) c2.
by rewrite -range !mulmxA; congr (_ *m _); rewrite complement_power.
Qed.
Theorem mediator_settles : mediator_settles_statement.
Proof.
written_out=> R d k L S K J eta theta z _ _ _ _ _ eta0 same pK inside c isc.
have LP : J^T *m L *m (eta *: S) = J^T *m (eta *: K) by rewrite -mulmxA scale_r same.
rewrite !LP in inside isc *; have pP : psd (eta *: K) by exact: psd_scale (ltW eta0) pK.
apply: steps_lead => //; [exact: archimedean | exact: psd_congruence | exact: push_seen].
Qed.

(** ** Many moves *)
Lemma moves (R : realFieldType) d t (P : 'M[R]_d) (w x : 'cV_d) :
  iter t (fun y => P *m w + y - P *m y) x = w + power (1%:M - P) t *m (x - w).
Proof.
have fixed : w = (1%:M - P) *m w + P *m w by rewrite mulmxBl mul1mx subrK.
rewrite -(iter_affine x t fixed); apply: eq_iter => y.
by rewrite mulmxBl mul1mx [P *m w + y]addrC addrAC.
Qed.
Theorem many_steps_move : many_steps_move_statement.
Proof.
written_out=> R d t S eta x w _ _ _.
have -> : iter t (fun y : 'cV_d => eta *: (S *m w) + y - eta *: (S *m y)) x
  = iter t (fun y => eta *: S *m w + y - eta *: S *m y) x by apply: eq_iter => y; rewrite !scale_l.
by rewrite moves; move: (power _ t) => A; mxring.
Qed.

(** Inside the box they lengthen nothing, and keep only what is not seen. *)
Section Box.
Variables (R : realFieldType) (d : nat) (P : 'M[R]_d).
Hypotheses (pP : psd P) (inside : strictly_loewner P (2%:R *: 1%:M)).
Let A := 1%:M - P.
Lemma moves_shorten t (v : 'cV_d) : dot (power A t *m v) (power A t *m v) <= dot v v.
Proof.
elim: t => [|t IH] /=; first by rewrite mul1mx.
by rewrite -mulmxA; apply: le_trans IH; apply: box_step => //; case: inside.
Qed.
Lemma moves_sym t : (power A t)^T = power A t.
Proof. by rewrite power_tr /A !transposed (proj1 pP). Qed.
Lemma moves_bounded t (v : 'cV_d) : `|dot v (power A t *m v)| <= dot v v.
Proof.
rewrite -(@ler_sqr _ _ (dot v v)) ?nnegrE ?dot_ge0 // real_normK ?num_real //.
by apply: le_trans (cauchy_dot _ _) _; rewrite expr2 ler_wpmul2l ?dot_ge0 ?moves_shorten.
Qed.
Lemma moves_taken t : psd (1%:M - power A t).
Proof.
split=> [|v]; first by rewrite !transposed moves_sym.
rewrite mulmxBl mul1mx dotDr dotNr subr_ge0; apply: le_trans (moves_bounded t v); exact: ler_norm.
Qed.
Lemma moves_left t : psd (2%:R *: 1%:M - (1%:M - power A t)).
Proof.
split=> [|v]; first by rewrite !transposed moves_sym.
have -> : (2%:R *: 1%:M - (1%:M - power A t)) *m v = v + power A t *m v by mxring.
rewrite dotDr -[X in _ + X]opprK subr_ge0; apply: le_trans (moves_bounded t v).
by rewrite -normrN; exact: ler_norm.
Qed.
Lemma moves_turned t (v : 'cV_d) : power A t *m v = - v -> v = 0.
Proof.
case: t => [|t]; rewrite ?mul1mx.
  move/eqP; rewrite -addr_eq0 -mulr2n -scaler_nat scaler_eq0 pnatr_eq0 /= => /eqP //.
move=> turned; have same : dot (power A t.+1 *m v) (power A t.+1 *m v) = dot v v.
  by rewrite turned dotNl dotNr opprK.
have Av : dot (A *m v) (A *m v) = dot v v.
  apply/le_anti; rewrite box_step //=; last by case: inside.
  by rewrite -{1}same powerSr -mulmxA moves_shorten.
have fixed : A *m v = v by rewrite /A mulmxBl mul1mx (box_equality pP inside Av) subr0.
have {}fixed : power A t.+1 *m v = v by elim: (t.+1) => [|s IH] /=; rewrite ?mul1mx // -mulmxA IH.
move: turned; rewrite fixed => /eqP; rewrite -addr_eq0 -mulr2n -scaler_nat scaler_eq0 pnatr_eq0 /= => /eqP //.
Qed.
Lemma moves_unit t : 2%:R *: 1%:M - (1%:M - power A t) \in unitmx.
Proof.
apply: injective_unit => v; have -> : (2%:R *: 1%:M - (1%:M - power A t)) *m v = v + power A t *m v by mxring.
by rewrite addrC => /eqP; rewrite addr_eq0 => /eqP; exact: moves_turned.
Qed.
End Box.
Theorem many_steps_box : many_steps_box_statement.
Proof.
written_out=> R d t S eta _ _ eta0 pS inside; have pP := psd_scale (ltW eta0) pS.
by split; [exact: moves_taken | split; [exact: moves_left | exact: moves_unit]].
Qed.
Theorem many_steps_limit : many_steps_limit_statement.
Proof.
written_out=> R d S eta x w _ _ eta0 pS inside c isc; have pP := psd_scale (ltW eta0) pS.
have seen : eta *: S *m (c *m (eta *: S *m w)) = eta *: S *m w by case: isc => c1 _ _ _; rewrite !mulmxA c1.
have := steps_lead x (@archimedean R) pP inside isc seen; rewrite -mulmxBr mulmxA; apply: tends_to_eq => t.
by apply: eq_iter => y; rewrite mulmxBr opprB addrCA addrA.
Qed.

(** ** Among others *)
Theorem many_steps_bias : many_steps_bias_statement.
Proof.
written_out=> R d t S T eta c x w _ _ _; move: (power _ t) => A rest unit.
apply: (can_inj (mulKmx unit)); rewrite -!mulmxA mulKVmx //; apply/eqP; rewrite -subr_eq0 -(subrr x).
by rewrite [X in _ == _ - X]rest; apply/eqP; mxring.
Qed.
Theorem many_steps_settles : many_steps_settles_statement.
Proof.
written_out=> R d t S T eta c x w _ _ _; move: (power _ t) => A rest con.
apply: (leads (c := A *m c + (1%:M - A) *m w)) con rest => y; mxring.
Qed.
