"""Cross-validation of a network for a table beside scikit-learn's, for equal epochs on the same folds.

    python -m benchmarks.folds                       # titanic, 5 folds, a minute on two cores
    python -m benchmarks.folds --rounds 5 --epochs 30

plastica: ``TableNetwork.fit`` with ``Settings(folds=5, network="mlp", keep_folds=True)``, which reads and encodes the
table for each fold and evaluates. scikit-learn: ``cross_val_score`` of a pipeline of imputation, one-hot encoding,
scaling and ``MLPClassifier``, on one thread, with which it is fastest. Both have two hidden layers of 64 relu units,
Adam, the same batch size and number of epochs, no early stopping and no other models. The first call of plastica
compiles. The two alternate in rounds; the ratio is the median over the rounds after the first.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import polars as pl

from plastica.datasets import path_of
from plastica.tables import Settings, TableNetwork

UNITS, BATCH = (64, 64), 32
DROPPED = ("name",)  # text, which scikit-learn has no default for


def ours(epochs: int) -> float:
    """Return the mean accuracy over the folds."""
    settings = Settings(
        folds=5,
        keep_folds=True,
        network="mlp",
        layers=UNITS,
        epochs=epochs,
        batch_size=BATCH,
        validation=0,
        drop=DROPPED,
        baselines=(),
    )
    made = TableNetwork.fit("titanic", "survived", settings)
    scores = made.facts.cross_validation
    assert scores is not None
    return scores.figure("network", "accuracy").value


def theirs(epochs: int) -> float:
    """Return the mean accuracy of scikit-learn's network over five stratified folds."""
    from sklearn.compose import make_column_transformer
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from threadpoolctl import threadpool_limits

    frame = pl.read_csv(path_of("titanic")).to_pandas()
    y, x = frame.pop("survived"), frame.drop(columns=[name for name in DROPPED if name in frame])
    numbers = x.select_dtypes("number").columns
    words = x.columns.difference(numbers)
    front = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
    )
    network = MLPClassifier(
        UNITS, batch_size=BATCH, max_iter=epochs, tol=0, n_iter_no_change=epochs + 1, random_state=0
    )
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        return float(cross_val_score(make_pipeline(front, network), x, y, cv=folds).mean())


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    seconds: dict[str, list[float]] = {"plastica": [], "scikit-learn": []}
    accuracy: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, run in (("plastica", ours), ("scikit-learn", theirs)):
            began = time.perf_counter()
            accuracy[name] = run(given.epochs)
            seconds[name].append(time.perf_counter() - began)
    print("| | first run | further runs | accuracy |\n|---|---|---|---|")
    for name, found in seconds.items():
        print(f"| {name} | {found[0]:.2f} s | {statistics.median(found[1:]):.2f} s | {accuracy[name]:.3f} |")
    ratios = [peer / own for own, peer in zip(seconds["plastica"][1:], seconds["scikit-learn"][1:], strict=True)]
    print(f"scikit-learn takes {statistics.median(ratios):.1f} times as long ({given.epochs} epochs, 5 folds).")


if __name__ == "__main__":
    main()
