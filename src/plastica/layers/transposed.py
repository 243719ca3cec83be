"""Transposed convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import ClassVar

import jax
import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.product import add_bias
from .kernels.transposed import Places, convolve_transposed, transpose
from .kernels.window import Window
from .layer import Context, Params, Shape, State
from .records import Variables
from .sliding import check_rank, pair
from .sliding_kernel import SlidingKernel


@declaration
class _Transposed(SlidingKernel):
    """Base class of these layers; ``rank`` is the number of spatial axes."""

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    output_padding: int | tuple[int, ...] | None = None
    data_format: str | None = None
    dilation_rate: int | tuple[int, ...] = 1
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        owner = type(self).__name__
        self.check_fields("filters")
        extra, strides = self._extra(), self.numbers("strides")
        known = len(extra) == self.rank and all(each is None or isinstance(each, Integral) for each in extra)
        if not known or not all(
            each is None or 0 <= each < stride for each, stride in zip(extra, strides, strict=True)
        ):
            raise InvalidValue(
                f"{owner}(output_padding={self.output_padding!r}, strides={self.strides}): output_padding must be a "
                "whole number from 0 to below strides."
            )
        if max(strides) > 1 and max(self.numbers("dilation_rate")) > 1:
            raise InvalidValue(
                f"{owner}(strides={self.strides}, dilation_rate={self.dilation_rate}): one of them must be 1."
            )

    def _extra(self) -> tuple[int | None, ...]:
        """The padding of the output along each axis."""
        given = self.output_padding
        return tuple(given) if isinstance(given, Sequence) else (given,) * self.rank

    def _places(self, shape: Shape) -> tuple[Window, Places]:
        """The window over the output and the output's size for inputs of ``shape``."""
        owner = type(self).__name__
        check_rank(owner, shape, self.rank)
        size, strides, dilation = (pair(self.numbers(each)) for each in ("kernel_size", "strides", "dilation_rate"))
        extra = self._extra() if self.rank == 2 else (None, *self._extra())
        found = transpose(Window(size, strides, dilation=dilation), pair(shape[:-1]), self.padding, extra)
        if min(found[1]) < 1:
            raise ShapeError(f"{owner}: nothing is left of inputs of shape {shape}; leave output_padding out.")
        return found

    def output_shape(self, shape: Shape) -> Shape:
        return (*self._places(shape)[1][2 - self.rank :], self.filters)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params = {"kernel": self.kernel_initializer(rng, (*self.numbers("kernel_size"), self.filters, shape[-1]))}
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.filters,))
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        (window, size), kernel = self._places(x.shape[1:]), params["kernel"]
        kernel = kernel.reshape(*window.size, *kernel.shape[-2:])
        potential = self.of_rank(convolve_transposed(self.as_images(x), kernel, window, size))
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state


@declaration
class Conv1DTranspose(_Transposed):
    """A transposed convolution of sequences: z_(t s + i d) sums x_t W_i over all steps t, plus b; a = f(z).

    For decoders that turn a short sequence into a longer one: each step writes the kernel, scaled by its values, and
    what overlaps is added up. Its way forward is the way of errors back through a Conv1D.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The number of steps that the kernel writes.
        strides: s, the distance between what two neighbouring steps write, by which the output is longer.
        padding: "valid" keeps all that is written; "same" cuts the ends, so that the output has ``strides`` times as
            many steps.
        output_padding: How many steps the output has beyond the smallest that fits, from 0 to below strides. Default:
            as many as make the output of "same" ``strides`` times as long.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring steps of the kernel; 1 if strides are larger.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 2)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, filters)``; kernel ``(kernel_size, filters, channels)``, bias
        ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1, the padding is unknown, output_padding is not below strides, or both
            strides and dilation_rate are above 1.
        ShapeError: For inputs without two axes beside the batch.

    Example:
        >>> Conv1DTranspose(8, 3, strides=2, padding="same").output_shape((25, 4))
        (50, 8)
    """

    rank: ClassVar[int] = 1


@declaration
class Conv2DTranspose(_Transposed):
    """A transposed convolution of images: z_(p s + q d) sums x_p W_q over all positions p, plus b; a = f(z).

    For decoders and generators that turn a small image into a larger one: each position writes the kernel, scaled by
    its values, and what overlaps is added up. Its way forward is the way of errors back through a Conv2D. With strides
    that divide the kernel's size every pixel is written equally often, which avoids chequered patterns.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The height and width of the kernel, as one number or two.
        strides: s, the distance between what two neighbouring positions write, by which the output is larger.
        padding: "valid" keeps all that is written; "same" cuts the edges, so that the output is ``strides`` times as
            large.
        output_padding: How many rows and columns the output has beyond the smallest that fits, from 0 to below strides.
            Default: as many as make the output of "same" ``strides`` times as large.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring elements of the kernel; 1 if strides are larger.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 1, 3)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, filters)``; kernel ``(*kernel_size,
        filters, channels)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1, the padding is unknown, output_padding is not below strides, or both
            strides and dilation_rate are above 1.
        ShapeError: For inputs without three axes beside the batch.

    Example:
        >>> Conv2DTranspose(32, 4, strides=2, padding="same").output_shape((7, 7, 64))
        (14, 14, 32)

    Reference:
        Dumoulin, Visin (2016), A guide to convolution arithmetic for deep learning, chapter 4; Odena, Dumoulin, Olah
        (2016), Deconvolution and checkerboard artifacts.
    """

    rank: ClassVar[int] = 2
