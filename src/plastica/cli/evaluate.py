"""``plastica evaluate``: how good a model is on a table whose target is known."""

from __future__ import annotations

import click

from . import options, parameters
from .guard import guarded
from .names import TargetCommand
from .output import Output, note
from .running import opened


@click.command(cls=TargetCommand, short_help="Judge a model on a table whose target is known.")
@parameters.model
@click.argument("file")
@click.option("--target", "-t", metavar="COLUMN", help="The target, if it has another name here.")
@parameters.separator
@parameters.encoding
@parameters.sheet
@parameters.stream
@parameters.json
@parameters.debug
@guarded
def evaluate(
    model: str,
    file: str,
    target: str | None,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    stream: bool | None,
    json: bool,
    debug: bool,
) -> None:
    """Judge a model on a table whose target is known."""
    from ..data.table import Table
    from ..estimators import TableNetwork
    from ..estimators.facts import listed
    from . import report
    from .folders import model_file

    output = Output(json)
    network = TableNetwork.load(model_file(model))
    table, _ = opened(file, options.separator(separator), encoding, stream, sheet)
    if isinstance(table, Table):
        scores, rows, notes = network.evaluate(table, target)
        name, notes = table.source, (*table.notes, *notes)
    else:
        from ..estimators.streamed_scores import evaluate_chunks

        scores, rows, notes = evaluate_chunks(network, table, target)
        name = table.name
    for line in notes:
        note(line)
    shown = {f"on {name}": scores}
    if network.facts.scores is not None:
        shown["held out when it was trained"] = network.facts.scores
    output.say(f"{report.count(rows, 'row')} of {name} (95 % intervals):")
    report.say_scores(output, shown)
    output.result({"source": name, "rows": rows, "scores": listed(scores), "notes": list(notes)})
