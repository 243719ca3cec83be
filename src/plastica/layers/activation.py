"""Activation: a non-linearity as a layer of its own."""

from __future__ import annotations

import jax

from .. import activations
from ..activations import Activation as ActivationFunction
from ..declaration import declaration, named_field
from .layer import Layer


@declaration
class Activation(Layer):
    """Apply a non-linearity: a = f(x).

    For a non-linearity after a layer that has none of its own, such as BatchNormalization.

    Args:
        activation: A name ("relu"), an activation or a person's own function.

    Shapes:
        ``(batch, ...)`` in and out.

    Example:
        >>> Activation("relu").output_shape((3, 4))
        (3, 4)
    """

    activation: ActivationFunction = named_field(converter=activations.get)

    @property
    def stepwise(self) -> bool:
        return True

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def output_activation(self) -> ActivationFunction | None:
        return self.activation
