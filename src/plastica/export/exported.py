"""Exported: what a writer turns into a file, for each kind of model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidValue
from ..model.base import BaseModel
from ..model.inference import predict
from ..typing import Document
from .program import ArrayProgram, for_rows, with_rows
from .raw_columns import RawColumns
from .tracing import program_of
from .wording import SAY

if TYPE_CHECKING:
    from ..forecasting import Forecaster
    from .forecast_program import ForecastProgram
    from .forecasts import SeriesExport
    from .tables import TableExport

InputShape = Sequence[int] | Sequence[Sequence[int]]
AnswerArrays = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
# From raw columns to probabilities or numbers, and the predictions of each row.
ColumnAnswers = Callable[[RawColumns], tuple[np.ndarray, list[list[object]]]]


@dataclass(frozen=True, eq=False)
class Exported:
    """What a writer turns into a file.

    Attributes:
        name: The name of the model, for comments.
        program: Its inference.
        table: What happens around it, for the model of a table; see :mod:`.preprocessing`. None for a model of arrays.
        answer: What plastica answers, from an array for each input of the program to one for each output; for checks.
        draw: Random inputs of so many rows, for checks and calibration without data.
        start: For one step in time, each state before the first one; see :mod:`.stepping`. None for whole inputs.
        series: What happens around it, for the Python file of a forecaster; see :mod:`.forecasts`.
        forecast: What is known of a whole forecaster as a program; see :mod:`.forecast_program`.
    """

    name: str
    program: ArrayProgram
    table: Document | None = None
    answer: AnswerArrays | None = None
    draw: Callable[[int], list[np.ndarray]] | None = None
    start: tuple[np.ndarray, ...] | None = None
    series: SeriesExport | None = None
    forecast: ForecastProgram | None = None


def exported(
    model: object,
    *,
    rows: int | None = None,
    input_shape: InputShape | None = None,
    step: bool = False,
    reads_series: bool = True,
) -> Exported:
    """Return what a writer needs of a model.

    Args:
        model: A model, a model for a table, an estimator, or a forecaster.
        rows: As for :func:`program_of`.
        input_shape: As for :func:`program_of`; only for models of arrays.
        step: Whether to take one step in time instead of whole inputs.
        reads_series: For a forecaster, whether the file reads series itself, or is a program from the last values on.

    Raises:
        InvalidValue: If the model cannot be exported; nothing is written then.
    """
    if isinstance(model, Exported):
        return model if rows is None else replace(model, program=for_rows(model.program, rows))
    if step and not isinstance(model, BaseModel):
        raise InvalidValue(SAY("step_model", given=type(model).__name__))
    if isinstance(model, BaseModel) and step:
        return _of_step(model, rows)
    if isinstance(model, BaseModel):
        program = program_of(model, rows=rows, input_shape=input_shape)
        return Exported(model.name, program, None, lambda x: _answers(model, x), lambda count: _drawn(program, count))
    from ..ensembles import ModelEnsemble

    if isinstance(model, ModelEnsemble):
        return exported(model.as_model(), rows=rows, input_shape=input_shape)
    if input_shape is not None:
        raise InvalidValue(SAY("unneeded_shape", given=str(list(input_shape))))
    # Networks of arrays need none of these, which load scikit-learn.
    from ..estimators.base import NetworkEstimator
    from ..forecasting import Forecaster
    from ..tables.base import BaseTableNetwork
    from .tables import of_estimator, of_table

    if isinstance(model, BaseTableNetwork | NetworkEstimator):
        return _of_table(of_table(model, rows) if isinstance(model, BaseTableNetwork) else of_estimator(model, rows))
    if isinstance(model, Forecaster):
        return _of_forecaster(model, rows, reads_series)
    raise InvalidValue(SAY("no_model", given=repr(model)))


def _of_forecaster(model: Forecaster, rows: int | None, reads_series: bool) -> Exported:
    if not reads_series:
        from .forecast_program import forecast_program

        whole = forecast_program(model, rows)
        return Exported("Forecaster", whole.program, None, whole.answer, whole.draw, forecast=whole)
    from .forecasts import of_forecaster

    program, series = of_forecaster(model)
    return Exported("Forecaster", program, series=series)


def _of_step(model: BaseModel, rows: int | None) -> Exported:
    from .stepping import step_program_of

    found = step_program_of(model, rows)

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.asarray(each) for each in found.step(*x)]

    def draw(count: int) -> list[np.ndarray]:
        drawn = _drawn(found.program, count)
        return [*drawn[: len(drawn) - len(found.start)], *(np.repeat(each, count, 0) for each in found.start)]

    return Exported(model.name, found.program, None, answer, draw, found.start)


def _of_table(found: TableExport) -> Exported:
    return Exported(str(found.table["source"]), found.program, found.table, found.answer, found.draw)


def _answers(model: BaseModel, x: Sequence[np.ndarray]) -> list[np.ndarray]:
    found = predict(model, tuple(x) if len(x) > 1 else x[0], None)
    parts = found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else [found]
    return [np.asarray(part) for part in parts]


def _drawn(program: ArrayProgram, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = [((count, *with_rows(value.shape[1:], count)), value.dtype) for value in program.inputs]
    return [
        rng.integers(0, 2, shape, dtype) if dtype == "int32" else rng.standard_normal(shape, np.float32)
        for shape, dtype in shapes
    ]
