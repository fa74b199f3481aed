"""Hypothesis strategies for pairs of agents, exact, and their moves one at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from sympy import Matrix, Rational

from tests.theory.drawn import grams, small

sides = st.integers(1, 3)
steps = st.builds(Fraction, st.integers(1, 9), st.integers(1, 9))


def column(entries) -> Matrix:
    return Matrix([Rational(x.numerator, x.denominator) for x in entries])


def exact_array(entries) -> np.ndarray:
    return np.array([[Fraction(x) for x in row] for row in entries], dtype=object)


def sympy_matrix(a: np.ndarray) -> Matrix:
    return Matrix(a.shape[0], a.shape[1], [Rational(x.numerator, x.denominator) for x in a.reshape(-1)])


@st.composite
def pairs(draw, inside: bool = False):
    """Two Gram matrices of any rank, steps and targets; inside the box when asked."""
    d = draw(sides)
    given_ = {name: Matrix(draw(grams(d)).to_sympy()) for name in ("S_W", "S_U")}
    for agent in "WU":
        step = Fraction(draw(steps))
        trace = given_[f"S_{agent}"].trace()
        if inside and trace:
            step = Fraction(draw(st.integers(1, 15)), 8) / Fraction(int(trace.p), int(trace.q))
        given_[f"eta_{agent}"] = Rational(step.numerator, step.denominator)
    for name in ("w_star", "u_star", "w_0"):
        given_[name] = column(draw(st.lists(small, min_size=d, max_size=d)))
    return given_


def pick(given_, *names):
    return {name: given_[name] for name in names}


def moves(g, turns):
    """States after each turn, from the gradient steps themselves: U moves first."""
    w, out = g["w_0"], []
    for _ in range(turns):
        u = w - g["eta_U"] * g["S_U"] * (w - g["u_star"])
        w = u - g["eta_W"] * g["S_W"] * (u - g["w_star"])
        out.append((u, w))
    return out


PAIR = ("S_W", "S_U", "eta_W", "eta_U", "w_star", "u_star")
GEOMETRY = PAIR[:4]
