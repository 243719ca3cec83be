"""``plastica evaluate``: evaluate a model on a table with known targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import options, parameters
from .guard import guarded
from .names import TargetCommand
from .output import Output
from .running import opened
from .wording import SAY

if TYPE_CHECKING:
    from ..evaluation.scores import Scores
    from ..tables import TableNetwork


@click.command(cls=TargetCommand, short_help="Evaluate a model on a labelled table.")
@parameters.model
@click.argument("file")
@click.option("--target", "-t", metavar="COLUMN", help="Name of the target column, if it differs from training.")
@parameters.file_format
@parameters.stream
@parameters.lang
@parameters.verbose
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
    lang: str,
    verbose: bool,
    json: bool,
    debug: bool,
) -> None:
    """Evaluate a model on a table with known targets.

    Prints the main metric with its 95 % confidence interval, beside its value on the test set of the training run;
    -v prints all metrics.
    """
    from ..data.table import Table
    from ..tables import TableNetwork
    from ..tables.facts import listed
    from .folders import model_file
    from .table_words import say_notes

    output = Output(json, verbose=verbose)
    network = TableNetwork.load(model_file(model))
    table, _ = opened(file, options.separator(separator), encoding, stream, sheet)
    if isinstance(table, Table):
        scores, rows, notes = network.evaluate(table, target)
        name, notes = table.source, (*table.notes, *notes)
    else:
        from ..tables.streamed_scores import evaluate_chunks

        scores, rows, notes = evaluate_chunks(network, table, target)
        name = table.name
    say_notes(notes)
    _say(output, network, scores, rows, name)
    output.fact("next", SAY("next_predict", folder=model))
    output.result({"source": name, "rows": rows, "scores": listed(scores), "notes": [str(each) for each in notes]})


def _say(output: Output, network: TableNetwork, scores: Scores, rows: int, name: str) -> None:
    from . import figure_words, result_words

    results, known = network.facts.results, network.facts.scores
    main = results.main if results is not None and results.main in scores else next(iter(scores))
    on = SAY("rows_of", rows=SAY("rows", count=rows), source=name)
    output.fact("result", figure_words.result_in_words(main, scores[main], on))
    if results is not None and known is not None:
        before = SAY("held_out_rows", count=results.rows)
        output.fact("made", figure_words.result_in_words(results.main, known[results.main], before))
    if output.verbose:
        output.say()
        shown = {SAY("on_file", source=name): scores}
        result_words.say_scores(output, shown if known is None else {**shown, SAY("when_trained"): known})
        output.say()
