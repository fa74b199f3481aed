"""Every hypothesis is needed, wrong counterexamples are caught, and what was removed is not needed."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from numerics import Interaction, LSAAgent, Prompt
from proofs_check import theorems
from proofs_check.commands.cli import main
from proofs_check.evidence.theorem import Needed
from proofs_check.instruments.at_rest import Turn, acting, pair, rest, settles, solutions
from proofs_check.instruments.rationals import ints
from proofs_check.ledger import necessity
from proofs_check.ledger.necessity import necessity_rows, passed, removed_rows, run_necessity, still_assumed
from theory import Assumption, formulas
from theory.derivation.assumptions import psd, relation
from theory.derivation.lines import check
from theory.errors import TheoryError
from theory.language.symbols import PRIMITIVES, S_U, S_W, M, Sigma, p
from theory.values.drawing import Geometry, draw

LINE = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}
HALF = Fraction(1, 2)
STORED = [(t.id, case, t.formula(part)) for t in theorems.values() for case in t.needed for part in case.parts]
REMOVED = {
    (t.formula(part), a) for t in theorems.values() for x in t.unneeded for a in x.hypotheses for part in x.parts
}
ASSUMING = [id_ for id_ in formulas if formulas[id_].assumptions]


@pytest.fixture(scope="module")
def rows():
    return run_necessity()


def test_every_hypothesis_of_every_formula_is_needed(rows):
    assert [row for row in rows if row.verdict != "needed"] == []
    assert len(rows) == sum(len(formulas[id_].assumptions) for id_ in formulas)
    assert all(row.instance and row.refutes for row in rows)
    assert passed(rows)


def test_every_stored_counterexample_fits_one_hypothesis_of_each_of_its_formulas():
    for theorem, case, id_ in STORED:
        names = [a.name for a in formulas[id_].assumptions]
        assert names.count(case.hypothesis) == 1, (theorem, case.hypothesis, names)


def judges(formula):
    """What agents say about a formula's statement."""
    return tuple(dict.fromkeys(judge for _, case, id_ in STORED if id_ == formula for judge in case.judges))


def one(formula, hypothesis, inputs):
    """Judge one planted counterexample, with no other stored."""
    theorem, _, part = formula.partition(".")
    planted = Needed((part,), hypothesis, inputs, judges(formula))
    found = run_necessity(theorems=[theorem], needed={theorem: [planted]})
    (text,) = (str(a) for a in formulas[formula].assumptions if a.name == hypothesis)
    return found, next(row for row in found if (row.formula, row.hypothesis) == (formula, text))


