"""Rules for reading and writing at indices."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jax.extend.core import JaxprEqn
from jax.lax import GatherScatterMode

from .program import ArrayValue, RowCount, Size
from .reading import Reader, form, rule


@rule("gather")
def _gather(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    x, indices = inputs
    numbers, sizes = equation.params["dimension_numbers"], equation.params["slice_sizes"]
    if numbers.operand_batching_dims:
        return reader.unsupported(equation, inputs, "gather with batches of indices")
    single = len(numbers.start_index_map) == 1 and sizes[numbers.start_index_map[0]] == 1
    if single and (indices not in reader.constants or numbers.collapsed_slice_dims):
        return _take(reader, equation, x, indices)
    begins = reader.constants.get(indices)
    if begins is not None and begins.ndim == 1:
        return _cut(reader, equation, x, begins)
    return reader.unsupported(equation, inputs, f"gather over axes {numbers.start_index_map}")


def _take(reader: Reader, equation: JaxprEqn, x: ArrayValue, indices: ArrayValue) -> ArrayValue:
    """Read single elements along one axis, and all of the others."""
    numbers = equation.params["dimension_numbers"]
    (axis,) = numbers.start_index_map
    full, dtype = form(equation.outvars[0])
    # Without the axis that is read, of size 1 unless it is collapsed.
    kept = [] if numbers.collapsed_slice_dims else [numbers.offset_dims[axis]]
    shape = tuple(size for place, size in enumerate(full) if place not in kept)
    flat = reader.reshape(indices, indices.shape[:-1])
    inside, valid = _bounded(reader, flat, x.shape[axis], equation.params["mode"])
    behind = len(flat.shape)
    made = reader.add("take", (x, inside), (*x.shape[:axis], *flat.shape, *x.shape[axis + 1 :]), dtype, axis=axis)
    # JAX puts the axes of what is read at offset_dims, and those of the indices at the other places.
    offsets = [place - sum(each < place for each in kept) for place in numbers.offset_dims if place not in kept]
    of_indices = [place for place in range(len(shape)) if place not in offsets]
    order = [0] * len(shape)
    for number, place in enumerate(offsets):
        order[place] = number if number < axis else number + behind
    for number, place in enumerate(of_indices):
        order[place] = axis + number
    made = reader.transpose(made, order)
    if valid is None:
        return reader.reshape(made, full)
    aligned = reader.reshape(valid, [size if place in of_indices else 1 for place, size in enumerate(shape)])
    fill = equation.params["fill_value"]
    filled = reader.constant(np.asarray(np.nan if fill is None else fill).astype(dtype))
    return reader.reshape(reader.elementwise("where", aligned, made, filled), full)


def _bounded(reader: Reader, indices: ArrayValue, size: Size, mode: object) -> tuple[ArrayValue, ArrayValue | None]:
    """Return indices in bounds, and which of them were if others are to be filled."""
    if mode == GatherScatterMode.PROMISE_IN_BOUNDS:
        return indices, None
    assert isinstance(size, int), "indices of rows are always in bounds"
    known = reader.constants.get(indices)
    if known is not None and ((known >= 0) & (known < size)).all():
        return indices, None
    zero, last = (reader.constant(np.asarray(each, indices.dtype)) for each in (0, size - 1))
    inside = reader.elementwise("min", reader.elementwise("max", indices, zero), last)
    if mode == GatherScatterMode.FILL_OR_DROP:
        return inside, reader.elementwise("eq", inside, indices, dtype="bool")
    return inside, None


def _cut(reader: Reader, equation: JaxprEqn, x: ArrayValue, begins: np.ndarray) -> ArrayValue:
    """Read one part that begins at constant indices."""
    numbers, shape = equation.params["dimension_numbers"], form(equation.outvars[0])[0]
    start, stop = [0] * len(x.shape), list(x.shape)
    for axis, begin in zip(numbers.start_index_map, begins, strict=True):
        wide, size = int(equation.params["slice_sizes"][axis]), x.shape[axis]
        assert not isinstance(size, RowCount)
        start[axis] = min(max(int(begin), 0), size - wide)
        stop[axis] = start[axis] + wide
    return reader.reshape(reader.slice(x, start, stop), shape)


@rule("dynamic_slice")
def _dynamic_slice(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue:
    x, *starts = inputs
    shape, dtype = form(equation.outvars[0])
    known = [reader.constants.get(each) for each in starts]
    begins = [0 if each is None else int(each) for each in known]
    fixed = all(
        isinstance(size, RowCount) or size == wide or each is not None
        for each, size, wide in zip(known, x.shape, shape, strict=True)
    )
    if fixed:
        start = [
            0 if isinstance(size, RowCount) or isinstance(wide, RowCount) else min(max(at, 0), size - wide)
            for at, size, wide in zip(begins, x.shape, shape, strict=True)
        ]
        stop = [wide if isinstance(wide, RowCount) else at + wide for at, wide in zip(start, shape, strict=True)]
        return reader.slice(x, start, stop)
    return reader.add("dynamic_slice", (x, *starts), shape, dtype, sizes=shape)


@rule("scatter", "scatter-add")
def _scatter(reader: Reader, equation: JaxprEqn, inputs: list[ArrayValue]) -> ArrayValue | Sequence[ArrayValue]:
    x, indices, updates = inputs
    numbers = equation.params["dimension_numbers"]
    axes = numbers.scatter_dims_to_operand_dims
    single = len(axes) == 1 and numbers.inserted_window_dims == axes and not numbers.operand_batching_dims
    if not single:
        return reader.unsupported(equation, inputs, f"{equation.primitive.name} over axes {axes}")
    (axis,) = axes
    places = [place for place in range(len(updates.shape)) if place not in numbers.update_window_dims]
    flat = reader.reshape(indices, indices.shape[:-1])
    if len(places) > 1 or len(flat.shape) > 1:
        return reader.unsupported(equation, inputs, f"{equation.primitive.name} at several axes of indices")
    if not places:  # one index, which updates have no axis for
        flat = reader.reshape(flat, (1,))
        updates = reader.reshape(updates, (*updates.shape[:axis], 1, *updates.shape[axis:]))
    elif places[0] != axis:
        order = [place for place in range(len(updates.shape)) if place != places[0]]
        updates = reader.transpose(updates, [*order[:axis], places[0], *order[axis:]])
    name = equation.primitive.name.replace("-", "_")
    inside, valid = _bounded(reader, flat, x.shape[axis], equation.params["mode"])
    if valid is not None:
        if name == "scatter" and flat.shape != (1,) and not equation.params["unique_indices"]:
            return reader.unsupported(equation, inputs, "scatter at indices that may be out of bounds")
        # What falls outside is dropped: it writes what is there, or adds nothing.
        there = reader.add("take", (x, inside), updates.shape, x.dtype, axis=axis)
        nothing = there if name == "scatter" else reader.constant(np.zeros((), x.dtype))
        aligned = reader.reshape(valid, [size if place == axis else 1 for place, size in enumerate(updates.shape)])
        updates = reader.elementwise("where", aligned, updates, nothing)
    return reader.add(name, (x, inside, updates), x.shape, x.dtype, axis=axis)
