"""An excused comparison is unknown, never agreement."""

from dataclasses import replace

import numpy as np
import pytest

from proofs_check.commands.cli import main
from proofs_check.predictions import helpers
from proofs_check.predictions.helpers import compare_helpers
from proofs_check.predictions.pair import agent_of
from tests.families.test_dynamics import ERROR_RECURSION
from tests.proofs_check.predictions.scaled_pairs import decimal_table


def table(seed, scales):
    return decimal_table(f"{seed}.csv", np.random.default_rng(seed), 9, scales, 0, None, None)


def compared(scales, seed=0, *, exact=True, **options):
    (w, main_), (u, helper) = (agent_of(table(s, scales), None) for s in (seed, seed + 1))
    return compare_helpers(main_, helper, exact=(w.exact, u.exact) if exact else None, **options)


@pytest.mark.parametrize("scales", [[0, 0, 0], [0, 2, 4], [-6, 0, 6], [-12, 12]])
@pytest.mark.parametrize("seed", range(3))
def test_short_rows_are_decided_whatever_the_scales(scales, seed):
    newton, blind = compared(scales, 10 * seed, turns=500)[-2:]
    assert (newton.verdict, newton.predicted, newton.simulated) == ("agrees", 1, 1)
    assert blind.verdict == "agrees"
    assert blind.simulated <= blind.predicted == len(scales) + 2
    assert newton.exact
    assert blind.exact


@pytest.mark.parametrize("scales", [[0, 0, 0], [0, 2, 4], [-6, 0, 6], [-12, 0, 12]])
def test_no_row_differs(scales):
    rows = compared(scales, turns=2_000)
    assert "differs" not in {row.verdict for row in rows}
    if scales == [0, 0, 0]:
        assert {row.verdict for row in rows} == {"agrees"}
    if scales == [-12, 0, 12]:
        assert {row.verdict for row in rows[:3]} == {"unknown"}


def test_a_bound_that_is_broken_in_exact_arithmetic_differs(monkeypatch):
    monkeypatch.setattr(helpers, "_degree", lambda main: 0)
    assert compared([0, 0, 0])[-1].verdict == "differs"


def test_a_bound_that_is_broken_in_floats_is_unknown(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(helpers, "_degree", lambda main: 0)
    row = compared([0, 0, 0], exact=False)[-1]
    assert (row.verdict, row.exact) == ("unknown", False)
    paths = []
    for seed in (0, 1):
        paths.append(tmp_path / f"{seed}.csv")
        paths[-1].write_text("x0,x1,x2,y\n" + "".join(",".join(row) + "\n" for row in table(seed, [0, 0, 0]).decimals))
    assert main(["helpers", "--main", str(paths[0]), "--helper", str(paths[1])]) == 1
    assert "DIFFERS" in capsys.readouterr().out
    monkeypatch.setattr("proofs_check.predictions.pair.EXACT_FEATURES", 0)
    assert main(["helpers", "--main", str(paths[0]), "--helper", str(paths[1])]) == 3
    assert "UNKNOWN" in capsys.readouterr().out


def test_a_wrong_formula_differs(monkeypatch):
    """Planted: the errors of another damping."""
    true = helpers.exact_vector
    monkeypatch.setattr(
        helpers, "exact_vector", lambda name, inputs: true(name, inputs | {"alpha": inputs["alpha"] / 2})
    )
    assert compared([0, 0, 0], damping=0.5)[-2].verdict == "differs"
    read = helpers._ErrorTurn.read.__func__

    def shrunk(cls, *args):
        turn = read(cls, *args)
        return replace(turn, matrix=0.999 * turn.matrix)

    monkeypatch.setattr(helpers._ErrorTurn, "read", classmethod(shrunk))
    assert compared([0, 0, 0])[0].verdict == "differs"


@pytest.mark.parametrize(("rounding", "word"), [(0.0, "differs"), (1e-12, "differs"), (9e-9, "unknown")])
def test_one_turn_more_is_no_agreement(rounding, word):
    """The errors are as good as the same, and one run arrives a turn later: an excuse is no agreement."""
    expected = np.array([1.0, 2e-6, 0.9999999e-6])
    found = expected + np.array([0.0, 0.0, 1e-9])
    assert helpers._compared("", "", expected, expected, False, rounding).verdict == "agrees"
    assert helpers._compared("", "", expected, found, False, rounding).verdict == word


@pytest.mark.parametrize("turns", [1, 2, 3, 7])
def test_few_turns_break_no_bound(turns):
    """What has not been followed for as long as the bound says nothing against it."""
    row = compared([0, 0, 0], turns=turns)[-1]
    assert row.verdict == ("agrees" if row.simulated is not None else "unknown")


def test_blocks_of_turns_are_turns():
    """The errors that are found in blocks are those of one turn after another."""
    (_, main_), (_, helper) = (agent_of(table(s, [0, 0, 0]), None) for s in (3, 4))
    given = helpers.formula_inputs(main_, helper)
    turn = helpers._ErrorTurn.read(main_, helper.prompt.X, given, f"{ERROR_RECURSION}.e")
    error, sizes = turn.start, []
    for _ in range(700):
        sizes.append(np.linalg.norm(turn.seen @ error))
        error = turn.matrix @ error + turn.offset
    found = turn.errors(699)
    np.testing.assert_allclose(found, sizes[: len(found)], rtol=1e-10)
    assert turn.rests(found)
    assert not turn.rests(found[:3])


def test_a_plateau_is_said_to_stay_only_if_it_is_one():
    """Slower than doubles can tell, and not resting: what is left after so many turns is all that is said."""
    rows = compared([-12, 12], turns=300)
    assert not any(row.rests for row in rows)
