"""An experiment with two chat agents: prompts of given geometries, targets at several angles, repeats.

Each agent is first asked alone (*probes*), so that the pair can be predicted before it is run; then, for every angle
and repeat, the pair takes turns, U first. All random numbers follow from the seed and the place in the experiment,
never from the order of events, so that an experiment that was interrupted goes on as if nothing had happened. What is
compared is misalignment alone: W's prompt and the inputs of U's stay the same at every angle. Source: the chapter
"Language models as agents" of the book.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.chat.chat_agent import ChatAgent
from numerics.chat.endpoint import Endpoint
from numerics.chat.session import Session
from numerics.chat.transcript import Place
from numerics.errors import ChatAnswerError, OptionError, ShapeError
from numerics.validation import Array, Frozen, count, frozen, real_array, same_dimension

__all__ = ["ChatExperiment", "ChatPlan", "PairRun", "Probes", "inputs_of_gram"]

OnMove = Callable[[Place], None]


def inputs_of_gram(gram: object, n: int, *, seed: int = 0) -> Array:
    """Return inputs X (n, d) with ``X^T X / n`` equal to a given Gram matrix, up to rounding errors.

    Parameters
    ----------
    gram : (d, d) array_like
        Symmetric positive semidefinite.
    n : int
        Number of examples, >= d.
    seed : int
        Chooses among the many such X.

    Raises
    ------
    ShapeError, OptionError, NonFiniteError, DTypeError
    """
    S = real_array("gram", gram, exact=False)
    if S.ndim != 2 or S.shape[0] != S.shape[1]:
        raise ShapeError(f"gram has shape {S.shape}; expected (d, d)")
    count("n", n, minimum=len(S))
    values, vectors = np.linalg.eigh((S + S.T) / 2)
    size = float(np.abs(values).max())
    if np.abs(S - S.T).max() > 1e-12 * size or values[0] < -1e-12 * size:
        raise OptionError(f"gram must be symmetric positive semidefinite; its least eigenvalue is {values[0]:.3g}")
    frame = np.linalg.qr(np.random.default_rng([seed, n, len(S)]).standard_normal((n, len(S))))[0]
    return np.asarray(np.sqrt(n) * frame * np.sqrt(np.clip(values, 0.0, None)) @ vectors.T)


@dataclass(frozen=True, eq=False)
class ChatPlan(Frozen):
    """What an experiment asks, completely.

    Attributes
    ----------
    X_w, X_u : (n, d) array_like
        Inputs of the two prompts, one example a row; d >= 2. Rounded to `decimals`.
    angles : tuple of float
        Angles between the targets, in degrees within [0, 180]. W's target is ``radius`` times the first unit vector;
        U's is turned towards the second. Labels are rounded to `decimals`; targets are those of the rounded prompts.
    step_w, step_u : float or None
        The steps that the models are asked to make; None leaves them to the models.
    radius : float
        Length of both targets, > 0.
    probes : int
        Questions to each agent alone, for every prompt it has; 0 for none.
    turns, tail, repeats : int
        Turns of a run, the last of them that count for the plateau, runs for every angle.
    seed : int
    decimals : int
        Digits after the point of everything that a prompt shows first; answers are shown with all their digits.
    """

    X_w: Array
    X_u: Array
    angles: tuple[float, ...]
    step_w: float | None = None
    step_u: float | None = None
    radius: float = 1.0
    probes: int = 8
    turns: int = 20
    tail: int = 10
    repeats: int = 4
    seed: int = 0
    decimals: int = 4

    def __post_init__(self) -> None:
        for name, minimum in (("probes", 0), ("turns", 1), ("tail", 1), ("repeats", 1), ("seed", 0), ("decimals", 0)):
            count(name, getattr(self, name), minimum=minimum)
        for name in ("X_w", "X_u"):
            X = real_array(name, getattr(self, name), exact=False)
            if X.ndim != 2:
                raise ShapeError(f"{name} has shape {X.shape}; expected (n, d), one example a row")
            object.__setattr__(self, name, frozen(np.round(X, self.decimals)))
        if same_dimension(X_w=self.X_w.shape[1], X_u=self.X_u.shape[1]) < 2:
            raise ShapeError("X_w and X_u have d = 1; an angle needs d >= 2")
        if self.tail > self.turns:
            raise OptionError(f"tail must not exceed turns, got {self.tail} of {self.turns}")
        if not self.angles or not all(0 <= angle <= 180 for angle in self.angles):
            raise OptionError(f"angles must lie in [0, 180] degrees, got {list(self.angles)}")
        if len(set(self.angles)) < len(self.angles):
            raise OptionError(f"angles must differ, got {list(self.angles)}; use repeats to run one several times")
        if not (np.isfinite(self.radius) and self.radius > 0):
            raise OptionError(f"radius must be finite and > 0, got {self.radius!r}")

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return int(self.X_w.shape[1])

    def _prompt(self, X: Array, angle: float) -> Prompt:
        target = np.zeros(self.d)
        target[:2] = self.radius * np.cos(np.deg2rad(angle)), self.radius * np.sin(np.deg2rad(angle))
        return Prompt(X, np.round(X @ target, self.decimals))

    @cached_property
    def prompt_w(self) -> Prompt:
        """W's prompt, the same at every angle."""
        return self._prompt(self.X_w, 0.0)

    @cached_property
    def prompts_u(self) -> tuple[Prompt, ...]:
        """U's prompt at each angle."""
        return tuple(self._prompt(self.X_u, angle) for angle in self.angles)

    def _random(self, what: str, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(what.encode()), *place])

    def start(self, condition: int, repeat: int) -> Array:
        """Return the start (d,) of a run: Gaussian around zero, of the size of the targets."""
        drawn = self._random("start", condition, repeat).standard_normal(self.d)
        return np.asarray(np.round(self.radius / np.sqrt(self.d) * drawn, self.decimals))

    def points(self, agent: str, condition: int) -> Array:
        """Return the weights (probes, d) at which an agent is asked alone: Gaussian around its target."""
        target = self.prompt_w.target if agent == "W" else self.prompts_u[condition].target
        drawn = self._random(f"probe {agent}", condition).standard_normal((self.probes, self.d))
        return np.asarray(np.round(target + self.radius * drawn, self.decimals))

    @property
    def probe_moves(self) -> int:
        """Number of moves of all probes."""
        return self.probes * (1 + len(self.angles))

    @property
    def pair_moves(self) -> int:
        """Number of moves of all runs."""
        return 2 * self.turns * self.repeats * len(self.angles)

    def settings(self) -> dict[str, Any]:
        """Return everything that determines the questions, as plain data."""
        plain = asdict(self)
        plain["X_w"], plain["X_u"], plain["angles"] = self.X_w.tolist(), self.X_u.tolist(), list(self.angles)
        return plain


