"""What the layers of a network do for some rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from ..layers import Layer, walk

if TYPE_CHECKING:
    from ..model import LayerTrace, Model


def layers_and_traces(model: Model, x: ArrayLike) -> Iterator[tuple[Layer, LayerTrace]]:
    """Yield each layer with what it did for rows, which are checked as those of ``predict``; builds the network.

    Args:
        model: The network.
        x: Rows.
    """
    traced = model.trace(x)
    for (_, layer, _), own in zip(walk(model.network), traced, strict=True):
        yield layer, own
