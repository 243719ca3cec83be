"""``plastica evaluate``: how good a model is on a table whose target is known."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .guard import Debug, guarded
from .output import Output, note


@guarded
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A run's folder, or its model.plastica.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table as for train, with the target.")],
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The target, if it is called otherwise here.")
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Judge a model on a table whose target is known."""
    from ..data.reading import read_table
    from ..estimators import TableNetwork
    from ..estimators.facts import listed
    from . import report
    from .folders import model_file

    output = Output(json)
    network = TableNetwork.load(model_file(model))
    table = read_table(file, separator=options.separator(separator), encoding=encoding)
    scores, rows, notes = network.evaluate(table, target)
    for line in (*table.notes, *notes):
        note(line)
    shown = {f"on {table.source}": scores}
    if network.facts.results is not None:
        shown["held out when it was trained"] = network.facts.results.scores["network"]
    output.say(f"{rows} rows of {table.source} (95 % intervals):")
    report.say_scores(output, shown)
    output.result({"source": table.source, "rows": rows, "scores": listed(scores), "notes": [*table.notes, *notes]})
