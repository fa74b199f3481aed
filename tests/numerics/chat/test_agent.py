"""Chat agents over real HTTP against a server that answers well, badly, late or not at all."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics import Agent, Interaction, LSAAgent, NumericsError, Prompt
from numerics.chat.chat_agent import ChatAgent
from numerics.chat.endpoint import Endpoint
from numerics.chat.session import Session
from numerics.errors import ChatAnswerError, ChatServerError, MissingExtraError, TokenLimitError, TranscriptError
from tests.chat_server import FAULTS, ChatServer, Model
from tests.numerics.chat.chatting import Clock, U, W, asking, lines, outcomes

ROOT = Path(__file__).parents[3]
KEY = "sk-very-secret-0123456789"
ZERO = np.zeros(2)
NEXT = LSAAgent(W, 0.5).update(ZERO)
#: What the server sees of the same move, up to the order of summation.
EXACT = {"rtol": 0, "atol": 1e-14}
#: Seconds until an answer counts as lost: long, so that a busy machine does not lose any, unless that is the test.
PATIENCE = (20.0, 1.0)


def first(*faults: str | None) -> Any:
    """Plant these faults in the first requests."""
    return lambda number, key, body: faults[number] if number < len(faults) else None


def test_a_perfect_model_is_the_attention_agent(tmp_path: Path) -> None:
    with ChatServer() as server, asking(server.url, tmp_path / "t") as (agent, session):
        assert isinstance(agent, Agent)
        with Endpoint(server.url, "other", key_variable=None, trust_environment=False) as endpoint:
            other = ChatAgent(U, endpoint, session, name="U", step_size=0.4)
            run = Interaction(agent, other).simulate([2.0, 1.0], 6)
        models = [request.body["model"] for request in server.received]
    ideal = Interaction(LSAAgent(W, 0.5), LSAAgent(U, 0.4)).simulate([2.0, 1.0], 6, method="attention")
    np.testing.assert_allclose(run.w, ideal.w, rtol=0, atol=1e-13)
    np.testing.assert_allclose(run.u, ideal.u, rtol=0, atol=1e-13)
    assert models == ["other", "stand-in"] * 6
    assert not run.diverged


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_recorded_and_overcome(tmp_path: Path, fault: str) -> None:
    path, clock = tmp_path / "t", Clock()
    with ChatServer(fault=first(fault, fault), retry_after=3.0, clock=clock.now) as server:
        with asking(server.url, path, clock, timeout=PATIENCE[fault == "timeout"]) as (agent, session):
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
            assert (session.sent, session.replayed) == (3, 0)
        with asking(server.url, path) as (agent, session):  # the record alone gives the same answer
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
            assert (session.sent, session.replayed) == (0, 3)
        assert len(server.received) == 3
    said = [record["kind"] for record in lines(path)]
    assert said == ["header", *["sent", "received"] * 3], "each is written before the next is sent"
    recorded = outcomes(path)
    assert "weights" in recorded[-1]
    for record in recorded[:-1]:
        assert ("unusable" in record) == (record["outcome"] == "answer")
    if recorded[0]["outcome"] == "answer":
        corrected = server.received[1].body["messages"]
        assert recorded[0]["unusable"] in corrected[-1]["content"], "the model is told what was wrong"
        assert clock.slept == []
    else:
        assert len(clock.slept) == 2, "no correction where the model said nothing"
        assert server.received[1].body == server.received[0].body


def test_an_answer_cut_off_gets_more_room(tmp_path: Path) -> None:
    with ChatServer(fault=first("truncated", "dimension", "truncated")) as server:
        with asking(server.url, tmp_path / "t", output_tokens=100) as (agent, _):
            agent.update(ZERO)
        asked = [request.body["max_completion_tokens"] for request in server.received]
    assert asked == [100, 200, 200, 400]


def test_no_usable_answer_is_an_error_and_more_attempts_go_on(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with ChatServer(fault=first("refusal", "dimension")) as server:
        with (
            asking(server.url, path, attempts=2) as (agent, _),
            pytest.raises(ChatAnswerError, match=r"in 2 attempts: the model refused .*; \"weights\" has 3 entries"),
        ):
            agent.update(ZERO)
        with asking(server.url, path, attempts=3) as (agent, session):
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
            assert (session.sent, session.replayed) == (1, 2)


def test_waits_grow_and_are_at_least_what_the_server_asks_for(tmp_path: Path) -> None:
    clock = Clock()
    faults = ["500"] * 4 + ["429"] * 2 + ["429-date"]
    with (
        ChatServer(fault=first(*faults), retry_after=20.0, clock=clock.now) as server,
        asking(server.url, tmp_path / "t", clock, first_wait=1.0, longest_wait=30.0) as (agent, _),
    ):
        agent.update(ZERO)
    assert len(clock.slept) == 7
    for i, waited in enumerate(clock.slept[:4]):
        assert 0 < waited <= 2**i, "full jitter below a bound that doubles"
    assert len(set(clock.slept)) == 7
    for waited in clock.slept[4:]:
        assert 20 - 1 < waited <= 20 + 30, "a date has whole seconds"


def test_an_http_date_is_understood(tmp_path: Path) -> None:
    from email.utils import formatdate

    clock = Clock()
    with Endpoint("http://127.0.0.1:1/v1", "m", key_variable=None, now=clock.now) as endpoint:
        for header, seconds in (
            ({"retry-after": formatdate(clock.at + 7, usegmt=True)}, 7.0),
            ({"retry-after": formatdate(clock.at - 7, usegmt=True)}, 0.0),
            ({"retry-after": "1.5"}, 1.5),
            ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-3"}, None),
            ({"retry-after": "inf"}, None),
            ({}, None),
        ):
            assert endpoint._wait_asked(header) == seconds


def test_a_server_that_asks_for_too_long_a_wait_stops_the_session(tmp_path: Path) -> None:
    path, clock = tmp_path / "t", Clock()
    with ChatServer(fault=first("429"), retry_after=1000.0) as server:
        with (
            asking(server.url, path, clock) as (agent, _),
            pytest.raises(ChatServerError, match=r"asks to wait 1000 s, longer than 120 s; nothing is lost"),
        ):
            agent.update(ZERO)
        clock.at += 500
        with asking(server.url, path, clock) as (agent, _), pytest.raises(ChatServerError, match="to wait 500 s"):
            agent.update(ZERO)
        assert len(server.received) == 1, "starting again does not make the wait shorter"
        assert clock.slept == []
        clock.at += 490
        with asking(server.url, path, clock) as (agent, _):
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
    assert clock.slept == pytest.approx([10]), "only what is left of the wait"


def test_the_budget_of_tries_holds_for_one_process(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with ChatServer(fault=first(*["503"] * 5)) as server:
        for _ in range(2):
            with (
                asking(server.url, path, tries=2) as (agent, session),
                pytest.raises(ChatServerError, match=r"no answer after 2 tries, the last: the server says 503: overl"),
            ):
                agent.update(ZERO)
            assert session.sent == 2
        with asking(server.url, path, tries=2) as (agent, session):
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
            assert (session.sent, session.replayed) == (2, 4)
        keys = [request.key for request in server.received]
    assert len(set(keys)) == 6, "after a recorded error a request is a new one"


@pytest.mark.parametrize("fault", ["timeout", "drop", "half"])
@pytest.mark.slow
def test_a_lost_answer_is_asked_for_again_under_its_key(tmp_path: Path, fault: str) -> None:
    with ChatServer(model=Model(noise=1.0), fault=first(fault, fault), honours_keys=True) as server:
        with asking(server.url, tmp_path / "t", timeout=PATIENCE[fault == "timeout"]) as (agent, _):
            answer = agent.update(ZERO)
        assert server.deliveries() == {"run-run-c0-r0-t0-W-a1-0": 3}
        assert server.computed == {"run-run-c0-r0-t0-W-a1-0": 1}, "the server answers from its memory"
    again = outcomes(tmp_path / "t")
    assert [record["outcome"] for record in again] == ["lost", "lost", "answer"]
    assert again[-1]["weights"] == answer.tolist()


def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with ChatServer() as server:
        url = server.url
    with asking(url, path, tries=3) as (agent, session):
        with pytest.raises(ChatServerError, match=r"no answer after 3 tries, the last: Connection error"):
            agent.update(ZERO)
        assert session.tokens == 0, "what never went out costs nothing"
    assert [record["outcome"] for record in outcomes(path)] == ["unreachable"] * 3


@pytest.mark.parametrize(
    ("structures", "limits", "rejections"),
    [
        (("json_schema", "json_object"), ("max_completion_tokens", "max_tokens"), 0),
        (("json_object",), ("max_completion_tokens",), 1),
        ((), ("max_completion_tokens",), 2),
        (("json_schema",), ("max_tokens",), 1),
        ((), ("max_tokens",), 3),
    ],
)
def test_what_a_server_understands_is_learnt_once(
    tmp_path: Path, structures: tuple[str, ...], limits: tuple[str, ...], rejections: int
) -> None:
    path, clock = tmp_path / "t", Clock()
    with ChatServer(structures=structures, limits=limits) as server:
        for sent in (3 + rejections, 0):
            with asking(server.url, path, clock) as (agent, session):
                for _ in range(3):
                    np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)
                assert session.sent == sent
                dialect = agent._endpoint.dialect
                assert dialect.limit in limits
                assert dialect.structure == (structures[0] if structures else "text")
        assert len(server.received) == 3 + rejections
    assert clock.slept == []


def test_a_request_that_no_dialect_saves_stops(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with ChatServer(limits=()) as server:
        for again in (1, 2):
            with (
                asking(server.url, path) as (agent, _),
                pytest.raises(
                    ChatServerError, match=r"says 400: Unsupported parameter: max_completion_tokens; and of .*"
                ),
            ):
                agent.update(ZERO)
            assert len(server.received) == 2 * again
        server.limits = ("max_tokens",)
        with asking(server.url, path) as (agent, _):
            np.testing.assert_allclose(agent.update(ZERO), NEXT, **EXACT)


def test_tokens_never_exceed_the_limit_and_a_higher_limit_goes_on(tmp_path: Path) -> None:
    path, spent, refusals = tmp_path / "t", 0, []
    faults = ["500", None, "drop", None, "refusal"]
    with ChatServer(fault=lambda number, key, body: faults[number % 5]) as server:
        done = None
        for limit in range(4000, 200_000, 4000):
            with asking(server.url, path, token_limit=limit, output_tokens=300) as (agent, session):
                try:
                    done = [agent.update(ZERO) for _ in range(6)]
                except TokenLimitError as error:
                    refusals.append((limit, str(error)))
                assert spent <= session.tokens <= limit
                spent = session.tokens
            if done:
                break
        assert done is not None
        assert limit > 4000
        counted = [record["tokens"] for record in outcomes(path)]
    for limit, refusal in refusals:
        assert f"limit of {limit} allows; nothing is lost, start again with a higher limit" in refusal
    assert spent == sum(tokens["counted"] for tokens in counted)
    assert all(tokens["reported"] == (tokens["prompt"] is not None) for tokens in counted)


def test_without_a_report_the_most_possible_is_counted(tmp_path: Path) -> None:
    with (
        ChatServer(usage=False) as server,
        asking(server.url, tmp_path / "t", output_tokens=300) as (agent, session),
    ):
        agent.update(ZERO)
        shown = sum(len(message["content"]) for message in server.received[0].body["messages"])
        assert session.tokens > shown + 300


def test_a_limit_below_the_first_request_sends_nothing(tmp_path: Path) -> None:
    with ChatServer() as server, asking(server.url, tmp_path / "t", token_limit=10) as (agent, _):
        with pytest.raises(TokenLimitError, match="0 tokens are counted"):
            agent.update(ZERO)
        assert server.received == []


def test_runs_are_asked_anew_and_a_repeated_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with ChatServer(model=Model(noise=0.1)) as server:
        for sent in (4, 0):
            with asking(server.url, path) as (agent, session):
                one = [agent.update(ZERO) for _ in range(2)]
                agent.reset()
                two = [agent.update(ZERO) for _ in range(2)]
                assert session.sent == sent
            assert len({tuple(w) for w in one + two}) == 4, "a black box may answer differently every time"


def test_another_question_at_a_recorded_place_is_refused(tmp_path: Path) -> None:
    with ChatServer() as server:
        with asking(server.url, tmp_path / "t") as (agent, _):
            agent.update(ZERO)
        with (
            asking(server.url, tmp_path / "t", step_size=0.25) as (agent, _),
            pytest.raises(TranscriptError, match="made with another prompt, model or version"),
        ):
            agent.update(ZERO)


def texts(error: BaseException | None) -> list[str]:
    """Everything that a chain of exceptions shows."""
    found = []
    while error is not None:
        found += [str(error), repr(error), *map(repr, vars(error).values())]
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize("fault", ["401", "drop", "500", None])
def test_the_key_is_sent_and_appears_nowhere(
    tmp_path: Path, fault: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CHAT_TEST_KEY", KEY)
    path = tmp_path / "t"
    with ChatServer(fault=lambda *request: fault) as server, caplog.at_level(logging.DEBUG):
        with asking(server.url, path, key_variable="CHAT_TEST_KEY", tries=2) as (agent, session):
            said = [repr(agent), repr(session), repr(agent._endpoint)]
            expected = contextlib.nullcontext() if fault is None else pytest.raises(ChatServerError)
            with expected as caught:
                agent.update(ZERO)
            if caught is not None:
                said += texts(caught.value)
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}", "the test would see nothing otherwise"
    said += [path.read_text(encoding="utf-8"), caplog.text]
    assert not any(KEY in text for text in said)
    if fault == "401":
        assert any("the server says 401: Incorrect API key provided: Bearer [key]" in text for text in said)
    assert caplog.text, "the client's own log was read as well"


def test_without_a_key_none_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, KEY)
    with ChatServer() as server, asking(server.url, tmp_path / "t") as (agent, _):
        agent.update(ZERO)
        assert KEY not in str(server.received[0])


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "CHAT_TEST_KEY is not set"),
        ("", "is not set"),
        ("short", "at least 8"),
        ("sk-\u00fc\u00fc\u00fc\u00fc\u00fc", "printable"),
        ("a\nb-long-enough", "printable"),
        ("two words", "blanks"),
    ],
)
def test_what_is_no_key_is_refused_without_showing_it(
    key: str | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT_TEST_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("CHAT_TEST_KEY", key)
    with pytest.raises(ChatServerError, match=message) as caught:
        Endpoint("https://chat.example/v1", "m", key_variable="CHAT_TEST_KEY")
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("key", [None, "EMPTY", "ollama", "none", "x"])
def test_a_server_on_this_machine_takes_any_key_or_none(
    tmp_path: Path, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT_TEST_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("CHAT_TEST_KEY", key)
    with ChatServer() as server, asking(server.url, tmp_path / "t", key_variable="CHAT_TEST_KEY") as (agent, _):
        agent.update(ZERO)
        assert server.received[0].headers["authorization"] == f"Bearer {key or 'no-key-needed'}"
        assert "x" in server.received[0].body["messages"][1]["content"]
    assert "[key]" not in (tmp_path / "t").read_text(encoding="utf-8"), "a stand-in for a key may be a word"
    for url in ("http://192.168.1.7:8000/v1", "http://[::1]:8000/v1", "http://host.docker.internal:1/v1"):
        Endpoint(url, "m", key_variable="CHAT_TEST_KEY").close()


@pytest.mark.parametrize("bad", ["two words", "a\nb"])
def test_a_stand_in_for_a_key_can_be_sent(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TEST_KEY", bad)
    with pytest.raises(ChatServerError, match="printable"):
        Endpoint("http://localhost:1/v1", "m", key_variable="CHAT_TEST_KEY")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http://me:secret@127.0.0.1/v1", "m", {}), "no user name, password or query"),
        (("http://127.0.0.1/v1?key=1", "m", {}), "no user name, password or query"),
        (("127.0.0.1:8000/v1", "m", {}), "must look like https://host/v1"),
        (("http://127.0.0.1/v1", "", {}), "model is empty"),
        (("http://127.0.0.1/v1", "m", {"timeout": 0.0}), "timeout must be > 0"),
        (("http://127.0.0.1/v1", "m", {"options": {"stream": True}}), "must not set 'stream'"),
    ],
)
def test_bad_endpoints(arguments: tuple[str, str, dict[str, Any]], message: str) -> None:
    url, model, more = arguments
    with pytest.raises(NumericsError, match=message) as caught:
        Endpoint(url, model, key_variable=None, **more)
    assert "secret" not in str(caught.value)


def test_bad_agents_and_sessions(tmp_path: Path) -> None:
    with ChatServer() as server, asking(server.url, tmp_path / "t") as (agent, session):
        endpoint = agent._endpoint
        exact = Prompt(np.array([[1, 2]], dtype=object), np.array([1], dtype=object))
        batch = Prompt(np.ones((3, 2, 2)), np.ones((3, 2)))
        for prompt, more, message in (
            (exact, {"name": "X"}, "prompt is exact"),
            (batch, {"name": "X"}, "batch shape"),
            (W, {"name": "W"}, "two agents of one session are called 'W'"),
            (W, {"name": "a b"}, "name must consist of"),
            (W, {"name": "X", "step_size": 0.0}, "step_size must be finite and > 0"),
            (W, {"name": "X", "attempts": 0}, "attempts must be an integer >= 1"),
            (W, {"name": "X", "output_tokens": 0}, "output_tokens must be an integer >= 1"),
        ):
            with pytest.raises(NumericsError, match=message):
                ChatAgent(prompt, endpoint, session, **more)  # type: ignore[arg-type]
        for w in (np.zeros(3), np.zeros((2, 2)), [0.0, np.nan]):
            with pytest.raises(NumericsError, match="w has"):
                agent.update(w)
        for more, message in (
            ({"tries": 0}, "tries must be >= 1"),
            ({"first_wait": 2.0, "longest_wait": 1.0}, "0 <= first_wait <= longest_wait"),
            ({"token_limit": 0}, "token_limit must be >= 1"),
        ):
            with pytest.raises(NumericsError, match=message):
                Session(session.transcript, **more)  # type: ignore[arg-type]
        assert server.received == []


def test_the_extra_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'biased-equilibrium\[llm\]'"):
        Endpoint("http://127.0.0.1:1/v1", "m", key_variable=None)


def test_importing_loads_no_client() -> None:
    code = "import sys, numerics, numerics.chat.experiment, numerics.chat.chat_agent; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not {"openai", "httpx", "httpx2", "sympy"} & set(out.split())
