(** * Counterexamples: theorems from which one hypothesis is missing are false

    Each time numbers (matrices with one row) satisfy all that is assumed, and what is claimed of them is computed
    to be false. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base limits convergence small claims.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.
Local Notation "a %:N" := (a%:M : 'M[Q]_1) (at level 2, format "a %:N").

Theorem step_size_box_shortens_without_S_W_psd_refuted : ~ step_size_box_shortens_without_S_W_psd_claim.
Proof. by move=> /(_ Q 1%N 0%:N (-1)%:N 1 1); premises; move/num_psd; absurd_by_computation. Qed.

Theorem step_size_box_without_P_below_2_refuted : ~ step_size_box_without_P_below_2_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N 0%:N 1 1); premises; move=> /(_ (2%:R^-1)%:N); premises.
by move/num_contracts; absurd_by_computation.
Qed.

Theorem kernel_condition_wins_without_S_U_Delta_zero_refuted : ~ kernel_condition_wins_without_S_U_Delta_zero_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N 1 1 1%:N 0%:N); premises; move=> /(_ (1/3%:R)%:N); premises.
by move/num_eq0; absurd_by_computation.
Qed.

Theorem victim_bias_without_W_succeeds_refuted : ~ victim_bias_without_W_succeeds_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N 1 1%:N 0%:N (1/3%:R)%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

Theorem blind_attack_regular_without_S_W_psd_refuted : ~ blind_attack_regular_without_S_W_psd_claim.
Proof.
move=> /(_ Q 1%N (-2%:R)%:N 1 (1/2%:R)); premises.
by rewrite num_unit; absurd_by_computation.
Qed.

Theorem plateau_removed_box_without_alpha_below_2_refuted : ~ plateau_removed_box_without_alpha_below_2_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N 1 2%:R); premises; move=> /(_ (1/2%:R)%:N); premises.
by move/num_contracts; absurd_by_computation.
Qed.

Theorem trained_plateau_slope_without_D_W_at_most_lam_W_refuted :
  ~ trained_plateau_slope_without_D_W_at_most_lam_W_claim.
Proof.
move=> /(_ Q 1%N 0%:N 1%:N 1%:N 1%:N 0 0); premises.
by absurd_by_computation.
Qed.

Theorem newton_helper_objective_without_range_of_S_W_within_that_of_S_U_refuted :
  ~ newton_helper_objective_without_range_of_S_W_within_that_of_S_U_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N 0%:N 1 1 0%:N 1%:N); premises => /(_ 0%:N); premises; move=> /(_ 2%:R%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

Theorem frozen_kernel_e_without_S_W_psd_refuted : ~ frozen_kernel_e_without_S_W_psd_claim.
Proof.
move=> /(_ Q 1%N 1%:N (-1)%:N 1 1 1%:N 1%:N 0%:N); premises; move=> /(_ 0%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

Theorem neither_wins_e_without_W_rests_at_w_inf_refuted : ~ neither_wins_e_without_W_rests_at_w_inf_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N 1 1 1%:N 0%:N 0%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

Theorem neither_wins_e_nonzero_without_S_U_Delta_non_zero_refuted :
  ~ neither_wins_e_nonzero_without_S_U_Delta_non_zero_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N 0%:N 1 1 1%:N 0%:N 0%:N); premises.
by apply; apply/num_eq0; calculate.
Qed.

Theorem consensus_larger_without_E_psd_refuted : ~ consensus_larger_without_E_psd_claim.
Proof.
move=> /(_ Q 1%N 1%:N 1%:N (-2%:R)%:N 1); premises.
by rewrite num_unit; absurd_by_computation.
Qed.

Theorem inexact_helper_strict_without_alpha_non_negative_refuted :
  ~ inexact_helper_strict_without_alpha_non_negative_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N 1%:N (-1) 1 1 0%:N 1%:N); premises.
by move/num_eq0; absurd_by_computation.
Qed.

Theorem blind_helper_rest_without_moves_average_to_zero_refuted :
  ~ blind_helper_rest_without_moves_average_to_zero_claim.
Proof.
move=> /(_ Q 1%N 1%N 1%:N (1/2%:R)%:N 1 0%:N 1%:N); premises.
have one : (const_mx 1 : 'M[Q]_1) *m 1%:N = 1%:M by rewrite mulmx1; apply/matrixP => i j; rewrite !mxE !ord1.
by move=> /(_ one) [_ /num_eq0]; absurd_by_computation.
Qed.

Theorem trained_plateau_shift_without_remainder_at_most_lam_times_the_distance_refuted :
  ~ trained_plateau_shift_without_remainder_at_most_lam_times_the_distance_claim.
Proof.
move=> /(_ Q 1%N 0%:N 0%:N 0 1%:N 0%:N); premises; move=> /(_ 1%:N); premises.
by absurd_by_computation.
Qed.

Theorem consensus_parallel_sum_without_S_W_psd_refuted : ~ consensus_parallel_sum_without_S_W_psd_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N (-1)%:N 1); premises; move=> /(_ 1%:N); premises.
by case=> _ /num_psd; absurd_by_computation.
Qed.

Theorem blind_attack_weight_without_p_at_most_1_refuted : ~ blind_attack_weight_without_p_at_most_1_claim.
Proof. by move=> /(_ Q 3%:R (3%:R / 2%:R)); premises; case=> _; absurd_by_computation. Qed.

Theorem blind_attack_corner_without_p_positive_refuted : ~ blind_attack_corner_without_p_positive_claim.
Proof. by move=> /(_ Q (- (1 / 2%:R)) 1); premises; case=> _; absurd_by_computation. Qed.

Theorem one_sided_iff_e_without_S_W_psd_refuted : ~ one_sided_iff_e_without_S_W_psd_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N (-2%:R)%:N 1 1 1%:N (3%:R / 2%:R)%:N 0%:N); premises; move=> /(_ 0%:N); premises.
move=> [h _]; move: (h ltac:(apply/num_eq0; calculate)) => /num_eq0; absurd_by_computation.
Qed.

Theorem convergence_iff_without_S_W_psd_refuted : ~ convergence_iff_without_S_W_psd_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N (-2%:R)%:N 1 1); premises; move=> /(_ 0%:N); premises.
rewrite num_settles; last by absurd_by_computation.
by rewrite num_contracts; case=> _ h; move: (h ltac:(calculate)); absurd_by_computation.
Qed.

Theorem gap_splits_exactly_refuted : ~ gap_splits_exactly_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N 1 1 1%:N 0%:N); premises; move=> /(_ (1/3%:R)%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

Theorem alone_means_unbiased_refuted : ~ alone_means_unbiased_claim.
Proof.
move=> /(_ Q 1%N 1%N (-1/4%:R)%:N 2%:R%:N 1%:N 1%:N); premises; move=> /(_ (1/2%:R)%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.

