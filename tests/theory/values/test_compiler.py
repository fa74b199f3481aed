"""Compiled programs: the value of the tree, whatever the association; singular matrices refused; shared by threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given, settings, strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from sympy import QQ, Identity, Inverse, MatMul, MatPow, MatrixSymbol, OneMatrix, Transpose, ZeroMatrix

from proofs_check.evidence.instances import satisfied
from tests.families.pairs import GEOMETRY, PAIR, pairs, pick
from tests.families.planting import gathered
from tests.families.test_consensus import CONSENSUS
from tests.families.test_convergence import STEP_SIZE_BOX
from tests.families.test_dynamics import CLOSED_FORM
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, NEITHER_WINS, SINGULAR_EQUILIBRIUM
from tests.families.test_helper_comparison import HELPER_COMPARISON
from tests.families.test_helper_estimates import BLIND_HELPER
from tests.families.test_misalignment import LINEAR_IN_GAP
from tests.families.test_small_step import SMALL_STEP
from tests.theory.cases import as_array, case, tolerance
from tests.theory.drawn import SYMMETRIC, X, Y, Z, d, expressions, to_numpy, word_instances
from theory import SingularError, TheoryError, formulas
from theory.derivation.formula import is_claim
from theory.errors import IrrationalError
from theory.language.predicates import Invertible
from theory.values.compiler import compiled
from theory.values.floats import ArrayInstance, array_kernels
from theory.values.inputs import exact_instance
from theory.values.program import Graph, run
from theory.values.rationals import KERNELS, rational_value

EPS = np.finfo(float).eps
SOLVED = (
    f"{BIASED_EQUILIBRIUM}.e",
    f"{BIASED_EQUILIBRIUM}.e-coupling",
    f"{NEITHER_WINS}.e",
    f"{LINEAR_IN_GAP}.G",
    f"{CLOSED_FORM}.f",
)
SOME_PAIR = {
    "S_W": [[2, 1], [1, 3]], "S_U": [[1, -1], [-1, 4]], "eta_W": Fraction(1, 3), "eta_U": Fraction(1, 5),
    "w_star": [1, 2], "u_star": [-1, 5],
}  # fmt: skip
column = MatrixSymbol("word_x", d, 1)


def instance(formula, inputs):
    return exact_instance(formula.id, formula.inputs, formula.dimensions, inputs)


def tree(formula, inputs):
    """Walk the expression, every matrix formed, inverses from adjugates: no program."""
    value = instance(formula, inputs).algebraic(formula.expr)
    return value[0, 0] if getattr(formula.expr, "shape", None) == (1, 1) else value


def rational_of_pairs():
    """Formulas of two Gram matrices, steps and targets that have a value in the rationals."""
    found = []
    for id_, formula in formulas.items():
        if is_claim(formula.expr) or not {"rho"} < {"rho", *formula.inputs} <= {"rho", *PAIR}:
            continue
        try:
            rational_value(formula.expr, instance(formula, {x: SOME_PAIR[x] for x in formula.inputs if x != "rho"}))
        except IrrationalError:
            continue
        found.append(id_)
    return found


def outcome(function, *args, **inputs):
    """Value of a call, or the kind of its error."""
    try:
        return function(*args, **inputs)
    except SingularError:
        return SingularError


def within(formula, inputs):
    """Whether the hypotheses hold; not where they speak of what the formula does not need."""
    try:
        return satisfied(formula, inputs)
    except TheoryError:
        return False


class TestAgainstTheTree:
    @given(st.sampled_from(list(formulas)), st.integers(1, 3), st.integers(0, 50))
    @settings(max_examples=60)
    @pytest.mark.slow
    def test_every_formula(self, id_, dimension, seed):
        formula = formulas[id_]
        assume(not formula.decided_only)
        try:
            one = case(formula, dimension, seed)
        except SingularError:
            assume(False)
        exact = outcome(tree, formula, one.exact) if not is_claim(formula.expr) else formula.exact(**one.exact)
        assert outcome(formula.exact, **one.exact) == exact
        if exact is SingularError:
            return
        found = formula.numpy(**one.floats)
        if isinstance(exact, bool):
            # Outside the hypotheses rounding may make a singular matrix invertible, and the formula says nothing.
            excused = isinstance(formula.expr, Invertible) and not exact and not within(formula, one.exact)
            assert bool(found) == exact or excused
            return
        expected = as_array(formula, exact)
        scale = max(1.0, np.abs(expected).max(initial=0))
        assert np.abs(found - expected).max(initial=0) <= tolerance(formula, one.floats) * scale

    @given(pairs(), st.sampled_from(rational_of_pairs()))
    @settings(max_examples=80)
    @pytest.mark.slow
    def test_pairs_of_every_rank(self, drawn, id_):
        formula = formulas[id_]
        inputs = pick(drawn, *(x for x in formula.inputs if x != "rho"))
        assert outcome(formula.exact, **inputs) == outcome(tree, formula, inputs)

    @given(expressions(), word_instances())
    @settings(max_examples=60)
    @pytest.mark.slow
    def test_words_of_letters(self, expr, at):
        """Sums and products in random association, with inverses and transposes; also times a vector."""
        at.values[column] = at.values[X] @ at(OneMatrix(d, 1))
        floats = ArrayInstance(at.sizes, {s: to_numpy(v) for s, v in at.values.items()})
        inverses = [np.linalg.inv(to_numpy(at.values[x])) for x in (X, Y)]
        entries = [*(to_numpy(v) for v in at.values.values()), *inverses]
        # At most three words of four letters, each a 2 x 2 matrix with entries of this size or its inverse.
        bound = 1e3 * EPS * max(np.linalg.cond(to_numpy(at.values[x])) for x in (X, Y)) ** 4
        bound *= (2 * max(1.0, *(np.abs(e).max() for e in entries))) ** 6
        for one in (expr, expr * column, column.T * expr, expr.T):
            value = rational_value(one, at)
            assert value == at(one).to_sympy()
            expected = np.array(value.tolist(), dtype=float)
            assert np.abs(floats(one) - expected).max(initial=0) <= bound

    @pytest.mark.parametrize(
        "expr",
        [
            Identity(d),
            ZeroMatrix(d, d) + X - X,
            X - X + ZeroMatrix(d, d),
            Transpose(X),
            MatPow(X, 3),
            MatPow(X, -2) * column,
            MatPow(X, -2),
            X * column * column.T * Y,
            column.T * X,
            (X - 2 * Identity(d)) * (Identity(d) + Y) * Z,
            Inverse(X) * column + 3 * Inverse(X) * (Z * column),
            MatMul(Inverse(X), Z, Inverse(X), column),
            Transpose(MatMul(Inverse(SYMMETRIC), Z)),
            Transpose(SYMMETRIC * Z) * column,
        ],
        ids=str,
    )
    def test_shapes_of_expressions(self, expr):
        at = fixed()
        floats = ArrayInstance(at.sizes, {s: to_numpy(v) for s, v in at.values.items()})
        assert rational_value(expr, at) == at(expr).to_sympy()
        assert np.allclose(floats(expr), to_numpy(at(expr)))


def fixed():
    """Two invertible letters, one of rank one, and a vector."""
    from theory.values.dense import Dense
    from theory.values.instance import Instance

    rows = {
        X: [[2, 1], [0, 3]],
        Y: [[1, 4], [1, 1]],
        Z: [[1, 2], [2, 4]],
        SYMMETRIC: [[2, 1], [1, 4]],
        column: [[1], [-2]],
    }
    return Instance(QQ, {"d": 2}, {s: Dense.from_rows([[QQ(x) for x in r] for r in v], QQ) for s, v in rows.items()})


class TestPlanted:
    """A program with one operation spoilt is caught by the comparison with the tree."""

    @pytest.mark.parametrize(
        "id_", [f"{BIASED_EQUILIBRIUM}.e", f"{LINEAR_IN_GAP}.G", f"{BIASED_EQUILIBRIUM}.f-coupling"]
    )
    def test_one_operation_spoilt(self, id_):
        formula = formulas[id_]
        at, expected = instance(formula, SOME_PAIR), tree(formula, SOME_PAIR)
        program = compiled(formula.expr)
        spoilt = 0
        for i, step in enumerate(program.steps):
            for wrong in spoil(step):
                broken = replace(program, steps=(*program.steps[:i], wrong, *program.steps[i + 1 :]))
                try:
                    found = run(broken.bind(KERNELS), broken.slots, at).to_list_flat()
                except Exception:  # the shapes no longer fit: caught as well
                    spoilt += 1
                    continue
                assert found != [QQ.from_sympy(x) for x in expected], wrong
                spoilt += 1
        assert spoilt >= 5


def spoil(step):
    """Flip an association, a sign or a transpose."""
    if step.op == "matmul":
        yield replace(step, sources=step.sources[::-1])
    if step.op == "combine":
        signs, spare = step.data
        for k in range(len(signs)):
            yield replace(step, data=(tuple(-s if i == k else s for i, s in enumerate(signs)), spare))
    if step.op == "solve":
        yield replace(step, op="matmul", data=None)
    if step.op == "transpose":
        yield replace(step, op="copy")


class TestPrograms:
    def test_are_compiled_once(self):
        expr = formulas[f"{BIASED_EQUILIBRIUM}.e"].expr
        assert compiled(expr) is compiled(expr)
        before = compiled.cache_info().misses
        for size in (1, 2, 5):
            formulas[f"{BIASED_EQUILIBRIUM}.e"].numpy(**floats_of(size))
        assert compiled.cache_info().misses == before

    @pytest.mark.parametrize(("id_", "op", "count"), gathered("OPERATIONS"))
    def test_do_no_more_than_needed(self, id_, op, count):
        assert sum(step.op == op for step in compiled(formulas[id_].expr).steps) == count

    def test_solves_that_depend_on_each_other_are_not_joined(self):
        graph = Graph()
        m, x = graph.add("symbol", data="m"), graph.add("symbol", data="x")
        first = graph.add("solve", m, x)
        second = graph.add("solve", m, graph.add("combine", first, data=(-1,)))
        third = graph.add("solve", m, graph.add("combine", x, data=(-1,)))
        steps = graph.program(graph.add("combine", second, third, data=(1, 1))).steps
        assert [len(s.sources) - 1 for s in steps if s.op == "solve"] in ([2, 1], [1, 2])

    def test_threads_share_them(self):
        formula = formulas[f"{CLOSED_FORM}.e"]
        given_ = [floats_of(8, seed=k) | {"w_0": np.ones(8) * k, "t": 5 + k} for k in range(24)]
        alone = [formula.numpy(**g) for g in given_]
        with ThreadPoolExecutor(8) as pool:
            for _ in range(5):
                for one, expected in zip(pool.map(lambda g: formula.numpy(**g), given_), alone, strict=True):
                    assert np.array_equal(one, expected)

    def test_registers_shared_by_runs_would_be_noticed(self):
        """The companion of the test above: with one list of registers for all runs, two interleaved runs mix."""
        program = compiled(formulas[f"{BIASED_EQUILIBRIUM}.e"].expr)
        bound = program.bind(array_kernels(np))
        one, other = (ArrayInstance({"d": 3}, columns_of(floats_of(3, seed=k))) for k in (1, 2))
        shared = [None] * program.slots
        for i, (target, step) in enumerate(bound):
            for at in (one, other) if i < len(bound) // 2 else (one,):
                shared[target] = step([*shared, at])
        assert not np.allclose(shared[bound[-1][0]], run(bound, program.slots, one))

    @pytest.mark.parametrize("id_", [id_ for id_ in formulas if not formulas[id_].decided_only])
    @pytest.mark.many(4)
    def test_inputs_are_neither_written_nor_returned(self, id_):
        formula = formulas[id_]
        for seed in range(24):
            try:
                floats = case(formula, 2 - seed % 2, seed).floats
                arrays = {k: np.array(v) for k, v in floats.items() if np.ndim(v)}
                for value in arrays.values():
                    value.flags.writeable = False
                found = formula.numpy(**floats | arrays)
            except SingularError:
                continue
            assert not any(np.shares_memory(found, value) for value in arrays.values())
            return
        pytest.fail("no case was evaluated")

    @pytest.mark.parametrize(
        "id_", [f"{BIASED_EQUILIBRIUM}.e", f"{LINEAR_IN_GAP}.G", f"{NEITHER_WINS}.e", f"{STEP_SIZE_BOX}.identity"]
    )
    def test_sums_in_place_change_nothing_that_is_needed(self, id_):
        """Above 4096 entries a sum may be written over a term: the same values as one by one, where it is not."""
        formula, floats = formulas[id_], floats_of(4, lead=(300,))
        given_ = {k: floats[k] for k in formula.inputs}
        kept = {k: np.copy(v) for k, v in given_.items()}
        loop = [formula.numpy(**{k: v[i] if np.ndim(v) else v for k, v in given_.items()}) for i in range(300)]
        found = formula.numpy(**given_)
        assert np.allclose(found, loop, rtol=1e-9, atol=1e-9 * np.abs(loop).max())
        assert all(np.array_equal(given_[k], kept[k]) for k in kept)
        assert any(s.op == "combine" and s.data[1] is not None for s in compiled(formula.expr).steps)

    def test_a_term_that_is_needed_again_is_not_written_over(self):
        """With the planted falsehood beside it: the same program, told that nobody needs the term, spoils it."""
        graph = Graph()
        x = graph.add("matmul", graph.add("symbol", data=X), graph.add("symbol", data=Y))
        total = graph.add("combine", x, graph.add("symbol", data=Z), data=(1, 1))
        program = graph.program(graph.add("combine", total, x, data=(1, -1)))
        told = replace(
            program, steps=tuple(replace(s, data=(s.data[0], 0)) if s.op == "combine" else s for s in program.steps)
        )
        values = {s: np.full((3, 40, 40), k) for k, s in enumerate((X, Y, Z), start=1)}
        right, wrong = (
            run(p.bind(array_kernels(np)), p.slots, ArrayInstance({}, {k: v * 1.0 for k, v in values.items()}))
            for p in (program, told)
        )
        assert np.array_equal(right, values[Z])
        assert not np.array_equal(wrong, values[Z])

    def test_a_symbol_without_value_is_named(self):
        with pytest.raises(TheoryError, match="the symbol word_X has no value"):
            ArrayInstance({"d": 2}, {})(X * Y)

    def test_an_exponent_is_one_whole_number(self):
        formula = formulas[f"{BLIND_HELPER}.krylov"]
        at = ArrayInstance({"d": 1}, {"S_W": np.eye(1), "eta_W": 0.5, "w_star": np.eye(1), "w_0": np.eye(1), "t": 1.5})
        with pytest.raises(TheoryError, match=r"t must be one whole number for the whole batch; got 1\.5"):
            at(formula.expr)


def floats_of(size, seed=0, lead=()):
    rng = np.random.default_rng(seed)
    out = {"eta_W": 0.2, "eta_U": 0.1}
    for agent in "WU":
        root = rng.standard_normal((*lead, 2 * size, size))
        out[f"S_{agent}"] = np.swapaxes(root, -1, -2) @ root / size
    return out | {name: rng.standard_normal((*lead, size)) for name in ("w_star", "u_star", "w_0", "w_inf")}


def columns_of(floats):
    return {k: v[..., None] if np.ndim(v) == 1 else v for k, v in floats.items()}


class TestBatches:
    @given(
        mutually_broadcastable_shapes(num_shapes=5, max_dims=3, max_side=3, min_side=1),
        st.sampled_from(SOLVED),
        st.integers(1, 4),
    )
    @settings(max_examples=40)
    def test_leading_axes_broadcast(self, shapes, id_, size):
        formula, seeds = formulas[id_], iter(range(9))
        floats = {"t": 3}
        for name, lead in zip(("S_W", "S_U", "w_star", "u_star", "w_0"), shapes.input_shapes, strict=True):
            floats[name] = floats_of(size, next(seeds), lead)[name]
        step = np.random.default_rng(0).uniform(0.05, 0.2, shapes.input_shapes[0])
        floats |= {"eta_W": step, "eta_U": 0.1, "w_inf": floats["w_0"]}
        given_ = {k: floats[k] for k in formula.inputs}
        core = {"S_W": 2, "S_U": 2, "eta_W": 0, "eta_U": 0, "t": 0}
        leads = [np.shape(v)[: np.ndim(v) - core.get(k, 1)] for k, v in given_.items()]
        batch = np.broadcast_shapes(*leads)
        found = formula.numpy(**given_)
        assert found.shape[: len(batch)] == batch
        for index in np.ndindex(*batch):
            single = {
                k: np.broadcast_to(v, (*batch, *np.shape(v)[len(lead) :]))[index] if k != "t" else 3
                for (k, v), lead in zip(given_.items(), leads, strict=True)
            }
            expected = formula.numpy(**single)
            # Both solve with one matrix, whose condition is far below 1e4 at these steps, in another order.
            assert np.abs(found[index] - expected).max() <= 1e4 * 100 * EPS * max(1.0, np.abs(expected).max())


def conditioned(exponent, size, seed=0):
    """A matrix with condition number 10**exponent, and orthogonal singular vectors of no special direction."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
    return left * np.logspace(0, -exponent, size) @ right


