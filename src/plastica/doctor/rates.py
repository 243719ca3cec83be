"""Findings of the learning rate, the batch size and the statistics of batches, from derivatives of the loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..checks.findings import Finding, observed
from ..errors import PlasticaError
from ..layers import BatchNormalization
from ..layers.layer import INFERENCE
from ..layers.walk import walk
from ..model import Model
from ..populations import sharpness
from ..random import Key
from ..rules import Batch
from ..rules.masking import for_loss, real_steps
from ..rules.rule import loss_of
from ..training import Learner, Supervised
from ..training.compiled import to_run_once
from ..training.supervised import answered, context_of, is_real
from ..typing import Float, PyTree
from .looks import StepLook
from .sources import MCCANDLISH, MEASURED, STABILITY

BEYOND, FAR_BEYOND = 1.5, 2.0  # gradient descent settles at about 1, see STABILITY
ROWS, PRODUCTS = 256, 20
UNSETTLED = 1.5
PARTS = 8  # of the batch, whose gradients differ by the noise
MUCH_NOISE = 20.0  # at B = noise / 20, a step makes a twentieth of the progress that the full gradient would make


class RateBound(NamedTuple):
    """The largest learning rate with which gradient descent is stable on a quadratic loss.

    Attributes:
        rate: The learning rate of the model.
        bound: The largest one.
        curvature: The largest eigenvalue of the Hessian of the loss.
    """

    rate: float
    bound: float
    curvature: float


def rate_bound(model: Model, x: PyTree, y: PyTree) -> RateBound | None:
    """Return the bound of the learning rate; None if it is not known, as for Adam, or the curvature is not above 0."""
    compiled = model.compiled
    known = compiled.own is None and compiled.rule.follows_gradient and compiled.optimizer.stable_rate(1.0) is not None
    if not known or compiled.loss is None:
        return None
    try:
        curvature = sharpness(model, x, y, rows=ROWS, steps=PRODUCTS)
    except PlasticaError:  # the second derivatives are not finite
        return None
    bound = compiled.optimizer.stable_rate(curvature) if curvature > 0 else None
    return None if bound is None else RateBound(model.learning_rate, bound, curvature)


def rate_above_bound(found: RateBound | None) -> Iterator[Finding]:
    """Find a learning rate above 2 / lambda_max."""
    if found is None or found.rate < BEYOND * found.bound:
        return
    times = found.rate / found.bound
    yield observed(
        "rate_above_bound",
        "serious" if times > FAR_BEYOND else "warning",
        where=f"{found.rate:.3g}",
        value=times,
        threshold=BEYOND,
        source=STABILITY,
        certainty="certain" if times > FAR_BEYOND else "likely",
        remedy=f"SGD({found.bound / 2:.2g})",
        times=f"{times:.3g}",
        bound=f"{found.bound:.3g}",
        limit=f"{BEYOND:g}",
        curvature=f"{found.curvature:.3g}",
    )


def batch_statistics(program: Supervised, learner: Learner, batch: Batch, look: StepLook) -> Iterator[Finding]:
    """Find running statistics with which the same rows have another loss than with those of the batch."""
    if not any(isinstance(layer, BatchNormalization) for _, layer, _ in walk(program.network)):
        return
    if program.objective is None or not look.along[0] > 0:
        return
    inference = float(inference_loss(program, learner, batch))
    times = inference / look.along[0]
    if times > UNSETTLED:
        yield observed(
            "batch_statistics",
            "serious" if times > 3 * UNSETTLED else "warning",
            value=times,
            threshold=UNSETTLED,
            source=MEASURED,
            certainty="likely",
            remedy="BatchNormalization(momentum=0.9)",
            inference=f"{inference:.3g}",
            training=f"{look.along[0]:.3g}",
            times=f"{times:.3g}",
            limit=f"{UNSETTLED:g}",
        )


@jax.jit
def inference_loss(program: Supervised, learner: Learner, batch: Batch) -> Float[Array, ""]:
    """Return the loss of a batch as predictions have it: with running statistics, without dropout."""
    network, mask = program.network, real_steps(program.network, batch)
    context = INFERENCE._replace(mask=is_real(batch))
    answer = answered(network, learner.params, batch.x, learner.state, context)
    assert program.objective is not None
    return loss_of(program.objective, for_loss(batch, mask), answer.potential, answer.activity)


def noise_scale(program: Supervised, learner: Learner, batch: Batch, key: Key) -> float | None:
    """Return the gradient noise scale in rows: the batch size at which noise and gradient have the same size.

    B = tr(S) / |G|^2 with S the covariance of the gradients of single rows and G the gradient, both estimated without
    bias from the gradients of the batch and of eight parts of it. None if the gradient is lost in its noise.

    Args:
        program: What is trained, by a rule that follows the gradient of an objective.
        learner: The state.
        batch: At least 16 rows, without fillers.
        key: The randomness of the pass.

    Reference:
        S. McCandlish, J. Kaplan, D. Amodei, 2018, An empirical model of large-batch training, appendix A.1.
    """
    rows = int(batch.size)
    size = rows // PARTS
    if size < 2 or batch.within is not None:
        return None
    cut = jax.tree.map(lambda part: part[: size * PARTS], (batch.x, batch.y))
    parts = jax.tree.map(lambda part: part.reshape(PARTS, size, *part.shape[1:]), cut)
    small, big = (float(value) for value in to_run_once(_squares)(program, learner, parts, jax.device_put(key)))
    whole = size * PARTS
    signal = (whole * big - size * small) / (whole - size)
    noise = (small - big) / (1 / size - 1 / whole)
    return noise / signal if signal > 0 and noise > 0 else None


def small_batches(scale: float | None, batch_size: int) -> Iterator[Finding]:
    """Advise larger batches where the gradient of a batch is mostly noise."""
    if scale is None or not scale > MUCH_NOISE * batch_size:
        return
    advised = 1 << int(np.log2(min(scale, 16 * batch_size)))
    yield observed(
        "small_batches",
        "note",
        value=scale,
        threshold=MUCH_NOISE * batch_size,
        source=MCCANDLISH,
        certainty="possible",
        remedy=f"batch_size={advised}",
        scale=round(scale),
        batch=batch_size,
    )


def _squares(program: Supervised, learner: Learner, parts: PyTree, key: Array) -> tuple[Array, Array]:
    """Return the mean squared norm of the gradients of the parts, and the squared norm of their mean."""

    def gradient(part: PyTree) -> Array:
        x, y = part
        rows = jax.tree.leaves(x)[0].shape[0]
        own = Batch(x, y, jnp.ones(rows), jnp.float32(rows))
        mask = real_steps(program.network, own)

        def loss(params: PyTree) -> Array:
            answer = answered(program.network, params, own.x, learner.state, context_of(own, key))
            assert program.objective is not None
            return loss_of(program.objective, for_loss(own, mask), answer.potential, answer.activity)

        return jax.flatten_util.ravel_pytree(jax.grad(loss)(learner.params))[0]

    each = jax.lax.map(gradient, parts)
    return jnp.square(each).sum(1).mean(), jnp.square(each.mean(0)).sum()
