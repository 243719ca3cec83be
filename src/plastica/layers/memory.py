"""Memory across batches: what stateful layers carry from the rows of one batch to those of the next, in their state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import ShapeError
from ..initializers import Undrawn
from ..typing import Params, State, Tree, by_name

if TYPE_CHECKING:
    from .cell import Cell

# The carried arrays stand in the state of a layer under this name and their number.
_NAME = "memory_"


def is_memory(name: str) -> bool:
    """Return whether an array of a layer's state is its memory, and not a weight."""
    return name.startswith(_NAME)


def blank(rng: np.random.Generator, cell: Cell, params: Params, batch: int) -> dict[str, np.ndarray]:
    """Return what a cell carries before the first step of ``batch`` sequences."""
    if isinstance(rng, Undrawn):
        carried = [rng.blank((batch, *shape)) for shape in cell.carried_shapes]
    else:
        carried = jax.tree.leaves(cell.start(params, batch))
    return {f"{_NAME}{place}": np.asarray(part) for place, part in enumerate(carried)}


def recalled(layer: object, state: State, rows: int) -> tuple[jax.Array, ...] | None:
    """Return the arrays that were carried when the last batch ended; None if there is no memory.

    Raises:
        ShapeError: If this batch has another number of rows.
    """
    held = tuple(state[name] for name in _names(state))
    if not held:
        return None
    if held[0].shape[0] != rows:
        raise ShapeError(
            f"{type(layer).__name__}(stateful=True): got a batch of {rows} rows, but it remembers {held[0].shape[0]} "
            f"sequences, one for each row of a batch. Give batches of {held[0].shape[0]} rows."
        )
    return held


def remembered(state: State, last: Tree) -> State:
    """Return the state with the arrays that are carried now."""
    names = _names(state)
    if not names:
        return state
    carried = zip(names, jax.tree.leaves(last), strict=True)
    return {**by_name(state), **{name: jnp.asarray(part, state[name].dtype) for name, part in carried}}


def mapped(function: Callable[..., jax.Array], tree: Tree, *others: Tree) -> Tree:
    """Return a state in which a function was applied to the arrays of memory."""
    if isinstance(tree, dict):
        return {
            name: function(own, *(other[name] for other in others)) if is_memory(name) else own
            for name, own in tree.items()
        }
    return tuple(mapped(function, *each) for each in zip(tree, *others, strict=True))


def _names(state: State) -> list[str]:
    """Return the names of the arrays of memory in the order in which a cell carries them: 2 before 10."""
    return sorted(filter(is_memory, state), key=lambda name: int(name.removeprefix(_NAME)))
