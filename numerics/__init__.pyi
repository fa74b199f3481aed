"""The names of the package and their homes; `__init__.py` imports each when it is first used."""

from .agents.affine import AffineMap as AffineMap, probe as probe
from .agents.agent import Agent as Agent, LSAAgent as LSAAgent
from .agents.layer import LSALayer as LSALayer, tokens as tokens
from .agents.prompts import Prompt as Prompt
from .agents.softmax import SoftmaxAgent as SoftmaxAgent
from .arrays.simulate import ArrayRun as ArrayRun, simulate_arrays as simulate_arrays
from .attacks.attack import Attack as Attack
from .attacks.blind import BlindAttacker as BlindAttacker, blind_attack as blind_attack
from .attacks.gradient import gradient_attack as gradient_attack, prompt_attack as prompt_attack
from .attacks.labels import (
    label_attack as label_attack,
    one_example_attack as one_example_attack,
)
from .engines.choice import Statistics as Statistics
from .engines.compiled import thread_limit as thread_limit
from .errors import (
    DampingWarning as DampingWarning,
    DimensionMismatchError as DimensionMismatchError,
    DivergenceError as DivergenceError,
    DivergenceWarning as DivergenceWarning,
    DTypeError as DTypeError,
    EmptyPromptError as EmptyPromptError,
    ExactnessError as ExactnessError,
    MissingExtraError as MissingExtraError,
    NoEquilibriumError as NoEquilibriumError,
    NonFiniteError as NonFiniteError,
    NotAffineError as NotAffineError,
    NothingToAttackError as NothingToAttackError,
    NumericsError as NumericsError,
    OptionError as OptionError,
    RankError as RankError,
    ScaleError as ScaleError,
    ShapeError as ShapeError,
    StepSizeError as StepSizeError,
    SweepError as SweepError,
    SweepStoreError as SweepStoreError,
    TranscriptError as TranscriptError,
    WhiteBoxError as WhiteBoxError,
)
from .helpers.helpers import BlindHelper as BlindHelper, FixedHelper as FixedHelper, NewtonHelper as NewtonHelper
from .identification.detect import Detection as Detection, detect as detect
from .identification.effective_agent import EffectiveAgent as EffectiveAgent
from .identification.identify import identify as identify
from .identification.known_prompt import PromptFit as PromptFit
from .identification.pair import PairPrediction as PairPrediction, predict_pair as predict_pair
from .interaction.interaction import Interaction as Interaction
from .interaction.rest import Equilibrium as Equilibrium
from .interaction.run import Run as Run
from .interaction.softmax_plateau import SoftmaxPlateau as SoftmaxPlateau, softmax_plateau as softmax_plateau
from .sweeps.outcome import VERDICTS as VERDICTS, Outcome as Outcome
from .sweeps.points import Points as Points
from .sweeps.sweep import open_sweep as open_sweep, sweep as sweep
from .sweeps.variables import Observable as Observable, Variable as Variable
from .training.train import Training as Training, train as train