class TestPlanted:
    def test_a_right_one_is_accepted(self):
        _, row = one("biased-equilibrium.e", "M invertible", LINE | {"S_W": [[2]], "S_U": [[2]]})
        assert row.verdict == "needed"
        assert "no state of rest" in row.counterexample

    @pytest.mark.parametrize(
        ("formula", "hypothesis", "inputs", "note"),
        [
            # W sees no pull and undoes every error at once: two hypotheses fail.
            ("neither-wins.e", "A invertible", {"S_U": [[0]]}, "also violates"),
            (
                "gradient-attack.step",
                "X_W non-zero",
                {"S_W": None, "X_W": [[0]], "y_W": [0], "S_U": [[0]]},
                "also violates",
            ),
            ("frozen-kernel.e", "S_W psd", {"S_W": [[-1]], "S_U": [[-1]], "w_t": [1]}, "also violates"),
            # The hypothesis holds.
            ("biased-equilibrium.e", "M invertible", {}, "satisfies the hypothesis"),
            ("box-not-necessary", "p or q non-zero", {"p": 0, "q": 1}, "satisfies the hypothesis"),
            ("victim-bias", "W succeeds", {"w_inf": [0]}, "satisfies the hypothesis"),
            # The hypothesis fails and the statement holds all the same.
            (
                "residual-can-exceed-gap.commuting",
                "A psd",
                {"S_W": [[Fraction(3, 2)]], "S_U": [[Fraction(3, 2)]], "w_0": [0]},
                "nothing refutes the statement",
            ),
            ("consensus.parallel-sum", "S_W psd", {"S_W": [[-2]], "rho": 1}, "nothing refutes the statement"),
            ("step-size-box", "P below 2", {"S_W": [[2]], "S_U": [[1]]}, "nothing refutes the statement"),
            ("population-optimum.V31", "Sigma psd", {"Sigma": [[-1]], "n": 1}, "nothing refutes the statement"),
            ("blind-attack.weight", "p at most 1", {"p": 2, "gamma": 1}, "nothing refutes the statement"),
            ("convergence-iff", "S_W psd", {"S_W": [[-1]]}, "nothing refutes the statement"),
            ("free-layer-optimum.least", "Sigma psd", {"Sigma": [[-1]], "n": 1}, "nothing refutes the statement"),
            ("free-layer-optimum.forgetful", "Sigma psd", {"Sigma": [[-1]], "n": 1, "kappa": 1}, "nothing refutes"),
            (
                "trained-plateau.slope",
                "D_W at most lam_W",
                {"J_W": [[1]], "J_U": [[0]], "D_W": [[1]], "D_U": [[0]], "lam_W": 0, "lam_U": 0},
                "nothing refutes the statement",
            ),
            (
                "trained-plateau.shift",
                "mu lam below 1",
                {"J_W": [[0]], "J_U": [[HALF]], "residual": [0], "lam": 2, "remainder": [0]},
                "nothing refutes the statement",
            ),
            # Not an instance at all, or one that the agents cannot judge.
            ("biased-equilibrium.e", "M invertible", {"eta_W": 0}, "not one: "),
            ("consensus.value", "S_W psd", {"S_W": [[0, 1], [0, 0]], "rho": 1}, "not symmetric"),
            ("kernel-condition", "M invertible", {"S_W": [[2]], "S_U": [[2]], "u_star": [0]}, "cannot decide"),
        ],
    )
    def test_a_wrong_one_is_caught(self, formula, hypothesis, inputs, note):
        given = {name: value for name, value in (LINE | inputs).items() if value is not None}
        found, row = one(formula, hypothesis, given)
        assert row.verdict == "open"
        assert note in row.note
        assert not passed(found)

    def test_none_is_stored(self):
        found = run_necessity(theorems=["victim-bias"], needed={})
        assert [(row.verdict, row.note) for row in found] == [("open", "no counterexample is stored")]

    def test_a_hypothesis_that_was_added_needlessly(self):
        """A theorem with a hypothesis too many does not pass, whatever is stored for the others."""
        extra = relation(p > 0, "p positive")
        tampered = dict(formulas) | {
            "victim-bias": replace(formulas["victim-bias"], assumptions=(*formulas["victim-bias"].assumptions, extra))
        }
        found = run_necessity(theorems=["victim-bias"], formulas=tampered)
        assert [row.verdict for row in found] == ["open", "open"]  # the stored instance has no p: it is not positive
        assert not passed(found)


def inputs_within(formula, seed, dimension):
    """Draw inputs that satisfy all hypotheses of a formula; None where the draw does not."""
    defined = {getattr(s.value, "symbol", s.equation.lhs) for s in formula.derivation if s.kind == "definition"}
    spoken = {x for s in formula.derivation for x in s.equation.free_symbols} | set(formula.expr.free_symbols)
    wanted = {name for _, case, id_ in STORED if id_ == formula.id for name in case.inputs}
    names = [
        n for n, item in PRIMITIVES.items() if (item.symbol in spoken or n in wanted) and item.symbol not in defined
    ]
    arrange = next((a.arrange for a in formula.assumptions if a.arrange), None)
    positive = {a.args[0] for a in formula.assumptions if a.kind == "psd"}
    sizes = {"d": dimension, "n": 2, "k": 3, "t": 1, "order": 1}
    signed = [n for n in names if PRIMITIVES[n].symbol not in positive]
    shape = Geometry(dimension, dimension, dimension)
    at = draw(names, sizes=sizes, geometry=shape, seed=seed, arrange=arrange, signed=signed)
    given = {}
    for name in names:
        rows = [
            [Fraction(int(x.p), int(x.q)) for x in row]
            for row in at.values[PRIMITIVES[name].symbol].to_sympy().tolist()
        ]
        flat = PRIMITIVES[name].kind in ("vector", "labels", "weights")
        given[name] = [row[0] for row in rows] if flat else rows
        if PRIMITIVES[name].kind in ("step", "scalar", "count"):
            given[name] = rows[0][0]
    given |= {
        x: sizes[x] for x in "nk" if x in formula.dimensions or "X" in given or "X_W" in given or "U_seen" in given
    }
    there = necessity._instance(formula, given)
    return given if all(necessity._holds(a, there) for a in formula.assumptions) else None


