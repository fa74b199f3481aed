"""A theorem at a user's numbers: its hypotheses measured, and every conclusion against simulated agents.

What a conclusion predicts is evaluated from the formulas of `theory`. What happened comes from agents of `numerics`
alone, which take turns through their attention layers: the names in `SIMULATIONS` say which symbol is simulated how.
A conclusion about anything else (another layer, an attacker, a helper) is not simulated, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

import numpy as np
from sympy import QQ, Equality, GreaterThan, LessThan, StrictGreaterThan, StrictLessThan

from numerics import Interaction, LSAAgent, NumericsError, Prompt
from numerics.validation import Array
from proofs_check.errors import CheckError, InputError
from proofs_check.predictions.rest import formula_inputs, fractions_in
from theory import Formula, Hypotheses, MeasuredHypothesis, Measurement, Statement, TheoryError
from theory.derivation.measure import Measure, measuring, rational_instance, speaks_of
from theory.language import words
from theory.language.nodes import Contracts
from theory.language.predicates import All, Iff, Implies, Settles, TendsTo, Unique
from theory.language.symbols import PRIMITIVES, S_U, S_W, eta_U, eta_W, u_star, w_inf, w_star
from theory.values.dense import Dense
from theory.values.instance import Instance
from theory.values.rounded import EPS, Rounded, RoundedInstance, unfolded

__all__ = [
    "SIMULATIONS",
    "ConclusionCheck",
    "NoSimulationError",
    "TheoremCheck",
    "check_statement",
    "pair_inputs",
]

#: Turns that are simulated where none are given.
TURNS = 16
#: What a theorem about two agents may speak of besides; anything else is not in the simulation.
_PAIR = {"S_W", "S_U", "eta_W", "eta_U", "w_star", "u_star", "w_0", "w_t", "u_t", "w_inf", "u_inf", "t", "rho"}
_MATRICES = ("S_W", "S_U", "eta_W", "eta_U", "w_star", "u_star")
#: Free vectors: a theorem holds for each of them.
_ANY = {"v", "h"}

Outcome = Literal["agrees", "differs", "undecidable", "not claimed", "not simulated"]
#: An agreement that is explained by more rounding than this shows nothing.
TELLING = 1e-6


@dataclass(frozen=True)
class ConclusionCheck:
    """One conclusion of a theorem at given numbers.

    Attributes
    ----------
    id : str
    says : str
        The conclusion in plain text.
    word : {"agrees", "differs", "undecidable", "not claimed", "not simulated"}
        Whether the simulation agrees with it up to rounding. It is not claimed where a hypothesis fails, and
        undecidable where rounding could explain anything.
    predicted, simulated : ndarray, float, str or None
        Both sides of an equation or a bound; of anything else, whether it should and does hold.
    difference : float
        Norm of the difference of both; NaN where there is none.
    note : str
    exact : bool
        Whether both sides were found equal as rationals: a difference of 0 between floats is no equality.
    """

    id: str
    says: str
    word: Outcome
    predicted: Any = None
    simulated: Any = None
    difference: float = float("nan")
    note: str = ""
    exact: bool = False

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The row of the table."""
        difference = "" if np.isnan(self.difference) else f"{self.difference:.1e}"
        word = f"{self.word} ({self.note})" if self.note else self.word
        return self.says, _short(self.predicted), _short(self.simulated), difference, word


@dataclass(frozen=True)
class TheoremCheck:
    """A theorem at given numbers; prints as two tables. Truthy when something agrees and nothing differs.

    Attributes
    ----------
    id, title : str
    hypotheses : Hypotheses
    conclusions : tuple of ConclusionCheck
    """

    id: str
    title: str
    hypotheses: Hypotheses
    conclusions: tuple[ConclusionCheck, ...]

    HEADINGS = ("conclusion", "predicted", "simulated", "difference", "outcome")

    def __bool__(self) -> bool:
        words = {conclusion.word for conclusion in self.conclusions}
        return "agrees" in words and "differs" not in words

    def __getitem__(self, id_: str) -> ConclusionCheck:
        found = {conclusion.id: conclusion for conclusion in self.conclusions}
        if id_ not in found:
            raise InputError(f"{self.id} has no conclusion {id_!r}; it has {', '.join(found)}")
        return found[id_]

    def __str__(self) -> str:
        lines = [self.HEADINGS, *(conclusion.cells for conclusion in self.conclusions)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.HEADINGS))]
        table = "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
        return f"{self.id}: {self.title}\n\n{self.hypotheses}\n\n{table}"

    def _repr_markdown_(self) -> str:
        lines = [self.HEADINGS, ("---",) * 5, *(conclusion.cells for conclusion in self.conclusions)]
        table = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        return f"**{self.title}**\n\n{self.hypotheses._repr_markdown_()}\n\n{table}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str | bool | np.bool_):
        return str(value).lower()
    flat = np.ravel(value)
    shown = ", ".join(f"{x:.5g}" for x in flat[:3])
    if flat.size == 1:
        return shown
    return f"({shown}{', …' if flat.size > 3 else ''})"


