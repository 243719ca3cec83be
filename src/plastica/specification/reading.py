"""Conversion of dictionaries from untrusted sources to declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isclass
from types import MappingProxyType
from typing import TypeGuard, TypeVar, cast

from ..declaration import Declaration, converters_of
from ..errors import FileError, PlasticaError
from ..typing import Document
from .annotations import fits, say
from .names import (
    DEEPEST,
    FLOAT,
    MOST_PARTS,
    NOT_FINITE,
    OWN,
    fields_of,
    find,
    is_declared,
    registered_functions,
)

D = TypeVar("D", bound=Declaration)


def from_spec(
    spec: object,
    custom: Mapping[str, object] = MappingProxyType({}),
    kind: type[D] = Declaration,
) -> D:
    """Return the declaration for a specification, which may be from an untrusted source.

    Args:
        spec: The result of :func:`to_spec`, possibly after conversion to JSON and back.
        custom: User-defined functions and classes by name.
        kind: The expected class: ``Layer``, ``Optimizer``, ...

    Raises:
        FileError: If there is an unknown type or field, a value of the wrong type or out of range, a function that was
            not passed, or more than 100 levels or 500,000 parts.
    """
    made = _Reader(custom).declaration(spec, "specification", DEEPEST)
    if not isinstance(made, kind):
        raise FileError(f"specification: got {type(made).__name__}; expected a kind of {kind.__name__}.")
    return made


# Renamed types: the old name, a field that identifies the old type, the new name.
_RENAMED = (("layer.Concatenate", "branches", "layer.Branches"),)


class _Reader:
    """Converts a specification to a declaration, checking everything."""

    def __init__(self, custom: Mapping[str, object]) -> None:
        self.custom = custom
        self.found: dict[str, type[Declaration]] = {}
        self.functions = {**registered_functions, **custom}
        self.left = MOST_PARTS

    def declaration(self, spec: object, path: str, depth: int) -> Declaration:
        if not _is_typed(spec):
            raise FileError(f'{path}: got {_short(spec)}; expected a dictionary with a "type".')
        cls = self.resolve(_present_name(spec), path)
        if path == "specification":
            path = cls.__name__
        hints, converters = fields_of(cls), converters_of(cls)
        values: dict[str, object] = {}
        for name, part in spec.items():
            if name == "type":
                continue
            if name not in hints:
                raise FileError(
                    f"{path}: {cls.__name__} has no field {name[:60]!r}; did a newer plastica write this? "
                    f"Known: {', '.join(hints) or 'none'}."
                )
            values[name] = self.value(part, f"{path}.{name}", depth - 1)
            if name in converters:
                values[name] = _converted(converters[name], values[name], f"{path}.{name}")
            if not fits(values[name], hints[name]):
                raise FileError(f"{path}.{name}: got {_short(part)}; expected {say(hints[name])}.")
        try:
            return cls(**values)
        except Exception as error:  # the checks of a declaration may raise any exception
            raise FileError(f"{path}: {error}") from error

    def value(self, part: object, path: str, depth: int) -> object:
        self.left -= 1
        if depth < 0 or self.left < 0:
            raise FileError(f"{path[:80]}: deeper than {DEEPEST} levels or more than {MOST_PARTS:,} parts.")
        if isinstance(part, list | tuple):
            return tuple(
                self.value(each, f"{path}[{index}]", depth - 1) for index, each in enumerate(cast("list[object]", part))
            )
        if isinstance(part, dict):
            return self.dictionary(cast("dict[object, object]", part), path, depth)
        if part is None or type(part) in (bool, int, float, str):
            return part
        raise FileError(f"{path}: got {type(part).__name__}; JSON has no such thing.")

    def dictionary(self, part: dict[object, object], path: str, depth: int) -> object:
        if part.keys() == {FLOAT} and isinstance(name := part[FLOAT], str) and name in NOT_FINITE:
            return NOT_FINITE[name]
        if part.keys() == {OWN} and isinstance(name := part[OWN], str):
            return self.function(name, path)
        return self.declaration(part, path, depth)

    def resolve(self, name: str, path: str) -> type[Declaration]:
        family, _, own = name.partition(".")
        if family == OWN and own in self.custom:
            given = self.custom[own]
            if not is_declared(given):
                raise FileError(f"{path}: custom[{own!r}] is {_short(given)}; expected the class {own}.")
            return given
        if found := self.found.get(name) or find(name):
            return self.found.setdefault(name, found)
        if family == OWN:
            raise FileError(_pass_it(path, "class", own))
        raise FileError(f"{path}: the type {name[:60]!r} is not known; did a newer plastica write this?")

    def function(self, name: str, path: str) -> Callable[..., object]:
        if name not in self.functions:
            raise FileError(_pass_it(path, "function", name))
        function = self.functions[name]
        if not callable(function) or isclass(function):
            raise FileError(f"{path}: custom[{name!r}] is {_short(function)}; expected the function {name}.")
        return function


def _is_typed(spec: object) -> TypeGuard[Document]:
    return isinstance(spec, dict) and isinstance(cast("Document", spec).get("type"), str)


def _present_name(spec: Document) -> str:
    """Return the current name of the type of a specification; older files contain former names."""
    renamed = next((new for old, part, new in _RENAMED if spec["type"] == old and part in spec), None)
    return renamed or spec["type"]


def _converted(converter: Callable[[object], object], value: object, path: str) -> object:
    try:
        return converter(value)
    except PlasticaError as error:
        raise FileError(f"{path}: {error}") from error


def _pass_it(path: str, what: str, name: str) -> str:
    name = name[:60]
    return (
        f"{path}: the {what} {name!r} is somebody's own, and no file carries code. "
        f'Define it and pass it when loading: custom={{"{name}": {name}}}'
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
