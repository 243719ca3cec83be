"""The width and the depth of a network, as settings of a population."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import pairwise

from ..errors import InvalidValue
from ..layers import Layer
from ..model import Model


def width_of(model: Model, width: object) -> dict[str, object]:
    """Return the values by place that give each hidden layer the same number of units.

    Raises:
        InvalidValue: If the network is not a sequence of layers, has no hidden layer, or the width is no whole number.

    Example:
        >>> from plastica import Dense, Dropout, Sequential
        >>> model = Sequential([Dense(8, "relu"), Dropout(0.1), Dense(4, "relu"), Dense(1)])
        >>> width_of(model, 16)
        {'layers.0.units': 16, 'layers.2.units': 16}
    """
    *hidden, _ = _with_units(model, "width")
    if not hidden:
        raise InvalidValue("width: this network has no hidden layer whose units could be set.")
    return {f"layers.{place}.units": _whole("width", width, 1) for place in hidden}


def depth_of(model: Model, depth: object) -> dict[str, object]:
    """Return the values by place that give a network so many hidden layers.

    A hidden layer counts together with what follows it, such as dropout. The last one is repeated or the last ones are
    left out; what stands before the first hidden layer and the output stay.

    Raises:
        InvalidValue: As for :func:`width_of`.

    Example:
        >>> from plastica import Dense, Dropout, Sequential
        >>> model = Sequential([Dense(8, "relu"), Dropout(0.1), Dense(1)])
        >>> [type(layer).__name__ for layer in depth_of(model, 2)["layers"]]
        ['Dense', 'Dropout', 'Dense', 'Dropout', 'Dense']
    """
    places, count = _with_units(model, "depth"), _whole("depth", depth, 0)
    layers = _layers_of(model, "depth")
    if len(places) < 2 and count:
        raise InvalidValue("depth: this network has no hidden layer that could be repeated.")
    blocks = [layers[start:stop] for start, stop in pairwise(places)]
    # A name may stand once only.
    again = [tuple(dataclasses.replace(layer, name=None) for layer in block) for block in blocks[-1:]]
    chosen = [*blocks[:count], *again * max(0, count - len(blocks))]
    return {"layers": (*layers[: places[0]], *(layer for block in chosen for layer in block), *layers[places[-1] :])}


# Settings that stand for several fields, in the order in which they are applied.
OF_ARCHITECTURE: dict[str, Callable[[Model, object], dict[str, object]]] = {"depth": depth_of, "width": width_of}


def _layers_of(model: Model, name: str) -> tuple[Layer, ...]:
    if model.network.flow != "chain":
        raise InvalidValue(
            f"{name}: this needs a Sequential; of other networks, give fields by their places, "
            '{"layers.0.units": [8, 16]}.'
        )
    return model.network.children


def _with_units(model: Model, name: str) -> list[int]:
    """Return the places of the layers with units; the last of them is the output."""
    found = [
        place for place, layer in enumerate(_layers_of(model, name)) if isinstance(getattr(layer, "units", None), int)
    ]
    if not found:
        raise InvalidValue(f"{name}: this network has no layer with units.")
    return found


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidValue(f"{name}={value!r}: give whole numbers of at least {least}.")
    return value
