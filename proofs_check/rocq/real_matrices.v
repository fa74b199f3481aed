(** * Real matrices obey the laws

    The numbers are those of any ordered field [R], a space is a number of coordinates, and an operator to n coordinates
    from m is a matrix of Mathematical Components, ['M[R]_(n, m)].  So every theorem of an exported file holds of
    matrices, whatever the field and the sizes, 0 among them. *)

From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat choice fintype bigop order ssralg ssrnum zmodp matrix.
From Coq Require Import QArith.
Require operators.
Require Export forms.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** A rational number in a field.  Whole numbers and fractions are, by computation, what one writes: [2%:R], [1 / 2%:R]. *)
Section Rationals.
Variable R : realFieldType.
Definition of_pos (p : positive) : R := if p is xH then 1 else (Pos.to_nat p)%:R.
Definition of_Z (z : Z) : R := match z with Z0 => 0 | Zpos p => of_pos p | Zneg p => - of_pos p end.
Definition of_Q (q : Q) : R := if Qden q is xH then of_Z (Qnum q) else of_Z (Qnum q) / of_pos (Qden q).

Lemma of_posE p : of_pos p = (Pos.to_nat p)%:R.
Proof. by case: p. Qed.
Lemma of_pos_gt0 p : 0 < of_pos p.
Proof. by rewrite of_posE ltr0n; case: (Pos2Nat.is_succ p) => n ->. Qed.
Lemma of_pos_neq0 p : of_pos p != 0.
Proof. exact: lt0r_neq0 (of_pos_gt0 p). Qed.
Lemma of_pos_add p q : of_pos (p + q) = of_pos p + of_pos q.
Proof. by rewrite !of_posE Pos2Nat.inj_add natrD. Qed.
Lemma of_pos_mul p q : of_pos (p * q) = of_pos p * of_pos q.
Proof. by rewrite !of_posE Pos2Nat.inj_mul natrM. Qed.
Lemma of_pos_sub p q : of_Z (Z.pos_sub p q) = of_pos p - of_pos q.
Proof.
have := Z.pos_sub_discr p q; case: (Z.pos_sub p q) => [|r|r] ->; rewrite ?of_pos_add /= ?subrr //.
- by rewrite addrC addKr.
- by rewrite opprD addrA subrr add0r.
Qed.
Lemma of_Z_add x y : of_Z (x + y) = of_Z x + of_Z y.
Proof.
case: x y => [|p|p] [|q|q] //=; rewrite ?add0r ?addr0 ?of_pos_sub ?of_pos_add //; first by rewrite addrC.
by rewrite opprD.
Qed.
Lemma of_Z_mul x y : of_Z (x * y) = of_Z x * of_Z y.
Proof. by case: x y => [|p|p] [|q|q] /=; rewrite ?mul0r ?mulr0 ?mulrNN ?mulNr ?mulrN ?of_pos_mul. Qed.
Lemma of_QE q : of_Q q = of_Z (Qnum q) / of_pos (Qden q).
Proof. by rewrite /of_Q; case: (Qden q) => //=; rewrite divr1. Qed.
Lemma of_Q_add p q : of_Q (p + q) = of_Q p + of_Q q.
Proof. by rewrite !of_QE /= of_pos_mul of_Z_add !of_Z_mul addf_div ?of_pos_neq0. Qed.
Lemma of_Q_mul p q : of_Q (p * q) = of_Q p * of_Q q.
Proof. by rewrite !of_QE /= of_pos_mul of_Z_mul mulf_div. Qed.
Lemma of_Q_eq p q : (p == q)%Q -> of_Q p = of_Q q.
Proof.
rewrite /Qeq !of_QE => /(congr1 of_Z); rewrite !of_Z_mul => crossed; apply/eqP.
by rewrite eqr_div ?of_pos_neq0 // crossed.
Qed.
Lemma of_Q_gt0 q : (0 < q)%Q -> 0 < of_Q q.
Proof.
case: q => [[|p|p] d]; rewrite /Qlt //= => _.
by rewrite of_QE divr_gt0 ?of_pos_gt0.
Qed.
End Rationals.

Section Matrices.
Variable R : realFieldType.

