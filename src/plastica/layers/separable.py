"""Depthwise and separable convolutions."""

from __future__ import annotations

from typing import ClassVar

import jax
import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.depthwise import convolve_depthwise
from .kernels.once import computed_once
from .kernels.product import add_bias, product
from .layer import Context, Params, Shape, State
from .records import Variables
from .sliding_kernel import SlidingKernel


class _Channelwise(SlidingKernel):
    """Base of the layers that begin with kernels of its own for each channel."""

    depth_multiplier: int
    depthwise_initializer: Initializer

    def _depthwise_kernel(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        self.window(shape)
        return self.depthwise_initializer(rng, (*self.numbers("kernel_size"), shape[-1], self.depth_multiplier))

    def _depthwise(self, kernel: jax.Array, x: jax.Array) -> jax.Array:
        window = self.window(x.shape[1:])
        return self.of_rank(
            convolve_depthwise(self.as_images(x), kernel.reshape(*window.size, *kernel.shape[-2:]), window)
        )


@declaration
class _DepthwiseConvolution(_Channelwise):
    """Base class of DepthwiseConv1D and DepthwiseConv2D."""

    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    depth_multiplier: int = 1
    data_format: str | None = None
    dilation_rate: int | tuple[int, ...] = 1
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    depthwise_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    depthwise_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    depthwise_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        self.check_fields("depth_multiplier")

    def output_shape(self, shape: Shape) -> Shape:
        return (*self.positions(shape), shape[-1] * self.depth_multiplier)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        params = {"kernel": self._depthwise_kernel(rng, shape)}
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (shape[-1] * self.depth_multiplier,))
        return Variables(params, {})

    def named_parameters(self, prefix: str, params: Params) -> tuple[str, ...]:
        # As in Keras, the fields are named after the kind of kernel.
        return super().named_parameters("kernel" if prefix == "depthwise" else prefix, params)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        potential = self._depthwise(params["kernel"], x)
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state


@declaration
class DepthwiseConv1D(_DepthwiseConvolution):
    """A convolution of sequences that keeps channels apart: z_(t, c) = sum_i x_(t s + i d, c) W_(i, c) + b_c, a = f(z).

    For filters over time where channels mean different things, and as the first half of a SeparableConv1D.

    Args:
        kernel_size: The number of steps covered by the kernel.
        strides: s, the number of steps between two positions of the kernel.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the number of steps (for strides of
            1) by adding zeros on both sides.
        depth_multiplier: The number of kernels, and of output channels, for each channel.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring steps of the kernel.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        depthwise_initializer: The initializer of W. The default (Glorot, Bengio 2010) is Keras's.
        bias_initializer: The initializer of b.
        depthwise_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        depthwise_constraint: The constraint on W after each step, such as MaxNorm(3).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, channels * depth_multiplier)``; kernel ``(kernel_size,
        channels, depth_multiplier)``, bias ``(channels * depth_multiplier,)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without two axes beside the batch or shorter than the kernel.

    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2).output_shape((50, 4))
        (48, 8)
    """

    rank: ClassVar[int] = 1


@declaration
class DepthwiseConv2D(_DepthwiseConvolution):
    """A convolution of images that keeps channels apart: z_(p, c) = sum_q x_(p s + q d, c) W_(q, c) + b_c, a = f(z).

    Far fewer weights than Conv2D; usually followed by a Conv2D with a kernel of size 1, which mixes the channels.

    Args:
        kernel_size: The height and width of the kernel, as one number or two.
        strides: s, the distance between two positions of the kernel, as one number or two.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the size (for strides of 1) by adding
            zeros around the image, an odd one at the bottom and right.
        depth_multiplier: The number of kernels, and of output channels, for each channel.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring elements of the kernel.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        depthwise_initializer: The initializer of W. The default (Glorot, Bengio 2010) is Keras's.
        bias_initializer: The initializer of b.
        depthwise_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        depthwise_constraint: The constraint on W after each step, such as MaxNorm(3, axis=(0, 1)).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, channels * depth_multiplier)``; kernel
        ``(*kernel_size, channels, depth_multiplier)``, bias ``(channels * depth_multiplier,)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without three axes beside the batch or smaller than the kernel.

    Example:
        >>> DepthwiseConv2D(3, padding="same").output_shape((28, 28, 16))
        (28, 28, 16)

    Reference:
        Howard et al. (2017), MobileNets: efficient convolutional neural networks for mobile vision applications,
        equation 3.
    """

    rank: ClassVar[int] = 2


