From Coq Require Import QArith List Bool PeanoNat Eqdep_dec.
Import ListNotations.

(** * What is assumed of operators

    The laws of real matrices of all sizes (or of bounded operators between real Hilbert spaces): real numbers, spaces,
    operators between them with their adjoints, and which of them are positive.  Nothing says how large a space is. *)

Class Operators := {
  (* the real numbers, or any ordered commutative ring that contains the rationals *)
  real : Type;
  radd : real -> real -> real;
  rmul : real -> real -> real;
  ropp : real -> real;
  rat : Q -> real;
  radd_comm : forall x y, radd x y = radd y x;
  radd_assoc : forall x y z, radd x (radd y z) = radd (radd x y) z;
  radd_0 : forall x, radd (rat 0) x = x;
  radd_opp : forall x, radd x (ropp x) = rat 0;
  rmul_comm : forall x y, rmul x y = rmul y x;
  rmul_assoc : forall x y z, rmul x (rmul y z) = rmul (rmul x y) z;
  rmul_1 : forall x, rmul (rat 1) x = x;
  rmul_add : forall x y z, rmul x (radd y z) = radd (rmul x y) (rmul x z);
  rat_add : forall p q, rat (p + q) = radd (rat p) (rat q);
  rat_mul : forall p q, rat (p * q) = rmul (rat p) (rat q);
  rat_eq : forall p q, (p == q)%Q -> rat p = rat q;
  nonneg : real -> Prop;
  pos : real -> Prop;
  nonneg_add : forall x y, nonneg x -> nonneg y -> nonneg (radd x y);
  nonneg_mul : forall x y, nonneg x -> nonneg y -> nonneg (rmul x y);
  nonneg_square : forall x, nonneg (rmul x x);
  pos_nonneg : forall x, pos x -> nonneg x;
  pos_add : forall x y, pos x -> nonneg y -> pos (radd x y);
  pos_mul : forall x y, pos x -> pos y -> pos (rmul x y);
  pos_rat : forall q, (0 < q)%Q -> pos (rat q);

  (* spaces, and the operators to a space from a space *)
  space : Type;
  hom : space -> space -> Type;
  add : forall {a b}, hom a b -> hom a b -> hom a b;
  opp : forall {a b}, hom a b -> hom a b;
  zero : forall {a b}, hom a b;
  scale : forall {a b}, real -> hom a b -> hom a b;
  comp : forall {a b c}, hom a b -> hom b c -> hom a c;
  one : forall {a}, hom a a;
  star : forall {a b}, hom a b -> hom b a;
  add_comm : forall a b (x y : hom a b), add x y = add y x;
  add_assoc : forall a b (x y z : hom a b), add x (add y z) = add (add x y) z;
  add_0 : forall a b (x : hom a b), add zero x = x;
  add_opp : forall a b (x : hom a b), add x (opp x) = zero;
  scale_1 : forall a b (x : hom a b), scale (rat 1) x = x;
  scale_mul : forall a b k l (x : hom a b), scale (rmul k l) x = scale k (scale l x);
  scale_radd : forall a b k l (x : hom a b), scale (radd k l) x = add (scale k x) (scale l x);
  scale_add : forall a b k (x y : hom a b), scale k (add x y) = add (scale k x) (scale k y);
  comp_assoc : forall a b c d (x : hom a b) (y : hom b c) (z : hom c d), comp x (comp y z) = comp (comp x y) z;
  comp_1_l : forall a b (x : hom a b), comp one x = x;
  comp_1_r : forall a b (x : hom a b), comp x one = x;
  comp_add_l : forall a b c (x y : hom a b) (z : hom b c), comp (add x y) z = add (comp x z) (comp y z);
  comp_add_r : forall a b c (x : hom a b) (y z : hom b c), comp x (add y z) = add (comp x y) (comp x z);
  comp_scale_l : forall a b c k (x : hom a b) (y : hom b c), comp (scale k x) y = scale k (comp x y);
  comp_scale_r : forall a b c k (x : hom a b) (y : hom b c), comp x (scale k y) = scale k (comp x y);
  star_add : forall a b (x y : hom a b), star (add x y) = add (star x) (star y);
  star_scale : forall a b k (x : hom a b), star (scale k x) = scale k (star x);
  star_comp : forall a b c (x : hom a b) (y : hom b c), star (comp x y) = comp (star y) (star x);
  star_star : forall a b (x : hom a b), star (star x) = x;
  (* positive semidefinite operators *)
  psd : forall {a}, hom a a -> Prop;
  psd_one : forall a, psd (one (a := a));
  psd_add : forall a (x y : hom a a), psd x -> psd y -> psd (add x y);
  psd_scale : forall a k (x : hom a a), nonneg k -> psd x -> psd (scale k x);
  psd_star : forall a b (x : hom a a) (g : hom a b), psd x -> psd (comp (star g) (comp x g));
  psd_antisymmetric : forall a (x : hom a a), psd x -> psd (opp x) -> x = zero;
  psd_kernel : forall a b (x : hom a a) (g : hom a b), psd x -> comp (star g) (comp x g) = zero -> comp x g = zero
}.

