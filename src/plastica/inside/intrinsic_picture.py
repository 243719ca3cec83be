"""The picture of an intrinsic dimension: a metric by the dimension of random subspaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, SOFT
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .intrinsic import IntrinsicDimension

WIDTH, HEIGHT = 5.6, 3.4  # inches


def draw_intrinsic(found: IntrinsicDimension) -> Drawing:
    """Draw each seed as a dot and their mean as a line, with the level of all weights and that of a solution."""
    from ..drawing.figure import Drawing

    drawing = Drawing(WIDTH, HEIGHT, layout="constrained")
    axes = drawing.add_subplot(1, 1, 1)
    values, tried = found.figures[found.monitor], np.array(found.dimensions)
    trained = tried > 0  # a logarithmic axis has no 0: what the untrained network reaches is a line
    axes.plot(tried[trained], values[trained], "o", color=COLOURS[0], ms=3, alpha=0.35)
    axes.plot(tried[trained], values[trained].mean(1), "-", color=COLOURS[0], lw=1.6, label=SAY("intrinsic_subspace"))
    baseline = found.baseline[found.monitor].mean()
    axes.axhline(baseline, color=INK, lw=1.0, label=SAY("intrinsic_all", weights=f"{found.weights:,}"))
    share = SAY("intrinsic_share", share=f"{100 * found.share:.3g}")
    axes.axhline(found.threshold, color=INK, lw=1.0, ls="--", label=share)
    axes.axhline(values[~trained].mean(), color=SOFT, lw=1.0, ls=":", label=SAY("intrinsic_untrained"))
    if found.dimension is not None:
        place = found.dimensions.index(found.dimension)
        axes.plot([found.dimension], [values[place].mean()], "o", color=COLOURS[1], ms=7, mec="white", zorder=5)
        axes.axvline(found.dimension, color=COLOURS[1], lw=0.8, ls=":")
    axes.set_xscale("log")
    shown = [each for each in found.dimensions if each > 0]
    axes.set_xticks(shown, [str(each) for each in shown])
    axes.minorticks_off()
    axes.set(
        xlabel=SAY("intrinsic_dimensions"),
        ylabel=SAY.name("figure", found.monitor),
        title=SAY("intrinsic_title"),
    )
    drawing.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8, labelcolor=INK)
    dress(axes)
    return drawing
