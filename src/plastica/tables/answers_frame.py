"""Predictions for the rows of a table as the columns of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..data.table import Table, distinct_names
from ..data.target import Target
from ..data.values import as_text
from .answers import Answers

if TYPE_CHECKING:
    import polars as pl


def answers_frame(
    target: Target, table: Table, answers: Answers, keep: Iterable[str] = (), probabilities: bool = False
) -> pl.DataFrame:
    """Return input columns to keep, the predictions, and the probability of each class or label.

    Args:
        target: The target of the model. Predicted numbers are rounded to the precision of float32.
        table: The rows.
        answers: The predictions.
        keep: Input columns to copy in front of the predictions.
        probabilities: Whether to add a column for each class or label.
    """
    import polars as pl

    columns = [*_kept(target, table, keep), *_answered(target, answers, probabilities)]
    heads, _ = distinct_names([name for name, _ in columns])
    return pl.DataFrame([values.alias(head) for head, (_, values) in zip(heads, columns, strict=True)])


def _kept(target: Target, table: Table, keep: Iterable[str]) -> Iterator[tuple[str, pl.Series]]:
    for name in keep:
        values = table.column(name)
        plain = values.dtype.is_numeric() or values.dtype.is_temporal() or str(values.dtype) == "Boolean"
        # If the table contains the target, its column must not be mistaken for the predictions.
        yield f"given {name}" if name in target.names else name, values if plain else as_text(values)


def _answered(target: Target, answers: Answers, probabilities: bool) -> Iterator[tuple[str, pl.Series]]:
    import polars as pl

    values = answers.labels if answers.labels.ndim == 2 else answers.labels[:, None]
    for number, name in enumerate(target.names):
        yield name, _column(target, values[:, number], number)
    if probabilities and answers.probabilities is not None:
        rounded_shares = pl.DataFrame(answers.probabilities).select(pl.all().round(7))
        for label, shares in zip(target.classes, rounded_shares, strict=True):
            yield f"P({label})" if target.task == "multilabel" else f"{target.name}={label}", shares


def _column(target: Target, values: np.ndarray, number: int) -> pl.Series:
    import polars as pl

    if target.task == "regression":
        return pl.Series(rounded(values, target.scales[number]))
    if target.task == "multilabel":
        return pl.Series(values.astype(int))
    return pl.Series([str(label) for label in values], dtype=pl.String)


def rounded(numbers: np.ndarray, scale: float) -> np.ndarray:
    """Round to the precision of float32.

    Args:
        numbers: Numbers in the unit of the target.
        scale: The standard deviation of the target.
    """
    return numbers.round(max(0, 6 - math.floor(math.log10(scale))))
