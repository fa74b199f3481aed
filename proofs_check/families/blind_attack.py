"""Evidence for section 7: the attacker that steers its declared target blindly, and what a transcript shows of it.

The joint state of the blind attack is the iterate and the declared target; one turn is simulated with the layers of
both agents, and its matrix is found by moving basis vectors of that joint space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Eq

from numerics import Interaction, LSAAgent, Prompt, blind_attack
from numerics.exact import characteristic_polynomial, rank, roots_inside_unit_circle
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.instances import instance_of
from proofs_check.evidence.kinds import Case, Constructed, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    declaring,
    framed,
    linear_part,
    number,
    retargeted,
    scalar_agent,
    targeted,
    wanted_target,
)
from proofs_check.instruments.at_rest import Inputs, Turn, acting, array, pair
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.facts import Square
from proofs_check.proving.specification import From, Root, Spec, Sum
from proofs_check.proving.spectra import Definite, Jury, Lyapunov
from theory.derivation.assumptions import below, invertible, psd, relation
from theory.families.blind_attack import R
from theory.language import symbols
from theory.language.predicates import Loewner
from theory.language.symbols import S_U, S_W, B, I, P, Q, gamma

__all__ = ["THEOREMS", "settles"]


def _joint(p: Fraction, b: Fraction, gain: Fraction, start: int, turns: int) -> Array:
    """Return the errors of a scalar blind attacker whose victim leaves the share b of every error."""
    attacker = blind_attack(
        Prompt.from_target(ints([1]), ints(0)), ints(0), step_size=number(p), gain=number(gain)[()], allow_unproven=True
    )
    errors: Array = (
        Interaction(attacker, scalar_agent(1 - b, 1)).simulate(ints(start), turns, method="attention").w[:, 0]
    )
    return errors


def steep_attacker() -> Case:
    """A step inside the attacker's own stability box and gain 1: the joint map still has an eigenvalue below -1."""
    p, b = Fraction(3, 2), Fraction(9, 10)
    errors = _joint(p, b, Fraction(1), 1, 24)
    # Two numbers, the trace and the determinant of the joint map, follow from four consecutive errors.
    a = errors[1:5]
    minor = a[1] * a[1] - a[0] * a[2]
    trace, product = (a[1] * a[2] - a[0] * a[3]) / minor, (a[2] * a[2] - a[1] * a[3]) / minor
    return Case(
        {"p": p, "b": b, "gain": 1, "errors": errors[:6]},
        [
            Relation("both agents are inside the box", [p, 1 - b], 2, "<"),
            Relation("trace of the simulated map", trace, Fraction(-19, 20)),
            Relation("its determinant", product, Fraction(-9, 20)),
            Relation("the characteristic polynomial is negative at -1: a root below it", 1 + trace + product, 0, "<"),
            Relation("the errors grow", abs(errors[12]), abs(errors[24]), "<"),
        ],
    )


def gain_two() -> Case:
    """Gain 2 leaves an eigenvalue -1: for a victim at the edge of its box, and at p = 1 for another first target."""
    p, b = Fraction(1, 2), Fraction(-1)
    errors = _joint(p, b, Fraction(2), 4, 12)
    swing = errors[2:] - errors[1:-1] / 2  # the other eigenvalue is 1/2
    w, declared, steep = ints(1), ints(1), []
    for _ in range(6):
        w = declaring(ints([1]), declared, 1).update(scalar_agent(Fraction(1, 2), 1).update(w))
        declared = declared - 2 * w
        steep.append(w[0])
    return Case(
        {"p": p, "b": b, "gain": 2, "errors": errors, "errors at p = 1, b = 1/2, declaring 1 first": ints(*steep)},
        [
            Relation("a part of the error changes sign every turn", swing[1:], -swing[:-1]),
            Relation("and is not zero", swing[0], 0, "!="),
            Relation("at p = 1 all of it does", steep[1:], [-x for x in steep[:-1]]),
            Relation("and is not zero there", steep[0], 0, "!="),
        ],
    )


