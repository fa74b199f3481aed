"""Agents beside stand-ins that refuse what vLLM, Ollama, llama.cpp, LM Studio and OpenAI refuse, in their words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from numerics import LSAAgent
from numerics.chat.dialect import SAMPLING, Dialect
from numerics.errors import ChatServerError
from tests.chat_server import ChatServer
from tests.numerics.chat.chatting import Clock, W, asking, outcomes

ZERO = np.zeros(2)
NEXT = LSAAgent(W, 0.5).update(ZERO)

Body = dict[str, Any]
Refusal = tuple[int, Any] | None


def form(body: Body) -> str:
    return str(body.get("response_format", {}).get("type", "text"))


def has_system(body: Body) -> bool:
    return any(message["role"] == "system" for message in body["messages"])


def vllm(status: int, text: str) -> tuple[int, Any]:
    return status, {"object": "error", "message": text, "type": "BadRequestError", "param": None, "code": status}


def openai(text: str, param: str, code: str) -> tuple[int, Any]:
    return 400, {"error": {"message": text, "type": "invalid_request_error", "param": param, "code": code}}


def vllm_gemma(body: Body) -> Refusal:
    return vllm(400, "System role not supported") if has_system(body) else None


def vllm_mistral(body: Body) -> Refusal:
    text = "After the optional system message, conversation roles must alternate user/assistant/user/assistant/..."
    return vllm(400, text) if has_system(body) else None


def vllm_short_context(body: Body) -> Refusal:
    asked = body["max_completion_tokens"]
    if asked <= 1748:
        return None
    return vllm(
        400,
        f"This model's maximum context length is 2048 tokens. However, you requested {asked + 300} tokens (300 in the "
        f"messages, {asked} in the completion). Please reduce the length of the messages or completion.",
    )


def vllm_newer_short_context(body: Body) -> Refusal:
    asked = body["max_completion_tokens"]
    if asked <= 1748:
        return None
    return vllm(
        400,
        f"'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context length is 2048 "
        f"tokens and your request has 300 input tokens ({asked} > 2048 - 300).",
    )


def vllm_older(body: Body) -> Refusal:
    where = [
        {"type": "extra_forbidden", "loc": ["body", "max_completion_tokens"], "msg": "Extra inputs are not permitted"}
    ]
    return (422, {"detail": where}) if "max_completion_tokens" in body else None


def vllm_without_grammar(body: Body) -> Refusal:
    return (
        vllm(400, "Failed to convert the grammar from GBNF to Lark: no viable rule") if form(body) != "text" else None
    )


def ollama(body: Body) -> Refusal:
    text = 'invalid format: expected "json" or a JSON schema'
    error = {"error": {"message": text, "type": "invalid_request_error", "param": None, "code": None}}
    return (400, error) if form(body) == "json_schema" else None


def ollama_model_without_vocabulary(body: Body) -> Refusal:
    error = {"error": {"message": "failed to load model vocabulary required for format", "type": "api_error"}}
    return (500, error) if form(body) != "text" else None


def llama_cpp(body: Body) -> Refusal:
    error = {"error": {"code": 500, "message": "failed to parse grammar", "type": "server_error"}}
    return (500, error) if form(body) != "text" else None


def llama_cpp_older(body: Body) -> Refusal:
    text = 'response_format type must be one of "text" or "json_object", but got: json_schema'
    return (
        (500, {"error": {"code": 500, "message": text, "type": "server_error"}})
        if form(body) == "json_schema"
        else None
    )


def llama_cpp_template(body: Body) -> Refusal:
    text = "Value is not callable: System role not supported at row 1, column 9"
    return (500, {"error": {"code": 500, "message": text, "type": "server_error"}}) if has_system(body) else None


def llama_cpp_silent(body: Body) -> Refusal:
    return (500, {"error": {"code": 500, "message": "internal error"}}) if form(body) == "json_schema" else None


def lm_studio(body: Body) -> Refusal:
    if form(body) == "json_object":
        return 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}
    if form(body) == "json_schema":
        return 400, {"error": "Invalid structured output: the engine of this model has no grammar support"}
    return None


def lm_studio_gemma(body: Body) -> Refusal:
    text = 'Error rendering prompt with jinja template: "System role not supported". See the template'
    return (400, {"error": text}) if has_system(body) else None


def openai_reasoning(body: Body) -> Refusal:
    if "max_tokens" in body:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return openai(text, "max_tokens", "unsupported_parameter")
    if body.get("temperature", 1) != 1:
        text = "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) is."
        return openai(text, "temperature", "unsupported_value")
    if "top_p" in body:
        text = "Unsupported parameter: 'top_p' is not supported with this model."
        return openai(text, "top_p", "unsupported_parameter")
    if has_system(body):
        text = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
        return openai(text, "messages[0].role", "unsupported_value")
    if form(body) == "json_schema":
        text = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
        return openai(text, "response_format", "invalid_parameter")
    return None


def openai_small(body: Body) -> Refusal:
    asked = body.get("max_tokens", body.get("max_completion_tokens"))
    if "max_completion_tokens" in body:
        return openai("Unrecognized request argument supplied: max_completion_tokens", "", "")
    if asked <= 1024:
        return None
    text = (
        f"max_tokens is too large: {asked}. This model supports at most 1024 completion tokens, you provided {asked}."
    )
    return openai(text, "max_tokens", "invalid_value")


SERVERS = {
    vllm_gemma: (("system",), None),
    vllm_mistral: (("system",), None),
    vllm_short_context: ((), 1748),
    vllm_newer_short_context: ((), 1748),
    vllm_older: (("max_completion_tokens",), None),
    vllm_without_grammar: (("json_schema", "json_object"), None),
    ollama: (("json_schema",), None),
    ollama_model_without_vocabulary: (("json_schema", "json_object"), None),
    llama_cpp: (("json_schema", "json_object"), None),
    llama_cpp_older: (("json_schema",), None),
    llama_cpp_template: (("system",), None),
    lm_studio: (("json_schema", "json_object"), None),
    lm_studio_gemma: (("system",), None),
    openai_reasoning: (("temperature", "top_p", "system", "json_schema"), None),
    openai_small: (("max_completion_tokens",), 1024),
}


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.__name__)
def test_what_a_server_says_is_what_changes(tmp_path: Path, server: Any) -> None:
    refused, most = SERVERS[server]
    path, clock, options = tmp_path / "t", Clock(), {"temperature": 0.5, "top_p": 0.9}
    steps = len(refused) + (most is not None)
    with ChatServer(complaint=server) as real:
        for sent in (2 + steps, 0):  # learnt once; and read from the record
            with asking(real.url, path, clock, options=options) as (agent, session):
                for _ in range(2):
                    np.testing.assert_allclose(agent.update(ZERO), NEXT, rtol=0, atol=1e-14)
                assert session.sent == sent
                assert agent._endpoint.dialect == Dialect(refused, most)
        last = real.received[-1].body
    assert clock.slept == [], "a refusal is no passing trouble"
    assert outcomes(path)[-1]["dialect"] == {"refused": list(refused), "most": most}
    asked = "\n".join(message["content"] for message in last["messages"])
    assert "You are one of two agents" in asked, "nothing of the question is lost"
    assert [name in last for name in options] == [name not in refused for name in options]


def test_an_unexplained_500_is_tried_again_and_then_in_a_simpler_form(tmp_path: Path) -> None:
    with ChatServer(complaint=llama_cpp_silent) as server, asking(server.url, tmp_path / "t") as (agent, session):
        np.testing.assert_allclose(agent.update(ZERO), NEXT, rtol=0, atol=1e-14)
        assert session.sent == 3
        assert agent._endpoint.dialect == Dialect(("json_schema",))


def test_after_an_answer_a_500_says_nothing_of_the_form(tmp_path: Path) -> None:
    faults = [None, "500", "500", "500"]
    with (
        ChatServer(fault=lambda number, key, body: faults[number] if number < 4 else None) as server,
        asking(server.url, tmp_path / "t") as (agent, _),
    ):
        for _ in range(2):
            agent.update(ZERO)
        assert agent._endpoint.dialect == Dialect()


@pytest.mark.parametrize("status", [400, 500])
def test_the_first_complaint_is_shown(tmp_path: Path, status: int) -> None:
    def complaint(body: Body) -> Refusal:
        text = "failed to parse grammar" if form(body) != "text" else "out of memory"
        return status, {"error": {"message": text}}

    with (
        ChatServer(complaint=complaint) as server,
        asking(server.url, tmp_path / "t", tries=2) as (agent, _),
        pytest.raises(ChatServerError, match=r"failed to parse grammar.*out of memory|out of memory.*failed to parse"),
    ):
        agent.update(ZERO)


def test_a_server_that_contradicts_itself_is_not_asked_for_ever(tmp_path: Path) -> None:
    def complaint(body: Body) -> Refusal:
        return 400, {"error": {"message": "max_completion_tokens is too large: at most 1024"}}

    with (
        ChatServer(complaint=complaint) as server,
        asking(server.url, tmp_path / "t") as (agent, _),
        pytest.raises(ChatServerError, match=r"says 400: max_completion_tokens is too large: at most 1024$"),
    ):
        agent.update(ZERO)
    assert len(server.received) == 2


@given(st.integers(64, 10**6), st.integers(64, 10**6), st.integers(0, 7))
def test_a_stated_limit_is_taken(asked: int, most: int, form: int) -> None:
    said = (
        f"max_tokens is too large: {asked}. This model supports at most {most} completion tokens",
        f"`max_tokens` must be less than or equal to `{most}`, the maximum value for `max_tokens` of this model",
        f"Range of max_tokens should be [1, {most}]",
        f"Invalid max_tokens value, the valid range of max_tokens is [1, {most}]",
        f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens",
        f"max_tokens exceeds the maximum of {most}",
        f"max_tokens is too high: it has to be <= {most}",
        f"This model's maximum context length is {most + 100} tokens. You requested {asked + 100} tokens (100 in "
        f"the messages, {asked} in the completion).",
    )[form]
    dialect = Dialect(("max_completion_tokens",))
    request = dialect.request("m", [{"role": "user", "content": "?"}], asked, {})
    found = dialect.simpler(said, request)
    assert found == (Dialect(dialect.refused, most) if most < asked else None)


@given(
    st.text(max_size=200) | st.sampled_from([*SAMPLING, "system role not", "grammar", "max_tokens at most"]), st.data()
)
def test_every_ladder_ends(text: str, data: st.DataObject) -> None:
    options = dict.fromkeys(data.draw(st.lists(st.sampled_from(SAMPLING), unique=True)), 1)
    dialect: Dialect | None = Dialect()
    for _ in range(30):
        messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
        assert dialect is not None
        dialect = dialect.simpler(text, dialect.request("m", messages, 2000, options))
        if dialect is None:
            return
    pytest.fail("it goes on and on")
