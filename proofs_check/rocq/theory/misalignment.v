(** * How the error at rest depends on the gap between the learners' aims

    The letters as in [dynamics] and [equilibrium]: [P] and [Q] are the steps, [A = 1 - P], [B = 1 - Q], [M = 1 - A B],
    and [Delta] is the gap [u_star - w_star].  The error at rest is [G Delta] with [G = M^-1 A Q]: it grows in
    proportion to the gap; it is no longer than the gap if the steps commute, of any length if they do not; and it may
    fall again as the aims turn away from each other. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From mathcomp.real_closed Require Import polyrcf.
Require Import base lengths spectral statements dynamics equilibrium.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** The error is proportional to the gap *)
Theorem linear_in_gap_e : linear_in_gap_e_statement.
Proof. by written_out=> *; apply: biased_equilibrium_e. Qed.
Theorem linear_in_gap_lower : linear_in_gap_lower_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf rest unit c [least _].
by rewrite mulrC (linear_in_gap_e d0 symW W0 symU U0 rest unit); exact: least.
Qed.
Theorem linear_in_gap_upper : linear_in_gap_upper_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf rest unit c [most _].
by rewrite mulrC (linear_in_gap_e d0 symW W0 symU U0 rest unit); exact: most.
Qed.

(** ** Steps that commute: the error is no longer than the gap *)
Section Commuting.
Variables (R : rcfType) (d : nat).
Implicit Types (S T P Q M : 'M[R]_d) (x e Delta : 'cV[R]_d).

(** A symmetric matrix without negative eigenvalues is positive semidefinite. *)
Lemma psd_eigenvalues S : S^T = S -> (forall z x, x != 0 -> S *m x = z *: x -> 0 <= z) -> psd S.
Proof.
move=> sym pos; split=> // v; have [O [D [OO SE]]] := spectral sym.
have D0 i : 0 <= D 0 i.
  apply: (pos _ (O^T *m delta_mx i 0)).
    by rewrite -dot_gt0 dot_trl trmxK mulmxA (mulmx1C OO) mul1mx -entry_dot mxE !eqxx ltr01.
  rewrite {1}SE -!mulmxA [O *m _]mulmxA (mulmx1C OO) mul1mx -scale_r; congr (_ *m _).
  by apply/colP => j; rewrite mul_diag_mx !mxE; case: eqVneq => [->|]; rewrite ?mulr0.
rewrite SE -!mulmxA dot_tr trmxK; move: (O *m v) => w; rewrite mul_diag_mx dot_sum; apply: sumr_ge0 => i _.
by rewrite mxE mulrCA -expr2 mulr_ge0 ?sqr_ge0.
Qed.
(** The product of two commuting positive semidefinite matrices is one: from [S T x = z x] follows
    [z (x.T x) = T x . S T x >= 0], and [z = 0] if [x.T x] vanishes. *)
Lemma psd_product S T : psd S -> psd T -> S *m T = T *m S -> psd (S *m T).
Proof.
move=> pS pT com; apply: psd_eigenvalues => [|z x x0 eigen]; first by rewrite trmx_mul (proj1 pS) (proj1 pT) com.
have := proj2 pS (T *m x); rewrite mulmxA eigen dotZr dotC.
have := proj2 pT x; rewrite le_eqVlt => /orP[/eqP zero _|pos]; last by rewrite pmulr_lge0.
have /eqP := eigen; rewrite -mulmxA (psd_kernel pT (esym zero)) mulmx0 eq_sym scaler_eq0 (negbTE x0) orbF.
by move/eqP ->.
Qed.
(** With [Delta = M x], so that [e = A Q x]: [|Delta|^2 - |e|^2] is [|P x|^2 + 2 (x.P A Q x)]. *)
Lemma commuting_shorter P Q Delta e : psd P -> psd Q -> psd (1%:M - P) -> P *m Q = Q *m P ->
  P + Q - P *m Q \in unitmx -> (P + Q - P *m Q) *m e = (1%:M - P) *m Q *m Delta -> norm e <= norm Delta.
