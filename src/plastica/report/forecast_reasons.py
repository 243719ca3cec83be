"""Why a forecast is as it is: the next one, a typical one, the worst, and those that a reader asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ..errors import DataError
from ..explain.forecast_parts import explain_forecast
from ..language import using
from . import formats
from .reason_bars import ReasonBar, mostly, with_sign
from .wording import both, plain, say

if TYPE_CHECKING:
    from ..explain.attribution import Attribution
    from ..forecasting import Forecaster
    from ..forecasting.fitted import JudgedForecasts
    from ..forecasting.panel import Panel

BACKGROUND = 30  # forecasts to compare with
EVALUATIONS = 80  # coalitions, besides two for each block
MOST_BARS = 8
LEAST_SHARE = 1e-3  # of the longest bar
NO_NUMBER = "–"  # the cell of words and of the calendar


@dataclass(frozen=True)
class ForecastReason:
    """The explanation of one forecast.

    Args:
        kind: "next", "typical", "worst" or "chosen".
        when: The first step that is forecast, with the series before it if there are several.
        sentences, bars: What is told, and the contributions, the largest first; those that change nothing are left out.
    """

    kind: str
    when: str
    sentences: tuple[Markup, ...]
    bars: tuple[ReasonBar, ...]


@dataclass(frozen=True)
class ForecastReasons:
    """The explained forecasts; ``background`` is the largest number of forecasts that they are compared with."""

    rows: tuple[ForecastReason, ...]
    background: int


@dataclass(frozen=True)
class _AskedForecasts:
    """A forecast to explain: of which kind, of which series, from which step on; None for the one after the last."""

    kind: str
    series: str
    at: str | None
    true: float | None = None


def explain_forecasts(
    forecaster: Forecaster, judged: JudgedForecasts | None, panel: Panel, model: str, chosen: Sequence[str] = ()
) -> ForecastReasons | None:
    """Explain the next forecast, a typical one and the worst of the test span, and those from chosen times on.

    Contributions are Shapley values for the mean over all steps, estimated from coalitions of blocks of lags,
    covariates and the calendar.

    Args:
        forecaster: A fitted forecaster.
        judged: The forecasts of the test span; None without them.
        panel: The series up to the end of the test span or later.
        model: The name of the model among the forecasts.
        chosen: The times of the first steps of further forecasts of the first series.

    Raises:
        InvalidValue: If no forecast can begin at a chosen time.
    """
    asked = [_AskedForecasts("next", _name(panel, 0), None)]
    if judged is not None:
        asked += _exemplary(forecaster, judged, panel, model)
    asked += [_AskedForecasts("chosen", _name(panel, 0), each) for each in dict.fromkeys(chosen)]
    blocks = _block_names(forecaster, panel)
    told: list[ForecastReason] = []
    for each in asked:
        try:
            with using("en"):
                found = explain_forecast(
                    forecaster, panel, at=each.at, series=each.series, method="kernel_shap",
                    most=BACKGROUND, evaluations=EVALUATIONS + 2 * len(blocks),
                )  # fmt: skip
        except DataError:  # too little is known before it, or future covariates are missing
            if each.kind == "chosen":
                raise
            continue
        told.append(_reason(forecaster, each, found, blocks, several=len(panel) * len(panel.roles.targets) > 1))
    return ForecastReasons(tuple(told), BACKGROUND) if told else None


def _exemplary(forecaster: Forecaster, judged: JudgedForecasts, panel: Panel, model: str) -> Iterator[_AskedForecasts]:
    """Yield the forecast whose error is in the middle, and the worst; errors are in the deviations of each series."""
    windows = judged.windows
    off = np.abs(judged.forecasts[model] - judged.truth)
    known = np.isfinite(off).all(1)
    if not known.any():
        return
    series = windows.series[judged.origins]
    usual = np.array([np.nanstd(judged.truth[series == each]) or 1.0 for each in range(len(windows.bounds) - 1)])
    errors = np.where(known, off.mean(1) / usual[series], np.nan)
    middle = int(np.nanargmin(np.abs(errors - np.nanmedian(errors))))
    for kind, place in (("typical", middle), ("worst", int(np.nanargmax(errors)))):
        origin = judged.origins[place]
        at = forecaster.fitted_.frequency.shown(int(windows.positions[origin]))
        yield _AskedForecasts(kind, _name(panel, int(series[place])), at, float(judged.truth[place].mean()))


def _name(panel: Panel, number: int) -> str:
    """Return the name of a series, with the target behind it where there are several."""
    targets = panel.roles.targets
    name = panel.names[number // len(targets)]
    return f"{name} {targets[number % len(targets)]}".strip() if len(targets) > 1 else name


def _block_names(forecaster: Forecaster, panel: Panel) -> dict[str, Markup]:
    """Return the name of each block in both languages, by that in English."""
    names = []
    for lang in ("en", "zh"):
        with using(lang):
            names.append(list(forecaster.origin_rows(panel, most=1).groups))
    return {english: both(plain(english, 60), plain(chinese, 60)) for english, chinese in zip(*names, strict=True)}


def _reason(
    forecaster: Forecaster, asked: _AskedForecasts, found: Attribution, blocks: Mapping[str, Markup], *, several: bool
) -> ForecastReason:
    """Return the contributions to the mean over all steps, in words and bars."""
    answer, mean = float(found.answers[0, 0]), float(found.baseline[0, 0])
    bars = tuple(_bars(found, blocks))
    steps = forecaster.fitted_.horizon
    given = {"answer": formats.number(answer), "mean": formats.number(mean), "steps": steps}
    said = [say("reason_forecast", **given)]
    if asked.true is not None:
        said.append(
            say("reason_forecast_true", true=formats.number(asked.true), off=formats.number(answer - asked.true, 3))
        )
    when = found.output_names[1]  # the first is the mean over all steps
    named = f"{asked.series}, {when}" if several and asked.series else when
    return ForecastReason(asked.kind, plain(named, 80), (*said, *mostly(bars)), bars)


def _bars(found: Attribution, blocks: Mapping[str, Markup]) -> Iterator[ReasonBar]:
    values = found.flat[0, :, 0]
    errors = np.zeros_like(values) if found.error is None else found.error.reshape(found.flat.shape)[0, :, 0]
    longest = float(np.abs(values).max(initial=0)) or 1.0
    order = [each for each in np.argsort(-np.abs(values), kind="stable").tolist()
             if abs(values[each]) >= LEAST_SHARE * longest]  # fmt: skip
    for place in order[:MOST_BARS]:
        value, error, cell = float(values[place]), float(errors[place]), found.cells[0][place]
        name = found.feature_names[place]
        yield ReasonBar(
            blocks.get(name, plain(name, 60)),
            "" if cell == NO_NUMBER else plain(cell, 40),
            with_sign(formats.number(abs(value), 3), value),
            formats.number(error, 2) if error else "",
            value / longest,
            min(error / longest, 1.0),
            abs(value) >= 2 * error,
        )
    if rest := order[MOST_BARS:]:
        value = float(values[rest].sum())
        amount = with_sign(formats.number(abs(value), 3), value)
        share = min(max(value / longest, -1.0), 1.0)  # together they may be longer than the longest
        yield ReasonBar(say("reason_forecast_others", count=len(rest)), "", amount, "", share, 0.0, is_clear=False)
