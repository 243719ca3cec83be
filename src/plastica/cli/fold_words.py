"""Output about a cross-validation: how rows are dealt to folds, and how metrics vary over folds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figure_words import in_order, say_figure
from .output import Output, brief
from .wording import SAY

if TYPE_CHECKING:
    from ..evaluation.cross_scores import CrossScores
    from ..settings import Settings


def say_dealt(output: Output, settings: Settings, how: str, by: str, rows: int, test: int) -> None:
    """Print how rows are dealt to folds.

    Args:
        output: Where to print.
        settings: The settings, with ``folds``.
        how: "random", "group", "time" or "order".
        by: The column for "group" and "time".
        rows: The number of rows that are dealt.
        test: The number of test rows, which stay apart.
    """
    key = "dealt_again" if settings.repeats > 1 else "dealt"
    values = {"folds": settings.folds, "repeats": settings.repeats, "seed": settings.seed, "how": dealt(how, by)}
    said = SAY(key, rows=SAY("rows", count=rows), **values)
    output.fact("rows", said + (SAY("dealt_apart", rows=SAY("held_out_rows", count=test)) if test else ""))


def dealt(how: str, by: str) -> str:
    """Return in words how rows are dealt: "random", "group", "time" or "order"."""
    return SAY(f"dealt_{how}", by=brief(repr(by)))


def rows_in_folds(scores: CrossScores) -> str:
    """Return the rows on which the metrics were computed, in words."""
    key = "rows_in_folds_again" if scores.repeats > 1 else "rows_in_folds"
    return SAY(key, rows=SAY("rows", count=scores.rows), folds=scores.folds, repeats=scores.repeats)


def say_spread(output: Output, scores: CrossScores) -> None:
    """Print how the main metric varies over folds, and how many epochs the networks were trained."""
    from ..training.wording import count_epochs  # loads JAX, which a mistake in the table should not wait for

    values = [value for value in scores.values[scores.own][scores.main] if value is not None]
    from ..evaluation.intervals import Figure

    low, high, spread = (
        say_figure(scores.main, Figure(each))
        for each in (min(values), max(values), scores.spread(scores.own, scores.main))
    )
    output.fact("folds", SAY("over_folds", low=low, high=high, spread=spread))
    if scores.epochs:
        output.fact("", SAY("fold_epochs", least=min(scores.epochs), most=count_epochs(max(scores.epochs))))
    if scores.chosen:
        counts = {name: scores.chosen.count(name) for name in dict.fromkeys(scores.chosen)}
        said = ", ".join(f"{SAY.name('model', name)} {count}" for name, count in counts.items())
        output.fact("", SAY("fold_choices", counts=said))


def say_each_fold(output: Output, scores: CrossScores) -> None:
    """Print the main metric of each model in each fold."""
    from ..evaluation.intervals import Figure

    names = in_order(scores.values, scores.own)
    heads = [SAY("head_fold"), *(SAY.name("model", name) for name in names)]
    rows = []
    for place in range(scores.folds * scores.repeats):
        values = [scores.values[name].get(scores.main, ())[place : place + 1] for name in names]
        cells = [say_figure(scores.main, Figure(each[0])) if each and each[0] is not None else "" for each in values]
        fold, repeat = place % scores.folds + 1, place // scores.folds + 1
        rows.append([f"{repeat}.{fold}" if scores.repeats > 1 else str(fold), *cells])
    output.say()
    output.table(heads, rows)
