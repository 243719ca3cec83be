"""Graphs from tables of edges."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, FileError, InvalidValue
from .graph import SocialGraph

if TYPE_CHECKING:
    from ..data.table import Table

# The names that a column may have.
WEIGHT, SOURCE, TARGET, TIME = ("weight", "strength"), ("source", "from", "sender"), ("target", "to"), ("time",)
YES, NO = ("yes", "true", "1", "1.0"), ("no", "false", "0", "0.0")


def graph_of_file(path: str | os.PathLike[str], members: int | None = None) -> SocialGraph:
    """Return the graph in a table of edges; see :func:`graph_of`. Edges go both ways unless ``directed`` says yes.

    Names are taken as they stand. If all are whole numbers from 0 on and ``members`` is given, members without edges
    are part of the graph.
    """
    from ..data.reading import read_table

    if not Path(path).is_file():
        raise FileError(f"{path}: there is no such file; give a table of edges, or the name of a graph.")
    table = read_table(path)
    columns = {name.strip().lower(): name for name in table.names}
    ends = [_column(columns, words, path, table.names) for words in (SOURCE, TARGET)]
    source, target = ([str(each).strip() for each in table.column(end).to_list()] for end in ends)
    weight = _numbers(table, columns, WEIGHT, path, 1.0)
    time = _numbers(table, columns, TIME, path, 0.0)
    lost = [row for row, pair in enumerate(zip(source, target, strict=True)) if {"", "None"} & set(pair)]
    if lost:
        raise DataError(f"{path}: row {lost[0] + 1} of the edges has no member at one end; give both.")
    names = _names(source, target, members, path)
    place = {name: number for number, name in enumerate(names)}
    edges = [(place[one], place[other]) for one, other in zip(source, target, strict=True)]
    senders, receivers = np.array(edges, np.int64).reshape(-1, 2).T
    periods = np.unique(time)
    weights = np.where(time == periods[:, None], weight, 0.0)
    back = ~_one_way(table, columns, path)
    senders, receivers = np.concatenate([senders, receivers[back]]), np.concatenate([receivers, senders[back]])
    weights = np.concatenate([weights, weights[:, back]], 1)
    return SocialGraph(tuple(names), senders, receivers, weights, name=Path(path).stem)


def _column(columns: Mapping[str, str], words: Sequence[str], path: object, names: Sequence[str]) -> str:
    for word in words:
        if word in columns:
            return columns[word]
    raise DataError(
        f"{path}: no column {words[0]!r}; a list of edges has the columns source and target, and if wanted weight, "
        f"time and directed. Found: {', '.join(names[:6])}."
    )


def _numbers(table: Table, columns: Mapping[str, str], words: Sequence[str], path: object, usual: float) -> np.ndarray:
    name = next((columns[word] for word in words if word in columns), None)
    if name is None:
        return np.full(table.height, usual)
    values = table.column(name).to_list()
    try:
        return np.array([float(each) for each in values])
    except (TypeError, ValueError):
        wrong = next(each for each in values if not _is_number(each))
        raise DataError(f"{path}: column {name!r} has {wrong!r}; give numbers.") from None


def _one_way(table: Table, columns: Mapping[str, str], path: object) -> np.ndarray:
    """Return which edges go one way only."""
    if "directed" not in columns:
        return np.zeros(table.height, bool)
    said = [str(each).strip().lower() for each in table.column(columns["directed"]).to_list()]
    wrong = [each for each in said if each not in (*YES, *NO)]
    if wrong:
        raise DataError(f"{path}: column 'directed' has {wrong[0]!r}; write yes or no for each edge.")
    return np.array([each in YES for each in said])


def _is_number(given: object) -> bool:
    try:
        float(str(given))
    except ValueError:
        return False
    return True


def _names(source: Sequence[str], target: Sequence[str], members: int | None, path: object) -> list[str]:
    """Return the names of members, in the order of their numbers if they are numbers."""
    found = list(dict.fromkeys([*source, *target]))
    if not all(each.isdecimal() for each in found):
        return found
    numbers = sorted(int(each) for each in found)
    if members is None:
        return [str(each) for each in numbers]
    if numbers and numbers[-1] >= members:
        raise InvalidValue(
            f"{path}: an edge names member {numbers[-1]}, but members={members} are numbered 0 to {members - 1}."
        )
    return [str(each) for each in range(members)]
