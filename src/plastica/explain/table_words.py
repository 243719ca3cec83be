"""Why a model answers as it does for a text in a table, by its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import polars as pl

from ..data.inputs import as_table
from ..data.values import as_text
from ..errors import InvalidValue
from ..notes import note
from .answering import AnswerFunction
from .attribution import Attribution
from .table_answers import ExplainsTable, answers_of, encoded, outputs_of, require_row
from .table_columns import METHODS, TableMethod, usual_method

MOST_WORDS = 200


def explain_words(
    network: ExplainsTable,
    source: object,
    column: str,
    *,
    row: int = 0,
    method: TableMethod = "auto",
    output: int | str | None = None,
    **options: int,
) -> Attribution:
    """Explain the answer of a model for a row of a table by the words of a column of text.

    Each word is taken out and put back, in all combinations or a sample of them; the other columns stay. So the
    contributions of the words lead from the answer for the row with an empty text to that with its own.

    Args:
        network: The model, such as ``pl.load("runs/titanic-1")``.
        source: A table with the row: a file, a data frame, a dict.
        column: The column of text.
        row: The number of the row, from 0.
        method: As for :func:`explain_table`.
        output: The class, label or target to explain. Default: all.
        options: Options of the method, such as ``evaluations`` or ``orders``.

    Returns:
        The contributions, ``(1, words, outputs)``.

    Raises:
        InvalidValue: If there is no such row, or the model does not read the column as text, or it has no words there.
        DataError: If a column is missing.
    """
    table = as_table(source)
    kinds = {each.column.name: each.column.kind for each in network.encoder.encoders}
    if kinds.get(column) != "text":
        texts = [repr(name) for name, kind in kinds.items() if kind == "text"]
        told = {"column": repr(column), "texts": texts or [note("explain.no_texts")]}
        raise InvalidValue(note("explain.not_text", **told))
    require_row(table, row)
    words = str(as_text(table.column(column)).to_list()[row] or "").split()[:MOST_WORDS]
    if not words:
        raise InvalidValue(note("explain.no_words", column=repr(column), row=str(row)))
    one = table.take([row])

    def answers(kept: np.ndarray) -> np.ndarray:
        texts = [" ".join(word for word, there in zip(words, each, strict=True) if there) for each in kept]
        many = one.take(np.zeros(len(kept), np.int64))
        made = replace(many, columns={**many.columns, column: pl.Series(column, texts, dtype=pl.String)})
        return answers_of(network, encoded(network, made, []))

    if method == "auto":
        method, options = usual_method(len(words), options)
    if method not in METHODS:
        raise InvalidValue(note("explain.no_method", method=repr(method), known=[*METHODS]))
    function = AnswerFunction(answers, names=outputs_of(network.target))
    names = [f"{place + 1} {word}" for place, word in enumerate(words)]
    asked: dict[str, Any] = {"feature_names": names, "output": output, **options}
    found = cast(Any, METHODS[method])(function, np.ones((1, len(words))), np.zeros((1, len(words))), **asked)
    return replace(found, feature_names=tuple(names), cells=(("",) * len(words),), notes=())
