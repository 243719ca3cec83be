"""Which layers of a network lose a mask, so that padding counts like any other step."""

from __future__ import annotations

from contextvars import ContextVar
from typing import cast

import jax
import jax.numpy as jnp

from ..typing import Mask, PyTree
from . import lengths
from .layer import INFERENCE, Layer, Params, State
from .lengths import OpenShape

# Compositions tell of masks as they run; a context variable reaches them through any nesting without an argument
# in every signature, and is empty outside of losing_masks().
_noted: ContextVar[list[Layer] | None] = ContextVar("noted", default=None)


def mask_behind(layer: Layer, x: jax.Array | None, mask: Mask) -> Mask:
    """Return the mask of a layer's output, as compositions hand it on; note the layer if it loses the mask."""
    new, noted = layer.mask_of(x, mask), _noted.get()
    if noted is not None and layer.loses_mask and _is_there(mask) and not _is_there(new):
        noted.append(layer)
    return new


def losing_masks(network: Layer, params: Params, state: State, shape: OpenShape) -> tuple[Layer, ...]:
    """Return the layers that are given a mask and neither use it nor pass it on, in the order of their calls.

    Args:
        network: The network.
        params: Its parameters.
        state: Its state.
        shape: The shape of one input; None for sizes that vary. A tuple of shapes for several inputs.
    """
    if not network.makes_mask:
        return ()
    found: list[Layer] = []
    token = _noted.set(found)
    try:
        jax.eval_shape(lambda p, x: network.synapse(p, x, state, INFERENCE)[0], params, _one_row(network, shape))
    finally:
        _noted.reset(token)
    return tuple(dict.fromkeys(found))


def _is_there(mask: Mask) -> bool:
    return any(part is not None for part in mask) if isinstance(mask, tuple) else mask is not None


def _one_row(network: Layer, shape: OpenShape) -> PyTree:
    """Return the shapes and types of one row of inputs."""
    kept = network.takes_integers
    if shape and isinstance(shape[0], tuple):
        several = kept if isinstance(kept, tuple) else (kept,) * len(shape)
        shapes = cast("tuple[tuple[int | None, ...], ...]", shape)
        return tuple(_row(own, part) for own, part in zip(several, shapes, strict=True))
    return _row(kept is True, cast("tuple[int | None, ...]", shape))


def _row(is_integer: bool, shape: tuple[int | None, ...]) -> jax.ShapeDtypeStruct:
    sizes = tuple(lengths.TRIALS[0] if size is None else size for size in shape)
    return jax.ShapeDtypeStruct((1, *sizes), jnp.int32 if is_integer else jnp.float32)