def shift_cancels_the_push(formula: Any, x: Inputs) -> str | None:
    """Some declared target lets W's error stay zero."""
    errors = set()
    for shift in (-1, 0, 1, 1000):
        both = pair({**x, "s": [shift] * len(x["S_W"])})
        errors.add(show(both.turn.update(both.w_star) - both.w_star))
    if len(errors) > 1:
        return None
    return f"whatever W declares, a turn from no error ends with error {errors.pop()}: there is no limit to reach"


def weight_exists(formula: Any, x: Inputs) -> str | None:
    """The weight of the declared target exists: what it divides by has no kernel."""
    P = array(x["eta_W"]) * array(x["S_W"])
    divisor = exact_eye(len(P)) + (1 - Fraction(x["gamma"])) * P
    if int(rank(divisor)) == len(P):
        return None
    return f"there is no weight: it divides by {show(divisor)}"


def gain_and_step_settle(formula: Any, x: Inputs) -> str | None:
    """The condition holds iff the attack at gain 1 settles along a direction (p, b)."""
    W, U = exact_eye(1) * Fraction(x["p"]), exact_eye(1) * (1 - Fraction(x["b"]))

    def turn(state: Array) -> Array:
        w = acting(W, state[1:]).update(acting(U, state[:1] * 0).update(state[:1]))
        return np.concatenate([w, state[1:] - w])

    matrix = Turn(2, turn).map.matrix
    settled = roots_inside_unit_circle(characteristic_polynomial(matrix))
    condition = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    if settled == condition:
        return None
    polynomial = show(characteristic_polynomial(matrix))
    return f"the condition is {str(condition).lower()}, but the joint map has the polynomial {polynomial}"


def joint_turn(pair: Pair, victim: LSAAgent, gain: Fraction, w: Array, declared: Array) -> tuple[Array, Array]:
    """Simulate one turn: the victim moves, the attacker answers with what it declares, and shifts that."""
    answer = declaring(pair.X_W, declared, pair.eta_W).update(victim.update(w))
    return answer, declared - gain * (answer - pair.arguments()["w_star"])


def settles(pair: Pair, gain: Fraction) -> bool:
    """Decide exactly whether the simulated attack comes to rest from every start and declared target."""
    d, victim = pair.d, pair.agent_u
    goal = pair.arguments()["w_star"]

    def move(state: Array) -> Array:
        return np.concatenate(joint_turn(pair, victim, gain, state[:d], goal + state[d:]))

    return roots_inside_unit_circle(characteristic_polynomial(linear_part(move, 2 * d)))


def _gain(rng: np.random.Generator) -> Fraction:
    return Fraction(int(rng.integers(1, 16)), 8)