@dataclass
class Simulated:
    """Two agents of `numerics`, and where they start: what the symbols of a theorem come to when they take turns."""

    agent_w: LSAAgent
    agent_u: LSAAgent
    given: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def pair(self) -> Interaction:
        """Both agents."""
        return Interaction(self.agent_w, self.agent_u)

    def start(self, name: str) -> Array:
        """A vector that was given, or zeros; exact for exact agents."""
        given = np.asarray(self.given.get(name, np.zeros(self.pair.d)))
        return _fractions(given) if self.pair.exact else np.asarray(given, dtype=np.float64)

    @cached_property
    def turns(self) -> int:
        """How many turns."""
        return int(self.given.get("t", TURNS))

    @cached_property
    def rest(self) -> Any:
        """The state of rest that belongs to the start, found by elimination in the agents' own maps."""
        return self.pair.equilibrium(self.start("w_0"), allow_missing=True)

    @cached_property
    def _least(self) -> float:
        """How strongly a turn restores what it moves at all: the least singular value that counts."""
        values = np.linalg.svd(self.pair.turn_map.displacement, compute_uv=False)
        kept = values[values > self.pair.size * EPS * values[0]] if values.size else values
        return float(kept.min(initial=np.inf))

    def moved(self, *states: Array, turns: int = 1) -> float:
        """What rounding does to states that came out of so many moves."""
        maps = self.pair.maps
        if maps is None:
            raise NoSimulationError("an agent has no affine update")
        if self.pair.exact:
            return 0.0
        p, q = (float(np.linalg.norm(affine.displacement, 2)) for affine in maps)
        offsets = sum(float(np.linalg.norm(affine.offset)) for affine in maps)
        size = max(float(np.linalg.norm(state)) for state in states)
        growth = max(1.0, float(np.linalg.norm(self.pair.turn_map.matrix, 2))) ** min(turns, 64)
        return 16 * self.pair.size * EPS * (1 + p) * (1 + q) * (size + offsets) * turns * growth

    def resting(self) -> float:
        """What rounding does to the state of rest."""
        if self.pair.exact:
            return 0.0
        return self.moved(self.rest.w, self.rest.u) * max(1.0, 1 / self._least)

    @cached_property
    def last(self) -> Any:
        """The state after `turns` turns, each move through its attention layer."""
        return self.pair.simulate(self.start("w_0"), self.turns, method="attention", keep="last")


#: A state that agents came to, exact or in floats, and what rounding may have done to it.
State = tuple[Array, float]


def _column(state: State) -> Rounded:
    column = np.asarray(state[0], dtype=np.float64)[:, None]
    return Rounded(column, state[1], float(np.linalg.norm(column)))


def _fractions(values: Any) -> Array:
    """Numbers as the rationals that they are."""
    array = np.asarray(values)
    exact = np.empty(array.size, dtype=object)
    exact[:] = [Fraction(x) for x in array.ravel().tolist()]
    return exact.reshape(array.shape)


def _dense(values: Array) -> Dense:
    return Dense.from_rows([[QQ(x.numerator, x.denominator)] for x in values.tolist()], QQ)


def _moved(x: Simulated, name: str, of: Collection[str]) -> State:
    """One turn: from W's iterate U moves first, from U's iterate W does."""
    if "u_t" in of:
        states = [x.start("u_t")]
        order = [x.agent_w, x.agent_u]
    else:
        states = [x.start("w_t")]
        order = [x.agent_u, x.agent_w]
    for agent in order:
        states.append(agent.update(states[-1]))
    mover = x.agent_u if name.startswith("u") else x.agent_w
    return states[1 + order.index(mover)], x.moved(*states)


