"""Agents that are language models: a prompt in words, an answer in JSON, every exchange in a transcript.

:class:`ChatAgent` is an :class:`~numerics.agents.agent.Agent`: it shows its in-context examples and the current weights
to a model behind an OpenAI-compatible server and returns the weights that the model proposes. Nothing is promised about
the answer: the agent may be noisy, biased or not affine, so it offers no ``affine_map``, and what it does is for
:mod:`numerics.identification.identify` to estimate. Source: the chapter "Language models as agents" of the book.

For instance, with a server on this machine that needs no key::

    prompt = Prompt.from_target(np.eye(2), [1.0, -1.0])
    with (
        Endpoint("http://127.0.0.1:8000/v1", "some-model", key_variable=None) as endpoint,
        Transcript("chat.jsonl", {"experiment": "one agent"}) as transcript,
    ):
        agent = ChatAgent(prompt, endpoint, Session(transcript, token_limit=100_000), name="W", step_size=0.5)
        agent.update(np.zeros(2))  # asks the model; when the program is run again, reads the transcript
"""

from __future__ import annotations

import math

from numerics.agents.prompts import Prompt
from numerics.chat.endpoint import Endpoint
from numerics.chat.prompt import UnusableAnswer, correction, messages, read_weights
from numerics.chat.session import Session
from numerics.chat.transcript import Place, Record
from numerics.errors import ChatAnswerError, ExactnessError, ShapeError, StepSizeError
from numerics.validation import Array, count, vectors

__all__ = ["ChatAgent"]

#: Parts of a message that are the answer; others are reasoning, refusals or calls.
_SPOKEN = ("text", "output_text")


class ChatAgent:
    """An agent whose update is the answer of a language model.

    Parameters
    ----------
    prompt : Prompt
        The in-context examples, unbatched and in floating point.
    endpoint : Endpoint
        The model.
    session : Session
        Transcript and budgets; agents may share one.
    name : str
        Distinguishes the agents of a session, for instance ``"W"`` and ``"U"``.
    step_size : float or None
        The step of the gradient descent that the model is asked to make, dimensionless, > 0; None asks for an
        improvement and leaves its length to the model.
    attempts : int
        How often a move is asked for, with a correction after every unusable answer, >= 1.
    output_tokens : int
        Most tokens of an answer, >= 1; doubled after an answer that was cut off.

    Raises
    ------
    ShapeError, ExactnessError, StepSizeError, OptionError
    """

    def __init__(
        self,
        prompt: Prompt,
        endpoint: Endpoint,
        session: Session,
        *,
        name: str,
        step_size: float | None = None,
        attempts: int = 4,
        output_tokens: int = 2000,
    ) -> None:
        if prompt.batch_shape:
            raise ShapeError(f"prompt has batch shape {prompt.batch_shape}; a chat agent shows one prompt")
        if prompt.exact:
            raise ExactnessError("prompt is exact; a chat agent reads decimals: make the prompt from floats")
        if step_size is not None and not (math.isfinite(step_size) and step_size > 0):
            raise StepSizeError(f"step_size must be finite and > 0, or None to leave it to the model; got {step_size}")
        self._attempts = count("attempts", attempts, minimum=1)
        self._output_tokens = count("output_tokens", output_tokens, minimum=1)
        session.register(name)
        self._prompt, self._endpoint, self._session = prompt, endpoint, session
        self.name, self.step_size = name, step_size
        self._repeat, self._turn = -1, 0

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return self._prompt.d

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """No batches: a model is asked one question at a time."""
        return ()

    @property
    def exact(self) -> bool:
        """Never: answers are decimals."""
        return False

    @property
    def prompt(self) -> Prompt:
        """The in-context examples."""
        return self._prompt

    @property
    def target(self) -> Array:
        """The prompt's least-norm minimiser ``S^+ b``, (d,)."""
        return self._prompt.target

    def reset(self) -> None:
        """Begin a new run: its moves are asked anew, not taken from an earlier run of the same transcript."""
        self._repeat += 1
        self._turn = 0

    def update(self, w: object) -> Array:
        """Return the model's next weights (d,), given the current ones (d,); places count runs and turns.

        Raises
        ------
        ChatAnswerError
            When no attempt gave usable weights.
        ChatServerError, TokenLimitError, TranscriptError
            The exchange stopped; started again, it goes on from there.
        ShapeError, NonFiniteError, DTypeError
            For a bad w.
        """
        if self._repeat < 0:
            self.reset()
        place = Place("run", 0, self._repeat, self._turn, self.name)
        answer = self.move(w, place)
        self._turn += 1
        return answer

    def move(self, w: object, place: Place) -> Array:
        """Return the model's next weights (d,) at a place of an experiment; arguments and errors as :meth:`update`."""
        weights = vectors("w", w, self.d, exact=False)
        if weights.ndim != 1:
            raise ShapeError(f"w has shape {weights.shape}; a chat agent moves one vector (d,)")
        question = messages(self._prompt, weights, self.step_size)
        talk, output_tokens, reasons = question, self._output_tokens, []
        for attempt in range(1, self._attempts + 1):
            record = self._session.ask(self._endpoint, place, attempt, talk, output_tokens, self._judged)
            try:
                return self._read(record["response"])
            except UnusableAnswer as unusable:
                reasons.append(str(unusable))
                talk = question + correction(_said(record["response"]), reasons[-1], self.d)
            if _cut_off(record["response"]):
                output_tokens *= 2
        raise ChatAnswerError(
            f"{place}: no usable answer in {self._attempts} attempts: {'; '.join(reasons)}. "
            f"More attempts go on from here; another model or instruction needs a new transcript"
        )

    def _judged(self, body: Record) -> Record:
        try:
            return {"weights": self._read(body).tolist()}
        except UnusableAnswer as unusable:
            return {"unusable": str(unusable)}

    def _read(self, body: Record) -> Array:
        choice = body["choices"][0]
        message = choice["message"]
        refusal = message.get("refusal") if isinstance(message, dict) else None
        if refusal:
            raise UnusableAnswer(f"the model refused ({str(refusal)[:200]})")
        if choice.get("finish_reason") == "content_filter":
            raise UnusableAnswer("the server's content filter stopped it")
        if _cut_off(body):
            raise UnusableAnswer("it was cut off before its end")
        said = _said(body)
        if not said.strip():
            raise UnusableAnswer("it is empty")
        return read_weights(said, self.d)

    def __repr__(self) -> str:
        return f"ChatAgent({self._prompt!r}, {self._endpoint!r}, name={self.name!r}, step_size={self.step_size})"


def _cut_off(body: Record) -> bool:
    return bool(body["choices"][0].get("finish_reason") == "length")


def _said(body: Record) -> str:
    """Return the text of an answer; some servers send it in parts, and reasoning beside it (``reasoning_content``)."""
    message = body["choices"][0]["message"]
    content = message.get("content") or message.get("refusal") if isinstance(message, dict) else message
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        content = "".join(str(part.get("text", "")) for part in parts if part.get("type", "text") in _SPOKEN)
    return content if isinstance(content, str) else ""
