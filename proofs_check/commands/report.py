"""A prediction from Python: two prompts in, what ``proofs-check predict`` says of them out, as an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from proofs_check.errors import InputError
from proofs_check.inputs.frames import table_of
from proofs_check.inputs.prompts import aligned, standardized
from proofs_check.predictions.check import TheoremCheck
from proofs_check.predictions.pair import Prediction, explain, predict as predict_tables
from proofs_check.predictions.simulation import Comparison, Simulation, compare, rows_at_rest, simulate

__all__ = ["PredictionReport", "predict"]


@dataclass(frozen=True)
class PredictionReport:
    """Where two agents were predicted to rest, where they came to rest, and whether the two agree.

    Truthy when the simulation confirms the prediction. Shown as a table in a notebook.

    Attributes
    ----------
    prediction : Prediction
        By the formulas: residuals ``e`` and ``f`` of W and U, rate, turns, who reaches its target.
    simulation : Simulation or None
        By the agents; None where there is nothing to simulate: the pair does not converge, or that is undecidable.
    comparison : Comparison or None
    theorems : tuple of TheoremCheck
        Which hypotheses hold for the pair, and what the theorems then say of it.
    """

    prediction: Prediction
    simulation: Simulation | None
    comparison: Comparison | None
    theorems: tuple[TheoremCheck, ...]

    def __bool__(self) -> bool:
        return self.verdict == "confirms"

    @property
    def verdict(self) -> str:
        """What the comparison came to; "does not converge" or "undecidable" where there was none."""
        if self.comparison is not None:
            return self.comparison.verdict
        return "undecidable" if self.prediction.converges is None else "does not converge"

    def rows(self) -> list[tuple[str, str, float, float]]:
        """Return agent, weight, predicted and simulated value at rest, then both residuals; empty without a rest."""
        return [] if self.simulation is None else rows_at_rest(self.prediction, self.simulation)

    def to_dataframe(self) -> Any:
        """Return the rows as a pandas DataFrame with the columns agent, weight, predicted, simulated, difference.

        Raises
        ------
        InputError
            Without pandas (extra `files`).
        """
        try:
            import pandas
        except ImportError:
            raise InputError("to_dataframe needs pandas; install biased-equilibrium[files]") from None
        frame = pandas.DataFrame(self.rows(), columns=["agent", "weight", "predicted", "simulated"])
        frame["difference"] = (frame["predicted"] - frame["simulated"]).abs()
        return frame

    def plot(self) -> Any:
        """Return a matplotlib figure: both errors against the turn, with the predicted plateaus.

        Raises
        ------
        InputError
            Without matplotlib (extra `plot`), or where nothing was simulated.
        """
        from proofs_check.commands.plots.predict import draw

        if self.simulation is None:
            raise InputError(f"plot: there is no run to draw; the pair: {self.verdict}")
        return draw(self.prediction, self.simulation)

    @property
    def _sentences(self) -> list[str]:
        return [
            f"Rate {self.prediction.rate_text} a turn. Prediction: {self.prediction.winner()}.",
            f"Simulation: {self.verdict}.",
        ]

    def __str__(self) -> str:
        lines = [f"{agent}  {weight:16}  {a:14.8g}  {b:14.8g}" for agent, weight, a, b in self.rows()]
        heading = [f"   {'at rest':16}  {'predicted':>14}  {'simulated':>14}"] if lines else []
        return "\n".join([*heading, *lines, *self._sentences])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{agent}</td><td>{escape(weight)}</td><td>{a:.8g}</td><td>{b:.8g}</td></tr>"
            for agent, weight, a, b in self.rows()
        )
        head = "<tr><th>agent</th><th>at rest</th><th>predicted</th><th>simulated</th></tr>"
        table = f"<table>{head}{cells}</table>" if cells else ""
        return table + "".join(f"<p>{escape(sentence)}</p>" for sentence in self._sentences)


def predict(
    w: Any,
    u: Any,
    *,
    label: str | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    eta_w: float | None = None,
    eta_u: float | None = None,
    standardize: bool = False,
    turns: int | None = None,
) -> PredictionReport:
    """Predict where two agents rest that start from zero, simulate them, and compare.

    Parameters
    ----------
    w, u : DataFrame, pair (X, y), Prompt or str
        Examples of W, who moves second, and of U, who moves first; one a row. A str names a file.
    label : str or pair of str, optional
        Label column of both, or of W and of U; the last one by default.
    features : sequence of str, optional
        Feature columns; all others by default. Two DataFrames are matched by name.
    eta_w, eta_u : float, optional
        Step sizes, > 0; ``1 / lambda_max`` of the agent's own Gram matrix by default.
    standardize : bool
        Shift and scale every column of each prompt to mean 0 and variance 1 first.
    turns : int, optional
        Turns to simulate; twice what the rate asks for by default.

    Raises
    ------
    InputError, NumericsError
        What cannot be read or used; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from proofs_check import predict
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(8, 2)).round(2)
    >>> bool(predict((X, X @ [1.0, 0.0]), (X, X @ [0.0, 1.0])))
    True
    """
    labels = [label] if label is None or isinstance(label, str) else list(label)
    if len(labels) not in (1, 2):
        raise InputError("label takes one column, or one for W and one for U")
    for name, step in (("eta_w", eta_w), ("eta_u", eta_u)):
        if step is not None and not (isinstance(step, int | float) and 0 < step < float("inf")):
            raise InputError(f"{name} = {step!r} is no step size; give a finite number > 0, or leave it out")
    if turns is not None and not (isinstance(turns, int) and turns > 0):
        raise InputError(f"turns = {turns!r}; give a whole number > 0, or leave it out")
    main = table_of("w", w, labels[0], features)
    tables = [main, aligned(main, table_of("u", u, labels[-1], features))]
    tables = [standardized(table) for table in tables] if standardize else tables
    steps = [None if step is None else float(step) for step in (eta_w, eta_u)]
    prediction, pair = predict_tables(*tables, eta_w=steps[0], eta_u=steps[1])
    checks = explain(prediction, pair)
    if not prediction.converges:
        return PredictionReport(prediction, None, None, checks)
    simulation = simulate(prediction, pair, turns)
    return PredictionReport(prediction, simulation, compare(prediction, simulation), checks)
