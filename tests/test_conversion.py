"""What counts as numbers, asked of both packages about the same inputs: one rule, written down twice."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, strategies as st
from sympy import Rational

from numerics import LSAAgent, NumericsError, Prompt
from numerics.validation import real_array
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import InputError, formulas

FORMULA = formulas[f"{BIASED_EQUILIBRIUM}.e"]
REST = {"S_W": [[2.0, 0.3], [0.3, 1.0]], "S_U": np.eye(2), "eta_W": 0.5, "eta_U": 0.4, "u_star": [0.0, 1.0]}
EYE = np.eye(2)

FLOATS = st.floats(-1e3, 1e3)
WHOLE = st.integers(-1000, 1000)
RATIONALS = st.fractions(-10, 10, max_denominator=50)
NO_NUMBERS = st.sampled_from(
    [True, np.True_, "1.5", b"1", Decimal("1.5"), 1j, None, pd.NA, pd.NaT, datetime.date(2020, 1, 1), np.ma.masked, {}]
)


def as_objects(values: list[object]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def read_by_numerics(value: object) -> np.ndarray | None:
    try:
        return real_array("w_star", value).astype(float)
    except NumericsError as error:
        return None if "w_star" in str(error) else pytest.fail(f"the argument is not named: {error}")


def read_by_theory(value: object) -> np.ndarray | None:
    from theory.values.conversion import float_array

    try:
        array = float_array(np, "w_star", value)
    except InputError as error:
        return None if "w_star" in str(error) else pytest.fail(f"the argument is not named: {error}")
    return array if np.isfinite(array).all() else None  # finite entries are demanded a step later


def agree(value: object, *, accepted: bool | None = None) -> np.ndarray | None:
    """What both packages read; both the same, or both refuse."""
    by_numerics, by_theory = read_by_numerics(value), read_by_theory(value)
    assert (by_numerics is None) == (by_theory is None), value
    if accepted is not None:
        assert (by_numerics is not None) == accepted, value
    if by_numerics is not None:
        np.testing.assert_array_equal(by_numerics, by_theory)
    return by_numerics


def containers(draw: st.DrawFn, values: list[object]) -> object:
    kind = draw(st.sampled_from(["list", "tuple", "objects", "series", "nested"]))
    if kind == "list":
        return values
    if kind == "tuple":
        return tuple(values)
    if kind == "objects":
        return as_objects(values)
    if kind == "series":
        return pd.Series(as_objects(values))
    return [values, tuple(values)]


@st.composite
def plain_numbers(draw: st.DrawFn) -> tuple[object, list[float]]:
    """Real numbers in all dresses, and what they are."""
    dress = draw(
        st.sampled_from(
            [
                "list",
                "float32",
                "int8",
                "Int64",
                "Float64",
                "int64[pyarrow]",
                "double[pyarrow]",
                "frame",
                "Sparse[float]",
            ]
        )
    )
    if dress == "frame":
        whole, broken = draw(st.lists(WHOLE, min_size=2, max_size=2)), draw(st.lists(FLOATS, min_size=2, max_size=2))
        table = pd.DataFrame({"a": pd.array(whole, dtype=draw(st.sampled_from(["Int64", "int64"]))), "b": broken})
        return table, [[a, b] for a, b in zip(whole, broken, strict=True)]
    if dress in ("int8", "Int64", "int64[pyarrow]"):
        values: list[object] = draw(st.lists(st.integers(-100, 100), min_size=1, max_size=4))
    elif dress == "float32":
        values = draw(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=4))
    else:
        values = draw(st.lists(FLOATS, min_size=1, max_size=4))
    if dress == "list":
        return draw(st.sampled_from([list, tuple, np.array, pd.Series, pd.Index]))(values), values
    if dress in ("float32", "int8"):
        return np.array(values, dtype=dress), values
    return pd.Series(values, dtype=dress), values


@given(plain_numbers())
def test_real_numbers_are_read_in_every_dress(drawn: tuple[object, list[float]]) -> None:
    value, expected = drawn
    np.testing.assert_array_equal(agree(value, accepted=True), expected)
    assert real_array("x", value).dtype == np.float64, "and none of them selects exact arithmetic"


@given(st.data())
def test_rationals_are_exact_in_every_dress(data: st.DataObject) -> None:
    values = data.draw(st.lists(RATIONALS, min_size=1, max_size=4))
    mixed = [int(x) if x.denominator == 1 else x for x in values]
    assume_object = [*mixed, Fraction(1, 3)]
    dressed = data.draw(st.sampled_from([list, tuple, as_objects, lambda v: pd.Series(as_objects(v))]))(assume_object)
    found = agree(dressed, accepted=True)
    np.testing.assert_array_equal(found, [float(x) for x in assume_object])
    assert real_array("x", dressed).dtype == object
    sympy = as_objects([Rational(x.numerator, x.denominator) for x in values])
    np.testing.assert_array_equal(agree(sympy, accepted=True), [float(x) for x in values])


@given(st.data())
@example(data=None)
def test_what_is_no_number_is_refused_in_every_dress(data: st.DataObject | None) -> None:
    if data is None:  # the rows of a list of masked arrays
        agree([np.ma.array([1.0, -999.0], mask=[False, True])], accepted=False)
        return
    good: list[object] = list(data.draw(st.lists(data.draw(st.sampled_from([WHOLE, FLOATS, RATIONALS])), max_size=3)))
    bad = data.draw(NO_NUMBERS)
    good.insert(data.draw(st.integers(0, len(good))), bad)
    agree(data.draw(st.composite(containers)(good)), accepted=False)


@given(st.lists(FLOATS, min_size=1, max_size=4), st.data())
def test_masks_are_never_lost(values: list[float], data: st.DataObject) -> None:
    mask = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    masked = np.ma.array(values, mask=mask)
    for value in (masked, [masked], (masked, values), [[values], [masked]], np.ma.array(values)):
        agree(value, accepted=False)
    agree([list(masked), values], accepted=not any(mask))  # its entries are numbers and np.ma.masked


@given(st.lists(FLOATS, min_size=1, max_size=4), st.sampled_from(["Float64", "float64", "double[pyarrow]"]), st.data())
def test_missing_values_are_refused_by_name(values: list[float], dtype: str, data: st.DataObject) -> None:
    where = data.draw(st.integers(0, len(values)))
    column = pd.Series([*values[:where], None, *values[where:]], dtype=dtype)
    agree(column, accepted=False)
    table = pd.DataFrame({"weight": column, "waist": 1.0})
    agree(table, accepted=False)
    with pytest.raises(NumericsError, match=f"column 'weight' of X has 1 missing .* position {where}; drop or impute"):
        Prompt(table, np.ones(len(table)))
    with pytest.raises(InputError, match="column 'weight', has 1 missing values; drop or impute"):
        FORMULA.numpy(**REST, w_star=table)


@pytest.mark.parametrize(
    "value",
    [
        np.array([True, False]),
        [True, 2.0],
        np.array(["1.5"]),
        np.array([1j]),
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.array([1], dtype="m8[D]"),
        np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)]),
        as_objects([1.5, Fraction(1, 2)]),
        pd.Series([1, 2], dtype="category"),
        pd.Series([True, False], dtype="boolean"),
        pd.Series(["a"], dtype="string"),
        pd.Series(pd.to_datetime(["2020-01-01"])),
        pd.DataFrame({"a": [1.0], "b": ["x"]}),
        pd.MultiIndex.from_tuples([(1, 2)]),
        [[1.0], [1.0, 2.0]],
        object(),
        {1.0},
        "1",
        None,
        True,
        float,
    ],
    ids=lambda value: type(value).__name__,
)
def test_refused_by_both(value: object) -> None:
    agree(value, accepted=False)


def test_a_formula_refuses_a_mask_as_a_prompt_does() -> None:
    masked = np.ma.array([1.0, -999.0], mask=[False, True])
    for value in (masked, [1.0, np.ma.masked]):
        with pytest.raises(InputError, match="w_star is a masked array; fill"):
            FORMULA.numpy(**REST, w_star=value)
        with pytest.raises(InputError, match="w_star is a masked array; fill"):
            FORMULA.exact(
                **{**REST, "S_W": EYE.astype(int), "S_U": EYE.astype(int), "eta_W": 1, "eta_U": 1, "u_star": [0, 1]},
                w_star=value,
            )
    with pytest.raises(NumericsError, match="y is a masked array; fill"):
        Prompt(EYE, masked)


def test_an_exact_formula_reads_tables_of_integers_and_no_code() -> None:
    whole = pd.DataFrame({"a": pd.array([2, 0], dtype="Int64"), "b": [0, 1]})
    given = {"S_W": whole, "S_U": EYE.astype(int), "eta_W": Fraction(1, 2), "eta_U": 1, "u_star": pd.Series([0, 1])}
    plain = given | {"S_W": [[2, 0], [0, 1]], "u_star": [0, 1]}
    assert FORMULA.exact(**given, w_star=[1, 0]) == FORMULA.exact(**plain, w_star=[1, 0])
    for text in ("1/2", "__import__('os')"):
        with pytest.raises(InputError, match=r"eta_W = .* is not a rational number"):
            FORMULA.exact(**plain | {"eta_W": text}, w_star=[1, 0])


def test_nullable_integers_and_floats_make_a_floating_point_prompt() -> None:
    table = pd.DataFrame({"a": pd.array([1, 2, 4], dtype="Int64"), "b": [0.5, 1.5, 1.0]})
    prompt = Prompt(table, pd.Series([1, 2, 3], dtype="Int64"))
    assert not prompt.exact
    np.testing.assert_array_equal(prompt.X, [[1, 0.5], [2, 1.5], [4, 1]])
    assert not LSAAgent(Prompt(table[["a"]], [1, 2, 3]), 0.05).exact
