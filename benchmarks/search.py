"""A search for hyper-parameters, end to end: plastica beside scikit-learn's GridSearchCV with MLPClassifier.

    python -m benchmarks.search                     # 64 settings, 5 folds, 1,000 rows; four minutes on two cores
    python -m benchmarks.search --epochs 20

Both train a network of 32 relu units for each of 8 learning rates, 8 weights of the L2 penalty and 5 folds, 320
networks in all: Adam, batches of 32, the same number of epochs, no early stopping. plastica computes in float32 and its
time includes the compilation with an empty cache; scikit-learn computes in float64 in two processes (``n_jobs=2``).
Each runs in a process of its own, and importing is not timed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

RATES = [float(f"{rate:.3g}") for rate in np.logspace(-4, -1, 8)]
PENALTIES = [float(f"{weight:.3g}") for weight in np.logspace(-5, -1, 8)]
FOLDS, BATCH, UNITS = 5, 32, 32


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of 20 columns and two classes."""
    from sklearn.datasets import make_classification

    x, y = make_classification(rows, 20, n_informative=6, flip_y=0.1, random_state=0)
    return x.astype(np.float32), y


def ours(rows: int, epochs: int) -> tuple[float, float]:
    """Return the seconds of plastica's search, and the best mean accuracy over the folds."""
    import plastica as pl

    x, y = data(rows)
    began = time.perf_counter()
    penalty = pl.regularizers.L2(1e-4)
    model = pl.Sequential(
        [pl.Dense(UNITS, activation="relu", kernel_regularizer=penalty), pl.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    space = {"learning_rate": RATES, "layers.0.kernel_regularizer.l2": PENALTIES}
    search = pl.Search(model, space, strategy="grid", folds=FOLDS, monitor="val_accuracy")
    search.fit(x, y, epochs=epochs, batch_size=BATCH, verbose=0)
    best = search.trials.best().value
    return time.perf_counter() - began, best


def theirs(rows: int, epochs: int) -> tuple[float, float]:
    """Return the seconds of GridSearchCV, and the best mean accuracy over the folds."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier

    os.environ["PYTHONWARNINGS"] = "ignore"  # for the processes of joblib
    warnings.simplefilter("ignore", ConvergenceWarning)
    x, y = data(rows)
    began = time.perf_counter()
    network = MLPClassifier((UNITS,), batch_size=BATCH, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=0)
    grid = {"learning_rate_init": RATES, "alpha": PENALTIES}
    found = GridSearchCV(network, grid, cv=FOLDS, n_jobs=2, refit=False).fit(x, y)
    return time.perf_counter() - began, float(found.best_score_)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--only", choices=("plastica", "scikit-learn"))
    given = parser.parse_args()
    if given.only:
        seconds, accuracy = {"plastica": ours, "scikit-learn": theirs}[given.only](given.rows, given.epochs)
        print(f"{given.only:<16}{seconds:>8.1f} s   best accuracy {accuracy:.3f}")
        return
    print(
        f"{len(RATES) * len(PENALTIES)} settings, {FOLDS} folds, {given.rows:,} rows, {given.epochs} epochs", flush=True
    )
    for name in ("plastica", "scikit-learn"):
        with tempfile.TemporaryDirectory() as empty:
            command = [sys.executable, "-m", "benchmarks.search", "--only", name]
            command += ["--rows", str(given.rows), "--epochs", str(given.epochs)]
            subprocess.run(command, check=True, env={**os.environ, "XDG_CACHE_HOME": empty})


if __name__ == "__main__":
    main()
