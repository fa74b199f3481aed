(** * Adversaries: false labels, a single false example, attacks by both, and what an observer sees

    Most is proved by replayed certificates; here they are put together, with the inverses, pseudo-inverses and fixed
    points that exist, and with the limits. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base projectors limits statements convergence asymmetry.
Require label_attack_matrices impossibility_matrices one_example_attack_matrices mutual_attack_matrices.
Require detection_matrices.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Preliminaries *)
Section Preliminaries.
Variable R : realFieldType.
(** What certificates call positive, of one entry. *)
Lemma psd_1 (X : 'M[R]_1) : psd X -> 0 <= X 0 0.
Proof. by case=> _ /(_ 1%:M); rewrite mulmx1 /dot trmx1 mul1mx. Qed.
Lemma psd_dot m n (x : 'cV[R]_m) (y : 'cV[R]_n) : psd (x^T *m x - y^T *m y) -> dot y y <= dot x x.
Proof. by move/psd_1; rewrite addE oppE subr_ge0. Qed.
Lemma scaled_sym d k (S : 'M[R]_d) : S^T = S -> (k *: S)^T = k *: S.
Proof. by move=> sym; rewrite tr_scale sym. Qed.
Lemma one_minus_sym d (P : 'M[R]_d) : P^T = P -> (1%:M - P)^T = 1%:M - P.
Proof. by move=> sym; rewrite tr_add tr_opp trmx1 sym. Qed.

(** What a turn leaves as it is solves a linear equation for its error, which has a solution if its matrix has an
    inverse. *)
Section Equilibrium.
Variables (d : nat) (S_W S_U : 'M[R]_d) (eta_W eta_U : R) (declared u_star : 'cV[R]_d).
Let P := eta_W *: S_W.
Let Q := eta_U *: S_U.
Let turn w := eta_W *: (S_W *m declared) + (eta_U *: (S_U *m u_star) + w - eta_U *: (S_U *m w))
  - eta_W *: (S_W *m (eta_U *: (S_U *m u_star) + w - eta_U *: (S_U *m w))).
Lemma turn_moves w w_star : turn w - w
  = P *m (declared - w_star) + (1%:M - P) *m Q *m (u_star - w_star) - (P + Q - P *m Q) *m (w - w_star).
Proof. by rewrite /turn -!scale_l -/P -/Q; clearbody P Q; mxring. Qed.
Lemma equilibrium_error w w_star : w = turn w ->
  (P + Q - P *m Q) *m (w - w_star) = P *m (declared - w_star) + (1%:M - P) *m Q *m (u_star - w_star).
Proof. by move/esym/eqP; rewrite -subr_eq0 (turn_moves w w_star) subr_eq0 => /eqP. Qed.
Lemma equilibrium_exists : P + Q - P *m Q \in unitmx -> exists w, w = turn w.
Proof.
move=> unit; exists (invmx (P + Q - P *m Q) *m (P *m declared + (1%:M - P) *m Q *m u_star)).
by apply/esym/eqP; rewrite -subr_eq0 (turn_moves _ 0) !subr0 mulKVmx // subrr.
Qed.
End Equilibrium.
End Preliminaries.

(** ** False labels *)

(** The error at which a false label, shifted by [s], and the second learner's pull balance. *)
Theorem label_attack_e : label_attack_e_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star s d0 symW etaW symU etaU P Q M A Delta declared w_inf.
move=> /flat rest e_inf unit.
apply: (@label_attack_matrices.label_attack_e R d P S_W Q S_U A M (invmx M) Delta w_star u_star declared s w_inf e_inf
  eta_U eta_W) => //; exact: mulVmx.
Qed.

Theorem label_attack_recursion : label_attack_recursion_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star s w_t d0 symW etaW symU etaU P A Q B Delta declared u_turn w_next_turn.
move=> e_next e_t.
exact: (@label_attack_matrices.label_attack_recursion R d P S_W Q S_U A B Delta w_star u_star declared s u_turn w_t
  w_next_turn e_t e_next eta_U eta_W).
Qed.

(** The smallest shift of the declared target that keeps the first learner at its own. *)
Theorem label_attack_shift : label_attack_shift_statement.
Proof.
move=> R d u_star w_star S_W S_U eta_W eta_U d0 symW etaW symU etaU Delta P Q A c isc s_best declared turn next.
move/(range_within_fixed _ isc); rewrite !mulmxA => pull; have symP : P^T = P by exact: scaled_sym.
have [c1 c2 c3 c4] := isc; split.
  exact: (@label_attack_matrices.label_attack_shift R d P S_W Q S_U A c Delta w_star u_star s_best declared turn next
    eta_U eta_W).
split=> [|s feasible]; first exact: (@label_attack_matrices.label_attack_shift_feasible R d P Q A c Delta s_best).
apply/psd_dot/(@label_attack_matrices.label_attack_shift_least R d P Q A c Delta s_best s) => //.
- exact: one_minus_sym.
- exact: scaled_sym.
by rewrite -c4 trmx_mul symP.
Qed.

(** There is such a shift exactly where the first learner sees the direction in which the second pulls. *)
Theorem label_attack_feasible : label_attack_feasible_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta unit.
have [c isc] : exists c, pseudo_inverse P c by apply/pseudo_inverse_exists/scaled_sym.
split=> [[s [w_inf [/flat rest e0]]]|pull].
  apply/(range_within_fixed _ isc); have [c1 _ _ _] := isc; rewrite mulmxA.
  exact: (@label_attack_matrices.label_attack_feasible_only_if R d P S_W Q S_U (1%:M - P) M c Delta w_star u_star
    (s + w_star) s w_inf (w_inf - w_star) eta_U eta_W).
have [stays _] := label_attack_shift d0 symW etaW symU etaU isc pull.
by exists (- (c *m (1%:M - P) *m Q *m Delta)); exists w_star; split; rewrite ?subrr.
Qed.

(** What the second learner then misses. *)
Theorem label_attack_victim : label_attack_victim_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star s d0 symW etaW symU etaU P Q M B Delta declared w_inf rest e_inf u_inf.
move=> f_inf unit; split=> [|e0].
  exact: (@label_attack_matrices.label_attack_victim_1 R d Q S_U B Delta w_star u_star w_inf u_inf e_inf f_inf eta_U).
exact: (@label_attack_matrices.label_attack_victim_2 R d Q S_U B Delta w_star u_star w_inf u_inf e_inf f_inf eta_U).
Qed.

(** ** What no false label achieves *)

(** The witness is orthogonal to all that false labels can do: no error is shorter, and some error is the witness. *)
Theorem impossibility_witness : impossibility_witness_statement.
Proof.
move=> R d S_W S_U eta_W eta_U s w_star u_star d0 symW etaW symU etaU P Q M T declared w_inf /flat rest e_inf A Delta r.
move=> c isc witness unit; have [c1 _ c3 _] := isc; rewrite trmx_mul in c3; split.
  exact: (@impossibility_matrices.impossibility_witness_1 R d T c r witness).
apply: (@impossibility_matrices.impossibility_witness_2 R d P S_W Q S_U A M (invmx M) T c Delta w_star u_star declared
  s w_inf e_inf r witness eta_U eta_W) => //; exact: mulVmx.
Qed.

Theorem impossibility_error : impossibility_error_statement.
Proof.
move=> R d S_W S_U eta_W eta_U s w_star u_star d0 symW etaW symU etaU P Q M declared w_inf rest e_inf T A Delta r.
move=> c isc witness unit.
have [_ along] := impossibility_witness d0 symW etaW symU etaU rest isc unit; split.
  by apply: ler_wsqrtr; apply/psd_dot/impossibility_matrices.impossibility_error_1.
have [w fixed] := equilibrium_exists (- (c *m r) + w_star) u_star unit.
exists (- (c *m r)); exists w; split=> //; move/flat: fixed => fixed.
apply: (@impossibility_matrices.impossibility_error_2 R d P S_W Q S_U A M (invmx M) T c Delta w_star u_star
  (- (c *m r) + w_star) (- (c *m r)) w (w - w_star) r witness eta_U eta_W) => //; exact: mulVmx.
Qed.

(** The shift that comes closest. *)
Theorem impossibility_shift : impossibility_shift_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M T A Delta r c isc s_least witness unit.
have [c1 _ c3 _] := isc; rewrite trmx_mul in c3; have symP : P^T = P by exact: scaled_sym.
split; first exact: (@impossibility_matrices.impossibility_shift R d T c r witness s_least).
split=> // s _; apply: psd_dot; rewrite !tr_add !(trmx_mul T).
apply: (@impossibility_matrices.impossibility_shift_least R d P S_W Q S_U A (invmx M) T c Delta w_star u_star s r
  witness s_least eta_U eta_W) => //; [exact: one_minus_sym | exact: scaled_sym].
Qed.

(** There is something that no false label achieves unless the first learner sees the other's pull. *)
Theorem impossibility_positive : impossibility_positive_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q M Delta T A r c isc witness unit.
have [p isp] : exists p, pseudo_inverse P p by apply/pseudo_inverse_exists/scaled_sym.
have [c1 _ _ _] := isc; have [p1 _ _ _] := isp.
split=> [zero|/(range_within_fixed _ isp)]; last first.
  rewrite mulmxA => pull.
  exact: (@impossibility_matrices.impossibility_positive_if R d P Q A T (invmx M) c p Delta r witness).
apply/(range_within_fixed _ isp); rewrite mulmxA.
apply: (@impossibility_matrices.impossibility_positive_only_if R d P Q A M T (invmx M) c p Delta r witness) => //.
exact: mulmxV.
Qed.

(** ** Iterates of two steps *)

(** Two steps as one affine map. *)
Lemma two_steps (R : realFieldType) d (P Q : 'M[R]_d) (a b w : 'cV_d) :
  w - P *m (w - a - Q *m (w - b)) - Q *m (w - b)
  = (1%:M - P) *m (1%:M - Q) *m w + (P *m a + (1%:M - P) *m Q *m b).
Proof. by mxring. Qed.

(** An orthogonal projector lies between 0 and 2. *)
Section Projectors.
Variables (R : realFieldType) (d : nat) (P : 'M[R]_d).
Hypothesis isP : projector P.
Lemma projector_half : (2%:R *: 1%:M - P) *m (2%:R^-1 *: (1%:M + P)) = 1%:M.
Proof.
rewrite scale_r; have -> : (2%:R *: 1%:M - P) *m (1%:M + P) = 2%:R *: 1%:M + P - P *m P by mxring.
by rewrite (proj1 isP) addrK scalerA mulVf ?scale1r ?pnatr_eq0.
Qed.
Lemma projector_below_two : strictly_loewner P (2%:R *: 1%:M).
Proof.
split; last by case/mulmx1_unit: projector_half.
rewrite scaler_nat mulr2n -addrA; apply: psd_add (psd_one _ _) _.
by split=> [|v]; [case: (projector_complement isP) | rewrite projector_form ?dot_ge0 //; exact: projector_complement].
Qed.

(** A turn with the projector as first learner's step leaves an error as it is only if the second learner's does. *)
Lemma projected_kernel (Q : 'M[R]_d) (v : 'cV_d) : psd Q -> (P + Q - P *m Q) *m v = 0 -> Q *m v = 0.
Proof.
case: isP => idem sym pQ; rewrite mulmxBl mulmxDl => Mv.
have Pv : P *m v = 0 by move/(congr1 (mulmx P)): Mv; rewrite mulmxBr mulmxDr !mulmxA idem mulmx0 addrK.
apply: psd_kernel => //; move: Mv; rewrite Pv add0r -mulmxA => /eqP; rewrite subr_eq0 => /eqP ->.
by rewrite dot_tr sym Pv dot0l.
Qed.
End Projectors.

(** If the first step undoes the pull of the second, what neither sees of the start stays, and all the rest tends to the
    first learner's target. *)
Theorem undone_limit (R : archiFieldType) d (P Q C : 'M[R]_d) (u_star w_star w_0 : 'cV_d) :
  psd P -> psd Q -> strictly_loewner P (2%:R *: 1%:M) -> strictly_loewner Q (2%:R *: 1%:M) ->
  pseudo_inverse (P + Q) C -> (1%:M - P) *m Q *m (u_star - w_star) = 0 ->
  tends_to (fun t => iter t (fun w => w - P *m (w - w_star - Q *m (w - u_star)) - Q *m (w - u_star)) w_0)
    ((1%:M - C *m (P + Q)) *m (w_0 - w_star) + w_star).
Proof.
move=> pP pQ P2 Q2 isC undone; have isPi := common_projector isC.
have [stays stays_left] := common_stays pP pQ isC; have kept := common_fixed isC.
have con : contracts ((1%:M - P) *m (1%:M - Q) *m (1%:M - (1%:M - C *m (P + Q)))).
  apply: complement_contracts (@archimedean R) => // v; rewrite -mulmxA.
    by apply: pair_step => //; [case: P2 | case: Q2].
  by case/(pair_equality _ pP pQ P2 Q2); exact: kept.
move: (1%:M - C *m (P + Q)) isPi stays stays_left {kept} con => Pi isPi stays stays_left con.
pose c := P *m w_star + (1%:M - P) *m Q *m u_star; set T := (1%:M - P) *m (1%:M - Q).
have targeted : w_star = T *m w_star + c.
  apply/eqP; rewrite -subr_eq0 -oppr_eq0 opprB -undone; apply/eqP; rewrite /T /c; mxring.
have fixed : Pi *m (w_0 - w_star) + w_star = T *m (Pi *m (w_0 - w_star) + w_star) + c.
  by rewrite (mulmxDr T) (mulmxA T) stays -addrA -targeted.
apply/tends_to_shift/(tends_to_eq _ (con ((1%:M - Pi) *m (w_0 - w_star)))) => t.
rewrite (eq_iter (fun w => two_steps P Q w_star u_star w)) (iter_affine _ _ fixed) [RHS]addrC addKr.
rewrite mulmxA complement_power // -mulmxA; congr (_ *m _).
by rewrite mulmxBl mul1mx [_ + w_star]addrC opprD addrA.
Qed.

(** ** One false example *)

(** The one example's moment, which lies along the pull. *)
Section Example.
Variables (R : realFieldType) (d : nat) (eta_W : R) (pull : 'cV[R]_d).
Hypotheses (etaW : 0 < eta_W) (pull0 : pull <> 0).
Local Notation size := (dot pull pull).
Lemma size_neq0 : size != 0. Proof. by rewrite dot_eq0; apply/eqP. Qed.
Lemma size_inverse : size * size^-1 = 1. Proof. by rewrite divff ?size_neq0. Qed.
Lemma rate_inverse : eta_W * eta_W^-1 = 1. Proof. by rewrite divff ?gt_eqF. Qed.
Lemma pull_pull : pull^T *m pull = size *: 1%:M. Proof. by rewrite inner scalemx1. Qed.
Lemma weight_split : 1 / (eta_W * size) = eta_W^-1 * size^-1. Proof. by rewrite div1r invfM. Qed.
End Example.

(** With it, the first learner's step is the orthogonal projector onto the pull. *)
Theorem one_example_attack_gram : one_example_attack_gram_statement.
Proof.
move=> R d u_star w_star S_U eta_U eta_W d0 symU etaU etaW Delta Q pull S_one pull0.
have S_oneE : S_one = (eta_W^-1 * (dot pull pull)^-1) *: (pull *m pull^T) by rewrite -weight_split.
have rate := rate_inverse etaW; have size := size_inverse pull0; have square := pull_pull pull.
clearbody S_one; split; first split.
- rewrite scale_l scale_r scalerA.
  exact: one_example_attack_matrices.one_example_attack_gram_1 rate square size S_oneE.
- rewrite tr_scale; exact: one_example_attack_matrices.one_example_attack_gram_2 S_oneE.
exact: (@one_example_attack_matrices.one_example_attack_gram_3 R d Q S_one Delta pull eta_W eta_W^-1 (dot pull pull)
  (dot pull pull)^-1).
Qed.

(** The moment is that of a single input. *)
Theorem one_example_attack_input : one_example_attack_input_statement.
Proof.
move=> R d u_star w_star S_U eta_U eta_W d0 symU etaU etaW Delta Q pull S_one x_one pull0.
have S_oneE : S_one = (eta_W^-1 * (dot pull pull)^-1) *: (pull *m pull^T) by rewrite -weight_split.
have x_oneE : x_one = ((Num.sqrt eta_W)^-1 * (norm pull)^-1) *: pull by rewrite /x_one div1r invfM.
have rate := rate_inverse etaW; have size := size_inverse pull0; have square := pull_pull pull.
have root : Num.sqrt eta_W * Num.sqrt eta_W = eta_W by rewrite -expr2 sqr_sqrtr ?ltW.
have length : norm pull * norm pull = dot pull pull by rewrite -expr2 sqr_sqrtr ?dot_ge0.
apply: (@one_example_attack_matrices.one_example_attack_input R d pull x_one S_one eta_W eta_W^-1 (Num.sqrt eta_W)
  (Num.sqrt eta_W)^-1 (dot pull pull) (dot pull pull)^-1 (norm pull) (norm pull)^-1) => //.
- by rewrite divff // gt_eqF ?sqrtr_gt0.
- by rewrite length.
by rewrite divff // gt_eqF // sqrtr_gt0 dot_gt0; apply/eqP.
Qed.

(** If the second learner sees everything, the first ends at its target: its step undoes the pull. *)
Theorem one_example_attack_e : one_example_attack_e_statement.
Proof.
move=> R d u_star w_star S_U eta_U eta_W d0 symU etaU etaW Delta Q pull S_one S_W w_inf rest e_inf pull0 pS unit.
have [isP undone] := one_example_attack_gram d0 symU etaU etaW pull0.
have fixed := equilibrium_error w_star rest; rewrite subrr mulmx0 add0r undone in fixed.
exact: unit_injective unit (projected_kernel isP (psd_scale (ltW etaU) pS) fixed).
Qed.

(** What neither sees of the start stays; the rest tends to the first learner's target. *)
Theorem one_example_attack_limit : one_example_attack_limit_statement.
Proof.
move=> R d u_star w_star w_0 S_U eta_U eta_W d0 symU etaU etaW Delta Q pull S_one S_W P c isc Pi w_inf pull0 pS Q2.
have [isP undone] := one_example_attack_gram d0 symU etaU etaW pull0.
apply: undone_limit => //; [exact: projector_psd | exact: psd_scale (ltW etaU) pS | exact: projector_below_two].
Qed.

(** ** Attacks by both *)

(** Each declares what undoes the other's pull in one turn. *)
Theorem mutual_attack_w : mutual_attack_w_statement.
Proof.
move=> R d S_W eta_W u_star w_star d0 symW etaW P Delta declared next unit.
apply: (@mutual_attack_matrices.mutual_attack_w R d P S_W (invmx P) Delta w_star u_star declared next eta_W) => //.
exact: mulmxV.
Qed.

Theorem mutual_attack_u : mutual_attack_u_statement.
Proof.
move=> R d S_U eta_U u_star w_star d0 symU etaU Q Delta declared turn unit.
apply: (@mutual_attack_matrices.mutual_attack_u R d Q S_U (invmx Q) Delta w_star u_star declared turn eta_U) => //.
exact: mulmxV.
Qed.

(** Each reaches its own target at each turn: the gap stays open. *)
Theorem mutual_attack_cycle : mutual_attack_cycle_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star d0 symW etaW symU etaU P Q Delta declared_u turn.
move=> declared_w next unitP unitQ.
have back : turn = u_star by exact: mutual_attack_u.
have forth : next = w_star by rewrite /next back; exact: mutual_attack_w.
by rewrite back forth.
Qed.

(** From every start, if turns contract: one affine map, which leaves the first learner's target as it is. *)
Theorem mutual_attack_limit : mutual_attack_limit_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u_star w_star w_0 d0 symW etaW symU etaU P Q A B Delta declared_u declared_w w_inf.
move=> unitP unitQ con; apply: tends_to_eq (contracts_affine w_0 con _) => [t|].
  by apply: eq_iter => w; rewrite two_steps.
by rewrite -two_steps; apply/esym/(@mutual_attack_matrices.mutual_attack_limit_fixed R d P Q (invmx Q) (invmx P) Delta
  w_star u_star declared_u declared_w w_inf) => //; exact: mulmxV.
Qed.

(** ** What an observer of the answers can tell *)
Section Observer.
Variables (R : realFieldType) (k : nat).
Hypothesis k0 : (0 < k)%N.
Lemma count_inverse : k%:R * k%:R^-1 = 1 :> R.
Proof. by rewrite divff // pnatr_eq0 -lt0n. Qed.
Lemma ones_ones : (const_mx 1 : 'rV[R]_k) *m (const_mx 1)^T = k%:R *: 1%:M.
Proof.
apply/matrixP => i j; rewrite !ord1 !mxE mulr1.
by under eq_bigr do rewrite !mxE mulr1; rewrite sumr_const card_ord.
Qed.
Lemma ones_square : (const_mx 1 : 'M[R]_k) = (const_mx 1 : 'rV[R]_k)^T *m const_mx 1.
Proof. by apply/matrixP => i j; rewrite !mxE big_ord1 !mxE mulr1. Qed.
End Observer.

(** The step is seen exactly where the messages vary in every direction in which it acts. *)
Theorem detection_geometry : detection_geometry_statement.
Proof.
move=> R d k S_W eta_W U_seen w_star d0 symW etaW k0 P R_seen centre c isc P_seen.
have symP : P^T = P by exact: scaled_sym.
have [_ _ c3 _] := isc; rewrite !trmx_mul in c3.
have centreE : centre = 1%:M - k%:R^-1 *: ((const_mx 1 : 'rV_k)^T *m const_mx 1) by rewrite -ones_square.
clearbody centre; split=> [seen|/(range_within_fixed _ isc) within].
  apply/(range_within_fixed _ isc).
  exact: (@detection_matrices.detection_geometry_only_if R d k P P_seen centre (const_mx 1) R_seen U_seen w_star c k%:R
    k%:R^-1 symP (count_inverse R k0) (ones_ones R k)).
exact: (@detection_matrices.detection_geometry_if R d k P P_seen centre (const_mx 1) R_seen U_seen w_star c k%:R k%:R^-1
  symP (count_inverse R k0) (ones_ones R k)).
Qed.

(** Where the step seen has an inverse, it is the step, and the target is seen as well. *)
Theorem detection_target : detection_target_statement.
Proof.
move=> R d k S_W eta_W U_seen w_star d0 k0 symW etaW P R_seen centre c isc P_seen target unit.
have [c1 _ _ _] := isc.
have centreE : centre = 1%:M - k%:R^-1 *: ((const_mx 1 : 'rV_k)^T *m const_mx 1) by rewrite -ones_square.
have targetE : target = k%:R^-1 *: (U_seen *m (const_mx 1 : 'rV_k)^T)
    + k%:R^-1 *: (invmx P_seen *m R_seen *m (const_mx 1 : 'rV_k)^T) by rewrite trmx_const.
clearbody target centre; split.
  exact: (@detection_matrices.detection_target_1 R d k P P_seen (invmx P_seen) centre (const_mx 1) R_seen U_seen w_star
    c k%:R k%:R^-1 (count_inverse R k0) (ones_ones R k) c1 (mulVmx unit)).
exact: (@detection_matrices.detection_target_2 R d k P P_seen (invmx P_seen) centre (const_mx 1) R_seen U_seen w_star
  target c k%:R k%:R^-1 (count_inverse R k0) (ones_ones R k) c1 (mulVmx unit)).
Qed.
