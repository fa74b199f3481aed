(** * Gradient descent on a quadratic function

    An attacker who may change the victim's labels moves the victim's error by [T y]; it descends along the gradient
    [T'(T y + e)].  The steps settle if they are short against the largest stretch of [T], and end nearest. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits spectral statements convergence spectra.
Require gradient_attack_matrices.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** What a change of the labels does to the error *)

(** The error at rest is affine in the labels. *)
Theorem gradient_attack_labels : gradient_attack_labels_statement.
Proof.
move=> R d n X_W eta_W eta_U S_U y y_W u w _ _ _ _ _ S_W P Q M T x rest e x' rest' e' unit.
by apply: (@gradient_attack_matrices.gradient_attack_labels R d n S_W P Q S_U M (invmx M) X_W w u x e x' e' T y_W y
  eta_U eta_W n%:R^-1) => //; exact: mulVmx.
Qed.
(** So half its square is a quadratic function of them. *)
Theorem gradient_attack_gradient : gradient_attack_gradient_statement.
Proof.
move=> R d n X_W eta_W eta_U S_U y y_W u w d0 n0 W0 symU U0 S_W P Q M T x rest e x' rest' e' unit.
apply: (@gradient_attack_matrices.gradient_attack_gradient R n d X_W T (invmx M) e e' y (dot (T *m y) e)) => //.
  by rewrite -trmx_mul inner scalemx1.
exact: (@gradient_attack_labels R d n X_W eta_W eta_U S_U y y_W u w d0 n0 W0 symU U0 x rest x' rest' unit).
Qed.

(** ** Steps along [T' T] *)
Section Descent.
Variables (R : realFieldType) (m n : nat) (T : 'M[R]_(m, n)) (gamma : R) (Pi : 'M[R]_n).
Hypothesis isPi : kernel_projector T Pi.
Local Notation step := (1%:M - gamma *: (T^T *m T)).

(** The kernel of [T] stays as it is, from both sides. *)
Lemma kernel_stays : step *m Pi = Pi /\ Pi *m step = Pi.
Proof.
have [symPi TPi _] := isPi; have PiT : Pi *m T^T = 0 by rewrite -symPi -trmx_mul TPi trmx0.
split; first by rewrite mulmxBl mul1mx scale_l -mulmxA TPi mulmx0 scaler0 subr0.
by rewrite mulmxBr mulmx1 scale_r mulmxA PiT mul0mx scaler0 subr0.
Qed.
Lemma kernel_unpushed : Pi *m (gamma *: T^T) = 0.
Proof. by have [symPi TPi _] := isPi; rewrite scale_r -symPi -trmx_mul TPi trmx0 scaler0. Qed.
(** What a step takes from the squared length. *)
Lemma step_length v : dot (step *m v) (step *m v)
  = dot v v - gamma * (2%:R * dot (T *m v) (T *m v) - gamma * dot (T^T *m (T *m v)) (T^T *m (T *m v))).
Proof.
have -> : step *m v = v - gamma *: (T^T *m (T *m v)) by rewrite mulmxBl mul1mx scale_l mulmxA.
have vT : dot v (T^T *m (T *m v)) = dot (T *m v) (T *m v) by rewrite -dot_trl.
by rewrite !dotP (dotC _ v) vT; name_dots; ring.
Qed.
End Descent.

(** A factor by which a matrix whose powers vanish lengthens some vector is below 1. *)
Lemma contracts_eigen (R : realFieldType) d (X : 'M[R]_d) (v : 'cV_d) k :
  contracts X -> v != 0 -> X *m v = k *: v -> `|k| < 1.
Proof.
move=> con v0 eigen; have [N /(_ N (leqnn N))] := con v (dot v v) (etrans (dot_gt0 v) v0).
have -> : power X N *m v = k ^+ N *: v.
  by elim: (N) => [|t IH] /=; rewrite ?mul1mx ?scale1r // -mulmxA IH scale_r eigen scalerA exprSr.
rewrite subr0 dotZl dotZr mulrA -expr2 => small; rewrite ltNge; apply: contraL small => k1; rewrite -leNgt.
by rewrite ler_pemull ?dot_ge0 // -real_normK ?num_real // normrX exprn_ege1 // exprn_ege1.
Qed.

(** The iterates settle if and only if the longest step does not go twice too far. *)
Theorem descent_settles (R : rcfType) m n (T : 'M[R]_(m, n)) gamma s : Num.archimedean_axiom R -> 0 < gamma -> T != 0 ->
  largest_stretch T s -> settles (1%:M - gamma *: (T^T *m T)) (gamma *: T^T) <-> gamma < 2%:R / s ^+ 2.
Proof.
move=> archi gamma0 T0 large; have [x x1 eigen] := largest_stretch_eigen large.
have [Pi isPi] := kernel_projector_exists T; have [symPi TPi fixes] := isPi.
have projPi := kernel_projectorP isPi; have [stays stays_left] := kernel_stays gamma isPi.
have unpushed := kernel_unpushed gamma isPi; case/largest_stretchP: large => s0 bound _.
have s_gt0 : 0 < s ^+ 2.
  rewrite lt_neqAle sqr_ge0 andbT eq_sym; apply: contra T0 => /eqP z; apply/eqP/columns => v; apply/eqP.
  by rewrite mul0mx -dot_eq0 eq_le dot_ge0 andbT; have := bound v; rewrite z mul0r.
rewrite ltr_pdivl_mulr //; split=> [set|short].
  have seen (v : 'cV_n) : (1%:M - gamma *: (T^T *m T))^T *m v = v -> (gamma *: T^T)^T *m v = 0 -> Pi *m v = v.
    move=> _; rewrite tr_scale trmxK scale_l => /eqP; rewrite scaler_eq0 gt_eqF //= => /eqP; exact: fixes.
  have con := settles_contracts projPi stays stays_left seen set.
  have Pix : Pi *m x = 0.
    have : s ^+ 2 *: (Pi *m x) = 0 by rewrite -scale_r -eigen !mulmxA -symPi -trmx_mul TPi trmx0 !mul0mx.
    by move/eqP; rewrite scaler_eq0 gt_eqF //= => /eqP.
  have x0 : x != 0 by rewrite -dot_gt0 x1 ltr01.
  have : `|1 - gamma * s ^+ 2| < 1.
    apply: contracts_eigen con x0 _.
    by rewrite -mulmxA (mulmxBl _ Pi) mul1mx Pix subr0 mulmxBl mul1mx scale_l eigen scalerA scalerBl scale1r.
  rewrite ltr_norml -subr_gt0 => /andP[above _]; rewrite -subr_gt0.
  by have -> : 2%:R - gamma * s ^+ 2 = 1 - gamma * s ^+ 2 - -1 by ring.
have loses v : (2%:R - gamma * s ^+ 2) * dot (T *m v) (T *m v)
    <= 2%:R * dot (T *m v) (T *m v) - gamma * dot (T^T *m (T *m v)) (T^T *m (T *m v)).
  rewrite mulrBl ler_add2l ler_opp2 -mulrA ler_pmul2l //; exact: stretch_tr (sqr_ge0 s) bound _.
have rest0 : 0 < 2%:R - gamma * s ^+ 2 by rewrite subr_gt0.
apply: (contracts_settles projPi stays stays_left unpushed).
apply: (complement_contracts projPi _ _ archi) => v; rewrite step_length.
  rewrite ler_subl_addr ler_addl mulr_ge0 ?(ltW gamma0) //; apply: le_trans (loses v).
  by rewrite mulr_ge0 ?dot_ge0 // ltW.
move/eqP; rewrite -subr_eq0 addrAC subrr add0r oppr_eq0 mulf_eq0 gt_eqF //= => /eqP none.
apply: fixes; apply/eqP; rewrite -dot_eq0 eq_le dot_ge0 andbT -(pmulr_rle0 _ rest0) -none; exact: loses.
Qed.
Theorem gradient_attack_step : gradient_attack_step_statement.
Proof.
move=> R d n X eta_W eta_U gamma S_U archi _ n0 W0 symU U0 gamma0 S_W P Q M T unit /eqP X0 c.
apply: descent_settles => //.
apply: contra X0 => /eqP /(congr1 (mulmx M)); rewrite mulmx0 /T scale_r mulKVmx // => /eqP.
by rewrite scaler_eq0 gt_eqF ?divr_gt0 ?ltr0n //= => /eqP /(congr1 trmx); rewrite trmxK trmx0 => ->.
Qed.

(** Steps from 0 stay in the range of [T'], so they end at the solution that is least: by the pseudo-inverse. *)
Theorem descent_limit (R : realFieldType) m n (T : 'M[R]_(m, n)) gamma Y (e : 'cV_m) : Num.archimedean_axiom R ->
  0 < gamma -> strictly_loewner (gamma *: (T^T *m T)) (2%:R *: 1%:M) -> pseudo_inverse T Y ->
  tends_to (fun t => iter t (fun y => y - gamma *: (T^T *m (T *m y + e))) 0) (- (Y *m e)).
Proof.
move=> archi gamma0 inside isY; have isPi := kernel_of_pseudo_inverse isY; set Pi := 1%:M - Y *m T in isPi.
have projPi := kernel_projectorP isPi; have [stays stays_left] := kernel_stays gamma isPi.
have pT : psd (gamma *: (T^T *m T)) by apply: psd_scale (ltW gamma0) _; exact: psd_gram.
set X := 1%:M - gamma *: (T^T *m T) in stays stays_left.
have con : contracts (X *m (1%:M - Pi)).
  apply: (complement_contracts projPi _ _ archi) => v; first by apply: box_step => //; case: inside.
  move/(box_equality pT inside); rewrite scale_l => /eqP; rewrite scaler_eq0 gt_eqF //= -mulmxA => /eqP Tv.
  by case: isPi => _ _; apply; apply/eqP; rewrite -dot_eq0 dot_trl Tv dot0r.
have [y1 y2 y3 y4] := isY; have TTY : T^T *m (T *m (Y *m e)) = T^T *m e.
  by rewrite !mulmxA; congr (_ *m e); rewrite -mulmxA -y3 -trmx_mul y1.
have fixed : - (Y *m e) = X *m - (Y *m e) - gamma *: (T^T *m e).
  by rewrite mulmxN mulmxBl mul1mx scale_l -mulmxA TTY opprB addrAC subrr add0r.
apply/tends_to_shift/(tends_to_eq _ (con (Y *m e))) => t.
have -> : iter t (fun y => y - gamma *: (T^T *m (T *m y + e))) 0 = iter t (fun y => X *m y - gamma *: (T^T *m e)) 0.
  apply: eq_iter => y; rewrite /X; mxring.
rewrite (iter_affine _ _ fixed) [RHS]addrC addKr sub0r opprK.
have range : (1%:M - Pi) *m (Y *m e) = Y *m e by rewrite /Pi opprB addrC subrK !mulmxA y2.
by rewrite -range !mulmxA; congr (_ *m _ *m _); rewrite complement_power.
Qed.
Theorem gradient_attack_limit : gradient_attack_limit_statement.
Proof.
move=> R d n X eta_W eta_U gamma S_U u w y_W _ _ _ _ _ gamma0 S_W P Q M T x _ e inside c isc.
exact: descent_limit (@archimedean R) gamma0 inside isc.
Qed.

(** ** How much a single step shortens *)
Section Step.
Variables (R : rcfType) (d : nat).

(** An orthogonal matrix keeps lengths. *)
Lemma orthogonal_length (O : 'M[R]_d) (v : 'cV_d) : O^T *m O = 1%:M -> dot (O *m v) (O *m v) = dot v v.
Proof. by move=> OO; rewrite dot_trl mulmxA OO mul1mx. Qed.
(** The eigenvalues of [S] lie between its extreme stretches, and each coordinate of a step has its own factor. *)
Lemma step_shrinks (S : 'M[R]_d) gamma a b k v : psd S -> 0 <= a ->
  (forall w, a ^+ 2 * dot w w <= dot (S *m w) (S *m w)) -> (forall w, dot w (S *m w) <= b * dot w w) ->
  (forall x, a <= x -> x <= b -> (1 - gamma * x) ^+ 2 <= k) ->
  dot (v - gamma *: (S *m v)) (v - gamma *: (S *m v)) <= k * dot v v.
Proof.
move=> pS a0 lower upper factor; have [O [D [OO SE]]] := spectral (proj1 pS).
have OOT := mulmx1C OO; have SO w : S *m (O^T *m w) = O^T *m (diag_mx D *m w).
  by rewrite SE -!mulmxA (mulmxA O) OOT mul1mx.
have lengthT w : dot (O^T *m w) (O^T *m w) = dot w w by apply: orthogonal_length; rewrite trmxK.
have Dd i : diag_mx D *m delta_mx i 0 = D 0 i *: delta_mx i (0 : 'I_1).
  by apply/colP => j; rewrite mul_diag_mx !mxE; case: eqP => [->|]; rewrite ?mulr0.
have unit i : dot (delta_mx i 0) (delta_mx i 0) = 1 :> R by rewrite -entry_dot mxE !eqxx.
have form i : dot (O^T *m delta_mx i 0) (S *m (O^T *m delta_mx i 0)) = D 0 i.
  by rewrite SO dot_trl trmxK (mulmxA O) OOT mul1mx Dd dotZr unit mulr1.
have D0 i : 0 <= D 0 i by rewrite -form; case: pS.
have Da i : a <= D 0 i.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE //; have := lower (O^T *m delta_mx i 0).
  by rewrite SO !lengthT unit Dd dotZl dotZr unit !mulr1 -expr2.
have Db i : D 0 i <= b by have := upper (O^T *m delta_mx i 0); rewrite form lengthT unit mulr1.
have -> : v = O^T *m (O *m v) by rewrite mulmxA OO mul1mx.
set w := O *m v; rewrite SO -scale_r -mulmxBr !lengthT !dot_sum mulr_sumr; apply: ler_sum => i _.
have -> : (w - gamma *: (diag_mx D *m w)) i 0 = (1 - gamma * D 0 i) * w i 0.
  by rewrite mul_diag_mx !mxE mulrBl mul1r mulrA.
rewrite -!expr2 exprMn; apply: ler_wpmul2r; first exact: sqr_ge0.
exact: factor.
Qed.
End Step.

(** With the step between both extreme curvatures, the least curvature decides. *)
Theorem step_shortens (R : rcfType) m n (T : 'M[R]_(m, n)) gamma s a e : 0 < gamma ->
  largest_stretch T^T s -> smallest_stretch (T *m T^T) a -> gamma * (s ^+ 2 + a) <= 2%:R ->
  norm (e - gamma *: (T *m (T^T *m e))) <= `|gamma * a - 1| * norm e.
Proof.
move=> gamma0 /largest_stretchP[s0 stretch [x x1 xs]] [low [y y1 ya]] small.
have a0 : 0 <= a by rewrite -ya norm_ge0.
have upper w : dot w (T *m T^T *m w) <= s ^+ 2 * dot w w by rewrite -mulmxA dot_tr; exact: stretch.
have lower w : a ^+ 2 * dot w w <= dot (T *m T^T *m w) (T *m T^T *m w).
  by rewrite -!norm_sqr -exprMn ler_expn2r ?nnegrE ?mulr_ge0 ?norm_ge0.
rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 ?norm_ge0 ?normr_ge0 // exprMn !norm_sqr real_normK ?num_real // mulmxA.
apply: step_shrinks lower upper _ => // [|z az zs]; first by rewrite -{1}(trmxK T); exact: psd_gram.
rewrite -subr_ge0; apply: (@ge0_eq _ (gamma * (z - a) * (2%:R - gamma * (z + a)))); last by ring.
rewrite !mulr_ge0 ?subr_ge0 ?(ltW gamma0) //; apply: le_trans small.
by rewrite ler_pmul2l // ler_add2r.
Qed.
Theorem gradient_attack_shrink : gradient_attack_shrink_statement.
Proof.
move=> R d n X eta_W eta_U gamma S_U u w y_W _ _ _ _ _ gamma0 S_W P Q M T x _ e slope moved s large a least small.
exact: (step_shortens e gamma0 large least small).
Qed.
(** A step that is the inverse of the largest curvature is such a step. *)
Theorem gradient_attack_rate : gradient_attack_rate_statement.
Proof.
move=> R d n X eta_W eta_U gamma S_U u w y_W _ _ _ _ _ gamma0 S_W P Q M T x _ e slope moved _ s large a least short.
have [s0 stretch [y y1 _]] := proj1 (largest_stretchP _ _) large.
have a_le : a <= s ^+ 2.
  have [low [z _ za]] := least; have a0 : 0 <= a by rewrite -za norm_ge0.
  have := low y; rewrite (proj2 (norm_1 y) y1) mulr1; move/le_trans; apply.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?norm_ge0 ?sqr_ge0 // norm_sqr -mulmxA expr2.
  have := stretch_tr (sqr_ge0 s) stretch (T^T *m y); rewrite trmxK => /le_trans; apply.
  by rewrite ler_wpmul2l ?sqr_ge0 //; have := stretch y; rewrite y1 mulr1.
have small : gamma * (s ^+ 2 + a) <= 2%:R.
  by rewrite mulrDr short -[2%:R]/(1 + 1) ler_add2l -short ler_pmul2l.
have scale : `|gamma * a - 1| * s ^+ 2 = `|a - s ^+ 2|.
  by rewrite -[X in _ * X]ger0_norm ?sqr_ge0 // -normrM mulrBl mulrAC short !mul1r.
rewrite -scale mulrAC ler_wpmul2r ?sqr_ge0 //; exact: (step_shortens e gamma0 large least small).
Qed.