Lemma psd_one n : psd (1%:M : 'M[R]_n).
Proof.
split=> [|v]; first exact: trmx1.
by rewrite /dot mul1mx mxE sumr_ge0 // => i _; rewrite mxE -expr2 sqr_ge0.
Qed.
Lemma psd_add n (S T : 'M[R]_n) : psd S -> psd T -> psd (S + T).
Proof.
move=> [symS posS] [symT posT]; split=> [|v]; first by rewrite linearD /= symS symT.
by rewrite /dot mulmxDl mulmxDr mxE; apply: addr_ge0; [exact: posS|exact: posT].
Qed.
Lemma psd_scale n (k : R) (S : 'M[R]_n) : 0 <= k -> psd S -> psd (k *: S).
Proof.
move=> k_ge0 [sym pos]; split=> [|v]; first by rewrite linearZ /= sym.
by rewrite /dot -scalemxAl -scalemxAr mxE; apply: mulr_ge0 => //; exact: pos.
Qed.
Lemma psd_star n m (S : 'M[R]_n) (G : 'M[R]_(n, m)) : psd S -> psd (G^T *m (S *m G)).
Proof.
move=> [sym pos]; split=> [|v]; first by rewrite !trmx_mul trmxK sym mulmxA.
by have := pos (G *m v); rewrite /dot trmx_mul !mulmxA.
Qed.
Lemma psd_antisymmetric n (S : 'M[R]_n) : psd S -> psd (- S) -> S = 0.
Proof.
move=> [sym pos] [_ neg]; have zero (v : 'cV_n) : (v^T *m S *m v) 0 0 = 0.
  rewrite -mulmxA; apply/eqP; rewrite eq_le [X in _ && X]pos andbT -oppr_ge0.
  by have := neg v; rewrite /dot mulNmx mulmxN mxE.
apply/matrixP => i j; rewrite [in RHS]mxE.
have value k l : ((delta_mx k 0)^T *m S *m delta_mx l 0) (0 : 'I_1) (0 : 'I_1) = S k l.
  by rewrite trmx_delta -rowE -colE !mxE.
have := zero (delta_mx i 0 + delta_mx j 0).
have -> : (delta_mx i 0 + delta_mx j 0)^T = (delta_mx i 0)^T + (delta_mx j 0)^T :> 'rV[R]_n by exact: linearD.
have entry (Y Z : 'M[R]_1) : (Y + Z) 0 0 = Y 0 0 + Z 0 0 by rewrite mxE.
rewrite 2!mulmxDl !mulmxDr !entry !value.
have -> : S i i = 0 by rewrite -value.
have -> : S j j = 0 by rewrite -value.
have -> : S j i = S i j by rewrite -[in LHS]sym mxE.
by rewrite add0r addr0 -mulr2n => /eqP; rewrite mulrn_eq0 => /eqP.
Qed.
(** Where the form vanishes at a column, going a little along another one would make it negative. *)
Lemma psd_kernel n m (S : 'M[R]_n) (G : 'M[R]_(n, m)) : psd S -> G^T *m (S *m G) = 0 -> S *m G = 0.
Proof.
move=> [sym pos] null; apply/matrixP => i j; rewrite [in RHS]mxE.
pose form (u v : 'cV[R]_n) := dot u (S *m v).
have formC u v : form u v = form v u.
  rewrite /form /dot -[in LHS](trmxK (u^T *m _)) [in LHS]mxE trmx_mul trmxK.
  by rewrite trmx_mul sym mulmxA.
have formD u v w : form (u + v) w = form u w + form v w by rewrite /form /dot linearD mulmxDl mxE.
have formZ k u v : form (k *: u) v = k * form u v by rewrite /form /dot linearZ -scalemxAl mxE.
pose y : 'cV[R]_n := G *m delta_mx j 0; pose z : 'cV[R]_n := delta_mx i 0.
have -> : (S *m G) i j = form z y.
  by rewrite /form /dot /z /y trmx_delta (mulmxA S) -rowE -colE !mxE.
have yy : form y y = 0.
  by rewrite /form /dot /y trmx_mul (mulmxA S) mulmxA -(mulmxA _ G^T) null mulmx0 mul0mx mxE.
set b := form z z; set c := form z y; pose v := (b + 1) *: y + (- c) *: z.
have b_ge0 : 0 <= b by exact: pos.
have value : form v v = - (c ^+ 2 * (b + 2%:R)).
  rewrite !(formD, formZ) !(formC _ v) !(formD, formZ) yy (formC y) -/b -/c mulr0 add0r.
  rewrite mulNr mulrDr !mulNr !mulrN opprK.
  rewrite (mulrCA c (b + 1)) (mulrA c) -expr2; move: (c ^+ 2) => k.
  by rewrite mulrDl mul1r (mulrC b) mulrDr mulr_natr mulr2n !opprD [X in _ + X]addrAC addNr add0r addrA.
apply/eqP; rewrite -sqrf_eq0 eq_le sqr_ge0 andbT.
have : 0 <= form v v by exact: pos.
by rewrite value oppr_ge0 pmulr_lle0 // ltr_paddl ?ltr0n.
Qed.

Obligation Tactic := idtac.
Program Definition real_matrices : operators.Operators := {|
  operators.real := R; operators.radd := +%R; operators.rmul := *%R; operators.ropp := -%R; operators.rat := of_Q R;
  operators.nonneg := fun x => 0 <= x; operators.pos := fun x => 0 < x;
  operators.space := nat; operators.hom := fun n m => 'M[R]_(n, m);
  operators.add := fun _ _ X Y => X + Y; operators.opp := fun _ _ X => - X; operators.zero := fun _ _ => 0;
  operators.scale := fun _ _ k X => k *: X; operators.comp := fun _ _ _ X Y => X *m Y;
  operators.one := fun _ => 1%:M; operators.star := fun _ _ X => X^T; operators.psd := @psd R |}.
Next Obligation. exact: addrC. Qed.
Next Obligation. exact: addrA. Qed.
Next Obligation. exact: add0r. Qed.
Next Obligation. exact: subrr. Qed.
Next Obligation. exact: mulrC. Qed.
Next Obligation. exact: mulrA. Qed.
Next Obligation. exact: mul1r. Qed.
Next Obligation. exact: mulrDr. Qed.
Next Obligation. exact: of_Q_add. Qed.
Next Obligation. exact: of_Q_mul. Qed.
Next Obligation. exact: of_Q_eq. Qed.
Next Obligation. exact: addr_ge0. Qed.
Next Obligation. exact: mulr_ge0. Qed.
Next Obligation. by move=> x; rewrite -expr2 sqr_ge0. Qed.
Next Obligation. exact: ltW. Qed.
Next Obligation. exact: ltr_spaddl. Qed.
Next Obligation. exact: mulr_gt0. Qed.
Next Obligation. exact: of_Q_gt0. Qed.
Next Obligation. by move=> n m; exact: addrC. Qed.
Next Obligation. by move=> n m; exact: addrA. Qed.
Next Obligation. by move=> n m; exact: add0r. Qed.
Next Obligation. by move=> n m; exact: subrr. Qed.
Next Obligation. by move=> n m; exact: scale1r. Qed.
Next Obligation. by move=> n m k l X; rewrite /= scalerA. Qed.
Next Obligation. by move=> n m k l X; exact: scalerDl. Qed.
Next Obligation. by move=> n m; exact: scalerDr. Qed.
Next Obligation. exact: mulmxA. Qed.
Next Obligation. exact: mul1mx. Qed.
Next Obligation. exact: mulmx1. Qed.
Next Obligation. exact: mulmxDl. Qed.
Next Obligation. exact: mulmxDr. Qed.
Next Obligation. by move=> n m p k X Y; rewrite /= scalemxAl. Qed.
Next Obligation. by move=> n m p k X Y; rewrite /= scalemxAr. Qed.
Next Obligation. by move=> n m X Y; exact: linearD. Qed.
Next Obligation. by move=> n m k X; exact: linearZ. Qed.
Next Obligation. exact: trmx_mul. Qed.
Next Obligation. by move=> n m X; exact: trmxK. Qed.
Next Obligation. exact: psd_one. Qed.
Next Obligation. exact: psd_add. Qed.
Next Obligation. exact: psd_scale. Qed.
Next Obligation. exact: psd_star. Qed.
Next Obligation. exact: psd_antisymmetric. Qed.
Next Obligation. exact: psd_kernel. Qed.

(** From what is written of matrices to what is written of operators, and back. *)
Lemma ge_to_sub (x y : R) : y <= x -> 0 <= x - y.
Proof. by rewrite subr_ge0. Qed.
Lemma ge_of_sub (x y : R) : 0 <= x - y -> y <= x.
Proof. by rewrite subr_ge0. Qed.
Lemma gt_to_sub (x y : R) : y < x -> 0 < x - y.
Proof. by rewrite subr_gt0. Qed.
Lemma gt_of_sub (x y : R) : 0 < x - y -> y < x.
Proof. by rewrite subr_gt0. Qed.
Lemma psd_to_sub n (X : 'M[R]_n) : psd X -> psd (X - 0).
Proof. by rewrite subr0. Qed.
Lemma psd_of_sub n (X : 'M[R]_n) : psd (X - 0) -> psd X.
Proof. by rewrite subr0. Qed.
Lemma rpower_exp (x : R) t : operators.rpower (O := real_matrices) x t = x ^+ t.
Proof. by elim: t => [|t IH] //=; rewrite exprS -IH. Qed.
End Matrices.

Print Assumptions real_matrices.
