(** * One turn of the conversation, what it leaves untouched, and the point where it rests

    The letters: [P] and [Q] are the steps of the two learners, [w] and [u] what they aim at, and a turn takes [x] to
    [P w + y - P y] with [y = Q u + x - Q x]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors convergence statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** Statements define their letters by [let]: this writes them out. *)
Ltac written_out := match goal with |- ?statement => unfold statement; lazy zeta end.

(** ** The error after a turn *)
Section Turn.
Variables (R : realFieldType) (d : nat).
Implicit Types (P Q Pi : 'M[R]_d) (u w x y z : 'cV[R]_d).
Lemma turn_error P Q u w x :
  P *m w + (Q *m u + x - Q *m x) - P *m (Q *m u + x - Q *m x) - w
  = (1%:M - P) *m (1%:M - Q) *m (x - w) + (1%:M - P) *m Q *m (u - w).
Proof. mxring. Qed.

(** A point at rest, written with the learners' own errors, satisfies [M e = A Q Delta]; so does the other learner's
    with the roles swapped and the gap reversed. *)
Lemma rest_e P Q u w z : z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u) ->
  (P + Q - P *m Q) *m (z - w) = (1%:M - P) *m Q *m (u - w).
Proof.
move=> rest; apply/eqP; rewrite -subr_eq0 -(subrr z) [X in _ == _ - X]rest; apply/eqP; mxring.
Qed.
Lemma rest_f P Q u w z : z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u) ->
  (P + Q - Q *m P) *m (Q *m u + z - Q *m z - u) = - ((1%:M - Q) *m P *m (u - w)).
Proof.
move=> /(congr1 (fun x => (1%:M - Q) *m (z - x))); rewrite subrr mulmx0 => rest.
apply/eqP; rewrite -subr_eq0 [X in _ == X]rest; apply/eqP; mxring.
Qed.
End Turn.

Theorem error_recursion_e : error_recursion_e_statement.
Proof. by written_out=> *; rewrite -!scale_l; exact: turn_error. Qed.
Theorem error_recursion_f : error_recursion_f_statement.
Proof. by written_out=> *; rewrite -!scale_l -mulmxN opprB; exact: turn_error. Qed.
Theorem role_swap_f : role_swap_f_statement.
Proof. by written_out=> *; rewrite -!scale_l; exact: turn_error. Qed.

(** ** What a turn leaves untouched

    [Pi] projects onto what [P] and [Q] both send to 0, that is, onto the kernel of their sum. *)