def _after(x: Simulated, name: str, of: Collection[str]) -> State:
    w = x.last.w_last
    u = x.agent_u.update(w)
    value = w - x.start("w_star") if name == "e_t" else u - x.start("u_star")
    return value, x.moved(w, u, x.start("w_0"), turns=x.turns + 1)


def _at_rest(x: Simulated, name: str, of: Collection[str]) -> State:
    if not bool(x.rest.exists):
        raise NoSimulationError("the pair has no state of rest")
    return (x.rest.w if name == "w_inf" else x.rest.u), x.resting()


#: By the name of a symbol: how agents of `numerics` come by its value. The third argument has the names that the
#: symbol is defined from.
SIMULATIONS: dict[str, Callable[[Simulated, str, Collection[str]], State]] = {
    "u_turn": _moved,
    "u_next": _moved,
    "w_next_turn": _moved,
    "e_t": _after,
    "f_t": _after,
    "w_inf": _at_rest,
    "u_inf": _at_rest,
}


class NoSimulationError(CheckError):
    """Why a conclusion is not simulated."""


def pair_inputs(w: LSAAgent, u: LSAAgent) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the inputs that two agents give to the theorems about them, and the relative rounding of each.

    Parameters
    ----------
    w, u : LSAAgent
        One pair, with step sizes.

    Returns
    -------
    inputs : dict
        Gram matrices, step sizes, targets.
    errors : dict
        A target that was computed from examples is off by their condition.
    """
    inputs: dict[str, Any] = {}
    errors: dict[str, float] = {}
    for name, agent in (("W", w), ("U", u)):
        prompt = agent.prompt
        X = np.asarray(prompt.X, dtype=np.float64)
        values = np.linalg.svd(X, compute_uv=False)
        wide = max(X.shape) * EPS
        kept = values[values > wide * values[0]]
        inputs[f"S_{name}"] = np.asarray(prompt.gram, dtype=np.float64)
        inputs[f"eta_{name}"] = float(np.asarray(agent.step_size, dtype=np.float64))
        target = f"{name.lower()}_star"
        inputs[target] = np.asarray(agent.target, dtype=np.float64)
        errors[f"S_{name}"] = wide
        errors[target] = wide * float(values[0] / kept.min()) if kept.size else wide
    return inputs, errors


def _agent(name: str, given: Prompt | LSAAgent, step: float | None) -> LSAAgent:
    """Return one agent with a step size."""
    if isinstance(given, LSAAgent):
        if given.step_size is None:
            raise InputError(f"{name}: the agent has a layer of its own; the theorems here are about step sizes")
        if step is not None:
            raise InputError(f"{name}: the agent has a step size already; give eta for prompts only")
        agent = given
    else:
        if step is None:
            raise InputError(f"{name}: a prompt needs a step size; pass eta=, or eta_{name.upper()}=")
        if given.exact and isinstance(step, float):
            given = Prompt(given.X.astype(np.float64), given.y.astype(np.float64))
        agent = LSAAgent(given, step)
    if agent.batch_shape:
        raise InputError(f"{name}: a batch of shape {agent.batch_shape}; a theorem is checked at one pair")
    return agent


def _of_arrays(given: Mapping[str, Any]) -> tuple[LSAAgent, LSAAgent] | str:
    """Return agents with these Gram matrices and targets, or what is missing."""
    missing = [name for name in _MATRICES if name not in given]
    if missing:
        return f"no agents: {', '.join(missing)} not given"
    agents = []
    for name in "WU":
        gram = np.asarray(given[f"S_{name}"], dtype=np.float64)
        values, vectors = np.linalg.eigh((gram + gram.T) / 2)
        noise = len(values) * EPS * float(np.abs(values).max(initial=0.0))
        if float(values.min(initial=0.0)) < -noise:
            return f"no agents: S_{name} has a negative eigenvalue, so no prompt has this Gram matrix"
        X = np.sqrt(len(values) * np.where(values > noise, values, 0.0))[:, None] * vectors.T
        prompt = Prompt.from_target(X, np.asarray(given[f"{name.lower()}_star"], dtype=np.float64))
        agents.append(LSAAgent(prompt, float(given[f"eta_{name}"])))
    return agents[0], agents[1]


def check_statement(
    statement: Statement,
    *,
    w: Any = None,
    u: Prompt | LSAAgent | None = None,
    eta: Any = None,
    grams: Collection[str] = (),
    rounded: Collection[str] = (),
    **arrays: Any,
) -> TheoremCheck:
    """Measure the hypotheses of a theorem at given numbers, and compare its conclusions with simulated agents.

    Parameters
    ----------
    statement : Statement
        The theorem.
    w, u : Prompt or LSAAgent, optional
        Both agents. (As an array, `w` is the iterate of the theorems about one agent.)
    eta : float, optional
        Step size of both prompts; ``eta_W`` and ``eta_U`` give one each.
    grams : collection of str, optional
        Names of Gram matrices in `arrays` that were computed from examples.
    rounded : collection of str, optional
        Names of step sizes of exact agents that are known to double precision only.
    **arrays : array_like
        Inputs by name. Those of the pair, unless `w` and `u` give them; ``w_0``, ``w_t``, ``u_t`` (zeros by default)
        and ``t`` (16) say where the simulation starts and how long it is; others as the hypotheses need them.

    Raises
    ------
    InputError
        An input that is unknown, missing, mis-shaped or not finite; one agent without the other.
    """
    given = dict(arrays)
    pair: tuple[LSAAgent, LSAAgent] | str
    errors: dict[str, float] = {}
    rationals: dict[str, Any] | None = None
    if isinstance(w, Prompt | LSAAgent) or u is not None:
        if not (isinstance(w, Prompt | LSAAgent) and isinstance(u, Prompt | LSAAgent)):
            raise InputError(f"{statement.id}: give both agents, w= and u=, each a Prompt or an LSAAgent")
        twice = [name for name in ("S_W", "S_U", "w_star", "u_star") if name in given]
        if twice:
            raise InputError(f"{statement.id}: {twice[0]} is given twice: by the agents, and as an array")
        if eta is not None and (also := [name for name in ("eta_W", "eta_U") if name in given]):
            raise InputError(f"{statement.id}: eta is the step of both prompts, and {also[0]} is given too; give one")
        steps = [given.pop(f"eta_{name}", eta) for name in "WU"]
        pair = _agent("w", w, steps[0]), _agent("u", u, steps[1])
        inputs, errors = pair_inputs(*pair)
        if pair[0].exact and pair[1].exact:
            rationals = formula_inputs(*pair)
        given |= inputs
        grams = {"S_W", "S_U", *grams} if isinstance(grams, list | tuple | set | frozenset) else grams
    else:
        given |= {name: value for name, value in (("w", w), ("eta", eta)) if value is not None}
        pair = "no agents"
    # Names, shapes and entries, before anything is made of them.
    measuring(statement.id, tuple(name for name in PRIMITIVES if name in given), (), given, {})
    unknown = [name for name in given if name not in PRIMITIVES and name not in ("n", "d", "k")]
    if unknown:
        measuring(statement.id, (), (), given, {})
    if isinstance(pair, str):
        pair = _of_arrays(given)
    if not isinstance(pair, str):
        d = pair[0].d
        given = {"w_0": np.zeros(d), "w_t": np.zeros(d), "u_t": np.zeros(d), "t": TURNS} | given
    if rationals is not None:
        rationals = {name: _fractions(value) for name, value in given.items()} | rationals
    simulated = pair if isinstance(pair, str) else Simulated(*pair, given | (rationals or {}))
    known, absent = dict(given), set()
    if isinstance(simulated, Simulated):
        rest = _rest_of(simulated, given)
        known |= {name: np.asarray(value, dtype=np.float64) for name, value in rest.items()}
        rationals = None if rationals is None else rationals | rest
        absent = {"w_inf", "u_inf"} - set(known)
    plain = None if rationals is None else {name: np.asarray(value).tolist() for name, value in rationals.items()}
    hypotheses = statement.measure(grams=grams, errors=errors, absent=absent, rationals=plain, rounded=rounded, **known)
    if isinstance(simulated, Simulated) and "w_inf" not in given:
        hypotheses = replace(hypotheses, rows=tuple(_rested(statement, row) for row in hypotheses.rows))
    inputs_ = _Inputs(given, grams, errors, plain)
    checks = tuple(_concluded(f, hypotheses, simulated, inputs_) for f in statement.conclusions)
    return TheoremCheck(statement.id, statement.title, hypotheses, checks)


@dataclass(frozen=True)
class _Inputs:
    """What a conclusion is evaluated on: floats by name, what is known of them, the same as rationals if exact."""

    values: Mapping[str, Any]
    grams: Collection[str]
    errors: Mapping[str, float]
    rationals: Mapping[str, Any] | None


def _rest_of(simulated: Simulated, given: Mapping[str, Any]) -> dict[str, Any]:
    """The state of rest, for hypotheses that speak of it."""
    try:
        if not bool(simulated.rest.exists):
            return {}
    except NumericsError:
        return {}
    found = {"w_inf": simulated.rest.w, "u_inf": simulated.rest.u}
    return {name: value for name, value in found.items() if name not in given}


def _rested(statement: Statement, row: MeasuredHypothesis) -> MeasuredHypothesis:
    """That a turn leaves the state of rest alone holds of it by construction, up to the rounding with which it came."""
    says = row.assumption.says
    if row.word != "undecidable" or not isinstance(says, Equality) or not getattr(says.lhs, "is_MatrixExpr", False):
        return row
    formula = next(f for f in statement.conclusions if row.assumption in f.assumptions)
    u_moved = eta_U * S_U * (w_inf - u_star)
    moved = eta_W * S_W * (w_inf - u_moved - w_star) + u_moved
    gap = unfolded(says.lhs - says.rhs, dict(formula.unfold))
    if not (gap.shape == moved.shape and (words.equal(gap, moved) or words.equal(gap, -moved))):
        return row
    return replace(row, measurement=replace(row.measurement, word="holds", note="the state where the agents rest"))


def _concluded(formula: Formula, hypotheses: Hypotheses, simulated: Simulated | str, given: _Inputs) -> ConclusionCheck:
    word = hypotheses.word_for(formula.id)
    if word == "fails":
        failing = [row.assumption.plain for row in hypotheses.of(formula.id) if row.word == "fails"]
        return ConclusionCheck(formula.id, formula.plain, "not claimed", note=f"it fails that {'; '.join(failing)}")
    try:
        found = _compared(formula, simulated, given)
    except (NoSimulationError, NumericsError) as error:
        return ConclusionCheck(formula.id, formula.plain, "not simulated", note=str(error))
    except TheoryError as error:
        return ConclusionCheck(formula.id, formula.plain, "undecidable", note=str(error))
    if word == "undecidable" and found.word != "not simulated":
        open_ = [row.assumption.plain for row in hypotheses.of(formula.id) if row.word == "undecidable"]
        word_: Outcome = "undecidable" if found.word == "differs" else found.word
        return replace(found, word=word_, note=f"whether it is claimed is undecidable: {'; '.join(open_)}")
    return found


def _compared(formula: Formula, simulated: Simulated | str, given: _Inputs) -> ConclusionCheck:
    says, definitions = formula.says, dict(formula.unfold)
    if says is None:
        raise NoSimulationError("a notation")
    if isinstance(simulated, str):
        raise NoSimulationError(simulated)
    foreign = _foreign(formula)
    if foreign:
        raise NoSimulationError(f"the simulated pair has no {', '.join(sorted(foreign))}")
    states: dict[Any, State] = {}
    wanted = _reached(says, definitions)
    for symbol in sorted(wanted, key=str):
        how = SIMULATIONS.get(symbol.name)
        # A start that was given, or an error that is defined from one, is no outcome.
        if how is None or symbol.name in given.values or (symbol.name in ("e_t", "f_t") and symbol in definitions):
            continue
        of = {x.name for x in unfolded(definitions.get(symbol, symbol), definitions).free_symbols}
        states[symbol] = how(simulated, symbol.name, of)
    used = [symbol.name for symbol in states]
    names = {symbol.name for symbol in wanted}
    absent = names & set(PRIMITIVES) - set(given.values) - set(used) - {"rho"}
    if absent & _ANY:
        raise NoSimulationError(f"it holds for every {', '.join(sorted(absent & _ANY))}; pass one")
    needed = tuple(name for name in PRIMITIVES if name in names and name not in used)
    base = measuring(formula.id, needed, (), given.values, {}, errors=given.errors)
    columns = {symbol.name: _column(state) for symbol, state in states.items()}
    measure = Measure(
        RoundedInstance(base.at.sizes, base.at.given | columns, definitions, given.errors),
        frozenset(given.grams),
        _exact_instance(formula, needed, given, states),
    )
    return _outcome(formula, says, measure, simulated, used)


def _exact_instance(
    formula: Formula, needed: Collection[str], given: _Inputs, states: Mapping[Any, State]
) -> Instance | None:
    """The exact inputs, what exact agents came to, and what is defined from them."""
    if given.rationals is None:
        return None
    inputs = {name: given.rationals[name] for name in needed if name in given.rationals}
    defined = {symbol: expr for symbol, expr in formula.unfold if symbol not in states}
    instance = rational_instance(formula.id, inputs, defined)
    instance.values |= {symbol: _dense(state) for symbol, (state, _) in states.items()}
    return instance


def _reached(expr: Any, definitions: Mapping[Any, Any]) -> set[Any]:
    """Every symbol that an expression speaks of, down to the inputs; a simulated one is an end."""
    found: set[Any] = set()
    stack = list(speaks_of(expr))
    while stack:
        symbol = stack.pop()
        if symbol not in found:
            found.add(symbol)
            ends = symbol.name in SIMULATIONS and symbol.name not in ("e_t", "f_t")
            if symbol in definitions and not ends:
                stack += definitions[symbol].free_symbols
    return found


def _foreign(formula: Formula) -> set[str]:
    """Names of inputs in a formula's derivation that the simulated pair does not have."""
    spoken = {x for step in formula.derivation if step.kind == "definition" for x in step.equation.free_symbols}
    spoken |= speaks_of(formula.says)
    names = {x.name for x in spoken} & set(PRIMITIVES)
    return names - _PAIR - _ANY


