"""The summary at the top: the quality of the model compared with others, and warnings."""

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

FEW = 10  # minimum number of rows without duplicates


@dataclass(frozen=True)
class Summary:
    """The verdict for the page.

    Args:
        level: "good", "careful" or "bad".
        sentence: The comparison with the other models.
        advice: The advice.
        main: The name of the main metric.
        value: Its formatted value.
        interval: Its formatted interval; empty if there is none.
        dots: The model and the others on one scale.
        apart: The metric without test rows that have a duplicate in the training set; None if there are none.
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
    """Return the text of the verdict, and the main metrics on a scale."""
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
