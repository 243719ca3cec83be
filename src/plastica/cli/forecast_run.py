"""A run of ``plastica forecast``: from the table to the folder of results."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..typing import Document
from . import folders
from .forecast_folder import FORECAST, PARTS, ForecastRun, write_folder, write_page, write_parts
from .forecast_words import say_failures, say_results, say_series
from .options import OptionValue
from .output import Output, note
from .report_ahead import import_report
from .wording import SAY

if TYPE_CHECKING:
    import polars

    from ..data.table import Table
    from ..forecasting import Forecaster, Panel
    from ..forecasting.analysis import ForecastAnalysis
    from ..forecasting.holdout import HeldOutSpan

OF_MODEL = (
    "horizon",
    "time",
    "target",
    "group",
    "past",
    "known",
    "holidays",
    "look_back",
    "members",
    "epochs",
    "coverage",
    "quantiles",
    "loss",
)


def usual_target(file: str) -> tuple[str, ...]:
    """Return the target of an included data set; nothing for other tables."""
    from .. import datasets

    return (datasets.target_of(file),) if file in datasets.NAMES and not Path(file).exists() else ()


def go(file: str, table: Table, given: Mapping[str, OptionValue], output: Output) -> None:
    """Train, test, forecast, and write the folder."""
    from ..forecasting.holdout import USUAL_HORIZON, held_out_span, usual_horizon

    forecaster = _forecaster(given, output)
    panel = forecaster.read(table)
    for each in panel.notes:
        note(each.said())
    if given["horizon"] is None and (usual := usual_horizon(panel, given["test"])) < USUAL_HORIZON:
        forecaster.horizon = usual
        note(SAY("short_horizon", steps=usual, usual=USUAL_HORIZON))
    span = held_out_span(panel, given["test"], forecaster.horizon)
    say_series(output, table.source, panel, span.cut)
    sys.stdout.flush()
    folder = folders.new_folder(given["out"], file)
    try:
        if given["report"]:
            import_report("forecast.html")
        run = _judged(forecaster, panel, span, given, output)
        forecaster.update(panel)
        forecaster.verbose = 0
        facts = write_folder(forecaster, run.results, folder, {"file": file, **_facts(run.analysis, run.folds)})
        if run.parts is not None:
            write_parts(panel, run.parts, folder / PARTS)
        if given["report"]:
            write_page(forecaster, run, folder / folders.REPORT, table.source, given)
    finally:
        folders.give_back(folder)
    output.fact("saved", SAY("saved_forecast", path=folder, forecast=folder / FORECAST))
    output.result(facts)
    if output.quiet and not output.as_json:
        click.echo(str(folder))


def _forecaster(given: Mapping[str, OptionValue], output: Output) -> Forecaster:
    """Return the forecaster of the options."""
    from ..forecasting import Forecaster
    from ..forecasting.settings import check

    named = {name: given[name] for name in OF_MODEL if given[name] is not None}
    named |= {"minimum": given["minimum"], "maximum": given["maximum"]}  # None is no limit
    made = Forecaster(given["model"], random_state=given["seed"], verbose=int(output.talks), **named)
    check(made)
    return made


def _judged(
    forecaster: Forecaster, panel: Panel, span: HeldOutSpan, given: Mapping[str, OptionValue], output: Output
) -> ForecastRun:
    """Train before the test span, judge on it, and print how good the forecasts are and when they fail."""
    from ..forecasting.analysis import analyse, series_parts
    from ..forecasting.diagnosis import diagnose_forecast

    kept = {} if given["checkpoint"] is None else {"checkpoint": given["checkpoint"], "resume": given["resume"]}
    with contextlib.redirect_stdout(sys.stderr):
        forecaster.fit(span.train, **kept)
        results, judged = forecaster.judged(span.whole, span.cut)
        folds = forecaster.backtest(panel, given["folds"]) if given["folds"] else None
    for each in forecaster.notes_[len(panel.notes) :]:
        note(each.said())
    say_results(output, results)
    parts = series_parts(span.whole)
    analysis = analyse(forecaster.fitted_, span.whole, results, judged, parts=parts, seed=given["seed"])
    say_failures(output, analysis, folds)
    examined = None
    if given["report"]:
        seen = results, judged, analysis.reliance
        examined = diagnose_forecast(forecaster.fitted_, span.whole, span.cut, seen)
    return ForecastRun(panel, span.whole, results, judged, folds, parts, analysis, examined)


def _facts(analysis: ForecastAnalysis, folds: polars.DataFrame | None) -> Document:
    """Return what stands behind the errors, for ``--json``."""
    import msgspec

    return {
        "analysis": msgspec.json.decode(msgspec.json.encode(analysis)),
        "backtest": None if folds is None else folds.to_dicts(),
    }
