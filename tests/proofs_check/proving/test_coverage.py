"""What a certificate earns: the goals of a conclusion, and why a statement does not show one.

Statements are written down here as they would stand in a file, with all that they may start from, and are not proved:
whether one is accepted is the checker's business, what an accepted one is worth is decided here.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Ne, Symbol, ZeroMatrix

from proofs_check.certificates.stored import certificate, stored
from proofs_check.ledger.catalogue import specs
from proofs_check.proving.coverage import _Given, coverage
from proofs_check.proving.facts import (
    CommutingProduct,
    Induction,
    Invariant,
    PowersCommute,
    Regular,
    SingularValue,
    Square,
    StandardFact,
)
from proofs_check.proving.goals import goals, hypothesis
from proofs_check.proving.limits import Settling
from proofs_check.proving.specification import Spec
from proofs_check.proving.spectra import Alternating, AlternatingPowers, Shortening, SquareTimes
from proofs_check.proving.statement import NotFound, Use, prepared, statement
from proofs_check.proving.translation import Translation, Untranslatable
from tests.families.planting import Tampered
from tests.proofs_check.proving.planted import formula, line
from theory import formulas
from theory.derivation.assumptions import Assumption, below, invertible, psd, relation
from theory.derivation.formula import conclude
from theory.derivation.lines import Derivation, equation
from theory.language.nodes import Contracts, Inner, Norm, PositiveSemidefinite, SpectrumWithin, Vanishes
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)
from theory.language.symbols import A, B, I, M, P, Pi, Q, Y, d, eta, p, q, u_star, v, w_star, w_t

BIAS = "victim-bias"
ALL = {name: spec for name, (_, spec) in specs.items()}
STORED = {one["name"]: one for theorem in stored() for one in certificate(theorem)["statements"]}


def written(spec, known, catalogue=formulas):
    """A statement as it is stored, and as if it took over all that its specification now lets it.

    One that is not stored starts from everything that it may start from.
    """
    proof, goal = prepared(catalogue[spec.formula], spec, known, catalogue)
    t = proof.translation
    taken = {name: text for name, text in proof.given.items() if isinstance(proof.origin[name], Use | StandardFact)}
    order = {name: text for name, text in proof.positive.items() if isinstance(proof.origin[name], Use | StandardFact)}
    same = spec.name in ALL and (spec.claim, spec.when) == (ALL[spec.name].claim, ALL[spec.name].when)
    held = STORED[spec.name] if same else None
    return {
        "name": spec.name,
        "letters": dict(t.letters),
        "scalars": list(t.scalars),
        "symmetric": list(t.symmetric),
        "given": dict(proof.given) if held is None else held.get("given", {}) | taken,
        "positive": dict(proof.positive) if held is None else held.get("positive", {}) | order,
        "proof": [{"states": goal.claim}],
    }


def covered(id_, *planted, catalogue=formulas, **changes):
    """What a conclusion is worth with some specifications in place of those of the ledger, and with changed files."""
    known = ALL | {spec.name: spec for spec in planted}
    stored = dict(STORED)
    for spec in planted:
        stored[spec.name] = written(spec, known, catalogue)
    for name, change in changes.items():
        stored[name] = stored[name] | change
    return coverage(catalogue[id_], known, stored, catalogue)


def says(predicate, *assumptions):
    """A formula that says this."""
    at = Derivation()
    return conclude(at, "planted", "Planted", at.infer(predicate, reason="planted"), assumptions=assumptions)


def claims(predicate, *assumptions):
    return {g.name: (g.given, g.claim) for g in goals(says(predicate, *assumptions), Translation())}


class TestGoals:
    def test_an_equation_is_one_claim(self):
        assert claims(equation(P * v, Q * v)) == {"": ((), "P v = Q v")}

    def test_an_equivalence_is_each_side_from_the_other(self):
        both = All(Vanishes(P * v), Vanishes(Q * v))
        assert claims(Iff(Vanishes(A * v), both)) == {
            "if": (("P v = 0", "Q v = 0"), "A v = 0"),
            "only if 1": (("A v = 0",), "P v = 0"),
            "only if 2": (("A v = 0",), "Q v = 0"),
        }

    def test_an_implication_has_its_premise(self):
        assert claims(Implies(Vanishes(P * v), Vanishes(Q * v))) == {"": (("P v = 0",), "Q v = 0")}

    def test_a_unique_solution_exists_and_any_other_is_the_same(self):
        found = goals(says(Unique(v, equation(M * v, w_star))), Translation())
        exists, unique = found
        assert (exists.claim, exists.chosen) == ("M there = w_star", "there")
        assert "v" in exists.hidden
        assert set(unique.given) == {"M other = w_star", "M v = w_star"}
        assert unique.claim == "other = v"

    def test_an_inverse_is_one_from_both_sides(self):
        found = goals(says(Invertible(M)), Translation())
        assert {(g.claim, g.chosen) for g in found} == {("M there = 1", "there"), ("there M = 1", "there")}

    def test_what_exists_may_be_chosen(self):
        [goal] = goals(says(Solvable(v, equation(M * v, w_star))), Translation())
        assert (goal.claim, goal.chosen) == ("M v = w_star", "v")

    def test_a_minimum_is_an_order_and_its_point_is_admitted(self):
        objective = v.T * P * v
        assert claims(Minimises(v, objective, w_star)) == {"least": ((), "v' P v >= w_star' P w_star")}
        within = claims(Minimises(v, objective, w_star, equation(M * v, w_t)))
        assert within["feasible"] == ((), "M w_star = w_t")
        assert within["least"][0] == ("M v = w_t",)

    def test_a_projector_is_its_own_square_and_transpose(self):
        assert claims(Projector(A)) == {"": ((), "A A = A")}
        assert {claim for _, claim in claims(Projector(Y)).values()} == {"Y Y = Y", "Y' = Y"}

    def test_a_vector_is_not_zero_because_another_is_not(self):
        nonzero = [Ne(x, ZeroMatrix(d, 1), evaluate=False) for x in (P * v, v)]
        assert claims(nonzero[0], relation(nonzero[1])) == {"": (("P v = 0",), "v = 0")}
        with pytest.raises(Untranslatable, match="no hypothesis"):
            claims(nonzero[0])

    def test_norms_are_compared_by_their_squares(self):
        [(_, claim)] = claims(Norm(P * v) <= Norm(v)).values()
        assert claim == "v' v >= v' P P v"

    @pytest.mark.parametrize(
        "predicate",
        [
            Contracts(A * B),
            SpectrumWithin(A * B, 0, 1),
            Settles(A * B, A * Q),
            TendsTo(v, A * v, w_t, w_star),
            Loewner(P, I, True),
            Iff(Contracts(A), Vanishes(P * v)),
            Iff(Vanishes(P * v), Contracts(A)),
        ],
        ids=lambda predicate: type(predicate).__name__,
    )
    def test_what_is_no_relation_between_products_has_no_goals(self, predicate):
        with pytest.raises(Untranslatable):
            claims(predicate)

    def test_what_is_defined_stands_for_one_value(self):
        at = Derivation()
        at.define(A, I - P, "A")
        line = at.infer(Solvable(v, equation(M * v, w_star)), reason="planted")
        free = conclude(at, "planted", "Planted", line)
        assert goals(free, Translation())
        at = Derivation()
        defined = at.define(v, P * w_star, "v")
        line = at.infer(Solvable(v, equation(M * v, w_star)), reason="planted")
        with pytest.raises(Untranslatable, match="defined"):
            goals(conclude(at, "planted", "Planted", line, rests_on=(defined,)), Translation())

    @pytest.mark.parametrize(
        ("predicate", "texts"),
        [
            (Loewner(P, 2 * I), ("2 - P >= 0",)),
            (Commute(P, Q), ("P Q = Q P",)),
            (RangeWithin(v, P), ("P P_pinv v = v",)),
            (Projector(P), ("P P = P",)),
            (Contracts(A), ()),
            (Symbol("x", real=True) > 1, ("x - 1 > 0",)),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_hypotheses_are_written_as_relations(self, predicate, texts):
        assert hypothesis(Translation(), predicate) == texts

    def test_an_invertible_matrix_brings_its_inverse(self):
        t = Translation()
        assert hypothesis(t, Invertible(M)) == ()
        assert t.inverted == {"M_inv": M}


class TestStatements:
    def test_what_the_ledger_holds_is_shown(self):
        found = covered(BIAS)
        assert found.shown
        assert found.facts == ()

    @pytest.mark.parametrize("more", [{"when": {"more": "Q Q = 0"}}, {"claim": "f_inf = B Delta"}])
    def test_a_conclusion_takes_no_premises_and_no_claim_of_its_own(self, more):
        with pytest.raises(NotFound, match="is generated"):
            prepared(formulas[BIAS], Spec(BIAS, **more), ALL, formulas)
        found = coverage(formulas[BIAS], ALL | {BIAS: Spec(BIAS, **more)}, STORED, formulas)
        assert not found.shown
        assert "is generated" in found.missing

    def test_contradictory_premises_prove_a_lemma_and_nothing_else(self):
        """From 0 = 1 everything follows, also that the bias has the other sign; no conclusion comes of it."""
        nonsense = {"zero": "Q Q = 0", "one": "Q Q = 1"}
        lemma = Spec(BIAS, claim="f_inf = B Delta", part="wrong", when=nonsense)
        proved = statement(formulas[BIAS], lemma, ALL, formulas)
        assert set(nonsense.values()) <= set(proved["given"].values())
        alone = coverage(formulas[BIAS], {lemma.name: lemma}, {lemma.name: proved}, formulas)
        assert "no certificate states victim-bias" in alone.missing
        renamed = {BIAS: proved | {"name": BIAS}}
        assert "it states f_inf = B Delta" in coverage(formulas[BIAS], ALL, renamed, formulas).missing
        right = Spec(BIAS, claim="f_inf = -B Delta", part="right", when=nonsense)
        found = covered(BIAS, right, Spec(BIAS, uses=(right.name,)))
        assert not found.shown
        assert "starts from Q Q = 0, which is not given" in found.missing

    @pytest.mark.parametrize(
        ("what", "change"),
        [
            ("its hypothesis more", {"given": {"more": "Q Q = 0"}}),
            ("its hypothesis W succeeds", {"given": {"W succeeds": "w_inf = u_star"}}),
            ("its order relation more", {"positive": {"more": "Q >= 0"}}),
            ("it declares w_star", {"symmetric": ["w_star"]}),
            ("it declares magic", {"prose": ["magic"]}),
            ("it states", {"proof": [{"states": "f_inf = B Delta"}]}),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_stored_statement_must_be_the_one_that_the_theory_makes(self, what, change):
        found = covered(BIAS, **{BIAS: change})
        assert not found.shown
        assert what in found.missing

    def test_every_goal_needs_its_statement(self):
        whole = covered("deadbeat")
        assert whole.shown
        less = {name: spec for name, spec in ALL.items() if name != "deadbeat/only if"}
        found = coverage(formulas["deadbeat"], less, STORED, formulas)
        assert found.missing == "no certificate states deadbeat/only if"
        assert not coverage(formulas["deadbeat"], ALL, {}, formulas).shown

    def test_a_lemma_does_not_stand_for_a_goal(self):
        found = covered("deadbeat", Spec("deadbeat", claim="e_inf = 0", part="only if"))
        assert "no certificate states deadbeat/only if" in found.missing


class TestUses:
    def test_an_unknown_statement_is_not_taken_over(self):
        with pytest.raises(NotFound, match="no statement is called nowhere"):
            prepared(formulas[BIAS], Spec(BIAS, uses=("nowhere",)), ALL, formulas)

    def test_what_is_taken_over_is_what_the_other_states(self):
        """The file says that the other statement gives something else."""
        name = "kernel-condition.alone/only if"
        taken = "kernel-condition.alone/misses by the gap"
        assert covered("kernel-condition.alone").shown
        given = STORED[name]["given"]
        assert given[taken] == "f_inf = -Delta"
        found = covered("kernel-condition.alone", **{name: {"given": given | {taken: "f_inf = Delta"}}})
        assert f"its hypothesis {taken}" in found.missing

    def test_a_computed_value_is_what_the_cited_statement_says_of_it(self):
        """The next error in closed form is taken over from the recursion; another statement does not give it."""
        formula = formulas["closed-form.e"]
        assert covered("closed-form.e").shown
        lines = tuple(
            replace(step, cites=("closed-form.e/base",)) if step.cites == ("error-recursion.e",) else step
            for step in formula.derivation
        )
        assert lines != formula.derivation
        tampered = Tampered("closed-form.e", replace(formula, derivation=lines))
        found = covered("closed-form.e", catalogue=tampered)
        assert not found.shown
        assert "closed-form.e/base does not state" in found.missing

    def test_a_premise_of_a_lemma_must_be_given_where_it_is_used(self):
        """The same lemma serves a goal that has its premise, and no other."""
        lemma = "step-size-box/unseen by U"
        assert covered("step-size-box").shown
        order = replace(ALL["step-size-box/order"], uses=(lemma,))
        found = covered("step-size-box", order)
        assert not found.shown
        assert "which is not given" in found.missing

    def test_hypotheses_of_another_theorem_must_be_had(self):
        """What holds for Gram matrices is not taken over where none are assumed."""
        taken = "frozen-kernel.complement"
        found = covered("deadbeat.push", Spec("deadbeat.push", uses=(taken,)))
        assert not found.shown
        assert "which is not given" in found.missing or "does not apply" in found.missing

    def test_nothing_rests_on_itself(self):
        first = Spec(BIAS, claim="f_inf = -B Delta", part="first", uses=(f"{BIAS}/second",))
        second = Spec(BIAS, claim="-B Delta = f_inf", part="second", uses=(f"{BIAS}/first",))
        known = ALL | {first.name: first, second.name: second, BIAS: Spec(BIAS, uses=(first.name,))}
        with pytest.raises(NotFound, match="rests on itself"):
            prepared(formulas[BIAS], known[BIAS], known, formulas)
        found = coverage(formulas[BIAS], known, STORED, formulas)
        assert not found.shown
        assert "rests on itself" in found.missing


class TestInverses:
    @pytest.mark.parametrize("id_", ["kernel-condition.pull", "kernel-condition", "deadbeat", "biased-equilibrium.e"])
    def test_what_is_inverted_must_be_invertible(self, id_):
        """Without a hypothesis that says so nothing is shown that divides by it."""
        assert covered(id_).shown
        formula = formulas[id_]
        fewer = tuple(a for a in formula.assumptions if not isinstance(a.says, Invertible))
        assert fewer != formula.assumptions
        found = covered(id_, catalogue=Tampered(id_, replace(formula, assumptions=fewer)))
        assert not found.shown
        assert any(said in found.missing for said in ("nothing says that it is invertible", "is not the theory's"))

    def test_another_matrix_that_is_invertible_does_not_help(self):
        formula = formulas["kernel-condition.pull"]
        other = (invertible(M), invertible(B))
        found = covered(formula.id, catalogue=Tampered(formula.id, replace(formula, assumptions=other)))
        assert "divides by A" in found.missing

    def test_a_strict_bound_is_needed_for_the_inverse_of_what_it_leaves(self):
        formula = formulas["step-size-box.equality"]
        assert covered(formula.id).shown
        closed = tuple(
            below(a.says.args[0], 2, strict=False) if isinstance(a.says, Loewner) else a for a in formula.assumptions
        )
        renamed = tuple(replace(c, name=a.name) for c, a in zip(closed, formula.assumptions, strict=True))
        found = covered(formula.id, catalogue=Tampered(formula.id, replace(formula, assumptions=renamed)))
        assert not found.shown
        assert "of which nothing says that it is invertible" in found.missing

    def test_a_number_is_not_zero_because_a_hypothesis_says_so(self):
        formula = formulas["box-not-necessary"]
        assert covered(formula.id).shown
        tampered = Tampered(formula.id, replace(formula, assumptions=(relation(Ne(p, 1, evaluate=False)),)))
        found = coverage(formula, ALL, {}, formulas)
        assert "no certificate holds" in found.missing
        with pytest.raises(NotFound):
            statement(tampered[formula.id], ALL["box-not-necessary/driven"], ALL, tampered)


def worth(of, *specs, others=(), without=(), **changes):
    """What a small formula is worth, with all statements of the specifications as they were written."""
    catalogue = {one.id: one for one in (of, *others)}
    known = {spec.name: spec for spec in specs}
    kept = {name: written(spec, known, catalogue) for name, spec in known.items() if name not in without}
    return coverage(of, known, {name: held | changes.get(name, {}) for name, held in kept.items()}, catalogue)


DIVIDED, BY_SUM = formula(equation(M.inverse() * v, w_t)), formula(equation(v / (p + q), w_t))
INVERSE = formula(Invertible(M), name="g")
SIDES = (Spec("g", "right", value="1"), Spec("g", "left", value="1"))
SIGN, ALONE = Spec("f", part="sign", claim="p + q > 0"), {"f/sign": {"given": {}, "positive": {}}}


class TestWhatIsDividedBy:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [((), False), ((M,), True), ((M.T,), True), ((A,), False), ((M * M,), False), ((A, M), True)],
    )
    def test_a_matrix_has_an_inverse_by_a_hypothesis(self, given, shown):
        of = replace(DIVIDED, assumptions=tuple(map(invertible, given)))
        found = worth(of, Spec("f"))
        assert found.shown == shown
        assert found.missing == ("" if shown else "f: f divides by M, of which nothing says that it is invertible")

    def test_an_inverse_counts_where_the_last_line_or_what_is_given_speaks_of_it(self):
        """Lines between are not what is stated, and may not even be of the theory."""
        last = {"proof": [{"states": "0 = 0"}, {"states": "M_inv v = w_t"}], "given": {}}
        assert "divides by M" in worth(DIVIDED, Spec("f"), f=last).missing
        of = formula(equation(v, w_t), line(B * v, M.inverse() * v))
        between = {"proof": [{"states": "M_inv v = 0"}, {"states": "v = w_t"}]}
        assert worth(of, Spec("f"), f=between | {"given": {}}).shown
        assert "divides by M" in worth(of, Spec("f"), f=between).missing

    @pytest.mark.parametrize(("says", "shown"), [(M, True), (M.T, True), (B, False)])
    def test_a_matrix_has_an_inverse_by_another_conclusion(self, says, shown):
        other = formula(Invertible(says), name="g")
        found = worth(DIVIDED, Spec("f", uses=("g/right",)), *SIDES, others=[other])
        assert found.shown == shown
        assert shown or "divides by M" in found.missing

    def test_both_sides_of_that_inverse_have_to_be_shown(self):
        for side, other in (("right", "left"), ("left", "right")):
            uses = Spec("f", uses=(f"g/{side}",))
            found = worth(DIVIDED, uses, *SIDES, others=[INVERSE], without=[f"g/{other}"])
            assert found.missing == f"no certificate holds g/{other}"

    def test_a_lemma_about_an_inverse_is_no_conclusion(self):
        lemma = Spec("g", part="lemma", claim="M = 1")
        found = worth(DIVIDED, Spec("f", uses=("g/lemma",)), lemma, *SIDES, others=[INVERSE])
        assert "divides by M" in found.missing

    @pytest.mark.parametrize(("above", "beside"), [(("g/right",), ()), ((), ("g/right",)), ((), ())])
    def test_what_a_lemma_divides_by_may_be_shown_where_it_is_used(self, above, beside):
        """By what the goal uses, or by what the lemma uses itself; also two steps below the goal."""
        of, divides = equation(v, w_t), formula(equation(v, w_t), line(B * v, M.inverse() * v), name="h")
        lemma = Spec("h", part="lemma", claim="v = w_t", uses=beside)
        for between in ((), (Spec("f", part="between", claim="2 v = 2 w_t", uses=("h/lemma",)),)):
            goal = Spec("f", uses=("f/between" if between else "h/lemma", *above))
            found = worth(formula(of), goal, *between, lemma, *SIDES, others=[divides, INVERSE])
            assert found.shown == bool(above or beside)
            assert found.shown or found.missing.startswith("f: h/lemma divides by M")

    @pytest.mark.parametrize(
        ("claim", "shown"),
        [
            ("p + q > 0", True),
            ("-p - q > 0", True),
            ("0 > p + q", True),
            ("p_plus_q > 0", True),
            ("p + q >= 0", False),
            ("p - q > 0", False),
            ("2 p + 2 q > 0", False),
            ("p > 0", False),
            ("p + q = 0", False),
        ],
    )
    def test_a_number_is_not_zero_by_its_sign(self, claim, shown):
        """Whether it is written as the letter that is inverted, or as what defines it."""
        found = worth(BY_SUM, Spec("f", uses=("f/sign",)), replace(SIGN, claim=claim), **ALONE)
        assert found.shown == shown

    def test_the_sign_of_a_number_has_to_be_shown(self):
        found = worth(BY_SUM, Spec("f", uses=("f/sign",)), SIGN, without=["f/sign"])
        assert found.missing == "no certificate holds f/sign"

    @pytest.mark.parametrize(
        ("says", "number", "apart"),
        [
            (Ne(p, 1), p - 1, True),
            (Ne(p, 1), 1 - p, True),
            (Ne(p, 1), p, False),
            (Ne(p, 1), p + 1, False),
            (Ne(p, 1), p - 2, False),
            (Ne(p, 1), 2 - p, False),
            (Ne(p, 1), -p, False),
            (p < 1, 1 - p, True),
            (p > 1, 1 - p, True),
            (p * (p + q) < 1, p**2 + p * q - 1, True),
            (p <= 1, 1 - p, False),
            (p >= 1, 1 - p, False),
            (Ne(v, w_t, evaluate=False), Norm(v - w_t), True),
            (Ne(v, w_t, evaluate=False), Inner(v - w_t, v - w_t), True),
            (Ne(v, w_t, evaluate=False), Norm(v + w_t), False),
            (Ne(v, w_t, evaluate=False), Inner(v, v - w_t), False),
            (Ne(v, w_t, evaluate=False), Inner(v - w_t, v), False),
            (Ne(v, w_t, evaluate=False), p, False),
            (Ne(p, 1), Norm(v), False),
            (Norm(v) > 0, Norm(v), True),
            (Vanishes(v), Norm(v), False),
            (Invertible(M), p, False),
        ],
        ids=str,
    )
    def test_both_sides_of_what_keeps_a_number_from_zero(self, says, number, apart):
        of = replace(DIVIDED, assumptions=(Assumption(says, "given"),))
        assert _Given(*prepared(of, Spec("f"), {}, {"f": of}), of).inverts(number) is apart

    def test_what_is_positive_is_not_zero(self):
        found = _Given(*prepared(DIVIDED, Spec("f"), {}, {"f": DIVIDED}), DIVIDED)
        assert found.inverts(eta)
        assert not found.inverts(p)


def known(of, spec=None):
    return _Given(*prepared(of, spec or Spec("f", part="l", claim="0 = 0"), {}, {of.id: of}), of)


class TestWhatIsKnown:
    GIVEN = (
        Assumption(Commute(P, Q), "commute"),
        Assumption(PositiveSemidefinite(B), "order"),
        Assumption(p < 1, "small"),
        Assumption(Vanishes(eta * P * v), "rest"),
    )
    SCOPE = known(formula(Vanishes(A * M.inverse() * v), line(A, I - P), given=GIVEN))

    @pytest.mark.parametrize(
        ("text", "is_known"),
        [
            ("P Q = Q P", True),
            ("Q P = P Q", True),
            ("P Q - Q P = 0", True),
            ("2 P Q = 2 Q P", False),
            ("P Q = P", False),
            ("A = 1 - P", True),
            ("P = 1 - A", True),
            ("M_inv M = 1", True),
            ("v' P eta = 0", True),
            ("v' P = 0", False),
            ("B >= 0", True),
            ("B + B >= B", True),
            ("-B >= 0", False),
            ("B > 0", False),
            ("B = 0", False),
            ("P Q - Q P >= 0", False),
            ("1 - p > 0", True),
            ("1 > p", True),
            ("1 >= p", True),
            ("p > 1", False),
            ("1 = p", False),
            ("eta > 0", True),
            ("P = P", True),
            ("P >= P", True),
            ("p > p", False),
            ("Z = Z", False),
        ],
    )
    def test_relations_term_by_term(self, text, is_known):
        """Equations up to sign and transposition, a strict order also as a weak one; nothing else."""
        assert self.SCOPE.knows(text) is is_known

    @pytest.mark.parametrize(
        ("first", "second", "same"),
        [
            ("P Q = Q P", "P Q = Q P", True),
            ("P Q = Q P", "Q P = P Q", True),
            ("P v = 0", "v' P = 0", True),
            ("P v = 0", "Q v = 0", False),
            ("B >= 0", "B >= 0", True),
            ("B >= 0", "B + B >= B", False),
            ("B = 0", "B >= 0", False),
            ("B >= 0", "B = 0", False),
        ],
    )
    def test_relations_that_say_the_same(self, first, second, same):
        assert self.SCOPE.same(first, second) is same

    def test_definitions_of_another_statement_are_taken_over_and_hypotheses_are_not(self):
        other = formula(
            Vanishes(M.inverse() * u_star), line(w_star, P * v), given=(Assumption(Vanishes(Q * w_star), "more"),)
        )
        proof, _ = prepared(other, Spec("f"), {}, {"f": other})
        scope = known(formula(Vanishes(A * v), line(A, I - P), given=self.GIVEN))
        wide = scope.widened(proof)
        assert [each.knows("w_star = P v") for each in (scope, wide)] == [False, True]
        assert [each.knows("M M_inv = 1") for each in (scope, wide)] == [False, True]
        assert wide.knows("A = 1 - P")
        assert wide.knows("P Q = Q P")
        assert not wide.knows("Q w_star = 0")
        assert {"A", "w_star", "u_star", "M_inv"} <= wide.context().ends.keys()
        assert wide.formula is scope.formula
        assert wide.translation is scope.translation
        assert scope.widened(scope._proofs[0]) is scope

    def test_letters_of_a_standard_fact_are_met(self):
        assert "X" not in self.SCOPE.context().ends
        assert "X" in self.SCOPE.context(Square("P", "X")).ends


RELATION = "e_t = A_B_to_the_t (e_0 - e_inf) + e_inf"
MOVES = {"e_t": ("e_0", "e_next")}
BASE, STEP = "closed-form.e/base", "closed-form.e/step"
UNHEARD = Spec("closed-form.e", claim="e_next = e_next", part="unheard")

# A fact that does not apply: where, the fact, why.
WRONG_FACTS = [
    (BIAS, Square("Q", "X"), "nothing given says that Q is positive semidefinite"),
    ("step-size-box.identity", Square("P", "X"), "nothing given says that P is positive semidefinite"),
    ("one-sided-iff.e-push", Square("P - Q", "X"), "nothing given says that P - Q is positive semidefinite"),
    ("one-sided-iff.e-push", Square("-P", "X"), "nothing given says that -P is positive semidefinite"),
    ("one-sided-iff.e-push", Square("2 - P", "X"), "nothing given says that 2 - P is positive semidefinite"),
    ("step-size-box.shortens", Square("P - 2", "X"), "nothing given says that P - 2 is positive semidefinite"),
    (BIAS, Square("Q", "X", by="error-recursion.e"), "does not show that Q is positive semidefinite"),
    ("one-sided-iff.e", Regular("A B", "R"), "no hypothesis bounds the spectral radius of A B"),
    ("one-sided-iff.e", Regular("B A (1 - Pi)", "R"), "no hypothesis bounds the spectral radius"),
    ("one-sided-iff.e-push", Regular("A B (1 - Pi)", "R"), "no hypothesis bounds the spectral radius"),
    ("closed-form.e", PowersCommute("Q", "A_B_to_the_t", "error-recursion.e"), "does not say it of A B"),
    ("closed-form.e", PowersCommute("Q", "A_B_to_the_t", "nowhere"), "nowhere is not shown"),
    ("closed-form.e", PowersCommute("Q", "M", "error-recursion.e"), "M is no power"),
    ("closed-form.e", Invariant("M", "e_t", "e_next", "e_0", "e_inf", "error-recursion.e"), "that a turn keeps it"),
    ("linear-in-gap.upper", SingularValue("M", "sigma_max_G"), "is not that singular value"),
    ("one-sided-iff.e-push", CommutingProduct("P", "Q"), "do not commute"),
    (BIAS, CommutingProduct("Q", "Q"), "nothing says that Q is not negative"),
    ("closed-form.e", Induction(RELATION, BASE, BASE, MOVES), "is not the relation a turn later"),
    ("closed-form.e", Induction(RELATION, STEP, STEP, MOVES), "is not the relation at the start"),
    ("closed-form.e", Induction(RELATION, BASE, "nowhere", MOVES), "nowhere is not shown"),
    ("closed-form.e", Induction(RELATION, BASE, STEP, {"e_t": ("e_0", "e_t")}), "is not the relation a turn later"),
    ("closed-form.e", Induction(RELATION, BASE, STEP), "is not the relation at the start"),
    ("closed-form.e", Induction("e_t = e_inf", BASE, STEP, MOVES), "is not the relation at the start"),
]


@pytest.mark.parametrize(
    ("id_", "fact", "why"),
    WRONG_FACTS,
    ids=[f"{type(fact).__name__} {i}" for i, (_, fact, _) in enumerate(WRONG_FACTS)],
)
def test_a_standard_fact_that_does_not_apply_earns_nothing(id_, fact, why):
    """It is written into every statement of the conclusion as one more line to start from."""
    known = ALL | {s.name: replace(s, facts=(*s.facts, fact)) for s in ALL.values() if s.formula == id_ and not s.part}
    found = covered(id_, *(spec for name, spec in known.items() if spec is not ALL[name]))
    assert not found.shown
    assert "does not apply" in found.missing
    assert why in found.missing


def test_a_step_that_does_not_start_from_the_relation_is_no_step():
    """What is true of a turn more because of something else does not carry the relation on."""
    formula = formulas["closed-form.e"]
    unaided = replace(ALL[STEP], when={})
    found = covered(formula.id, unaided)
    assert not found.shown
    assert f"{STEP} does not start from the relation" in found.missing


def test_a_fact_that_applies_is_named():
    found = covered("one-sided-iff.e")
    assert found.shown
    assert set(found.facts) == {Square.sentence, Regular.sentence}


# A reduction of a conclusion that it is not about: where, the reduction, why.
WRONG_REDUCTIONS = [
    ("convergence-iff", Settling(), "not that the modulus"),
    ("convergence-iff", Settling(A), "not that the turn contracts off the range"),
    ("box-not-necessary", Settling(Pi), "not that the turn contracts"),
    ("step-size-box", Settling(Pi), "no criterion for convergence"),
    ("step-size-box", Shortening(B * A, Pi), "not that the turn contracts"),
    ("step-size-box", Shortening(A * B, A), "not that the turn contracts"),
    ("convergence-iff", Shortening(A * B, Pi), "not that the turn contracts"),
    ("real-spectrum", SquareTimes(B, A), "no hypothesis says that the first factor"),
    ("real-spectrum.B", SquareTimes(A, B), "no hypothesis says that the first factor"),
    ("real-spectrum", SquareTimes(A, A), "not the product of these two"),
    ("step-size-box", SquareTimes(A, B), "does not say where a spectrum lies"),
    ("alternating-projections.turns", Alternating(A, A * B * (I - Pi)), "does not equate a spectral radius"),
    ("alternating-projections.rate", AlternatingPowers(A * B, Pi), "does not equate a largest singular value"),
    ("alternating-projections.turns", AlternatingPowers(B * A, Pi), "not about a power of the turn"),
]


@pytest.mark.parametrize(
    ("id_", "reduction", "why"),
    WRONG_REDUCTIONS,
    ids=[f"{type(r).__name__}: {id_} {i}" for i, (id_, r, _) in enumerate(WRONG_REDUCTIONS)],
)
def test_a_reduction_fits_its_own_conclusion_only(id_, reduction, why):
    with pytest.raises(Untranslatable, match=why):
        reduction.goals(formulas[id_], Translation())


@pytest.mark.parametrize(
    ("predicate", "reduction", "why"),
    [
        (Iff(Settles(A * B, A * Q), Contracts(A * B)), Settling(Pi), "not that the turn contracts"),
        (SpectrumWithin(A * B, 1, 2), SquareTimes(A, B), "room for zero"),
        (SpectrumWithin(A * Y, 0, 1), SquareTimes(A, Y), "not symmetric"),
    ],
    ids=["kernel not taken out", "zero left out", "not symmetric"],
)
def test_a_reduction_refuses_a_wrong_conclusion(predicate, reduction, why):
    with pytest.raises(Untranslatable, match=why):
        reduction.goals(says(predicate, psd(A)), Translation())


def test_a_projector_must_be_a_symmetric_letter():
    with pytest.raises(Untranslatable, match="no symmetric letter"):
        Shortening(A * B, Y).goals(says(Contracts(A * B * (I - Y))), Translation())


def test_the_goals_of_a_reduction_are_what_has_to_be_shown():
    found = {g.name: (g.given, g.claim) for g in Shortening(A * B, Pi).goals(formulas["step-size-box"], Translation())}
    assert found == {
        "projector": ((), "Pi Pi = Pi"),
        "order": ((), "1 - B A A B >= 0"),
        "equality": (("(1 - B A A B) mode = 0",), "mode = Pi mode"),
    }
    scalar = Settling().goals(formulas["box-not-necessary"], Translation())
    assert [(g.name, g.claim) for g in scalar] == [("driven", "mode = 0")]


def test_a_reduction_without_one_of_its_goals_earns_nothing():
    for left_out in ("projector", "order", "equality"):
        less = {name: spec for name, spec in ALL.items() if name != f"step-size-box/{left_out}"}
        found = coverage(formulas["step-size-box"], less, STORED, formulas)
        assert found.missing == f"no certificate states step-size-box/{left_out}"
