"""Why a model answers as it does for a few rows: contributions of columns, similar rows, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..errors import DataError
from ..explain.alternatives import Counterfactuals
from ..explain.attribution import Attribution
from ..explain.table_changes import table_counterfactuals
from ..explain.table_columns import cells_of, explain_table
from . import formats
from .exemplary import Exemplary, exemplary_rows
from .importance import Importance, some
from .judged import HeldOutAnswers, decide
from .similar import most_similar
from .wording import both, plain, say

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork

MOST_COLUMNS = 7  # of which the last may be all others together: 128 coalitions, computed exactly
FEWEST_COLUMNS, FEWEST_BACKGROUND, MOST_BACKGROUND = 4, 20, 100
MOST_EVALUATIONS = 5_120  # of a row
MOST_WORK = 20_000_000_000  # rows times parameters of a row, so that a large network also takes seconds
MOST_DONORS = 300  # training rows to take other values from
MOST_CHANGED = 10  # columns that a change may be in, the most important ones
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


@dataclass(frozen=True)
class Reason:
    """The explanation of a row, in sentences and bars."""

    kind: str
    part: str
    place: str
    sentences: tuple[Markup, ...]
    bars: tuple[ReasonBar, ...]
    similar: Markup | None
    changes: tuple[Markup, ...]


@dataclass(frozen=True)
class Reasons:
    """The explained rows; ``background`` is the number of training rows that they are compared with."""

    rows: tuple[Reason, ...]
    background: int


def explain(
    network: TableNetwork,
    prepared: Prepared,
    judged: HeldOutAnswers | None,
    importance: Importance | None,
    chosen: Sequence[int] = (),
) -> Reasons | None:
    """Explain typical rows, the worst mistake, and chosen rows; None if there are none.

    The most important columns have a bar each, strongly correlated ones a bar together, all others one. Their Shapley
    values are computed exactly, and their standard errors from parts of the background.

    Args:
        network, prepared, judged: The model, the table and the predictions for the test set; None without one.
        importance: The importance of columns; without, the first ones are shown.
        chosen: The positions of further rows in their source.

    Raises:
        InvalidValue: If the table has no row at such a position.
    """
    rows = exemplary_rows(network, prepared, judged, chosen)
    if not rows:
        return None
    evaluations = int(np.clip(MOST_WORK // max(network.model.count_params(), 1), 320, MOST_EVALUATIONS))
    most = FEWEST_COLUMNS
    while most < MOST_COLUMNS and 2 ** (most + 1) * FEWEST_BACKGROUND <= evaluations:
        most += 1
    groups = _groups(prepared, importance, most)
    size = len({*[column.name for column in prepared.encoder.columns]}) - sum(len(each) - 1 for each in groups.values())
    background = int(np.clip(evaluations // 2**size // 5 * 5, FEWEST_BACKGROUND, MOST_BACKGROUND))
    train = prepared.split.train
    behind = prepared.table.take(train[some(len(train), background)])
    found = explain_table(
        network, prepared.table, behind, rows=[each.row for each in rows], method="exact_shap", most=background,
        groups=groups,
    )  # fmt: skip
    ranked = [weight.column for weight in importance.weights] if importance is not None else []
    ranked += [column.name for column in prepared.encoder.columns if column.name not in ranked]
    told = [
        Reason(
            row.kind,
            row.part,
            plain(prepared.table.place(row.row)),
            (*_answer(network, prepared, row, found, number), *mostly(bars)),
            bars,
            most_similar(network, prepared, row, ranked[:MOST_CHANGED]),
            _changes(network, prepared, row, ranked[:MOST_CHANGED]),
        )
        for number, row in enumerate(rows)
        for bars in [_bars(network, found, number, row.output, _values(prepared, row, groups))]
    ]
    return Reasons(tuple(told), behind.height)


def _groups(prepared: Prepared, importance: Importance | None, most: int) -> dict[str, tuple[str, ...]]:
    """Return correlated columns that are explained together, and all beyond the most important ones."""
    names = [column.name for column in prepared.encoder.columns]
    ranked = [(each,) for each in names]
    if importance is not None:
        ranked = [tuple(m.column for m in each.members) or (each.column,) for each in importance.ranked]
        ranked += [(name,) for name in names if not any(name in each for each in ranked)]
    kept = ranked if len(ranked) <= most else ranked[: most - 1]
    groups: dict[str, tuple[str, ...]] = {", ".join(each): each for each in kept if len(each) > 1}
    if rest := tuple(name for each in ranked[len(kept) :] for name in each):
        groups[OTHERS] = rest
    return groups


def _bars(
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


def _values(prepared: Prepared, row: Exemplary, groups: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Return the cells of a row in each group of columns."""
    own = prepared.table.take([row.row])
    return {name: dict(zip(each, cells_of(own, each)[0], strict=True)) for name, each in groups.items()}


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