@declaration
class _SeparableConvolution(_Channelwise):
    """Base class of SeparableConv1D and SeparableConv2D."""

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    data_format: str | None = None
    dilation_rate: int | tuple[int, ...] = 1
    depth_multiplier: int = 1
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    depthwise_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    pointwise_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    depthwise_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    pointwise_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    depthwise_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    pointwise_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        self.check_fields("filters", "depth_multiplier")

    def output_shape(self, shape: Shape) -> Shape:
        return (*self.positions(shape), self.filters)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        between = (*[1] * self.rank, shape[-1] * self.depth_multiplier)
        params = {
            "depthwise_kernel": self._depthwise_kernel(rng, shape),
            "pointwise_kernel": self.pointwise_initializer(rng, (*between, self.filters)),
        }
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.filters,))
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        filtered = computed_once(self._depthwise(params["depthwise_kernel"], x))
        mixing = params["pointwise_kernel"].reshape(filtered.shape[-1], self.filters)
        potential = product(filtered.reshape(-1, filtered.shape[-1]), mixing)  # (positions, filters)
        potential = computed_once(potential.reshape(*filtered.shape[:-1], self.filters))
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state


@declaration
class SeparableConv1D(_SeparableConvolution):
    """A convolution of sequences in two steps: over time for each channel, then across channels at each step.

        y_(t, c) = sum_i x_(t s + i d, c) D_(i, c),  z_t = y_t P + b,  a = f(z)

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The number of steps covered by the kernel D.
        strides: s, the number of steps between two positions of the kernel.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the number of steps (for strides of
            1) by adding zeros on both sides.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring steps of the kernel.
        depth_multiplier: The number of kernels D for each channel.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        depthwise_initializer: The initializer of D.
        pointwise_initializer: The initializer of P.
        bias_initializer: The initializer of b.
        depthwise_regularizer: A penalty on D, added to the loss.
        pointwise_regularizer: A penalty on P, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        depthwise_constraint: The constraint on D after each step, such as MaxNorm(3).
        pointwise_constraint: The constraint on P after each step, such as MaxNorm(3, axis=1).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, steps, channels) -> (batch, new steps, filters)``; depthwise_kernel ``(kernel_size, channels,
        depth_multiplier)``, pointwise_kernel ``(1, channels * depth_multiplier, filters)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without two axes beside the batch or shorter than the kernel.

    Example:
        >>> SeparableConv1D(8, 3).output_shape((50, 2))
        (48, 8)
    """

    rank: ClassVar[int] = 1


@declaration
class SeparableConv2D(_SeparableConvolution):
    """A convolution of images in two steps: over positions for each channel, then across channels at each position.

        y_(p, c) = sum_q x_(p s + q d, c) D_(q, c),  z_p = y_p P + b,  a = f(z)

    It takes far fewer weights and operations than Conv2D, often with little loss of accuracy.

    Args:
        filters: The number of filters, which is the number of output channels.
        kernel_size: The height and width of the kernel D, as one number or two.
        strides: s, the distance between two positions of the kernel, as one number or two.
        padding: "valid" uses only positions where the kernel fits; "same" keeps the size (for strides of 1) by adding
            zeros around the image, an odd one at the bottom and right.
        data_format: None or "channels_last"; accepted for compatibility with Keras.
        dilation_rate: d, the distance between neighbouring elements of the kernel.
        depth_multiplier: The number of kernels D for each channel.
        activation: f. Default: the identity.
        use_bias: Whether to add the bias b.
        depthwise_initializer: The initializer of D.
        pointwise_initializer: The initializer of P.
        bias_initializer: The initializer of b.
        depthwise_regularizer: A penalty on D, added to the loss.
        pointwise_regularizer: A penalty on P, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        depthwise_constraint: The constraint on D after each step, such as MaxNorm(3, axis=(0, 1)).
        pointwise_constraint: The constraint on P after each step, such as MaxNorm(3, axis=2).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, height, width, channels) -> (batch, new height, new width, filters)``; depthwise_kernel
        ``(*kernel_size, channels, depth_multiplier)``, pointwise_kernel ``(1, 1, channels * depth_multiplier,
        filters)``, bias ``(filters,)``.

    Raises:
        InvalidValue: If a size is below 1 or the padding is unknown.
        ShapeError: For inputs without three axes beside the batch or smaller than the kernel.

    Example:
        >>> SeparableConv2D(32, 3, activation="relu").output_shape((28, 28, 3))
        (26, 26, 32)

    Reference:
        Chollet (2017), Xception: deep learning with depthwise separable convolutions, section 1.
    """

    rank: ClassVar[int] = 2
