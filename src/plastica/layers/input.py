"""Input: the shape of one input, said where a person likes to say it."""

from __future__ import annotations

import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Layer, Shape
from .lengths import fits
from .merge import Add, Multiply, Subtract
from .node import OPERATIONS, Node
from .select import Select


@declaration
class Input(Layer):
    """State the shape of one input; changes nothing.

    Not needed, since layers learn their input's shape from the data; given as the first layer it lets a
    network be built, drawn and counted before any data is there.

    Args:
        shape: Shape of one input without the batch axis; None for a size that varies, such as the length of sequences
            in ``(None, 8)``.
        dtype: What the inputs are, such as ``"string"``, for readers; layers decide what they take.
        batch_size: The number of rows of every batch, for stateful layers; others take any number.
        batch_shape: The batch size and the shape in one, as in Keras: ``(4, None, 8)``.

    Raises:
        InvalidValue: For sizes below 1.
        ShapeError: If inputs of another shape arrive.

    Example:
        >>> Input(batch_shape=(4, None, 8)) == Input((None, 8), batch_size=4)
        True
    """

    shape: tuple[int | None, ...] = ()
    dtype: str | None = None
    batch_size: int | None = None
    batch_shape: tuple[int | None, ...] | None = None

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        if self.batch_shape:
            object.__setattr__(self, "batch_size", self.batch_shape[0])
            object.__setattr__(self, "shape", tuple(self.batch_shape[1:]))
            object.__setattr__(self, "batch_shape", None)
        object.__setattr__(self, "shape", tuple(size if size is None else int(size) for size in self.shape))
        if any(size is not None and size < 1 for size in self.shape):
            raise InvalidValue(f"Input(shape={self.shape}): every size must be at least 1.")
        if self.batch_size is not None and self.batch_size < 1:
            raise InvalidValue(f"Input(batch_size={self.batch_size}): a batch has at least 1 row.")

    @property
    def declared_shape(self) -> tuple[int | None, ...]:
        return self.shape

    @property
    def declared_batch(self) -> int | None:
        return self.batch_size

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


OPERATIONS.update({"+": Add, "-": Subtract, "*": Multiply, "parts": Select})
