"""Runs on arrays of other libraries, against the NumPy engine within a rounding bound; what is read, refused, kept."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from numerics import (
    DimensionMismatchError,
    DivergenceError,
    DivergenceWarning,
    DTypeError,
    EmptyPromptError,
    ExactnessError,
    Interaction,
    LSAAgent,
    NonFiniteError,
    OptionError,
    Prompt,
    ScaleError,
    ShapeError,
    StepSizeError,
)
from numerics.arrays import simulate as array_api
from numerics.arrays.attention import ArrayLayer
from numerics.arrays.simulate import simulate_arrays
from numerics.arrays.turns import affine_move
from numerics.errors import MissingExtraError
from tests.numerics.common import run_bound, scalar_pair
from tests.strategies import REGIONS, pairs, vectors

pytest.importorskip("array_api_compat", reason="needs array-api-compat, the extra arrays")
WAYS = [(keep, method) for keep in ("all", "last") for method in ("affine", "attention")]
F = Fraction


class Library:
    """A namespace: how its arrays are made, on a device that is not the default where there is one, and read."""

    def __init__(self, name: str) -> None:
        self.name, self._stack, self._at = name, ExitStack(), {}
        self._compiled: dict[Any, Any] = {}
        if name == "numpy":
            self.xp: Any = np
            return
        self.xp = pytest.importorskip("jax.numpy" if name == "jax" else name)
        if name == "array_api_strict":
            # No shape may depend on data, no extension is there, no function is newer than the promise.
            flags = {"api_version": "2023.12", "boolean_indexing": False, "data_dependent_shapes": False}
            self._stack.enter_context(self.xp.ArrayAPIStrictFlags(**flags, enabled_extensions=()))
            self._at = {"device": self.xp.Device("device1")}
        elif name == "jax":
            self._stack.enter_context(sys.modules["jax"].enable_x64(True))

    def make(self, array: Any, dtype: str = "float64") -> Any:
        # A copy: PyTorch objects to read-only arrays.
        return self.xp.asarray(np.array(array), dtype=getattr(self.xp, dtype), **self._at)

    def read(self, array: Any) -> np.ndarray:
        return np.asarray(array._array if self.name == "array_api_strict" else array)

    def simulate(self, prompts: list[Any], steps: dict[str, Any], w0: Any, **options: Any) -> Any:
        """A run; under JAX compiled as a whole, which is quicker than operation by operation."""
        if self.name != "jax":
            return simulate_arrays(*prompts, **steps, w0=w0, **options)
        key = tuple(sorted(options.items()))
        if key not in self._compiled:

            def both(prompts: list[Any], steps: dict[str, Any], w0: Any) -> tuple[Any, Any]:
                run = simulate_arrays(*prompts, **steps, w0=w0, check=False, **options)
                return run.w, run.u

            self._compiled[key] = sys.modules["jax"].jit(both)
        return SimpleNamespace(**dict(zip("wu", self._compiled[key](prompts, steps, w0), strict=True)))

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(params=["numpy", "array_api_strict", "torch", "jax"])
def library(request: pytest.FixtureRequest) -> Iterator[Library]:
    found = Library(request.param)
    yield found
    found.close()


@pytest.fixture
def strict() -> Iterator[Library]:
    found = Library("array_api_strict")
    yield found
    found.close()


def rounded(pair: Interaction, dtype: str) -> Interaction:
    """The pair whose data are numbers of the dtype, in double precision."""
    agents = []
    for agent in (pair.agent_w, pair.agent_u):
        X, y, step = (np.asarray(a).astype(dtype) for a in (agent.prompt.X, agent.prompt.y, agent.step_size))
        agents.append(LSAAgent(Prompt(X, y), step))
    return Interaction(*agents)


def arguments(library: Library, pair: Interaction, dtype: str = "float64") -> tuple[list[Any], dict[str, Any]]:
    w, u = pair.agent_w, pair.agent_u
    prompts = [library.make(a, dtype) for a in (w.prompt.X, w.prompt.y, u.prompt.X, u.prompt.y)]
    return prompts, {"step_w": library.make(w.step_size, dtype), "step_u": library.make(u.step_size, dtype)}


def singles(pair: Interaction, batch: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Interaction]]:
    """Each pair of a batch alone."""
    for g in np.ndindex(batch):
        alone = []
        for agent in (pair.agent_w, pair.agent_u):
            p = agent.prompt
            X, y = np.broadcast_to(p.X, (*batch, p.n, p.d))[g], np.broadcast_to(p.y, (*batch, p.n))[g]
            alone.append(LSAAgent(Prompt(X, y), np.broadcast_to(agent.step_size, batch)[g]))
        yield g, Interaction(*alone)


def bound(pair: Interaction, w: np.ndarray, u: np.ndarray, dtype: str) -> float:
    """Bound the distance of two runs of the pair, one in double precision and one in the dtype.

    Both have the error of :func:`run_bound`, for the unit roundoff of their dtype (1.01 covers the denominator of
    gamma), if no move expands. Otherwise an error of one move, or of a power of the turn, is multiplied by at most the
    norms of the other moves.
    """
    growth = 1.0
    for agent in (pair.agent_w, pair.agent_u):
        growth *= max(1.0, np.linalg.norm(np.eye(pair.d) - agent.step_size * agent.prompt.gram, 2))
    one = run_bound(pair, w, u) * growth ** u.shape[-2]
    return 2 * one if dtype == "float64" else 1.01 * 2.0**29 * one + one


def worst(library: Library, pair: Interaction, w0: np.ndarray, turns: int, dtype: str = "float64") -> float:
    """Largest ratio of a run's distance from the NumPy engine to its bound; type, dtype and device are asserted."""
    ratio = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        truth = pair.simulate(w0, turns)
    batch = truth.w.shape[:-2]
    prompts, steps = arguments(library, pair, dtype)
    for keep, method in WAYS:
        start = library.make(w0, dtype)
        run = library.simulate(prompts, steps, start, turns=turns, keep=keep, method=method)
        expected = (truth.w, truth.u) if keep == "all" else (truth.w[..., -1:, :], truth.u[..., -1:, :])
        for found, other in zip((run.w, run.u), expected, strict=True):
            assert (type(found), found.dtype, found.device) == (type(start), start.dtype, start.device)
            assert tuple(found.shape) == other.shape
            values = library.read(found).astype(float)
            for g, alone in singles(pair, batch):
                limit = bound(alone, truth.w[g], truth.u[g], dtype)
                error = np.linalg.norm(values[g] - other[g], axis=-1).max(initial=0.0)
                assert np.isfinite(error)
                ratio = max(ratio, error / limit if error else 0.0)
    return ratio


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_every_library_agrees_with_the_numpy_engine(library: Library, dtype: str, data: st.DataObject) -> None:
    if library.name == "jax":
        # Every new shape is compiled anew: one shape, of low rank or with common kernels all the same.
        region, turns, sizes = data.draw(st.sampled_from(REGIONS)), 3, {"d": 2, "n": 1}
    else:
        region, turns = data.draw(st.sampled_from(REGIONS)), data.draw(st.sampled_from([0, 1, 2, 3, 8]))
        sizes = {"common_kernel": data.draw(st.sampled_from([None, True]))}
    scaled = dtype == "float64"
    pair = rounded(data.draw(pairs(exact=False, region=region, scaled=scaled, **sizes)), dtype)
    w0 = data.draw(vectors(d=pair.d, exact=False)).astype(dtype).astype(float)
    assert worst(library, pair, w0, turns, dtype) <= 1


