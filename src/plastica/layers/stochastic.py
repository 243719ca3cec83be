"""StochasticBinary: units that are on or off by chance."""

from __future__ import annotations

import jax
import numpy as np

from .. import activations, initializers, random, regularizers
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.product import add_bias, product
from .layer import INFERENCE, Context, Layer, Params, Record, Shape, State, Variables


@declaration
class StochasticBinary(Layer):
    """Units that are 1 with the probability that a sigmoid unit would answer, else 0.

    For hidden codes of bits, and as a strong regularizer: a unit can tell the next layer one bit at a time. In
    training each unit draws; in prediction it answers the probability.

        p = sigmoid(x W + b),   training: h = 1 with probability p, else 0;   prediction: h = p

    A draw has no derivative. Errors travel back as if h were p, straight through the draw:

        dC/dz = dC/dh p (1 - p)

    which is the exact gradient of the expected cost where the cost is linear in h, and else an estimate that leans.
    (The paper also tries it without the factor p (1 - p).) As the draw needs a key, it happens in the synapse: the
    layer's potential is its activity.

    Args:
        units: How many units.
        kernel_initializer: How W starts.
        bias_initializer: How b starts.
        kernel_regularizer: A penalty on W, added to the loss.
        bias_regularizer: A penalty on b, added to the loss.

    Shapes:
        ``(batch, features) -> (batch, units)``; kernel ``(features, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: For units below 1.
        ShapeError: For inputs with more than one axis beside the batch.

    Example:
        >>> StochasticBinary(3).output_shape((8,))
        (3,)

    Reference:
        Bengio, Leonard, Courville (2013), Estimating or propagating gradients through stochastic neurons for
        conditional computation, section 4, the straight-through estimator.
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

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        p = activations.Sigmoid()(add_bias(product(x, params["kernel"]), params["bias"]))
        if not context.training or context.key is None:
            return p, state
        drawn = random.bernoulli(context.key, jax.lax.stop_gradient(p), p.shape).astype(p.dtype)
        # In this order the sum is 0 or 1 to the bit.
        return drawn + (p - jax.lax.stop_gradient(p)), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params = None
    ) -> tuple[Record, State]:
        record, new_state = super().forward(params, x, state, context)
        if feedback is None:
            return record, new_state
        # Other weights carry the error back, but the slope stays where the units stand.
        p, _ = self.synapse(params, x, state, INFERENCE)
        _, back = jax.vjp(lambda a: product(a, feedback["kernel"]), x)

        def pull(delta: jax.Array) -> tuple[Params, jax.Array]:
            return record.pull_synapse(delta)[0], back(p * (1 - p) * delta)[0]

        return record._replace(pull_synapse=pull), new_state
