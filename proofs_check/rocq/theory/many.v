(** * Any number of learners: in a cycle, and all at once

    The weights of all are one vector, and [P] has their steps along the diagonal; [O] says whom each of them answers.
    To one of them the others are one map, [x] to [T x + c]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence dynamics statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Where all rest *)
Section Rest.
Variables (R : realFieldType) (d : nat) (P O : 'M[R]_d) (theta x : 'cV[R]_d).
Lemma all_rest : x = O *m x - P *m (O *m x - theta) <-> (1%:M - (1%:M - P) *m O) *m x = P *m theta.
Proof.
have same : (1%:M - (1%:M - P) *m O) *m x - P *m theta = x - (O *m x - P *m (O *m x - theta)) by mxring.
split=> [/eqP|/eqP]; rewrite -subr_eq0 => /eqP h; apply/eqP; rewrite -subr_eq0; apply/eqP; by rewrite -h same.
Qed.
Lemma all_residuals : (1%:M - (1%:M - P) *m O) *m (x - theta)
  = (1%:M - (1%:M - P) *m O) *m x - P *m theta + (1%:M - P) *m (O *m theta - theta).
Proof. mxring. Qed.
End Rest.

Theorem cycle_equilibrium_unique : cycle_equilibrium_unique_statement.
Proof.
written_out=> R d S O eta theta _ _ _ unit; exists (invmx (1%:M - (1%:M - eta *: S) *m O) *m (eta *: S *m theta)).
split=> [|x]; first by apply/all_rest; rewrite mulKVmx.
by move/all_rest/(congr1 (mulmx (invmx (1%:M - (1%:M - eta *: S) *m O)))); rewrite mulKmx.
Qed.
Lemma moved_all (R : realFieldType) d (S O : 'M[R]_d) (eta : R) (theta x : 'cV_d) :
  x = eta *: (S *m theta) + O *m x - eta *: (S *m (O *m x)) ->
  (1%:M - (1%:M - eta *: S) *m O) *m x = eta *: S *m theta.
Proof. by move=> h; apply/all_rest; rewrite [LHS]h mulmxBr -!scale_l opprB addrCA addrA. Qed.
Theorem cycle_equilibrium_states : cycle_equilibrium_states_statement.
Proof.
written_out=> R d S O eta theta _ _ _ x rest unit.
by rewrite -mulmxA -(moved_all rest) mulKmx.
Qed.
Theorem cycle_equilibrium_residual : cycle_equilibrium_residual_statement.
Proof.
written_out=> R d S O eta theta _ _ _ x rest unit.
have := all_residuals (eta *: S) O theta x; rewrite (moved_all rest) subrr add0r.
by move/(congr1 (mulmx (invmx (1%:M - (1%:M - eta *: S) *m O)))); rewrite mulKmx // mulmxA.
Qed.

(** ** One of them *)
Lemma one_rests (R : realFieldType) d (P T : 'M[R]_d) (c w x : 'cV_d) : x = P *m w + (T *m x + c) - P *m (T *m x + c) ->
  (1%:M - (1%:M - P) *m T) *m (x - w) = (1%:M - P) *m (T *m w + c - w).
Proof.
move=> rest; apply/eqP; rewrite -subr_eq0 -(subrr x) [X in _ == _ - X]rest; apply/eqP; mxring.
Qed.
Theorem cycle_equilibrium_bias : cycle_equilibrium_bias_statement.
Proof.
written_out=> R d S T eta c w _ _ _ x; rewrite -!scale_l => rest unit.
by rewrite -mulmxA -(one_rests rest) mulKmx.
Qed.
Theorem cycle_equilibrium_push : cycle_equilibrium_push_statement.
Proof. by written_out=> *; mxring. Qed.

(** Iterates of an affine map, however it is written. *)
Lemma leads (R : realFieldType) d (X : 'M[R]_d) (f : 'cV_d -> 'cV_d) (c rest : 'cV_d) :
  (forall x, f x = X *m x + c) -> contracts X -> rest = f rest -> forall x, tends_to (fun t => iter t f x) rest.
Proof.
move=> same con fixed x; apply: (tends_to_eq (x := fun t => iter t (fun x => X *m x + c) x)).
  by move=> t; apply: eq_iter => y; rewrite same.
by apply: contracts_affine con _; rewrite -same.
Qed.
Theorem cycle_equilibrium_settles : cycle_equilibrium_settles_statement.
Proof.
written_out=> R d S T eta c x w _ _ _ rest con.
apply: (leads (c := (1%:M - eta *: S) *m c + eta *: S *m w)) con rest => y; mxring.
Qed.
Theorem simultaneous_settles : simultaneous_settles_statement.
Proof.
written_out=> R d O S eta theta x _ _ _ rest con.
apply: (leads (c := eta *: S *m theta)) con rest => y; mxring.
Qed.

