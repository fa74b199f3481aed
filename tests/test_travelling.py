"""Every public object can be copied, pickled and sent to a process that was started afresh, and arrives unchanged.

The classes are found by enumeration: the faces of the three packages, and what the modules of `numerics` list as
theirs. An instance of each is found somewhere in the samples below, or the class is excused in `STAYS`.
"""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import pytest

import numerics
import proofs_check
import theory
from numerics import Interaction, LSAAgent, NumericsError, Prompt
from numerics.agents.layer import LSALayer
from numerics.attacks.gradient import prompt_attack
from numerics.chat.dialect import Dialect
from numerics.chat.endpoint import Reply
from numerics.chat.experiment import ChatPlan, PairRun, Probes
from numerics.chat.plateau import plateau
from numerics.chat.transcript import Place
from numerics.engines.choice import Task
from numerics.helpers.extrapolation import best_combination
from numerics.helpers.relabelling import RelabellingAgent
from numerics.identification.transcript_fit import fit_answers
from numerics.sweeps.grid import PARAMETERS, Grid
from numerics.sweeps.store import Cutting
from numerics.training.plan import Plan
from numerics.training.train import Training
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import formulas, statements

#: Protocols and base classes, signals, and tools that hold files, connections, or the functions of a computation.
STAYS = {
    *("Agent", "Engine", "Frozen", "Overflow", "UnusableAnswer"),
    *("ChatAgent", "ChatExperiment", "Endpoint", "Session", "Transcript", "State", "Store", "Lock"),
    *(
        "ArrayLayer",
        "ConjugateSteps",
        "ConstantSteps",
        "Inputs",
        "LabelProblem",
        "LayersEngine",
        "Job",
        "Players",
        "SweepPlan",
        "Derivation",
        "Theorem",
    ),
}
GOAL = np.array([1.0, 0.0, 0.0])


def agents(seed: int = 0) -> list[LSAAgent]:
    rng = np.random.default_rng(seed)
    return [LSAAgent(Prompt(rng.normal(size=(8, 3)), rng.normal(size=8)), 0.1) for _ in "WU"]


def job(seed: int) -> numerics.Run:
    """What a worker process does for its caller."""
    return Interaction(*agents(seed)).simulate(np.zeros(3), 5)


def identified(agent: LSAAgent, **options: Any) -> numerics.EffectiveAgent:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20, 3))
    found = numerics.identify(inputs, agent.update(inputs) + 0.01 * rng.normal(size=(20, 3)), **options)
    found.test_target(GOAL)
    return found


def softmax() -> Iterator[Any]:
    pair = [numerics.SoftmaxAgent(agent.prompt, 0.1, 0.5) for agent in agents()]
    yield from (*pair, numerics.softmax_plateau(*pair))


def attacks() -> Iterator[numerics.Attack]:
    w, u = agents()
    yield numerics.label_attack(u, w.prompt.X, GOAL, step_size=0.1)
    yield numerics.label_attack(u, w.prompt.X[:2], GOAL, step_size=0.1, budget=("l2", 0.1))
    yield numerics.one_example_attack(u, GOAL, step_size=0.1)
    yield numerics.gradient_attack(u, w.prompt, GOAL, step_size=0.1)
    yield prompt_attack(u, w.prompt.X, GOAL, step_size=0.1, iterations=5)


def helpers() -> Iterator[Any]:
    w, u = agents()
    X = u.prompt.X
    played = [numerics.BlindHelper(X, step_size=0.1), numerics.NewtonHelper(w, X, step_size=0.1)]
    played.append(numerics.blind_attack(Prompt(X, X[:, 0]), GOAL, step_size=0.1, gain=1.0))
    for helper in played:
        yield Interaction(w, helper).simulate(None, 3)
        yield helper
    yield numerics.FixedHelper(X, GOAL, step_size=0.1)
    yield RelabellingAgent(X, 0.1)


def swept() -> Iterator[Any]:
    seen: list[numerics.Outcome] = []

    def look(outcome: numerics.Outcome) -> np.ndarray:
        seen.append(outcome)
        return outcome.w[:, 0]

    yield numerics.sweep({"angle": [0.0, 90.0], "d": 2}, turns=5, observables={"first": look})
    yield from seen[:1]
    yield numerics.Observable(job, {"x": numerics.Variable("x")})
    yield Grid.of({"seed": [0, 1]}, own_labels=False)
    yield PARAMETERS["angle"]
    yield Cutting((2,), (1,), (1,))


def trained() -> Training:
    layer = LSALayer.gradient_step(2, 0.5)
    data = {"plan": Plan(2, 3).as_json(), "V": layer.V.tolist(), "K": layer.K.tolist(), "loss": [1.0]}
    return Training.from_json(data)


