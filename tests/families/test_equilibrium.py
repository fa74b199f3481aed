"""Sections 2 to 5 against answers known by hand and against moving the agents one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Matrix, Rational, Symbol, cancel, cos, eye, pi, sin, tan, zeros

from tests.families.pairs import GEOMETRY, PAIR, column, moves, pairs, pick, steps
from tests.theory.drawn import grams, small
from theory import SingularError, formulas


class TestScalar:
    """One dimension: everything is a fraction in p = eta_W S_W and q = eta_U S_U."""

    p, q, gap, eta_W, eta_U = (Symbol(x) for x in ("S_W_11", "S_U_11", "u_star_1", "eta_W", "eta_U"))

    def written(self, id_):
        return formulas[id_].explicit(1)[0].subs({self.eta_W: 1, self.eta_U: 1, Symbol("w_star_1"): 0})

    @pytest.mark.parametrize("id_", ["e", "e-dual", "e-coupling"])
    def test_residual_of_w(self, id_):
        expected = (1 - self.p) * self.q / (self.p + self.q - self.p * self.q) * self.gap
        assert cancel(self.written(f"biased-equilibrium.{id_}") - expected) == 0

    @pytest.mark.parametrize("id_", ["f", "f-coupling"])
    def test_residual_of_u(self, id_):
        expected = -(1 - self.q) * self.p / (self.p + self.q - self.p * self.q) * self.gap
        assert cancel(self.written(f"biased-equilibrium.{id_}") - expected) == 0

    @given(small.map(abs).filter(bool), small.map(abs).filter(bool))
    def test_numbers(self, p, q):
        assume(p + q != p * q)
        found = formulas["biased-equilibrium.e"].exact(S_W=[[p]], S_U=[[q]], eta_W=1, eta_U=1, w_star=[0], u_star=[1])
        expected = (1 - p) * q / (p + q - p * q)
        assert found[0] == Rational(expected.numerator, expected.denominator)

    @pytest.mark.parametrize(
        ("p", "q", "verdict"),
        [
            (Fraction(5, 2), Fraction(9, 10), True),
            (2, 2, False),  # AB = 1: the gap drives the state away
            (2, Fraction(1, 10**9), True),
            (Fraction(1, 2), Fraction(1, 2), True),
            (3, 1, True),
            (3, Fraction(3, 2), False),  # AB = 1
            (3, Fraction(1, 2), False),  # AB = -1
            (0, 2, False),
            (0, 1, True),
            (4, 4, False),
        ],
    )
    def test_convergence(self, p, q, verdict):
        criterion = formulas["convergence-iff"]
        assert criterion.exact(S_W=[[p]], S_U=[[q]], eta_W=1, eta_U=1) is verdict
        assert formulas["box-not-necessary"].exact(p=p, q=q) is verdict
        assert bool(formulas["box-not-necessary"].numpy(p=float(p), q=float(q))) is verdict
        # A gap of one and a start away from rest: 400 turns settle or they do not.
        e, settled = 5.0, []
        for _ in range(400):
            e = (1 - float(p)) * (1 - float(q)) * e + (1 - float(p)) * float(q)
            if abs(e) > 1e30:
                break
            settled.append(e)
        if (p, q) != (2, Fraction(1, 10**9)):
            assert (len(settled) == 400 and abs(settled[-1] - settled[-2]) < 1e-9) is verdict

    def test_two_idle_agents_converge_though_the_scalar_criterion_excludes_them(self):
        assert formulas["convergence-iff"].exact(S_W=[[0]], S_U=[[0]], eta_W=1, eta_U=1) is True
        assert formulas["box-not-necessary"].exact(p=0, q=0) is False
        assert any("not both zero" in a.text for a in formulas["box-not-necessary"].assumptions)


class TestDynamics:
    @given(pairs())
    def test_recursions_are_the_moves(self, g):
        (u, w), (u_next, _) = moves(g, 2)
        e = formulas["error-recursion.e"].exact(**pick(g, *PAIR), w_t=g["w_0"])
        assert e == w - g["w_star"]
        f = formulas["error-recursion.f"].exact(**pick(g, *PAIR), u_t=u)
        assert f == u_next - g["u_star"]
        assert formulas["role-swap.f"].exact(**pick(g, *PAIR), u_t=u) == f

    @given(pairs(), st.integers(0, 4))
    def test_closed_forms_are_the_moves(self, g, t):
        states = moves(g, t + 1)
        try:
            e = formulas["closed-form.e"].exact(**g, t=t)
            f = formulas["closed-form.f"].exact(**g, t=t)
        except SingularError:
            return
        assert e == (states[t - 1][1] if t else g["w_0"]) - g["w_star"]
        assert f == states[t][0] - g["u_star"]

    @given(pairs())
    def test_the_common_kernel_is_frozen(self, g):
        projector = formulas["frozen-kernel.projector"].exact(**pick(g, *GEOMETRY))
        assert projector * projector == projector == projector.T
        assert projector.trace() == g["S_W"].shape[0] - g["S_W"].row_join(g["S_U"]).rank()
        assert projector * moves(g, 1)[0][1] == projector * g["w_0"]
        kept = formulas["frozen-kernel.e"].exact(**pick(g, *GEOMETRY, "w_star"), w_t=g["w_0"])
        assert kept == projector * (g["w_0"] - g["w_star"])


class TestEquilibrium:
    @given(pairs())
    def test_nothing_moves_there(self, g):
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        f = formulas["biased-equilibrium.f"].exact(**pick(g, *PAIR))
        here = g | {"w_0": e + g["w_star"]}
        assert moves(here, 1) == [(f + g["u_star"], e + g["w_star"])]
        w_inf = e + g["w_star"]
        split = formulas["gap-is-shared"].exact(**pick(g, "S_U", "eta_U", "w_star", "u_star"), w_inf=w_inf)
        assert split == e - f

    @given(pairs(inside=True))
    def test_singular_geometries_too_and_floats_get_there(self, g):
        e = formulas["singular-equilibrium.e"].exact(**g)
        f = formulas["singular-equilibrium.f"].exact(**g)
        here = g | {"w_0": e + g["w_star"]}
        assert moves(here, 1) == [(f + g["u_star"], e + g["w_star"])]
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) is True
        projector = formulas["frozen-kernel.projector"].exact(**pick(g, *GEOMETRY))
        assert projector * e == projector * (g["w_0"] - g["w_star"])

    @given(pairs())
    def test_neither_wins(self, g):
        gap = g["u_star"] - g["w_star"]
        d = len(gap)
        a, b = (eye(d) - g[f"eta_{x}"] * g[f"S_{x}"] for x in "WU")
        assume(a.det() and b.det() and any(g["S_W"] * gap) and any(g["S_U"] * gap))
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        f = formulas["biased-equilibrium.f"].exact(**pick(g, *PAIR))
        assert any(e)
        assert any(f)
        pull = formulas["neither-wins.e"].exact(**pick(g, *GEOMETRY, "w_star"), w_inf=e + g["w_star"])
        assert pull == g["eta_U"] * g["S_U"] * gap

    def test_a_deadbeat_step_lets_w_win(self):
        """Why A must be invertible: p = 1 leaves no error although both agents see the gap."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": Fraction(1, 2), "w_star": [0], "u_star": [1]}
        assert formulas["biased-equilibrium.e"].exact(**given_) == Matrix([0])


