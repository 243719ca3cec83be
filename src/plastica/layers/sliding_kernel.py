"""The base of layers whose kernel slides over sequences or images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import jax

from ..activations import Activation
from .kernels.window import Window
from .layer import Layer, Shape
from .sliding import check_choice, check_data_format, check_rank, whole_numbers, window_over


class SlidingKernel(Layer):
    """Base of these layers; ``rank`` is the number of spatial axes, 1 or 2. A sequence is an image of height 1."""

    rank: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...]
    padding: str
    data_format: str | None
    dilation_rate: int | tuple[int, ...]
    activation: Activation

    def check_fields(self, *counts: str) -> None:
        """Check what describes the kernel.

        Args:
            counts: Fields that are whole numbers of at least 1, such as ``filters``.

        Raises:
            InvalidValue: If a size is below 1 or a word is unknown.
        """
        owner = type(self).__name__
        for field in counts:
            whole_numbers(owner, field, getattr(self, field), 1)
        for field in ("kernel_size", "strides", "dilation_rate"):
            value = getattr(self, field)
            found = whole_numbers(owner, field, value, self.rank)
            object.__setattr__(self, field, found if isinstance(value, Sequence) else found[0])
        check_choice(owner, "padding", self.padding, self.paddings)
        check_data_format(owner, self.data_format)

    def numbers(self, field: str) -> tuple[int, ...]:
        """Return a field with a number for each spatial axis."""
        return whole_numbers(type(self).__name__, field, getattr(self, field), self.rank)

    def window(self, shape: Shape) -> Window:
        """Return where the kernel looks on inputs of ``shape``.

        Raises:
            ShapeError: If the inputs have another rank or are smaller than the kernel.
        """
        check_rank(type(self).__name__, shape, self.rank)
        size, strides = self.numbers("kernel_size"), self.numbers("strides")
        return window_over(self, shape, size, strides, self.padding, self.numbers("dilation_rate"))

    def positions(self, shape: Shape) -> tuple[int, ...]:
        """Return how many positions the kernel has along each spatial axis."""
        return self.window(shape).output((*[1] * (2 - self.rank), *shape))[2 - self.rank :]

    def as_images(self, x: jax.Array) -> jax.Array:
        """Return sequences as images of height 1, and images as they are."""
        return x.reshape(x.shape[0], *[1] * (2 - self.rank), *x.shape[1:])  # sequences: (batch, 1, steps, channels)

    def of_rank(self, images: jax.Array) -> jax.Array:
        """Undo :meth:`as_images`."""
        return images.reshape(images.shape[0], *images.shape[3 - self.rank :])

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation
