"""Out-of-fold predictions, stored as CSV next to the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..data.formulas import shown, shown_column
from ..data.inputs import truth_of
from ..data.table import distinct_names
from .held_out import target_columns

if TYPE_CHECKING:
    import polars as pl

    from ..checks.prepared import Prepared
    from .base import BaseTableNetwork

NAME = "out_of_fold.csv"


def out_of_fold_frame(network: BaseTableNetwork, prepared: Prepared) -> pl.DataFrame:
    """Return a row for each predicted row and repeat: position, repeat, fold, true value, prediction, probabilities."""
    import polars as pl

    target, y = prepared.target, truth_of(prepared.target, prepared.y)
    parts = []
    for part, found in network.out_of_fold:
        answers, decided = next(iter(found.answers.values())), next(iter(found.decided().values()))
        count = len(found.rows)
        columns = [
            pl.Series(prepared.table.position_word, prepared.table.positions[found.rows]),
            pl.Series("repeat", np.full(count, part.repeat + 1)),
            pl.Series("fold", np.full(count, part.fold + 1)),
            *target_columns(target, y[found.rows], ""),
            *target_columns(target, decided, "predicted "),
        ]
        if target.task != "regression":
            columns += [pl.Series(f"P({label})", answers[:, place]) for place, label in enumerate(target.classes)]
        names, _ = distinct_names([column.name for column in columns])
        parts.append(pl.DataFrame([column.alias(name) for column, name in zip(columns, names, strict=True)]))
    made = pl.concat(parts)
    return made.sort(made.columns[1], made.columns[0])


def out_of_fold_csv(network: BaseTableNetwork, prepared: Prepared) -> str:
    """Return :func:`out_of_fold_frame` as CSV that spreadsheets do not run as formulas; empty without folds."""
    import polars as pl

    if not network.out_of_fold:
        return ""
    frame = out_of_fold_frame(network, prepared)
    return pl.DataFrame([shown_column(column).alias(shown(column.name)) for column in frame]).write_csv()
