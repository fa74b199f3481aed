"""What several tests share: exact copies of floating-point pairs, and the rounding bound of a run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from numerics import Interaction, LSAAgent, Prompt

U = 2.0**-53


def gamma(k: float) -> float:
    """The factor k u / (1 - k u) of the standard model of floating-point arithmetic."""
    return k * U / (1 - k * U)


def fractions(array: object) -> np.ndarray:
    """The same numbers, exactly, as an object array of Fraction."""
    values = np.asarray(array)
    result = np.empty(values.shape, dtype=object)
    for index in np.ndindex(values.shape):
        result[index] = Fraction(values[index])
    return result


def whole(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Floats that are whole numbers from -3 to 3: what is summed and multiplied of them is not rounded."""
    return [rng.integers(-3, 4, size=shape).astype(float) for shape in shapes]


def exact_copy(agent: LSAAgent) -> LSAAgent:
    """The agent with the very same data (every float is a rational), in exact arithmetic."""
    return LSAAgent(Prompt(fractions(agent.prompt.X), fractions(agent.prompt.y)), fractions(agent.step_size))


def rounded_copy(agent: LSAAgent) -> LSAAgent:
    """The agent with its rationals rounded to float64."""
    p = agent.prompt
    return LSAAgent(Prompt(p.X.astype(float), p.y.astype(float)), agent.step_size.astype(float))


def run_bound(pair: Interaction, w: np.ndarray, u: np.ndarray) -> float:
    """Bound the rounding error of a run of an unbatched pair inside the box, in norm, for all its states.

    One move adds at most gamma_m (|w| + eta |X|^T (|X| |w| + |y|) / n) to the error, m <= 4 (n + 2 d + 4)
    counting the operations along any path through the layer, and so does the formation of the affine map.
    Inside the box every move has a linear part of norm <= 1, so that these errors only add up over the
    moves; a product of powers of the turn, each of norm <= 1, adds up in the same way. Frobenius norms
    bound |X|^T |X|.
    """
    turns, local, m = u.shape[-2], 0.0, 0
    largest = max(np.linalg.norm(np.asarray(a, dtype=float), axis=-1).max(initial=0.0) for a in (w, u))
    for agent in (pair.agent_w, pair.agent_u):
        p, eta = agent.prompt, float(agent.step_size)
        size = float(np.linalg.norm(p.X.astype(float)))
        labels = float(np.linalg.norm(p.y.astype(float)))
        local += largest + eta * size * (size * largest + labels) / p.n
        m = max(m, 4 * (p.n + 2 * p.d + 4))
    return 4 * (turns + 1) * gamma(2 * m) * local


def scalar_pair(p: object, q: object, *, w_star: object = 1, u_star: object = 3) -> Interaction:
    """Scalar agents whose Gram is 1: step sizes are P and Q themselves. Exact for Fractions."""
    exact = isinstance(p, Fraction)
    one, a, b = (
        np.array(x, dtype=object) if exact else np.array(x, dtype=float)
        for x in ([[Fraction(1)]], [Fraction(w_star)], [Fraction(u_star)])
    )
    return Interaction(LSAAgent(Prompt(one, a), p), LSAAgent(Prompt(one, b), q))


class Saying:
    """An agent that always gives the same answer."""

    def __init__(self, d: int, answer: object) -> None:
        self.d, self.answer = d, answer

    def update(self, w: np.ndarray) -> object:
        return self.answer
