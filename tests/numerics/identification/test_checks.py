"""Noise and tests of the model, from fits written down by hand and by two nested regressions of one's own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from numerics import TranscriptError
from numerics.identification.checks import (
    ModelCheck,
    affine_to_rounding,
    linearity,
    memory,
    noise_of,
    rows_needed,
    settled_model,
)
from numerics.identification.noise import wilks_tail
from numerics.identification.regression import Regression, regress

NOTHING = np.zeros(1)


def fit(residuals: object, *, k: int = 1, rounding: float = 0.0) -> Regression:
    """A fit along k directions that left these residuals."""
    left = np.asarray(residuals, dtype=float)
    m, d = left.shape
    zeros = np.zeros(d)
    return Regression(
        zeros, zeros, np.eye(m)[:, :k], np.ones(k), np.eye(d)[:, :k], np.zeros((k, d)), left, rounding, m - 1 - k
    )


def test_the_noise_that_residuals_show() -> None:
    left = fit([[3.0, 1.0], [0.0, 2.0], [4.0, 0.0], [0.0, 0.0]], rounding=0.5)
    units, bias = np.array([0.0, 6.0]), np.array([1.0, 2.0])
    none = noise_of(left, "none", units, bias)
    assert (none.model, none.freedom, none.rows) == ("none", math.inf, 4)
    assert none.scatter.tolist() == [[0.25, 0], [0, 3.25]]
    for model in ("general", "isotropic"):
        noise = noise_of(left, model, units, bias)  # type: ignore[arg-type]
        assert (noise.model, noise.freedom, noise.rows) == (model, 2.0, 4)
        assert noise.scatter.tolist() == [[25 + 2 * 0.25, 3], [3, 5 + 2 * 3.25]]
        assert noise.bias is bias
    assert noise_of(fit([[0.0]] * 4), "none", NOTHING, NOTHING).scatter.tolist() == [[1e-300]]
    assert "takes 4, and the noise 3 more" in rows_needed(3)


def test_a_check_passes_above_its_risk() -> None:
    assert [ModelCheck(p, "", 0).passes() for p in (None, 0.0, 0.05, 0.0501, 1.0)] == [None, False, False, True, True]
    assert [ModelCheck(p, "", 0).passes(0.5) for p in (0.5, 0.6)] == [False, True]


@pytest.mark.parametrize(("size", "affine"), [(1.999, True), (2.0, True), (2.001, False)])
def test_answers_are_affine_up_to_the_root_mean_square_of_rounding(size: float, affine: bool) -> None:
    """Two rows more than the fit takes, in two weights: residuals of 2 are of root mean square 1."""
    residuals = [[size, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    assert affine_to_rounding(fit(residuals, rounding=1.0)) == affine
    assert settled_model(fit(residuals, rounding=1.0), "isotropic", NOTHING) == ("none" if affine else "isotropic")
    # Without a row left over nothing shows it.
    assert not affine_to_rounding(fit(np.zeros((2, 2)), rounding=1.0))
    with pytest.raises(TranscriptError, match="too few rows: 2 leave 0"):
        settled_model(fit(np.zeros((2, 2)), rounding=1.0), "isotropic", NOTHING)


@pytest.mark.parametrize(("part", "passes"), [(0.999, True), (1.001, False)])
@pytest.mark.parametrize(("rows", "freedom"), [(4, 2), (3, 1)])
def test_an_agent_known_to_answer_without_noise_may_err_by_rounding(
    part: float, passes: bool, rows: int, freedom: int
) -> None:
    """Half units of 3 and 4 in every row: 5 sqrt(rows), over the root of freedom times 2, besides 1 for floats."""
    bias = np.array([3.0, 4.0])
    size = math.sqrt(freedom * 2) + 5 * math.sqrt(rows)
    residuals = np.zeros((rows, 2))
    residuals[1, 1] = part * size
    if passes:
        assert settled_model(fit(residuals, rounding=1.0), "none", bias) == "none"
        return
    said = rf"by {part * size / math.sqrt(freedom * 2):.3g} \(root mean square; rounding would be"
    with pytest.raises(TranscriptError, match=said):
        settled_model(fit(residuals, rounding=1.0), "none", bias)


def test_where_no_row_is_left_over_an_agent_without_noise_is_believed() -> None:
    assert settled_model(fit([[9.0, 9.0]] * 2), "none", np.zeros(2)) == "none"


@pytest.mark.parametrize(("model", "d", "least"), [("general", 3, 3), ("general", 1, 1), ("isotropic", 3, 1)])
@pytest.mark.parametrize("repeated", [0, 7])
def test_the_noise_takes_as_many_rows_as_it_has_dimensions(model: str, d: int, least: int, repeated: int) -> None:
    enough = fit(np.ones((2 + least, d)))
    assert settled_model(enough, model, np.zeros(d), repeated) == model  # type: ignore[arg-type]
    few = fit(np.ones((1 + least, d)))
    beside = f"{1 + least} besides 7 that repeat them" if repeated else f"{1 + least}"
    with pytest.raises(TranscriptError, match=rf"rows: {beside} leave {least - 1} to.* and {least} are") as caught:
        settled_model(few, model, np.zeros(d), repeated)  # type: ignore[arg-type]
    assert f"2 rows go into the fit along 1 directions, so give at least {2 + least}" in str(caught.value)
    assert ('or 3 with noise="isotropic"' in str(caught.value)) == (model == "general" and d > 1)
    assert ('noise="none"' in str(caught.value)) == (least == 1 or repeated > 0)


def nested(less: np.ndarray, more: np.ndarray, answers: np.ndarray, model: str) -> tuple[float, int]:
    """The p-value of what `more` explains beyond `less`, each with a constant, and the number of columns."""
    from scipy.special import fdtrc

    scatters, ranks = [], []
    for columns in (less, np.hstack([less, more])):
        design = np.column_stack([np.ones(len(answers)), columns])
        found = answers - design @ np.linalg.lstsq(design, answers, rcond=None)[0]
        scatters.append(found.T @ found)
        ranks.append(int(np.linalg.matrix_rank(design)))
    (before, after), q, left, d = scatters, ranks[1] - ranks[0], len(answers) - ranks[1], answers.shape[1]
    if model == "general":
        return wilks_tail(math.log(np.linalg.det(before) / np.linalg.det(after)), d, q, left), q
    ratio = np.trace(before - after) / q / (np.trace(after) / left)
    return float(fdtrc(q * d, left * d, ratio)), q


#: Rows from which on squares, products besides, and cubes are affordable: the fit, two to spare, d for general noise.
AFFORDABLE = [("general", 1, 6, 6, 7), ("isotropic", 1, 5, 5, 6), ("general", 2, 9, 10, 12), ("isotropic", 2, 7, 8, 10)]


@pytest.mark.parametrize(("model", "d", "squares", "products", "cubes"), AFFORDABLE)
def test_curvature_is_what_two_regressions_say(model: str, d: int, squares: int, products: int, cubes: int) -> None:
    rng = np.random.default_rng(d)
    for m in range(squares - 1, cubes + 3):
        x = 3 + rng.standard_normal((m, d)) @ (np.eye(d) + 0.3)
        moves = x @ rng.standard_normal((d, d)) + x**2 + rng.standard_normal((m, d))
        fitted = regress(x, moves)
        noise = noise_of(fitted, model, np.zeros(d), np.zeros(d))  # type: ignore[arg-type]
        check = linearity(fitted, noise)
        if m < squares:
            assert check == ModelCheck(None, f"needs at least {squares} rows at distinct inputs", 0)
            continue
        z = fitted.left
        added = [z[:, [i]] * z[:, [j]] for i in range(d) for j in range(i, d) if m >= products or i == j]
        # A cube is one of the length of the whole input; along one direction squares are all products.
        added += [(z**2).sum(axis=1, keepdims=True) * z] * (m >= cubes)
        expected, columns = nested(x, np.hstack(added), moves, model)
        assert check.p_value == pytest.approx(expected, rel=1e-6)
        assert check.columns == columns
        said = "squares, products and cubes" if m >= cubes else "squares and products" if m >= products else "squares"
        assert check.added == said


def test_inputs_at_two_places_or_at_one_tell_nothing_of_curvature() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat([[-1.0], [1.0]], 10, axis=0)
    for inputs, said in ((x, "needs at least 6 rows at distinct inputs"), (0 * x, "the inputs do not vary")):
        fitted = regress(inputs, rng.standard_normal((20, 1)))
        noise = noise_of(fitted, "general", NOTHING, NOTHING)
        assert linearity(fitted, noise) == ModelCheck(None, said, 0)
    # At three places a square is as much as a cube.
    inputs = np.repeat([[-1.0], [0.0], [2.0]], 6, axis=0)
    fitted = regress(inputs, rng.standard_normal((18, 1)))
    assert linearity(fitted, noise_of(fitted, "general", NOTHING, NOTHING)).columns == 1


@pytest.mark.parametrize(
    ("model", "d", "input_alone", "both"),
    [("general", 1, 7, 8), ("isotropic", 1, 6, 7), ("general", 2, 10, 12), ("isotropic", 2, 8, 10)],
)
def test_memory_is_what_two_regressions_say(model: str, d: int, input_alone: int, both: int) -> None:
    """Of the rows from the second on: the fit, the columns and what is to spare."""
    rng = np.random.default_rng(10 + d)
    for m in range(input_alone - 1, both + 3):
        x, moves = rng.standard_normal((2, m, d))
        fitted = regress(x, moves)
        noise = noise_of(fitted, model, np.zeros(d), np.zeros(d))  # type: ignore[arg-type]
        check = memory(x, moves, np.arange(m), noise, np.zeros(d))
        if m < input_alone:
            assert check == ModelCheck(None, f"needs at least {input_alone} rows", 0)
            continue
        past = np.hstack([x, moves])[:-1] if m >= both else x[:-1]
        expected, columns = nested(x[1:], past, moves[1:], model)
        assert check.p_value == pytest.approx(expected, rel=1e-6)
        assert check.columns == columns
        assert check.added == ("the input and the answer before" if m >= both else "the input before")


def test_memory_explains_kept_rows_by_the_rows_before_them_kept_or_not() -> None:
    rng = np.random.default_rng(20)
    x, moves = rng.standard_normal((2, 20, 1))
    kept = np.array([0, 2, 3, 5, 7, 8, 11, 12, 15, 16, 19])
    noise = noise_of(regress(x, moves), "general", NOTHING, NOTHING)
    found, now = memory(x, moves, kept, noise, NOTHING), kept[1:]
    past = np.hstack([x, moves])[now - 1]
    assert found.p_value == pytest.approx(nested(x[now], past, moves[now], "general")[0], rel=1e-6)
    for few in ([0], [0, 5], [4]):
        assert memory(x, moves, np.array(few), noise, NOTHING) == ModelCheck(None, "needs at least 7 rows", 0)
    # Where the inputs never vary only the answers before can explain anything.
    still = memory(np.ones((20, 1)), moves, np.arange(20), noise, NOTHING)
    assert still.columns == 1
    assert still.p_value == pytest.approx(nested(np.zeros((19, 0)), moves[:-1], moves[1:], "general")[0], rel=1e-6)


def test_memory_and_curvature_allow_for_rounding() -> None:
    """Units make the noise no less than a twelfth of their square, and half of one is subtracted from what is seen."""
    rng = np.random.default_rng(21)
    x, noisy = rng.standard_normal((2, 30, 1))
    moves = 0.5 * x + 0.3 * np.roll(x, 1) + 0.3 * x**2 + 0.2 * noisy
    fitted, kept = regress(x, moves), np.arange(30)
    bare = noise_of(fitted, "general", NOTHING, NOTHING)
    for ask in (lambda noise, units: memory(x, moves, kept, noise, units), lambda noise, _: linearity(fitted, noise)):
        sure = ask(bare, NOTHING).p_value
        allowed = ask(noise_of(fitted, "general", NOTHING, np.array([0.1])), NOTHING).p_value
        assert 1e-9 < sure < 0.01
        assert 10 * sure < allowed < 1
        assert ask(noise_of(fitted, "general", NOTHING, np.array([math.inf])), NOTHING) == ModelCheck(
            None, "the inputs hardly vary beyond their rounding", 0
        )
    coarse = memory(x, moves, kept, bare, np.array([9.0])).p_value
    assert coarse is not None
    assert coarse > 0.5
