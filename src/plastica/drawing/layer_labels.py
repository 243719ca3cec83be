"""Names of layers below an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LAYERS, MOST_LETTERS = 6, 12  # that stand side by side


def label_layers(axes: Axes, paths: Sequence[str], fontsize: float = 8) -> None:
    """Name the places 0, 1, 2, ... of the x axis by layers: in two lines, or turned where these would overlap.

    Args:
        axes: The axes.
        paths: The paths of the layers, such as ``"layer 0, Dense"``.
        fontsize: The size of the letters.
    """
    longest = max((len(part) for path in paths for part in path.split(", ")), default=0)
    if len(paths) > MOST_LAYERS or longest > MOST_LETTERS:
        axes.set_xticks(range(len(paths)), paths, rotation=35, ha="right", rotation_mode="anchor", fontsize=fontsize)
    else:
        axes.set_xticks(range(len(paths)), [path.replace(", ", "\n") for path in paths], fontsize=fontsize)
