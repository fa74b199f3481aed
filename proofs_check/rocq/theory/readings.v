(** * False readings of the theorems, refuted

    Numbers (matrices with one row) satisfy all that is assumed, and what is claimed of them is not so. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base limits convergence small claims.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.
Local Notation "a %:N" := (a%:M : 'M[Q]_1) (at level 2, format "a %:N").
(** With [p = q = 2] every turn moves by the same amount. *)
Theorem always_an_equilibrium_refuted : ~ always_an_equilibrium_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N 2%:R%:N 1 1 1%:N 0%:N); premises; case=> w; rewrite [w]mx11_scalar !numbers => /num_eq.
move: (w 0 0) => x rest; have : 2%:R = x - x :> Q by rewrite {2}rest; ring.
by rewrite subrr; absurd_by_computation.
Qed.
(** With [P = 1] one move of W's ends on its target. *)
Theorem misalignment_biases_both_refuted : ~ misalignment_biases_both_claim.
Proof.
move=> /(_ Q 1%N 1%:N (1/2%:R)%:N 1 1 1%:N 0%:N); premises; move=> /(_ 0%:N); premises => claimed.
have gap : (1 - 0)%:N <> 0 by move/num_eq0; absurd_by_computation.
by case: (claimed gap) => + _; apply; apply/num_eq0; calculate.
Qed.
(** With [p = 2] and a partner that sees nothing the error changes sign for ever. *)
Theorem closed_box_suffices_refuted : ~ closed_box_suffices_claim.
Proof.
have pushed : (1 - 1 * 2%:R) * (1 - 1 * 0) = 1 :> Q -> (1 - 1 * 2%:R) * (1 * 0) <> 0 :> Q by absurd_by_computation.
move=> /(_ Q 1%N 2%:R%:N 0%:N 1 1); premises.
by move/(num_settles pushed); absurd_by_computation.
Qed.
(** Together both may converge where one alone does not. *)
Theorem both_must_be_stable_refuted : ~ both_must_be_stable_claim.
Proof.
pose p : Q := 5%:R / 2%:R; pose q : Q := 9%:R / 10%:R.
have pushed : (1 - p) * (1 - q) = 1 -> q * (1 - p) <> 0 by absurd_by_computation.
have alone : 1 - p = 1 -> p <> 0 by absurd_by_computation.
move=> /(_ Q p q); rewrite !num_scale !mulr1 => claimed.
have stable : settles ((1 - p) * (1 - q))%:N (q * (1 - p))%:N by apply/(num_settles pushed); calculate.
by move/(num_settles alone): (claimed stable); absurd_by_computation.
Qed.
(** With [p = q = 2] and no gap every run stands still. *)
Theorem one_gap_decides_convergence_refuted : ~ one_gap_decides_convergence_claim.
Proof.
move=> /(_ Q 1%N 2%:R%:N 2%:R%:N 1 1 0%:N 0%:N); premises; move=> /(_ (1/4%:R)%:N); premises.
have -> : ((1 - 1 * 2%:R) * (1 - 1 * 2%:R))%:N = 1%:N by apply/num_eq; calculate.
have -> : ((1 - 1 * 2%:R) * (1 * 2%:R) * (0 - 0))%:N = 0 by apply/num_eq0; calculate.
case=> + _; have still : settles 1%:N (0 : 'M[Q]_1).
  move=> c v; exists v; apply: (tends_to_eq _ (tends_to_const v)) => t.
  by elim: t => //= t <-; rewrite mul0mx addr0 mul1mx.
by move/(_ still)/num_contracts; absurd_by_computation.
Qed.
(** With [p = 5] the move that was removed would have been needed: errors grow by 18/5 a turn. *)
Theorem any_step_removes_the_plateau_refuted : ~ any_step_removes_the_plateau_claim.
Proof.
move=> /(_ Q 1%N 5%:R%:N 1%:N (19%:R / 10%:R) 1 1 1%:N 0%:N); premises; move=> /(_ 1%:N); premises.
move=> /(_ (1 / 5%:R)%:N); premises.
set k := (1 - 1 * 5%:R) * _; have k1 : 1 <= k by calculate.
have -> : ((1 - 1 / 5%:R * 5%:R) * (1 - 0))%:N = 0 by apply/num_eq0; calculate.
clearbody k; have iters t : iter t (mulmx k%:N) (1 - 0)%:N = (k ^+ t)%:N.
  by elim: t => [|t IH]; [rewrite subr0 expr0 | rewrite /= IH num_mul exprS].
move=> lim; have [N /(_ N (leqnn N))] := lim 1 ltr01.
by rewrite iters subr0 num_dot ltNge => /negP[]; rewrite mulr_ege1 // exprn_ege1.
Qed.
(** An estimate of a third of the curvature makes the helper overshoot: [-3/2] a turn. *)
Theorem rough_estimates_help_refuted : ~ rough_estimates_help_claim.
Proof.
move=> /(_ Q 1%N (1 / 4%:R)%:N (1 / 12%:R)%:N 1 1); premises.
by move/num_contracts; absurd_by_computation.
Qed.
(** Where neither agent sees anything, W stays where it is: any point is at rest, and no pull is there to be undone. *)
Theorem deadbeat_without_regularity_refuted : ~ deadbeat_without_regularity_claim.
Proof.
move=> /(_ Q 1%N 0%:N 0%:N 1 1 0%:N 1%:N 0%:N); premises; move=> /(_ 0%:N); premises.
by move/num_eq0; absurd_by_computation.
Qed.
(** With [p = 3/2] and [q = 1/2] every turn changes the sign of (2, -1). *)
Theorem blind_attack_in_the_box_refuted : ~ blind_attack_in_the_box_claim.
Proof.
move=> /(_ Q 1%N (3%:R / 2%:R)%:N (1 / 2%:R)%:N 1 1 1); premises.
move/contracts_turned => /(_ (col_mx 2%:R%:N (-1)%:N)); rewrite mul_col_mx !mul_row_col opp_col_mx !numbers => turned.
have /eqP : col_mx 2%:R%:N (-1)%:N = 0 by apply: turned; congr col_mx; apply/num_eq; calculate.
by rewrite col_mx_eq0 => /andP[/eqP/num_eq0 + _]; absurd_by_computation.
Qed.
(** With [p = 1/2], [q = 2] and the gain 2 every turn changes the sign of (1, -1). *)
Theorem blind_attack_any_gain_refuted : ~ blind_attack_any_gain_claim.
Proof.
move=> /(_ Q 1%N (1 / 2%:R)%:N 2%:R%:N 1 2%:R 1); premises.
move/contracts_turned => /(_ (col_mx 1%:N (-1)%:N)); rewrite mul_col_mx !mul_row_col opp_col_mx !numbers => turned.
have /eqP : col_mx 1%:N (-1)%:N = 0 by apply: turned; congr col_mx; apply/num_eq; calculate.
by rewrite col_mx_eq0 => /andP[/eqP/num_eq0 + _]; absurd_by_computation.
Qed.

(** Numbers commute; where two moves change places among others, the round rests elsewhere. *)
Theorem commuting_agents_in_any_order_refuted : ~ commuting_agents_in_any_order_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N (1/2%:R)%:N 1 1 0%:N 1%:N (1/7%:R)%:N 0%:N); premises.
by move/num_eq; absurd_by_computation.
Qed.
