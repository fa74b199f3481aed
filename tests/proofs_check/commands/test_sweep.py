"""``proofs-check sweep``: configurations, predictions and their bounds, slices, files."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("xarray")
pytest.importorskip("zarr")
pytest.importorskip("distributed")

import proofs_check
from numerics import Interaction, LSAAgent, NewtonHelper, Prompt
from numerics.sweeps.agents import make_players
from numerics.sweeps.geometry import draw as draw_geometry
from numerics.sweeps.outcome import Outcome, linear
from numerics.sweeps.points import Points
from numerics.sweeps.settings import settings as settings_of
from numerics.sweeps.sweep import open_sweep, sweep
from numerics.sweeps.workers import one_thread
from proofs_check.commands.cli import main
from proofs_check.commands.plots.sweep import draw, slice_of
from proofs_check.commands.sweep import scheduler_for
from proofs_check.errors import InputError
from proofs_check.predictions import rest
from proofs_check.predictions.sweep import AGREEMENT, PREDICTION
from proofs_check.predictions.sweep_config import Plot, read_config
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import formulas

DATA = Path(proofs_check.__file__).parent / "data"
SMALL = """
[grid]
angle = { first = 0, last = 180, count = 3 }
step = [0.4, 1.0, 2.2]
seed = { first = 0, last = 4 }
d = 2
n = 6

[run]
turns = 300

[[plot]]
variable = "residual_w"
x = "step"
y = "angle"

[[plot]]
variable = "verdict"
x = "step"
y = "angle"

[[plot]]
variable = "verdict"
x = "angle"
share = "converged"
at = { step = 1.0 }

