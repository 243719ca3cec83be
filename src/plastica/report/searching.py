"""The section on the search that chose the settings: whether it was worth it, what was tried, and what mattered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..checks.findings import Finding
from ..notes import Note
from ..search.facts import said
from ..search.picture import drawn
from ..search.trials import shown
from . import formats
from .inlining import BLUE, ORANGE, SOFT, drawing, inline
from .legends import DASHES, legend
from .wording import name_of, plain, say

if TYPE_CHECKING:
    from ..search.facts import SearchFacts
    from ..search.trials import SearchTrial

MOST_ROWS = 20
LEVELS = {"better": "good", "no_better": "careful", "worse": "bad", "same": "careful"}


@dataclass(frozen=True)
class SearchSection:
    """What the page shows of a search.

    Attributes:
        level: The colour of the verdict.
        verdict: Whether the best settings beat the defaults.
        count, failed: The number of trials, and of those that failed.
        folds, rows: The folds on which trials were compared.
        seconds: How long the search took.
        space: The settings, their distributions, the best and the default value.
        importance: The settings and their importance.
        metric: The name of the metric.
        trials: The cells of the best trials: number, settings, metric, spread, epochs.
        more: How many trials are not shown.
        picture: Parallel coordinates.
        ill: What a doctor found: how serious it is, in which trials, and the finding of the worst of them.
    """

    level: str
    verdict: Markup
    count: int
    failed: int
    folds: int
    rows: int
    seconds: float
    space: tuple[tuple[str, str, str, str], ...]
    importance: tuple[tuple[str, float], ...]
    metric: Markup | str
    trials: tuple[tuple[str, ...], ...]
    more: int
    picture: Markup
    ill: tuple[tuple[str, Note, Finding], ...]


def describe(facts: SearchFacts) -> SearchSection:
    """Return the section on a search."""
    search, best, default = facts.search, facts.best, facts.default
    trials, space = search.trials, search.space
    good = trials.good
    return SearchSection(
        LEVELS[facts.beyond.outcome],
        _verdict(facts),
        len(trials),
        len(trials) - len(good),
        facts.folds,
        facts.rows,
        search.seconds,
        tuple((name, said(space[name]), _cell(best, name), _cell(default, name)) for name in space),
        tuple((each.name, each.share) for each in facts.importance),
        name_of("metric", trials.monitor.removeprefix("val_")),
        tuple(_row(trial, list(space)) for trial in good[:MOST_ROWS]),
        max(len(good) - MOST_ROWS, 0),
        _picture(facts),
        tuple((each.finding.severity, each.whose(len(trials)), each.finding) for each in trials.diagnosis),
    )


def _verdict(facts: SearchFacts) -> Markup:
    found, gap = facts.beyond, facts.beyond.difference
    low, high = (formats.number(edge, 3) for edge in (gap.low, gap.high))
    return say(
        f"beyond_{found.outcome}",
        measure=say(f"measure_{found.measure}"),
        winner=formats.number(found.winner),
        default=formats.number(found.default),
        gap=formats.number(gap.value, 3),
        low=low,
        high=high,
        rows=formats.number(found.rows),
    )


def _cell(trial: SearchTrial, name: str) -> str:
    value = shown(trial.settings[name])
    return formats.number(value) if isinstance(value, float) else plain(formats.NONE if value is None else value, 60)


def _row(trial: SearchTrial, names: list[str]) -> tuple[str, ...]:
    settings = (_cell(trial, name) for name in names)
    spread = formats.NONE if trial.spread is None else formats.number(trial.spread, 2)
    return str(trial.number), *settings, formats.number(trial.value), spread, formats.number(trial.epochs)


def _picture(facts: SearchFacts) -> Markup:
    items: list[tuple[Markup | str, str, str]] = [
        (say("search_best"), ORANGE, DASHES[0]),
        (say("search_best_tenth"), BLUE, DASHES[0]),
        (say("search_others"), SOFT, DASHES[0]),
    ]
    with drawing():
        sheet = drawn(facts.search.space, facts.search.trials, "", has_legend=False)
        return inline(sheet, "search", widest=820) + legend(items)
