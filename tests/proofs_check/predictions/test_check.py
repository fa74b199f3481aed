"""Theorems at a user's numbers: hypotheses measured, conclusions against simulated agents."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import Eq

from numerics import LSAAgent, LSALayer, Prompt
from proofs_check import theorems
from proofs_check.errors import InputError
from proofs_check.predictions.check import check_statement
from proofs_check.predictions.pair import WHO_WINS
from tests.families.test_convergence import STEP_SIZE_BOX
from tests.families.test_dynamics import CLOSED_FORM, ERROR_RECURSION, FROZEN_KERNEL, ROLE_SWAP
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM, GAP_IS_SHARED, SINGULAR_EQUILIBRIUM
from tests.families.test_misalignment import LINEAR_IN_GAP
from theory import Statement, formulas, statements
from theory.derivation.assumptions import relation
from theory.language.nodes import Norm, Vanishes
from theory.language.predicates import All, Iff, Implies, Settles, TendsTo
from theory.language.symbols import A, B, Delta, I, P, Q, alpha, u_star, w_inf, w_star


def prompts(seed=0, rank=3):
    rng = np.random.default_rng(seed)
    both = []
    for n in (6, 5):
        X = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, 3))
        both.append(Prompt(X / np.linalg.norm(X, 2) * n**0.5, rng.standard_normal(n)))
    return {"w": both[0], "u": both[1]}


def words(check):
    return {conclusion.id: conclusion.word for conclusion in check.conclusions}


def planted(formula, says):
    return Statement(formula.id.partition(".")[0], (replace(formula, says=says),))


SIMULATED = [
    f"{ERROR_RECURSION}.e",
    f"{ERROR_RECURSION}.f",
    f"{CLOSED_FORM}.e",
    f"{CLOSED_FORM}.f",
    f"{BIASED_EQUILIBRIUM}.e",
    f"{BIASED_EQUILIBRIUM}.f",
    f"{SINGULAR_EQUILIBRIUM}.e",
    f"{SINGULAR_EQUILIBRIUM}.f",
]


class TestConclusions:
    @pytest.mark.parametrize("id_", SIMULATED)
    def test_agree_with_agents_and_a_planted_falsehood_differs(self, id_):
        formula = formulas[id_]
        start = {"w_0": [1.0, -2.0, 0.5], "w_t": [0.5, 1.0, 2.0], "u_t": [2.0, 0.0, 1.0], "t": 5}
        says = Eq(formula.lhs, formula.compact, evaluate=False)
        check = check_statement(planted(formula, says), **prompts(), eta=0.7, **start)
        found = check[id_]
        assert check
        assert found.word == "agrees"
        assert found.difference < 1e-12
        assert np.linalg.norm(found.simulated) > 1e-2
        for wrong in (-formula.compact, formula.compact * (1 + 1e-9)):
            says = Eq(formula.lhs, wrong, evaluate=False)
            false = check_statement(planted(formula, says), **prompts(), eta=0.7, **start)
            assert words(false) == {id_: "differs"}
            assert not false

    @pytest.mark.parametrize("id_", SIMULATED)
    def test_so_do_the_theorems_as_they_stand(self, id_):
        found = check_statement(statements[id_.partition(".")[0]], **prompts(), eta=0.7, w_0=[1.0, -2.0, 0.5])[id_]
        assert found.word == "agrees"

    def test_what_agents_do_is_not_taken_from_the_theory(self, monkeypatch):
        """Agents that move otherwise are noticed: nothing on the simulated side is a formula."""
        update = LSAAgent.update
        monkeypatch.setattr(LSAAgent, "update", lambda agent, w, history=None: update(agent, w) + 1e-6)
        check = check_statement(statements[ERROR_RECURSION], **prompts(), eta=0.7)
        assert set(words(check).values()) == {"differs"}

    def test_rest_and_its_uniqueness(self):
        check = theorems[BIASED_EQUILIBRIUM].check(**prompts(), eta=0.7)
        unique = check[f"{BIASED_EQUILIBRIUM}.unique"]
        assert (unique.word, unique.predicted, unique.simulated) == ("agrees", "holds", "holds")

    def test_a_singular_pair(self):
        """With a common kernel the first theorem is not claimed, and the second is."""
        pair = prompts(rank=3)
        direction = np.array([1.0, 2.0, 2.0]) / 3
        flat = {k: Prompt(x.X - np.outer(x.X @ direction, direction), x.y) for k, x in pair.items()}
        first = theorems[BIASED_EQUILIBRIUM].check(**flat, eta=0.7)
        assert first.hypotheses.word == "undecidable"
        second = theorems[SINGULAR_EQUILIBRIUM].check(**flat, eta=0.7, w_0=[1.0, 5.0, -3.0])
        assert second.hypotheses
        assert words(second) == {f"{SINGULAR_EQUILIBRIUM}.e": "agrees", f"{SINGULAR_EQUILIBRIUM}.f": "agrees"}
        frozen = theorems[FROZEN_KERNEL].check(**flat, eta=0.7, w_t=[1.0, 5.0, -3.0])[f"{FROZEN_KERNEL}.e"]
        assert frozen.word == "agrees"
        assert np.allclose(
            frozen.simulated / np.linalg.norm(frozen.simulated), direction * np.sign(frozen.simulated[0])
        )

    def test_not_claimed_where_a_hypothesis_fails(self):
        outside = theorems[STEP_SIZE_BOX].check(**prompts(), eta=2.5)
        assert "not claimed" in words(outside).values()
        assert "fails" in str(outside)
        drift = {"S_W": [[1.0]], "S_U": [[1.0]], "w_star": [0.0], "u_star": [1.0], "eta_W": 2.0, "eta_U": 2.0}
        drifting = theorems[BIASED_EQUILIBRIUM].check(**drift)
        assert set(words(drifting).values()) == {"not claimed"}
        assert not drifting

    def test_where_nothing_rests_the_state_of_rest_is_absent(self):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        resting = relation(Eq(formula.lhs, Delta, evaluate=False), "reaches U's target")
        statement = Statement(BIASED_EQUILIBRIUM, (replace(formula, assumptions=(resting,)),))
        drift = {"S_W": [[1.0]], "S_U": [[1.0]], "w_star": [0.0], "u_star": [1.0], "eta_W": 2.0, "eta_U": 2.0}
        (row,) = check_statement(statement, **drift).hypotheses.rows
        assert (row.word, row.measurement.note) == ("undecidable", "speaks of w_inf, which has no value here")
        with pytest.raises(InputError, match="missing w_inf"):
            statement.measure(**drift)

    def test_the_state_of_rest_rests_by_construction(self):
        """A hypothesis that a turn leaves w_inf alone holds of the state that was found so; any other is measured."""
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        u_moved = w_inf - Q * (w_inf - u_star)
        for moved, word in ((u_moved - P * (u_moved - w_star), "holds"), (u_moved - P * (u_moved - u_star), "fails")):
            resting = relation(Eq(w_inf, moved, evaluate=False), "rests")
            statement = Statement(BIASED_EQUILIBRIUM, (replace(formula, assumptions=(resting,)),))
            (row,) = check_statement(statement, **prompts(), eta=0.7).hypotheses.rows
            assert row.word == word

    def test_the_box_lets_agents_converge(self):
        check = theorems[STEP_SIZE_BOX].check(**prompts(), eta=1.5)
        assert check[STEP_SIZE_BOX].word == "agrees"

    def test_bounds(self):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        ours = {**prompts(), "eta": 0.7}
        for factor, word in ((100, "agrees"), (1e-3, "differs")):
            says = Norm(formula.lhs) <= factor * Norm(Delta)
            assert words(check_statement(planted(formula, says), **ours)) == {formula.id: word}

    @pytest.mark.slow
    def test_arrays_and_agents_are_the_same_pair(self):
        pair = prompts()
        agents = {name: LSAAgent(prompt, 0.7) for name, prompt in pair.items()}
        arrays = {"S_W": pair["w"].gram, "S_U": pair["u"].gram, "eta_W": 0.7, "eta_U": 0.7}
        arrays |= {"w_star": pair["w"].target, "u_star": pair["u"].target}
        checks = [theorems[BIASED_EQUILIBRIUM].check(**x) for x in ({**pair, "eta": 0.7}, agents, arrays)]
        for check in checks:
            assert check[f"{BIASED_EQUILIBRIUM}.e"].word == "agrees"
            assert np.allclose(
                check[f"{BIASED_EQUILIBRIUM}.e"].simulated, checks[0][f"{BIASED_EQUILIBRIUM}.e"].simulated
            )

    def test_what_is_not_simulated_says_why(self):
        formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
        foreign = planted(formula, Eq(formula.lhs, alpha * formula.compact, evaluate=False))
        found = check_statement(foreign, **prompts(), eta=0.7)[formula.id]
        assert (found.word, found.note) == ("not simulated", "the simulated pair has no alpha")
        bare = theorems[BIASED_EQUILIBRIUM].check(S_W=[[1.0]], S_U=[[1.0]], eta_W=0.5, eta_U=0.5)
        assert "not given" in bare[f"{BIASED_EQUILIBRIUM}.e"].note
        negative = {"S_W": [[-1.0]], "S_U": [[1.0]], "eta_W": 0.5, "eta_U": 0.5, "w_star": [0.0], "u_star": [1.0]}
        assert "negative eigenvalue" in theorems[BIASED_EQUILIBRIUM].check(**negative)[f"{BIASED_EQUILIBRIUM}.e"].note

    def test_an_identity_of_formulas_is_not_called_simulated(self):
        found = theorems[FROZEN_KERNEL].check(**prompts(), eta=0.7)[f"{FROZEN_KERNEL}.complement"]
        assert found.word == "not simulated"
        assert "by its formulas" in found.note


class TestPredicatesOfBehaviour:
    """Conclusions that are not equations, made from one derivation."""

    FORMULA = formulas[f"{BIASED_EQUILIBRIUM}.e"]

    def outcome(self, says, **change):
        ours = {**prompts(), "eta": 0.7} | change
        return words(check_statement(planted(self.FORMULA, says), **ours))[self.FORMULA.id]

    def test_settles(self):
        assert self.outcome(Settles(A * B, A * Q)) == "agrees"
        assert self.outcome(Settles(A * B, A * Q), eta=2.9) == "differs"

    def test_if_and_only_if(self):
        settles = Settles(A * B, A * Q)
        assert self.outcome(Iff(settles, Vanishes(I - P, Norm(Delta)))) == "differs"
        assert (
            self.outcome(Iff(Vanishes(self.FORMULA.lhs, Norm(Delta)), Vanishes(A * Q * Delta, Norm(Delta)))) == "agrees"
        )
        assert self.outcome(Iff(Vanishes(self.FORMULA.lhs, Norm(Delta)), Vanishes(0 * Delta, Norm(Delta)))) == "differs"

    def test_all_and_implies(self):
        settles, reaches = Settles(A * B, A * Q), Vanishes(self.FORMULA.lhs, Norm(Delta))
        assert self.outcome(All(settles, settles)) == "agrees"
        assert self.outcome(All(settles, reaches)) == "differs"
        assert self.outcome(Implies(settles, reaches)) == "differs"
        assert self.outcome(Implies(reaches, settles)) == "agrees"

    def test_limits(self):
        limit = self.FORMULA.compact + formulas[f"{BIASED_EQUILIBRIUM}.e"].unfold[4][0] * 0
        e_t = formulas[f"{CLOSED_FORM}.e"].lhs
        image = A * B * e_t + A * Q * Delta
        assert self.outcome(TendsTo(e_t, image, Delta, limit)) == "agrees"
        assert self.outcome(TendsTo(e_t, image, Delta, 2 * limit)) == "differs"


class TestErrors:
    PAIR = prompts()

    @pytest.mark.parametrize(
        ("given_", "message"),
        [
            ({"w": PAIR["w"]}, "give both agents"),
            ({"u": PAIR["u"]}, "give both agents"),
            ({**PAIR}, "needs a step size"),
            ({**PAIR, "eta": 0.5, "S_W": np.eye(3)}, "S_W is given twice"),
            ({**PAIR, "eta": 0.5, "S_X": np.eye(3)}, "unknown input 'S_X'"),
            ({**PAIR, "eta": 0.5, "w_0": [float("nan")] * 3}, "non-finite"),
            ({**PAIR, "eta": 0.5, "w_0": [1.0]}, "w_0 has"),
            ({"w": LSAAgent(PAIR["w"], 1.0), "u": PAIR["u"], "eta": 0.5}, "has a step size already"),
            (
                {"w": LSAAgent.with_layer(PAIR["w"], LSALayer.gradient_step(3, 1.0)), "u": PAIR["u"]},
                "a layer of its own",
            ),
            ({"w": Prompt(np.ones((2, 4, 3)), np.ones((2, 4))), "u": PAIR["u"], "eta": 0.5}, "a batch of shape"),
            ({}, "missing"),
        ],
    )
    def test_input(self, given_, message):
        with pytest.raises(InputError, match=message):
            theorems[BIASED_EQUILIBRIUM].check(**given_)

    def test_an_unknown_conclusion(self):
        check = theorems[BIASED_EQUILIBRIUM].check(**self.PAIR, eta=0.5)
        with pytest.raises(InputError, match=rf"no conclusion 'x'; it has {BIASED_EQUILIBRIUM}\.unique"):
            check["x"]


def test_it_prints_as_tables():
    check = theorems[BIASED_EQUILIBRIUM].check(**prompts(), eta=0.7)
    text, markdown = str(check), check._repr_markdown_()
    assert text.startswith(f"{BIASED_EQUILIBRIUM}: One state of rest\n")
    assert "M is invertible" in text
    assert "agrees" in text
    assert markdown.count("| --- | --- | --- | --- | --- |") == 2
    columns = {line.replace(r"\|", "").count("|") for line in markdown.splitlines() if line.startswith("|")}
    assert columns == {6}


@pytest.mark.parametrize("id_", [ERROR_RECURSION, ROLE_SWAP, LINEAR_IN_GAP, GAP_IS_SHARED, *WHO_WINS[:2]])
@pytest.mark.slow
def test_nothing_that_is_simulated_differs(id_):
    for seed in range(5):
        check = theorems[id_].check(**prompts(seed), eta_W=0.6, eta_U=1.1, w_0=[1.0, 2.0, 3.0])
        assert "differs" not in words(check).values(), check
        assert "agrees" in words(check).values()


@pytest.mark.parametrize("exact", [True, False])
def test_only_rationals_are_said_to_be_equal(exact):
    """Identical agents: the sides are equal as floats, too, which shows nothing."""
    X, y = np.eye(2), np.array([1.0, 2.0])
    if exact:
        X, y = (np.vectorize(Fraction, otypes=[object])(values) for values in (X, y))
    agent = LSAAgent(Prompt(X, y), np.array(Fraction(1), dtype=object) if exact else 1.0)
    check = check_statement(statements[BIASED_EQUILIBRIUM], w=agent, u=agent)
    level = [row for row in check.conclusions if row.difference == 0.0]
    assert level
    assert {row.exact for row in level} == {exact}
