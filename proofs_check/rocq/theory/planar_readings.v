(** * False readings of the theorems, refuted in the plane

    Matrices with two rows satisfy all that is assumed, and what is claimed of them is not so. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base misalignment small planar claims.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.
Local Notation R := Algebraic.
Local Notation q := (ratr : rat -> R).
(** The axes, the diagonal, and its pseudo-inverse. *)
Local Notation E1 := (square 1 0 0 0).
Local Notation E2 := (square 0 0 0 1).
Local Notation D := (square 1 1 1 1).
Local Notation D_plus := (square (1 / 4%:R) (1 / 4%:R) (1 / 4%:R) (1 / 4%:R)).
Local Notation origin := (column 0 0).

(** Half of the first axis is on the diagonal: if W sees the axis and U the diagonal, the product is [E1 / 2]. *)
Theorem partial_helper_removes_its_part_refuted : ~ partial_helper_removes_its_part_claim.
Proof.
move=> /(_ R (1 + 1)%N D E1 1); planar_premises; move=> /(_ D_plus); planar_premises; move=> /(_ E1); planar_premises.
by case=> + _; rewrite ?planar => /square_eq; vm_compute.
Qed.
(** With [alpha = 2] a helper that sees the diagonal only takes an error of (1, -1) to (0, -2). *)
Theorem own_move_never_lengthens_refuted : ~ own_move_never_lengthens_claim.
Proof.
move=> /(_ R (1 + 1)%N 2%:R 1 D E1 (column 1 (-1)) origin); planar_premises.
move=> /(_ D_plus); planar_premises; move=> /(_ E1); planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** Alone, W takes an error of (1, 0) to 0 at once; after such a helper's move to (1/2, -1/2) it ends at (0, -1/2). *)
Theorem help_never_hurts_refuted : ~ help_never_hurts_claim.
Proof.
move=> /(_ R (1 + 1)%N 1 1 1 E1 D (column 1 0) origin); planar_premises.
move=> /(_ D_plus); planar_premises; move=> /(_ E1); planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** With [alpha = 3] the helper's move takes an error of 1, on an axis that both see, to -2. *)
Theorem any_damping_never_lengthens_refuted : ~ any_damping_never_lengthens_claim.
Proof.
move=> /(_ R (1 + 1)%N E1 E1 1 3%:R (column 1 0) origin); planar_premises.
move=> /(_ E1); planar_premises; move=> /(_ E1); planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** With [P = E1] and [Q = D / 2], both projectors, and a gap of (1, 1) W rests at (0, 2). *)
Theorem residual_below_gap_refuted : ~ residual_below_gap_claim.
Proof.
move=> /(_ R (1 + 1)%N E1 D 1 (q (1 / 2%:R)) (column 1 1) origin); planar_premises.
move=> /(_ (column 0 2%:R)); planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** With [P = Q = (5/3) E1] and a gap of 1 on this axis W rests at -2. *)
Theorem residual_below_gap_in_the_box_refuted : ~ residual_below_gap_in_the_box_claim.
Proof.
move=> /(_ R (1 + 1)%N E1 E1 (q (5%:R / 3%:R)) (q (5%:R / 3%:R)) (column 1 0) origin); planar_premises.
move=> /(_ (column (- 2%:R) 0)); planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** If W sees one axis and U the other, the gap that U sees is W's error: its square is 1 at [tau = 1], which is
    90 degrees, and 16/25 at [tau = 2]. *)
Theorem monotone_degradation_refuted : ~ monotone_degradation_claim.
Proof.
move=> /(_ R (1 + 1)%N E1 E2 1 1 1 (column 1 0) (column 0 1)); cbv zeta.
set G := invmx _ *m _ *m _; have -> : G = E2.
  rewrite /G ?planar; set M := square (_ - _) _ _ _; have -> : M = 1%:M by rewrite ?planar; apply/square_eq; vm_compute.
  by rewrite invmx1 mul1mx ?planar; apply/square_eq; vm_compute.
