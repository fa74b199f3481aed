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
by case=> /(_ (@settles_still _ _ _))/num_contracts + _; absurd_by_computation.
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
(** Two agents push a third, whose target is 0, with 1/2 to either side. *)
Theorem none_wins_among_many_refuted : ~ none_wins_among_many_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N (1/2%:R)%:N 1 1 1 (- (1/2%:R))%:N 1%:N 0%:N 0%:N); premises => claimed.
by apply: claimed => // /num_eq; absurd_by_computation.
Qed.
(** What two agents hold that see nothing, 1 and -1, changes its sign in every round; in turns all stands still. *)
Theorem at_once_as_in_turns_refuted : ~ at_once_as_in_turns_claim.
Proof.
move=> /(_ Q 1%N 0 0 1 1); cbv zeta; rewrite !scaler0 trmx0 subr0 !mul1mx row_mx0 col_mx0 => claimed.
move/settles_turned: (claimed isT erefl ltr01 erefl ltr01 (@settles_still _ _ _)) => /(_ (col_mx 1%:N (-1)%:N)).
rewrite mul_col_mx !mul_row_col opp_col_mx !mul0mx add0r addr0 !numbers => turned.
have /eqP : col_mx 1%:N (-1)%:N = 0 by apply: turned; congr col_mx; apply/num_eq; calculate.
by rewrite col_mx_eq0 => /andP[/eqP/num_eq0 + _]; absurd_by_computation.
Qed.
(** A single example of 3 makes the learned step, 1/3, overshoot: [eta S = 3]. *)
Theorem training_stabilises_refuted : ~ training_stabilises_claim.
Proof.
move=> /(_ Q 1%N 1%N (1 / 3%:R) 3%:R%:N); premises.
by move/num_strictly; absurd_by_computation.
Qed.
(** With [p = q = 1/2] an honest agent, whose target is 0, rests at 1/3. *)
Theorem resting_elsewhere_betrays_refuted : ~ resting_elsewhere_betrays_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N 1 1 0%:N 1%:N (1/3%:R)%:N 0%:N); premises => claimed.
have elsewhere : (1/3%:R)%:N <> (0 + 0)%:N by move/num_eq; absurd_by_computation.
by case: (claimed elsewhere); rewrite raddf0.
Qed.
(** With [p = q = 1/2] an attacker that wants 0 declares -1/2, and moves like an honest agent with this target. *)
Theorem transcripts_tell_attackers_refuted : ~ transcripts_tell_attackers_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/2%:R)%:N (1/2%:R)%:N 1 1 1 (- (1/2%:R))%:N 1%:N 0%:N (- (1/2%:R))%:N).
premises; move=> /(_ erefl); premises.
by move/num_eq0; absurd_by_computation.
Qed.
(** With one example and one weight the step 1/3 loses 4/3; what forgets its iterate loses 2/3. *)
Theorem training_finds_the_step_refuted : ~ training_finds_the_step_claim.
Proof.
move=> /(_ Q 1%N 1%N 1%:N (- (1/3%:R))%:N 1); rewrite ?mxtrace_scalar; premises.
by rewrite !mxtrace_scalar; absurd_by_computation.
Qed.
(** Where U sees nothing and W has a slope of 99/100, a leakage of 1/100 leaves a drift of 1/100 a turn. *)
Theorem little_leakage_little_shift_refuted : ~ little_leakage_little_shift_claim.
Proof.
pose p : Q := 1 / 100%:R.
move=> /(_ Q 1%N 1%:N 0%:N (-1)%:N 1%:N p%:N (-1)%:N p%:N 0%:N 2%:R%:N 1%:N); premises; case=> w.
rewrite [w]mx11_scalar !numbers => /num_eq; move: (w 0 0) => x rest.
have drift k y :
  (k + (-1 * k * 1 + 1)) * ((0 + (-1 * 0 * 1 + 1)) * y - -1 * 0 * 2%:R) - -1 * k * 1 = y + k :> Q by ring.
