(** * All turns at once

    A conversation, by moving from the first turn on: its error in closed form, with an honest partner, with one that
    asks for Newton steps, and with one that hands back what it got. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence spectra dynamics helper statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** The closed form *)
Section Errors.
Variables (R : realFieldType) (d : nat) (T : 'M[R]_d).
Implicit Types c r : 'cV[R]_d.
(** What is moved by an affine map: its distance from the residual moves linearly. *)
Lemma closed_form (s : nat -> 'cV_d) c r t : (forall t, s t.+1 = T *m s t + c) -> r = T *m r + c ->
  s t = power T t *m (s 0%N - r) + r.
Proof.
move=> moves fixed; elim: t => [|t IH]; first by rewrite /= mul1mx subrK.
by rewrite moves IH mulmxDr -addrA -fixed mulmxA.
Qed.
Lemma residual c : 1%:M - T \in unitmx -> invmx (1%:M - T) *m c = T *m (invmx (1%:M - T) *m c) + c.
Proof.
by move=> unit; move: (invmx _ *m c) (mulKVmx unit c) => r <-; rewrite mulmxBl mul1mx addrC subrK.
Qed.
End Errors.
Section Honest.
Variables (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (eta_W eta_U : R) (u w x : 'cV[R]_d).
Let A := 1%:M - eta_W *: S_W.
Let B := 1%:M - eta_U *: S_U.
Let move y := eta_W *: (S_W *m w) + (eta_U *: (S_U *m u) + y - eta_U *: (S_U *m y)) -
  eta_W *: (S_W *m (eta_U *: (S_U *m u) + y - eta_U *: (S_U *m y))).
Lemma move_e y : move y - w = A *m B *m (y - w) + A *m (eta_U *: S_U) *m (u - w).
Proof. by rewrite /move -!scale_l; exact: turn_error. Qed.
Lemma half_turn y : eta_U *: (S_U *m u) + y - u - eta_U *: (S_U *m y) = B *m (y - u).
Proof. by rewrite /B; mxring. Qed.
(** The partner's error after a turn is what its next move leaves of it. *)
Lemma move_f y : B *m (move y - u) = B *m A *m (B *m (y - u)) - B *m (eta_W *: S_W) *m (u - w).
Proof.
have turn z : eta_W *: (S_W *m w) + z - eta_W *: (S_W *m z) - u = A *m (z - u) - eta_W *: S_W *m (u - w).
  by rewrite /A; mxring.
by rewrite /move turn [_ - _ - u]addrAC half_turn mulmxBr !mulmxA.
Qed.
End Honest.
Theorem closed_form_e : closed_form_e_statement.
Proof.
move=> R d t S_W S_U eta_W eta_U u w x _ _ _ _ _ P A Q B M Delta e_0 e_t unit; rewrite /e_t -!(mulmxA (invmx M)).
by apply: (closed_form (s := fun t => iter t _ x - w)) (residual _ unit) => s; exact: move_e.
Qed.
Theorem closed_form_f : closed_form_f_statement.
Proof.
move=> R d t S_W S_U eta_W eta_U u w x _ _ _ _ _ P A Q B N Delta f_0 f_t unit; rewrite /f_t half_turn -!(mulmxA
  (invmx N)).
have -> : invmx N *m (B *m P *m Delta) = - (invmx N *m - (B *m P *m Delta)) by rewrite mulmxN opprK.
rewrite opprK [- _ + f_0]addrC.
by apply: (closed_form (s := fun t => B *m (iter t _ x - u))) (residual _ unit) => s; exact: move_f.
Qed.

(** ** A silent helper hands over what it got *)
Theorem blind_helper_krylov : blind_helper_krylov_statement.
Proof.
move=> R d t S_W eta_W x w _ _ _ P A r_0 r_t; rewrite /r_t.
have move_w y : eta_W *: (S_W *m w) - eta_W *: (S_W *m y) = - (P *m (y - w)) by rewrite /P; mxring.
rewrite move_w {r_t}; elim: t => [|t IH] /=; first by rewrite mul1mx.
by rewrite -mulmxA -IH; move: (iter t _ x) => y; rewrite /A /P; mxring.
Qed.

(** ** A helper that asks for Newton steps *)
Section Helper.
Variables (R : realFieldType) (d : nat) (S_W S_U C C_1 : 'M[R]_d) (eta_W eta_U alpha : R) (w : 'cV[R]_d).
Hypotheses (symW : S_W^T = S_W) (isC : pseudo_inverse S_W C) (isC_1 : pseudo_inverse (eta_U *: S_U) C_1).
Hypotheses (etaU : 0 < eta_U) (within : range_within S_W S_U).
Let A := 1%:M - eta_W *: S_W.
Let Pi := C *m S_W.
Definition newton_turn (y : 'cV_d) := let u_chosen := y - alpha *: (C_1 *m C *m S_W *m (y - w)) in
  let u := eta_U *: (S_U *m u_chosen) + y - eta_U *: (S_U *m y) in
  eta_W *: (S_W *m w) + u - eta_W *: (S_W *m u).
Lemma newton_turn_error y : newton_turn y - w = A *m (1%:M - alpha *: Pi) *m (y - w).
Proof.
have -> : newton_turn y - w = A *m (1%:M - alpha *: (eta_U *: S_U *m C_1 *m (C *m S_W))) *m (y - w).
  by rewrite -helped_turn /newton_turn /= !scale_r !mulmxA.
by rewrite (mulmxA (_ *m _) C S_W) (seen_inverse symW isC (span_through etaU isC_1 within)).
Qed.
(** What the main agent sees of its error is multiplied by [(1 - alpha) A]. *)
Lemma newton_turn_seen y : Pi *m (newton_turn y - w) = (1 - alpha) *: (A *m (Pi *m (y - w))).
Proof.
have [com _] := seen_step symW isC eta_W; have [idem _] := seen_projector isC; rewrite -/A -/Pi in com idem.
have part : Pi *m (1%:M - alpha *: Pi) = (1 - alpha) *: Pi by rewrite mulmxBr mulmx1 scale_r idem scalerBl scale1r.
by rewrite newton_turn_error 2!mulmxA com -(mulmxA A Pi (1%:M - _)) part scale_r scale_l mulmxA.
Qed.
Lemma newton_turns x t : iter t newton_turn x - w =
  (1%:M - Pi) *m (x - w) + (1 - alpha) ^+ t *: (power A t *m Pi *m (x - w)).
Proof.
have [com rest] := seen_step symW isC eta_W; have [idem _] := seen_projector isC; rewrite -/A -/Pi in com rest idem.
pose K := (1 - alpha) *: (A *m Pi).
have KPi : K *m Pi = Pi *m K by rewrite /K scale_l scale_r (mulmxA Pi A) com.
have Koff : K *m (1%:M - Pi) = 0 by rewrite /K scale_l -mulmxA mulmxBr mulmx1 idem subrr mulmx0 scaler0.
have -> : iter t newton_turn x - w = iter t (fun y => (K + (1%:M - Pi)) *m y) (x - w).
  by elim: t => [|t IH] //=; rewrite newton_turn_error turn_parts rest -IH.
rewrite beside // addrC; congr (_ + _); elim: t => [|t IH]; first by rewrite /= !mul1mx scale1r.
have powers : power A t *m Pi = Pi *m power A t by exact: power_commute.
have part : A *m Pi *m (power A t *m Pi) = A *m power A t *m Pi.
  by rewrite -(mulmxA A) (mulmxA Pi) -powers -mulmxA idem mulmxA.
by rewrite -[power K t.+1]/(K *m power K t) -mulmxA IH scale_r /K scale_l mulmxA part scalerA -exprSr.
Qed.
End Helper.
Theorem plateau_removed_e : plateau_removed_e_statement.
Proof. by move=> *; apply: newton_turns. Qed.
Theorem plateau_removed_rate : plateau_removed_rate_statement.
Proof.
move=> R d t S_U S_W eta_W alpha eta_U x w _ symU symW etaW etaU P A C isC S_plus Pi_W C_1 isC_1 e_next e_t within s.
case/largest_stretchP=> s0 bound _; have [idem _] : projector Pi_W by exact: seen_projector isC.
rewrite /e_next addn1 [Pi_W *m _](newton_turn_seen _ _ _ symW isC isC_1 etaU within) -/Pi_W -/A -/e_t.
have -> : Pi_W *m e_t = Pi_W *m (Pi_W *m e_t) by rewrite mulmxA idem.
rewrite (mulmxA A) norm_scale_abs distrC -mulrA ler_wpmul2l // mulrC (mulmxA Pi_W) idem.
apply: le_trans (ler_wsqrtr (bound _)) _; rewrite sqrtrM ?sqr_ge0 // sqrtr_sqr ger0_norm //.
Qed.
Theorem plateau_removed_gentle : plateau_removed_gentle_statement.
Proof.
move=> R d t S_W S_U eta_W alpha eta_U x w _ symW etaW symU etaU P C isC S_plus Pi_W C_1 isC_1 e_next e_t pW le within.
have pP : psd P by exact: psd_scale (ltW etaW) pW.
rewrite /e_next addn1 [Pi_W *m _](newton_turn_seen _ _ _ symW isC isC_1 etaU within) -/Pi_W -/P -/e_t.
rewrite norm_scale_abs distrC ler_wpmul2l //; apply: ler_wsqrtr; exact: box_step.
Qed.