def _outcome(formula: Formula, says: Any, measure: Measure, simulated: Simulated, used: list[str]) -> ConclusionCheck:
    word: Outcome
    sides = _sides(says)
    if sides is not None and used:
        found = measure(says)
        left, right = (_value(measure, side) for side in sides)
        off = float(np.linalg.norm(np.ravel(np.subtract(left, right))))
        word = "differs" if found.word == "fails" else "agrees"
        if word == "agrees" and not found.slack <= TELLING:
            return ConclusionCheck(
                formula.id, formula.plain, "undecidable", right, left, off, "rounding could explain any difference"
            )
        exact = found.note == "exactly" and isinstance(says, Equality) and word == "agrees"
        return ConclusionCheck(formula.id, formula.plain, word, right, left, off, exact=exact)
    if isinstance(says, TendsTo) and (tends := _tends(says, measure, simulated)):
        claimed, end, slack = tends
        off = float(np.linalg.norm(end - claimed))
        word = "agrees" if off <= slack else "differs"
        exact = word == "agrees" and simulated.pair.exact and measure.rationals is not None
        return ConclusionCheck(formula.id, formula.plain, word, claimed, end, off, exact=exact)
    happens = _happens(says, measure, simulated, used)
    if happens is None:
        found = measure(says)
        note = "no agent takes part in it; by its formulas it " + found.word.replace(
            "undecidable", "holds up to rounding"
        )
        return ConclusionCheck(formula.id, formula.plain, "not simulated", note=note)
    expected, seen = happens
    said: dict[Any, str] = {True: "holds", False: "fails", None: "undecidable"}
    word = "undecidable" if None in (expected, seen) else "agrees" if expected == seen else "differs"
    note = f"both sides {'hold' if expected else 'fail'}" if isinstance(says, Iff) and word == "agrees" else ""
    return ConclusionCheck(formula.id, formula.plain, word, said[expected], said[seen], note=note)


