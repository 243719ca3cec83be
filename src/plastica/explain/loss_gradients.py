"""Products of the gradients of the losses of rows, plain and with the inverse Hessian of the last layer."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from ..errors import DataError, InvalidValue
from ..layers.layer import INFERENCE, Layer
from ..losses.objective import Objective
from ..model import Model, examples
from ..notes import note
from ..typing import Float, Params, PyTree, State
from .hidden_layers import CutNetwork

AT_ONCE = 8_000_000  # values of gradients that are held at once
MOST_WEIGHTS = 4_000  # of the last layer: a matrix of 128 MB


class LossRows(NamedTuple):
    """Rows and targets, as the network and its loss read them."""

    x: PyTree
    y: PyTree


def trained(method: str, model: object) -> Model:
    """Return a compiled model with a loss; InvalidValue if it is none."""
    if not isinstance(model, Model) or not model.is_compiled or model.objective is None or not model.built:
        raise InvalidValue(note("explain.loss_wanted", method=method))
    return model


def rows_of(model: Model, x: object, y: object, owner: str) -> LossRows:
    """Return checked rows and targets."""
    found = examples.take(model, x, y, owner=owner)
    if isinstance(found.y, tuple) or isinstance(found.x, tuple):
        raise InvalidValue(note("explain.one_input", owner=owner))
    if not len(found.y):
        raise DataError(note("explain.x_no_rows", owner=owner))
    return LossRows(found.x, found.y)


def gradient_products(model: Model, rows: LossRows, training: LossRows) -> Float[np.ndarray, "rows training"]:
    """Return grad l(row) . grad l(training row) for all pairs."""
    assert model.objective is not None
    size = sum(leaf.size for leaf in jax.tree.leaves(model.params))
    step = max(1, AT_ONCE // max(1, size))
    parts = [
        _products(
            model.params, model.state, LossRows(rows.x[start : start + step], rows.y[start : start + step]), training,
            network=model.network, objective=model.objective, at_once=min(256, step),
        )
        for start in range(0, len(rows.y), step)
    ]  # fmt: skip
    return np.concatenate([np.asarray(each, np.float64) for each in parts])


@partial(jax.jit, static_argnames=("network", "objective", "at_once"))
def _products(
    params: Params,
    state: State,
    rows: LossRows,
    training: LossRows,
    *,
    network: Layer,
    objective: Objective,
    at_once: int,
) -> Float[Array, "rows training"]:
    def gradient(row: LossRows) -> Array:
        own = jax.grad(lambda weights: _loss(network, weights, state, network.cast_inputs(row.x), row.y, objective))
        return ravel_pytree(own(params))[0]

    seen = jax.vmap(gradient)(rows)  # (rows, weights)
    return jax.lax.map(lambda row: seen @ gradient(row), training, batch_size=at_once).T


def _loss(network: Layer, params: Params, state: State, x: Array, y: Array, objective: Objective) -> Array:
    """Return the loss of one row."""
    potential = network.synapse(params, x[None], state, INFERENCE)[0]
    answer = potential if objective.at_potential else network.activate(potential)
    return objective.rows(y[None], answer).sum()


def last_layer_products(
    model: Model, network: CutNetwork, rows: LossRows, training: LossRows, damping: float
) -> Float[np.ndarray, "rows training"]:
    """Return 1/n grad l(row) . H^-1 grad l(training row) over the weights of the last layer."""
    size = sum(leaf.size for leaf in jax.tree.leaves(network.params[1]))
    if size > MOST_WEIGHTS:
        raise InvalidValue(
            note(
                "explain.hessian_size",
                weights=f"{size:,}",
                size=f"{8 * size**2 / 1e9:.1f}",
                most=f"{MOST_WEIGHTS:,}",
            )
        )
    assert model.objective is not None
    own = network.params, network.state
    options = {"links": network.links, "objective": model.objective}
    seen = np.asarray(_gradients(rows, *own, **options), np.float64)
    trained_by = np.asarray(_gradients(training, *own, **options), np.float64)
    hessian = np.asarray(_hessian(training, *own, **options), np.float64)
    hessian = (hessian + hessian.T) / 2 + damping * np.eye(size)
    least = np.linalg.eigvalsh(hessian)[0]
    if least <= 1e-9:
        raise InvalidValue(note("explain.hessian_curvature", least=f"{least:.2g}", damping=f"{damping:g}"))
    return seen @ np.linalg.solve(hessian, trained_by.T) / len(training.y)


@partial(jax.jit, static_argnames=("links", "objective"))
def _gradients(
    rows: LossRows,
    params: tuple[Params, ...],
    state: tuple[State, ...],
    *,
    links: tuple[Layer, ...],
    objective: Objective,
) -> Float[Array, "rows weights"]:
    features = _features(rows.x, params[0], state[0], links[0])

    def gradient(row: LossRows) -> Array:
        found = jax.grad(lambda weights: _loss(links[1], weights, state[1], row.x, row.y, objective))(params[1])
        return ravel_pytree(found)[0]

    return jax.vmap(gradient)(LossRows(features, rows.y))


@partial(jax.jit, static_argnames=("links", "objective"))
def _hessian(
    rows: LossRows,
    params: tuple[Params, ...],
    state: tuple[State, ...],
    *,
    links: tuple[Layer, ...],
    objective: Objective,
) -> Float[Array, "weights weights"]:
    features = _features(rows.x, params[0], state[0], links[0])
    flat, back = ravel_pytree(params[1])

    def mean_loss(weights: Array) -> Array:
        losses = jax.vmap(lambda x, y: _loss(links[1], back(weights), state[1], x, y, objective))(features, rows.y)
        return losses.mean()

    gradient = jax.grad(mean_loss)
    # Row by row of the identity: all rows at once would hold the features that many times.
    return jax.lax.map(lambda unit: jax.vjp(gradient, flat)[1](unit)[0], jnp.eye(len(flat)), batch_size=16)


def _features(x: PyTree, params: Params, state: State, front: Layer) -> Array:
    return front.apply(params, front.cast_inputs(jnp.asarray(x)), state, INFERENCE)[0] if front.children else x
