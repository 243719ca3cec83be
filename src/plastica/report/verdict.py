"""The first thing a person reads: how good the model is, beside what, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..checks.findings import Finding
from ..checks.leaks import twins_of_training
from . import formats
from .conclusions import conclusion
from .dots import ScalePoint, dots
from .judged import HeldOutAnswers
from .wording import both, name_of, say, with_code

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..evaluation.verdicts import Verdict

FEW = 10  # rows without twins that still say something


@dataclass(frozen=True)
class Summary:
    """What may be concluded, as the page shows it.

    Args:
        level: "good", "careful" or "bad".
        sentence: How the model stands beside the others.
        advice: What follows.
        main: The name of the main figure.
        value: It and its interval as written.
        interval: The interval as written; empty where there is none.
        dots: The model and the others on one scale.
        apart: What the figure is without rows that have a twin in training; None where none has.
    """

    level: str
    sentence: Markup
    advice: Markup
    main: str
    value: str
    interval: str
    dots: tuple[ScalePoint, ...]
    apart: Markup | None


def summarize(prepared: Prepared, judged: HeldOutAnswers, verdict: Verdict) -> Summary:
    """Put the verdict in words and the main figures on a scale."""
    main = judged.main
    figures = {name: found[main] for name, found in judged.scores.items() if main in found}
    own = figures[judged.own]
    english, chinese = conclusion(verdict, "en", "both"), conclusion(verdict, "zh", "both")
    return Summary(
        level=verdict.level,
        sentence=both(with_code(english.sentence), with_code(chinese.sentence)),
        advice=both(with_code(english.advice), with_code(chinese.advice)),
        main=main,
        value=formats.figure(main, own.value),
        interval=formats.interval(main, own),
        dots=dots(main, figures, judged.own),
        apart=_without_twins(prepared, judged) if _has_twins(verdict.findings) else None,
    )


def _has_twins(findings: Sequence[Finding]) -> bool:
    return any(finding.code == "twins" for finding in findings)


def _without_twins(prepared: Prepared, judged: HeldOutAnswers) -> Markup | None:
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
