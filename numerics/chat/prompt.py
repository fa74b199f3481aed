"""What a chat agent is told, and how its answer is read: plain text and JSON, no network.

The text shows the in-context examples, the loss that they define, the current weights and what is asked for. Every
number is written with ``repr``, so that reading it back gives the same double. An answer is a JSON object with the
one key ``weights``: d finite numbers. It is read by these rules, and where they leave a doubt the model is asked again:

- reasoning is no answer: what stands between ``<think>`` and ``</think>`` (or ``thinking``, ``reasoning``, ``thought``,
  ``analysis``, in pointed or square brackets) is left out; so is all that follows a block that is never closed, and all
  that precedes a closing tag without an opening one (templates that write the opening tag themselves);
- in what is left, every JSON object with the key ``weights`` is a candidate: the whole text, a part of a sentence, a
  fenced block. All of them must give the same weights. The first may be a draft and the last a quotation of where the
  move began, so that no order is trusted.

Source: the chapter "Language models as agents" of the book.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.validation import Array, vectors

__all__ = ["RESPONSE_SCHEMA", "UnusableAnswer", "correction", "messages", "read_weights", "without_reasoning"]

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


_CHANNEL, _FINAL = "<|channel|>", "<|channel|>final<|message|>"
_NAMES = "think|thinking|reasoning|thought|thoughts|analysis"
_TAG = re.compile(rf"<\|?(?P<closing>/?)(?:{_NAMES})\b[^<>]*>|\[(?P<square>/?)(?:{_NAMES})\]", re.IGNORECASE)


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
        {"role": "assistant", "content": without_reasoning(said)[:_QUOTED].strip() or "(empty)"},
        {"role": "user", "content": f"This answer cannot be used: {reason}. {_format(d)}"},
    ]


def read_weights(text: str, d: int) -> Array:
    """Return the weights (d,) of an answer, by the rules of this module.

    Raises
    ------
    UnusableAnswer
        No JSON object outside of reasoning, no weights, several that differ, not d of them, or entries that are not
        finite numbers.
    """
    found = _candidates(without_reasoning(text))
    if not found:
        raise UnusableAnswer('it holds no JSON object with the key "weights"')
    values = found[0]
    if any(_differ(values, other) for other in found):
        raise UnusableAnswer(
            f"it gives different weights in {len(found)} places; write the JSON object with the next weights once, and "
            f"no other weights"
        )
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


def without_reasoning(text: str) -> str:
    """Return a text without the parts that are marked as reasoning."""
    if _CHANNEL in text:  # raw text of a model that writes to channels, of which one is the answer
        text = text.rpartition(_FINAL)[2] if _FINAL in text else ""
    kept, start, thinking = "", 0, False
    for tag in _TAG.finditer(text):
        closing = bool(tag["closing"] or tag["square"])
        if not thinking:
            # A closing tag alone: the opening one was part of the question, and all before it is reasoning.
            kept = "" if closing else kept + text[start : tag.start()]
        thinking, start = not closing, tag.end()
    return kept if thinking else kept + text[start:]


def _candidates(text: str) -> list[Any]:
    """What the key ``weights`` holds in every JSON object of a text that has it, in order."""
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
    found: list[Any] = []
    start, failed = text.find("{"), 0
    while start >= 0 and failed < _BRACES:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end, failed = start + 1, failed + 1
        else:
            found += [inner for name, inner in value if name == "weights"]
        start = text.find("{", end)
    return found if start < 0 else []


class _Pairs(list[tuple[str, Any]]):
    """The entries of a JSON object, repeated keys included."""


def _differ(a: Any, b: Any) -> bool:
    return json.dumps(a) != json.dumps(b) and a != b
