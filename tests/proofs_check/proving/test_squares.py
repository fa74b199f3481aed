"""Sums of squares are found, replay, and are not found for what is false; completion and its cofactors."""

from __future__ import annotations

import sys
from fractions import Fraction
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from proofs_check.certificates.checker import add, replay, sides
from proofs_check.errors import InputError
from proofs_check.proving.normal_forms import Ideal
from proofs_check.proving.squares import NoSolver, rational_kernel
from proofs_check.proving.statement import _stated, attempt
from proofs_check.proving.translation import expanded_text
from proofs_check.proving.weights import decomposed, roots
from proofs_check.refuting.refute import settle

MAP = "d <- d"


def read(claim, maps="", vectors="", symmetric="", scalars="", given=(), positive=()):
    letters = dict.fromkeys(maps.split(), MAP) | dict.fromkeys(vectors.split(), "d <- 1")
    return {
        "letters": letters,
        "symmetric": symmetric.split(),
        "scalars": scalars.split(),
        "given": {f"given {i}": one for i, one in enumerate(given, 1)},
        "positive": {f"positive {i}": one for i, one in enumerate(positive, 1)},
        "claim": claim,
    }


INVERSES = ("A A_inv = 1", "A_inv A = 1", "B B_inv = 1", "B_inv B = 1")
TRUE = {
    "the square of a difference": read("(A' - B') (A - B) >= 0", "A B"),
    "means": read("A' A + B' B >= A' B + B' A", "A B"),
    "weighted means": read("c A' A + k B' B >= A' B + B' A", "A B", "", "", "c k", ("c k = 1",), ("c > 0",)),
    "idempotent from below": read("P >= P P", "P", "", "P", positive=("P >= 0", "1 - P >= 0")),
    "a step contracts": read("1 >= (1 - P) (1 - P)", "P", "", "P", positive=("P >= 0", "2 - P >= 0")),
    "congruence": read("C' A C >= 0", "A C", "", "A", positive=("A >= 0",)),
    "convexity": read("2 A A + 2 B B >= (A + B) (A + B)", "A B", "", "A B"),
    "Jensen": read(
        "t A A + s B B >= (t A + s B) (t A + s B)",
        "A B",
        symmetric="A B",
        scalars="s t",
        given=("s = 1 - t",),
        positive=("t >= 0", "1 >= t"),
    ),
    "Cauchy-Schwarz": read("(a a + b b) (c c + e e) >= (a c + b e) (a c + b e)", scalars="a b c e"),
    "inverse": read("A_inv >= 0", "A A_inv", "", "A", "", INVERSES[:2], ("A >= 0",)),
    "inverses turn the order": read("B_inv >= A_inv", "A A_inv B B_inv", "", "A B", "", INVERSES, ("A >= B", "B >= 0")),
    "a map and its inverse": read("A + A_inv >= 2", "A A_inv", "", "A", "", INVERSES[:2], ("A >= 0",)),
    "descent": read("f' f >= g' g", "S", "f g", "S", "h", ("g = (1 - h S) f",), ("h >= 0", "2 - h S >= 0", "S >= 0")),
    "descent of the energy": read(
        "f' S f >= g' S g", "S", "f g", "S", "h", ("g = (1 - h S) f",), ("h >= 0", "2 - h S >= 0", "S >= 0")
    ),
    "a projection shortens": read("v' v >= v' P P v", "P", "v", "P", given=("P P = P",)),
    "least squares": read("(w' X' - y') (X w - y) >= (z' X' - y') (X z - y)", "X", "w y z", given=("X' X z = X' y",)),
    "two contractions": read("1 >= A' B' B A", "A B", positive=("1 >= A' A", "1 >= B' B")),
    "commuting squares": read(
        "A A >= B B", "A B R", "", "A B R", given=("B = R R", "R A = A R"), positive=("B >= 0", "A - B >= 0")
    ),
    "nothing": read("A + B >= B + A", "A B"),
    "strict": read("x x - 2 x + 2 > 0", scalars="x"),
    "strict with a fact": read("x y + x > 0", scalars="x y", positive=("x > 0", "y > 0")),
    "not diagonal": read("1 + b p - b > 0", scalars="b p", positive=("p > 0", "2 - p > 0", "1 - b b >= 0")),
    "general Gram matrix": read("5 x x + 7 y y + 3 z z >= 6 x y + 4 y z + 3 x z", scalars="x y z"),
}
SCHUR = {
    "letters": {"A": MAP, "C": "e <- e", "C_inv": "e <- e", "B": "d <- e", "M": "n <- n", "i": "n <- d", "j": "n <- e"},
    "symmetric": ["A", "C", "M"],
    "given": {
        "right": "C C_inv = 1",
        "left": "C_inv C = 1",
        "1": "i' M i = A",
        "2": "i' M j = B",
        "3": "j' M j = C",
    },
    "positive": {"M": "M >= 0"},
    "claim": "A - B C_inv B' >= 0",
}
FALSE = {
    "another order": read("A' A >= B' B", "A B"),
    "squares are not monotone": read("A A >= B B", "A B", "", "A B", positive=("A >= B", "B >= 0")),
    "a symmetric product": read("A B + B A >= 0", "A B", "", "A B", positive=("A >= 0", "B >= 0")),
    "strict from weak": read("x > 0", scalars="x", positive=("x >= 0",)),
    "a square is not strict": read("x x > 0", scalars="x"),
    "too much": read("x - x x x >= 0", scalars="x", positive=("x >= 0", "2 - x >= 0")),
    "not symmetric": read("A' A + A >= 0", "A"),
    "a number below": read("0 > 1", scalars="x"),
}
ROOTS = {
    "a square": read("X v = 0", "X", "v", given=("v' X' X v = 0",)),
    "one of two": read("X v = 0", "X Z", "v", given=("v' X' X v + v' Z' Z v = 0",)),
    "weights": read("X v = 0", "X Z", "v", given=("3 v' X' X v + 7/2 v' Z' Z v = 0",)),
    "symmetric": read("A = B", "A B", "", "A B", given=("(A - B) (A - B) = 0",)),
    "a generalised inverse": read("X = X Y X", "X Y", given=("X' X Y X = X' X",)),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_found(name):
    found = attempt(TRUE[name])
    assert found["proof"][-1]["states"] == TRUE[name]["claim"]
    replay(found)


def test_maps_between_several_spaces():
    replay(attempt(SCHUR))


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_not_found(name):
    assert attempt(FALSE[name], seconds=5) is None


@pytest.mark.parametrize("name", ROOTS)
def test_what_vanishes_with_its_square(name):
    found = attempt(ROOTS[name])
    assert found["proof"][-1]["states"] == ROOTS[name]["claim"]
    assert "kernel" in found["proof"][-1]
    replay(found)


def test_a_nilpotent_map_need_not_vanish():
    assert attempt(read("N = 0", "N", given=("N N = 0",))) is None


def test_a_strict_relation_has_a_strictly_positive_term():
    terms = attempt(TRUE["strict with a fact"])["proof"][-1]["sum"]
    assert any(g == "1" for _, _, g in terms)


def test_it_is_settled_without_lines():
    assert settle(TRUE["means"]).found == "certificate"
    assert settle(FALSE["another order"]).found == "counterexample"


# Limits --------------------------------------------------------------------------------------------

MOTZKIN = read("x x x x y y + x x y y y y + 1 >= 3 x x y y", scalars="x y")


def test_positive_and_no_sum_of_squares():
    assert attempt(MOTZKIN, seconds=5) is None


def test_time_is_kept():
    start = monotonic()
    hard = read("A B C + C' B' A' >= 0", "A B C", given=("A B = B A + C", "B C = C B + A", "A C C = B C A"))
    assert attempt(hard, seconds=0.5) is None
    assert attempt(TRUE["descent"], seconds=0) is None
    assert monotonic() - start < 20


def test_without_a_solver_linear_programs_suffice_or_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "clarabel", None)
    assert attempt(TRUE["inverses turn the order"]) is not None
    with pytest.raises(InputError, match=r"biased-equilibrium\[search\]"):
        attempt(MOTZKIN)
    with pytest.raises(NoSolver):
        settle(MOTZKIN, draws=50)
    assert settle(FALSE["another order"]).found == "counterexample"


