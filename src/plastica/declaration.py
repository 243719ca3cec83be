"""Declarations: frozen dataclasses that are also pytrees, whose floats are traced and other fields are static.

A declaration (a layer, a rule, an optimizer, a schedule) is hashable and compared by value. Its floats and nested
declarations are the leaves and branches of a pytree; all other fields belong to the tree's structure. A compiled
program that takes declarations as arguments is therefore cached by value: another learning rate or dropout rate
needs no recompilation, and a declaration whose floats are vectors is a population under ``jax.vmap``.
"""

# Classes made by dataclasses are of types unknown to pyright.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar, dataclass_transform, get_args, get_type_hints

import jax

from .errors import InvalidValue, PlasticaError, UnknownName
from .fields import as_declared, first_fault
from .registry import nearest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

C = TypeVar("C", bound=type)
D = TypeVar("D")
# What is static in a declaration: the names of its traced fields, and the other fields with their values.
StaticFields: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, object], ...]]


def named_field(*, default: object = dataclasses.MISSING, converter: Callable[..., object]) -> Any:
    """Declare a field that can be given by name, such as an activation.

    Args:
        default: The default, in the form accepted by the converter.
        converter: Converts the given value to the stored one. It runs once, when the declaration is created, so that
            ``Dense(3, "relu")`` and ``Dense(3, ReLU())`` are equal and share one compiled program.
    """
    return dataclasses.field(default=default, metadata={"converter": converter})


@cache
def converters_of(cls: type) -> dict[str, Callable[[object], object]]:
    """Return the converters of the fields that can be given by name."""
    return {each.name: each.metadata["converter"] for each in dataclasses.fields(cls) if "converter" in each.metadata}


class Declaration:
    """Base class of declarations: frozen, and equal if class and fields are.

    Validation belongs in ``__post_init__``, which runs when a declaration is created by the user and not when JAX
    rebuilds it from tracers.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # every subclass is a dataclass

    # The methods that ``dataclass(frozen=True)`` would write for each class, once for all: compiling them for two
    # hundred classes took a fifth of the time that it takes to import the package.

    def __eq__(self, other: object) -> bool:
        """Compare the fields."""
        if type(other) is not type(self):
            return NotImplemented
        return other is self or _values(self) == _values(other)

    def __hash__(self) -> int:
        """Return the hash of the fields."""
        return hash(_values(self))

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field for the first time, as ``__init__`` does; refuse any other change."""
        if name in self.__dict__ or name not in _names(type(self)):
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        """Refuse to delete a field."""
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        """Show the fields that differ from their defaults, as a constructor call."""
        shown = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in dataclasses.fields(self)
            if not _is_default(each, getattr(self, each.name))
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field, named_field))
def with_fields(cls: C) -> C:
    """Give a base class of declarations fields, which are passed by name only."""
    return dataclasses.dataclass(eq=False, repr=False, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, named_field))
def declaration(cls: C) -> C:
    """Make a subclass of :class:`Declaration` a frozen dataclass and a pytree.

    A field annotated with ``float`` (also ``float | None`` or ``float | Schedule``) is traced; a field that contains
    a declaration, or a non-empty tuple of them, is a branch; every other field is static and must be hashable.
    Integers given for floats are converted, so that ``Dropout(0)`` and ``Dropout(0.0)`` share a program.
    """
    _validate_fields(cls)
    made: Any = dataclasses.dataclass(eq=False, repr=False)(cls)

    def flatten(self: object) -> tuple[tuple[object, ...], StaticFields]:
        # Every call of a compiled program flattens its declarations. They never change, so the result is cached.
        found = self.__dict__.get("_flat")
        if found is None:
            values = {name: getattr(self, name) for name in _names(made)}
            traced = tuple(name for name, value in values.items() if _is_traced(made, name, value))
            static = tuple((name, value) for name, value in values.items() if name not in traced)
            found = tuple(values[name] for name in traced), (traced, static)
            object.__setattr__(self, "_flat", found)
        return found

    def flatten_with_keys(self: object) -> tuple[list[tuple[object, object]], StaticFields]:
        leaves, structure = flatten(self)
        keys = map(jax.tree_util.GetAttrKey, structure[0])
        return list(zip(keys, leaves, strict=True)), structure

    def unflatten(structure: StaticFields, leaves: Iterable[object]) -> object:
        traced, static = structure
        self = object.__new__(made)
        for name, value in (*static, *zip(traced, leaves, strict=True)):
            object.__setattr__(self, name, value)
        return self

    jax.tree_util.register_pytree_with_keys(made, flatten_with_keys, unflatten, flatten)
    return made


