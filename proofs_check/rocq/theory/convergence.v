(** * When the powers of a matrix carry every vector to zero

    A matrix that lengthens no vector and keeps the length of those only that a projector keeps; two steps of gradient
    descent, each with a curvature below 2, are such a matrix.  Affine iterates from every start, for every push. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base projectors limits statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** A form that falls strictly falls by a factor *)
Section Strict.
Variables (R : realFieldType) (d : nat).
Implicit Types (S X : 'M[R]_d) (v : 'cV[R]_d).

(** A form is bounded by the squared length: [2 v.S v <= v.v + S v.S v]. *)
Lemma form_upper S : exists2 c, 0 < c & forall v, dot v (S *m v) <= c * dot v v.
Proof.
have [b b0 le] := bounded S; exists ((1 + b) / 2%:R) => [|v]; first by rewrite divr_gt0 ?ltr0n // addr_gt0.
rewrite mulrAC ler_pdivl_mulr ?ltr0n // mulrDl mul1r.
apply: (@le_trans _ _ (dot v v + dot (S *m v) (S *m v))); last by rewrite ler_add2l.
rewrite -subr_ge0; apply: (ge0_eq (dot_ge0 (v - S *m v))); rewrite !dotP (dotC (S *m v) v); name_dots; ring.
Qed.

(** If by [X] every vector but 0 loses some of a positive definite form [S], it loses a share that is the same for all:
    what is lost is positive definite, hence bounded below, and [S] is bounded above. *)
Theorem strict_rate S X : psd S -> S \in unitmx ->
  (forall v, v != 0 -> dot (X *m v) (S *m (X *m v)) < dot v (S *m v)) ->
  exists2 rho, 0 <= rho < 1 & forall v, dot (X *m v) (S *m (X *m v)) <= rho * dot v (S *m v).
Proof.
move=> pS unit loses; pose D := S - X^T *m S *m X.
have lost v : dot v (D *m v) = dot v (S *m v) - dot (X *m v) (S *m (X *m v)).
  by rewrite mulmxBl dotDr dotNr -!mulmxA (dot_trl X).
have symD : D^T = D by rewrite /D !transposed (proj1 pS) mulmxA.
have [c c0 lower] : exists2 c, 0 < c & forall v, dot v v <= c * dot v (D *m v).
  by apply: pos_lower => // v /loses; rewrite lost subr_gt0.
have [b b0 upper] := form_upper S; have k0 : 0 < b * c by exact: mulr_gt0.
have k1 : 0 < 1 + b * c by rewrite addr_gt0.
exists (b * c / (1 + b * c)) => [|v].
  by rewrite divr_ge0 ?(ltW k0) ?(ltW k1) //= ltr_pdivr_mulr // mul1r ltr_addr.
rewrite mulrAC ler_pdivl_mulr // mulrDr mulr1.
have : dot v (S *m v) <= b * c * dot v (D *m v).
  by apply: le_trans (upper v) _; rewrite -mulrA ler_pmul2l.
