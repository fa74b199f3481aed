(** * Roots and spectra of symmetric matrices, over any real closed field *)

From mathcomp Require Import all_ssreflect all_algebra all_field.
From mathcomp.real_closed Require Import complex.
From mathcomp.algebra_tactics Require Import ring.
Require Import base.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** A positive semidefinite matrix is [X^T *m X] *)
Lemma dot_col (R : realFieldType) m n (u u' : 'cV[R]_m) (v v' : 'cV[R]_n) :
  dot (col_mx u v) (col_mx u' v') = dot u u' + dot v v'.
Proof. by rewrite /dot tr_col_mx mul_row_col mxE. Qed.
Lemma dot_1 (R : realFieldType) (u v : 'cV[R]_1) : dot u v = u 0 0 * v 0 0.
Proof. by rewrite dot_sum big_ord1. Qed.

Lemma entry_1 (R : realFieldType) (x : R) : (x%:M : 'M_1) 0 0 = x.
Proof. by rewrite mxE eqxx mulr1n. Qed.
Lemma block_form (R : realFieldType) n (a x : R) (b v : 'cV[R]_n) (D : 'M_n) :
  dot (col_mx x%:M v) (block_mx a%:M b^T b D *m col_mx x%:M v)
  = a * x ^+ 2 + x * dot b v *+ 2 + dot v (D *m v).
Proof.
rewrite mul_block_col dot_col -scalar_mxM !dotDr !dot_1 -/(dot b v) mul_mx_scalar dotZr (dotC v b) !entry_1.
by ring.
Qed.

(** Square roots are all that is needed of the field. *)
Section Factor.
Variables (R : realFieldType) (root : R -> R).
Hypothesis root_ok : forall x, 0 <= x -> root x ^+ 2 = x.
Lemma factor_block n (a : R) (b : 'cV[R]_n) (D : 'M_n) : psd (block_mx a%:M b^T b D) ->
  [/\ 0 <= a, a = 0 -> b = 0 & psd (D - a^-1 *: (b *m b^T))].
Proof.
move=> pS; have [sym pos] := pS.
have quad x v : 0 <= a * x ^+ 2 + x * dot b v *+ 2 + dot v (D *m v).
  by rewrite -block_form.
have a0 : 0 <= a.
  by apply: (ge0_eq (quad 1 0)); rewrite mulmx0 !dot0r expr1n; ring.
have b0 : a = 0 -> b = 0.
  move=> az; have : block_mx a%:M b^T b D *m col_mx 1%:M 0 = 0.
    apply: (psd_kernel pS); rewrite block_form az mulmx0 !dot0r; ring.
  rewrite mul_block_col !mulmx0 !mulmx1 !addr0 => /eqP.
  by rewrite col_mx_eq0 => /andP[_ /eqP].
split=> //; split.
  move: sym; rewrite tr_block_mx => /eq_block_mx[_ _ _ symD].
  by rewrite tr_add tr_opp tr_scale trmx_mul trmxK symD.
move=> v; rewrite mulmxBl dotDr dotNr scale_l dotZr -mulmxA (dot_tr b).
have -> : dot (b^T *m v) (b^T *m v) = dot b v ^+ 2 by rewrite dot_1 expr2.
apply: (ge0_eq (quad (- (a^-1 * dot b v)) v)).
have [az|an] := eqVneq a 0; first by rewrite az invr0 (b0 az) !dot0l; ring.
by name_dots; field.
Qed.
Lemma factor_step n (a : R) (b : 'cV[R]_n) (D X : 'M_n) : 0 <= a -> (a = 0 -> b = 0) ->
  D - a^-1 *: (b *m b^T) = X^T *m X ->
  block_mx a%:M b^T b D =
    (block_mx (root a)%:M ((root a)^-1 *: b^T) 0 X)^T *m block_mx (root a)%:M ((root a)^-1 *: b^T) 0 X.
Proof.
move=> a0 b0 XE; rewrite tr_block_mx mulmx_block !trmx0 !mul0mx !mulmx0 !addr0.
rewrite tr_scalar_mx tr_scale trmxK -XE -scalar_mxM -expr2 root_ok //.
have [az|an] := eqVneq a 0.
  rewrite (b0 az) az; congr block_mx; by rewrite ?trmx0 ?(scaler0, mul0mx, mulmx0, addr0, add0r, subr0).
have r0 : root a != 0 by apply: contra an => /eqP r0; rewrite -(root_ok a0) r0 expr0n.
congr block_mx.
- by rewrite mul_scalar_mx scalerA divff // scale1r.
- by rewrite mul_mx_scalar scalerA divff // scale1r.
by rewrite scale_l scale_r scalerA -invfM -expr2 root_ok // addrC subrK.
Qed.
Theorem psd_factor_with_roots n (S : 'M[R]_n) : psd S -> exists X : 'M_n, S = X^T *m X.
Proof.
elim: n S => [|n IH] S pS; first by exists 0; apply/matrixP => -[].
pose a := ulsubmx (S : 'M_(1 + n)) 0 0; pose b : 'cV_n := dlsubmx (S : 'M_(1 + n)).
pose D : 'M_n := drsubmx (S : 'M_(1 + n)).
have SE : S = block_mx a%:M b^T b D :> 'M_(1 + n).
  rewrite -[LHS](submxK (S : 'M_(1 + n))) [ulsubmx _]mx11_scalar; congr block_mx.
  by rewrite /b trmx_dlsub (proj1 pS).
have [a0 b0 pD] : [/\ 0 <= a, a = 0 -> b = 0 & psd (D - a^-1 *: (b *m b^T))].
  by apply: factor_block; rewrite -SE.
have [X XE] := IH _ pD.
by eexists; rewrite SE; exact: factor_step XE.
Qed.
End Factor.
Theorem psd_factor (R : rcfType) n (S : 'M[R]_n) : psd S -> exists X : 'M_n, S = X^T *m X.
Proof. exact: (@psd_factor_with_roots _ Num.sqrt (@sqr_sqrtr R)). Qed.

(** ** The spectral theorem *)
Local Open Scope complex_scope.

Section Eigenvector.
Variable R : rcfType.
Lemma Re_sum (I : finType) (F : I -> R[i]) : complex.Re (\sum_i F i) = \sum_i complex.Re (F i).
Proof. by apply: (big_morph _ _ _) => [[a b] [c e]|]. Qed.
Lemma Im_sum (I : finType) (F : I -> R[i]) : complex.Im (\sum_i F i) = \sum_i complex.Im (F i).
Proof. by apply: (big_morph _ _ _) => [[a b] [c e]|]. Qed.
Lemma parts n (S : 'M[R]_n) (v : 'rV[R[i]]_n) :
  map_mx (@complex.Re R) (v *m map_mx (real_complex R) S) = map_mx (@complex.Re R) v *m S /\
  map_mx (@complex.Im R) (v *m map_mx (real_complex R) S) = map_mx (@complex.Im R) v *m S.
Proof.
split; apply/matrixP => i j; rewrite !mxE ?Re_sum ?Im_sum; apply: eq_bigr => k _; rewrite !mxE /=.
  by case: (v i k) => a b /=; rewrite mulr0 subr0.
by case: (v i k) => a b /=; rewrite mulr0 add0r.
Qed.
Theorem eigenvector n (S : 'M[R]_n.+1) : S^T = S -> exists a (v : 'cV_n.+1), v != 0 /\ S *m v = a *: v.
Proof.
move=> sym; pose SC := map_mx (real_complex R) S.
have /closed_rootP[z] : size (char_poly SC) != 1%N by rewrite size_char_poly.
rewrite -eigenvalue_root_char => /eigenvalueP[v eq v0].
have [eqRe eqIm] := parts S v; move: eqRe eqIm; rewrite -/SC eq.
set x := map_mx _ v; set y := map_mx (@complex.Im R) v; case: z eq => a b _ eqRe eqIm.
have {eqRe} Sx : S *m x^T = a *: x^T - b *: y^T.
  apply: trmx_inj; rewrite trmx_mul sym trmxK -eqRe; apply/rowP => j; rewrite !mxE /=.
  by case: (v 0 j) => c e.
have {eqIm} Sy : S *m y^T = b *: x^T + a *: y^T.
  apply: trmx_inj; rewrite trmx_mul sym trmxK -eqIm; apply/rowP => j; rewrite !mxE /=.
  by case: (v 0 j) => c e /=; rewrite addrC.
have b0 : b * (dot x^T x^T + dot y^T y^T) = 0.
  have := dot_tr S x^T y^T; rewrite sym Sx Sy !dotP.
  move: (dot x^T x^T) (dot y^T y^T) (dot x^T y^T) => xx yy xy h.
  have -> : b * (xx + yy) = b * xx + a * xy - (a * xy - b * yy) by ring.
  by rewrite h subrr.
have xy : (x^T != 0) || (y^T != 0).
  apply: contraNT v0; rewrite negb_or !negbK => /andP[/eqP x0 /eqP y0].
  apply/eqP/rowP => j; move/matrixP/(_ j 0): x0; move/matrixP/(_ j 0): y0; rewrite !mxE.
  by case: (v 0 j) => c e /= -> ->.
have bz : b = 0.
  move/eqP: b0; rewrite mulf_eq0 => /orP[/eqP //|]; rewrite paddr_eq0 ?dot_ge0 // !dot_eq0.
  by move: xy; do 2!case: eqVneq.
case/orP: xy => [x0|y0]; [exists a, x^T | exists a, y^T]; split=> //.
  by rewrite Sx bz scale0r subr0.
by rewrite Sy bz scale0r add0r.
Qed.
End Eigenvector.

Section Spectral.
Variable R : rcfType.
Lemma reflected n (Y : 'M[R]_n) : (1%:M - Y) *m (1%:M - Y) = 1%:M - (Y + Y) + Y *m Y.
Proof. by mxring. Qed.
(** A reflection takes one unit vector to another. *)
Lemma reflection n (u v : 'cV[R]_n) : dot u u = 1 -> dot v v = 1 ->
  exists H : 'M_n, [/\ H^T = H, H *m H = 1%:M & H *m u = v].
Proof.
move=> u1 v1; have [<-|uv] := eqVneq u v; first by exists 1%:M; rewrite trmx1 !mul1mx.
pose w := v - u; have w0 : dot w w != 0 by rewrite dot_eq0 subr_eq0 eq_sym.
have wu : dot w u = - (dot w w / 2%:R).
  have : dot w w = - (dot w u) * 2%:R by rewrite /w !dotP u1 v1 (dotC u v); ring.
  by move=> ->; rewrite mulfK ?pnatr_eq0 // opprK.
pose c := 2%:R / dot w w; exists (1%:M - c *: (w *m w^T)); split.
- by rewrite tr_add tr_opp tr_scale trmx_mul trmxK trmx1.
- have ww : (w *m w^T) *m (w *m w^T) = dot w w *: (w *m w^T).
    by rewrite mulmxA -(mulmxA w) inner mul_mx_scalar scale_l.
  rewrite reflected scale_l scale_r ww !scalerA.
  have -> : c * c * dot w w = c + c by rewrite /c; field; rewrite w0.
  by rewrite scalerDl subrK.
rewrite mulmxBl mul1mx scale_l -mulmxA.
rewrite inner mul_mx_scalar scalerA wu.
have -> : c * - (dot w w / 2%:R) = -1 by rewrite /c; field; rewrite w0.
by rewrite scaleN1r opprK addrC /w subrK.
Qed.
Lemma block_step n (T : 'M[R]_(1 + n)) (a : R) (O : 'M_n) (D : 'rV_n) : T^T = T ->
  T *m col_mx 1%:M 0 = a *: col_mx 1%:M (0 : 'cV_n) -> drsubmx T = O^T *m diag_mx D *m O ->
  T = (block_mx 1%:M 0 0 O)^T *m diag_mx (row_mx a%:M D) *m block_mx 1%:M 0 0 O.
Proof.
move=> sym col low; rewrite diag_mx_row tr_block_mx !mulmx_block !trmx0 trmx1.
rewrite !(mul0mx, mulmx0, mul1mx, mulmx1, addr0, add0r) -low.
have := col; rewrite -{1}[T]submxK mul_block_col !mulmx0 !mulmx1 !addr0 scale_col_mx scaler0 => /eq_col_mx[ul dl].
have ur : ursubmx T = 0 by rewrite -[T]sym -trmx_dlsub dl trmx0.
rewrite -{1}[T]submxK ul dl ur; congr block_mx.
by apply/matrixP => i j; rewrite !ord1 !mxE eqxx !mulr1n mulr1.
Qed.
Theorem spectral n (S : 'M[R]_n) : S^T = S ->
  exists (O : 'M_n) (D : 'rV_n), O^T *m O = 1%:M /\ S = O^T *m diag_mx D *m O.
Proof.
elim: n S => [|n IH] S sym; first by exists 0, 0; split; apply/matrixP => -[].
have [a [v [v0 Sv]]] := eigenvector sym.
pose k := (Num.sqrt (dot v v))^-1; pose u : 'cV_(1 + n) := k *: v.
have u1 : dot u u = 1.
  by rewrite /u dotZl dotZr mulrA -expr2 exprVn sqr_sqrtr ?dot_ge0 // mulVf // dot_eq0.
pose e : 'cV[R]_(1 + n) := col_mx 1%:M 0.
have e1 : dot e e = 1 by rewrite dot_col dot0l addr0 dot_1 entry_1 mulr1.
have [H [symH HH He]] := reflection e1 u1.
pose T : 'M_(1 + n) := H *m S *m H.
have symT : T^T = T by rewrite !trmx_mul symH sym mulmxA.
have Te : T *m e = a *: e.
  by rewrite /T -!mulmxA He /u scale_r Sv scalerA mulrC -scalerA scale_r -/u -He mulmxA HH mul1mx.
have symT' : (drsubmx T)^T = drsubmx T by rewrite trmx_drsub symT.
have [O [D [OO low]]] := IH _ symT'.
exists ((block_mx 1%:M 0 0 O : 'M_(1 + n)) *m H), (row_mx a%:M D : 'rV_(1 + n)).
have orth : (block_mx 1%:M 0 0 O : 'M_(1 + n))^T *m block_mx 1%:M 0 0 O = 1%:M.
  rewrite tr_block_mx mulmx_block !trmx0 trmx1 !(mul0mx, mulmx0, mul1mx, addr0, add0r) OO.
  by rewrite -scalar_mx_block.
split; first by rewrite trmx_mul symH mulmxA -(mulmxA H) orth mulmx1 HH.
rewrite trmx_mul symH !mulmxA -(mulmxA H) -(mulmxA H) -(block_step symT Te low).
by rewrite /T !mulmxA HH mul1mx -mulmxA HH mulmx1.
Qed.
End Spectral.
