"""Mixture: the weighted mean of the predictions of several networks."""

from __future__ import annotations

from functools import reduce
from operator import add

import jax

from .. import activations
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from .layer import Shape
from .merge import Elementwise


@declaration
class Mixture(Elementwise):
    """The weighted mean of several inputs, a = sum over m of w_m a_m.

    When to use: as the output of an ensemble that is one network. Unlike :class:`~plastica.layers.Average` it has the
    activation that the inputs have, so that losses take it for probabilities: its potential is the inverse of the
    activation at the mean, such as log(a) for softmax.

    Args:
        weights: The weight of each input.
        activation: The activation of the inputs: softmax, sigmoid or linear.

    Shapes:
        Several ``(batch, ...)`` to ``(batch, ...)``.

    Raises:
        InvalidValue: If there are no weights, or the activation has no inverse.
        ShapeError: If there are not as many inputs as weights, or their shapes differ.

    Example:
        >>> from plastica.layers import Dense, Input
        >>> x = Input((4,))
        >>> Mixture((0.5, 0.5), "softmax")([Dense(3, "softmax")(x), Dense(3, "softmax")(x)]).shape
        (None, 3)
    """

    weights: tuple[float, ...]
    activation: Activation = named_field(default="linear", converter=activations.get)

    def __post_init__(self) -> None:
        if not self.weights:
            raise InvalidValue("Mixture(weights=()): expected a weight for each input.")
        if not self.activation.has_inverse:
            raise InvalidValue(
                f"Mixture(activation={self.activation!r}): it has no inverse; expected softmax, sigmoid or linear."
            )

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != len(self.weights):
            raise ShapeError(f"Mixture: {len(shape)} inputs for {len(self.weights)} weights.")
        return super().output_shape(shape)

    def merge(self, inputs: tuple[jax.Array, ...]) -> jax.Array:
        mean = reduce(add, (weight * each for weight, each in zip(self.weights, inputs, strict=True)))
        return self.activation.inverse(mean)

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.activation
