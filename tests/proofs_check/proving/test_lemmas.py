"""Lines that nobody asked for: what they say follows, what they help with is found, and what is false is not."""

from __future__ import annotations

import pytest

from proofs_check.certificates.checker import replay
from proofs_check.proving.lemmas import show_lemmas
from proofs_check.proving.proof import Proof
from proofs_check.proving.statement import attempt
from proofs_check.proving.translation import Translation

D, V = "d <- d", "d <- 1"
PENROSE = {
    "T_pinv 1": "T T_pinv T = T",
    "T_pinv 2": "T_pinv T T_pinv = T_pinv",
    "T_pinv 3": "T T_pinv = T_pinv' T",
    "T_pinv 4": "T_pinv T = T T_pinv'",
}
SIZES = {"P": D, "Q": D, "T": D, "T_pinv": D, "X": "n <- d", "v": V, "w": V, "C": "d <- e"}
FOLLOWS = {
    "what a sum kills": ({"h": "(P + Q) v = 0"}, {"P": "P >= 0", "Q": "Q >= 0"}, "P v = 0"),
    "with weights": ({"h": "3 P C + 1/2 Q C = 0"}, {"P": "P >= 0", "Q": "Q >= 0"}, "Q C = 0"),
    "with the other sign": ({"h": "0 = P v + Q v"}, {"P": "P >= 0", "Q": "Q >= 0"}, "P v = 0"),
    "numbers in front": (
        {"h": "k P v + m Q v = 0", "k_inv": "k k_inv = 1", "m_inv": "m m_inv = 1"},
        {"P": "P >= 0", "Q": "Q >= 0", "k": "k > 0", "m": "m > 0"},
        "Q v = 0",
    ),
    "what is defined": ({"h": "T v = 0", "T": "T = P + Q"}, {"P": "P >= 0", "Q": "Q >= 0"}, "Q v = 0"),
    "a square": ({"h": "T v = 0", "T": "T = X' X"}, {}, "X v = 0"),
    "the range of a sum": (PENROSE | {"T": "T = P + Q"}, {"P": "P >= 0", "Q": "Q >= 0"}, "P T_pinv T = P"),
    "the range of a square": (PENROSE | {"T": "T = X' X"}, {}, "X T_pinv T = X"),
    "where a form vanishes": ({"h": "v' P v = 0"}, {"P": "P >= 0"}, "P v = 0"),
    "where a form is not positive": ({}, {"P": "P >= 0", "h": "0 >= v' P v"}, "P v = 0"),
    "the only least": (
        {"h": "v' P v = w' P w", "g": "P w = 0", "P_inv": "P_inv P = 1"},
        {"P": "P >= 0"},
        "v = w",
    ),
    "what is definite": (
        {"h": "v' P v = 0", "right": "(2 - Q) Z = 1", "P": "P = Q (2 - Q)", "left": "Z (2 - Q) = 1"},
        {"Q": "Q >= 0", "low": "2 - Q >= 0"},
        "Q v = 0",
    ),
    "what keeps its length": (
        {"h": "v' v = v' (1 - Q) (1 - Q) v", "right": "(2 - Q) Z = 1", "left": "Z (2 - Q) = 1"},
        {"Q": "Q >= 0", "low": "2 - Q >= 0"},
        "Q v = 0",
    ),
    "a part that is a sum": ({"h": "(P + Q + X' X) v = 0", "T": "T = P + Q"}, {"low": "T >= 0"}, "T v = 0"),
}
DOES_NOT = {
    "a difference": ({"h": "(P - Q) v = 0"}, {"P": "P >= 0", "Q": "Q >= 0"}, "P v = 0"),
    "a turn by half": (
        {"h": "v' v = v' (1 - Q) (1 - Q) v"},
        {"Q": "Q >= 0", "low": "2 - Q >= 0"},
        "Q v = 0",
    ),
    "a part of a sum": ({"h": "(P + Q + X' X) v = 0", "T": "T = P + Q"}, {"low": "T >= 0"}, "P v = 0"),
    "an unknown sign": ({"h": "(P + Q) v = 0"}, {"P": "P >= 0"}, "P v = 0"),
    "a number of any sign": ({"h": "k P v + Q v = 0"}, {"P": "P >= 0", "Q": "Q >= 0"}, "Q v = 0"),
    "a form of any sign": ({}, {"P": "P >= 0", "h": "v' P v >= 0"}, "P v = 0"),
    "another form": ({}, {"P": "P >= 0", "Q": "Q >= 0", "h": "0 >= v' P v"}, "Q v = 0"),
    "an indefinite form": ({"h": "v' P v = 0"}, {"Q": "Q >= 0"}, "P v = 0"),
    "the range of a difference": (PENROSE | {"T": "T = P - Q"}, {"P": "P >= 0", "Q": "Q >= 0"}, "P T_pinv T = P"),
}


def stated(given, positive, claim):
    letters = SIZES | {"Z": D, "P_inv": D}
    return {
        "name": "s",
        "letters": letters,
        "scalars": ["k", "k_inv", "m", "m_inv"],
        "symmetric": ["P", "Q", "T"],
        "given": given,
        "positive": positive,
        "claim": claim,
    }


@pytest.mark.parametrize("what", FOLLOWS)
def test_what_follows_is_shown(what):
    found = attempt(stated(*FOLLOWS[what]), seconds=20)
    assert found is not None
    replay(found)
    assert found["proof"][-1]["states"] == FOLLOWS[what][-1]


@pytest.mark.parametrize("what", DOES_NOT)
def test_what_does_not_follow_is_not(what):
    assert attempt(stated(*DOES_NOT[what]), seconds=2) is None


def test_signs_of_inverses_and_of_definitions():
    proof = Proof(Translation())
    t = proof.translation
    t.letters |= {"P": D, "S": D}
    t.symmetric += ["P", "S"]
    t.scalars += ["k", "k_inv"]
    proof.give("k_inv", "k k_inv = 1")
    proof.give("P", "P = k S", defines="P")
    proof.give("k", "k > 0")
    proof.give("S", "S >= 0")
    assert show_lemmas(proof, (), 5)
    assert {line["states"] for line in proof.lines} == {"k_inv >= 0", "P >= 0"}
    before = len(proof.lines)
    show_lemmas(proof, (), 5)
    assert len(proof.lines) == before, "nothing is said twice"