Section Frozen.
Variables (R : realFieldType) (d : nat) (P Q c : 'M[R]_d).
Hypotheses (pP : psd P) (pQ : psd Q) (isc : pseudo_inverse (P + Q) c).
Let Pi := 1%:M - c *m (P + Q).
Lemma common_kernel_fixed (v : 'cV_d) : P *m v = 0 /\ Q *m v = 0 <-> v - Pi *m v = 0.
Proof.
have [PPi QPi] := common_unseen pP pQ isc; split; first by case=> Pv Qv; rewrite (common_fixed isc) // subrr.
by move/eqP; rewrite subr_eq0 => /eqP ->; rewrite !mulmxA PPi QPi mul0mx.
Qed.
(** Neither step moves what lies in the common kernel. *)
Lemma frozen_left : Pi *m (1%:M - P) = Pi /\ Pi *m (1%:M - Q) = Pi.
Proof. by rewrite !(mulmxBr Pi) !mulmx1; have [-> ->] := common_unseen_left pP pQ isc; rewrite !subr0. Qed.
Lemma frozen_right : (1%:M - P) *m Pi = Pi /\ (1%:M - Q) *m Pi = Pi.
Proof. by rewrite !(mulmxBl _ _ Pi) !mul1mx; have [-> ->] := common_unseen pP pQ isc; rewrite !subr0. Qed.
End Frozen.

Theorem frozen_kernel_projector : frozen_kernel_projector_statement.
Proof.
by written_out=> R d S_W S_U eta_W eta_U v _ _ _ /ltW W0 /ltW U0 c isc pW pU; apply: common_kernel_fixed;
  try exact: psd_scale.
Qed.
Theorem frozen_kernel_e : frozen_kernel_e_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_t w_star _ _ _ /ltW W0 /ltW U0 c isc pW pU; rewrite -!scale_l.
have [pP pQ] := (psd_scale W0 pW, psd_scale U0 pU).
have [PiP PiQ] := common_unseen_left pP pQ isc; have [PiA PiB] := frozen_left pP pQ isc.
by rewrite turn_error mulmxDr !mulmxA PiA PiB PiQ mul0mx addr0.
Qed.
Theorem frozen_kernel_complement : frozen_kernel_complement_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U _ _ _ /ltW W0 /ltW U0 c isc pW pU.
have [pP pQ] := (psd_scale W0 pW, psd_scale U0 pU).
have [-> ->] := frozen_left pP pQ isc.
by rewrite -[RHS]mulmxA; have [PA PB] := frozen_right pP pQ isc; rewrite PB PA.
Qed.

(** ** How the gap is shared between the errors at rest *)
Theorem gap_is_shared : gap_is_shared_statement.
Proof. by written_out=> *; mxring. Qed.
Theorem gap_is_shared_small_step : gap_is_shared_small_step_statement.
Proof.
written_out=> R d S_U S_W rho u_star w_star _ _ _ _ unit; set Delta := u_star - w_star.
by rewrite opprK -!mulmxA -scale_r -mulmxDr -scale_l -mulmxDl mulKmx.
Qed.

(** With the steps [eta S_W] and [eta rho S_U], a point [z] at rest has [(1 - eta H^-1 K) (z - u) = - H^-1 S_W (u - w)]:
    its equation is [eta (H - eta K) (z - u) = - eta S_W (u - w)]. *)
Lemma rest_resolvent (R : realFieldType) d (S_W S_U K : 'M[R]_d) (eta rho : R) (u w z : 'cV_d) : 0 < eta ->
  rho *: S_U + S_W \in unitmx -> K = rho *: (S_W *m S_U) ->
  (let y := (eta * rho) *: (S_U *m u) + z - (eta * rho) *: (S_U *m z) in
   z = eta *: (S_W *m w) + y - eta *: (S_W *m y)) ->
  z - u - eta *: (invmx (rho *: S_U + S_W) *m K *m (z - u))
  = - (invmx (rho *: S_U + S_W) *m S_W *m (u - w)).
Proof.
move=> eta0; set H := rho *: S_U + S_W => unit KE /= rest.
have eq : eta *: (H *m (z - u)) - eta *: (eta *: (K *m (z - u))) = - (eta *: (S_W *m (u - w))).
  by apply/eqP; rewrite -subr_eq0 -(subrr z) [X in _ == _ - X]rest; apply/eqP; rewrite /H KE; mxring.
move/(congr1 (fun v => eta^-1 *: (invmx H *m v))): eq.
rewrite (mulmxBr (invmx H)) mulmxN !scale_r scalerBr scalerN !scalerA mulKf ?mulVf ?gt_eqF // !scale1r.
by rewrite mulKmx // !mulmxA.
Qed.
(** The learners end [Q (w_inf - u_star)] apart. *)
Theorem gap_is_shared_rate : gap_is_shared_rate_statement.
Proof.
written_out=> R d S_U S_W rho eta_W u_star w_star _ _ _ rho0 eta0 w_inf rest unit c [stretch _] small c_1 top.
have bound := resolvent_norm stretch (ltW eta0) small (rest_resolvent eta0 unit erefl rest).
rewrite norm_opp in bound; have c_1_ge0 := stretch_ge0 top; case: top => stretchU _.
have apart k x : x - w_star - (u_star - w_star) - (k *: (S_U *m u_star) + x - k *: (S_U *m x) - u_star)
  = k *: (S_U *m (x - u_star)) by mxring.
rewrite apart norm_scale; last by rewrite ltW ?mulr_gt0.
rewrite -!mulrA ler_pmul2l // ler_pmul2l //.
by apply: le_trans (stretchU _) _; rewrite mulrCA ler_wpmul2l.
Qed.

(** ** Neither wins: an error at rest tells the gap *)
Theorem neither_wins_e : neither_wins_e_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star _ _ _ _ _ rest unit.
by rewrite -!mulmxA (rest_e rest) -!mulmxA mulKmx.
Qed.
Theorem neither_wins_f : neither_wins_f_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star _ _ _ _ _ rest unit.
by rewrite -!scale_l -mulmxA (rest_f rest) mulmxN opprK -!mulmxA mulKmx.
Qed.
(** A step sees the gap if its moment does. *)
Lemma scaled_nonzero (R : realFieldType) d (S : 'M[R]_d) k (v : 'cV_d) : 0 < k -> S *m v <> 0 -> k *: S *m v <> 0.
Proof. by move=> k0 nz /eqP; rewrite scale_l scaler_eq0 gt_eqF // => /eqP. Qed.
Theorem neither_wins_e_nonzero : neither_wins_e_nonzero_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star d0 symW W0 symU U0 rest unit gap zero.
apply: (scaled_nonzero U0 gap); have := neither_wins_e d0 symW W0 symU U0 rest unit.
by rewrite zero mulmx0.
Qed.
Theorem neither_wins_f_nonzero : neither_wins_f_nonzero_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star d0 symW W0 symU U0 rest unit gap zero.
apply: (scaled_nonzero W0 gap); have := neither_wins_f d0 symW W0 symU U0 rest unit.
by rewrite zero mulmx0 oppr0.
Qed.
