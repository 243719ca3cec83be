"""The probe: one compiled program that measures what a step of training does in every layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..activations import Activation, LogSoftmax, Softmax, Sparsemax
from ..layers import freezing
from ..layers.layer import Layer, Record
from ..layers.spiking.firing import EXPLODING, spike_step, spikes_per_step
from ..layers.walk import walk
from ..rules import Batch
from ..rules.backprop import send_back
from ..rules.masking import for_loss, real_steps
from ..rules.rule import loss_of
from ..training import Learner, Supervised
from ..training.supervised import answered, context_of
from ..typing import Float, Params, PyTree

# A unit is saturated in a row if its slope is below this share of the largest slope of the activation: tanh beyond
# about 2.2, where the output is within 2.5 % of its end.
FLAT = 0.05
MOST_OF = 0.8  # of the rows, in which a saturated unit is so
# The lengths of a step, as multiples of the one that training makes, at which the loss is computed.
LENGTHS = (0.0, 0.1, 1.0, 10.0, 100.0)
GRID = 6.0  # activations are steepest between -6 and 6
NOT_ELEMENTWISE = (Softmax, LogSoftmax, Sparsemax)


class LayerMeasures(NamedTuple):
    """What is measured of one layer, each a scalar; NaN where the layer has no such quantity.

    Attributes:
        activity: The root mean square of the activity.
        spread: The mean over units of the standard deviation of the activity over rows.
        dead: The share of units whose slope is 0 in every row and place, so that no error passes through them.
        saturated: The share of units whose slope is nearly 0 in 80 % of the rows; only of activations with two ends.
        error: The norm of the error at the potential, dC/dz; NaN unless the rule follows the gradient.
        gradient: The norm of the gradient of all parameters; likewise.
        weight: The norm of the parameters with two axes or more.
        update: The norm of their change in the step.
        silent: The share of spiking units that spike in no row.
        exploding: The share of spiking units that spike in more than half of the steps.
        rate: The mean rate of spiking units, in spikes per second.
    """

    activity: Float[Array, ""]
    spread: Float[Array, ""]
    dead: Float[Array, ""]
    saturated: Float[Array, ""]
    error: Float[Array, ""]
    gradient: Float[Array, ""]
    weight: Float[Array, ""]
    update: Float[Array, ""]
    silent: Float[Array, ""]
    exploding: Float[Array, ""]
    rate: Float[Array, ""]


class Measures(NamedTuple):
    """What the probe measures.

    Attributes:
        loss: The loss of the batch, without penalties, as in training.
        gradient: The norm of the gradient; NaN unless the rule follows it.
        along: The loss with steps of :data:`LENGTHS`, ``(lengths,)``; NaN without a loss.
        layers: The measures of each layer, in the order of :func:`~plastica.layers.walk.walk`.
    """

    loss: Float[Array, ""]
    gradient: Float[Array, ""]
    along: Float[Array, "lengths"]
    layers: tuple[LayerMeasures, ...]


def probe(program: Supervised, learner: Learner, batch: Batch, key: Array) -> Measures:
    """Measure a step of training that is not made.

    Args:
        program: What is trained.
        learner: The state before the step.
        batch: The rows of the step.
        key: The randomness of the step.
    """
    network, objective = program.network, program.objective
    context, mask = context_of(batch, key), real_steps(network, batch)
    shown = for_loss(batch, mask)
    made, figures = program.step(learner, batch, key)
    record, _ = network.forward(learner.params, batch.x, learner.state, context)
    errors = None
    if objective is not None and program.rule.follows_gradient:
        _, errors = send_back(network, record, shown, objective)
    records = list(walk(network, record))
    sent = [None] * len(records) if errors is None else [part for _, _, part in walk(network, errors)]
    before, after = ([own for _, _, own in walk(network, tree)] for tree in (learner.params, made.params))
    layers = tuple(
        _of_layer(layer, part, error, old, new, batch)
        for (_, layer, part), error, old, new in zip(records, sent, before, after, strict=True)
    )
    nothing = jnp.full((), jnp.nan)
    gradient = nothing if errors is None else _norm(freezing.trainable_part(network, errors.gradient))
    if objective is None:
        return Measures(figures.loss, gradient, jnp.full(len(LENGTHS), jnp.nan), layers)

    def loss_at(length: Array) -> Array:
        params = jax.tree.map(lambda old, new: old + length * (new - old), learner.params, made.params)
        answer = answered(network, params, batch.x, learner.state, context)
        return loss_of(objective, shown, answer.potential, answer.activity)

    return Measures(figures.loss, gradient, jax.lax.map(loss_at, jnp.asarray(LENGTHS)), layers)


def _of_layer(layer: Layer, part: Record, error: PyTree, old: Params, new: Params, batch: Batch) -> LayerMeasures:
    nothing = jnp.full((), jnp.nan)
    activity, potential = part.activity, part.potential
    rms = spread = dead = saturated = silent = exploding = rate = nothing
    if isinstance(activity, Array) and jnp.issubdtype(activity.dtype, jnp.floating) and activity.ndim > 1:
        real = jnp.arange(activity.shape[0]) < batch.size
        rms = jnp.sqrt(_mean_of_rows(jnp.square(activity), real))
        spread = _spread(activity, real)
        function = layer.output_activation
        if function is not None and isinstance(potential, Array) and not isinstance(function, NOT_ELEMENTWISE):
            slope = jnp.abs(part.pull_activation(jnp.ones_like(activity)))
            dead = _share(slope == 0, real, 1.0)
            if all(map(math.isfinite, function.output_range)):
                saturated = _share(slope < FLAT * _steepest(function, slope.dtype), real, MOST_OF)
        fired, dt = spikes_per_step(layer, activity, real), spike_step(layer)
        if fired is not None and dt is not None:
            silent, exploding, rate = jnp.mean(fired == 0), jnp.mean(fired > EXPLODING), 1000 / dt * jnp.mean(fired)
    own = [(one, other) for one, other in zip(_matrices(old), _matrices(new), strict=True)]
    weight = _norm([one for one, _ in own]) if own else nothing
    update = _norm([other - one for one, other in own]) if own else nothing
    sent = nothing if error is None else _norm(error.delta)
    gradient = nothing if error is None or not jax.tree.leaves(old) else _norm(error.gradient)
    return LayerMeasures(rms, spread, dead, saturated, sent, gradient, weight, update, silent, exploding, rate)


def _share(flags: Array, real: Array, part: float) -> Array:
    """Return the share of units, the last axis, whose flag is set in at least a part of the rows and places."""
    rows = real.reshape(-1, *(1,) * (flags.ndim - 1))
    axes = tuple(range(flags.ndim - 1))
    places = flags.size // (flags.shape[0] * flags.shape[-1])
    counted = jnp.sum(flags & rows, axis=axes) / jnp.maximum(real.sum() * places, 1)
    return jnp.mean(counted >= part)


def _spread(activity: Array, real: Array) -> Array:
    """Return the mean over units and places of the standard deviation over rows."""
    rows = real.reshape(-1, *(1,) * (activity.ndim - 1)).astype(activity.dtype)
    count = jnp.maximum(rows.sum(), 1)
    mean = (activity * rows).sum(0) / count
    return jnp.sqrt((jnp.square(activity - mean) * rows).sum(0) / count).mean()


def _mean_of_rows(values: Array, real: Array) -> Array:
    own = values.reshape(values.shape[0], -1).mean(1)
    return jnp.sum(own * real) / jnp.maximum(real.sum(), 1)


def _steepest(function: Activation, dtype: jnp.dtype) -> Array:
    grid = jnp.linspace(-GRID, GRID, 241, dtype=dtype)
    return jnp.max(jnp.abs(jax.grad(lambda z: function(z).sum())(grid)))


def _matrices(params: Params) -> Iterator[Array]:
    return (leaf for leaf in jax.tree.leaves(params) if jnp.ndim(leaf) > 1)


def _norm(tree: PyTree) -> Array:
    leaves = [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return jnp.sqrt(sum((jnp.sum(jnp.square(leaf)) for leaf in leaves), jnp.zeros(())))
