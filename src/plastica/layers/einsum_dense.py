"""EinsumDense: a product of inputs and kernel along any axes."""

from __future__ import annotations

import string
from typing import NamedTuple

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
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


class _Axes(NamedTuple):
    """An equation with a letter for each axis: those of the inputs, the kernel and the output, the batch first."""

    inputs: str
    kernel: str
    output: str


@declaration
class EinsumDense(Layer):
    """A dense layer whose product is written as an equation of axes: z = einsum(equation, x, W) + b, a = f(z).

    When to use: where ``Dense``, which works on the last axis, does not suffice, such as for a kernel with an axis of
    heads.

    Args:
        equation: A letter for each axis of the inputs, the kernel and the output, such as ``"abc,cde->abde"``. The
            first letter of inputs and output is the batch; ``...`` at the beginning stands for it and any further axes.
        output_sizes: The size of each axis of the output behind the batch, or behind ``...``; None for the size that
            this axis has in the inputs. Keras's ``output_shape``.
        activation: f. Default: the identity.
        bias_axes: The letters of the output's axes along which b differs. Default: no bias.
        kernel_initializer: The initializer of W.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step.
        bias_constraint: The constraint on b after each step.

    Shapes:
        As the equation says.

    Raises:
        InvalidValue: If the equation is none, or ``bias_axes`` are not axes of the output.
        ShapeError: If the inputs or ``output_sizes`` do not fit the equation.

    Example:
        >>> EinsumDense("abc,cde->abde", (None, 4, 8), bias_axes="de").output_shape((20, 32))
        (20, 4, 8)
        >>> EinsumDense("...x,xy->...y", 3).output_shape((20, 32))
        (20, 3)
    """

    equation: str
    output_sizes: int | tuple[int | None, ...]
    activation: Activation = named_field(default="linear", converter=activations.get)
    bias_axes: str | None = None
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        object.__setattr__(self, "equation", self.equation.replace(" ", ""))
        inputs, kernel, output = parts = self._parts()
        rest = [part.removeprefix("...") for part in parts]
        fits = all(rest) and all(part.isalpha() and len(set(part)) == len(part) for part in rest)
        begins = inputs.startswith("...") == output.startswith("...") and not kernel.startswith(".")
        same_batch = inputs.startswith("...") or inputs[:1] == output[:1]
        if not (fits and begins and same_batch and set(rest[2]) <= set(rest[0] + rest[1])):
            raise InvalidValue(
                f"EinsumDense({self.equation!r}): expected letters for the axes of inputs, kernel and output, the "
                'batch first, such as "abc,cd->abd" or "...x,xy->...y".'
            )
        if self.bias_axes and not set(self.bias_axes) <= set(rest[2]):
            raise InvalidValue(f"EinsumDense(bias_axes={self.bias_axes!r}): the output has the axes {rest[2]!r}.")

    def _parts(self) -> tuple[str, str, str]:
        read, _, output = self.equation.partition("->")
        inputs, _, kernel = read.partition(",")
        return inputs, kernel, output

    def _axes(self, shape: Shape) -> _Axes:
        """Return the equation with letters in place of ``...``."""
        inputs, kernel, output = self._parts()
        free = [letter for letter in string.ascii_letters if letter not in self.equation]
        left = "".join(free[: max(len(shape) + 1 - len(inputs.removeprefix("...")), 0)])
        axes = _Axes(inputs.replace("...", left), kernel, output.replace("...", left))
        if len(axes.inputs) != len(shape) + 1 or not (left or not inputs.startswith("...")):
            raise ShapeError(
                f"EinsumDense({self.equation!r}): got inputs of shape {tuple(shape)}; with the batch, the equation has "
                f"{len(inputs)} axes."
            )
        return axes

    def _sizes(self, shape: Shape) -> tuple[_Axes, dict[str, int]]:
        """Return the axes, and the size of each but the batch."""
        axes = self._axes(shape)
        sizes = dict(zip(axes.inputs[1:], shape, strict=True))
        given = self.output_sizes if isinstance(self.output_sizes, tuple) else (self.output_sizes,)
        named = self._parts()[2]
        letters = named[3:] if named.startswith("...") else named[1:]
        found = dict(zip(letters, given, strict=False))
        wrong = [letter for letter, size in found.items() if size is not None and sizes.get(letter, size) != size]
        unknown = [letter for letter in axes.output[1:] if found.get(letter) is None and letter not in sizes]
        if len(given) != len(letters) or wrong or unknown:
            raise ShapeError(
                f"EinsumDense({self.equation!r}, {self.output_sizes}): got inputs of shape {tuple(shape)}; the sizes "
                f"of the output must be one for each axis of {letters!r} and agree with the inputs."
            )
        return axes, {**{letter: size for letter, size in found.items() if size is not None}, **sizes}

    def output_shape(self, shape: Shape) -> Shape:
        axes, sizes = self._sizes(shape)
        return tuple(sizes[letter] for letter in axes.output[1:])

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        axes, sizes = self._sizes(shape)
        params = {"kernel": self.kernel_initializer(rng, tuple(sizes[letter] for letter in axes.kernel))}
        if self.bias_axes:
            first = min(axes.output.index(letter) for letter in self.bias_axes)
            own = tuple(sizes[letter] if letter in self.bias_axes else 1 for letter in axes.output[first:])
            params["bias"] = self.bias_initializer(rng, own)
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        potential = jnp.einsum(self.equation, x, params["kernel"].astype(x.dtype))
        return (potential + params["bias"] if self.bias_axes else potential), state

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation
