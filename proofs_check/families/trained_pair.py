"""Evidence for section 9: where two full layers rest, against the plateau of their ideal parts and of all weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Ne, Rational

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.at_rest import Inputs, Turn, array, rest
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.layers import (
    FullAgent,
    full_plateau,
    ideal_plateau,
    largest,
    rounding,
    row_sum,
    scalar_layer,
)
from proofs_check.instruments.rationals import exact_eye, exactly, ints, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, PROMPT, two
from proofs_check.proving.specification import Spec
from theory import SingularError
from theory.derivation.assumptions import below, invertible, psd, relation
from theory.derivation.lines import equation
from theory.families.one_agent import S, b
from theory.families.trained_pair import D_U, D_W, F_U, F_W, g_U, g_W, lam, turn
from theory.language.nodes import Contracts, MaxRowSum
from theory.language.predicates import Implies, Solvable, TendsTo
from theory.language.symbols import K33, S_U, S_W, V33, I, eta, n, w, w_0, w_inf

__all__ = ["THEOREMS", "drifting"]


def _bent(x: Inputs, agent: str) -> LSAAgent:
    """Return a layer that moves an iterate w by ``V31 S (K13 w - target)``: on unit vectors, its V31 is d V31 S."""
    S, target = array(x[f"S_{agent}"]), array(x["w_star" if agent == "W" else "u_star"])
    layer = LSALayer.from_blocks(len(S) * array(x[f"V31_{agent}"]) @ S, array(x[f"K13_{agent}"]))
    return LSAAgent.with_layer(Prompt.from_target(exact_eye(len(S)), target), layer)


def bent_layers_rest_once(formula: Any, x: Inputs) -> str | None:
    """Two layers with any blocks V31 and K13 have exactly one equilibrium, the formula's."""
    w, u = _bent(x, "W"), _bent(x, "U")
    first, second, who = (u, w, "W") if formula.id.endswith(".w") else (w, u, "U")
    found = rest(Turn(w.d, lambda state: second.update(first.update(state))))
    if found.states != 1 or found.point is None:
        return f"{found} of {who}"
    if formula.id.endswith(".unique"):
        return None
    claimed = exactly(formula, {name: x[name] for name in formula.inputs})
    if (found.point == claimed).all():
        return None
    return f"{who} rests at {show(found.point)}, claimed {show(claimed)}"


def _affine_layer(linear: Array, leak: Array, offset: Array) -> LSAAgent:
    """Return the layer that answers ``(linear + leak) w + offset``, the last two by its attention to the iterate.

    On unit vectors as examples, labelled zero, V31 gives the linear part; K44 = 1 with V33 and V34 gives the rest.
    """
    d = len(linear)
    third, last = slice(d + 1, 2 * d + 1), 2 * d + 1
    V, K = zeros(2 * d + 2, 2 * d + 2), zeros(2 * d + 2, 2 * d + 2)
    V[third, :d], K[:d, third] = -d * (exact_eye(d) - linear), exact_eye(d)
    V[third, third], V[third, last], K[last, last] = d * leak, d * offset, Fraction(1)
    return LSAAgent.with_layer(Prompt(exact_eye(d), zeros(d)), LSALayer(V, K))


def leaking_pair_rests_nearby(formula: Any, x: Inputs) -> str | None:
    """Every pair whose turn is affine but for a slope of lambda rests once, no farther than the formula says.

    Tried are the pairs whose leakage adds plus or minus lambda in the turn; the approximate equilibrium is 0.
    """
    J_W, J_U, residual, lam = array(x["J_W"]), array(x["J_U"]), array(x["residual"]), Fraction(x["lam"])
    size = row_sum(J_U)
    if lam < 0 or size == 0:
        return None  # nothing has such a Lipschitz constant, or W's leakage cannot reach the turn
    for sign in (1, -1):
        leak = sign * lam / size * exact_eye(len(J_W))
        u, w = _affine_layer(J_U, 0 * J_U, 0 * residual), _affine_layer(J_W, leak, residual)
        turn = Turn(w.d, lambda state, u=u, w=w: w.update(u.update(state)))  # type: ignore[misc]
        beyond = row_sum(turn.map.matrix - J_W @ J_U)
        if beyond > lam or (turn.update(0 * residual) != residual).any():
            raise ValueError("the pair is not one of those that the statement speaks of")
        found = rest(turn)
        if found.states != 1 or found.point is None:
            return f"with leakage {sign * lam} in the slope of a turn {found} (every turn of 0 adds {show(residual)})"
        with suppress(SingularError):
            bound = exactly(formula, {name: x[name] for name in formula.inputs})
            if largest(found.point) > bound:
                return f"with leakage {sign * lam} the pair rests at {show(found.point)}, claimed within {bound}"
    return None