(** ** Lengths, with one learner more *)
Theorem cycle_contracts_step : cycle_contracts_step_statement.
Proof.
move=> R d S T eta _ symS eta0 P A pS inP short.
have pP : psd P by exact: psd_scale (ltW eta0) pS.
have symA : A^T = A by exact: step_sym pP.
split=> [|v]; first by clearbody A; rewrite power_2 !transposed symA !mulmxA.
have := box_step (T *m v) pP inP; rewrite -/A => first.
have := proj2 short v; rewrite !mulmxBl !mul1mx !dotDr !dotNr !subr_ge0 => second.
apply: le_trans second; apply: le_trans (_ : dot (A *m (T *m v)) (A *m (T *m v)) <= _).
  by rewrite power_2 -!mulmxA !dot_tr trmxK symA.
by apply: le_trans first _; rewrite -!mulmxA [X in _ <= X]dot_tr trmxK.
Qed.
Theorem cycle_contracts_equality : cycle_contracts_equality_statement.
Proof.
move=> R d S T eta v _ symS eta0 P A pS inP short.
have pP : psd P by exact: psd_scale (ltW eta0) pS.
have symA : A^T = A by exact: step_sym pP.
have whole : v^T *m T^T *m power A 2 *m T *m v = v^T *m v <-> dot (A *m (T *m v)) (A *m (T *m v)) = dot v v.
  by rewrite -inner_eq power_2 !trmx_mul symA !mulmxA.
have others : v^T *m T^T *m T *m v = v^T *m v <-> dot (T *m v) (T *m v) = dot v v.
  by rewrite -inner_eq trmx_mul !mulmxA.
rewrite whole others -mulmxA.
have first := box_step (T *m v) pP (proj1 inP); rewrite -/A in first.
have second : dot (T *m v) (T *m v) <= dot v v.
  by have := proj2 short v; rewrite mulmxBl mul1mx dotDr dotNr subr_ge0 -mulmxA dot_tr trmxK.
split=> [same|[second_same seen]]; last by have -> : A *m (T *m v) = T *m v by rewrite mulmxBl mul1mx seen subr0.
have T_same : dot (T *m v) (T *m v) = dot v v by apply/eqP; rewrite eq_le second -same first.
by split=> //; apply: box_equality inP _ => //; rewrite -/A same T_same.
Qed.

(** ** Two neighbours that change places *)
Section Order.
Variables (R : realFieldType) (d : nat) (P Q T : 'M[R]_d) (c u w x : 'cV[R]_d).
Let first y := T *m (y - P *m (y - w - Q *m (y - u)) - Q *m (y - u)) + c.
Let second y := T *m (y - P *m (y - w) - Q *m (y - u - P *m (y - w))) + c.
Let turned := T *m (P *m Q *m (u - x) - Q *m P *m (w - x)).
Lemma turned_round : second x - first x = turned.
Proof. rewrite /first /second /turned; mxring. Qed.
Lemma turned_at y : y - second y - (x - second x) = (1%:M - T *m (1%:M - Q) *m (1%:M - P)) *m (y - x).
Proof. rewrite /second; mxring. Qed.
End Order.

Theorem order_of_moves_same : order_of_moves_same_statement.
Proof.
written_out=> R d S_W S_U T eta_W eta_U c u x w _ _ _ _ _ rest.
have := turned_round (eta_W *: S_W) (eta_U *: S_U) T c u w x; rewrite -rest => <-.
by split=> [{1}<-|/eqP]; rewrite ?subrr // subr_eq0 => /eqP/esym.
Qed.
Theorem order_of_moves_difference : order_of_moves_difference_statement.
Proof.
written_out=> R d S_W S_U T eta_W eta_U c u x w _ _ _ _ _ y swapped rest unit.
have turned := turned_round (eta_W *: S_W) (eta_U *: S_U) T c u w x; rewrite -rest in turned.
have apart := turned_at (eta_W *: S_W) (eta_U *: S_U) T c u w x y.
have at_y : y = T *m (y - eta_W *: S_W *m (y - w) - eta_U *: S_U *m (y - u - eta_W *: S_W *m (y - w))) + c.
  by rewrite [LHS]swapped; congr (_ *m _ + _); mxring.
rewrite -at_y subrr sub0r opprB turned in apart.
by rewrite -mulmxA apart mulKmx.
Qed.

(** ** Two at once *)
Theorem simultaneous_w : simultaneous_w_statement.
Proof. by written_out=> *; rewrite -!scale_l; exact: turn_error. Qed.
Theorem simultaneous_u : simultaneous_u_statement.
Proof. by written_out=> *; rewrite -!scale_l -mulmxN opprB; exact: turn_error. Qed.
Theorem simultaneous_kernel : simultaneous_kernel_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u w_t u_t w _ _ _ /ltW W0 /ltW U0 C isC pW pU; rewrite -!scale_l.
have := common_unseen_left (psd_scale W0 pW) (psd_scale U0 pU) isC.
move: (1%:M - _ *m _) => Pi [PiP PiQ].
by split; rewrite mulmxBr mulmxDr !mulmxA ?PiP ?PiQ !mul0mx add0r subr0.
Qed.