have : 0 <= dot v (D *m v).
  by rewrite lost subr_ge0; case: (eqVneq v 0) => [->|/loses/ltW //]; rewrite !mulmx0 !dot0r.
rewrite lost; move: (dot v _) (dot (X *m v) _) => x y; move: (b * c) => k; rewrite subr_ge0 => yx.
by rewrite mulrBr ler_subr_addr (mulrC y) => h; apply: le_trans h; rewrite ler_add2r.
Qed.

(** Then the powers carry every vector to zero; with the squared length for the form, no spectrum is needed. *)
Hypothesis archi : Num.archimedean_axiom R.
Theorem strict_form_contracts S X : psd S -> S \in unitmx ->
  (forall v, v != 0 -> dot (X *m v) (S *m (X *m v)) < dot v (S *m v)) -> contracts X.
Proof. by move=> pS unit /(strict_rate pS unit)[rho rho01]; exact: form_contracts. Qed.
Theorem strict_contracts X : (forall v, v != 0 -> dot (X *m v) (X *m v) < dot v v) -> contracts X.
Proof.
by move=> loses; apply: (strict_form_contracts (psd_one _ _) (unitmx1 _ _)) => v v0; rewrite !mul1mx loses.
Qed.
End Strict.

(** ** A matrix that lengthens no vector, and keeps the lengths of those only that a projector keeps *)
Section Complement.
Variables (R : realFieldType) (d : nat) (T Pi : 'M[R]_d).
Hypotheses (isPi : projector Pi) (shortens : forall v, dot (T *m v) (T *m v) <= dot v v).
Hypothesis equality : forall v, dot (T *m v) (T *m v) = dot v v -> Pi *m v = v.

(** [(1 - Pi) v] is not longer than [v]; and [T] shortens it, unless it is 0. *)
Lemma complement_loses v : v != 0 -> dot (T *m (1%:M - Pi) *m v) (T *m (1%:M - Pi) *m v) < dot v v.
Proof.
move=> v0; set w := (1%:M - Pi) *m v; rewrite -mulmxA -/w.
have Piw : Pi *m w = 0 by rewrite /w mulmxA mulmxBr mulmx1 (proj1 isPi) subrr mul0mx.
have split : dot v v = dot w w + dot (Pi *m v) (Pi *m v).
  have -> : dot v v = dot (w + Pi *m v) (w + Pi *m v) by rewrite /w mulmxBl mul1mx subrK.
  have wPi : dot w (Pi *m v) = 0 by rewrite dot_tr (proj2 isPi) Piw dot0l.
  by rewrite !dotP (dotC (Pi *m v) w) wPi addr0 add0r.
have le : dot w w <= dot v v by rewrite split ler_addl dot_ge0.
have := shortens w; rewrite le_eqVlt => /orP[/eqP same|lt]; last exact: lt_le_trans lt le.
by have w0 := equality same; rewrite Piw in w0; rewrite -w0 mulmx0 dot0l dot_gt0.
Qed.
(** So beside the projector its powers carry every vector to zero. *)
Theorem complement_contracts : Num.archimedean_axiom R -> contracts (T *m (1%:M - Pi)).
Proof. by move=> archi; apply: strict_contracts archi _ complement_loses. Qed.
End Complement.

(** ** One step with a curvature between 0 and 2 *)
Section Box.
Variables (R : realFieldType) (d : nat).
Implicit Types (P Q : 'M[R]_d) (v : 'cV[R]_d).
Local Notation two := (2%:R *: 1%:M : 'M[R]_d).

Lemma step_sym P : psd P -> (1%:M - P)^T = 1%:M - P.
Proof. by move=> [sym _]; rewrite !transposed sym. Qed.
(** A step shortens by [P (2 - P)]; twice this is a sum of two congruences. *)
Lemma step_square P : (1%:M - P) *m (1%:M - P) = 1%:M - P *m (two - P).
Proof. by mxring. Qed.
Lemma box_word P : P *m (two - P) = 2%:R^-1 *: ((two - P) *m P *m (two - P) + P *m (two - P) *m P).
Proof.
have -> : (two - P) *m P *m (two - P) + P *m (two - P) *m P = 2%:R *: (P *m (two - P)) by mxring.
by rewrite scalerA mulVf ?pnatr_eq0 // scale1r.
Qed.
(** What a step takes from the squared length. *)
Lemma box_loss P v : P^T = P ->
  dot ((1%:M - P) *m v) ((1%:M - P) *m v) = dot v v - dot v (P *m (two - P) *m v).
Proof.
move=> sym; have symA : (1%:M - P)^T = 1%:M - P by rewrite !transposed sym.
by rewrite dot_trl symA mulmxA step_square mulmxBl mul1mx dotDr dotNr.
Qed.
(** Within the box it is nowhere negative, so a step lengthens no vector. *)
Lemma box_psd P : psd P -> loewner P two -> psd (P *m (two - P)).
Proof.
move=> pP le; rewrite box_word; apply: psd_scale; first by rewrite invr_ge0 ler0n.
have symP := proj1 pP; have symC := proj1 le.
by apply: psd_add; [have := psd_congruence (two - P) pP; rewrite symC | have := psd_congruence P le; rewrite symP].
Qed.
Lemma box_step P v : psd P -> loewner P two -> dot ((1%:M - P) *m v) ((1%:M - P) *m v) <= dot v v.
Proof. by move=> pP le; rewrite (box_loss _ (proj1 pP)) ler_subl_addl ler_addr; case: (box_psd pP le). Qed.
(** Strictly inside, the step of a vector that keeps its length is 0. *)
Lemma box_equality P v : psd P -> strictly_loewner P two ->
  dot ((1%:M - P) *m v) ((1%:M - P) *m v) = dot v v -> P *m v = 0.
Proof.
move=> pP [le unit] same; have symP := proj1 pP.
have zero : dot v (P *m (two - P) *m v) = 0.
  by move: same; rewrite box_loss // => /eqP; rewrite -subr_eq0 addrC addKr oppr_eq0 => /eqP.
have {}zero : dot (P *m v) ((two - P) *m (P *m v)) = 0.
  move: zero; rewrite box_word scale_l dotZr => /eqP; rewrite mulf_eq0 invr_eq0 pnatr_eq0 /=.
  rewrite mulmxDl dotDr paddr_eq0.
  - by move=> /andP[_ /eqP]; rewrite -!mulmxA (dot_tr P) symP.
  - by rewrite -!mulmxA (dot_tr (two - P)) (proj1 le); case: pP.
  - by rewrite -!mulmxA (dot_tr P) symP; case: le.
exact: unit_injective unit (psd_kernel le zero).
Qed.

(** Two steps, each with its own curvature, lengthen no vector; they keep the length if and only if neither moves it. *)
Lemma pair_step P Q v : psd P -> psd Q -> loewner P two -> loewner Q two ->
  dot ((1%:M - P) *m ((1%:M - Q) *m v)) ((1%:M - P) *m ((1%:M - Q) *m v)) <= dot v v.
Proof. by move=> pP pQ leP leQ; apply: le_trans (box_step _ pP leP) (box_step _ pQ leQ). Qed.
Lemma pair_equality P Q v : psd P -> psd Q -> strictly_loewner P two -> strictly_loewner Q two ->
  dot ((1%:M - P) *m ((1%:M - Q) *m v)) ((1%:M - P) *m ((1%:M - Q) *m v)) = dot v v <-> P *m v = 0 /\ Q *m v = 0.
Proof.
move=> pP pQ inP inQ; split=> [same|[Pv Qv]]; last by rewrite !(mulmxBl, mul1mx) Qv subr0 Pv subr0.
have stepP := box_step ((1%:M - Q) *m v) pP (proj1 inP); have stepQ := box_step v pQ (proj1 inQ).
have Qv : Q *m v = 0 by apply: box_equality => //; apply/le_anti; rewrite stepQ -{1}same.
have w : (1%:M - Q) *m v = v by rewrite mulmxBl mul1mx Qv subr0.
by split=> //; apply: box_equality => //; rewrite -{1 2}w.
Qed.
End Box.

(** ** The projector onto what neither curvature sees *)
Section Common.
Variables (R : realFieldType) (d : nat) (P Q C : 'M[R]_d).
Hypotheses (pP : psd P) (pQ : psd Q) (isC : pseudo_inverse (P + Q) C).
Local Notation Pi := (1%:M - C *m (P + Q)).
Let isPi := kernel_of_pseudo_inverse isC.

Lemma common_projector : projector Pi. Proof. exact: kernel_projectorP isPi. Qed.
Lemma common_fixed (v : 'cV_d) : P *m v = 0 -> Q *m v = 0 -> Pi *m v = v.
Proof. by move=> Pv Qv; case: isPi => _ _; apply; rewrite mulmxDl Pv Qv addr0. Qed.
(** The kernel of a sum is what both kernels share. *)
Lemma common_unseen : P *m Pi = 0 /\ Q *m Pi = 0.
Proof.
have seen (v : 'cV_d) : P *m (Pi *m v) = 0 /\ Q *m (Pi *m v) = 0.
  by apply/(psd_sum_kernel _ pP pQ); rewrite mulmxA; case: isPi => _ -> _; rewrite mul0mx.
by split; apply: columns => v; rewrite mul0mx -mulmxA; case: (seen v).
Qed.
Lemma common_unseen_left : Pi *m P = 0 /\ Pi *m Q = 0.
Proof.
have [PPi QPi] := common_unseen; have [_ symPi] := common_projector.
by split; apply: trmx_inj; rewrite trmx_mul symPi ?(proj1 pP) ?(proj1 pQ) ?PPi ?QPi trmx0.
Qed.
(** Two steps keep it, from both sides. *)
Lemma common_stays : (1%:M - P) *m (1%:M - Q) *m Pi = Pi /\ Pi *m ((1%:M - P) *m (1%:M - Q)) = Pi.
Proof.
have [PPi QPi] := common_unseen; have [PiP PiQ] := common_unseen_left.
split; first by rewrite -mulmxA (mulmxBl _ Q) mul1mx QPi subr0 (mulmxBl _ P) mul1mx PPi subr0.
by rewrite mulmxA (mulmxBr _ _ P) mulmx1 PiP subr0 (mulmxBr _ _ Q) mulmx1 PiQ subr0.
Qed.
End Common.

(** ** Affine iterates, for every push *)
Section Settling.
Variables (R : realFieldType) (d k : nat) (T Pi : 'M[R]_d) (G : 'M[R]_(d, k)).
Hypotheses (isPi : projector Pi) (stays : T *m Pi = Pi) (stays_left : Pi *m T = Pi) (unpushed : Pi *m G = 0).
Local Notation X := (T *m (1%:M - Pi)).

(** Beside the projector, which commutes with [T], the powers of [X] and of [T] agree; on its range [T] does nothing. *)
Lemma complement_power t : power X t *m (1%:M - Pi) = power T t *m (1%:M - Pi).
Proof.
have [idem _] := projector_complement isPi.
have com : T *m (1%:M - Pi) = (1%:M - Pi) *m T.
  by rewrite mulmxBr mulmxBl mulmx1 mul1mx stays stays_left.
elim: t => [//|t IH] /=; rewrite -mulmxA IH -!mulmxA; congr (_ *m _).
by rewrite mulmxA -(power_commute t com) -mulmxA idem.
Qed.
Lemma power_stays t : power T t *m Pi = Pi.
Proof. by elim: t => [|t IH] /=; rewrite ?mul1mx // -mulmxA IH. Qed.
(** If the powers vanish beside the projector, the iterates tend to a point that the affine map leaves as it is: the one
    of [X], and what the projector keeps of the start. *)
Lemma contracts_settles : contracts X -> settles T G.
Proof.
move=> con c v; have unit := contracts_unit con.
pose r := invmx (1%:M - X) *m (G *m c).
have fixed : r = X *m r + G *m c.
  by have := mulKVmx unit (G *m c); rewrite -/r mulmxBl mul1mx => <-; rewrite addrC subrK.
have PiX : Pi *m T *m (1%:M - Pi) = 0 by rewrite stays_left mulmxBr mulmx1 (proj1 isPi) subrr.
have Pir : Pi *m r = 0 by rewrite fixed mulmxDr !mulmxA PiX unpushed !mul0mx addr0.
have {}fixed : r + Pi *m v = T *m (r + Pi *m v) + G *m c.
  have Xr : X *m r = T *m r by rewrite -mulmxA mulmxBl mul1mx Pir subr0.
  by rewrite (mulmxDr T) (mulmxA T) stays addrAC -Xr -fixed.
exists (r + Pi *m v); apply/tends_to_shift/(tends_to_eq _ (con ((1%:M - Pi) *m (v - r)))) => t.
rewrite (iter_affine _ _ fixed) [RHS]addrC addKr mulmxA complement_power -mulmxA; congr (_ *m _).
by rewrite mulmxBl mul1mx mulmxBr Pir subr0 opprD addrA.
Qed.

(** Conversely, where a row that [T] keeps and no push moves is one that the projector keeps. *)
Hypothesis seen : forall v : 'cV_d, T^T *m v = v -> G^T *m v = 0 -> Pi *m v = v.
(** A limit is a point that the affine map leaves as it is. *)
Lemma settles_fixed (c : 'cV_k) : settles T G -> exists x, x = T *m x + G *m c.
Proof.
move=> set; have [x lim] := set c 0; exists x; apply: tends_to_unique (tends_to_next lim) _ => /=.
exact: tends_to_add (tends_to_mul T lim) (tends_to_const _).
Qed.
(** So [1 - T] reaches whatever is pushed, and no vector that [T] keeps lies beside the projector: a row that
    [1 - T + Pi] takes to 0 is 0. *)
Lemma settles_unit : settles T G -> 1%:M - T + Pi \in unitmx.
Proof.
move=> set; rewrite -unitmx_tr; apply: injective_unit => v.
have [idem symPi] := isPi; rewrite !transposed symPi => Nv.
have Piv : Pi *m v = 0.
  have := congr1 (mulmx Pi) Nv; rewrite mulmx0 mulmxA mulmxDr mulmxBr mulmx1 idem.
  have -> : Pi *m T^T = Pi by apply: trmx_inj; rewrite trmx_mul trmxK symPi stays.
  by rewrite subrr add0r.
have Tv : T^T *m v = v.
  by move/eqP: Nv; rewrite mulmxDl Piv addr0 mulmxBl mul1mx subr_eq0 => /eqP/esym.
rewrite -Piv; apply/esym/seen => //; apply/eqP; rewrite -dot_eq0; set c := G^T *m v.
have [x fixed] := settles_fixed c set.
have -> : dot c c = dot v (G *m c) by rewrite dot_tr.
have -> : G *m c = x - T *m x by rewrite [X in X - _]fixed addrC addKr.
by rewrite dotDr dotNr (dot_tr T) Tv subrr.
Qed.
(** With no push, what starts beside the projector tends to a vector there that [T] keeps, which is 0. *)
Theorem settles_contracts : settles T G -> contracts X.
Proof.
move=> set v; have unit := settles_unit set.
have [l lim] := set 0 ((1%:M - Pi) *m v).
have {}lim : tends_to (fun t => power T t *m ((1%:M - Pi) *m v)) l.
  by apply: tends_to_eq lim => t; rewrite mulmx0 power_iter; apply: eq_iter => x; rewrite addr0.
have fixed : T *m l = l.
  apply: tends_to_unique (tends_to_next lim); apply: tends_to_eq (tends_to_mul T lim) => t.
  by rewrite /= -mulmxA.
have Pil : Pi *m l = 0.
  apply: tends_to_unique (tends_to_mul Pi lim) _; apply: tends_to_eq (tends_to_const 0) => t.
  have -> : Pi *m (power T t *m ((1%:M - Pi) *m v)) = Pi *m ((1%:M - Pi) *m v).
    by rewrite mulmxA -(power_commute t (etrans stays (esym stays_left))) power_stays.
  by rewrite mulmxA mulmxBr mulmx1 (proj1 isPi) subrr mul0mx.
have l0 : l = 0.
  by apply: unit_injective unit _; rewrite mulmxDl mulmxBl mul1mx fixed subrr Pil addr0.
rewrite l0 in lim; apply: (@tends_to_later _ _ 1); apply: tends_to_eq (tends_to_next lim) => t.
have XC : X *m (1%:M - Pi) = X by rewrite -mulmxA (proj1 (projector_complement isPi)).
have -> : power X (t + 1) = power X t.+1 *m (1%:M - Pi) by rewrite addn1 powerSr -[RHS]mulmxA XC.
by rewrite complement_power -mulmxA.
Qed.
End Settling.

(** ** Two learners, each with its step *)

(** Each step by itself is a square, and the second is taken between two of the first. *)
Theorem step_size_box_identity : step_size_box_identity_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ _ _ _ _ P A Q B; rewrite power_2 step_square (mulmxBr B) mulmx1 (mulmxBl _ _ B).
by rewrite step_square !mulmxA opprB addrC opprB addrA subrK addrC.
Qed.

(** The two sides are the squared lengths of [A B v] and of [v]. *)
Theorem step_size_box_equality : step_size_box_equality_statement.
Proof.
move=> R d S_W S_U eta_W eta_U v _ symW symU etaW etaU P Q A B pW pU inP inQ.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
have pQ : psd Q by exact: psd_scale (ltW etaU) pU.
have symA : A^T = A by exact: step_sym pP.
have symB : B^T = B by exact: step_sym pQ.
by rewrite -pair_equality // -/A -/B -inner_eq power_2 !trmx_mul symA symB !mulmxA.
Qed.

Theorem step_size_box_shortens : step_size_box_shortens_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ symW symU etaW etaU P Q A B pW pU inP inQ.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
have pQ : psd Q by exact: psd_scale (ltW etaU) pU.
have symA : A^T = A by exact: step_sym pP.
have symB : B^T = B by exact: step_sym pQ.
split=> [|v]; first by clearbody A B; rewrite power_2 !transposed symA symB !mulmxA.
rewrite mulmxBl mul1mx dotDr dotNr subr_ge0; apply: le_trans (pair_step v pP pQ inP inQ).
by rewrite -/A -/B !dot_trl symA symB power_2 !mulmxA.
Qed.

(** [A B] lengthens no vector, and keeps the length of those only that neither learner sees. *)
Theorem step_size_box : step_size_box_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ symW symU etaW etaU P Q A B C isC Pi pW pU inP inQ.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
have pQ : psd Q by exact: psd_scale (ltW etaU) pU.
apply: complement_contracts (@archimedean R); first exact: common_projector isC.
  by move=> v; rewrite -mulmxA; apply: pair_step => //; [case: inP | case: inQ].
by move=> v; rewrite -mulmxA => /(pair_equality _ pP pQ inP inQ)[Pv Qv]; exact: common_fixed.
Qed.

(** Whatever the steps: a row with [v'AB = v'] and [v'AQ = 0] has [v'A = v'], so that neither learner sees it. *)
Theorem convergence_iff : convergence_iff_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ symW symU etaW etaU P A Q B C isC Pi pW pU.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
have pQ : psd Q by exact: psd_scale (ltW etaU) pU.
have isPi := common_projector isC; have [stays stays_left] := common_stays pP pQ isC.
have [PiP PiQ] := common_unseen_left pP pQ isC.
split; last first.
  by apply: contracts_settles => //; rewrite mulmxA mulmxBr mulmx1 PiP subr0 PiQ.
apply: settles_contracts => // v; have symA : A^T = A by exact: step_sym pP.
have symB : B^T = B by exact: step_sym pQ.
rewrite !trmx_mul symA symB (proj1 pQ) -!mulmxA => fixed QAv.
have Av : A *m v = v by move: fixed; rewrite mulmxBl mul1mx QAv subr0.
have Pv : P *m v = 0 by move/eqP: Av; rewrite mulmxBl mul1mx -subr_eq0 addrC addKr oppr_eq0 => /eqP.
by apply: (common_fixed isC) => //; rewrite -{1}Av.
Qed.

(** ** One dimension *)

(** The powers of a number vanish if and only if its modulus is below 1. *)
Lemma contracts_scalar (R : archiFieldType) (k : R) : contracts (k *: (1%:M : 'M_1)) <-> `|k| < 1.
Proof.
have square (v : 'cV[R]_1) : dot (k *: 1%:M *m v) (k *: 1%:M *m v) = k ^+ 2 * dot v v.
  by rewrite scale_l mul1mx dotZl dotZr mulrA.
split=> [con|k1]; last first.
  apply: (shrinks_contracts (@archimedean R)) => [|v]; last by rewrite square.
  by rewrite sqr_ge0 -real_normK ?num_real // expr_lt1 ?normr_ge0.
have [N /(_ N (leqnn N))] := con 1%:M 1 ltr01; rewrite subr0 mulmx1 => small.
have powers t : dot (power (k *: 1%:M) t) (power (k *: 1%:M) t) = `|k| ^+ 2 ^+ t.
  elim: t => [|t IH]; first by rewrite dot_sum big_ord1 !mxE mulr1.
  by rewrite exprS -IH real_normK ?num_real // -square.
rewrite ltNge; apply: contraL small => k1; rewrite powers -leNgt.
by rewrite exprn_ege1 // exprn_ege1.
Qed.
(** The case of no projector: a factor of 1 would add up the pushes, so it must not be without one. *)
Lemma settles_scalar (R : archiFieldType) (k g : R) : (k = 1 -> g <> 0) ->
  settles (k *: (1%:M : 'M_1)) (g *: (1%:M : 'M_1)) <-> `|k| < 1.
Proof.
move=> pushed; rewrite -contracts_scalar -[X in contracts X]mulmx1 -[X in _ *m X]subr0.
have zero : projector (0 : 'M[R]_1) by split; rewrite ?mulmx0 ?trmx0.
split; last by apply: contracts_settles => //; rewrite ?mulmx0 ?mul0mx.
apply: settles_contracts => // [||v]; rewrite ?mulmx0 ?mul0mx // !tr_scale !trmx1 !scale_l !mul1mx => kv gv.
have [k1|k1] := eqVneq k 1.
  by apply/esym/eqP; move/eqP: gv; rewrite scaler_eq0 => /orP[/eqP /(pushed k1)|].
by apply/esym/eqP; move/eqP: kv; rewrite -subr_eq0 -{2}(scale1r v) -scalerBl scaler_eq0 subr_eq0 (negbTE k1).
Qed.

(** The moduli of the two factors need only have a product below 1. *)
Theorem box_not_necessary : box_not_necessary_statement.
Proof.
move=> R p q pq; have -> : (p - 1) * (q - 1) = (1 - p) * (1 - q) by ring.
apply: settles_scalar => k1 g0; apply: pq.
have /eqP : (1 - p) * q = 0 by rewrite mulrC.
rewrite mulf_eq0 => /orP[/eqP p1|/eqP q0]; first by move: k1 => /eqP; rewrite p1 mul0r eq_sym oner_eq0.
have p0 : p = 0 by rewrite -(subKr 1 p); move: k1; rewrite q0 subr0 mulr1 => ->; rewrite subrr.
by rewrite q0 p0 expr0n addr0.
Qed.

(** One curvature of 5/2, outside the box: the factors are -3/2 and 1/10. *)
Theorem box_not_necessary_outside : box_not_necessary_outside_statement.
Proof.
move=> R p q -> ->; split; first by rewrite ltr_pdivl_mulr ?ltr0n // -natrM ltr_nat.
have -> : (1 - 5%:R / 2%:R) * (1 - 9%:R / 10%:R) = - (3%:R / 20%:R) :> R by field.
have k1 : `|- (3%:R / 20%:R)| < 1 :> R.
  by rewrite normrN ger0_norm ?divr_ge0 ?ler0n // ltr_pdivr_mulr ?ltr0n // mul1r ltr_nat.
by apply/settles_scalar => // e; move: k1; rewrite e normr1 ltxx.
Qed.
