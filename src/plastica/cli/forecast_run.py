"""A run of ``plastica forecast``: from the table to the folder of results."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..errors import DataError, InvalidValue
from ..typing import Document
from . import folders
from .options import OptionValue
from .output import Output, note
from .report_ahead import import_report
from .wording import SAY

if TYPE_CHECKING:
    import polars

    from ..data.table import Table
    from ..forecasting import Forecaster, ForecastResults, Panel
    from ..forecasting.analysis import ForecastAnalysis, SeriesParts
    from ..forecasting.fitted import Forecasts, JudgedForecasts
    from ..forecasting.holdout import HeldOutSpan
    from ..model.diagnosis import Diagnosis

FORECAST, BY_STEP, PARTS = "forecast.csv", "errors_by_step.csv", "decomposition.csv"
MOST_SAID = 3  # worst days
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


class ForecastRun(NamedTuple):
    """What a run has found before its folder is written.

    Attributes:
        panel: All series, to the end of the table.
        whole: Those that were trained on, to the end of the test span.
        results, judged: The errors on the test span, and the forecasts that they are about.
        folds: The errors of backtests, if any were wanted.
        parts: Trend and seasons of the first series, if it is long enough.
        analysis: What stands behind the errors.
        examined: What is wrong with the forecasts; None without a report.
    """

    panel: Panel
    whole: Panel
    results: ForecastResults
    judged: JudgedForecasts
    folds: polars.DataFrame | None
    parts: SeriesParts | None
    analysis: ForecastAnalysis
    examined: Diagnosis | None


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
        facts = _write(forecaster, run.results, folder, {"file": file, **_facts(run.analysis, run.folds)})
        if run.parts is not None:
            _write_parts(panel, run.parts, folder / PARTS)
        if given["report"]:
            _write_report(forecaster, run, folder / folders.REPORT, table.source, given)
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


def say_series(output: Output, source: str, panel: Panel, cut: int) -> None:
    """Print the time axis, the series and the spans of training and test."""
    shown, positions = panel.frequency.shown, panel.positions
    axis = {"since": shown(int(positions.min())), "until": shown(int(positions.max()))}
    words = panel.frequency.words.said()
    output.fact(
        "series", SAY("series", source=source, count=len(panel), rhythm=words, steps=f"{panel.steps:,}", **axis)
    )
    output.fact("target", ", ".join(panel.roles.targets))
    if seasons := panel.frequency.seasons:
        output.fact("seasons", SAY("seasons", steps=", ".join(map(str, seasons))))
    output.fact("rows", SAY("test_since", since=shown(cut)))


def say_results(output: Output, results: ForecastResults) -> None:
    """Print the errors of the model beside those of simple forecasts, and what they mean."""
    from ..notes import note as said

    output.say()
    heads = [SAY("head_forecast"), "MAE", "RMSE", "MASE"]
    rows = [
        (said(f"forecasting.model_{name}").said(), f"{each.mae:.4g}", f"{each.rmse:.4g}", f"{each.mase:.3f}")
        for name, each in sorted(results.errors.items(), key=lambda pair: pair[1].mae)
    ]
    strong = sorted(results.errors, key=lambda name: results.errors[name].mae).index(results.model)
    output.table(heads, rows, strong)
    output.say()
    span = {"since": results.first, "until": results.last}
    output.fact("result", SAY("forecast_tested", count=results.origins, **span))
    output.fact("", results.verdict.said())
    if (network := results.network_verdict) is not None:
        output.fact("", network.said())
    if results.coverage is not None and results.promised is not None:
        shares = {"coverage": f"{100 * results.coverage:.0f}", "promised": f"{100 * results.promised:.0f}"}
        output.fact("intervals", SAY("forecast_coverage", width=f"{results.width:.4g}", **shares))


def say_failures(output: Output, analysis: ForecastAnalysis, folds: polars.DataFrame | None) -> None:
    """Print the worst days, and how many backtests the network won."""
    days = [
        SAY("forecast_worst_day", day=f"{each.day} {each.series}".strip(), times=f"{each.times:.2g}")
        for each in analysis.worst_days[:MOST_SAID]
    ]
    output.fact("worst", ", ".join(days))
    if folds is not None:
        from ..forecasting.baselines import is_simple

        won = 0
        for fold in folds.partition_by("fold"):
            (_, own), *others = zip(fold["model"].to_list(), fold["mae"].to_list(), strict=True)
            won += own < min(error for name, error in others if is_simple(name))
        output.fact("backtest", SAY("forecast_folds_won", count=folds["fold"].n_unique(), won=won))


def _facts(analysis: ForecastAnalysis, folds: polars.DataFrame | None) -> Document:
    """Return what stands behind the errors, for ``--json``."""
    import msgspec

    return {
        "analysis": msgspec.json.decode(msgspec.json.encode(analysis)),
        "backtest": None if folds is None else folds.to_dicts(),
    }


def _write_parts(panel: Panel, found: SeriesParts, path: Path) -> None:
    """Write trend, seasons and rest of the first series."""
    import polars as pl

    from ..storage.atomic import replace_file

    parts = found.parts
    seasons = {f"season_{steps}": values for steps, values in zip(parts.seasons, parts.seasonal, strict=True)}
    shown = [panel.frequency.shown(position) for position in found.positions.tolist()]
    columns = {"time": shown, "value": found.values, "trend": parts.trend, **seasons, "rest": parts.rest}
    replace_file(path, [pl.DataFrame(columns).write_csv().encode()])


def _write(forecaster: Forecaster, results: ForecastResults, folder: Path, more: Document) -> Document:
    """Write the folder, the model first, and return the facts for ``--json``."""
    import msgspec
    import polars as pl

    from ..storage.atomic import replace_file
    from ..version import __version__

    forecaster.save(folder / folders.MODEL)
    fitted = forecaster.fitted_
    facts: Document = {
        "plastica": __version__,
        "folder": str(folder),
        "model": results.model,
        "look_back": fitted.look_back,
        "horizon": fitted.horizon,
        "series": list(fitted.tail.names),
        "targets": list(fitted.tail.roles.targets),
        "rhythm": str(fitted.frequency.words),
        "seasons": list(fitted.frequency.seasons),
        "notes": [str(each) for each in fitted.notes],
        "verdict": str(results.verdict),
        "network_verdict": None if results.network_verdict is None else str(results.network_verdict),
        "results": msgspec.json.decode(msgspec.json.encode(results)),
        **more,
    }
    writers: dict[str, Callable[[], str]] = {
        "results.json": lambda: json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        BY_STEP: lambda: pl.DataFrame(
            {"step": range(1, fitted.horizon + 1), **{name: each.by_step for name, each in results.errors.items()}}
        ).write_csv(),
    }
    for name, text in writers.items():
        replace_file(folder / name, [text().encode()])
    try:
        replace_file(folder / FORECAST, [forecaster.predict().write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()])
    except DataError as problem:  # future values of known covariates are missing
        note(str(problem))
    return facts


def _write_report(
    forecaster: Forecaster, run: ForecastRun, path: Path, source: str, given: Mapping[str, OptionValue]
) -> None:
    """Write the page of results."""
    from ..report import write_forecast_report
    from ..report.forecast_reasons import explain_forecasts

    of_run = forecaster, run.judged, run.panel, run.results.model
    try:
        explained = explain_forecasts(*of_run, tuple(str(each) for each in given["explain_times"]))
    except (DataError, InvalidValue) as problem:  # a chosen time; the rest of the page is still worth reading
        note(str(problem))
        explained = explain_forecasts(*of_run)
    parts = None if run.parts is None else (run.whole, run.parts)
    write_forecast_report(
        forecaster,
        run.results,
        run.judged,
        _ahead(forecaster),
        path,
        source=source,
        lang=given["lang"],
        analysis=run.analysis,
        parts=parts,
        folds=run.folds,
        examined=run.examined,
        explained=explained,
    )


def _ahead(forecaster: Forecaster) -> tuple[Panel, Forecasts] | None:
    fitted = forecaster.fitted_
    try:
        return fitted.ahead(fitted.tail, fitted.horizon)
    except DataError:  # future values of known covariates are missing; noted already
        return None
