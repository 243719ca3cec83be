"""What the report on memory measures: each section its curves, figures and the command that makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ..memory import (
    ForgettingComparison,
    ForgettingFit,
    capacity,
    compare_forgetting,
    human_curve,
    palimpsest_recall,
    retention,
)
from ..memory.people.forgetting import LAWS
from ..memory.people.human_curves import COWAN_SPAN, MILLER_SPAN
from ..memory.retention_by_lag.retention_kinds import named_systems
from .memory_charts import ChartLine, curve_chart, term_name
from .wording import say

UNITS, LOADS, SEEDS = 200, (0.02, 0.05, 0.08, 0.1, 0.12, 0.138, 0.15, 0.18, 0.22, 0.26), 4
CRITICAL_LOAD, CRITICAL_ERROR = 0.138, 0.016  # Amit, Gutfreund, Sompolinsky 1987, for infinitely many units
STORAGES = ("hebbian", "storkey", "pseudo_inverse")
LAYERS, STATE, LAGS = ("delay_line", "simple_rnn", "lstm", "gru", "echo_state"), 32, 40
PATTERNS, FADING_UNITS, FADING, FADING_LISTS = 40, 400, 0.05, 20
EBBINGHAUS = "Ebbinghaus 1885"  # as in compare_forgetting
POINTS = 80  # of the curve of a law
REPLICATIONS = ("forgetting_mack", "forgetting_seitz", "forgetting_dros")


class Chart(NamedTuple):
    """A chart with its caption.

    Attributes:
        name: The name on the page.
        drawn: The chart.
        caption: What it shows.
    """

    name: str
    drawn: Markup
    caption: Markup


class Section(NamedTuple):
    """A section of the page.

    Attributes:
        name: Its name: the prefix of its texts.
        charts: The charts.
        command: The command, or the lines of Python, that make its curves.
        agrees, differs: In which way networks are like people, and in which not, with figures.
        facts: The figures, for ``--json``.
    """

    name: str
    charts: tuple[Chart, ...]
    command: str
    agrees: Markup
    differs: Markup
    facts: Mapping[str, object]


def associative() -> Section:
    """Return how many patterns networks hold, by storage rule."""
    table = capacity(STORAGES, UNITS, LOADS, seeds=SEEDS)
    parts = {name: table.filter(storage=name) for name in STORAGES}
    lines = [
        ChartLine(term_name("storage", name), part["load"].to_numpy(), part["bit_error"].to_numpy())
        for name, part in parts.items()
    ]
    low, critical, high = np.interp([0.05, CRITICAL_LOAD, 0.22], lines[0].x, lines[0].y)
    chart = curve_chart("capacity", lines, "word_load", "word_bit_error", at=CRITICAL_LOAD)
    return Section(
        "associative",
        (Chart("capacity", chart, say("memory_capacity_caption", units=UNITS, critical=CRITICAL_LOAD)),),
        f"pl.memory.capacity({list(STORAGES)}, units={UNITS}, loads={list(LOADS)}, seeds={SEEDS})",
        say("memory_associative_agrees", error=f"{critical:.1%}", theory=f"{CRITICAL_ERROR:.1%}", low=f"{low:.1%}"),
        say("memory_associative_differs", error=f"{high:.0%}"),
        {"loads": list(LOADS), "bit_error": {name: part["bit_error"].to_list() for name, part in parts.items()}},
    )


def kept() -> Section:
    """Return how much of an input the states of layers keep."""
    found = {name: retention(system, LAGS) for name, system in named_systems(LAYERS, STATE, 0).items()}
    ranked = sorted(found, key=lambda name: found[name].capacity)
    figures = {"units": STATE, "best": term_name("kind", ranked[-1]), "worst": term_name("kind", ranked[0])}
    figures |= {"most": f"{found[ranked[-1]].capacity:.1f}", "least": f"{found[ranked[0]].capacity:.1f}"}
    lines = [ChartLine(term_name("kind", name), each.lags, each.explained) for name, each in found.items()]
    chart = curve_chart("retention", lines, "word_lag", "word_explained")
    return Section(
        "kept",
        (Chart("retention", chart, say("memory_retention_caption", units=STATE)),),
        f"plastica memory retention --layers {','.join(LAYERS)} --units {STATE} --lags {LAGS}",
        say("memory_kept_agrees", span=MILLER_SPAN, chunks=COWAN_SPAN, **figures),
        say("memory_kept_differs", **figures),
        {name: {"capacity": each.capacity, "explained": each.explained.tolist()} for name, each in found.items()},
    )


def forgotten() -> Section:
    """Return forgetting of Ebbinghaus and those who replicated him, and of networks, with the law of each."""
    fading = palimpsest_recall(PATTERNS, FADING_UNITS, forgetting=FADING, trials=FADING_LISTS)
    ages = PATTERNS - fading["position"].to_numpy() + 1
    networks = {
        "palimpsest": (ages[::-1], fading["accuracy"].to_numpy()[::-1]),
        "echo_state": retention(named_systems("echo_state", STATE, 0)["echo_state"], LAGS),
    }
    found = compare_forgetting(networks)
    best = {who: next(iter(fits.values())) for who, fits in found.fits.items()}  # the best on times not seen is first
    of_people = [best[who].law for who in found.people]
    usual = max(of_people, key=of_people.count)
    alike = any(best[who].law == usual for who in networks)
    laws = {who: term_name("law", best[who].law) for who in networks}
    errors = {f"{who}_error": f"{best[who].held_out_error:.2f}" for who in (EBBINGHAUS, *networks)}
    return Section(
        "forgotten",
        (
            Chart("ebbinghaus", _savings(found.fits[EBBINGHAUS]), say("memory_ebbinghaus_caption")),
            Chart("fading", _networks(found), say("memory_fading_caption", units=FADING_UNITS, state=STATE)),
        ),
        "plastica memory forgetting\n"
        f"fading = pl.memory.palimpsest_recall({PATTERNS}, {FADING_UNITS}, {FADING}, trials={FADING_LISTS})\n"
        f'echo = pl.memory.compare_retention("echo_state", {LAGS}, units={STATE}, steps=4000).retention["echo_state"]\n'
        f'ages = {PATTERNS + 1} - fading["position"]\n'
        'pl.memory.compare_forgetting({"fading": (ages, fading["accuracy"]), "echo state": echo})',
        say(
            "memory_forgotten_agrees",
            law=term_name("law", usual),
            count=of_people.count(usual),
            of=len(of_people),
            share=f"{human_curve('forgetting').y[-1]:.0%}",
        ),
        say(
            "memory_forgotten_alike" if alike else "memory_forgotten_differs",
            law=term_name("law", usual),
            people_error=errors.pop(f"{EBBINGHAUS}_error"),
            **laws,
            **errors,
        ),
        {who: {"law": fit.law, "held_out_error": fit.held_out_error} for who, fit in best.items()},
    )


def _savings(fits: Mapping[str, ForgettingFit]) -> Markup:
    """Draw savings of Ebbinghaus and of others, and the laws fitted to the former."""
    people, others = human_curve("forgetting"), [human_curve(name) for name in REPLICATIONS]
    dense = np.geomspace(people.x.min(), people.x.max(), POINTS)
    x, y = (np.concatenate([getattr(each, axis) for each in others]) for axis in ("x", "y"))
    lines = [ChartLine(EBBINGHAUS, people.x, people.y, True), ChartLine(say("memory_replications"), x, y, True)]
    lines += [ChartLine(term_name("law", name), dense, fits[name].retention(dense)) for name in LAWS]
    return curve_chart("ebbinghaus", lines, "word_minutes", "word_savings", logarithmic=True)


def _networks(found: ForgettingComparison) -> Markup:
    """Draw what networks retain of items after so many others, and what people do."""
    lag = human_curve("recall_by_lag")
    lines = [ChartLine("Rubin, Hinton, Wenzel 1999", lag.x[1:], lag.y[1:], True)]
    lines += [
        ChartLine(term_name("forgetter", who), *found.curves[who]) for who in found.curves if who not in found.people
    ]
    return curve_chart("fading", lines, "word_items_since", "word_retained", logarithmic=True)