class TestSingular:
    @staticmethod
    def solve(matrix, *columns, check=True):
        """The operation takes the transpose, as LAPACK reads it."""
        return array_kernels(np, check=check)["solve"]("M")(np.swapaxes(matrix, -1, -2), *columns)

    @pytest.mark.parametrize("size", [2, 3, 8, 40])
    @pytest.mark.parametrize("exponent", [10, 12, 13, 14, 17.5, 18, 19, 20])
    def test_by_condition(self, exponent, size):
        matrix, right = conditioned(exponent, size), np.ones((size, 1))
        good = np.stack([np.eye(size), matrix, conditioned(1, size)])
        if exponent <= 14:
            x = self.solve(matrix, right)
            assert np.array_equal(self.solve(good, right)[1], x)
            # Elimination with pivoting: the residual is a small multiple of what the sizes allow.
            limit = 8 * size * EPS * np.abs(matrix).sum(axis=1).max() * np.abs(x).max()
            assert np.abs(matrix @ x - right).max() <= max(limit, 8 * size * EPS)
        else:
            for given_ in (matrix, good, good[None], 2.0**600 * matrix, 2.0**-600 * matrix):
                with pytest.raises(SingularError, match="M is singular for at least one geometry"):
                    self.solve(given_, right)

    @given(st.integers(1, 12), st.integers(0, 1000), st.booleans(), st.floats(-140, 140))
    @settings(max_examples=60)
    def test_rank_deficient(self, size, seed, gram, scale):
        rng = np.random.default_rng(seed)
        rank = int(rng.integers(0, size))
        left = rng.standard_normal((size, rank))
        matrix = left @ (left.T if gram else rng.standard_normal((rank, size))) * 10.0**scale
        # A consistent right-hand side: the solution itself does not grow, only the probe shows it.
        for right in (np.ones((size, 1)), matrix @ np.ones((size, 1))):
            with pytest.raises(SingularError):
                self.solve(matrix, right)
            with pytest.raises(SingularError):
                self.solve(np.stack([np.eye(size)] * 3 + [matrix]), right)

    @given(st.integers(1, 12), st.integers(0, 1000), st.floats(0, 15.8))
    @example(3, 0, 15.8)
    @settings(max_examples=80)
    def test_agrees_with_the_condition_number(self, size, seed, exponent):
        matrix = conditioned(exponent if size > 1 else 0, size, seed)
        refused = outcome(self.solve, matrix, np.ones((size, 1))) is SingularError
        assert refused == (not np.linalg.cond(matrix, 1) * EPS < 1)

    def test_without_the_probe_a_common_kernel_passes(self, monkeypatch):
        """The planted falsehood: growth of the solution alone does not see a consistent singular system."""
        root = np.random.default_rng(1).standard_normal((6, 5))
        matrix = root @ root.T
        monkeypatch.setattr("theory.values.floats._doubtful", lambda np, m, growth: False)
        assert np.isfinite(self.solve(matrix, matrix @ np.ones((6, 1)))).all()
        monkeypatch.undo()
        with pytest.raises(SingularError):
            self.solve(matrix, matrix @ np.ones((6, 1)))

    @pytest.mark.parametrize("id_", SOLVED[:2])
    def test_a_common_kernel_among_good_geometries(self, id_):
        floats = floats_of(5, lead=(7,))
        given_ = {k: floats[k] for k in formulas[id_].inputs}
        formulas[id_].numpy(**given_)
        away = np.eye(5) - np.outer(v := np.linalg.qr(np.ones((5, 1)))[0][:, 0], v)
        for name in ("S_W", "S_U"):
            bad = away @ given_[name][3] @ away
            given_[name][3] = (bad + bad.T) / 2
        with pytest.raises(SingularError, match=rf"is singular for at least one geometry.*{SINGULAR_EQUILIBRIUM}\.e"):
            formulas[id_].numpy(**given_)


