"""Pictures of a dyad: signals, synchrony over time, phases, cross-correlation, states projected by CCA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, SOFT, drawable_language, own_style
from ..language import Texts, using

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .dyad import DyadSynchrony

SAY = Texts("society")
MOST_POINTS, BINS, MOST_SHOWN = 1500, 24, 400

# What is drawn, with the messages of its axes.
PARTS = {
    "signals": ("dyad_time", "dyad_signal"),
    "over_time": ("dyad_time", "dyad_locking"),
    "phases": ("dyad_phase", "dyad_share"),
    "lags": ("dyad_lag", "dyad_correlation"),
    "states": ("dyad_first_state", "dyad_second_state"),
}


def draw_dyad(found: DyadSynchrony) -> Drawing:
    """Draw all parts; see ``DyadSynchrony.plot``."""
    from ..drawing.figure import Drawing

    parts = parts_of(found)
    with own_style(), using(drawable_language()):
        drawing = Drawing(9.0, 5.0, layout="constrained")
        places = drawing.subplots(2, 3).ravel()
        for axes, name in zip(places, parts, strict=False):
            draw_part(axes, found, name)
            x, y = PARTS[name]
            axes.set(xlabel=SAY(x), ylabel=SAY(y))
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(colors=SOFT, labelsize=7)
        places[0].legend(fontsize=7, frameon=False)
        for axes in places[len(parts) :]:
            axes.set_axis_off()
    return drawing


def parts_of(found: DyadSynchrony) -> list[str]:
    """Return what there is to draw: states only where they were recorded."""
    return [name for name in PARTS if name != "states" or found.variates is not None]


def draw_part(axes: Axes, found: DyadSynchrony, name: str) -> None:
    """Draw a part without the names of its axes."""
    {"signals": _signals, "over_time": _over_time, "phases": _phases, "lags": _lags, "states": _states}[name](
        axes, found
    )


def _signals(axes: Axes, found: DyadSynchrony) -> None:
    recording = found.recording
    shown = slice(min(recording.first.shape[1], MOST_SHOWN))
    times = np.arange(recording.first.shape[1])[shown] / recording.rate
    for signal, name, colour, style in zip(recording[:2], recording.names, COLOURS, ("-", "--"), strict=False):
        axes.plot(times, np.asarray(signal)[0, shown], color=colour, ls=style, lw=1.2, label=name)


def _over_time(axes: Axes, found: DyadSynchrony) -> None:
    times = np.arange(len(found.locking_over_time)) / found.recording.rate
    axes.fill_between(times, 0, found.locking_by_chance, color=SOFT, alpha=0.25, lw=0)
    axes.plot(times, found.locking_over_time, color=COLOURS[0], lw=1.2)
    axes.set_ylim(0, 1.02)


def _phases(axes: Axes, found: DyadSynchrony) -> None:
    counts, edges = np.histogram(found.phase_difference, BINS, (-np.pi, np.pi))
    axes.bar(edges[:-1], counts / counts.sum(), np.diff(edges), align="edge", color=COLOURS[0], lw=0)
    axes.set_xticks([-np.pi, 0, np.pi], ["-π", "0", "π"])


def _lags(axes: Axes, found: DyadSynchrony) -> None:
    lags = found.lags / found.recording.rate
    axes.axhline(0, color=SOFT, lw=0.6)
    axes.axvline(0, color=SOFT, lw=0.6)
    axes.plot(lags, found.cross_correlation, color=COLOURS[0], lw=1.4)
    best = int(np.abs(found.cross_correlation).argmax())
    axes.plot(lags[best], found.cross_correlation[best], "o", color=COLOURS[1], ms=5)


def _states(axes: Axes, found: DyadSynchrony) -> None:
    assert found.variates is not None
    first, second = (each.ravel() for each in found.variates)
    kept = np.linspace(0, len(first) - 1, min(len(first), MOST_POINTS)).round().astype(int)
    axes.plot(first[kept], second[kept], "o", color=COLOURS[0], ms=1.8, alpha=0.4, mew=0)
    reach = float(np.abs(np.stack([first, second])).max())
    axes.plot([-reach, reach], [-reach, reach], color=INK, lw=0.6, ls=":")
