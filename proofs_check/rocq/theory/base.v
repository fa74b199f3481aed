(** * Matrices as forms: identities, scalar products, and what is nowhere negative

    Over any ordered field: no square roots, no eigenvalues, no limits. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Export language.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Identities between matrices

    [mxring] multiplies out both sides of an equation into sums of words, and compares them entry by entry.  A letter
    that stands for a sum is best left a letter; an inverse, or what is bound by [let], is best generalised before. *)
Section Entries.
Variable R : realFieldType.
Lemma addE m n (X Y : 'M[R]_(m, n)) i j : (X + Y) i j = X i j + Y i j. Proof. exact: mxE. Qed.
Lemma oppE m n (X : 'M[R]_(m, n)) i j : (- X) i j = - X i j. Proof. exact: mxE. Qed.
Lemma scaleE m n k (X : 'M[R]_(m, n)) i j : (k *: X) i j = k * X i j. Proof. exact: mxE. Qed.
Lemma zeroE m n i j : (0 : 'M[R]_(m, n)) i j = 0. Proof. exact: mxE. Qed.
Lemma scale_l m n p k (X : 'M[R]_(m, n)) (Y : 'M_(n, p)) : (k *: X) *m Y = k *: (X *m Y).
Proof. by rewrite scalemxAl. Qed.
Lemma scale_r m n p k (X : 'M[R]_(m, n)) (Y : 'M_(n, p)) : X *m (k *: Y) = k *: (X *m Y).
Proof. by rewrite scalemxAr. Qed.
Lemma scalar_l m n k (X : 'M[R]_(m, n)) : k%:M *m X = k *: X. Proof. exact: mul_scalar_mx. Qed.
Lemma scalar_r m n k (X : 'M[R]_(m, n)) : X *m k%:M = k *: X. Proof. exact: mul_mx_scalar. Qed.
Lemma tr_scale m n k (X : 'M[R]_(m, n)) : (k *: X)^T = k *: X^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma tr_add m n (X Y : 'M[R]_(m, n)) : (X + Y)^T = X^T + Y^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma tr_opp m n (X : 'M[R]_(m, n)) : (- X)^T = - X^T.
Proof. by apply/matrixP => i j; rewrite !mxE. Qed.
Lemma tr_one n : (1%:M : 'M[R]_n)^T = 1%:M. Proof. exact: trmx1. Qed.
Lemma tr_zero m n : (0 : 'M[R]_(m, n))^T = 0. Proof. exact: trmx0. Qed.
End Entries.
Definition expand := (mul1mx, mulmx1, mul0mx, mulmx0, mulmxDl, mulmxDr, mulNmx, mulmxN, scale_l, scale_r, scalar_l,
  scalar_r, mulmxA).
Definition transposed := (tr_add, tr_opp, tr_scale, tr_one, tr_zero, @trmx_mul, @trmxK).
(** [ring] compares atoms up to conversion, which is slow: entries are named before it is called. *)
Ltac name_entries := repeat match goal with
  |- context [@fun_of_matrix ?T ?m ?n ?M ?i ?j] => generalize (@fun_of_matrix T m n M i j); intro end.
(** One product may carry two paths to its ring. *)
Ltac name_entries_up_to_conversion := repeat match goal with
  |- context [@fun_of_matrix ?T ?m ?n ?M ?i ?j] =>
    let a := fresh "a" in set a := (@fun_of_matrix T m n M i j); clearbody a end.
Ltac mxring := rewrite ?expand; apply/matrixP => ? ?; rewrite ?(addE, oppE, scaleE, zeroE);
  first [solve [name_entries; ring] | name_entries_up_to_conversion; ring].

(** ** Scalar products *)
Global Opaque mulmx invmx.
Section Products.
Variable R : realFieldType.
Implicit Types n : nat.
Lemma ge0_eq (x y : R) : 0 <= x -> x = y -> 0 <= y. Proof. by move=> h <-. Qed.
Lemma dot_sum n (u v : 'cV[R]_n) : dot u v = \sum_i u i 0 * v i 0.
Proof. by rewrite /dot mxE; apply: eq_bigr => i _; rewrite mxE. Qed.
Lemma dotC n (u v : 'cV[R]_n) : dot u v = dot v u.
Proof. by rewrite !dot_sum; apply: eq_bigr => i _; rewrite mulrC. Qed.
Lemma dotDr n (u v w : 'cV[R]_n) : dot w (u + v) = dot w u + dot w v.
Proof. by rewrite /dot mulmxDr mxE. Qed.
Lemma dotDl n (u v w : 'cV[R]_n) : dot (u + v) w = dot u w + dot v w.
Proof. by rewrite dotC dotDr !(dotC w). Qed.
Lemma dotZr n k (u v : 'cV[R]_n) : dot u (k *: v) = k * dot u v.
Proof. by rewrite /dot scale_r mxE. Qed.
Lemma dotZl n k (u v : 'cV[R]_n) : dot (k *: u) v = k * dot u v.
Proof. by rewrite dotC dotZr dotC. Qed.
Lemma dotNr n (u v : 'cV[R]_n) : dot u (- v) = - dot u v.
Proof. by rewrite -scaleN1r dotZr mulN1r. Qed.
Lemma dotNl n (u v : 'cV[R]_n) : dot (- u) v = - dot u v.
Proof. by rewrite dotC dotNr dotC. Qed.
Lemma dot0r n (v : 'cV[R]_n) : dot v 0 = 0. Proof. by rewrite -(scale0r v) dotZr mul0r. Qed.
Lemma dot0l n (v : 'cV[R]_n) : dot 0 v = 0. Proof. by rewrite dotC dot0r. Qed.
Lemma dot_tr m n (X : 'M[R]_(m, n)) u v : dot u (X *m v) = dot (X^T *m u) v.
Proof. by rewrite /dot trmx_mul trmxK mulmxA. Qed.
Lemma dot_trl m n (X : 'M[R]_(m, n)) u v : dot (X *m u) v = dot u (X^T *m v).
Proof. by rewrite dot_tr trmxK. Qed.
Lemma dot_ge0 n (v : 'cV[R]_n) : 0 <= dot v v.
Proof. by rewrite dot_sum; apply: sumr_ge0 => i _; rewrite -expr2 sqr_ge0. Qed.
Lemma dot_eq0 n (v : 'cV[R]_n) : (dot v v == 0) = (v == 0).
Proof.
apply/idP/eqP => [|->]; last by rewrite dot0l.
rewrite dot_sum psumr_eq0 => [/allP all0|i _]; last by rewrite -expr2 sqr_ge0.
apply/colP => i; move: (all0 i (mem_index_enum i)); rewrite mxE /= mulf_eq0 orbb; by move/eqP.
Qed.
Lemma dot_gt0 n (v : 'cV[R]_n) : (0 < dot v v) = (v != 0).
Proof. by rewrite lt_neqAle dot_ge0 andbT eq_sym dot_eq0. Qed.
(** The product with itself of a matrix with one column is its squared length. *)
Lemma inner n (u v : 'cV[R]_n) : u^T *m v = (dot u v)%:M.
Proof. exact: mx11_scalar. Qed.
Lemma inner_eq n (u v x y : 'cV[R]_n) : (u^T *m v = x^T *m y) <-> (dot u v = dot x y).
Proof. by rewrite !inner; split=> [/matrixP/(_ 0 0)|->//]; rewrite !mxE. Qed.
End Products.
Definition dotP := (dotDl, dotDr, dotZl, dotZr, dotNl, dotNr, dot0l, dot0r).
Ltac name_dots := repeat match goal with
  |- context [@dot ?R ?n ?u ?v] => let a := fresh "a" in set a := (@dot R n u v); clearbody a end.
(** Identities between numbers that are scalar products, once the matrices in them are multiplied out. *)
Ltac dotring := rewrite ?dotP; name_dots; ring.

(** ** Positive semidefinite matrices *)
Section Semidefinite.
Variable R : realFieldType.
Implicit Types n : nat.
Lemma psd_scale n (S : 'M[R]_n) k : 0 <= k -> psd S -> psd (k *: S).
Proof.
move=> k0 [sym pos]; split; first by rewrite tr_scale sym.
by move=> v; rewrite scale_l dotZr mulr_ge0.
Qed.
Lemma psd_add n (S T : 'M[R]_n) : psd S -> psd T -> psd (S + T).
Proof.
move=> [s1 p1] [s2 p2]; split; first by rewrite tr_add s1 s2.
by move=> v; rewrite mulmxDl dotDr addr_ge0.
Qed.
Lemma psd_zero n : psd (0 : 'M[R]_n).
Proof. by split=> [|v]; rewrite ?trmx0 // mul0mx dot0r. Qed.
Lemma psd_one n : psd (1%:M : 'M[R]_n).
Proof. by split=> [|v]; rewrite ?trmx1 // mul1mx dot_ge0. Qed.
Lemma psd_gram m n (X : 'M[R]_(m, n)) : psd (X^T *m X).
Proof.
split; first by rewrite trmx_mul trmxK.
by move=> v; rewrite -mulmxA dot_tr trmxK dot_ge0.
Qed.
Lemma psd_congruence m n (S : 'M[R]_m) (X : 'M[R]_(m, n)) : psd S -> psd (X^T *m S *m X).
Proof.
move=> [sym pos]; split; first by rewrite !trmx_mul trmxK sym mulmxA.
by move=> v; rewrite -!mulmxA dot_tr trmxK.
Qed.

(** Cauchy and Schwarz, for any positive semidefinite form. *)
Theorem cauchy n (S : 'M[R]_n) u v : psd S ->
  dot u (S *m v) ^+ 2 <= dot u (S *m u) * dot v (S *m v).
Proof.
case=> sym pos; set a := dot u (S *m u); set b := dot u (S *m v); set c := dot v (S *m v).
have bC : dot v (S *m u) = b by rewrite dot_tr sym dotC.
have a0 : 0 <= a by exact: pos.
have c0 : 0 <= c by exact: pos.
have quadratic k l : 0 <= k ^+ 2 * a + k * l * b *+ 2 + l ^+ 2 * c.
  apply: (ge0_eq (pos (k *: u + l *: v))).
  by rewrite mulmxDr !scale_r !dotP bC -/a -/b -/c; ring.
rewrite -subr_ge0.
case: (ltrgtP c 0) => [|cp|ce]; first by rewrite ltNge c0.
  by rewrite -(pmulr_rge0 _ cp); apply: (ge0_eq (quadratic c (- b))); ring.
case: (ltrgtP a 0) => [|ap|ae]; first by rewrite ltNge a0.
  by rewrite -(pmulr_rge0 _ ap); apply: (ge0_eq (quadratic (- b) a)); ring.
have := quadratic 1 (- b); rewrite ae ce !(mulr0, mul0r, addr0, add0r) => h.
rewrite oppr_ge0 -(pmulrn_lle0 _ (ltn0Sn 1)) -oppr_ge0.
by apply: (ge0_eq h); ring.
Qed.
Corollary cauchy_dot n (u v : 'cV[R]_n) : dot u v ^+ 2 <= dot u u * dot v v.
Proof. by have := cauchy u v (psd_one n); rewrite !mul1mx. Qed.
(** Where a positive semidefinite form vanishes, so does the matrix. *)
Lemma psd_kernel n (S : 'M[R]_n) v : psd S -> dot v (S *m v) = 0 -> S *m v = 0.
Proof.
move=> pS q0; apply/eqP; rewrite -dot_eq0 -(sqrf_eq0 (dot _ _)) eq_le sqr_ge0 andbT.
by have := cauchy (S *m v) v pS; rewrite q0 mulr0.
Qed.

(** Invertible if no vector but 0 goes to 0. *)
Lemma injective_unit n (D : 'M[R]_n) : (forall v : 'cV_n, D *m v = 0 -> v = 0) -> D \in unitmx.
Proof.
move=> inj; rewrite -unitmx_tr -row_free_unit -kermx_eq0; apply/eqP/row_matrixP => i.
rewrite row0; set r := row i _.
have : r *m D^T = 0 by apply/sub_kermxP; rewrite row_sub.
by move/(congr1 trmx); rewrite trmx_mul trmxK trmx0 => /inj/(congr1 trmx); rewrite trmxK trmx0.
Qed.
Lemma unit_injective n (D : 'M[R]_n) (v : 'cV_n) : D \in unitmx -> D *m v = 0 -> v = 0.
Proof. by move=> unit /(congr1 (mulmx (invmx D))); rewrite mulKmx // mulmx0. Qed.
(** Positive semidefinite and invertible is positive definite. *)
Lemma psd_unit_pos n (S : 'M[R]_n) v : psd S -> S \in unitmx -> v != 0 -> 0 < dot v (S *m v).
Proof.
move=> pS unit v0; rewrite lt_neqAle (proj2 pS) andbT eq_sym; apply: contra v0 => /eqP q0.
by apply/eqP; exact: unit_injective unit (psd_kernel pS q0).
Qed.
Lemma pos_unit n (D : 'M[R]_n) : (forall v, v != 0 -> 0 < dot v (D *m v)) -> D \in unitmx.
Proof.
move=> pos; apply: injective_unit => v Dv; apply/eqP; apply: contraT => /pos.
by rewrite Dv dot0r ltxx.
Qed.

(** A positive definite form is bounded below: no eigenvalues, no compactness. *)
Lemma entry_dot n (v : 'cV[R]_n) i : v i 0 = dot (delta_mx i 0) v.
Proof.
rewrite dot_sum (bigD1 i) //= big1 => [|j ji]; rewrite mxE ?eqxx ?mul1r ?addr0 //.
by rewrite (negbTE ji) mul0r.
Qed.
Theorem pos_lower n (D : 'M[R]_n) : D^T = D -> (forall v, v != 0 -> 0 < dot v (D *m v)) ->
  exists2 c, 0 < c & forall v, dot v v <= c * dot v (D *m v).
Proof.
move=> sym pos; have unit := pos_unit pos.
have pD : psd D by split=> // v; case: (eqVneq v 0) => [->|/pos/ltW //]; rewrite dot0l.
pose g i := dot (invmx D *m delta_mx i 0) (D *m (invmx D *m delta_mx i (0 : 'I_1))).
have g0 i : 0 <= g i by exact: (proj2 pD).
exists (1 + \sum_i g i); first by apply: ltr_spaddl; rewrite ?ltr01 ?sumr_ge0.
move=> v; have q0 := proj2 pD v.
rewrite mulrDl mul1r mulr_suml [X in X <= _]dot_sum; apply: ler_paddl => //.
apply: ler_sum => i _; rewrite -expr2 /g.
have -> : v i 0 = dot (invmx D *m delta_mx i 0) (D *m v) by rewrite dot_tr sym mulKVmx //; exact: entry_dot.
exact: cauchy.
Qed.
End Semidefinite.

(** ** Powers *)
Section Powers.
Variables (R : realFieldType) (d : nat).
Implicit Types (X Y : 'M[R]_d) (t s : nat).
Lemma powerSr X t : power X t.+1 = power X t *m X.
Proof.
elim: t => [|t IH]; first by rewrite /= mulmx1 mul1mx.
by rewrite -[LHS]/(X *m power X t.+1) [in LHS]IH mulmxA.
Qed.
Lemma power_add X t s : power X (t + s) = power X t *m power X s.
Proof. by elim: t => [|t IH]; [rewrite /= mul1mx | rewrite addSn /= IH mulmxA]. Qed.
Lemma power_1 X : power X 1 = X. Proof. by rewrite /= mulmx1. Qed.
Lemma power_2 X : power X 2 = X *m X. Proof. by rewrite /= mulmx1. Qed.
Lemma power_commute X Y t : X *m Y = Y *m X -> power X t *m Y = Y *m power X t.
Proof. by move=> com; elim: t => [|t IH]; rewrite /= ?mul1mx ?mulmx1 // -mulmxA IH !mulmxA com. Qed.
Lemma power_tr X t : (power X t)^T = power X^T t.
Proof. by elim: t => [|t IH]; rewrite ?trmx1 // powerSr trmx_mul IH. Qed.
(** Iterating a linear map. *)
Lemma power_iter X t (v : 'cV_d) : power X t *m v = iter t (mulmx X) v.
Proof. by elim: t => [|t IH] /=; rewrite ?mul1mx // -mulmxA IH. Qed.
(** Iterating an affine map that leaves a point where it is: the distance from that point moves linearly. *)
Lemma iter_affine X (c rest v : 'cV_d) t : rest = X *m rest + c ->
  iter t (fun x => X *m x + c) v = rest + power X t *m (v - rest).
Proof.
move=> fixed; elim: t => [|t IH] /=; first by rewrite mul1mx addrC subrK.
by rewrite IH mulmxDr -mulmxA addrAC -fixed.
Qed.
End Powers.
