(** * Targets that move, and those who chase them *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.algebra_tactics Require Import ring.
Require Import base lengths projectors limits convergence dynamics many statements.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import GRing.Theory Num.Theory Order.Theory.
Local Open Scope ring_scope.

Theorem drifting_targets_rest : drifting_targets_rest_statement.
Proof.
written_out=> R d S_W S_U eta_W eta_U drift u w _ _ _ _ _ e rest unit.
apply: (can_inj (mulKmx unit)); rewrite mulKVmx //; apply/eqP; rewrite -subr_eq0 -(subrr e).
by rewrite [X in _ == _ - X]rest; apply/eqP; mxring.
Qed.
Theorem drifting_targets_settles : drifting_targets_settles_statement.
Proof.
move=> R d S_W S_U eta_W eta_U u w drift e _ _ _ _ _ P A Q B Delta rest con x.
by apply: (leads (X := A *m B) (c := A *m Q *m Delta - drift)) => // y; rewrite addrA.
Qed.
Theorem drifting_targets_apart : drifting_targets_apart_statement.
Proof.
move=> R d t S_W S_U eta_W eta_U u w del _ _ _ _ _ P A Q B M Delta e e' unit.
have open (y : 'cV_d) : A *m B *m (invmx M *m y) = invmx M *m y - y.
  by have := mulKVmx unit y; rewrite {1}/M mulmxBl mul1mx => h; rewrite -[X in _ = _ - X]h subKr.
have one (y : 'cV_d) : invmx M *m A *m Q *m y = invmx M *m (A *m Q *m y) by rewrite !mulmxA.
have two (y : 'cV_d) : invmx M *m invmx M *m A *m Q *m y = invmx M *m (invmx M *m (A *m Q *m y)).
  by rewrite !mulmxA.
rewrite /e /e' power_2 !one !two (mulmxBr (A *m B)) !open scalerDl scale1r -addrA (mulmxDr (A *m Q)).
rewrite (mulmxDr (invmx M)); move: (A *m Q *m del) (A *m Q *m _) => a b.
move: (invmx M *m (invmx M *m a)) (invmx M *m a) (invmx M *m b) => aa a1 b1; mxring.
Qed.
