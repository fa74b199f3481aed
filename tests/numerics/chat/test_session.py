"""What a session counts, waits for and gives up: every decision on its own, without a network in between."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics import NumericsError
from numerics.chat.endpoint import Endpoint, Reply
from numerics.chat.session import Session
from numerics.errors import ChatServerError, TokenLimitError
from tests.numerics.chat.chatting import Clock, asking, lines

ZERO = np.zeros(2)


def replied(*replies: Reply, seen: list[str] | None = None) -> Any:
    """Stand in for a server: these replies in turn, then a good answer; what is asked for is kept by its key."""
    waiting = list(replies)

    def send(request: dict[str, Any], key: str) -> Reply:
        if seen is not None:
            seen.append(key)
        if waiting:
            return waiting.pop(0)
        text = json.dumps({"weights": [0.25, -0.5]})
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 30, "completion_tokens": 12}
        return Reply("answer", 200, {"choices": [choice], "usage": usage})

    return send


@functools.cache
def endpoint() -> Endpoint:
    return Endpoint("http://127.0.0.1:9/v1", "stand-in", key_variable=None, trust_environment=False)


def offline(path: Path, clock: Clock | None = None, **more: Any) -> contextlib.AbstractContextManager[Any]:
    """W's agent and its session; an endpoint that has learnt nothing yet, with the client of all others."""
    return asking("", path, clock, endpoint=copy.copy(endpoint()), **more)


@pytest.mark.parametrize("status", [401, 402, 403, 404, 407, 410, 418])
def test_after_a_recorded_fatal_status_a_new_start_asks_again_as_a_new_request(tmp_path: Path, status: int) -> None:
    path, keys, clock = tmp_path / "t", list[str](), Clock()
    # Where the request is not what is wrong, it stays as it is, whatever is said of its parts.
    said = "response_format: go away" if status <= 407 else "go away"
    fatal = Reply("error", status, {"error": {"message": said}})
    for starts in (1, 2):
        with offline(path, clock) as (agent, session):
            agent._endpoint.send = replied(fatal, seen=keys)
            with pytest.raises(ChatServerError, match=rf"says {status}: {said}; nothing is lost, start again"):
                agent.update(ZERO)
            assert (session.sent, session.replayed) == (1, starts - 1)
            assert session.tokens == 0, "what is refused costs nothing"
    with offline(path, clock) as (agent, session):
        agent._endpoint.send = replied(seen=keys)
        assert agent.update(ZERO).tolist() == [0.25, -0.5]
        assert (session.sent, session.replayed, session.tokens) == (1, 2, 42)
    assert keys == [f"run-run-c0-r0-t0-W-a1-{errors}" for errors in range(3)]
    assert clock.slept == []


@pytest.mark.parametrize(
    ("reply", "same"),
    [
        (Reply("lost", None, "broken"), True),
        (Reply("unreachable", None, "refused"), True),
        (Reply("error", 409, "busy"), True),
        (Reply("error", 425, "early"), True),
        *((Reply("error", status, "later"), False) for status in (200, 408, 429, 500, 599)),
        *((Reply("error", status, "response_format"), False) for status in (502, 503, 504)),
    ],
)
def test_what_passes_is_waited_for_and_the_key_says_whether_it_may_be_the_same_request(
    tmp_path: Path, reply: Reply, same: bool
) -> None:
    keys, clock = list[str](), Clock()
    with offline(tmp_path / "t", clock) as (agent, session):
        agent._endpoint.send = replied(reply, seen=keys)
        agent.update(ZERO)
        most = lines(tmp_path / "t")[1]["may_cost"]
        # A lost answer, or one that is no completion, may have cost all that it could.
        worked = reply.outcome == "lost" or reply.status == 200
        assert session.tokens == 42 + (most if worked else 0)
        assert agent._endpoint.dialect.structure == "json_schema"
    assert [key[-1] for key in keys] == ["0", "0" if same else "1"]
    [slept] = clock.slept
    assert 0 < slept <= 0.5


