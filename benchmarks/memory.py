"""Memory beside published figures: ``python benchmarks/memory.py``, and with ``--tasks`` for tasks and ``--retention``.

Errors of Hopfield networks by load: theory is that of infinitely many units at temperature 0 (Amit, Gutfreund,
Sompolinsky 1987): 1.6 % of wrong units at the critical load of 0.138, above which patterns are lost.

Tasks: the adding problem with 100 steps is solved below a mean squared error of 0.04, and 1/6 is that of a constant
(Hochreiter, Schmidhuber 1997; Le, Jaitly, Hinton 2015). Published numbers of sequences are those of the 1997 paper,
with one sequence per step: for the embedded Reber grammar 8,440 (table 2). Copying has a loss of 10 ln 8 / (T + 20)
without memory (Arjovsky, Shah, Bengio 2016). MNIST row by row is a scale of minutes of the task that reads it pixel by
pixel; ``--mnist`` is the path of Keras's mnist.npz.
"""

from __future__ import annotations

from typing import Any

import click
import numpy as np

import plastica as pl

LOADS = (0.05, 0.1, 0.138, 0.15, 0.18)
# Task, layers, and what is published.
PUBLISHED = (
    (
        "adding",
        ("lstm", "chrono_lstm", "gru", "simple_rnn"),
        "error below 0.04 after 74,000 (LSTM); not with a simple RNN",
    ),
    ("noise_free", ("lstm", "chrono_lstm", "simple_rnn"), "5,040 (LSTM)"),
    ("temporal_order", ("lstm", "chrono_lstm", "simple_rnn"), "31,390 (LSTM)"),
    ("embedded_reber", ("lstm", "gru", "simple_rnn", "jordan"), "about 8,440 (LSTM)"),
    ("continual_reber", ("lstm", "gru"), "solved by LSTM with forget gates"),
    ("copy", ("lstm", "chrono_lstm"), "loss below 10 ln 8 / (T + 20)"),
    ("n_back", ("lstm", "attention"), "-"),
)
IMAGES = ("lstm", "temporal_convolution", "simple_rnn")


@click.command()
@click.option("--units", type=int, default=1000, show_default=True, help="Units of each network.")
@click.option("--seeds", type=int, default=5, show_default=True, help="Networks for each load, or task and layer.")
@click.option("--tasks", is_flag=True, help="Train layers on tasks instead.")
@click.option("--only", multiple=True, help="Tasks to train on. Default: all, and the images of --mnist.")
@click.option("--layers", multiple=True, help="Layers to train. Default: some for each task.")
@click.option("--mnist", type=click.Path(exists=True), help="File with x_train and y_train.")
@click.option("--retention", is_flag=True, help="Measure what kinds of memory keep instead.")
def main(
    units: int,
    seeds: int,
    tasks: bool,
    only: tuple[str, ...],
    layers: tuple[str, ...],
    mnist: str | None,
    retention: bool,
) -> None:
    """Print errors by load, scores on tasks, or what is kept."""
    if retention:
        print_retention()
    elif tasks:
        print_tasks(only, layers, mnist, seeds)
    else:
        print_loads(units, seeds)


def print_loads(units: int, seeds: int) -> None:
    """Print the errors of three storage rules by load."""
    table = pl.memory.capacity(units=units, loads=LOADS, seeds=seeds)
    click.echo(f"{'storage':16}" + "".join(f"{load:>10g}" for load in LOADS))
    for storage in table["storage"].unique(maintain_order=True):
        errors = table.filter(storage=storage)["bit_error"]
        click.echo(f"{storage:16}" + "".join(f"{error:>10.2%}" for error in errors))


def print_tasks(only: tuple[str, ...], layers: tuple[str, ...], mnist: str | None, seeds: int) -> None:
    """Print the scores of layers on tasks, after how many sequences they were solved, and what is published."""
    click.echo(
        f"{'task':16}{'layer':22}{'score':>18}{'chance':>9}{'loss':>9}{'chance':>9}{'solved':>8}{'sequences':>11}{'s':>6}"
    )
    for task, usual, published in PUBLISHED:
        if not only or task in only:
            print_rows(task, layers or usual, seeds, {})
            click.echo(f"{'':16}published: {published}")
    if mnist and (not only or "digit_rows" in only):
        file = np.load(mnist)
        own = {"images": file["x_train"], "labels": file["y_train"]}
        print_rows(
            "digit_rows", layers or IMAGES, seeds, own, rows=42_000, epochs=8, batch_size=100, learning_rate=2e-3
        )


def print_rows(task: str, layers: tuple[str, ...], seeds: int, options: dict[str, Any], **training: Any) -> None:
    """Print the scores of layers on a task."""
    for layer in layers:
        table = pl.memory.compare_recurrent_layers(task, layer, seeds=seeds, options=options, **training)
        row = table.row(0, named=True)
        needed = "-" if row["sequences"] is None else f"{row['sequences']:,.0f}"
        score = f"{row['score']:.4f} +- {row['deviation']:.4f}"
        click.echo(
            f"{task:16}{layer:22}{score:>18}{row['chance']:>9.4f}{row['loss']:>9.4f}{row['chance_loss']:>9.4f}"
            f"{row['solved']:>5} / {row['networks']}{needed:>11}{row['seconds']:>6.0f}"
        )


def print_retention() -> None:
    """Print what kinds of memory keep of noise and of bits."""
    table = pl.memory.compare_retention().to_frame()
    click.echo(f"{'memory':26}{'units':>6}{'capacity':>10}{'half-life':>10}{'bits':>7}{'slope':>7}")
    for row in table.iter_rows(named=True):
        half = "-" if row["half_life"] is None else f"{row['half_life']:.0f}"
        slope = "-" if row["slope"] is None else f"{row['slope']:.3f}"
        click.echo(
            f"{row['memory']:26}{row['units']:>6}{row['capacity']:>10.2f}{half:>10}{row['bits']:>7.2f}{slope:>7}"
        )


if __name__ == "__main__":
    main()
