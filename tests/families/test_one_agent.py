"""The layer and its gradient step, against independent computations."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import Identity, Matrix, eye

from numerics import LSAAgent
from proofs_check.instruments.rationals import exactly
from tests.families.pairs import exact_array, sympy_matrix
from tests.families.planting import Falsehood, FalseStatement, flipped, transposed, without
from tests.strategies import prompts as prompt_strategy, vectors
from tests.theory.drawn import small
from theory import formulas
from theory.derivation.lines import equation
from theory.families.one_agent import ROWS, K, target, w_fix
from theory.language.blocks import grid
from theory.language.nodes import Norm, Vanishes
from theory.language.predicates import Unique
from theory.language.symbols import K13, V31, eta, h

# Ids that other tests take from here.
LSA_STEP = "lsa-step"

REST = ("fixed-point", "unique", "bias", "unbiased")


@st.composite
def prompts(draw, block: bool = False):
    n, d = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    entries = lambda rows, columns: draw(  # noqa: E731
        st.lists(st.lists(small, min_size=columns, max_size=columns), min_size=rows, max_size=rows)
    )
    return tuple(exact_array(entries(*shape)) for shape in ((n, d), (n, 1), (d, 1), (d, d), (d, d)))


def layer(X, y, w, history, V31, K13):
    """The layer on the token matrix, literally: f(Z) = Z + V Z (Z^T K Z)/n; the iterate of its last column."""
    n, d = X.shape
    rows, columns = 2 * d + 2, n + history.shape[1] + 1
    Z = np.full((rows, columns), Fraction(0), dtype=object)
    Z[:d, :n], Z[d, :n] = X.T, y[:, 0]
    Z[d + 1 : 2 * d + 1, n:-1], Z[d + 1 : 2 * d + 1, -1] = history, w[:, 0]
    Z[-1, n:] = Fraction(1)
    V, K = (np.full((rows, rows), Fraction(0), dtype=object) for _ in range(2))
    V[d + 1 : 2 * d + 1, :d] = V31
    K[:d, d + 1 : 2 * d + 1], K[d, -1] = K13, Fraction(-1)
    return (Z + V @ Z @ (Z.T @ K @ Z) / n)[d + 1 : 2 * d + 1, -1:]


class TestLayer:
    @given(prompts(), st.data())
    def test_any_blocks_and_any_history(self, prompt, data):
        X, y, w, V31, K13 = prompt
        k = data.draw(st.integers(0, 2))
        history = exact_array([[Fraction(data.draw(st.integers(-9, 9))) for _ in range(k)] for _ in range(len(w))])
        history = history.reshape(len(w), k)
        expected = sympy_matrix(layer(X, y, w, history, V31, K13))
        given_ = {
            "X": sympy_matrix(X),
            "y": sympy_matrix(y),
            "w": sympy_matrix(w),
            "V31": sympy_matrix(V31),
            "K13": sympy_matrix(K13),
        }
        assert formulas["general-blocks.update"].exact(**given_) == expected
        assert formulas["inert-history"].exact(**given_) == expected

    @given(prompts(), st.integers(1, 9))
    def test_the_gradient_step(self, prompt, numerator):
        X, y, w, _, _ = prompt
        n = len(X)
        step = Fraction(numerator, 7)
        gradient = X.T @ (X @ w - y) / n
        given_ = {"X": sympy_matrix(X), "y": sympy_matrix(y), "w": sympy_matrix(w)}
        assert formulas["lsa-step.gradient"].exact(**given_) == sympy_matrix(gradient)
        assert formulas["label-noise.gradient"].exact(**given_) == sympy_matrix(gradient)
        moved = formulas["lsa-step"].exact(**given_, eta=step)
        assert moved == sympy_matrix(w - step * gradient)
        unit, none = exact_array(eye(len(w)).tolist()), np.empty((len(w), 0), dtype=object)
        assert moved == sympy_matrix(layer(X, y, w, none, -step * unit, unit))

    @given(prompts())
    def test_the_target_is_the_least_norm_least_squares_fit(self, prompt):
        X, y, *_ = prompt
        goal = formulas["label-noise.target"].exact(X=sympy_matrix(X), y=sympy_matrix(y))
        fit = np.linalg.lstsq(X.astype(float), y.astype(float), rcond=1e-10)[0]
        assert np.allclose(np.array(goal.tolist(), dtype=float), fit, atol=1e-8)


class TestTargets:
    def test_what_fits_differs_by_what_no_example_sees(self):
        fits = formulas["label-noise.fits"]
        assert fits.exact(X=[[1, 1]], h=[1, -1]) is True
        assert fits.exact(X=[[1, 1]], h=[1, 1]) is False

    def test_the_least_is_the_least_by_hand(self):
        assert formulas["label-noise.least"].exact(X=[[1, 1]], y=[4]) == Matrix([2, 2])

    @pytest.mark.parametrize("name", ["target", "least"])
    def test_another_target_is_noticed(self, name):
        """The conclusion is decided from its definition: a target that is no least one fails."""
        formula = formulas[f"label-noise.{name}"]
        moved = formula.says.xreplace({target: target + h})
        assert not dataclasses.replace(formula, says=moved).verify()


class TestHistory:
    def test_both_claims_are_made(self):
        same, silent = formulas["inert-history"].says.args
        assert same.lhs != same.rhs
        assert {"W_h", "Z_past"} & {x.name for x in silent.free_symbols}

    def test_a_layer_that_looks_at_its_history_is_noticed(self):
        """With an entry that pairs constants the earlier iterates score, though their values stay zero."""
        formula = formulas["inert-history"]
        i = [s.equation.lhs for s in formula.derivation].index(K)
        looking = grid(ROWS, ROWS, {(0, 2): K13, (1, 3): -Identity(1), (3, 3): Identity(1)})
        wrong = dataclasses.replace(formula.derivation[i], equation=equation(K, looking), value=lambda at: at(looking))
        # Only the definitions and the conclusion: the lines between them fail of course.
        lines = [wrong if s.equation.lhs == K else s for s in formula.derivation if s.kind == "definition"]
        changed = dataclasses.replace(formula, derivation=tuple(lines), lhs=None)
        found = changed.verify()
        assert not found
        assert found.failed.equation in formula.says.args


class TestGeneralBlocks:
    X, y = [[1, 0], [0, 2]], [3, 4]

    def test_unbiased_when_the_key_is_the_identity(self):
        assert formulas["general-blocks.bias"].exact(X=self.X, y=self.y, K13=[[1, 0], [0, 1]]) == Matrix([0, 0])

    @pytest.mark.parametrize("key", [[[2, 0], [0, 1]], [[1, 1], [0, 1]], [[-1, 0], [0, -1]], [[0, 1], [1, 0]]])
    def test_biased_for_some_target_otherwise(self, key):
        """The bias is linear in the target: it vanishes for every target iff it does for a basis of them."""
        biases = [formulas["general-blocks.bias"].exact(X=self.X, y=y, K13=key) for y in ([1, 0], [0, 1])]
        assert any(any(b) for b in biases)

    def test_one_state_of_rest_exactly_where_all_blocks_invert(self):
        one = formulas["general-blocks.unique"]
        blocks = {"X": self.X, "y": self.y, "V31": [[1, 0], [1, 1]], "K13": [[1, 1], [0, 2]]}
        assert one.exact(**blocks) is True
        for name in ("V31", "K13"):
            assert one.exact(**blocks | {name: [[1, 1], [1, 1]]}) is False
        assert one.exact(**blocks | {"X": [[1, 0], [2, 0]]}) is False

    def test_an_agent_reaches_the_targets_that_its_key_keeps(self):
        kept = formulas["general-blocks.unbiased"]
        assert kept.exact(X=self.X, y=[1, 0], K13=[[1, 1], [0, 2]]) is True
        assert kept.exact(X=self.X, y=[1, 2], K13=[[1, 1], [0, 2]]) is False

    def test_one_target_can_be_unbiased_by_chance(self):
        assert formulas["general-blocks.bias"].exact(X=self.X, y=[1, 0], K13=[[1, 1], [0, 2]]) == Matrix([0, 0])

    def test_by_hand(self):
        assert formulas["general-blocks.fixed-point"].exact(X=[[1]], y=[6], K13=[[3]]) == Matrix([2])
        assert formulas["general-blocks.bias"].exact(X=[[1]], y=[6], K13=[[3]]) == Matrix([-4])


@given(st.data(), prompt_strategy())
def test_the_layer_is_a_gradient_step(data, prompt):

    w, eta = data.draw(vectors(d=prompt.d)), Fraction(data.draw(st.integers(1, 50)), 7)
    simulated = LSAAgent(prompt, np.array(eta, dtype=object)).update(w)
    assert (exactly(formulas["lsa-step"], {"X": prompt.X, "y": prompt.y, "w": w, "eta": eta}) == simulated).all()


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("lsa-step", "lsa-step", "dropped eta", without(eta)),
    ("lsa-step", "lsa-step.gradient", "flipped sign", flipped),
    ("inert-history", "inert-history", "flipped sign", flipped),
    ("label-noise", "label-noise.target", "flipped sign", flipped),
    ("label-noise", "label-noise.gradient", "flipped sign", flipped),
    ("label-noise", "label-noise.fits", "no shift fits", lambda e: Vanishes(h, Norm(h))),
    ("label-noise", "label-noise.least", "doubled", lambda e: 2 * e),
    ("general-blocks", "general-blocks.update", "flipped sign", flipped),
    ("general-blocks", "general-blocks.fixed-point", "transposed product", transposed),
    ("general-blocks", "general-blocks.unique", "never", lambda e: Unique(w_fix, equation(V31 * w_fix, V31 * w_fix))),
    ("general-blocks", "general-blocks.bias", "flipped sign", flipped),
    ("general-blocks", "general-blocks.unbiased", "turned round", lambda e: Vanishes(e.arg + 2 * target, Norm(target))),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["lsa-step", "general-blocks.update"]

#: What the gradient's certificate claims.
GRADIENT = (
    "1/2 n_inv ((h' + w') X' - y') (X (h + w) - y) - 1/2 n_inv (w' X' - y') (X w - y) = (w' S - b') h + 1/2 h' S h"
)

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("lsa-step", "sign", "w_next = w + eta (S w - b)", ()),
    ("inert-history/1", "order", "w_next = V31 (K13 S w - b) + w", ()),
    ("lsa-step", "another key", None, ("K13 the identity",)),
    ("lsa-step", "another value", None, ("V31 minus the step size",)),
    ("lsa-step.gradient", "no curvature", GRADIENT.replace(" + 1/2 h' S h", ""), ()),
    ("lsa-step.gradient", "sign", GRADIENT.replace("(w' S - b') h", "(b' - w' S) h"), ()),
    ("inert-history/1", "twice as far", "w_next - w = 2 (w_next_without_history - w)", ()),
    ("inert-history/2", "what the examples score", "Z' K z = 0", ()),
    ("label-noise.target", "factor", "2 S w_target = b", ()),
    ("label-noise.fits/if", "any shift", None, ("premise",)),
    ("label-noise.fits/only if", "other labels", "S (h - w_target) = 0", ()),
    ("general-blocks.unique/unique", "no second state", "other = 0", ()),
    ("general-blocks.fixed-point", "order", "w_fix = S_inv K13_inv b", ()),
    ("general-blocks.unbiased/only if", "the block itself", "K13 = 1", ()),
    ("general-blocks.unbiased/if", "any target", None, ("premise",)),
    ("general-blocks.bias", "factor", "w_fix - w_target = (K13 - 1) w_target", ()),
    ("label-noise.gradient", "factor", "S w - b = S w", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["lsa-step", "inert-history", "label-noise", "general-blocks"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    *((f"general-blocks.{part}", "Invertible") for part in REST),
]

# Nothing of these is inferred.
BY_ALGEBRA = [
    "lsa-step",
    "lsa-step.gradient",
    "inert-history",
    "label-noise.target",
    "label-noise.gradient",
    "general-blocks.update",
    "general-blocks.fixed-point",
    "general-blocks.bias",
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("inert-history", "transpose K", "the query token has no input and no label, so that nothing answers it"),
    ("general-blocks.unique", "transpose *", "a transpose is invertible as well"),
    ("general-blocks.unique", "order of *", "a product is invertible in either order"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("inert-history", "right: sign", "Z_past.T*K*z"): "the scores are zero",
    ("label-noise", "right: order of factors"): "S and its pseudo-inverse commute",
    ("general-blocks", "right: sign of term 0"): "at the fixed point nothing moves",
    ("general-blocks", "right: drop term 0"): "at the fixed point nothing moves",
    ("general-blocks", "right: order of factors"): "at the fixed point nothing moves",
}