@given(pairs(exact=False, max_d=2), st.integers(30, 400), st.data())
def test_long_runs_agree_too(pair: Interaction, turns: int, data: st.DataObject) -> None:
    w0 = data.draw(vectors(d=pair.d, exact=False))
    prompts, steps = arguments(Library("numpy"), pair)
    truth = pair.simulate(w0, turns)
    for keep in ("all", "last"):
        run = simulate_arrays(*prompts, **steps, w0=w0, turns=turns, keep=keep)
        limit = bound(pair, truth.w, truth.u, "float64")
        assert np.linalg.norm(run.w_last - truth.w_last) <= limit
        assert np.linalg.norm(run.u_last - truth.u_last) <= limit


def batched_pair() -> Interaction:
    """W's prompts (3,), the last of rank 0; U's (2, 1), fewer examples than features; steps inside the box."""
    rng = np.random.default_rng(11)
    X = rng.integers(-3, 4, size=(3, 5, 3)).astype(float)
    X[2] = 0
    prompts = Prompt(X, rng.normal(size=5)), Prompt(rng.normal(size=(2, 1, 2, 3)), rng.normal(size=(2, 1, 2)))
    tops = [np.linalg.eigvalsh(p.gram)[..., -1] for p in prompts]
    return Interaction(*(LSAAgent(p, 1.5 / np.where(t == 0, 1, t)) for p, t in zip(prompts, tops, strict=True)))