class TestSmallSteps:
    G = {"S_W": [[2, 1], [1, 1]], "S_U": [[1, 0], [0, 3]], "w_star": [0, 0], "u_star": [1, -1], "rho": Fraction(2, 3)}

    def residual(self, who, step):
        given_ = {k: v for k, v in self.G.items() if k != "rho"}
        return formulas[f"biased-equilibrium.{who}"].exact(**given_, eta_W=step, eta_U=step * self.G["rho"])

    def test_common_step_by_hand(self):
        """Scalar, common step: e = (1 - eta a) b/(a + b - eta a b); its series in eta."""
        given_ = {"S_W": [[2]], "S_U": [[3]], "w_star": [0], "u_star": [1], "rho": 1}
        assert formulas["small-step.e0"].exact(**given_)[0] == Rational(3, 5)
        assert formulas["small-step.e1"].exact(**given_)[0] == Rational(-12, 25)
        assert formulas["small-step.f0"].exact(**given_)[0] == Rational(-2, 5)
        assert formulas["small-step.f1"].exact(**given_)[0] == Rational(18, 25)
        assert formulas["gap-is-shared.small-step"].exact(w_star=[0], u_star=[1])[0] == 1

    @pytest.mark.parametrize("who", ["e", "f"])
    @pytest.mark.parametrize("order", [1, 2, 4])
    def test_terms_remainder_and_bound(self, who, order):
        step = Fraction(1, 20)
        total = formulas[f"small-step.{who}0"].exact(**self.G)
        for i in range(1, order + 1):
            total += Rational(step.numerator, step.denominator) ** i * formulas[f"small-step.{who}k"].exact(
                **self.G, order=i
            )
        left = self.residual(who, step) - total
        assert formulas[f"small-step.{who}-remainder"].exact(**self.G, eta_W=step, order=order) == left
        bound = formulas[f"small-step.{who}-bound"].exact(**self.G, eta_W=step, order=order)
        assert float(left.norm()) <= float(bound) * (1 + 1e-12)

    @pytest.mark.parametrize("who", ["e", "f"])
    def test_what_is_left_has_the_next_order(self, who):
        limits, first = (formulas[f"small-step.{who}{i}"].exact(**self.G) for i in "01")
        sizes = []
        for step in (Fraction(1, 100), Fraction(1, 200)):
            s = Rational(step.numerator, step.denominator)
            sizes.append(float((self.residual(who, step) - limits - s * first).norm()))
        assert abs(sizes[0] / sizes[1] - 4) < 0.2


class TestConsensus:
    @given(pairs(), steps)
    def test_value_is_the_loss_at_a_minimiser(self, g, rho):
        ratio = Rational(rho.numerator, rho.denominator)
        h, right = g["S_W"] + ratio * g["S_U"], g["S_W"] * g["w_star"] + ratio * g["S_U"] * g["u_star"]
        best = np.linalg.lstsq(np.array(h.tolist(), float), np.array(right.tolist(), float), rcond=1e-10)[0]
        loss = 0.0
        for gram, goal, weight in ((g["S_W"], g["w_star"], 1), (g["S_U"], g["u_star"], ratio)):
            away = best - np.array(goal.tolist(), float)
            loss += float(weight) * (away.T @ np.array(gram.tolist(), float) @ away).item() / 2
        found = formulas["consensus.value"].exact(**pick(g, "S_W", "S_U", "w_star", "u_star"), rho=ratio)
        assert abs(float(found) - loss) <= 1e-6 * (1 + abs(loss))

    @given(pairs(), st.data())
    def test_grows_with_each_geometry_singular_or_not(self, g, data):
        more = Matrix(data.draw(grams(len(g["w_star"]))).to_sympy())
        value = formulas["consensus.value"]
        given_ = pick(g, "S_W", "S_U", "w_star", "u_star") | {"rho": 1}
        before = value.exact(**given_)
        for agent in ("S_W", "S_U"):
            assert value.exact(**given_ | {agent: g[agent] + more}) >= before

    def test_parallel_sum_by_hand(self):
        """Resistances 2 and 3 in parallel; nothing where one of them is zero."""
        c = formulas["consensus.parallel-sum"].exact(S_W=[[2, 0], [0, 0]], S_U=[[3, 0], [0, 5]], rho=1)
        assert c == Matrix([[Rational(6, 5), 0], [0, 0]])

    def test_increase_by_hand(self):
        """1:1 = 1/2 and 3:1 = 3/4."""
        assert formulas["consensus.increase"].exact(S_W=[[1]], S_U=[[1]], E=[[2]], rho=1) == Matrix([Rational(1, 4)])

    @given(pairs(), st.data())
    def test_increase_is_the_difference_of_parallel_sums(self, g, data):
        more = Matrix(data.draw(grams(len(g["w_star"]))).to_sympy())
        assume((g["S_W"] + g["S_U"]).det() != 0)
        parallel = formulas["consensus.parallel-sum"]
        expected = parallel.exact(S_W=g["S_W"] + more, S_U=g["S_U"], rho=1) - parallel.exact(
            **pick(g, "S_W", "S_U"), rho=1
        )
        assert formulas["consensus.increase"].exact(**pick(g, "S_W", "S_U"), E=more, rho=1) == expected

    def test_point_by_hand(self):
        found = formulas["consensus.point"].exact(S_W=[[1]], S_U=[[3]], w_star=[0], u_star=[8], rho=1)
        assert found == Matrix([6])