def drifting() -> Case:
    """Leakage of the size of the smallest eigenvalue takes the equilibrium away."""
    example, leak = ints([Fraction(1, 10)]), Fraction(1, 100)
    targets = {"w": ints(1), "u": ints(2)}
    pairs = {}
    for name, size in (("ideal", 0), ("leaking", leak)):
        layer = scalar_layer(1, V33=size, K44=1)
        pairs[name] = Interaction(
            *(LSAAgent.with_layer(Prompt.from_target(example, target), layer) for target in targets.values())
        )
    runs = {name: pair.simulate(ints(0), 5, method="attention").w[:, 0] for name, pair in pairs.items()}
    steps = np.diff(runs["leaking"])
    return Case(
        {"x": example, "eta": 1, "leak": leak, "w": runs["leaking"]},
        [
            Relation("without leakage the pair converges", bool(pairs["ideal"].converges()), True),
            Relation("with it every turn moves W by the same amount", steps, Fraction(3, 100)),
        ],
    )


def escaping() -> Case:
    """A cubic leak: the pair rests near its targets, and leaves for ever from far away."""
    layer, example = scalar_layer(Fraction(1, 2), V33=Fraction(1, 100), K33=1), ints([1])
    agent = LSAAgent.with_layer(Prompt.from_target(example, ints(0)), layer)
    pair = Interaction(agent, agent)
    near = pair.simulate(ints(1), 2, method="attention").w[:, 0]
    far = pair.simulate(ints(10), 2, method="attention").w[:, 0]
    return Case(
        {"eta": Fraction(1, 2), "leak": Fraction(1, 100), "from 1": near[:2], "from 10": far[:2]},
        [
            Relation("zero, the common target, is at rest", pair.simulate(ints(0), 1, method="attention").w[1], 0),
            Relation("from 1 every turn at least halves the state", near[1:], near[:-1] / 2, "<="),
            Relation("from 10 every turn at least doubles it", 2 * far[:-1], far[1:], "<="),
        ],
    )


