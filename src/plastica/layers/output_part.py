"""OutputPart: one of the outputs of a layer that has several."""

from __future__ import annotations

from typing import Any

import jax

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State


@declaration
class OutputPart(Layer):
    """Return one of the outputs of a layer that has several; usually written by the call of such a layer.

    Args:
        place: Which one, counted from 0.

    Shapes:
        Several arrays to one of them.

    Raises:
        InvalidValue: For a place below 0.
        ShapeError: If there are fewer outputs.
    """

    place: int

    def __post_init__(self) -> None:
        if self.place < 0:
            raise InvalidValue(f"OutputPart(place={self.place}): places are counted from 0.")

    def output_shape(self, shape: Shape) -> Shape:
        shapes: Any = shape
        several = [each for each in shapes if isinstance(each, tuple)]
        if self.place >= len(several):
            raise ShapeError(
                f"OutputPart({self.place}): got {len(several) or 1} outputs, of shape {tuple(shapes)}; places are "
                "counted from 0."
            )
        return several[self.place]

    def synapse(self, params: Params, x: Any, state: State, context: Context) -> tuple[jax.Array, State]:
        return x[self.place], state