def chatted() -> Iterator[Any]:
    yield ChatPlan(np.eye(2), np.eye(2), (0.0,))
    yield Probes(np.eye(2), np.eye(2), 0)
    yield PairRun(0, 0, np.eye(2), np.eye(2))
    yield plateau([np.eye(2), np.ones((2, 2))], [0.0, 1.0])
    yield from (Place("run", 0, 0, 0, "W"), Dialect(), Reply("answer", 200, {}))


def derived() -> Iterator[Any]:
    formula = formulas[f"{BIASED_EQUILIBRIUM}.e"]
    yield from (formulas, statements, formula, statements[BIASED_EQUILIBRIUM])
    yield from (formula.assumptions, formula.derivation, formula.verify(seeds=range(1)))


def checked() -> Iterator[Any]:
    w, u = (agent.prompt for agent in agents())
    yield proofs_check.theorems[BIASED_EQUILIBRIUM].check(w=w, u=u, eta=0.1)
    some = next(iter(proofs_check.claims.values()))
    yield from proofs_check.run([next(iter(proofs_check.theorems.values()))], geometries=2)
    yield from proofs_check.run_claims([some])
    yield proofs_check.Counterexample("w = 2", {"x": "1"})
    yield from proofs_check.Verdict


@cache
def samples() -> list[Any]:
    w, u = agents()
    pair = Interaction(w, u)
    run = pair.simulate(None, 5)
    three, at_once = Interaction(w, u, w.many_steps(2)), Interaction(w, u, w, order="simultaneous")
    drawn = Interaction(w, u, order="random")
    few = Interaction(*(LSAAgent(Prompt(np.eye(40)[:1], [1.0]), 0.1) for _ in "WU"))
    exact = LSAAgent(Prompt(np.eye(2, dtype=int).astype(object), [1, 2]), 1)
    known = identified(w, known_prompt=w.prompt)
    both = numerics.predict_pair(known, identified(u))
    both.intervals()
    found = [
        pair,
        run,
        pair.equilibrium(),
        *(part for many in (three, at_once, drawn) for part in (many, many.equilibrium(), many.simulate(None, 3))),
        few.simulate(None, 2, engine="factored"),
        *softmax(),
        Interaction(exact, exact).simulate(None, 3),
        pair.simulate(None, 5, out=np.empty((6, 3))),
        (known, both, numerics.detect(run, u.prompt, 0.1)),
        fit_answers(run.u, run.w[1:] - run.u, 0.0),
        best_combination(run.u, run.w[1:]),
        Task.of((w, u), 1, 5, "all", exact=False),
        numerics.simulate_arrays(w.prompt.X, w.prompt.y, u.prompt.X, u.prompt.y, step_w=0.1, step_u=0.1, turns=2),
        trained(),
        proofs_check.predict((np.eye(2), [1.0, 2.0]), (np.eye(2), [2.0, 1.0])),
    ]
    for some in (attacks, helpers, swept, chatted, derived, checked):
        found += some()
    return found


def parts(value: Any, seen: dict[int, Any]) -> dict[int, Any]:
    """All objects that a value is made of, by identity."""
    if isinstance(value, enum.Enum):
        seen[id(value)] = value
    if id(value) in seen or isinstance(value, str | bytes | int | float | type | np.generic | FunctionType):
        return seen
    seen[id(value)] = value
    if isinstance(value, np.ndarray):
        inner = list(value.flat) if value.dtype == object else []
    elif isinstance(value, Mapping) and type(value) is dict:
        inner = list(value.values())
    elif isinstance(value, tuple | list | set | frozenset):
        inner = list(value)
    elif isinstance(value, MethodType):
        inner = [value.__self__]
    elif type(value).__module__.partition(".")[0] in ("numerics", "theory", "proofs_check"):
        inner = list(getattr(value, "__dict__", {}).values())
    else:
        inner = []
    for part in inner:
        parts(part, seen)
    return seen


def public() -> dict[str, type]:
    modules = [numerics, theory, proofs_check]
    modules += [import_module(m.name) for m in pkgutil.walk_packages(numerics.__path__, "numerics.")]
    listed = [getattr(module, name) for module in modules for name in getattr(module, "__all__", ())]
    return {value.__name__: value for value in listed if inspect.isclass(value)}


PUBLIC = public()
ERRORS = {name: cls for name, cls in PUBLIC.items() if issubclass(cls, BaseException)}