def _near(rng: np.random.Generator, step: Fraction, d: int, size: Fraction) -> tuple[Array, Array]:
    """Draw V and K near a gradient step, idle entries far from zero."""
    V, K = (rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK")
    own = LSALayer.gradient_step(d, np.array(step, dtype=object))
    third, right = slice(d + 1, 2 * d + 1), slice(d + 1, None)
    V[third], K[:, right] = own.V[third] + size * V[third], own.K[:, right] + size * K[:, right]
    K[d, -1] = Fraction(-1)
    return V, K


def _spread(rng: np.random.Generator, d: int) -> Array:
    """Draw rational examples whose Gram matrix is near the identity."""
    return np.asarray(np.concatenate([exact_eye(d)] * 2) + rationals(rng, 2 * d, d) / 8, dtype=object)


def _resting_at(prompt: Prompt, V: Array, K: Array, w: Array, answer: Array) -> LSALayer:
    """Return the layer with the block K14 chosen so that it answers `answer` to w."""
    d = prompt.d
    K = K.copy()
    K[:d, -1] = 0
    missing = answer - LSAAgent.with_layer(prompt, LSALayer(V, K)).update(w)
    third = V[d + 1 : 2 * d + 1]
    acts = third[:, :d] @ prompt.gram + np.multiply.outer(third[:, d], prompt.moment)
    K[:d, -1] = Prompt(acts, missing).target
    return LSALayer(V, K)


def _plateau_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    """A leaking pair that rests at a chosen rational point, against the plateau of its ideal parts."""
    d, size = int(rng.integers(1, 3)), Fraction(1, 1000)
    prompts = [Prompt(_spread(rng, d), rationals(rng, 2 * d)) for _ in "WU"]
    raw = [_near(rng, Fraction(int(rng.integers(4, 10)), 8), d, size) for _ in "WU"]
    third = slice(d + 1, 2 * d + 1)
    blocks = [(V[third, :d], K[:d, third]) for V, K in raw]
    ideal = Interaction(
        *(LSAAgent.with_layer(p, LSALayer.from_blocks(*b)) for p, b in zip(prompts, blocks, strict=True))
    )
    rest = ideal.equilibrium()
    inputs = {
        f"{name}_{role}": value
        for role, pair in zip("WU", blocks, strict=True)
        for name, value in zip(("V31", "K13"), pair, strict=True)
    }
    inputs |= {"S_W": prompts[0].gram, "S_U": prompts[1].gram, "w_star": prompts[0].target, "u_star": prompts[1].target}
    w, u = rest.w + size * rationals(rng, d), rest.u + size * rationals(rng, d)
    layers = [_resting_at(prompts[0], *raw[0], u, w), _resting_at(prompts[1], *raw[1], w, u)]
    agents = [LSAAgent.with_layer(p, layer) for p, layer in zip(prompts, layers, strict=True)]
    found = ideal_plateau(*(FullAgent(p, layer, formulas) for p, layer in zip(prompts, layers, strict=True)))
    shown = inputs | {"X_W": prompts[0].X, "X_U": prompts[1].X, "y_W": prompts[0].y, "y_U": prompts[1].y}
    if found.bound is None or found.rate is None:
        return Case(shown, [])
    inside = found.w + found.bound * np.array([Fraction(int(s), 3) for s in rng.integers(-3, 4, size=d)], dtype=object)
    after = agents[0].update(agents[1].update(inside))
    return Case(
        shown | {"w": w, "u": u},
        [
            Relation("there is exactly one", exactly(formulas["trained-plateau.unique"], inputs), True),
            Relation("W's ideal state = formula", exactly(formulas["trained-plateau.w"], inputs), rest.w),
            Relation("U's ideal state = formula", exactly(formulas["trained-plateau.u"], inputs), rest.u),
            Relation("the leaking pair rests at the chosen point", agents[0].update(agents[1].update(w)), w),
            Relation(
                "which is as near to the ideal plateau as the bound says", largest(w - found.w), found.bound, "<="
            ),
            Relation("and not at it", w, found.w, "!="),
            Relation("a turn in the ball contracts", largest(after - w), found.rate * largest(inside - w), "<="),
        ],
    )


def _plateau_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Pairs near a gradient step with entries of the size 1e-6 everywhere else, run for many turns."""
    n, turns = 16 * d, 60
    rows: list[tuple[Any, ...]] = []
    for _ in range(count):
        prompts = [Prompt.from_target(rng.standard_normal((n, d)), rng.standard_normal(d)) for _ in "WU"]
        base = LSALayer.gradient_step(d, n / (n + d + 1))
        layers = [LSALayer(*(m + 1e-6 * rng.standard_normal(m.shape) for m in (base.V, base.K))) for _ in "WU"]
        agents = [LSAAgent.with_layer(p, layer) for p, layer in zip(prompts, layers, strict=True)]
        w, u = (FullAgent(p, layer, formulas) for p, layer in zip(prompts, layers, strict=True))
        near = ideal_plateau(w, u)
        ideal, full = near.rounded(), full_plateau(w, u, near.w).rounded()
        last = Interaction(*agents).simulate(ideal.w, turns, keep="last", method="attention").w_last
        # One turn's rounding: W's own, and U's times what W's move makes of it.
        of_w, of_u = (
            float(rounding(a.layer.V, a.layer.K, a.prompt.X, a.prompt.y, np.abs(x) + 1e-3))
            for a, x in zip(agents, (full.u, full.w), strict=True)
        )
        noise = of_w + 1.1 * float(row_sum(w.slope(near.u))) * of_u
        settled = np.inf
        if ideal.rate < 0.95:
            settled = ideal.rate**turns * 2 * ideal.bound + noise / (1 - ideal.rate)
        root = np.sqrt(d)
        rows.append(
            (
                ideal.w,
                full.w,
                last,
                root * (ideal.bound + settled),
                root * (full.bound + settled),
                np.linalg.norm(full.w),
            )
        )
    ideal_w, full_w, simulated, wide, narrow, scale = (np.array(column) for column in zip(*rows, strict=True))
    yield Close("simulated plateau = plateau of the ideal parts", ideal_w, simulated, wide, scale)
    yield Close("simulated plateau = plateau of the full weights", full_w, simulated, narrow, scale)


SLOPES = {"J_W": [[1]], "J_U": [[1]], "D_W": [[0]], "D_U": [[0]], "lam_W": 0, "lam_U": 0}
#: Agents on the example 1/10 with step 1: leakage 1/100 in each takes the smallest eigenvalue away.
NEAR = {"J_W": [[Fraction(99, 100)]], "J_U": [[Fraction(99, 100)]], "residual": [Fraction(3, 100)]}

LITTLE = Rational(1, 100)
DRIFTING = two(Fraction(1, 100), Fraction(1, 100), w_star=[1], u_star=[2]) | {
    **{f"{block}_{agent}": [[value]] for block, value in (("V31", -1), ("K13", 1)) for agent in "WU"},
    **{f"D_{agent}": [[Fraction(1, 100)]] for agent in "WU"},
}
#: A gradient step, and what leaks where the iterate attends to itself.
SELF_ATTENDING = w - eta * (S * w - b) + V33 * w * w.T * K33 * w / n
ESCAPING = {
    "X": [[1]],
    "y": [0],
    "eta": Fraction(1, 2),
    "V33": [[Fraction(1, 100)]],
    "K33": [[1]],
    "w_0": [1],
    "w_inf": [0],
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "trained-plateau",
        evidence=(Exact(_plateau_exactly, share=0.1), Floats(_plateau_in_floats, dimensions=(1, 2, 3), share=0.06)),
        certificate=(
            Spec(
                "trained-plateau.unique",
                "exists",
                value="one_minus_F_W_F_U_inv (g_W + F_W g_U)",
            ),
            Spec(
                "trained-plateau.unique",
                "unique",
                lines=(
                    "(1 - F_W F_U) other = g_W + F_W g_U",
                    "(1 - F_W F_U) w_rest = g_W + F_W g_U",
                    "one_minus_F_W_F_U_inv (1 - F_W F_U) other = other",
                    "one_minus_F_W_F_U_inv (1 - F_W F_U) w_rest = w_rest",
                    "other = one_minus_F_W_F_U_inv (g_W + F_W g_U)",
                ),
            ),
            Spec("trained-plateau.w"),
            Spec("trained-plateau.u"),
        ),
        unproved="How far a turn is from affine, and what that moves, is about row sums: no products of letters.",
        needed=(
            Needed(
                ("unique", "w", "u"),
                "I - F_W*F_U invertible",
                two(1, 1, V31_W=[[-2]], V31_U=[[-2]], K13_W=[[1]], K13_U=[[1]]),
                (bent_layers_rest_once,),
            ),
            Needed(("slope",), "D_W at most lam_W", SLOPES | {"D_W": [[1]]}),
            Needed(("slope",), "D_U at most lam_U", SLOPES | {"D_U": [[1]]}),
            Needed(
                ("shift",),
                "mu lam below 1",
                NEAR | {"lam": Fraction(199, 10000), "remainder": [0]},
                (leaking_pair_rests_nearby,),
            ),
            Needed(
                ("shift",),
                "remainder at most lam times the distance",
                NEAR | {"lam": 0, "remainder": [1]},
                (leaking_pair_rests_nearby,),
            ),
        ),
        unneeded=(
            Unneeded(("unique", "w", "u"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("shift",), (invertible(I - turn),), "said by mu lambda < 1: mu is a norm of the inverse"),
            Unneeded(
                ("shift",),
                (relation(lam >= 0, "lam non-negative"),),
                "nothing but a point at rest has a negative Lipschitz constant, and for that the bound is 0, "
                "as claimed",
            ),
        ),
        claims=(
            Claim(
                "little-leakage-little-shift",
                "reading of trained-plateau.shift, true where mu lambda < 1: a little leakage, here a hundredth, moves "
                "the plateau a little, and leaves one",
                drifting,
                "x = 1/10, eta = 1, V33 K44 = 1/100: the turn has slope 1, and W moves by 3/100 every turn",
                says=Solvable(w, equation(w, (F_W + D_W) * ((F_U + D_U) * w + g_U) + g_W)),
                given=(
                    relation(Contracts(F_W * F_U), "without leakage the pair converges"),
                    *(relation(MaxRowSum(D) <= LITTLE, f"{D} at most {LITTLE}") for D in (D_W, D_U)),
                ),
                of="trained-plateau.w",
                inputs=DRIFTING,
            ),
            Claim(
                "trained-pairs-converge-from-anywhere",
                "true of ideal layers; two equal layers are one that answers itself: a trained pair that converges "
                "does so from every start",
                escaping,
                "eta = 1/2, V33 K33 = 1/100: from 1 the state is at least halved every turn, from 10 at least doubled",
                says=Implies(TendsTo(w, SELF_ATTENDING, w_0, w_inf), TendsTo(w, SELF_ATTENDING, w, w_inf)),
                given=(
                    invertible(S),
                    below(eta * S, 2),
                    relation(Ne(w_0, w_inf, evaluate=False), "it does not begin at rest"),
                ),
                of=PROMPT,
                inputs=ESCAPING,
            ),
        ),
    ),
)