[[plot]]
variable = "formula_error_w"
x = "angle"
lines = "step"
over = "max"
log = true
"""


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return str(path)

    return make


def run(capsys, *arguments):
    code = main(["sweep", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.slow
def test_small_sweep(capsys, write, tmp_path):
    out = tmp_path / "out"
    code, said, err = run(capsys, write(SMALL), "--out", str(out))
    assert (code, err) == (0, "")
    assert "45 pairs" in said
    assert "0 of those lie outside it" in said
    assert max(map(len, said.splitlines()[:-1])) <= 100
    summary = json.loads((out / "sweep.json").read_text())
    data = open_sweep(out / "sweep.zarr")
    assert summary["points"] == 45
    assert sum(summary["codes"]["verdict"].values()) == sum(summary["codes"]["agreement"].values()) == 45
    assert summary["quantities"]["rate"]["max"] == float(data["rate"].max())
    assert summary["config"]["plan"]["turns"] == 300
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert [name[:6] for name in pictures] == ["plot_1", "plot_2", "plot_3", "plot_4"]
    assert all((out / name).stat().st_size > 8_000 for name in pictures)
    before = {mark: mark.stat().st_mtime_ns for mark in out.glob("sweep.zarr.progress/done/*/*")}
    without_plots = write(SMALL.split("[[plot]]")[0])
    assert run(capsys, without_plots, "--out", str(out), "--workers", "1", "--chunk", "7")[0] == 0
    assert before == {mark: mark.stat().st_mtime_ns for mark in out.glob("sweep.zarr.progress/done/*/*")}


@pytest.mark.slow
def test_changed_configuration_is_refused(capsys, write, tmp_path):
    out = str(tmp_path / "out")
    small = "[grid]\nseed = [0, 1]\nd = 2\n[run]\ntheory = false\n"
    assert run(capsys, write(small), "--out", out)[0] == 0
    assert "agreement" not in open_sweep(tmp_path / "out" / "sweep.zarr")
    code, _, err = run(capsys, write(small.replace("d = 2", "d = 3")), "--out", out)
    assert code == 2
    assert "grid.fixed.d = 2, not 3" in err


@pytest.mark.parametrize("name", ["sweep_phase.toml", "sweep_million.toml"])
def test_shipped_configurations(name):
    config = read_config(str(DATA / name))
    sizes = [np.size(value) for value in config.grid.values()]
    assert config.theory
    assert config.plots
    assert scheduler_for(config) == ("processes" if "million" in name else "threads")
    if "million" in name:
        assert np.prod(sizes) == 10**6
        assert (config.grid["d"], config.options["turns"]) == (8, 200)
    else:
        assert np.prod(sizes) < 30_000


RANGES = [
    ("{ first = 1, last = 3 }", [1, 2, 3]),
    ("{ first = 0, last = 1, count = 3 }", [0, 0.5, 1]),
    ('{ first = 1, last = 100, count = 3, spacing = "log" }', [1, 10, 100]),
    ("{ first = 2, last = 2, count = 1 }", [2]),
    ("[3, 1]", [3, 1]),
    ("2.5", 2.5),
]


@pytest.mark.parametrize(("text", "values"), RANGES)
def test_ranges(write, text, values):
    assert np.allclose(read_config(write(f"[grid]\ncondition = {text}\n")).grid["condition"], values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grid", "is not TOML"),
        ("[run]\nturns = 3\n", r"needs a table \[grid\]"),
        ("[grit]\nd = 3\n", "the file has no key 'grit' .nearest: 'grid'"),
        ("[grid]\nangel = 3\n", r"\[grid\] has no key 'angel' .nearest: 'angle'"),
        ("[grid]\nd = [2]\n[run]\ntruns = 3\n", "no key 'truns' .nearest: 'turns'"),
        ("[grid]\nd = [2]\n[run]\nturns = 3.5\n", "has turns = 3.5; expected int"),
        ("[grid]\nd = [2]\n[run]\nturns = true\n", "has turns = True; expected int"),
        ("[grid]\nd = 'a'\n", "has d = 'a'; expected a number"),
        ("[grid]\nd = []\n", "expected a number"),
        ("[grid]\nd = [nan]\n", "expected a number"),
        ("[grid]\nd = [2, 3, 2.0]\n", "with 2.0 twice; list every value once"),
        ("[grid]\nd = { first = 1, lst = 2 }\n", "no key 'lst' .nearest: 'last'"),
        ("[grid]\nd = { first = 3, last = 2 }\n", "first <= last"),
        ("[grid]\nd = { first = 1.5, last = 2 }\n", "runs through whole numbers"),
        ("[grid]\nstep = { first = 1, last = 2, count = 0 }\n", "count = 0"),
        ("[grid]\nstep = { first = 1, last = 2, count = 1 }\n", "count = 1"),
        ("[grid]\nstep = { first = 0, last = 2, count = 3, spacing = 'log' }\n", "'log' with first > 0"),
        ("[grid]\nseed = { first = 0, last = 99999999 }\n", "more than 10000000"),
        ("[grid]\nd = [2]\n[[plot]]\nvariable = 'rate'\n", "needs the key 'x'"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\n", "needs the key 'variable'"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'rat'\n", "no key 'rat' .nearest: 'rate'"),
        ("[grid]\nd = [2]\nn = 3\n[[plot]]\nx = 'n'\nvariable = 'rate'\n", "no key 'n' .nearest: 'd'"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\ny = 'd'\nvariable = 'rate'\n", "uses an axis twice"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'rate'\nover = 'sum'\n", "over = 'sum'"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'verdict'\n", "draws codes as curves; give share"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'verdict'\nshare = 'diverge'\n", "nearest: 'diverges'"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'rate'\nshare = 'diverges'\n", "a variable of codes"),
        ("[grid]\nd = [2]\n[[plot]]\nx = 'd'\nvariable = 'rate'\nlimits = [2, 1]\n", "low < high"),
        ("[grid]\nd = [2]\nn = [3, 4]\n[[plot]]\nx = 'd'\nvariable = 'rate'\nat = { n = 'a' }\n", "a number for each"),
        ("[grid]\nd = [2]\nplot = 3\n", "no key 'plot'"),
        ("plot = 3\n[grid]\nd = [2]\n", r"as \[\[plot\]\]"),
    ],
)
def test_bad_configurations(write, text, message):
    with pytest.raises(InputError, match=message):
        read_config(write(text))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_configuration(tmp_path, encoding):
    path = tmp_path / "grid.toml"
    path.write_bytes("[grid]\r\nd = [2, 3]\r\n".encode(encoding))
    assert list(read_config(str(path)).grid["d"]) == [2, 3]


def test_a_configuration_in_latin_1_is_refused(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_bytes("# größe\n[grid]\nd = 2\n".encode("latin-1"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_config(str(path))


def test_bad_commands(capsys, write, tmp_path):
    code, out, err = run(capsys, str(tmp_path / "none.toml"), "--out", str(tmp_path / "out"))
    assert (code, out) == (2, "")
    assert "none.toml: no such file" in err
    code, _, err = run(capsys, write("[grid]\nd = [2]\nrank = 3\n"), "--out", str(tmp_path / "out"))
    assert code == 2
    assert "rank must be <= min(n, d - kernel_dim)" in err
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, write("[grid]\nd = [2]\n"), "--out", str(tmp_path / "file"))
    assert code == 2
    assert "--out: cannot create" in err


# Predictions ----------------------------------------------------------------------------------------------------


def outcome_of(turns, count=8, **labels):
    coordinates = {"seed": np.arange(count)} | {label: np.broadcast_to(v, (count,)) for label, v in labels.items()}
    points = Points.of(coordinates, common_draws=False)
    found = settings_of(points, None)
    geometry = draw_geometry(points, found)
    players = make_players(geometry, found)
    with one_thread():
        run = players.pair.simulate(players.start, turns, keep="last", engine="numpy")
    known = linear(players.maps, players.start, players.pair.d, players.size)
    return Outcome(
        points,
        players.pair,
        geometry,
        found,
        turns,
        1e-6,
        run.w_last,
        run.u_last,
        players.w_star,
        players.u_star,
        known,
    )


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 5),
    st.integers(1, 7),
    st.floats(0.01, 1.99),
    st.floats(0.01, 1.99),
    st.sampled_from([1, 2, 7, 50, 1000, 10**6]),
    st.integers(0, 10**6),
)
@pytest.mark.slow
def test_formula_and_simulation_agree_within_the_bound(d, n, step_w, step_u, turns, seed):
    angle = 180.0 if d == 1 else 70.0
    found = PREDICTION(outcome_of(turns, d=d, n=n, step_w=step_w, step_u=step_u, seed=seed + np.arange(8), angle=angle))
    assert not (found["agreement"] == AGREEMENT.index("outside_bound")).any()
    if n >= 2 * d and min(step_w, step_u) >= 0.1 and turns <= 1000:
        assert (found["agreement"] == AGREEMENT.index("within_bound")).all(), "a bound is known where it should be"


def test_bound_is_not_vacuous_after_a_long_run():
    found = PREDICTION(outcome_of(4000, d=3, n=12, step=1.0))
    assert (found["agreement"] == AGREEMENT.index("within_bound")).all()
    assert (found["formula_bound_w"] < 1e-8).all()
    assert (found["formula_bound_u"] < 1e-8).all()
    assert (found["predicted_residual_w"] > 1e-3).all()


class Shifted:
    """A formula that is wrong by a little."""

    def __init__(self, formula, change):
        self.formula, self.change = formula, change

    def numpy(self, **inputs):
        return self.change(self.formula.numpy(**inputs))


@pytest.mark.parametrize("part", ["e", "f"])
@pytest.mark.parametrize("change", [lambda e: e * (1 + 1e-6), np.negative], ids=["a little", "sign"])
@pytest.mark.slow
@pytest.mark.many(4)
def test_wrong_formula_is_caught(capsys, monkeypatch, write, tmp_path, part, change):
    name = f"{BIASED_EQUILIBRIUM}.{part}"
    wrong = {f"{BIASED_EQUILIBRIUM}.{p}": formulas[f"{BIASED_EQUILIBRIUM}.{p}"] for p in "ef"}
    wrong[name] = Shifted(wrong[name], change)
    monkeypatch.setattr(rest, "formulas", wrong)
    config = "[grid]\nseed = { first = 0, last = 9 }\nd = 2\nn = 8\n[run]\nturns = 4000\n"
    code, out, _ = run(capsys, write(config), "--out", str(tmp_path / "out"))
    assert code == 1
    assert "outside bound" in out
    summary = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert summary["codes"]["agreement"] == {"outside_bound": 10}


def test_wrong_simulation_is_caught():
    outcome = outcome_of(4000, d=3, n=12, step=1.0)
    off = Outcome(**{**vars_of(outcome), "u": outcome.u + 1e-6})
    assert (PREDICTION(off)["agreement"] == AGREEMENT.index("outside_bound")).all()


def vars_of(outcome):
    return {name: getattr(outcome, name) for name in Outcome.__dataclass_fields__}


@pytest.mark.parametrize(
    "labels",
    [{"kernel_dim": 2}, {"rank": 1}, {"rank": 0}, {"n": 1}, {"kernel_dim": 4, "n": 3}],
    ids=["common kernel", "rank 1", "rank 0", "one example", "nothing moves"],
)
def test_singular_geometries_have_predictions_without_a_bound(labels):
    outcome = outcome_of(2**30, **({"d": 4, "n": 9} | labels))
    found = PREDICTION(outcome)
    assert (found["agreement"] == AGREEMENT.index("no_bound")).all()
    assert np.allclose(found["predicted_residual_w"], np.linalg.norm(outcome.w - outcome.w_star, axis=-1), atol=1e-5)
    assert np.allclose(found["predicted_residual_u"], np.linalg.norm(outcome.u - outcome.u_star, axis=-1), atol=1e-5)


def test_what_does_not_converge_is_not_predicted():
    found = PREDICTION(outcome_of(50, d=2, n=9, step=np.linspace(3.9, 8.0, 8)))
    assert (found["agreement"] == AGREEMENT.index("not_predicted")).all()
    assert np.isnan(found["predicted_residual_w"]).all()
    outside = PREDICTION(outcome_of(500, d=2, n=9, step_w=2.2, step_u=0.9))
    judged = outside["agreement"] != AGREEMENT.index("not_predicted")
    assert judged.any()
    assert (outside["agreement"][judged] == AGREEMENT.index("no_bound")).all(), "bounds hold inside the box"


@pytest.mark.slow
def test_pairs_of_the_users_are_predicted_as_well_and_helpers_are_not():
    X, w_star, u_star = np.eye(2) * [1.0, 0.5], np.array([1.0, 0.0]), np.array([0.0, 1.0])

    def pair(points):
        steps = points.coordinates["eta"]
        return Interaction(LSAAgent(Prompt.from_target(X, w_star), steps), LSAAgent(Prompt.from_target(X, u_star), 1.0))

    data = sweep({"eta": [0.5, 1.0]}, pair=pair, observables=[PREDICTION], turns=2000)
    assert (data["agreement"] == AGREEMENT.index("within_bound")).all()

    def helped(points):
        w = LSAAgent(Prompt.from_target(X, w_star), 1.0)
        return w, NewtonHelper(w, X, step_size=1.0)

    data = sweep({"eta": [0.5, 1.0]}, pair=helped, observables=[PREDICTION], turns=5)
    assert (data["agreement"] == AGREEMENT.index("not_predicted")).all()


# Pictures -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    grid = {"angle": [0.0, 90.0, 180.0], "step": [0.4, 1.0, 1.9, 2.6, 4.5], "seed": range(5), "d": 2, "n": 6}
    return sweep(grid, turns=300, observables=[PREDICTION])


@pytest.mark.slow
def test_slices_are_what_they_say(data):
    values = data["rate"].to_numpy()
    found = slice_of(data, Plot("rate", "step", "angle"))
    assert found.dims == ("angle", "step")
    assert np.allclose(found, values.mean(axis=2))
    assert np.allclose(slice_of(data, Plot("rate", "angle", over="max")), values.max(axis=(1, 2)))
    assert np.allclose(slice_of(data, Plot("rate", "angle", lines="step", at={"seed": 3})), values[:, :, 3].T)
    codes = data["verdict"].to_numpy()
    share = slice_of(data, Plot("verdict", "step", share="diverges", at={"angle": 90}))
    assert np.allclose(share, (codes[1] == 5).mean(axis=1))
    frequent = slice_of(data, Plot("verdict", "angle", "step")).to_numpy()
    assert np.array_equal(frequent, [[np.bincount(cell).argmax() for cell in row] for row in codes.transpose(1, 0, 2)])
    with pytest.raises(InputError, match=r"angle has no value 91; the nearest is 90"):
        slice_of(data, Plot("rate", "step", at={"angle": 91}))


@pytest.mark.parametrize(
    "plot",
    [
        Plot("residual_w", "step", "angle", log=True),
        Plot("verdict", "step", "angle"),
        Plot("rate", "angle", lines="step", limits=(0.0, 2.0)),
        Plot("formula_error_w", "step", log=True, over="max"),
        Plot("rate", "seed", lines="seed2"),
    ],
    ids=["heat map", "codes", "curves", "one curve", "many curves"],
)
@pytest.mark.slow
def test_pictures_say_what_they_show(data, plot):
    if plot.lines == "seed2":
        data = data.isel(step=[0]).rename(angle="seed2").isel(seed2=[0, 1, 2] * 5)
    figure = draw(data, plot)
    axes = figure.axes[0]
    assert axes.get_xlabel().split()[0] == plot.x
    assert plot.variable in axes.get_title()
    if "angle" in (plot.x, plot.y):
        assert "angle (degree)" in (axes.get_ylabel(), axes.get_xlabel())
    if not plot.y:
        assert len(axes.lines) == (len(data[plot.lines]) if plot.lines else 1)


def test_cell_borders_lie_between_values(data):
    figure = draw(data, Plot("rate", "step", "angle"))
    mesh = figure.axes[0].collections[0].get_coordinates()
    assert (np.diff(mesh[0, :, 0]) > 0).all()
    inner = mesh[0, 1:-1, 0]
    steps = data["step"].to_numpy()
    assert ((inner > steps[:-1]) & (inner < steps[1:])).all()
