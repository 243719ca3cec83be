"""A search for hyper-parameters, end to end: plastica beside scikit-learn, Optuna on PyTorch, and KerasTuner.

    python -m benchmarks.search                     # 64 settings, 5 folds, 1,000 rows; ten minutes on two cores
    python -m benchmarks.search --epochs 20 --peers scikit-learn

All train a network of 32 relu units for each of 8 learning rates, 8 weights of the L2 penalty and 5 folds, 320
networks in all: Adam, batches of 32, the same number of epochs, no early stopping. plastica computes in float32 and its
time includes the compilation with an empty cache; scikit-learn (GridSearchCV with MLPClassifier) computes in float64 in
two processes (``n_jobs=2``). Optuna's grid sampler trains a PyTorch network for each setting and fold, and KerasTuner's
GridSearch a Keras network on JAX; of these two, some of the settings are timed (``--settings``), and the time is
multiplied up to all. Peers that are not installed are left out. Each runs in a process of its own, and importing is not
timed.
"""

# pyright: reportMissingImports=false
from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np

RATES = [float(f"{rate:.3g}") for rate in np.logspace(-4, -1, 8)]
PENALTIES = [float(f"{weight:.3g}") for weight in np.logspace(-5, -1, 8)]
FOLDS, BATCH, UNITS = 5, 32, 32


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of 20 columns and two classes."""
    from sklearn.datasets import make_classification

    x, y = make_classification(rows, 20, n_informative=6, flip_y=0.1, random_state=0)
    return np.asarray(x, np.float32), np.asarray(y)


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
    options: dict[str, Any] = {"batch_size": BATCH, "max_iter": epochs, "n_iter_no_change": epochs + 1}
    network = MLPClassifier((UNITS,), random_state=0, **options)
    grid = {"learning_rate_init": RATES, "alpha": PENALTIES}
    found = GridSearchCV(network, grid, cv=FOLDS, n_jobs=2, refit=False).fit(x, y)
    return time.perf_counter() - began, float(found.best_score_)


def optuna_on_pytorch(rows: int, epochs: int, settings: int) -> tuple[float, float]:
    """Return the seconds of Optuna with a PyTorch loop for so many settings, and the best mean accuracy."""
    import optuna
    import torch
    from sklearn.model_selection import StratifiedKFold

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    x, y = data(rows)
    inputs, targets = torch.tensor(x), torch.tensor(y, dtype=torch.float32)[:, None]
    folds = list(StratifiedKFold(FOLDS).split(x, y))

    def accuracy(rate: float, penalty: float, train: np.ndarray, held_out: np.ndarray) -> float:
        network = torch.nn.Sequential(torch.nn.Linear(x.shape[1], UNITS), torch.nn.ReLU(), torch.nn.Linear(UNITS, 1))
        optimizer, loss = torch.optim.Adam(network.parameters(), rate), torch.nn.BCEWithLogitsLoss()
        for _ in range(epochs):
            for numbers in torch.tensor(train)[torch.randperm(len(train))].split(BATCH):
                optimizer.zero_grad()
                total = loss(network(inputs[numbers]), targets[numbers]) + penalty * (network[0].weight ** 2).sum()
                total.backward()
                optimizer.step()
        with torch.no_grad():
            return float(((network(inputs[held_out]) > 0) == targets[held_out].bool()).float().mean())

    def objective(trial: optuna.Trial) -> float:
        rate, penalty = trial.suggest_categorical("rate", RATES), trial.suggest_categorical("penalty", PENALTIES)
        return float(np.mean([accuracy(rate, penalty, *fold) for fold in folds]))

    began = time.perf_counter()
    sampler = optuna.samplers.GridSampler({"rate": RATES, "penalty": PENALTIES}, seed=0)
    study = optuna.create_study(sampler=sampler, direction="maximize")
    study.optimize(objective, n_trials=settings)
    return time.perf_counter() - began, study.best_value


def keras_tuner(rows: int, epochs: int, settings: int) -> tuple[float, float]:
    """Return the seconds of KerasTuner for so many settings, and the best mean accuracy."""
    import keras
    import keras_tuner as tuner
    from sklearn.model_selection import StratifiedKFold

    x, y = data(rows)
    folds = list(StratifiedKFold(FOLDS).split(x, y))

    def build(chosen: tuner.HyperParameters) -> keras.Model:
        rate, penalty = chosen.Choice("rate", RATES), chosen.Choice("penalty", PENALTIES)
        hidden = keras.layers.Dense(UNITS, "relu", kernel_regularizer=keras.regularizers.L2(penalty))
        model = keras.Sequential([keras.Input(x.shape[1:]), hidden, keras.layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model

    class Folds(tuner.GridSearch):
        def run_trial(self, trial: tuner.engine.trial.Trial, *given: object, **options: object) -> float:
            found = []
            for train, held_out in folds:
                model = self.hypermodel.build(trial.hyperparameters)
                model.fit(x[train], y[train], batch_size=BATCH, epochs=epochs, verbose=0)
                found.append(model.evaluate(x[held_out], y[held_out], verbose=0)[1])
            return float(np.mean(found))

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        aim = tuner.Objective("val_accuracy", "max")
        search = Folds(build, objective=aim, max_trials=settings, directory=folder, project_name="grid", overwrite=True)
        search.search(verbose=0)
        best = search.oracle.get_best_trials(1)[0].score
    return time.perf_counter() - began, float(best)


SEARCHES = {"plastica": ours, "scikit-learn": theirs}
IN_PART = {"Optuna on PyTorch": optuna_on_pytorch, "KerasTuner": keras_tuner}
NEEDED = {"Optuna on PyTorch": ("optuna", "torch"), "KerasTuner": ("keras", "keras_tuner")}


def timed(name: str, given: argparse.Namespace) -> None:
    """Print the seconds of a search."""
    whole = len(RATES) * len(PENALTIES)
    if name in SEARCHES:
        seconds, accuracy = SEARCHES[name](given.rows, given.epochs)
        more = ""
    else:
        seconds, accuracy = IN_PART[name](given.rows, given.epochs, given.settings)
        more = f"   ({given.settings} settings took {seconds:.1f} s)" if given.settings < whole else ""
        seconds *= whole / given.settings
    print(f"{name:<18}{seconds:>8.1f} s   best accuracy {accuracy:.3f}{more}", flush=True)


def is_there(name: str) -> bool:
    """Return whether a peer is installed."""
    return all(find_spec(module) for module in NEEDED.get(name, ()))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--settings", type=int, default=4, help="of Optuna and KerasTuner, which take longest")
    parser.add_argument("--peers", nargs="*", choices=[*SEARCHES, *IN_PART][1:], default=[*SEARCHES, *IN_PART][1:])
    parser.add_argument("--only", choices=(*SEARCHES, *IN_PART))
    given = parser.parse_args()
    if given.only:
        timed(given.only, given)
        return
    print(
        f"{len(RATES) * len(PENALTIES)} settings, {FOLDS} folds, {given.rows:,} rows, {given.epochs} epochs", flush=True
    )
    for name in ("plastica", *filter(is_there, given.peers)):
        with tempfile.TemporaryDirectory() as empty:
            command = [sys.executable, "-m", "benchmarks.search", "--only", name, "--settings", str(given.settings)]
            command += ["--rows", str(given.rows), "--epochs", str(given.epochs)]
            own = {"XDG_CACHE_HOME": empty, "KERAS_BACKEND": "jax"}
            subprocess.run(command, check=True, env={**os.environ, **own})


if __name__ == "__main__":
    main()
