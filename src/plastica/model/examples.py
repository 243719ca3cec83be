"""Checked arrays from what the user passes as examples."""

from __future__ import annotations

from typing import cast

import jax
import numpy as np

from ..data.arrays import to_array
from ..data.gathered import Gathered, RowsWithTargets
from ..errors import DataError, InvalidValue, PlasticaError, ShapeError
from ..layers import Sequential as Network
from ..layers.composition import checks_data
from ..layers.hosted import Hosted
from ..losses import OutputLosses
from ..training.batches import PART_ROWS
from ..typing import AnyShape
from . import guards
from .base import BaseModel
from .hosting import first_readers, row_shape
from .inputs import (
    Converter,
    Examples,
    HostArrays,
    as_inputs,
    as_several,
    as_targets,
    compact_inputs,
    compact_targets,
    count_rows,
    refuse_several,
    row_weights,
    same_rows,
)  # fmt: skip
from .metric_guards import check_metrics
from .output_targets import targets_of_outputs
from .shapes import is_several

NO_LAYERS = Network()


def take(
    model: BaseModel, x: object, y: object, sample_weight: object = None, owner: str = "", *, compact: bool = False
) -> Examples:
    """Check examples and convert them to arrays; a network that is built for them stays so only if they pass.

    Args:
        model: The model.
        x, y, sample_weight: As given.
        owner: A prefix for names in messages.
        compact: Whether arrays of narrow types keep their type; otherwise all are float32.
    """
    # A network that had no shape takes that of the first data; if these are refused, it must not keep it.
    was_built = model.built
    try:
        return _take(model, x, y, sample_weight, owner, compact)
    except PlasticaError:
        if not was_built:
            model.unbuild()
        raise


def _take(model: BaseModel, x: object, y: object, sample_weight: object, owner: str, compact: bool) -> Examples:
    inputs = take_inputs(model, x, f"{owner}x", compact=compact)
    if model.compiled.own is not None and y is not None:
        return _for_own_program(inputs, y, sample_weight, owner, compact)
    if model.compiled.loss is None:
        return _without_targets(inputs, y, sample_weight, owner)
    if y is None:
        raise InvalidValue(f"the network needs targets, but {owner}y is missing.")
    if isinstance(model.compiled.loss, OutputLosses):
        targets = targets_of_outputs(model, model.compiled.loss, y, f"{owner}y", compact, inputs)
        return same_rows(Examples(inputs, targets, row_weights(sample_weight, count_rows(inputs))))
    shape = model.output_shape_for(inputs)
    loss, answer_shape = model.compiled.loss.for_one_answer(shape)
    refuse_several(y, f"{owner}y", "output")
    targets = as_targets(y, answer_shape, f"{owner}y", compact_targets if compact else to_array)
    examples = same_rows(Examples(inputs, targets, row_weights(sample_weight, len(targets), shape[:-1])))
    compiled, activation = model.compiled, model.network.output_activation
    guards.check_targets(targets, answer_shape, loss, activation, compiled.metrics, f"{owner}y")
    check_metrics(targets, model.program.watched, loss, activation, f"{owner}y")
    return examples


def _for_own_program(inputs: HostArrays, y: object, sample_weight: object, owner: str, compact: bool) -> Examples:
    """Return targets of any shape, since only the program knows what they mean; several in a tuple."""
    convert = compact_targets if compact else to_array
    targets = tuple(convert(part, f"{owner}y") for part in y) if isinstance(y, tuple) else convert(y, f"{owner}y")
    return same_rows(Examples(inputs, targets, row_weights(sample_weight, count_rows(inputs))))


def _without_targets(inputs: HostArrays, y: object, sample_weight: object, owner: str) -> Examples:
    if y is not None:
        raise InvalidValue(
            f"{owner}y was given, but the network was compiled without a loss and is trained without targets. Leave y "
            "out, or give compile() a loss, so that the last layer is trained as a read-out."
        )
    rows = count_rows(inputs)
    nothing = np.zeros((rows, 0), np.float32)
    return same_rows(Examples(inputs, nothing, row_weights(sample_weight, rows)))