Declare Scope real_scope.
Delimit Scope real_scope with real.
Bind Scope real_scope with real.
Declare Scope operator_scope.
Delimit Scope operator_scope with op.
Bind Scope operator_scope with hom.
Definition rsub {O : Operators} (x y : real) := radd x (ropp y).
Definition sub {O : Operators} {a b} (x y : hom a b) := add x (opp y).
Infix "+" := radd : real_scope.
Infix "*" := rmul : real_scope.
Infix "-" := rsub : real_scope.
Notation "- x" := (ropp x) : real_scope.
Notation "0" := (rat 0) : real_scope.
Notation "1" := (rat 1) : real_scope.
Notation "2" := (rat 2) : real_scope.
Notation "x >= y" := (nonneg (rsub x y)) : real_scope.
Notation "x > y" := (pos (rsub x y)) : real_scope.
Infix "+" := add : operator_scope.
Infix "*" := comp : operator_scope.
Infix "-" := sub : operator_scope.
Notation "- x" := (opp x) : operator_scope.
Notation "0" := zero : operator_scope.
Notation "1" := one : operator_scope.
Notation "k • x" := (scale k%real x%op) (at level 39, right associativity) : operator_scope.
Notation "x ^*" := (star x) (at level 2, format "x ^*") : operator_scope.
Notation "x >= y" := (psd (sub x y)) : operator_scope.
Definition power {O : Operators} {a} (x : hom a a) (n : nat) : hom a a :=
  (fix times n := match n with 0%nat => one | Datatypes.S m => comp x (times m) end) n.
Definition rpower {O : Operators} (x : real) (n : nat) : real :=
  (fix times n := match n with 0%nat => rat 1 | Datatypes.S m => rmul x (times m) end) n.

(** * How a certificate is replayed

    Expressions are expanded into sums of words, as the checker in Python does; that this is sound is proved here. *)

Section Sums.
  Context {V M : Type} (plus : V -> V -> V) (nil_ : V) (times : Q -> V -> V) (compare : M -> M -> comparison) (ev : M -> V).
  Hypothesis plus_comm : forall x y, plus x y = plus y x.
  Hypothesis plus_assoc : forall x y z, plus x (plus y z) = plus (plus x y) z.
  Hypothesis plus_nil : forall x, plus nil_ x = x.
  Hypothesis times_plus : forall p q x, times (p + q) x = plus (times p x) (times q x).
  Hypothesis times_eq : forall p q x, (p == q)%Q -> times p x = times q x.
  Hypothesis times_0 : forall x, times 0 x = nil_.
  Hypothesis compare_ok : forall m n, compare m n = Eq -> ev m = ev n.
  Local Arguments Qred : simpl never.

  Fixpoint total (p : list (Q * M)) : V :=
    match p with [] => nil_ | (q, m) :: rest => plus (times q (ev m)) (total rest) end.

  (** Like terms are found in a tree.  That it is in order makes them quick to find; nothing is proved from it. *)
  Inductive tree := Leaf | Node (l : tree) (q : Q) (m : M) (r : tree).
  Fixpoint weight t := match t with Leaf => nil_ | Node l q m r => plus (times q (ev m)) (plus (weight l) (weight r)) end.
  Fixpoint insert (q : Q) (m : M) (t : tree) := match t with
    | Leaf => Node Leaf q m Leaf
    | Node l p n r => match compare m n with
      | Eq => Node l (Qred (q + p)) n r | Lt => Node (insert q m l) p n r | Gt => Node l p n (insert q m r) end end.
  Fixpoint collect (p : list (Q * M)) := match p with [] => Leaf | (q, m) :: rest => insert q m (collect rest) end.
  Fixpoint cancelled t := match t with Leaf => true | Node l q _ r => Qeq_bool q 0 && (cancelled l && cancelled r) end.
  Definition vanishes (p : list (Q * M)) := cancelled (collect p).

  Lemma plus_swap x y z : plus x (plus y z) = plus y (plus x z).
  Proof. rewrite !plus_assoc, (plus_comm x). reflexivity. Qed.
  Lemma weight_insert q m t : weight (insert q m t) = plus (times q (ev m)) (weight t).
  Proof.
    induction t as [|l IHl p n r IHr]; simpl; [rewrite plus_nil; reflexivity|]. destruct (compare m n) eqn:E; simpl.
    - rewrite (times_eq _ (q + p)) by apply Qred_correct. rewrite times_plus, (compare_ok _ _ E). symmetry. apply plus_assoc.
    - rewrite IHl, <- plus_assoc. apply plus_swap.
    - rewrite IHr, (plus_swap (weight l)). apply plus_swap.
  Qed.
  Lemma weight_collect p : weight (collect p) = total p.
  Proof. induction p as [|[q m] p IH]; simpl; [reflexivity|]. rewrite weight_insert, IH. reflexivity. Qed.
  Lemma weight_cancelled t : cancelled t = true -> weight t = nil_.
  Proof.
    induction t as [|l IHl q m r IHr]; simpl; [reflexivity|]. intros H. apply andb_prop in H. destruct H as [H1 H2].
    apply andb_prop in H2. destruct H2 as [H2 H3].
    rewrite (times_eq q 0) by (apply Qeq_bool_eq, H1). rewrite times_0, IHl, IHr, !plus_nil by assumption. reflexivity.
  Qed.
  Lemma total_vanishes p : vanishes p = true -> total p = nil_.
  Proof. intros H. rewrite <- weight_collect. apply weight_cancelled, H. Qed.
  Lemma total_app p r : total (p ++ r) = plus (total p) (total r).
  Proof.
    induction p as [|[q m] p IH]; simpl; [symmetry; apply plus_nil|]. rewrite IH, plus_assoc. reflexivity.
  Qed.
