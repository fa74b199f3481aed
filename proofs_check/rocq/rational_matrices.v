(** * The laws hold of rational matrices of every size *)

From Coq Require Import Qcanon Lia.

Module Matrices.
Local Open Scope Qc_scope.

Fixpoint vec (A : Type) (n : nat) : Type := match n with O => unit | S n => (A * vec A n)%type end.
Fixpoint tabulate {A} n (f : nat -> A) : vec A n :=
  match n with O => tt | S n => (f O, tabulate n (fun i => f (S i))) end.
Fixpoint get {A} (default : A) n : vec A n -> nat -> A :=
  match n with
  | O => fun _ _ => default
  | S n => fun v i => match i with O => fst v | S i => get default n (snd v) i end
  end.
Lemma get_tabulate A (d : A) n f i : (i < n)%nat -> get d n (tabulate n f) i = f i.
Proof. revert f i. induction n; intros f [|i] H; simpl; try lia; [reflexivity|]. apply (IHn (fun i => f (S i))). lia. Qed.
Lemma vec_ext A (d : A) n (v w : vec A n) : (forall i, (i < n)%nat -> get d n v i = get d n w i) -> v = w.
Proof.
  induction n; simpl; intros H; [destruct v, w; reflexivity|]. destruct v as [x v], w as [y w]. f_equal.
  - apply (H O). lia.
  - apply IHn. intros i Hi. apply (H (S i)). lia.
Qed.

Definition mat n m := vec (vec Qc m) n.
Definition make n m (f : nat -> nat -> Qc) : mat n m := tabulate n (fun i => tabulate m (f i)).
Definition at_ {n m} (x : mat n m) i j : Qc := get 0 m (get (tabulate m (fun _ => 0)) n x i) j.
Lemma at_make n m f i j : (i < n)%nat -> (j < m)%nat -> at_ (make n m f) i j = f i j.
Proof. intros Hi Hj. unfold at_, make. rewrite !get_tabulate by assumption. reflexivity. Qed.
Lemma mat_ext n m (x y : mat n m) :
  (forall i j, (i < n)%nat -> (j < m)%nat -> at_ x i j = at_ y i j) -> x = y.
Proof.
  intros H. apply (vec_ext _ (tabulate m (fun _ => 0))). intros i Hi. apply (vec_ext _ 0). intros j Hj. apply H; assumption.
Qed.

Fixpoint sum n (f : nat -> Qc) : Qc := match n with O => 0 | S n => sum n f + f n end.
Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof. induction n; simpl; intros H; [reflexivity|]. rewrite IHn, H by auto with arith. reflexivity. Qed.
Lemma sum_0 n : sum n (fun _ => 0) = 0.
Proof. induction n; simpl; [reflexivity|]. rewrite IHn. ring. Qed.
Lemma sum_add n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n; simpl; [ring|]. rewrite IHn. ring. Qed.
Lemma sum_mul n k f : sum n (fun i => k * f i) = k * sum n f.
Proof. induction n; simpl; [ring|]. rewrite IHn. ring. Qed.
Lemma sum_mul_r n k f : sum n (fun i => f i * k) = sum n f * k.
Proof. induction n; simpl; [ring|]. rewrite IHn. ring. Qed.
Lemma sum_swap n m f : sum n (fun i => sum m (fun j => f i j)) = sum m (fun j => sum n (fun i => f i j)).
Proof. induction n; simpl; [symmetry; apply sum_0|]. rewrite IHn, sum_add. reflexivity. Qed.
Definition delta (i j : nat) : Qc := if (i =? j)%nat then 1 else 0.
Lemma delta_comm i j : delta i j = delta j i.
Proof. unfold delta. rewrite Nat.eqb_sym. reflexivity. Qed.
Lemma sum_delta n i f : (i < n)%nat -> sum n (fun k => delta i k * f k) = f i.
Proof.
  induction n; simpl; intros H; [lia|]. unfold delta at 2. destruct (Nat.eqb_spec i n) as [->|N].
  - rewrite (sum_ext _ _ (fun _ => 0)); [rewrite sum_0; ring|]. intros k Hk. unfold delta.
    destruct (Nat.eqb_spec n k); [lia|ring].
  - rewrite IHn by lia. ring.
Qed.

