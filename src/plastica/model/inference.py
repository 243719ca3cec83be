"""The implementation of evaluate and predict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import cast

import jax
import numpy as np

from .. import random
from ..errors import InvalidValue
from ..layers.layer import Context, Layer
from ..training.batches import ANSWER_ROWS, held_out_rows, in_chunks, parts
from ..training.cache import keep_compiled_programs
from ..training.compiled import compiled_for
from ..training.program import Program
from ..training.sums import empty_sums, figures
from ..typing import AnyShape, ModelAnswers, Params, PyTree, State
from .adapting import adapt
from .base import BaseModel
from .compiling import widths_for
from .examples import take, take_answerable, windows_apart
from .inputs import Examples, HostArrays, count_rows
from .iterators import behind_one_another, gives_batches, refuse_beside_batches, regrouped, unpacked
from .options import BATCH_SIZE, whole
from .outputs import named_outputs
from .remembering import answers_batch_by_batch, check_rows, go_on, rows_a_batch, state_behind
from .settling import settled
from .shapes import is_several


def evaluate(
    model: BaseModel, x: object, y: object, sample_weight: object, batch_size: int | None, steps: int | None = None
) -> dict[str, float]:
    """Return the loss and the metrics by name."""
    keep_compiled_programs()
    whole("batch_size", batch_size, 1)
    x, y = windows_apart(x, y, "evaluate")
    if gives_batches(x):
        refuse_beside_batches({"y": y, "sample_weight": sample_weight}, verb="evaluate")
        return _evaluate(model, _examples_of(model, x, whole("steps", steps, 1)), batch_size)
    _refuse_steps("evaluate", steps)
    return _evaluate(model, iter([take(model, x, y, sample_weight, compact=True)]), batch_size)


def _evaluate(model: BaseModel, groups: Iterator[Examples], batch_size: int | None) -> dict[str, float]:
    program, widths, sums = sums_of(model, groups, batch_size)
    return figures(program, widths, np.asarray(sums))


def sums_of(
    model: BaseModel, groups: Iterator[Examples], batch_size: int | None, sums: PyTree = None
) -> tuple[Program, tuple[int, ...], PyTree]:
    """Add up the sums of groups of rows; only the last group may have a different number of rows.

    Args:
        model: The model.
        groups: The rows.
        batch_size: Rows computed at once.
        sums: Sums to add to, or None.

    Returns:
        The program, the number of sums of each metric, and the sums.
    """
    # The first group decides shapes and settings; later groups are only counted.
    first = next(groups)
    adapt(model)
    rows, shape = first.rows, model.output_shape_for(first.x)
    program, chunk = settled(model.program, first.y, shape, batch_size or BATCH_SIZE, (rows,))
    widths = widths_for(program, first.y, shape)
    _, params, state, memory = model.answering()
    size = rows_a_batch(program.network, batch_size, chunk)
    sums = empty_sums(program, widths) if sums is None else sums
    for examples in chain([first], groups):
        check_rows(program.network, examples.x, "x")
        places, room = parts(examples.rows, size, _numbers_a_row(examples.x, shape))
        for place in places:
            # Parts are views; padding copies a part at a time, never all rows.
            part = jax.tree.map(lambda array, place=place: array[place], examples)
            rows = held_out_rows(part.x, part.y, part.weight, size, room)
            sums = compiled_for(program.network).evaluate(program, params, state, memory, rows, sums)
            state = state_behind(model, params, state, part.x)
    go_on(model, state)
    return program, widths, sums


def predict(model: BaseModel, x: object, batch_size: int | None, steps: int | None = None) -> ModelAnswers:
    """Return the predictions, row by row; for several outputs a tuple, or a dict if they were named."""
    keep_compiled_programs()
    whole("batch_size", batch_size, 1)
    if not gives_batches(x):
        x, _ = windows_apart(x, None, "predict")
        _refuse_steps("predict", steps)
        return _predict(model, take_answerable(model, x), batch_size)

    def taken(number: int, item: object) -> HostArrays:
        inputs = item[0] if isinstance(item, tuple | list) else item
        return take_answerable(model, inputs, f"batch {number}'s x")

    found = [_predict(model, rows, batch_size) for rows in regrouped(x, whole("steps", steps, 1), taken)]
    return behind_one_another(found, "answers")


def _predict(model: BaseModel, inputs: HostArrays, batch_size: int | None) -> ModelAnswers:
    adapt(model)
    model.say_if_untrained()
    answering, params, state, memory = model.answering()
    # A fixed size, padded: in another size a product adds in another order, and the last bit of a row would depend on
    # how many rows were passed with it.
    size = rows_a_batch(model.network, batch_size, ANSWER_ROWS)
    places, room = parts(count_rows(inputs), size, _numbers_a_row(inputs, model.output_shape_for(inputs)))

    program = compiled_for(model.network).predict

    def answer(rows: HostArrays, state: State = state) -> PyTree:
        count = count_rows(rows)
        chunks = jax.tree.map(lambda part: in_chunks(part, size, room=room), rows)
        answers = program(answering, params, state, memory, chunks, np.int32(-(-count // size)))
        return jax.tree.map(lambda part: own(part).reshape(-1, *part.shape[2:])[:count], answers)

    # Arrays returned by JAX are read-only; several parts are copied when they are concatenated.
    own = np.array if len(places) == 1 else np.asarray
    if model.network.remembers:
        return named_outputs(model.network, answers_batch_by_batch(model, inputs, answer))
    if len(places) == 1:
        return named_outputs(model.network, answer(inputs))
    found = [answer(jax.tree.map(lambda part, place=place: part[place], inputs)) for place in places]
    return named_outputs(model.network, jax.tree.map(lambda *answers: np.concatenate(answers), *found))


def compiling_predictions(model: BaseModel, x: object, counts: Iterable[int]) -> Callable[[], None]:
    """Return a function that compiles the programs which predict so many rows, so that predicting them begins at once.

    It may be called in another thread, and while the model is trained.

    Args:
        model: The model.
        x: Inputs of some rows.
        counts: The numbers of rows that will be predicted.
    """
    inputs = take_answerable(model, x)
    answering, *carried = model.answering()
    carried = jax.tree.map(lambda array: jax.ShapeDtypeStruct(np.shape(array), array.dtype), carried)
    size = rows_a_batch(model.network, None, ANSWER_ROWS)
    numbers = _numbers_a_row(inputs, model.output_shape_for(inputs))
    program = cast(jax.stages.Wrapped, compiled_for(model.network).predict)

    def compile_each() -> None:
        for chunks in sorted({-(-parts(count, size, numbers)[1] // size) for count in counts if count}):
            shaped = jax.tree.map(
                lambda part, chunks=chunks: jax.ShapeDtypeStruct((chunks, size, *part.shape[1:]), part.dtype), inputs
            )
            program.lower(answering, *carried, shaped, np.int32(chunks)).compile()

    return compile_each


def answers_in_training(model: BaseModel, x: object) -> ModelAnswers:
    """Return the answers of a network whose random layers are active and whose batch statistics are those of ``x``."""
    inputs = take_answerable(model, x)
    adapt(model)
    # Counted, so that each call draws anew and yet a model made again gives the same sequence of calls.
    model.times_in_training += 1
    # fit counts its steps from 0.
    key = random.fold(random.seed_key(model.seed), 2**32 - model.times_in_training)
    answers = _in_training(model.network, model.params, model.state, inputs, key)
    return named_outputs(model.network, jax.tree.map(np.array, answers))


@jax.jit
def _in_training(network: Layer, params: Params, state: State, x: PyTree, key: random.Key) -> PyTree:
    return network.apply(params, network.cast_inputs(x), state, Context(training=True, key=key))[0]


def _examples_of(model: BaseModel, batches: Iterable[object], steps: int | None) -> Iterator[Examples]:
    def taken(number: int, item: object) -> Examples:
        return take(model, *unpacked(model, item, number), owner=f"batch {number}'s ", compact=True)

    return regrouped(batches, steps, taken)


def _refuse_steps(verb: str, steps: int | None) -> None:
    if steps is not None:
        raise InvalidValue(f"{verb}(steps=...) is for generators of batches; of arrays, all rows are used.")


def _numbers_a_row(inputs: HostArrays, output_shape: AnyShape) -> int:
    """Return the number of values in a row and its prediction."""
    outputs = output_shape if is_several(output_shape) else (output_shape,)
    return sum(math.prod(part.shape[1:]) for part in jax.tree.leaves(inputs)) + sum(map(math.prod, outputs))