def replace(declared: D, **changes: object) -> D:
    """Return a copy of the declaration with some fields replaced; works on traced declarations too.

    What a field takes by name is given by name here, too; other values are not checked.

    Raises:
        UnknownName: If it has no field of a name.
    """
    names, converters = _names(type(declared)), converters_of(type(declared))
    for name in changes:
        if name not in names:
            owner = type(declared).__name__
            raise UnknownName(f'{owner} has no field "{name}"{nearest(name, names)} Known: {", ".join(names)}.')
    given = {name: converters[name](value) if name in converters else value for name, value in changes.items()}
    made = object.__new__(type(declared))
    for name in names:
        object.__setattr__(made, name, given[name] if name in given else getattr(declared, name))
    return made


@cache
def _names(cls: type) -> tuple[str, ...]:
    """Return the names of the fields of a class."""
    return tuple(each.name for each in dataclasses.fields(cls))


def _values(declared: Declaration) -> tuple[object, ...]:
    return tuple([getattr(declared, name) for name in _names(type(declared))])


@cache
def _hints(cls: type) -> dict[str, object]:
    """Return the annotations of a class; they are evaluated when the first declaration of it is made."""
    return get_type_hints(cls)


@cache
def _float_names(cls: type) -> frozenset[str]:
    """Return the names of the fields that may be floats."""
    return frozenset(name for name, hint in _hints(cls).items() if float in (hint, *get_args(hint)))


def _is_traced(cls: type, name: str, value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(part, Declaration) for part in value)
    if isinstance(value, Declaration):
        # Values without floats are static: a branch without leaves would only slow down the flattening in every call.
        return bool(jax.tree.leaves(value))
    return name in _float_names(cls) and value is not None and not isinstance(value, str | bool) and not callable(value)


def _is_default(declared: dataclasses.Field[object], value: object) -> bool:
    default = declared.default
    if default is dataclasses.MISSING and declared.default_factory is not dataclasses.MISSING:
        default = declared.default_factory()
    elif default is not dataclasses.MISSING and "converter" in declared.metadata:
        default = declared.metadata["converter"](default)
    return type(default) is type(value) and bool(default == value)


def _validate_fields(cls: type) -> None:
    """Normalize the fields of a declaration, run its own checks, and check the types of the fields."""
    check = getattr(cls, "__post_init__", None)

    def post_init(self: DataclassInstance) -> None:
        hints, floats = _hints(cls), _float_names(cls)
        given = [each.name for each in dataclasses.fields(self) if each.init and each.name in hints]
        converters = converters_of(type(self))
        for name in given:
            value = as_declared(getattr(self, name), hints[name])
            if name in converters:
                value = converters[name](value)
            if name in floats and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            object.__setattr__(self, name, value)
        if check is not None:
            try:
                check(self)
            except PlasticaError:
                raise
            except Exception as error:
                # If a check fails on a value of the wrong type, report the type.
                values = {name: getattr(self, name) for name in given}
                if fault := first_fault(cls.__name__, values, hints, one=True):
                    raise InvalidValue(fault) from error
                raise
        if fault := first_fault(cls.__name__, {name: getattr(self, name) for name in given}, hints):
            raise InvalidValue(fault)

    cls.__post_init__ = post_init