Proof.
move=> pP pQ pA com unit eq; apply: ler_wsqrtr.
set M := P + Q - P *m Q in unit eq; have [x DeltaE] : exists x, Delta = M *m x.
  by exists (invmx M *m Delta); rewrite mulKVmx.
have comA : P *m (1%:M - P) = (1%:M - P) *m P by mxring.
have comAQ : (1%:M - P) *m Q = Q *m (1%:M - P) by rewrite mulmxBl mulmxBr mul1mx mulmx1 com.
have comM : (1%:M - P) *m Q *m M = M *m ((1%:M - P) *m Q).
  have ME : M = P + (1%:M - P) *m Q by rewrite /M; mxring.
  by rewrite ME (mulmxDl P) (mulmxDr _ P) -(mulmxA _ Q P) -com !mulmxA comA.
have eE : e = (1%:M - P) *m Q *m x.
  by rewrite -[LHS](mulKmx unit) eq DeltaE (mulmxA _ M) comM -(mulmxA M) mulKmx.
have pPAQ : psd (P *m (1%:M - P) *m Q).
  apply: psd_product => //; first exact: psd_product.
  by rewrite -mulmxA comAQ !mulmxA com.
have DeltaS : Delta = P *m x + e by rewrite DeltaE eE /M; mxring.
have cross : dot (P *m x) e = dot x (P *m (1%:M - P) *m Q *m x) by rewrite eE dot_trl (proj1 pP) !mulmxA.
rewrite DeltaS -subr_ge0; apply: (@ge0_eq _ (dot (P *m x) (P *m x) + 2%:R * dot (P *m x) e)).
  by rewrite addr_ge0 ?dot_ge0 // mulr_ge0 ?ler0n // cross (proj2 pPAQ).
by rewrite dotDl !dotDr (dotC e); ring.
Qed.
End Commuting.

