"""Conversion between pytrees of arrays and named arrays, for params, state and memory in files."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TypeVar, cast

import jax
import numpy as np

from ..errors import FileError, InvalidValue
from ..typing import PyTree

T = TypeVar("T")
_SHOWN = 3


def flatten(tree: PyTree) -> dict[str, np.ndarray]:
    """Return the leaves of a pytree by their paths: ``"0/kernel"``, ``"mu/1/bias"``.

    A path consists of dictionary keys, indices of lists and tuples, and field names. A ``/`` in a key is written as
    ``~1``, and a ``~`` as ``~0``. The path of a single array is ``"."``.

    Raises:
        InvalidValue: If two leaves have the same path, or a leaf is not an array of numbers.

    Example:
        >>> sorted(flatten([{"kernel": np.ones((2, 3)), "bias": np.zeros(3)}]))
        ['0/bias', '0/kernel']
    """
    arrays: dict[str, np.ndarray] = {}
    for name, leaf in _named_leaves(tree):
        try:
            array = np.asarray(leaf)
        except (TypeError, ValueError) as error:
            raise InvalidValue(f"{name!r} is not an array of numbers but {type(leaf).__name__}.") from error
        if array.dtype.kind == "O":
            raise InvalidValue(f"{name!r} is not an array of numbers but {type(leaf).__name__}.")
        arrays[name] = array
    return arrays


def unflatten(template: T, arrays: Mapping[str, np.ndarray]) -> T:
    """Return a pytree with the structure of ``template`` and the given arrays as its leaves.

    Args:
        template: A pytree whose leaves have the required shapes and types: arrays or ``jax.ShapeDtypeStruct``.
        arrays: The result of :func:`flatten` for such a pytree.

    Raises:
        FileError: If an array is missing or superfluous, or has another shape or type than its leaf.
    """
    wanted = dict(_named_leaves(template))
    _check_names(wanted.keys(), arrays.keys())
    for name, leaf in wanted.items():
        place = leaf if isinstance(leaf, jax.ShapeDtypeStruct) else np.asarray(leaf)
        array = arrays[name]
        if array.shape != place.shape or array.dtype != place.dtype:
            raise FileError(
                f"array {name!r} has shape {array.shape} and dtype {array.dtype}; expected {place.shape} and "
                f"{place.dtype}. The file belongs to another network."
            )
    return jax.tree.unflatten(cast("PyTree", jax.tree.structure(template)), [arrays[name] for name in wanted])


def _named_leaves(tree: PyTree) -> list[tuple[str, PyTree]]:
    found = cast("list[tuple[tuple[object, ...], PyTree]]", jax.tree_util.tree_flatten_with_path(tree)[0])
    leaves = [("/".join(map(_part, path)) or ".", leaf) for path, leaf in found]
    names: set[str] = set()
    for name, _ in leaves:
        if name in names:
            raise InvalidValue(f"two arrays of the tree have the path {name!r}; rename one of the keys.")
        names.add(name)
    return leaves


def _part(key: object) -> str:
    match key:
        case jax.tree_util.SequenceKey():
            text = str(key.idx)
        case jax.tree_util.DictKey() | jax.tree_util.FlattenedIndexKey():
            text = str(key.key)
        case jax.tree_util.GetAttrKey():
            text = key.name
        case _:
            text = str(key)
    return text.replace("~", "~0").replace("/", "~1")


def _check_names(wanted: AbstractSet[str], arrived: AbstractSet[str]) -> None:
    for kind, names in (("missing", wanted - arrived), ("unexpected", arrived - wanted)):
        if names:
            shown = ", ".join(repr(name) for name in sorted(names)[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            raise FileError(
                f"{kind} arrays: {shown}{more}. The file has {len(arrived)} arrays, expected {len(wanted)}; it belongs "
                "to another network."
            )
