"""Section 7 against answers known by hand and against moving the agents one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational, diag, eye, sqrt, zeros

from tests.families.pairs import GEOMETRY, PAIR, column, moves, pairs, pick
from tests.theory.drawn import small
from theory import SingularError, formulas

HALF = Fraction(1, 2)
shares = st.builds(Fraction, st.integers(1, 8), st.just(8))


def exact(x: Fraction) -> Rational:
    return Rational(x.numerator, x.denominator)


class TestLabels:
    def test_scalar(self):
        """The shift is -(1 - p) q/p times the gap: with p = 1/2, q = 1/3 and a gap of 6 it is -2."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "eta_W": HALF, "eta_U": Fraction(1, 3), "w_star": [1], "u_star": [7]}
        assert formulas["label-attack.shift"].exact(**given_) == Matrix([-2])
        assert formulas["label-attack.e"].exact(**given_, s=[-2]) == zeros(1, 1)
        assert formulas["label-attack.e"].exact(**given_, s=[0]) == formulas["biased-equilibrium.e"].exact(**given_)
        # Declaring the victim's own target makes both rest there.
        assert formulas["label-attack.e"].exact(**given_, s=[6]) == Matrix([6])
        victim = formulas["label-attack.victim"].exact(**pick(given_, "S_U", "eta_U", "w_star", "u_star"), w_inf=[1])
        assert victim == Matrix([-4])

    @given(pairs())
    def test_a_feasible_shift_keeps_w_at_its_goal_and_is_the_shortest(self, g):
        feasible = formulas["label-attack.feasible"].exact(**pick(g, *PAIR))
        pull = g["eta_U"] * g["S_U"] * (g["u_star"] - g["w_star"])
        assert feasible is (g["S_W"].row_join(pull).rank() == g["S_W"].rank())
        s = formulas["label-attack.shift"].exact(**pick(g, *PAIR))
        told = g | {"w_0": g["w_star"]}
        u = moves(told, 1)[0][0]
        landed = u - g["eta_W"] * g["S_W"] * (u - g["w_star"] - s)
        assert (landed == g["w_star"]) is feasible
        kernel = eye(len(s)) - g["S_W"].pinv() * g["S_W"]
        assert kernel * s == zeros(len(s), 1)

    def test_idle_agents_win_nothing(self):
        """Without prompts the shift of zero keeps W at its goal, but does not bring it there."""
        idle = {"S_W": [[0]], "S_U": [[0]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [1]}
        assert formulas["label-attack.shift"].exact(**idle) == zeros(1, 1)
        assert formulas["singular-equilibrium.e"].exact(**idle, w_0=[5]) == Matrix([5])
        with pytest.raises(SingularError):
            formulas["label-attack.e"].exact(**idle, s=[0])
        assert "off the common kernel" in formulas["label-attack.shift"].statement

    def test_what_no_label_reaches(self):
        """P = diag(1/2, 0), Q = I/2: the second part of the gap (5, 3) is out of reach, the first is not."""
        given_ = {
            "S_W": [[1, 0], [0, 0]], "S_U": [[1, 0], [0, 1]], "eta_W": HALF, "eta_U": HALF,
            "w_star": [0, 0], "u_star": [5, 3],
        }  # fmt: skip
        assert formulas["label-attack.feasible"].exact(**given_) is False
        assert formulas["impossibility.witness"].exact(**given_) == Matrix([0, 3])
        assert formulas["impossibility.error"].exact(**given_) == 3
        assert formulas["label-attack.e"].exact(**given_, s=[Fraction(-5, 2), 9]) == Matrix([0, 3])

    @given(pairs(), st.data())
    def test_the_witness_bounds_every_shift_and_some_shift_reaches_it(self, g, data):
        try:
            witness = formulas["impossibility.witness"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        d = len(witness)
        attack = formulas["label-attack.e"]
        s = column(data.draw(st.lists(small, min_size=d, max_size=d)))
        e = attack.exact(**pick(g, *PAIR), s=s)
        assert witness.dot(e) == witness.dot(witness)
        start = attack.exact(**pick(g, *PAIR), s=zeros(d, 1))
        columns = [attack.exact(**pick(g, *PAIR), s=eye(d)[:, i]) - start for i in range(d)]
        reach = Matrix.hstack(*columns)
        assert attack.exact(**pick(g, *PAIR), s=-reach.pinv() * start) == witness
        feasible = formulas["label-attack.feasible"].exact(**pick(g, *PAIR))
        assert witness.is_zero_matrix is feasible


class TestOneExample:
    GIVEN = {"S_U": [[HALF, 0], [0, Fraction(1, 4)]], "eta_U": 1, "w_star": [1, 1], "u_star": [7, 17]}

    def test_by_hand(self):
        """The pull is (3, 4): with a step of 1/4 the example is 2/5 of it."""
        given_ = self.GIVEN | {"eta_W": Fraction(1, 4)}
        gram = formulas["one-example-attack.gram"].exact(**given_)
        assert gram == Matrix([[9, 12], [12, 16]]) * Rational(4, 25)
        x = formulas["one-example-attack.input"].exact(**given_)
        assert x == Matrix([Rational(6, 5), Rational(8, 5)])
        assert x * x.T == gram
        assert formulas["biased-equilibrium.e"].exact(**given_, S_W=gram) == zeros(2, 1)
        assert np.allclose(formulas["one-example-attack.input"].numpy(**given_), [1.2, 1.6])

    def test_an_irrational_length_stays_exact(self):
        given_ = self.GIVEN | {"eta_W": Fraction(1, 2), "u_star": [3, 5]}
        x = formulas["one-example-attack.input"].exact(**given_)
        assert x == Matrix([1, 1])
        x = formulas["one-example-attack.input"].exact(**given_ | {"eta_W": 1})
        assert x == Matrix([1, 1]) / sqrt(2)

    @pytest.mark.parametrize("part", ["gram", "input"])
    def test_no_pull_no_example(self, part):
        still = self.GIVEN | {"eta_W": 1, "u_star": [1, 1]}
        with pytest.raises(SingularError):
            formulas[f"one-example-attack.{part}"].exact(**still)
        with pytest.raises(SingularError):
            formulas[f"one-example-attack.{part}"].numpy(**{k: np.array(v, float) for k, v in still.items()})

    @given(pairs(inside=True))
    def test_with_a_singular_victim_it_wins_off_the_common_kernel(self, g):
        pull = g["S_U"] * (g["u_star"] - g["w_star"])
        assume(any(pull))
        gram = formulas["one-example-attack.gram"].exact(**pick(g, "S_U", "eta_W", "eta_U", "w_star", "u_star"))
        given_ = g | {"S_W": gram}
        moving = eye(len(pull)) - formulas["frozen-kernel.projector"].exact(**pick(given_, *GEOMETRY))
        assert formulas["convergence-iff"].exact(**pick(given_, *GEOMETRY)) is True
        assert moving * formulas["singular-equilibrium.e"].exact(**given_) == zeros(len(pull), 1)


class TestGradient:
    def test_scalar(self):
        """With p = q = 1/2 and x = 2: a label moves the error by a third."""
        given_ = {"X_W": [[2]], "eta_W": Fraction(1, 8), "S_U": [[1]], "eta_U": HALF}
        assert formulas["gradient-attack.gradient"].exact(**given_, w_star=[1], w_inf=[4]) == Matrix([1])
        assert formulas["gradient-attack.step"].exact(**given_) == 18
        assert formulas["gradient-attack.rate"].exact(**given_) == 0

    def test_two_labels(self):
        """Idle victim: the error follows the labels by 1/2 and by 1."""
        given_ = {"X_W": [[2, 0], [0, 1]], "eta_W": HALF, "S_U": [[0, 0], [0, 0]], "eta_U": 1}
        assert formulas["gradient-attack.step"].exact(**given_) == 2
        assert formulas["gradient-attack.rate"].exact(**given_) == Rational(3, 4)

    def test_a_short_prompt_has_no_rate(self):
        """One example in two dimensions: the error it does not reach stays, whatever the singular values say."""
        given_ = {"X_W": [[1, 0]], "eta_W": HALF, "S_U": [[1, 0], [0, 1]], "eta_U": HALF}
        assert formulas["gradient-attack.rate"].exact(**given_) == 0
        texts = [str(a) for a in formulas["gradient-attack.rate"].assumptions]
        assert "$S_W$ is invertible" in texts
        e = [0, 1]
        assert formulas["gradient-attack.gradient"].exact(**given_, w_star=[0, 0], w_inf=e) == zeros(1, 1)

    def test_no_inputs_no_step(self):
        given_ = {"X_W": [[0]], "eta_W": 1, "S_U": [[1]], "eta_U": HALF}
        with pytest.raises(SingularError):
            formulas["gradient-attack.step"].exact(**given_)
        with pytest.raises(SingularError):
            formulas["gradient-attack.step"].numpy(**{k: np.array(v, float) for k, v in given_.items()})

    def test_the_gradient_is_that_of_the_settled_error(self):
        """J is quadratic in the labels: central differences over fixed points of the moves are its derivatives."""
        inputs, s_u, u_star, w_star = (
            Matrix([[1, 2], [0, 1]]),
            Matrix([[1, 1], [1, 3]]),
            Matrix([1, -2]),
            Matrix([2, 1]),
        )
        eta_w, eta_u, n = Rational(1, 3), Rational(1, 5), 2
        s_w = inputs.T * inputs / n

        def settled(y: Matrix) -> Matrix:
            turn = (eye(2) - eta_w * s_w) * (eye(2) - eta_u * s_u)
            start = (eye(2) - eta_w * s_w) * eta_u * s_u * u_star + eta_w * inputs.T * y / n
            return (eye(2) - turn).LUsolve(start)

        y = Matrix([3, -1])
        cost = lambda labels: (settled(labels) - w_star).dot(settled(labels) - w_star) / 2  # noqa: E731
        slope = [(cost(y + unit) - cost(y - unit)) / 2 for unit in (Matrix([1, 0]), Matrix([0, 1]))]
        found = formulas["gradient-attack.gradient"].exact(
            X_W=inputs, S_U=s_u, eta_W=eta_w, eta_U=eta_u, w_star=w_star, w_inf=settled(y)
        )
        assert list(found) == slope


def turn(p, b, gain):
    """The joint map along one direction, by moving: declared target z, error e, victim's factor b."""
    return Matrix([[(1 - p) * b, p], [-gain * (1 - p) * b, 1 - gain * p]])


class TestBlindAttack:
    def test_by_hand(self):
        """With p = 1/2 and gain 1."""
        given_ = {"p": HALF, "gamma": 1}
        assert formulas["blind-attack.weight"].exact(**given_) == HALF
        assert formulas["blind-attack.corner"].exact(**given_) == Fraction(5, 8)
        assert formulas["blind-attack.determinant"].exact(**given_) == Fraction(1, 16)

    @given(pairs(inside=True), st.lists(small, min_size=3, max_size=3))
    def test_the_joint_map_is_the_moves(self, g, shift):
        d = len(g["w_0"])
        g = g | {"S_W": g["S_W"] + eye(d)}
        s = column(shift[:d])
        u = moves(g, 1)[0][0]
        e = u - g["eta_W"] * g["S_W"] * (u - g["w_star"] - s) - g["w_star"]
        assert formulas["blind-attack.e"].exact(**pick(g, *PAIR), w_t=g["w_0"], s=s) == e
        p = g["eta_W"] * g["S_W"]
        limit = -p.inv() * (eye(d) - p) * g["eta_U"] * g["S_U"] * (g["u_star"] - g["w_star"])
        z = formulas["blind-attack.z"].exact(**pick(g, *PAIR), w_t=g["w_0"], s=s, gamma=Rational(3, 2))
        assert z == s - Rational(3, 2) * e - limit

    @given(st.lists(shares, min_size=2, max_size=2), st.integers(1, 31), st.data())
    def test_the_lyapunov_function_never_grows(self, eigenvalues, gain, data):
        """Any victim of norm at most one: here a rational rotation, a reflection, or a shrunken one."""
        gamma = Rational(gain, 16)
        b = data.draw(st.sampled_from([Matrix([[3, -4], [4, 3]]) / 5, diag(1, -1), eye(2), diag(1, 0), -eye(2)]))
        p = diag(*map(exact, eigenvalues))
        weight = diag(*(formulas["blind-attack.weight"].exact(p=exact(x), gamma=gamma) for x in eigenvalues))
        e, z = (column(data.draw(st.lists(small, min_size=2, max_size=2))) for _ in range(2))
        values = []
        for _ in range(3):
            values.append(e.dot(e) + (z.T * weight * z)[0])
            e = (eye(2) - p) * b * e + p * z
            z = z - gamma * e
        assert values[0] >= values[1] >= values[2]
        # Two turns in a row without loss: there was nothing to lose.
        assert values[0] > values[2] or values[0] == 0

    @pytest.mark.parametrize("b", [-1.0, 1.0])
    @pytest.mark.parametrize("p", [0.05, 1.0])
    def test_it_wins_at_the_edge_of_its_hypotheses(self, p, b):
        step = np.array(turn(p, b, 1.99), dtype=float)
        assert abs(np.linalg.eigvals(step)).max() < 1

    @pytest.mark.parametrize(("gain", "verdict"), [(Fraction(199, 100), True), (2, False), (3, False), (HALF, True)])
    def test_gains(self, gain, verdict):
        assert formulas["blind-attack.gain-bound"].exact(gamma=gain) is verdict
        assert bool(max(abs(x) for x in turn(1, HALF, gain).eigenvals()) < 1) is verdict

    @given(st.integers(1, 15), st.integers(-8, 8))
    def test_steps(self, p, b):
        """Inside the box the criterion is the spectral radius."""
        p, b = Rational(p, 8), Rational(b, 8)
        radius = max(abs(complex(x)) for x in turn(p, b, 1).eigenvals(multiple=True))
        assume(abs(radius - 1) > 1e-12)
        assert formulas["blind-attack.step-bound"].exact(p=p, b=b) is (radius < 1)

    def test_a_step_inside_the_box_that_fails(self):
        assert formulas["blind-attack.step-bound"].exact(p=Fraction(3, 2), b=Fraction(9, 10)) is False
        # Outside the box the criterion says nothing: here it holds, and the map has the eigenvalues +-sqrt(-2).
        assert formulas["blind-attack.step-bound"].exact(p=3, b=-1) is True
        assert turn(3, -1, 1).det() == 2
        texts = [str(a) for a in formulas["blind-attack.step-bound"].assumptions]
        assert "$p < 2$" in texts
        assert r"$|b| \le 1$" in texts


class TestMutualAttackAndDetection:
    def test_two_cycle(self):
        """With p = 1/2, q = 1/4 and targets 0 and 1: W declares -1, U declares 4; each lands on its own target."""
        given_ = {"S_W": [[1]], "eta_W": HALF, "S_U": [[1]], "eta_U": Fraction(1, 4), "w_star": [0], "u_star": [1]}
        w_told = formulas["mutual-attack.w"].exact(**pick(given_, "S_W", "eta_W", "w_star", "u_star"))[0]
        u_told = formulas["mutual-attack.u"].exact(**pick(given_, "S_U", "eta_U", "w_star", "u_star"))[0]
        assert (w_told, u_told) == (-1, 4)
        told = given_ | {"S_W": Matrix([1]), "S_U": Matrix([1]), "w_star": Matrix([w_told]), "u_star": Matrix([u_told])}
        told |= {"eta_W": Rational(1, 2), "eta_U": Rational(1, 4)}
        assert moves(told | {"w_0": Matrix([0])}, 2) == [(Matrix([1]), Matrix([0]))] * 2
        # It is approached from anywhere: the distance is multiplied by 3/8 a turn.
        assert moves(told | {"w_0": Matrix([8])}, 1)[0][1] == Matrix([3])

    def test_two_states_give_a_scalar_agent_away(self):
        given_ = {"S_W": [[1]], "eta_W": HALF, "w_star": [3], "U_seen": [[0, 2]]}
        assert formulas["detection.geometry"].exact(**given_) == Matrix([HALF])
        assert formulas["detection.target"].exact(**given_) == Matrix([3])

    @given(pairs(), st.data())
    def test_a_singular_geometry_is_recovered_too(self, g, data):
        d = len(g["w_star"])
        states = Matrix([[Rational(i**j) for i in range(d + 1)] for j in range(1, d + 1)])
        given_ = pick(g, "S_W", "eta_W", "w_star") | {"U_seen": states}
        assert formulas["detection.geometry"].exact(**given_) == g["eta_W"] * g["S_W"]
        assume(g["S_W"].det() != 0)
        assert formulas["detection.target"].exact(**given_) == g["w_star"]