@pytest.mark.parametrize("id_", ASSUMING)
def test_nothing_is_refuted_within_the_hypotheses(id_):
    """Neither the conclusions nor the agents refute a statement where all of its hypotheses hold."""
    formula, tried = formulas[id_], 0
    for seed in range(8):
        try:
            given = inputs_within(formula, seed, dimension=2 if "monotone" in id_ or "one-example" in id_ else 1)
        except TheoryError:
            continue
        if given is None:
            continue
        tried += 1
        assert necessity._false_conclusion(formula, necessity._instance(formula, given)) is None
        assert [judge(formula, given) for judge in judges(id_)] == [None] * len(judges(id_)), given
    assert tried >= 1


class TestRemoved:
    def test_what_is_not_needed_is_not_assumed(self):
        assert still_assumed() == []

    def test_assuming_it_again_is_noticed(self):
        formula = formulas["biased-equilibrium.e"]
        again = dict(formulas) | {formula.id: replace(formula, assumptions=(*formula.assumptions, psd(S_W)))}
        assert still_assumed(again) == [r"biased-equilibrium.e still assumes $S_W \succeq 0$"]
        assert not passed([], still_assumed(again))

    @pytest.mark.parametrize("id_", sorted(id_ for id_, hypothesis in REMOVED if hypothesis == psd(S_W)))
    def test_all_lines_hold_where_a_matrix_is_not_a_gram_matrix(self, id_):
        """Except for projectors, whose hypotheses imply that it is one."""
        formula, seen = formulas[id_], 0
        for seed in range(12):
            given = inputs_within(formula, seed, dimension=1 + seed % 2)
            if given is None:
                continue
            at = necessity._instance(formula, given)
            if all(psd(s).holds(at) for s in (S_W, S_U) if s in at.values):
                continue
            seen += 1
            assert all(line.holds for line in check(formula.derivation, at))
        assert (seen > 0) == (not id_.startswith("alternating"))

    @pytest.mark.parametrize(
        "id_", ["population-optimum.second-moment", "population-optimum.loss", "free-layer-optimum.excess"]
    )
    def test_covariances_of_either_sign(self, id_):
        negative = Assumption("negative", (), "negative", "", lambda at: not psd(Sigma).holds(at))
        assert replace(formulas[id_], assumptions=(negative,)).verify().rational > 0
        assert replace(formulas[id_], assumptions=(negative,)).verify().failed is None

    def test_a_negative_lipschitz_constant_leaves_the_bound_true(self):
        """It forces remainder and distance to be zero, and with them what one turn moves."""
        formula = formulas["trained-plateau.shift"]
        line = {"J_W": [[HALF]], "J_U": [[HALF]], "lam": -1, "remainder": [0]}
        at_rest, moved = (necessity._instance(formula, line | {"residual": [x]}) for x in (0, 1))
        assert all(a.holds(at_rest) for a in formula.assumptions)
        assert necessity._false_conclusion(formula, at_rest) is None
        assert not all(a.holds(moved) for a in formula.assumptions)

    def test_the_bound_on_mu_says_that_there_is_an_inverse(self):
        formula = formulas["trained-plateau.shift"]
        singular = {"J_W": [[1]], "J_U": [[1]], "lam": 0, "residual": [1], "remainder": [0]}
        held = {str(a): necessity._holds(a, necessity._instance(formula, singular)) for a in formula.assumptions}
        assert held[r"$\mu\lambda < 1$"] is False

    def test_the_gap_is_shared_without_one_equilibrium(self):
        assert M not in {x for s in formulas["gap-is-shared"].derivation for x in s.equation.free_symbols}
        assert formulas["gap-is-shared"].verify()

    def test_the_condition_on_the_step_decides_for_negative_steps_as_well(self):
        judge, formula = judges("blind-attack.step-bound")[0], formulas["blind-attack.step-bound"]
        tried = [judge(formula, {"p": Fraction(a, 3), "b": Fraction(b, 4)}) for a in range(-9, 1) for b in range(-4, 5)]
        assert tried == [None] * 90


@pytest.mark.parametrize("id_", [i for i in formulas if any(s.kind == "hypothesis" for s in formulas[i].derivation)])
def test_lines_marked_as_hypotheses_follow_from_the_assumptions(id_):
    """No derivation assumes more than the formula says."""
    formula, seen = formulas[id_], 0
    for seed in range(4):
        for dimension in (1, 2):
            given = inputs_within(formula, seed, dimension)
            if given is None:
                continue
            at = necessity._instance(formula, given)
            list(check(formula.derivation, at))
            seen += 1
            assert all(at.holds(s.equation) for s in formula.derivation if s.kind == "hypothesis")
    assert seen


