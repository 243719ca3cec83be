"""The charts of the report on memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ..language import LANGUAGES, Texts
from ..typing import Float, Num
from .charts import STYLES, axes_of, name_axes
from .inlining import SOFT, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import both, plain

WORDS = Texts("continual", "memory")
SIZE = (4.1, 2.7)


class ChartLine(NamedTuple):
    """A curve of a chart.

    Attributes:
        label: Its name in the legend.
        x, y: Its points; a y of NaN leaves a gap.
        of_people: Whether it was measured on people, which is drawn as points.
    """

    label: Markup | str
    x: Num[np.ndarray, "points"]
    y: Float[np.ndarray, "points"]
    of_people: bool = False


def curve_chart(
    name: str,
    lines: Sequence[ChartLine],
    x_name: str,
    y_name: str,
    *,
    logarithmic: bool = False,
    at: float | None = None,
) -> Markup:
    """Draw curves on the same axes, with their legend.

    Args:
        name: The name of the chart on the page.
        lines: The curves, up to six.
        x_name, y_name: Messages for the axes.
        logarithmic: Whether the horizontal axis is logarithmic.
        at: A place to mark on the horizontal axis.
    """
    items: list[tuple[Markup | str, str, str]] = []
    with drawing():
        sheet, axes = axes_of(SIZE)
        if at is not None:
            axes.axvline(at, color=SOFT, lw=1, ls=STYLES[2])
        for line, colour, style, dashes in zip(lines, COLOURS, STYLES, DASHES, strict=False):
            form = {"ls": "none", "marker": "o", "ms": 4.5} if line.of_people else {"ls": style, "lw": 1.6}
            axes.plot(line.x, line.y, color=colour, **form)
            items.append((line.label, colour, "ring" if line.of_people else dashes))
        if logarithmic:
            axes.set_xscale("log")
        name_axes(axes, x_name, y_name)
        return inline(sheet, name, widest=520) + (legend(items) if len(items) > 1 else Markup(""))


def term_name(prefix: str, name: str) -> Markup:
    """Return the name of a layer, a law or a task in both languages."""
    key = f"{prefix}_{name}"
    if key not in WORDS:
        return both(plain(name.replace("_", " ")), plain(name.replace("_", " ")))
    return both(*(WORDS.spoken(lang, key) for lang in LANGUAGES))
