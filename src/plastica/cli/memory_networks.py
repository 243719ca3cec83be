"""``plastica memory tasks`` and ``retention``: recurrent layers on memory tasks, and what their states keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import parameters
from .guard import guarded
from .memory_words import WORDS, end
from .names import OutCommand
from .options import OptionValue
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import polars

    from ..memory import Retention
    from ..model import Model

ALL = "all"
TRAINING = ("length", "units", "rows", "epochs", "batch_size", "learning_rate")  # None: the usual value of each task
UNITS = 32  # of layers whose retention is measured


@click.command(cls=OutCommand, short_help="Train recurrent layers on tasks that need memory.")
@click.option("--tasks", metavar="NAMES", default=ALL, help="Names of tasks, separated by commas, or all.")
@click.option("--layers", metavar="NAMES", default=ALL, help="Names of recurrent layers, separated by commas, or all.")
@click.option("--length", type=int, help="Steps of a sequence. Default: depends on the task.")
@click.option("--units", type=int, help="Units of a layer. Default: depends on the task.")
@click.option("--rows", type=int, help="Training sequences. Default: depends on the task.")
@click.option("--epochs", type=int, help="Number of epochs. Default: depends on the task.")
@click.option("--batch-size", type=int, help="Sequences per gradient step. Default: depends on the task.")
@click.option("--learning-rate", type=float, help="Learning rate of Adam. Default: depends on the task.")
@click.option("--seeds", type=int, default=3, help="Number of networks trained with each layer.")
@click.option("--seed", type=int, default=0, help="Random seed of the sequences and of the first network.")
@parameters.results
@guarded
def tasks(**given: OptionValue) -> None:
    """Train recurrent layers on tasks that need memory, several networks of each at once.

    Shows the score of each layer on each task beside that of a network without memory, and how many networks solve
    the task. All tasks and layers take hours; one of each takes seconds to minutes.
    """
    from ..memory import compare_recurrent_layers
    from ..memory.tasks.catalogue import TASKS
    from ..memory.tasks.task_layers import LAYERS
    from ..registry import look_up
    from . import folders

    chosen_tasks, chosen_layers = _names(given["tasks"], TASKS), _names(given["layers"], LAYERS)
    for kind, names, known in (("task", chosen_tasks, TASKS), ("layer", chosen_layers, LAYERS)):
        for name in names:
            look_up(kind, name, known)
    training = {name: given[name] for name in TRAINING if given[name] is not None}
    output = Output(given["json"], given["quiet"])
    folder = folders.new_folder(given["out"], "memory-tasks")
    try:
        table = compare_recurrent_layers(
            chosen_tasks,
            chosen_layers,
            **training,
            seeds=given["seeds"],
            seed=given["seed"],
            verbose=int(output.talks),
        )
        _write_scores(table, folder)
    finally:
        folders.give_back(folder)
    _say_scores(output, table, folder)


@click.command(cls=OutCommand, short_help="Measure how much of an input a network keeps.")
@click.argument("model", required=False)
@click.option(
    "--layers",
    metavar="NAMES",
    help="Untrained layers, or other memories, instead of a model, separated by commas; or all.",
)
@click.option("--units", type=int, default=UNITS, help="Units of each layer.")
@click.option("--lags", type=int, default=50, help="Largest lag, in steps.")
@click.option("--steps", type=int, default=4000, help="Steps of noise that the network reads.")
@click.option("--feature", type=int, default=0, help="Number of the input that carries the noise.")
@click.option("--seed", type=int, default=0, help="Random seed of the noise and of the layers.")
@parameters.results
@guarded
def retention(model: str | None, **given: OptionValue) -> None:
    """Measure how much of an input can be read from the state of a network after each lag.

    MODEL is a network that reads series, or the folder of a run. Shows the linear memory capacity, which is at most
    the number of units, and the lag from which less than half of the input is left.
    """
    if (model is None) == (given["layers"] is None):
        raise click.BadParameter(SAY("model_or_layers"))
    from ..memory import retention as measure
    from . import folders

    kept = {name: given[name] for name in ("lags", "steps", "feature", "seed")}
    if model is not None:
        found = {folders.name_of(model): measure(_network(model), **kept)}
    else:
        from ..memory.retention_by_lag.retention_kinds import KINDS, named_systems

        systems = named_systems(_names(given["layers"], KINDS), given["units"], given["seed"])
        found = {name: measure(system, **kept) for name, system in systems.items()}
    output = Output(given["json"], given["quiet"])
    folder = folders.new_folder(given["out"], "memory-retention")
    try:
        _write_retention(found, folder)
    finally:
        folders.give_back(folder)
    _say_retention(output, found, folder)


def _names(given: str, known: Mapping[str, object]) -> list[str]:
    """Return the names of an option, all of them for ``all``."""
    names = [name.strip().lower() for name in given.split(",") if name.strip()]
    return list(known) if names == [ALL] or not names else names


def _network(given: str) -> Model:
    """Return the network of a file."""
    from ..errors import InvalidValue
    from ..loading import load
    from ..model import Model
    from . import folders

    found = load(folders.model_file(given))
    if not isinstance(found, Model):
        raise InvalidValue(
            f"{given}: a {type(found).__name__}; expected a network that reads series, saved with model.save(path)."
        )
    return found


def _write_scores(table: polars.DataFrame, folder: Path) -> None:
    """Write the table, and the picture of scores between chance and perfection."""
    import numpy as np

    from ..memory.panels import draw_scores
    from ..storage.atomic import replace_file

    replace_file(folder / "tasks.csv", [table.write_csv().encode()])
    tasks, layers = (table[name].unique(maintain_order=True).to_list() for name in ("task", "layer"))
    gained = (table["score"] - table["chance"]) / (table["optimal"] - table["chance"])
    draw_scores(tasks, layers, np.reshape(gained.to_numpy(), (len(tasks), len(layers)))).save(
        folder / "tasks.svg"
    ).save(folder / "tasks.png")


def _say_scores(output: Output, table: polars.DataFrame, folder: Path) -> None:
    output.say()
    heads = [SAY(f"head_{name}") for name in ("task", "layer", "score", "chance", "solved", "sequences")]
    rows = [
        (
            WORDS.name("task", row["task"]),
            WORDS.name("layer", row["layer"]),
            f"{row['score']:.4g}",
            f"{row['chance']:.4g}",
            f"{row['solved']} / {row['networks']}",
            "" if row["sequences"] is None else f"{row['sequences']:,.0f}",
        )
        for row in table.iter_rows(named=True)
    ]
    output.table(heads, rows)
    output.say()
    output.say(SAY("memory_tasks_meaning"))
    end(output, folder, "tasks.csv, tasks.svg, tasks.png", {"tasks": table.to_dicts()})


def _write_retention(found: dict[str, Retention], folder: Path) -> None:
    """Write the curves and their picture."""
    import polars as pl

    from ..memory.panels import CurvePanel, MeasuredCurve, draw_panels
    from ..storage.atomic import replace_file

    lags = next(iter(found.values())).lags
    columns = {"lag": lags, **{name: each.explained for name, each in found.items()}}
    replace_file(folder / "retention.csv", [pl.DataFrame(columns).write_csv().encode()])
    curves = [MeasuredCurve(WORDS.name("kind", name), each.lags, each.explained) for name, each in found.items()]
    draw_panels([CurvePanel(curves, "lag", "explained")]).save(folder / "retention.svg").save(folder / "retention.png")


def _say_retention(output: Output, found: dict[str, Retention], folder: Path) -> None:
    heads = [SAY(f"head_{name}") for name in ("layer", "capacity", "half_life", "units")]
    largest = max(len(each.lags) for each in found.values()) - 1
    rows = [
        (
            WORDS.name("kind", name),
            f"{each.capacity:.2f}",
            f"{each.half_life:.0f}" if each.half_life <= largest else SAY("more_than", number=largest),
            str(each.units),
        )
        for name, each in found.items()
    ]
    output.table(heads, rows)
    output.say()
    output.say(SAY("retention_meaning"))
    said = {
        name: {
            "capacity": each.capacity,
            "half_life": each.half_life if each.half_life <= largest else None,
            "units": each.units,
            "explained": each.explained.tolist(),
        }
        for name, each in found.items()
    }
    end(output, folder, "retention.csv, retention.svg, retention.png", {"retention": said})
