"""``plastica society``: networks on a graph learn from rows of their own and from each other."""

from __future__ import annotations

import dataclasses
import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import TargetCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..model import Model
    from ..society import Society, SocietyHistory
    from .society_data import SocietyData

FILES = "report.html, society.svg, society.png, meetings.csv, members.csv"


@click.command(cls=TargetCommand, short_help="Train networks that learn from each other.")
@click.argument("data")
@parameters.target
@click.option(
    "--graph",
    metavar="GRAPH",
    default="small_world",
    help="Who learns from whom: a name such as ring, islands or karate_club, or a file with source and target.",
)
@click.option("--members", type=int, help="Number of networks. Default: 20, or as many as the graph or --by has.")
@click.option("--exchange", metavar="NAME", default="imitate", help="What members exchange when they meet.")
@click.option("--every", type=click.IntRange(min=1), default=1, help="Epochs from one meeting to the next.")
@click.option("--every-steps", type=click.IntRange(min=1), help="Gradient steps between meetings, instead of epochs.")
@click.option("--by", metavar="COLUMN", help="Column of a person or place: each value is a member with its own rows.")
@click.option(
    "--label-skew", type=float, help="How much the classes of members differ: 0.1 strongly, 100 hardly at all."
)
@click.option(
    "--stubborn",
    metavar="MEMBERS",
    default="",
    help="Members that do not change when they meet others, separated by commas.",
)
@click.option(
    "--lying", metavar="MEMBERS", default="", help="Members that pass on the opposite of what they have learned."
)
@click.option("--absent", metavar="MEMBERS", default="", help="Members that never take part in exchanges.")
@click.option(
    "--alone/--no-alone", default=True, help="Whether to also train the same members without exchange, for comparison."
)
@click.option("--layers", metavar="UNITS", default="32", help="Units of the hidden layers.")
@click.option("--rule", metavar="NAME", default="backprop", help="Learning rule of all members.")
@click.option("--epochs", type=click.IntRange(min=1), default=40, help="Passes of each member over its rows.")
@click.option("--batch-size", type=int, default=32, help="Rows per gradient step.")
@click.option("--learning-rate", type=float, default=0.005, help="Learning rate of Adam.")
@click.option("--seed", type=int, default=0, help="Random seed of graph, rows and weights.")
@parameters.cluster
@parameters.drop
@parameters.file_format
@parameters.results
@guarded
def society(data: str, **given: Any) -> None:
    """Train networks on a graph, each on rows of its own, that also learn from each other.

    DATA is a table, an .npz file with x_train, y_train, x_test and y_test such as mnist.npz, or digits for the small
    handwritten digits that scikit-learn includes. The page report.html shows the accuracy of the members and of their
    vote, the graph over time, agreement and influence, and compares them with findings on people.
    """
    from . import folders
    from .society_data import read_society_data

    options.cluster(given["cluster"])  # an error before the data are read
    output = Output(given["json"], given["quiet"])
    rows = read_society_data(data, given)
    made = _society(rows, given, given["exchange"])
    folder = folders.new_folder(given["out"], f"{folders.name_of(data)}-society")
    try:
        _fit(made, rows, given, output)
        without = None
        if given["alone"] and given["exchange"] != "none":
            without = _society(rows, given, "none")
            _fit(without, rows, given, output)
        _write(made, None if without is None else without.history, folder, rows, given)
    finally:
        folders.give_back(folder)
    _say(output, made, without, folder)


