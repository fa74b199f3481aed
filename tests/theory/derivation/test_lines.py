"""Every operation of a derivation computes its line or refuses a wrong one; lines name what they use."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from sympy import QQ, GreaterThan, Identity, Inverse, MatrixSymbol, Rational, Symbol, Trace, ZeroMatrix

from tests.theory.drawn import SYMMETRIC, X, Y, Z, d, expressions, word_instances
from theory.derivation.lines import Derivation, Step, check, equation
from theory.derivation.moments import Law, mean
from theory.errors import DerivationError, TheoryError
from theory.language import words
from theory.language.blocks import grid
from theory.language.nodes import Contracts, Inner, PositiveSemidefinite, PseudoInverse
from theory.language.predicates import RangeWithin
from theory.values.dense import Dense
from theory.values.instance import Instance

I = Identity(d)
x, y, c = (MatrixSymbol(f"line_{s}", d, 1) for s in "xyc")
s_real = Symbol("s", real=True)
s_positive = Symbol("s", positive=True)


@pytest.fixture
def at() -> Derivation:
    return Derivation()


class TestRestate:
    def test_accepts_the_same_statement(self, at):
        line = at.assume(equation(X * x, Y * x + c), "given")
        at.restate(line, (X - Y) * x, c, reason="collect")
        at.restate(line, c, (X - Y) * x, reason="turned round")
        at.restate(line, -c, (Y - X) * x, reason="signs")

    @pytest.mark.parametrize(
        ("lhs", "rhs"),
        [
            ((X + Y) * x, c),
            ((X - Y) * x, -c),
            ((Y - X) * x, c),
            (x.T * (X - Y), c.T),
            ((X - Y) * x, 2 * c),
            (X * x, Y * x),
            (Z * (X - Y) * x, Z * c),
        ],
    )
    def test_refuses_a_falsehood(self, at, lhs, rhs):
        line = at.assume(equation(X * x, Y * x + c), "given")
        with pytest.raises((DerivationError, TypeError, ValueError)):
            at.restate(line, lhs, rhs, reason="wrong")
        assert len(at.steps) == 1

    def test_names_what_differs(self, at):
        line = at.assume(equation(X * x, c), "given")
        with pytest.raises(DerivationError, match=r"'my reason'.*does not follow.*they differ by"):
            at.restate(line, Y * x, c, reason="my reason")

    def test_uses_its_rules(self, at):
        line = at.assume(equation(X * x, c), "given")
        rule = at.assume(equation(X, Y * Z), "a rule")
        at.restate(line, Y * Z * x, c, rule, reason="with the rule")
        with pytest.raises(DerivationError):
            at.restate(line, Z * Y * x, c, rule, reason="in the wrong order")

    def test_takes_out_a_factor(self, at):
        line = at.assume(equation(s_positive * X * x, s_positive * c), "given")
        at.restate(line, X * x, c, factor=s_positive, reason="divide")
        with pytest.raises(DerivationError):
            at.restate(line, X * x, c, factor=s_positive**2, reason="divide twice")

    @pytest.mark.parametrize("factor", [0, s_real], ids=["zero", "perhaps zero"])
    def test_refuses_to_divide_by_zero(self, at, factor):
        line = at.assume(equation(factor * X * x, factor * Y * x), "given")
        with pytest.raises(DerivationError, match="may be zero"):
            at.restate(line, X * x, Y * x, factor=factor, reason="divide")


class TestIdentity:
    def test_accepts_and_refuses(self, at):
        at.identity((X + Y) * (X - Y), X * X - X * Y + Y * X - Y * Y, reason="expand")
        with pytest.raises(DerivationError, match="the two sides differ by"):
            at.identity((X + Y) * (X - Y), X * X - Y * Y, reason="as if they commuted")
        assert len(at.steps) == 1

    def test_transposes(self, at):
        at.identity((X * SYMMETRIC).T, SYMMETRIC * X.T, reason="reverse")
        with pytest.raises(DerivationError):
            at.identity((X * SYMMETRIC).T, X.T * SYMMETRIC, reason="not reversed")

    def test_does_not_cancel_what_may_be_singular(self, at):
        with pytest.raises(DerivationError):
            at.identity(Inverse(X + Y) * X + Inverse(X + Y) * Z, I, reason="wrong")

    @given(expressions(), expressions(), word_instances())
    def test_accepts_only_what_holds(self, left, right, values):
        at = Derivation()
        try:
            at.identity(left, right, reason="random")
        except DerivationError:
            return
        assert (values(left) - values(right)).is_zero


class TestSolve:
    def test_applies_the_inverse_from_the_left(self, at):
        line = at.assume(equation(X * x, Y * x + c), "given")
        solved = at.solve(line, x, reason="solve")
        assert solved.lhs == x
        assert words.equal(solved.rhs, Inverse(X - Y) * c)

    def test_uses_a_name_of_either_sign(self, at):
        line = at.assume(equation(X * x, Y * x + c), "given")
        name = at.define(Z, Y - X, "short")
        assert words.equal(at.solve(line, x, name, reason="solve").rhs, -Inverse(Z) * c)

    def test_refuses_a_wrong_name(self, at):
        line = at.assume(equation(X * x, Y * x + c), "given")
        name = at.define(Z, X + Y, "short")
        with pytest.raises(DerivationError, match="the coefficient of line_x is"):
            at.solve(line, x, name, reason="solve")

    def test_refuses_an_unknown_that_is_absent(self, at):
        line = at.assume(equation(X * y, c), "given")
        with pytest.raises(DerivationError, match="does not contain line_x"):
            at.solve(line, x, reason="solve")

    @pytest.mark.parametrize("hidden", [x * x.T * c, x * c.T * x], ids=["quadratic", "outer product"])
    def test_refuses_what_is_not_affine(self, at, hidden):
        line = at.assume(equation(X * x, hidden), "given")
        with pytest.raises(DerivationError, match="occurs inside a product"):
            at.solve(line, x, reason="solve")


class TestSubstitute:
    def test_replaces_words(self, at):
        line = at.assume(equation(x, X * Y * c), "given")
        rule = at.assume(equation(X * Y, Z), "rule")
        assert at.substitute(line, rule, reason="insert").rhs == Z * c

    def test_leaves_the_left_side_alone_when_asked(self, at):
        line = at.assume(equation(X * x, X * c), "given")
        rule = at.assume(equation(X, Z), "rule")
        assert at.substitute_right(line, rule, reason="insert") == equation(X * x, Z * c)

    def test_applies_a_shortening_rule_until_it_is_exhausted(self, at):
        line = at.assume(equation(x, X * X * X * c), "given")
        rule = at.assume(equation(X * X, X), "a projector")
        assert at.substitute(line, rule, reason="insert").rhs == X * c


class TestMultiplyAndCombine:
    def test_multiply_cancels_inverses(self, at):
        line = at.assume(equation(X * x, c), "given")
        assert at.multiply(Inverse(X), line, reason="invert") == equation(x, Inverse(X) * c)

    def test_combine_adds_and_subtracts(self, at):
        one, two = at.assume(equation(x, X * c), "one"), at.assume(equation(y, Y * c), "two")
        assert words.equal(at.combine(one, two, 1, reason="add").rhs, X * c + Y * c)
        assert words.equal(at.combine(one, two, -1, reason="subtract").lhs, x - y)

    @pytest.mark.parametrize(
        "apply",
        [
            lambda at, e: at.multiply(X, e, reason="r"),
            lambda at, e: at.combine(e, e, 1, reason="r"),
            lambda at, e: at.substitute(e, reason="r"),
            lambda at, e: at.substitute_right(e, reason="r"),
            lambda at, e: at.restate(e, e.lhs, e.rhs, reason="r"),
            lambda at, e: at.identity(X, X, e, reason="r"),
            lambda at, e: at.solve(e, x, reason="r"),
            lambda at, e: at.linear(X, X, (0 * I, e, I), reason="r"),
            lambda at, e: at.semidefinite(X * X.T, [(1, X, I)], e, reason="r"),
            lambda at, e: at.nonnegative(Trace(X * X.T), [(1, X, I)], e, reason="r"),
            lambda at, e: at.infer(equation(X, X), e, reason="r"),
            lambda at, e: at.decide(equation(X, X), e, reason="r"),
        ],
        ids=[
            "multiply",
            "combine",
            "substitute",
            "substitute_right",
            "restate",
            "identity",
            "solve",
            "linear",
            "semidefinite",
            "nonnegative",
            "infer",
            "decide",
        ],
    )
    def test_refuses_to_use_what_is_not_in_the_derivation(self, at, apply):
        with pytest.raises(DerivationError, match=r"'.*' uses an equation that is not in the derivation"):
            apply(at, equation(X * x, c))


class TestBlocks:
    def test_one_block_is_that_block(self, at):
        parts = at.define(MatrixSymbol("row", d, 2 * d), grid((d,), (d, d), {(0, 0): X}), "a row of two")
        product = at.multiply_blocks(parts.lhs * parts.lhs.T, parts, reason="multiply out")
        assert at.only_block(product, reason="one block") == equation(product.lhs, words.expanded(X * X.T))
        with pytest.raises(DerivationError, match="more than one block"):
            at.only_block(at.multiply_blocks(parts.lhs, parts, reason="two"), reason="one block")


class TestNumbers:
    """Identities between numbers made of matrices, and order relations."""

    def test_identity_compares_traces(self, at):
        at.identity(Trace(X * Y) + Inner(x, c), Inner(c, x) + Trace(Y * X), reason="cyclic")
        with pytest.raises(DerivationError, match="the two sides differ by"):
            at.identity(Trace(X * Y * Z), Trace(Y * X * Z), reason="not cyclic")
        assert len(at.steps) == 1

    def test_rules_reach_into_traces(self, at):
        rule = at.assume(equation(X * Y, Z), "a rule")
        at.identity(Trace(X * Y * X), Trace(Z * X), rule, reason="insert")
        with pytest.raises(DerivationError):
            at.identity(Trace(Y * Y * X), Trace(Y * Z), rule, reason="another word")

    def test_restate_numbers(self, at):
        line = at.assume(equation(s_real, 2 * Trace(X * Y)), "given")
        at.restate(line, Trace(Y * X), s_real / 2, factor=2, reason="halve")
        with pytest.raises(DerivationError, match="does not follow"):
            at.restate(line, Trace(Y * X), s_real, reason="not halved")

    def test_substitute_keeps_the_relation(self, at):
        order = at.assume(GreaterThan(Trace(X), s_real, evaluate=False), "given")
        rule = at.assume(equation(X, Y), "a rule")
        assert at.substitute(order, rule, reason="insert") == GreaterThan(Trace(Y), s_real, evaluate=False)

    def test_expect_computes_a_mean(self, at):
        example = MatrixSymbol("line_x", d, 1)
        theorem = at.assume(equation(X, X), "stands for the theorem")
        value = mean(example * example.T, Law(example, SYMMETRIC, Identity(1)))
        assert at.expect(value, theorem, reason="pair") == equation(value, SYMMETRIC)
        assert at.steps[-1].kind == "algebra"
        with pytest.raises(DerivationError, match="not in the derivation"):
            at.expect(value, equation(Y, Z), reason="another theorem")


class TestLinear:
    def test_combines_equations_with_factors(self, at):
        one, two = at.assume(equation(X * x, c), "one"), at.assume(equation(Y * y, c), "two")
        at.linear(Z * X * x, Z * Y * y, (Z, one, Identity(1)), (-Z, two, Identity(1)), reason="both")
        for wrong in ((Z, two), (X, two)):
            with pytest.raises(DerivationError, match="the two sides differ by"):
                at.linear(Z * X * x, Z * Y * y, (Z, one, Identity(1)), (*wrong, Identity(1)), reason="wrong")
        assert at.steps[-1].uses == (0, 1)

    def test_undoes_a_sum(self, at):
        line = at.assume(equation((X + Y) * x, c), "given")
        undo = at.inverse(X + Y, reason="invertible")
        inverse = Inverse(X + Y)
        at.linear(x, inverse * c, (inverse, line, Identity(1)), (-I, undo, x), reason="solve")
        other = at.inverse(X + Y, right=True, reason="invertible")
        for terms in ([(inverse, line, Identity(1))], [(inverse, line, Identity(1)), (-I, other, x)]):
            with pytest.raises(DerivationError):
                at.linear(x, inverse * c, *terms, reason="without the line that undoes, or with the wrong one")


class TestOrder:
    """Positive semidefinite by squares."""

    def test_a_sum_of_squares(self, at):
        known = at.assume(PositiveSemidefinite(SYMMETRIC), "given")
        line = at.semidefinite(X.T * SYMMETRIC * X + 2 * Y * Y.T, [(1, X.T, SYMMETRIC), (2, Y, I)], known, reason="two")
        assert line == PositiveSemidefinite(X.T * SYMMETRIC * X + 2 * Y * Y.T)
        assert at.steps[-1].uses == (0,)

    @pytest.mark.parametrize(
        ("matrix", "squares", "complaint"),
        [
            (X * SYMMETRIC * X, [(1, X, SYMMETRIC)], "differ"),
            (-X * X.T, [(-1, X, I)], "may be negative"),
            (s_real * X * X.T, [(s_real, X, I)], "may be negative"),
            (Trace(X) * Y * Y.T, [(Trace(X), Y, I)], "may be negative"),
            (X * Z * X.T, [(1, X, Z)], "nothing says"),
            (-X * SYMMETRIC * X.T, [(1, X, -SYMMETRIC)], "nothing says"),
        ],
    )
    def test_refuses_what_is_no_sum_of_squares(self, at, matrix, squares, complaint):
        known = at.assume(PositiveSemidefinite(SYMMETRIC), "given")
        with pytest.raises(DerivationError, match=complaint):
            at.semidefinite(matrix, squares, known, reason="wrong")
        with pytest.raises(DerivationError):
            at.nonnegative(Trace(matrix), squares, known, reason="wrong")
        assert len(at.steps) == 1

    def test_a_factor_that_a_line_bounds(self, at):
        known = at.assume(PositiveSemidefinite(SYMMETRIC), "given")
        size = at.nonnegative(Trace(SYMMETRIC), [(1, I, SYMMETRIC)], known, reason="a trace")
        assert size == GreaterThan(Trace(SYMMETRIC), 0, evaluate=False)
        at.semidefinite(Trace(SYMMETRIC) * Y * Y.T, [(Trace(SYMMETRIC), Y, I)], size, reason="times a number")

    def test_the_rest_of_a_number(self, at):
        value = Trace(X * X.T) + s_real**2 + Trace(Y) ** 2
        at.nonnegative(value, [(1, X, I)], rest=[s_real**2, Trace(Y) ** 2], reason="squares")
        for rest in ([s_real**2], [s_real**2, Trace(Y) ** 2, 1], [value - Trace(X * X.T) - 1, 1], [s_real, -s_real]):
            with pytest.raises(DerivationError):
                at.nonnegative(value, [(1, X, I)], rest=rest, reason="wrong")
        line = s_real * 2 <= s_real**2 + 1
        assert at.nonnegative(line, [], rest=[(s_real - 1) ** 2], reason="a square") == line
        with pytest.raises(DerivationError, match="differ"):
            at.nonnegative(line.reversedsign, [], rest=[(s_real + 1) ** 2], reason="another square")
        with pytest.raises(DerivationError, match="may be negative"):
            at.nonnegative(s_real, [], rest=[s_real], reason="of either sign")

    def test_a_sum_of_squares_that_vanishes(self, at):
        known = at.assume(PositiveSemidefinite(SYMMETRIC), "given")
        zero = at.assume(equation(X.T * SYMMETRIC * X + 2 * Y * Y.T, 0 * I), "given")
        squares = [(1, X.T, SYMMETRIC), (2, Y, I)]
        assert at.definite(zero, squares, known, chosen=0, reason="each").lhs == SYMMETRIC * X
        assert at.definite(zero, squares, known, chosen=1, reason="each").lhs == Y.T
        with pytest.raises(DerivationError, match="nothing says"):
            at.definite(zero, squares, chosen=0, reason="of either sign")
        with pytest.raises(DerivationError, match="differ"):
            at.definite(zero, squares[:1], known, chosen=0, reason="a part only")
        difference = at.assume(equation(X.T * SYMMETRIC * X - Y * Y.T, 0 * I), "given")
        with pytest.raises(DerivationError, match="may be negative"):
            at.definite(difference, [(1, X.T, SYMMETRIC), (-1, Y, I)], known, chosen=0, reason="a difference")
        scaled = at.assume(equation(s_real**2 * X * X.T, 0 * I), "given")
        with pytest.raises(DerivationError, match="may be zero"):
            at.definite(scaled, [(s_real**2, X, I)], chosen=0, reason="times what may be zero")

    def test_a_strict_contraction(self, at):
        left = I - X.T * X
        loses = at.assume(PositiveSemidefinite(left), "given")
        inverse = at.assume(equation(Y * left, I), "given")
        assert at.contracts(X, loses, inverse, reason="strictly") == Contracts(X)
        other = at.assume(PositiveSemidefinite(I - Z.T * Z), "given")
        for turn, premises in (
            (Z, (loses, inverse)),
            (X, (other, inverse)),
            (X, (loses, at.assume(equation(Y * (I - Z.T * Z), I), "given"))),
            (X, (loses, at.assume(equation(Y * left, 0 * I), "given"))),
            (X.T, (loses, inverse)),
        ):
            with pytest.raises(DerivationError):
                at.contracts(turn, *premises, reason="wrong")


class TestLines:
    def test_uses_point_backwards(self, at):
        one = at.assume(equation(x, X * c), "one")
        two = at.multiply(Y, one, reason="two")
        at.combine(two, one, 1, reason="three")
        assert [s.uses for s in at.steps] == [(), (0,), (1, 0)]

    def test_branches_grow_apart(self, at):
        at.assume(equation(x, c), "one")
        other = at.branch()
        other.assume(equation(y, c), "two")
        assert [len(at.steps), len(other.steps)] == [1, 2]

    def test_print(self):
        step = Step(equation(x, X * c), "why", "algebra")
        assert "=" in step.latex()
        assert step._repr_latex_().startswith("$\\displaystyle ")


class TestCheck:
    def instance(self, **values) -> Instance:
        symbols = {"X": X, "c": c}
        table = {symbols[k]: Dense.from_rows([[QQ(v)]], QQ) for k, v in values.items()}
        return Instance(QQ, {"d": 1}, table)

    def test_definitions_get_their_value_and_lines_are_decided(self, at):
        first = at.define(x, X * c, "define")
        at.multiply(X, first, reason="multiply")
        at.infer(equation(x, 5 * c), first, reason="not in general")
        assert [r.holds for r in check(at.steps, self.instance(X=2, c=3))] == [True, True, False]
        assert [r.holds for r in check(at.steps, self.instance(X=5, c=3))] == [True, True, True]

    def test_a_criterion_is_decided_but_never_wrong(self, at):
        at.decide(equation(c, ZeroMatrix(d, 1)), reason="either way")
        assert [r.holds for r in check(at.steps, self.instance(c=1))] == [True]

    def test_a_solution_is_found_from_its_equation(self, at):
        at.define_solution(x, equation(x, Rational(1, 2) * x + c), "fixed point")
        here = self.instance(c=3)
        assert all(r.holds for r in check(at.steps, here))
        assert here(x).to_sympy()[0, 0] == 6

    def test_a_symbol_defined_twice_differently_is_wrong(self, at):
        at.define(x, X * c, "once")
        at.define(x, 2 * c, "twice")
        assert [r.holds for r in check(at.steps, self.instance(X=3, c=1))] == [True, False]

    @pytest.mark.parametrize("introduce", ["define_solution", "define_value"])
    def test_what_is_a_line_already_defines_nothing_and_no_line_is_lost(self, at, introduce):
        solved = equation(x, Rational(1, 2) * x + c)
        at.assume(solved, "given")
        last = at.assume(equation(x, c), "of something else")
        how = {"define_solution": (x, solved, "again"), "define_value": (x, solved, "again", lambda here: here(c))}
        with pytest.raises(DerivationError, match=r"'again': .* is a line already and cannot define line_x"):
            getattr(at, introduce)(*how[introduce])
        assert [step.equation for step in at.steps] == [solved, last]

    def test_an_undefined_symbol_is_named(self, at):
        at.infer(equation(x, c), reason="what is x?")
        with pytest.raises(TheoryError, match="line_x has no value"):
            list(check(at.steps, self.instance(c=1)))

    @given(st.integers(-5, 5).filter(bool), st.integers(-5, 5).filter(bool))
    def test_every_planted_scalar_falsehood_is_found(self, number, factor):
        at = Derivation()
        first = at.define(x, X * c, "define")
        at.infer(equation(x, factor * c), first, reason="planted")
        at.infer(equation(2 * x, 2 * X * c), first, reason="true")
        outcome = [r.holds for r in check(at.steps, self.instance(X=number, c=1))]
        assert outcome == [True, number == factor, True]


class TestRangesAndPseudoInverses:
    def test_what_lies_within_a_range_is_kept_by_its_projector(self):
        derivation = Derivation()
        within = derivation.assume(RangeWithin(X, Y), "given")
        line = derivation.spell(within, reason="so")
        assert line == equation(Y * PseudoInverse(Y) * X, X)
        step = derivation.steps[-1]
        assert step.kind == "algebra"
        assert derivation.steps[step.uses[0]].equation == within

    def test_it_must_be_given(self):
        with pytest.raises(DerivationError, match="not in the derivation"):
            Derivation().spell(RangeWithin(X, Y), reason="so")

    @given(word_instances())
    def test_the_equations_of_moore_and_penrose_hold(self, instance):
        for number in (1, 2, 3, 4):
            assert instance.holds(Derivation().penrose(Z, number))

    def test_they_are_four(self):
        assert len({Derivation().penrose(Z, number) for number in (1, 2, 3, 4)}) == 4
        with pytest.raises(KeyError):
            Derivation().penrose(X, 5)
