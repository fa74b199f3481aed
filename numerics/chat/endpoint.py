"""A chat server, seen from here: one call is one HTTP request, and nothing is repeated behind the caller's back.

Any server that speaks the OpenAI-compatible ``/chat/completions`` protocol will do. The client's own retries and
redirects are switched off, so that every exchange passes through :meth:`Endpoint.send` and can be recorded. The key
is read from an environment variable, is not kept by this class, and is cut out of everything that a server says.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from numerics.chat.dialect import Dialect
from numerics.environment import needs_extra
from numerics.errors import ChatServerError, OptionError

__all__ = ["Endpoint", "Reply"]

Outcome = Literal["answer", "error", "lost", "unreachable"]
_RESERVED = {"model", "messages", "stream", "n", "response_format", "max_tokens", "max_completion_tokens"}
_SHORTEST_KEY = 8
_LONGEST_TEXT = 20_000
_HIDDEN = "[key]"
_NO_KEY = "no-key-needed"


@dataclass(frozen=True)
class Reply:
    """The outcome of one HTTP request.

    Attributes
    ----------
    outcome : {"answer", "error", "lost", "unreachable"}
        ``answer``: a completion. ``error``: anything else that the server said. ``lost``: the connection broke or timed
        out after the request had gone out, so that the server may have done the work. ``unreachable``: no connection.
    status : int or None
        HTTP status.
    body : JSON value or str
        What the server said, or what broke. Never holds the key.
    retry_after : float or None
        Seconds that the server asks to wait.
    """

    outcome: Outcome
    status: int | None
    body: Any
    retry_after: float | None = None


class Endpoint:
    """A model behind an OpenAI-compatible server.

    Parameters
    ----------
    base_url : str
        For example ``https://api.openai.com/v1`` or ``http://127.0.0.1:8000/v1``; without user name and password.
    model : str
        The model's name on that server.
    key_variable : str or None
        The environment variable that holds the key, read once; None for a server that needs no key. A server on this
        machine or in a private network gets whatever the variable holds, such as ``EMPTY``, or a stand-in.
    timeout : float
        Seconds without any byte from the server after which an exchange counts as lost; > 0.
    options : mapping, optional
        Further entries of every request, such as ``{"temperature": 0.5, "reasoning_effort": "low"}``.
    trust_environment : bool
        Whether the proxies of the environment are used.
    now : callable
        The clock, in seconds since the epoch.

    Attributes
    ----------
    dialect : Dialect
        The dialect of the last request that was answered: what has worked is what the next request begins with.
    answered : bool
        Whether a request has been answered.

    Raises
    ------
    MissingExtraError
        Without the ``openai`` package.
    OptionError, ChatServerError
        A bad option; a key that is missing or cannot be one.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        key_variable: str | None = "OPENAI_API_KEY",
        timeout: float = 120.0,
        options: Mapping[str, Any] | None = None,
        trust_environment: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        _check_url(base_url)
        if not model:
            raise OptionError("model is empty; pass the name of a model that the server has")
        if not timeout > 0:
            raise OptionError(f"timeout must be > 0 seconds, got {timeout!r}")
        self.options = dict(options or {})
        if taken := sorted(_RESERVED & self.options.keys()):
            raise OptionError(f"options must not set {taken[0]!r}: the agent sets it itself")
        with needs_extra("llm", "chat agents need"):
            import openai
        self._openai = openai
        self.base_url, self.model, self.dialect, self.answered = base_url, model, Dialect(), False
        self._now = now
        key = _NO_KEY if key_variable is None else _key(key_variable, local=_is_local(base_url))
        # What is shorter is a stand-in for a key, and perhaps a word.
        self._hide: Callable[[str], str] = lambda text: (
            text.replace(key, _HIDDEN) if len(key) >= _SHORTEST_KEY else text
        )
        http = openai.DefaultHttpxClient(trust_env=trust_environment, follow_redirects=False)
        self._client = openai.OpenAI(api_key=key, base_url=base_url, max_retries=0, timeout=timeout, http_client=http)

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, {self.model!r})"

    def request(self, messages: list[dict[str, str]], output_tokens: int, dialect: Dialect) -> dict[str, Any]:
        """Return the body of a request."""
        return dialect.request(self.model, messages, output_tokens, self.options)

    def send(self, request: dict[str, Any], key: str) -> Reply:
        """Make one HTTP request.

        Parameters
        ----------
        request : dict
            As :meth:`request` returns it.
        key : str
            The idempotency key: a server that honours it answers equal keys from its memory.
        """
        more = {name: value for name, value in request.items() if name not in ("model", "messages")}
        try:
            raw = self._client.chat.completions.with_raw_response.create(
                model=request["model"],
                messages=request["messages"],
                extra_body=more,
                extra_headers={"Idempotency-Key": key},
            )
            status, headers, text = raw.status_code, raw.headers, raw.text
        except self._openai.APIStatusError as error:
            # The text is read again from the response: the exception's own message can be cut.
            status, headers, text = error.status_code, error.response.headers, error.response.text
        except self._openai.APIConnectionError as error:
            never_sent = type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")
            what = self._hide(f"{error} {type(error.__cause__).__name__}: {error.__cause__}")
            return Reply("unreachable" if never_sent else "lost", None, what)
        body = self._parsed(text)
        answered = status == 200 and isinstance(body, dict) and _has_choice(body)
        return Reply("answer" if answered else "error", status, body, self._wait_asked(headers))

    def _parsed(self, text: str) -> Any:
        try:
            return self._hidden(json.loads(text, parse_constant=str))
        except (ValueError, RecursionError):
            return self._hide(text)[:_LONGEST_TEXT]

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hide(value)
        if isinstance(value, list):
            return [self._hidden(entry) for entry in value]
        if isinstance(value, dict):
            return {self._hide(name): self._hidden(entry) for name, entry in value.items()}
        return value

    def _wait_asked(self, headers: Mapping[str, str]) -> float | None:
        milliseconds, text = headers.get("retry-after-ms"), headers.get("retry-after")
        for given, unit in ((milliseconds, 1e-3), (text, 1.0)):
            try:
                seconds = float(given) * unit if given is not None else None
            except ValueError:
                continue
            if seconds is not None and 0 <= seconds < float("inf"):
                return seconds
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self._now()) if text else None
        except ValueError:
            return None


