(** * A helper that chooses its objective

    The helper asks for a target of its own such that its next move is a wish: a multiple of the Newton step of the main
    agent.  What comes through is what the helper's prompt spans; where it spans all that the main agent sees, a turn
    multiplies the visible error by [(1 - alpha) (I - P)]. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence spectra statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** One turn *)
Section Turn.
Variables (R : realFieldType) (d : nat).
Implicit Types (S F : 'M[R]_d) (w x u : 'cV[R]_d) (eta : R).
(** A move towards a target, seen from that target; and a move towards where it starts, less a shift. *)
Lemma move_error S eta w u : eta *: (S *m w) + u - eta *: (S *m u) - w = (1%:M - eta *: S) *m (u - w).
Proof. by mxring. Qed.
Lemma move_asked S eta w x : eta *: (S *m (w - x)) + w - eta *: (S *m w) = w - eta *: S *m x.
Proof. by mxring. Qed.
(** The error after the helper's move by a linear map of the error, and the main agent's. *)
Lemma turn_asked S F eta w x : eta *: (S *m w) + (x - F *m (x - w)) - eta *: (S *m (x - F *m (x - w))) - w =
  (1%:M - eta *: S) *m (1%:M - F) *m (x - w).
Proof. by rewrite move_error -mulmxA; congr (_ *m _); rewrite addrAC mulmxBl mul1mx. Qed.
(** What the helper spans comes through: a projector on its range leaves what lies within. *)
Lemma span_through S (T C : 'M[R]_d) k : 0 < k -> pseudo_inverse (k *: S) C -> range_within T S -> k *: S *m C *m T = T.
Proof.
move=> k0 [c1 _ _ _] [Z ->]; have -> : S *m Z = k *: S *m (k^-1 *: Z).
  by rewrite scale_l scale_r scalerA mulfV ?scale1r // gt_eqF.
by rewrite mulmxA c1.
Qed.
End Turn.

(** ** The projector on what the main agent sees *)
Section Seen.
Variables (R : realFieldType) (d : nat) (S C : 'M[R]_d).
Hypotheses (sym : S^T = S) (isC : pseudo_inverse S C).
Let Pi := C *m S.
Lemma seen_projector : projector Pi. Proof. exact: row_projector isC. Qed.
Lemma seen_keeps : S *m Pi = S /\ Pi *m S = S.
Proof.
have [c1 _ c3 _] := isC; have [_ com] := pseudo_inverse_sym sym isC.
by split; rewrite /Pi ?mulmxA ?c1 // -com c1.
Qed.
Lemma seen_inverse (X : 'M[R]_d) : X *m S = S -> X *m C = C.
Proof.
move=> XS; have [_ c2 _ _] := isC; have [_ com] := pseudo_inverse_sym sym isC.
by rewrite -{1}c2 -com !mulmxA XS com c2.
Qed.
Lemma seen_step k : Pi *m (1%:M - k *: S) = (1%:M - k *: S) *m Pi /\ (1%:M - k *: S) *m (1%:M - Pi) = 1%:M - Pi.
Proof.
have [SPi PiS] := seen_keeps.
split; first by rewrite (mulmxBr Pi) (mulmxBl _ _ Pi) mulmx1 mul1mx scale_r scale_l SPi PiS.
by rewrite (mulmxBl 1%:M (k *: S)) mul1mx scale_l (mulmxBr S) mulmx1 SPi subrr scaler0 subr0.
Qed.
End Seen.

(** ** Newton's helper *)
Theorem newton_helper_objective : newton_helper_objective_statement.
Proof.
move=> R d S_U S_W alpha eta_U w_star w_t _ symU symW etaU g_t Q C isC Q_plus C_1 isC_1 S_plus wish u_chosen u_turn
  within.
have through := span_through etaU isC within.
rewrite /u_turn /u_chosen move_asked -/Q /wish /g_t; congr (_ - _).
by rewrite !scale_r mulmxA /S_plus /Q_plus mulmxA (seen_inverse symW isC_1 through).
Qed.
(** The helper as a linear map of the error. *)
Section Helped.
Variables (R : realFieldType) (d : nat) (S_W S_U C C_1 : 'M[R]_d) (eta_W eta_U alpha : R) (w x : 'cV[R]_d).
Let u := eta_U *: (S_U *m (x - C *m (alpha *: (C_1 *m (S_W *m (x - w)))))) + x - eta_U *: (S_U *m x).
Lemma helped_move : u = x - alpha *: (eta_U *: S_U *m C *m (C_1 *m S_W)) *m (x - w).
Proof. by rewrite /u move_asked; set Q := eta_U *: S_U; congr (_ - _); rewrite (scale_l alpha) !scale_r !mulmxA. Qed.
Lemma helped_turn : eta_W *: (S_W *m w) + u - eta_W *: (S_W *m u) - w =
  (1%:M - eta_W *: S_W) *m (1%:M - alpha *: (eta_U *: S_U *m C *m (C_1 *m S_W))) *m (x - w).
Proof. by rewrite helped_move turn_asked. Qed.
End Helped.
Theorem rank_limited_e : rank_limited_e_statement.
Proof. by move=> *; exact: helped_turn. Qed.
Theorem newton_helper_e : newton_helper_e_statement.
Proof.
move=> R d S_U S_W eta_W alpha eta_U w_t w_star _ symU symW etaW etaU P A C isC S_plus Pi_W Q C_1 isC_1 Q_plus g_t wish.
move=> u_chosen u_turn w_next e_next e_t within; rewrite /e_next [LHS]helped_turn.
by rewrite (mulmxA (_ *m _) C S_W) (seen_inverse symW isC (span_through etaU isC_1 within)).
Qed.
Theorem newton_helper_one_turn : newton_helper_one_turn_statement.
Proof.
move=> R d S_U S_W eta_W alpha eta_U w_t w_star d0 symU symW etaW etaU P A C isC S_plus Pi_W Q C_1 isC_1 Q_plus g_t
  wish.
move=> u_chosen u_turn w_next e_next e_t within.
have -> : e_next = A *m (1%:M - alpha *: Pi_W) *m e_t by exact: newton_helper_e.
have [idem _] := seen_projector isC; have [com _] := seen_step symW isC eta_W.
have part : Pi_W *m (1%:M - alpha *: Pi_W) = (1 - alpha) *: Pi_W.
  by rewrite mulmxBr mulmx1 scale_r idem scalerBl scale1r.
by rewrite 2!mulmxA com -(mulmxA A Pi_W (1%:M - _)) part scale_r scale_l.
Qed.
Theorem newton_helper_full_step : newton_helper_full_step_statement.
Proof.
move=> R d S_U S_W alpha eta_W eta_U w_t w_star d0 symU symW etaW etaU C isC S_plus Pi_W Q C_1 isC_1 Q_plus g_t wish.
move=> u_chosen u_turn w_next e_next e_t within alpha1.
have -> : Pi_W *m e_next = (1 - alpha) *: ((1%:M - eta_W *: S_W) *m Pi_W *m e_t) by exact: newton_helper_one_turn.
by rewrite alpha1 subrr scale0r.
Qed.

(** ** A helper of lower rank *)
Lemma overlap_seen (R : realFieldType) d (Pi T : 'M[R]_d) k : Pi *m Pi = Pi ->
  Pi *m (1%:M - k *: (T *m Pi)) = (1%:M - k *: (Pi *m T *m Pi)) *m Pi.
Proof.
move=> idem; rewrite (mulmxBr Pi) (mulmxBl 1%:M) mulmx1 mul1mx scale_r scale_l; congr (_ - _ *: _).
by rewrite -!mulmxA idem.
Qed.
Theorem rank_limited_reduced : rank_limited_reduced_statement.
Proof.
move=> R d S_W S_U eta_W eta_U alpha w_t w_star d0 symW etaW symU etaU P A Q C isC Q_plus Pi_U C_1 isC_1 S_plus Pi_W.
move=> g_t wish u_chosen u_turn w_next e_next e_t; rewrite /e_next [w_next - _]helped_turn -/Pi_W -/Pi_U -/Q -/P -/A
  -/e_t.
have [idem _] := seen_projector isC_1; have [com _] := seen_step symW isC_1 eta_W.
by rewrite 2!mulmxA com -(mulmxA A Pi_W (1%:M - _)) overlap_seen // !mulmxA.
Qed.
Theorem rank_limited_between : rank_limited_between_statement.
Proof.
move=> R d S_U S_W eta_U _ symU etaU symW Q C isC Q_plus Pi_U C_1 isC_1 S_plus Pi_W.
have isPi : projector Pi_U by exact: range_projector isC.
have [idem symPi] : projector Pi_W by exact: seen_projector isC_1.
split; first by rewrite -{1}symPi; apply: psd_congruence; exact: projector_psd.
have -> : Pi_W - Pi_W *m Pi_U *m Pi_W = Pi_W^T *m (1%:M - Pi_U) *m Pi_W.
  by rewrite symPi (mulmxBr Pi_W) mulmx1 (mulmxBl Pi_W) idem.
by apply: psd_congruence; apply: projector_psd; exact: projector_complement.
Qed.

Lemma projector_shortens (R : realFieldType) d (Pi : 'M[R]_d) v : projector Pi -> dot (Pi *m v) (Pi *m v) <= dot v v.
Proof.
move=> isPi; rewrite -(projector_form v isPi) -subr_ge0.
apply: (ge0_eq (dot_ge0 ((1%:M - Pi) *m v))).
by rewrite -(projector_form v (projector_complement isPi)) mulmxBl mul1mx dotDr dotNr.
Qed.
(** Within a range, moving against what another projector passes, by at most twice as much, never lengthens. *)
Lemma overlap_step (R : realFieldType) d (Pi T : 'M[R]_d) alpha x : projector Pi -> projector T -> Pi *m x = x ->
  0 <= alpha -> alpha <= 2%:R ->
  dot (x - alpha *: (Pi *m (T *m x))) (x - alpha *: (Pi *m (T *m x))) <= dot x x.
Proof.
move=> isPi isT Pix a0 a2; set y := T *m x; set z := Pi *m y.
have xz : dot x z = dot y y by rewrite /z dot_tr (proj2 isPi) Pix /y (projector_form _ isT).
have zy : dot z z <= dot y y by exact: projector_shortens.
have -> : dot (x - alpha *: z) (x - alpha *: z) = dot x x - alpha * (2%:R * dot x z - alpha * dot z z).
  by rewrite !dotP (dotC z x); name_dots; ring.
rewrite ler_subl_addr ler_addl mulr_ge0 // subr_ge0 xz.
by apply: ler_pmul => //; exact: dot_ge0.
Qed.
Theorem rank_limited_own_move : rank_limited_own_move_statement.
Proof.
move=> R d alpha eta_U S_W S_U w_t w_star _ symW symU etaU C isC S_plus Pi_W Q C_1 isC_1 Q_plus g_t wish u_chosen
  u_turn.
move=> a0 a2; have isU := range_projector isC_1; have isW : projector Pi_W by exact: seen_projector isC.
rewrite /u_turn [eta_U *: _ + _ - _]helped_move -/Pi_W -/Q addrAC; set e := w_t - w_star.
have -> : Pi_W *m (e - alpha *: (Q *m C_1 *m Pi_W) *m e) =
    Pi_W *m e - alpha *: (Pi_W *m (Q *m C_1 *m (Pi_W *m e))).
  by rewrite mulmxBr scale_l scale_r !mulmxA.
by apply: ler_wsqrtr; apply: overlap_step => //; rewrite mulmxA (proj1 isW).
Qed.
Theorem rank_limited_worst_case : rank_limited_worst_case_statement.
Proof.
move=> R d alpha eta_W eta_U S_W S_U w_t w_star d0 symW etaW symU etaU P A C isC S_plus Pi_W Q C_1 isC_1 Q_plus g_t
  wish.
move=> u_chosen u_turn w_next e_next e_t a0 a2 s /largest_stretchP[s0 bound _].
have isW : projector Pi_W by exact: seen_projector isC.
have isU := range_projector isC_1; have [idem _] := isW.
have -> : Pi_W *m e_next = A *m (1%:M - alpha *: (Pi_W *m (Q *m C_1) *m Pi_W)) *m Pi_W *m e_t.
  exact: rank_limited_reduced.
set x := Pi_W *m e_t; pose y := x - alpha *: (Pi_W *m (Q *m C_1 *m x)).
have Pix : Pi_W *m x = x by rewrite /x mulmxA idem.
have moved : (1%:M - alpha *: (Pi_W *m (Q *m C_1) *m Pi_W)) *m x = y.
  by rewrite mulmxBl mul1mx scale_l -[_ *m Pi_W *m x]mulmxA Pix -mulmxA.
have Piy : Pi_W *m y = y by rewrite /y mulmxBr Pix scale_r (mulmxA Pi_W Pi_W) idem.
rewrite -[_ *m Pi_W *m e_t]mulmxA -/x -mulmxA moved -{1}Piy mulmxA.
apply: le_trans (ler_wsqrtr (bound y)) _; rewrite sqrtrM ?sqr_ge0 // sqrtr_sqr ger0_norm // mulrC.
by rewrite ler_wpmul2r //; apply: ler_wsqrtr; apply: overlap_step.
Qed.

(** ** The plateau is gone *)
Theorem plateau_removed_box : plateau_removed_box_statement.
Proof.
move=> R d S_W eta_W alpha _ symW etaW P A C isC S_plus Pi_W pW le a0 a2.
have isW : projector Pi_W by exact: seen_projector isC.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
have small : 0 <= (1 - alpha) ^+ 2 < 1.
  rewrite sqr_ge0 -subr_gt0 (_ : 1 - (1 - alpha) ^+ 2 = alpha * (2%:R - alpha)); last by ring.
  by rewrite mulr_gt0 // subr_gt0.
apply: (shrinks_contracts (@archimedean R) small) => v.
rewrite scale_l dotZl dotZr mulrA -expr2 ler_wpmul2l ?sqr_ge0 // -mulmxA; apply: le_trans (box_step _ pP le) _.
exact: projector_shortens.
Qed.
Lemma turn_parts (R : realFieldType) d (A Pi : 'M[R]_d) k :
  A *m (1%:M - k *: Pi) = (1 - k) *: (A *m Pi) + A *m (1%:M - Pi).
Proof. by mxring. Qed.
(** What a projector splits off is moved by itself, the rest stays. *)
Lemma beside (R : realFieldType) d (K Pi : 'M[R]_d) (e : 'cV_d) t : Pi *m Pi = Pi -> K *m Pi = Pi *m K ->
  K *m (1%:M - Pi) = 0 ->
  iter t (fun x => (K + (1%:M - Pi)) *m x) e = power K t *m (Pi *m e) + (1%:M - Pi) *m e.
Proof.
move=> idem com Koff; have off : (1%:M - Pi) *m Pi = 0 by rewrite mulmxBl mul1mx idem subrr.
have offoff : (1%:M - Pi) *m (1%:M - Pi) = 1%:M - Pi by rewrite mulmxBr mulmx1 off subr0.
move: (1%:M - Pi) (subrK Pi 1%:M) Koff off offoff => F sum Koff off offoff.
elim: t => [|t IH] /=; first by rewrite mul1mx -mulmxDl addrC sum mul1mx.
have away : F *m (power K t *m (Pi *m e)) = 0.
  by rewrite (mulmxA (power K t)) (power_commute t com) !mulmxA off !mul0mx.
by rewrite IH mulmxDr !(mulmxDl K) away addr0 (mulmxA K F) Koff mul0mx add0r (mulmxA F F) offoff mulmxA.
Qed.
Theorem plateau_removed_limit : plateau_removed_limit_statement.
Proof.
move=> R d S_U S_W eta_W alpha eta_U w_0 w_star _ symU symW etaW etaU P A C isC S_plus Pi_W Q C_1 isC_1 Q_plus Pi_U e_0.
move=> within con; set K := (1 - alpha) *: _ in con.
have [idem _] : projector Pi_W by exact: seen_projector isC.
have [com rest] := seen_step symW isC eta_W; rewrite -/Pi_W -/P -/A in com rest.
have through : Pi_U *m Pi_W = Pi_W by rewrite mulmxA (seen_inverse symW isC (span_through etaU isC_1 within)).
have split_turn : A *m (1%:M - alpha *: Pi_W) = K + (1%:M - Pi_W) by rewrite turn_parts rest.
have KPi : K *m Pi_W = Pi_W *m K by rewrite /K scale_l scale_r (mulmxA Pi_W A) com.
have Koff : K *m (1%:M - Pi_W) = 0.
  by rewrite /K scale_l -mulmxA mulmxBr mulmx1 idem subrr mulmx0 scaler0.
apply/tends_to_shift/(tends_to_eq _ (con (Pi_W *m e_0))) => t.
by rewrite through split_turn beside // addrK.
Qed.

(** ** A helper that knows the main agent's prompt only roughly *)
Section Rough.
Variables (R : realFieldType) (d : nat) (S_hat S_W S_U : 'M[R]_d) (eta_W eta_U alpha : R) (w x : 'cV[R]_d).
Hypotheses (unit_hat : S_hat \in unitmx) (unitQ : eta_U *: S_U \in unitmx).
Let u := eta_U *: (S_U *m (x - alpha *: (invmx (eta_U *: S_U) *m invmx S_hat *m (S_W *m (x - w))))) + x -
  eta_U *: (S_U *m x).
Lemma rough_turn : eta_W *: (S_W *m w) + u - eta_W *: (S_W *m u) - w =
  (1%:M - eta_W *: S_W) *m (1%:M - alpha *: (invmx S_hat *m S_W)) *m (x - w).
Proof.
have -> : u = x - alpha *: (invmx S_hat *m S_W) *m (x - w).
  rewrite /u move_asked; congr (_ - _); move: (eta_U *: S_U) unitQ => Q unit.
  by rewrite scale_r scale_l !mulmxA mulmxV // mul1mx.
exact: turn_asked.
Qed.
End Rough.
Theorem inexact_helper_e : inexact_helper_e_statement.
Proof. by move=> *; exact: rough_turn. Qed.
Theorem inexact_helper_converges : inexact_helper_converges_statement.
Proof.
move=> R d S_hat S_W eta_W alpha _ _ _ _ P A _; set T := A *m _.
have same t (v : 'cV_d) : iter t (fun e => T *m e) v = power T t *m v by exact/esym/power_iter.
by split=> lim v; apply: tends_to_eq (lim v) => t; rewrite same.
Qed.
Theorem inexact_helper_sees : inexact_helper_sees_statement.
Proof.
move=> R d S_hat S_W eta_W alpha _ _ _ _ P A _ con; apply: injective_unit => v Sv.
apply: (contracts_fixed con); rewrite -mulmxA.
have -> : (1%:M - alpha *: (invmx S_hat *m S_W)) *m v = v.
  by rewrite mulmxBl mul1mx scale_l -mulmxA Sv mulmx0 scaler0 subr0.
by rewrite mulmxBl mul1mx scale_l Sv scaler0 subr0.
Qed.
(** What the main agent's loss falls by: twice a form in the wish, then one in the gradient. *)
Section Energy.
Variables (R : realFieldType) (d : nat) (S_hat S : 'M[R]_d) (eta alpha : R).
Hypotheses (unit_hat : S_hat \in unitmx) (sym_hat : S_hat^T = S_hat) (sym : S^T = S).
Let y (e : 'cV_d) := invmx S_hat *m (S *m e).
Lemma wish_loss e : dot (e - alpha *: y e) (S *m (e - alpha *: y e)) =
  dot e (S *m e) - alpha * dot (y e) ((2%:R *: S_hat - alpha *: S) *m y e).
Proof.
have Sy : S_hat *m y e = S *m e by rewrite /y mulKVmx.
move: (y e) Sy => z Sz; rewrite !(mulmxBr, mulmxBl) !scale_l !scale_r !dotP Sz.
have -> : dot e (S *m z) = dot z (S *m e) by rewrite dot_tr sym dotC.
by name_dots; ring.
Qed.
Lemma move_loss (x : 'cV_d) : dot ((1%:M - eta *: S) *m x) (S *m ((1%:M - eta *: S) *m x)) =
  dot x (S *m x) - eta * dot (S *m x) ((2%:R *: 1%:M - eta *: S) *m (S *m x)).
Proof.
rewrite !(mulmxBl, mulmxBr) !mul1mx !scale_l !scale_r !mul1mx !dotP.
have -> : dot x (S *m (S *m x)) = dot (S *m x) (S *m x) by rewrite dot_tr sym.
by name_dots; ring.
Qed.
Hypotheses (le : loewner (alpha *: S) (2%:R *: S_hat)) (alpha0 : 0 <= alpha) (eta0 : 0 < eta).
Lemma energy_falls (e : 'cV_d) : loewner (eta *: S) (2%:R *: 1%:M) ->
  let e' := (1%:M - eta *: S) *m (1%:M - alpha *: (invmx S_hat *m S)) *m e in dot e' (S *m e') <= dot e (S *m e).
Proof.
move=> in_box /=; have eta_ge0 := ltW eta0.
have -> : (1%:M - eta *: S) *m (1%:M - alpha *: (invmx S_hat *m S)) *m e =
  (1%:M - eta *: S) *m (e - alpha *: y e) by rewrite -mulmxA; congr (_ *m _); rewrite mulmxBl mul1mx scale_l -mulmxA.
rewrite move_loss wish_loss -addrA ger_addl -opprD oppr_le0 addr_ge0 // mulr_ge0 //.
  by case: le => _; apply.
by case: in_box => _; apply.
Qed.
Lemma energy_strict (e : 'cV_d) : strictly_loewner (eta *: S) (2%:R *: 1%:M) ->
  let e' := (1%:M - eta *: S) *m (1%:M - alpha *: (invmx S_hat *m S)) *m e in
  dot e' (S *m e') = dot e (S *m e) -> S *m e = 0.
Proof.
move=> [in_box unit] /=; have -> : (1%:M - eta *: S) *m (1%:M - alpha *: (invmx S_hat *m S)) *m e =
  (1%:M - eta *: S) *m (e - alpha *: y e) by rewrite -mulmxA; congr (_ *m _); rewrite mulmxBl mul1mx scale_l -mulmxA.
rewrite move_loss wish_loss -addrA -opprD => /eqP; rewrite -subr_eq0 addrAC subrr add0r oppr_eq0.
have pos1 : 0 <= alpha * dot (y e) ((2%:R *: S_hat - alpha *: S) *m y e) by rewrite mulr_ge0 //; case: le => _; apply.
set x := e - alpha *: y e.
have pos2 : 0 <= eta * dot (S *m x) ((2%:R *: 1%:M - eta *: S) *m (S *m x)).
  by rewrite mulr_ge0 ?(ltW eta0) //; case: in_box => _; apply.
rewrite paddr_eq0 // => /andP[/eqP zero1 /eqP zero2].
have Sx : S *m x = 0.
  apply/eqP; apply: contraT => /(psd_unit_pos in_box unit); rewrite ltNge => /negP[].
  by move/eqP: zero2; rewrite mulf_eq0 gt_eqF //= => /eqP ->.
have Se : S *m e = alpha *: (S *m y e).
  by apply/eqP; rewrite -subr_eq0 -scale_r -mulmxBr -/x Sx.
move/eqP: zero1; rewrite mulf_eq0 => /orP[/eqP a_0|/eqP q0]; first by rewrite Se a_0 scale0r.
have := psd_kernel le q0; rewrite mulmxBl !scale_l -Se /y mulKVmx // -/(y e) => /eqP.
by rewrite scaler_nat mulr2n addrK => /eqP.
Qed.
End Energy.
Lemma psd_number (R : realFieldType) (X : 'M[R]_1) : psd X <-> 0 <= X 0 0.
Proof.
rewrite [X]mx11_scalar; split=> [[_ pos]|x0].
  by have := pos 1%:M; rewrite /dot trmx1 mul1mx mulmx1.
rewrite -scalemx1; apply: psd_scale; last exact: psd_one.
by move: x0; rewrite !mxE.
Qed.
Theorem inexact_helper_energy : inexact_helper_energy_statement.
Proof.
move=> R d S_hat S_W S_U alpha eta_U eta_W w_star w_t _ sym_hat symW symU etaU etaW Q P g_t u_chosen u_turn w_next
  e_next.
move=> e_t unit le a0 unitQ in_box; apply/psd_number; rewrite addE oppE subr_ge0 -!mulmxA.
rewrite -/(dot e_next (S_W *m e_next)) -/(dot e_t (S_W *m e_t)) /e_next [w_next - _]rough_turn //.
exact: energy_falls.
Qed.
Theorem inexact_helper_strict : inexact_helper_strict_statement.
Proof.
move=> R d S_hat S_W S_U alpha eta_U eta_W w_star w_t _ sym_hat symW symU etaU etaW Q P g_t u_chosen u_turn w_next
  e_next.
move=> e_t unit le a0 unitQ in_box; rewrite -!mulmxA => /inner_eq; rewrite /e_next [w_next - _]rough_turn //.
exact: energy_strict.
Qed.

(** ** A helper that sees the main agent's moves only *)
Theorem blind_helper_residual : blind_helper_residual_statement.
Proof.
move=> R k d c S_W eta_W U w _ _ _ _ P W_seen R_seen ones.
rewrite /R_seen /W_seen addrAC subrr add0r mulNmx opprK -mulmxA mulmxBl; congr (_ *m (_ - _)).
by rewrite -mulmxA ones; apply/matrixP => i j; rewrite !ord1 mxE big_ord1 mxE eqxx mulr1.
Qed.
Theorem blind_helper_rest : blind_helper_rest_statement.
Proof.
move=> R k d c U S_W eta_W w k0 d0 symW etaW P W_seen R_seen ones moves.
have Px : P *m (U *m c - w) = 0.
  have -> : P *m (U *m c - w) = - (R_seen *m c) by exact: blind_helper_residual.
  by rewrite moves oppr0.
split; first by rewrite Px subr0.
by apply/eqP; move/eqP: Px; rewrite scale_l scaler_eq0 gt_eqF.
Qed.
Theorem blind_helper_silent : blind_helper_silent_statement.
Proof. by move=> R d S_W eta_W w x _ _ _ P A w_next r_next r_t; rewrite /r_next /r_t /w_next /A /P; mxring. Qed.

(** ** In numbers *)
Theorem helper_comparison_plateau : helper_comparison_plateau_statement.
Proof.
move=> R k k0 share slow k1; rewrite /share /slow; field.
rewrite gt_eqF //= (_ : k + (k - 1) = 2%:R * k - 1); last by ring.
by rewrite gt_eqF // subr_gt0; apply: (lt_le_trans (_ : 1 < 2%:R)); rewrite ?ltr1n // ler_pemulr ?ler0n.
Qed.
Theorem helper_comparison_half : helper_comparison_half_statement.
Proof.
move=> R k k0 share k1; rewrite /share.
have pos : 2%:R * k - 1 != 0.
  by rewrite gt_eqF // subr_gt0; apply: (lt_le_trans (_ : 1 < 2%:R)); rewrite ?ltr1n // ler_pemulr ?ler0n.
have -> : 4%:R * k - 2%:R = 2%:R * (2%:R * k - 1) by ring.
by field; rewrite pos ?pnatr_eq0.
Qed.
