"""The bound of a formula must cover its evaluation in floats, judged against its exact value on the same floats."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import Inverse, MatPow, Rational, Trace, Transpose, ZeroMatrix

from proofs_check.instruments.bounds import Known, gamma
from proofs_check.instruments.formula_bounds import formula_bound
from proofs_check.instruments.geometries import dyadic_pair
from proofs_check.instruments.rationals import exactly
from tests.families.planting import gathered
from tests.families.test_convergence import ALTERNATING_PROJECTIONS
from theory import formulas
from theory.language.nodes import Inner, Norm, PseudoInverse, SingularValue
from theory.language.symbols import PRIMITIVES

as_fractions = np.vectorize(Fraction, otypes=[object])


@pytest.mark.parametrize("name", gathered("ROUNDED"))
@pytest.mark.parametrize("seed", range(5))
def test_formula_bound_covers_its_rounding(name, seed):
    rng = np.random.default_rng(seed)
    pair = dyadic_pair(rng, 1, 3)
    inputs = {key: value[0] for key, value in pair.arguments().items()}
    inputs |= {"w_t": inputs["w_0"], "u_t": inputs["w_0"], "w_inf": inputs["w_0"], "t": 7, "order": 2, "rho": 1.5}
    formula = formulas[name]
    exact = exactly(formula, {k: v if isinstance(v, int) else _fractions(v) for k, v in inputs.items()})
    computed = formula.numpy(**inputs)
    gap = as_fractions(np.asarray(computed)) - exact
    distance = float(np.sqrt(float(np.sum(gap * gap))))
    bound = formula_bound(formula, inputs, {"d": 3})
    assert distance <= float(np.max(bound.error))
    assert float(np.max(bound.error)) < 1e-2 * float(np.max(bound.norm))


def _fractions(value):
    return Fraction(value) if np.ndim(value) == 0 else as_fractions(value)


def test_expression_without_a_bound_is_refused():
    with pytest.raises(TypeError, match="no rounding bound is known"):
        formula_bound(formulas[f"{ALTERNATING_PROJECTIONS}.rate"], {}, {"d": 1})


# Values worked out by hand, for a batch of seven -----------------------------------------------------

G, D, V, W, R, B, T = (PRIMITIVES[name].symbol for name in ("S_W", "Y", "v", "w_0", "rho", "b", "t"))
D2, COUNT = 2, 7
U = 2.0**-53
MATRIX, VECTOR = np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([[3.0], [4.0]])


def of(value, norm, error):
    """A batch of the same matrix, a number being one of 1 x 1."""
    value = np.stack([np.atleast_2d(value)] * COUNT)
    return Known(value, np.full(COUNT, float(norm)), np.full(COUNT, float(error)))


def bound(expr, error, **more):
    """Of an expression in matrices of norm 5, vectors of norm 6, a number 2 of norm 3 and -1/2 of norm 1."""
    inputs = {"S_W": of(MATRIX, 5, error), "Y": of(MATRIX, 5, error), "v": of(VECTOR, 6, error)}
    inputs |= {"w_0": of(-VECTOR, 6, error), "rho": of(2.0, 3, error), "b": of(-0.5, 1, error)}
    return formula_bound(SimpleNamespace(expr=expr), inputs | more, {"d": D2, "t": 4})


@pytest.mark.parametrize(
    ("expr", "value", "norm", "rounding", "spread"),
    [
        (G + D, 2 * MATRIX, 10, 10 * U, 1.0),
        (G + D + D.T, 2 * MATRIX + MATRIX.T, 15, 25 * U, 1.5),  # two sums, of 5 + 5 and of 10 + 5
        # A product of matrices has a coefficient, here 1, which counts as rounded and rounds: 2 u more.
        (G * D, MATRIX @ MATRIX, 25, (gamma(2) + 2 * U) * 25, 5.25),
        (G * D * V, MATRIX @ MATRIX @ VECTOR, 150, 2 * (gamma(2) + U) * 150, 5.5 * 5.5 * 6.5 - 150),
        (R * G, 2 * MATRIX, 15, 15 * U, 3.5 * 5.5 - 15),
        (R * B, -1.0, 3, 3 * U, 3.5 * 1.5 - 3),
        (R * B * T, -4.0, 12, 24 * U, 4 * (3.5 * 1.5 - 3)),
        (Transpose(D), MATRIX.T, 5, 0, 0.5),
        (Inner(V, W), -25.0, 36, gamma(2) * 36, 6.5**2 - 36),
        (Norm(V), 5.0, 6, gamma(4) * 6, 0.5),
        (Trace(D), 6.0, 5 * 2**0.5, gamma(2) * 5 * 2**0.5, 2**0.5 / 2),
        (ZeroMatrix(PRIMITIVES["w"].symbol.shape[0], 1), np.zeros((2, 1)), 0, 0, 0),
        (R**2, 4.0, 4, 4 * U, 3.5 * 3.5 - 9),
        (T, 4.0, 4, 0, 0),
    ],
    ids=str,
)
def test_a_bound_by_hand(expr, value, norm, rounding, spread):
    """What rounds when the inputs are exact; and what inputs that are off by 1/2 add."""
    exactly_, roughly = bound(expr, 0.0), bound(expr, 0.5)
    assert np.broadcast_to(exactly_.value, (COUNT, *np.shape(np.atleast_2d(value)))) == pytest.approx(
        np.stack([np.atleast_2d(value)] * COUNT)
    )
    if expr == R**2:  # a power takes the norm of the value at hand where that is less
        assert np.unique(exactly_.norm) == pytest.approx([norm], rel=1e-9, abs=0)
        return
    assert np.unique(exactly_.norm) == pytest.approx([norm], rel=1e-9, abs=0)
    assert np.unique(exactly_.error) == pytest.approx([rounding], rel=1e-9, abs=0)
    assert np.unique(roughly.error) == pytest.approx([spread], rel=1e-9, abs=0)


@pytest.mark.parametrize(("which", "value"), [(1, 0), (-1, 1)])
def test_a_singular_value_by_hand(which, value):
    """Twice the error of the matrix, and d^2 gamma(10 d) of its norm."""
    exactly_, roughly = bound(SingularValue(D, which), 0.0), bound(SingularValue(D, which), 0.5)
    assert exactly_.value.ravel() == pytest.approx([np.linalg.svd(MATRIX)[1][value]] * COUNT)
    assert exactly_.error == pytest.approx([4 * gamma(20) * 5] * COUNT, rel=1e-9, abs=0)
    assert roughly.error == pytest.approx([1.0] * COUNT, rel=1e-9, abs=0)


@pytest.mark.parametrize(("which", "value"), [(1, 0), (-1, -1)])
@pytest.mark.parametrize("matrix", [np.diag([3.0, 2.0, 1.0]), np.array([[3.0, 0.0, 0.0], [0.0, 2.0, 0.0]])])
def test_a_singular_value_of_a_batch_of_several_axes(matrix, which, value):
    batch = Known(np.broadcast_to(matrix, (5, 4, *matrix.shape)), np.full((5, 4), 7.0), np.zeros((5, 4)))
    found = bound(SingularValue(D, which), 0.0, Y=batch)
    assert found.value == pytest.approx(np.full((5, 4, 1, 1), np.diag(matrix)[value]))
    assert found.error == pytest.approx(np.full((5, 4), 9 * gamma(30) * 7), rel=1e-9, abs=0)


KINDS = {item.kind: (name, item.symbol) for name, item in PRIMITIVES.items()}
PLAIN = {"vector": ((5, 2), (2, 1)), "labels": ((5, 3), (3, 1)), "gram": ((5, 2, 2), (2, 2))} | dict.fromkeys(
    ("step", "scalar", "count"), ((5,), (1, 1))
)


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_arrays_are_exact_columns_or_numbers(kind):
    """A name that is no input of any formula is passed over."""
    name, symbol = KINDS[kind]
    given, shape = PLAIN[kind]
    array = np.arange(1.0, 1 + np.prod(given)).reshape(given)
    found = formula_bound(SimpleNamespace(expr=symbol), {"no input": None, name: array}, {})
    assert found.value.shape == (5, *shape)
    assert found.value.ravel().tolist() == array.ravel().tolist()
    assert not found.error.any()


def test_a_third_is_rounded_and_a_half_counts_as_if_it_were():
    third = bound(Rational(1, 3), 0.0)
    assert third.error.item() == pytest.approx(U / 3, rel=1e-9, abs=0)
    assert third.value.ravel().tolist() == [1 / 3]


@pytest.mark.parametrize(
    ("error", "size", "spread"),
    [(0.0, 0.5, U / 2), (0.25, 1 / 1.5, 0.25 / 1.5**2), (0.999, 1 / 0.002, 0.999 / 0.002**2), (1.0, np.inf, np.inf)],
)
def test_a_reciprocal_by_hand(error, size, spread):
    """Of 2, which is at least 2 - 2 e where it is off by e; of what may be 0 nothing is known."""
    found = bound(1 / R, error)
    assert found.value.ravel().tolist() == [0.5] * COUNT
    if not error:
        assert np.unique(found.norm).tolist() == [1 / (2 * (1 - gamma(1)))]
    assert found.norm == pytest.approx([size] * COUNT, rel=1e-9, abs=0)
    assert found.error == pytest.approx([spread] * COUNT, rel=1e-9, abs=0)


def test_a_reciprocal_of_a_negative_number_and_its_square():
    assert bound(1 / B, 0.0).value.ravel().tolist() == [-2.0] * COUNT
    assert bound(1 / B, 0.0).norm == pytest.approx([2.0] * COUNT)
    assert bound(B**-2, 0.0).norm == pytest.approx([4.0] * COUNT)
    assert bound(1 / R, 0.0, rho=of(0.0, 1, 0)).norm.tolist() == [np.inf] * COUNT


@pytest.mark.parametrize("expr", [Inverse(D), PseudoInverse(D), MatPow(D, -1)], ids=str)
def test_every_inverse_is_a_solution(expr):
    found = bound(expr, 0.0)
    assert found.value == pytest.approx(np.stack([np.linalg.inv(MATRIX)] * COUNT))
    assert np.isfinite(found.error).all()
    assert np.isinf(bound(expr, 2.0).error).all()


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (MatPow(D, 3), np.linalg.matrix_power(MATRIX, 3)),
        (MatPow(D, -2), np.linalg.matrix_power(np.linalg.inv(MATRIX), 2)),
        (MatPow(D, T), np.linalg.matrix_power(MATRIX, 4)),
        (Inverse(D) * V, np.linalg.solve(MATRIX, VECTOR)),
        (D * Inverse(G) * V, VECTOR),
        (R**3, [[8.0]]),
        (R**-3, [[0.125]]),
    ],
    ids=str,
)
def test_values_beside_the_bounds(expr, value):
    assert bound(expr, 0.0).value == pytest.approx(np.stack([np.asarray(value)] * COUNT))


@pytest.mark.parametrize(
    "expr", [PseudoInverse(PRIMITIVES["X"].symbol), R ** Rational(1, 2), Rational(2) ** Rational(1, 2)], ids=str
)
def test_what_has_no_bound_is_refused(expr):
    with pytest.raises(TypeError, match="no rounding bound is known"):
        bound(expr, 0.0, X=of(np.ones((3, 2)), 3, 0))


@pytest.mark.parametrize(
    "expr",
    [Trace(D), Norm(V), Inner(V, W), SingularValue(D, 1), SingularValue(D, -1), R * G, 1 / R, Inverse(D), MatPow(D, 2)],
    ids=str,
)
def test_a_batch_may_have_several_axes(expr):
    one, inputs = bound(expr, 0.0), {}
    for name, value, norm in (
        ("S_W", MATRIX, 5),
        ("Y", MATRIX, 5),
        ("v", VECTOR, 6),
        ("w_0", -VECTOR, 6),
        ("rho", 2.0, 3),
    ):
        axes = np.broadcast_to(np.atleast_2d(value), (4, 3, *np.atleast_2d(value).shape))
        inputs[name] = Known(axes, np.full((4, 3), float(norm)), np.zeros((4, 3)))
    found = bound(expr, 0.0, **inputs)
    assert found.value.shape == (4, 3, *one.value.shape[1:])
    assert found.norm == pytest.approx(np.full((4, 3), one.norm[0]), rel=1e-12)
    assert found.error == pytest.approx(np.full((4, 3), one.error[0]), rel=1e-12)
