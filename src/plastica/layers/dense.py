"""Dense: a fully connected layer."""

from __future__ import annotations

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
from .kernels.product import add_bias, product
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class Dense(Layer):
    """A fully connected layer: z = x W + b, a = f(z).

    The basic layer for rows of a table, and the usual last layer of a network.

    Args:
        units: The number of units, which is the size of the output.
        activation: f. Default: the identity, as required for regression outputs.
        use_bias: Whether to add the bias b.
        kernel_initializer: The initializer of W. The default (Glorot, Bengio 2010) keeps variances constant through
            tanh and softmax layers.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.
        kernel_constraint: The constraint on W after each step, such as MaxNorm(3).
        bias_constraint: The constraint on b after each step, such as NonNeg().

    Shapes:
        ``(batch, ..., features) -> (batch, ..., units)``; kernel ``(features, units)``, bias ``(units,)``. Inputs with
        more axes, such as the steps of a sequence, go through the same weights position by position.

    Raises:
        InvalidValue: If ``units`` is below 1.
        ShapeError: If inputs have no axis besides the batch.

    Example:
        >>> import numpy as np
        >>> Dense(3, activation="relu").output_shape((8,))
        (3,)
        >>> Dense(3).output_shape((50, 8))
        (50, 3)
    """

    units: int
    activation: Activation = named_field(default="linear", converter=activations.get)
    use_bias: bool = True
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"Dense(units={self.units!r}): units must be a whole number of at least 1.")

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError(
                f"Dense({self.units}): got inputs of shape {shape}, one number per row; Dense works on the last axis, "
                "the features. Pass x.reshape(-1, 1)."
            )
        return (*shape[:-1], self.units)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params = {"kernel": self.kernel_initializer(rng, (shape[-1], self.units))}
        if self.use_bias:
            params["bias"] = self.bias_initializer(rng, (self.units,))
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        # Beside a layer that walks in time both transpose, and XLA leaves out what meets: spikes stay time-major.
        steps_first = context.steps_first and x.ndim == 3
        seen = jnp.swapaxes(x, 0, 1) if steps_first else x
        potential = seen.reshape(-1, x.shape[-1]) if x.ndim > 2 else seen  # (batch * positions, features)
        potential = product(potential, params["kernel"])
        potential = add_bias(potential, params["bias"]) if self.use_bias else potential
        potential = potential.reshape(*seen.shape[:-1], potential.shape[-1])  # (batch, ..., units)
        return (jnp.swapaxes(potential, 0, 1) if steps_first else potential), state

    def matrix(self, params: Params, state: State) -> jax.Array | None:
        return params["kernel"] if type(self).synapse is Dense.synapse else None

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.activation(potential)

    @property
    def pads_units(self) -> bool:
        # Not of activations that are derived from one that keeps zero.
        return self.takes_padding and bool(vars(type(self.activation)).get("keeps_zero"))

    @property
    def takes_padding(self) -> bool:
        own = (self.kernel_regularizer, self.bias_regularizer, self.kernel_constraint, self.bias_constraint)
        own = (*own, self.activity_regularizer)
        return all(each is None for each in own) and type(self) is Dense

    @property
    def linear_units(self) -> bool:
        return True

    @property
    def output_activation(self) -> Activation | None:
        return self.activation
