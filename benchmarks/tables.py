"""The default network of plastica for tables and its peers, on real tables with 5 folds each.

    python -m benchmarks.tables                       # at most 1,000 rows per table
    python -m benchmarks.tables --quick               # four tables, two folds, as a check
    python -m benchmarks.tables --parts               # the default network with one part changed at a time
    python -m benchmarks.tables --rows 5000 --only plastica --only CatBoost
    python -m benchmarks.tables --unseen              # only tables not used in the design of plastica
    python -m benchmarks.tables --time                # time profile and memory of plastica

Tables marked * were used in the design of the default network; the mean rank of the others is given separately.

All results are on the test rows of a fold. Ranks are by the error: the share of wrong predictions, or the root mean
squared error divided by the standard deviation of the target; ties share their ranks. Seconds are CPU time of one core
for one fold, including compilation and encoding: the minimum over the folds other than the first.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .table_data import SOURCES, Source, folds_of, frame_of, truth_of
from .table_models import MODELS, plastica
from .table_time import show as show_time

PARTS: dict[str, dict[str, Any]] = {
    "the default": {},
    "waves": {"pieces": 0, "waves": 4},
    "no embedding of numbers": {"pieces": 0},
    "32 bins": {"bins": 32},
    "one copy": {"copies": 1},
    "eight copies": {"copies": 8},
    "16 members": {"members": 16},
    "one member": {"members": 1},
    "no dropout": {"dropout": 0.0},
    "label smoothing 0.1": {"label_smoothing": 0.1},
}
PART_TABLES = ("credit", "attrition", "churn", "computing jobs", "concrete", "Saratoga homes", "wine", "diabetes")


class Outcome(NamedTuple):
    """The results of one fold.

    Attributes:
        error: The share of wrong predictions, or the root mean squared error divided by the target's standard
            deviation.
        loss: The mean log loss, or the mean absolute error divided by the same.
        seconds: The CPU time.
    """

    error: float
    loss: float
    seconds: float


def judged(source: Source, y: np.ndarray, spread: float, answers: np.ndarray, seconds: float) -> Outcome:
    """Return the results for predictions."""
    if source.task == "regression":
        wrong = answers - y
        return Outcome(float(np.sqrt((wrong**2).mean())) / spread, float(np.abs(wrong).mean()) / spread, seconds)
    own = answers[np.arange(len(y)), y] / answers.sum(1)
    return Outcome(
        float((answers.argmax(1) != y).mean()), float(-np.log(np.maximum(own, np.finfo(float).eps)).mean()), seconds
    )


def measure(given: argparse.Namespace, models: dict[str, Callable[..., np.ndarray]]) -> dict[str, list[Outcome]]:
    """Return the results of the folds by "table/model"; those stored by ``--keep`` are not computed again."""
    found: dict[str, list[Outcome]] = {}
    if given.keep and given.keep.exists():
        lines = [json.loads(line) for line in given.keep.read_text().splitlines()]
        for key, outcome in lines:
            found.setdefault(key, []).append(Outcome(*outcome))
    frames = [(source, frame_of(source, given.rows)) for source in SOURCES if source.name in given.tables]
    tables = [(source, frame, truth_of(source, frame)) for source, frame in frames]
    for number in range(given.folds):
        for (source, frame, y), name in product(tables, models):
            done = found.setdefault(f"{source.name}/{name}", [])
            if number < len(done):
                continue
            train, test = folds_of(source, y, 5)[number]
            began = time.process_time()
            answers = models[name](source, frame.iloc[train], frame.iloc[test], number)
            done.append(judged(source, y[test], float(y.std()), answers, time.process_time() - began))
            if given.keep:
                with given.keep.open("a") as file:
                    file.write(json.dumps([f"{source.name}/{name}", done[-1]]) + "\n")
    return found


def installed(model: str) -> bool:
    """Return whether the package of a peer is installed; otherwise print that it is left out."""
    package = {"PyTorch MLP": "torch", "Keras MLP": "tensorflow", "LightGBM": "lightgbm", "CatBoost": "catboost",
               "RealMLP": "pytabkit"}.get(model)  # fmt: skip
    there = package is None or importlib.util.find_spec(package) is not None
    if not there:
        print(f"{model} is left out: {package} is not installed.")
    return there


def ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks in each row, 1 for the smallest; ties have their mean rank."""
    from scipy.stats import rankdata

    return np.array([rankdata(np.round(row, 6)) for row in values])


