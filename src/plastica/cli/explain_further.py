"""What else ``plastica explain`` says about a row of a table: its words, pairs of columns, a rule, changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from . import options
from .explain_contributions import row_facts, say_contributions
from .explain_training import say_influence, say_nearest
from .output import brief
from .wording import SAY

if TYPE_CHECKING:
    from .explain_table import TableCase

MOST_PAIRS = 10  # in the terminal; all are in --json


def say_further(case: TableCase, row: int, shown: int) -> dict[str, object]:
    """Print what else is asked about a row, and return it for JSON by the names of the options.

    Args:
        case: The table and what is asked.
        row: The row, from 1.
        shown: The number of the output that is shown, among those that were explained.
    """
    label = _label(case, shown)
    found: dict[str, object] = {}
    for name, say in FURTHER.items():
        if case.given[name] not in (None, False):
            found[name] = say(case, row, label)
            case.output.say()
    return found


def _label(case: TableCase, shown: int) -> str:
    """Return the name of the output that is shown."""
    from ..explain.table_answers import outputs_of

    return case.given["label"] or outputs_of(case.network.target)[shown]


def _say_words(case: TableCase, row: int, label: str) -> object:
    """Print what each word of a text contributed."""
    from ..explain.table_words import explain_words
    from .explain import drawn

    column, given = case.given["words"], case.given
    asked = {"method": given["method"], "output": label, **drawn(given)}
    found = explain_words(case.network, case.table, column, row=row - 1, **asked)
    ends = {"answer": f"{found.answers[0, 0]:.4g}", "baseline": f"{found.baseline[0, 0]:.4g}"}
    case.output.say(SAY("explain_words", row=row, column=column, name=case.named(label), **ends))
    say_contributions(case.output, found, 0, 0, head="head_word")
    if (path := case.picture("words")) is not None:
        found.plot(path)
        case.output.fact("saved", path)
    facts = row_facts(found, 0, 0, row)
    return {"column": column, "baseline": facts["baseline"], "answer": facts["answer"], "words": facts["columns"]}


def _say_interactions(case: TableCase, row: int, label: str) -> object:
    """Print which columns act together in a row: by how much more than each alone."""
    from itertools import combinations

    from ..explain.table_pairs import table_interactions

    given = case.given
    asked = {"output": label, "groups": case.groups, "most": given["background_rows"], "seed": given["seed"]}
    found = table_interactions(case.network, case.table, case.background, rows=[row - 1], **asked)
    names, values = found.feature_names, 2 * found.values[0, :, :, 0]  # both halves
    error = None if found.error is None else 2 * found.error[0, :, :, 0]
    pairs = sorted(combinations(range(len(names)), 2), key=lambda pair: -abs(values[pair]))
    case.output.say(SAY("explain_interactions", row=row, name=case.named(label)))
    heads = [SAY("head_column"), SAY("head_column"), SAY("head_together")]
    case.output.table(
        [*heads, *([] if error is None else [SAY("head_error")])],
        [
            [brief(names[pair[0]], 40), brief(names[pair[1]], 40), f"{values[pair]:+.4g}",
             *([] if error is None else [f"± {error[pair]:.2g}"])]
            for pair in pairs[:MOST_PAIRS]
        ],
    )  # fmt: skip
    if (path := case.picture("interactions")) is not None:
        found.plot(path, row=0)
        case.output.fact("saved", path)
    return [
        {"columns": [names[a], names[b]], "together": float(values[a, b])}
        | ({} if error is None else {"standard_error": float(error[a, b])})
        for a, b in pairs
    ]


def _say_anchor(case: TableCase, row: int, label: str) -> object:
    """Print a rule about few columns for which the prediction stays."""
    from ..errors import InvalidValue
    from ..explain.table_rules import table_anchors

    given, target = case.given, case.network.target
    if target.task == "regression" and given["tolerance"] is None:
        raise InvalidValue(SAY("explain_needs_tolerance", target=repr(target.name)))
    asked = {"tolerance": given["tolerance"], "seed": given["seed"]}
    found = table_anchors(case.network, case.table, case.background, row=row - 1, **asked)
    case.output.say(SAY("explain_anchor", row=row))
    for line in found.sentences():
        case.output.say(f"  {line}")
    shares = {"precision": found.precision, "precision_at_least": found.low, "coverage": found.coverage}
    return {"conditions": list(found.conditions), "answer": found.answer, **shares, "reached": found.reached}


def _say_changes(case: TableCase, row: int, label: str) -> object:
    """Print the smallest changes for another prediction."""
    from ..explain.table_changes import table_counterfactuals

    given = case.given
    wanted: str | tuple[float, float] | None = given["wanted"]
    if case.network.task == "regression":
        wanted = _interval(given["wanted"])
    asked: dict[str, Any] = {"wanted": wanted, "fixed": options.names(given["fixed"], case.table.names)}
    found = table_counterfactuals(case.network, case.table, case.background, row=row - 1, **asked)
    case.output.say(SAY("explain_changes", row=row) if len(found) else SAY("explain_no_changes", row=row))
    listed = [found.changes(number) for number in range(len(found))]
    for number, each in enumerate(listed):
        changed = "; ".join(f"{name}: {brief(old, 30)} → {brief(new, 30)}" for name, old, new in each)
        case.output.say(f"  {changed}  ({found.answer(number)})")
    return [[dict(zip(("column", "from", "to"), one, strict=True)) for one in each] for each in listed]


def _interval(given: str | None) -> tuple[float, float]:
    """Return the ends of ``--wanted 10,20``."""
    try:
        low, high = map(float, (given or "").split(","))
    except ValueError:
        raise click.BadParameter(SAY("explain_bad_interval", given=repr(given))) from None
    return low, high


FURTHER: dict[str, Callable[[TableCase, int, str], object]] = {
    "words": _say_words,
    "interactions": _say_interactions,
    "anchor": _say_anchor,
    "changes": _say_changes,
    "influence": say_influence,
    "nearest": say_nearest,
}
