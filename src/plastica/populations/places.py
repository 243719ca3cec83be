"""The fields of a model's declarations by their place: ``"layers.1.rate"``, ``"optimizer.learning_rate"``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from .. import losses, optimizers, rules
from ..declaration import Declaration
from ..errors import InvalidValue, UnknownName
from ..model import Model, Sequential
from ..registry import nearest

# The declarations of ``compile``; every other place is one of the network, or of a program of the user's own.
COMPILED = {"optimizer": optimizers.get, "rule": rules.get, "loss": losses.get}
# Fields of every layer that say nothing about how it learns.
NOT_VARIED = frozenset({"name", "input_shape", "input_dim"})
MOST_SHOWN = 6

T = TypeVar("T")


def places_of(model: Model) -> dict[str, object]:
    """Return the value of each field that may differ between networks, by its place.

    Example:
        >>> from plastica.layers import Dense, Dropout
        >>> model = Sequential([Dense(4), Dropout(0.2), Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = places_of(model)
        >>> found["layers.0.units"], found["layers.1.rate"], found["optimizer.learning_rate"]
        (4, 0.2, 0.01)
    """
    own = model.compiled.own
    if own is not None:
        return dict(_fields(own, ""))
    found = dict(_fields(model.network, ""))
    for root in COMPILED:
        declared = getattr(model.compiled, root)
        if isinstance(declared, Declaration):
            found |= {root: declared, **dict(_fields(declared, f"{root}."))}
    return found


def resolve_place(model: Model, name: str) -> tuple[str, ...]:
    """Return the places that a name stands for.

    A place stands for itself. The last part of a place stands for it if it is that of the optimizer, the rule or the
    loss, or of a single layer; ``"dropout"`` stands for the rates of all dropout.

    Raises:
        UnknownName: If it stands for nothing; the message suggests the nearest.
        InvalidValue: If it stands for several places.
    """
    known = places_of(model)
    if name in known:
        return (name,)
    if name == "dropout" and (found := tuple(_dropout(model, known))):
        return found
    same = [place for place in known if place.rpartition(".")[2] == name]
    for root in COMPILED:
        if f"{root}.{name}" in same:
            return (f"{root}.{name}",)
    if len(same) == 1:
        return (same[0],)
    if same:
        shown = ", ".join(f'"{place}"' for place in same[:MOST_SHOWN])
        raise InvalidValue(f'"{name}" stands for {len(same)} fields of this model; name one of them: {shown}.')
    names = sorted({*known, *(place.rpartition(".")[2] for place in known)})
    shown = ", ".join(f'"{place}"' for place, value in known.items() if isinstance(value, float))
    raise UnknownName(f'"{name}" stands for no field of this model{nearest(name, names, 0.5)} Its floats: {shown}.')


def varied(model: Model, values: Mapping[str, object], seed: int) -> Model:
    """Return a model with other values at some places, and weights of its own.

    Args:
        model: The model; it stays as it is.
        values: The values by place.
        seed: The seed of the new model.

    Raises:
        InvalidValue: If a field does not take its value.
    """
    compiled = model.compiled
    if compiled.own is not None:
        return Model(_with_all(compiled.own, values), name=model.name, seed=seed)
    own = {place: value for place, value in values.items() if place.partition(".")[0] not in COMPILED}
    network: Any = _with_all(model.network, own)
    made = (
        Sequential(network.layers, name=model.name, seed=seed)
        if isinstance(model, Sequential)
        else Model(network, name=model.name, seed=seed)
    )
    changes: dict[str, object] = {}
    for root, get in COMPILED.items():
        declared = get(values[root]) if root in values else getattr(compiled, root)
        below = {
            place.removeprefix(f"{root}."): value for place, value in values.items() if place.startswith(f"{root}.")
        }
        changes[root] = _with_all(declared, below)
    made.set_compiled(dataclasses.replace(compiled, **changes))
    return made


def _fields(declared: Declaration, prefix: str) -> Iterator[tuple[str, object]]:
    """Yield the fields of a declaration and of those inside it, by place."""
    for each in dataclasses.fields(declared):
        value, place = getattr(declared, each.name), f"{prefix}{each.name}"
        if each.name in NOT_VARIED:
            continue
        if isinstance(value, tuple) and value and all(isinstance(part, Declaration) for part in value):
            for number, part in enumerate(value):
                yield from _fields(part, f"{place}.{number}.")
            continue
        yield place, value
        if isinstance(value, Declaration):
            yield from _fields(value, f"{place}.")


def _dropout(model: Model, known: Mapping[str, object]) -> Iterator[str]:
    """Yield the places of the rates of dropout layers, and of dropout inside recurrent layers that have it."""
    for place, value in known.items():
        path, _, last = place.rpartition(".")
        if last == "dropout" and value is not None:
            yield place
        if last == "rate" and "Dropout" in type(_at(model.network, path.split("."))).__name__:
            yield place


def _at(declared: Any, path: Sequence[str]) -> Any:
    for part in filter(None, path):
        declared = declared[int(part)] if isinstance(declared, tuple) else getattr(declared, part)
    return declared


def _with_all(declared: T, values: Mapping[str, object]) -> T:
    for place, value in values.items():
        declared = _with(declared, place.split("."), value)
    return declared


def _with(declared: Any, path: Sequence[str], value: object) -> Any:
    """Return a declaration with another value at a path, validated as when a person writes it."""
    if not path:
        return value
    first, *rest = path
    if isinstance(declared, tuple):
        place = int(first)
        return (*declared[:place], _with(declared[place], rest, value), *declared[place + 1 :])
    return dataclasses.replace(declared, **{first: _with(getattr(declared, first), rest, value)})
