"""The doctor measured like a doctor: 60 networks with one planted fault each, and their 60 healthy twins.

    python benchmarks/doctor.py --part 1/6 --out part1.json     # a piece of a few minutes on one core
    python benchmarks/doctor.py --sum part*.json                # found, missed, false alarms, remedied, cost

Each network is trained with ``fit(doctor=True)`` and then examined by ``model.diagnose`` with validation rows. A fault
counts as found if one of the findings that name it is among what either says, at any severity; a false alarm is a
finding of a healthy twin that is more than a note. Remedied: among the remedies for the planted fault, ``try_remedies``
has one that lowers the loss on rows without the fault, or with which the finding is gone and the loss no worse. Cost:
the time of looks as a share of that of training; compiling the program of a look, once for an architecture, is shown
beside it. ``--seed`` draws other networks and data than those on which thresholds were set.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import plastica as pl
from plastica.doctor.remedies import remedies_for
from plastica.errors import NotFinite, PlasticaWarning

SEEDS = 2
Data = tuple[np.ndarray, np.ndarray]


@dataclass
class Case:
    """A network, its data and how it is trained."""

    layers: list
    train: Data
    held_out: Data
    loss: str = "mse"
    optimizer: object = field(default_factory=lambda: pl.optimizers.Adam(0.005))
    epochs: int = 40
    batch_size: int = 32
    stops: bool = False


def table(seed: int, rows: int = 1000, features: int = 6, noise: float = 0.1) -> Data:
    """Return a smooth function of some columns, standardized."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, features))
    y = np.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3] + noise * generator.normal(size=rows)
    return x.astype(np.float32), ((y - y.mean()) / y.std()).astype(np.float32)[:, None]


def blobs(seed: int, classes: int = 3, rows: int = 480, features: int = 6) -> Data:
    """Return overlapping classes that no column alone tells apart."""
    generator = np.random.default_rng(seed)
    centres = 1.3 * generator.normal(size=(classes, features))
    y = generator.integers(0, classes, rows)
    x = centres[y] + generator.normal(size=(rows, features))
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y.astype(np.float32)


def recalled(seed: int, steps: int, rows: int = 480) -> Data:
    """Return noise, of which the first value is to be remembered."""
    x = np.random.default_rng(seed).normal(size=(rows, steps, 1)).astype(np.float32)
    return x, x[:, 0]


def summed(seed: int, steps: int, rows: int = 480) -> Data:
    """Return noise, of which the mean of the last three values is to be found."""
    x = np.random.default_rng(seed).normal(size=(rows, steps, 1)).astype(np.float32)
    return x, np.sqrt(3) * x[:, -3:].mean(1)


def windows(seed: int, steps: int, season: int = 24, rows: int = 600) -> Data:
    """Return windows of a seasonal series, whose next value is to be found."""
    generator = np.random.default_rng(seed)
    time_ = np.arange(rows + steps)
    y = np.sign(np.sin(2 * np.pi * time_ / season)) * (
        1 + 0.5 * np.sin(2 * np.pi * time_ / 7)
    ) + 0.1 * generator.normal(size=len(time_))
    x = np.lib.stride_tricks.sliding_window_view(y, steps)[:rows][..., None]
    return x.astype(np.float32), y[steps : steps + rows, None].astype(np.float32)


def parts(data: Data, share: float = 0.7) -> tuple[Data, Data]:
    """Return training and validation rows."""
    x, y = data
    cut = int(share * len(x))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def dense(units: int = 1, ending: str | None = None, hidden: str = "relu", depth: int = 2, width: int = 32, **options):
    """Return a network of dense layers."""
    start = {"kernel_initializer": "he_normal"} if hidden == "relu" else {}
    return [*(pl.Dense(width, hidden, **{**start, **options}) for _ in range(depth)), pl.Dense(units, ending)]


def regression(seed: int, **given) -> Case:
    """Return a healthy regression."""
    train, held_out = parts(table(seed))
    return Case(**{"layers": dense(), "train": train, "held_out": held_out, "epochs": 15, **given})


def classification(seed: int, classes: int = 3, **given) -> Case:
    """Return a healthy classification."""
    train, held_out = parts(blobs(seed, classes))
    made = {"layers": dense(classes, "softmax", width=16), "train": train, "held_out": held_out, "epochs": 12}
    return Case(**{**made, "loss": "sparse_categorical_crossentropy", **given})


def constant(value: float):
    """Return an initializer."""
    return pl.initializers.Constant(value)