by move: rest; rewrite drift -[X in X = _]addr0 => /addrI; absurd_by_computation.
Qed.
(** With [p = 1/2] and target 2, or [p = 1/4] and target 4, the state 0 is answered by 1. *)
Theorem blind_helper_in_m_plus_1_refuted : ~ blind_helper_in_m_plus_1_claim.
Proof.
move=> /(_ Q 1%N (1/2%:R)%:N (1/4%:R)%:N 1 1 (1/2%:R) (1/4%:R) 0%:N 4%:R%:N 2%:R%:N); premises.
case=> w; rewrite [w]mx11_scalar mul_col_mx !numbers => /eq_col_mx[/num_eq + /num_eq].
move: (w 0 0) => x.
have half : 1 - 1 * (1 / 2%:R) != 0 :> Q by calculate.
by move/(mulfI half)->; absurd_by_computation.
Qed.
(** Where neither agent sees anything every state stays where it is. *)
Theorem gap_and_geometry_decide_refuted : ~ gap_and_geometry_decide_claim.
Proof.
move=> /(_ Q 1%N 0 0 1 1 0 0 0 0 1%:M 1%:M 0); cbv zeta; rewrite !scaler0 => claimed.
suff : 0 - 0 = 1%:M - 0 :> (matrix Q 1 1) by rewrite !subr0 => /esym/num_eq0/eqP; rewrite oner_eq0.
apply: claimed; do 5?[exact: isT | exact: trmx0 | exact: ltr01].
all: apply: (tends_to_eq _ (tends_to_const _)); elim=> [//|t IH]; rewrite iterS -IH.
all: rewrite !mul0mx.
all: by rewrite !subr0.
Qed.
(** [a / 2 + a^3 / 100] is at most [51/100 a] up to 1, and at least [a] from 10 on. *)
Theorem trained_pairs_converge_from_anywhere_refuted : ~ trained_pairs_converge_from_anywhere_claim.
Proof.
move=> /(_ Q 1%N 1%N 1%:N (1 / 2%:R) 1%:N 0 1%:N (1 / 100%:R)%:N 0%:N); premises.
set turn := (fun w : 'cV_1 => _).
pose c : Q := 1 / 100%:R; pose h : Q := 1 / 2%:R; pose k : Q := 10%:R; pose g a := a * (c * (a * a) + (1 - h)).
have turnE a : turn a%:N = (g a)%:N.
  by rewrite /turn !numbers /g invr1; congr (_%:M); rewrite -/c -/h; clearbody c h; ring.
have gE t a : iter t turn a%:N = (iter t g a)%:N by elim: t => //= t ->.
have c0 : 0 <= c by calculate.
have h0 : 0 <= 1 - h by calculate.
have k1 : 1 <= k by calculate.
have ck : 1 <= c * (k * k) by calculate.
have r1 : 0 <= c + (1 - h) < 1 by calculate.
clearbody c h k.
have near t : 0 <= iter t g 1 <= (c + (1 - h)) ^+ t.
  case/andP: r1 => r0 /ltW r1; elim: t => [|t /andP[]]; first by rewrite expr0 ler01 lexx.
  rewrite iterS; move: (iter t g 1) => a a0 aT; have a1 : a <= 1 by apply: le_trans aT _; rewrite exprn_ile1.
  have caa : c * (a * a) <= c by rewrite -[X in _ <= X]mulr1 ler_wpmul2l // mulr_ile1.
  have p0 : 0 <= c * (a * a) + (1 - h) by rewrite addr_ge0 // !mulr_ge0.
  apply/andP; split; first by rewrite /g !mulr_ge0.
  by rewrite exprSr /g ler_pmul // ler_add2r.
have far t : k <= iter t g k.
  have k0 : 0 <= k by exact: le_trans k1.
  elim: t => //= t; move: (iter t g _) => a ak; have a0 : 0 <= a by exact: le_trans ak.
  apply: (le_trans ak); rewrite /g ler_pemulr //; apply: (le_trans ck).
  by rewrite -[X in X <= _]addr0 ler_add // ler_wpmul2l // ler_pmul.
move=> claimed; have {claimed} : tends_to (fun t => iter t turn k%:N) 0.
  apply: claimed => eps eps0.
  have [N small] := powers_vanish (@archimedean Q) r1 ler01 eps0.
  exists N => t /small; rewrite mulr1 gE subr0 num_dot; case/andP: (near t); move: (iter t g 1) => a a0 ar.
  apply: le_lt_trans; apply: (le_trans _ ar); rewrite -[X in _ <= X]mulr1 ler_wpmul2l // (le_trans ar) //.
  by case/andP: r1 => r0 /ltW r1; rewrite exprn_ile1.
move=> lim; have [N /(_ N (leqnn N))] := lim 1 ltr01.
by rewrite gE subr0 num_dot ltNge => /negP[]; rewrite mulr_ege1 // (le_trans k1).
Qed.
(** Two steps with [p = 1/2] take away 3/4, and not all. *)
Theorem many_steps_as_one_longer_refuted : ~ many_steps_as_one_longer_claim.
Proof.
move=> /(_ Q 1%N 2%N (1/2%:R)%:N 1); premises.
by move/num_eq; absurd_by_computation.
Qed.
(** With [p = 3] and 1/8 of an error left by the others, three steps turn it round. *)
Theorem more_steps_still_converge_refuted : ~ more_steps_still_converge_claim.
Proof.
move=> /(_ Q 1%N 3%N 3%:R%:N (1/8%:R)%:N 1); premises.
by move/num_contracts; absurd_by_computation.
Qed.
(** With [p = 12/5] and [q = 6/5] a deviation is multiplied by -4/5 on average, and its square by 1. *)
Theorem settled_mean_settled_spread_refuted : ~ settled_mean_settled_spread_claim.
Proof.
move=> /(_ Q 1%N (12%:R / 5%:R)%:N (6%:R / 5%:R)%:N 0%:N 1 1 (1 / 2%:R) 0%:N 0%:N 0%:N); premises.
set turn := (fun C : 'M_1 => _) => claimed.
have still t : iter t turn 1%:N = 1%:N.
  by elim: t => //= t ->; rewrite /turn !numbers; apply/num_eq; calculate.
have [N /(_ N (leqnn N))] := claimed 1%:N 1%:N 1%:N 1 ltr01; rewrite still !numbers; absurd_by_computation.
Qed.
(** One example each, which softmax gives the weight 1 whatever its error: all weights fall for ever. *)
Theorem softmax_agents_always_rest_refuted : ~ softmax_agents_always_rest_claim.
Proof.
move=> /(_ Q 1%N 0%:N 0%:N 1 1 (-1)%:N (-1)%:N 0%:N 0%:N); premises; case=> w [+ _].
rewrite [w]mx11_scalar !numbers => /num_eq; move: (w 0 0) => x rest.
have : - 2%:R = x - x :> Q by rewrite {1}rest; ring.
by rewrite subrr; absurd_by_computation.
Qed.
