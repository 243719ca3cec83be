"""Heat maps of attributions: features by time, or features by output such as the steps of a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import INK, drawable_language, own_style
from ..errors import InvalidValue
from ..language import Texts, using
from ..notes import note
from .picture import SAY as WORDS
from .picture import cut, labelled

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .attribution import Attribution

SAY = Texts("explain")
ROW, STEP, AROUND = 0.27, 0.16, 1.0  # inches: of a feature, of a step, and of title and axis
MOST_ROWS, MOST_TICKS, NARROWEST, WIDEST = 40, 6, 6.0, 11.0


def draw_heat_map(found: Attribution, row: int, output: int) -> Drawing:
    """Draw one cell for each feature and step; see ``Attribution.heat_map``."""
    from ..drawing.figure import Drawing

    values = found.values[row]
    if values.ndim == 3:  # time, features, outputs
        over, steps = values[..., output].T, [str(step) for step in range(len(values))]
        names = [str(place) for place in range(len(over))]
        if found.asked.names and len(found.asked.names) == values[..., 0].size and found.asked.names[0] != "x0,0":
            names = list(found.asked.names[: len(over)])
        title, axis = f"{found.output_names[output]}: {found.answers[row, output]:.4g}", SAY("time_step")
    elif values.ndim == 2 and values.shape[1] > 1:
        places = [place for place, name in enumerate(found.output_names) if name != "mean"]
        over, steps = values[:, places], [found.output_names[place] for place in places]
        names = [labelled(found, row, place) for place in range(len(over))]
        title, axis = WORDS("contribution"), ""
    else:
        raise InvalidValue(note("explain.heat_map_shape", shape=str(values.shape[:-1]), outputs=str(values.shape[-1])))
    kept = np.sort(np.argsort(-np.abs(over).max(1), kind="stable")[:MOST_ROWS])
    over, names = over[kept], [cut(names[place]) for place in kept]
    limit = float(np.abs(over).max(initial=0)) or 1.0
    with own_style(), using(drawable_language()):
        width = float(np.clip(3.4 + STEP * over.shape[1], NARROWEST, WIDEST))
        drawing = Drawing(width, AROUND + ROW * len(over), layout="constrained")
        axes = drawing.add_subplot(1, 1, 1)
        seen = axes.imshow(over, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
        drawing.colorbar(seen, ax=axes, shrink=0.9)
        axes.set_yticks(range(len(names)), names)
        shown = np.unique(np.linspace(0, over.shape[1] - 1, min(over.shape[1], MOST_TICKS)).round().astype(int))
        axes.set_xticks(shown, _short([steps[place] for place in shown]))
        axes.set_xlabel(axis, fontsize=9, color=INK)
        axes.set_title(title, loc="left", fontsize=10, color=INK)
        axes.tick_params(labelsize=8, colors=INK, length=0)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
    return drawing


def _short(steps: list[str]) -> list[str]:
    """Return time stamps with the date above the time, the date only where it changes, and no seconds that are 0."""
    if all(each.endswith(":00") and each.count(":") == 2 for each in steps):
        steps = [each.removesuffix(":00") for each in steps]
    made, before = list[str](), ""
    for each in steps:
        date, _, time = each.partition(" ")
        made.append(each if not time else f"{time}\n{date}" if date != before else time)
        before = date
    return made