def _answer(network: TableNetwork, prepared: Prepared, row: Exemplary, found: Attribution, number: int) -> list[Markup]:
    """Return what is predicted, from which mean, and whether it is right."""
    answer, mean = float(found.answers[number, row.output]), float(found.baseline[number, row.output])
    name = plain(found.output_names[row.output], 60)
    y = prepared.y[row.row]
    if network.task == "regression":
        true = float(np.atleast_1d(prepared.target.decode(prepared.y[[row.row]])[0])[row.output])
        given = {"answer": formats.number(answer), "mean": formats.number(mean), "true": formats.number(true)}
        return [say("reason_number", target=name, **given)]
    given = {"label": name, "answer": formats.share(round(answer, 3)), "mean": formats.share(round(mean, 3))}
    if network.task == "multilabel":
        return [say("reason_label", **given), say("reason_applies" if y[row.output] > 0.5 else "reason_applies_not")]
    decided = int(decide(network, found.answers[[number]])[0])
    told = [say("reason_class", **given)]
    if decided == int(y):
        return [*told, say("reason_right")]
    return [*told, say("reason_wrong", label=plain(found.output_names[int(y)], 60))]


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


def _changes(network: TableNetwork, prepared: Prepared, row: Exemplary, columns: Sequence[str]) -> tuple[Markup, ...]:
    """Return the smallest changes of some columns of the row for another prediction, in words; none if there are none.

    Texts stay: that of another row would be another row.
    """
    target = network.target
    if target.task == "multilabel" or len(target.names) > 1:
        return ()
    kept = [each.name for each in prepared.encoder.columns if each.kind == "text" or each.name not in columns]
    train = prepared.split.train
    donors = prepared.table.take(train[some(len(train), MOST_DONORS)])
    wanted: list[tuple[float, float] | None] = [None]
    if target.task == "regression":
        answer = float(network.answers(prepared.x[[row.row]])[0])
        step = target.scales[0] / 2  # a change that matters: half of the target's standard deviation
        wanted = [(answer + step, np.inf), (-np.inf, answer - step)]
    told: list[Markup] = []
    for each in wanted:
        try:
            found = table_counterfactuals(
                network, prepared.table, donors, row=row.row, wanted=each, fixed=kept, count=1, most=MOST_DONORS
            )
        except DataError:  # no training row has another prediction
            continue
        told += [_change(network, found)] if len(found) else []
    return tuple(told)


def _change(network: TableNetwork, found: Counterfactuals) -> Markup:
    changed = [
        say(
            "reason_instead",
            column=plain(name, 60),
            new=shown_cell(new, 40),
            old=shown_cell(old, 40),
        )
        for name, old, new in found.changes(0)
    ]
    listed = both(Markup(", ").join(changed), Markup("、").join(changed))
    if network.task == "regression":
        return say("reason_change_number", changes=listed, answer=formats.number(float(found.answers[0, 0])))
    place = int(found.classes[1])
    answer = formats.share(round(float(found.answers[0, place]), 3))
    return say("reason_change", changes=listed, label=plain(found.output_names[place], 60), answer=answer)
