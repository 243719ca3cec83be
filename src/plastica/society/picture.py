"""Pictures of societies: the graph coloured by scores and opinions, and curves over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, FAINT, INK, SOFT, drawable_language, own_style
from ..language import Texts, using
from ..typing import Float
from .graph import SocialGraph
from .layout import places_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .history import SocietyHistory
    from .simulation import OpinionSimulation

SAY = Texts("society")
SCORES, OPINIONS = "viridis", "coolwarm"
MOST_LINES, MOST_NAMES, MOST_EDGES = 200, 40, 3000


def draw_graph(
    axes: Axes, graph: SocialGraph, values: Float[np.ndarray, "members"], low: float, high: float, colours: str
) -> None:
    """Draw members as points coloured by a value, with their edges; those with many listeners are larger."""
    from matplotlib.collections import LineCollection

    places = places_of(graph)
    once = graph.senders < graph.receivers if not graph.is_directed else np.ones(len(graph.senders), bool)
    ends = np.stack([places[graph.senders[once]], places[graph.receivers[once]]], 1)[:MOST_EDGES]
    axes.add_collection(LineCollection(list(ends), colors=FAINT, linewidths=0.6, zorder=1))
    heard = np.bincount(graph.senders, minlength=len(graph))
    sizes = (20 + 60 * heard / max(heard.max(), 1)) * min(1.0, 6 / np.sqrt(len(graph)))
    axes.scatter(
        *places.T, c=values, s=sizes, cmap=colours, vmin=low, vmax=high, edgecolors=INK, linewidths=0.4, zorder=2
    )
    if len(graph) <= MOST_NAMES and max(map(len, graph.names)) > 2:
        for place, name in zip(places, graph.names, strict=True):
            axes.annotate(name, place, (0, 5), textcoords="offset points", ha="center", fontsize=5, color=SOFT)
    axes.set_axis_off()
    axes.margins(0.08)


def draw_simulation(simulation: OpinionSimulation) -> Drawing:
    """Draw opinions over time and the graph before and after; see ``OpinionSimulation.plot``."""
    from ..drawing.figure import Drawing

    opinions = simulation.opinions if simulation.consensus_steps.ndim == 0 else simulation.opinions[0]
    # What is no number for each member, such as the words that it knows, is drawn by its largest part.
    shown = opinions if opinions.ndim == 2 else opinions.reshape(*opinions.shape[:2], -1).argmax(-1).astype(float)
    low, high = float(shown.min()), float(shown.max())
    with own_style(), using(drawable_language()):
        drawing = Drawing(9.0, 3.2, layout="constrained")
        left, *graphs = drawing.subplots(1, 3, width_ratios=[1.4, 1, 1])
        colour_of = _colours(OPINIONS, shown[-1], low, high)
        for member in range(min(len(simulation.graph), MOST_LINES)):
            left.plot(simulation.times, shown[:, member], color=colour_of[member], lw=0.8)
        _axes(left, SAY("step"), SAY("opinion"))
        for axes, values, title in zip(graphs, (shown[0], shown[-1]), ("at_first", "in_the_end"), strict=True):
            draw_graph(axes, simulation.graph, values, low, high, OPINIONS)
            axes.set_title(SAY(title), fontsize=9)
    return drawing


def draw_history(history: SocietyHistory) -> Drawing:
    """Draw scores and the parts of the error over time, and the graph by score and opinion; see ``plot``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(9.0, 5.6, layout="constrained")
        axes = drawing.subplots(2, 2).ravel()
        score_curves(axes[0], history)
        error_curves(axes[1], history)
        scores, opinions = history.scores[-1], history.opinions()[-1]
        draw_graph(axes[2], history.graph, scores, float(history.scores.min()), float(history.scores.max()), SCORES)
        draw_graph(axes[3], history.graph, opinions, 0.0, 1.0, OPINIONS)
        axes[2].set_title(SAY("by_score", low=f"{scores.min():.3f}", high=f"{scores.max():.3f}"), fontsize=9)
        axes[3].set_title(SAY("by_opinion"), fontsize=9)
    return drawing


def score_curves(axes: Axes, history: SocietyHistory) -> None:
    """Draw the score of each member, their mean and that of the crowd."""
    for member in range(min(len(history.graph), MOST_LINES)):
        axes.plot(history.epochs, history.scores[:, member], color=FAINT, lw=0.5, zorder=1)
    axes.plot(history.epochs, history.scores.mean(1), color=COLOURS[0], lw=1.6, label=SAY("mean_member"))
    axes.plot(history.epochs, history["crowd_score"], color=COLOURS[1], lw=1.6, ls="--", label=SAY("crowd"))
    axes.legend(fontsize=7, frameon=False)
    _axes(axes, SAY("epoch"), SAY("score" if history.kind != "values" else "r2"))


def error_curves(axes: Axes, history: SocietyHistory) -> None:
    """Draw the three parts of the diversity theorem."""
    for name, colour, style in zip(
        ("average_error", "diversity", "crowd_error"), COLOURS, ("-", ":", "--"), strict=False
    ):
        axes.plot(history.epochs, history[name], color=colour, lw=1.6, ls=style, label=SAY(name))
    axes.legend(fontsize=7, frameon=False)
    _axes(axes, SAY("epoch"), SAY("squared_error"))
    axes.set_ylim(bottom=0)


def _axes(axes: Axes, x: str, y: str) -> None:
    axes.set(xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SOFT, labelsize=7)


def _colours(name: str, values: np.ndarray, low: float, high: float) -> np.ndarray:
    import matplotlib as mpl

    return mpl.colormaps[name]((values - low) / max(high - low, 1e-9))
