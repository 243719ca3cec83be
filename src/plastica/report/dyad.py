"""The report on two that act together as one HTML file: how far they are in step, who leads, and what people do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ..society import DyadSynchrony, JointAction, PlayedGames, game_named, least_error
from ..society.dyad import BesideChance
from ..society.dyad_picture import PARTS, draw_part, parts_of
from .charts import axes_of, name_axes
from .inlining import drawing, inline
from .legends import COLOURS, DASHES, legend
from .page import write_page
from .society import BesidePeople
from .society_charts import SIZE, curve_chart
from .wording import alone, plain, say

# What two did: moved together, played a game, or were recorded.
DyadAction = JointAction | PlayedGames | None


class DyadChart(NamedTuple):
    """A chart of the page, its name and its caption."""

    name: str
    drawn: Markup
    caption: Markup


def write_dyad_report(
    found: DyadSynchrony | None,
    path: str | os.PathLike[str],
    *,
    action: DyadAction = None,
    source: str = "",
    command: str = "",
    lang: str = "en",
) -> Path:
    """Write the synchrony of two, and who leads, as a self-contained page in English and Chinese.

    Args:
        found: What was measured; None for games in which both stand still.
        path: The file.
        action: What they did, if they are networks.
        source: The name of the game or of the recording.
        command: The command that wrote the page.
        lang: The initial language: "en" or "zh".

    Raises:
        InvalidValue: If the language is not available.
        FileError: If the file cannot be written.
    """
    return write_page(
        path,
        "dyad.html",
        lang,
        title=alone("dyad_title", lang, source=source),
        source=source,
        facts=_facts(found, action),
        findings=[*_learned(action), *(_findings(found) if found is not None else [say("dyad_still")])],
        charts=[*_learning_chart(action), *(_charts(found) if found is not None else [])],
        people=beside_hyperscanning(found, action),
        command=plain(command, 400),
    )


def _facts(found: DyadSynchrony | None, action: DyadAction) -> list[tuple[Markup, str]]:
    shown: list[tuple[str, str]] = []
    if isinstance(action, PlayedGames):
        shown += [("dyad_games", f"{len(action.last):,}"), ("dyad_rounds", f"{action.last.shape[1]:,}")]
    elif found is not None:
        trials, times = found.recording.first.shape
        shown += [("dyad_who", ", ".join(found.recording.names)), ("dyad_trials", f"{trials:,}")]
        shown += [("dyad_times", f"{times:,}"), ("dyad_rate", f"{found.recording.rate:g}")]
    if action is not None:
        steps = len(action.payoffs) if isinstance(action, PlayedGames) else len(action.errors)
        shown.append(("dyad_steps", f"{steps:,}"))
    return [(say(key), plain(value, 200)) for key, value in shown]


def _learned(action: DyadAction) -> list[Markup]:
    """Return what networks learned."""
    if isinstance(action, JointAction):
        first, second = action.errors[-1]
        return [say("dyad_mirror_learned", first=_figure(first), second=_figure(second), least=_figure(least_error()))]
    if isinstance(action, PlayedGames):
        one, other = action.payoffs[-1]
        turns = say("dyad_turns", share=f"{action.alternation:.0%}")
        return [say("dyad_payoffs", first=f"{one:.2f}", second=f"{other:.2f}"), turns]
    return []


def _findings(found: DyadSynchrony) -> list[Markup]:
    leaders, names = found.leaders, dict(zip(("one", "other"), found.recording.names, strict=True))
    counts = {name: leaders[name] for name in ("first", "second", "both", "neither")}
    said = [
        say(f"leads_{found.leader}"),
        say("dyad_counts", trials=len(found.reports), **counts, **names),
        say("dyad_lag_at", lag=f"{found.lag / found.recording.rate:g}"),
        _beside("dyad_locked", found.phase_locking),
        _beside("dyad_correlated", found.correlation),
    ]
    if found.canonical is not None:
        said.append(_beside("dyad_states", found.canonical))
    for key, (forth, back) in (("dyad_granger", found.granger), ("dyad_transfer", found.transfer)):
        said.append(say(key, forth=_figure(forth), back=_figure(back)))
    return said


def _beside(key: str, figure: BesideChance) -> Markup:
    standing = say("dyad_above" if figure.value > figure.chance else "dyad_not_above")
    return say(key, value=f"{figure.value:.2f}", chance=f"{figure.chance:.2f}", standing=standing)


def _learning_chart(action: DyadAction) -> list[DyadChart]:
    if action is None:
        return []
    curves, name = (action.errors, "squared_error") if isinstance(action, JointAction) else (action.payoffs, "payoff")
    both = [("dyad_first", curves[:, 0]), ("dyad_second", curves[:, 1])]
    drawn = curve_chart("learning", np.arange(1, len(curves) + 1), both, name, x_name="step")
    return [DyadChart("learning", drawn, say("dyad_caption_learning"))]


def _charts(found: DyadSynchrony) -> list[DyadChart]:
    charts: list[DyadChart] = []
    for name in parts_of(found):
        with drawing():
            sheet, axes = axes_of(SIZE)
            draw_part(axes, found, name)
            name_axes(axes, *PARTS[name])
            drawn = inline(sheet, f"dyad-{name}", widest=520)
        if name == "signals":
            pairs = zip(found.recording.names, COLOURS, DASHES, strict=False)
            drawn += legend([(plain(who, 40), colour, dashes) for who, colour, dashes in pairs])
        charts.append(DyadChart(name, drawn, say(f"dyad_caption_{name}")))
    return charts


def beside_hyperscanning(found: DyadSynchrony | None, action: DyadAction) -> list[BesidePeople]:
    """Return what was found in people, with sources, beside what was found in this dyad."""
    rows: list[BesidePeople] = []
    if found is not None:
        figure, leaders = found.phase_locking, found.leaders
        locked = {"value": f"{figure.value:.2f}", "chance": f"{figure.chance:.2f}"}
        own = {
            "imitation": say("dyad_imitation_own", **locked),
            "meta": say("dyad_meta_own", correlation=f"{found.correlation.value:.2f}", **locked),
            "leader": say("dyad_leader_own", share=f"{leaders[found.leader] / len(found.reports):.0%}"),
            "caution": say("dyad_caution_own"),
        }
        rows += [BesidePeople(say(f"dyad_{name}_people"), each) for name, each in own.items()]
    if isinstance(action, JointAction):
        together = action.movements[:, action.movements.shape[1] // 4 :]
        apart = float(np.square(together[..., 0] - together[..., 1]).mean())
        rows.append(BesidePeople(say("dyad_mirror_people"), say("dyad_mirror_own", apart=_figure(apart))))
    if isinstance(action, PlayedGames):
        share = action.actions[-1, :, 0].mean()
        own = say("dyad_games_own", share=f"{share:.0%}", turns=f"{action.alternation:.0%}")
        about = {"prisoners_dilemma": "dyad_dilemma_people", "turn_taking": "dyad_patterns_people"}
        known = [key for name, key in about.items() if action.game == game_named(name)]
        rows += [BesidePeople(say(key), own) for key in known]
    return rows


def _figure(value: float) -> str:
    return f"{value:.3f}"