def _value(measure: Measure, side: Any) -> Any:
    """One side of a relation as a number, a vector or a matrix of floats."""
    if measure.rationals is not None:
        with suppress(TheoryError):
            dense = measure.rationals(side)
            value = np.array([float(x) for x in dense.to_sympy()]).reshape(dense.shape)
            if not getattr(side, "is_MatrixExpr", False):
                return float(value[0, 0])
            return value[:, 0] if value.shape[1] == 1 else value
    found = measure.at(side)
    if found.is_number:
        return found.number
    return found.value[:, 0] if found.value.shape[1] == 1 else found.value


def _sides(says: Any) -> tuple[Any, Any] | None:
    if isinstance(says, Equality | LessThan | StrictLessThan | GreaterThan | StrictGreaterThan):
        return says.lhs, says.rhs
    return None


def _happens(
    says: Any, measure: Measure, simulated: Simulated, used: list[str]
) -> tuple[bool | None, bool | None] | None:
    """What is expected of a predicate and what agents do; None where they do not show it."""
    if isinstance(says, Iff):
        first, second = (_seen(part, measure, simulated, used) for part in says.args)
        if first is None and second is None:
            return None
        expected = _truth(measure(says.args[1])) if second is None else second[0]
        return expected, _truth(measure(says.args[0])) if first is None else first[0]
    if isinstance(says, Implies):
        shown = _seen(says.args[1], measure, simulated, used)
        premise = _truth(measure(says.args[0]))
        if shown is None:
            return None
        return (True if premise else shown[0] if premise is False else None), shown[0]
    seen = _seen(says, measure, simulated, used)
    return None if seen is None else (True, seen[0])


