"""``plastica train``: from a file to a judged model in a folder of its own."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated

import typer

from . import options, running
from .guard import Debug, guarded
from .output import Output


class Task(StrEnum):
    """What ``--task`` takes."""

    binary = "binary"
    multiclass = "multiclass"
    multilabel = "multilabel"
    regression = "regression"


class Network(StrEnum):
    """What ``--network`` takes."""

    best = "best"
    mlp = "mlp"


class Resample(StrEnum):
    """What ``--resample`` takes."""

    over = "over"
    under = "under"
    balanced = "balanced"


class Strategy(StrEnum):
    """What ``--strategy`` takes."""

    softmax = "softmax"
    one_vs_rest = "one_vs_rest"
    one_vs_one = "one_vs_one"


class Language(StrEnum):
    """What ``--lang`` takes."""

    en = "en"
    zh = "zh"


@guarded
def train(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV (also .gz), Parquet, - for standard input, or penguins, titanic.")
    ],
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", "-t", help="The column to predict; several for labels or numbers, or a pattern Class*."
        ),
    ] = None,
    task: Annotated[Task | None, typer.Option(help="What kind of target it is; told from its values.")] = None,
    network: Annotated[Network, typer.Option(help="The best for tables, or plain relu layers.")] = Network.best,
    layers: Annotated[str | None, typer.Option(help="Units of the hidden layers; 0 for none.")] = None,
    members: Annotated[int | None, typer.Option(help="Networks that share the work and are averaged.")] = None,
    epochs: Annotated[int, typer.Option(help="Epochs at most.")] = 200,
    batch_size: Annotated[int | None, typer.Option(help="Rows a step; chosen by the number of rows.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The optimizer's own by default.")] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="adam, adamw, sgd, rmsprop, lbfgs, ...; the rule's usual one, mostly adam.")
    ] = None,
    rule: Annotated[str, typer.Option(help="The learning rule: backprop, feedback_alignment, ...")] = "backprop",
    loss: Annotated[str | None, typer.Option(help="crossentropy, focal, ...; the task's own by default.")] = None,
    label_smoothing: Annotated[float, typer.Option(help="How much of a label all classes share.")] = 0.0,
    strategy: Annotated[Strategy | None, typer.Option(help="How several classes are told apart.")] = None,
    class_weight: Annotated[
        list[str] | None, typer.Option(help="balanced, or LABEL=NUMBER for each class: how much its rows count.")
    ] = None,
    resample: Annotated[Resample | None, typer.Option(help="Which rows an epoch sees, for rare classes.")] = None,
    costs: Annotated[
        str | None, typer.Option(help="What wrong answers cost: 0,1;5,0 (a row for each true class), or a file.")
    ] = None,
    threshold: Annotated[
        str | None, typer.Option(help="From which probability on it is yes: 0.3, or f1, balanced_accuracy, costs.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same model, bit for bit.")] = 0,
    validation: Annotated[float, typer.Option(help="Share (or number) of rows that say when to stop.")] = 0.2,
    test: Annotated[float, typer.Option(help="Share (or number) of rows held out for the results.")] = 0.2,
    drop: Annotated[list[str] | None, typer.Option(help="Columns to leave aside; again, or with commas.")] = None,
    patience: Annotated[int, typer.Option(help="Epochs without a better validation loss before it stops.")] = 20,
    time_limit: Annotated[str | None, typer.Option(help="When to stop by the clock: 90, 10m, 1h30m.")] = None,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Read in parts what memory cannot hold; told by size.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="A new folder; else runs/NAME-NUMBER.")] = None,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Whether to write report.html.")] = True,
    lang: Annotated[Language, typer.Option(help="The language report.html opens in.")] = Language.en,
    checkpoint: Annotated[str | None, typer.Option(help="A folder for checkpoints of the run.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest of --checkpoint.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run's folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Train a network on a table.

    The columns' kinds, missing values and the task are told from the table, and said. A part of the rows is held
    out; on it the network is judged beside a linear model, boosted trees and a guess, in report.html too.
    """
    if resume and checkpoint is None:
        raise typer.BadParameter("--resume needs --checkpoint, the folder to go on from.")
    chosen = {
        "layers": options.units(layers),
        "class_weight": options.weights(class_weight or []),
        "costs": options.costs(costs),
        "threshold": options.threshold(threshold),
        "time_limit": options.seconds(time_limit),
    }
    from ..estimators import Settings

    output = Output(json, quiet)
    source, columns = running.opened(file, options.separator(separator), encoding, stream)
    settings = Settings(
        task=task and task.value,
        network=network.value,
        members=members,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        rule=rule,
        loss=loss,
        label_smoothing=label_smoothing,
        strategy=strategy and strategy.value,
        resample=resample and resample.value,
        seed=seed,
        validation=validation,
        test=test,
        drop=options.names(drop or [], columns),
        patience=patience,
        **chosen,
    )
    aim = options.names(target or [], columns) or (usual_target(file, columns),)
    place = running.Place(out, checkpoint, resume, report, lang.value)
    running.go(running.Run(file, source, aim, settings, output, place))


def usual_target(file: str, names: Collection[str]) -> str:
    """Return what is predicted of a table that ships with plastica; of others a person says it."""
    from pathlib import Path

    from .. import datasets

    if file in datasets.NAMES and not Path(file).exists():
        return datasets.target_of(file)
    listed = ", ".join(map(repr, list(names)[:20])) + (" ..." if len(names) > 20 else "")
    raise typer.BadParameter(f"say which column to predict: --target COLUMN, one of {listed}.")
