"""GaussianSampling: a code drawn from a normal distribution, for variational autoencoders."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .activity import added, mean_over_rows
from .layer import Context, Layer, Params, Shape, State

KL_COST = "kl"


@declaration
class GaussianSampling(Layer):
    """Draw a code from a normal distribution whose mean and log variance are the inputs.

    The middle of a variational autoencoder: it reads twice as many numbers as it returns, the means μ first, then the
    log variances log σ². In training it draws, in prediction it returns the mean:

        z = μ + σ ε, ε from N(0, 1)

    It adds the Kullback-Leibler divergence from N(0, 1), a mean over rows, to the loss; the history shows it as ``kl``:

        kl = kl_weight ½ Σ (μ² + σ² - 1 - log σ²)

    Args:
        kl_weight: The weight of the divergence, β in a β-VAE. 1 with a loss that is a sum over the outputs. Most losses
            are a mean over the outputs; 1 divided by their number then gives the evidence lower bound divided by it.

    Shapes:
        ``(batch, ..., 2 units) -> (batch, ..., units)``.

    Raises:
        InvalidValue: If ``kl_weight`` is negative.
        ShapeError: If the number of inputs is odd.

    Example:
        >>> GaussianSampling(kl_weight=0.1).output_shape((16,))
        (8,)

    Reference:
        Kingma, Welling (2014), Auto-encoding variational Bayes, equations 9 and 10; Higgins et al. (2017),
        beta-VAE, for the weight.
    """

    kl_weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.kl_weight < float("inf"):
            raise InvalidValue(f"GaussianSampling(kl_weight={self.kl_weight}): it must be finite and not negative.")

    def output_shape(self, shape: Shape) -> Shape:
        if not shape or shape[-1] % 2:
            raise ShapeError(
                f"GaussianSampling: got inputs of shape {shape}; expected an even number of features, the means first "
                "and then as many log variances. For a code of 8 numbers put Dense(16) before it."
            )
        return (*shape[:-1], shape[-1] // 2)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        mean, log_variance = jnp.split(x, 2, axis=-1)
        if not context.training or context.key is None:
            return mean, state
        noise = random.normal(context.key, mean.shape).astype(mean.dtype)
        return mean + jnp.exp(log_variance / 2) * noise, state

    @property
    def cost_names(self) -> tuple[str, ...]:
        return (*super().cost_names, KL_COST)

    def costs(self, params: Params, x: jax.Array, potential: jax.Array, context: Context) -> dict[str, jax.Array]:
        mean, log_variance = jnp.split(x, 2, axis=-1)
        divergence = (mean**2 + jnp.exp(log_variance) - 1 - log_variance) / 2
        own = {KL_COST: self.kl_weight * mean_over_rows(divergence, context.mask)}
        return added(super().costs(params, x, potential, context), own)