@dataclass(frozen=True, eq=False)
class Probes:
    """Questions to one agent alone, and its answers; both (m, d). Points without a usable answer are left out."""

    inputs: Array
    outputs: Array
    unusable: int


@dataclass(frozen=True, eq=False)
class PairRun:
    """One run of the pair.

    Attributes
    ----------
    condition, repeat : int
    w : (turns + 1, d) ndarray
        W's weights; fewer rows when the run stopped early.
    u : (turns, d) ndarray
    stopped : str or None
        Why the run has fewer turns than planned.
    """

    condition: int
    repeat: int
    w: Array
    u: Array
    stopped: str | None = None


class ChatExperiment:
    """A plan, carried out by two models (which may be one).

    Parameters
    ----------
    plan : ChatPlan
    endpoint_w, endpoint_u : Endpoint
    session : Session
        Its transcript must have been opened with settings that include ``plan.settings()``.
    attempts, output_tokens : int
        As for :class:`~numerics.chat.chat_agent.ChatAgent`.
    """

    def __init__(
        self,
        plan: ChatPlan,
        endpoint_w: Endpoint,
        endpoint_u: Endpoint,
        session: Session,
        *,
        attempts: int = 4,
        output_tokens: int = 2000,
    ) -> None:
        self.plan = plan

        def agent(prompt: Prompt, endpoint: Endpoint, name: str, step: float | None) -> ChatAgent:
            return ChatAgent(
                prompt,
                endpoint,
                session,
                name=name,
                step_size=step,
                attempts=attempts,
                output_tokens=output_tokens,
            )

        self._w = agent(plan.prompt_w, endpoint_w, "W", plan.step_w)
        self._u = [agent(prompt, endpoint_u, f"U{c}", plan.step_u) for c, prompt in enumerate(plan.prompts_u)]

    def probe(self, on_move: OnMove = lambda place: None) -> tuple[Probes, list[Probes]]:
        """Ask each agent alone: W, and U at each angle.

        Parameters
        ----------
        on_move : callable
            Told the place of every move that is done.

        Raises
        ------
        ChatServerError, TokenLimitError, TranscriptError
        """
        probed = self._probe(self._w, "W", 0, on_move)
        return probed, [self._probe(agent, "U", c, on_move) for c, agent in enumerate(self._u)]

    def _probe(self, agent: ChatAgent, name: str, condition: int, on_move: OnMove) -> Probes:
        inputs: list[Array] = []
        outputs: list[Array] = []
        points = self.plan.points(name, condition)
        for i, point in enumerate(points):
            place = Place("probe", condition, 0, i, name)
            try:
                outputs.append(agent.move(point, place))
                inputs.append(point)
            except ChatAnswerError:
                pass  # its exchanges are in the transcript, and it is counted
            on_move(place)
        before, after = (np.array(rows).reshape(len(rows), self.plan.d) for rows in (inputs, outputs))
        return Probes(before, after, len(points) - len(inputs))

    def play(self, on_move: OnMove = lambda place: None) -> list[PairRun]:
        """Let the pair take turns, for every repeat and angle; arguments and errors as for :meth:`probe`."""
        plan = self.plan
        return [self._run(c, r, on_move) for r in range(plan.repeats) for c in range(len(plan.angles))]

    def _run(self, condition: int, repeat: int, on_move: OnMove) -> PairRun:
        w: list[Array] = [self.plan.start(condition, repeat)]
        u: list[Array] = []
        stopped = None
        try:
            for turn in range(self.plan.turns):
                for agent, name, states in ((self._u[condition], "U", u), (self._w, "W", w)):
                    place = Place("pair", condition, repeat, turn, name)
                    states.append(agent.move((w if name == "U" else u)[-1], place))
                    on_move(place)
        except ChatAnswerError as error:
            stopped = str(error)
        return PairRun(condition, repeat, np.array(w), np.array(u).reshape(len(u), self.plan.d), stopped)
