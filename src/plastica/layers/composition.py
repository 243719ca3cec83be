"""What compositions of layers have in common."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

import jax

from .. import random
from ..errors import DataError, InvalidValue, ShapeError
from ..typing import Mask, State
from .layer import Context, Layer, Params

P = ParamSpec("P")
T = TypeVar("T")


def within(context: Context, place: int, steps: Mask = None) -> Context:
    """Return the context of a layer inside a composition; every place draws other random numbers.

    Args:
        context: The context of the composition.
        place: The place of the layer.
        steps: Which steps of the inputs of this layer are real; None for all.
    """
    # context.first counts the layers before a part of a sequence, so that a part draws what the whole draws.
    key = None if context.key is None else random.fold(context.key, context.first + place)
    return context._replace(key=key, first=0, steps=steps, steps_first=False)


def scope(place: int, layer: Layer) -> AbstractContextManager[object]:
    """Name what a layer computes by its place, for profilers and exported programs."""
    return jax.named_scope(f"{place}.{type(layer).__name__}")


def applied(
    place: int, layer: Layer, params: Params, x: jax.Array, state: State, context: Context
) -> tuple[jax.Array, State]:
    """Apply the layer at a place, by the name of that place."""
    with scope(place, layer):
        return layer.apply(params, x, state, context)


def placed(place: int, method: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Call a method of the layer at a place; errors say which layer it was."""
    try:
        return method(*args, **named)
    except (ShapeError, InvalidValue, DataError) as error:
        raise type(error)(f"layer {place}, {error}") from None


def checks_data(layer: Layer) -> bool:
    """Return whether a layer, or one inside it, checks the data that reaches it."""
    if layer.children:
        return any(map(checks_data, layer.children))
    return type(layer).check_input is not Layer.check_input


def no_pull(delta: jax.Array) -> tuple[Params, jax.Array]:
    """Stand in the place of a composition's ``pull_synapse``, which nothing calls."""
    raise NotImplementedError("a composition sends errors back through its layers")


def same(delta: T) -> T:
    """Return the error at an activity that is the potential itself."""
    return delta
