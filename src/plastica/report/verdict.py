"""The first thing a person reads: how good the network is, beside what, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..estimators.checks import Finding
from ..estimators.leaks import twins_of_training
from ..estimators.scores import LOWER_IS_BETTER, Figure, difference
from . import charts, formats
from .judged import HeldOut
from .wording import name_of, say

if TYPE_CHECKING:
    from ..estimators.preparing import Prepared

FEW = 10  # rows without twins that still say something


@dataclass(frozen=True)
class Verdict:
    """What may be concluded.

    Args:
        level: "good", "careful" or "bad".
        sentence: How the network stands beside the baselines.
        advice: What follows.
        main: The name of the main figure.
        value: It and its interval as written.
        interval: The interval as written; empty where there is none.
        chart: Network and baselines.
        apart: What the figure is without rows that have a twin in training; None where none has.
    """

    level: str
    sentence: Markup
    advice: Markup
    main: str
    value: str
    interval: str
    chart: Markup
    apart: Markup | None


def conclude(prepared: Prepared, judged: HeldOut, findings: Sequence[Finding]) -> Verdict:
    """Judge the network beside its baselines, with what was found in the data in mind."""
    main = judged.main
    figures = {name: found[main] for name, found in judged.scores.items() if main in found}
    key, rival = _standing(judged, figures)
    serious = any(finding.severity == "serious" for finding in findings)
    careful = key == "worse" or any(finding.severity == "warning" for finding in findings)
    level = "bad" if key == "useless" or serious else "careful" if careful else "good"
    advice = {"useless": "useless", "worse": "rival"}.get(key, level)
    values = {"figure": name_of("score", main), "rival": name_of("model", rival) if rival else ""}
    own = figures["network"]
    return Verdict(
        level=level,
        sentence=say(f"verdict_{key}", **values, difference=_gap(judged, rival)),
        advice=say(f"advice_{advice}", **values),
        main=main,
        value=formats.figure(main, own.value),
        interval=formats.interval(main, own),
        chart=charts.comparison([(f"model_{name}", figure) for name, figure in figures.items()]),
        apart=_without_twins(prepared, judged) if "twins" in {finding.code for finding in findings} else None,
    )


def _standing(judged: HeldOut, figures: dict[str, Figure]) -> tuple[str, str]:
    """Say how the network stands, and beside which baseline: the best of them."""
    sign = -1.0 if judged.main in LOWER_IS_BETTER else 1.0
    rivals = {name: sign * figure.value for name, figure in figures.items() if name != "network"}
    if not rivals:
        return "alone", ""
    if "dummy" in rivals and not _above(
        _difference(judged, "dummy"), sign * figures["network"].value, rivals["dummy"], sign
    ):
        return "useless", "dummy"
    best = max((name for name in rivals if name != "dummy"), key=lambda name: rivals[name], default="dummy")
    gap = _difference(judged, best)
    if gap is None or gap.low is None or gap.high is None or gap.low <= 0 <= gap.high:
        return "same", best
    return ("better" if sign * gap.value > 0 else "worse"), best


def _above(gap: Figure | None, own: float, guess: float, sign: float) -> bool:
    """Whether the network is above the guess by more than chance, as far as the rows tell."""
    if gap is None or gap.low is None or gap.high is None:
        return own > guess
    return min(sign * gap.low, sign * gap.high) > 0


def _difference(judged: HeldOut, rival: str) -> Figure | None:
    if rival not in judged.answers:
        return None
    pair = (judged.decisions["network"], judged.decisions[rival]) if judged.decisions else None
    return difference(judged.task, judged.y, judged.network, judged.answers[rival], judged.main, pair)


def _gap(judged: HeldOut, rival: str) -> str:
    gap = _difference(judged, rival)
    if gap is None:
        return ""
    interval = formats.interval(judged.main, gap, signed=True)
    return formats.figure(judged.main, gap.value, signed=True) + (f" ({interval})" if interval else "")


def _without_twins(prepared: Prepared, judged: HeldOut) -> Markup | None:
    alone = np.flatnonzero(~twins_of_training(prepared))
    figure = judged.main_on(alone) if len(alone) >= FEW else None
    if figure is None:
        return None
    return say(
        "without_twins",
        rows=len(alone),
        figure=name_of("score", judged.main),
        value=formats.figure(judged.main, figure.value),
        interval=formats.interval(judged.main, figure),
    )