def _one_turn(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, gain = targeted(rng, full_rank=bool(rng.random() < 0.7)), _gain(rng)
    inputs, w, shift = pair.arguments(), rationals(rng, pair.d), rationals(rng, pair.d)
    goal, victim = inputs["w_star"], pair.agent_u
    limit = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    if limit is None or int(pair.agent_w.prompt.rank) < pair.d:
        return Case(pair.shown(), [])
    answer, declared = joint_turn(pair, victim, gain, w, goal + shift)
    inputs |= {"w_t": w, "s": shift, "gamma": gain}
    game = Interaction(
        blind_attack(pair.agent_w.prompt, goal, step_size=pair.agent_w.step_size, gain=gain, allow_unproven=True),
        victim,
    )
    run = game.simulate(w, 2, method="attention")
    first = joint_turn(pair, victim, gain, w, goal)
    return Case(
        pair.shown() | {"w": w, "shift": shift, "gain": gain},
        [
            Relation("error after a turn = formula", exactly(formulas["blind-attack.e"], inputs), answer - goal),
            Relation(
                "distance of what it declares = formula", exactly(formulas["blind-attack.z"], inputs), declared - limit
            ),
            Relation(
                "the attacker of numerics moves alike", run.w[1:], [first[0], joint_turn(pair, victim, gain, *first)[0]]
            ),
        ],
    )


def _gentle_attacker(rng: np.random.Generator) -> tuple[Pair, Array]:
    """Draw an attacker with ``0 < P <= I`` and rational principal directions, and any victim with ``0 <= Q <= 2I``."""
    drawn = targeted(rng, dimensions=(1, 2, 2), inside=True)
    d = drawn.d
    X, frame = framed(rng, d)
    largest = max(square(x) for x in X) / d
    pair = replace(drawn, X_W=X, y_W=zeros(d), eta_W=Fraction(int(rng.integers(1, 5)), 4) / largest)
    if rng.random() < 0.3:  # the edge of the victim's box: Q has the eigenvalue 2
        pair = replace(pair, X_U=ints([1] * d), y_U=ints(0), eta_U=Fraction(2, d))
    given = drawn.arguments()
    return retargeted(pair, given["w_star"], given["u_star"]), frame


def _energy(formulas: Formulas, pair: Pair, frame: Array, gain: Fraction, e: Array, z: Array) -> Any:
    """``|e|^2 + z' R z`` with the weight of the formula in every principal direction of the attacker."""
    sizes = [square(pair.agent_w.prompt.gram @ direction * pair.eta_W) for direction in frame.T]
    # P is applied to unit eigenvectors: the lengths are the eigenvalues, whose squares are squares of rationals.
    values = [direction @ (pair.agent_w.prompt.gram @ direction) * pair.eta_W for direction in frame.T]
    if any(value**2 != size for value, size in zip(values, sizes, strict=True)):
        raise ValueError("the frame does not consist of principal directions")
    weights = [exactly(formulas["blind-attack.weight"], {"p": p, "gamma": gain}) for p in values]
    return square(e) + sum(r * (z @ x) ** 2 for r, x in zip(weights, frame.T, strict=True))


def _lyapunov(rng: np.random.Generator, formulas: Formulas) -> Case:
    (pair, frame), gain = _gentle_attacker(rng), _gain(rng)
    goal, victim = pair.arguments()["w_star"], pair.agent_u
    limit = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    w, declared = rationals(rng, pair.d), rationals(rng, pair.d)
    inputs = pair.arguments() | {"w_t": w, "s": declared - goal, "gamma": gain}
    formula = formulas["blind-attack.loss"]
    lost = instance_of(formula, inputs)(formula.compact).to_sympy()[0, 0]
    grows = formulas["blind-attack.lyapunov"].exact(**inputs)
    energies = []
    for _ in range(4):
        energies.append(_energy(formulas, pair, frame, gain, w - goal, declared - limit))
        w, declared = joint_turn(pair, victim, gain, w, declared)
    return Case(
        pair.shown() | {"gain": gain},
        [
            Relation("V never grows", energies[1:], energies[:-1], "<="),
            Relation("V is positive off the limit", 0, energies[0], "<="),
            Relation("the attack settles, with no error, from every start", settles(pair, gain), True),
            Relation(
                "so the formula says",
                bool(formulas["blind-attack.settles"].exact(**inputs)),
                settles(pair, gain),
            ),
            Relation("the weight exists", formulas["blind-attack.regular"].exact(**inputs), True),
            Relation("V never grows, as the formula says", grows, True),
            Relation("what V loses = formula", lost, energies[0] - energies[1]),
        ],
    )


def _scalar(p: Fraction, b: Fraction) -> Pair:
    """Return scalar agents: the attacker's step times Gram is p, the victim leaves the share b of an error."""
    pair = Pair(ints([1]), ints(0), ints([1]), ints(1), p, 1 - b, ints(1))
    if b == 1:
        pair = replace(pair, X_U=ints([0]), y_U=ints(0), eta_U=Fraction(1))
    return replace(pair, w_star=ints(0), u_star=ints(1))


def _lost(formulas: Formulas) -> Iterator[Case]:
    """The quadratic form that V loses, recovered from simulated turns of an attacker whose victim stands still."""
    for p in (Fraction(k, 6) for k in range(1, 7)):
        for gain in (Fraction(1, 4), Fraction(1), Fraction(7, 4)):
            pair, inputs = _scalar(p, Fraction(1)), {"p": p, "gamma": gain}
            weight = exactly(formulas["blind-attack.weight"], inputs)

            def lost(e: int, z: int, pair: Pair = pair, gain: Fraction = gain, weight: Any = weight) -> Any:
                after, declared = joint_turn(pair, pair.agent_u, gain, ints(e), ints(z))
                return e * e + weight * z * z - square(after) - weight * square(declared)

            corner, other = lost(1, 0), lost(0, 1)
            mixed = (lost(1, 1) - corner - other) / 2
            yield Case(
                inputs,
                [
                    Relation("the weight is positive", 0, weight, "<"),
                    Relation(
                        "taken from the error = formula", exactly(formulas["blind-attack.corner"], inputs), corner
                    ),
                    Relation(
                        "determinant = formula",
                        exactly(formulas["blind-attack.determinant"], inputs),
                        corner * other - mixed**2,
                    ),
                    Relation("all of it is non-negative", 0, [corner, other, corner * other - mixed**2], "<="),
                ],
            )


def _bounds(formulas: Formulas) -> Iterator[Case]:
    """Gains at p = 1, and step sizes at gain 1, on both sides of the bounds."""
    for b in (Fraction(k, 10) for k in (-10, -9, -3, 0, 5, 9, 10)):
        for gain in (Fraction(1, 8), Fraction(1), Fraction(15, 8), Fraction(2), Fraction(5, 2)):
            decided = bool(formulas["blind-attack.gain-bound"].exact(gamma=gain))
            yield Case(
                {"p": 1, "b": b, "gain": gain},
                [
                    Relation(
                        "bound on the gain = the simulated attack settles",
                        decided,
                        settles(_scalar(Fraction(1), b), gain),
                    )
                ],
            )
        for p in (Fraction(k, 8) for k in range(1, 16)):
            decided = bool(formulas["blind-attack.step-bound"].exact(p=p, b=b))
            yield Case(
                {"p": p, "b": b, "gain": 1},
                [
                    Relation(
                        "bound on the step = the simulated attack settles", decided, settles(_scalar(p, b), Fraction(1))
                    )
                ],
            )


#: What the weight divides by, of one eigenvalue, is positive and at most 2; its inverse is positive.
ABOVE = Sum("c_p > 0", (("1", ("p at most 1",), "1"), ("1", ("p positive", "gamma below 2"), "1")), "above")
BELOW = Sum(
    "2 - gamma c_p >= 0",
    (("1", ("gamma below 2", "p at most 1"), "1"), ("1", ("p positive",), "1"), ("1", ("p positive",), "1 - gamma")),
    "below",
)
POSITIVE = Sum(
    "gamma_inv c_p_inv > 0",
    (("1/2", (), "1"), ("1/2", ("blind-attack.weight/denominator", "gamma > 0", "below"), "gamma_inv c_p_inv")),
    "inverse",
)
DENOMINATOR = "blind-attack.weight/denominator"
UNREACHED = two(0, HALF, s=[0], w_t=[0], gamma=1, w_0=[0])
REGULAR = ("blind-attack.regular/above",)
LYAPUNOV = Lyapunov((I, R))
ROOTS = (
    Square("1 - B B", "X", "x"),
    Square("(2 - gamma) P C_inv", "Y", "y", by="blind-attack.settles/own"),
    Square("P P (1 - P) C_inv", "Z", "z", by="blind-attack.settles/shift"),
)
CORNER, DETERMINANT = "corner >= 0", "determinant >= 0"
#: Everything but the victim's matrix commutes with P.
COMMUTES = ("P C = C P", "C_inv P C = P", "C_inv P = P C_inv", "C_inv' C = 1", "C_inv' = C_inv")

#: What a turn does to the form, block by block: of v with itself, of z with v, and of z with itself.
LOST = (
    "A A + gamma A P C_inv A = 1 - (2 - gamma) P C_inv - P P (1 - P) C_inv",
    "P A + gamma P P C_inv A - P C_inv A = P P (1 - P) C_inv",
    "A P + gamma A P C_inv P - A P C_inv = P P (1 - P) C_inv",
    "P P + gamma P P C_inv P - 2 P C_inv P = -P P (1 - P) C_inv",
)
#: The same as squares, each with a factor that cannot be negative.
PARTS = (
    Sum("P >= 0", (("1", ("eta_W > 0", "S_W psd"), "1"),), "P psd"),
    "C = (1 - P) + (2 - gamma) P",
    "C P = P (1 - P) P + (1 - P) P (1 - P) + (2 - gamma) P P",
    "P C_inv = C_inv C P C_inv",
    Sum(
        "P C_inv >= 0",
        (
            ("1", ("P at most 1",), "P C_inv"),
            ("1", ("P psd",), "(1 - P) C_inv"),
            ("1", ("gamma below 2",), "P C_inv"),
        ),
        "own",
    ),
    "(1 - P) C = (1 - P) (1 - P) + (2 - gamma) (P (1 - P) P + (1 - P) P (1 - P))",
    "P P (1 - P) C_inv = C_inv P (1 - P) C P C_inv",
    Sum(
        "P P (1 - P) C_inv >= 0",
        (
            ("1", (), "(1 - P) P C_inv"),
            ("1", ("gamma below 2", "P at most 1"), "P P C_inv"),
            ("1", ("gamma below 2", "P psd"), "(1 - P) P C_inv"),
        ),
        "shift",
    ),
)
GROWS = "e_t' e_t + z_t' R z_t - e_next' e_next - z_next' R z_next >= 0"


def _turned(vector: str) -> str:
    """The transpose of a vector, or of the victim's matrix times a vector."""
    return " ".join(x if x == "B" else f"{x}'" for x in reversed(vector.split()))


def _moved(v: str, z: str, e: str, later: str) -> tuple[str, ...]:
    """Both parts of the form a turn later, multiplied out."""
    turned, move = f"({_turned(v)} A + {z}' P)", f"(A {v} + P {z})"
    return (
        "gamma R = P C_inv",
        f"{e}' = {turned}",
        f"{e}' {e} = {turned} {move}",
        f"{later} = {z} - gamma {move}",
        f"{later}' = {z}' - gamma {turned}",
        f"R {later} = R {z} - P C_inv {move}",
        f"{later}' R {later} = {later}' R {z} - {later}' P C_inv {move}",
        f"{later}' R {z} = {z}' R {z} - {turned} P C_inv {z}",
        f"{later}' P C_inv {move} = {z}' P C_inv {move} - gamma {turned} P C_inv {move}",
    )


def _after(v: str, z: str) -> str:
    """The form a turn later, in the error after the victim's move and the distance of the declared target."""
    return (
        f"{_turned(v)} {v} + {z}' R {z} - (2 - gamma) {_turned(v)} P C_inv {v} "
        f"- ({z}' - {_turned(v)}) P P (1 - P) C_inv ({z} - {v})"
    )


def _losses(e: str, v: str, z: str) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """What a turn takes from the form, each with what cannot be negative."""
    return (("1", ("B^2 at most 1",), e), ("1", ("gamma below 2", "own"), v), ("1", ("shift",), f"{z} - {v}"))


def _form(x: str) -> str:
    return f"{x}_1' {x}_1 + {x}_2' R {x}_2"


def _in_a_turn(now: str, after: str) -> Spec:
    """What a turn takes from the form, in any error and any distance of the declared target."""
    v, z = f"B {now}_1", f"{now}_2"
    return Spec(
        "blind-attack.settles",
        claim=f"{_form(now)} - {_form(after).replace(' + ', ' - ')} = {_taken(now)}",
        part=f"lost {now}",
        when={
            "error": f"{after}_1 = A B {now}_1 + P {now}_2",
            "declared target": f"{after}_2 = (1 - gamma P) {now}_2 - gamma A B {now}_1",
        },
        letters={f"{x}_{i}": "d <- 1" for x in (now, after) for i in (1, 2)},
        uses=REGULAR,
        lines=(
            *COMMUTES,
            *LOST,
            *_moved(v, z, f"{after}_1", f"{after}_2"),
            f"{_form(after)} = {_after(v, z)}",
        ),
    )


def _taken(now: str) -> str:
    x, turned = f"{now}_1", f"({now}_2' - {now}_1' B)"
    own = f"{x}' {x} - {x}' B B {x} + (2 - gamma) {x}' B P C_inv B {x}"
    return f"{own} + {turned} P P (1 - P) C_inv ({now}_2 - B {x})"


def _kept(now: str, premise: str) -> tuple[str | From | Root, ...]:
    """Where a turn takes nothing from the form there was no error."""
    x = f"{now}_1"
    squares = (f"X {x}", f"Y B {x}", f"Z ({now}_2 - B {x})")
    away, turned = f"({now}_2 - B {x})", f"({now}_2' - {x}' B)"
    first, second, third = (f"Square ({fact.of})" for fact in ROOTS)
    return (
        From(f"{_taken(now)} = 0", (premise, f"blind-attack.settles/lost {now}"), "nothing taken"),
        From(
            f"{x}' X' X {x} + {x}' B Y' Y B {x} + {turned} Z' Z {away} = 0",
            ("nothing taken", first, second, third),
            "all squares",
        ),
        Root(squares, ("all squares",)),
        Root((squares[1], squares[0], squares[2]), ("all squares",), "moved"),
        From(f"(2 - gamma) P C_inv B {x} = 0", ("moved", second), "damped"),
        From("n2_minus_gamma_inv (2 - gamma) = 1", ("n2_minus_gamma", "n2_minus_gamma_inv"), "unit"),
        From(f"P C_inv B {x} = 0", ("damped", "unit")),
        f"P_inv P C_inv B {x} = 0",
        "P_inv P C_inv = C_inv",
        f"C_inv B {x} = 0",
        f"C C_inv B {x} = 0",
        "C C_inv B = B",
        f"B {x} = 0",
        f"(1 - B B) {x} = 0",
        f"{x} = 0",
    )


#: Jury's inequality at -1, at gain 1.
EDGE = "2 + 2 b - p - 2 b p"
#: For each claim of a criterion, where it comes from.
JURY: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
    ("gain-bound", "if 1", "gamma > 0", (("1", ("premise 2",), "1"),)),
    ("gain-bound", "if 2", "2 - gamma > 0", (("1", ("premise 1",), "1"),)),
    ("gain-bound", "if 3", "1 > 0", (("1", (), "1"),)),
    ("gain-bound", "only if 1", "2 - gamma > 0", (("1", ("premise 2",), "1"),)),
    ("gain-bound", "only if 2", "gamma > 0", (("1", ("premise 1",), "1"),)),
    ("step-bound", "if 1", "p > 0", (("1", ("premise 2",), "1"),)),
    ("step-bound", "if 2", f"{EDGE} > 0", (("1", ("premise 1",), "1"),)),
    (
        "step-bound",
        "if 3",
        "1 + b p - b > 0",
        (
            ("1/2", ("premise 2", "p below 2"), "1"),
            ("1/2", ("b at most 1 in modulus",), "1"),
            ("1/2", (), "1 - p - b"),
        ),
    ),
    ("step-bound", "only if 1", f"{EDGE} > 0", (("1", ("premise 2",), "1"),)),
    ("step-bound", "only if 2", "p > 0", (("1", ("premise 1",), "1"),)),
)

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "blind-attack",
        evidence=(
            Exact(_one_turn, share=0.5),
            Exact(_lyapunov, share=0.5, name="exact, Lyapunov"),
            Constructed(_lost, "18 attackers", name="exact, losses"),
            Constructed(_bounds, "140 scalar pairs", name="exact, bounds"),
        ),
        certificate=(
            Spec("blind-attack.e"),
            Spec("blind-attack.z"),
            Spec("blind-attack.weight", claim="c_p > 0", part="denominator", lines=(ABOVE,)),
            Spec("blind-attack.weight", "1", uses=(DENOMINATOR,)),
            Spec(
                "blind-attack.weight",
                "2",
                uses=(DENOMINATOR,),
                lines=(BELOW, POSITIVE, Sum("weight > 0", (("1", ("p positive", "inverse"), "1"),))),
            ),
            Spec("blind-attack.corner", "1", uses=(DENOMINATOR,)),
            Spec(
                "blind-attack.corner",
                "2",
                uses=(DENOMINATOR,),
                lines=(
                    Sum(
                        CORNER,
                        (
                            ("1", ("p positive", DENOMINATOR, "gamma below 2"), "c_p_inv"),
                            ("1", ("p positive", DENOMINATOR, "p positive", "p at most 1"), "c_p_inv"),
                        ),
                    ),
                ),
            ),
            Spec("blind-attack.determinant", "1", uses=(DENOMINATOR,)),
            Spec(
                "blind-attack.determinant",
                "2",
                uses=(DENOMINATOR,),
                lines=(Sum(DETERMINANT, (("1", ("p positive", "gamma below 2", "p at most 1"), "p c_p_inv"),)),),
            ),
            Spec(
                "blind-attack.regular",
                "positive",
                reduction=Definite(1 - gamma / 2),
                lines=(Sum("1 - 1/2 gamma > 0", (("1/2", ("gamma below 2",), "1"),)),),
            ),
            Spec(
                "blind-attack.regular",
                "above",
                reduction=Definite(1 - gamma / 2),
                lines=(
                    Sum(
                        "C - (1 - 1/2 gamma) >= 0",
                        (
                            ("1/2", ("gamma > 0", "P at most 1"), "1"),
                            ("1/2", ("gamma below 2", "eta_W > 0", "S_W psd"), "1"),
                        ),
                    ),
                ),
            ),
            Spec(
                "blind-attack.loss",
                lines=(
                    *COMMUTES,
                    *LOST,
                    *_moved("v_t", "z_t", "e_next", "z_next"),
                    f"e_next' e_next + z_next' R z_next = {_after('v_t', 'z_t')}",
                ),
            ),
            Spec(
                "blind-attack.lyapunov",
                uses=(*REGULAR, "blind-attack.loss"),
                lines=(*COMMUTES, *PARTS, Sum(GROWS, _losses("e_t", "v_t", "z_t"))),
            ),
            Spec(
                "blind-attack.settles",
                claim="(2 - gamma) P C_inv >= 0",
                part="own",
                uses=REGULAR,
                lines=(*COMMUTES, *PARTS, Sum("(2 - gamma) P C_inv >= 0", (("1", ("gamma below 2", "own"), "1"),))),
            ),
            Spec(
                "blind-attack.settles",
                claim="P P (1 - P) C_inv >= 0",
                part="shift",
                uses=REGULAR,
                lines=(*COMMUTES, *PARTS),
            ),
            _in_a_turn("now", "next"),
            _in_a_turn("next", "last"),
            Spec(
                "blind-attack.settles",
                "form 2",
                uses=REGULAR,
                reduction=LYAPUNOV,
                lines=(*COMMUTES, *PARTS, Sum("R >= 0", (("1", ("gamma > 0", "own"), "gamma_inv"),))),
            ),
            Spec(
                "blind-attack.settles",
                "loses",
                uses=(*REGULAR, "blind-attack.settles/lost now"),
                reduction=LYAPUNOV,
                lines=(
                    *COMMUTES,
                    *PARTS,
                    Sum(
                        "now_1' now_1 + now_2' R now_2 - next_1' next_1 - next_2' R next_2 >= 0",
                        _losses("now_1", "B now_1", "now_2"),
                    ),
                ),
            ),
            Spec(
                "blind-attack.settles",
                "strict 1",
                uses=(*REGULAR, "blind-attack.settles/lost now"),
                reduction=LYAPUNOV,
                facts=ROOTS,
                lines=_kept("now", "premise 5"),
            ),
            Spec(
                "blind-attack.settles",
                "strict 2",
                uses=(*REGULAR, "blind-attack.settles/lost next"),
                reduction=LYAPUNOV,
                facts=ROOTS,
                lines=(*_kept("next", "premise 6"), "P now_2 = 0", "P_inv P now_2 = 0", "now_2 = 0"),
            ),
            *(
                Spec(f"blind-attack.{part}", goal, reduction=Jury(), lines=(Sum(claim, terms),))
                for part, goal, claim, terms in JURY
            ),
        ),
        needed=(
            Needed(("e", "z", "loss"), "P invertible", UNREACHED, (shift_cancels_the_push,)),
            Needed(("lyapunov",), "P invertible", UNREACHED, (shift_cancels_the_push,)),
            Needed(("settles",), "P invertible", UNREACHED),
            Needed(("weight",), "p at most 1", {"p": 3, "gamma": Fraction(3, 2)}),
            Needed(("weight",), "p positive", {"p": 0, "gamma": 1}),
            Needed(("weight",), "gamma below 2", {"p": 1, "gamma": 3}),
            Needed(("corner",), "p at most 1", {"p": 3, "gamma": 1}),
            Needed(("corner", "determinant"), "p positive", {"p": -HALF, "gamma": 1}),
            Needed(("corner", "determinant"), "gamma below 2", {"p": HALF, "gamma": Fraction(5, 2)}),
            Needed(("determinant",), "p at most 1", {"p": 2, "gamma": 1}),
            Needed(("regular",), "S_W psd", two(-2, HALF, gamma=HALF)),
            Needed(("regular",), "P at most 1", two(2, HALF, gamma=Fraction(3, 2))),
            Needed(("regular",), "gamma below 2", two(HALF, HALF, gamma=3)),
            Needed(("loss",), "C invertible", two(HALF, HALF, w_t=[1], s=[1], gamma=3), (weight_exists,)),
            Needed(("lyapunov", "settles"), "S_W psd", two(-HALF, 0, w_t=[1], s=[0], gamma=1)),
            Needed(
                ("lyapunov", "settles"),
                "P at most 1",
                two(Fraction(3, 2), Fraction(1, 10), w_t=[0], s=[Fraction(31, 30)], gamma=1),
            ),
            Needed(("lyapunov",), "gamma below 2", two(HALF, 0, w_t=[1], s=[1], gamma=Fraction(5, 2))),
            Needed(("settles",), "gamma below 2", two(1, HALF, gamma=2)),
            Needed(("lyapunov", "settles"), "B^2 at most 1", two(HALF, 3, w_t=[1], s=[-5], gamma=1)),
            Needed(("step-bound",), "p below 2", {"p": 3, "b": -1}, (gain_and_step_settle,)),
            Needed(("step-bound",), "b at most 1 in modulus", {"p": Fraction(3, 2), "b": -3}, (gain_and_step_settle,)),
        ),
        unneeded=(
            Unneeded(("e", "z", "loss"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("regular", "lyapunov", "settles"), (psd(S_U),), "B^2 <= I says all that is used of the victim"),
            Unneeded(("regular",), (invertible(P),), "C is positive definite all the same"),
            Unneeded(
                ("step-bound",), (relation(symbols.p > 0, "p positive"),), "the condition implies it: 1 - tr + det = p"
            ),
        ),
        claims=(
            Claim(
                "blind-attack-in-the-box",
                "this project's own first reading; true for steps up to 1/lambda_max",
                steep_attacker,
                "p = 3/2, b = 9/10: the joint map has trace -19/20 and determinant -9/20, so an eigenvalue below -1",
                says=lambda formula: formula.says,
                given=(psd(S_W), below(P, 2), invertible(P), psd(S_U), below(Q, 2), relation(Eq(gamma, 1), "gain 1")),
                of="blind-attack.settles",
                inputs=two(Fraction(3, 2), Fraction(1, 10), w_t=[0], s=[0], gamma=1),
            ),
            Claim(
                "blind-attack-any-gain",
                "closed version of the bound",
                gain_two,
                "p = 1/2, q = 2, gain 2: a part of the attacker's error changes sign for ever",
                says=lambda formula: formula.says,
                given=(
                    psd(S_W),
                    below(P, 1, strict=False),
                    invertible(P),
                    relation(gamma <= 2, "gamma at most 2"),
                    relation(Loewner(B * B, I), "B^2 at most 1"),
                ),
                of="blind-attack.settles",
                inputs=two(HALF, 2, w_t=[0], s=[0], gamma=2),
            ),
        ),
    ),
)