# Random sums ---------------------------------------------------------------------------------------

SMALL = st.integers(-2, 2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), SMALL, SMALL, SMALL), min_size=1, max_size=3), st.tuples(SMALL, SMALL))
def test_random_sums_with_random_multiples_are_found_or_not_and_never_wrong(squares, multiple):
    proof = _stated(read("A >= 0", "A B", symmetric="A", given=("A B = B + 1",), positive=("A >= 0",)))
    context = proof.context()
    gap = {}
    for weight, a, b, c in squares:
        g = {word: x for word, x in {("A",): a, ("B",): b, (): c}.items() if x}
        add(gap, context.times(context.adjoint(g), g), weight)
    fact = proof.facts["given 1"]
    for factor, p in zip(multiple, (fact, context.times({("B'",): 1}, fact)), strict=True):
        add(gap, p, factor)
        add(gap, context.adjoint(p), factor)
    if gap:
        statement = read(f"{expanded_text(gap)} >= 0", "A B", symmetric="A", given=("A B = B + 1",))
        found = attempt(statement, seconds=3)
        assert found is None or replay(found) >= 0
        if found is not None:
            assert sides(context, found["proof"][-1]["states"], ">=")[0] == gap


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=3, max_size=3), st.integers(-4, 4))
def test_a_quadratic_is_found_exactly_where_it_is_nowhere_negative(numbers, shift):
    a, b, c = numbers
    statement = read(
        f"({a * a} x x + {2 * a * b} x + {b * b + c * c + shift} >= 0".replace("+ -", "- ")[1:], scalars="x"
    )
    found = attempt(statement, seconds=5)
    p, q, r = a * a, 2 * a * b, b * b + c * c + shift
    assert (found is not None) == (4 * p * r >= q * q and r >= 0)