class TestExactBackends:
    CODE = """
import json, sys
from fractions import Fraction
from sympy.external.gmpy import GROUND_TYPES
from theory import formulas
q = lambda k: Fraction(k * k % 17 - 8, k % 5 + 1)
def gram(s, d):
    X = [[q(s + 7 * i + 3 * j) for j in range(d)] for i in range(d + 1)]
    return [[sum(r[i] * r[j] for r in X) for j in range(d)] for i in range(d)]
out = [GROUND_TYPES]
for d in (1, 5):
    g = dict(S_W=gram(1, d), S_U=gram(2, d), eta_W=Fraction(1, 7), eta_U=Fraction(2, 9), rho=Fraction(3, 5))
    g |= {x: [q(k + i) for i in range(d)] for k, x in enumerate(("w_star", "u_star"))}
    for id_, f in ((i, formulas[i]) for i in IDS):
        out.append([id_, str(f.exact(**{k: g[k] for k in f.inputs}))])
print(json.dumps(out))
"""

    @pytest.mark.slow
    @pytest.mark.many(0)
    def test_agree_bit_for_bit(self):
        """What SymPy computes with is the user's choice: flint by itself, unless gmpy2 is installed."""
        ids = (
            f"{BIASED_EQUILIBRIUM}.e",
            f"{BIASED_EQUILIBRIUM}.f-coupling",
            f"{CONSENSUS}.value",
            f"{CONSENSUS}.parallel-sum",
        )
        runs = []
        for ground in ("flint", "python"):
            run_ = subprocess.run(
                [sys.executable, "-c", self.CODE.replace("IDS", repr(ids))],
                capture_output=True, text=True, check=True, env=os.environ | {"SYMPY_GROUND_TYPES": ground},
            )  # fmt: skip
            runs.append(json.loads(run_.stdout))
        assert [r[0] for r in runs] == ["flint", "python"]
        assert runs[0][1:] == runs[1][1:]
        assert len(runs[0]) == 1 + 2 * len(ids)

    @pytest.mark.parametrize("id_", [f"{LINEAR_IN_GAP}.upper", f"{HELPER_COMPARISON}.alone", f"{SMALL_STEP}.e-bound"])
    def test_what_leaves_the_rationals_is_left_to_the_tree(self, id_):
        formula = formulas[id_]
        one = case(formula, 1, 1)
        with pytest.raises(IrrationalError):
            rational_value(formula.expr, instance(formula, one.exact))
        assert formula.exact(**one.exact) == tree(formula, one.exact)

    @given(pairs())
    @settings(max_examples=20)
    @pytest.mark.slow
    def test_singular_on_both(self, drawn):
        formula = formulas[f"{LINEAR_IN_GAP}.G"]
        inputs = pick(drawn, *GEOMETRY)
        assert outcome(formula.exact, **inputs) == outcome(tree, formula, inputs)
