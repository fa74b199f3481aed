"""A chat server for tests, the book and trying things out: OpenAI-compatible, real HTTP, no language model.

It reads the examples, the weights and the step from the text of the prompt, as a model would have to, makes a
gradient step and adds noise and a systematic error of its own. Faults can be planted by request. It counts every
request by idempotency key and, when asked to, honours the keys. Run it by hand with
``python -m tests.chat_server --port 8000``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import socket
import struct
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

__all__ = ["FAULTS", "ChatServer", "Model", "Received"]

FAULTS = (
    "malformed",
    "prose",
    "refusal",
    "dimension",
    "nonfinite",
    "not-numbers",
    "filtered",
    "truncated",
    "empty",
    "429",
    "429-date",
    "500",
    "503",
    "timeout",
    "drop",
    "half",
    "html",
    "no-choices",
)
NUMBERS = r"\[([^\]]*)\]"


@dataclass(frozen=True)
class Model:
    """What stands in for a language model: a gradient step with errors.

    Attributes
    ----------
    noise : float
        Standard deviation of the Gaussian noise in every weight.
    scale : float
        Factor on the step that was asked for (an agent that moves too little or too much).
    pull : float
        A part of every weight that is lost in every move: an error that no gradient step explains.
    free_step : float
        The step taken when none is asked for.
    seed : int
    """

    noise: float = 0.0
    scale: float = 1.0
    pull: float = 0.0
    free_step: float = 0.5
    seed: int = 0

    def answer(self, text: str, key: str) -> list[float]:
        """Return the next weights for the prompt in `text`; the noise depends on the request's key."""
        rows = re.findall(rf"^x = {NUMBERS}, y = (\S+)$", text, flags=re.M)
        X = np.array([[float(x) for x in row.split(",")] for row, _ in rows])
        y = np.array([float(label) for _, label in rows])
        w = np.array([float(x) for x in re.findall(rf"^w = {NUMBERS}$", text, flags=re.M)[-1].split(",")])
        asked = re.search(r"gradient-descent step of size (\S+) on", text)
        step = self.scale * (float(asked[1]) if asked else self.free_step)
        moved = (1 - self.pull) * (w - step * X.T @ (X @ w - y) / len(X))
        rng = np.random.default_rng([self.seed, zlib.crc32(key.encode())])
        return [float(x) for x in moved + self.noise * rng.standard_normal(len(w))]


@dataclass(frozen=True)
class Received:
    """One HTTP request as it arrived."""

    key: str
    body: dict[str, Any]
    headers: dict[str, str]
    fault: str | None


Fault = Callable[[int, str, dict[str, Any]], "str | None"]
Complaint = Callable[[dict[str, Any]], "tuple[int, Any] | None"]


@dataclass
class ChatServer:
    """A server on an ephemeral port of this machine; a context manager.

    Attributes
    ----------
    model : Model
    fault : callable
        Given the number of the request (from 0), its key and its body, names a fault or None.
    honours_keys : bool
        Whether a repeated idempotency key is answered from memory.
    structures : tuple of str
        The forms of structured output that are accepted; another is rejected with 400.
    limits : tuple of str
        The accepted names of the limit on output tokens.
    complaint : callable
        Given the body of a request, what else the server has against it: a status and the body of its answer, or None.
    retry_after : float
        What a 429 asks for, in seconds.
    clock : callable
        What time it is, for dates.
    on_request, on_answered : callable, optional
        Called with the number of the request before it is answered, and after.
    received : list of Received
    computed : Counter
        How often a completion was computed, by key.
    """

    model: Model = field(default_factory=Model)
    fault: Fault = lambda number, key, body: None
    honours_keys: bool = False
    structures: tuple[str, ...] = ("json_schema", "json_object")
    limits: tuple[str, ...] = ("max_completion_tokens", "max_tokens")
    complaint: Complaint = lambda body: None
    retry_after: float = 0.0
    clock: Callable[[], float] = time.time
    usage: bool = True
    on_request: Callable[[int], None] = lambda number: None
    on_answered: Callable[[int], None] = lambda number: None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    computed: Counter[str] = field(default_factory=Counter)

    def __enter__(self) -> ChatServer:
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self._answers: dict[str, bytes] = {}
        self.http = _Http(("127.0.0.1", self.port), _Handler)
        self.http.chat = self
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stopping.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def deliveries(self) -> Counter[str]:
        """How often each key arrived."""
        return Counter(request.key for request in self.received)

    def arrive(self, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, Received]:
        key = headers.get("idempotency-key", "")
        with self.lock:
            number = len(self.received)
            request = Received(key, body, headers, self.fault(number, key, body))
            self.received.append(request)
        return number, request

    def rejection(self, body: dict[str, Any]) -> str | None:
        """What a server that knows less of the protocol complains about."""
        structure = body.get("response_format", {}).get("type", "text")
        if structure not in (*self.structures, "text"):
            return f"response_format: type {structure} is not supported"
        for name in ("max_completion_tokens", "max_tokens"):
            if name in body and name not in self.limits:
                return f"Unsupported parameter: {name}"
        return None

    def completion(self, request: Received) -> bytes:
        with self.lock:
            if self.honours_keys and request.key in self._answers:
                return self._answers[request.key]
            text = "\n".join(m["content"] for m in request.body["messages"] if m["role"] == "user")
            # The name of the run is not part of the noise: two runs of one experiment can be compared.
            weights = self.model.answer(text, request.key.partition("-")[2])
            self.computed[request.key] += 1
            data = json.dumps(completion(request, weights, usage=self.usage)).encode()
            self._answers[request.key] = data
            return data