End Sums.

Module Replay.
Section Replay.
  Context {O : Operators}.

  Lemma cancel a b (x y : hom a b) : add x y = x -> y = zero.
  Proof.
    intros H. rewrite <- (add_0 _ _ y), <- (add_opp _ _ x), (add_comm _ _ x), <- add_assoc, H, add_comm. reflexivity.
  Qed.
  Lemma rcancel x y : radd x y = x -> y = rat 0.
  Proof. intros H. rewrite <- (radd_0 y), <- (radd_opp x), (radd_comm x), <- radd_assoc, H, radd_comm. reflexivity. Qed.
  Lemma scale_0 a b (x : hom a b) : scale (rat 0) x = zero.
  Proof. apply (cancel _ _ (scale (rat 0) x)). rewrite <- scale_radd, radd_0. reflexivity. Qed.
  Lemma scale_zero a b k : scale k (zero (a := a) (b := b)) = zero.
  Proof. apply (cancel _ _ (scale k zero)). rewrite <- scale_add, add_0. reflexivity. Qed.
  Lemma comp_0_l a b c (x : hom b c) : comp (zero (a := a)) x = zero.
  Proof. apply (cancel _ _ (comp zero x)). rewrite <- comp_add_l, add_0. reflexivity. Qed.
  Lemma comp_0_r a b c (x : hom a b) : comp x (zero (b := c)) = zero.
  Proof. apply (cancel _ _ (comp x zero)). rewrite <- comp_add_r, add_0. reflexivity. Qed.
  Lemma star_zero a b : star (zero (a := a) (b := b)) = zero.
  Proof. apply (cancel _ _ (star zero)). rewrite <- star_add, add_0. reflexivity. Qed.
  Lemma star_one a : star (one (a := a)) = one.
  Proof. rewrite <- (comp_1_l _ _ (star one)). rewrite <- (star_star _ _ one) at 1. rewrite <- star_comp, comp_1_l. apply star_star. Qed.
  Lemma rmul_0 x : rmul (rat 0) x = rat 0.
  Proof. apply (rcancel (rmul (rat 0) x)). rewrite (rmul_comm (rat 0)), <- rmul_add, radd_0. reflexivity. Qed.
  Lemma opp_scale a b (x : hom a b) : opp x = scale (rat (-1)) x.
  Proof.
    rewrite <- (add_0 _ _ (opp x)), <- (scale_0 _ _ x), (rat_eq 0 (-1 + 1)) by reflexivity.
    rewrite rat_add, scale_radd, scale_1, <- add_assoc, add_opp, add_comm. apply add_0.
  Qed.
  Lemma ropp_mul x : ropp x = rmul (rat (-1)) x.
  Proof.
    rewrite <- (radd_0 (ropp x)), <- (rmul_0 x), (rat_eq 0 (-1 + 1)) by reflexivity.
    rewrite rat_add, (rmul_comm (radd _ _)), rmul_add, !(rmul_comm x), rmul_1, <- radd_assoc, radd_opp, radd_comm. apply radd_0.
  Qed.
  Lemma sub_self a b (x : hom a b) : sub x x = zero.
  Proof. apply add_opp. Qed.
  Lemma sub_zero a b (x y : hom a b) : sub x y = zero -> x = y.
  Proof.
    unfold sub. intros H. rewrite <- (add_0 _ _ y), <- H, <- add_assoc, (add_comm _ _ (opp y)), add_opp, add_comm, add_0. reflexivity.
  Qed.
  Lemma rsub_zero x y : rsub x y = rat 0 -> x = y.
  Proof.
    unfold rsub. intros H. rewrite <- (radd_0 y), <- H, <- radd_assoc, (radd_comm (ropp y)), radd_opp, radd_comm, radd_0. reflexivity.
  Qed.

  (** Numbers. *)
  Section Numbers.
  Variable number : nat -> real.
  Inductive rexpr := RQ (q : Q) | RV (i : nat) | RAdd (x y : rexpr) | RMul (x y : rexpr) | ROpp (x : rexpr).
  Fixpoint rden e := match e with
    | RQ q => rat q | RV i => number i
    | RAdd x y => radd (rden x) (rden y) | RMul x y => rmul (rden x) (rden y) | ROpp x => ropp (rden x) end.
  Fixpoint rword (w : list nat) := match w with [] => rat 1 | i :: w => rmul (number i) (rword w) end.
  Fixpoint put i w := match w with
    | [] => [i] | j :: v => if (i <=? j)%nat then i :: w else j :: put i v end.
  Fixpoint merge v w := match v with [] => w | i :: v => put i (merge v w) end.
  Lemma rword_put i w : rword (put i w) = rmul (number i) (rword w).
  Proof.
    induction w as [|j w IH]; simpl; [reflexivity|]. destruct (i <=? j)%nat; simpl; [reflexivity|].
    rewrite IH, !rmul_assoc, (rmul_comm (number j)). reflexivity.
  Qed.
  Lemma rword_merge v w : rword (merge v w) = rmul (rword v) (rword w).
  Proof. induction v as [|i v IH]; simpl; [symmetry; apply rmul_1|]. rewrite rword_put, IH, rmul_assoc. reflexivity. Qed.

  Fixpoint order (v w : list nat) : comparison := match v, w with
    | [], [] => Eq | [], _ => Lt | _, [] => Gt
    | i :: v, j :: w => match (i ?= j)%nat with Eq => order v w | c => c end end.
  Lemma order_ok v w : order v w = Eq -> v = w.
  Proof.
    revert w. induction v as [|i v IH]; destruct w as [|j w]; simpl; try discriminate; [reflexivity|].
    destruct (i ?= j)%nat eqn:E; try discriminate. intros H. apply Nat.compare_eq in E. f_equal; auto.
  Qed.
  Notation rsum := (total radd (rat 0) (fun q x => rmul (rat q) x) rword).
  Definition rterm (t u : Q * list nat) := (fst t * fst u, merge (snd t) (snd u)).
  Definition rtimes p r := flat_map (fun t => map (rterm t) r) p.
  Fixpoint rpoly e := match e with
    | RQ q => [(q, [])] | RV i => [(1, [i])] | RAdd x y => rpoly x ++ rpoly y | RMul x y => rtimes (rpoly x) (rpoly y)
    | ROpp x => rtimes [(-1, [])] (rpoly x) end.
  Lemma rsum_app p r : rsum (p ++ r) = radd (rsum p) (rsum r).
  Proof. apply total_app; intros; auto using radd_assoc, radd_0. Qed.
  Lemma rmul_four a b c d : rmul (rmul a b) (rmul c d) = rmul (rmul a c) (rmul b d).
  Proof. rewrite <- !rmul_assoc, (rmul_assoc b), (rmul_comm b), !rmul_assoc. reflexivity. Qed.
  Lemma rsum_times p r : rsum (rtimes p r) = rmul (rsum p) (rsum r).
  Proof.
    induction p as [|[q w] p IH]; simpl; [symmetry; apply rmul_0|].
    rewrite rsum_app, IH, (rmul_comm (radd _ _)), rmul_add, !(rmul_comm (rsum r)). f_equal.
    clear. induction r as [|[s v] r IH]; simpl; [rewrite rmul_comm, rmul_0; reflexivity|].
    rewrite IH, rmul_add, rat_mul, rword_merge, rmul_four. reflexivity.
  Qed.
  Lemma rpoly_ok e : rsum (rpoly e) = rden e.
  Proof.
    induction e; simpl.
    - rewrite radd_comm, radd_0, rmul_comm. apply rmul_1.
    - rewrite radd_comm, radd_0, rmul_1, rmul_comm. apply rmul_1.
    - rewrite rsum_app. congruence.
    - rewrite rsum_times. congruence.
    - change (rsum (rtimes [(-1, [])] (rpoly e)) = ropp (rden e)). rewrite rsum_times, IHe, ropp_mul. simpl.
      rewrite (radd_comm _ (rat 0)), radd_0, (rmul_comm _ (rat 1)), rmul_1. reflexivity.
  Qed.
  Definition rzero e := vanishes order (rpoly e).
  Lemma rzero_ok e : rzero e = true -> rden e = rat 0.
  Proof.
    intros H. rewrite <- rpoly_ok. refine (total_vanishes _ _ _ order _ _ _ _ _ _ _ _ _ H); intros;
      auto using radd_comm, radd_assoc, radd_0, rmul_0.
    - rewrite rat_add, (rmul_comm (radd _ _)), rmul_add, !(rmul_comm x). reflexivity.
    - f_equal. auto using rat_eq.
    - f_equal. auto using order_ok.
  Qed.

  (** Products of positive numbers. *)
  Inductive positive_number : Type := | Positive (l r : rexpr) (fact : nonneg (rsub (rden l) (rden r))).
  Fixpoint product (ns : list positive_number) : rexpr := match ns with
    | [] => RQ 1 | Positive l r _ :: ns => RMul (RAdd l (ROpp r)) (product ns) end.
  Lemma nonneg_product ns : nonneg (rden (product ns)).
  Proof.
    induction ns as [|[l r H] ns IH]; simpl; [apply pos_nonneg, pos_rat; reflexivity|]. apply nonneg_mul; assumption.
  Qed.
  (** Equations and inequalities between numbers, by the cofactors and the positive terms of a certificate. *)
  Inductive rcofactor : Type := | RBy (c u l r : rexpr) (fact : rden l = rden r).
  Fixpoint rcofactors ts := match ts with
    | [] => RQ 0 | RBy c u l r _ :: ts => RAdd (RMul (RMul c u) (RAdd l (ROpp r))) (rcofactors ts) end.
  Lemma rcofactors_zero ts : rden (rcofactors ts) = rat 0.
  Proof.
    induction ts as [|[c u l r fact] ts IH]; simpl; [reflexivity|].
    rewrite fact, radd_opp, IH, (rmul_comm _ (rat 0)), rmul_0. apply radd_0.
  Qed.
  Lemma is_requal x y : rzero (RAdd x (ROpp y)) = true -> rden x = rden y.
  Proof. intros H. apply rzero_ok in H. exact (rsub_zero _ _ H). Qed.
  Theorem numbers_by_cofactors l r ts : rzero (RAdd (RAdd l (ROpp r)) (ROpp (rcofactors ts))) = true -> rden l = rden r.
  Proof. intros H. apply rsub_zero. apply is_requal in H. simpl in H. rewrite rcofactors_zero in H. exact H. Qed.
  Inductive rpositive : Type := | ROf (w : Q) (ns : list positive_number) (g : rexpr) (ok : (0 < w)%Q).
  Fixpoint rpositives ts := match ts with
    | [] => RQ 0 | ROf w ns g _ :: ts => RAdd (RMul (RMul (RQ w) (product ns)) (RMul g g)) (rpositives ts) end.
  Lemma nonneg_0 : nonneg (rat 0).
  Proof. rewrite <- (rmul_0 (rat 0)). apply nonneg_square. Qed.
  Lemma nonneg_rpositives ts : nonneg (rden (rpositives ts)).
  Proof.
    induction ts as [|[w ns g ok] ts IH]; simpl; [apply nonneg_0|]. apply nonneg_add; [|exact IH].
    apply nonneg_mul; [|apply nonneg_square]. apply nonneg_mul; [apply pos_nonneg, pos_rat, ok|apply nonneg_product].
  Qed.
  Theorem numbers_by_sum l r ps ts :
    rzero (RAdd (RAdd l (ROpp r)) (ROpp (RAdd (rpositives ps) (rcofactors ts)))) = true -> nonneg (rsub (rden l) (rden r)).
  Proof.
    intros H. apply is_requal in H. simpl in H. unfold rsub. rewrite H, rcofactors_zero, radd_comm, radd_0.
    apply nonneg_rpositives.
  Qed.

  (** A sum of numbers with a term that is strictly positive. *)
  Inductive strict_number : Type := | Strict (l r : rexpr) (fact : pos (rsub (rden l) (rden r))).
  Fixpoint strict_product (ns : list strict_number) : rexpr := match ns with
    | [] => RQ 1 | Strict l r _ :: ns => RMul (RAdd l (ROpp r)) (strict_product ns) end.
  Lemma pos_product ns : pos (rden (strict_product ns)).
  Proof. induction ns as [|[l r H] ns IH]; simpl; [apply pos_rat; reflexivity|]. apply pos_mul; assumption. Qed.
  Theorem numbers_by_strict_sum l r w ns ps ts : (0 < w)%Q ->
    rzero (RAdd (RAdd l (ROpp r))
      (ROpp (RAdd (RMul (RQ w) (strict_product ns)) (RAdd (rpositives ps) (rcofactors ts))))) = true ->
    pos (rsub (rden l) (rden r)).
  Proof.
    intros W H. apply is_requal in H. simpl in H. unfold rsub.
    rewrite H, rcofactors_zero, (radd_comm _ (rat 0)), radd_0.
    apply pos_add; [|apply nonneg_rpositives]. apply pos_mul; [apply pos_rat, W|apply pos_product].
  Qed.
  End Numbers.

  (** Operators. *)
  Record alphabet := {
    number : nat -> real;
    place : nat -> space;
    letter : forall i a b : nat, hom (place a) (place b);
    symmetric : forall i a : nat, hom (place a) (place a);
    symmetric_ok : forall i a, star (symmetric i a) = symmetric i a
  }.
  Variable E : alphabet.
  (** Words: well-typed products of letters, their adjoints, and symmetric letters. *)
  Inductive word (b : nat) : nat -> Type :=
  | Stop : word b b
  | Letter (i a c : nat) (w : word b c) : word b a
  | Adjoint (i a c : nat) (w : word b a) : word b c
  | Symmetric (i a : nat) (w : word b a) : word b a.
  Arguments Stop {b}.
  Arguments Letter {b} i a c w.
  Arguments Adjoint {b} i a c w.
  Arguments Symmetric {b} i a w.
  Fixpoint wden {a b} (w : word b a) : hom (place E a) (place E b) := match w with
    | Stop => one
    | Letter i a c w => comp (letter E i a c) (wden w)
    | Adjoint i a c w => comp (star (letter E i a c)) (wden w)
    | Symmetric i a w => comp (symmetric E i a) (wden w) end.
  Fixpoint append {a b c} (v : word b a) : word c b -> word c a := match v with
    | Stop => fun w => w
    | Letter i a c v => fun w => Letter i a c (append v w)
    | Adjoint i a c v => fun w => Adjoint i a c (append v w)
    | Symmetric i a v => fun w => Symmetric i a (append v w) end.
  Fixpoint transpose {a b} (w : word b a) : word a b := match w with
    | Stop => Stop
    | Letter i a c w => append (transpose w) (Adjoint i a c Stop)
    | Adjoint i a c w => append (transpose w) (Letter i a c Stop)
    | Symmetric i a w => append (transpose w) (Symmetric i a Stop) end.
  Lemma wden_append a b c (v : word b a) (w : word c b) : wden (append v w) = comp (wden v) (wden w).
  Proof. induction v; simpl; rewrite ?IHv, ?comp_1_l, ?comp_assoc; reflexivity. Qed.
  Lemma wden_transpose a b (w : word b a) : wden (transpose w) = star (wden w).
  Proof.
    induction w; simpl; [symmetry; apply star_one|..]; rewrite wden_append, IHw, star_comp; simpl; rewrite comp_1_r;
      rewrite ?star_star, ?symmetric_ok; reflexivity.
  Qed.
  Fixpoint spell {a b} (w : word b a) : list nat := match w with
    | Stop => []
    | Letter i a c w => 0 :: i :: a :: c :: spell w
    | Adjoint i a c w => 1 :: i :: a :: c :: spell w
    | Symmetric i a w => 2 :: i :: a :: spell w end%nat.
  Lemma spell_same b a (v : word b a) d (w : word b d) : spell v = spell w -> existT (word b) a v = existT (word b) d w.
  Proof.
    revert d w. induction v; intros d w; destruct w; simpl; try discriminate; [reflexivity|..];
      intros H; injection H; clear H; intros H; intros; subst; apply IHv in H; apply inj_pair2_eq_dec in H; try exact Nat.eq_dec; subst; reflexivity.
  Qed.

  Inductive expr : nat -> nat -> Type :=
  | Z a b : expr a b
  | I a : expr a a
  | L (i a b : nat) : expr a b
  | S (i a : nat) : expr a a
  | A {a b} (x : expr a b) : expr b a
  | N {a b} (x : expr a b) : expr a b
  | P {a b} (x y : expr a b) : expr a b
  | M {a b c} (x : expr a b) (y : expr b c) : expr a c
  | K {a b} (k : rexpr) (x : expr a b) : expr a b.
  Fixpoint den {a b} (e : expr a b) : hom (place E a) (place E b) := match e with
    | Z _ _ => zero | I _ => one | L i a b => letter E i a b | S i a => symmetric E i a
    | A x => star (den x) | N x => opp (den x) | P x y => add (den x) (den y) | M x y => comp (den x) (den y)
    | K k x => scale (rden (number E) k) (den x) end.

  Definition monomial a b : Type := list nat * word b a.
  Definition mden {a b} (m : monomial a b) := scale (rword (number E) (fst m)) (wden (snd m)).
  Definition morder {a b} (m n : monomial a b) := match order (fst m) (fst n) with
    | Eq => order (spell (snd m)) (spell (snd n)) | c => c end.
  Lemma morder_ok a b (m n : monomial a b) : morder m n = Eq -> mden m = mden n.
  Proof.
    unfold morder. destruct (order (fst m) (fst n)) eqn:H1; try discriminate. intros H2.
    destruct m as [k v], n as [l w]. simpl in *.
    apply order_ok in H1, H2. apply spell_same, inj_pair2_eq_dec in H2; [|exact Nat.eq_dec]. subst. reflexivity.
  Qed.
  Definition poly a b : Type := list (Q * monomial a b).
  Definition sum {a b} : poly a b -> hom (place E a) (place E b) := total add zero (fun q x => scale (rat q) x) mden.
  Definition term {a b c} (t : Q * monomial a b) (u : Q * monomial b c) : Q * monomial a c :=
    (fst t * fst u, (merge (fst (snd t)) (fst (snd u)), append (snd (snd t)) (snd (snd u)))).
  Definition times {a b c} (p : poly a b) (r : poly b c) : poly a c := flat_map (fun t => map (term t) r) p.
  Local Arguments times : simpl never.
  Definition constant a (p : list (Q * list nat)) : poly a a := map (fun t => (fst t, (snd t, Stop))) p.
  Definition adjoint {a b} (p : poly a b) : poly b a :=
    map (fun t => (fst t, (fst (snd t), transpose (snd (snd t))))) p.
  Fixpoint expand {a b} (e : expr a b) : poly a b := match e with
    | Z _ _ => [] | I _ => [(1, ([], Stop))] | L i a b => [(1, ([], Letter i a b Stop))]
    | S i a => [(1, ([], Symmetric i a Stop))]
    | A x => adjoint (expand x) | N x => times [(-1, ([], Stop))] (expand x) | P x y => expand x ++ expand y
    | M x y => times (expand x) (expand y) | K k x => times (constant _ (rpoly k)) (expand x) end.

  Lemma sum_app a b (p r : poly a b) : sum (p ++ r) = add (sum p) (sum r).
  Proof. apply total_app; intros; auto using add_assoc, add_0. Qed.
  Lemma sum_cons a b t (p : poly a b) : sum (t :: p) = add (scale (rat (fst t)) (mden (snd t))) (sum p).
  Proof. destruct t; reflexivity. Qed.
  Lemma term_ok a b c t u : scale (rat (fst (@term a b c t u))) (mden (snd (term t u)))
    = comp (scale (rat (fst t)) (mden (snd t))) (scale (rat (fst u)) (mden (snd u))).
  Proof.
    destruct t as [p [k v]], u as [q [l w]]. unfold mden, term. simpl.
    rewrite rat_mul, rword_merge, wden_append, !comp_scale_l, !comp_scale_r, <- !scale_mul. f_equal.
    rewrite rmul_assoc, <- (rmul_assoc _ (rat q)), (rmul_comm (rat q)), !rmul_assoc. reflexivity.
  Qed.
  Lemma sum_times a b c (p : poly a b) (r : poly b c) : sum (times p r) = comp (sum p) (sum r).
  Proof.
    induction p as [|t p IH]; [symmetry; apply comp_0_l|]. change (times (t :: p) r) with (map (term t) r ++ times p r).
    rewrite sum_app, IH, sum_cons, comp_add_l. f_equal. clear.
    induction r as [|u r IH]; [symmetry; apply comp_0_r|]. simpl map. rewrite !sum_cons, term_ok, IH, comp_add_r. reflexivity.
  Qed.
  Lemma sum_constant a p :
    sum (constant a p) = scale (total radd (rat 0) (fun q x => rmul (rat q) x) (rword (number E)) p) one.
  Proof.
    induction p as [|[q w] p IH]; [symmetry; apply scale_0|]. simpl constant. rewrite sum_cons, IH. simpl.
    rewrite scale_radd, scale_mul. reflexivity.
  Qed.
  Lemma sum_adjoint a b (p : poly a b) : sum (adjoint p) = star (sum p).
  Proof.
    induction p as [|[q [k w]] p IH]; [symmetry; apply star_zero|]. simpl adjoint. rewrite !sum_cons, IH, star_add.
    unfold mden. simpl. rewrite wden_transpose, !star_scale. reflexivity.
  Qed.
  Lemma sum_one a b (w : word b a) : sum [(1, ([], w))] = wden w.
  Proof. rewrite sum_cons. unfold mden. simpl. rewrite !scale_1, add_comm. apply add_0. Qed.
  Lemma expand_ok a b (e : expr a b) : sum (expand e) = den e.
  Proof.
    induction e; simpl expand; simpl den.
    - reflexivity.
    - apply sum_one.
    - rewrite sum_one. apply comp_1_r.
    - rewrite sum_one. apply comp_1_r.
    - rewrite sum_adjoint. congruence.
    - rewrite sum_times, IHe, opp_scale. change [(-1, ([], Stop))] with (constant a [(-1, [])]). rewrite sum_constant. simpl.
      rewrite (rmul_comm _ (rat 1)), rmul_1, radd_comm, radd_0, comp_scale_l, comp_1_l. reflexivity.
    - rewrite sum_app. congruence.
    - rewrite sum_times. congruence.
    - rewrite sum_times, sum_constant, rpoly_ok, IHe, comp_scale_l, comp_1_l. reflexivity.
  Qed.
  Definition is_zero {a b} (e : expr a b) := vanishes morder (expand e).
  Lemma is_zero_ok a b (e : expr a b) : is_zero e = true -> den e = zero.
  Proof.
    intros H. rewrite <- expand_ok. refine (total_vanishes _ _ _ morder _ _ _ _ _ _ _ _ _ H); intros;
      auto using add_comm, add_assoc, add_0, scale_0, morder_ok.
    - rewrite rat_add. apply scale_radd.
    - f_equal. auto using rat_eq.
  Qed.

  (** One term of a certificate: number, left factor, fact, right factor.  It is zero because the fact holds. *)
  Inductive cofactor (a b : nat) : Type :=
  | By {x y} (c : Q) (u : expr a x) (l r : expr x y) (v : expr y b) (fact : den l = den r)
  | ByNumber (c : Q) (u : expr a b) (l r : rexpr) (fact : rden (number E) l = rden (number E) r).
  Definition cofactor_expr {a b} (t : cofactor a b) : expr a b := match t with
    | By _ _ c u l r v _ => K (RQ c) (M u (M (P l (N r)) v))
    | ByNumber _ _ c u l r _ => K (RMul (RQ c) (RAdd l (ROpp r))) u end.
  Lemma cofactor_zero a b (t : cofactor a b) : den (cofactor_expr t) = zero.
  Proof.
    destruct t; simpl; rewrite fact.
    - rewrite add_opp, comp_0_l, comp_0_r. apply scale_zero.
    - rewrite radd_opp, rmul_comm, rmul_0. apply scale_0.
  Qed.
  Fixpoint cofactors {a b} (ts : list (cofactor a b)) : expr a b := match ts with
    | [] => Z a b | t :: ts => P (cofactor_expr t) (cofactors ts) end.
  Lemma cofactors_zero a b (ts : list (cofactor a b)) : den (cofactors ts) = zero.
  Proof. induction ts; simpl; [reflexivity|]. rewrite cofactor_zero, IHts. apply add_0. Qed.

  Lemma is_equal a b (x y : expr a b) : is_zero (P x (N y)) = true -> den x = den y.
  Proof. intros H. apply is_zero_ok in H. exact (sub_zero _ _ _ _ H). Qed.

  (** An equation between operators. *)
  Theorem by_cofactors {a b} (l r : expr a b) ts : is_zero (P (P l (N r)) (N (cofactors ts))) = true -> den l = den r.
  Proof.
    intros H. apply sub_zero. apply is_equal in H. simpl in H. rewrite cofactors_zero in H. exact H.
  Qed.

  Lemma psd_square a b (x : hom a b) : psd (comp (star x) x).
  Proof. rewrite <- (comp_1_l _ _ x) at 2. apply psd_star, psd_one. Qed.
  Lemma psd_0 a : psd (zero (a := a)).
  Proof. rewrite <- (scale_0 _ _ one), <- (rmul_0 (rat 0)). apply psd_scale; [apply nonneg_square|apply psd_one]. Qed.

  (** One term of a sum that is positive: weight, positive numbers, positive operator, square. *)
  Inductive positive (b : nat) : Type :=
  | Of {a} (w : Q) (ns : list (positive_number (number E))) (l r : expr a a) (g : expr a b)
      (fact : psd (sub (den l) (den r))) (ok : (0 < w)%Q)
  | OfSquare {a} (w : Q) (ns : list (positive_number (number E))) (g : expr a b) (ok : (0 < w)%Q).
  Definition positive_expr {b} (t : positive b) : expr b b := match t with
    | Of _ w ns l r g _ _ => K (RMul (RQ w) (product (number E) ns)) (M (A g) (M (P l (N r)) g))
    | OfSquare _ w ns g _ => K (RMul (RQ w) (product (number E) ns)) (M (A g) g) end.
  Fixpoint positives {b} (ts : list (positive b)) : expr b b := match ts with
    | [] => Z b b | t :: ts => P (positive_expr t) (positives ts) end.
  Lemma psd_positives b (ts : list (positive b)) : psd (den (positives ts)).
  Proof.
    induction ts as [|t ts IH]; simpl; [apply psd_0|]. apply psd_add; [|exact IH].
    destruct t; simpl; (apply psd_scale; [apply nonneg_mul; [apply pos_nonneg, pos_rat, ok|apply nonneg_product]|]).
    - apply psd_star. exact fact.
    - apply psd_square.
  Qed.
  Theorem by_sum {a} (l r : expr a a) ps ts :
    is_zero (P (P l (N r)) (N (P (positives ps) (cofactors ts)))) = true -> psd (sub (den l) (den r)).
  Proof.
    intros H. apply is_equal in H. simpl in H. unfold sub. rewrite H, cofactors_zero, add_comm, add_0. apply psd_positives.
  Qed.

  (** A positive operator sends to zero whatever it has no value at. *)
  Theorem by_kernel {a b} (l r : expr a b) (x : expr a a) (g : expr a b) ps ts :
    psd (den x) ->
    is_zero (P (P l (N r)) (N (M x g))) && is_zero (P (N (M (A g) (M x g))) (N (P (positives ps) (cofactors ts)))) = true ->
    den l = den r.
  Proof.
    intros known H. apply andb_prop in H. destruct H as [H1 H2]. apply is_equal in H1, H2. simpl in H1, H2.
    apply sub_zero. unfold sub. rewrite H1. apply psd_kernel; [exact known|].
    apply psd_antisymmetric; [apply psd_star; exact known|].
    rewrite H2, cofactors_zero, add_comm, add_0. apply psd_positives.
  Qed.

End Replay.
End Replay.

Print Assumptions Replay.numbers_by_cofactors.
Print Assumptions Replay.numbers_by_sum.
Print Assumptions Replay.numbers_by_strict_sum.
Print Assumptions Replay.by_cofactors.
Print Assumptions Replay.by_sum.
Print Assumptions Replay.by_kernel.
