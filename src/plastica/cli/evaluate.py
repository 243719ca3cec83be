"""``plastica evaluate``: how good a model is on a table whose target is known."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .guard import Debug, guarded
from .output import Output, note
from .running import opened


@guarded
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A run's folder, or its model.plastica.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table as for train, with the target.")],
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The target, if it is called otherwise here.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Read part by part; told by the file's size.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Judge a model on a table whose target is known."""
    from ..data.table import Table
    from ..estimators import TableNetwork
    from ..estimators.facts import listed
    from . import report
    from .folders import model_file

    output = Output(json)
    network = TableNetwork.load(model_file(model))
    table, _ = opened(file, options.separator(separator), encoding, stream)
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
    if network.facts.results is not None:
        shown["held out when it was trained"] = network.facts.results.scores["network"]
    output.say(f"{report.count(rows, 'row')} of {name} (95 % intervals):")
    report.say_scores(output, shown)
    output.result({"source": name, "rows": rows, "scores": listed(scores), "notes": list(notes)})
