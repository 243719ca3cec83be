"""The verdict on a model from the test set: computed once, shown in terminal and report, saved in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from ..checks.findings import MOST_NAMED, ORDER, Finding, finding
from ..data.table import show
from .inference import BeyondGuess, beyond_guess, guess_from
from .judged import Judged
from .naive import NAIVE
from .scores import LOWER_IS_BETTER, Figure, Scores, difference

if TYPE_CHECKING:
    from ..checks.prepared import Prepared

Level = Literal["good", "careful", "bad"]
Outcome = Literal["better", "same", "worse", "useless", "unclear", "alone"]
Advice = Literal["good", "careful", "bad", "worse", "useless", "failed", "unclear"]
KEPT = ("linear", "trees", "network")  # models that can be saved; the guess and naive forecasts are only for comparison
FEWEST_MISSED = 3  # test rows of a class that is never predicted; with fewer, it may be chance


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The verdict on a model.

    Args:
        level: "good", "careful" or "bad": green, yellow or red.
        standing: "better", "same" or "worse" than the best of the other models, by a significant difference; "useless"
            if not better than a guess without any column, "unclear" if there are too few rows; "alone" for older files
            without other models.
        advice: The conclusion: one of the levels, or "worse", "useless", "unclear"; "failed" if another model is better
            than a guess and this one is not.
        model: The evaluated model: "network", "linear" or "trees".
        rival: The best of the other models: "linear" or "trees", or "dummy" (a guess) if there are none.
        measure: The metric of the difference.
        difference: The difference in this metric to the rival (to the guess for "useless" and "unclear"), paired by
            rows.
        rows: The number of test rows.
        findings: Findings about the data and the predictions, the most serious first.
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


def conclude(
    prepared: Prepared,
    judged: Judged,
    scores: Mapping[str, Scores],
    main: str,
    gap_to: Callable[[str, str], Figure] | None = None,
    more: Sequence[Finding] = (),
) -> Verdict:
    """Return the verdict on a model compared with a guess and the best of the others, and with findings in the data.

    Args:
        prepared: The table, split and encoded.
        judged: The true values and the predictions of all models for the test rows.
        scores: The metrics of all models.
        main: The metric that decides which model is better.
        gap_to: Returns the difference to a model in a metric. Default: paired by rows.
        more: Further findings.
    """
    beyond = _beyond(prepared, judged)
    own, rival = judged.own, _best_other(judged.own, scores, main)
    gap_to = gap_to or partial(_difference, judged)
    standing, measure, gap = _standing(beyond[own], rival, main, gap_to)
    found = [*more, *prepared.findings, *never_found(prepared, judged), *naive_better(judged, scores, main)]
    if standing == "worse":
        found += probabilities_better(judged, scores, rival, main, gap_to)
    found = tuple(sorted(found, key=lambda each: ORDER[each.severity]))
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
    """Return the verdict from metrics alone, for older files without a verdict."""
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
    """Find classes or labels with no correct prediction in the test set."""
    target = prepared.target
    if target.task == "regression":
        return
    labels = judged.labels(judged.own)
    if target.task == "multilabel":
        true, right = (judged.y > 0.5).sum(0), ((judged.y > 0.5) & (labels > 0.5)).sum(0)
    else:
        true = np.bincount(judged.y, minlength=len(target.classes))
        right = np.bincount(judged.y[judged.y == labels], minlength=len(target.classes))
    missed: list[int] = np.flatnonzero((true >= FEWEST_MISSED) & (right == 0)).tolist()
    if not len(missed):
        return
    named = [f"{show(target.classes[place], 30)} ({true[place]})" for place in missed[:MOST_NAMED]]
    more = f" +{len(missed) - MOST_NAMED}" if len(missed) > MOST_NAMED else ""
    yield finding("never_found", "warning", labels=", ".join(named) + more)


def naive_better(judged: Judged, scores: Mapping[str, Scores], main: str) -> Iterator[Finding]:
    """Find whether repeating an earlier value, which the model does not receive, is significantly better."""
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


def probabilities_better(
    judged: Judged, scores: Mapping[str, Scores], rival: str, main: str, gap_to: Callable[[str, str], Figure]
) -> Iterator[Finding]:
    """Find whether a model with the worse balanced accuracy has significantly better probabilities.

    The most probable class is then seldom a rare one; weights of the classes in the decision change that without
    another model.
    """
    decision = judged.decisions.get(judged.own)
    if main != "balanced_accuracy" or decision is None or decision.rule != "largest":
        return
    if _side(gap_to(rival, "log_loss"), "log_loss") == "better":
        own, value = (scores[name]["log_loss"].value for name in (judged.own, rival))
        yield finding("probabilities_better", "note", own=f"{own:.3f}", value=f"{value:.3f}", name=rival)


def _beyond(prepared: Prepared, judged: Judged) -> dict[str, BeyondGuess]:
    """Return for each model whether it is better than a guess."""
    from ..data.inputs import truth_of

    target = prepared.target
    train = truth_of(target, prepared.y[prepared.split.train])
    guess = guess_from(target.task, train, len(target.classes))
    return {name: beyond_guess(target.task, judged.y, answers, guess) for name, answers in judged.answers.items()}


def _best_other(own: str, scores: Mapping[str, Scores], main: str) -> str:
    """Return the best of the other models, or the guess if there are none."""
    sign = -1.0 if main in LOWER_IS_BETTER else 1.0
    others = {name: sign * scores[name][main].value for name in KEPT if name != own and main in scores.get(name, {})}
    return max(others, key=others.__getitem__, default="dummy")


def _standing(
    beyond: BeyondGuess, rival: str, main: str, gap_to: Callable[[str, str], Figure]
) -> tuple[Outcome, str, Figure | None]:
    if beyond.answer == "no_more":
        return "useless", beyond.measure, beyond.difference
    if beyond.answer == "unclear":
        return "unclear", beyond.measure, beyond.difference
    if rival == "dummy":
        return "better", beyond.measure, beyond.difference
    gap = gap_to(rival, main)
    return _side(gap, main), main, gap


def _difference(judged: Judged, rival: str, main: str) -> Figure:
    """Return the difference in the main metric between the saved model and another, paired by rows."""
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
    """Return the conclusion; ``told`` is whether another model is better than a guess."""
    if standing in ("useless", "unclear"):
        return "failed" if told else "useless" if standing == "useless" else "unclear"
    level = _level(standing, found)
    return "worse" if standing == "worse" and level != "bad" else level
