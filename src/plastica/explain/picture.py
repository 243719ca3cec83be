"""Pictures of attributions: bars with their standard errors, or a map over an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import INK, NEGATIVE, PALE, POSITIVE, SOFT, drawable_language, own_style
from ..language import Texts, using
from ..typing import Float

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..drawing.figure import Drawing
    from .attribution import Attribution

SAY = Texts("explain")
WIDTH, ROW, AROUND = 6.0, 0.27, 1.1  # inches: of the figure, of a bar, and of the axis with its title
PANEL = 2.6  # inches of an image
MOST_LETTERS = 40


def draw_attribution(found: Attribution, row: int, output: int, most: int) -> Drawing:
    """Draw the contributions to one answer; see ``Attribution.plot``."""
    values = found.values[row, ..., output]
    with own_style(), using(drawable_language()):
        if values.ndim >= 2 and values.shape == found.x.shape[1 : 1 + values.ndim]:
            return _as_image(found, row, output)
        return _as_bars(found, row, output, most)


def cell(found: Attribution, row: int, place: int) -> str:
    """Return the value of a feature of a row as text; empty for a group of features."""
    if found.cells:
        return found.cells[row][place]
    if len(found.feature_names) != int(np.prod(found.x.shape[1:])):
        return ""
    value = found.x[row].reshape(-1)[place]
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def labelled(found: Attribution, row: int, place: int) -> str:
    """Return a feature with its value."""
    own = cell(found, row, place)
    name = cut(found.feature_names[place])
    return f"{name} = {cut(own)}" if own else name


def cut(text: str) -> str:
    """Return a text that fits beside a bar."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 3]}..."


def bars(found: Attribution, row: int, output: int, most: int) -> list[tuple[str, float, float | None]]:
    """Return name, value and standard error of the largest contributions, and of the rest together."""
    values = found.flat[row, :, output]
    error = None if found.error is None else found.error.reshape(found.flat.shape)[row, :, output]
    order = np.argsort(-np.abs(values), kind="stable")
    kept = order[: most if len(order) <= most else most - 1]
    shown = [
        (labelled(found, row, place), float(values[place]), None if error is None else float(error[place]))
        for place in kept
    ]
    rest = order[len(kept) :]
    if len(rest):
        shown.append((SAY("rest", count=len(rest)), float(values[rest].sum()), None))
    return shown


def _as_bars(found: Attribution, row: int, output: int, most: int) -> Drawing:
    from ..drawing.figure import Drawing

    shown = bars(found, row, output, most)
    drawing = Drawing(WIDTH, AROUND + ROW * len(shown), layout="constrained")
    axes = drawing.add_subplot(1, 1, 1)
    places = np.arange(len(shown))
    values = np.array([value for _, value, _ in shown])
    axes.barh(places, values, 0.7, color=[POSITIVE if value >= 0 else NEGATIVE for value in values])
    for place, (_, value, error) in enumerate(shown):
        if error:
            axes.plot([value - error, value + error], [place, place], color=INK, lw=1.2, solid_capstyle="butt")
    axes.set_yticks(places, [name for name, _, _ in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.axvline(0, color=SOFT, lw=0.8)
    answer, baseline = found.answers[row, output], found.baseline[row, output]
    ends = SAY("ends", baseline=f"{baseline:.4g}", answer=f"{answer:.4g}")
    axes.set_title(f"{found.output_names[output]}: {ends}", loc="left", fontsize=10, color=INK)
    unit = SAY("standard_error") if found.error is not None else ""
    axes.set_xlabel(f"{SAY('contribution')}{unit}", fontsize=9, color=INK)
    _dress(axes)
    return drawing


def _as_image(found: Attribution, row: int, output: int) -> Drawing:
    from ..drawing.figure import Drawing

    drawing = Drawing(2 * PANEL + 0.8, PANEL + 0.5, layout="constrained")
    left, right = drawing.add_subplot(1, 2, 1), drawing.add_subplot(1, 2, 2)
    image = found.x[row].astype(np.float64)
    span = float(np.ptp(image)) or 1.0
    shown = (image - image.min()) / span
    left.imshow(shown if shown.ndim == 3 and shown.shape[-1] == 3 else _flat(shown), cmap="gray")
    values = _flat(found.values[row, ..., output])
    limit = float(np.abs(values).max()) or 1.0
    seen = right.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit)
    drawing.colorbar(seen, ax=right, shrink=0.8)
    for axes, title in ((left, ""), (right, f"{found.output_names[output]}: {found.answers[row, output]:.4g}")):
        axes.set_title(title, loc="left", fontsize=10, color=INK)
        axes.set_xticks([])
        axes.set_yticks([])
    return drawing


def _flat(image: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "height width"]:
    """Return the sum over channels."""
    return image if image.ndim == 2 else image.reshape(*image.shape[:2], -1).sum(-1)


def _dress(axes: Axes) -> None:
    axes.tick_params(labelsize=8, colors=INK, length=0)
    axes.grid(axis="x", color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
