"""Figures of recurrent layers: gates and states over time, and gradients by lag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, NEGATIVE, PALE, PAPER, POSITIVE, SOFT, drawable_language, own_style
from ..language import WORDS, using
from ..typing import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.image import AxesImage

    from ..drawing.figure import Drawing

# Gates are between 0 and 1; states and candidates have a sign. In the order of the equations.
GATES = ("input", "forget", "update", "reset", "output")
STATES = ("candidate", "cell", "hidden")
WIDTH, PANEL, AROUND = 6.4, 0.95, 0.75  # inches
MOST_LINES = 3  # features of the input that are drawn as lines; more are a picture


def draw_gates(quantities: Mapping[str, Float[np.ndarray, "time units"]], title: str, first: int = 0) -> Drawing:
    """Draw what a recurrent layer computed at each step for one sequence.

    Args:
        quantities: The inputs as ``pre``, and gates and states by name.
        title: The title.
        first: The number of the first step.
    """
    from ..drawing.figure import Drawing

    others = [name for name in quantities if name not in (*GATES, *STATES, "pre", "post", "potential")]
    names = [name for name in (*GATES, *STATES, *others) if name in quantities]
    with using(drawable_language()), own_style():
        figure = Drawing(WIDTH, PANEL * (len(names) + 1) + AROUND, layout="constrained")
        panels = figure.subplots(len(names) + 1, 1, sharex=True)
        _draw_inputs(figure, panels[0], quantities["pre"])
        for axes, name in zip(panels[1:], names, strict=True):
            _draw_units(figure, axes, quantities[name], is_gate=name in GATES)
            axes.set_ylabel(WORDS.name("gate", name), fontsize=8, color=INK)
        panels[0].set_title(f"{title}: {WORDS('gate_rows')}", loc="left", fontsize=10, color=INK)
        panels[-1].set_xlabel(WORDS("axis_step"), fontsize=9, color=INK)
        _number_steps(panels[-1], len(quantities["pre"]), first)
        return figure


def draw_gradient_by_lag(norms: Float[np.ndarray, "lags"], title: str) -> Drawing:
    """Draw the size of a gradient over the steps back from the last, on a logarithmic axis."""
    from ..drawing.figure import Drawing

    lags = np.arange(len(norms))
    with using(drawable_language()), own_style():
        figure = Drawing(5.2, 3.0, layout="constrained")
        axes = figure.add_subplot(1, 1, 1)
        axes.plot(lags[norms > 0], norms[norms > 0], "-", color=COLOURS[0], lw=1.6)
        if (norms > 0).any():
            axes.set_yscale("log")
        axes.set_xlim(-0.5, len(norms) - 0.5)
        axes.set_xlabel(WORDS("axis_lag"), fontsize=9, color=INK)
        axes.set_title(WORDS("gradient_norm"), loc="left", fontsize=10, color=INK)
        axes.set_title(title, loc="right", fontsize=8, color=SOFT)
        _dress(axes)
        axes.grid(color=PALE, linewidth=0.7)
        axes.set_axisbelow(True)
        return figure


def _draw_inputs(figure: Drawing, axes: Axes, inputs: Float[np.ndarray, "time features"]) -> None:
    if inputs.shape[1] <= MOST_LINES:
        for feature in range(inputs.shape[1]):
            axes.plot(inputs[:, feature], color=COLOURS[feature], lw=1.2)
    else:
        _draw_units(figure, axes, inputs, is_gate=False)
    axes.set_ylabel(WORDS("gate_inputs"), fontsize=8, color=INK)
    _dress(axes)


def _draw_units(figure: Drawing, axes: Axes, values: Float[np.ndarray, "time units"], *, is_gate: bool) -> None:
    if is_gate:
        shown = _picture(axes, values, _colours(PAPER, POSITIVE), 1.0, 0.0)
    else:
        shown = _picture(axes, values, _colours(NEGATIVE, PAPER, POSITIVE), float(np.abs(values).max()) or 1.0)
    bar = figure.colorbar(shown, ax=axes, fraction=0.02, pad=0.01)
    bar.ax.tick_params(labelsize=6, colors=INK, length=0)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    _dress(axes)


def _picture(
    axes: Axes, values: Float[np.ndarray, "time units"], colours: Colormap, high: float, low: float | None = None
) -> AxesImage:
    shown = axes.imshow(
        values.T, cmap=colours, vmin=-high if low is None else low, vmax=high, aspect="auto", interpolation="nearest"
    )
    axes.set_yticks([0, values.shape[1] - 1] if values.shape[1] > 1 else [0])
    return shown


def _colours(*stops: str) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("plastica", stops)


def _number_steps(axes: Axes, count: int, first: int) -> None:
    """Label the steps by their numbers, of which there are at most eight."""
    from matplotlib.ticker import MaxNLocator

    numbers = MaxNLocator(8, integer=True).tick_values(first, first + count - 1)
    shown = [int(each) for each in numbers if first <= each < first + count]
    axes.set_xticks([each - first for each in shown], [str(each) for each in shown])


def _dress(axes: Axes) -> None:
    axes.tick_params(labelsize=7, colors=INK, length=0, which="both")
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