@pytest.mark.parametrize("name", ["numpy", "array_api_strict", "torch"])
def test_batches_and_starts_broadcast(name: str) -> None:
    library = Library(name)
    starts = np.random.default_rng(12).normal(size=(2, 1, 1, 3))
    assert worst(library, batched_pair(), starts, 5) <= 1


def test_one_element_axes_shared_prompts_and_default_start(strict: Library) -> None:
    pair = scalar_pair(0.5, 0.25)
    assert worst(strict, pair, np.ones((1, 4, 1)), 6) <= 1
    prompts, _ = arguments(strict, pair)
    run = simulate_arrays(*prompts, step_w=0.5, step_u=strict.make([[0.25], [0.5]]), turns=3)
    assert run.w.shape == (2, 1, 4, 1)
    assert strict.read(run.w[0, 0, ...]).tolist() == pair.simulate(None, 3).w.tolist()


def test_no_turns_have_no_answer() -> None:
    run = simulate_arrays(*[np.ones((2, 1, 1)), np.ones((2, 1))] * 2, step_w=1.0, step_u=1, w0=np.ones(1), turns=0)
    assert (run.w.shape, run.u.shape, run.w_last.tolist()) == ((2, 1, 1), (2, 0, 1), [[1.0], [1.0]])
    with pytest.raises(OptionError, match="turns = 0 has no move of U"):
        _ = run.u_last


def test_tiny_moves_keep_their_relative_accuracy() -> None:
    """Moves of 2^-60, which I + D would round away: 2^20 turns towards the fixed point 1."""
    arrays = [np.ones((1, 1)), np.ones(1), np.zeros((1, 1)), np.zeros(1)]
    run = simulate_arrays(*arrays, step_w=2.0**-60, step_u=1.0, turns=2**20, keep="last")
    assert run.w_last[0] == pytest.approx(2.0**-40 * (1 - 2.0**-41), rel=2.0**-50, abs=0)


# --- planted falsehoods ---


def _dropped(xp: Any, X: Any, y: Any, step: Any) -> Any:
    return affine_move(xp, X, xp.zeros_like(y), step)


