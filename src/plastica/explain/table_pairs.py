"""Which columns of a table act together: SHAP interactions, by column as the person wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..data.inputs import as_table
from ..data.spacing import spaced
from ..errors import InvalidValue
from ..notes import note
from .pairs import ShapInteractions, shap_interactions
from .table_answers import ExplainsTable, columns_of, encoded, require_row, table_answers
from .table_columns import BACKGROUND_ROWS, outside_of, together


def table_interactions(
    network: ExplainsTable,
    source: object,
    background: object = None,
    *,
    rows: Sequence[int] = (0,),
    output: int | str | Sequence[int | str] | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    most: int = BACKGROUND_ROWS,
    seed: int = 0,
) -> ShapInteractions:
    """Divide the contributions of columns into what each does alone and what pairs do together.

    Args:
        network, source, background, rows, output, groups, most: As for :func:`explain_table`.
        seed: The seed of random orders, which are drawn for more than 10 columns.

    Returns:
        Main effects and interactions, ``(rows, columns, columns, outputs)``.

    Raises:
        DataError: If a column is missing, or a value is invalid.
        InvalidValue: If there is no such row, or the model reads one column only.
        UnknownName: If there is no such output, or a group has an unknown column.
    """
    table = as_table(source)
    others = table if background is None else as_table(background)
    for row in rows:
        require_row(table, row)
    if most < 1:
        raise InvalidValue(note("explain.few_background", most=str(most)))
    picked = table.take(np.asarray(rows, np.int64))
    x = encoded(network, picked, [])
    behind = encoded(network, others.take(spaced(others.height, most)), [])
    found = shap_interactions(
        table_answers(network), x, behind, seed=seed, output=output, groups=together(columns_of(network), groups or {}),
        feature_names=[str(place) for place in range(x.shape[1])],
    )  # fmt: skip
    # Notes on features of the encoding are about none of its columns.
    return replace(found, notes=tuple(each.said() for each in outside_of(network, picked, others)))
