"""ModernHopfield: a memory of trainable patterns, read by attention."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import initializers, regularizers
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..schedules.checks import ABOVE_ZERO, BELOW_ONE, require_numbers
from ..typing import Float
from .layer import Context, Layer, Params, Record, Shape, State
from .noise import dropped
from .records import Variables

MOST_STEPS = 100
ASSOCIATION, ENERGY = "association", "energy"  # among the details of a trace


@declaration
class ModernHopfield(Layer):
    """A modern Hopfield network as a layer: stored patterns are learned, and a state settles near those like it.

    When to use: as a learned memory of prototypes in a network that is trained by backpropagation, such as for few
    rows, or for bags of many instances. ``plastica.memory.AttentionMemory`` stores given patterns instead; the layer
    does so if its keys are set to them.

        p = softmax(beta K s),   s <- K'p             steps - 1 times, from s = x
        z = V'p
        E = -log(sum_mu exp(beta k_mu . s)) / beta + |s|^2 / 2

    with K the keys and V the values. With one step it is attention with x as the query. A large beta reads one pattern,
    a small one the mean of several; the energy never rises.

    Args:
        patterns: The number of stored patterns.
        units: The size of values, and so of the output. None: that of the inputs.
        beta: The inverse temperature at the start. None: 1 / sqrt(features), as in attention.
        learn_beta: Whether beta is learned, as its logarithm.
        steps: The number of updates. One is nearly enough for patterns that are well apart (theorem 4).
        dropout: The fraction of the weights p that is dropped in training, in the last step.
        key_initializer: The initializer of K. Default: normal numbers of variance 1, as normalized inputs have.
        value_initializer: The initializer of V.
        key_regularizer: A penalty on K, added to the loss.
        value_regularizer: A penalty on V.

    Shapes:
        ``(batch, ..., features) -> (batch, ..., units)``; key_kernel ``(patterns, features)``, value_kernel
        ``(patterns, units)``, log_beta a scalar.

    Raises:
        InvalidValue: If a number is below 1, beta is not above 0 or dropout is not from 0 to below 1.
        ShapeError: If inputs have no axis besides the batch.

    Example:
        >>> ModernHopfield(32, units=4).output_shape((10,))
        (4,)

    Reference:
        H. Ramsauer et al., 2021, Hopfield networks is all you need, equations 2, 3 and 10.
    """

    patterns: int
    units: int | None = None
    beta: float | None = None
    learn_beta: bool = False
    steps: int = 1
    dropout: float = 0.0
    key_initializer: Initializer = named_field(
        default=initializers.RandomNormal(stddev=1.0), converter=initializers.get
    )
    value_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    key_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    value_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)

    def __post_init__(self) -> None:
        for name in ("patterns", "units", "steps"):
            value = getattr(self, name)
            if (value is not None or name != "units") and (
                isinstance(value, bool) or not isinstance(value, int) or value < 1
            ):
                raise InvalidValue(f"ModernHopfield({name}={value!r}): expected a whole number of at least 1.")
        if self.steps > MOST_STEPS:
            raise InvalidValue(f"ModernHopfield(steps={self.steps}): expected at most {MOST_STEPS}; a few are enough.")
        require_numbers(self, {"beta": ABOVE_ZERO, "dropout": BELOW_ONE})

    @property
    def stepwise(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError(
                f"ModernHopfield({self.patterns}): got inputs of shape {shape}, one number per row; it works on the "
                "last axis, the features. Pass x.reshape(-1, 1)."
            )
        return (*shape[:-1], shape[-1] if self.units is None else self.units)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        features, units = shape[-1], self.output_shape(shape)[-1]
        params = {
            "key_kernel": self.key_initializer(rng, (self.patterns, features)),
            "value_kernel": self.value_initializer(rng, (self.patterns, units)),
        }
        if self.learn_beta:
            start = features**-0.5 if self.beta is None else self.beta
            params["log_beta"] = np.asarray(np.log(start), params["key_kernel"].dtype)
        return Variables(params, {})

    def synapse(
        self, params: Params, x: Float[Array, "batch *places features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch *places units"], State]:
        weights = self.association(params, self._states(params, x)[-1])
        kept = dropped(weights, self.dropout, weights.shape, context)
        return kept @ params["value_kernel"].astype(x.dtype), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, new_state = super().forward(params, x, state, context, feedback)
        return record._replace(details=lambda: self._details(params, x)), new_state

    def association(
        self, params: Params, states: Float[Array, "batch *places features"]
    ) -> Float[Array, "batch *places patterns"]:
        """Return p, the weight of each stored pattern for states."""
        return jax.nn.softmax(self._scores(params, states), -1)

    def energy(self, params: Params, states: Float[Array, "batch *places features"]) -> Float[Array, "batch *places"]:
        """Return the energy of states, without the constant with which the paper makes it at least 0."""
        beta = self._beta(params, states)
        return jnp.sum(states * states, -1) / 2 - jax.nn.logsumexp(self._scores(params, states), -1) / beta

    def _states(
        self, params: Params, x: Float[Array, "batch *places features"]
    ) -> list[Float[Array, "batch *places features"]]:
        states = [x]
        for _ in range(self.steps - 1):
            states.append(self.association(params, states[-1]) @ params["key_kernel"].astype(x.dtype))
        return states

    def _scores(
        self, params: Params, states: Float[Array, "batch *places features"]
    ) -> Float[Array, "batch *places patterns"]:
        return self._beta(params, states) * (states @ params["key_kernel"].astype(states.dtype).T)

    def _beta(self, params: Params, states: Float[Array, "batch *places features"]) -> Array | float:
        if self.learn_beta:
            return jnp.exp(params["log_beta"]).astype(states.dtype)
        return states.shape[-1] ** -0.5 if self.beta is None else jnp.asarray(self.beta, states.dtype)

    def _details(self, params: Params, x: jax.Array) -> dict[str, jax.Array]:
        states = self._states(params, x)
        energies = jnp.stack([self.energy(params, each) for each in states], -1)
        return {ASSOCIATION: self.association(params, states[-1]), ENERGY: energies}
