"""What a chat server understands of the protocol, learnt from its complaints.

A request begins in the fullest form: a system message, a JSON schema, ``max_completion_tokens``, all options. When the
server refuses something it usually says what, and that alone is changed:

- the system role (templates of Gemma, Mistral and others): its text is moved into the user's message;
- a schema, ``json_object`` or a grammar: the next simpler of "json_schema", "json_object", "text", also where a server
  answers 5xx because it could not compile the grammar;
- the name of the limit on the tokens of an answer: the other one;
- a limit that is too large: the largest that the server states, else half;
- an option of sampling, such as ``temperature``: it is left out.

A complaint that names nothing known is taken for one about the structure, the least common part of the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numerics.chat.prompt import RESPONSE_SCHEMA

__all__ = ["Dialect"]

Messages = list[dict[str, str]]

STRUCTURES = ("json_schema", "json_object", "text")
LIMITS = ("max_completion_tokens", "max_tokens")
#: Options that a model may not have, and that an experiment can do without.
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "seed", "presence_penalty", "frequency_penalty", "logit_bias")

#: Tokens, below which no answer fits.
_LEAST = 64

_SYSTEM = re.compile(
    r"system (role|message|prompt|instruction)s?\b.{0,40}\bnot|does not support .?system|only user and assistant"
    r"|roles must alternate|unexpected role .?system|role.{0,20}system.{0,20}(invalid|not)",
    re.IGNORECASE | re.DOTALL,
)
_STRUCTURE = re.compile(
    r"response.?format|json.?schema|json.?object|grammar|guided|structured output|for format", re.IGNORECASE
)
_TOO_LARGE = re.compile(
    r"too (large|high|many|big)|at most|maximum|exceed|less than or equal|range|out of bounds", re.IGNORECASE
)
_CONTEXT = re.compile(
    r"context length is (\d+) tokens.*?(?:\((\d+) in the messages|(?:has|at least) (\d+) input tokens)",
    re.IGNORECASE | re.DOTALL,
)
_STATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"at most\D{0,3}(\d+)",
        r"less than or equal to\D{0,3}(\d+)",
        r"range\D{0,40}\[\s*\d+\s*,\s*(\d+)\s*\]",
        r"\d+\s*>\s*(\d+)",
        r"maximum\D{0,40}?(\d+)",
        r"<=\s*(\d+)",
    )
)


@dataclass(frozen=True)
class Dialect:
    """What a server understands of the optional part of the protocol.

    Attributes
    ----------
    refused : tuple of str
        What it has refused so far, in that order: "system", a form of structured output, a name of the limit, an
        option.
    most : int or None
        The largest limit on the tokens of an answer that it takes, as far as it has said so.
    """

    refused: tuple[str, ...] = ()
    most: int | None = None

    @property
    def structure(self) -> str:
        """The strongest form of structured output that is left: "json_schema", "json_object" or "text"."""
        return next(name for name in STRUCTURES if name == "text" or name not in self.refused)

    @property
    def limit(self) -> str:
        """What the server calls the limit on the tokens of an answer."""
        return next((name for name in LIMITS if name not in self.refused), LIMITS[-1])

    def without(self, name: str) -> Dialect | None:
        """Return the dialect without something; None when there is no going without it."""
        if name == "text" or name in self.refused or set(LIMITS) <= {*self.refused, name}:
            return None
        return replace(self, refused=(*self.refused, name))

    def simpler(self, complaint: str, request: Mapping[str, Any]) -> Dialect | None:
        """Return what to try after a request was refused; None when nothing is left, or nothing would help.

        Parameters
        ----------
        complaint : str
            All that the server said.
        request : mapping
            The request.
        """
        named = self._named(complaint, request)
        return named[0] if named else self.without(self.structure)

    def explained(self, complaint: str, request: Mapping[str, Any]) -> bool:
        """Whether a complaint names a part of the request that there is a way around: it is no passing trouble."""
        named = self._named(complaint, request)
        return bool(named and named[0])

    def _named(self, complaint: str, request: Mapping[str, Any]) -> tuple[Dialect | None] | None:
        """The remedy for what a complaint names; None when it names nothing known."""
        asked = int(request[self.limit])
        mentioned = [name for name in LIMITS if name in complaint]
        if most := _largest(complaint, asked, limits=bool(mentioned)):
            return (replace(self, most=most) if most < asked else None,)
        if self.limit in mentioned:
            return (self.without(self.limit),)
        if _SYSTEM.search(complaint) and any(message["role"] == "system" for message in request["messages"]):
            return (self.without("system"),)
        for name in SAMPLING:
            if name in request and re.search(rf"\b{name}\b", complaint):
                return (self.without(name),)
        if "response_format" in request and _STRUCTURE.search(complaint):
            return (self.without(self.structure),)
        return None

    def request(self, model: str, messages: Messages, output_tokens: int, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a request in this dialect."""
        limit = output_tokens if self.most is None else min(output_tokens, self.most)
        body: dict[str, Any] = {"model": model, "messages": self._messages(messages), self.limit: limit}
        if self.structure == "json_schema":
            schema = {"name": "next_weights", "strict": True, "schema": RESPONSE_SCHEMA}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.structure == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body | {name: value for name, value in options.items() if name not in self.refused}

    def _messages(self, messages: Messages) -> Messages:
        first, *others = messages
        if "system" not in self.refused or first["role"] != "system" or not others:
            return messages
        question, *rest = others
        return [{"role": "user", "content": f"{first['content']}\n\n{question['content']}"}, *rest]

    def as_json(self) -> dict[str, Any]:
        """Return plain data for the transcript."""
        return {"refused": list(self.refused), "most": self.most}


def _largest(complaint: str, asked: int, *, limits: bool) -> int | None:
    """What to try after a complaint about the size of the limit; what was asked for already where nothing is left.

    The largest number below it that is stated; half of it where none is stated.
    """
    if found := _CONTEXT.search(complaint):
        return max(0, int(found[1]) - int(found[2] or found[3])) or asked
    if not limits or not _TOO_LARGE.search(complaint):
        return None
    for pattern in _STATED:
        if stated := [int(number) for number in pattern.findall(complaint) if int(number) > 0]:
            return max((number for number in stated if number < asked), default=asked)
    return asked // 2 if asked >= 2 * _LEAST else asked
