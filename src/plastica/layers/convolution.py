"""Convolutional layers."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.convolution import convolve
from .kernels.product import add_bias
from .kernels.window import Window
from .layer import Context, Params, Shape, State
from .records import Variables
from .sliding import check_rank, volume_windows
from .sliding_kernel import SlidingKernel


@declaration
class _Convolution(SlidingKernel):
    """Base class of Conv1D and Conv2D; ``rank`` is the number of spatial axes."""

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: int | tuple[int, ...] = 1
    groups: int = 1
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        self.check_fields("filters", "groups")
        if self.filters % self.groups:
            raise InvalidValue(
                f"{type(self).__name__}(filters={self.filters}, groups={self.groups}): filters must be a multiple of "
                "groups."
            )

    def output_shape(self, shape: Shape) -> Shape:
        return (*self.positions(shape), self.filters)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.window(shape)
        kernel_shape = (*self.numbers("kernel_size"), shape[-1] // self.groups, self.filters)
        params = {"kernel": self.kernel_initializer(rng, kernel_shape)}
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.filters,))
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        window, kernel = self.window(x.shape[1:]), params["kernel"]
        kernel = kernel.reshape(*window.size, *kernel.shape[-2:])
        potential = self.of_rank(convolve(self.as_images(x), kernel, window, self.groups))
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state

    @property
    def linear_units(self) -> bool:
        return True

    @property
    def is_slow_in_groups(self) -> bool:
        return True

    def window(self, shape: Shape) -> Window:
        self.check_channels(shape)
        return super().window(shape)

    def check_channels(self, shape: Shape) -> None:
        """Check that the groups divide the channels.

        Raises:
            ShapeError: If they do not, or the inputs have another rank.
        """
        check_rank(type(self).__name__, shape, self.rank)
        if shape[-1] % self.groups:
            raise ShapeError(
                f"{type(self).__name__}(groups={self.groups}): got inputs of shape {shape} with {shape[-1]} channels; "
                "the channels must be a multiple of groups."
            )


@declaration
class Conv1D(_Convolution):
    """A one-dimensional convolution: z_t = sum_i x_(t s + i d) W_i + b, a = f(z).

    For time series and text with local patterns. With ``padding="causal"``, outputs do not depend on later steps, as
    required for forecasts.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The number of steps covered by the kernel.
        strides: s, the number of steps between two positions of the kernel.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the number of steps (for strides of
            1) by adding zeros on both sides, "causal" by adding zeros before the first step.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring steps of the kernel.
        groups: The number of groups of channels and filters that are convolved separately.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 1)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, filters)``; kernel ``(kernel_size, channels / groups,
        filters)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1, the padding is unknown, or filters is not a multiple of groups.
        ShapeError: For inputs without two axes beside the batch, shorter than the kernel, or whose channels
            groups do not divide.

    Example:
        >>> Conv1D(8, 3, padding="causal").output_shape((50, 2))
        (50, 8)
    """

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same", "causal")


@declaration
class Conv2D(_Convolution):
    """A two-dimensional convolution: z_p = sum_q x_(p s + q d) W_q + b, a = f(z).

    The standard layer for images: it has far fewer weights than Dense and recognizes a pattern at any position. On
    CPUs, it is computed by matrix products, which makes training several times faster than XLA's convolution.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The height and width of the kernel, as one number or two.
        strides: s, the distance between two positions of the kernel, as one number or two.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the size (for strides of 1) by adding
            zeros around the image, an odd one at the bottom and right.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring elements of the kernel.
        groups: The number of groups of channels and filters that are convolved separately.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 1, 2)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, filters)``; kernel
        ``(*kernel_size, channels / groups, filters)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1, the padding is unknown, or filters is not a multiple of groups.
        ShapeError: For inputs without three axes beside the batch, smaller than the kernel, or whose channels
            groups do not divide.

    Example:
        >>> Conv2D(32, 3, activation="relu").output_shape((28, 28, 1))
        (26, 26, 32)

    Reference:
        LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document recognition.
    """

    rank: ClassVar[int] = 2
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")


@declaration
class Conv3D(_Convolution):
    """A three-dimensional convolution: z_p = sum_q x_(p s + q d) W_q + b, a = f(z).

    For volumes, such as scans of a body, and for films. It is computed as a sum of two-dimensional convolutions, one
    for each plane of the kernel.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The depth, height and width of the kernel, as one number or three.
        strides: s, the distance between two positions of the kernel, as one number or three.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the size (for strides of 1) by adding
            zeros around the volume.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring elements of the kernel.
        groups: The number of groups of channels and filters that are convolved separately.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 1, 2, 3)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, depth, height, width, channels)`` to ``(batch, new depth, new height, new width, filters)``; kernel
        ``(*kernel_size, channels / groups, filters)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1, the padding is unknown, or filters is not a multiple of groups.
        ShapeError: For inputs without four axes beside the batch, smaller than the kernel, or whose channels
            groups do not divide.

    Example:
        >>> Conv3D(8, 3).output_shape((16, 28, 28, 1))
        (14, 26, 26, 8)
    """

    rank: ClassVar[int] = 3

    def positions(self, shape: Shape) -> tuple[int, ...]:
        depth, plane = self._windows(shape)
        return (depth.output((shape[0], 1))[0], *plane.output(shape[1:3]))

    def window(self, shape: Shape) -> Window:
        self.check_channels(shape)
        return self._windows(shape)[1]

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        depth, plane = self._windows(x.shape[1:])
        positions = self.positions(x.shape[1:])
        padded = jnp.pad(x, ((0, 0), depth.padding[0], *[(0, 0)] * 3))
        potential = jnp.zeros((), x.dtype)
        for tap, kernel in enumerate(params["kernel"]):
            first = tap * depth.dilation[0]
            last = first + (positions[0] - 1) * depth.strides[0] + 1
            planes = padded[:, first : last : depth.strides[0]]  # (batch, new depth, height, width, channels)
            images = planes.reshape(-1, *planes.shape[2:])  # (batch * depth, height, width, channels)
            potential = potential + convolve(images, kernel, plane, self.groups)
        potential = potential.reshape(x.shape[0], *positions, self.filters)
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state

    def _windows(self, shape: Shape) -> tuple[Window, Window]:
        size, strides, dilation = (self.numbers(field) for field in ("kernel_size", "strides", "dilation_rate"))
        return volume_windows(self, shape, size, strides, self.padding, dilation)
