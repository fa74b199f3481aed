(** * Sums of moduli as sizes of matrices

    The largest sum of a row is a norm that respects products.  The sum of all entries bounds what a matrix does to a
    column that is laid down as a row. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section RowSums.
Variable R : realFieldType.
Implicit Types m n p : nat.

(** ** The largest sum of a row *)
Lemma row_sum_ge0 m n (X : 'M[R]_(m, n)) i : 0 <= row_sum X i.
Proof. by apply: sumr_ge0 => j _; exact: normr_ge0. Qed.
Lemma row_sum_le m n (X : 'M[R]_(m, n)) i : row_sum X i <= max_row_sum X.
Proof.
rewrite /max_row_sum; have := mem_index_enum i; elim: (index_enum _) => [|k s IH] //.
by rewrite in_cons big_cons le_maxr => /orP [/eqP <-|/IH ->]; rewrite ?lexx ?orbT.
Qed.
Lemma max_row_sum_le m n (X : 'M[R]_(m, n)) c : 0 <= c -> (forall i, row_sum X i <= c) -> max_row_sum X <= c.
Proof. by move=> c0 rows; apply: (big_ind (fun x => x <= c)) => // x y xc yc; rewrite le_maxl xc. Qed.
Lemma max_row_sum_ge0 m n (X : 'M[R]_(m, n)) : 0 <= max_row_sum X.
Proof.
by apply: (big_ind (fun x => 0 <= x)) => // [x y x0 _|i _]; rewrite ?le_maxr ?x0 ?row_sum_ge0.
Qed.
Lemma entry_le m n (X : 'M[R]_(m, n)) i j : `|X i j| <= max_row_sum X.
Proof.
apply: le_trans (row_sum_le X i); rewrite /row_sum (bigD1 j) //= ler_addl.
by apply: sumr_ge0 => k _; exact: normr_ge0.
Qed.
Lemma max_row_sum_eq0 m n (X : 'M[R]_(m, n)) : max_row_sum X = 0 -> X = 0.
Proof.
move=> X0; apply/matrixP => i j; rewrite mxE; apply/eqP.
by rewrite -normr_le0 -X0; exact: entry_le.
Qed.
Lemma max_row_sum_add m n (X Y : 'M[R]_(m, n)) : max_row_sum (X + Y) <= max_row_sum X + max_row_sum Y.
Proof.
apply: max_row_sum_le => [|i]; first by rewrite addr_ge0 ?max_row_sum_ge0.
apply: le_trans (ler_add (row_sum_le X i) (row_sum_le Y i)).
by rewrite /row_sum -big_split; apply: ler_sum => j _; rewrite mxE ler_norm_add.
Qed.
Lemma max_row_sum_scale m n k (X : 'M[R]_(m, n)) : max_row_sum (k *: X) = `|k| * max_row_sum X.
Proof.
rewrite /max_row_sum (big_morph ( *%R `|k|) (fun x y => maxr_pmulr x y (normr_ge0 k)) (mulr0 _)).
by apply: eq_bigr => i _; rewrite /row_sum mulr_sumr; apply: eq_bigr => j _; rewrite mxE normrM.
Qed.
Lemma max_row_sum_opp m n (X : 'M[R]_(m, n)) : max_row_sum (- X) = max_row_sum X.
Proof. by rewrite -scaleN1r max_row_sum_scale normrN1 mul1r. Qed.
Lemma max_row_sum_sub m n (X Y : 'M[R]_(m, n)) : max_row_sum (X - Y) <= max_row_sum X + max_row_sum Y.
Proof. by rewrite -(max_row_sum_opp Y); exact: max_row_sum_add. Qed.
Lemma max_row_sum_mul m n p (X : 'M[R]_(m, n)) (Y : 'M_(n, p)) :
  max_row_sum (X *m Y) <= max_row_sum X * max_row_sum Y.
Proof.
apply: max_row_sum_le => [|i]; first by rewrite mulr_ge0 ?max_row_sum_ge0.
apply: le_trans (ler_wpmul2r (max_row_sum_ge0 Y) (row_sum_le X i)).
rewrite [X in _ <= X]mulr_suml.
apply: (@le_trans _ _ (\sum_j \sum_k `|X i k| * `|Y k j|)).
  apply: ler_sum => j _; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
  by apply: ler_sum => k _; rewrite normrM.
rewrite exchange_big; apply: ler_sum => k _; rewrite -mulr_sumr.
by apply: ler_wpmul2l; [exact: normr_ge0 | exact: row_sum_le].
Qed.

(** ** The sum of all entries *)
Lemma entry_sum_ge0 m n (X : 'M[R]_(m, n)) : 0 <= entry_sum X.
Proof. by apply: sumr_ge0 => i _; exact: row_sum_ge0. Qed.
Lemma entry_sum_add m n (X Y : 'M[R]_(m, n)) : entry_sum (X + Y) <= entry_sum X + entry_sum Y.
Proof.
rewrite /entry_sum -big_split; apply: ler_sum => i _; rewrite /row_sum -big_split; apply: ler_sum => j _.
by rewrite mxE ler_norm_add.
Qed.
Lemma entry_sum_tr m n (X : 'M[R]_(m, n)) : entry_sum X^T = entry_sum X.
Proof.
rewrite /entry_sum /row_sum exchange_big; apply: eq_bigr => i _; apply: eq_bigr => j _.
by rewrite mxE.
Qed.
(** A column, laid down as a row. *)
Lemma max_row_sum_tr n (k : 'cV[R]_n) : max_row_sum k^T <= entry_sum k.
Proof.
apply: max_row_sum_le => [|i]; first exact: entry_sum_ge0.
by rewrite -entry_sum_tr /entry_sum big_ord1 ord1.
Qed.
(** A combination of rows. *)
Lemma max_row_sum_tr_mul m n (u : 'cV[R]_m) (K : 'M_(m, n)) :
  max_row_sum (u^T *m K) <= max_row_sum u * entry_sum K.
Proof.
apply: max_row_sum_le => [|i]; first by rewrite mulr_ge0 ?max_row_sum_ge0 ?entry_sum_ge0.
rewrite /entry_sum mulr_sumr.
apply: (@le_trans _ _ (\sum_j \sum_k `|u k 0| * `|K k j|)).
  apply: ler_sum => j _; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _.
  by apply: ler_sum => k _; rewrite normrM mxE ord1.
rewrite exchange_big; apply: ler_sum => k _; rewrite -mulr_sumr.
by apply: ler_wpmul2r; [exact: row_sum_ge0 | exact: entry_le].
Qed.
Lemma dot_entry_sum n (k u : 'cV[R]_n) : `|dot k u| <= entry_sum k * max_row_sum u.
Proof.
rewrite /dot; apply: le_trans (entry_le _ _ _) _.
apply: le_trans (max_row_sum_mul _ _) _; apply: ler_wpmul2r; [exact: max_row_sum_ge0 | exact: max_row_sum_tr].
Qed.
Lemma form_entry_sum m n (u : 'cV[R]_m) (K : 'M_(m, n)) (v : 'cV_n) :
  max_row_sum (u^T *m K *m v) <= max_row_sum u * entry_sum K * max_row_sum v.
Proof.
apply: le_trans (max_row_sum_mul _ _) _.
by apply: ler_wpmul2r; [exact: max_row_sum_ge0 | exact: max_row_sum_tr_mul].
Qed.
Lemma dot_form_entry_sum m n (u : 'cV[R]_m) (K : 'M_(m, n)) (v : 'cV_n) :
  `|dot u (K *m v)| <= max_row_sum u * entry_sum K * max_row_sum v.
Proof. by rewrite /dot mulmxA; apply: le_trans (form_entry_sum u K v); exact: entry_le. Qed.
(** The symmetric part, doubled. *)
Lemma max_row_sum_sym n (u : 'cV[R]_n) (K : 'M_n) :
  max_row_sum (u^T *m (K + K^T)) <= 2%:R * (max_row_sum u * entry_sum K).
Proof.
apply: le_trans (max_row_sum_tr_mul _ _) _; rewrite mulrCA; apply: ler_wpmul2l; first exact: max_row_sum_ge0.
by apply: le_trans (entry_sum_add _ _) _; rewrite entry_sum_tr mulr_natl.
Qed.
End RowSums.
