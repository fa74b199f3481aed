"""Formulas as data: evaluated three ways with one value, printed, explained, and catalogued by id."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import FrozenInstanceError, replace
from itertools import groupby

import numpy as np
import pytest
from sympy import Symbol, simplify

from tests.families.test_consensus import CONSENSUS
from tests.families.test_convergence import CONVERGENCE_IFF
from tests.families.test_dynamics import FROZEN_KERNEL
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_misalignment import LINEAR_IN_GAP
from tests.families.test_population import POPULATION_OPTIMUM
from tests.families.test_small_step import SMALL_STEP
from tests.theory.cases import as_array, cases, tolerance
from theory import Assumption, Formula, InputError, Step, UnknownFormulaError, formulas
from theory.catalogue import FAMILIES
from theory.derivation.assumptions import below, commute, invertible, psd
from theory.derivation.formula import Catalogue, is_claim
from theory.language.nodes import EntrySum, MaxRowSum, Norm, PseudoInverse, SingularValue, SpectralRadius
from theory.language.symbols import PRIMITIVES, A, B, M

SCALARS = ("step", "scalar", "count")
WITHOUT_ENTRIES = (Norm, SingularValue, SpectralRadius, MaxRowSum, EntrySum)


@pytest.mark.parametrize("id_", formulas)
class TestEveryFormula:
    @pytest.mark.many(4)
    def test_exact_equals_numpy(self, id_):
        formula = formulas[id_]
        if formula.decided_only:
            with pytest.raises(InputError, match="is a statement"):
                formula.numpy()
            return
        tried = cases(formula)
        assert tried
        for one in tried:
            exact, floats = formula.exact(**one.exact), formula.numpy(**one.floats)
            if isinstance(exact, bool):
                assert bool(floats) == exact
                continue
            expected = as_array(formula, exact)
            assert np.shape(floats) == expected.shape
            scale = max(1.0, np.abs(expected).max(initial=0))
            assert np.abs(floats - expected).max(initial=0) <= tolerance(formula, one.floats) * scale

    @pytest.mark.many(10)
    def test_written_out_and_substituted_equals_exact(self, id_):
        formula = formulas[id_]
        if formula.decided_only:
            pytest.skip("a statement has no entries")
        for dimension in (1, 2):
            for one in cases(formula, range(dimension, dimension + 1), range(1)):
                counts = {c: int(one.exact[c]) for c in ("t", "order") if c in one.exact}
                if is_claim(formula.expr) and dimension > 1:
                    continue  # no entries to compare, and its sides may be long
                written = formula.explicit(dimension, **counts, n=dimension + 1, k=2)
                if is_claim(formula.expr) or written.has(*WITHOUT_ENTRIES):
                    continue
                # Written out, a pseudo-inverse is that of free symbols, of full rank; a hypothesis may ask for less.
                if formula.expr.has(PseudoInverse) and any(a.arrange for a in formula.assumptions):
                    continue
                value, exact = written.xreplace(entries(formula, one.exact)), formula.exact(**one.exact)
                difference = value - exact
                parts = list(difference) if hasattr(difference, "tolist") else [difference]
                assert [x for x in parts if x != 0 and x.expand() != 0 and simplify(x) != 0] == []

    @pytest.mark.many(4)
    def test_batches_equal_loops(self, id_):
        formula = formulas[id_]
        if formula.decided_only:
            pytest.skip("a statement has no value on arrays")
        by_size = [c for c in cases(formula, range(2, 3), range(0, 8, 4)) if c.floats]
        arrays = [x for x in formula.inputs if PRIMITIVES[x].kind != "count"]
        if len(by_size) < 2 or not arrays:
            pytest.skip("fewer than two geometries, or nothing to batch")
        fixed = {k: v for k, v in by_size[0].floats.items() if k not in arrays}
        loop = np.array([formula.numpy(**{x: c.floats[x] for x in arrays}, **fixed) for c in by_size])
        stacked = {x: np.array([c.floats[x] for c in by_size]) for x in arrays}
        batch = formula.numpy(**stacked, **fixed)
        slack = max(tolerance(formula, c.floats | fixed) for c in by_size)
        assert batch.shape == loop.shape
        assert np.allclose(batch, loop, rtol=slack, atol=slack)
        if len(arrays) > 1:
            # An outer axis on the first input alone broadcasts against the rest.
            outer = stacked | {arrays[0]: stacked[arrays[0]][:, None]}
            grid = formula.numpy(**outer, **fixed)
            assert grid.shape == (len(by_size), *loop.shape)
            diagonal = np.array([grid[i, i] for i in range(len(by_size))])
            assert np.allclose(diagonal, loop, rtol=slack, atol=slack)

    @pytest.mark.many(4)
    def test_latex_is_balanced_and_has_no_python_names(self, id_):
        formula = formulas[id_]
        for text in (
            formula.latex(),
            formula.latex(compact=False),
            formula.where(),
            *(s.latex() for s in formula.derivation),
        ):
            assert balanced(text), text
            assert not re.search(
                r"w_\{star\}|_star|_hat\b|PseudoInverse|MatMul|Symbol|eta_\{W\}|angle_|_order_", text
            ), text
            assert "None" not in text
        assert formula.latex()
        assert formula._repr_latex_() == rf"$\displaystyle {formula.latex()}$"

    @pytest.mark.many(4)
    def test_the_text_is_complete(self, id_):
        formula = formulas[id_]
        assert formula.id == id_
        assert formula.title
        assert formula.source
        assert formula.statement.count("$") % 2 == 0
        assert balanced(formula.statement)
        assert formula.plain
        assert "\\" not in formula.plain
        for assumption in formula.assumptions:
            assert isinstance(assumption, Assumption)
            assert assumption.text.strip()
            assert assumption.text.count("$") % 2 == 0
            assert str(assumption) == assumption.text
        assert len({a.text for a in formula.assumptions}) == len(formula.assumptions)

    @pytest.mark.many(4)
    def test_the_derivation_points_backwards(self, id_):
        lines = formulas[id_].derivation
        assert lines
        for i, step in enumerate(lines):
            assert isinstance(step, Step)
            assert step.reason.strip()
            assert all(0 <= u < i for u in step.uses)
            if step.kind == "definition":
                assert step.value is not None

    @pytest.mark.many(4)
    def test_it_is_expressed_in_primitives(self, id_):
        formula = formulas[id_]
        known = {item.symbol for item in PRIMITIVES.values()}
        dims = {Symbol(x, integer=True, positive=True) for x in "ndk"}
        assert formula.expr.free_symbols <= known | dims

    @pytest.mark.many(4)
    def test_it_is_frozen(self, id_):
        with pytest.raises(FrozenInstanceError):
            formulas[id_].title = "other"


def wrong_names(assumptions: Mapping[str, Sequence[Assumption]]) -> list[str]:
    """What is wrong with the names of hypotheses, given those of each formula."""
    wrong, texts, names = [], {}, {}
    for id_, needs in assumptions.items():
        for need in needs:
            if not need.name.strip() or set(need.name) & set("$\\"):
                wrong.append(f"{id_}: {need.name!r} is no plain name")
            if [other.name for other in needs].count(need.name) > 1:
                wrong.append(f"{id_}: {need.name!r} is the name of two hypotheses")
            if texts.setdefault(need.name, need.text) != need.text:
                wrong.append(f"{id_}: {need.name!r} is another hypothesis elsewhere")
            if names.setdefault(need.text, need.name) != need.name:
                wrong.append(f"{id_}: {need.name!r} has another name elsewhere")
    return wrong


class TestNamesOfHypotheses:
    """One plain name for one hypothesis, in every formula."""

    def test_the_whole_catalogue(self):
        assert wrong_names({id_: formula.assumptions for id_, formula in formulas.items()}) == []

    @pytest.mark.parametrize(
        ("planted", "complaint"),
        [
            ({"one": [invertible(M), replace(psd(A), name="M invertible")]}, "the name of two hypotheses"),
            ({"one": [invertible(M)], "two": [replace(psd(A), name="M invertible")]}, "another hypothesis elsewhere"),
            ({"one": [invertible(M)], "two": [invertible(M, "turn")]}, "another name elsewhere"),
            ({"one": [invertible(M, "$M$")]}, "no plain name"),
            ({"one": [invertible(M, r"\Gamma")]}, "no plain name"),
            ({"one": [replace(invertible(M), name=" ")]}, "no plain name"),
        ],
    )
    def test_a_planted_fault_is_caught(self, planted, complaint):
        assert [text for text in wrong_names(planted) if complaint in text]

    def test_names_are_made_from_the_expression(self):
        made = (invertible(M), invertible(M * A, "turn"), psd(A), below(2 * A, 3), commute(A, B))
        assert [need.name for need in made] == [
            "M invertible",
            "turn invertible",
            "A psd",
            "2*A below 3",
            "A and B commute",
        ]


def entries(formula: Formula, exact: dict) -> dict:
    """Values of the symbols that `explicit` writes: entries are numbered, columns with one number."""
    out = {Symbol(x, integer=True, positive=True): exact[x] for x in formula.dimensions}
    for name in formula.inputs:
        item, value = PRIMITIVES[name], exact[name]
        if item.kind in SCALARS:
            out |= {Symbol(name): value, item.symbol: value}
        elif isinstance(value, list):
            out |= {Symbol(f"{name}_{i + 1}"): x for i, x in enumerate(value)}
        else:
            rows, columns = value.shape
            for i in range(rows):
                for j in range(columns):
                    out[Symbol(f"{name}_{i + 1}{j + 1}")] = value[i, j]
                    if columns == 1:
                        out[Symbol(f"{name}_{i + 1}")] = value[i, j]
    return out


def balanced(text: str) -> bool:
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0 and text.count(r"\left") - text.count(r"\leftrightarrow") == text.count(r"\right")


class TestShapes:
    @pytest.mark.parametrize(
        ("id_", "shape"),
        [
            (f"{BIASED_EQUILIBRIUM}.e", (3,)),
            (f"{FROZEN_KERNEL}.projector", (3, 3)),
            (f"{CONSENSUS}.value", ()),
            (f"{LINEAR_IN_GAP}.upper", ()),
            (CONVERGENCE_IFF, ()),
            (f"{POPULATION_OPTIMUM}.V31", (3, 3)),
        ],
    )
    def test_of_floats(self, id_, shape):
        one = cases(formulas[id_], range(3, 4), range(2))[0]
        assert np.shape(formulas[id_].numpy(**one.floats)) == shape

    def test_truth_values_are_boolean_arrays(self):
        f = formulas[CONVERGENCE_IFF]
        grams = np.eye(2)[None].repeat(3, axis=0)
        found = f.numpy(S_W=grams, S_U=grams, eta_W=[0.5, 2.5, 3.5], eta_U=0.9)
        assert found.dtype == bool
        assert found.tolist() == [True, True, True]
        assert f.numpy(S_W=grams, S_U=grams, eta_W=[0.5, 2.5, 3.5], eta_U=2.0).tolist() == [True, False, False]


class TestCatalogue:
    def test_lists_ids_without_deriving(self):
        assert len(list(formulas)) == len(formulas) >= 60
        assert f"{BIASED_EQUILIBRIUM}.e" in formulas
        assert "no such" not in formulas

    def test_families_follow_each_other_in_the_order_of_the_list(self):
        modules = [module for module, _ in groupby(formulas, lambda id_: formulas._builders[id_].__module__)]
        assert modules == [f"theory.families.{family}" for family in FAMILIES]

    @pytest.mark.slow
    def test_the_order_does_not_depend_on_what_is_imported_first(self):
        code = f"import theory.families.{list(FAMILIES)[-1]}, theory; print(*theory.formulas)"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.split() == list(formulas)

    @pytest.mark.parametrize(
        ("wrong", "near"),
        [
            (BIASED_EQUILIBRIUM, f"{BIASED_EQUILIBRIUM}.e"),
            ("biased_equilibrium.e", f"{BIASED_EQUILIBRIUM}.e"),
            (f"{SMALL_STEP}.e5", f"{SMALL_STEP}.e"),
            (f"{CONSENSUS}.valu", f"{CONSENSUS}.value"),
        ],
    )
    def test_an_unknown_id_suggests_near_ones(self, wrong, near):
        with pytest.raises(UnknownFormulaError, match="no formula has the id") as caught:
            formulas[wrong]
        assert near in str(caught.value)
        assert isinstance(caught.value, KeyError)

    def test_an_id_that_is_near_nothing(self):
        with pytest.raises(UnknownFormulaError, match=r"list\(formulas\) shows all"):
            formulas["§§§"]
        assert formulas.get("§§§") is None

    def test_an_id_is_taken_once(self):
        catalogue = Catalogue()
        catalogue.register(("one",), list)
        with pytest.raises(ValueError, match="'one' is taken"):
            catalogue.register(("one",), list)

    def test_a_builder_must_deliver(self):
        catalogue = Catalogue()
        catalogue.register(("one",), list)
        with pytest.raises(UnknownFormulaError, match="did not produce it"):
            catalogue["one"]

    def test_a_formula_is_derived_once(self):
        assert formulas[f"{BIASED_EQUILIBRIUM}.e"] is formulas[f"{BIASED_EQUILIBRIUM}.e"]