Lemma le_add x y : 0 <= x -> 0 <= y -> 0 <= x + y.
Proof. intros H K. replace 0 with (0 + 0) by ring. apply Qcplus_le_compat; assumption. Qed.
Lemma le_mul x y : 0 <= x -> 0 <= y -> 0 <= x * y.
Proof. intros H K. replace 0 with (0 * y) by ring. apply Qcmult_le_compat_r; assumption. Qed.
Lemma le_opp x : x <= 0 -> 0 <= - x.
Proof. intros H. apply Qcopp_le_compat in H. replace (- 0) with 0 in H by ring. exact H. Qed.
Lemma le_square x : 0 <= x * x.
Proof.
  destruct (Qclt_le_dec x 0) as [H|H]; [|apply le_mul; exact H].
  replace (x * x) with (- x * - x) by ring. apply le_mul; apply le_opp, Qclt_le_weak, H.
Qed.
Lemma le_sum n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof. induction n; simpl; intros H; [apply Qcle_refl|]. apply le_add; [apply IHn|apply H]; auto with arith. Qed.
Lemma add_zero x y : 0 <= x -> 0 <= y -> x + y = 0 -> x = 0.
Proof.
  intros H K E. apply Qcle_antisym; [|exact H]. replace x with (- y) by (rewrite <- (Qcplus_0_l (- y)), <- E; ring).
  apply Qcopp_le_compat in K. replace (- 0) with 0 in K by ring. exact K.
Qed.
Lemma sum_zero n f : (forall i, (i < n)%nat -> 0 <= f i) -> sum n f = 0 -> forall i, (i < n)%nat -> f i = 0.
Proof.
  induction n; simpl; intros H E i Hi; [lia|]. assert (0 <= sum n f) by (apply le_sum; auto with arith).
  assert (0 <= f n) by auto with arith. destruct (Nat.eq_dec i n) as [->|N].
  - apply (add_zero _ (sum n f)); [assumption..|]. rewrite <- E. ring.
  - apply IHn; [auto with arith| |lia]. apply (add_zero _ (f n)); assumption.
Qed.
Lemma lt_add x y : 0 < x -> 0 <= y -> 0 < x + y.
Proof.
  intros H K. apply (Qclt_le_trans _ x); [exact H|]. rewrite <- (Qcplus_0_r x) at 1.
  apply Qcplus_le_compat; [apply Qcle_refl|exact K].
Qed.
Lemma lt_mul x y : 0 < x -> 0 < y -> 0 < x * y.
Proof. intros H K. replace 0 with (0 * y) by ring. apply Qcmult_lt_compat_r; assumption. Qed.
Lemma square_0 x : x * x = 0 -> x = 0.
Proof. intros H. destruct (Qcmult_integral _ _ H); assumption. Qed.

Definition plus {n m} (x y : mat n m) := make n m (fun i j => at_ x i j + at_ y i j).
Definition minus {n m} (x : mat n m) := make n m (fun i j => - at_ x i j).
Definition null {n m} := make n m (fun _ _ => 0).
Definition times {n m} k (x : mat n m) := make n m (fun i j => k * at_ x i j).
Definition product {n m p} (x : mat n m) (y : mat m p) := make n p (fun i j => sum m (fun k => at_ x i k * at_ y k j)).
Definition unit_ {n} := make n n delta.
Definition transpose {n m} (x : mat n m) := make m n (fun i j => at_ x j i).
Definition pair n (x : mat n n) (u v : nat -> Qc) := sum n (fun i => u i * sum n (fun j => at_ x i j * v j)).
Definition positive n (x : mat n n) :=
  (forall i j, (i < n)%nat -> (j < n)%nat -> at_ x i j = at_ x j i) /\ forall v, 0 <= pair n x v v.

Lemma at_product n m p (x : mat n m) (y : mat m p) i j : (i < n)%nat -> (j < p)%nat ->
  at_ (product x y) i j = sum m (fun k => at_ x i k * at_ y k j).
Proof. intros. unfold product. rewrite at_make by assumption. reflexivity. Qed.
Ltac entries := intros; apply mat_ext; intros i j Hi Hj; unfold plus, minus, null, times, unit_, transpose;
  repeat first [rewrite at_product by assumption | rewrite at_make by assumption].
Ltac inside := apply sum_ext; let k := fresh "k" in let H := fresh "Hk" in intros k H;
  repeat first [rewrite at_product by assumption | rewrite at_make by assumption].

Lemma product_assoc a b c d (x : mat a b) (y : mat b c) (z : mat c d) :
  product x (product y z) = product (product x y) z.
Proof.
  entries. transitivity (sum b (fun k => sum c (fun l => at_ x i k * at_ y k l * at_ z l j))).
  - inside. rewrite <- sum_mul. apply sum_ext. intros. ring.
  - rewrite sum_swap. inside. rewrite Qcmult_comm, <- sum_mul. apply sum_ext. intros. ring.