def normal(size: float):
    """Return an initializer."""
    return pl.initializers.RandomNormal(stddev=size)


def dead_bias(seed, hard):
    """Units are below 0 for all rows."""
    return regression(seed, layers=dense(bias_initializer=constant(-50.0 if hard else -8.0)))


def saturated(seed, hard):
    """Potentials are far beyond the ends of tanh."""
    return regression(seed, layers=dense(hidden="tanh", kernel_initializer=normal(20.0 if hard else 5.0)))


def vanishing(seed, hard):
    """Many layers of sigmoids."""
    return regression(seed, layers=dense(hidden="sigmoid", depth=12 if hard else 8))


def exploding(seed, hard):
    """Weights of several times the size that keeps the error."""
    return regression(
        seed,
        layers=dense(depth=6, kernel_initializer=normal(1.5 if hard else 0.9)),
        optimizer=pl.optimizers.Adam(1e-4),
    )


def quick_sgd(seed, hard):
    """A rate several times the bound."""
    return regression(seed, layers=dense(depth=1), optimizer=pl.optimizers.SGD(3.0 if hard else 1.0))


def quick_adam(seed, hard):
    """A rate of Adam hundreds of times too large."""
    return regression(seed, optimizer=pl.optimizers.Adam(3.0 if hard else 0.5))


def slow(seed, hard):
    """A rate thousands of times too small."""
    return regression(seed, optimizer=pl.optimizers.SGD(1e-7 if hard else 1e-6))


def symmetric(seed, hard):
    """All weights are 0, so that all units stay alike."""
    return regression(seed, layers=dense(kernel_initializer="zeros", depth=3 if hard else 2))


def poor_start(seed, hard):
    """The last layer begins with large weights."""
    layers = [*dense()[:-1], pl.Dense(1, kernel_initializer=normal(30.0 if hard else 5.0))]
    return regression(seed, layers=layers, optimizer=pl.optimizers.Adam(1e-3))


def clipped(seed, hard):
    """The gradient is cut to nearly nothing."""
    return regression(seed, optimizer=pl.optimizers.SGD(0.1, global_clipnorm=1e-4 if hard else 1e-3))


def statistics(seed, hard):
    """Running statistics that do not arrive."""
    middle = pl.BatchNormalization(momentum=0.99999 if hard else 0.999)
    layers = [pl.Dense(32, bias_initializer=constant(3.0)), middle, pl.Activation("relu"), pl.Dense(1)]
    return regression(seed, layers=layers)


def unused_vectors(seed, hard):
    """A vocabulary far larger than that of the data."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 50, (480, 6))
    y = (generator.normal(size=50)[x].mean(1, keepdims=True) * 2.4).astype(np.float32)
    layers = [pl.Embedding(2000 if hard else 300, 8, input_shape=(6,)), pl.GlobalAveragePooling1D(), *dense(width=16)]
    train, held_out = parts((x, y))
    return Case(layers, train, held_out)


def stuck_gates(seed, hard):
    """Gates that begin open or closed for good."""
    bias = 20.0 if hard else -20.0
    train, held_out = parts(summed(seed, 12))
    return Case([pl.LSTM(16, bias_initializer=constant(bias), unit_forget_bias=False), pl.Dense(1)], train, held_out)


def forgetful(seed, hard):
    """A simple recurrent network that is to remember what lies far back."""
    train, held_out = parts(recalled(seed, 60 if hard else 40))
    return Case([pl.SimpleRNN(16, recurrent_initializer=normal(0.1)), pl.Dense(1)], train, held_out, epochs=15)


def overfitted(seed, hard):
    """Few noisy rows, a large network, many epochs."""
    train, held_out = parts(table(seed, rows=160 if hard else 240, noise=1.0), 0.3)
    return Case(dense(width=128), train, held_out, epochs=200)


def too_small(seed, hard):
    """A linear network for what is not linear."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(480, 2 if hard else 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.float32)
    train, held_out = parts((x, y))
    return Case([pl.Dense(1, "sigmoid")], train, held_out, "binary_crossentropy")


def unfinished(seed, hard):
    """Training that ends while the validation loss falls."""
    return regression(seed, optimizer=pl.optimizers.Adam(3e-4 if hard else 6e-4), epochs=10)