def _truth(found: Measurement) -> bool | None:
    return {"holds": True, "fails": False}.get(found.word)


def _seen(says: Any, measure: Measure, simulated: Simulated, used: list[str]) -> tuple[bool | None] | None:
    """Whether agents do what a predicate says (None inside: not decided); None where it is not about them."""
    if isinstance(says, All):
        parts = [_seen(part, measure, simulated, used) for part in says.args]
        if None in parts:
            return None
        values = [part[0] for part in parts if part is not None]
        return (False if False in values else None if None in values else True,)
    if isinstance(says, Settles):
        return (bool(simulated.pair.converges()),)
    if isinstance(says, Contracts):
        of = {x.name for x in measure.at.unfolded(says.arg).free_symbols} & set(PRIMITIVES)
        return (bool(simulated.pair.converges()),) if of == {"S_W", "S_U", "eta_W", "eta_U"} else None
    if isinstance(says, Unique) and says.args[0].name == "w_inf":
        return (bool(simulated.rest.exists) and bool(simulated.rest.unique),)
    if isinstance(says, TendsTo):
        tends = _tends(says, measure, simulated)
        return None if tends is None else (float(np.linalg.norm(tends[0] - tends[1])) <= tends[2],)
    if used and any(symbol.name in used for symbol in _reached(says, measure.at.definitions)):
        # An equality up to rounding is all that a simulation in floats can show.
        found = measure(says)
        equality = isinstance(says, Equality) or type(says).__name__ == "Vanishes"
        return (True if equality and found.word == "undecidable" else _truth(found),)
    return None


