"""Select: one output of a layer that has several."""

from __future__ import annotations

from typing import cast

import jax

from ..declaration import declaration
from ..errors import ShapeError
from ..typing import AnyShape, ArrayTree, Mask
from .layer import Context, Layer, Params, Shape, State


@declaration
class Select(Layer):
    """Pass on one output of a layer that has several, such as ``LSTM(8, return_state=True)``.

    Calls of such layers make it: ``y, h, c = LSTM(8, return_state=True)(x)``.

    Args:
        place: Which output, from 0.

    Raises:
        ShapeError: If there is no such output.

    Example:
        >>> Select(1).output_shape(((5, 8), (8,), (8,)))
        (8,)
    """

    place: int

    def output_shape(self, shape: Shape) -> AnyShape:
        shapes: AnyShape = shape
        several = [each for each in shapes if isinstance(each, tuple)]
        if not 0 <= self.place < len(several):
            raise ShapeError(
                f"Select({self.place}): got {len(several) or 1} outputs, of shape {tuple(shapes)}; places are counted "
                "from 0."
            )
        return several[self.place]

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[jax.Array, State]:
        return cast("jax.Array", x[self.place]), state

    @property
    def loses_mask(self) -> bool:
        return False

    def mask_of(self, x: ArrayTree | None, mask: Mask) -> Mask:
        return None if mask is None else mask[self.place]

    @property
    def reads_parts(self) -> bool:
        return True
