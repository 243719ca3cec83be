"""Which axes of a network's arrays number the same hidden units, so that they can be renumbered together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np

from ..errors import InvalidValue
from ..layers.layer import Layer
from ..layers.walk import walk
from ..model import Model
from ..typing import Int, Params, State

LIMITS = (
    "units can be matched in networks whose layers follow one another: Dense, convolutions, SimpleRNN, LSTM, GRU, "
    "normalization, pooling, Flatten, Dropout and activations"
)


class UnitAxis(NamedTuple):
    """An axis of an array along which hidden units are numbered.

    Attributes:
        array: The name of the array: its layer, "params" or "state", and its name there.
        axis: The number of the axis. Behind Flatten and in gates it holds the units several times, one run of all units
            after another.
        group: The number of the hidden layer whose units they are.
    """

    array: tuple[int, str, str]
    axis: int
    group: int


@dataclass(frozen=True, eq=False)
class UnitAxes:
    """All axes along which hidden units are numbered.

    Attributes:
        axes: The axes.
        units: The number of units of each hidden layer.
    """

    axes: tuple[UnitAxis, ...]
    units: tuple[int, ...]

    def of_group(self, group: int) -> Iterator[UnitAxis]:
        """Yield the axes of a hidden layer."""
        return (axis for axis in self.axes if axis.group == group)


def unit_axes(owner: str, model: Model, x: np.ndarray) -> UnitAxes:
    """Return the axes of the hidden units of a network.

    Args:
        owner: The name of the function that asks, for messages.
        model: The model, built.
        x: Some inputs.

    Raises:
        InvalidValue: If the layers do not follow one another, or one has arrays of unknown meaning.
    """
    if not _is_chain(model.network):
        raise InvalidValue(f"{owner}: {LIMITS}. This network branches.")
    shape = x.shape[1:]
    leaves = list(walk(model.network, model.params))
    with_kernel = [place for place, (_, _, own) in enumerate(leaves) if "kernel" in (own or {})]
    last = with_kernel[-1] if with_kernel else -1
    states = [own for _, _, own in walk(model.network, model.state)]
    axes: list[UnitAxis] = []
    units: list[int] = []
    group: int | None = None  # of the inputs of a layer; those of the network keep their numbers
    for place, (path, layer, own) in enumerate(leaves):
        shape = layer.output_shape(shape)
        width = shape[-1] if shape else 0
        arrays = {("params", name): np.shape(array) for name, array in (own or {}).items()}
        arrays |= {("state", name): np.shape(array) for name, array in (states[place] or {}).items()}
        if not arrays.keys() & {("params", "kernel")} and any("kernel" in name for _, name in arrays):
            raise InvalidValue(f"{owner}: {LIMITS}. {path} has {', '.join(repr(name) for _, name in arrays)}.")
        if "kernel" in (own or {}):
            made = None if place == last else len(units)
            if made is not None:
                units.append(width)
            axes += _of_kernel(owner, path, place, arrays, width, group, made)
            group = made
        elif group is not None:
            axes += _of_scales(owner, path, place, arrays, units[group], group)
            if width % units[group]:
                raise InvalidValue(f"{owner}: {LIMITS}. {path} mixes units.")
    return UnitAxes(tuple(axes), tuple(units))


def _is_chain(network: Layer) -> bool:
    return not network.children or (network.flow == "chain" and all(map(_is_chain, network.children)))


def _of_kernel(
    owner: str,
    path: str,
    place: int,
    arrays: Mapping[tuple[str, str], tuple[int, ...]],
    width: int,
    before: int | None,
    own: int | None,
) -> Iterator[UnitAxis]:
    """Yield the axes of a layer with a kernel, whose inputs have units ``before`` and which makes units ``own``."""
    for (tree, name), shape in arrays.items():
        array = (place, tree, name)
        if name not in ("kernel", "recurrent_kernel", "bias") or not width or shape[-1] % width:
            raise InvalidValue(f"{owner}: {LIMITS}. {path} has {name!r} of shape {shape}.")
        if own is not None:
            yield UnitAxis(array, len(shape) - 1, own)
        if name == "kernel" and before is not None:
            yield UnitAxis(array, len(shape) - 2, before)
        if name == "recurrent_kernel" and own is not None:
            yield UnitAxis(array, len(shape) - 2, own)


def _of_scales(
    owner: str, path: str, place: int, arrays: Mapping[tuple[str, str], tuple[int, ...]], units: int, group: int
) -> Iterator[UnitAxis]:
    """Yield the axes of a layer that has numbers for each unit of the layer before, such as normalization."""
    for (tree, name), shape in arrays.items():
        if not shape or shape[-1] == 1 or not np.prod(shape):
            continue
        if shape[-1] % units:
            raise InvalidValue(f"{owner}: {LIMITS}. {path} has {name!r} of shape {shape}.")
        yield UnitAxis((place, tree, name), len(shape) - 1, group)


def renumbered(order: Int[np.ndarray, "units"], size: int) -> Int[np.ndarray, "size"]:
    """Return the places along an axis that holds all units several times, one run of them after another."""
    runs = size // len(order)
    return (np.arange(runs)[:, None] * len(order) + order).ravel()


def leaves_of(model: Model) -> tuple[Params, State, Callable[[tuple[int, str, str]], dict[str, np.ndarray]]]:
    """Return copies of the weights and the state of a model, and what gives the dictionary that an array is in."""
    params, state = (jax.tree.map(np.array, tree) for tree in (model.params, model.state))
    held = {
        kind: [own for _, _, own in walk(model.network, tree)] for kind, tree in (("params", params), ("state", state))
    }
    return params, state, lambda array: held[array[1]][array[0]]
