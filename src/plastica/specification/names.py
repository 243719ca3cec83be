"""The declarations that files may contain, and their names."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from functools import cache
from inspect import isclass
from typing import TypeGuard, TypeVar, get_type_hints

from ..declaration import Declaration
from ..errors import InvalidValue
from ..lazy import import_declarations

C = TypeVar("C", bound=Callable[..., object])

DEEPEST = 100
MOST_PARTS = 500_000
OWN = "custom"
FLOAT = "$float"
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_PACKAGE = __name__.partition(".")[0]
_registered_classes: dict[str, type[Declaration]] = {}
registered_functions: dict[str, Callable[..., object]] = {}


def register(own: C, name: str | None = None) -> C:
    """Allow a user-defined declaration or function in files; also usable as a decorator.

    Classes of plastica need no registration. Alternatively, pass the object when loading: ``custom={"Mine": Mine}``.

    Args:
        own: A class with ``@declaration``, or a function.
        name: The name in files. Default: its own name.

    Raises:
        InvalidValue: If it is neither, or has no name.
    """
    name = str(name or getattr(own, "__name__", ""))
    if not name.isidentifier():
        raise InvalidValue(f"register: {own!r} has no name that a file can keep; give one: register(it, name=...).")
    if is_declared(own):
        if name != own.__name__:
            raise InvalidValue(f"register: the class {own.__name__} keeps its own name, not {name!r}.")
        _registered_classes[name] = own
    elif callable(own) and not isclass(own):
        registered_functions[name] = own
    else:
        raise InvalidValue(f"register: {own!r} is neither a function nor a class under @declaration.")
    return own


def known() -> dict[str, type[Declaration]]:
    """Return the declarations that files may contain: those of plastica, and registered ones."""
    import_declarations()
    return _imported()


def find(name: str) -> type[Declaration] | None:
    """Return the declaration with this name in files, or None. Of plastica's modules, only its own is imported.

    A file with a perceptron thus opens without all other layers, whose imports take longer than to read it.
    """
    _, dot, own = name.partition(".")
    if dot:  # whether a class without one is a declaration or a family is known only with all classes
        if found := _imported().get(name):
            return found
        import_declarations(own)
        if found := _imported().get(name):
            return found
    return known().get(name)


def _imported() -> dict[str, type[Declaration]]:
    """Return the declarations in modules that are imported by now."""
    found = {
        type_name(cls): cls
        for cls in _subclasses(Declaration)
        if is_declared(cls) and _is_ours(cls) and not _is_family(cls)
    }
    return found | {f"{OWN}.{name}": cls for name, cls in _registered_classes.items()}


def type_name(cls: type[Declaration]) -> str:
    """Return the name of a class in files: its family (``layer``, ``loss``, ...) and its own name."""
    if not _is_ours(cls):
        return f"{OWN}.{cls.__name__}"
    family = cls.__mro__[cls.__mro__.index(Declaration) - 1]
    return cls.__name__ if family is cls else f"{family.__name__.lower()}.{cls.__name__}"


def is_declared(cls: object) -> TypeGuard[type[Declaration]]:
    """Return whether ``cls`` is a class with ``@declaration``, not a base class of such classes."""
    return isclass(cls) and issubclass(cls, Declaration) and "__dataclass_fields__" in vars(cls)


@cache
def fields_of(cls: type[Declaration]) -> dict[str, object]:
    """Return the annotations of the fields that can be passed to the constructor."""
    hints = get_type_hints(cls)
    fields = dataclasses.fields(cls)  # pyright: ignore[reportArgumentType]
    return {field.name: hints[field.name] for field in fields if field.init}


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == _PACKAGE


def _is_family(cls: type) -> bool:
    """Return whether it is a base class of declarations but not one itself: ``Layer``, ``Optimizer``, ``_Pooling``."""
    return cls.__name__.startswith("_") or (Declaration in cls.__bases__ and bool(cls.__subclasses__()))


def _subclasses(cls: type) -> list[type]:
    return [found for child in cls.__subclasses__() for found in (child, *_subclasses(child))]
