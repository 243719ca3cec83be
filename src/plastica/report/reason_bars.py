"""The contributions of columns to an answer, as bars and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..explain.attribution import Attribution
from . import formats
from .wording import both, plain, say

if TYPE_CHECKING:
    from ..tables import TableNetwork

MOST_NAMED = 3  # in a sentence
MOST_MEMBERS = 2  # of a group that are named
LONG = 8  # characters of a number that is shown with fewer digits
OTHERS = "\0others"  # no column of a file has this name


@dataclass(frozen=True)
class ReasonBar:
    """The contribution of a column.

    Args:
        name: The column, or the number of all other columns.
        value: Its cell.
        amount, error: The contribution and its standard error.
        share: The length of the bar, from -1 to 1; ``wide`` is that of the error.
        is_clear: Whether the contribution is at least two standard errors.
    """

    name: Markup | str
    value: Markup | str
    amount: str
    error: str
    share: float
    wide: float
    is_clear: bool


def bars_of(
    network: TableNetwork, found: Attribution, number: int, output: int, groups: Mapping[str, Mapping[str, str]]
) -> tuple[ReasonBar, ...]:
    """Return the bars of a row, the largest first; ``groups`` has the cells of each group by column."""
    values = found.flat[number, :, output]
    errors = np.zeros_like(values) if found.error is None else found.error.reshape(found.flat.shape)[number, :, output]
    longest = float(np.abs(values).max(initial=0)) or 1.0
    made: list[ReasonBar] = []
    for place in np.argsort(-np.abs(values), kind="stable").tolist():
        name, value, error = found.feature_names[place], float(values[place]), float(errors[place])
        members = groups.get(name, {})
        made.append(
            ReasonBar(
                _group_name(name, [*members]) if members else plain(name, 60),
                _group_value(name, members) if members else shown_cell(found.cells[number][place], 60),
                _amount(network, value),
                formats.number(100 * error if _is_share(network) else error, 2) if error else "",
                value / longest,
                min(error / longest, 1.0),
                abs(value) >= 2 * error,
            )
        )
    return tuple(made)


def _group_name(name: str, members: Sequence[str]) -> Markup:
    """Return the first columns of a group, or the number of those that were left over."""
    if name == OTHERS:
        return say("reason_others", count=len(members))
    first = [Markup("{}").format(plain(each, 40)) for each in members[:MOST_MEMBERS]]
    named = both(Markup(", ").join(first), Markup("、").join(first))
    more = len(members) - len(first)
    return say("reason_and", columns=named, count=more) if more else named


def _group_value(name: str, members: Mapping[str, str]) -> Markup | str:
    first = [*members.values()][:MOST_MEMBERS]
    rest = Markup(" …") if len(members) > len(first) else Markup()
    return "" if name == OTHERS else Markup("; ").join(shown_cell(each, 40) for each in first) + rest


def mostly(bars: Sequence[ReasonBar]) -> list[Markup]:
    """Return the largest contributions in words."""
    told: list[Markup] = []
    for key, sign in (("reason_up", 1), ("reason_down", -1)):
        largest = [each for each in bars if each.share * sign > 0.1 and each.is_clear][:MOST_NAMED]
        if largest:
            named = [_named(each) for each in largest]
            told.append(say(key, columns=both(Markup(", ").join(named), Markup("、").join(named))))
    return told


def _named(bar: ReasonBar) -> Markup:
    if not bar.value:
        return Markup("{}").format(bar.name)
    return Markup('{} = <b class="cell">{}</b>').format(bar.name, bar.value)


def shown_cell(cell: str, longest: int) -> Markup | str:
    """Return a cell for reading: numbers with few digits, and a word for missing values."""
    if not cell:
        return say("reason_missing")
    with suppress(ValueError):
        if len(cell) > LONG and np.isfinite(value := float(cell)):
            return formats.number(value)
    return plain(cell, longest)


def _is_share(network: TableNetwork) -> bool:
    return network.task != "regression"


def _amount(network: TableNetwork, value: float) -> str:
    """Return a contribution with its sign: in percentage points, or in the unit of the target."""
    return with_sign(f"{100 * abs(value):.1f}" if _is_share(network) else formats.number(abs(value), 3), value)


def with_sign(size: str, value: float) -> str:
    """Return the size of a contribution with its sign; what is shown as 0 has none."""
    return size if size.strip("0.") == "" else f"{'+' if value > 0 else chr(0x2212)}{size}"
