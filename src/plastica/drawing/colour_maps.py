"""Colours of numbers: blue above 0, orange below, as in all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import NEGATIVE, PAPER, POSITIVE

if TYPE_CHECKING:
    from matplotlib.colors import Colormap


def signed() -> Colormap:
    """Return the colours of signed numbers, white at 0."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [NEGATIVE, PAPER, POSITIVE])
