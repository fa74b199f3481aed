"""How a question becomes an answer: recorded exchanges first, then the network, within budgets.

A session goes through the exchanges that its transcript already holds exactly as it went through them when they
happened, without sending anything and without waiting; where the record ends it goes on over the network. Since every
decision depends on recorded outcomes only, a run that was killed and started again makes the same requests as one
that was not.

What happens to a request: 400, 415, 422 and 501 lead to a simpler dialect, chosen by what the server says
(:mod:`numerics.chat.dialect`). So does any other refusal, a 500 included, that names what the server cannot do, and the
second 500 in a row for a request with structured output before anything was answered. 408, 409, 425, 429, 5xx, lost
connections and replies that are no completions are tried again after a wait that grows and is jittered, at least as
long as ``Retry-After`` asks; anything else stops. After a recorded error the next try has an idempotency key of its
own; after a lost connection it keeps its key, since its answer may exist.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from numerics.chat.dialect import Dialect
from numerics.chat.endpoint import Endpoint, Reply
from numerics.chat.transcript import Place, Record, Transcript, digest
from numerics.errors import ChatServerError, OptionError, TokenLimitError, TranscriptError

__all__ = ["Session"]

Messages = list[dict[str, str]]
#: What an answer amounts to, for the record: the entry ``weights`` or the entry ``unusable``.
Judge = Callable[[Record], Record]

_REJECTED = {400, 415, 422, 501}
_AGAIN = {200, 408, 409, 425, 429}
#: What is asked is not what is wrong: who asks, where, or a gateway in between.
_NOT_THE_REQUEST = {401, 402, 403, 404, 407, 502, 503, 504}
#: The same request may still be worked on, or be accepted later: not a new one.
_SAME_REQUEST = {409, 425}


@dataclass
class _Course:
    """How far one attempt has come."""

    history: Sequence[Record]
    dialect: Dialect
    done: int = 0
    errors: int = 0
    failures: int = 0
    live_failures: int = 0
    broken: int = 0
    complaint: Record | None = None

    @property
    def ahead(self) -> int:
        """Outcomes of the history that are still to come; less than 0 after one that is not from there."""
        return len(self.history) - self.done


@dataclass
class Session:
    """A transcript, and the budgets under which it grows.

    Parameters
    ----------
    transcript : Transcript
    token_limit : int or None
        A request is only made if the tokens counted so far and the most that it can take stay within the limit.
    tries : int
        How often one request is sent in one process before the session stops, >= 1.
    first_wait, longest_wait : float
        Seconds: the first wait after a failure, doubled every time, and the longest. A server that asks for a longer
        wait stops the session.
    sleep, now : callable
        Waiting, and the clock in seconds since the epoch.

    Attributes
    ----------
    sent, replayed : int
        Requests sent by this session, and outcomes taken from the transcript.

    Raises
    ------
    OptionError
    """

    transcript: Transcript
    token_limit: int | None = None
    tries: int = 8
    first_wait: float = 1.0
    longest_wait: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    sent: int = field(default=0, init=False)
    replayed: int = field(default=0, init=False)
    _agents: set[str] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise OptionError(f"tries must be >= 1, got {self.tries!r}")
        if not 0 <= self.first_wait <= self.longest_wait:
            raise OptionError(
                f"waits must satisfy 0 <= first_wait <= longest_wait, got {self.first_wait!r} and {self.longest_wait!r}"
            )
        if self.token_limit is not None and self.token_limit < 1:
            raise OptionError(f"token_limit must be >= 1, got {self.token_limit!r}")
        # Full jitter, doubled every time; the global random state stays untouched.
        self._jitter = random.Random()
        self._tokens: int = sum(record["tokens"]["counted"] for record in self.transcript.outcomes())
        self._tokens += sum(record["may_cost"] for record in self.transcript.without_outcome())

    def register(self, name: str) -> None:
        """Take a name for an agent.

        Raises
        ------
        OptionError
            When the name is taken or cannot be written into a key.
        """
        if not name or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
            raise OptionError(f"name must consist of letters, digits, - and _, got {name!r}")
        if name in self._agents:
            raise OptionError(f"two agents of one session are called {name!r}; give them different names")
        self._agents.add(name)

    @property
    def tokens(self) -> int:
        """Tokens counted so far: as reported by the server, and the most possible where it reported none."""
        return self._tokens

    def ask(
        self, endpoint: Endpoint, place: Place, attempt: int, messages: Messages, output_tokens: int, judge: Judge
    ) -> Record:
        """Return the record of the answer to one attempt at a move.

        Parameters
        ----------
        endpoint : Endpoint
            The model to ask.
        place : Place
            Which move it is.
        attempt : int
            Counted from 1; a new attempt is a new question, for instance with a correction.
        messages : list of dict
            ``role`` and ``content`` of each.
        output_tokens : int
            Most tokens of the answer, > 0.
        judge : callable
            Given the body of the answer, returns the entries that are recorded with it.

        Raises
        ------
        ChatServerError, TokenLimitError, TranscriptError
        """
        course = _Course(self.transcript.received(place, attempt), endpoint.dialect)
        while True:
            record = self._once(course, endpoint, place, attempt, messages, output_tokens, judge)
            if record["outcome"] == "answer":
                return record
            if course.ahead > 0:  # what was done about it is recorded, too
                continue
            if course.live_failures >= self.tries or self._left(record) > self.longest_wait:
                raise self._gives_up(record, place, course)
            if (seconds := self._wait(record, course)) > 0:
                self.sleep(seconds)

    def _once(
        self,
        course: _Course,
        endpoint: Endpoint,
        place: Place,
        attempt: int,
        messages: Messages,
        output_tokens: int,
        judge: Judge,
    ) -> Record:
        """Take one request to an answer or a failure that may pass, through simpler dialects if need be."""
        while True:
            request = endpoint.request(messages, output_tokens, course.dialect)
            key = f"{self.transcript.run_id}-{place}-a{attempt}-{course.errors}"
            live = course.ahead <= 0
            if live:
                record = self._deliver(endpoint, place, attempt, key, request, course.dialect, judge)
            else:
                record = self._replay(course.history[course.done], key, request, endpoint)
            course.done += 1
            outcome, status = record["outcome"], record["status"]
            if outcome == "answer":
                endpoint.dialect, endpoint.answered = course.dialect, True
                return record
            if outcome == "error" and status not in _SAME_REQUEST:
                course.errors += 1
            if outcome == "error" and _refuses(record, request, course.dialect):
                first = course.complaint = course.complaint or record
                simpler = course.dialect.simpler(str(record["response"]), request)
                course.dialect = simpler or endpoint.dialect
                if simpler is not None:
                    continue
                course.complaint = None
                if not live:
                    continue
                raise ChatServerError(f"{place}: {_both(first, record)}")
            if outcome == "error" and status not in _AGAIN and status < 500 and live:
                raise ChatServerError(f"{place}: {_said(record)}; nothing is lost, start again to go on from here")
            course.broken = course.broken + 1 if status == 500 else 0
            if course.broken == 2 and "response_format" in request and not endpoint.answered:
                course.complaint = course.complaint or record
                course.dialect, course.broken = course.dialect.without(course.dialect.structure) or course.dialect, 0
            course.failures += 1
            course.live_failures += live
            return record

    def _replay(self, record: Record, key: str, request: Record, endpoint: Endpoint) -> Record:
        if record["key"] != key or record["request_digest"] != digest(request):
            raise TranscriptError(
                f"{self.transcript.path}: the request recorded as {record['key']} is not the one that belongs there "
                f"now; it was made with another prompt, model or version: start a new transcript"
            )
        self.replayed += 1
        return record

    def _deliver(
        self,
        endpoint: Endpoint,
        place: Place,
        attempt: int,
        key: str,
        request: Record,
        dialect: Dialect,
        judge: Judge,
    ) -> Record:
        most = _most_tokens(request, request[dialect.limit])
        if self.token_limit is not None and self._tokens + most > self.token_limit:
            raise TokenLimitError(
                f"{place}: {self._tokens} tokens are counted and the next request can take up to {most}, more than the "
                f"limit of {self.token_limit} allows; nothing is lost, start again with a higher limit"
            )
        self.transcript.record_sent(place, attempt, key, request, may_cost=most, time=self._date())
        self.sent += 1
        begun = time.monotonic()
        reply = endpoint.send(request, key)
        seconds = time.monotonic() - begun
        tokens = _tokens(reply, most)
        self._tokens += tokens["counted"]
        return self.transcript.record_received(
            place,
            attempt,
            key,
            request,
            server=endpoint.base_url,
            outcome=reply.outcome,
            status=reply.status,
            **({**judge(reply.body), "dialect": dialect.as_json()} if reply.outcome == "answer" else {}),
            response=reply.body,
            tokens=tokens,
            retry_after=reply.retry_after,
            seconds=round(seconds, 6),
            time=self._date(),
            clock=self.now(),
        )

    def _date(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")

    def _wait(self, record: Record, course: _Course) -> float:
        if course.ahead == 0:  # recorded by an earlier process, which may have been long ago
            return self._left(record)
        grown = min(self.longest_wait, self.first_wait * 2.0 ** min(course.failures - 1, 30))
        return self._left(record) + self._jitter.uniform(0.0, grown)

    def _left(self, record: Record) -> float:
        """Return the seconds that are left of the wait that the server asked for."""
        asked: float = record["retry_after"] or 0.0
        return max(0.0, record["clock"] + asked - self.now()) if asked else 0.0

    def _gives_up(self, record: Record, place: Place, course: _Course) -> ChatServerError:
        left = self._left(record)
        if left > self.longest_wait:
            why = f"the server asks to wait {left:.0f} s, longer than {self.longest_wait:.0f} s"
        else:
            why = f"no answer after {course.live_failures} tries, the last: {_both(record, course.complaint or record)}"
        return ChatServerError(f"{place}: {why}; nothing is lost, start again to go on from here")


def _refuses(record: Record, request: Record, dialect: Dialect) -> bool:
    """Whether the request itself is what a server complains about, so that another form of it may do."""
    status = record["status"]
    if status in _REJECTED:
        return True
    spoken = isinstance(status, int) and status >= 400 and status not in _AGAIN
    return spoken and status not in _NOT_THE_REQUEST and dialect.explained(str(record["response"]), request)


def _both(record: Record, other: Record) -> str:
    """What a server said of a request, and what it said of another form of it."""
    said, also = _said(record), _said(other)
    return said if said == also else f"{said}; and of the request in another form: {also}"


def _most_tokens(request: Record, output_tokens: int) -> int:
    """Bound the tokens of a request: a token of text has at least one byte, a message a few tokens around it."""
    text = sum(len(message["content"].encode()) + 16 for message in request["messages"])
    return text + len(str(request.get("response_format", ""))) + output_tokens


def _tokens(reply: Reply, most: int) -> Record:
    """Return what an exchange cost: as reported, else nothing for a refused request, else the most possible."""
    usage = reply.body.get("usage") if reply.outcome == "answer" else None
    counts = [usage.get(name) if isinstance(usage, dict) else None for name in ("prompt_tokens", "completion_tokens")]
    if all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in counts):
        return {"prompt": counts[0], "completion": counts[1], "counted": sum(counts), "reported": True}
    worked = reply.outcome in ("answer", "lost") or reply.status == 200
    return {"prompt": None, "completion": None, "counted": most if worked else 0, "reported": False}


def _said(record: Record) -> str:
    body = record["response"]
    error = body.get("error", body) if isinstance(body, dict) else body
    text = str(error.get("message", error) if isinstance(error, dict) else error)
    status = "" if record["status"] is None else f"the server says {record['status']}: "
    return status + (text if len(text) <= 300 else text[:297] + "...")
