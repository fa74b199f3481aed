"""The options of ``proofs-check chat``, and what they mean: a plan and the servers."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import Any

import numpy as np

from numerics.chat.endpoint import Endpoint
from numerics.chat.experiment import ChatPlan, inputs_of_gram
from numerics.validation import Array
from proofs_check.commands import options as convert
from proofs_check.commands.options import whole_number
from proofs_check.commands.output import console_for_output
from proofs_check.commands.reading import add_reading, print_read, reading_of
from proofs_check.errors import InputError
from proofs_check.inputs.prompts import PromptTable, aligned, read_prompt
from proofs_check.terminal.words import counted

__all__ = ["declare", "endpoints_of", "gram", "plan_of", "settings_of"]


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``chat``."""
    add = parser.add_argument
    add("--base-url", required=True, metavar="URL", help="the server, such as http://127.0.0.1:8000/v1")
    add("--model", required=True, metavar="NAME", help="the model of both agents")
    add("--out", required=True, metavar="DIR", help="folder for transcript, results and figure; created if need be")
    server = parser.add_argument_group("server")
    add = server.add_argument
    add("--base-url-u", metavar="URL", help="another server for agent U")
    add("--model-u", metavar="NAME", help="another model for agent U")
    add("--key-variable", default="OPENAI_API_KEY", metavar="NAME", help="environment variable with the key")
    add("--key-variable-u", metavar="NAME", help="another one for U's server")
    add("--no-key", action="store_true", help="the servers need no key (one on this machine never does)")
    add(
        "--request",
        action="append",
        type=_entry,
        default=[],
        metavar="NAME=JSON",
        help="a further entry of every request, such as temperature=0.5; may be repeated",
    )
    add(
        "--extra-body",
        type=_body,
        default={},
        metavar="JSON",
        help="an object with further entries of every request, such as '{\"top_p\": 0.9}'",
    )
    add("--timeout", type=convert.step_size, default=120.0, metavar="S", help="seconds of silence before a retry")
    add("--tries", type=whole_number(1), default=8, metavar="N", help="tries of one request before it stops")
    add("--first-wait", type=convert.nonnegative, default=1.0, metavar="S", help="first wait after a failure; doubles")
    add("--longest-wait", type=convert.nonnegative, default=120.0, metavar="S", help="longest wait; longer ones stop")
    add("--token-limit", type=whole_number(1), default=1_000_000, metavar="N", help="stop before this many tokens")
    add("--output-tokens", type=whole_number(1), default=2000, metavar="N", help="most tokens of an answer")
    add("--attempts", type=whole_number(1), default=4, metavar="N", help="questions for one move, with corrections")
    design = parser.add_argument_group("experiment")
    add = design.add_argument
    add("--gram-w", type=gram, metavar="G", help="W's Gram matrix: eigenvalues a,b,.. or rows 'a,b;b,c'")
    add("--gram-u", type=gram, metavar="G", help="U's; default 0.6,0.3;0.3,0.8, and 1,0.4 for W")
    add("--examples", type=whole_number(1), default=8, metavar="N", help="examples in each prompt (default 8)")
    add("--w", metavar="W.csv", help="W's inputs from a file, instead of --gram-w; the last column (label) is ignored")
    add("--u", metavar="U.csv", help="U's inputs from a file, instead of --gram-u")
    add(
        "--angles",
        type=convert.vector,
        default="0,45,90,135,180",
        metavar="A,B,..",
        help="between the targets, degrees",
    )
    add("--radius", type=convert.step_size, default=1.0, metavar="R", help="length of both targets (default 1)")
    add("--step", type=_step, default="0.5", metavar="X|free", help="the step that is asked for, or none (default 0.5)")
    add("--probes", type=whole_number(0), default=12, metavar="N", help="questions to each agent alone (default 12)")
    add("--turns", type=whole_number(1), default=20, metavar="N", help="turns of a run (default 20)")
    add("--tail", type=whole_number(1), metavar="N", help="last turns that count for the plateau (default: half)")
    add("--repeats", type=whole_number(1), default=4, metavar="N", help="runs at each angle (default 4)")
    add("--seed", type=whole_number(0), default=0, metavar="K", help="random seed (default 0)")
    add_reading(parser)