Qed.
Lemma pair_add n (x y : mat n n) u v : pair n (plus x y) u v = pair n x u v + pair n y u v.
Proof.
  unfold pair. rewrite <- sum_add. inside. rewrite <- Qcmult_plus_distr_r, <- sum_add. f_equal. apply sum_ext. intros l Hl.
  unfold plus. rewrite at_make by assumption. ring.
Qed.
Lemma pair_times n c (x : mat n n) u v : pair n (times c x) u v = c * pair n x u v.
Proof.
  unfold pair. rewrite <- sum_mul. inside. rewrite (sum_ext n _ (fun l => c * (at_ x k l * v l))).
  - rewrite sum_mul. ring.
  - intros l Hl. unfold times. rewrite at_make by assumption. ring.
Qed.
Lemma pair_minus n (x : mat n n) u v : pair n (minus x) u v = - pair n x u v.
Proof.
  replace (minus x) with (times (- (1)) x) by (entries; ring). rewrite pair_times. ring.
Qed.
Lemma pair_delta n (x : mat n n) i j : (i < n)%nat -> (j < n)%nat -> pair n x (delta i) (delta j) = at_ x i j.
Proof.
  intros Hi Hj. unfold pair. rewrite sum_delta by assumption. rewrite <- (sum_delta n j) by assumption.
  apply sum_ext. intros. ring.
Qed.
Lemma pair_plus n (x : mat n n) u v : pair n x (fun i => u i + v i) (fun i => u i + v i) =
  pair n x u u + pair n x u v + pair n x v u + pair n x v v.
Proof.
  unfold pair. rewrite <- !sum_add. inside.
  rewrite (sum_ext n _ (fun j => at_ x k j * u j + at_ x k j * v j)) by (intros; ring). rewrite sum_add. ring.
Qed.

Lemma positive_unit n : positive n unit_.
Proof.
  split; unfold unit_.
  - intros. rewrite !at_make by assumption. apply delta_comm.
  - intros v. apply le_sum. intros i Hi.
    rewrite (sum_ext _ _ (fun j => delta i j * v j)) by (intros; rewrite at_make by assumption; reflexivity).
    rewrite sum_delta by assumption. apply le_square.
Qed.
Lemma positive_plus n (x y : mat n n) : positive n x -> positive n y -> positive n (plus x y).
Proof.
  intros [Sx Px] [Sy Py]. split.
  - intros. unfold plus. rewrite !at_make, Sx, Sy by assumption. reflexivity.
  - intros v. rewrite pair_add. apply le_add; auto.
Qed.
Lemma positive_times n k (x : mat n n) : 0 <= k -> positive n x -> positive n (times k x).
Proof.
  intros H [Sx Px]. split.
  - intros. unfold times. rewrite !at_make, Sx by assumption. reflexivity.
  - intros v. rewrite pair_times. apply le_mul; auto.
Qed.
Lemma positive_conjugate n m (x : mat n n) (g : mat n m) : positive n x -> positive m (product (transpose g) (product x g)).
Proof.
  intros [Sx Px].
  assert (E : forall i j, (i < m)%nat -> (j < m)%nat -> at_ (product (transpose g) (product x g)) i j =
    sum n (fun k => sum n (fun l => at_ g k i * at_ x k l * at_ g l j))).
  { intros. rewrite at_product by assumption. inside. unfold transpose. rewrite at_make by assumption.
    rewrite <- sum_mul. apply sum_ext. intros. ring. }
  split.
  - intros i j Hi Hj. rewrite !E, sum_swap by assumption. apply sum_ext. intros k Hk. apply sum_ext. intros l Hl.
    rewrite Sx by assumption. ring.
  - intros v. set (u := fun k => sum m (fun i => at_ g k i * v i)).
    set (t := fun i j k l => v i * at_ g k i * at_ x k l * at_ g l j * v j).
    assert (L : pair m (product (transpose g) (product x g)) v v =
      sum m (fun i => sum m (fun j => sum n (fun k => sum n (fun l => t i j k l))))).
    { unfold pair. apply sum_ext. intros i Hi. rewrite <- sum_mul. apply sum_ext. intros j Hj. rewrite E by assumption.
      rewrite <- sum_mul_r, <- sum_mul. apply sum_ext. intros k Hk. rewrite <- sum_mul_r, <- sum_mul. apply sum_ext.
      intros l Hl. unfold t. ring. }
    assert (R : pair n x u u = sum n (fun k => sum m (fun i => sum n (fun l => sum m (fun j => t i j k l))))).
    { unfold pair. apply sum_ext. intros k Hk. unfold u at 1. rewrite <- sum_mul_r. apply sum_ext. intros i Hi.
      rewrite <- sum_mul. apply sum_ext. intros l Hl. unfold u. rewrite <- !sum_mul. apply sum_ext. intros j Hj.
      unfold t. ring. }
    replace (pair m _ v v) with (pair n x u u); [apply Px|]. rewrite L, R, sum_swap. apply sum_ext. intros i Hi.
    rewrite (sum_swap m n). apply sum_ext. intros k Hk. apply sum_swap.
