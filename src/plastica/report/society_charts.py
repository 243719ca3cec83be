"""The charts of the report on a society: curves, the moving graph, the matrix of agreement."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ..society import SocialGraph, SocietyHistory, places_of
from ..typing import Float
from .charts import STYLES, axes_of, name_axes
from .inlining import SOFT, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import say

SIZE = (4.1, 2.7)
WIDTH, MARGIN = 320, 14
SECONDS, MOST_FRAMES, MOST_EDGES, MOST_MEMBERS = 8, 25, 1500, 100
SCORES, OPINIONS = "viridis", "coolwarm"


def curve_chart(
    name: str,
    x: np.ndarray,
    curves: Sequence[tuple[str, np.ndarray]],
    y_name: str,
    faint: np.ndarray | None = None,
    x_name: str = "society_epoch",
) -> Markup:
    """Draw curves by epoch with a legend of messages; faint curves lie behind them."""
    with drawing():
        sheet, axes = axes_of(SIZE)
        if faint is not None:
            axes.plot(x, faint[:, :MOST_MEMBERS], color=SOFT, lw=0.4, alpha=0.35)
        items = []
        for (key, y), colour, style, dashes in zip(curves, COLOURS, STYLES, DASHES, strict=False):
            axes.plot(x, y, color=colour, ls=style, lw=1.6)
            items.append((say(key), colour, dashes))
        axes.locator_params(axis="x", integer=True)
        name_axes(axes, x_name, y_name)
        return inline(sheet, name, widest=520) + legend(items)


def moving_graph(
    name: str, graph: SocialGraph, epochs: np.ndarray, values: Float[np.ndarray, "meetings members"], colours: str
) -> Markup:
    """Return the graph as SVG whose members change their colours from meeting to meeting."""
    frames = np.unique(np.linspace(0, len(values) - 1, MOST_FRAMES).round().astype(int))
    low, high = float(values.min()), float(values.max())
    shades = [_shades((values[frame] - low) / max(high - low, 1e-9), colours) for frame in frames]
    # The last meeting stays for a quarter of the time.
    times = ";".join(f"{0.75 * place / max(len(frames) - 1, 1):.3f}" for place in range(len(frames))) + ";1"
    places = MARGIN + places_of(graph) * [1, -1] * (WIDTH - 2 * MARGIN) + [0, WIDTH - 2 * MARGIN]
    heard = np.bincount(graph.senders, minlength=len(graph))
    sizes = (3 + 5 * np.sqrt(heard / max(heard.max(), 1))) * min(1.0, 6 / np.sqrt(len(graph)) + 0.3)
    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {WIDTH}" style="max-width:{WIDTH}px" aria-hidden="true">']
    once = graph.senders < graph.receivers if not graph.is_directed else np.ones(len(graph.senders), bool)
    pairs = zip(graph.senders[once][:MOST_EDGES], graph.receivers[once][:MOST_EDGES], strict=True)
    path = "".join(f"M{_at(places[one])}L{_at(places[other])}" for one, other in pairs)
    parts.append(f'<path d="{path}" style="fill:none;stroke:var(--line);stroke-width:0.7"/>')
    for member, (place, size) in enumerate(zip(places, sizes, strict=True)):
        shown = [each[member] for each in shades]
        x, y = _at(place).split(",")
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="{size:.1f}" fill="{shown[-1]}" style="stroke:var(--ink);stroke-width:0.5">'
            f'<animate attributeName="fill" dur="{SECONDS}s" repeatCount="indefinite" keyTimes="{times}" '
            f'values="{";".join([*shown, shown[-1]])}"/></circle>'
        )
    return Markup("".join([*parts, "</svg>"])) + _scale(low, high, colours)


def agreement_matrix(history: SocietyHistory) -> Markup:
    """Return how often each pair of members gives the same answer in the end, as a picture of dots."""
    said = history.answers[-1].astype(np.float64)
    if history.kind == "values":
        flat = said.reshape(len(said), -1)
        found = np.corrcoef(flat) if len(flat[0]) > 1 and flat.std(1).all() else np.eye(len(flat))
    else:
        chosen = said.argmax(-1) if history.kind == "classes" else (said > 0.5).reshape(len(said), -1)
        found = (chosen[:, None] == chosen[None]).mean(-1)
    order = np.argsort(history.opinions()[-1], kind="stable")
    found = found[order][:, order]
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    picture = Markup(
        '<img class="chart" alt="" src="data:image/png;base64,{}" '
        'style="width:100%;max-width:{}px;aspect-ratio:1;image-rendering:pixelated">'
    ).format(_png((found - low) / max(high - low, 1e-9)), WIDTH)
    return picture + _scale(low, high, SCORES)


def _png(values: np.ndarray) -> str:
    from matplotlib.image import imsave

    written = io.BytesIO()
    imsave(written, np.nan_to_num(values), cmap=SCORES, vmin=0, vmax=1, format="png")
    return base64.b64encode(written.getvalue()).decode()


def _shades(shares: np.ndarray, colours: str) -> list[str]:
    import matplotlib as mpl

    rgba = (mpl.colormaps[colours](np.clip(shares, 0, 1))[:, :3] * 255).round().astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in rgba]


def _at(place: np.ndarray) -> str:
    return f"{place[0]:.1f},{place[1]:.1f}"


def _scale(low: float, high: float, colours: str) -> Markup:
    """Return the colours from the lowest to the highest value."""
    steps = ",".join(_shades(np.linspace(0, 1, 9), colours))
    bar = f"display:inline-block;width:8em;height:.7em;margin:0 .5em;background:linear-gradient(90deg,{steps})"
    return Markup('<p class="legend">{}<i style="{}"></i>{}</p>').format(f"{low:.2f}", bar, f"{high:.2f}")
