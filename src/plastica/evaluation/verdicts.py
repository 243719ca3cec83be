"""What may be concluded from the held-out rows: computed once, shown in terminal and report, kept in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from ..checks.findings import MOST_NAMED, ORDER, Finding, finding
from ..data.table import show
from .inference import BeyondGuess, beyond_guess, guess_from
from .naive import NAIVE
from .scores import LOWER_IS_BETTER, Figure, Scores, difference

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from .results import Judged

Level = Literal["good", "careful", "bad"]
Outcome = Literal["better", "same", "worse", "useless", "unclear", "alone"]
Advice = Literal["good", "careful", "bad", "worse", "useless", "failed", "unclear"]
KEPT = ("linear", "trees", "network")  # what a run can keep; a guess and naive forecasts stand beside them
FEWEST_MISSED = 3  # held-out rows of a class that is never found; of fewer it may be bad luck


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be concluded.

    Args:
        level: "good", "careful" or "bad": green, yellow or red.
        standing: "better", "same" or "worse" than the best of the others, by more than chance or not; "useless"
            beside a guess that looks at no column, or "unclear" on so few rows; "alone" where a file of an older
            plastica tells of no other.
        advice: What follows: one of the levels, or "worse", "useless", "unclear"; "failed" where another model tells
            more than a guess and this one does not.
        model: What was judged: "network", "linear" or "trees".
        rival: The best of the others: "linear" or "trees", or "dummy" (a guess) where there is nothing else.
        measure: The figure of the difference.
        difference: By how much that figure is above the rival's (of "useless" and "unclear" above the guess's), row by
            row on the same rows.
        rows: On how many rows.
        findings: What a person should know of the data and of the answers, the most serious first.
    """

    level: Level
    standing: Outcome
    advice: Advice
    model: str
    rival: str
    measure: str
    difference: Figure | None
    rows: int
    findings: tuple[Finding, ...] = ()


def conclude(prepared: Prepared, judged: Judged, scores: Mapping[str, Scores], main: str) -> Verdict:
    """Judge a model beside a guess and the best of the others, with what was found in the data in mind.

    Args:
        prepared: The table, dealt and encoded.
        judged: The truth and every model's answers for the held-out rows.
        scores: Every model's figures.
        main: The figure that decides which model is better.
    """
    found = (*prepared.findings, *never_found(prepared, judged), *naive_better(judged, scores, main))
    found = tuple(sorted(found, key=lambda each: ORDER[each.severity]))
    beyond = _beyond(prepared, judged)
    own, rival = judged.own, _best_other(judged.own, scores, main)
    standing, measure, gap = _standing(judged, beyond[own], rival, main)
    told = rival != "dummy" and beyond[rival].answer == "more"
    return Verdict(
        level=_level(standing, found),
        standing=standing,
        advice=_advice(standing, found, told),
        model=own,
        rival=rival,
        measure=measure,
        difference=gap,
        rows=len(judged.y),
        findings=found,
    )


def verdict_from(scores: Mapping[str, Scores], main: str, gap: Figure | None, beside: str, rows: int) -> Verdict:
    """Return what the figures alone tell, for a file of a plastica that kept no verdict."""
    if gap is None:
        standing: Outcome = "alone"
    else:
        standing = _side(gap, main)
    level: Level = "careful" if standing == "worse" else "good"
    advice: Advice = "worse" if standing == "worse" else "good"
    return Verdict(
        level=level,
        standing=standing,
        advice=advice,
        model="network",
        rival=beside if beside in scores else "",
        measure=main,
        difference=gap,
        rows=rows,
    )


def never_found(prepared: Prepared, judged: Judged) -> Iterator[Finding]:
    """Find classes or labels of which not one held-out row is answered right."""
    target = prepared.target
    if target.task == "regression":
        return
    labels = judged.labels(judged.own)
    if target.task == "multilabel":
        true, right = (judged.y > 0.5).sum(0), ((judged.y > 0.5) & (labels > 0.5)).sum(0)
    else:
        true = np.bincount(judged.y, minlength=len(target.classes))
        right = np.bincount(judged.y[judged.y == labels], minlength=len(target.classes))
    missed = np.flatnonzero((true >= FEWEST_MISSED) & (right == 0))
    if not len(missed):
        return
    named = [f"{show(target.classes[place], 30)} ({true[place]})" for place in missed[:MOST_NAMED]]
    more = f" +{len(missed) - MOST_NAMED}" if len(missed) > MOST_NAMED else ""
    yield finding("never_found", "warning", labels=", ".join(named) + more)


def naive_better(judged: Judged, scores: Mapping[str, Scores], main: str) -> Iterator[Finding]:
    """Find that only repeating an earlier value, which the model is not given, does better by more than chance."""
    sign = -1.0 if main in LOWER_IS_BETTER else 1.0
    known = [name for name in NAIVE if main in scores.get(name, {})]
    best = max(known, key=lambda name: sign * scores[name][main].value, default="")
    if best and _side(_difference(judged, best, main), main) == "worse":
        yield finding(
            "naive_better",
            "warning",
            name=best.replace("_", " "),
            figure=main.replace("_", " "),
            value=scores[best][main].value,
            own=scores[judged.own][main].value,
        )


def _beyond(prepared: Prepared, judged: Judged) -> dict[str, BeyondGuess]:
    """Say of every model whether it tells more than a guess."""
    from ..data.inputs import truth_of

    target = prepared.target
    train = truth_of(target, prepared.y[prepared.split.train])
    guess = guess_from(target.task, train, len(target.classes))
    return {name: beyond_guess(target.task, judged.y, answers, guess) for name, answers in judged.answers.items()}


def _best_other(own: str, scores: Mapping[str, Scores], main: str) -> str:
    """Return the best of the other models, a guess where there is nothing else."""
    sign = -1.0 if main in LOWER_IS_BETTER else 1.0
    others = {name: sign * scores[name][main].value for name in KEPT if name != own and main in scores.get(name, {})}
    return max(others, key=others.__getitem__, default="dummy")


def _standing(judged: Judged, beyond: BeyondGuess, rival: str, main: str) -> tuple[Outcome, str, Figure | None]:
    if beyond.answer == "no_more":
        return "useless", beyond.measure, beyond.difference
    if beyond.answer == "unclear":
        return "unclear", beyond.measure, beyond.difference
    if rival == "dummy":
        return "better", beyond.measure, beyond.difference
    gap = _difference(judged, rival, main)
    return _side(gap, main), main, gap


def _difference(judged: Judged, rival: str, main: str) -> Figure:
    """Return by how much the main figure of the run's own model is above another's, row by row."""
    pair = (judged.decisions[judged.own], judged.decisions[rival]) if judged.decisions else None
    return difference(judged.task, judged.y, judged.answers[judged.own], judged.answers[rival], main, pair)


def _side(gap: Figure, main: str) -> Outcome:
    if not gap.sure:
        return "same"
    return "better" if (gap.value < 0) == (main in LOWER_IS_BETTER) else "worse"


def _level(standing: Outcome, found: Sequence[Finding]) -> Level:
    severities = {each.severity for each in found}
    if standing == "useless" or "serious" in severities:
        return "bad"
    return "careful" if standing in ("worse", "unclear") or "warning" in severities else "good"


def _advice(standing: Outcome, found: Sequence[Finding], told: bool) -> Advice:
    """Say what follows; ``told`` is whether another model tells more than a guess."""
    if standing in ("useless", "unclear"):
        return "failed" if told else "useless" if standing == "useless" else "unclear"
    level = _level(standing, found)
    return "worse" if standing == "worse" and level != "bad" else level
