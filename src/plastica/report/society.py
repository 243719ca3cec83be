"""The report on a society as one HTML file: who learned what from whom, beside what is known of people."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ..errors import InvalidValue
from ..society import (
    MeetingFigures,
    Society,
    SocietyHistory,
    copying_by_certainty,
    copying_by_majority,
    echo_chambers,
    polarisation,
    spectral_gap,
)
from .page import write_page
from .society_charts import OPINIONS, SCORES, agreement_matrix, curve_chart, moving_graph
from .wording import alone, plain, say

MOST_ROWS = 20


class SocietyChart(NamedTuple):
    """A chart of the page, its name and its caption."""

    name: str
    drawn: Markup
    caption: Markup


class BesidePeople(NamedTuple):
    """What people do, with its source, and what was found here."""

    people: Markup
    own: Markup


def write_society_report(
    society: Society,
    path: str | os.PathLike[str],
    *,
    alone_history: SocietyHistory | None = None,
    source: str = "",
    command: str = "",
    lang: str = "en",
) -> Path:
    """Write what a society learned as a self-contained page, in English and Chinese.

    Args:
        society: The trained society.
        path: The file.
        alone_history: The history of the same members without exchange, to compare with.
        source: The name of the data.
        command: The command that wrote the page.
        lang: The initial language: "en" or "zh".

    Raises:
        InvalidValue: If the language is not available, or there was no meeting.
        FileError: If the file cannot be written.
    """
    history = society.history
    if not len(history):
        raise InvalidValue(
            "write_society_report: this society had no meeting yet; train it for at least `every` epochs."
        )
    return write_page(
        path,
        "society.html",
        lang,
        title=alone("society_title", lang, source=source),
        source=source,
        facts=_facts(society),
        findings=_findings(history, alone_history),
        charts=_charts(history, alone_history),
        people=beside_people(society, alone_history),
        rows=_rows(history),
        members=len(society),
        command=plain(command, 400),
    )


def _facts(society: Society) -> list[tuple[Markup, str]]:
    graph, history = society.graph, society.history
    edges = len(graph.senders) if graph.is_directed else len(graph.senders) // 2
    found = [
        ("society_members", f"{len(graph):,}"),
        ("society_graph", f"{graph.name}: {edges:,}"),
        ("society_exchange", repr(society.exchange)),
        ("society_meetings", f"{len(history):,}"),
        _every(society),
        ("society_rows", f"{min(map(len, society.rows)):,} - {max(map(len, society.rows)):,}"),
        ("society_gap", f"{spectral_gap(graph):.4f}"),
    ]
    for name in ("stubborn", "lying", "absent"):
        if own := getattr(society, name):
            found.append((f"society_{name}", ", ".join(graph.names[each] for each in own)))
    return [(say(key), plain(value, 200)) for key, value in found]


def _every(society: Society) -> tuple[str, str]:
    if society.every_steps is None:
        return "society_every", f"{society.every:,}"
    return "society_every_steps", f"{society.every_steps:,}"


def _findings(history: SocietyHistory, alone_history: SocietyHistory | None) -> list[Markup]:
    last, first = MeetingFigures(*history.figures[-1]), MeetingFigures(*history.figures[0])
    mean = history.scores[-1].mean()
    found = [say("society_scores", mean=_figure(mean), crowd=_figure(last.crowd_score))]
    if alone_history is not None:
        before = alone_history.scores[-1].mean()
        key = (
            "society_better" if mean > before + 0.005 else "society_worse" if mean < before - 0.005 else "society_same"
        )
        found.append(
            say(key, mean=_figure(mean), alone=_figure(before), crowd=_figure(alone_history["crowd_score"][-1]))
        )
    found.append(
        say(
            "society_theorem",
            crowd=_figure(last.crowd_error),
            average=_figure(last.average_error),
            diversity=_figure(last.diversity),
        )
    )
    found.append(say("society_agreement", first=_figure(first.agreement), last=_figure(last.agreement)))
    opinions = history.opinions()[-1]
    echo = echo_chambers(opinions, history.graph)
    if math.isfinite(echo):
        found.append(say("society_echo", echo=_figure(echo), polarisation=_figure(polarisation(opinions))))
    return found


def _charts(history: SocietyHistory, alone_history: SocietyHistory | None) -> list[SocietyChart]:
    x, score = history.epochs, "society_r2" if history.kind == "values" else "society_accuracy"
    curves = [("society_mean", history.scores.mean(1)), ("society_crowd", history["crowd_score"])]
    if alone_history is not None and len(alone_history) == len(history):
        curves.append(("society_alone", alone_history.scores.mean(1)))
    errors = [(f"society_{name}", history[name]) for name in ("average_error", "diversity", "crowd_error")]
    drawn = {
        "scores": curve_chart("scores", x, curves, score, history.scores),
        "errors": curve_chart("errors", x, errors, "society_squared_error"),
        "by_score": moving_graph("by_score", history.graph, x, history.scores, SCORES),
        "by_opinion": moving_graph("by_opinion", history.graph, x, history.opinions(), OPINIONS),
        "matrix": agreement_matrix(history),
    }
    return [SocietyChart(name, chart, say(f"society_caption_{name}")) for name, chart in drawn.items()]


def beside_people(society: Society, alone_history: SocietyHistory | None) -> list[BesidePeople]:
    """Return what people were found to do, with sources, beside what these networks did."""
    history = society.history
    last, first = MeetingFigures(*history.figures[-1]), MeetingFigures(*history.figures[0])
    better = float((history.scores[-1] < last.crowd_score).mean())
    found = {
        "wisdom": say("society_wisdom_networks", share=f"{better:.0%}", crowd=_figure(last.crowd_score)),
        "undermined": say(
            "society_undermined_networks",
            first=_figure(first.diversity),
            last=_figure(last.diversity),
            before=_figure(first.crowd_error),
            after=_figure(last.crowd_error),
        ),
    }
    if history.kind != "values" and len(history) > 1:
        found["majority"] = _copied("society_majority_networks", copying_by_majority, history, alone_history)
        found["uncertain"] = _copied("society_uncertain_networks", copying_by_certainty, history, alone_history)
    found["strategy"] = say("society_strategy_networks", exchange=repr(society.exchange))
    return [BesidePeople(say(f"society_{name}_people"), networks) for name, networks in found.items()]


def _copied(key, curve_of, history: SocietyHistory, alone_history: SocietyHistory | None) -> Markup:  # noqa: ANN001
    curve = curve_of(history)
    shown = _rates(curve.rate)
    usual = "-" if alone_history is None or len(alone_history) < 2 else _rates(curve_of(alone_history).rate)
    return say(key, rates=shown, alone=usual)


def _rates(rates: np.ndarray) -> str:
    return " / ".join("-" if math.isnan(each) else f"{each:.0%}" for each in rates)


def _rows(history: SocietyHistory) -> list[tuple[str, ...]]:
    """Return the members with the best and the worst scores."""
    frame = history.members().sort("last_score", descending=True, maintain_order=True)
    if frame.height > MOST_ROWS:
        frame = frame.head(MOST_ROWS // 2).extend(frame.tail(MOST_ROWS // 2))
    return [
        (plain(name, 40), str(listens), *(_figure(each) for each in rest)) for name, listens, *rest in frame.iter_rows()
    ]


def _figure(value: float) -> str:
    return "-" if not math.isfinite(value) else f"{value:.3f}"