planar_premises; move=> /(_ 1 2%:R); planar_premises.
by rewrite ler_rat; vm_compute.
Qed.
(** Here [A] turns one axis round and [B] exchanges the two, both by half: [A B] is a quarter turn, times 1/4. *)
Theorem no_oscillation_in_the_box_refuted : ~ no_oscillation_in_the_box_claim.
Proof.
pose P := square (1 / 2%:R) 0 0 (3%:R / 2%:R); pose Q := square 1 (- (1 / 2%:R)) (- (1 / 2%:R)) 1.
move=> /(_ R (1 + 1)%N P Q 1 1); planar_premises.
apply: (@no_eigenvalue _ _ _ (q (- (1 / 16%:R)))) => //; first by rewrite ?planar; apply/square_eq; vm_compute.
by rewrite q_0 ltr_rat; vm_compute.
Qed.
(** With [P = Q = 19/10] the victim misses by 9 beside an honest agent, by 9/10 beside the attacker. *)
Theorem attacks_harm_refuted : ~ attacks_harm_claim.
Proof.
pose p := q (19%:R / 10%:R).
move=> /(_ R (1 + 1)%N 1%:M 1%:M p p (column 1 0) (column (- 9%:R) 0) origin (column (9%:R / 10%:R) 0)).
planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** W sees both weights, U the first; an example that ties them lifts the square of the error from 9/25 to 1/2. *)
Theorem more_examples_help_refuted : ~ more_examples_help_claim.
Proof.
move=> /(_ R (1 + 1)%N (square 1 0 0 (1 / 2%:R)) E1 (q (1 / 4%:R)) (q (1 / 2%:R)) (column 1 1) (column 1 0)).
move=> /(_ (column (3%:R / 5%:R) 0) origin (column (1 / 2%:R) (- (1 / 2%:R)))).
planar_premises.
by rewrite column_norm; vm_compute.
Qed.
(** Labels of 0 and 2 for one and the same example. *)
Theorem blind_victim_sees_no_loss_refuted : ~ blind_victim_sees_no_loss_claim.
Proof.
move=> /(_ R (1 + 1)%N (1 + 1)%N E1 (square (1 / 2%:R) 0 0 (1 / 2%:R)) (square 1 0 1 0)).
move=> /(_ (column 1 0) (column 1 1) (column 0 2%:R) 1 (q (1 / 2%:R))); planar_premises.
move=> /(_ (column 1 1)); planar_premises.
by move/fmorph_inj/eqP; vm_compute.
Qed.
Lemma at_four (F : realFieldType) (k a b c : F) :
  k * c * 4%:R ^+ 0 + - 3%:R * (k * b) * 4%:R ^+ 1 + (2%:R * (k * a) - k * c) * 4%:R ^+ 2 + k * b * 4%:R ^+ 3 =
  k * (32%:R * a + 52%:R * b - 15%:R * c).
Proof. by ring. Qed.
(** The errors of [P] and [Q] off half the identity, 1/20, add up in [G]: the criterion is negative at [tau = 4]. *)
Theorem nearly_isotropic_refuted : ~ nearly_isotropic_claim.
Proof.
pose H := square 101%:R 20%:R 20%:R 101%:R; pose P := square (1 / 2%:R) (- (1 / 20%:R)) (- (1 / 20%:R)) (1 / 2%:R).
pose Q := square (1 / 2%:R) (1 / 20%:R) (1 / 20%:R) (1 / 2%:R).
move=> /(_ R (1 + 1)%N P Q 1 1 1 (column 1 0) (column 0 (- 1))).
have := @monotone_in_angle_criterion R (1 + 1)%N P Q 1 1 1 (column 1 0) (column 0 (-1)).
cbv zeta; set M := _ + _ - _; have ME : M = (q (301%:R / 400%:R))%:M.
  by rewrite /M /P /Q /H ?planar; apply/square_eq; vm_compute.
set G := invmx _ *m _ *m _.
have {ME} [k k0 GE] : exists2 k, 0 < k & G = k *: H.
  exists (q (1 / 301%:R)); first by rewrite ltr0q; vm_compute.
  by rewrite /G ME invmx_scalar mul_scalar_mx /P /Q /H ?planar; apply/square_eq; vm_compute.
set mono := (forall x_ y_ : R, _); move=> crit claimed.
have {claimed} : mono by move: claimed; rewrite /P /Q; clearbody mono; planar_premises; apply.
have GG v w : dot (G *m v) (G *m w) = k * k * dot (H *m v) (H *m w) by rewrite GE -!scalemxAl dotZl dotZr mulrA.
have symmetric a b d : (square a b b d)^T = square a b b d by rewrite square_tr.
have unit : M \in unitmx by rewrite /M /P /Q; planar_premise.
have [+ _] := crit isT (symmetric _ _ _) ltr01 (symmetric _ _ _) ltr01 ltr01 unit => /[apply] /(_ 4%:R).
have kk : 0 < k * k by rewrite mulr_gt0.
rewrite ltr0n !GG at_four (pmulr_rge0 _ kk) /H !square_column !column_dot => /(_ isT).
by rewrite ?planar ler_rat; vm_compute.
Qed.
