"""Arguments of a wrong kind: whatever is passed for whatever argument, only the package's own errors come out.

The callables are found by enumeration: the face of the package. A new one has to be called here, or be excused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import numerics
from numerics import Interaction, LSAAgent, LSALayer, NumericsError, Prompt
from numerics.attacks.gradient import prompt_attack

#: Records that the package itself makes, protocols, and what other tests feed: sweeps and training are slow to start.
EXCUSED = {
    *("Agent", "ArrayRun", "Attack", "BlindAttacker", "Detection", "EffectiveAgent", "Equilibrium", "Observable"),
    *("Outcome", "PairPrediction", "Points", "PromptFit", "Run", "SoftmaxPlateau", "Statistics", "Training"),
    *("Variable", "open_sweep", "sweep", "thread_limit", "train"),
}
RNG = np.random.default_rng(0)
P, Q = (Prompt(RNG.normal(size=(8, 3)), RNG.normal(size=8)) for _ in "WU")
W, U = LSAAgent(P, 0.1), LSAAgent(Q, 0.1)
PAIR = Interaction(W, U)
SOFT_W, SOFT_U = numerics.SoftmaxAgent(P, 0.5, 0.5), numerics.SoftmaxAgent(Q, 0.5, 0.5)
RUN = PAIR.simulate(None, 6)
X, GOAL, INPUTS = P.X, np.array([1.0, 0.0, 0.0]), RNG.normal(size=(20, 3))
FITTED = [numerics.identify(INPUTS, a.update(INPUTS) + 0.01 * RNG.normal(size=(20, 3))) for a in (W, U)]
ATTACK = numerics.label_attack(U, X, GOAL, step_size=0.1)
PLAY = {"turns": 3, "keep": "all", "method": "auto", "engine": "auto", "out": None}

CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Prompt": (Prompt, {"X": X, "y": P.y}),
    "Prompt.from_target": (Prompt.from_target, {"X": X, "w_star": GOAL}),
    "Prompt.loss": (P.loss, {"w": GOAL}),
    "LSAAgent": (LSAAgent, {"prompt": P, "step_size": 0.1}),
    "LSAAgent.with_layer": (LSAAgent.with_layer, {"prompt": P, "layer": W.layer}),
    "LSAAgent.update": (W.update, {"w": GOAL, "history": None}),
    "LSALayer": (LSALayer, {"V": W.layer.V, "K": W.layer.K}),
    "LSALayer.from_blocks": (LSALayer.from_blocks, {"V31": np.eye(3), "K13": np.eye(3), "K24": -1}),
    "LSALayer.gradient_step": (LSALayer.gradient_step, {"d": 3, "step_size": 0.1}),
    "LSALayer.apply": (W.layer.apply, {"Z": numerics.tokens(P, [GOAL]), "n": 8}),
    "tokens": (numerics.tokens, {"prompt": P, "iterates": [GOAL]}),
    "probe": (numerics.probe, {"agent": W, "exact": False}),
    "AffineMap": (numerics.AffineMap, {"displacement": np.eye(3), "offset": GOAL}),
    "Interaction": (Interaction, {"agent_w": W, "agent_u": U}),
    "Interaction.simulate": (PAIR.simulate, {"w0": GOAL, **PLAY}),
    "Interaction.equilibrium": (PAIR.equilibrium, {"w0": GOAL, "w_star": GOAL, "u_star": GOAL}),
    "Run.error_w": (RUN.error_w, {"w_star": GOAL}),
    "Run.error_u": (RUN.error_u, {"u_star": GOAL}),
    "simulate_arrays": (
        numerics.simulate_arrays,
        {"X_w": X, "y_w": P.y, "X_u": X, "y_u": P.y, "step_w": 0.1, "step_u": 0.1, "w0": GOAL, "turns": 2}
        | {"keep": "all", "method": "affine"},
    ),
    "label_attack": (
        numerics.label_attack,
        {"victim": U, "X": X, "goal": GOAL, "step_size": 0.1, "budget": ("l2", 0.1)},
    ),
    "one_example_attack": (numerics.one_example_attack, {"victim": U, "goal": GOAL, "step_size": 0.1}),
    "gradient_attack": (
        numerics.gradient_attack,
        {"victim": U, "prompt": P, "goal": GOAL, "step_size": 0.1, "method": "conjugate", "iterations": 5}
        | {"tolerance": 1e-6},
    ),
    "prompt_attack": (
        prompt_attack,
        {"victim": U, "X0": X, "goal": GOAL, "step_size": 0.1, "iterations": 1, "tolerance": 1e-6},
    ),
    "blind_attack": (
        numerics.blind_attack,
        {"prompt": P, "goal": GOAL, "step_size": 0.1, "gain": 1.0, "declared": GOAL},
    ),
    "Attack.verify": (ATTACK.verify, {"victim": U, "tolerance": 1e-8}),
    "detect": (
        numerics.detect,
        {"run": RUN, "own_prompt": Q, "step_size": 0.1, "declared_goal": GOAL, "noise": 0.0},
    ),
    "identify": (
        numerics.identify,
        {"inputs": INPUTS, "outputs": W.update(INPUTS), "known_prompt": P, "noise": "general"},
    ),
    "predict_pair": (
        numerics.predict_pair,
        dict(zip(list(inspect.signature(numerics.predict_pair).parameters)[:2], FITTED, strict=True)),
    ),
    "NewtonHelper": (numerics.NewtonHelper, {"main": W, "X": X, "step_size": 0.1, "damping": 1.0, "gram": None}),
    "BlindHelper": (numerics.BlindHelper, {"X": X, "step_size": 0.1, "memory": None}),
    "SoftmaxAgent": (numerics.SoftmaxAgent, {"prompt": P, "eta": 0.1, "beta": 0.5}),
    "SoftmaxAgent.update": (SOFT_W.update, {"w": GOAL}),
    "softmax_plateau": (
        numerics.softmax_plateau,
        {"agent_w": SOFT_W, "agent_u": SOFT_U, "w0": GOAL, "turns": 30},
    ),
    "FixedHelper": (numerics.FixedHelper, {"X": X, "objective": GOAL, "step_size": 0.1}),
}
WRONG = [
    *(None, "abc", b"x", 7, -1, 1.5, float("nan"), True, object(), {}, [], (1, 2), [object()], {"a": 1}, type),
    *(np.ones((3, 2)), np.array([1.0, np.nan]), np.ma.array([1.0], mask=[True]), P, W, lambda x: x),
]


def test_every_callable_of_the_face_is_called_here() -> None:
    face = {name for name in numerics.__all__ if callable(getattr(numerics, name))}
    errors = {
        name for name in face if isinstance(kind := getattr(numerics, name), type) and issubclass(kind, Exception)
    }
    assert face - errors - EXCUSED == {name for name in CALLS if "." not in name} & face
    for function, arguments in CALLS.values():
        function(**arguments)


@pytest.mark.filterwarnings("ignore::numerics.DivergenceWarning", "ignore::numerics.DampingWarning")
@pytest.mark.parametrize("name", CALLS)
def test_only_errors_of_the_package_come_out(name: str) -> None:
    function, arguments = CALLS[name]
    for argument in arguments:
        for wrong in WRONG:
            try:
                function(**{**arguments, argument: wrong})
            except NumericsError as error:
                assert str(error).strip(), (argument, wrong)  # noqa: PT017


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LSAAgent(X, 0.5), r"prompt is of type ndarray, not Prompt; make one with Prompt\(X, y\)"),
        (lambda: numerics.detect(RUN, (X, X), 0.4), "prompt is of type tuple, not Prompt"),
        (lambda: LSAAgent.with_layer(P, 0.5), "layer is of type float, not LSALayer"),
        (lambda: numerics.probe(P), "agent is of type Prompt; an agent needs"),
        (lambda: ATTACK.verify(P), "victim is of type Prompt, not LSAAgent"),
        (lambda: PAIR.simulate(None, 3, keep=np.ones(2)), "keep must be one of 'all', 'last'"),
    ],
)
def test_a_wrong_kind_is_named_with_its_remedy(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(NumericsError, match=message):
        call()


@pytest.mark.parametrize("batch", [(), (2,)])
def test_the_default_step_is_one_over_the_largest_eigenvalue(batch: tuple[int, ...]) -> None:
    prompt = Prompt(np.random.default_rng(1).normal(size=(*batch, 5, 3)), np.ones((*batch, 5)))
    for agent in (LSAAgent(prompt), LSAAgent(prompt, None)):
        assert agent.step_size is not None
        assert agent.step_size.shape == batch
        np.testing.assert_allclose(agent.step_size, 1 / np.linalg.eigvalsh(prompt.gram)[..., -1], rtol=1e-13)


def test_the_default_step_of_zeros_and_of_rationals() -> None:
    zero = np.zeros((2, 2))
    assert LSAAgent(Prompt(zero, [1.0, 2.0])).step_size == 1
    exact = LSAAgent(Prompt(np.array([[1, 2], [3, 4]], dtype=object), [1, 2])).step_size
    assert exact == Fraction(1, 15)  # the trace of the Gram matrix is (1 + 4 + 9 + 16) / 2
    assert LSAAgent(Prompt(zero.astype(int).astype(object), [1, 2])).step_size == 1
