"""StochasticBinary: units that are randomly 0 or 1."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from .. import activations, initializers, random, regularizers
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..typing import Float
from .kernels.product import add_bias, product
from .layer import INFERENCE, Context, Layer, Params, Record, Shape, State
from .records import Variables


@declaration
class StochasticBinary(Layer):
    """Units that are 1 with the probability given by a sigmoid, else 0.

    When to use: for binary hidden codes, and as a strong regularizer: a unit passes on one bit at a time. In training
    each unit is sampled; in prediction it returns the probability.

        p = sigmoid(x W + b),   training: h = 1 with probability p, else 0;   prediction: h = p

    Sampling has no derivative. Errors propagate back as if h were p (the straight-through estimator):

        dC/dz = dC/dh p (1 - p)

    This is the exact gradient of the expected cost if the cost is linear in h, and otherwise a biased estimate. (The
    paper also tries it without the factor p (1 - p).) Sampling needs a key, so it is done in the synapse: the potential
    of the layer is its activity.

    Args:
        units: The number of units.
        kernel_initializer: The initializer of W.
        bias_initializer: The initializer of b.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.

    Shapes:
        ``(batch, features) -> (batch, units)``; kernel ``(features, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If ``units`` is below 1.
        ShapeError: If inputs do not have exactly one axis besides the batch.

    Example:
        >>> StochasticBinary(3).output_shape((8,))
        (3,)

    Reference:
        Y. Bengio, N. Léonard, A. Courville, 2013, Estimating or propagating gradients through stochastic neurons for
        conditional computation, section 4 (the straight-through estimator).
    """

    units: int
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"StochasticBinary(units={self.units!r}): units must be a whole number of at least 1.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"StochasticBinary({self.units}): got inputs of shape {shape}; it works on one axis of features. "
                "Put Flatten() before it."
            )
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        kernel = self.kernel_initializer(rng, (shape[-1], self.units))
        return Variables({"kernel": kernel, "bias": self.bias_initializer(rng, (self.units,))}, {})

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch units"], State]:
        p = activations.Sigmoid()(add_bias(product(x, params["kernel"]), params["bias"]))
        if not context.training or context.key is None:
            return p, state
        drawn = random.bernoulli(context.key, jax.lax.stop_gradient(p), p.shape).astype(p.dtype)
        # (p - p) is exactly 0, so in this order of operations the sum is exactly 0 or 1.
        return drawn + (p - jax.lax.stop_gradient(p)), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, new_state = super().forward(params, x, state, context)
        if feedback is None:
            return record, new_state
        # Other weights propagate the error back, but the slope p (1 - p) is that of the actual potential.
        p, _ = self.synapse(params, x, state, INFERENCE)
        _, back = jax.vjp(lambda a: product(a, feedback["kernel"]), x)

        def pull(delta: Float[Array, "batch units"]) -> tuple[Params, Float[Array, "batch features"]]:
            return record.pull_synapse(delta)[0], back(p * (1 - p) * delta)[0]

        return record._replace(pull_synapse=pull), new_state
