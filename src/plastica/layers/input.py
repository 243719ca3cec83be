"""Input: the shape of one input, said where a person likes to say it."""

from __future__ import annotations

import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Layer, Shape
from .lengths import fits
from .node import Node


@declaration
class Input(Layer):
    """State the shape of one input; changes nothing.

    Not needed, since layers learn their input's shape from the data; given as the first layer it lets a
    network be built, drawn and counted before any data is there.

    Args:
        shape: Shape of one input without the batch axis; None for a size that varies, such as the length of sequences
            in ``(None, 8)``.
        dtype: What the inputs are, such as ``"string"``, for readers; layers decide what they take.

    Raises:
        InvalidValue: For sizes below 1.
        ShapeError: If inputs of another shape arrive.
    """

    shape: tuple[int | None, ...]
    dtype: str | None = None

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(size if size is None else int(size) for size in self.shape))
        if any(size is not None and size < 1 for size in self.shape):
            raise InvalidValue(f"Input(shape={self.shape}): every size must be at least 1.")

    @property
    def declared_shape(self) -> tuple[int | None, ...]:
        return self.shape

    @property
    def node(self) -> Node:
        """The node at which a graph begins."""
        return Node(self)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x

    def output_shape(self, shape: Shape) -> Shape:
        if not fits(tuple(shape), self.shape):
            raise ShapeError(
                f"Input({self.shape}): got inputs of shape {tuple(shape)}; they must have shape {self.shape}."
            )
        return tuple(shape)
