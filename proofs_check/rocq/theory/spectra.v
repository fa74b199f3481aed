(** * Spectra of products of two symmetric matrices, and the turns of two projectors

    A product with a positive semidefinite factor has the characteristic polynomial of a symmetric matrix. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits spectral statements convergence.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** The characteristic polynomial of a product does not depend on the order *)
Section CharPoly.
Variable R : fieldType.

(** The block matrix with rows [z, f] and [g, 1] has a determinant that clearing columns, or rows, finds. *)
Lemma det_exchange (K : comRingType) n (z : K) (f g : 'M[K]_n) :
  \det (z%:M : 'M_n) * \det (z%:M - f *m g) = \det (z%:M : 'M_n) * \det (z%:M - g *m f).
Proof.
pose N := block_mx z%:M f g 1%:M.
have detN : \det N = \det (z%:M - f *m g).
  have <- : \det (N *m block_mx 1%:M 0 (- g) 1%:M) = \det N.
    by rewrite det_mulmx det_lblock !det1 !mulr1.
  by rewrite mulmx_block !(mulmx1, mulmx0, mul1mx, add0r, mulmxN) subrr det_ublock det1 mulr1.
rewrite -detN -[\det z%:M in LHS]mul1r -[X in X * _ * _](det1 _ n) -(det_lblock _ (- g)) -det_mulmx.
rewrite mulmx_block !(mulmx1, mulmx0, mul1mx, mul0mx, addr0, add0r, mulNmx) scalar_mxC addrC subrr det_ublock.
by rewrite addrC.
Qed.
(** The factor [det z] is a power of the variable, and cancels. *)
Lemma char_polyC n (F G : 'M[R]_n) : char_poly (F *m G) = char_poly (G *m F).
Proof.
have unscaled : \det ('X%:M : 'M[{poly R}]_n) != 0 by rewrite det_scalar expf_neq0 // polyX_eq0.
by apply: (mulfI unscaled); rewrite /char_poly /char_poly_mx !map_mxM; exact: det_exchange.
Qed.
Lemma char_poly_similar n (O S : 'M[R]_n) : O^T *m O = 1%:M -> char_poly (O^T *m S *m O) = char_poly S.
Proof. by move=> OO; rewrite -mulmxA char_polyC -mulmxA (mulmx1C OO) mulmx1. Qed.
Lemma char_poly_diag n (D : 'rV[R]_n) : char_poly (diag_mx D) = \prod_i ('X - (D 0 i)%:P).
Proof. by rewrite char_poly_trig ?diag_mx_is_trig //; apply: eq_bigr => i _; rewrite mxE eqxx. Qed.
End CharPoly.

(** ** What a transpose stretches *)
Section Transposed.
Variable R : realFieldType.

(** A bound of how far a matrix stretches holds for its transpose: [|X'v|^2 = v.XX'v], so Cauchy and Schwarz bound the
    square of this by [|v|^2 k |X'v|^2]. *)
Lemma stretch_tr m n (X : 'M[R]_(m, n)) k : 0 <= k -> (forall v, dot (X *m v) (X *m v) <= k * dot v v) ->
  forall v, dot (X^T *m v) (X^T *m v) <= k * dot v v.
Proof.
move=> k0 le v; set s := dot _ _; have : s ^+ 2 <= k * dot v v * s.
  have {1}-> : s = dot v (X *m (X^T *m v)) by rewrite dot_tr.
  apply: le_trans (cauchy_dot _ _) _; rewrite mulrC [X in _ <= X]mulrAC ler_wpmul2r ?dot_ge0 //; exact: le.
have := dot_ge0 (X^T *m v); rewrite -/s le_eqVlt => /orP[/eqP <- _|s0]; first by rewrite mulr_ge0 ?dot_ge0.
by rewrite expr2 ler_pmul2r.
Qed.
End Transposed.

(** ** The product of two symmetric matrices, one of them positive semidefinite *)
Section Products.
Variables (R : rcfType) (d : nat).
Implicit Types (A B S : 'M[R]_d) (here : pred R).

(** The spectrum of a symmetric matrix is real; each eigenvalue is that of a unit vector. *)
Lemma spectrum_symmetric S here : S^T = S ->
  (forall z v, dot v v = 1 -> S *m v = z *: v -> here z) -> spectrum_within S here.
Proof.
move=> sym good; have [O [D [OO SE]]] := spectral sym.
exists [seq D 0 i | i <- index_enum _]; first by rewrite SE char_poly_similar // char_poly_diag big_map.
apply/allP => z /mapP[i _ ->]; apply: (good _ (O^T *m delta_mx i 0)).
  by rewrite dot_trl trmxK mulmxA (mulmx1C OO) mul1mx -entry_dot mxE !eqxx.
rewrite {1}SE -!mulmxA [O *m _]mulmxA (mulmx1C OO) mul1mx -scale_r; congr (_ *m _).
by apply/colP => j; rewrite mul_diag_mx !mxE; case: eqVneq => [->|]; rewrite ?mulr0.
Qed.
(** With [A = X' X], the product [A B] has the characteristic polynomial of [X B X'], which is symmetric. *)
Lemma spectrum_product A B here : psd A -> B^T = B ->
  (forall (X : 'M_d) z v, A = X^T *m X -> dot v v = 1 -> X *m B *m X^T *m v = z *: v -> here z) ->
  spectrum_within (A *m B) here.
Proof.
move=> pA symB good; have [X AX] := psd_factor pA.
have symS : (X *m B *m X^T)^T = X *m B *m X^T by rewrite !trmx_mul trmxK symB mulmxA.
have [s charS all_s] := spectrum_symmetric symS (fun z v => good X z v AX).
by exists s => //; rewrite AX -mulmxA char_polyC charS.
Qed.
Lemma spectrum_exchange A B here : spectrum_within (B *m A) here -> spectrum_within (A *m B) here.
Proof. by move=> [s charBA all_s]; exists s => //; rewrite char_polyC. Qed.
(** If both lie between 0 and 1, so does every eigenvalue, [v.X B X' v] for a unit vector [v]. *)
Lemma spectrum_interval A B : psd A -> psd B -> psd (1%:M - A) -> psd (1%:M - B) ->
  spectrum_within (A *m B) (fun z => (0 <= z) && (z <= 1)).
Proof.
move=> pA pB [_ leA] [_ leB]; apply: spectrum_product pA (proj1 pB) _ => X z v AX v1 eigen.
have below (S : 'M[R]_d) u : 0 <= dot u ((1%:M - S) *m u) -> dot u (S *m u) <= dot u u.
  by rewrite mulmxBl mul1mx dotDr dotNr subr_ge0.
have -> : z = dot (X^T *m v) (B *m (X^T *m v)).
  by rewrite -dot_tr !mulmxA eigen dotZr v1 mulr1.
rewrite (proj2 pB) /=; apply: le_trans (below _ _ (leB _)) _; rewrite -v1 -[dot v v]mul1r.
by apply: (stretch_tr ler01) => u; rewrite mul1r dot_trl mulmxA -AX; exact: below.
Qed.
End Products.

(** Either factor may be the positive semidefinite one; nothing is asked of the other. *)
Theorem real_spectrum : real_spectrum_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ _ _ symU _ P A Q B pA.
by apply: spectrum_product => //; rewrite !transposed symU.
Qed.
Theorem real_spectrum_B : real_spectrum_B_statement.
Proof.
move=> R d S_U S_W eta_U eta_W _ _ _ symW _ Q B P A pB.
by apply/spectrum_exchange/spectrum_product => //; rewrite !transposed symW.
Qed.
Theorem real_spectrum_interval : real_spectrum_interval_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ _ _ etaW etaU P Q A B pW pU pA pB.
by apply: spectrum_interval => //; rewrite opprB addrC subrK; apply: psd_scale => //; exact: ltW.
Qed.

(** ** Alternating projections *)
Theorem alternating_projections_projectors : alternating_projections_projectors_statement.
Proof.
move=> R d S_W S_U eta_W eta_U _ _ _ _ _ P Q A B isP isQ.
have unseen (X : 'M[R]_d) : projector X -> X *m (1%:M - X) = 0.
  by case=> idem _; rewrite mulmxBr mulmx1 idem subrr.
by do !split; rewrite ?unseen //; case: (projector_complement isP) (projector_complement isQ) => ? ? [].
Qed.

(** ** The largest stretch of a matrix, and of its powers *)
Section Stretches.
Variable R : rcfType.

(** A unit vector that is stretched most is an eigenvector of [X' X]. *)
Lemma largest_stretch_eigen m n (X : 'M[R]_(m, n)) s : largest_stretch X s ->
  exists2 x, dot x x = 1 & X^T *m X *m x = s ^+ 2 *: x.
Proof.
case/largest_stretchP=> s0 bound [x x1 xs]; exists x => //.
have value v : dot v ((s ^+ 2 *: 1%:M - X^T *m X) *m v) = s ^+ 2 * dot v v - dot (X *m v) (X *m v).
  by rewrite mulmxBl scale_l mul1mx dotDr dotNr dotZr -mulmxA dot_trl.
have pS : psd (s ^+ 2 *: 1%:M - X^T *m X).
  by split=> [|v]; [rewrite !transposed | rewrite value subr_ge0].
have : (s ^+ 2 *: 1%:M - X^T *m X) *m x = 0 by apply: psd_kernel pS _; rewrite value x1 xs mulr1 subrr.
by rewrite mulmxBl scale_l mul1mx => /eqP; rewrite subr_eq0 => /eqP.
Qed.
(** A square matrix and its transpose have the same largest stretch. *)
Lemma largest_stretch_tr n (X : 'M[R]_n) s : largest_stretch X s -> largest_stretch X^T s.
Proof.
move=> large; have [x x1 eigen] := largest_stretch_eigen large.
case/largest_stretchP: large => s0 bound _; have bound_tr := stretch_tr (sqr_ge0 s) bound.
apply/largest_stretchP; split=> //; have [z|s_n0] := eqVneq s 0.
  by exists x => //; apply/le_anti; have := bound_tr x; rewrite x1 mulr1 => -> /=; rewrite z expr0n dot_ge0.
have Xx : dot (X *m x) (X *m x) = s ^+ 2 by rewrite dot_trl mulmxA eigen dotZr x1 mulr1.
exists (s^-1 *: (X *m x)); first by rewrite dotZl dotZr mulrA -invfM -expr2 Xx mulVf // expf_neq0.
by rewrite scale_r mulmxA eigen scalerA expr2 mulKf // dotZl dotZr x1 mulr1.
Qed.

(** There is at most one spectral radius: what lies between two would be above one and below the other. *)
Lemma spectral_radius_unique d (X : 'M[R]_d) r s : spectral_radius X r -> spectral_radius X s -> r = s.
Proof.
have least p q : spectral_radius X p -> spectral_radius X q -> p <= q.
  move=> [_ _ below] [q0 above _]; rewrite leNgt; apply/negP => gap.
  have [low high] : q < (q + p) / 2%:R /\ (q + p) / 2%:R < p by rewrite !midf_lt.
  by have := below _ (le_lt_trans q0 low) (above _ low); rewrite leNgt high.
by move=> is_r is_s; apply/le_anti; rewrite !least.
Qed.

(** *** Powers of a matrix with [Y Y' Y = Y Y] *)

(** Of two projectors and a third that commutes with both, the product is such a matrix. *)
Lemma projector_turns d (A B E : 'M[R]_d) : A *m A = A -> B *m B = B -> E *m E = E -> A *m E = E *m A ->
  B *m E = E *m B -> A *m B *m E *m (B *m A *m E) *m (A *m B *m E) = A *m B *m E *m (A *m B *m E).
Proof.
move=> AA BB EE AE BE.
have AB : E *m (A *m B *m E) = A *m B *m E by rewrite !mulmxA -AE -(mulmxA A) -BE -!mulmxA EE.
have BA : E *m (B *m A *m E) = B *m A *m E by rewrite !mulmxA -BE -(mulmxA B) -AE -!mulmxA EE.
rewrite -(mulmxA (A *m B) E (A *m B *m E)) AB -(mulmxA (A *m B) E) BA -(mulmxA (A *m B)) -(mulmxA (B *m A)) AB.
by rewrite !mulmxA -(mulmxA A B B) BB -(mulmxA (A *m B) A A) AA.
Qed.
(** With [Y S = S S = S Y'] a factor [Y] and a factor [Y'] around a power of [S] add two to it. *)
Lemma turns_chain d (Y Z S U : 'M[R]_d) : Y *m S = S *m S -> S *m Z = S *m S -> S *m U = U *m S ->
  Y *m (U *m S) *m Z = S *m (U *m S *m S).
Proof.
by move=> YS SZ com; rewrite -!mulmxA SZ (mulmxA U) -com -!mulmxA (mulmxA Y) YS -mulmxA.
Qed.
Section Turns.
Variables (d : nat) (Y : 'M[R]_d).
Hypothesis turns : Y *m Y^T *m Y = Y *m Y.
Local Notation S := (Y *m Y^T).

(** So [Y^(t+1)] times its transpose is [S^(2t+1)], *)
Lemma turns_square t : power Y t.+1 *m (power Y t.+1)^T = power S (t + t).+1.
Proof.
have YS : Y *m S = S *m S by rewrite !mulmxA turns.
have SY : S *m Y^T = S *m S by apply: trmx_inj; rewrite !trmx_mul !trmxK.
elim: t => [|t IH]; first by rewrite /= !mulmx1.
have -> : power Y t.+2 = Y *m power Y t.+1 by [].
rewrite (trmx_mul Y) mulmxA -(mulmxA Y) IH addnS addSn.
rewrite -[power S (t + t).+3]/(S *m power S (t + t).+2) (powerSr S (t + t).+1) (powerSr S (t + t)).
by apply: turns_chain => //; rewrite power_commute.
Qed.
(** the form of which is bounded by the power [2t+1] of a bound of [S], *)
Lemma turns_bound c t v : 0 <= c -> (forall v, dot (Y *m v) (Y *m v) <= c * dot v v) ->
  (forall v, dot (Y^T *m v) (Y^T *m v) <= c * dot v v) -> dot v (power S (t + t).+1 *m v) <= c ^+ (t + t).+1 * dot v v.
Proof.
move=> c0 bound bound_tr; have symS : S^T = S by rewrite trmx_mul trmxK.
have bound_power k : dot (power S k *m v) (power S k *m v) <= c ^+ (k + k) * dot v v.
  elim: k => [|k IH]; first by rewrite mul1mx mul1r.
  have -> : power S k.+1 *m v = Y *m (Y^T *m (power S k *m v)) by rewrite !mulmxA.
  apply: le_trans (bound _) _; rewrite addnS addSn 2!exprS -!mulrA ler_wpmul2l //.
  by apply: le_trans (bound_tr _) _; rewrite ler_wpmul2l.
rewrite -addnS power_add -mulmxA (dot_tr (power S t)) power_tr symS.
have -> : power S t.+1 *m v = Y *m (Y^T *m (power S t *m v)) by rewrite !mulmxA.
by rewrite (dot_tr Y); apply: le_trans (bound_tr _) _; rewrite addnS exprS -mulrA ler_wpmul2l.
Qed.
(** and has that value at the eigenvector that [Y'] stretches most. *)
Lemma turns_value t k x : S *m x = k *: x ->
  dot ((power Y t.+1)^T *m x) ((power Y t.+1)^T *m x) = k ^+ (t + t).+1 * dot x x.
Proof.
move=> eigen; rewrite dot_trl trmxK mulmxA turns_square.
have -> n : power S n *m x = k ^+ n *: x.
  elim: n => [|n IH]; first by rewrite mul1mx scale1r.
  by rewrite powerSr -mulmxA eigen scale_r IH scalerA -exprS.
by rewrite dotZr.
Qed.
Lemma turns_stretch t s : largest_stretch Y^T s -> largest_stretch (power Y t.+1) (s ^+ (t + t).+1).
Proof.
move=> large; have [x x1 eigen] := largest_stretch_eigen large; rewrite trmxK in eigen.
case/largest_stretchP: large => s0 bound _; have boundY := stretch_tr (sqr_ge0 s) bound; rewrite trmxK in boundY.
rewrite -(trmxK (power Y t.+1)); apply: largest_stretch_tr; apply/largest_stretchP; split; first exact: exprn_ge0.
  move=> v; rewrite dot_trl trmxK mulmxA turns_square -exprM mulnC exprM.
  exact: turns_bound (sqr_ge0 s) boundY bound.
by exists x => //; rewrite (turns_value _ eigen) x1 mulr1 -!exprM mulnC.
Qed.
(** So powers of [Y / k] vanish where [k] is above the squared stretch, and do not below. *)
Theorem turns_radius s : Num.archimedean_axiom R -> largest_stretch Y^T s -> spectral_radius Y (s ^+ 2).
Proof.
move=> archi large; have [x x1 eigen] := largest_stretch_eigen large; rewrite trmxK in eigen.
case/largest_stretchP: large => s0 bound _; have boundY := stretch_tr (sqr_ge0 s) bound; rewrite trmxK in boundY.
move: (s ^+ 2) (sqr_ge0 s) eigen bound boundY => q q0 eigen bound boundY {s s0}.
have squares k t v : 0 < k -> dot (power (k^-1 *: Y)^T t.+1 *m v) (power (k^-1 *: Y)^T t.+1 *m v) =
    k^-1 ^+ t.+1 ^+ 2 * dot ((power Y t.+1)^T *m v) ((power Y t.+1)^T *m v).
  move=> k0; have -> : power (k^-1 *: Y)^T t.+1 = k^-1 ^+ t.+1 *: (power Y t.+1)^T.
    rewrite -power_tr -tr_scale; congr (_^T); elim: {v}t => [|t IH]; first by rewrite /= !mulmx1 expr1.
    by rewrite -[LHS]/(k^-1 *: Y *m power (k^-1 *: Y) t.+1) IH scale_l scale_r scalerA -exprS.
  by rewrite scale_l dotZl dotZr mulrA expr2.
have factors k t : k^-1 ^+ t.+1 ^+ 2 * q ^+ (t + t).+1 = (q / k) ^+ 2 ^+ t * (q / k ^+ 2).
  rewrite -exprVn; move: k^-1 => i.
  have -> : i ^+ t.+1 ^+ 2 = i ^+ 2 ^+ t * i ^+ 2 by rewrite -!exprM mulnC mulnSr exprD.
  have -> : q ^+ (t + t).+1 = q ^+ 2 ^+ t * q by rewrite exprSr addnn -mul2n exprM.
  by rewrite !exprMn; move: (i ^+ t) (q ^+ t) => a b; ring.
split=> // k.
  move=> qk; have k0 : 0 < k by exact: le_lt_trans qk.
  have small : 0 <= (q / k) ^+ 2 < 1.
    have qk0 : 0 <= q / k by rewrite divr_ge0 ?(ltW k0).
    by rewrite sqr_ge0 expr2 mulr_ilt1 // ltr_pdivr_mulr // mul1r.
  suff /contracts_tr : contracts (k^-1 *: Y)^T by rewrite trmxK.
  move=> v; apply: (@tends_to_later _ _ 1); apply: (shrinking archi small (C := q / k ^+ 2 * dot v v)) => t.
  rewrite subr0 addn1 squares // [X in _ <= X]mulrA -factors -[X in _ <= X]mulrA.
  apply: ler_wpmul2l; first exact: sqr_ge0.
  by rewrite dot_trl trmxK mulmxA turns_square; exact: turns_bound.
move=> k0 con; rewrite leNgt; apply/negP => kq.
have q_gt0 : 0 < q by exact: lt_trans k0 kq.
have level : 0 < q / k ^+ 2 by rewrite divr_gt0 ?exprn_gt0.
have [N /(_ N.+1 (leqnSn N))] := contracts_tr con x level.
rewrite subr0 squares // (turns_value _ eigen) x1 mulr1 factors ltNge => /negP[].
by rewrite ler_pemull ?(ltW level) // exprn_ege1 // exprn_ege1 // ler_pdivl_mulr // mul1r ltW.
Qed.
End Turns.
End Stretches.

(** One turn beside the common kernel is [Y = A B (1 - Pi)], and [B A (1 - Pi)] is its transpose. *)
Section Alternating.
Variables (R : rcfType) (d : nat) (P Q C : 'M[R]_d).
Hypotheses (isP : projector P) (isQ : projector Q) (isC : pseudo_inverse (P + Q) C).
Local Notation A := (1%:M - P).
Local Notation B := (1%:M - Q).
Local Notation Pi := (1%:M - C *m (P + Q)).
Local Notation Y := (A *m B *m (1%:M - Pi)).
Lemma alternating_turn : B *m A *m (1%:M - Pi) = Y^T /\ Y *m Y^T *m Y = Y *m Y.
Proof.
have pP := projector_psd isP; have pQ := projector_psd isQ.
have [PPi QPi] := common_unseen pP pQ isC; have [PiP PiQ] := common_unseen_left pP pQ isC.
have [AA symA] := projector_complement isP; have [BB symB] := projector_complement isQ.
have [EE symE] := projector_complement (common_projector isC).
have AE : A *m (1%:M - Pi) = (1%:M - Pi) *m A.
  by rewrite (mulmxBr A) (mulmxBl _ Pi) (mulmxBl _ P Pi) (mulmxBr Pi _ P) PPi PiP !mul1mx !mulmx1.
have BE : B *m (1%:M - Pi) = (1%:M - Pi) *m B.
  by rewrite (mulmxBr B) (mulmxBl _ Pi) (mulmxBl _ Q Pi) (mulmxBr Pi _ Q) QPi PiQ !mul1mx !mulmx1.
move: (1%:M - Pi) A B EE symE AA symA BB symB AE BE => E X Z EE symE XX symX ZZ symZ XE ZE.
have tr : Z *m X *m E = (X *m Z *m E)^T by rewrite !trmx_mul symX symZ symE -mulmxA XE !mulmxA ZE.
by split=> //; rewrite -tr; exact: projector_turns.
Qed.
Lemma alternating_power t : power Y t.+1 = power (A *m B) t.+1 *m (1%:M - Pi).
Proof.
have isPi := common_projector isC; have [EE _] := projector_complement isPi.
have [stays stays_left] := common_stays (projector_psd isP) (projector_psd isQ) isC.
by rewrite -(complement_power isPi stays stays_left) powerSr -!mulmxA EE.
Qed.
End Alternating.
Theorem alternating_projections_turns : alternating_projections_turns_statement.
Proof.
move=> R d t S_W S_U eta_W eta_U _ _ _ _ _ P Q A B C isC Pi isP isQ s large r large_r.
have [tr turns] := alternating_turn isP isQ isC; rewrite -/A -/B -/Pi in tr turns; rewrite tr in large.
have := turns_stretch turns t large; rewrite alternating_power // -addn1 => large_turns.
by rewrite (largest_stretch_unique large_r large_turns) addn1 mul2n addnn.
Qed.
Theorem alternating_projections_rate : alternating_projections_rate_statement.
Proof.
move=> R d S_W S_U eta_W eta_U archi _ _ _ _ _ P Q A B C isC Pi isP isQ s large r radius.
have [tr turns] := alternating_turn isP isQ isC; rewrite -/A -/B -/Pi in tr turns; rewrite tr in large.
exact: spectral_radius_unique radius (turns_radius turns archi large).
Qed.