Theorem residual_can_exceed_gap_commuting : residual_can_exceed_gap_commuting_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW symU W0 U0 w_inf.
rewrite -!scale_l => /rest_step/rest_e eq pW pU com pA unit.
by apply: commuting_shorter eq => //; apply: psd_scale => //; exact: ltW.
Qed.
(** The other learner's error: the roles swapped, and the gap reversed. *)
Theorem residual_can_exceed_gap_commuting_u : residual_can_exceed_gap_commuting_u_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW symU W0 U0 w_inf.
rewrite -!scale_l => /rest_step/rest_f eq pW pU com pB unit; rewrite -[X in _ <= X]norm_opp.
apply: (@commuting_shorter _ _ (eta_U *: S_U) (eta_W *: S_W)) => //; try by apply: psd_scale => //; exact: ltW.
  by rewrite -com [eta_U *: S_U + _]addrC.
by rewrite mulmxN -eq [eta_U *: S_U + _]addrC.
Qed.

(** ** Steps that do not commute: an error of any length *)
(** For [S_W = w w'], and [S_U = n n'] with [n = m w + v], the error [m v] is at rest: [P m v = 0], and [n] has the same
    product with it as with the gap [w]. *)
Theorem residual_can_exceed_gap_family : residual_can_exceed_gap_family_statement.
Proof.
move=> R d w v w_star eta_W m eta_U _ _ _ S_W P n S_U Q M u_star w_inf rest e_inf w1 v1 wv unit.
have Pv : P *m (m *: v) = 0.
  by rewrite /P /S_W scale_l -mulmxA inner dotZr wv mulr0 mul_mx_scalar scale0r scaler0.
have Qv : Q *m (m *: v) = Q *m w.
  rewrite /Q /S_U !scale_l -!mulmxA !inner; congr (_ *: (_ *m _%:M)).
  by rewrite /n !dotP v1 w1 wv (dotC v) wv; ring.
apply: (can_inj (mulKmx unit)); rewrite (mulmxBl (P + Q) _ (m *: v)) (mulmxDl P) Pv add0r -(mulmxA P) Qv.
rewrite (rest_e (u := u_star)) ?/u_star ?addrK; first by rewrite -mulmxA mulmxBl mul1mx.
by apply: rest_step; rewrite /P /Q !scale_l.
Qed.

(** ** The squared error as a function of the angle

    [tau = tan (theta / 2)] stands for the angle [theta] between the aims.  For aims of one length [r] the gap is a
    multiple of [v - tau w_hat], so the squared error is [(2 r tau / (1 + tau^2))^2 |G v - tau G w_hat|^2]. *)
Lemma one_square (R : realFieldType) (t : R) : 0 < 1 + t ^+ 2.
Proof. by rewrite ltr_spaddl ?ltr01 ?sqr_ge0. Qed.
Lemma gap_turned (R : realFieldType) d (w v : 'cV[R]_d) (r tau : R) :
  ((2%:R * r * tau) / (1 + tau ^+ 2)) *: v + ((r * (1 - tau ^+ 2)) / (1 + tau ^+ 2)) *: w - r *: w
  = ((2%:R * r * tau) / (1 + tau ^+ 2)) *: (v - tau *: w).
Proof.
rewrite -addrA -scalerBl scalerBr scalerA -scaleNr; congr (_ + _ *: _).
by field; rewrite gt_eqF ?one_square.
Qed.
Theorem monotone_in_angle_squared_error : monotone_in_angle_squared_error_statement.
Proof.
move=> R d S_W S_U eta_W eta_U r tau w v d0 symW W0 symU U0 r0 tau0 P Q M A G a b c u_star w_star w_inf rest e_inf unit.
have -> : e_inf = G *m (u_star - w_star) by exact: linear_in_gap_e rest unit.
rewrite /a /b /c /u_star /w_star gap_turned scale_r; clearbody G.
by rewrite mulmxBr scale_r !dotP (dotC (G *m v) (G *m w)); name_dots; field; rewrite gt_eqF ?one_square.
Qed.
(** If both steps are isotropic, [G] is the number [g]. *)
Theorem monotone_in_angle_isotropic : monotone_in_angle_isotropic_statement.
Proof.
move=> R d S_W S_U eta_W p eta_U q r tau w v _ _ _ _ _ _ _ P Q u_star w_star w_inf rest e_inf g PE QE w1 v1 wv /eqP nz.
have push : (P + Q - P *m Q) *m e_inf = (1%:M - P) *m Q *m (u_star - w_star).
  by apply: rest_e; apply: rest_step; rewrite /P /Q !scale_l.
have eE : e_inf = g *: (u_star - w_star).
  move: push; rewrite PE QE; clearbody e_inf u_star w_star => push.
  apply: (scalerI nz); rewrite scalerA /g mulrCA mulfV // mulr1.
  transitivity ((p *: 1%:M + q *: 1%:M - p *: 1%:M *m (q *: 1%:M)) *m e_inf); first by mxring.
  by rewrite push; mxring.
rewrite eE /u_star /w_star gap_turned !dotP w1 v1 wv (dotC v) wv.
by field; rewrite gt_eqF ?one_square.
Qed.
(** The difference of two values has the sign of [y^2 - x^2]. *)
Theorem monotone_in_angle_isotropic_slope : monotone_in_angle_isotropic_slope_statement.
Proof.
move=> R p q r r0 g _ x y x0 xy; clearbody g; rewrite /= -subr_ge0.
apply: (@ge0_eq _ ((2%:R * g * r) ^+ 2 * ((y - x) * (y + x)) / ((1 + x ^+ 2) * (1 + y ^+ 2)))).
  apply: divr_ge0; last by apply: ltW; apply: mulr_gt0; exact: one_square.
  apply: mulr_ge0; first exact: sqr_ge0.
  by apply: mulr_ge0; rewrite ?subr_ge0 // addr_ge0 ?ltW // (lt_le_trans x0).
by field; rewrite !gt_eqF ?one_square.
Qed.

(** ** An error that falls as the aims turn away from each other

    Either axis is stretched by both agents: more along one's own aim. *)
Lemma stretched (R : realFieldType) d (x y : 'cV[R]_d) (a b : R) : dot x x = 1 -> dot y x = 0 ->
  (1 *: (a *: (x *m x^T) + b *: (y *m y^T))) *m x = a *: x.
Proof.
by move=> x1 yx; rewrite scale1r mulmxDl !scale_l -!mulmxA !inner x1 yx !scalar_r scale1r scale0r scaler0 addr0.
Qed.
Lemma falling_square (R : realFieldType) d (w v w_inf u : 'cV[R]_d) (P Q : 'M_d) (tau : R) :
  dot w w = 1 -> dot v v = 1 -> dot w v = 0 ->
  P *m w = (1 / 2%:R) *: w -> P *m v = (1 / 8%:R) *: v -> Q *m w = (1 / 8%:R) *: w -> Q *m v = (1 / 2%:R) *: v ->
  u = ((2%:R * 1 * tau) / (1 + tau ^+ 2)) *: v + ((1 * (1 - tau ^+ 2)) / (1 + tau ^+ 2)) *: w ->
  w_inf = P *m (1 *: w) + (Q *m u + w_inf - Q *m w_inf) - P *m (Q *m u + w_inf - Q *m w_inf) ->
  P + Q - P *m Q \in unitmx ->
  dot (w_inf - 1 *: w) (w_inf - 1 *: w) = (4%:R * tau ^+ 2 * (49%:R + tau ^+ 2)) / (81%:R * (1 + tau ^+ 2) ^+ 2).
Proof.
move=> w1 v1 wv Pw Pv Qw Qv uE rest unit; pose c := (2%:R * 1 * tau) / (1 + tau ^+ 2).
have -> : w_inf - 1 *: w = c *: ((7%:R / 9%:R) *: v - (tau / 9%:R) *: w).
  apply: (can_inj (mulKmx unit)); rewrite (rest_e (rest_step rest)) uE gap_turned -/c !scale_r; congr (_ *: _).
  rewrite -!mulmxA !mulmxBl mulmxDl mul1mx -!mulmxA !(mulmxBr, scale_r, Pw, Pv, Qw, Qv).
  by apply/colP => i; rewrite !mxE; field.
by rewrite !dotP w1 v1 wv (dotC v) wv /c; field; rewrite gt_eqF ?one_square.
Qed.
Theorem not_always_monotone : not_always_monotone_statement.
Proof.
move=> R d w v tau _ _ S_W eta_W P S_U eta_U Q M r u w_star w_inf rest e w1 v1 wv.
have rested : w_inf = P *m (1 *: w) + (Q *m u + w_inf - Q *m w_inf) - P *m (Q *m u + w_inf - Q *m w_inf).
  by rewrite /P /Q !scale_l.
have vw : dot v w = 0 by rewrite dotC.
have Pw : P *m w = (1 / 2%:R) *: w by rewrite /P /S_W addrC stretched.
have Pv : P *m v = (1 / 8%:R) *: v by rewrite /P /S_W stretched.
have Qv : Q *m v = (1 / 2%:R) *: v by rewrite /Q /S_U addrC stretched.
have Qw : Q *m w = (1 / 8%:R) *: w by rewrite /Q /S_U stretched.
exact: (falling_square w1 v1 wv Pw Pv Qw Qv (erefl u) rested).
Qed.
Theorem not_always_monotone_right_angle : not_always_monotone_right_angle_statement.
Proof.
move=> R d w v tau d0 tau0 S_W eta_W P S_U eta_U Q M r u w_star w_inf rest e w1 v1 wv unit t1.
by rewrite (not_always_monotone d0 tau0 rest) // t1 !expr1n; field.
Qed.
(** With [x = tau^2]: [25 (1 + x)^2 - 4 x (49 + x) = (x - 9) (21 x + 43) + 412]. *)
Theorem not_always_monotone_falls : not_always_monotone_falls_statement.
Proof.
move=> R d w v tau d0 tau0 S_W eta_W P S_U eta_U Q M r u w_star w_inf rest e w1 v1 wv unit tau3.
have -> : norm w_star = 1 by apply/norm_1; rewrite /w_star scale1r.
rewrite -(ler_pexpn2r (ltn0Sn 1)) ?nnegrE ?norm_ge0 ?divr_ge0 ?mulr_ge0 ?ler0n ?ler01 //.
rewrite norm_sqr (not_always_monotone d0 tau0 rest) //.
have -> : (5%:R * 1 / 9%:R) ^+ 2 = 25%:R / 81%:R :> R by field.
have nz : 0 < (1 + tau ^+ 2) ^+ 2 by rewrite exprn_gt0 ?one_square.
rewrite ler_pdivr_mulr; last by apply: mulr_gt0; rewrite ?ltr0n.
rewrite [25%:R / _ * _]mulrA divfK ?pnatr_eq0 // -subr_ge0.
have x9 : 0 <= tau ^+ 2 - 9%:R.
  apply: (@ge0_eq _ ((tau - 3%:R) * (tau + 3%:R))); last by ring.
  by rewrite mulr_ge0 ?subr_ge0 // addr_ge0 ?ler0n // ltW.
apply: (@ge0_eq _ ((tau ^+ 2 - 9%:R) * (21%:R * tau ^+ 2 + 43%:R) + 412%:R)); last by ring.
by rewrite addr_ge0 ?ler0n // mulr_ge0 // addr_ge0 ?ler0n // mulr_ge0 ?ler0n ?sqr_ge0.
Qed.

(** ** When the squared error never falls *)
(** A polynomial that is nowhere negative on the right of 0 is not negative at 0. *)
Lemma right_limit (R : rcfType) (p : {poly R}) : (forall h, 0 < h -> 0 <= p.[h]) -> 0 <= p.[0].
Proof.
move=> pos; rewrite leNgt; apply/negP => neg.
have [c c0 near] := @poly_cont _ 0 p (- p.[0]) ltac:(by rewrite oppr_gt0).
have h0 : 0 < c / 2%:R by rewrite divr_gt0 ?ltr0n.
have : `|p.[c / 2%:R] - p.[0]| < - p.[0].
  by apply: near; rewrite subr0 gtr0_norm // ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
rewrite ltr_norml ltr_subl_addr addNr => /andP[_]; rewrite ltNge => /negP; apply; exact: pos.
Qed.

(** An inequality about a convex function, needed below in [P = x y], [S = x^2 + y^2] and [Z = (x + y) t]. *)
Lemma convexity (R : realFieldType) (P S Z : R) : 0 < P -> 2%:R * P <= S -> 0 <= Z ->
  Z ^+ 2 * (2%:R + S) = (S + 2%:R * P) * (S + 2%:R * P ^+ 2) ->
  0 <= Z * (3%:R + S - P ^+ 2) - 2%:R * (S + P + 2%:R * P ^+ 2 - P ^+ 3).
Proof.
move=> P0 SP Z0 ZE; have P1 := ltW P0; pose D := S - 2%:R * P; have D0 : 0 <= D by rewrite subr_ge0.
have S0 : 0 <= S by apply: le_trans SP; rewrite mulr_ge0 ?ler0n.
have n0 n : 0 <= n%:R :> R by exact: ler0n.
pose F := (S + 4%:R * P - 2%:R * P ^+ 2) * (3%:R + S - P ^+ 2) + 2%:R * (P - 1) * (2%:R + S) * (Z + 2%:R * P).
have F0 : 0 <= F; last first.
  rewrite -(@pmulr_rge0 _ ((2%:R + S) * (Z + 2%:R * P))).
    apply: (@ge0_eq _ (D * F)); first exact: mulr_ge0.
    rewrite /D /F; apply/eqP; rewrite -subr_eq0; apply/eqP.
    transitivity (((S + 2%:R * P) * (S + 2%:R * P ^+ 2) - Z ^+ 2 * (2%:R + S)) * (3%:R + S - P ^+ 2)); first by ring.
    by rewrite ZE subrr mul0r.
  by apply: mulr_gt0; [rewrite ltr_paddr ?ltr0n | rewrite ltr_paddl ?mulr_gt0 ?ltr0n].
case: (lerP 1 P) => [large|small].
  apply: (@ge0_eq _ (2%:R * (P - 1) * (2%:R + S) * Z
      + (2%:R * P * (1 + P) * ((P - 1) ^+ 2 + 4%:R) + (3%:R + 4%:R * P + P ^+ 2) * D + D ^+ 2))).
    have large0 : 0 <= P - 1 by rewrite subr_ge0.
    by repeat first [assumption | exact: n0 | exact: ler01 | exact: sqr_ge0 | apply: addr_ge0 | apply: mulr_ge0].
  by rewrite /F /D; ring.
pose W := (S + 2%:R * P) * (2%:R + S) / 4%:R + (S + 2%:R * P ^+ 2).
have W0 : 0 <= W.
  by rewrite /W; repeat first [assumption | exact: n0 | exact: sqr_ge0 | apply: addr_ge0 | apply: mulr_ge0 |
    rewrite invr_ge0].
have ZW : 0 <= W - Z * (2%:R + S).
  have Z1 : 0 <= Z * (2%:R + S) by apply: mulr_ge0 => //; exact: addr_ge0.
  rewrite subr_ge0 -(@ler_pexpn2r _ 2) ?nnegrE //.
  have -> : (Z * (2%:R + S)) ^+ 2 = (S + 2%:R * P) * (S + 2%:R * P ^+ 2) * (2%:R + S) by rewrite -ZE; ring.
  rewrite -subr_ge0; apply: ge0_eq (sqr_ge0 ((S + 2%:R * P) * (2%:R + S) / 4%:R - (S + 2%:R * P ^+ 2))) _.
  by rewrite /W; field.
have small0 : 0 <= 1 - P by rewrite subr_ge0 ltW.
apply: (@ge0_eq _ (2%:R * (1 - P) * (W - Z * (2%:R + S))
    + (2%:R * P * (1 + P) ^+ 3 + (4%:R * P + 4%:R * P ^+ 2) * D + (1 + P) / 2%:R * D ^+ 2))).
  by repeat first [assumption | exact: n0 | exact: ler01 | exact: sqr_ge0 | apply: addr_ge0 | apply: mulr_ge0 |
    apply: exprn_ge0 | rewrite invr_ge0].
by rewrite /F /W /D; field.
Qed.

Section Angle.
Variables (R : rcfType) (a b c : R).
Definition rising (f : R -> R) := forall x y, 0 < x -> x <= y -> f x <= f y.

(** The squared error is a multiple of this function of [tau]; its derivative is [2 tau] times the cubic over
    [(1 + tau^2)^3], and its quotient of differences is [quotient x y] over [((1 + x^2) (1 + y^2))^2]. *)
Definition squared t : R := t ^+ 2 * (c + a * t ^+ 2 - 2%:R * b * t) / (1 + t ^+ 2) ^+ 2.
Definition cubic t : R := c - 3%:R * b * t + (2%:R * a - c) * t ^+ 2 + b * t ^+ 3.
Definition quotient x y : R := c * (1 - x ^+ 2 * y ^+ 2) * (x + y)
  + a * (x + y) * (x ^+ 2 + y ^+ 2 + 2%:R * x ^+ 2 * y ^+ 2)
  - 2%:R * b * (x ^+ 2 + x * y + y ^+ 2 + 2%:R * x ^+ 2 * y ^+ 2 - x ^+ 3 * y ^+ 3).
Lemma squared_difference x y :
  squared y - squared x = (y - x) * quotient x y / ((1 + x ^+ 2) ^+ 2 * (1 + y ^+ 2) ^+ 2).
Proof. by rewrite /squared /quotient; field; rewrite !gt_eqF ?one_square. Qed.
Lemma quotient_rises x y : x < y -> (squared x <= squared y) = (0 <= quotient x y).
Proof.
move=> xy; rewrite -[squared x <= _]subr_ge0 squared_difference pmulr_lge0.
  by rewrite pmulr_rge0 ?subr_gt0.
by rewrite invr_gt0 mulr_gt0 ?exprn_gt0 ?one_square.
Qed.
Lemma quotient_diagonal x : quotient x x = 2%:R * x * (1 + x ^+ 2) * cubic x.
Proof. by rewrite /quotient /cubic; ring. Qed.

(** If this never falls, [quotient x (x + h)] is not negative for any [h > 0], so neither is its value at
    [h = 0]. *)
Lemma rising_cubic : rising squared -> forall x, 0 < x -> 0 <= cubic x.
Proof.
move=> rises x x0; pose y := x%:P + 'X; pose z := x *: y.
pose p := c *: ((1 - z * z) * (x%:P + y)) + a *: ((x%:P + y) * ((x * x)%:P + y * y + 2%:R *: (z * z)))
  - (2%:R * b) *: ((x * x)%:P + z + y * y + 2%:R *: (z * z) - z * z * z).
have pE h : p.[h] = quotient x (x + h).
  by rewrite /p /z /y !(hornerD, hornerN, hornerM, hornerZ, hornerC, hornerX) /quotient; ring.
have : 0 <= p.[0].
  apply: right_limit => h h0; rewrite pE -quotient_rises ?ltr_addl //.
  by apply: rises => //; rewrite ler_addl ltW.
by rewrite pE addr0 quotient_diagonal pmulr_rge0 // mulr_gt0 ?one_square // mulr_gt0 ?ltr0n.
Qed.
(** At infinity the cubic has the sign of its first coefficient: [h^3 cubic (1 / h)] tends to [b]. *)
Lemma cubic_first : (forall x, 0 < x -> 0 <= cubic x) -> 0 <= b.
Proof.
move=> pos; pose p := c *: 'X^3 - (3%:R * b) *: 'X^2 + (2%:R * a - c) *: 'X + b%:P.
have pE h : p.[h] = c * h ^+ 3 - 3%:R * b * h ^+ 2 + (2%:R * a - c) * h + b by rewrite /p !hornerE.
have -> : b = p.[0] by rewrite pE !expr0n /= !mulr0 subrr !add0r.
apply: right_limit => h h0; rewrite pE.
apply: (@ge0_eq _ (h ^+ 3 * cubic h^-1)); first by rewrite mulr_ge0 ?pos ?invr_gt0 // exprn_ge0 ?ltW.
by rewrite /cubic; field; rewrite gt_eqF.
Qed.
(** The converse: the quotient of differences is an average of values of the cubic, times a positive number.  For
    [b >= 0] the cubic is a convex function of [tau^2], so the average is at least its value at [t], where [t^2] is the
    average of [tau^2]; the rest is [b] times what [convexity] says is not negative. *)
Lemma cubic_rising : (forall x, 0 < x -> 0 <= cubic x) -> rising squared.
Proof.
move=> pos x y x0; rewrite le_eqVlt => /orP[/eqP -> //|xy]; rewrite quotient_rises //.
have b0 := cubic_first pos; have y0 := lt_trans x0 xy.
set S := x ^+ 2 + y ^+ 2; set P := x * y.
have S2 : 0 < 2%:R + S by rewrite ltr_paddr ?ltr0n ?addr_ge0 ?sqr_ge0.
pose u := (S + 2%:R * P ^+ 2) / (2%:R + S); have u0 : 0 < u.
  apply: divr_gt0 => //; rewrite /S -addrA; apply: ltr_paddr; last exact: exprn_gt0.
  by apply: addr_ge0; last apply: mulr_ge0; rewrite ?ler0n ?sqr_ge0.
pose t := Num.sqrt u; have t2 : t ^+ 2 = u by rewrite sqr_sqrtr ?ltW.
have t0 : 0 < t by rewrite sqrtr_gt0.
apply: (@ge0_eq _ ((x + y) * (2%:R + S) / 2%:R * cubic t
    + b * ((x + y) * t * (3%:R + S - P ^+ 2) - 2%:R * (S + P + 2%:R * P ^+ 2 - P ^+ 3)))).
  apply: addr_ge0; apply: mulr_ge0 => //; [|exact: pos|apply: convexity].
  - by apply: ltW; apply: divr_gt0; rewrite ?ltr0n //; apply: mulr_gt0 => //; exact: addr_gt0.
  - exact: mulr_gt0.
  - rewrite -subr_ge0; apply: ge0_eq (sqr_ge0 (x - y)) _; rewrite /S /P; ring.
  - by apply: ltW; apply: mulr_gt0 => //; exact: addr_gt0.
  by rewrite exprMn t2 -mulrA divfK ?gt_eqF // /S /P; ring.
have -> : cubic t = c - 3%:R * b * t + (2%:R * a - c) * u + b * (t * u) by rewrite /cubic -t2; ring.
clearbody t; rewrite /quotient /u; move: S2; rewrite /S /P => S2.
by field; rewrite gt_eqF.
Qed.

(** The statements have a positive factor before the function. *)
Lemma rising_criterion r : 0 < r ->
  rising (fun t => (4%:R * r ^+ 2 * t ^+ 2 * (c + a * t ^+ 2 - 2%:R * b * t)) / (1 + t ^+ 2) ^+ 2)
  <-> (forall x, 0 < x -> 0 <= cubic x).
Proof.
move=> r0; have k0 : 0 < 4%:R * r ^+ 2 by apply: mulr_gt0; rewrite ?ltr0n ?exprn_gt0.
have scaled t : (4%:R * r ^+ 2 * t ^+ 2 * (c + a * t ^+ 2 - 2%:R * b * t)) / (1 + t ^+ 2) ^+ 2
  = 4%:R * r ^+ 2 * squared t by rewrite /squared !mulrA.
split=> [rises|pos x y x0 xy]; last by rewrite !scaled ler_pmul2l // cubic_rising.
by apply: rising_cubic => x y x0 xy; have := rises x y x0 xy; rewrite !scaled ler_pmul2l.
Qed.
End Angle.

Theorem monotone_in_angle_criterion : monotone_in_angle_criterion_statement.
Proof.
move=> R d S_W S_U eta_W eta_U r w v _ _ _ _ _ r0 P Q M A G a b c _.
have cubicE x : cubic a b c x
  = c * x ^+ 0 + (- 3%:R * b) * x ^+ 1 + (2%:R * a - c) * x ^+ 2 + b * x ^+ 3.
  by rewrite /cubic; clearbody a b c; ring.
split=> [/(rising_criterion _ _ _ r0) pos x x0|pos]; first by rewrite -cubicE pos.
by apply/(rising_criterion _ _ _ r0) => x x0; rewrite cubicE pos.
Qed.
Theorem monotone_in_angle_necessary : monotone_in_angle_necessary_statement.
Proof.
move=> R d S_W S_U eta_W eta_U r w v _ _ _ _ _ r0 P Q M A G a b c _ /(rising_criterion _ _ _ r0).
exact: cubic_first.
Qed.
(** The cubic is at least [b (x - 1)^2 (x + 2)]. *)
Theorem monotone_in_angle_sufficient : monotone_in_angle_sufficient_statement.
Proof.
move=> R d S_W S_U eta_W eta_U v w _ _ _ _ _ P A Q M G b c a b0 bc ca x x0; move: b c a b0 bc ca => b c a b0 bc ca.
apply: (@ge0_eq _ (b * ((x - 1) ^+ 2 * (x + 2%:R)) + (c - 2%:R * b) + (2%:R * a - c) * x ^+ 2)); last by ring.
apply: addr_ge0; last by apply: mulr_ge0; rewrite ?subr_ge0 ?sqr_ge0.
apply: addr_ge0; last by rewrite subr_ge0.
by apply: mulr_ge0 => //; apply: mulr_ge0; rewrite ?sqr_ge0 // addr_ge0 ?ler0n ?ltW.
Qed.
