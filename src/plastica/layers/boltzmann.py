"""Restricted Boltzmann machines: visible and hidden units connected by one kernel."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import activations, initializers, random
from ..activations import Activation
from ..declaration import declaration, named_field
from ..errors import DataError, InvalidValue, ShapeError
from ..initializers import Initializer, RandomNormal
from ..random import Key
from ..typing import Float
from .capabilities import PairedUnits
from .kernels.product import add_bias, product
from .layer import Context, Layer, Params, Shape, State
from .records import Variables

VISIBLE = ("binary", "gaussian")


@declaration
class RestrictedBoltzmann(Layer, PairedUnits):
    """A restricted Boltzmann machine: a model of the distribution of its inputs with hidden units.

    When to use: for features that are learned without targets, for samples, and as the layers of a deep belief network.
    It is trained by :class:`~plastica.rules.ContrastiveDivergence`. In a forward pass it returns the probabilities of
    the hidden units, like a sigmoid layer, so that any rule can continue to train it.

        E(v, h) = -v'Wh - b'h - c'v                  binary v;   p(v, h) = exp(-E) / Z
        E(v, h) = |v - c|^2 / 2 - v'Wh - b'h         gaussian v
        p(h_j = 1 | v) = sigmoid(v'W + b)_j
        p(v_i = 1 | h) = sigmoid(Wh + c)_i           gaussian: v_i normal with mean (Wh + c)_i and variance 1
        F(v) = -c'v - sum_j softplus(v'W + b)_j      gaussian: |v - c|^2 / 2 instead of -c'v

    with W the kernel, b the bias, c the visible bias and F the free energy, p(v) = exp(-F(v)) / Z.

    Args:
        units: The number of hidden units.
        visible: ``"binary"`` for inputs from 0 to 1, the probabilities of being 1; ``"gaussian"`` for inputs scaled to
            mean 0 and variance 1, such as the columns of a table.
        kernel_initializer: The initializer of W. Default: normal numbers with standard deviation 0.01, as in the guide.
        bias_initializer: The initializer of b.
        visible_bias_initializer: The initializer of c.

    Shapes:
        ``(batch, features) -> (batch, units)``; kernel ``(features, units)``, bias ``(units,)``, visible bias
        ``(features,)``.

    Raises:
        InvalidValue: If ``units`` is below 1 or ``visible`` unknown.
        ShapeError: If inputs do not have exactly one axis besides the batch.
        DataError: From ``check_input``, for data outside 0 to 1 if the visible units are binary.

    Example:
        >>> RestrictedBoltzmann(3).output_shape((8,))
        (3,)

    Reference:
        G. E. Hinton, 2010, A practical guide to training restricted Boltzmann machines, eq. 1 to 8, sections 8 and
        13.2.
    """

    units: int
    visible: str = "binary"
    kernel_initializer: Initializer = named_field(default=RandomNormal(stddev=0.01), converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    visible_bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"RestrictedBoltzmann(units={self.units!r}): units must be a whole number, 1 or more.")
        if self.visible not in VISIBLE:
            raise InvalidValue(f'RestrictedBoltzmann(visible={self.visible!r}): expected "binary" or "gaussian".')

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"RestrictedBoltzmann({self.units}): got inputs of shape {shape}; it works on one axis of features. "
                "Put Flatten() before it."
            )
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        params = {
            "kernel": self.kernel_initializer(rng, (shape[-1], self.units)),
            "bias": self.bias_initializer(rng, (self.units,)),
            "visible_bias": self.visible_bias_initializer(rng, (shape[-1],)),
        }
        return Variables(params, {})

    def check_input(self, x: np.ndarray) -> None:
        if self.visible == "binary" and (x.min() < 0 or x.max() > 1):
            raise DataError(
                f"RestrictedBoltzmann({self.units}): got inputs from {x.min():.4g} to {x.max():.4g}; its binary "
                "visible units need probabilities, 0 to 1. Scale the inputs (images: x / 255), or use "
                'visible="gaussian" with inputs of mean 0 and variance 1.'
            )

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch units"], State]:
        return add_bias(product(x, params["kernel"]), params["bias"]), state

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return activations.Sigmoid()(potential)

    @property
    def linear_units(self) -> bool:
        return True

    @property
    def output_activation(self) -> Activation | None:
        return activations.Sigmoid()

    @property
    def has_binary_inputs(self) -> bool:
        return self.visible == "binary"

    def hidden_given(self, params: Params, v: Float[Array, "rows features"]) -> Float[Array, "rows units"]:
        """Return p(h = 1 | v)."""
        return self.activate(v @ params["kernel"] + params["bias"])

    def visible_given(self, params: Params, h: Float[Array, "rows units"]) -> Float[Array, "rows features"]:
        """Return the mean of the visible units given hidden ones."""
        potential = h @ params["kernel"].T + params["visible_bias"]
        return potential if self.visible == "gaussian" else activations.Sigmoid()(potential)

    def draw_hidden(self, probability: Float[Array, "rows units"], key: Key) -> Float[Array, "rows units"]:
        """Return hidden units, 0 or 1, sampled with these probabilities."""
        return random.bernoulli(key, probability, probability.shape).astype(probability.dtype)

    def draw_visible(self, mean: Float[Array, "rows features"], key: Key) -> Float[Array, "rows features"]:
        """Return visible units sampled with these means: 0 or 1, or normal with variance 1."""
        if self.visible == "gaussian":
            return mean + random.normal(key, mean.shape).astype(mean.dtype)
        return self.draw_hidden(mean, key)

    def free_energy(self, params: Params, v: Float[Array, "rows features"]) -> Float[Array, "rows"]:
        """Return F(v); exp(-F) is proportional to the probability of v."""
        hidden = jnp.sum(activations.Softplus()(v @ params["kernel"] + params["bias"]), -1)
        if self.visible == "gaussian":
            apart = v - params["visible_bias"]
            return jnp.sum(apart * apart, -1) / 2 - hidden
        return -(v @ params["visible_bias"]) - hidden
