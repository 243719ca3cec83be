"""The pictures of a diagnosis: what the doctor measured in each layer while the network was trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .charts import STYLES, axes_of, name_axes
from .inlining import SOFT, drawing, inline
from .legends import COLOURS, DASHES, legend
from .wording import plain

MOST_LAYERS = len(COLOURS)
LookDocument = Mapping[str, Any]  # of StepLook.to_dict()
LayerCurve = tuple[str, list[float]]


def pictures(looks: Sequence[LookDocument]) -> tuple[tuple[str, Markup], ...]:
    """Return the pictures of the looks with their names: errors, steps and silent units by layer over time.

    Args:
        looks: What was measured, look by look; of fewer than two there is no picture.
    """
    if len(looks) < 2:
        return ()
    from ..doctor.signal import GROWS, OVERWRITES, SHRINKS

    steps = [int(look["step"]) for look in looks]
    found = {
        "errors": (_errors(looks), "look_error", (SHRINKS, GROWS)),
        "updates": (_by_layer(looks, _ratio), "look_update", (OVERWRITES,)),
    }
    return tuple((name, _drawn(name, steps, *each)) for name, each in found.items() if each[0])


def _errors(looks: Sequence[LookDocument]) -> list[LayerCurve]:
    """Return the error of each layer relative to that of the last one that learns."""
    last = next((each["path"] for each in reversed(looks[0]["layers"]) if each["learns"]), "")
    ends = [next(each["error"] for each in look["layers"] if each["path"] == last) for look in looks]
    curves = _by_layer(looks, lambda layer: layer["error"])
    made = [
        (path, [value / end if end else math.nan for value, end in zip(values, ends, strict=True)])
        for path, values in curves
        if path != last
    ]
    return [each for each in made if any(map(math.isfinite, each[1]))]


def _ratio(layer: LookDocument) -> float | None:
    return layer["update"] / layer["weight"] if layer["weight"] and layer["update"] is not None else None


def _by_layer(looks: Sequence[LookDocument], value: Callable[[LookDocument], float | None]) -> list[LayerCurve]:
    """Return a value of each layer that learns over the looks, of some layers if there are many."""
    paths = [each["path"] for each in looks[0]["layers"] if each["learns"]]
    found = []
    for path in paths:
        layers = (next(each for each in look["layers"] if each["path"] == path) for look in looks)
        values = [value(layer) for layer in layers]
        if any(values):
            found.append((path, [math.nan if each is None else each for each in values]))
    count = len(found)
    chosen = {round(place * (count - 1) / (MOST_LAYERS - 1)) for place in range(MOST_LAYERS)}
    return [each for place, each in enumerate(found) if count <= MOST_LAYERS or place in chosen]


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Return the powers of ten below and above all values."""
    known = [math.log10(value) for value in values if math.isfinite(value) and value > 0]
    return math.floor(min(known)), max(math.ceil(max(known)), math.floor(min(known)) + 1)


def _drawn(name: str, steps: Sequence[int], curves: list[LayerCurve], label: str, limits: tuple[float, ...]) -> Markup:
    from matplotlib.ticker import NullFormatter

    with drawing():
        sheet, axes = axes_of((3.6, 2.3))
        for (_, values), colour, style in zip(curves, COLOURS, STYLES, strict=False):
            axes.semilogy(steps, values, color=colour, ls=style, lw=1.5, marker="o", ms=2.5)
        # Whole decades, so that each has its label and none stands between them.
        low, high = (10.0**edge for edge in _decades([value for _, values in curves for value in values]))
        axes.set_ylim(low, high)
        axes.yaxis.set_minor_formatter(NullFormatter())
        for limit in limits:
            if low < limit < high:
                axes.axhline(limit, color=SOFT, ls=STYLES[2], lw=1)
        sheet.subplots_adjust(left=0.2)
        name_axes(axes, "look_step", label)
        items = [
            (plain(path, 30), colour, dashes)
            for (path, _), colour, dashes in zip(curves, COLOURS, DASHES, strict=False)
        ]
        return inline(sheet, f"look-{name}", widest=520) + legend(items)
