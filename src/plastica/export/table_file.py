"""The end of exported Python files for models of tables: predictions, and the command line.

Files contain the source of this module from ``answers`` on, behind the functions of :mod:`.raw_columns`, ``compute``
and the description ``TABLE`` of :mod:`.preprocessing`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .raw_columns import RawColumns, as_text, features_of, labelled

TABLE: dict[str, Any] = {}
compute: Callable[..., Any]


def answers(columns: RawColumns | Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Return the outputs for a table: probabilities ``(rows, classes)``, or numbers ``(rows, targets)``.

    Args:
        columns: Lists of cells by column, or a dict for each row. Cells are text as in a CSV file, numbers, Booleans,
            dates, or None.
    """
    if not isinstance(columns, Mapping):
        names = dict.fromkeys(name for row in columns for name in row)
        columns = {name: [row.get(name) for row in columns] for name in names}
    inputs = [np.array(features_of(columns, specs), np.float64).T.astype(np.float32) for specs in TABLE["inputs"]]
    with np.errstate(all="ignore"):
        return compute(*inputs)


def probabilities(columns: RawColumns | Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return the probabilities of each class or label."""
    classes = TABLE["answers"]["classes"]
    return dict(zip(classes, answers(columns).T.tolist(), strict=True))


def predict(columns: RawColumns | Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the prediction for each row: a label or a number; for several targets, a list."""
    found = labelled(answers(columns).tolist(), TABLE["answers"])
    return [row[0] for row in found] if len(TABLE["answers"]["names"]) == 1 else found


def main() -> None:
    """Print the answers for a table as CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="a CSV file with a header")
    parser.add_argument("-p", "--probabilities", action="store_true", help="add the probability of each class")
    options = parser.parse_args()
    try:
        columns = read_table(options.table)
        outputs = answers(columns).tolist()
    except (OSError, ValueError) as error:
        sys.exit(f"{options.table}: {error}")
    sys.stderr.writelines(f"{each}\n" for each in unknown_categories(columns))
    spec = TABLE["answers"]
    kept = [name for name in TABLE["identifiers"] if name in columns]
    shown = options.probabilities and spec["decision"] is not None
    heads = [f"P({each})" if spec["task"] == "multilabel" else f"{spec['names'][0]}={each}" for each in spec["classes"]]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*kept, *spec["names"], *(heads if shown else [])])
    for row, labels in enumerate(labelled(outputs, spec)):
        shares = [round(share, 7) for share in outputs[row]] if shown else []
        writer.writerow([*(columns[name][row] for name in kept), *labels, *shares])


def unknown_categories(columns: RawColumns) -> list[str]:
    """Return a sentence for each column with categories that are none of those in training, or too rare there."""
    specs = {str(spec["name"]): spec for each in TABLE["inputs"] for spec in each if "categories" in spec}
    found: list[str] = []
    for name, spec in specs.items():
        texts = {as_text(cell, spec) for cell in columns[name]} - {None, *spec["categories"]}
        if texts:
            shown = ", ".join(sorted(map(repr, texts))[:3])
            more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
            found.append(f"column {name!r}: not in training and treated as unknown: {shown}{more}.")
    return found


def read_table(path: str) -> dict[str, list[str]]:
    """Return the columns of a CSV file with a header; the separator is the most frequent of , ; tab and |."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        header = file.readline()
        file.seek(0)
        separator = max(",;\t|", key=header.count)
        lines = [line for line in csv.reader(file, delimiter=separator) if line]
    if not lines:
        raise ValueError("the file is empty.")
    names, *rows = lines
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ValueError(f"line {number} has {len(row)} cells, the header has {len(names)}.")
    return {name.strip(): [row[place] for row in rows] for place, name in enumerate(names)}
