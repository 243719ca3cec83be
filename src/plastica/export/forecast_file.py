"""The end of exported Python files for forecasters: the next steps, and the command line.

Files contain the source of this module from ``predict`` on, behind that of :mod:`.series_steps`.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .raw_columns import RawColumns
from .series_rows import FORECAST, joined, read_series
from .series_steps import next_steps
from .table_file import read_table

TAIL: np.ndarray


def predict(
    newer: RawColumns | Sequence[Mapping[str, Any]] | None = None, horizon: int | None = None
) -> dict[str, Any]:
    """Return the steps after the last known value of each series, as columns: time, forecasts, ends of intervals.

    Args:
        newer: Rows that go on from those of training or overlap with them: lists of cells by column, or a dict for each
            row. Cells are text as in a CSV file, numbers, dates, or None. Default: go on from the end of training.
        horizon: The number of steps. Default: as many as in training, the most.
    """
    most = FORECAST["horizon"]
    steps = most if horizon is None else int(horizon)
    if not 1 <= steps <= most:
        raise ValueError(f"horizon={horizon}: the model forecasts 1 to {most} steps.")
    bounds = FORECAST["bounds"]
    spans = zip(FORECAST["names"], FORECAST["starts"], bounds, bounds[1:], strict=False)
    series = {name: (start, TAIL[begin:end]) for name, start, begin, end in spans}
    if newer is None:
        return next_steps(series, steps)
    if not isinstance(newer, Mapping):
        names = dict.fromkeys(name for row in newer for name in row)
        newer = {name: [row.get(name) for row in newer] for name in names}
    if len({len(cells) for cells in newer.values()}) > 1:
        raise ValueError("the columns have different lengths.")
    return next_steps(joined(series, read_series(newer)), steps)


def main() -> None:
    """Print the next steps as CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?", help="a CSV file with newer rows; without one, go on from training")
    parser.add_argument("-n", "--horizon", type=int, metavar="STEPS", help="how many steps to forecast")
    options = parser.parse_args()
    warnings.showwarning = lambda message, *_: sys.stderr.write(f"{message}\n")
    try:
        made = predict(None if options.table is None else read_table(options.table), options.horizon)
    except (OSError, ValueError) as error:
        sys.exit(f"{options.table}: {error}" if options.table else str(error))
    columns = [cells.tolist() if isinstance(cells, np.ndarray) else cells for cells in made.values()]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(made)
    writer.writerows(zip(*columns, strict=True))
