"""Numerical side: the real attention layers of two agents, their alternating interaction, its equilibrium.

NumPy and SciPy only. This package simulates the model itself, in floating point or in exact rationals, and
finds equilibria by linear algebra on the moves it simulates; it uses none of the closed formulas that the
symbolic side derives, so that an agreement of the two is evidence.

>>> import numpy as np
>>> from numerics import Interaction, LSAAgent, Prompt
>>> X = np.eye(2)
>>> w = LSAAgent(Prompt.from_target(X, [1.0, 0.0]), step_size=0.5)
>>> u = LSAAgent(Prompt.from_target(X, [0.0, 1.0]), step_size=0.5)
>>> pair = Interaction(w, u)
>>> bool(pair.converges())
True
>>> run = pair.simulate([0.0, 0.0], turns=200)
>>> bool(np.allclose(run.w_last, pair.equilibrium().w))
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numerics.adversary import (
        Attack,
        BlindAttacker,
        blind_attack,
        gradient_attack,
        label_attack,
        one_example_attack,
        prompt_attack,
    )
    from numerics.affine import AffineMap, probe
    from numerics.agents import Agent, LSAAgent
    from numerics.array_api import ArrayRun, simulate_arrays
    from numerics.attention import LSALayer, tokens
    from numerics.compiled import thread_limit
    from numerics.detection import Detection, detect
    from numerics.engine_choice import Statistics
    from numerics.equilibrium import Equilibrium
    from numerics.errors import (
        DampingWarning,
        DimensionMismatchError,
        DivergenceError,
        DivergenceWarning,
        DTypeError,
        EmptyPromptError,
        ExactnessError,
        MissingExtraError,
        NoEquilibriumError,
        NonFiniteError,
        NotAffineError,
        NothingToAttackError,
        NumericsError,
        OptionError,
        RankError,
        ScaleError,
        ShapeError,
        StepSizeError,
        TranscriptError,
        WhiteBoxError,
    )
    from numerics.helper import BlindHelper, FixedHelper, NewtonHelper
    from numerics.identification import EffectiveAgent, PairPrediction, PromptFit, identify, predict_pair
    from numerics.interaction import Interaction
    from numerics.prompts import Prompt
    from numerics.runs import Run
    from numerics.sweep_errors import SweepError, SweepStoreError
    from numerics.sweep_outcome import Outcome
    from numerics.sweep_points import Points
    from numerics.sweep_variables import VERDICTS, Observable, Variable
    from numerics.sweeps import open_sweep, sweep
    from numerics.training import Training, train

__all__ = [
    "VERDICTS",
    "AffineMap",
    "Agent",
    "ArrayRun",
    "Attack",
    "BlindAttacker",
    "BlindHelper",
    "DTypeError",
    "DampingWarning",
    "Detection",
    "DimensionMismatchError",
    "DivergenceError",
    "DivergenceWarning",
    "EffectiveAgent",
    "EmptyPromptError",
    "Equilibrium",
    "ExactnessError",
    "FixedHelper",
    "Interaction",
    "LSAAgent",
    "LSALayer",
    "MissingExtraError",
    "NewtonHelper",
    "NoEquilibriumError",
    "NonFiniteError",
    "NotAffineError",
    "NothingToAttackError",
    "NumericsError",
    "Observable",
    "OptionError",
    "Outcome",
    "PairPrediction",
    "Points",
    "Prompt",
    "PromptFit",
    "RankError",
    "Run",
    "ScaleError",
    "ShapeError",
    "Statistics",
    "StepSizeError",
    "SweepError",
    "SweepStoreError",
    "Training",
    "TranscriptError",
    "Variable",
    "WhiteBoxError",
    "blind_attack",
    "detect",
    "gradient_attack",
    "identify",
    "label_attack",
    "one_example_attack",
    "open_sweep",
    "predict_pair",
    "probe",
    "prompt_attack",
    "simulate_arrays",
    "sweep",
    "thread_limit",
    "tokens",
    "train",
]

#: Which module each name lives in; it is imported when the name is first used.
_HOMES = {
    "adversary": (
        "Attack",
        "BlindAttacker",
        "blind_attack",
        "gradient_attack",
        "label_attack",
        "one_example_attack",
        "prompt_attack",
    ),
    "affine": ("AffineMap", "probe"),
    "agents": ("Agent", "LSAAgent"),
    "array_api": ("ArrayRun", "simulate_arrays"),
    "attention": ("LSALayer", "tokens"),
    "compiled": ("thread_limit",),
    "detection": ("Detection", "detect"),
    "engine_choice": ("Statistics",),
    "equilibrium": ("Equilibrium",),
    "errors": (
        "DTypeError",
        "DampingWarning",
        "DimensionMismatchError",
        "DivergenceError",
        "DivergenceWarning",
        "EmptyPromptError",
        "ExactnessError",
        "MissingExtraError",
        "NoEquilibriumError",
        "NonFiniteError",
        "NotAffineError",
        "NothingToAttackError",
        "NumericsError",
        "OptionError",
        "RankError",
        "ScaleError",
        "ShapeError",
        "StepSizeError",
        "TranscriptError",
        "WhiteBoxError",
    ),
    "helper": ("BlindHelper", "FixedHelper", "NewtonHelper"),
    "identification": ("EffectiveAgent", "PairPrediction", "PromptFit", "identify", "predict_pair"),
    "interaction": ("Interaction",),
    "prompts": ("Prompt",),
    "runs": ("Run",),
    "sweep_errors": (
        "SweepError",
        "SweepStoreError",
    ),
    "sweep_outcome": ("Outcome",),
    "sweep_points": ("Points",),
    "sweep_variables": ("VERDICTS", "Observable", "Variable"),
    "sweeps": (
        "open_sweep",
        "sweep",
    ),
    "training": ("Training", "train"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'numerics' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"numerics.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
