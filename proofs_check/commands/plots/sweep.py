"""Pictures of slices of a sweep: heat maps of two axes, curves along one; other axes held or reduced."""

from __future__ import annotations

from typing import Any

import numpy as np

from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.predictions.sweep_config import Plot

__all__ = ["draw", "slice_of"]

#: For codes, distinguishable with colour-blindness (Okabe and Ito).
_COLOURS = ("#0072b2", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#000000", "#999999", "#e69f00")


def slice_of(data: Any, plot: Plot) -> Any:
    """Return what a picture shows, as a DataArray over its axes; codes by the most frequent one.

    Raises
    ------
    InputError
        For an axis held at a value that it does not have.
    """
    for label, value in plot.at.items():
        values = data[label].to_numpy()
        nearest = int(np.argmin(abs(values - value)))
        if abs(values[nearest] - value) > 1e-9 * max(1.0, abs(value)):
            raise InputError(f"at: {label} has no value {value:g}; the nearest is {values[nearest]:g}")
        data = data.isel({label: nearest})
    shown = data[plot.variable]
    kept = [axis for axis in (plot.y or plot.lines, plot.x) if axis]
    others = [axis for axis in shown.dims if axis not in kept]
    if plot.share:
        shown = (shown == _meanings(shown).index(plot.share)).mean(others)
    elif "flag_meanings" in shown.attrs:
        codes = shown.attrs["flag_values"]
        counts = np.stack([(shown == code).sum(others).transpose(*kept).to_numpy() for code in codes])
        shown = shown.isel(dict.fromkeys(others, 0)).transpose(*kept).compute()
        return shown.copy(data=np.asarray(codes)[counts.argmax(axis=0)])
    elif others:
        shown = getattr(shown, plot.over)(others, keep_attrs=True)
    # Sums of what divergent runs have reached may overflow: such a cell stays blank.
    with np.errstate(over="ignore"):
        return shown.transpose(*kept).compute(scheduler="synchronous")


def draw(data: Any, plot: Plot) -> Any:
    """Return a matplotlib figure of a slice of a sweep (an ``xarray.Dataset``).

    Raises
    ------
    InputError
        As :func:`slice_of`.
    ImportError
        Without matplotlib.
    """
    from matplotlib.figure import Figure

    shown = slice_of(data, plot)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    if plot.y:
        _heat_map(figure, axes, data, shown, plot)
        axes.set_ylabel(_label(data[plot.y]))
    else:
        _curves(axes, data, shown, plot)
    axes.set_xlabel(_label(data[plot.x]))
    axes.set_title(_title(data, plot), fontsize="medium", wrap=True)
    return figure


def _heat_map(figure: Any, axes: Any, data: Any, shown: Any, plot: Plot) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm, Normalize
    from matplotlib.patches import Patch

    x, y, values = data[plot.x].to_numpy(), data[plot.y].to_numpy(), shown.to_numpy()
    edges = _edges(x), _edges(y)
    meanings = _meanings(data[plot.variable])
    if meanings and not plot.share:
        norm = BoundaryNorm(np.arange(len(meanings) + 1) - 0.5, len(meanings))
        axes.pcolormesh(*edges, values, cmap=ListedColormap(_COLOURS[: len(meanings)]), norm=norm)
        present = [i for i in range(len(meanings)) if (values == i).any()]
        handles = [Patch(color=_COLOURS[i], label=meanings[i].replace("_", " ")) for i in present]
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize="small", frameon=False)
    else:
        good = values[np.isfinite(values) & ((values > 0) | (not plot.log))]
        low, high = plot.limits or ((0.0, 1.0) if plot.share else (good.min(), good.max()) if good.size else (0.1, 1))
        kind = LogNorm if plot.log else Normalize
        # What is not finite stays blank, as does what a logarithmic scale cannot show.
        masked = np.ma.masked_where(~np.isfinite(values) | (plot.log & (values <= 0)), values)
        mesh = axes.pcolormesh(*edges, masked, norm=kind(low, max(high, np.nextafter(low, np.inf))), cmap="viridis")
        figure.colorbar(mesh, ax=axes, label=_quantity(data, plot))
    for axis, along in ((axes.xaxis, x), (axes.yaxis, y)):
        _scale(axis, along)


def _curves(axes: Any, data: Any, shown: Any, plot: Plot) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    x, values = data[plot.x].to_numpy(), np.atleast_2d(shown.to_numpy())
    names = [f"{v:g}" for v in data[plot.lines].to_numpy()] if plot.lines else [""]
    order = np.argsort(x)
    for i, (row, name) in enumerate(zip(values, names, strict=True)):
        colour = colormaps["viridis"](0.9 * i / len(names))
        axes.plot(x[order], np.where(np.isfinite(row), row, np.nan)[order], ".-", color=colour, label=name)
    if plot.lines and len(names) <= 12:
        axes.legend(title=_label(data[plot.lines]), fontsize="small")
    elif plot.lines:
        # Curves are coloured by their place; the bar says which place has which value.
        bar = axes.figure.colorbar(ScalarMappable(Normalize(0, len(names) / 0.9), "viridis"), ax=axes)
        shown_names = np.unique(np.linspace(0, len(names) - 1, 7).astype(int))
        bar.ax.set_ylim(0, len(names) - 1)
        bar.set_ticks(shown_names, labels=[names[i] for i in shown_names])
        bar.set_label(_label(data[plot.lines]))
    if plot.log:
        axes.set_yscale("log")
    if plot.limits:
        axes.set_ylim(plot.limits)
    axes.set_ylabel(_quantity(data, plot))
    _scale(axes.xaxis, x)


def _logarithmic(values: Array) -> bool:
    steps = np.diff(np.sort(values))
    return bool(len(values) > 2 and values.min() > 0 and steps[-1] > 5 * steps[0])


def _scale(axis: Any, values: Array) -> None:
    if _logarithmic(values):
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})


def _edges(values: Array) -> Array:
    """Return the borders between the cells of a heat map, halfway between values (geometrically if so spaced)."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    along = np.log(values) if _logarithmic(values) else values.astype(float)
    middle = (along[1:] + along[:-1]) / 2
    edges = np.concatenate([[2 * along[0] - middle[0]], middle, [2 * along[-1] - middle[-1]]])
    return np.asarray(np.exp(edges) if _logarithmic(values) else edges)


def _meanings(variable: Any) -> list[str]:
    return str(variable.attrs.get("flag_meanings", "")).split()


def _label(axis: Any) -> str:
    units = axis.attrs.get("units", "1")
    return str(axis.name) if units == "1" else f"{axis.name} ({units})"


def _quantity(data: Any, plot: Plot) -> str:
    if plot.share:
        return f"share of points: {plot.share.replace('_', ' ')}"
    return str(data[plot.variable].attrs["long_name"])


def _title(data: Any, plot: Plot) -> str:
    used = {plot.x, plot.y, plot.lines, *plot.at}
    rest = [str(axis) for axis in data[plot.variable].dims if axis not in used]
    codes = bool(_meanings(data[plot.variable]))
    how = "share" if plot.share else "most frequent" if codes else plot.over
    parts = [f"{label} = {value:g}" for label, value in plot.at.items()]
    parts += [f"{how} over {', '.join(rest)}"] if rest else []
    return f"{plot.variable}" + (f": {'; '.join(parts)}" if parts else "")