class TestMisalignment:
    def test_not_always_monotone(self):
        f = formulas["not-always-monotone"]
        assert f.exact(tau=1) == Rational(50, 81)
        assert abs(float(f.numpy(tau=1e9)) - 4 / 81) < 1e-12
        s_w, s_u = (
            Matrix([[Rational(1, 2), 0], [0, Rational(1, 8)]]),
            Matrix([[Rational(1, 8), 0], [0, Rational(1, 2)]]),
        )
        given_ = {"S_W": s_w, "S_U": s_u, "eta_W": 1, "eta_U": 1, "w_star": [1, 0]}
        for u_star, expected in (([0, 1], Rational(50, 81)), ([-1, 0], Rational(4, 81))):
            e = formulas["biased-equilibrium.e"].exact(**given_, u_star=u_star)
            assert e.dot(e) == expected
        geometry = {k: given_[k] for k in GEOMETRY}
        assert formulas["monotone-in-angle.criterion"].exact(**geometry, w_hat=[1, 0], v=[0, 1]) is False

    @given(pairs(inside=True))
    def test_the_criterion_is_what_sampled_angles_show(self, g):
        d = g["S_W"].shape[0]
        assume(d > 1)
        try:
            response = np.array(formulas["linear-in-gap.G"].exact(**pick(g, *GEOMETRY)).tolist(), dtype=float)
        except SingularError:
            return
        w_hat, v = [1] + [0] * (d - 1), [0, 1] + [0] * (d - 2)
        angles = np.linspace(0, np.pi, 721)
        gap = (np.cos(angles) - 1)[:, None] * np.eye(d)[0] + np.sin(angles)[:, None] * np.eye(d)[1]
        sizes = ((gap @ response.T) ** 2).sum(axis=1)
        fall = np.diff(sizes).min() / max(sizes.max(), 1e-300)
        verdict = formulas["monotone-in-angle.criterion"].exact(**pick(g, *GEOMETRY), w_hat=w_hat, v=v)
        if fall < -1e-9:
            assert verdict is False
        elif verdict is False:
            # A fall between samples is shallow.
            assert fall < 1e-4

    @pytest.mark.parametrize(
        ("s_u", "verdict"),
        [
            ([[0, 0], [0, 0]], True),  # U idle: a = b = c = 0, the residual is zero throughout
            ([[1, 0], [0, 1]], True),
            ([[0, 0], [0, 1]], False),  # a = 0 < c: opposite targets leave no residual
            ([[1, 0], [0, 0]], True),  # c = 0
        ],
    )
    def test_degenerate_responses(self, s_u, verdict):
        given_ = {"S_W": eye(2), "S_U": s_u, "eta_W": Fraction(1, 2), "eta_U": Fraction(1, 2)}
        assert formulas["monotone-in-angle.criterion"].exact(**given_, w_hat=[1, 0], v=[0, 1]) is verdict

    @given(pairs(), st.sampled_from([Fraction(1, 3), 1, Fraction(5, 2)]))
    def test_squared_error_at_an_angle(self, g, tau):
        d = len(g["w_star"])
        assume(d > 1)
        t = Rational(tau.numerator, tau.denominator) if isinstance(tau, Fraction) else Rational(tau)
        cosine, sine = (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)
        goal_w, goal_u = zeros(d, 1), zeros(d, 1)
        goal_w[0], goal_u[0], goal_u[1] = 3, 3 * cosine, 3 * sine
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *GEOMETRY), w_star=goal_w, u_star=goal_u)
        except SingularError:
            return
        axes = {"w_hat": [1] + [0] * (d - 1), "v": [0, 1] + [0] * (d - 2)}
        found = formulas["monotone-in-angle.squared-error"].exact(**pick(g, *GEOMETRY), **axes, r=3, tau=t)
        assert found == e.dot(e)

    @pytest.mark.parametrize(("p", "q"), [(Rational(1, 2), Rational(1, 3)), (Rational(3, 2), Rational(1, 2))])
    def test_isotropic_by_hand(self, p, q):
        """|e| = 2 |g| r sin(theta/2); beyond p = 1 the response g is negative, the residual is not."""
        theta = 2 * pi / 3
        g = (1 - p) * q / (p + q - p * q)
        found = formulas["monotone-in-angle.isotropic"].exact(p=p, q=q, r=2, tau=3)
        assert found == 4 * g**2 * 4 * Rational(9, 10)
        numeric = formulas["monotone-in-angle.isotropic"].numpy(
            p=float(p), q=float(q), r=2.0, tau=float(tan(theta / 2))
        )
        assert np.isclose(numeric, float((2 * abs(g) * 2 * sin(theta / 2)) ** 2))
        e = formulas["biased-equilibrium.e"].numpy(
            S_W=float(p) * np.eye(2), S_U=float(q) * np.eye(2), eta_W=1, eta_U=1,
            w_star=[2, 0], u_star=[float(2 * cos(theta)), float(2 * sin(theta))],
        )  # fmt: skip
        assert np.isclose(e @ e, numeric)
        assert "|g|" in formulas["monotone-in-angle.isotropic"].statement

    @given(st.builds(Fraction, st.integers(-30, 30), st.integers(1, 3)), steps, steps)
    def test_the_family_leaves_m_times_the_gap(self, m, eta_W, eta_U):
        q = Matrix([Rational(m.numerator, m.denominator), 1])
        s_u = q * q.T / q.dot(q)
        e = formulas["biased-equilibrium.e"].exact(
            S_W=[[1, 0], [0, 0]], S_U=s_u, eta_W=eta_W, eta_U=eta_U, w_star=[0, 0], u_star=[1, 0]
        )
        assert e == Matrix([0, Rational(m.numerator, m.denominator)])
        assert formulas["residual-can-exceed-gap.family"].exact(m=m) == e[1]

    @given(pairs(), st.data())
    def test_commuting_geometries_bound_the_residual_of_a_cautious_w(self, g, data):
        """Diagonal geometries, P at most one, Q anything."""
        d = len(g["w_star"])
        share = st.builds(Fraction, st.integers(0, 8), st.just(8))
        wide = st.builds(Fraction, st.integers(0, 64), st.just(8))
        diagonal = lambda s: Matrix.diag(*column(data.draw(st.lists(s, min_size=d, max_size=d))))  # noqa: E731
        given_ = {"S_W": diagonal(share), "S_U": diagonal(wide), "eta_W": 1, "eta_U": 1} | pick(g, "w_star", "u_star")
        try:
            e = formulas["biased-equilibrium.e"].exact(**given_)
        except SingularError:
            return
        gap = g["u_star"] - g["w_star"]
        assert e.dot(e) <= gap.dot(gap)

    def test_a_bold_w_breaks_that_bound(self):
        e = formulas["biased-equilibrium.e"].exact(
            S_W=[[1]], S_U=[[1]], eta_W=Fraction(19, 10), eta_U=Fraction(19, 10), w_star=[0], u_star=[1]
        )
        assert abs(e[0]) == 9

    @given(pairs())
    def test_singular_values_bound_the_residual(self, g):
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        size = float(e.norm())
        low, high = (float(formulas[f"linear-in-gap.{x}"].exact(**pick(g, *PAIR))) for x in ("lower", "upper"))
        assert low * (1 - 1e-9) <= size + 1e-12
        assert size <= high * (1 + 1e-9) + 1e-12


