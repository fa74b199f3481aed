(** * Lengths, and how far a matrix stretches

    Over any real closed field; a statement about lengths is one about scalar products once both sides are squared. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Section Lengths.
Variable R : rcfType.
Lemma norm_ge0 d (x : 'cV[R]_d) : 0 <= norm x. Proof. exact: sqrtr_ge0. Qed.
Lemma norm_sqr d (x : 'cV[R]_d) : norm x ^+ 2 = dot x x. Proof. by rewrite sqr_sqrtr ?dot_ge0. Qed.
Lemma norm_opp d (x : 'cV[R]_d) : norm (- x) = norm x. Proof. by rewrite /norm dotNl dotNr opprK. Qed.
Lemma norm_1 d (v : 'cV[R]_d) : norm v = 1 <-> dot v v = 1.
Proof. by rewrite -norm_sqr; split=> [->|/eqP]; rewrite ?expr1n // sqrp_eq1 ?norm_ge0 // => /eqP. Qed.
Lemma norm_scale_abs d k (x : 'cV[R]_d) : norm (k *: x) = `|k| * norm x.
Proof. by rewrite /norm dotZl dotZr mulrA -expr2 sqrtrM ?sqr_ge0 // sqrtr_sqr. Qed.
Lemma norm_scale d k (x : 'cV[R]_d) : 0 <= k -> norm (k *: x) = k * norm x.
Proof. by move=> k0; rewrite norm_scale_abs ger0_norm. Qed.
Lemma dot_le_norm d (x y : 'cV[R]_d) : dot x y <= norm x * norm y.
Proof.
rewrite -sqrtrM ?dot_ge0 //; apply: le_trans (ler_norm _) _; rewrite -sqrtr_sqr.
by apply: ler_wsqrtr; exact: cauchy_dot.
Qed.
Lemma norm_add d (x y : 'cV[R]_d) : norm (x + y) <= norm x + norm y.
Proof.
rewrite -(ler_pexpn2r (ltn0Sn 1)) ?nnegrE ?addr_ge0 ?norm_ge0 // sqrrD !norm_sqr !dotP (dotC y x).
rewrite -subr_ge0; apply: (@ge0_eq _ ((norm x * norm y - dot x y) *+ 2)); last by ring.
by rewrite mulrn_wge0 // subr_ge0 dot_le_norm.
Qed.
End Lengths.

(** ** The largest stretch *)
Section Stretches.
Variable R : rcfType.
Lemma stretch_ge0 m n (X : 'M[R]_(m, n)) s : largest_stretch X s -> 0 <= s.
Proof. by case=> _ [x _ <-]; exact: norm_ge0. Qed.
(** The same without roots: the square bounds the squares, and one vector has it for its value. *)
Lemma largest_stretchP m n (X : 'M[R]_(m, n)) s : largest_stretch X s <->
  [/\ 0 <= s, forall v, dot (X *m v) (X *m v) <= s ^+ 2 * dot v v &
      exists2 v, dot v v = 1 & dot (X *m v) (X *m v) = s ^+ 2].
Proof.
split=> [[bound [x x1 xs]]|[s0 bound [x x1 xs]]].
  have s0 : 0 <= s by rewrite -xs norm_ge0.
  split=> // [v|]; last by exists x; [exact/norm_1 | rewrite -norm_sqr xs].
  by rewrite -!norm_sqr -exprMn ler_expn2r ?nnegrE ?mulr_ge0 ?norm_ge0.
split=> [v|]; last by exists x; [exact/norm_1 | apply/eqP; rewrite -(eqr_expn2 (ltn0Sn 1)) ?norm_ge0 // norm_sqr xs].
by rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 ?norm_ge0 // exprMn !norm_sqr.
Qed.
Lemma largest_stretch_unique m n (X : 'M[R]_(m, n)) s r : largest_stretch X s -> largest_stretch X r -> s = r.
Proof.
move=> [bs [x x1 xs]] [br [y y1 yr]]; apply/le_anti.
by have := bs y; have := br x; rewrite xs x1 yr y1 !mulr1 => -> ->.
Qed.
(** What a map of stretch below 1 adds to a vector can be subtracted again, at a bounded cost. *)
Lemma resolvent_norm d (X : 'M[R]_d) s k x y : (forall v, norm (X *m v) <= s * norm v) -> 0 <= k -> k * s < 1 ->
  x - k *: (X *m x) = y -> norm x <= norm y / (1 - k * s).
Proof.
move=> stretch k0 small eq; rewrite ler_pdivl_mulr ?subr_gt0 // mulrBr mulr1 ler_subl_addr.
rewrite -[X in norm X <= _](subrK (k *: (X *m x))) eq; apply: le_trans (norm_add _ _) _.
rewrite ler_add2l norm_scale //.
by rewrite mulrCA ler_wpmul2l // mulrC.
Qed.
End Stretches.