def same(a: Any, b: Any) -> bool:
    """Whether a copy is equal, and as read-only as what it is a copy of."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return equal and a.dtype == b.dtype and (a.flags.writeable or not b.flags.writeable)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, MethodType):
        return a.__func__ is b.__func__ and same(a.__self__, b.__self__)
    if isinstance(a, numerics.Run):
        fields = ("w", "turns", "keep", "method", "diverged", "statistics", "u")
        return all(same(getattr(a, x), getattr(b, x)) for x in fields) and same(answers(a), answers(b))
    kept_by_name = (theory.Formula, theory.Statement, theory.Catalogue, theory.Step, theory.Assumption, enum.Enum)
    if isinstance(a, (*kept_by_name, proofs_check.Theorem, proofs_check.Claim, FunctionType)):
        return a is b or (isinstance(a, theory.Statement) and a == b)
    if isinstance(a, np.random.Generator):
        return same(a.bit_generator.state, b.bit_generator.state)
    if type(a).__module__.partition(".")[0] in ("numerics", "theory", "proofs_check") and hasattr(a, "__dict__"):
        return same(
            {k: v for k, v in vars(a).items() if k in vars(b)}, {k: v for k, v in vars(b).items() if k in vars(a)}
        )
    if type(a).__module__.startswith("xarray"):
        return bool(a.identical(b))
    return bool(a == b) or (a != a and b != b)


def answers(run: numerics.Run) -> list[Any]:
    """What a run says of its agents."""
    found: list[Any] = [run.error_w(run.w_last)]
    for question in (run.error_w, run.error_u, lambda: run.rate):
        try:
            found.append(question())
        except NumericsError as error:
            found.append(str(error))
    return found


@pytest.mark.slow
def test_an_instance_of_every_public_class_is_here() -> None:
    seen: dict[int, Any] = {}
    for sample in samples():
        parts(sample, seen)
    kinds = {type(value) for value in seen.values()}
    missing = {name for name, cls in PUBLIC.items() if cls not in kinds} - STAYS - ERRORS.keys()
    assert not missing, "make one of each in a sample, or say why it stays"
    assert not {name for name in STAYS if name not in PUBLIC}, "no longer there"


@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle"])
def test_a_copy_is_equal_and_as_read_only(way: str) -> None:
    make: Callable[[Any], Any] = {
        "copy": copy.copy,
        "deepcopy": copy.deepcopy,
        "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    }[way]
    for sample in samples():
        assert same(sample, make(sample)), sample


@pytest.mark.slow
def test_all_go_to_another_process_and_back() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for sample, back in zip(samples(), pool.map(copy.copy, samples(), chunksize=100), strict=True):
            assert same(sample, back), sample
        assert same(list(map(job, range(2))), list(pool.map(job, range(2))))


@pytest.mark.parametrize("name", ERRORS)
def test_errors_come_back_from_a_worker(name: str) -> None:
    arguments = {"Overflow": (None, 3), "TextError": ("x = 1", 4, 5, "give 2")}.get(name, ("x is 1; give 2",))
    error = ERRORS[name](*arguments)
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


def test_a_prompt_beside_its_caches_stays_what_it_is() -> None:
    prompt = agents()[0].prompt
    assert prompt.target is not None
    for other in (copy.deepcopy(prompt), pickle.loads(pickle.dumps(prompt)), copy.copy(prompt)):
        for array in (other.X, other.y, other.target, other.gram):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 7.0


def test_a_run_of_any_agents_travels() -> None:
    class Local:  # of a class that cannot be pickled
        d = 3
        target = GOAL

        def update(self, w: np.ndarray) -> np.ndarray:
            return 0.5 * w

    w = agents()[0]
    run = Interaction(w, Local()).simulate(GOAL, 3)
    back = pickle.loads(pickle.dumps(run))
    assert same(run, back)
    with pytest.raises(NumericsError, match="needs agents with a fixed affine update"):
        _ = back.rate
    assert same(run, pickle.loads(pickle.dumps(back)))


def test_a_run_whose_memory_was_written_over_says_so_after_a_journey() -> None:
    memory = np.empty((6, 3))
    run = Interaction(*agents()).simulate(None, 5, out=memory)
    before = pickle.loads(pickle.dumps(run))
    memory[...] = 7.0
    with pytest.raises(NumericsError, match="written over"):
        _ = pickle.loads(pickle.dumps(run)).u
    assert same(before.u, job(0).u)


def test_what_is_not_of_the_catalogue_is_not_taken_for_it() -> None:
    from dataclasses import replace

    true = formulas[f"{BIASED_EQUILIBRIUM}.e"]
    false = replace(true, title="a falsehood", assumptions=(), derivation=(), arrange=None)
    assert copy.copy(false) is not true
    assert copy.copy(false).title == "a falsehood"
    planted = theory.Statement(BIASED_EQUILIBRIUM, (false,))
    assert copy.copy(planted) == planted != statements[BIASED_EQUILIBRIUM]
