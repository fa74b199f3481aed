"""Pairs of simulated agents as inputs of formulas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from tests.strategies import pairs, vectors


def arguments(pair, w_0=None):
    w, u = pair.agent_w, pair.agent_u
    return {
        "S_W": w.prompt.gram,
        "S_U": u.prompt.gram,
        "eta_W": w.step_size[()],
        "eta_U": u.step_size[()],
        "w_star": w.target,
        "u_star": u.target,
        "w_0": w.target * 0 if w_0 is None else w_0,
    }


@st.composite
def started(draw, **options):
    """A pair and a start."""
    pair = draw(pairs(**options))
    return pair, draw(vectors(d=pair.d))


as_fractions = np.vectorize(Fraction, otypes=[object])
