(** * Learners that are almost linear

    Both answer with the linear move and an error: [r_U] and [r_W], where they rest. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors dynamics statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Apart.
Variables (R : realFieldType) (d : nat) (P Q : 'M[R]_d) (r_U r_W u w x z : 'cV[R]_d).
Hypothesis rest : x = P *m w + (Q *m u + x - Q *m x) - P *m (Q *m u + x - Q *m x).
Hypothesis near : z = Q *m u + P *m w + r_U + r_W + z - Q *m z - P *m (Q *m u + r_U + z - Q *m z).
(** What a turn does not give back of their distance are the errors. *)
Lemma apart : z - x - (1%:M - P) *m (1%:M - Q) *m (z - x) = (1%:M - P) *m r_U + r_W.
Proof.
have [x0 z0] : x - (P *m w + (Q *m u + x - Q *m x) - P *m (Q *m u + x - Q *m x)) = 0 /\
  z - (Q *m u + P *m w + r_U + r_W + z - Q *m z - P *m (Q *m u + r_U + z - Q *m z)) = 0.
  by split; [rewrite -rest | rewrite -near]; exact: subrr.
have same : z - x - (1%:M - P) *m (1%:M - Q) *m (z - x) - ((1%:M - P) *m r_U + r_W) =
  z - (Q *m u + P *m w + r_U + r_W + z - Q *m z - P *m (Q *m u + r_U + z - Q *m z)) -
  (x - (P *m w + (Q *m u + x - Q *m x) - P *m (Q *m u + x - Q *m x))) by clear; mxring.
by apply/eqP; rewrite -subr_eq0 same x0 z0 subr0.
Qed.
Lemma taken (v : 'cV[R]_d) : (P + Q - P *m Q) *m v = v - (1%:M - P) *m (1%:M - Q) *m v.
Proof. mxring. Qed.
Lemma shifted : P + Q - P *m Q \in unitmx -> z - x = invmx (P + Q - P *m Q) *m ((1%:M - P) *m r_U + r_W).
Proof. by move=> unit; rewrite -apart -taken mulKmx. Qed.
End Apart.

Theorem softmax_plateau_M : softmax_plateau_M_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U _ _ _ _ _ c [stretch _] small.
apply: injective_unit => v Mv; apply/eqP; rewrite -dot_eq0 -norm_sqr sqrf_eq0 eq_le norm_ge0 andbT.
have -> : 0 = norm (0 : 'cV[R]_d) / (1 - 1 * c) by rewrite /norm dot0l sqrtr0 mul0r.
by apply: (resolvent_norm stretch ler01); rewrite ?mul1r // scale1r -taken.
Qed.
Theorem softmax_plateau_shift : softmax_plateau_shift_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U r_U r_W u w _ _ _ _ _ x; rewrite -!scale_l => rest z.
by rewrite -!scale_l => near unit; exact: shifted rest near unit.
Qed.
Theorem softmax_plateau_u : softmax_plateau_u_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U r_U r_W u w _ _ _ _ _ z; rewrite -!scale_l => near x.
rewrite -!scale_l => rest unit; rewrite -mulmxA -(shifted rest near unit); mxring.
Qed.
Theorem softmax_plateau_bound : softmax_plateau_bound_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U r_U r_W u w _ _ _ _ _ x rest z near c [stretch _] small c_1 [stretchA _].
rewrite -!scale_l in rest near; have eq := apart rest near.
have := resolvent_norm (k := 1) (x := z - x) (y := (1%:M - eta_W *: S_W) *m r_U + r_W) stretch ler01.
rewrite mul1r scale1r => /(_ small eq) bound; apply: le_trans bound _.
rewrite ler_pmul2r ?invr_gt0 ?subr_gt0 //; apply: le_trans (norm_add _ _) _.
by rewrite ler_add2r [norm r_U * _]mulrC.
Qed.
