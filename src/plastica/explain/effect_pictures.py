"""Pictures of whole models: importances and curves of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.spacing import spaced
from ..drawing import COLOURS, FAINT, INK, PALE, POSITIVE, SOFT, drawable_language, own_style
from ..drawing.layer_labels import label_layers
from ..language import Texts, using
from .picture import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .feature_effects import FeatureEffect
    from .probing import LayerProbes
    from .shuffling import PermutationImportance

SAY = Texts("explain")
WIDTH, HEIGHT, ROW, AROUND = 5.6, 3.2, 0.27, 1.0  # inches
MOST_DATES = 5  # that are written below the axis
MOST_LETTERS_BELOW = 60  # beyond, names are turned


def draw_importance(found: PermutationImportance, most: int) -> Drawing:
    """Draw the most important features; see ``PermutationImportance.plot``."""
    from ..drawing.figure import Drawing

    order = np.argsort(-found.values, kind="stable")[: max(1, most)]
    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, AROUND + ROW * len(order), layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        places = np.arange(len(order))
        axes.barh(places, found.values[order], 0.7, color=POSITIVE)
        for place, feature in enumerate(order):
            own = found.increases[:, feature]
            axes.plot(own, np.full(len(own), place), "o", color=INK, ms=2, mew=0)
        axes.set_yticks(places, [found.feature_names[place] for place in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.axvline(0, color=SOFT, lw=0.8)
        axes.set_xlabel(SAY("increase", loss=f"{found.loss:.4g}"), fontsize=9, color=INK)
        _dress(axes, "x")
        return drawing


def draw_effect(found: FeatureEffect, output: int, most: int, centered: bool) -> Drawing:
    """Draw the curve of a feature, or a point for each value of a category; see ``FeatureEffect.plot``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        mean, error = found.mean[:, output], found.error[:, output]
        start = mean[0] if centered else 0.0
        if found.curves is not None and most > 0:
            curves = found.curves[spaced(len(found.curves), most), :, output]
            curves = (curves - (curves[:, :1] if centered else 0)).T
            if found.is_category:
                axes.plot(found.grid, curves, "o", color=FAINT, ms=2, mew=0)
            else:
                axes.plot(found.grid, curves, color=FAINT, lw=0.6)
        if found.is_category:
            axes.errorbar(found.grid, mean - start, 2 * error, fmt="o", color=COLOURS[0], ms=6, lw=1.6)
        else:
            if not centered:
                axes.fill_between(found.grid, mean - 2 * error, mean + 2 * error, color=COLOURS[0], alpha=0.2, lw=0)
            axes.plot(found.grid, mean - start, color=COLOURS[0], lw=2)
        _name_values(axes, found)
        axes.set_xlabel(found.feature, fontsize=9, color=INK)
        word = "partial_dependence" if found.curves is not None else "local_effects"
        axes.set_title(f"{found.output_names[output]}: {SAY(word)}", loc="left", fontsize=10, color=INK)
        _dress(axes, "both")
        return drawing


def _name_values(axes: Axes, found: FeatureEffect) -> None:
    """Write categories, or some of the dates, at the axis."""
    if not found.labels:
        return
    shown = np.arange(len(found.labels)) if found.is_category else spaced(len(found.labels), MOST_DATES)
    names = [cut(found.labels[place]) for place in shown]
    turned = sum(map(len, names)) > MOST_LETTERS_BELOW
    axes.set_xticks(found.grid[shown], names, rotation=30 if turned else 0, ha="right" if turned else "center")


def draw_probes(found: LayerProbes) -> Drawing:
    """Draw the score of linear probes by layer; see ``LayerProbes.plot``."""
    from ..drawing.figure import Drawing

    with own_style(), using(drawable_language()):
        drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        places, mean = np.arange(len(found.layers)), found.scores.mean(1)
        error = found.scores.std(1, ddof=1) / np.sqrt(found.scores.shape[1])
        axes.errorbar(places, mean, error, fmt=".-", color=COLOURS[0], lw=1.6, ms=8)
        axes.plot(places, found.control, ".--", color=SOFT, lw=1, label=SAY(f"control_{found.task}"))
        label_layers(axes, found.layers)
        axes.set_title(SAY("probes", metric=found.metric), loc="left", fontsize=10, color=INK)
        _dress(axes, "both")
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
        return drawing


def _dress(axes: Axes, grid: str) -> None:
    axes.tick_params(labelsize=8, colors=INK, length=0)
    axes.grid(axis="x" if grid == "x" else "both", color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
