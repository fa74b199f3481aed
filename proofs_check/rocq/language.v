(** * The words of the statements

    What the theorems say of matrices over any ordered field. Lengths and stretches need square roots. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Export forms.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Algebra.
Variable R : realFieldType.

(** The order of symmetric matrices; strictly, the difference has an inverse. *)
Definition loewner d (X Y : 'M[R]_d) := psd (Y - X).
Definition strictly_loewner d (X Y : 'M[R]_d) := psd (Y - X) /\ Y - X \in unitmx.

(** Orthogonal projectors. *)
Definition projector d (X : 'M[R]_d) := X *m X = X /\ X^T = X.

(** The four equations of Moore and Penrose, which have at most one solution. *)
Definition pseudo_inverse m n (X : 'M[R]_(m, n)) (Y : 'M[R]_(n, m)) :=
  [/\ X *m Y *m X = X, Y *m X *m Y = Y, (X *m Y)^T = X *m Y & (Y *m X)^T = Y *m X].

(** Every column of [X] is a combination of the columns of [Y]. *)
Definition range_within m n p (X : 'M[R]_(m, n)) (Y : 'M[R]_(m, p)) := exists Z, X = Y *m Z.

Fixpoint power d (X : 'M[R]_d) t : 'M[R]_d := if t is t.+1 then X *m power X t else 1%:M.

(** Iterates of a map that may depend on the turn. *)
Fixpoint course T t (turn : nat -> T -> T) (start : T) : T := if t is s.+1 then turn s (course s turn start) else start.

(** From some turn on the squared distance from the limit stays below any bound. *)
Definition tends_to d (x : nat -> 'cV[R]_d) (limit : 'cV[R]_d) :=
  forall epsilon, 0 < epsilon -> exists N, forall t, (N <= t)%N -> dot (x t - limit) (x t - limit) < epsilon.

(** Of matrices: so does the square of what every form takes of two vectors. *)
Definition matrices_tend_to d (x : nat -> 'M[R]_d) (limit : 'M[R]_d) :=
  forall u v epsilon, 0 < epsilon -> exists N, forall t, (N <= t)%N -> dot u ((x t - limit) *m v) ^+ 2 < epsilon.

(** The powers carry every vector to zero: over the reals, the spectral radius is below 1. *)
Definition contracts d (X : 'M[R]_d) := forall x, tends_to (fun t => power X t *m x) 0.

(** Iterates of [x |-> X x + G c] converge, from every start and for every push. *)
Definition settles d k (X : 'M[R]_d) (G : 'M[R]_(d, k)) :=
  forall (c : 'cV_k) start, exists limit, tends_to (fun t => iter t (fun x => X *m x + G *m c) start) limit.

(** The characteristic polynomial has all its roots in the field, and each is where it should be. *)
Definition spectrum_within d (X : 'M[R]_d) (here : pred R) :=
  exists2 s : seq R, char_poly X = \prod_(z <- s) ('X - z%:P) & all here s.

(** What is allowed has no smaller value than this point, which is allowed. *)
Definition minimises d (allowed : 'cV[R]_d -> Prop) (value : 'cV[R]_d -> R) (point : 'cV[R]_d) :=
  allowed point /\ forall x, allowed x -> value point <= value x.

(** Sums of moduli: the largest of a row, and of all entries. *)
Definition row_sum m n (X : 'M[R]_(m, n)) i : R := \sum_j `|X i j|.
Definition max_row_sum m n (X : 'M[R]_(m, n)) : R := \big[Num.max/0]_i row_sum X i.
Definition entry_sum m n (X : 'M[R]_(m, n)) : R := \sum_i row_sum X i.

(** The derivative of a map at a point: up to second order, steps from the point are moved linearly. *)
Definition slope_at m n (f : 'cV[R]_n -> 'cV[R]_m) (point : 'cV_n) (D : 'M[R]_(m, n)) :=
  exists c, forall h, max_row_sum h <= 1 -> max_row_sum (f (point + h) - f point - D *m h) <= c * max_row_sum h ^+ 2.

(** The powers of multiples vanish exactly below this number. *)
Definition spectral_radius d (X : 'M[R]_d) (r : R) :=
  [/\ 0 <= r, forall s, r < s -> contracts (s^-1 *: X) & forall s, 0 < s -> contracts (s^-1 *: X) -> r <= s].
End Algebra.

Section Lengths.
Variable R : rcfType.
Definition norm d (x : 'cV[R]_d) : R := Num.sqrt (dot x x).

(** The largest and the smallest singular value: how far unit vectors are stretched at most and at least. *)
Definition largest_stretch m n (X : 'M[R]_(m, n)) (s : R) :=
  (forall x, norm (X *m x) <= s * norm x) /\ exists2 x, norm x = 1 & norm (X *m x) = s.
Definition smallest_stretch m n (X : 'M[R]_(m, n)) (s : R) :=
  (forall x, s * norm x <= norm (X *m x)) /\ exists2 x, norm x = 1 & norm (X *m x) = s.
End Lengths.