def rare(seed, hard):
    """A class with few rows."""
    x, y = blobs(seed, 2, rows=1200)
    kept = np.flatnonzero((y == 0) | (np.random.default_rng(seed).random(len(y)) < (0.015 if hard else 0.04)))
    train, held_out = parts((x[kept], y[kept]))
    return Case(
        dense(1, "sigmoid", width=16), train, held_out, "binary_crossentropy", pl.optimizers.Adam(0.002), epochs=8
    )


def noise_labels(seed, hard):
    """Labels that have nothing to do with the inputs."""
    made = classification(seed, 2 if hard else 4)
    generator = np.random.default_rng(seed)
    (x, y), (other, labels) = made.train, made.held_out
    made.train, made.held_out = (x, generator.permutation(y)), (other, generator.permutation(labels))
    return made


def wrong_labels(seed, hard):
    """Some labels are wrong."""
    made = classification(seed, 2)
    generator = np.random.default_rng(seed)
    flipped = []
    for x, y in (made.train, made.held_out):
        wrong = generator.random(len(y)) < (0.2 if hard else 0.1)
        flipped.append((x, np.where(wrong, 1 - y, y).astype(np.float32)))
    made.train, made.held_out = flipped
    return made


def with_column(case: Case, column: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Case:
    """Return a case with a further column."""
    case.train, case.held_out = (
        (np.concatenate([x, column(x, y).reshape(len(x), -1)], axis=1).astype(np.float32), y)
        for x, y in (case.train, case.held_out)
    )
    return case


def leak(seed, hard):
    """A column that is known only afterwards."""
    generator = np.random.default_rng(seed)
    size = 1e-3 if hard else 1e-2
    return with_column(regression(seed), lambda x, y: 2 * y[:, 0] + 1 + size * generator.normal(size=len(y)))


def identity(seed, hard):
    """The target itself is a column."""
    if not hard:
        return with_column(regression(seed), lambda x, y: y)
    made = regression(seed)
    made.train, made.held_out = ((x, x[:, [2]]) for x, _ in (made.train, made.held_out))
    return made


def copied(seed, hard):
    """Validation rows that were trained on."""
    made = regression(seed)
    count = len(made.held_out[0]) if hard else len(made.held_out[0]) // 5
    x, y = (part.copy() for part in made.held_out)
    x[:count], y[:count] = made.train[0][:count], made.train[1][:count]
    made.held_out = x, y
    return made


def moved(seed, hard):
    """Validation rows from elsewhere."""
    made = regression(seed)
    x, y = made.held_out
    made.held_out = (x + np.float32([0, 3.0 if hard else 1.5, 0, 0, 0, 0]), y)
    return made


def collinear(seed, hard):
    """Columns that depend on each other."""
    made = with_column(regression(seed), lambda x, y: x[:, 0] + 1 if hard else x[:, 0] + 2 * x[:, 1] - x[:, 4])
    made.layers = [pl.Dense(1)] if hard else made.layers
    return made


def constant_column(seed, hard):
    """A column with one value."""
    return with_column(regression(seed), lambda x, y: np.full((len(x), 5 if hard else 1), 1.0))


def unscaled(seed, hard):
    """A column of large numbers."""
    made = regression(seed)
    scale = np.float32([1, 1, 3000.0 if hard else 100.0, 1, 1, 1])
    made.train, made.held_out = ((x * scale, y) for x, y in (made.train, made.held_out))
    return made


def unscaled_targets(seed, hard):
    """Targets of large numbers."""
    made = regression(seed)
    made.train, made.held_out = ((x, 1000 * y if hard else 50 * y + 200) for x, y in (made.train, made.held_out))
    return made


def out_of_reach(seed, hard):
    """Targets beyond the ends of the last activation."""
    return regression(seed, layers=dense(1, "sigmoid" if hard else "tanh"))


def short_view(seed, hard):
    """Windows shorter than the season."""
    train, held_out = parts(windows(seed, 4 if hard else 8, 48 if hard else 24))
    return Case([pl.LSTM(16), pl.Dense(1)], train, held_out, epochs=15)


def twin(seed: int, kind: str) -> Case:
    """Return a healthy network of the kind of a faulty one, on other data and of another size, stopped in time."""
    made = unstopped(seed, kind)
    made.stops, made.epochs = True, 200
    return made


def unstopped(seed: int, kind: str) -> Case:
    """Return the network of a healthy twin."""
    variant = seed % 4
    if kind in ("stuck_gates", "forgetful", "short_view"):
        if kind == "short_view":
            train, held_out = parts(windows(seed, 30, rows=1500))  # so many that a forest of trees is no better
            return Case([pl.LSTM(24), pl.Dense(1)], train, held_out)
        train, held_out = parts(summed(seed, 8 + 4 * variant))
        return Case([(pl.LSTM, pl.GRU, pl.LSTM, pl.SimpleRNN)[variant](16), pl.Dense(1)], train, held_out)
    if kind == "unused_vectors":
        made = unused_vectors(seed, False)
        made.layers[0] = pl.Embedding(50, 8, input_shape=(6,))
        return made
    if kind == "statistics":
        layers = [pl.Dense(32), pl.BatchNormalization(momentum=0.9), pl.Activation("relu"), pl.Dense(1)]
        return regression(seed, layers=layers)
    if kind in ("noise_labels", "wrong_labels", "rare", "too_small"):
        return classification(seed, 2 + variant % 2)
    widths, hidden = (16, 32, 48, 32), ("relu", "tanh", "relu", "elu")[variant]
    depth = 4 if kind in ("vanishing", "exploding") else 1 + variant % 2
    return regression(seed, layers=dense(hidden=hidden, width=widths[variant], depth=depth))


# A fault, and the findings that name it.
FAULTS: dict[str, tuple[Callable[[int, bool], Case], set[str]]] = {
    "dead_bias": (dead_bias, {"dead_units"}),
    "saturated": (saturated, {"saturated_units"}),
    "vanishing": (vanishing, {"vanishing_gradients"}),
    "exploding": (exploding, {"exploding_gradients"}),
    "quick_sgd": (quick_sgd, {"rate_above_bound", "rate_too_large", "growth_ahead", "oscillating_loss"}),
    "quick_adam": (quick_adam, {"rate_too_large", "overwritten_weights", "oscillating_loss", "growth_ahead"}),
    "slow": (slow, {"rate_too_small"}),
    "symmetric": (symmetric, {"stuck_loss", "dead_units"}),
    "poor_start": (poor_start, {"poor_start"}),
    "clipped": (clipped, {"always_clipped"}),
    "statistics": (statistics, {"batch_statistics"}),
    "unused_vectors": (unused_vectors, {"dead_embeddings"}),
    "stuck_gates": (stuck_gates, {"stuck_gates"}),
    "forgetful": (forgetful, {"vanishing_in_time"}),
    "overfitted": (overfitted, {"overfitting", "train_test_gap"}),
    "too_small": (too_small, {"underfitting"}),
    "unfinished": (unfinished, {"stopped_early"}),
    "rare": (rare, {"rare_class", "class_never_predicted"}),
    "noise_labels": (noise_labels, {"noisy_labels"}),
    "wrong_labels": (wrong_labels, {"label_errors"}),
    "leak": (leak, {"leaking_column"}),
    "identity": (identity, {"identity_map"}),
    "copied": (copied, {"copied_rows"}),
    "moved": (moved, {"drift"}),
    "collinear": (collinear, {"collinear_inputs"}),
    "constant_column": (constant_column, {"constant_inputs"}),
    "unscaled": (unscaled, {"unscaled_inputs"}),
    "unscaled_targets": (unscaled_targets, {"unscaled_targets"}),
    "out_of_reach": (out_of_reach, {"targets_out_of_reach"}),
    "short_view": (short_view, {"short_lookback"}),
}


def examined(case: Case, seed: int) -> tuple[pl.doctor.Diagnosis, dict[str, str], dict[str, float]]:
    """Train and examine a network; return the diagnosis, all findings with their severity, and what it cost."""
    model = pl.Sequential(case.layers, seed=seed)
    model.compile(case.optimizer, case.loss)
    doctor, began = pl.doctor.Doctor(), time.perf_counter()
    stopping = [pl.EarlyStopping(patience=8, restore_best_weights=True)] if case.stops else []
    with contextlib.suppress(NotFinite):
        model.fit(
            *case.train, epochs=case.epochs, batch_size=case.batch_size, validation_data=case.held_out, verbose=0,
            doctor=doctor, callbacks=stopping,
        )  # fmt: skip
    trained = time.perf_counter() - began
    found = model.diagnose(*case.train, validation_data=case.held_out, batch_size=case.batch_size)
    severities = {each.code: each.severity for each in (*doctor.diagnosis, *found)}
    cost = {"looks": doctor.seconds, "compiling": doctor.compiling, "trained": trained}
    return found, severities, cost


def measured(name: str, hard: bool, number: int, tries: bool) -> dict[str, object]:
    """Return what the doctor says of a faulty network and of its healthy twin."""
    make, expected = FAULTS[name]
    diagnosis, severities, cost = examined(make(number, hard), number)
    result: dict[str, object] = {
        "fault": name,
        "hard": hard,
        "found": sorted(expected & severities.keys()),
        "said": severities,
        **cost,
    }
    if tries:
        # Other findings have remedies as well: only those for the planted fault count.
        model = diagnosis.given["model"]
        named = [each for each in (*diagnosis, *model.history.findings) if each.code in expected]
        own = {remedy.name for remedy in remedies_for(model, named, diagnosis.measures)}
        trials = diagnosis.try_remedies(seeds=SEEDS)
        result["helped"] = [trial.name for trial in trials.helped if trial.name in own]
        result["mended"] = [trial.name for trial in trials.mended if trial.name in own]
        result["tried"] = len(trials)
    _, severities, cost = examined(twin(number, name), number)
    result["alarms"] = sorted(code for code, severity in severities.items() if severity != "note")
    result["twin_cost"] = cost
    return result


def run(part: str, out: Path | None, only: str | None, tries: bool, first: int = 0) -> None:
    """Measure a part of the faults, whose data and weights are drawn from seeds that begin at ``first``."""
    number, of = map(int, part.split("/"))
    wanted = [(name, hard) for name in FAULTS for hard in (False, True)]
    results = []
    for place, (name, hard) in enumerate(wanted):
        if (only and name not in only.split(",")) or (not only and place % of != number - 1):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PlasticaWarning)
            found = measured(name, hard, first + place, tries)
        results.append(found)
        verdict = "found " + ", ".join(found["found"]) if found["found"] else f"MISSED, said {found['said']}"
        helped = ""
        if "helped" in found:
            verb = "helped" if found["helped"] or not found["mended"] else "mended"
            helped = f"; {verb}: {([*found['helped'], *found['mended']] or ['nothing'])[0]} of {found['tried']}"
        alarm = f"; FALSE ALARM {found['alarms']}" if found["alarms"] else ""
        print(f"{name:17} {'hard' if hard else 'mild'}  {verdict}{helped}{alarm}", flush=True)
    if out is not None:
        out.write_text(json.dumps(results))


