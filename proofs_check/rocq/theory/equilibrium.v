(** * Where the conversation comes to rest

    The letters as in [dynamics]: [A = 1 - P], [B = 1 - Q], [M = 1 - A B], [N = 1 - B A]; [Pi] projects onto the common
    kernel of [P] and [Q].  If a turn contracts everything else, the conversation tends to a point that can be named;
    for small steps this is the consensus, the least of a weighted sum of both losses. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base projectors limits convergence statements dynamics.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Invertible turns: one point of rest *)
(** The converse of [rest_e]: what solves [M e = A Q Delta] is at rest. *)
Lemma at_rest (R : realFieldType) d (P Q : 'M[R]_d) (u w z : 'cV_d) :
  (P + Q - P *m Q) *m (z - w) = (1%:M - P) *m Q *m (u - w) ->
  z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u).
Proof.
move/eqP; rewrite -subr_eq0 => /eqP push.
by apply/eqP; rewrite -subr_eq0 -push; apply/eqP; mxring.
Qed.
Section Unit.
Variables (R : realFieldType) (d : nat) (P Q : 'M[R]_d).
Hypotheses (symP : P^T = P) (symQ : Q^T = Q).
Let M := P + Q - P *m Q.
Let N := P + Q - Q *m P.
(** Transposing swaps the roles. *)
Lemma swapped_unit : M \in unitmx -> N \in unitmx.
Proof. by rewrite -unitmx_tr /M !transposed symP symQ. Qed.
Hypothesis unit : M \in unitmx.
Lemma rest_unique u w : exists! z : 'cV_d, z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u).
Proof.
exists (w + invmx M *m ((1%:M - P) *m Q *m (u - w))); split=> [|z /rest_e rest].
  by apply: at_rest; rewrite [w + _]addrC addrK mulKVmx.
by rewrite -rest mulKmx // addrC subrK.
Qed.
(** [A Q = M - P]. *)
Lemma push_dual (Delta : 'cV_d) : invmx M *m (1%:M - P) *m Q *m Delta = Delta - invmx M *m P *m Delta.
Proof.
rewrite -(mulmxA _ (1%:M - P)) [(1%:M - P) *m Q](_ : _ = M - P); last by rewrite /M; mxring.
by rewrite (mulmxBr (invmx M)) mulVmx // (mulmxBl _ _ Delta) mul1mx.
Qed.
End Unit.

(** A turn written out, and as a step along the errors. *)
Lemma rest_step (R : realFieldType) d (P Q : 'M[R]_d) (u w z : 'cV_d) :
  z = P *m w + (Q *m u + z - Q *m z) - P *m (Q *m u + z - Q *m z) ->
  z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u).
Proof. by move=> {1}->; mxring. Qed.

Theorem biased_equilibrium_unique : biased_equilibrium_unique_statement.
Proof. by written_out=> *; exact: rest_unique. Qed.
Theorem biased_equilibrium_N : biased_equilibrium_N_statement.
Proof.
by written_out=> R d S_W S_U eta_W eta_U _ symW _ symU _; apply: swapped_unit; rewrite tr_scale ?symW ?symU.
Qed.
Theorem biased_equilibrium_e : biased_equilibrium_e_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star _ _ _ _ _ w_inf; rewrite -!scale_l => /rest_step/rest_e rest unit.
by rewrite -!mulmxA in rest *; rewrite -rest mulKmx.
Qed.
Theorem biased_equilibrium_f : biased_equilibrium_f_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf.
rewrite -!scale_l => /rest_step/rest_f rest unit; have unitN := biased_equilibrium_N d0 symW W0 symU U0 unit.
by rewrite -!mulmxA in rest *; rewrite -mulmxN -rest mulKmx.
Qed.
Theorem biased_equilibrium_e_dual : biased_equilibrium_e_dual_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf rest unit.
by rewrite (biased_equilibrium_e d0 symW W0 symU U0 rest unit); exact: push_dual.
Qed.
(** At rest each error is what the other learner's error leads to in half a turn. *)
Theorem biased_equilibrium_e_coupling : biased_equilibrium_e_coupling_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf rest unit.
have f := biased_equilibrium_f d0 symW W0 symU U0 rest unit; rewrite -!mulmxA -mulmxBr in f *.
by rewrite -f [in LHS]rest; mxring.
Qed.
Theorem biased_equilibrium_f_coupling : biased_equilibrium_f_coupling_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star d0 symW W0 symU U0 w_inf rest unit.
have e := biased_equilibrium_e d0 symW W0 symU U0 rest unit; rewrite -!mulmxA -mulmxBr in e *.
by rewrite -e; mxring.
Qed.

(** ** Turns that leave a common kernel as it is, and contract the rest *)
Section Contraction.
Variables (R : realFieldType) (d : nat).
Implicit Types (X Y Z P Q Pi : 'M[R]_d) (u v w x z : 'cV[R]_d).

(** The powers of [Y X] vanish if those of [X Y] do. *)
Lemma contracts_swap X Y : contracts (X *m Y) -> contracts (Y *m X).
Proof.
have pow t : power (Y *m X) t.+1 = Y *m power (X *m Y) t *m X.
  elim: t => [|t IH]; first by rewrite power_1 mulmx1.
  by rewrite -[LHS]/(Y *m X *m power (Y *m X) t.+1) IH /= !mulmxA.
move=> con v; apply: (@tends_to_later _ _ 1).
by have := tends_to_mul Y (con (X *m v)); rewrite mulmx0; apply: tends_to_eq => t; rewrite addn1 pow !mulmxA.
Qed.

(** A matrix that vanishes on a projector's range, and is invertible beside it: with its pseudo-inverse it yields the
    projector onto the complement. *)
Lemma beside_kernel X Z Pi : projector Pi -> X *m Pi = 0 -> Pi *m X = 0 -> X + Pi \in unitmx -> pseudo_inverse X Z ->
  [/\ X *m Z = 1%:M - Pi, Z *m X = 1%:M - Pi & Pi *m Z = 0].
Proof.
case=> idem sym XPi PiX unit [z1 z2 z3 z4].
have PiZX : Pi *m (Z *m X) = 0 by apply: trmx_inj; rewrite trmx_mul z4 sym trmx0 -mulmxA XPi mulmx0.
have XZPi : X *m Z *m Pi = 0 by apply: trmx_inj; rewrite trmx_mul z3 sym trmx0 mulmxA PiX mul0mx.
have left : Z *m X = 1%:M - Pi.
  apply: (can_inj (mulKmx unit)); rewrite !(mulmxDl X) (mulmxBr X) (mulmxBr Pi) !mulmx1 XPi idem PiZX mulmxA z1.
  by rewrite subrr !addr0 subr0.
split=> //; last by rewrite -z2 mulmxA PiZX mul0mx.
apply: (can_inj (mulmxK unit)); rewrite !(mulmxDr _ X) (mulmxBl _ _ X) (mulmxBl _ _ Pi) !mul1mx PiX idem XZPi z1.
by rewrite subrr !addr0 subr0.
Qed.

(** Both steps vanish on the range of the orthogonal projector [Pi], from either side. *)
Definition out_of_reach P Q Pi := [/\ projector Pi, P *m Pi = 0, Q *m Pi = 0, Pi *m P = 0 & Pi *m Q = 0].
Lemma out_of_reach_sym P Q Pi : out_of_reach P Q Pi -> out_of_reach Q P Pi. Proof. by case. Qed.
Lemma common_out_of_reach P Q c : psd P -> psd Q -> pseudo_inverse (P + Q) c ->
  out_of_reach P Q (1%:M - c *m (P + Q)).
Proof.
move=> pP pQ isc; have [PPi QPi] := common_unseen pP pQ isc; have [PiP PiQ] := common_unseen_left pP pQ isc.
by split=> //; exact: kernel_projectorP (kernel_of_pseudo_inverse isc).
Qed.

Section OutOfReach.
Variables P Q Pi : 'M[R]_d.
Hypothesis out : out_of_reach P Q Pi.
Let A := 1%:M - P.
Let B := 1%:M - Q.
Let M := P + Q - P *m Q.
Let K := A *m B *m (1%:M - Pi).
Lemma out_M : M *m Pi = 0 /\ Pi *m M = 0.
Proof.
case: out => _ PPi QPi PiP PiQ; rewrite /M; split.
  by rewrite (mulmxBl _ _ Pi) (mulmxDl _ _ Pi) -mulmxA PPi QPi mulmx0 addr0 subr0.
by rewrite (mulmxBr Pi) (mulmxDr Pi) mulmxA PiP PiQ mul0mx addr0 subr0.
Qed.
Lemma out_A : A *m Pi = Pi /\ Pi *m A = Pi.
Proof. by case: out => _ PPi _ PiP _; rewrite /A mulmxBl mul1mx PPi (mulmxBr Pi) mulmx1 PiP subr0. Qed.
Lemma out_B : B *m Pi = Pi /\ Pi *m B = Pi.
Proof. by case: out => _ _ QPi _ PiQ; rewrite /B mulmxBl mul1mx QPi (mulmxBr Pi) mulmx1 PiQ subr0. Qed.
(** [M + Pi = 1 - K] is invertible. *)
Lemma beside_out : contracts K -> M + Pi \in unitmx.
Proof.
move=> /contracts_unit; have [APi _] := out_A; have [BPi _] := out_B.
rewrite [1%:M - K](_ : _ = M + Pi) // /K (mulmxBr (A *m B)) mulmx1 -mulmxA BPi APi /M /A /B; mxring.
Qed.
(** If a turn contracts as seen by one learner, it does so as seen by the other. *)
Lemma contracts_swapped : contracts K -> contracts (B *m A *m (1%:M - Pi)).
Proof.
rewrite /K -mulmxA => /contracts_swap; have [APi PiA] := out_A.
by rewrite -!mulmxA (mulmxBl _ _ A) (mulmxBr A) PiA APi mul1mx mulmx1.
Qed.
(** Beside the kernel a turn fixes nothing. *)
Lemma rest_beside x : contracts K -> Pi *m x = 0 -> M *m x = 0 -> x = 0.
Proof.
move=> con Pix Mx; apply: (contracts_fixed con); rewrite /K -mulmxA (mulmxBl _ _ x) mul1mx Pix subr0.
by apply/eqP; rewrite -subr_eq0 -oppr_eq0 -Mx; apply/eqP; rewrite /M /A /B; mxring.
Qed.
(** On the complement a turn may as well start with the projection. *)
Lemma power_beside t v : Pi *m v = 0 -> power (A *m B) t *m v = power K t *m v.
Proof.
move=> Piv; have [_ PiA] := out_A; have [_ PiB] := out_B.
suff [-> //] : power (A *m B) t *m v = power K t *m v /\ Pi *m (power (A *m B) t *m v) = 0.
elim: t => [|t [IH out_t]] /=; first by rewrite mul1mx.
split; last by rewrite -mulmxA mulmxA (mulmxA Pi) PiA PiB.
by rewrite -!mulmxA -IH (mulmxBl 1%:M Pi) mul1mx out_t subr0 !mulmxA.
Qed.
(** Iterated turns tend to the point of rest that has the same part in the kernel as the start. *)
Lemma turns_tend u w z z0 : contracts K -> M *m (z - w) = A *m Q *m (u - w) -> Pi *m (z0 - z) = 0 ->
  tends_to (fun t => iter t (fun z => z - P *m (z - w - Q *m (z - u)) - Q *m (z - u)) z0) z.
Proof.
move=> con rest same; apply/tends_to_shift/(tends_to_eq _ (con (z0 - z))) => t.
rewrite -power_beside //; set c := M *m w + A *m Q *m (u - w).
have fixed : z = A *m B *m z + c.
  by apply/eqP; rewrite -subr_eq0 -(subrr (M *m (z - w))) [X in _ == _ - X]rest /c /A /B /M; apply/eqP; mxring.
rewrite -[LHS](addKr z) -(iter_affine z0 t fixed) addrC; congr (_ - _); apply: eq_iter => x.
by rewrite /c /A /B /M; mxring.
Qed.
(** This point is [w + Pi (z0 - w) + M^+ A Q (u - w)]. *)
Lemma singular_rest (e0 Delta : 'cV_d) Z : contracts K -> pseudo_inverse M Z ->
  M *m (Pi *m e0 + Z *m A *m Q *m Delta) = A *m Q *m Delta /\ Pi *m (Pi *m e0 + Z *m A *m Q *m Delta) = Pi *m e0.
Proof.
move=> con isZ; have [[idem sym] _ _ PiP PiQ] := out; have [MPi PiM] := out_M; have [_ PiA] := out_A.
have [MZ _ PiZ] := beside_kernel (conj idem sym) MPi PiM (beside_out con) isZ.
rewrite (mulmxDr M) (mulmxDr Pi) !mulmxA MPi MZ idem PiZ !mul0mx add0r addr0; split=> //.
by rewrite (mulmxBl _ _ A) mul1mx PiA (mulmxBl _ _ Q) PiQ subr0.
Qed.
Lemma singular_limit u w z0 Z : contracts K -> pseudo_inverse M Z ->
  tends_to (fun t => iter t (fun z => z - P *m (z - w - Q *m (z - u)) - Q *m (z - u)) z0)
    (Pi *m (z0 - w) + Z *m A *m Q *m (u - w) + w).
Proof.
move=> con isZ; have [rest same] := singular_rest (z0 - w) (u - w) con isZ; apply: turns_tend con _ _.
  by rewrite addrK.
by rewrite [_ + w]addrC opprD addrA (mulmxBr Pi) same subrr.
Qed.
End OutOfReach.
End Contraction.

(** The other learner: its conversation is the same with the roles swapped, and begins half a turn later. *)
Section OtherLearner.
Variables (R : realFieldType) (d : nat) (P Q Pi : 'M[R]_d).
Hypothesis out : out_of_reach P Q Pi.
Let A := 1%:M - P.
Let B := 1%:M - Q.
Let M := P + Q - P *m Q.
Let N := P + Q - Q *m P.
Hypothesis con : contracts (A *m B *m (1%:M - Pi)).
Variables (u w w_0 : 'cV[R]_d) (Y Z : 'M[R]_d).
Hypotheses (isY : pseudo_inverse M Y) (isZ : pseudo_inverse N Z).
Lemma singular_limit_f :
  tends_to (fun t => iter t (fun z => z - P *m (z - w) - Q *m (z - u - P *m (z - w))) (w_0 - Q *m (w_0 - u)))
    (Pi *m (B *m (w_0 - u)) + u - Z *m B *m P *m (u - w)).
Proof.
have swapped : pseudo_inverse (Q + P - Q *m P) Z by rewrite [Q + P]addrC.
have := singular_limit (out_of_reach_sym out) w u (w_0 - Q *m (w_0 - u)) (contracts_swapped out con) swapped.
rewrite -[w - u]opprB mulmxN [_ - _ + u in X in X -> _]addrAC.
rewrite [w_0 - _ - u](_ : _ = (1%:M - Q) *m (w_0 - u)); last by mxring.
by apply: tends_to_eq => t; apply: eq_iter => z; rewrite addrAC.
Qed.
(** Its point of rest is half a turn from the first learner's. *)
Lemma singular_half_turn : let w_inf := Pi *m (w_0 - w) + Y *m A *m Q *m (u - w) + w in
  Q *m u + w_inf - Q *m w_inf - u = Pi *m (B *m (w_0 - u)) - Z *m B *m P *m (u - w).
Proof.
move=> w_inf; have out' := out_of_reach_sym out; have [pPi _ _ _ PiQ] := out.
have [rest same] := singular_rest out (w_0 - w) (u - w) con isY.
have [NPi PiN] := out_M out'; have [_ PiB] := out_B out; rewrite [Q + P]addrC in NPi PiN.
have unitN : N + Pi \in unitmx.
  by rewrite /N [P + Q]addrC; apply: beside_out out' _; exact: contracts_swapped out con.
have [_ ZN _] := beside_kernel pPi NPi PiN unitN isZ.
have /rest_f push : w_inf = w_inf - P *m (w_inf - w - Q *m (w_inf - u)) - Q *m (w_inf - u).
  by apply: at_rest; rewrite addrK.
set f := Q *m u + w_inf - Q *m w_inf - u in push *.
have Pif : Pi *m f = Pi *m (B *m (w_0 - u)).
  rewrite [RHS]mulmxA PiB [f](_ : _ = w_inf - w - (u - w) - Q *m (w_inf - u)); last by rewrite /f; mxring.
  rewrite (mulmxBr Pi) mulmxA PiQ mul0mx subr0 (mulmxBr Pi) addrK same -(mulmxBr Pi).
  by rewrite opprB addrA subrK.
have : f = Pi *m f + Z *m (N *m f) by rewrite mulmxA ZN mulmxBl mul1mx addrC subrK.
by rewrite Pif [N *m f]push mulmxN !mulmxA.
Qed.
End OtherLearner.

Theorem singular_equilibrium_e : singular_equilibrium_e_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star w_0 _ _ _ /ltW W0 /ltW U0 c isc Z isZ pW pU con.
split; last by rewrite addrK.
exact (singular_limit (common_out_of_reach (psd_scale W0 pW) (psd_scale U0 pU) isc) u_star w_star w_0 con isZ).
Qed.
Theorem singular_equilibrium_f : singular_equilibrium_f_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_star w_0 _ _ _ /ltW W0 /ltW U0 c isc Y isY pW pU con Z isZ.
have out := common_out_of_reach (psd_scale W0 pW) (psd_scale U0 pU) isc.
split; last by rewrite -!scale_l; exact: (singular_half_turn out con).
exact (singular_limit_f out con u_star w_star w_0 isZ).
Qed.

(** ** One learner ends without error exactly when the other does not push it *)
(** In the complement of the kernel, an error at rest is what [M] takes to the push, [A Q Delta]. *)
Lemma complement_push (R : realFieldType) d (P Q Pi : 'M[R]_d) (u w z : 'cV_d) : out_of_reach P Q Pi ->
  let y := Q *m u + z - Q *m z in z = y - P *m (y - w) ->
  (1%:M - P) *m Q *m (u - w) = (P + Q - P *m Q) *m (1%:M - Pi) *m (z - w)
  /\ - ((1%:M - Q) *m P *m (u - w)) = (P + Q - Q *m P) *m (1%:M - Pi) *m (y - u).
Proof.
move=> out y rest; have [MPi _] := out_M out; have [NPi _] := out_M (out_of_reach_sym out).
rewrite [Q + P]addrC in NPi; rewrite !(mulmxBr _ 1%:M Pi) MPi NPi !subr0 !mulmx1.
have {}rest : z = z - P *m (z - w - Q *m (z - u)) - Q *m (z - u) by rewrite {1}rest /y; mxring.
by split; rewrite (rest_e rest, rest_f rest).
Qed.
Theorem one_sided_iff_e_push : one_sided_iff_e_push_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star _ _ _ /ltW W0 /ltW U0 c isc pW pU; rewrite -!(scale_l eta_U).
by case/(complement_push (common_out_of_reach (psd_scale W0 pW) (psd_scale U0 pU) isc)).
Qed.
Theorem one_sided_iff_f_push : one_sided_iff_f_push_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star _ _ _ /ltW W0 /ltW U0 c isc pW pU; rewrite -!(scale_l eta_U).
by case/(complement_push (common_out_of_reach (psd_scale W0 pW) (psd_scale U0 pU) isc)).
Qed.
(** As [M] has no kernel beside [Pi], the error vanishes there exactly if the push does. *)
Lemma complement_push_iff (R : realFieldType) d (P Q Pi : 'M[R]_d) (x : 'cV_d) : out_of_reach P Q Pi ->
  contracts ((1%:M - P) *m (1%:M - Q) *m (1%:M - Pi)) ->
  (1%:M - Pi) *m x = 0 <-> (P + Q - P *m Q) *m (1%:M - Pi) *m x = 0.
Proof.
move=> out con; split=> [zero|push]; first by rewrite -mulmxA zero mulmx0.
apply: rest_beside con _ _; last by rewrite mulmxA.
by have [[idem _] _ _ _ _] := out; rewrite mulmxA (mulmxBr Pi) mulmx1 idem subrr mul0mx.
Qed.
Theorem one_sided_iff_e : one_sided_iff_e_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star d0 symW symU W0 U0 c isc pW pU con rest.
rewrite (one_sided_iff_e_push d0 symW symU W0 U0 isc pW pU rest); apply: complement_push_iff con.
exact: common_out_of_reach (psd_scale (ltW W0) pW) (psd_scale (ltW U0) pU) isc.
Qed.
Theorem one_sided_iff_f : one_sided_iff_f_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U u_star w_inf w_star d0 symW symU W0 U0 c isc pW pU con rest.
have out := common_out_of_reach (psd_scale (ltW W0) pW) (psd_scale (ltW U0) pU) isc.
have push := one_sided_iff_f_push d0 symW symU W0 U0 isc pW pU rest.
have := complement_push_iff _ (out_of_reach_sym out) (contracts_swapped out con).
rewrite [eta_U *: S_U + _]addrC => ->; rewrite -push; split=> [/eqP|->]; last exact: oppr0.
by rewrite oppr_eq0 => /eqP.
Qed.

(** ** The consensus: the least of a weighted sum of both losses *)
Section Consensus.
Variables (R : realFieldType) (d : nat).
Implicit Types (S_W S_U H E G Z : 'M[R]_d) (rho : R) (u w x z Delta : 'cV[R]_d).
Definition loss S_W S_U rho u w z :=
  1 / 2%:R * dot (z - w) (S_W *m (z - w)) + rho / 2%:R * dot (z - u) (S_U *m (z - u)).
Lemma quadratic S x z : (x^T - z^T) *m S *m (x - z) = (dot (x - z) (S *m (x - z)))%:M.
Proof. by rewrite -tr_opp -tr_add -mulmxA inner. Qed.
Lemma loss_matrix S_W S_U rho u w z :
  (1 / 2%:R) *: ((z^T - w^T) *m S_W *m (z - w)) + (rho / 2%:R) *: ((z^T - u^T) *m S_U *m (z - u))
  = (loss S_W S_U rho u w z)%:M.
Proof. by rewrite !quadratic !scale_scalar_mx -raddfD. Qed.
Lemma loss_ge0 S_W S_U rho u w z : 0 < rho -> psd S_W -> psd S_U -> 0 <= loss S_W S_U rho u w z.
Proof.
by move=> /ltW rho0 [_ pW] [_ pU]; apply: addr_ge0; apply: mulr_ge0 => //; apply: divr_ge0; rewrite ?ler01 ?ler0n.
Qed.

Lemma form_add S x z : S^T = S -> dot (x + z) (S *m (x + z)) = dot x (S *m x) + dot x (S *m z) *+ 2 + dot z (S *m z).
Proof. by move=> sym; rewrite mulmxDr !dotP [dot z (S *m x)]dot_tr sym [dot (S *m z) x]dotC; ring. Qed.

Section Sum.
Variables (S_W S_U : 'M[R]_d) (rho : R).
Hypotheses (symW : S_W^T = S_W) (symU : S_U^T = S_U).
Let H := rho *: S_U + S_W.
(** Where the gradient vanishes, the loss grows like the form [H] around. *)
Lemma loss_growth u w x z : H *m x = rho *: (S_U *m (u - w)) ->
  loss S_W S_U rho u w z - loss S_W S_U rho u w (x + w) = 1 / 2%:R * dot (z - (x + w)) (H *m (z - (x + w))).
Proof.
move=> gradient; set b := x + w; set y := z - b; set a := b - w; set c := b - u.
have zero : dot y (S_W *m a) + rho * dot y (S_U *m c) = 0.
  rewrite -dotZr -dotDr (_ : S_W *m a + _ = H *m x - rho *: (S_U *m (u - w))); last by rewrite /H /a /c /b; mxring.
  by rewrite gradient subrr dot0r.
have zw : z - w = y + a by rewrite addrA subrK.
have zu : z - u = y + c by rewrite addrA subrK.
rewrite /loss -/b -/a -/c zw zu; clearbody y a c; rewrite !form_add // /H mulmxDl scale_l dotDr dotZr.
by apply/eqP; rewrite -subr_eq0 -zero; apply/eqP; name_dots; field.
Qed.
Lemma loss_least u w x z : psd H -> H *m x = rho *: (S_U *m (u - w)) ->
  loss S_W S_U rho u w (x + w) <= loss S_W S_U rho u w z.
Proof.
by move=> pH gradient; rewrite -subr_ge0 (loss_growth z gradient) mulr_ge0 ?(proj2 pH) // divr_ge0 ?ler01 ?ler0n.
Qed.
Lemma loss_unique u w x z : psd H -> H \in unitmx -> H *m x = rho *: (S_U *m (u - w)) ->
  loss S_W S_U rho u w z = loss S_W S_U rho u w (x + w) -> z = x + w.
Proof.
move=> pH unit gradient same; apply/eqP; rewrite -subr_eq0; apply: contraT => /(psd_unit_pos pH unit).
have /eqP := loss_growth z gradient; rewrite same subrr eq_sym mulf_eq0 mul1r invr_eq0 pnatr_eq0 /=.
by move/eqP->; rewrite ltxx.
Qed.

(** The consensus is a mean of both aims, weighted by the curvatures. *)
Lemma weighted_mean Z u w : Z *m H = 1%:M ->
  rho *: (Z *m S_U *m (u - w)) + w = Z *m S_W *m w + rho *: (Z *m S_U *m u).
Proof. by move/(congr1 (fun X => X *m w)); rewrite mul1mx => {2}<-; rewrite /H; mxring. Qed.

(** The parallel sum [C = rho S_W H^+ S_U]: what is needed of [H^+] is that it inverts [H] on the range of [S_U]. *)
Lemma parallel_form Z : H *m Z *m S_U = S_U -> rho *: (S_W *m Z *m S_U) = rho *: S_U - rho ^+ 2 *: (S_U *m Z *m S_U).
Proof.
move=> range; rewrite (_ : S_W = H - rho *: S_U); last by rewrite /H addrC addKr.
by rewrite (mulmxBl H) (mulmxBl (H *m Z)) range scalerBr !scale_l scalerA.
Qed.
(** The least loss is half the gap's value in the form [C]. *)
Lemma loss_at_consensus Z u w : H *m Z *m S_U = S_U ->
  loss S_W S_U rho u w (rho *: (Z *m S_U *m (u - w)) + w)
  = 1 / 2%:R * dot (u - w) (rho *: (S_W *m Z *m S_U) *m (u - w)).
Proof.
move=> range; set Delta := u - w; set x := rho *: (Z *m S_U *m Delta).
have gradient : rho *: (S_U *m (x - Delta)) = - (S_W *m x).
  have : H *m x = rho *: (S_U *m Delta) by rewrite /x scale_r !mulmxA range.
  move/eqP; rewrite -subr_eq0 => /eqP zero; clearbody x; apply/eqP; rewrite -subr_eq0 -zero; apply/eqP.
  by rewrite /H; clearbody Delta; mxring.
rewrite /loss addrK (_ : x + w - u = x - Delta); last by rewrite /Delta opprB addrA addrAC.
have -> : rho *: (S_W *m Z *m S_U) *m Delta = S_W *m x by rewrite /x scale_r scale_l !mulmxA.
have -> : rho / 2%:R * dot (x - Delta) (S_U *m (x - Delta)) = 1 / 2%:R * dot (x - Delta) (rho *: (S_U *m (x - Delta))).
  by rewrite dotZr; name_dots; field.
by rewrite gradient; clearbody x Delta; dotring.
Qed.
End Sum.
End Consensus.

(** The range of either summand lies in that of the sum. *)
Lemma sum_range (R : realFieldType) d (S_W S_U Z : 'M[R]_d) (rho : R) : 0 < rho -> psd S_W -> psd S_U ->
  let H := rho *: S_U + S_W in pseudo_inverse H Z -> [/\ H *m Z *m S_U = S_U, Z^T = Z & psd H].
Proof.
move=> rho0 pW pU H isZ; have prU := psd_scale (ltW rho0) pU; have pH := psd_add prU pW; split=> //.
  have [symZ com] := pseudo_inverse_sym (proj1 pH) isZ; have [left _] := common_unseen_left prU pW isZ.
  move/eqP: left; rewrite -/H -com mulmxBl mul1mx subr_eq0 => /eqP/esym/(congr1 (fun X => rho^-1 *: X)).
  by rewrite scale_r !scalerA mulVf ?gt_eqF // !scale1r.
by have [] := pseudo_inverse_sym (proj1 pH) isZ.
Qed.
(** The parallel sum is symmetric; as a form it is twice the least loss, and so is nowhere negative. *)
Lemma parallel_sum_sym (R : realFieldType) d (S_W S_U Z : 'M[R]_d) (rho : R) : S_U^T = S_U -> Z^T = Z ->
  (rho *: S_U + S_W) *m Z *m S_U = S_U -> (rho *: (S_W *m Z *m S_U))^T = rho *: (S_W *m Z *m S_U).
Proof. by move=> symU symZ /parallel_form ->; rewrite !transposed symU symZ mulmxA. Qed.
Lemma parallel_sum_psd (R : realFieldType) d (S_W S_U Z : 'M[R]_d) (rho : R) : 0 < rho -> psd S_W -> psd S_U ->
  pseudo_inverse (rho *: S_U + S_W) Z -> psd (rho *: (S_W *m Z *m S_U)).
Proof.
move=> rho0 pW pU isZ; have [range symZ pH] := sum_range rho0 pW pU isZ; split.
  by apply: parallel_sum_sym range; rewrite ?(proj1 pU).
move=> v; have := loss_ge0 v 0 (rho *: (Z *m S_U *m (v - 0)) + 0) rho0 pW pU.
by rewrite loss_at_consensus // subr0 mul1r pmulr_rge0 // invr_gt0 ltr0n.
Qed.
(** With more curvature on one side the least loss is larger. *)
Lemma parallel_sum_monotone (R : realFieldType) d (S_W S_U E Z G : 'M[R]_d) (rho : R) : 0 < rho ->
  psd S_W -> psd S_U -> psd E -> pseudo_inverse (rho *: S_U + S_W) Z -> pseudo_inverse (rho *: S_U + (E + S_W)) G ->
  loewner (rho *: (S_W *m Z *m S_U)) (rho *: ((E + S_W) *m G *m S_U)).
Proof.
move=> rho0 pW pU pE isZ isG; have pEW := psd_add pE pW.
have [symC _] := parallel_sum_psd rho0 pW pU isZ; have [symC' _] := parallel_sum_psd rho0 pEW pU isG.
split=> [|v]; first by rewrite tr_add tr_opp symC symC'.
have [range _ pH] := sum_range rho0 pW pU isZ; have [range' _ _] := sum_range rho0 pEW pU isG.
have half (x y : R) : 1 / 2%:R * x <= 1 / 2%:R * y -> 0 <= y - x.
  by rewrite ler_pmul2l ?divr_gt0 ?ltr01 ?ltr0n // subr_ge0.
rewrite mulmxBl dotDr dotNr; apply: half.
have := loss_at_consensus v 0 range; have := loss_at_consensus v 0 range'; rewrite subr0 => <- <-.
set z := rho *: (G *m S_U *m v) + 0; apply: le_trans (_ : loss S_W S_U rho v 0 z <= _).
  by apply: loss_least; rewrite ?(proj1 pW) ?(proj1 pU) // subr0 scale_r !mulmxA range.
by rewrite /loss ler_add2r ler_pmul2l ?divr_gt0 ?ltr01 ?ltr0n // mulmxDl dotDr ler_addr (proj2 pE).
Qed.
(** A positive definite matrix has a positive semidefinite inverse; after adding [E] there is still an inverse, and it
    is smaller by an explicit amount. *)
Lemma psd_inverse (R : realFieldType) d (H : 'M[R]_d) : psd H -> H \in unitmx -> psd (invmx H).
Proof.
move=> pH unit; have := psd_congruence (invmx H) pH.
by rewrite trmx_inv (proj1 pH) mulVmx // mul1mx.
Qed.
Lemma more_unit (R : realFieldType) d (H E : 'M[R]_d) : psd E -> psd H -> H \in unitmx -> H + E \in unitmx.
Proof.
move=> pE pH unit; apply: pos_unit => v v0; rewrite mulmxDl dotDr.
by apply: ltr_paddr; [exact: (proj2 pE) | exact: psd_unit_pos].
Qed.
Lemma inverse_difference (R : realFieldType) d (X E : 'M[R]_d) : X \in unitmx -> X + E \in unitmx ->
  invmx X - invmx (X + E) = invmx (X + E) *m (E *m invmx X *m E + E) *m invmx (X + E).
Proof.
move=> uX uY; have := mulmxV uX; have := mulVmx uX; move: (invmx X) => I IX XI.
have := mulmxV uY; have := mulVmx uY; move: (invmx (X + E)) => G GY YG.
have -> : E *m I *m E + E = (X + E) *m I *m (X + E) - (X + E).
  by rewrite !mulmxDr !mulmxDl XI !mul1mx -(mulmxA E I X) IX mulmx1; mxring.
by rewrite (mulmxBr G) !mulmxA GY mul1mx (mulmxBl _ _ G) -mulmxA YG mulmx1 mul1mx.
Qed.

Theorem consensus_point : consensus_point_statement.
Proof.
written_out=> R d S_U S_W rho u_star w_star _ symU symW rho0 pH unit; split.
  by apply: weighted_mean; exact: mulVmx.
split=> // z _; rewrite !loss_matrix !mxE; apply: loss_least => //.
by rewrite scale_r -!mulmxA mulKVmx.
Qed.
Theorem consensus_growth : consensus_growth_statement.
Proof.
written_out=> R d S_U S_W rho u_star w w_star _ symU symW rho0 unit.
rewrite loss_matrix -addrA -opprD loss_matrix quadratic scale_scalar_mx -raddfB loss_growth //.
by rewrite scale_r -!mulmxA mulKVmx.
Qed.
Theorem consensus_unique : consensus_unique_statement.
Proof.
written_out=> R d S_U S_W rho u_star w w_star _ symU symW rho0 pH unit.
rewrite !loss_matrix => /matrixP/(_ 0 0); rewrite !mxE; apply: loss_unique => //.
by rewrite scale_r -!mulmxA mulKVmx.
Qed.
Theorem consensus_parallel_sum : consensus_parallel_sum_statement.
Proof.
written_out=> R d S_W S_U rho _ symW symU rho0 Z isZ pW pU; have pC := parallel_sum_psd rho0 pW pU isZ.
have [_ symZ _] := sum_range rho0 pW pU isZ; split=> //.
by rewrite -[LHS](proj1 pC) !transposed symW symU symZ mulmxA.
Qed.
Theorem consensus_value : consensus_value_statement.
Proof.
written_out=> R d S_W S_U rho u_star w_star _ symW symU rho0 Z isZ pW pU.
have [range _ pH] := sum_range rho0 pW pU isZ; split.
  by split=> // z _; rewrite !loss_matrix !mxE; apply: loss_least => //; rewrite scale_r !mulmxA range.
by rewrite loss_matrix loss_at_consensus // -(mulmxA (_ - _)^T) inner scale_scalar_mx.
Qed.
Theorem consensus_monotone : consensus_monotone_statement.
Proof.
written_out=> R d S_W S_U E rho _ _ _ _ rho0 Z isZ G isG pW pU pE; apply: parallel_sum_monotone => //.
by rewrite addrA.
Qed.
Theorem consensus_larger : consensus_larger_statement.
Proof. by written_out=> R d E S_U S_W rho _ _ _ _ _ pE pH unit; rewrite addrAC; exact: more_unit. Qed.
Theorem consensus_increase : consensus_increase_statement.
Proof.
written_out=> R d E S_U S_W rho _ symE symU symW rho0 pE pH unit; rewrite addrAC.
set H := rho *: S_U + S_W in pH unit *; have more := more_unit pE pH unit.
have form S X : X = rho *: S_U + S -> X \in unitmx ->
    rho *: (S *m invmx X *m S_U) = rho *: S_U - rho ^+ 2 *: (S_U *m invmx X *m S_U).
  by move=> -> uX; apply: parallel_form; rewrite mulmxV // mul1mx.
rewrite (form S_W H) // (form (E + S_W) (H + E)) //; last by rewrite /H addrA addrAC.
set G := invmx (H + E).
have symG : G^T = G by rewrite trmx_inv (tr_add H) (proj1 pH) symE.
have increase : rho *: S_U - rho ^+ 2 *: (S_U *m G *m S_U) - (rho *: S_U - rho ^+ 2 *: (S_U *m invmx H *m S_U))
    = rho ^+ 2 *: (S_U *m G *m (E *m invmx H *m E + E) *m G *m S_U).
  have := inverse_difference unit more; rewrite -/G => diff.
  rewrite -[in RHS](mulmxA S_U G) -(mulmxA S_U (G *m _)) -diff; clearbody G H; mxring.
split=> //; rewrite /loewner increase; apply: psd_scale; first exact: sqr_ge0.
have -> : S_U *m G *m (E *m invmx H *m E + E) *m G *m S_U = (G *m S_U)^T *m (E *m invmx H *m E + E) *m (G *m S_U).
  by rewrite trmx_mul symG symU !mulmxA.
apply: psd_congruence; apply: psd_add pE; rewrite -{1}symE; apply: psd_congruence; exact: psd_inverse.
Qed.
