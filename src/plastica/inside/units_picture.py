"""Pictures of units: what they detect, and how they respond."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from ..drawing import COLOURS, INK, MORE_COLOURS, SOFT
from ..drawing.colour_maps import signed
from .landscape_picture import dress
from .look import SAY

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .units import UnitDetectors

MOST_UNITS = 12
TILE = 0.85  # inches of an image
ROW = 0.34  # inches of a unit
LETTERS = 64  # of what a unit detects


def draw_detectors(found: UnitDetectors) -> Drawing:
    """Draw the rows to which units respond most: images, sequences, or else the mean response to each class."""
    units = [int(unit) for unit in found.order if unit not in found.silent][:MOST_UNITS]
    if found.inputs.ndim >= 3:
        return _rows(found, units)
    return _classes(found, units)


def _rows(found: UnitDetectors, units: list[int]) -> Drawing:
    """Draw the images or the sequences with the largest responses, a row of them for each unit."""
    from ..drawing.figure import Drawing

    count = found.top.shape[1]
    drawing = Drawing(TILE * count + 1.6, TILE * len(units) + 0.5, layout="constrained")
    grid = drawing.subplots(len(units), count, squeeze=False)
    for line, unit in zip(grid, units, strict=True):
        for axes, row in zip(line, found.top[unit], strict=True):
            place = int(np.searchsorted(found.rows, row))
            own = found.inputs[place]
            axes.set(xticks=[], yticks=[])
            if own.ndim == 3:
                axes.imshow(own[..., 0] if own.shape[-1] != 3 else np.clip(own, 0, 1), cmap="gray")
            else:
                axes.plot(own, lw=1, color=COLOURS[0] if own.shape[-1] == 1 else None)
            if found.labels is not None:
                axes.set_title(str(found.labels[place]), fontsize=7, color=SOFT, pad=2)
        told = SAY("unit", unit=unit)
        if found.tuning is not None:
            told += f"\n{found.tuning.preferred[unit]}"
        line[0].set_ylabel(told, rotation=0, ha="right", va="center", fontsize=8, color=INK)
    drawing.suptitle(SAY("units_title", layer=found.layer), fontsize=10)
    return drawing


def _classes(found: UnitDetectors, units: list[int]) -> Drawing:
    """Draw the mean response of each unit to each class, beside what its strongest rows have in common."""
    from ..drawing.figure import Drawing

    lines = max(len(units), 3)
    drawing = Drawing(8.4, ROW * lines + 1.3, layout="constrained")
    left, right = drawing.subplots(1, 2, width_ratios=(1, 1.9), sharey=True)
    deviation = np.where(found.responses.std(0) > 0, found.responses.std(0), 1.0)
    places = np.arange(len(units))
    if found.tuning is not None:
        shown = ((found.tuning.means - found.responses.mean(0)) / deviation)[:, units].T
        most = float(np.abs(shown).max()) if shown.size else 1.0
        image = left.imshow(shown, cmap=signed(), vmin=-most, vmax=most, aspect="auto")
        names = [str(each) for each in found.tuning.values]
        left.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 4 or len(names) > 8 else 0)
        left.set_xlabel(SAY("column_class"), fontsize=9)
        drawing.colorbar(image, ax=left, label=SAY("response_deviations"), location="left", pad=0.02)
    else:
        palette = COLOURS + MORE_COLOURS
        for place, unit in enumerate(units):
            values = np.sort(found.responses[:, unit])
            left.plot(values / max(float(np.abs(values).max()), 1e-12), np.full(len(values), place), "|", alpha=0.3,
                      color=palette[place % len(palette)])  # fmt: skip
        left.set(xlabel=SAY("response_relative"), ylim=(len(units) - 0.5, -0.5))
    left.set_yticks(places, [SAY("unit", unit=unit) for unit in units])
    left.tick_params(labelsize=8, length=0)
    right.set_axis_off()
    for place, unit in enumerate(units):
        words = "; ".join(trait.words for trait in found.traits[unit]) or SAY("nothing_clear")
        right.text(0, place, "\n".join(textwrap.wrap(words, LETTERS)[:2]), va="center", fontsize=7.5, color=INK)
    # Above both panels: the name of a layer may be longer than the left one.
    drawing.suptitle(SAY("units_title", layer=found.layer), fontsize=11, x=0.01, ha="left")
    right.set_title(SAY("detects_title"), fontsize=10, loc="left")
    if found.tuning is None:
        dress(left, grid=False)
    return drawing
