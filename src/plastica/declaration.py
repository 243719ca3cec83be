"""Declarations: what a person writes down. Floats are traced, everything else is shape.

A declaration (a layer, a rule, an optimizer, a schedule) is a frozen dataclass, equal and hashable by
value, and at the same time a pytree: its floats and nested declarations are leaves and branches, all its
other fields belong to the tree's structure. A compiled program that takes declarations as arguments is
therefore cached by value: another learning rate or dropout rate compiles nothing, and a declaration whose
floats are vectors is a population under ``jax.vmap``.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, TypeVar, dataclass_transform, get_args, get_type_hints

import jax

from .errors import InvalidValue, PlasticaError
from .fields import as_declared, first_fault

C = TypeVar("C", bound=type)


class Declaration:
    """Base of everything a person declares.

    Validation belongs in ``__post_init__``: it runs when a person writes the declaration down and not when
    JAX rebuilds it from tracers.
    """

    float_fields: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        """Show the fields that differ from their defaults, as a person would have written them."""
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)  # pyright: ignore[reportArgumentType]
            if not _is_default(field, getattr(self, field.name))
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass_transform(frozen_default=True)
def declaration(cls: C) -> C:
    """Make a subclass of :class:`Declaration` a frozen dataclass and a pytree.

    A field annotated with ``float`` (also ``float | None`` or ``float | Schedule``) is traced; a field that
    holds a declaration, or a non-empty tuple of them, is a branch; every other field is structure and must
    be hashable. Whole numbers given for floats become floats, so that ``Dropout(0)`` and ``Dropout(0.0)``
    are one program.
    """
    hints = get_type_hints(cls)
    floats = frozenset(name for name, hint in hints.items() if float in (hint, *get_args(hint)))
    _validate_fields(cls, hints, floats)
    made: Any = dataclasses.dataclass(frozen=True, repr=False)(cls)
    made.float_fields = floats
    names = tuple(field.name for field in dataclasses.fields(made))

    def flatten(self: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        # A declaration never changes, and every call of a compiled program flattens it: once is enough.
        found = self.__dict__.get("_flat")
        if found is None:
            values = {name: getattr(self, name) for name in names}
            traced = tuple(name for name in names if _is_traced(made, name, values[name]))
            static = tuple((name, values[name]) for name in names if name not in traced)
            found = tuple(values[name] for name in traced), (traced, static)
            object.__setattr__(self, "_flat", found)
        return found

    def flatten_with_keys(self: Any) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        leaves, structure = flatten(self)
        keys = map(jax.tree_util.GetAttrKey, structure[0])
        return list(zip(keys, leaves, strict=True)), structure

    def unflatten(structure: tuple[Any, ...], leaves: Any) -> Any:
        traced, static = structure
        self = object.__new__(made)
        for name, value in (*static, *zip(traced, leaves, strict=True)):
            object.__setattr__(self, name, value)
        return self

    jax.tree_util.register_pytree_with_keys(made, flatten_with_keys, unflatten, flatten)
    return made


def replace(declared: Any, **changes: Any) -> Any:
    """Return the declaration with some fields changed; works on traced declarations too."""
    made = object.__new__(type(declared))
    for field in dataclasses.fields(declared):
        object.__setattr__(made, field.name, changes.get(field.name, getattr(declared, field.name)))
    return made


def _is_traced(cls: Any, name: str, value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(part, Declaration) for part in value)
    if isinstance(value, Declaration):
        return True
    return name in cls.float_fields and value is not None and not isinstance(value, str | bool) and not callable(value)


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    default = field.default
    if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    return type(default) is type(value) and bool(default == value)


def _validate_fields(cls: Any, hints: dict[str, Any], floats: frozenset[str]) -> None:
    """Let a declaration put its fields in their form, make its own checks, then see that each is of its kind."""
    check = getattr(cls, "__post_init__", None)

    def post_init(self: Any) -> None:
        given = [field.name for field in dataclasses.fields(self) if field.init and field.name in hints]
        for name in given:
            value = as_declared(getattr(self, name), hints[name])
            if name in floats and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            object.__setattr__(self, name, value)
        if check is not None:
            try:
                check(self)
            except PlasticaError:
                raise
            except Exception as error:
                # A check that compares or counts stumbles over another kind of value, which is the thing to say.
                values = {name: getattr(self, name) for name in given}
                if fault := first_fault(cls.__name__, values, hints, one=True):
                    raise InvalidValue(fault) from error
                raise
        if fault := first_fault(cls.__name__, {name: getattr(self, name) for name in given}, hints):
            raise InvalidValue(fault)

    cls.__post_init__ = post_init
