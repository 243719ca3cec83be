"""How strongly the loss depends on what a layer read at each earlier step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue, ShapeError, UnknownName
from ..layers.layer import Context, Layer
from ..layers.walk import walk
from ..losses import Objective
from ..rules.alignment import whole_batch
from ..rules.backprop import send_back
from ..rules.masking import for_loss, real_steps
from ..training.cache import keep_compiled_programs
from ..training.compiled import to_run_once
from ..typing import ArrayTree, Float, Params, PyTree, State


def gradient_by_lag(
    network: Layer, params: Params, state: State, x: PyTree, y: PyTree, objective: Objective, layer: str | None
) -> Float[np.ndarray, "lags"]:
    """Return the mean norm of dC/dx of each step of a layer's inputs, the last step first; see the model's method."""
    keep_compiled_programs()
    x, y = jax.tree.map(np.asarray, (x, y))
    norms = jax.device_get(to_run_once(_norms)(network, params, state, x, y, objective))
    found = {path: each for (path, _, _), each in zip(walk(network), norms, strict=True)}
    # Lags count from the last step backwards.
    return found[_chosen(found, layer)][::-1]


def _norms(
    network: Layer, params: Params, state: State, x: PyTree, y: PyTree, objective: Objective
) -> list[Float[Array, "time"] | None]:
    """Return the mean norm of dC/dx of each step of each layer's inputs; None for a layer that reads no sequences."""
    batch = whole_batch(x, y, 0)
    # Padded steps have no loss; otherwise short sequences would seem to remember longest.
    batch = for_loss(batch, real_steps(network, batch))
    record, _ = network.forward(params, batch.x, state, Context())
    _, errors = send_back(network, record, batch, objective)
    return [
        _norm(error.input_delta, batch.size) if _is_sequence(part.input) else None
        for (_, _, part), (_, _, error) in zip(walk(network, record), walk(network, errors), strict=True)
    ]


def _norm(delta: Float[Array, "batch time ..."], rows: Float[Array, ""]) -> Float[Array, "time"]:
    # The loss is a mean over rows: each row's own derivative is larger by their number.
    return jnp.mean(jnp.sqrt(jnp.square(delta).sum(tuple(range(2, delta.ndim)))) * rows, 0)


def _chosen(found: dict[str, np.ndarray | None], layer: str | None) -> str:
    """Return the path of a layer: the one that was asked for, or the first that reads sequences of numbers.

    Raises:
        UnknownName: If there is no such layer.
        ShapeError: If it does not read sequences.
    """
    sequences = [path for path, norms in found.items() if norms is not None]
    if layer is not None:
        named = [path for path in found if layer in (path, path.rpartition(", ")[2])]
        if not named:
            raise UnknownName(f'gradient_by_lag: no layer "{layer}"; there are: {", ".join(found)}.')
        if named[0] not in sequences:
            raise ShapeError(f"gradient_by_lag: {named[0]} reads no sequences (batch, time, features) of numbers.")
        return named[0]
    if not sequences:
        raise InvalidValue("gradient_by_lag: no layer of this network reads sequences (batch, time, features).")
    return sequences[0]


def _is_sequence(read: ArrayTree) -> bool:
    return isinstance(read, Array) and read.ndim >= 3 and jnp.issubdtype(read.dtype, jnp.floating)