# The parts -----------------------------------------------------------------------------------------


def test_completion_finds_what_follows_from_overlaps():
    proof = _stated(read("H = H", "H G S U", "", "H S U", "r", ("H G = 1", "G H = 1", "H = S + r U")))
    context = proof.context()
    ideal = Ideal(context, proof.facts, unfold=["H"])
    goal = context.parse("r U G S - r S G U")
    assert ideal.normal(goal) == {}
    left = dict(goal)
    for one in ideal.cofactors(goal):
        name = one.fact.removesuffix("'")
        p = proof.facts[name] if name == one.fact else context.adjoint(proof.facts[name])
        add(left, context.times({one.left: 1}, p, {one.right: 1}), -one.weight)
    assert left == {}
    assert ideal.cofactors(context.parse("S G - G S")) is None


def test_completion_of_numbers_and_of_maps_that_share_them():
    proof = _stated(read("c = c", "C P", "", "C P", "c g", ("C = 1 + P - g P", "c g = 2")))
    ideal = Ideal(proof.context(), proof.facts)
    assert ideal.normal(proof.context().parse("C P - P C")) == {}


@given(st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=3, max_size=3), st.integers(-1, 1))
def test_a_decomposition_adds_up(rows, shift):
    gram = [[Fraction(sum(r[i] * r[j] for r in rows) + shift * (i == j)) for j in range(3)] for i in range(3)]
    found = decomposed(gram)
    if shift >= 0:
        assert found is not None
    if found is not None:
        assert all(weight > 0 for weight, _ in found)
        for i in range(3):
            for j in range(3):
                assert sum(w * v.get(i, 0) * v.get(j, 0) for w, v in found) == gram[i][j]


def test_a_kernel_is_guessed_from_floats():
    turned = np.array([[1.0, 2, -0.5], [0, 1, 1]])
    mixed = np.array([[0.6, -0.8], [0.8, 0.6]]) @ turned
    found = rational_kernel(mixed)
    for row in found.values():
        exact = np.array([float(row[k]) for k in range(3)])
        assert np.linalg.matrix_rank(np.vstack([turned, exact]), tol=1e-8) == 2
    assert rational_kernel(np.array([[1.0, 2**0.5 / 3]])) is None


@given(st.fractions(min_value=Fraction(1, 30), max_value=30, max_denominator=30))
def test_weights_become_squares(weight):
    parts = roots(weight)
    assert sum(x**2 for x in parts) == weight
    assert len(parts) <= 4


def test_a_weight_takes_as_many_squares_as_it_must():
    """Seven is no sum of three; a square is one of one, however large."""
    assert len(roots(Fraction(7))) == 4
    assert roots(Fraction(9, 4) * 10**40) == [Fraction(3, 2) * 10**20]
