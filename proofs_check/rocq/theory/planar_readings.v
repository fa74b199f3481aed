(** * False readings of the theorems, refuted in the plane

    Matrices with two rows satisfy all that is assumed, and what is claimed of them is not so. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base planar claims.
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