def _entry(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=JSON, such as temperature=0.5") from None


def _body(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object, such as '{{\"temperature\": 0.5}}'")
    return found


def _request(options: argparse.Namespace) -> dict[str, Any]:
    """The further entries of every request, each said once."""
    names = [*options.extra_body, *(name for name, _ in options.request)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"--request and --extra-body: {twice[0]!r} is given more than once; give it once")
    return {**options.extra_body, **dict(options.request)}


def gram(text: str) -> Array:
    """Read a Gram matrix: eigenvalues separated by commas (a diagonal matrix), or rows separated by semicolons."""
    rows = [convert.vector(row) for row in text.split(";")]
    if len(rows) == 1:
        return np.diag(rows[0])
    if any(len(row) != len(rows) for row in rows):
        raise argparse.ArgumentTypeError(f"{text!r} is not a square matrix")
    return np.array(rows)


def _step(text: str) -> float | None:
    return None if text == "free" else convert.step_size(text)


def plan_of(options: argparse.Namespace) -> ChatPlan:
    """Return the experiment that the options describe."""
    designs = []
    tables: list[PromptTable] = []
    for name, default, seed in (("w", np.diag([1.0, 0.4]), 1), ("u", np.array([[0.6, 0.3], [0.3, 0.8]]), 2)):
        path, given = getattr(options, name), getattr(options, f"gram_{name}")
        if path is not None and given is not None:
            raise InputError(f"--{name} and --gram-{name} both say what the prompt is; give one of them")
        if path is not None:
            table = read_prompt(path, reading=reading_of(options))
            tables.append(aligned(tables[0], table) if tables else table)
            print_read(console_for_output(), tables[-1].described)
            designs.append(tables[-1].X)
            continue
        chosen = default if given is None else given
        if options.examples < len(chosen):
            raise InputError(
                f"--examples: {counted(options.examples, 'example')} cannot have a Gram matrix of size {len(chosen)}"
            )
        designs.append(inputs_of_gram(chosen, options.examples, seed=options.seed + seed))
    return ChatPlan(
        X_w=designs[0],
        X_u=designs[1],
        angles=tuple(float(angle) for angle in options.angles),
        step_w=options.step,
        step_u=options.step,
        radius=options.radius,
        probes=options.probes,
        turns=options.turns,
        tail=options.tail or max(1, options.turns // 2),
        repeats=options.repeats,
        seed=options.seed,
    )


def settings_of(options: argparse.Namespace, plan: ChatPlan) -> dict[str, Any]:
    """Return what determines the requests; addresses, keys and budgets can change when an experiment goes on."""
    return {
        **plan.settings(),
        "model_w": options.model,
        "model_u": options.model_u or options.model,
        "output_tokens": options.output_tokens,
        "request": _request(options),
    }


def endpoints_of(options: argparse.Namespace, stack: contextlib.ExitStack) -> tuple[Endpoint, Endpoint]:
    """Return W's and U's model, which are one where no option tells them apart; the stack closes them."""

    def endpoint(url: str, model: str, variable: str) -> Endpoint:
        made = Endpoint(
            url,
            model,
            key_variable=None if options.no_key else variable,
            timeout=options.timeout,
            options=_request(options),
        )
        return stack.enter_context(made)

    w = endpoint(options.base_url, options.model, options.key_variable)
    if options.base_url_u is None and options.model_u is None and options.key_variable_u is None:
        return w, w
    u = endpoint(
        options.base_url_u or options.base_url,
        options.model_u or options.model,
        options.key_variable_u or options.key_variable,
    )
    return w, u