def summed_up(files: list[Path]) -> None:
    """Print what all parts found."""
    results = [each for file in files for each in json.loads(file.read_text())]
    missed = [f"{each['fault']} ({'hard' if each['hard'] else 'mild'})" for each in results if not each["found"]]
    alarms = [f"{each['fault']}: {', '.join(each['alarms'])}" for each in results if each["alarms"]]
    tried = [each for each in results if "helped" in each]
    helped = sum(bool(each["helped"]) for each in tried)
    mended = sum(bool(each["mended"]) and not each["helped"] for each in tried)
    left = [
        f"{each['fault']} ({'hard' if each['hard'] else 'mild'})"
        for each in tried
        if not each["helped"] + each["mended"]
    ]
    costs = [each["twin_cost"] for each in results] + results
    looks, compiling, trained = (sum(cost[name] for cost in costs) for name in ("looks", "compiling", "trained"))
    print(f"found {len(results) - len(missed)} of {len(results)}; missed: {'; '.join(missed) or 'none'}")
    print(f"false alarms on {len(alarms)} of {len(results)} healthy networks: {'; '.join(alarms) or 'none'}")
    if tried:
        print(
            f"remedied {helped + mended} of {len(results)}: {helped} with a lower loss on clean rows, {mended} where "
            f"the finding is gone and the loss no worse; not: {'; '.join(left) or 'none'}"
        )
    print(f"looks took {looks / trained:.1%} of training, compiling them {compiling / len(costs):.2f} s a network")


def main() -> None:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", default="1/1", help="piece of the faults, such as 2/6")
    parser.add_argument("--only", help="faults by name, separated by commas, instead of a piece")
    parser.add_argument("--no-remedies", action="store_true", help="do not try remedies")
    parser.add_argument("--seed", type=int, default=0, help="first seed; others draw other networks and data")
    parser.add_argument("--out", type=Path, help="file for the results of the piece")
    parser.add_argument("--sum", type=Path, nargs="+", help="files of all pieces, to print the sums")
    given = parser.parse_args()
    if given.sum:
        summed_up(given.sum)
    else:
        run(given.part, given.out, given.only, not given.no_remedies, given.seed)


if __name__ == "__main__":
    main()