class _Weak(ArrayLayer):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.V = self.V * (1 - 2.0**-20)


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("_agents", lambda a: ((a.X_u, a.y_u, a.step_u), (a.X_w, a.y_w, a.step_w))),
        ("affine_move", _dropped),
        ("ArrayLayer", _Weak),
    ],
    ids=["swapped order", "offset dropped", "values a little small"],
)
def test_planted_falsehood_is_noticed(
    strict: Library, name: str, mutant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worst(strict, scalar_pair(0.5, 0.25), np.ones(1), 5) <= 1
    monkeypatch.setattr(array_api, name, mutant)
    assert worst(strict, scalar_pair(0.5, 0.25), np.ones(1), 5) > 1


# --- what is read from the device ---


@pytest.mark.parametrize(("keep", "method"), WAYS)
def test_exactly_one_truth_value_is_read(
    strict: Library, keep: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (X_w, y_w, X_u, y_u), steps = arguments(strict, batched_pair())
    read: list[str] = []
    for name in ("__bool__", "__int__", "__float__", "__index__", "__complex__", "__array__", "__buffer__"):
        if original := getattr(type(X_w), name, None):

            def counted(*given: Any, _name: str = name, _original: Any = original) -> Any:
                read.append(_name)
                return _original(*given)

            monkeypatch.setattr(type(X_w), name, counted)
    for check, expected in ((True, ["__bool__"]), (False, [])):
        read.clear()
        simulate_arrays(X_w, y_w, X_u, y_u, **steps, turns=7, keep=keep, method=method, check=check)
        assert read == expected


# --- overflow ---


@pytest.mark.parametrize(
    ("dtype", "turns", "turn", "keep", "method"),
    [("float32", 80, 63, *way) for way in WAYS] + [("float64", 520, 511, keep, "affine") for keep in ("all", "last")],
)
def test_overflow_names_pair_turn_and_dtype(
    strict: Library, dtype: str, turns: int, turn: int, keep: str, method: str
) -> None:
    """The second pair has the rate 4: from a distance of about 1, 4^511 = 2^1022 and 4^63 = 2^126 are near the end."""
    pair = Interaction(scalar_pair(2.0, 5.0).agent_w, LSAAgent(Prompt([[1.0]], [3.0]), [0.5, 5.0]))
    prompts, steps = arguments(strict, pair, dtype)
    with pytest.raises(DivergenceError, match=rf"of the pair at index \(1,\) leaves the range of {dtype} at") as caught:
        simulate_arrays(*prompts, **steps, turns=turns, keep=keep, method=method)
    assert caught.value.turn == turn
    free = simulate_arrays(*prompts, **steps, turns=turns, keep=keep, method=method, check=False)
    assert np.isfinite(strict.read(free.w_last)[:, 0]).tolist() == [True, False]


def test_every_library_reports_overflow(library: Library) -> None:
    prompts, steps = arguments(library, scalar_pair(2.0, 5.0), "float32")
    with pytest.raises(DivergenceError, match="the run leaves the range of float32 at turn 63"):
        simulate_arrays(*prompts, **steps, turns=100, keep="last")


@pytest.mark.parametrize("keep", ["all", "last"])
@pytest.mark.slow
def test_a_start_on_the_stable_subspace_survives_an_overflowing_power(strict: Library, keep: str) -> None:
    """W multiplies the first coordinate by -8, where nothing starts, and halves the second; a neighbour moves too."""
    y, still = np.zeros((2, 2)), [np.zeros((1, 2)), np.zeros(1)]
    X = np.array([[[18.0**0.5, 0], [0, 1]], [[1, 0], [0, 1]]])
    arrays = [strict.make(a) for a in (X, y, *still)]
    w0 = np.array([[0.0, 8.0], [4.0, 8.0]])
    run = simulate_arrays(*arrays, step_w=1.0, step_u=1.0, w0=strict.make(w0), turns=1500, keep=keep)
    assert strict.read(run.w_last).tolist() == pytest.approx(np.zeros((2, 2)))
    if keep == "all":
        halved = 2.0 ** -np.arange(60)
        assert strict.read(run.w)[0, :60].tolist() == np.stack([0 * halved, 8 * halved], axis=-1).tolist()
        assert strict.read(run.w)[1, :60].tolist() == np.stack([4 * halved, 8 * halved], axis=-1).tolist()


def test_u_alone_can_overflow() -> None:
    one = [np.ones((1, 1)), np.ones(1)]
    for keep in ("all", "last"):
        with pytest.raises(DivergenceError, match="the run leaves the range of float64 at turn 1;"):
            simulate_arrays(*one, *one, step_w=1.0, step_u=1e15, w0=np.array([1e300]), turns=1, keep=keep)


# --- derivatives ---


def exact_derivative(polynomial: Callable[[Fraction], Fraction], at: Fraction) -> float:
    """Derivative of a polynomial of degree <= 4, for which this finite difference is exact whatever its step."""
    h = at / 4
    before, left, right, after = (polynomial(at + k * h) for k in (-2, -1, 1, 2))
    return float((before - 8 * left + 8 * right - after) / (12 * h))


class Differentiated:
    """A pair whose last state after 4 turns is a polynomial of degree <= 4 in either step."""

    turns = 4
    arrays = (np.array([[1, 2], [0, 1], [1, 1]]), np.array([1, 0, 2]), np.array([[2, -1]]), np.array([3]))
    w0 = np.array([1, 0])
    steps: ClassVar = {"w": F(1, 4), "u": F(1, 8)}

    def pair(self, kind: Callable[[Any], Any], **steps: Fraction) -> Interaction:
        X_w, y_w, X_u, y_u = (a + kind(0) for a in self.arrays)
        chosen = {**self.steps, **steps}
        return Interaction(LSAAgent(Prompt(X_w, y_w), kind(chosen["w"])), LSAAgent(Prompt(X_u, y_u), kind(chosen["u"])))

    def derivative(self, role: str) -> float:
        """Of the sum of W's last state, with respect to a step."""

        def last(step: Fraction) -> Fraction:
            return Fraction(self.pair(Fraction, **{role: step}).simulate(self.w0, self.turns).w_last.sum())

        return exact_derivative(last, self.steps[role])

    def limit(self, role: str) -> float:
        """Bound the rounding error of the derivative.

        It is a sum of terms, one for each move of that agent: the length of the move over the step, carried on by the
        later moves. Each has the error of a run, there and back, over the step.
        """
        pair = self.pair(float)
        run = pair.simulate(self.w0, self.turns)
        return 2 * self.turns * bound(pair, run.w, run.u, "float64") / float(self.steps[role])


@pytest.mark.parametrize(("keep", "method"), WAYS)
@pytest.mark.slow
def test_torch_gradient_with_respect_to_a_step(keep: str, method: str) -> None:
    torch = pytest.importorskip("torch")
    case = Differentiated()
    steps = {
        f"step_{r}": torch.tensor(float(s), dtype=torch.float64, requires_grad=True) for r, s in case.steps.items()
    }
    *prompts, w0 = (torch.asarray(a, dtype=torch.float64) for a in (*case.arrays, case.w0))
    run = simulate_arrays(*prompts, **steps, w0=w0, turns=case.turns, keep=keep, method=method)
    for role, found in zip("wu", torch.autograd.grad(run.w_last.sum(), list(steps.values())), strict=True):
        derivative = case.derivative(role)
        # The tolerance is narrow: it would tell a derivative that is wrong in its sixth digit.
        assert abs(derivative) > 1e6 * case.limit(role)
        assert abs(float(found) - derivative) <= case.limit(role)


def test_jax_gradient() -> None:
    jax = pytest.importorskip("jax")
    library, case = Library("jax"), Differentiated()
    try:
        *prompts, w0 = (library.make(a) for a in (*case.arrays, case.w0))

        def last(step: Any) -> Any:
            options = {"step_u": float(case.steps["u"]), "turns": case.turns, "keep": "last", "check": False}
            return simulate_arrays(*prompts, step_w=step, w0=w0, **options).w_last.sum()

        gradient = jax.jit(jax.grad(last))
        assert abs(float(gradient(library.make(0.25))) - case.derivative("w")) <= case.limit("w")
    finally:
        library.close()


def test_jax_jit_and_vmap() -> None:
    jax = pytest.importorskip("jax")
    library = Library("jax")
    try:
        pair = batched_pair()
        shared = LSAAgent(
            Prompt(pair.agent_u.prompt.X[0, 0], pair.agent_u.prompt.y[0, 0]), pair.agent_u.step_size[0, 0]
        )
        alone = Interaction(pair.agent_w, shared)
        (X_w, y_w, *prompt_u), steps = arguments(library, alone)

        def last(X: Any, step: Any, *, check: bool = False) -> Any:
            options = {"step_u": steps["step_u"], "turns": 4, "keep": "last", "check": check}
            return simulate_arrays(X, y_w, *prompt_u, step_w=step, **options).w_last

        truth = alone.simulate(None, 4)
        limits = [bound(one, truth.w[g], truth.u[g], "float64") for g, one in singles(alone, (3,))]
        for run in (jax.jit(last), jax.jit(jax.vmap(last))):
            found = np.asarray(run(X_w, steps["step_w"]))
            assert np.all(np.linalg.norm(found - truth.w_last, axis=-1) <= limits)
        for transform in (lambda f: f, jax.vmap):
            with pytest.raises(OptionError, match="inside jit and vmap pass check=False"):
                jax.jit(transform(lambda X, s: last(X, s, check=True)))(X_w, steps["step_w"])
    finally:
        library.close()


# --- bad input ---

GOOD: dict[str, Any] = {
    "X_w": np.ones((3, 2)), "y_w": np.ones(3), "X_u": np.ones((1, 2)), "y_u": np.ones(1),
    "step_w": 0.5, "step_u": np.array([0.5, 0.25]), "turns": 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X_w": np.ones((3, 2), int)}, DTypeError, "X_w has dtype int64; expected float32 or float64: convert it"),
        ({"y_u": np.ones(1, "float16")}, DTypeError, "y_u has dtype float16; expected float32 or float64"),
        ({"y_u": np.ones(1, "float32")}, DTypeError, "different dtypes: X_w float64, y_w float64, X_u .* y_u float32"),
        ({"X_w": np.ones((3, 2)) + F(0)}, ExactnessError, r"X_w is an object array; exact .* Interaction\(LSAAgent"),
        ({"step_w": F(1, 2)}, ExactnessError, r"step_w is Fraction\(1, 2\) .* pass float\(step_w\)"),
        ({"step_w": True}, DTypeError, r"step_w is True of type bool"),
        ({"X_u": [[1.0, 2.0]]}, DTypeError, "X_u is a list; expected an array of a library that follows the array API"),
        ({"y_w": np.ma.ones(3)}, DTypeError, "y_w is a masked array"),
        ({"X_w": np.ones(2)}, ShapeError, r"X_w has shape \(2,\); expected \(\.\.\., n, d\)"),
        ({"y_w": np.ones(2)}, ShapeError, r"y_w has shape \(2,\) but X_w has shape \(3, 2\): .* the 3 examples"),
        ({"X_u": np.ones((0, 2))}, EmptyPromptError, r"X_u has shape \(0, 2\): a prompt needs at least one example"),
        ({"w0": np.ones((0, 1, 2))}, EmptyPromptError, r"the batch has shape \(0, 2\): it needs at least one pair"),
        ({"X_u": np.ones((1, 3))}, DimensionMismatchError, "X_w has d = 2, X_u has d = 3; they must agree"),
        ({"w0": np.ones(3)}, ShapeError, r"w0 has shape \(3,\); expected \(\.\.\., d\) with d = 2"),
        ({"w0": np.ones((3, 2))}, ShapeError, r"batch shapes do not broadcast: .* step_u \(2,\), w0 \(3,\)|w0 \(3,\)"),
        ({"step_w": 0.0}, StepSizeError, r"step_w must be > 0 and finite in float64, got 0\.0"),
        ({"step_w": float("nan")}, StepSizeError, "step_w must be > 0 and finite in float64, got nan"),
        ({"step_u": np.array([1.0, -1.0])}, StepSizeError, "step_u must be > 0 .* its entries go from -1 to 1;"),
        ({"step_u": np.array([1.0, np.inf])}, StepSizeError, "step_u must be > 0 .* from 1 to inf;"),
        ({"X_w": np.full((3, 2), np.nan)}, NonFiniteError, "X_w has non-finite entries; remove or impute"),
        ({"w0": np.array([np.inf, 0])}, NonFiniteError, "w0 has non-finite entries"),
        ({"y_u": np.array([1e200])}, ScaleError, "y_u has entries .* range of float64; .* rescale the examples"),
        ({"X_u": np.array([[1e-200, 0]])}, ScaleError, "X_u has entries so large or small"),
        ({"step_w": 1e10, "step_u": np.array(1e10)}, ScaleError, r"no correct digit in float64.*exceeds 4\.5e\+15"),
        ({"turns": -1}, OptionError, "turns must be an integer >= 0, got -1"),
        ({"turns": True}, OptionError, "turns must be an integer >= 0, got True"),
        ({"keep": "some"}, OptionError, "keep must be one of 'all', 'last', got 'some'"),
        ({"method": "auto"}, OptionError, "method must be one of 'affine', 'attention', got 'auto'"),
    ],
)
def test_bad_input_has_its_own_message(changes: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {**GOOD, **changes}
    prompts = [given.pop(name) for name in ("X_w", "y_w", "X_u", "y_u")]
    with pytest.raises(error, match=message):
        simulate_arrays(*prompts, **given)


def test_the_good_input_of_these_is_accepted() -> None:
    given = dict(GOOD)
    assert simulate_arrays(*[given.pop(name) for name in ("X_w", "y_w", "X_u", "y_u")], **given).w.shape == (2, 3, 2)


def test_a_step_that_vanishes_in_single_precision_is_refused(library: Library) -> None:
    one = [library.make(a, "float32") for a in ([[1.0]], [1.0])]
    with pytest.raises(StepSizeError, match=r"in .*float32, got 1e-60"):
        simulate_arrays(*one, *one, step_w=1e-60, step_u=1.0, turns=1)


def test_libraries_and_devices_do_not_mix(strict: Library) -> None:
    here = [strict.make(a) for a in ([[1.0]], [1.0])]
    with pytest.raises(DTypeError, match=r"different libraries: X_w array_api_strict, .* X_u .*numpy"):
        simulate_arrays(*here, np.ones((1, 1)), np.ones(1), step_w=1.0, step_u=1.0, turns=1)
    there = [strict.xp.asarray(a, device=strict.xp.Device("CPU_DEVICE")) for a in ([[1.0]], [1.0])]
    with pytest.raises(OptionError, match=r"different devices: X_w .*device1.* X_u .*CPU_DEVICE.*; move all to one"):
        simulate_arrays(*here, *there, step_w=1.0, step_u=1.0, turns=1)


def test_absence_of_the_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'biased-equilibrium\[arrays\]'"):
        simulate_arrays(*[np.ones((1, 1)), np.ones(1)] * 2, step_w=1.0, step_u=1.0, turns=1)
