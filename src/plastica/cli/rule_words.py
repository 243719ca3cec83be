"""Output of a comparison of rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..comparison import Comparison

SHOWN = (0, 1, 2, 4, 5)  # columns of the results: rule, rank, test, epochs, total seconds


def say_found(output: Output, found: Comparison, folder: Path) -> None:
    """Print the ranking, all tables if verbose, and the folder."""
    from ..comparison import wording

    trained = [record for record in found.ranked if not record.reason]
    output.say(found.headline)
    output.say()
    if output.verbose:
        _say_all(output, found)
    else:
        output.table(
            [found.heads[place] for place in SHOWN],
            [[row[place] for place in SHOWN] for row in found.results[: len(trained)]],
            strong=0,
        )
        output.say(SAY("rank_legend"))
    output.say()
    for row, record in zip(found.results, found.ranked, strict=True):
        if record.reason:
            output.say(SAY("not_trained", rule=record.name, reason=record.reason))
        elif row[-1]:
            output.say(wording.SAY("remark", rule=record.name, remark=row[-1]))
    output.say()
    output.fact("saved", f"{folder}: rules.svg, rules.png, rules.md, rules.csv, rules.json")
    output.result({"folder": str(folder), **found.to_dict()})
    if output.quiet and not output.as_json:
        click.echo(str(folder))


def _say_all(output: Output, found: Comparison) -> None:
    """Print all tables, split into several if they are wider than the terminal."""
    from ..comparison.wording import FACTS, INSIDE, heads

    trained = [row for row, record in zip(found.results, found.ranked, strict=True) if not record.reason]
    first, rows = list(found.heads[:-1]), [row[:-1] for row in trained]
    for part_heads, part in _parts(output, first, rows) + _parts(output, heads(INSIDE), found.inside):
        output.table(part_heads, part)
        output.say()
    output.say(found.legend)
    output.say()
    for part_heads, part in _parts(output, heads(FACTS), found.facts):
        output.table(part_heads, part)
        output.say()
    for number, words in enumerate(found.notes, 1):
        output.say(f"({number}) {words}")


def _parts(
    output: Output, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[tuple[list[str], list[list[str]]]]:
    """Split a table into several that fit, each with the first column."""
    parts: list[list[int]] = [[0]]
    for place in range(1, len(heads)):
        tried = [*parts[-1], place]
        if len(tried) == 2 or output.fits(
            [heads[each] for each in tried], [[row[each] for each in tried] for row in rows]
        ):
            parts[-1] = tried
        else:
            parts.append([0, place])
    return [([heads[each] for each in part], [[row[each] for each in part] for row in rows]) for part in parts]