def completion(request: Received, weights: list[float], *, usage: bool) -> dict[str, Any]:
    said: str | None = json.dumps({"weights": weights})
    refusal, finish = None, "stop"
    match request.fault:
        case "malformed":
            said = '{"weights": [0.1, '
        case "prose":
            said = "I would move a little further along the first axis."
        case "refusal":
            said, refusal = None, "I cannot help with that."
        case "dimension":
            said = json.dumps({"weights": [*weights, 1.0]})
        case "nonfinite":
            said = '{"weights": [' + ", ".join(["NaN"] * len(weights)) + "]}"
        case "not-numbers":
            said = json.dumps({"weights": [str(x) for x in weights]})
        case "filtered":
            said, finish = "", "content_filter"
        case "truncated":
            said, finish = said[:-4], "length"
        case "empty":
            said = ""
    if "response_format" not in request.body and request.fault is None:
        said = f"Here is my step:\n```json\n{said}\n```"
    message = {"role": "assistant", "content": said, "refusal": refusal}
    body: dict[str, Any] = {
        "id": f"chatcmpl-{request.key}",
        "object": "chat.completion",
        "created": 0,
        "model": request.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
    }
    if usage:
        asked = sum(len(m["content"]) for m in request.body["messages"]) // 4
        answered = len(said or "") // 4 + 1
        body["usage"] = {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        }
    return body


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    chat: ChatServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client has gone away: clients are killed on purpose here."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    timeout = 60

    def do_POST(self) -> None:
        chat = self.server.chat
        data = self.rfile.read(int(self.headers["Content-Length"]))
        number, request = chat.arrive(json.loads(data), {k.lower(): v for k, v in self.headers.items()})
        chat.on_request(number)
        if self.path != "/v1/chat/completions":
            self._send(404, b'{"error": {"message": "no such path"}}')
        elif refusal := chat.complaint(request.body):
            self._send(refusal[0], json.dumps(refusal[1]).encode())
        elif complaint := chat.rejection(request.body):
            self._send(400, json.dumps({"error": {"message": complaint, "type": "invalid_request_error"}}).encode())
        elif not self._faulty(request):
            self._send(200, chat.completion(request))
        chat.on_answered(number)

    def _faulty(self, request: Received) -> bool:
        """Answer with a fault of the transport; those of the content are made by `completion`."""
        chat = self.server.chat
        match request.fault:
            case "429" | "429-date":
                wait: object = chat.retry_after
                if request.fault == "429-date":
                    wait = self.date_time_string(int(chat.clock() + chat.retry_after))
                self._send(429, b'{"error": {"message": "Rate limit reached"}}', {"Retry-After": str(wait)})
            case "500" | "503":
                self._send(int(request.fault), b'{"error": {"message": "overloaded"}}')
            case "401":
                said = f"Incorrect API key provided: {request.headers.get('authorization', '')}"
                self._send(401, json.dumps({"error": {"message": said}}).encode())
            case "html":
                self._send(200, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"})
            case "no-choices":
                self._send(200, b'{"id": "x", "choices": []}')
            case "timeout":
                chat.completion(request)
                chat.stopping.wait(8.0)
            case "drop":
                chat.completion(request)
                self._reset()
            case "half":
                answer = chat.completion(request)
                with contextlib.suppress(OSError):
                    self._head(200, len(answer), {})
                    self.wfile.write(answer[: len(answer) // 2])
                self._reset()
            case _:
                return False
        return True

    def _reset(self) -> None:
        """Break the connection off."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        with contextlib.suppress(OSError):
            self._head(status, len(data), headers or {})
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A chat server without a language model: noisy gradient steps.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--noise", type=float, default=0.02, help="standard deviation of the noise in every weight")
    parser.add_argument("--scale", type=float, default=0.8, help="factor on the step that is asked for")
    parser.add_argument("--pull", type=float, default=0.0, help="part of every weight that a move loses")
    options = parser.parse_args()
    model = Model(noise=options.noise, scale=options.scale, pull=options.pull)
    with ChatServer(model=model, port=options.port, honours_keys=True) as server:
        print(f"serving {server.url}; Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
