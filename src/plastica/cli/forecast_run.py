"""A run of ``plastica forecast``: from the table to the folder of results."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DataError, InvalidValue
from . import folders
from .output import Output, note
from .report_ahead import import_report
from .wording import SAY

if TYPE_CHECKING:
    from ..data.table import Table
    from ..forecasting import Forecaster, ForecastResults, Panel
    from ..forecasting.fitted import JudgedForecasts

FORECAST, BY_STEP = "forecast.csv", "errors_by_step.csv"
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


def go(file: str, table: Table, given: Mapping[str, Any], output: Output) -> None:
    """Train, test, forecast, and write the folder."""
    from ..forecasting import Forecaster
    from ..forecasting.joining import before, boundary, only, with_values
    from ..forecasting.settings import check

    forecaster = Forecaster(
        given["model"],
        random_state=given["seed"],
        verbose=int(output.talks),
        **{name: given[name] for name in OF_MODEL if given[name] is not None},
    )
    check(forecaster)
    panel = forecaster.read(table)
    for each in panel.notes:
        note(each.said())
    if not given["test"] > 0:
        raise InvalidValue(f"test={given['test']:g}: give a share or a number of steps above 0.")
    cut = boundary(panel, given["test"])
    train = before(panel, cut)
    if not train.steps or cut > panel.positions.max():
        raise DataError(
            f"test={given['test']:g} leaves no steps to train on or none to test on; choose another number."
        )
    if (left := int(panel.positions.max()) + 1 - cut) < given["horizon"]:
        raise DataError(
            f"test={given['test']:g} leaves {left} steps to test on, fewer than horizon={given['horizon']}; choose a "
            "larger number."
        )
    train = with_values(train)
    say_series(output, table.source, panel, cut)
    sys.stdout.flush()
    folder = folders.new_folder(given["out"], file)
    try:
        checkpoints = (
            {} if given["checkpoint"] is None else {"checkpoint": given["checkpoint"], "resume": given["resume"]}
        )
        if given["report"]:
            import_report("forecast.html")
        with contextlib.redirect_stdout(sys.stderr):
            forecaster.fit(train, **checkpoints)
            results, judged = forecaster.judged(only(panel, train.names), cut)
        say_results(output, results)
        forecaster.update(panel)
        forecaster.verbose = 0
        facts = _write(forecaster, results, folder, file)
        if given["report"]:
            _write_report(forecaster, results, judged, folder / folders.REPORT, table.source, given["lang"])
    finally:
        folders.give_back(folder)
    output.fact("saved", SAY("saved_forecast", path=folder, forecast=folder / FORECAST))
    output.result(facts)
    if output.quiet and not output.as_json:
        click.echo(str(folder))


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


def _write(forecaster: Forecaster, results: ForecastResults, folder: Path, file: str) -> dict[str, Any]:
    """Write the folder, the model first, and return the facts for ``--json``."""
    import msgspec
    import polars as pl

    from ..storage.atomic import replace_file
    from ..version import __version__

    forecaster.save(folder / folders.MODEL)
    fitted = forecaster.fitted_
    facts: dict[str, Any] = {
        "plastica": __version__,
        "file": file,
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
    forecaster: Forecaster, results: ForecastResults, judged: JudgedForecasts, path: Path, source: str, lang: str
) -> None:
    from ..report import write_forecast_report

    fitted = forecaster.fitted_
    try:
        ahead = fitted.ahead(fitted.tail, fitted.horizon)
    except DataError:  # future values of known covariates are missing; noted already
        ahead = None
    write_forecast_report(forecaster, results, judged, ahead, path, source=source, lang=lang)
