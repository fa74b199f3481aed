(** * Limits of sequences of vectors, without analysis

    Powers of a number below 1 vanish in an Archimedean field; the rest is algebra and order. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Lemma archimedean (R : archiFieldType) : Num.archimedean_axiom R.
Proof. by move=> x; exists (Num.bound `|x|); apply: archi_boundP. Qed.

Section Numbers.
Variable R : realFieldType.
Lemma bernoulli (x : R) n : 0 <= x -> 1 + n%:R * x <= (1 + x) ^+ n.
Proof.
move=> x0; elim: n => [|n IH]; first by rewrite mul0r addr0 expr0.
rewrite exprS; apply: le_trans (ler_wpmul2l (addr_ge0 ler01 x0) IH).
rewrite -subr_ge0; apply: (@ge0_eq _ (n%:R * x ^+ 2)); first by rewrite mulr_ge0 ?ler0n ?sqr_ge0.
by ring.
Qed.
Hypothesis archi : Num.archimedean_axiom R.
Theorem powers_vanish (rho C eps : R) : 0 <= rho < 1 -> 0 <= C -> 0 < eps ->
  exists N, forall t, (N <= t)%N -> rho ^+ t * C < eps.
Proof.
case/andP=> rho0 rho1 C0 eps0.
have [->|rho_neq0] := eqVneq rho 0; first by exists 1%N => -[//|t] _; rewrite expr0n mul0r.
have rho_gt0 : 0 < rho by rewrite lt_neqAle eq_sym rho_neq0.
pose x := rho^-1 - 1; have x_gt0 : 0 < x by rewrite subr_gt0 invf_gt1.
have ratio : 0 <= C / eps / x by rewrite !divr_ge0 // ltW.
have [N large] := archi (C / eps / x); exists N => t tN.
have {large} large : C / eps / x < t%:R.
  by rewrite -(ger0_norm ratio); apply: lt_le_trans large _; rewrite ler_nat.
have : C / eps < rho^-1 ^+ t.
  apply: lt_le_trans (_ : t%:R * x <= _); first by rewrite -ltr_pdivr_mulr.
  have -> : rho^-1 = 1 + x by rewrite addrC subrK.
  by apply: le_trans (bernoulli t (ltW x_gt0)); rewrite ler_addr ler01.
by rewrite exprVn ltr_pdivr_mulr // mulrC ltr_pdivl_mulr ?exprn_gt0 // mulrC.
Qed.
End Numbers.

Section Vectors.
Variable R : realFieldType.

(** A matrix lengthens by no more than a factor. *)
Lemma bounded m n (X : 'M[R]_(m, n)) : exists2 c, 0 < c & forall v, dot (X *m v) (X *m v) <= c * dot v v.
Proof.
pose c := \sum_i dot (row i X)^T (row i X)^T.
have c0 : 0 <= c by apply: sumr_ge0 => i _; exact: dot_ge0.
exists (1 + c) => [|v]; first by rewrite ltr_spaddl ?ltr01.
apply: (@le_trans _ _ (c * dot v v)); last by rewrite mulrDl mul1r ler_addr dot_ge0.
rewrite mulr_suml [X in X <= _]dot_sum; apply: ler_sum => i _; rewrite -expr2.
have -> : (X *m v) i 0 = dot (row i X)^T v by rewrite dot_sum mxE; apply: eq_bigr => j _; rewrite !mxE.
exact: cauchy_dot.
Qed.
(** The parallelogram bound. *)
Lemma dot_add_le n (u v : 'cV[R]_n) : dot (u + v) (u + v) <= (dot u u + dot v v) * 2%:R.
Proof.
rewrite -subr_ge0; apply: (ge0_eq (dot_ge0 (u - v))); rewrite !dotP (dotC v u); name_dots; ring.
Qed.

Section Facts.
Variable d : nat.
Implicit Types (x y : nat -> 'cV[R]_d) (a b : 'cV[R]_d) (X : 'M[R]_d).
Lemma tends_to_eq x y a : x =1 y -> tends_to x a -> tends_to y a.
Proof. by move=> same lim eps /lim[N near]; exists N => t /near; rewrite same. Qed.
Lemma tends_to_const a : tends_to (fun=> a) a.
Proof. by move=> eps eps0; exists 0%N => t _; rewrite subrr dot0l. Qed.
Lemma tends_to_mul m (X : 'M[R]_(m, d)) x a : tends_to x a -> tends_to (fun t => X *m x t) (X *m a).
Proof.
move=> lim eps eps0; have [c c0 le] := bounded X.
have [|N near] := lim (eps / c); first by rewrite divr_gt0.
exists N => t /near; rewrite ltr_pdivl_mulr // mulrC -mulmxBr; exact: le_lt_trans (le _).
Qed.
Lemma tends_to_add x y a b : tends_to x a -> tends_to y b -> tends_to (fun t => x t + y t) (a + b).
Proof.
move=> limx limy eps eps0; have eps4 : 0 < eps / 4%:R by rewrite divr_gt0 ?ltr0n.
have [N nearx] := limx _ eps4; have [M neary] := limy _ eps4.
exists (maxn N M) => t; rewrite geq_max => /andP[/nearx hx /neary hy].
rewrite opprD addrACA; apply: le_lt_trans (dot_add_le _ _) _.
rewrite -ltr_pdivl_mulr ?ltr0n //; have -> : eps / 2%:R = eps / 4%:R + eps / 4%:R by field.
exact: ltr_add.
Qed.
Lemma tends_to_opp x a : tends_to x a -> tends_to (fun t => - x t) (- a).
Proof. by move=> lim eps /lim[N near]; exists N => t /near; rewrite -opprD dotNl dotNr opprK. Qed.
Lemma tends_to_sub x y a b : tends_to x a -> tends_to y b -> tends_to (fun t => x t - y t) (a - b).
Proof. by move=> hx hy; apply: tends_to_add hx _; exact: tends_to_opp. Qed.
Lemma tends_to_unique x a b : tends_to x a -> tends_to x b -> a = b.
Proof.
move=> hx hy; have h := tends_to_sub hx hy; apply/eqP; rewrite -subr_eq0 -dot_eq0.
apply: contraT => far; have pos : 0 < dot (a - b) (a - b) by rewrite lt_neqAle dot_ge0 eq_sym far.
have [N /(_ N (leqnn N))] := h _ pos; rewrite subrr sub0r dotNl dotNr opprK ltxx //.
Qed.
Lemma tends_to_next x a : tends_to x a -> tends_to (fun t => x t.+1) a.
Proof. by move=> lim eps /lim[N near]; exists N => t Nt; apply: near; exact: leqW. Qed.
Lemma tends_to_later k x a : tends_to (fun t => x (t + k)%N) a -> tends_to x a.
Proof.
move=> lim eps /lim[N near]; exists (N + k)%N => t Nt.
rewrite -(subnK (leq_trans (leq_addl N k) Nt)); apply: near.
by rewrite leq_subRL ?(addnC k) // (leq_trans _ Nt) ?leq_addl.
Qed.
Lemma tends_to_shift x a : tends_to x a <-> tends_to (fun t => x t - a) 0.
Proof. by split=> lim eps /lim[N near]; exists N => t /near; rewrite subr0. Qed.
End Facts.

(** ** Matrices whose powers vanish *)
Section Contracting.
Variable d : nat.
Implicit Types X Y : 'M[R]_d.
(** Whatever such a matrix leaves as it is, is 0. *)
Lemma contracts_fixed X (v : 'cV_d) : contracts X -> X *m v = v -> v = 0.
Proof.
move=> con fixed; apply: tends_to_unique (tends_to_const v) (tends_to_eq _ (con v)) => t.
by elim: t => [|t IH] /=; rewrite ?mul1mx // -mulmxA IH.
Qed.
Lemma contracts_unit X : contracts X -> 1%:M - X \in unitmx.
Proof.
move=> con; apply: injective_unit => v; rewrite mulmxBl mul1mx => /eqP; rewrite subr_eq0 => /eqP/esym.
exact: contracts_fixed.
Qed.
(** The iterates of an affine map tend to the point that it leaves as it is. *)
Lemma contracts_affine X (c rest v : 'cV_d) : contracts X -> rest = X *m rest + c ->
  tends_to (fun t => iter t (fun x => X *m x + c) v) rest.
Proof.
move=> con fixed; apply/tends_to_shift/(tends_to_eq _ (con (v - rest))) => t.
by rewrite (iter_affine _ _ fixed) [RHS]addrC addKr.
Qed.
Lemma contracts_entries X i j : contracts X ->
  forall eps, 0 < eps -> exists N, forall t, (N <= t)%N -> (power X t i j) ^+ 2 < eps.
Proof.
move=> con eps eps0; have [N near] := con (delta_mx j 0) eps eps0; exists N => t /near.
rewrite subr0 -colE; apply: le_lt_trans; rewrite dot_sum (bigD1 i) //= !mxE -expr2 ler_addl.
by apply: sumr_ge0 => k _; rewrite !mxE -expr2 sqr_ge0.
Qed.
Lemma entries_contract X : (forall i j eps, 0 < eps -> exists N, forall t, (N <= t)%N -> (power X t i j) ^+ 2 < eps) ->
  contracts X.
Proof.
move=> small v.
have each j : tends_to (fun t => power X t *m delta_mx j 0) 0.
  have along i : tends_to (fun t => power X t i j *: delta_mx i (0 : 'I_1) : 'cV_d) 0.
    move=> eps eps0; have [N near] := small i j eps eps0; exists N => t /near.
    by rewrite subr0 dotZl dotZr -entry_dot mxE !eqxx mulr1 expr2.
  pose part k t := \sum_(i < d | (i < k)%N) power X t i j *: delta_mx i (0 : 'I_1) : 'cV_d.
  have parts k : tends_to (part k) 0.
    elim: k => [|k IH]; first by apply: tends_to_eq (tends_to_const 0) => t; rewrite /part big_pred0.
    have [kd|kd] := ltnP k d; last first.
      by apply: tends_to_eq IH => t; apply: eq_bigl => i; rewrite !(leq_trans (ltn_ord i)) // leqW.
    rewrite -(addr0 0); apply: tends_to_eq (tends_to_add IH (along (Ordinal kd))) => t; rewrite /part addrC.
    rewrite [RHS](bigD1 (Ordinal kd)) //=; congr (_ + _); apply: eq_bigl => i.
    by rewrite ltnS ltn_neqAle -val_eqE /= andbC.
  apply: tends_to_eq (parts d) => t; rewrite -colE /part; apply/colP => i.
  rewrite summxE (bigD1 i) //= !mxE !eqxx mulr1.
  rewrite big1 ?addr0 // => k /andP[_ ki]; rewrite !mxE eq_sym (negbTE ki) mulr0 //.
pose part k t := \sum_(j < d | (j < k)%N) v j 0 *: (power X t *m delta_mx j (0 : 'I_1)) : 'cV_d.
have parts k : tends_to (part k) 0.
  elim: k => [|k IH]; first by apply: tends_to_eq (tends_to_const 0) => t; rewrite /part big_pred0.
  have [kd|kd] := ltnP k d; last first.
    by apply: tends_to_eq IH => t; apply: eq_bigl => i; rewrite !(leq_trans (ltn_ord i)) // leqW.
  have := tends_to_mul (v (Ordinal kd) 0)%:M (each (Ordinal kd)); rewrite mulmx0 => one.
  rewrite -(addr0 0); apply: tends_to_eq (tends_to_add IH one) => t; rewrite /part addrC scalar_l.
  rewrite [RHS](bigD1 (Ordinal kd)) //=; congr (_ + _); apply: eq_bigl => i.
  by rewrite ltnS ltn_neqAle -val_eqE /= andbC.
apply: tends_to_eq (parts d) => t; rewrite /part [in RHS](matrix_sum_delta v).
rewrite mulmx_sumr; apply: eq_big => [i|i _]; first exact: ltn_ord.
by rewrite big_ord1 scale_r.
Qed.
Lemma contracts_tr X : contracts X -> contracts X^T.
Proof.
move=> con; apply: entries_contract => i j eps eps0.
by have [N near] := contracts_entries j i con eps0; exists N => t /near; rewrite -power_tr mxE.
Qed.
Lemma contracts_power X k : contracts (power X k.+1) -> contracts X.
Proof.
move=> con v eps eps0.
have pow t : power (power X k.+1) t = power X (t * k.+1).
  by elim: t => [//|t IH]; rewrite mulSn power_add -IH.
have each r : exists N, forall q, (N <= q)%N ->
    dot (power X (q * k.+1 + r) *m v) (power X (q * k.+1 + r) *m v) < eps.
  have [N near] := con (power X r *m v) eps eps0; exists N => q /near.
  by rewrite subr0 pow mulmxA -power_add.
have every n : exists N, forall q r, (r < n)%N -> (N <= q)%N ->
    dot (power X (q * k.+1 + r) *m v) (power X (q * k.+1 + r) *m v) < eps.
  elim: n => [|n [N IH]]; first by exists 0%N.
  have [M hM] := each n; exists (maxn N M) => q r; rewrite ltnS leq_eqVlt geq_max => /orP[/eqP->|rn] /andP[Nq Mq].
    exact: hM.
  exact: IH.
have [N near] := every k.+1; exists (N * k.+1)%N => t tN; rewrite subr0 (divn_eq t k.+1).
by apply: near; rewrite ?ltn_mod // leq_divRL.
Qed.

(** A sequence whose squared distance falls by a factor tends to its limit. *)
Hypothesis archi : Num.archimedean_axiom R.
Lemma shrinking (x : nat -> 'cV[R]_d) a rho C : 0 <= rho < 1 ->
  (forall t, dot (x t - a) (x t - a) <= rho ^+ t * C) -> tends_to x a.
Proof.
move=> rho01 le eps eps0.
have C0 : 0 <= C by have := le 0%N; rewrite expr0 mul1r; apply: le_trans; exact: dot_ge0.
have [N small] := powers_vanish archi rho01 C0 eps0; exists N => t /small; exact: le_lt_trans.
Qed.
(** It suffices that some positive definite form falls by a factor. *)
Lemma form_contracts X (S : 'M[R]_d) rho : psd S -> S \in unitmx -> 0 <= rho < 1 ->
  (forall v, dot (X *m v) (S *m (X *m v)) <= rho * dot v (S *m v)) -> contracts X.
Proof.
move=> pS unit rho01 falls v; have [c c0 lower] := pos_lower (proj1 pS) (fun w => psd_unit_pos pS unit).
have rho0 : 0 <= rho by case/andP: rho01.
apply: (@shrinking _ _ rho (c * dot v (S *m v)) rho01) => t; rewrite subr0; apply: le_trans (lower _) _.
rewrite mulrCA ler_pmul2l //; elim: t => [|t IH] /=; first by rewrite mul1mx mul1r.
by rewrite -mulmxA exprS -mulrA; apply: le_trans (falls _) _; exact: ler_wpmul2l.
Qed.
Lemma shrinks_contracts X rho : 0 <= rho < 1 ->
  (forall v, dot (X *m v) (X *m v) <= rho * dot v v) -> contracts X.
Proof.
move=> rho01 falls; apply: (form_contracts (psd_one _ _) (unitmx1 _ _) rho01) => v; rewrite !mul1mx; exact: falls.
Qed.
End Contracting.
End Vectors.