def _has_choice(body: dict[str, Any]) -> bool:
    choices = body.get("choices")
    return isinstance(choices, list) and bool(choices) and isinstance(choices[0], dict) and "message" in choices[0]


def _check_url(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.username is not None or parts.password is not None or parts.query:
        raise OptionError("base_url must hold no user name, password or query: put the key into the environment")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OptionError(f"base_url must look like https://host/v1, got {base_url!r}")


def _is_local(base_url: str) -> bool:
    """Whether a server is on this machine or in a private network, where keys are a formality."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host in ("localhost", "host.docker.internal") or host.endswith((".localhost", ".local"))


def _key(variable: str, *, local: bool) -> str:
    if not re.fullmatch("[A-Z_][A-Z0-9_]*", variable):  # it might be a key by mistake: not shown
        raise OptionError(
            "key_variable is not the name of an environment variable (capital letters, digits, _); the key itself "
            "belongs into the environment"
        )
    key = os.environ.get(variable, "").strip()
    if not key and local:
        return _NO_KEY
    if not key:
        raise ChatServerError(
            f"the environment variable {variable} is not set; put the server's key into it (a key is never taken from "
            f"the command line), or say that the server needs none"
        )
    least = 1 if local else _SHORTEST_KEY
    if len(key) < least or not (key.isascii() and key.isprintable()) or " " in key:
        raise ChatServerError(
            f"the environment variable {variable} does not hold a key: expected at least {least} printable "
            f"characters without blanks"
        )
    return key
