"""Dense: every unit listens to every input."""

from __future__ import annotations

import jax
import numpy as np

from .. import activations, initializers, regularizers
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.product import add_bias, product
from .layer import Context, Layer, Params, Shape, State, Variables


@declaration
class Dense(Layer):
    """Every unit listens to every input: z = a W + b, a = f(z).

    The layer to begin with for rows of a table, and the usual last layer of any network.

    Args:
        units: How many units, so how many numbers come out.
        activation: f; the identity by default, so that a regression needs no other word.
        use_bias: Whether b is there.
        kernel_initializer: How W starts; Glorot and Bengio (2010) keeps variances level through tanh and
            softmax layers.
        bias_initializer: How b starts.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.

    Shapes:
        ``(batch, features) -> (batch, units)``; kernel ``(features, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: For units below 1.
        ShapeError: For inputs with more than one axis beside the batch.

    Example:
        >>> import numpy as np
        >>> Dense(3, activation="relu").output_shape((8,))
        (3,)
    """

    units: int
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"Dense(units={self.units!r}): units must be a whole number of at least 1.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"Dense({self.units}): got inputs of shape {shape}; Dense works on one axis of features. "
                "Put Flatten() before it."
            )
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params = {"kernel": self.kernel_initializer(rng, (shape[-1], self.units))}
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.units,))
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        potential = product(x, params["kernel"])
        return (add_bias(potential, params["bias"]) if self.use_bias else potential), state

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def linear_units(self) -> bool:
        return True

    @property
    def output_activation(self) -> Activation | None:
        return self.activation