@pytest.mark.parametrize(("tries", "longest"), [(1, 120.0), (3, 120.0), (40, 4.0)])
def test_tries_are_counted_and_waits_double_up_to_the_longest(tmp_path: Path, tries: int, longest: float) -> None:
    clock = Clock()
    with offline(tmp_path / "t", clock, tries=tries, longest_wait=longest) as (agent, session):
        agent._endpoint.send = replied(*[Reply("error", 503, "later")] * tries)
        session._jitter.uniform = lambda low, high: low + high  # type: ignore[method-assign]
        with pytest.raises(ChatServerError, match=rf"no answer after {tries} tries, the last: the server says 503: "):
            agent.update(ZERO)
        assert session.sent == tries
    assert clock.slept == [min(longest, 0.5 * 2.0**k) for k in range(tries - 1)]


@pytest.mark.parametrize(("asked", "waits"), [(0.0, True), (119.5, True), (120.0, True), (120.5, False)])
def test_a_wait_is_obeyed_up_to_the_longest(tmp_path: Path, asked: float, waits: bool) -> None:
    clock = Clock()
    with offline(tmp_path / "t", clock, first_wait=0.0) as (agent, _):
        agent._endpoint.send = replied(Reply("error", 429, "later", asked))
        with contextlib.nullcontext() if waits else pytest.raises(ChatServerError, match="longer than 120 s"):
            agent.update(ZERO)
    assert clock.slept == ([asked] if waits and asked else [])


@pytest.mark.parametrize(("later", "slept"), [(0.0, [10.0]), (9.75, [0.25]), (10.0, []), (11.0, [])])
def test_a_new_start_waits_for_what_is_left_of_a_recorded_wait(
    tmp_path: Path, later: float, slept: list[float]
) -> None:
    clock = Clock()
    with offline(tmp_path / "t", clock, tries=1) as (agent, _):
        agent._endpoint.send = replied(Reply("error", 429, "later", 10.0))
        with pytest.raises(ChatServerError, match="no answer after 1 tries"):
            agent.update(ZERO)
    clock.at += later
    with offline(tmp_path / "t", clock, tries=1) as (agent, _):
        agent._endpoint.send = replied()
        agent.update(ZERO)
    assert clock.slept == slept


def test_a_budget_is_decided_by_the_tokens_of_prompt_form_and_answer(tmp_path: Path) -> None:
    """By hand: a byte of text is a token at most, a message 16 more, then the form that is asked for and the answer."""
    with offline(tmp_path / "free", output_tokens=300) as (agent, session):
        agent._endpoint.send = replied()
        agent.update(ZERO)
        request = agent._endpoint.request([{"role": "user", "content": "é"}], 7, agent._endpoint.dialect)
        form = len(str(request["response_format"]))
    sent = lines(tmp_path / "free")[1]
    messages = sent["request"]["messages"]
    most = sum(len(message["content"].encode()) + 16 for message in messages) + form + 300
    assert sent["may_cost"] == most
    for limit, goes in ((most, True), (most - 1, False)):
        with offline(tmp_path / f"t{limit}", output_tokens=300, token_limit=limit) as (agent, session):
            agent._endpoint.send = replied()
            refused = pytest.raises(TokenLimitError, match=rf"0 tokens are counted .* up to {most}, more than")
            with contextlib.nullcontext() if goes else refused:
                agent.update(ZERO)
            assert session.sent == goes
            assert session.tokens == (42 if goes else 0)


def test_what_was_sent_without_an_outcome_counts_as_spent(tmp_path: Path) -> None:
    path = tmp_path / "t"

    def killed(request: dict[str, Any], key: str) -> Reply:
        raise KeyboardInterrupt

    with offline(path) as (agent, session):
        agent._endpoint.send = killed
        with pytest.raises(KeyboardInterrupt):
            agent.update(ZERO)
    most = lines(path)[1]["may_cost"]
    with offline(path) as (agent, session):
        assert session.tokens == most
        agent._endpoint.send = replied()
        agent.update(ZERO)
        assert session.tokens == most + 42
    with offline(path) as (_, session):
        assert session.tokens == most + 42


@pytest.mark.parametrize(
    "usage",
    [
        None,
        3,
        {},
        {"prompt_tokens": 30},
        *({"prompt_tokens": wrong, "completion_tokens": 1} for wrong in (True, -1, 1.5)),
    ],
)
def test_a_report_of_tokens_that_is_none_counts_as_the_most_possible(tmp_path: Path, usage: Any) -> None:
    good = replied()({}, "").body
    with offline(tmp_path / "t") as (agent, session):
        agent._endpoint.send = replied(Reply("answer", 200, good | {"usage": usage}))
        agent.update(ZERO)
        sent, received = lines(tmp_path / "t")[1:]
        assert session.tokens == sent["may_cost"]
    assert received["tokens"] == {"prompt": None, "completion": None, "counted": sent["may_cost"], "reported": False}
    with offline(tmp_path / "free") as (agent, session):
        agent._endpoint.send = replied(
            Reply("answer", 200, good | {"usage": {"prompt_tokens": 0, "completion_tokens": 0}})
        )
        agent.update(ZERO)
        assert session.tokens == 0


@pytest.mark.parametrize("answered", [False, True])
def test_two_internal_errors_in_a_row_cost_structured_output_only_before_any_answer(
    tmp_path: Path, answered: bool
) -> None:
    broken = Reply("error", 500, "oops")
    with offline(tmp_path / "two") as (agent, _):
        agent._endpoint.answered = answered
        agent._endpoint.send = replied(broken, broken)
        agent.update(ZERO)
        assert agent._endpoint.dialect.structure == ("json_schema" if answered else "json_object")
    with offline(tmp_path / "between") as (agent, _):
        agent._endpoint.send = replied(broken, Reply("lost", None, ""), broken)
        agent.update(ZERO)
        assert agent._endpoint.dialect.structure == "json_schema"


@pytest.mark.parametrize(("length", "shown"), [(300, 300), (301, 300)])
def test_what_a_server_says_is_cut_beyond_300_characters(tmp_path: Path, length: int, shown: int) -> None:
    said = "x" * length
    for body in (said, {"error": said}, {"error": {"message": said}}, {"message": said}):
        with offline(tmp_path / f"t{len(str(body))}") as (agent, _):
            agent._endpoint.send = replied(Reply("error", 401, body))
            with pytest.raises(ChatServerError) as caught:
                agent.update(ZERO)
        text = str(caught.value).split("says 401: ")[1].split(";")[0]
        assert text == (said if length == shown else "x" * 297 + "...")


@pytest.mark.parametrize("name", ["", "a b", "é", "-", "a/b", "-_"])
def test_names_that_cannot_be_written_into_a_key(tmp_path: Path, name: str) -> None:
    with offline(tmp_path / "t") as (_, session):
        for good in ("W2", "a-b", "a_b", "7"):
            session.register(good)
        with pytest.raises(NumericsError, match="name must consist of"):
            session.register(name)
        with pytest.raises(NumericsError, match="called 'a-b'"):
            session.register("a-b")


def test_the_least_that_a_session_takes(tmp_path: Path) -> None:
    with offline(tmp_path / "t") as (_, session):
        standard = Session(session.transcript)
        assert (standard.tries, standard.first_wait, standard.longest_wait) == (8, 1.0, 120.0)
        assert standard.token_limit is None
        Session(session.transcript, tries=1, token_limit=1, first_wait=0.0, longest_wait=0.0)
        for wrong in (
            {"first_wait": -1e-9},
            {"first_wait": 1.0, "longest_wait": 0.5},
            {"token_limit": 0},
            {"tries": 0},
        ):
            with pytest.raises(NumericsError, match=next(reversed(wrong)).split("_")[0]):
                Session(session.transcript, **wrong)  # type: ignore[arg-type]
