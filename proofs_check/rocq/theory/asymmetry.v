(** * What one learner wins over the other: the conditions on the gap

    At the fixed point of a turn, [e_inf] is the error of the first learner and [f_inf] that of the second.  Most is
    proved by replayed certificates; here they are put together, with inverses that exist. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base statements.
Require kernel_condition_matrices deadbeat_matrices victim_bias_matrices.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** A turn as the certificates write it, without the parentheses around the second learner's half. *)
Lemma flat (V : zmodType) (x a b c d e : V) : x = a + (b + c - d) - e -> x = a + b + c - d - e.
Proof. by rewrite !addrA. Qed.

(** ** The gap in the kernel of the other prompt *)

(** The first learner ends at its target exactly where the second sees nothing of the gap. *)
Theorem kernel_condition : kernel_condition_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M A Delta w_inf /flat rest e_inf unitM unitA.
split=> zero.
  apply: (@kernel_condition_matrices.kernel_condition_only_if R d P S_W Q S_U A M (invmx A) Delta w_star u_star w_inf
    e_inf eta_U eta_U^-1 eta_W) => //; first exact: mulVmx.
  by rewrite divff ?gt_eqF.
apply: (@kernel_condition_matrices.kernel_condition_if R d P S_W Q S_U M (invmx M) Delta w_star u_star w_inf e_inf
  eta_U eta_W) => //; exact: mulVmx.
Qed.

(** The second learner's pull, read off from the first learner's error. *)
Theorem kernel_condition_pull : kernel_condition_pull_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M A Delta w_inf /flat rest e_inf unitM unitA.
apply: (@kernel_condition_matrices.kernel_condition_pull R d P S_W Q S_U A M (invmx A) Delta w_star u_star w_inf e_inf
  eta_U eta_W) => //; exact: mulVmx.
Qed.

Theorem kernel_condition_wins : kernel_condition_wins_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta w_inf /flat rest e_inf unitM unseen.
apply: (@kernel_condition_matrices.kernel_condition_wins R d P S_W Q S_U M (invmx M) Delta w_star u_star w_inf e_inf
  eta_U eta_W) => //; exact: mulVmx.
Qed.

(** Where the first learner wins in this way, the second misses its target by the gap: it wins too only where the first
    sees nothing of the gap either, and then there is none. *)
Theorem kernel_condition_alone : kernel_condition_alone_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta w_inf rest u_inf f_inf unitM unseen.
have wins := kernel_condition_wins d0 symW etaW symU etaU rest unitM unseen.
have gap : f_inf = - Delta.
  exact: (@kernel_condition_matrices.kernel_condition_alone_misses_by_the_gap R d Q S_U (1%:M - Q) Delta w_star u_star
    w_inf u_inf (w_inf - w_star) f_inf eta_U).
split=> zero; last first.
  apply: (@kernel_condition_matrices.kernel_condition_alone_if R d P S_W Q S_U M (invmx M) Delta f_inf eta_U
    eta_W) => //; exact: mulVmx.
exact: kernel_condition_matrices.kernel_condition_alone_only_if zero gap.
Qed.

(** ... but loses nothing: the gap is where it does not look. *)
Theorem kernel_condition_victim_loss : kernel_condition_victim_loss_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta w_inf rest u_inf loss unitM unseen.
have wins := kernel_condition_wins d0 symW etaW symU etaU rest unitM unseen.
exact: (@kernel_condition_matrices.kernel_condition_victim_loss R d Q S_U (1%:M - Q) Delta w_star u_star w_inf u_inf
  (w_inf - w_star) (u_inf - u_star) loss eta_U).
Qed.

(** ** A pull that one step undoes *)

(** The first learner ends at its target exactly where its own step takes the second learner's pull to zero. *)
Theorem deadbeat : deadbeat_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta w_inf /flat rest e_inf unitM.
split=> zero.
  exact: (@deadbeat_matrices.deadbeat_only_if R d P S_W Q S_U (1%:M - P) M Delta w_star u_star w_inf e_inf eta_U eta_W).
apply: (@deadbeat_matrices.deadbeat_if R d P S_W Q S_U (1%:M - P) M (invmx M) Delta w_star u_star w_inf e_inf
  eta_U eta_W) => //; exact: mulVmx.
Qed.

Theorem deadbeat_push : deadbeat_push_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P A Delta Q.
exact: (@deadbeat_matrices.deadbeat_push R d P Q A Delta w_star u_star).
Qed.

(** ** The bias of the second learner *)

(** With the first learner at its target, the second is one step away from that target. *)
Theorem victim_bias : victim_bias_statement.
Proof.
move=> R d w_inf w_star u_star S_U eta_U d0 symU etaU Q B Delta u_inf f_inf same.
exact: (@victim_bias_matrices.victim_bias R d Q S_U B Delta w_star u_star w_inf u_inf f_inf eta_U).
Qed.