def _tends(says: Any, measure: Measure, simulated: Simulated) -> tuple[Array, Array, float] | None:
    """Run the pair until nothing is left of the start: where it should be, where it is, what rounding may do to it."""
    x, _, start, limit = says.args
    if x.name not in ("w_t", "e_t", "u_t", "f_t"):
        return None
    if not bool(simulated.pair.converges()):
        raise NoSimulationError("the pair does not converge, or only just")
    shift = simulated.start({"e": "w_star", "f": "u_star"}[x.name[0]]) if x.name[0] in "ef" else 0
    if simulated.pair.exact and measure.rationals is not None:
        return _tends_exactly(measure, simulated, start, limit, ours=x.name[0] in "we", shift=shift)
    first = measure.at(start).value[:, 0] + shift
    rate = float(simulated.pair.rate())
    turns = 1 if rate <= EPS else min(10**7, int(np.ceil(40 / -np.log(rate))))
    ours = x.name[0] in "we"
    opening = first if ours else simulated.agent_w.update(first)
    end = simulated.pair.simulate(opening, turns, keep="last", method="affine").w_last
    end = (end if ours else simulated.agent_u.update(end)) - shift
    claimed = measure.at(limit)
    left = 1e-13 * float(np.linalg.norm(first - shift) + np.linalg.norm(end))
    return claimed.value[:, 0], end, claimed.radius + simulated.resting() + left


def _tends_exactly(
    measure: Measure, simulated: Simulated, start: Any, limit: Any, *, ours: bool, shift: Any
) -> tuple[Array, Array, float]:
    """The limit that is claimed and the state of rest that exact agents approach; what differs at all counts."""
    assert measure.rationals is not None
    first, claimed = (fractions_in(measure.rationals(side).to_sympy()) for side in (start, limit))
    opening = first + shift
    rest = simulated.pair.equilibrium(opening if ours else simulated.agent_w.update(opening))
    end = (rest.w if ours else rest.u) - shift
    off = 0.0 if np.array_equal(end, claimed) else float("-inf")
    return claimed.astype(np.float64), end.astype(np.float64), off
