(** * Projectors and pseudo-inverses, over any ordered field *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** The orthogonal projector onto a kernel *)
Section Kernel.
Variable R : realFieldType.
Definition kernel_projector m d (X : 'M[R]_(m, d)) (Pi : 'M[R]_d) :=
  [/\ Pi^T = Pi, X *m Pi = 0 & forall v : 'cV_d, X *m v = 0 -> Pi *m v = v].
Lemma columns m n (X Y : 'M[R]_(m, n)) :
  (forall v : 'cV_n, X *m v = Y *m v) -> X = Y.
Proof.
move=> same; apply/matrixP => i j.
by have /matrixP/(_ i 0) := same (delta_mx j 0); rewrite -!colE !mxE.
Qed.
Lemma gram_unit r d (B : 'M[R]_(r, d)) : row_free B -> B *m B^T \in unitmx.
Proof.
move=> free; apply: pos_unit => v v0.
rewrite -mulmxA dot_tr dot_gt0; apply: contra v0 => /eqP Bv.
have : v^T *m B = 0 by apply: trmx_inj; rewrite trmx_mul trmxK Bv trmx0.
by rewrite -[X in _ = X](mul0mx _ B) => /(row_free_inj free)/(congr1 trmx); rewrite trmxK trmx0 => ->.
Qed.
Theorem kernel_projector_exists m d (X : 'M[R]_(m, d)) : exists Pi, kernel_projector X Pi.
Proof.
pose B := row_base (kermx X^T).
have XB : X *m B^T = 0.
  apply: trmx_inj; rewrite trmx_mul trmxK trmx0; apply/sub_kermxP; by rewrite /B eq_row_base.
have unit : B *m B^T \in unitmx by exact/gram_unit/row_base_free.
have span (v : 'cV_d) : X *m v = 0 -> (v^T <= B)%MS.
  move=> Xv; rewrite /B eq_row_base; apply/sub_kermxP; apply: trmx_inj; by rewrite trmx_mul !trmxK Xv trmx0.
clearbody B; exists (B^T *m invmx (B *m B^T) *m B); split.
- by rewrite trmx_mul trmx_mul trmx_inv trmx_mul !trmxK mulmxA.
- by rewrite !mulmxA XB !mul0mx.
move=> v /span/submxP[D vD]; have -> : v = B^T *m D^T by apply: trmx_inj; rewrite trmx_mul !trmxK.
by rewrite -!mulmxA (mulmxA B) mulKmx.
Qed.
Section Facts.
Variables (m d : nat) (X : 'M[R]_(m, d)) (Pi : 'M[R]_d).
Hypothesis isPi : kernel_projector X Pi.
Lemma projector_fixes n (Y : 'M[R]_(d, n)) : X *m Y = 0 -> Pi *m Y = Y.
Proof.
case: isPi => _ _ fixes XY; apply/matrixP => i j.
have := fixes (Y *m delta_mx j 0); rewrite !mulmxA XY mul0mx => /(_ erefl)/matrixP/(_ i 0).
by rewrite -!colE !mxE.
Qed.
Lemma projector_idem : Pi *m Pi = Pi.
Proof. by apply: projector_fixes; case: isPi. Qed.
End Facts.
Lemma projector_form d (Pi : 'M[R]_d) v : projector Pi -> dot v (Pi *m v) = dot (Pi *m v) (Pi *m v).
Proof. by case=> idem sym; rewrite [RHS]dot_tr (mulmxA Pi^T) sym idem dotC. Qed.
Lemma projector_psd d (Pi : 'M[R]_d) : projector Pi -> psd Pi.
Proof. by move=> isPi; split=> [|v]; [case: isPi | rewrite projector_form ?dot_ge0]. Qed.
Lemma kernel_projectorP m d (X : 'M[R]_(m, d)) Pi : kernel_projector X Pi -> projector Pi.
Proof. by move=> isPi; split; [exact: projector_idem isPi | case: isPi]. Qed.
Lemma projector_complement d (Pi : 'M[R]_d) : projector Pi -> projector (1%:M - Pi).
Proof.
case=> idem sym; split; last by rewrite !transposed sym.
by rewrite mulmxBl mul1mx (mulmxBr Pi) mulmx1 idem subrr subr0.
Qed.
End Kernel.

(** ** The pseudo-inverse of Moore and Penrose: unique, and there is one *)
Section PseudoInverse.
Variable R : realFieldType.
Lemma pseudo_inverse_unique m n (X : 'M[R]_(m, n)) Y Z : pseudo_inverse X Y -> pseudo_inverse X Z -> Y = Z.
Proof.
move=> [y1 y2 y3 y4] [z1 z2 z3 z4].
have XY : X *m Y = X *m Z.
  have zy : X *m Z *m (X *m Y) = X *m Y by rewrite mulmxA z1.
  have yz : X *m Y *m (X *m Z) = X *m Z by rewrite mulmxA y1.
  by rewrite -zy; apply: trmx_inj; rewrite trmx_mul y3 z3 yz.
have YX : Y *m X = Z *m X.
  have zy : Y *m X *m (Z *m X) = Y *m X by rewrite -mulmxA (mulmxA X) z1.
  have yz : Z *m X *m (Y *m X) = Z *m X by rewrite -mulmxA (mulmxA X) y1.
  by rewrite -zy; apply: trmx_inj; rewrite trmx_mul y4 z4 yz.
by rewrite -y2 -mulmxA XY mulmxA YX z2.
Qed.
Lemma pseudo_inverse_tr m n (X : 'M[R]_(m, n)) Y : pseudo_inverse X Y -> pseudo_inverse X^T Y^T.
Proof.
move=> [y1 y2 y3 y4]; split.
- by rewrite -!trmx_mul mulmxA y1.
- by rewrite -!trmx_mul mulmxA y2.
- by rewrite -trmx_mul y4.
by rewrite -trmx_mul y3.
Qed.
(** A pseudo-inverse of a symmetric matrix is symmetric, and commutes with it. *)
Lemma pseudo_inverse_sym n (X Y : 'M[R]_n) : X^T = X -> pseudo_inverse X Y -> Y^T = Y /\ X *m Y = Y *m X.
Proof.
move=> sym isY; have := pseudo_inverse_tr isY; rewrite sym => isYT.
have symY := pseudo_inverse_unique isYT isY; split=> //.
by case: isY => _ _ y3 _; rewrite -y3 trmx_mul sym symY.
Qed.
Lemma pseudo_inverse_unit n (X : 'M[R]_n) Y : X \in unitmx -> pseudo_inverse X Y -> Y = invmx X.
Proof.
move=> unit isY; apply: (pseudo_inverse_unique isY).
by split; rewrite ?mulmxV ?mulVmx ?mul1mx ?trmx1.
Qed.
Theorem pseudo_inverse_exists n (X : 'M[R]_n) : X^T = X -> exists Y, pseudo_inverse X Y.
Proof.
move=> sym; have [Pi isPi] := kernel_projector_exists X; have idem := projector_idem isPi.
have [symPi XPi _] := isPi.
have PiX : Pi *m X = 0 by apply: trmx_inj; rewrite trmx_mul symPi sym XPi trmx0.
have unit : X + Pi \in unitmx.
  apply: injective_unit => v; rewrite mulmxDl => eq.
  have Piv : Pi *m v = 0 by move/(congr1 (mulmx Pi)): eq; rewrite mulmx0 mulmxDr !mulmxA PiX idem mul0mx add0r.
  by rewrite -Piv; apply/esym; case: isPi => _ _; apply; move: eq; rewrite Piv addr0.
have l : Pi *m invmx (X + Pi) = Pi.
  by rewrite -[X in X *m invmx _](_ : Pi *m (X + Pi) = Pi) ?mulmxK // mulmxDr PiX idem add0r.
have r : invmx (X + Pi) *m Pi = Pi.
  by rewrite -[X in invmx _ *m X](_ : (X + Pi) *m Pi = Pi) ?mulKmx // mulmxDl XPi idem add0r.
have XY : X *m (invmx (X + Pi) - Pi) = 1%:M - Pi.
  by rewrite mulmxBr XPi subr0 -[X in X *m _](addrK Pi) mulmxBl mulmxV // l.
have YX : (invmx (X + Pi) - Pi) *m X = 1%:M - Pi.
  by rewrite mulmxBl PiX subr0 -[X in _ *m X](addrK Pi) mulmxBr mulVmx // r.
exists (invmx (X + Pi) - Pi); rewrite /pseudo_inverse XY YX.
split; rewrite ?transposed ?symPi //; first by rewrite mulmxBl mul1mx PiX subr0.
by rewrite mulmxBl mul1mx mulmxBr l idem subrr subr0.
Qed.
(** What multiplies a matrix by its pseudo-inverse projects onto its range. *)
Lemma range_projector m n (X : 'M[R]_(m, n)) Y : pseudo_inverse X Y -> projector (X *m Y).
Proof. by case=> y1 y2 y3 y4; split=> //; rewrite mulmxA y1. Qed.
Lemma row_projector m n (X : 'M[R]_(m, n)) Y : pseudo_inverse X Y -> projector (Y *m X).
Proof. by case=> y1 y2 y3 y4; split=> //; rewrite mulmxA y2. Qed.
(** [1 - Y X] projects onto the kernel of [X]. *)
Lemma kernel_of_pseudo_inverse m n (X : 'M[R]_(m, n)) Y : pseudo_inverse X Y -> kernel_projector X (1%:M - Y *m X).
Proof.
case=> y1 y2 y3 y4; split; first by rewrite !transposed -trmx_mul y4.
- by rewrite mulmxBr mulmx1 mulmxA y1 subrr.
by move=> v Xv; rewrite mulmxBl mul1mx -mulmxA Xv mulmx0 subr0.
Qed.
Lemma range_within_fixed m n p (X : 'M[R]_(m, n)) (Y : 'M[R]_(m, p)) Z : pseudo_inverse Y Z ->
  range_within X Y <-> Y *m Z *m X = X.
Proof.
case=> y1 _ _ _; split=> [[C ->]|<-]; first by rewrite mulmxA y1.
by exists (Z *m X); rewrite mulmxA.
Qed.
(** Of a sum of positive semidefinite matrices, the kernel is what both kernels share. *)
Lemma psd_sum_kernel n (S T : 'M[R]_n) (v : 'cV_n) : psd S -> psd T ->
  (S + T) *m v = 0 <-> S *m v = 0 /\ T *m v = 0.
Proof.
move=> pS pT; split=> [|[Sv Tv]]; last by rewrite mulmxDl Sv Tv addr0.
move=> /(congr1 (dot v)); rewrite dot0r mulmxDl dotDr => /eqP.
rewrite paddr_eq0 ?(proj2 pS) ?(proj2 pT) // => /andP[/eqP Sv /eqP Tv].
by split; apply: psd_kernel.
Qed.
End PseudoInverse.
