"""Pictures of policies that learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT, drawable_language, own_style
from ..language import Texts, using

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .return_curves import ReturnCurves

SAY = Texts("rewards")


def draw_return_curves(curves: ReturnCurves) -> Drawing:
    """Draw rewards by the number of episodes; see ``ReturnCurves.draw``."""
    from ..drawing.figure import Drawing

    rates = sorted(set(curves.rates), reverse=True)
    with own_style(), using(drawable_language()):
        drawing = Drawing(5.4, 3.4, layout="constrained")
        axes = drawing.subplots()
        if curves.best is not None:
            axes.axhline(curves.best, color=SOFT, lw=1.0, ls="--", label=SAY("best_policy"))
        for rate, colour in zip(rates, COLOURS + MORE_COLOURS, strict=False):
            own = curves.returns[[member for member, each in enumerate(curves.rates) if each == rate]]
            axes.plot(curves.episodes, own.T, color=colour, lw=0.6, alpha=0.35)
            name = SAY("at_rate", rate=f"{rate:g}") if len(rates) > 1 else SAY("mean_of_seeds", number=len(own))
            axes.plot(curves.episodes, np.mean(own, 0), color=colour, lw=1.8, label=name)
        axes.set_xlabel(SAY("episodes"), fontsize=9, color=INK)
        axes.set_ylabel(SAY("reward_of_episode"), fontsize=9, color=INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.legend(fontsize=8, frameon=False, labelcolor=SOFT, loc="best")
    return drawing