Qed.
Lemma positive_antisymmetric n (x : mat n n) : positive n x -> positive n (minus x) -> x = null.
Proof.
  intros [Sx Px] [_ Nx].
  assert (Z : forall v, pair n x v v = 0).
  { intros v. apply Qcle_antisym; [|apply Px]. specialize (Nx v). rewrite pair_minus in Nx.
    apply Qcopp_le_compat in Nx. replace (- - pair n x v v) with (pair n x v v) in Nx by ring.
    replace (- 0) with 0 in Nx by ring. exact Nx. }
  entries. specialize (Z (fun k => delta i k + delta j k)) as B. rewrite pair_plus, !Z in B.
  rewrite !pair_delta, (Sx j i) in B by assumption. apply (Qcmult_integral_l (1 + 1)); [discriminate|].
  rewrite <- B. ring.
Qed.
Lemma product_square n m (x : mat n m) : product (transpose x) x = null -> x = null.
Proof.
  intros H. entries. apply square_0. revert i Hi. apply (sum_zero n (fun i => at_ x i j * at_ x i j)).
  - intros. apply le_square.
  - transitivity (at_ (product (transpose x) x) j j).
    + rewrite at_product by assumption. inside. unfold transpose. rewrite at_make by assumption. reflexivity.
    + rewrite H. unfold null. rewrite at_make by assumption. reflexivity.
Qed.
Lemma Q2Qc_plus p q : Q2Qc (p + q) = Q2Qc p + Q2Qc q.
Proof. apply Qc_is_canon. cbn [this Q2Qc Qcplus Qcmult]. rewrite !Qred_correct. reflexivity. Qed.
Lemma Q2Qc_times p q : Q2Qc (p * q) = Q2Qc p * Q2Qc q.
Proof. apply Qc_is_canon. cbn [this Q2Qc Qcplus Qcmult]. rewrite !Qred_correct. reflexivity. Qed.
Lemma Q2Qc_pos q : (0 < q)%Q -> 0 < Q2Qc q.
Proof. unfold Qclt. cbn [this Q2Qc]. rewrite !Qred_correct. trivial. Qed.

Program Definition rational_matrices : Operators := {|
  real := Qc; radd := Qcplus; rmul := Qcmult; ropp := Qcopp; rat := Q2Qc; nonneg x := 0 <= x; pos x := 0 < x;
  space := nat; hom := mat; add := @plus; opp := @minus; zero := @null; scale := @times; comp := @product; one := @unit_;
  star := @transpose; psd := positive;
  rat_add := Q2Qc_plus; rat_mul := Q2Qc_times; pos_rat := Q2Qc_pos; nonneg_add := le_add; nonneg_mul := le_mul;
  nonneg_square := le_square; pos_add := lt_add; pos_mul := lt_mul; comp_assoc := product_assoc;
  psd_one := positive_unit; psd_add := positive_plus; psd_scale := positive_times;
  psd_star a b x g := positive_conjugate a b x g;
  psd_antisymmetric := positive_antisymmetric; square_zero := product_square
|}.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. ring. Qed.
Next Obligation. apply Q2Qc_eq_iff. assumption. Qed.
Next Obligation. apply Qclt_le_weak. assumption. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation.
  entries. rewrite (sum_ext _ _ (fun k => delta i k * at_ x k j)) by (intros; rewrite at_make by assumption; reflexivity).
  exact (sum_delta a i (fun k => at_ x k j) Hi).
Qed.
Next Obligation.
  entries. rewrite (sum_ext _ _ (fun k => delta j k * at_ x i k)); [exact (sum_delta b j (at_ x i) Hj)|].
  intros k Hk. rewrite at_make, (delta_comm j) by assumption. ring.
Qed.
Next Obligation. entries. rewrite <- sum_add. inside. ring. Qed.
Next Obligation. entries. rewrite <- sum_add. inside. ring. Qed.
Next Obligation. entries. rewrite <- sum_mul. inside. ring. Qed.
Next Obligation. entries. rewrite <- sum_mul. inside. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. ring. Qed.
Next Obligation. entries. inside. ring. Qed.
Next Obligation. entries. reflexivity. Qed.
End Matrices.

Print Assumptions Matrices.rational_matrices.