def table(found: dict[str, list[Outcome]], names: list[str], figure: int, title: str) -> list[str]:
    """Return a Markdown table of one metric: a row for each table, the mean rank below."""
    shown = [source for source in SOURCES if all(found.get(f"{source.name}/{name}") for name in names)]
    cells = [_same_folds([found[f"{source.name}/{name}"] for name in names]) for source in shown]
    means = np.array([[np.mean([fold[figure] for fold in folds]) for folds in row] for row in cells])
    seconds = np.array([[min(fold.seconds for fold in folds[1:] or folds) for folds in row] for row in cells])
    placed = ranks(means)
    lines = [f"| {title} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for source, row, own, times in zip(shown, means, placed, seconds, strict=True):
        parts = [
            f"{'**' if rank == own.min() else ''}{value:.3f}{'**' if rank == own.min() else ''} ({spent:.1f} s)"
            for value, rank, spent in zip(row, own, times, strict=True)
        ]
        lines.append(f"| {source.name}{' *' * source.seen} | " + " | ".join(parts) + " |")
    unseen = np.array([not source.seen for source in shown])
    for group, rows in ((f"{len(shown)} tables", unseen | True), (f"{unseen.sum()} unseen tables", unseen)):
        if rows.any():
            lines += _summary(group, names, placed[rows], means[rows], seconds[rows])
    return lines


def _summary(group: str, names: list[str], placed: np.ndarray, means: np.ndarray, seconds: np.ndarray) -> list[str]:
    """Return the summary of a group of tables: mean rank, geometric mean of the ratios to the first, seconds."""
    relative = np.exp(np.log(np.maximum(means, 1e-4) / np.maximum(means[:, :1], 1e-4)).mean(0))
    rows = {
        f"**mean rank, {group}**": [f"**{rank:.2f}**" for rank in placed.mean(0)],
        f"times {names[0]}": [f"{ratio:.3f}" for ratio in relative],
        "seconds a fold, sum": [f"{total:.1f}" for total in seconds.sum(0)],
    }
    return [f"| {word} | " + " | ".join(cells) + " |" for word, cells in rows.items()]


def _same_folds(row: list[list[Outcome]]) -> list[list[Outcome]]:
    """Return the folds for which all models have results."""
    least = min(map(len, row))
    return [folds[:least] for folds in row]


def main() -> None:
    """Measure and print."""
    given = arguments()
    if given.time:
        show_time(given.tables, given.rows)
        return
    models: dict[str, Callable[..., np.ndarray]] = dict(MODELS)
    if given.parts:
        models = {name: partial(plastica, **parts) for name, parts in PARTS.items()}
    models = {name: model for name, model in models.items() if not given.only or name in given.only}
    models = {name: model for name, model in models.items() if installed(name)}
    found = measure(given, models)
    folds = min((len(outcomes) for key, outcomes in found.items() if key.partition("/")[2] in models), default=0)
    print(f"{folds} of 5 folds, at most {given.rows:,} rows a table.\n")
    for figure, title in enumerate(("error", "log loss, absolute error")):
        print("\n".join(table(found, list(models), figure, title)) + "\n")


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000, help="rows a table at most")
    parser.add_argument("--folds", type=int, default=5, help="how many of the 5 folds to run")
    parser.add_argument("--tables", nargs="*", choices=[source.name for source in SOURCES], help="some tables")
    parser.add_argument("--only", action="append", help="one model or part; may be given again")
    parser.add_argument("--unseen", action="store_true", help="only tables by which nothing was chosen")
    parser.add_argument("--parts", action="store_true", help="change the default network, one part at a time")
    parser.add_argument("--time", action="store_true", help="where plastica's CPU seconds and memory go")
    parser.add_argument("--quick", action="store_true", help="four tables, two folds, 300 rows")
    parser.add_argument("--keep", type=Path, help="a file of outcomes, to go on from")
    given = parser.parse_args()
    if given.quick:
        given.rows, given.folds = 300, 2
        given.tables = given.tables or ["iris", "titanic", "concrete", "wages"]
    wanted = [source.name for source in SOURCES if not (given.unseen and source.seen)]
    given.tables = given.tables or (list(PART_TABLES) if given.parts else wanted)
    return given


if __name__ == "__main__":
    main()
