"""Evidence for section 11: any number of agents, in a cycle and all at once, each move through its attention layer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from sympy import BlockMatrix, Ne, ZeroMatrix

from numerics import Interaction
from numerics.agents.relay import Relay
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, linear_part, scalar_agent, seen, targeted
from proofs_check.instruments.at_rest import Inputs, Turn, acting, array, rest
from proofs_check.instruments.companies import around, company
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exactly, ints, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, two
from proofs_check.proving.facts import Square
from proofs_check.proving.limits import PowersVanish
from proofs_check.proving.specification import FROZEN, SQUARES, Root, Spec, Sum
from theory.derivation.assumptions import commute, invertible, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import THIS
from theory.families.equilibrium import turned
from theory.families.many_agents import KEPT, S_all
from theory.language.predicates import Implies, Settles
from theory.language.symbols import S_U, S_V, S_W, A, B, I, P, Q, d, eta_V, u_star, v_star, w_inf, w_star

__all__ = ["THEOREMS"]


def taking_turns_at_once() -> Case:
    """Two agents without an example along the second axis, which start apart along it, exchange what they have."""
    X = ints([1, 0])
    agents = declaring(X, ints(1, 0), Fraction(1, 2)), declaring(X, ints(2, 0), Fraction(1, 2))
    both = Interaction(*agents, order="simultaneous")
    run = both.simulate(ints([0, 0], [0, 1]), 4, method="attention")
    return Case(
        {"X_W": X, "X_U": X, "w": run.w, "u": run.u},
        [
            Relation("in turns they converge from every start", bool(Interaction(*agents).converges()), True),
            Relation("W's second weight goes to and fro", run.w[:, 1], ints(0, 1, 0, 1, 0)),
            Relation("at once they do not converge from every start", bool(both.converges()), False),
        ],
    )


def one_wins_among_three() -> Case:
    """Two agents push a third to either side, so that it rests on its target, which none of them agrees with."""
    half = Fraction(1, 2)
    agents = scalar_agent(half, 0), scalar_agent(half, 1), scalar_agent(half, -half)
    found = Interaction(*agents).equilibrium()
    return Case(
        {"p": half, "targets": [0, 1, -half]},
        [
            Relation("the first rests on its target", found.residuals[0], 0),
            Relation("the second does not", found.residuals[1], 0, "!="),
            Relation("the third does not", found.residuals[2], 0, "!="),
        ],
    )


def commuting_neighbours() -> Case:
    """Three agents on a line: their step matrices commute, and yet who moves first changes where the third rests."""
    half = Fraction(1, 2)
    w, u, third = (scalar_agent(half, target) for target in (0, 1, 0))
    ends = [Interaction(third, *order).equilibrium().w for order in ((u, w), (w, u))]
    return Case(
        {"p": half, "targets": [0, 1, 0]},
        [
            Relation("with U first", ends[0], Fraction(1, 7)),
            Relation("with W first", ends[1], Fraction(2, 7)),
        ],
    )


def one_rest_of_all(formula: Any, x: Inputs) -> str | None:
    """The agents have exactly one state of rest together."""
    del formula
    moves, answered = acting(array(x["eta"]) * array(x["S_all"]), array(x["theta"])), array(x["Omega"])
    found = rest(Turn(moves.d, lambda state: moves.update(answered @ state)))
    return None if found.states == 1 else str(found)


def one_rest_of_a_round(formula: Any, x: Inputs) -> str | None:
    """There is exactly one state that a round leaves: the others move, then W; or W, U and the others."""
    P = array(x["eta_W"]) * array(x["S_W"])
    agents = [acting(P, array(x["w_star"]))]
    T, c = array(x["T_others"]), array(x["c_others"])

    def turn(state: Any) -> Any:
        if "S_U" not in x:
            return agents[0].update(T @ state + c)
        other = acting(array(x["eta_U"]) * array(x["S_U"]), array(x["u_star"]))
        return T @ other.update(agents[0].update(state)) + c

    found = rest(Turn(len(P), turn))
    return None if found.states == 1 else str(found)


def _rest_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng)
    inputs, cycle = drawn.arguments(), drawn.taking_turns()
    found = cycle.equilibrium(allow_missing=True)
    if not (found.exists and found.unique):
        return Case(drawn.shown(), [])
    at_once = drawn.taking_turns("simultaneous").equilibrium()
    states, before = found.states, np.roll(found.states, 1, axis=0)
    moved = np.stack([a.update(w) for a, w in zip(drawn.agents, before, strict=True)])
    first, *others = drawn.agents
    bias = {"S_W": first.prompt.gram, "eta_W": first.step_size, "w_star": first.target}
    bias |= around(tuple(others), drawn.d)
    last = others.pop()
    pushed = {"S_U": last.prompt.gram, "eta_U": last.step_size, "u_star": last.target, "w_star": first.target}
    pushed |= around(tuple(others), drawn.d)
    return Case(
        drawn.shown(),
        [
            Relation("each layer moves what its agent hears to where it rests", moved, states),
            Relation(
                "weights of all = formula", exactly(formulas["cycle-equilibrium.states"], inputs), states.reshape(-1)
            ),
            Relation("all at once rest at the same weights", at_once.states, states),
            Relation(
                "residuals of all = formula",
                exactly(formulas["cycle-equilibrium.residual"], inputs),
                found.residuals.reshape(-1),
            ),
            Relation("one state: formula", bool(formulas["cycle-equilibrium.unique"].exact(**inputs)), True),
            Relation(
                "residual of the first = formula", exactly(formulas["cycle-equilibrium.bias"], bias), found.residual_w
            ),
            Relation(
                "what the others do to its target = formula",
                exactly(formulas["cycle-equilibrium.push"], pushed),
                Relay(*drawn.agents[1:]).update(first.target) - first.target,
            ),
        ],
    )


def _settles_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng, most=4)
    cycle, at_once = drawn.taking_turns(), drawn.taking_turns("simultaneous")
    found = cycle.equilibrium(allow_missing=True)
    if not (found.exists and found.unique):
        return Case(drawn.shown(), [])
    first, *others = drawn.agents
    one = {"S_W": first.prompt.gram, "eta_W": first.step_size, "w_star": first.target, "w_inf": found.w}
    one |= around(tuple(others), drawn.d)
    formula = formulas["cycle-equilibrium.settles"]
    contracts = satisfied(formula, one)
    relations = [
        Relation("a round contracts = the simulated cycle converges", contracts, bool(cycle.converges())),
        Relation("and so it does where all move at once", contracts, bool(at_once.converges())),
    ]
    if contracts:
        relations.append(Relation("the cycle leads there: formula", bool(formula.exact(**one)), True))
    return Case(drawn.shown(), relations)


def _at_once_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng, most=3)
    at_once = drawn.taking_turns("simultaneous")
    found = at_once.equilibrium(allow_missing=True)
    if not (found.exists and found.unique):
        return Case(drawn.shown(), [])
    inputs = drawn.arguments() | {"x_inf": found.states.reshape(-1)}
    formula = formulas["simultaneous.settles"]
    contracts = satisfied(formula, inputs)
    relations = [Relation("a round contracts = the simulated one does", contracts, bool(at_once.converges()))]
    if contracts:
        relations.append(Relation("all rest there: formula", bool(formula.exact(**inputs)), True))
    return Case(drawn.shown(), relations)


def _two_at_once(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng)
    inputs = pair.arguments()
    starts = np.stack([pair.w_0, rationals(rng, pair.d)])
    run = Interaction(pair.agent_w, pair.agent_u, order="simultaneous").simulate(starts, 2, method="attention")
    given = inputs | {"w_t": starts[0], "u_t": starts[1]}
    both = np.concatenate([pair.X_W, pair.X_U])
    gone = [run.states[0, 0] - starts[1], run.states[0, 1] - starts[0]]
    # What the examples see of a move is all of it: nothing along the common kernel has moved.
    spanned = [seen(both, move) for move in gone]
    frozen = exactly(formulas["simultaneous.kernel"], given)
    return Case(
        pair.shown() | {"starts": starts},
        [
            Relation(
                "W's error after two rounds = formula",
                exactly(formulas["simultaneous.w"], given),
                run.states[1, 0] - inputs["w_star"],
            ),
            Relation(
                "U's error after two rounds = formula",
                exactly(formulas["simultaneous.u"], given),
                run.states[1, 1] - inputs["u_star"],
            ),
            Relation("what neither sees is exchanged", np.stack(spanned), np.stack(gone)),
            Relation("W's share of it = formula", frozen, starts[1] - seen(both, starts[1])),
        ],
    )


def _contracts_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = company(rng, inside=True)
    first, *others = drawn.agents
    around_it = around(tuple(others), drawn.d)
    v = rationals(rng, drawn.d)
    if others and rng.random() < 0.7:  # what the others do not see, or none of all
        blind = others if rng.random() < 0.7 else drawn.agents
        v = v - seen(np.concatenate([one.prompt.X for one in blind]), v)
    given = {"S_W": first.prompt.gram, "eta_W": first.step_size, "T_others": around_it["T_others"]}
    turn = linear_part(lambda w: first.update(around_it["T_others"] @ w + around_it["c_others"]), drawn.d)
    sees = any(np.any(one.prompt.X @ v != 0) for one in drawn.agents)
    return Case(
        drawn.shown() | {"v": v},
        [
            Relation("no length grows: formula", bool(formulas["cycle-contracts.step"].exact(**given)), True),
            Relation("a length stays iff no agent sees it", square(turn @ v) == square(v), not sees),
            Relation("the equivalence", bool(formulas["cycle-contracts.equality"].exact(**given, v=v)), True),
            Relation("a round lengthens nothing", square(turn @ v), square(v), "<="),
            Relation("the cycle converges", bool(drawn.taking_turns().converges()), True),
        ],
    )


def _order_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, drawn = targeted(rng, dimensions=(1, 2, 2)), company(rng)
    w, u = pair.agent_w, pair.agent_u
    others = tuple(one for one in drawn.agents if one.d == pair.d)[:3]
    # The last of all is the first of the list: what a round begins with are its weights.
    rounds = ((u, w, *others), (w, u, *others))
    ends = [Interaction(moves[-1], *moves[:-1]).equilibrium(allow_missing=True) for moves in rounds]
    if not all(end.exists and end.unique for end in ends):
        return Case(pair.shown(), [])
    inputs = pair.arguments() | around(others, pair.d) | {"w_inf": ends[0].w}
    change = exactly(formulas["order-of-moves.difference"], inputs)
    return Case(
        pair.shown() | around(others, pair.d),
        [
            Relation("what the other order changes = formula", change, ends[1].w - ends[0].w),
            Relation("the equivalence", bool(formulas["order-of-moves.same"].exact(**inputs)), True),
        ],
    )


#: Moves before that lengthen nothing, and what the agent leaves of its own edges, as squares.
SIDES = (Square("P", "X", "x"), Square("2 - P", "Z", "z"), Square("1 - T_others' T_others", "Y", "y"))


def _lossless(first: str) -> tuple[str | Root, ...]:
    """From a vector of which a round takes nothing: the `first` square vanishes, of two and twice a third."""
    squares = ["Y v", "Y v", "Z P T_others v", "X (2 - P) T_others v"]
    return (
        "v' (1 - T_others' A A T_others) v = 0",
        "v' (1 - T_others' T_others) v + v' T_others' P (2 - P) T_others v = 0",
        Root(tuple(sorted(squares, key=lambda square: not square.startswith(first)))),
    )


LIMIT = ("fixed", "start", "later")
#: Agents that hear themselves and see nothing; one among others that lead it away.
ADRIFT = {"eta": 1, "S_all": [[0]], "theta": [1], "Omega": [[1]]}
ALONE = {"S_W": [[0]], "eta_W": 1, "w_star": [0], "T_others": [[1]], "c_others": [1]}
#: Two agents that do not see the second weight.
NEITHER_SEES = {name: [[1, 0], [0, 0]] for name in ("S_W", "S_U")} | {"eta_W": HALF, "eta_U": HALF}
#: A third agent.
P_V, A_V, O = eta_V * S_V, I - eta_V * S_V, ZeroMatrix(d, d)
#: Two neighbours among others that halve what they are given.
AMONG = two(HALF, HALF, T_others=[[HALF]], c_others=[0])


def _after(p: Any, t: Any) -> dict[str, Any]:
    """One agent on a line after others."""
    return {"S_W": [[p]], "eta_W": 1, "w_star": [0], "T_others": [[t]], "c_others": [0], "v": [1]}


def _all(p: Any, hears: Any, at_rest: Any) -> dict[str, Any]:
    """Agents of one number together, whose target is 0."""
    return {"S_all": [[p]], "eta": 1, "theta": [0], "Omega": [[hears]], "x_inf": [at_rest]}


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "cycle-equilibrium",
        evidence=(Exact(_rest_exactly), Exact(_settles_exactly, share=0.5, name="exact, limits")),
        certificate=(
            Spec("cycle-equilibrium.unique", "exists", value="M_all_inv P_all theta"),
            Spec(
                "cycle-equilibrium.unique",
                "unique",
                lines=("M_all other = P_all theta", "M_all x_inf = P_all theta", "M_all (other - x_inf) = 0"),
            ),
            *(Spec(f"cycle-equilibrium.{part}") for part in ("states", "residual", "bias", "push")),
            *(Spec("cycle-equilibrium.settles", goal, reduction=PowersVanish()) for goal in LIMIT),
        ),
        needed=(
            Needed(("unique", "states", "residual"), "M_all invertible", ADRIFT, (one_rest_of_all,)),
            Needed(("bias",), "M_round invertible", ALONE, (one_rest_of_a_round,)),
            Needed(("settles",), "a round leaves W at w_inf", _after(1, 0) | {"w_inf": [1]}),
            Needed(("settles",), "A T contracts", _after(0, 2) | {"w_inf": [0]}),
        ),
        unneeded=(
            Unneeded(("unique", "states", "residual"), (psd(S_all),), ALGEBRA),
            Unneeded(("bias", "push", "settles"), (psd(S_W), psd(S_U)), ALGEBRA),
        ),
        claims=(
            Claim(
                "none-wins-among-many",
                "neither-wins, read for three agents: V moves, then U, then W",
                one_wins_among_three,
                "three agents on a line with p = 1/2 and targets 0, 1, -1/2: the first rests at 0",
                says=Ne(w_inf, w_star, evaluate=False),
                given=(
                    relation(equation(w_inf, turned(w_inf - P_V * (w_inf - v_star))), "a round leaves w_inf"),
                    *(invertible(matrix) for matrix in (P, Q, P_V, A, B, A_V)),
                    relation(Ne(u_star, w_star, evaluate=False), "U wants something else"),
                    relation(Ne(v_star, w_star, evaluate=False), "and so does V"),
                ),
                of=PAIR,
                inputs=two(HALF, HALF, w_star=[0], u_star=[-HALF], w_inf=[0])
                | {"S_V": [[HALF]], "eta_V": 1, "v_star": [1]},
            ),
        ),
    ),
    Theorem(
        "cycle-contracts",
        evidence=(Exact(_contracts_exactly),),
        certificate=(
            Spec(
                "cycle-contracts.step",
                lines=(
                    Sum(
                        "1 - T_others' A A T_others >= 0",
                        (
                            ("1", ("T lengthens nothing",), "1"),
                            ("1/2", ("P at most 2",), "P T_others"),
                            ("1/2", ("eta_W > 0", "S_W psd"), "(2 - P) T_others"),
                        ),
                    ),
                ),
            ),
            Spec("cycle-contracts.equality", "if"),
            Spec("cycle-contracts.equality", "only if 1", facts=SIDES, lines=(*_lossless("Y"), "Y' Y v = 0")),
            Spec(
                "cycle-contracts.equality",
                "only if 2",
                facts=SIDES,
                lines=(
                    *_lossless("Z"),
                    "(2 - P) P T_others v = 0",
                    "n2_minus_P_inv (2 - P) P T_others v = 0",
                    "n2_minus_P_inv (2 - P) P T_others v = P T_others v",
                ),
            ),
        ),
        needed=(
            Needed(("step",), "S_W psd", _after(-1, 1)),
            Needed(("step",), "P at most 2", _after(3, 1)),
            Needed(("step",), "T lengthens nothing", _after(0, 2)),
            Needed(("equality",), "S_W psd", _after(-1, HALF)),
            Needed(("equality",), "P below 2", _after(2, 1)),
            Needed(("equality",), "T lengthens nothing", _after(HALF, 2)),
        ),
    ),
    Theorem(
        "order-of-moves",
        evidence=(Exact(_order_exactly),),
        certificate=(
            Spec("order-of-moves.same", "if"),
            Spec("order-of-moves.same", "only if"),
            Spec("order-of-moves.difference"),
        ),
        needed=(
            Needed(("same",), "a round leaves w_inf", AMONG | {"w_inf": [Fraction(2, 7)]}),
            Needed(("difference",), "a round leaves w_inf", AMONG | {"w_inf": [5]}),
            Needed(
                ("difference",),
                "M_swap invertible",
                two(0, 0, T_others=[[1]], c_others=[0], w_inf=[0]),
                (one_rest_of_a_round,),
            ),
        ),
        unneeded=(Unneeded(("same", "difference"), (psd(S_W), psd(S_U), commute(P, Q)), ALGEBRA),),
        claims=(
            Claim(
                "commuting-agents-in-any-order",
                f"reading of {THIS}: moves that commute may change places",
                commuting_neighbours,
                "p = q = 1/2, targets 0 and 1, a third agent with 1/2 and 0: it rests at 1/7, or at 2/7",
                says=lambda formula: formula.says.args[0],
                given=(KEPT, commute(P, Q)),
                of="order-of-moves.same",
                inputs=AMONG | {"w_inf": [Fraction(1, 7)]},
            ),
        ),
    ),
    Theorem(
        "simultaneous",
        evidence=(
            Exact(_at_once_exactly, share=0.5, name="exact, many"),
            Exact(_two_at_once, name="exact, two"),
        ),
        certificate=(
            *(Spec("simultaneous.settles", goal, reduction=PowersVanish()) for goal in LIMIT),
            Spec("simultaneous.w"),
            Spec("simultaneous.u"),
            Spec("simultaneous.kernel", "1", facts=SQUARES, lines=FROZEN),
            Spec("simultaneous.kernel", "2", facts=SQUARES, lines=FROZEN),
        ),
        needed=(
            Needed(("settles",), "all agents rest at x_inf", _all(1, 1, 1)),
            Needed(("settles",), "a round contracts", _all(0, 2, 0)),
            Needed(("kernel",), "S_W psd", two(-1, 1, u_t=[1], w_t=[0])),
            Needed(("kernel",), "S_U psd", two(1, -1, u_t=[0], w_t=[0])),
        ),
        unneeded=(
            Unneeded(("settles",), (psd(S_all),), ALGEBRA),
            Unneeded(("w", "u"), (psd(S_W), psd(S_U)), ALGEBRA),
        ),
        claims=(
            Claim(
                "at-once-as-in-turns",
                "the same equilibrium and the square root of the rate, read as convergence",
                taking_turns_at_once,
                "X_W = X_U = (1, 0): second weights 0 and 1 are exchanged for ever",
                says=Implies(
                    Settles(A * B, A * Q),
                    Settles(BlockMatrix([[O, A], [B, O]]), BlockMatrix([[P, O], [O, Q]])),
                ),
                of=PAIR,
                inputs=NEITHER_SEES,
            ),
        ),
    ),
)