def _society(rows: SocietyData, given: dict[str, Any], exchange: str) -> Society:
    """Return the society of the options."""
    from ..errors import InvalidValue
    from ..society import Society, exchange_named, graph_of

    members = given["members"]
    if rows.by is not None:
        count = len(set(rows.by))
        if members not in (None, count):
            raise InvalidValue(f"--members {members}, but --by {given['by']} has {count} values; leave out --members.")
        members = count
    graph = graph_of(given["graph"], members, given["seed"])
    if rows.by is not None and set(rows.by) != set(graph.names):
        graph = dataclasses.replace(graph, names=tuple(sorted(set(rows.by))))
    roles = {name: [each.strip() for each in given[name].split(",") if each.strip()] for name in ROLES}
    # Without exchange the members begin as those who exchange do, so that only the exchange differs.
    same = exchange_named(given["exchange"]).same_start
    return Society(
        _model(rows, given),
        graph,
        exchange=exchange,
        every=given["every"],
        every_steps=given["every_steps"],
        label_skew=given["label_skew"],
        same_start=same,
        seed=given["seed"],
        stubborn=roles["stubborn"],
        lying=roles["lying"],
        absent=roles["absent"],
    )


ROLES = ("stubborn", "lying", "absent")


def _model(rows: SocietyData, given: dict[str, Any]) -> Model:
    """Return the compiled network that members are made from."""
    from ..layers import Dense
    from ..model import Sequential
    from ..optimizers import Adam

    task = rows.task
    activation, loss = {
        "binary": ("sigmoid", "binary_crossentropy"),
        "multilabel": ("sigmoid", "binary_crossentropy"),
        "multiclass": ("softmax", "sparse_categorical_crossentropy"),
    }.get(task.kind, ("linear", "mse"))
    hidden = [Dense(units, "relu") for units in options.units(given["layers"]) or ()]
    model = Sequential([*hidden, Dense(task.outputs, activation)], seed=given["seed"])
    model.compile(Adam(given["learning_rate"]), loss, rule=given["rule"])
    return model


def _fit(made: Society, rows: SocietyData, given: dict[str, Any], output: Output) -> None:
    task = rows.task
    made.fit(
        task.x,
        task.y,
        given["batch_size"],
        given["epochs"],
        verbose="auto" if output.talks else 0,
        validation_data=(task.x_test, task.y_test),
        by=rows.by,
        cluster=given["cluster"],
    )


def _write(
    made: Society, without: SocietyHistory | None, folder: Path, rows: SocietyData, given: dict[str, Any]
) -> None:
    """Write the report, the pictures and the tables."""
    from ..report import write_society_report
    from ..storage.atomic import replace_file
    from . import folders

    write_society_report(
        made,
        folder / folders.REPORT,
        alone_history=without,
        source=rows.task.name,
        command="plastica " + shlex.join(sys.argv[1:]),
        lang=given["lang"],
    )
    made.plot(folder / "society.svg").save(folder / "society.png")
    replace_file(folder / "meetings.csv", [made.history.to_frame().write_csv().encode()])
    replace_file(folder / "members.csv", [made.history.members().write_csv().encode()])


def _say(output: Output, made: Society, without: Society | None, folder: Path) -> None:
    """Print what members and crowd know."""
    from ..society import MeetingFigures

    named = [("society_together", made), *([("society_without", without)] if without is not None else [])]
    heads = tuple(
        SAY(f"head_{name}") for name in ("society", "mean_member", "best_member", "crowd", "agreement", "diversity")
    )
    cells, told = [], {}
    for key, each in named:
        history, last = each.history, MeetingFigures(*each.history.figures[-1])
        scores = history.scores[-1]
        shown = (scores.mean(), scores.max(), last.crowd_score, last.agreement, last.diversity)
        cells.append((SAY(key), *(f"{value:.3f}" for value in shown)))
        told[key.removeprefix("society_")] = {
            "mean": float(scores.mean()),
            "best": float(scores.max()),
            **{name: value for name, value in last._asdict().items() if not math.isnan(value)},
        }
    edges = len(made.graph.senders) // (1 if made.graph.is_directed else 2)
    output.say(SAY("society_of", count=len(made), graph=made.graph.name, edges=edges, exchange=repr(made.exchange)))
    output.say()
    output.table(heads, cells, strong=0)
    output.say()
    output.fact("saved", f"{folder}: {FILES}")
    output.result({"folder": str(folder), "members": len(made), "graph": made.graph.name, **told})
    if output.quiet and not output.as_json:
        click.echo(str(folder))
