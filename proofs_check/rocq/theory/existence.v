(** * What statements speak of exists: pseudo-inverses, and largest and smallest stretches

    Statements are about every matrix that is a pseudo-inverse, every number that is a largest stretch.  There is one,
    for matrices of every shape; [projectors.v], [lengths.v] and [spectra.v] show where there is no second one. *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import base projectors lengths limits spectral spectra language.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

(** Of [X] it is [(X^T X)^+ X^T]. *)
Theorem pseudo_inverse_always (R : realFieldType) m n (X : 'M[R]_(m, n)) : exists Y, pseudo_inverse X Y.
Proof.
have symS : (X^T *m X)^T = X^T *m X by rewrite trmx_mul trmxK.
have [C isC] := pseudo_inverse_exists symS; have [symC com] := pseudo_inverse_sym symS isC.
have [c1 c2 c3 c4] := isC; exists (C *m X^T).
have [symPi SPi _] := kernel_of_pseudo_inverse isC.
have XPi : X *m (1%:M - C *m (X^T *m X)) = 0.
  move: (1%:M - _) SPi => Pi SPi; apply: columns => v; rewrite mul0mx; apply/eqP.
  rewrite -dot_eq0 -mulmxA dot_trl.
  have -> : X^T *m (X *m (Pi *m v)) = X^T *m X *m Pi *m v by rewrite !mulmxA.
  by rewrite SPi mul0mx dot0r.
split.
- by move/eqP: XPi; rewrite mulmxBr mulmx1 subr_eq0 => /eqP e; apply: etrans (esym e); rewrite !mulmxA.
- by rewrite -[C in RHS]c2 !mulmxA.
- by rewrite !trmx_mul trmxK symC !mulmxA.
by rewrite -mulmxA; exact: c4.
Qed.

(** ** Stretches, in the eigenbasis of [X^T X] *)
Section Stretches.
Variable R : rcfType.
Lemma diag_form n (D : 'rV[R]_n) (u : 'cV[R]_n) : dot u (diag_mx D *m u) = \sum_j D 0 j * u j 0 ^+ 2.
Proof. by rewrite dot_sum; apply: eq_bigr => j _; rewrite mul_diag_mx mxE mulrCA -expr2. Qed.
Lemma gram_form m n (X : 'M[R]_(m, n)) : exists (O : 'M[R]_n) (D : 'rV[R]_n),
  [/\ O^T *m O = 1%:M, O *m O^T = 1%:M, forall j, 0 <= D 0 j &
    forall v, dot (X *m v) (X *m v) = \sum_j D 0 j * (O *m v) j 0 ^+ 2].
Proof.
have symS : (X^T *m X)^T = X^T *m X by rewrite trmx_mul trmxK.
have [O [D [OO SE]]] := spectral symS; exists O, D.
have O' : O *m O^T = 1%:M by exact: mulmx1C.
have form v : dot (X *m v) (X *m v) = \sum_j D 0 j * (O *m v) j 0 ^+ 2.
  by rewrite dot_trl mulmxA SE -!mulmxA -dot_trl diag_form.
split=> // j; have := dot_ge0 (X *m (O^T *m delta_mx j 0)); rewrite form mulmxA O' mul1mx.
by rewrite (bigD1 j) //= big1 ?addr0 => [|i ij]; rewrite mxE ?eqxx ?(negPf ij) ?expr1n ?mulr1 // expr0n mulr0.
Qed.
Lemma unit_axis n (O : 'M[R]_n) i : O *m O^T = 1%:M -> dot (O^T *m delta_mx i 0) (O^T *m delta_mx i 0) = 1.
Proof. by move=> O'; rewrite dot_trl trmxK mulmxA O' mul1mx -entry_dot mxE !eqxx. Qed.
Lemma kept n (O : 'M[R]_n) v : O^T *m O = 1%:M -> dot v v = \sum_j (O *m v) j 0 ^+ 2.
Proof.
move=> OO; rewrite -[X in dot _ X]mul1mx -OO -mulmxA -dot_trl dot_sum.
by apply: eq_bigr => j _; rewrite expr2.
Qed.
(** The largest eigenvalue is reached on its axis. *)
Theorem largest_stretch_always m n (X : 'M[R]_(m, n)) : (0 < n)%N -> exists s, largest_stretch X s.
Proof.
case: n X => // n X _; have [O [D [OO O' D0 form]]] := gram_form X.
have [i _ top] := @arg_maxP _ _ _ ord0 predT (fun j => D 0 j) isT.
exists (Num.sqrt (D 0 i)); apply/largest_stretchP; rewrite sqr_sqrtr ?D0 //; split; first exact: sqrtr_ge0.
  move=> v; rewrite form (kept v OO) mulr_sumr; apply: ler_sum => j _.
  by apply: ler_wpmul2r; [exact: sqr_ge0 | exact: top].
exists (O^T *m delta_mx i 0); first exact: unit_axis.
rewrite form mulmxA O' mul1mx (bigD1 i) //= big1 ?addr0 => [|j ij]; rewrite mxE ?eqxx ?expr1n ?mulr1 //.
by rewrite (negPf ij) expr0n mulr0.
Qed.
(** So is the smallest. *)
Theorem smallest_stretch_always m n (X : 'M[R]_(m, n)) : (0 < n)%N -> exists s, smallest_stretch X s.
Proof.
case: n X => // n X _; have [O [D [OO O' D0 form]]] := gram_form X.
have [i _ low] := @arg_minP _ _ _ ord0 predT (fun j => D 0 j) isT.
exists (Num.sqrt (D 0 i)); split.
  move=> v; rewrite /norm -sqrtrM ?D0 //; apply: ler_wsqrtr.
  rewrite form (kept v OO) mulr_sumr; apply: ler_sum => j _.
  by apply: ler_wpmul2r; [exact: sqr_ge0 | exact: low].
exists (O^T *m delta_mx i 0); rewrite /norm ?unit_axis ?sqrtr1 //; congr Num.sqrt.
rewrite form mulmxA O' mul1mx (bigD1 i) //= big1 ?addr0 => [|j ij]; rewrite mxE ?eqxx ?expr1n ?mulr1 //.
by rewrite (negPf ij) expr0n mulr0.
Qed.
End Stretches.
