"""Writing the report of a run as one HTML file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from ..model.diagnosis import Diagnosis
from ..storage.atomic import replace_file
from . import (
    amounts,
    classes,
    distributions,
    effects,
    folds,
    importance,
    layer_histograms,
    looks,
    material,
    mistakes,
    reasons,
    searching,
    slices,
    structure,
    usage,
    verdict,
)
from .examining import examine
from .judged import HeldOutAnswers, judge
from .page import environment
from .wording import (
    alone,
    checked_language,
    plain,
)

if TYPE_CHECKING:
    from ..checks.findings import Finding
    from ..checks.prepared import Prepared
    from ..search.facts import SearchFacts
    from ..tables import TableNetwork

MOST_NAMED = 3


def write_report(
    network: TableNetwork,
    prepared: Prepared,
    path: str | os.PathLike[str],
    *,
    lang: str = "en",
    search: SearchFacts | None = None,
    rows: bool = True,
    explained: Sequence[int] = (),
) -> Path:
    """Write the results of a run as a self-contained HTML page without scripts, requests and fonts.

    The page includes English and Chinese texts and a light and a dark theme, between which readers can switch.
    Expensive computations are limited, as stated on the page: bars and patterns to 20,000 rows, permutations to 2,000
    test rows and 50 columns.

    Args:
        network: A trained network.
        prepared: The table it was trained on, as returned by :func:`~plastica.tables.preparation.prepare`.
        path: The file, usually ``report.html`` in the folder of the run, next to ``model.plastica``.
        lang: The initial language: "en" or "zh".
        search: What the search found that chose the settings, if there was one.
        rows: Whether single rows of the table are shown: the worst mistakes, and why the model answers as it does for
            some rows.
        explained: Further rows to explain, by their position in the source as the report names it, such as the line.

    Returns:
        The file's path.

    Raises:
        InvalidValue: If the language is not available, or there is no row at such a position.
        FileError: If the file cannot be written.
    """
    page = rendered(network, prepared, Path(path), checked_language(lang), search, SingleRows(rows, tuple(explained)))
    replace_file(path, [page.encode()])
    return Path(path)


class SingleRows(NamedTuple):
    """Whether single rows of the table are shown, and which ones are explained in any case."""

    shown: bool = True
    explained: tuple[int, ...] = ()


class TestSections(TypedDict, total=False):
    """The sections about the test set, by their names in the template; none without a test set."""

    classes: classes.Classes | None
    amounts: tuple[amounts.Amount, ...] | None
    names: list[str]
    importance: importance.Importance | None
    effects: effects.Effects | None
    mistakes: mistakes.Mistakes
    slices: slices.Slices


def rendered(
    network: TableNetwork,
    prepared: Prepared,
    path: Path,
    lang: str,
    search: SearchFacts | None = None,
    single: SingleRows = SingleRows(),  # noqa: B008 - a value
) -> str:
    """Return the HTML of the page."""
    judged, aim = judge(network, prepared), _listed(network.target.names)
    found = prepared.findings if judged is None or judged.verdict is None else judged.verdict.findings
    held_out: TestSections = {} if judged is None else _held_out(network, prepared, judged)
    if not single.shown and "mistakes" in held_out:
        held_out["mistakes"] = mistakes.Mistakes((), (), held_out["mistakes"].wrong)
    names = held_out.get("names") or [column.name for column in prepared.encoder.columns]
    return (
        environment()
        .get_template("report.html")
        .render(
            lang=lang,
            title=plain(alone("title", lang, target=aim, source=network.facts.source), 120),
            aim=aim,
            task=network.task,
            source=network.facts.source,
            target=network.target,
            facts=network.facts,
            seconds=network.history.seconds if network.history is not None else None,
            findings=found,
            verdict=_summary(prepared, judged),
            distributions=distributions.describe(prepared, names),
            material=material.describe(prepared, network.facts.rows),
            structure=structure.describe(network),
            usage=usage.describe(network, path.parent),
            people=usage.about_people(network),
            examined=_examined(network, prepared, found),
            histograms=layer_histograms.layer_histograms(network, prepared),
            looks=looks.pictures(() if network.history is None else network.history.looks),
            judged=judged,
            folds=None if network.facts.cross_validation is None else folds.describe(network.facts.cross_validation),
            search=None if search is None else searching.describe(search),
            reasons=_reasons(network, prepared, judged, held_out.get("importance"), single),
            **held_out,
        )
    )


def _reasons(
    network: TableNetwork,
    prepared: Prepared,
    judged: HeldOutAnswers | None,
    weights: importance.Importance | None,
    single: SingleRows,
) -> reasons.Reasons | None:
    """Return why the model answers as it does for some rows; None if rows are not to be shown."""
    if not single.shown:
        return None
    # Of test rows that other networks predicted, as in cross-validation, only chosen ones are explained.
    has_own = judged is not None and len(prepared.split.test) > 0 and not network.members
    return reasons.explain(network, prepared, judged if has_own else None, weights, single.explained)


def _examined(network: TableNetwork, prepared: Prepared, shown: Sequence[Finding]) -> Diagnosis | None:
    """Return what else is wrong with the fit, and the reasons for the choices; None for other models than networks."""
    if network.facts.model != "network" or network.members:
        return None
    found = examine(network, prepared, looks=False)
    watched = () if network.history is None else network.history.findings
    known = {each.code for each in shown}
    # What was seen in training comes first: it has the layers.
    every = {(each.code, each.where): each for each in (*watched, *found) if each.code not in known}
    seen = {each.code for each in watched}
    kept = [each for each in every.values() if each in watched or each.code not in seen]
    return Diagnosis.of(kept, choices=found.choices)


def _summary(prepared: Prepared, judged: HeldOutAnswers | None) -> verdict.Summary | None:
    if judged is None or judged.verdict is None:
        return None
    return verdict.summarize(prepared, judged, judged.verdict)


def _held_out(network: TableNetwork, prepared: Prepared, judged: HeldOutAnswers) -> TestSections:
    """Return the sections about the test set."""
    # Out-of-fold rows were predicted by other networks than the saved one, which has seen them.
    has_own = len(prepared.split.test) > 0 and not network.members
    weights = importance.measure(network, prepared, judged) if has_own else None
    columns = [column.name for column in prepared.encoder.columns]
    columns = columns if weights is None else [weight.column for weight in weights.weights]
    numbers = judged.task == "regression"
    return {
        "classes": None if numbers else classes.describe(network, judged),
        "amounts": amounts.describe(network, judged) if numbers else None,
        "names": columns,
        "importance": weights,
        "effects": effects.describe(network, prepared, judged, columns) if has_own else None,
        "mistakes": mistakes.worst(network, prepared, judged, columns),
        "slices": slices.find(prepared, judged),
    }


def _listed(names: Sequence[str]) -> str:
    """Return the names of the targets, only the first ones of many."""
    listed = ", ".join(plain(name, 60) for name in names[:MOST_NAMED])
    return listed + (f", … ({len(names)})" if len(names) > MOST_NAMED else "")