def take_answerable(model: BaseModel, x: object, name: str = "x") -> HostArrays:
    """Check inputs of ``predict``, which are those of training unless a program of the user's own reads others."""
    own = model.compiled.own if model.is_compiled else None
    if own is None or not model.built or (shape := own.reads(model.declared_shape)) == model.declared_shape:
        return take_inputs(model, x, name, compact=True)
    return as_inputs(x, shape, name, compact_inputs(False))


def take_inputs(model: BaseModel, x: object, name: str = "x", *, compact: bool = False) -> HostArrays:
    """Check inputs and convert them to an array, or to a tuple of arrays, and build the network if necessary."""
    if is_several(model.declared_shape):
        return _take_several(model, x, name, compact)
    refuse_several(x, name, "input")
    tokens = model.network.takes_integers is True
    convert = compact_inputs(tokens) if compact else to_array
    (hosted,) = first_readers(model)
    if hosted is not None:
        return _take_hosted(model, hosted, x, name, convert)
    inputs = as_inputs(x, model.declared_shape, name, convert)
    if model.network == NO_LAYERS:
        raise InvalidValue("this network has no layers; add some: model.add(Dense(10)).")
    if not model.built:
        try:
            model.build(inputs.shape[1:])
        except ShapeError as error:
            hint = " x has one number per row; pass x.reshape(-1, 1)." if inputs.ndim == 1 else ""
            raise ShapeError(f"{error}{hint}") from None
    _check_input(model, inputs)
    return inputs


def _take_hosted(model: BaseModel, layer: Hosted, x: object, name: str, convert: Converter) -> np.ndarray:
    """Return what the compiled program gets of rows that a layer reads on the host, and build the network."""
    shape = row_shape(x)
    if not model.built:
        model.build(shape)
    # One number per row may come as (rows,) or as (rows, 1).
    one_each = ((), (1,))
    if shape != model.declared_shape and not (shape in one_each and model.declared_shape in one_each):
        raise ShapeError(
            f"{name} has rows of shape {shape}; this network expects rows of shape {model.declared_shape}."
        )
    inputs = convert(layer.transform(x), name)
    if not len(inputs):
        raise DataError(f"{name} has no rows.")
    model.network.check_input(inputs)
    return inputs


def _take_several(model: BaseModel, x: object, name: str, compact: bool) -> HostArrays:
    shapes: AnyShape = model.declared_shape
    names, kept = model.network.input_names, model.network.takes_integers
    found = []
    readers = first_readers(model)
    for place, given in enumerate(as_several(x, names, name)):
        convert = compact_inputs(bool(kept[place])) if compact else to_array  # pyright: ignore[reportIndexIssue]
        own, hosted = f"{name}[{names[place]!r}]", readers[place]
        found.append(
            as_inputs(given, shapes[place], own, convert) if hosted is None else convert(hosted.transform(given), own)
        )
    inputs = same_rows(Examples(tuple(found), found[0])).x
    _check_input(model, inputs)
    return inputs


def _check_input(model: BaseModel, inputs: HostArrays) -> None:
    inputs = cast("np.ndarray", inputs)  # or a tuple of them, which layers that read several inputs take
    if not any(isinstance(part, Gathered) for part in jax.tree.leaves(inputs)):
        model.network.check_input(inputs)
    elif checks_data(model.network):
        # Rows gathered on demand are checked part by part: all windows of a series together may be far larger than it.
        for start in range(0, count_rows(inputs), PART_ROWS):
            stop = start + PART_ROWS
            model.network.check_input(
                jax.tree.map(lambda part, rows=slice(start, stop): np.asarray(part[rows]), inputs)
            )


def windows_apart(x: object, y: object, verb: str) -> tuple[object, object]:
    """Return inputs and targets, which windows over a series have both."""
    if not isinstance(x, RowsWithTargets):
        return x, y
    if y is not None:
        name = type(x).__name__
        raise InvalidValue(f"{verb}({name}, y=...): windows have their targets; give {name}(targets=...).")
    return x.x, x.y