class TestAgents:
    def test_a_layer_with_any_step_matrix(self):
        matrix, target, w = ints([-2, 1], [3, Fraction(1, 2)]), ints(1, -1), ints(4, 7)
        assert (acting(matrix, target).update(w) == w - matrix @ (w - target)).all()

    def test_it_is_the_gradient_step_of_a_prompt(self):
        X, target, w = ints([1, 2], [0, 1], [3, -1]), ints(2, 5), ints(-1, 1)
        agent = LSAAgent(Prompt.from_target(X, target), np.array(Fraction(1, 3), dtype=object))
        assert (agent.update(w) == acting(agent.prompt.gram / 3, target).update(w)).all()

    def test_a_pair_moves_as_an_interaction_does(self):
        both = pair({**LINE, "S_W": [[Fraction(1, 2)]], "S_U": [[Fraction(3, 2)]]})
        run = Interaction(both.w, both.u).simulate(ints(5), 2, method="attention")
        assert (run.w[2] == both.turn.update(both.turn.update(ints(5)))).all()
        assert (run.u[1] == both.turn_of_u.update(run.u[0])).all()

    @pytest.mark.parametrize(("p", "q", "gap", "states"), [(2, 2, 1, 0), (2, 2, 0, 2), (1, 2, 1, 1), (0, 0, 1, 2)])
    def test_states_of_rest(self, p, q, gap, states):
        assert rest(pair({**LINE, "S_W": [[p]], "S_U": [[q]], "u_star": [gap]}).turn).states == states

    def test_solutions(self):
        matrix = ints([1, 1], [2, 2])
        point, kernel = solutions(matrix, ints(1, 2))
        assert (matrix @ point == ints(1, 2)).all()
        assert kernel.shape == (2, 1)
        assert solutions(matrix, ints(1, 1))[0] is None

    def test_settling(self):
        half = Fraction(1, 2)
        assert settles(Turn(1, lambda w: w * half + 1), ints(0)) == 2
        assert settles(Turn(1, lambda w: w), ints(3)) == 3
        assert "multiplies its displacement" in settles(Turn(1, lambda w: 1 - w), ints(0))
        with pytest.raises(ValueError, match="no common ratio"):
            settles(Turn(2, lambda w: w * ints(half, Fraction(1, 3))), ints(1, 1))


class TestCommand:
    def test_table_and_json(self, capsys, tmp_path):
        path = tmp_path / "necessity.json"
        assert main(["--necessity", "--theorem", "neither-wins", "--json", str(path)]) == 0
        out = capsys.readouterr().out
        assert "6 hypotheses: 6 needed, 0 open" in out
        assert "no longer assumed" in out
        assert max(map(len, out.splitlines())) <= 100
        report = json.loads(path.read_text())
        assert report["passed"]
        assert {row["verdict"] for row in report["hypotheses"]} == {"needed"}
        assert all(row["refutes"] for row in report["hypotheses"])
        assert report["removed"]

    def test_an_open_hypothesis_fails_the_command(self, capsys, monkeypatch):
        monkeypatch.setattr(
            "proofs_check.commands.necessity.run_necessity",
            lambda **_: run_necessity(theorems=["victim-bias"], needed={}),
        )
        assert main(["--necessity"]) == 1
        assert "1 hypotheses: 0 needed, 1 open" in capsys.readouterr().out

    def test_a_needless_hypothesis_fails_the_command(self, capsys, monkeypatch):
        monkeypatch.setattr("proofs_check.commands.necessity.still_assumed", lambda **_: ["x still assumes y"])
        assert main(["--necessity", "--theorem", "victim-bias"]) == 1
        assert "x still assumes y" in capsys.readouterr().out

    def test_unknown_theorem(self, capsys):
        assert main(["--necessity", "--theorem", "victim-bais"]) == 2
        assert "did you mean victim-bias" in capsys.readouterr().err


def test_rows_for_the_book(rows):
    shown = necessity_rows(rows)
    assert len(shown) == len(rows)
    assert all(len(row) == 4 and all(row) for row in shown)
    assert all(len(row) == 3 and all(row) for row in removed_rows())
