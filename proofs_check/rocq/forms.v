(** * Forms: the scalar product of two columns, and matrices that are nowhere negative as forms *)

From mathcomp Require Import ssreflect ssrfun ssrbool eqtype ssrnat fintype order ssralg ssrnum zmodp matrix.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Local Open Scope ring_scope.

Section Forms.
Variable R : realFieldType.
Definition dot n (x y : 'cV[R]_n) : R := (x^T *m y) 0 0.

(** Positive semidefinite: symmetric, and no vector has a negative value. *)
Definition psd n (S : 'M[R]_n) := S^T = S /\ forall x : 'cV_n, 0 <= dot x (S *m x).
End Forms.