class TestConvergence:
    @given(pairs(inside=True))
    def test_the_box_contracts(self, g):
        assert formulas["step-size-box"].exact(**pick(g, *GEOMETRY)) is True
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) is True
        loss = formulas["step-size-box.identity"].exact(**pick(g, *GEOMETRY))
        a, b = (eye(loss.shape[0]) - g[f"eta_{x}"] * g[f"S_{x}"] for x in "WU")
        assert loss == eye(loss.shape[0]) - b * a * a * b

    @given(pairs())
    def test_the_criterion_is_the_numerical_radius_off_the_kernel(self, g):
        p, q = (np.array((g[f"eta_{x}"] * g[f"S_{x}"]).tolist(), dtype=float) for x in "WU")
        values, frame = np.linalg.eigh(p + q)
        frame = frame[:, values > 1e-9 * max(values.max(), 1e-300)]
        moving = frame.T @ (np.eye(len(p)) - p) @ (np.eye(len(p)) - q) @ frame
        radius = abs(np.linalg.eigvals(moving)).max(initial=0)
        assume(abs(radius - 1) > 1e-6)
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) == (radius < 1)

    @given(pairs(inside=True))
    def test_cautious_steps_do_not_oscillate(self, g):
        halved = g | {f"eta_{x}": g[f"eta_{x}"] / 2 for x in "WU"}
        assert formulas["real-spectrum"].exact(**pick(halved, *GEOMETRY)) is True
        assert formulas["real-spectrum.interval"].exact(**pick(halved, *GEOMETRY)) is True

    def test_bold_steps_can_oscillate(self):
        """Neither A nor B semidefinite: a complex pair."""
        given_ = {"S_W": [[3, 1], [1, Fraction(1, 2)]], "S_U": [[Fraction(1, 2), 1], [1, 3]], "eta_W": 1, "eta_U": 1}
        a, b = (eye(2) - Matrix(given_[f"S_{x}"]) for x in "WU")
        discriminant = (a * b).trace() ** 2 - 4 * (a * b).det()
        assert formulas["real-spectrum"].exact(**given_) is bool(discriminant >= 0)

    def test_alternating_projections_at_a_known_angle(self):
        """Two lines at an angle with cosine 3/5."""
        first, second = Matrix([1, 0]), Matrix([Rational(3, 5), Rational(4, 5)])
        kernels = [v * v.T for v in (first, second)]
        given_ = {"S_W": eye(2) - kernels[0], "S_U": eye(2) - kernels[1], "eta_W": 1, "eta_U": 1}
        assert formulas["alternating-projections.rate"].exact(**given_) == Rational(9, 25)
        assert formulas["alternating-projections.cosine"].exact(**given_) == Rational(3, 5)
        # From any start the first turn shrinks the error by the cosine only; later ones by its square.
        start = second
        once, twice = kernels[0] * kernels[1] * start, (kernels[0] * kernels[1]) ** 2 * start
        assert once.norm() / start.norm() == Rational(3, 5)
        assert twice.norm() / once.norm() == Rational(9, 25)

    def test_projectors_are_asked_of_both_agents(self):
        texts = " ".join(a.text for a in formulas["alternating-projections.rate"].assumptions)
        assert "$P$ is an orthogonal projector" in texts
        assert "$Q$ is an orthogonal projector" in texts
