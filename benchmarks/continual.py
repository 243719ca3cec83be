"""Continual learning on MNIST: each strategy's accuracy after the last task, beside published figures.

    python -m benchmarks.continual --data mnist.npz --only permuted
    python -m benchmarks.continual --data mnist.npz --only split --scenario class --strategies replay,cls

The file is Keras's mnist.npz. Smaller than the published experiments, so that all fits into minutes:

- Permuted MNIST: ten tasks of 10,000 images each (published: 60,000), 784-256-256-10 (published: two layers of 1,000
  units), five epochs of batches of 128, which are 395 steps (published: 5,000), Adam with a learning rate of 0.001
  (published: 0.0001). ``--rows 60000 --epochs 3`` is larger: 1,407 steps a task.
- Split MNIST: five tasks of all images of two digits, 784-256-256-10 (published: two layers of 400 units), five epochs,
  about 470 steps (published: 2,000), Adam with 0.001 as published.

Penalties have the strengths of ``STRENGTHS``, the best of some powers of ten on another seed. Replay and sleep keep
1,000 images in all, cls 500. The published generative replay is by a deep network, ours by normal distributions.
Joint training goes on from its weights with all images so far; the published one begins anew with all.

Published: G. M. van de Ven, A. S. Tolias (2019), Three scenarios for continual learning, tables 4 and 5, about,
in percent, whose protocol van de Ven, Tuytelaars, Tolias (2022), Three types of incremental learning, repeats; of cls,
E. Arani and others (2022), the table of the authors' repository for a buffer of 500 images.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import plastica as pl

# In the tables naive is "None", generative replay "DGR", and joint "Offline".
PUBLISHED = {
    "permuted": {"naive": 79, "ewc": 94, "online_ewc": 94, "si": 95, "lwf": 73, "generative": 95, "joint": 98},
    "task": {"naive": 87, "ewc": 99, "online_ewc": 99, "si": 99, "lwf": 100, "generative": 99, "cls": 99, "joint": 100},
    "domain": {"naive": 59, "ewc": 64, "online_ewc": 64, "si": 65, "lwf": 72, "generative": 96, "joint": 98},
    "class": {"naive": 20, "ewc": 20, "online_ewc": 20, "si": 20, "lwf": 24, "generative": 91, "cls": 92, "joint": 98},
}
STRENGTHS = {
    "permuted": {"ewc": 10.0, "si": 10.0},
    "task": {"ewc": 1e4, "si": 10.0},
    "domain": {"ewc": 1e4, "si": 10.0},
    "class": {"ewc": 1e4, "si": 10.0},
}
STRATEGIES = ("naive", "ewc", "online_ewc", "si", "lwf", "replay", "generative", "sleep", "cls", "joint")


def strategy(name: str, part: str, given: Any) -> Any:
    """Return a strategy with the strength of this part of the benchmark."""
    strengths = STRENGTHS[part]
    if name in ("ewc", "online_ewc"):
        online = name == "online_ewc"
        return pl.continual.ElasticWeightConsolidation(given.ewc or strengths["ewc"], online=online)
    if name == "si":
        return pl.continual.SynapticIntelligence(given.si or strengths["si"], damping=given.damping)
    return name


def network(classes: int, units: list[int], rate: float) -> Any:
    """Return a compiled multi-layer perceptron."""
    model = pl.Sequential([*(pl.Dense(count, "relu") for count in units), pl.Dense(classes, "softmax")])
    model.compile(pl.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model


def run(part: str, stream: Any, given: Any, epochs: int) -> None:
    """Print a row for each strategy."""
    print(
        f"\n{part}: {stream}, {given.layers} units, {epochs} epochs, {given.seeds} seed(s) from {given.seed}",
        flush=True,
    )
    print(
        "| strategy | average | published | when learned | forgetting | seconds |\n|---|---|---|---|---|---|",
        flush=True,
    )
    for name in given.strategies:
        began = time.perf_counter()
        found = pl.continual.learn(
            network(len(stream.labels), given.layers, given.rate), stream, strategy(name, part, given),
            seeds=range(given.seed, given.seed + given.seeds), epochs=epochs, batch_size=128, verbose=given.verbose,
        )  # fmt: skip
        average = found.average_accuracy
        half = "" if average.low is None else f" ± {100 * (average.high - average.low) / 2:.1f}"
        print(
            f"| {name} | {100 * average.value:.1f}{half} | {PUBLISHED[part].get(name, '-')} | "
            f"{100 * found.learning_accuracy.value:.1f} | {100 * found.forgetting.value:.1f} | "
            f"{time.perf_counter() - began:.0f} |",
            flush=True,
        )


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", required=True, help="path of mnist.npz")
    parser.add_argument("--only", choices=("permuted", "split"))
    parser.add_argument("--scenario", choices=("task", "domain", "class"), help="of split MNIST; default: all three")
    parser.add_argument("--strategies", type=lambda text: text.split(","), default=list(STRATEGIES))
    parser.add_argument("--layers", type=lambda text: [int(part) for part in text.split(",")], default=[256, 256])
    parser.add_argument("--tasks", type=int, default=10, help="tasks of permuted MNIST")
    parser.add_argument("--rows", type=int, default=10_000, help="training images of a permuted task")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--ewc", type=float, help="another strength of EWC")
    parser.add_argument("--si", type=float, help="another strength of SI")
    parser.add_argument("--damping", type=float, default=0.1, help="of SI")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--verbose", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Run the parts that were asked for."""
    given = arguments()
    with np.load(given.data) as file:
        x, y, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    x, x_test = ((part.reshape(len(part), -1) / 255).astype(np.float32) for part in (x, x_test))
    if given.only in (None, "permuted"):
        stream = pl.continual.permuted_inputs(x, y, x_test, y_test, experiences=given.tasks, rows=given.rows, seed=1)
        run("permuted", stream, given, given.epochs)
    if given.only in (None, "split"):
        for scenario in ("task", "domain", "class") if given.scenario is None else (given.scenario,):
            stream = pl.continual.split_classes(x, y, x_test, y_test, scenario=scenario)
            run(scenario, stream, given, given.epochs)


if __name__ == "__main__":
    main()
