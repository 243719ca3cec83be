"""``plastica continual``: learn a stream of experiences, and show what is forgotten under each strategy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import TargetCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..comparison import Task
    from ..continual import ContinualComparison, ContinualStream
    from ..evaluation.intervals import Figure

STREAMS = ("split", "permuted", "rotated")
SCENARIOS = ("class", "task", "domain")
STRATEGIES = ("naive", "joint", "replay", "generative", "sleep", "ewc", "online_ewc", "si", "lwf", "cls")
FILES = "continual.svg, continual.png, matrices.csv, strategies.csv"
DIGITS = "digits"


@click.command(cls=TargetCommand, short_help="Train on one task after another; measure forgetting.")
@click.argument("data")
@parameters.target
@click.option(
    "--stream",
    type=click.Choice(STREAMS),
    default="split",
    help="What changes from one experience to the next: the classes, the order of inputs, the angle of images.",
)
@click.option(
    "--scenario",
    type=click.Choice(SCENARIOS),
    default="class",
    help="For --stream split: tell all classes apart, those of a known task, or the first from the second of each.",
)
@click.option("--per-experience", type=int, default=2, help="Number of classes of an experience, for --stream split.")
@click.option("--experiences", type=int, help="Number of experiences. Default: 10 permuted, 5 rotated ones.")
@click.option("--rows", type=int, help="Training rows of each experience, for permuted and rotated ones. Default: all.")
@click.option(
    "--strategies",
    metavar="NAMES",
    default="naive,ewc,si,replay,joint",
    help="Names of strategies, separated by commas, or all.",
)
@click.option("--buffer", type=int, help="Rows that replay, sleep and cls keep. Default: 1000; 500 for cls.")
@click.option("--ewc-strength", type=float, help="Strength of the penalty of EWC. Default: 100.")
@click.option("--si-strength", type=float, help="Strength of the penalty of synaptic intelligence. Default: 1.")
@click.option("--layers", metavar="UNITS", default="256,256", help="Units of the hidden layers.")
@click.option("--epochs", type=int, default=1, help="Passes over each experience.")
@click.option("--batch-size", type=int, default=128, help="New rows per gradient step.")
@click.option("--learning-rate", type=float, default=0.001, help="Learning rate of Adam.")
@click.option("--seeds", type=int, default=1, help="Number of runs of each strategy.")
@click.option("--seed", type=int, default=0, help="Random seed of the stream and of the first run.")
@parameters.drop
@parameters.file_format
@parameters.out_folder
@parameters.checkpoints
@parameters.lang
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def continual(data: str, **given: Any) -> None:
    """Train a network on one experience after another, and test it on all of them.

    DATA is a table with classes as its target, an .npz file with x_train, y_train, x_test and y_test such as
    mnist.npz, or digits for the small handwritten digits that scikit-learn includes. Shows for each strategy against
    forgetting the average accuracy at the end, what was learned, what was forgotten, and the transfer to earlier and
    later experiences, with 95 % intervals from two seeds on.
    """
    from ..continual import compare
    from ..continual.progress import ContinualProgress
    from . import folders

    chosen = _strategies(given)
    output = Output(given["json"], given["quiet"])
    stream = _stream(data, given)
    model = _model(stream, given)
    progress = ContinualProgress(output.talks, given["epochs"])
    folder = folders.new_folder(given["out"], f"{folders.name_of(data)}-continual")
    try:
        found = compare(
            model,
            stream,
            chosen,
            seeds=range(given["seed"], given["seed"] + given["seeds"]),
            epochs=given["epochs"],
            batch_size=given["batch_size"],
            on_experience=progress.learned,
            hooks=[progress.looks],
            checkpoint=given["checkpoint"],
            resume=given["resume"],
        )
        _write(found, folder)
    finally:
        progress.close()
        folders.give_back(folder)
    _say(output, stream, found, folder)


def _strategies(given: dict[str, Any]) -> list[Any]:
    """Return the strategies, with the options for them."""
    from ..continual import (
        ComplementaryLearning,
        ElasticWeightConsolidation,
        Replay,
        Sleep,
        SynapticIntelligence,
        strategy_named,
    )

    text = given["strategies"].strip().lower()
    names = STRATEGIES if text == "all" else tuple(each.strip() for each in text.split(",") if each.strip())
    buffer = {} if given["buffer"] is None else {"size": given["buffer"]}
    pull = {} if given["ewc_strength"] is None else {"strength": given["ewc_strength"]}
    push = {} if given["si_strength"] is None else {"strength": given["si_strength"]}
    own = {
        "replay": (Replay, buffer),
        "sleep": (Sleep, buffer),
        "cls": (ComplementaryLearning, buffer),
        "ewc": (ElasticWeightConsolidation, pull),
        "online_ewc": (ElasticWeightConsolidation, pull and {**pull, "online": True, "decay": 0.95}),
        "si": (SynapticIntelligence, push),
    }
    found = []
    for name in names:
        strategy_named(name)
        kind, settings = own.get(name, (None, {}))
        found.append(kind(**settings) if kind is not None and settings else name)
    return found


def _stream(data: str, given: dict[str, Any]) -> ContinualStream:
    """Return the stream of the options."""
    from ..continual import permuted_inputs, rotated_images, split_classes
    from ..errors import DataError

    rows, kind, seed = _rows(data, given), given["stream"], given["seed"]
    if kind == "split":
        if given["experiences"] is not None or given["rows"] is not None:
            raise click.BadParameter(SAY("split_takes_classes"))
        return split_classes(*rows, per_experience=given["per_experience"], scenario=given["scenario"], seed=seed)
    if kind == "permuted":
        return permuted_inputs(*rows, experiences=given["experiences"] or 10, rows=given["rows"], seed=seed)
    side = round(rows[0].shape[1] ** 0.5)
    if side * side != rows[0].shape[1]:
        raise DataError(
            f"{data}: rows have {rows[0].shape[1]} values, which make no square image; choose --stream permuted."
        )
    count = given["experiences"] or 5
    images = [part.reshape(-1, side, side) if place % 2 == 0 else part for place, part in enumerate(rows)]
    angles = [180.0 * place / count for place in range(count)]
    return rotated_images(*images, angles=angles, rows=given["rows"], seed=seed)


def _rows(data: str, given: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    """Return training and test rows with classes."""
    import numpy as np

    from ..errors import DataError

    if data == DIGITS and not Path(data).exists():
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        digits: Any = load_digits()
        x, x_test, y, y_test = train_test_split(
            digits.data.astype(np.float32) / 16, digits.target, test_size=0.2, random_state=0, stratify=digits.target
        )
        return x, y, x_test, y_test
    from .task_data import read_task

    separator = options.separator(given["separator"])
    task: Task = read_task(
        data, given["target"], 0.2, given["seed"], given["drop"], separator, given["encoding"], given["sheet"]
    )
    if task.kind not in ("binary", "multiclass"):
        raise DataError(f"{data}: the target is no class ({task.kind}); continual learning of tables takes classes.")
    y, y_test = (np.asarray(each).reshape(len(each)).astype(np.int32) for each in (task.y, task.y_test))
    return task.x, y, task.x_test, y_test


def _model(stream: ContinualStream, given: dict[str, Any]) -> Any:
    """Return the compiled network."""
    from ..layers import Dense, Flatten
    from ..model import Sequential
    from ..optimizers import Adam

    hidden = [Dense(units, "relu") for units in options.units(given["layers"]) or ()]
    flat = [Flatten()] if stream[0].x.ndim > 2 else []
    model = Sequential([*flat, *hidden, Dense(len(stream.labels), "softmax")])
    model.compile(Adam(given["learning_rate"]), "sparse_categorical_crossentropy")
    return model


def _write(found: ContinualComparison, folder: Path) -> None:
    """Write the pictures and the tables."""
    import polars

    from ..storage.atomic import replace_file

    found.plot(folder / "continual.svg").save(folder / "continual.png")
    replace_file(folder / "strategies.csv", [found.table().write_csv().encode()])
    replace_file(folder / "matrices.csv", [polars.concat([each.table() for each in found]).write_csv().encode()])


def _say(output: Output, stream: ContinualStream, found: ContinualComparison, folder: Path) -> None:
    """Print the measures of the strategies."""
    from ..continual.progress import SAY as NAMES
    from ..continual.results import MEASURES

    rows = len(stream[0].x)
    output.say(SAY("continual_stream", count=len(stream), rows=f"{rows:,}", tests=f"{len(stream[0].x_test):,}"))
    output.say()
    heads = (SAY("head_strategy"), *(SAY(f"head_{name}") for name in MEASURES), SAY("head_seconds"))
    results = list(found)
    cells = [
        (
            NAMES.name("strategy", result.strategy),
            *(_shown(figure) for figure in result.summary().values()),
            f"{result.seconds:.0f}",
        )
        for result in results
    ]
    output.table(heads, cells, strong=results.index(found.best))
    output.say()
    output.fact("saved", f"{folder}: {FILES}")
    told = {
        result.strategy: {
            name: {"value": _number(figure.value), "low": _number(figure.low), "high": _number(figure.high)}
            for name, figure in result.summary().items()
        }
        | {"matrix": result.matrix.tolist(), "seconds": result.seconds}
        for result in results
    }
    output.result(
        {
            "folder": str(folder),
            "scenario": stream.scenario,
            "experiences": [each.name for each in stream],
            "best": found.best.strategy,
            "strategies": told,
        }
    )
    if output.quiet and not output.as_json:
        click.echo(str(folder))


def _shown(figure: Figure) -> str:
    if math.isnan(figure.value):
        return "-"
    half = "" if figure.low is None or figure.high is None else f" ±{(figure.high - figure.low) / 2:.3f}"
    return f"{figure.value:.3f}{half}"


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
