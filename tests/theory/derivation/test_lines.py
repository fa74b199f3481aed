"""Every operation of a derivation computes its line or refuses a wrong one; lines name what they use."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from sympy import QQ, Identity, Inverse, MatrixSymbol, Rational, Symbol, ZeroMatrix

from tests.theory.drawn import SYMMETRIC, X, Y, Z, d, expressions, word_instances
from theory.derivation.lines import Derivation, Step, check, equation
from theory.errors import DerivationError, TheoryError
from theory.language import words
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
            "infer",
            "decide",
        ],
    )
    def test_refuses_to_use_what_is_not_in_the_derivation(self, at, apply):
        with pytest.raises(DerivationError, match=r"'.*' uses an equation that is not in the derivation"):
            apply(at, equation(X * x, c))


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
