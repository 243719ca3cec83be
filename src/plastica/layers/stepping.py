"""Compositions in time: layers that take a step one after another, or as their calls say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax

from ..errors import InvalidValue
from ..typing import Mask, PyTree
from .composition import within
from .in_time import Carry

if TYPE_CHECKING:
    from .layer import Context, Layer, Params, State


def start_all(layers: Sequence[Layer], params: Params, batch: int) -> Carry:
    """Return what each of some layers remembers before the first step."""
    return tuple(layer.start(own, batch) for layer, own in zip(layers, params, strict=True))


def step_through(
    layers: Sequence[Layer], params: Params, carry: Carry, x_t: PyTree, state: State, context: Context
) -> tuple[Carry, jax.Array]:
    """Take one step through layers, first to last.

    Behind a layer that answers once for a whole sequence, such as ``LSTM(8)``, its answer so far is what the other
    layers see, as rows without time.
    """
    carried, walks = [], True
    steps = context.steps
    for place, layer in enumerate(layers):
        own = within(context, place, steps)
        steps = one_step_mask(layer, x_t, steps) if walks else None
        # The mask is asked for before the step, because it may be made of the inputs (Masking, Embedding).
        new, x_t = stepped(layer, params[place], carry[place], x_t, state[place], own, walks)
        walks = walks and layer.keeps_time
        carried.append(new)
        if place < len(layers) - 1:
            x_t = layer.activate(x_t)
    return tuple(carried), x_t


def beside_walks(layers: Sequence[Layer], place: int) -> bool:
    """Return whether the next layer that remembers, before or after one without memory, walks step by step."""
    if not layers[place].stepwise:
        return False
    ahead = next((layer for layer in layers[place + 1 :] if not layer.stepwise), None)
    behind = next((layer for layer in reversed(layers[:place]) if not layer.stepwise), None)
    return any(layer is not None and layer.walks_steps for layer in (ahead, behind))


def stepped(
    layer: Layer, params: Params, carry: Carry, x_t: PyTree, state: State, context: Context, walks: bool
) -> tuple[Carry, jax.Array]:
    """Return what a layer remembers and its potential: of one step, or of rows if they have no time any more."""
    if walks:
        return layer.step(params, carry, x_t, state, context)
    return carry, layer.synapse(params, x_t, state, context)[0]


def one_step_mask(layer: Layer, x_t: PyTree, mask: Mask) -> Mask:
    """Return which rows have a real step, ``(batch, 1)``, behind a layer; None for all."""
    return layer.mask_of(jax.tree.map(lambda part: part[:, None], x_t), mask)


def mask_through(layers: Sequence[Layer], x: jax.Array | None, mask: Mask) -> Mask:
    """Return which steps are real behind layers, first to last.

    Raises:
        InvalidValue: If a layer makes a mask of what layers before it compute, which is not known here.
    """
    seen: PyTree = x
    for layer in layers:
        mask = mask_from(layer, seen, mask)
        seen = None if seen is None else layer.passed_on(seen)
    return mask


def mask_from(layer: Layer, seen: PyTree, mask: Mask) -> Mask:
    """Return the mask behind a layer, whose inputs may be unknown (None)."""
    if seen is None and layer.makes_mask:
        raise InvalidValue(
            f"{type(layer).__name__}: it makes a mask of the data, so it must come before all layers that compute; put "
            "it first."
        )
    return layer.mask_of(seen, mask)
