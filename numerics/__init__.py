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
from numerics.attention import LSALayer, tokens
from numerics.detection import Detection, detect
from numerics.equilibrium import Equilibrium
from numerics.errors import (
    DampingWarning,
    DimensionMismatchError,
    DivergenceError,
    DivergenceWarning,
    DTypeError,
    EmptyPromptError,
    ExactnessError,
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
from numerics.identify import EffectiveAgent, PairPrediction, PromptFit, identify, predict_pair
from numerics.interaction import Interaction
from numerics.prompts import Prompt
from numerics.runs import Run
from numerics.training import Training, train

__all__ = [
    "AffineMap",
    "Agent",
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
    "NewtonHelper",
    "NoEquilibriumError",
    "NonFiniteError",
    "NotAffineError",
    "NothingToAttackError",
    "NumericsError",
    "OptionError",
    "PairPrediction",
    "Prompt",
    "PromptFit",
    "RankError",
    "Run",
    "ScaleError",
    "ShapeError",
    "StepSizeError",
    "Training",
    "TranscriptError",
    "WhiteBoxError",
    "blind_attack",
    "detect",
    "gradient_attack",
    "identify",
    "label_attack",
    "one_example_attack",
    "predict_pair",
    "probe",
    "prompt_attack",
    "tokens",
    "train",
]
