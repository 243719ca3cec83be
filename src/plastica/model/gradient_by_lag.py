"""How strongly the loss depends on what a layer read at each earlier step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue, ShapeError, UnknownName
from ..layers.layer import Context, Layer
from ..layers.walk import walk
from ..losses import Objective
from ..rules.alignment import whole_batch
from ..rules.backprop import send_back
from ..rules.masking import for_loss, real_steps
from ..typing import ArrayTree, Float, Params, PyTree, State


def gradient_by_lag(
    network: Layer, params: Params, state: State, x: PyTree, y: PyTree, objective: Objective, layer: str | None
) -> Float[np.ndarray, "lags"]:
    """Return the mean norm of dC/dx of each step of a layer's inputs, the last step first; see the model's method."""
    batch = whole_batch(x, y, 0)
    # Padded steps have no loss; otherwise short sequences would seem to remember longest.
    batch = for_loss(batch, real_steps(network, batch))
    record, _ = network.forward(params, batch.x, state, Context())
    _, errors = send_back(network, record, batch, objective)
    found = {
        path: (part.input, error.input_delta)
        for (path, _, part), (_, _, error) in zip(walk(network, record), walk(network, errors), strict=True)
    }
    path = _chosen(found, layer)
    delta = found[path][1]
    # The loss is a mean over rows: each row's own derivative is larger by their number.
    norms = jnp.sqrt(jnp.square(delta).sum(tuple(range(2, delta.ndim)))) * batch.size  # (batch, time)
    # Lags count from the last step backwards.
    return np.asarray(norms.mean(0))[::-1]


def _chosen(found: dict[str, tuple[ArrayTree, ArrayTree]], layer: str | None) -> str:
    """Return the path of a layer: the one that was asked for, or the first that reads sequences of numbers.

    Raises:
        UnknownName: If there is no such layer.
        ShapeError: If it does not read sequences.
    """
    sequences = [path for path, (read, _) in found.items() if _is_sequence(read)]
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
    return isinstance(read, jax.Array) and read.ndim >= 3 and jnp.issubdtype(read.dtype, jnp.floating)
