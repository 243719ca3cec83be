"""The folder of a run of ``plastica forecast``: the model, the forecasts, the errors and the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DataError, InvalidValue
from ..typing import Document
from . import folders
from .options import OptionValue
from .output import note

if TYPE_CHECKING:
    import polars

    from ..forecasting import Forecaster, ForecastResults, Panel
    from ..forecasting.analysis import ForecastAnalysis, SeriesParts
    from ..forecasting.fitted import Forecasts, JudgedForecasts
    from ..model.diagnosis import Diagnosis

FORECAST, BY_STEP, PARTS = "forecast.csv", "errors_by_step.csv", "decomposition.csv"


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


def write_parts(panel: Panel, found: SeriesParts, path: Path) -> None:
    """Write trend, seasons and rest of the first series."""
    import polars as pl

    from ..storage.atomic import replace_file

    parts = found.parts
    seasons = {f"season_{steps}": values for steps, values in zip(parts.seasons, parts.seasonal, strict=True)}
    shown = [panel.frequency.shown(position) for position in found.positions.tolist()]
    columns = {"time": shown, "value": found.values, "trend": parts.trend, **seasons, "rest": parts.rest}
    replace_file(path, [pl.DataFrame(columns).write_csv().encode()])


def write_folder(forecaster: Forecaster, results: ForecastResults, folder: Path, more: Document) -> Document:
    """Write the folder, the model first, and return the facts for ``--json``."""
    import msgspec
    import polars as pl

    from ..notes import told
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
        note(told(problem))
    return facts


def write_page(
    forecaster: Forecaster, run: ForecastRun, path: Path, source: str, given: Mapping[str, OptionValue]
) -> None:
    """Write the page of results."""
    from ..notes import told
    from ..report import write_forecast_report
    from ..report.forecast_reasons import explain_forecasts

    of_run = forecaster, run.judged, run.panel, run.results.model
    try:
        explained = explain_forecasts(*of_run, tuple(str(each) for each in given["explain_times"]))
    except (DataError, InvalidValue) as problem:  # a chosen time; the rest of the page is still worth reading
        note(told(problem))
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
