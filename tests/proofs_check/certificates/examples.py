"""Certificates written by hand: together they contain every kind of line, fact, factor and letter."""

from __future__ import annotations

from typing import Any

__all__ = ["EXAMPLES"]


def _one(name: str, **statement: Any) -> dict[str, Any]:
    return {"theorem": name, "statements": [{"name": name, **statement}]}


_D, _V = "d <- d", "d <- 1"

TWO_ERRORS = _one(
    "two-errors",
    letters={"A": _D, "B": _D, "Q": _D, "e": _V, "f": _V, "e_next": _V, "Delta": _V},
    given={"B": "B = 1 - Q", "f": "f = B (e - Delta)", "e_next": "e_next = A (f + Delta)"},
    proof=[
        {
            "states": "e_next = A B e + A Q Delta",
            "because": [["1", "1", "e_next", "1"], ["1", "A", "f", "1"], ["-1", "A", "B", "Delta"]],
        }
    ],
    prose=['Brackets such as (* in "prose" must not end a comment *).'],
)

POWERS = {
    "theorem": "powers",
    "statements": [
        {
            "name": "powers/base",
            "letters": {"T_0": _D, "e_0": _V, "c": _V},
            "given": {"T_0": "T_0 = 1"},
            "proof": [
                {"states": "e_0 = c + T_0 (e_0 - c)", "because": [["-1", "1", "T_0", "e_0"], ["1", "1", "T_0", "c"]]}
            ],
        },
        {
            "name": "powers/step",
            "letters": {"M": _D, "T": _D, "T_next": _D, "e": _V, "e_next": _V, "e_0": _V, "c": _V, "r": _V},
            "given": {
                "T_next": "T_next = M T",
                "turn": "e_next = M e + r",
                "rest": "c = M c + r",
                "now": "e = c + T (e_0 - c)",
            },
            "proof": [
                {
                    "states": "e_next = c + T_next (e_0 - c)",
                    "because": [
                        ["1", "1", "turn", "1"],
                        ["-1", "1", "rest", "1"],
                        ["1", "M", "now", "1"],
                        ["-1", "1", "T_next", "e_0"],
                        ["1", "1", "T_next", "c"],
                    ],
                }
            ],
        },
    ],
}

SQUARES = _one(
    "sum-of-squares",
    letters={"X": "n <- d", "Y": "m <- d", "Z": "d <- k"},
    given={"h": "X' X Z + Y' Y Z = 0"},
    proof=[
        {
            "states": "X Z = 0",
            "kernel": [[], "X Z"],
            "sum": [["1", [], "Y Z"]],
            "because": [["-1", "Z'", "h", "1"]],
        }
    ],
)

KERNEL = _one(
    "kernel",
    letters={"P": _D, "Q": _D, "R": _D, "x": "d <- k"},
    symmetric=["P", "Q", "R"],
    given={"h": "P x + 2 Q x + R R x = 0"},
    positive={"P": "P >= 0", "Q": "Q >= 0"},
    proof=[
        {
            "states": "P x = 0",
            "kernel": [["P"], "x"],
            "sum": [["2", ["Q"], "x"], ["1", [], "R x"]],
            "because": [["-1", "x'", "h", "1"]],
        },
    ],
)

MOORE_PENROSE = _one(
    "moore-penrose",
    letters={"X": "n <- d", "G": "d <- n", "H": "d <- n"},
    given={
        "G1": "X G X = X",
        "G3": "G' X' = X G",
        "H1": "X H X = X",
        "H3": "H' X' = X H",
    },
    proof=[
        {
            "name": "a",
            "states": "X G = X G X H",
            "because": [
                ["-1", "G'", "H1'", "1"],
                ["-1", "1", "G3", "1"],
                ["1", "1", "G3", "H' X'"],
                ["1", "X G", "H3", "1"],
            ],
        },
        {"states": "X G = X H", "because": [["1", "1", "a", "1"], ["1", "1", "G1", "H"]]},
    ],
)

BOX = _one(
    "box",
    letters={"P": _D, "Q": _D, "X": "n <- d"},
    symmetric=["P", "Q"],
    given={"P": "P = X' X"},
    positive={"p": "2 - P > 0", "q": "2 - Q >= 0", "Q": "Q >= 0"},
    proof=[
        {"name": "P>=0", "states": "P >= 0", "sum": [["1", [], "X"]], "because": [["1", "1", "P", "1"]]},
        {
            "states": "1 - (1 - Q) (1 - P) (1 - P) (1 - Q) >= 0",
            "sum": [
                ["1/2", ["q"], "Q"],
                ["1/2", ["Q"], "2 - Q"],
                ["1/2", ["p"], "P (1 - Q)"],
                ["1/2", ["P>=0"], "(2 - P) (1 - Q)"],
            ],
        },
    ],
)

SCALED_BOX = _one(
    "scaled-box",
    letters={"S": _D},
    scalars=["eta", "theta"],
    symmetric=["S"],
    given={"inverse": "eta theta = 1"},
    positive={"S": "S >= 0", "eta": "eta > 0", "theta": "theta >= 0", "box": "1 - eta S >= 0"},
    proof=[
        {
            "states": "theta - S + 2 eta S + S S >= 0",
            "sum": [["1", ["theta", "box"], "1"], ["2", ["eta", "S"], "1"], ["1", [], "S"]],
            "because": [["1", "1", "inverse", "S"]],
        }
    ],
)

NUMBERS = _one(
    "numbers",
    scalars=["gamma", "p", "r"],
    given={"r": "r (1 + p) = 1"},
    positive={"p": "p >= 0", "gamma": "2 - gamma > 0", "r_sign": "r >= 0"},
    proof=[
        {
            "name": "small",
            "states": "1 - r >= 0",
            "sum": [["1", ["p", "r_sign"], "1"]],
            "because": [["-1", "1", "r", "1"]],
        },
        {
            "states": "p p (2 - gamma) r + 3/2 (2 - gamma) + 3 - r > 0",
            "sum": [
                ["1", ["gamma", "r_sign"], "p"],
                ["3/8", ["gamma"], "2"],
                ["1", ["small"], "1"],
                ["1/2", [], "2"],
            ],
        },
    ],
)

SCALED_FACTS = _one(
    "scaled-facts",
    letters={"x": _V, "y": _V, "M": _D, "P": _D},
    scalars=["eta", "rho", "sigma"],
    given={"inverse": "eta rho = 1", "x": "x = eta M y", "M": "M + M = P", "sigma": "sigma = 2 rho"},
    proof=[
        {"name": "half", "states": "M = 1/2 P", "because": [["1/2", "1", "M", "1"]]},
        {
            "name": "unit",
            "states": "eta sigma = 2",
            "because": [["1", "eta", "sigma", "1"], ["2", "1", "inverse", "1"]],
        },
        {
            "states": "P y = sigma x",
            "because": [["-1", "sigma", "x", "1"], ["-1", "M", "unit", "y"], ["-2", "1", "half", "y"]],
        },
    ],
)

GRADIENT = _one(
    "gradient-step",
    letters={"X": "n <- d", "S": _D, "w": _V, "w_star": _V, "y": "n <- 1", "w_next": _V},
    scalars=["eta", "nu"],
    symmetric=["S"],
    given={"S": "S = nu X' X", "labels": "y = X w_star", "step": "w_next = w - eta nu X' (X w - y)"},
    proof=[
        {
            "states": "w_next' = w' - eta (w' - w_star') S",
            "because": [
                ["1", "1", "step'", "1"],
                ["1", "eta w'", "S'", "1"],
                ["-1", "eta w_star'", "S", "1"],
                ["1", "eta nu", "labels'", "X"],
            ],
        }
    ],
)

EXAMPLES: dict[str, dict[str, Any]] = {
    str(example["theorem"]): example
    for example in (
        TWO_ERRORS,
        POWERS,
        SQUARES,
        KERNEL,
        MOORE_PENROSE,
        BOX,
        SCALED_BOX,
        NUMBERS,
        SCALED_FACTS,
        GRADIENT,
    )
}
