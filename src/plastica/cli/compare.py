"""``plastica compare``: the metrics of several runs, and which differences are statistically significant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from . import options, parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..tables.runs import RunComparison
    from ..typing import Document

MOST_FIGURES = 5  # besides the metric that runs are sorted by; --json prints all


@click.command(cls=HintingCommand, short_help="Compare runs, best first.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--on", metavar="FILE", help="Evaluate all runs on this table.")
@click.option("--by", metavar="FIGURE", help="Metric to sort by. Default: the task's main metric.")
@parameters.file_format
@parameters.lang
@parameters.verbose
@parameters.json
@parameters.debug
@guarded
def compare(
    runs: tuple[str, ...],
    on: str | None,
    by: str | None,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    lang: str,
    verbose: bool,
    json: bool,
    debug: bool,
) -> None:
    """Compare runs, best first.

    Shows the settings that differ, the metrics on the test set with 95 % confidence intervals, and each run's
    difference from the best on the same rows. To compare runs with different test sets fairly, use --on.
    """
    from ..data.reading import read_table
    from ..tables.runs import compare_held_out, compare_on
    from .folders import model_file
    from .table_words import say_notes

    output = Output(json, verbose=verbose)
    paths = {run: model_file(run) for run in dict.fromkeys(runs)}
    if on is None:
        found = compare_held_out(paths, by)
    else:
        table = read_table(on, separator=options.separator(separator), encoding=encoding, sheet=sheet)
        say_notes(table.notes)
        found = compare_on(paths, table, by)
    say_notes(found.notes)
    _say(output, found)
    output.result(as_json(found))


def as_json(found: RunComparison) -> Document:
    """Return the comparison as a JSON-serializable dictionary."""
    from ..tables.facts import listed

    return {
        "target": found.target.name,
        "task": found.target.task,
        "on": str(found.on),
        "by": found.by,
        "runs": [
            {
                "run": run.name,
                "rows": run.rows,
                "differs": dict(run.differs),
                "scores": listed(run.scores),
                "difference": None if run.difference is None else listed(run.difference),
            }
            for run in found.runs
        ],
        "notes": [str(each) for each in found.notes],
    }


def _say(output: Output, found: RunComparison) -> None:
    from ..evaluation.scores import Figure
    from .figure_words import say_figure, say_gap, word_of
    from .table_words import say_target

    output.fact("target", say_target(found.target))
    output.say()
    differing = list(dict.fromkeys(name for run in found.runs for name in run.differs))
    if differing:
        heads = (SAY("head_run"), *(SAY.name("differs", name) for name in differing))
        output.table(heads, [(run.name, *(run.differs.get(name, "") for name in differing)) for run in found.runs])
    else:
        output.say(SAY("made_alike"))
    output.say()
    output.say(SAY("sorted_by", on=found.on.said(), figure=word_of(found.by)))
    others = [name for name in found.runs[0].scores if name != found.by][:MOST_FIGURES]
    while True:  # as many metrics as fit
        heads = (SAY("head_run"), SAY("head_rows"), word_of(found.by), *map(word_of, others))
        rows = [
            (
                run.name,
                f"{run.rows:,}",
                say_figure(found.by, run.scores[found.by]),
                *(say_figure(name, Figure(run.scores[name].value)) if name in run.scores else "" for name in others),
            )
            for run in found.runs
        ]
        if not others or output.fits(heads, rows):
            break
        others.pop()
    output.table(heads, rows, strong=0)
    output.say()
    for run in found.runs[1:]:
        if run.difference is not None:
            standing = SAY("measurable" if run.difference.sure else "not_measurable")
            gap = say_gap(found.by, run.difference)
            output.say(SAY("against", run=run.name, best=found.runs[0].name, gap=gap, standing=standing))
    output.fact("next", SAY("next_predict", folder=found.runs[0].name))
