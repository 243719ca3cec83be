"""``plastica train``: from a file to a judged model in a folder of its own."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .guard import Debug, guarded
from .output import Output, note

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.table import Table
    from ..estimators import Settings, TableNetwork
    from ..estimators.preparing import Prepared


class Task(StrEnum):
    """What ``--task`` takes."""

    binary = "binary"
    multiclass = "multiclass"
    multilabel = "multilabel"
    regression = "regression"


@guarded
def train(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV (also .gz), Parquet, - for standard input, or penguins, titanic.")
    ],
    target: Annotated[str | None, typer.Option("--target", "-t", help="The column to predict.")] = None,
    task: Annotated[Task | None, typer.Option(help="What kind of target it is; told from its values.")] = None,
    layers: Annotated[str | None, typer.Option(help="Units of the hidden layers; 0 for none.")] = None,
    epochs: Annotated[int, typer.Option(help="Epochs at most.")] = 200,
    batch_size: Annotated[int | None, typer.Option(help="Rows a step; chosen by the number of rows.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The optimizer's own by default.")] = None,
    optimizer: Annotated[str, typer.Option(help="adam, adamw, sgd, rmsprop, lbfgs, ...")] = "adam",
    rule: Annotated[str, typer.Option(help="The learning rule.")] = "backprop",
    seed: Annotated[int, typer.Option(help="Same seed, same model, bit for bit.")] = 0,
    validation: Annotated[float, typer.Option(help="Share (or number) of rows that say when to stop.")] = 0.2,
    test: Annotated[float, typer.Option(help="Share (or number) of rows held out for the results.")] = 0.2,
    drop: Annotated[list[str] | None, typer.Option(help="Columns to leave aside; again, or with commas.")] = None,
    patience: Annotated[int, typer.Option(help="Epochs without a better validation loss before it stops.")] = 20,
    time_limit: Annotated[str | None, typer.Option(help="When to stop by the clock: 90, 10m, 1h30m.")] = None,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="A new folder; else runs/NAME-NUMBER.")] = None,
    checkpoint: Annotated[str | None, typer.Option(help="A folder for checkpoints of the run.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest of --checkpoint.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the run's folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Train a network on a table.

    The columns' kinds, missing values and the task are told from the table, and said. A part of the rows is held
    out; on it the network is judged beside a linear model and a guess.
    """
    if resume and checkpoint is None:
        raise typer.BadParameter("--resume needs --checkpoint, the folder to go on from.")
    units = _units(layers)
    from ..data.reading import read_table
    from ..estimators import Settings
    from ..estimators.preparing import prepare

    output = Output(json, quiet)
    table = read_table(file, separator=_separator(separator), encoding=encoding)
    settings = Settings(
        task=task and task.value,
        layers=units,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer=optimizer,
        rule=rule,
        seed=seed,
        validation=validation,
        test=test,
        drop=_dropped(drop or [], table),
        patience=patience,
        time_limit=_seconds(time_limit),
    )
    prepared = prepare(table, target or _usual_target(file, table), settings)
    _train(file, prepared, settings, output, out, checkpoint, resume)


def _train(
    file: str,
    prepared: Prepared,
    settings: Settings,
    output: Output,
    out: str | None,
    checkpoint: str | None,
    resume: bool,
) -> None:
    import contextlib
    import sys

    from . import folders, report

    for line in prepared.notes:
        note(line)
    report.say_prepared(output, prepared, settings)
    sys.stdout.flush()  # to be read while JAX loads
    from ..estimators import TableNetwork
    from ..estimators.networks import network_for

    target, rows = prepared.target, len(prepared.split.train)
    model = network_for(target.task, target.outputs, prepared.layout, settings, rows)
    report.say_plan(output, prepared, settings, model)
    folder = folders.new_folder(out, file)
    try:
        sys.stdout.flush()
        with contextlib.redirect_stdout(sys.stderr):  # where progress belongs
            network = TableNetwork.train(
                prepared, settings, model=model, verbose=int(output.talks), checkpoint=checkpoint, resume=resume
            )
        facts = report.facts_of(network, folder)
        _write(network, folder, facts)
    except KeyboardInterrupt:
        if checkpoint is not None:
            note("the same command with --resume goes on from the newest checkpoint.")
        raise
    finally:
        folders.give_back(folder)
    report.say_trained(output, network, folder)
    output.result(facts)
    if output.quiet and not output.as_json:
        typer.echo(str(folder))


def _write(network: TableNetwork, folder: Path, facts: dict[str, object]) -> None:
    """Fill the run's folder, the model last: where it is, the run is whole."""
    import json

    from ..storage.atomic import replace_file
    from .folders import MODEL

    def text(value: object) -> list[bytes]:
        return [json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"]

    history = network.history.to_frame().write_csv() if network.history else ""
    replace_file(folder / "settings.json", text(facts["settings"]))
    replace_file(folder / "history.csv", [history.encode()])
    replace_file(folder / "results.json", text(facts))
    network.save(folder / MODEL)


def _units(layers: str | None) -> tuple[int, ...] | None:
    if layers is None:
        return None
    text = layers.strip().lower()
    if text in ("", "0", "none"):
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--layers takes numbers of units such as 64,64 (or 0); got {layers!r}.") from None


def _seconds(given: str | None) -> float | None:
    if given is None:
        return None
    from ..training.stopping import duration

    return duration(given)


def _separator(given: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "space": " "}.get(given or "", given)


def _dropped(given: list[str], table: Table) -> tuple[str, ...]:
    """Columns by name; a name with commas in it is a column if there is such a one, else several."""
    found = [
        name
        for each in given
        for name in ([each] if each in table.columns else map(str.strip, each.split(",")))
        if name
    ]
    return tuple(dict.fromkeys(found))


def _usual_target(file: str, table: Table) -> str:
    from pathlib import Path

    from .. import datasets

    if file in datasets.NAMES and not Path(file).exists():
        return datasets.target_of(file)
    listed = ", ".join(map(repr, table.names[:20])) + (" ..." if len(table.names) > 20 else "")
    raise typer.BadParameter(f"say which column to predict: --target COLUMN, one of {listed}.")
