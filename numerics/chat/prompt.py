"""What a chat agent is told, and how its answer is read: plain text and JSON, no network.

The text shows the in-context examples, the loss that they define, the current weights and what is asked for. Every
number is written with ``repr``, so that reading it back gives the same double. An answer is a JSON object with the
one key ``weights``: d finite numbers. Source: the chapter "Language models as agents" of the book.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.validation import Array, vectors

__all__ = ["RESPONSE_SCHEMA", "UnusableAnswer", "correction", "messages", "read_weights"]

Message = dict[str, str]

#: The shape of an answer, for servers that constrain their output. The number of entries is checked afterwards:
#: not every server knows ``minItems``.
RESPONSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"weights": {"type": "array", "items": {"type": "number"}}},
    "required": ["weights"],
    "additionalProperties": False,
}

SYSTEM = (
    "You are one of two agents that take turns in changing one weight vector. You only see your own examples. "
    "Answer with a JSON object and nothing else."
)
#: Characters of an unusable answer that are shown to the model again.
_QUOTED = 2000
#: Opening braces that may turn out to begin nothing before an answer counts as garbage.
_BRACES = 500


class UnusableAnswer(ValueError):
    """An answer that holds no usable weights; the message says why, for the model and for the transcript."""


def _row(values: Array) -> str:
    return "[" + ", ".join(repr(float(x)) for x in values) + "]"


def messages(prompt: Prompt, w: object, step_size: float | None) -> list[Message]:
    """Return the messages that ask for the next weights.

    Parameters
    ----------
    prompt : Prompt
        The in-context examples, unbatched, in floating point.
    w : (d,) array_like
        The current weights, dimensionless.
    step_size : float or None
        The step of the gradient descent that is asked for; None leaves the way and the length of the move to the
        model.

    Returns
    -------
    list of dict
        ``role`` and ``content`` of each message.

    Raises
    ------
    ShapeError, NonFiniteError, DTypeError
    """
    weights = vectors("w", w, prompt.d, exact=False)
    n, d = prompt.n, prompt.d
    if step_size is None:
        task = (
            "Propose the next weights: move from the current weights towards weights that fit your examples better, "
            "but only part of the way, as one step of an iterative method would."
        )
    else:
        eta = repr(float(step_size))
        task = (
            f"Make exactly one gradient-descent step of size {eta} on L from the current weights: "
            f"next weights = w - {eta} * (1/n) * sum over the examples of (w . x - y) * x."
        )
    lines = [
        f"Linear regression with d = {d} weights and no intercept: the prediction for features x is w . x.",
        "",
        f"Your n = {n} examples:",
        *(f"x = {_row(x)}, y = {float(y)!r}" for x, y in zip(prompt.X, prompt.y, strict=True)),
        "",
        "Your loss: L(w) = 1/(2 n) * sum over the examples of (w . x - y)^2.",
        "",
        "Current weights:",
        f"w = {_row(weights)}",
        "",
        task,
        _format(d),
    ]
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n".join(lines)}]


def _format(d: int) -> str:
    names = ", ".join(f"w{i}" for i in range(1, d + 1))
    return f'Answer with the JSON object {{"weights": [{names}]}} with {d} plain number{"s" if d > 1 else ""}.'


def correction(said: str, reason: str, d: int) -> list[Message]:
    """Return the messages that follow an unusable answer: the answer itself, and what was wrong with it."""
    return [
        {"role": "assistant", "content": said[:_QUOTED] or "(empty)"},
        {"role": "user", "content": f"This answer cannot be used: {reason}. {_format(d)}"},
    ]


def read_weights(text: str, d: int) -> Array:
    """Return the weights (d,) of an answer.

    The answer may be the JSON object itself or contain it, as in a fenced block: the last object with the key
    ``weights`` counts.

    Raises
    ------
    UnusableAnswer
        No JSON object, no weights, not d of them, or entries that are not finite numbers.
    """
    found = _last_object(text)
    if found is None:
        raise UnusableAnswer('it holds no JSON object with the key "weights"')
    values = found["weights"]
    if not isinstance(values, list):
        raise UnusableAnswer('"weights" is not a list')
    if len(values) != d:
        raise UnusableAnswer(f'"weights" has {len(values)} entries instead of {d}')
    weights = []
    for i, value in enumerate(values, 1):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnusableAnswer(f"entry {i} of the weights is not a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise UnusableAnswer(f"entry {i} of the weights is not finite")
        weights.append(number)
    return np.array(weights)


def _last_object(text: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder()
    found, start, failed = None, text.find("{"), 0
    while start >= 0 and failed < _BRACES:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end, failed = start + 1, failed + 1
        else:
            if isinstance(value, dict) and "weights" in value:
                found = value
        start = text.find("{", end)
    return found
