"""From a model to the program of its inference."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import jax
import numpy as np
from jax.export import symbolic_shape
from jax.extend.core import ClosedJaxpr

from ..errors import InvalidValue
from ..layers import lengths
from ..model.base import BaseModel
from ..model.outputs import outputs_of
from ..model.shapes import is_several
from ..typing import AnyShape, PyTree

# Each module registers its rules.
from . import calls, indexing, primitives, products  # noqa: F401 # pyright: ignore[reportUnusedImport]
from .program import ArrayProgram
from .reading import Reader, sizes
from .reference import OPERATIONS
from .wording import SAY

NUMBERS = ("float32", "float64", "int32", "int64", "uint32", "uint64", "bool")  # that every target has
# Layers choose between formulas for few and for many rows, which a symbol cannot answer. The formulas for few rows are
# right for any number; those for many are asked for where two rows are already many.
_FEW, _MANY = "rows <= 2", "rows >= 1073741824"


def program_of(
    model: BaseModel, *, rows: int | None = None, input_shape: Sequence[int] | Sequence[Sequence[int]] | None = None
) -> ArrayProgram:
    """Return the inference of a model as a program: random layers are off, statistics and weights are constants.

    Args:
        model: A model with weights.
        rows: The number of rows of inputs; None for any number.
        input_shape: The shape of one input, or of each, where the model leaves a size open, such as the length of
            sequences.

    Raises:
        NotFitted: If the model has no weights yet.
        InvalidValue: If a size is open, the model remembers between batches, or a layer computes something that
            programs do not have; the message names the layer.

    Example:
        >>> import plastica as pl
        >>> program_of(pl.Sequential([pl.Dense(2, "tanh", use_bias=False, input_dim=3)]))
        ArrayProgram(2 operations, 6 constant numbers)
    """
    network = model.network
    if network.remembers:
        raise InvalidValue(SAY("stateful", name=model.name))
    # Asked first: it raises NotFitted for a network without weights.
    declared: AnyShape = tuple(model.input_shape)
    own = tuple(each[1:] for each in declared) if is_several(declared) else declared[1:]
    shape = _closed(own, input_shape, model.name)
    answering, params, state, memory = model.answering()
    shapes: tuple[tuple[int, ...], ...] = shape if is_several(shape) else (shape,)

    def respond(*parts: jax.Array) -> PyTree:
        x = answering.cast_inputs(parts if is_several(shape) else parts[0])
        return answering.respond(params, state, memory, x)

    integers = network.takes_integers
    kept = integers if isinstance(integers, tuple) else (integers,) * len(shapes)
    dtypes = ["int32" if each else "float32" for each in kept]
    begins = [each.name for each in network.begins]
    names = [name or f"input_{place}" for place, name in enumerate(begins)] if len(shapes) > 1 else ["x"]
    outputs = [each.name for each in outputs_of(network, cast("AnyShape", shape))] or ["y"]
    inputs = list(zip(names, shapes, dtypes, strict=True))
    return traced(respond, inputs, outputs, rows=rows, name=type(network).__name__)


def traced(
    function: Callable[..., PyTree],
    inputs: Sequence[tuple[str, tuple[int, ...], str]],
    outputs: Sequence[str],
    *,
    rows: int | None = None,
    name: str = "",
) -> ArrayProgram:
    """Return what a function of JAX computes as a program.

    Args:
        function: A function of arrays ``(rows, ...)`` that returns one array, or several in a tuple.
        inputs: The name, shape of one row and dtype of each argument.
        outputs: The name of each result.
        rows: The number of rows; None for any.
        name: The name of the network, for operations outside all layers.

    Raises:
        InvalidValue: If it computes something that programs do not have.
    """
    closed, arguments = _jaxpr(function, inputs, rows)
    reader = Reader(name)
    values = [reader.value(sizes(each.shape), each.dtype) for each in arguments]
    try:
        found = reader.read(closed.jaxpr, closed.consts, values)
    except (jax.errors.InconclusiveDimensionOperation, NotImplementedError):  # a size that depends on the rows
        raise InvalidValue(SAY("number_of_rows", layer=reader.layer)) from None
    program = reader.finish(tuple(values), tuple(found), (tuple(each[0] for each in inputs), tuple(outputs)))
    _check(program)
    return program


def _jaxpr(
    function: Callable[..., PyTree], inputs: Sequence[tuple[str, tuple[int, ...], str]], rows: int | None
) -> tuple[ClosedJaxpr, list[jax.ShapeDtypeStruct]]:
    failure: Exception | None = None
    for limits in (_FEW, _MANY) if rows is None else ("",):
        batch = symbolic_shape("rows", constraints=[limits])[0] if rows is None else rows
        arguments = [jax.ShapeDtypeStruct((batch, *shape), np.dtype(dtype)) for _, shape, dtype in inputs]
        try:
            return jax.make_jaxpr(function)(*arguments), arguments
        except jax.errors.InconclusiveDimensionOperation as error:
            failure = error
    raise InvalidValue(SAY("other_formulas", why=str(failure)))


def _check(program: ArrayProgram) -> None:
    """Check that a program has the operations and kinds of numbers of the contract only."""
    operations = [operation for part in program.walk() for operation in part.operations]
    strange = {(each.layer, each.name): None for each in operations if each.name not in OPERATIONS}
    made = [(each.layer, value.dtype) for each in operations for value in each.outputs]
    strange |= {(layer, f"{dtype} numbers"): None for layer, dtype in made if dtype not in NUMBERS}
    if strange:
        layers = [SAY("layer_computes", layer=layer, name=repr(name)) for layer, name in strange]
        raise InvalidValue(SAY("no_operation", layers="; ".join(layers)))


def _closed(own: AnyShape, given: object, name: str) -> AnyShape:
    """Return a shape without open sizes."""
    if given is None:
        if lengths.is_open(own):
            raise InvalidValue(SAY("open_size", name=name, shape=str(own)))
        return own
    wanted = lengths.without_lists(given)
    several = is_several(own)
    pairs = list(zip(wanted, own, strict=False)) if several else [(wanted, own)]
    fit = is_several(wanted) == several and all(lengths.fits(one, declared) for one, declared in pairs)
    if not fit or (several and len(wanted) != len(own)):
        raise InvalidValue(SAY("other_shape", given=str(list(wanted)), shape=str(own)))
    return wanted
