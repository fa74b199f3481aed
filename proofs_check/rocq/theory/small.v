(** * Tools for counterexamples: matrices with one row and one column

    A number [a] is the matrix [a%:M]; sums, products, order and inverses are those of numbers.  Closed statements
    about rational numbers are then computed. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base limits convergence.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** ** Over any ordered field *)
Section Numbers.
Variable R : realFieldType.
Implicit Types a b k : R.
Local Notation "a %:N" := (a%:M : 'M[R]_1) (at level 2, format "a %:N").

Lemma num_mul a b : a%:N *m b%:N = (a * b)%:N. Proof. by rewrite -scalar_mxM. Qed.
Lemma num_add a b : a%:N + b%:N = (a + b)%:N. Proof. by rewrite raddfD. Qed.
Lemma num_opp a : - a%:N = (- a)%:N. Proof. by rewrite raddfN. Qed.
Lemma num_scale k a : k *: a%:N = (k * a)%:N. Proof. exact: scale_scalar_mx. Qed.
Lemma num_tr a : a%:N^T = a%:N. Proof. exact: tr_scalar_mx. Qed.
Lemma num_inv a : invmx a%:N = a^-1%:N. Proof. exact: invmx_scalar. Qed.
Lemma num_dot a b : dot a%:N b%:N = a * b. Proof. by rewrite /dot num_tr num_mul mxE. Qed.
Lemma num_power a t : power a%:N t = (a ^+ t)%:N.
Proof. by elim: t => [|t IH] /=; rewrite ?expr0 // IH num_mul exprS. Qed.
Lemma num_eq a b : a%:N = b%:N <-> a = b.
Proof. by split=> [/matrixP/(_ 0 0)|-> //]; rewrite !mxE. Qed.
Lemma num_eq0 a : a%:N = 0 <-> a = 0.
Proof. by rewrite -num_eq raddf0. Qed.
Lemma num_unit a : (a%:N \in unitmx) = (a != 0).
Proof. by rewrite unitmxE det_scalar1 unitfE. Qed.
Lemma num_psd a : psd a%:N <-> 0 <= a.
Proof.
split=> [[_ /(_ 1%:N)]|a0]; first by rewrite num_mul num_dot mul1r mulr1.
by split=> [|x]; rewrite ?num_tr // scalar_l dotZr mulr_ge0 ?dot_ge0.
Qed.
Lemma num_loewner a b : loewner a%:N b%:N <-> a <= b.
Proof. by rewrite /loewner num_opp num_add num_psd subr_ge0. Qed.
Lemma num_strictly a b : strictly_loewner a%:N b%:N <-> a < b.
Proof.
rewrite /strictly_loewner num_opp num_add num_psd num_unit subr_ge0 subr_eq0 lt_neqAle eq_sym.
by split=> [[-> ->]|/andP[-> ->]].
Qed.
(** Every number has a pseudo-inverse; that of 0 is 0. *)
Lemma num_pseudo a b : a^-1 = b -> pseudo_inverse a%:N b%:N.
Proof.
move=> <-; have [->|a0] := eqVneq a 0; first by rewrite invr0; split; rewrite !num_mul ?num_tr ?mul0r.
by split; rewrite !num_mul ?num_tr // ?mulfV ?mulVf // ?mul1r.
Qed.
Lemma num_projector a : projector a%:N <-> a * a = a.
Proof. by rewrite /projector num_tr num_mul; split=> [[/num_eq]|->]. Qed.
Lemma num_range a b : b != 0 -> range_within a%:N b%:N.
Proof. by move=> b0; exists (a / b)%:N; rewrite num_mul mulrC divfK. Qed.
Lemma num_row a : max_row_sum a%:N = `|a|.
Proof. by rewrite /max_row_sum big_ord_recl big_ord0 /row_sum big_ord1 mxE; apply/max_idPl; exact: normr_ge0. Qed.
End Numbers.
Definition numbers := (num_mul, num_add, num_opp, num_scale, num_tr, num_inv, num_dot, num_row,
  num_power).

(** ** Limits *)
Section Limits.
Variable R : archiFieldType.
Implicit Types k g : R.
Lemma num_contracts k : contracts (k%:M : 'M[R]_1) <-> `|k| < 1.
Proof. by rewrite -contracts_scalar scale_scalar_mx mulr1. Qed.
Lemma num_settles k g : (k = 1 -> g <> 0) -> settles (k%:M : 'M[R]_1) (g%:M : 'M[R]_1) <-> `|k| < 1.
Proof. by move=> pushed; rewrite -(settles_scalar pushed) !scale_scalar_mx !mulr1. Qed.
(** A direction that every step turns round does not vanish. *)
Lemma contracts_turned d (X : 'M[R]_d) (v : 'cV_d) : contracts X -> X *m v = - v -> v = 0.
Proof.
move=> con turned; have same t : dot (power X t *m v) (power X t *m v) = dot v v.
  by elim: t => [|t IH]; rewrite ?mul1mx // powerSr -mulmxA turned mulmxN dotNl dotNr opprK.
apply/eqP; rewrite -dot_eq0; apply: contraT => v0; have pos : 0 < dot v v by rewrite lt_neqAle eq_sym v0 dot_ge0.
by have [N /(_ N (leqnn N))] := con v _ pos; rewrite subr0 same ltxx.
Qed.
(** Nor does it come to rest. *)
Lemma settles_turned d m (X : 'M[R]_d) (v : 'cV_d) : settles X (0 : 'M_(d, m)) -> X *m v = - v -> v = 0.
Proof.
move=> /(_ 0 v)[x lim] turned.
have {lim} lim : tends_to (fun t => iter t (mulmx X) v) x.
  by apply: tends_to_eq lim => t; apply: eq_iter => y; rewrite mul0mx addr0.
have next t : X *m iter t (mulmx X) v = - iter t (mulmx X) v by elim: t => //= t IH; rewrite !(IH, mulmxN).
have : x = - x.
  by apply: tends_to_unique (tends_to_opp lim); apply: tends_to_eq (tends_to_next lim) => t; rewrite iterS next.
move/eqP; rewrite -addr_eq0 -mulr2n -scaler_nat scaler_eq0 pnatr_eq0 /= => /eqP x0.
have same t : dot (iter t (mulmx X) v) (iter t (mulmx X) v) = dot v v.
  by elim: t => // t IH; rewrite iterS next dotNl dotNr opprK.
apply/eqP; rewrite -dot_eq0; apply: contraT => v0; have pos : 0 < dot v v by rewrite lt_neqAle eq_sym v0 dot_ge0.
by have [N /(_ N (leqnn N))] := lim _ pos; rewrite x0 subr0 same ltxx.
Qed.
(** What nothing moves comes to rest. *)
Lemma settles_still d m : settles 1%:M (0 : 'M[R]_(d, m)).
Proof.
move=> c v; exists v; apply: (tends_to_eq _ (tends_to_const v)) => t.
by elim: t => //= t <-; rewrite mul0mx addr0 mul1mx.
Qed.
End Limits.

(** ** Computing: closed equations and inequalities between rational numbers *)
(** The field of rational numbers, closed to unification but not to the virtual machine. *)
Definition Q : archiFieldType := [archiFieldType of rat].
Global Opaque Q.
Lemma rat_eq (a b : Q) : (a == b) = true -> a = b. Proof. by move/eqP. Qed.
Ltac calculate := lazymatch goal with
  | |- ~ (@eq _ _ _) => let h := fresh in by move=> h; move/eqP: h; vm_compute
  | |- @eq _ _ _ => by apply: rat_eq; vm_compute
  | |- is_true _ => by vm_compute
  end.
(** What a computation shows to be false. *)
Ltac absurd_by_computation := lazymatch goal with
  | |- @eq _ _ _ -> _ => let h := fresh in move=> h; move/eqP: h; vm_compute => h; discriminate h
  | |- is_true _ -> _ => let h := fresh in vm_compute => h; discriminate h end.
(** A hypothesis of a claim, at given numbers, is computed. *)
Ltac premise := rewrite ?numbers; lazymatch goal with
  | |- psd _ => apply/num_psd; calculate
  | |- loewner _ _ => apply/num_loewner; calculate
  | |- strictly_loewner _ _ => apply/num_strictly; calculate
  | |- pseudo_inverse _ _ => apply: num_pseudo; calculate
  | |- projector _ => apply/num_projector; calculate
  | |- range_within _ _ => apply: num_range; calculate
  | |- contracts _ => apply/num_contracts; calculate
  | |- is_true (_ \in unitmx) => rewrite num_unit; calculate
  | |- ~ (@eq (matrix _ _ _) _ 0) => move/num_eq0; absurd_by_computation
  | |- @eq (matrix _ _ _) _ 0 => apply/num_eq0; calculate
  | |- @eq (matrix _ _ _) _ _ => apply/num_eq; calculate
  | |- _ => calculate
  end.
Ltac premises := cbv zeta; repeat (lazymatch goal with
  |- (?P -> _) -> _ => let h := fresh in have h : P by [premise]; move/(_ h); clear h end); rewrite ?numbers.
