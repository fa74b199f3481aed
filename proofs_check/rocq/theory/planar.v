(** * Tools for counterexamples: matrices with two rows and two columns

    Of rational numbers, in a field with square roots; sums, products, order and lengths become closed statements about
    rational numbers, which are computed. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
From mathcomp.real_closed Require Import realalg.
Require Import base lengths small.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Over any ordered field *)
(** [a] times the form is the sum [(a x + b y)^2 + (a d - b^2) y^2]; where [a] is 0, so is [b]. *)
Lemma form_ge0 (R : realFieldType) (a b d x y : R) : 0 <= a -> 0 <= d -> b * b <= a * d ->
  0 <= x * (a * x + b * y) + y * (b * x + d * y).
Proof.
move=> a0 d0 ad; have [z|a1] := eqVneq a 0.
  have /eqP-> : b == 0 by rewrite -sqrf_eq0 eq_le sqr_ge0 andbT expr2 (le_trans ad) // z mul0r.
  by rewrite z !mul0r !add0r mulr0 add0r mulrCA mulr_ge0 // -expr2 sqr_ge0.
have {a1}a1 : 0 < a by rewrite lt_neqAle eq_sym a1.
rewrite -(pmulr_rge0 _ a1); apply: (@ge0_eq _ ((a * x + b * y) ^+ 2 + (a * d - b * b) * y ^+ 2)); last by ring.
by rewrite addr_ge0 ?sqr_ge0 // mulr_ge0 ?sqr_ge0 ?subr_ge0.
Qed.
Lemma norm_le (R : rcfType) d (x y : 'cV[R]_d) : (norm x <= norm y) = (dot x x <= dot y y).
Proof. by rewrite -(@ler_pexpn2r R 2) ?nnegrE ?norm_ge0 // !norm_sqr. Qed.
(** A matrix whose square is a negative number has no eigenvalue: the square of one would be this number. *)
Lemma no_eigenvalue (R : realFieldType) d (X : 'M[R]_d) k here : (0 < d)%N -> X *m X = k%:M -> k < 0 ->
  ~ spectrum_within X here.
Proof.
move=> d0 XX k0 [s split _]; have : size (char_poly X) = d.+1 by exact: size_char_poly.
case: s split => [->|z s split _]; first by rewrite big_nil size_poly1 => -[] dE; rewrite -dE in d0.
have /eigenvalueP[v vX v0] : eigenvalue X z.
  by rewrite eigenvalue_root_char split big_cons rootM root_XsubC eqxx.
have /eqP : v *m (X *m X) = (z * z) *: v by rewrite mulmxA vX -scalemxAl vX scalerA.
rewrite XX mul_mx_scalar -subr_eq0 -scalerBl scaler_eq0 (negbTE v0) orbF subr_eq0 => /eqP kz.
by move: k0; rewrite kz -expr2 ltNge sqr_ge0.
Qed.

(** ** Rational numbers, squares and columns *)
(** A field with square roots: the real algebraic numbers. *)
Definition Algebraic : rcfType := [rcfType of realalg].
Global Opaque Algebraic.
Section Plane.
Local Notation q := (ratr : rat -> Algebraic).
Implicit Types a b c d k x y : rat.
Lemma q_0 : 0 = q 0. Proof. by rewrite rmorph0. Qed.
Lemma q_1 : 1 = q 1. Proof. by rewrite rmorph1. Qed.
Lemma q_add a b : q a + q b = q (a + b). Proof. by rewrite rmorphD. Qed.
Lemma q_opp a : - q a = q (- a). Proof. by rewrite rmorphN. Qed.
Lemma q_mul a b : q a * q b = q (a * b). Proof. by rewrite rmorphM. Qed.
Lemma q_inv a : (q a)^-1 = q a^-1. Proof. by rewrite fmorphV. Qed.
Lemma q_exp a n : q a ^+ n = q (a ^+ n). Proof. by rewrite rmorphX. Qed.
Lemma q_times a n : q a *+ n = q (a *+ n). Proof. by rewrite rmorphMn. Qed.

Definition square a b c d : 'M[Algebraic]_(1 + 1) := block_mx (q a)%:M (q b)%:M (q c)%:M (q d)%:M.
Definition column x y : 'cV[Algebraic]_(1 + 1) := col_mx (q x)%:M (q y)%:M.
Lemma square_scalar k : (q k)%:M = square k 0 0 k.
Proof. by rewrite /square rmorph0 !raddf0 -scalar_mx_block. Qed.
Lemma square_add a b c d a' b' c' d' :
  square a b c d + square a' b' c' d' = square (a + a') (b + b') (c + c') (d + d').
Proof. by rewrite /square add_block_mx -!raddfD. Qed.
Lemma square_opp a b c d : - square a b c d = square (- a) (- b) (- c) (- d).
Proof. by rewrite /square opp_block_mx -!raddfN. Qed.
Lemma square_scale k a b c d : q k *: square a b c d = square (k * a) (k * b) (k * c) (k * d).
Proof. by rewrite /square scale_block_mx !num_scale -!rmorphM. Qed.
Lemma square_mul a b c d a' b' c' d' : square a b c d *m square a' b' c' d' =
  square (a * a' + b * c') (a * b' + b * d') (c * a' + d * c') (c * b' + d * d').
Proof. by rewrite /square mulmx_block !num_mul !num_add -!rmorphM -!rmorphD. Qed.
Lemma square_tr a b c d : (square a b c d)^T = square a c b d.
Proof. by rewrite /square tr_block_mx !num_tr. Qed.
Lemma square_column a b c d x y : square a b c d *m column x y = column (a * x + b * y) (c * x + d * y).
Proof. by rewrite /square /column mul_block_col !num_mul !num_add -!rmorphM -!rmorphD. Qed.
Lemma column_add x y x' y' : column x y + column x' y' = column (x + x') (y + y').
Proof. by rewrite /column add_col_mx -!raddfD. Qed.
Lemma column_opp x y : - column x y = column (- x) (- y).
Proof. by rewrite /column opp_col_mx -!raddfN. Qed.
Lemma column_scale k x y : q k *: column x y = column (k * x) (k * y).
Proof. by rewrite /column scale_col_mx !num_scale -!rmorphM. Qed.
Lemma column_dot x y x' y' : dot (column x y) (column x' y') = q (x * x' + y * y').
Proof. by rewrite /dot /column tr_col_mx mul_row_col !num_tr !num_mul num_add mxE -!rmorphM -rmorphD. Qed.
Lemma column_outer x y x' y' :
  column x y *m (column x' y')^T = square (x * x') (x * y') (y * x') (y * y').
Proof. by rewrite /column /square tr_col_mx !num_tr mul_col_row !num_mul -!rmorphM. Qed.

(** ** What is true of them if it is true of rational numbers *)
Lemma square_eq a b c d a' b' c' d' :
  square a b c d = square a' b' c' d' <-> [&& a == a', b == b', c == c' & d == d'].
Proof.
split=> [/eq_block_mx[]|/and4P[/eqP-> /eqP-> /eqP-> /eqP-> //]].
by do 4!move/num_eq/fmorph_inj=> ->; rewrite !eqxx.
Qed.
Lemma column_eq x y x' y' : column x y = column x' y' <-> (x == x') && (y == y').
Proof.
split=> [/eq_col_mx[]|/andP[/eqP-> /eqP-> //]].
by do 2!move/num_eq/fmorph_inj=> ->; rewrite !eqxx.
Qed.
Lemma column_0 : column 0 0 = 0.
Proof. by rewrite /column rmorph0 raddf0 col_mx0. Qed.
Lemma column_norm x y x' y' : (norm (column x y) <= norm (column x' y')) = (x * x + y * y <= x' * x' + y' * y').
Proof. by rewrite norm_le !column_dot ler_rat. Qed.
Lemma square_psd a b c d : [&& b == c, 0 <= a, 0 <= d & b * b <= a * d] -> psd (square a b c d).
Proof.
case/and4P=> /eqP<- a0 d0 ad; split=> [|v]; first by rewrite square_tr.
rewrite -[v]vsubmxK [usubmx v]mx11_scalar [dsubmx v]mx11_scalar /square mul_block_col /dot tr_col_mx mul_row_col.
rewrite !num_tr !num_mul !num_add !num_mul num_add mxE mulr1n.
by apply: form_ge0; rewrite ?ler0q // -!rmorphM ler_rat.
Qed.
Lemma square_unit a b c d : a * d - b * c != 0 -> square a b c d \in unitmx.
Proof.
move=> /mulVf; move: _^-1 => k kD.
suff /mulmx1_unit[] : square a b c d *m (q k *: square d (- b) (- c) a) = 1%:M by [].
by rewrite square_scale square_mul q_1 square_scalar -kD; apply/square_eq/and4P; split; apply/eqP; ring.
Qed.
End Plane.

(** ** Computing *)
Definition planar := (square_scalar, square_add, square_opp, square_scale, square_mul, square_tr, square_column,
  column_add, column_opp, column_scale, column_dot,
  column_outer, q_0, q_1, q_add, q_opp, q_mul, q_inv, q_exp, q_times).
(** What is closed is computed once it speaks of rational numbers alone. *)
Ltac planar_premise := rewrite ?planar; lazymatch goal with
  | |- psd _ => apply: square_psd; by vm_compute
  | |- loewner _ _ => rewrite /loewner ?planar; apply: square_psd; by vm_compute
  | |- strictly_loewner _ _ => split; rewrite ?planar; [apply: square_psd | apply: square_unit]; by vm_compute
  | |- pseudo_inverse _ _ => split; rewrite ?planar; apply/square_eq; by vm_compute
  | |- is_true (_ \in unitmx) => apply: square_unit; by vm_compute
  | |- @eq (matrix _ _ 1) _ 0 => rewrite -column_0; apply/column_eq; by vm_compute
  | |- @eq (matrix _ _ 1) _ _ => apply/column_eq; by vm_compute
  | |- @eq (matrix _ _ _) _ _ => apply/square_eq; by vm_compute
  | |- ratr _ = ratr _ => apply: f_equal; apply/eqP; by vm_compute
  | |- _ => rewrite ?(ltr_rat, ler_rat); by vm_compute
  end.
Ltac planar_premises := cbv zeta; repeat (lazymatch goal with
  |- (?P -> ?claimed) -> _ => let h := fresh in have h : P by [planar_premise]; move/(_ h); clear h end);
  rewrite ?planar.
