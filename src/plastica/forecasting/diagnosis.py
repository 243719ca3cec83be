"""What is wrong with a forecast: what networks see and use of the past, know too early, and where they are off."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..checks.findings import Finding, observed, percent
from ..data.table import show
from ..errors import DataError
from ..model.diagnosis import Diagnosis
from ..notes import Note, note
from ..typing import Float
from .analysis.reliance import Reliance, reliance
from .baselines import season_name
from .fitted import FittedForecast, JudgedForecasts
from .network_examples import network_examples
from .panel import Panel
from .results import ForecastResults
from .windows import PanelWindows

MOST_WINDOWS = 2000  # on which a network is examined
UNUSED = 0.01  # growth of the error without the past
# What is told of the inside of networks; how they were trained is over, and their learning rate has fallen to 0.
INSIDE = (
    "batch_statistics",
    "exploding_rates",
    "dead_units",
    "exploding_gradients",
    "exploding_in_time",
    "saturated_units",
    "silent_neurons",
    "stuck_gates",
    "vanishing_gradients",
    "vanishing_in_time",
    "vanishing_surrogate",
)
MUCH = 0.1  # of the error
BIASED = 0.5  # of the mean absolute error; half of it then is one offset
KNOWS_TOO_MUCH = 0.95  # R2 of a covariate alone, at the step to forecast
OFF_PROMISE = 0.1  # of the share of values inside the intervals
CHOSEN = "chosen: half of the error, a tenth of the values"


ForecastEvidence = tuple[ForecastResults, JudgedForecasts, Reliance]


def diagnose_forecast(
    fitted: FittedForecast, panel: Panel, first: int, seen: ForecastEvidence | None = None
) -> Diagnosis:
    """Return what is wrong with a forecast; see :meth:`Forecaster.diagnose`.

    Args:
        fitted: The forecast.
        panel: The series of training and what followed.
        first: The position of the first step to judge by.
        seen: The results from this step on, their forecasts, and what networks lean on, if they are known already.
    """
    windows = fitted.windows(panel)
    found: list[Finding] = list(_known_too_early(fitted, windows, panel))
    unjudged: list[Note] = []
    measures: dict[str, object] = {}
    if len(windows.origins(first)):
        results, judged, relied = seen or _evidence(fitted, panel, first)
        measures = {"results": results, "reliance": relied}
        found += [
            *_worse(results),
            *_out_of_sight(fitted, results),
            *_unused(fitted, relied),
            *_off_level(fitted, results, judged),
            *_intervals(results),
        ]
    else:
        unjudged.append(note("doctor.no_later_rows"))
    for name, own in _of_networks(fitted, windows):
        found += [each for each in own if each.code in INSIDE]
        unjudged += [each for each in own.unjudged if each.key not in ("doctor.no_validation", "doctor.no_history")]
        measures[name] = own.measures
    return Diagnosis.of(found, list(dict.fromkeys(unjudged)), measures)


def _evidence(fitted: FittedForecast, panel: Panel, first: int) -> ForecastEvidence:
    results, judged = fitted.evaluate(panel, first)
    return results, judged, reliance(fitted, judged)


def check_same_series(fitted: FittedForecast, panel: Panel) -> None:
    """Check that a panel goes on from the series that a forecast was trained on.

    Raises:
        DataError: If other values stand at the same steps.
    """
    known = fitted.tail
    count = len(known.roles.targets)
    for number, span in known.spans():
        if known.names[number] not in panel.names:
            raise DataError(note("doctor.other_series", series=show(known.names[number]), at=_shown(known, number)))
        other = panel.names.index(known.names[number])
        begin = int(known.starts[number] - panel.starts[other])
        place = int(panel.bounds[other]) + begin
        length = span.stop - span.start
        theirs = panel.values[max(place, 0) : place + length, :count] if begin >= 0 else np.zeros((0, count))
        own = known.values[span, :count][: len(theirs)]
        both = np.isfinite(own) & np.isfinite(theirs)
        if not both.any() or not np.allclose(own[both], theirs[both], rtol=1e-4):
            raise DataError(note("doctor.other_series", series=show(known.names[number]), at=_shown(known, number)))


def _shown(panel: Panel, number: int) -> str:
    return panel.frequency.shown(int(panel.starts[number]))


def _worse(results: ForecastResults) -> Iterator[Finding]:
    """Find that a simple forecast is better, beyond chance."""
    if results.gain.sure and results.gain.value < 0:
        yield observed(
            "worse_than_simple",
            "serious",
            where=results.model,
            value=-results.gain.value,
            threshold=0.0,
            source="95 % confidence interval (Diebold, Mariano 1995)",
            remedy='Forecaster(model="auto")',
            rival=note(f"forecasting.model_{results.rival}").spoken("en"),
            share=percent(-results.gain.value),
        )


def _out_of_sight(fitted: FittedForecast, results: ForecastResults) -> Iterator[Finding]:
    """Find that the value one season ago, which lies before all that is read, is better than all within sight."""
    seasons = {season_name(fitted.frequency, season): season for season in fitted.frequency.seasons}
    within = [each.mae for name, each in results.errors.items() if seasons.get(name, 0) <= fitted.look_back]
    for name, season in seasons.items():
        if season <= fitted.look_back or name not in results.errors:
            continue
        gain = 1 - results.errors[name].mae / min(within)
        if gain > 0:
            yield observed(
                "season_out_of_sight",
                "serious" if gain > MUCH else "warning",
                where=results.model,
                value=float(fitted.look_back),
                threshold=float(season),
                source="the seasonal naive forecast of the same steps",
                certainty="likely",
                remedy=f"Forecaster(look_back={season})",
                steps=fitted.look_back,
                season=season,
                gain=percent(gain),
            )
            return


def _unused(fitted: FittedForecast, relied: Reliance) -> Iterator[Finding]:
    """Find that forecasts are no worse with the past of another time."""
    if relied.past is not None and relied.past < UNUSED:
        yield observed(
            "unused_past",
            "warning",
            where=fitted.name,
            value=relied.past,
            threshold=UNUSED,
            source="permutation importance (Breiman 2001)",
            certainty="likely",
            remedy=f"Forecaster(look_back={2 * fitted.look_back})",
            growth=percent(max(relied.past, 0.0)),
            steps=fitted.look_back,
            limit=percent(UNUSED),
        )


def _off_level(fitted: FittedForecast, results: ForecastResults, judged: JudgedForecasts) -> Iterator[Finding]:
    """Find that forecasts are too high or too low by one offset, as where the level has moved since training."""
    off = judged.forecasts[results.model] - judged.truth
    offset, error = float(np.nanmean(off)), results.own.mae
    blocks = [np.nanmean(part) for part in np.array_split(off, max(2, len(off) // off.shape[1]))]
    spread = float(np.std(blocks, ddof=1) / np.sqrt(len(blocks))) if len(blocks) > 2 else np.inf
    if error > 0 and abs(offset) > BIASED * error and abs(offset) > 2 * spread:
        yield observed(
            "off_level",
            "serious" if abs(offset) > 0.8 * error else "warning",
            where=results.model,
            value=abs(offset) / error,
            threshold=BIASED,
            source=CHOSEN,
            certainty="likely",
            remedy="forecaster.fit(newer)",
            offset=f"{offset:+.3g}",
            share=percent(abs(offset) / error),
            before=f"{_level(fitted, judged.windows):.3g}",
            after=f"{float(np.nanmean(judged.truth)):.3g}",
            limit=percent(BIASED),
        )


def _level(fitted: FittedForecast, windows: PanelWindows) -> float:
    """Return the mean of the series in training, in their unit."""
    places = np.flatnonzero(windows.positions < fitted.until)
    return float(np.nanmean(windows.unscaled(places, windows.values[places].astype(np.float64))))


def _intervals(results: ForecastResults) -> Iterator[Finding]:
    """Find intervals with far fewer or far more of the values than they promise."""
    if results.coverage is None or results.promised is None:
        return
    off = results.coverage - results.promised
    if abs(off) > OFF_PROMISE:
        yield observed(
            "intervals_off",
            "warning" if off < 0 else "note",
            where=results.model,
            value=abs(off),
            threshold=OFF_PROMISE,
            source=CHOSEN,
            remedy='Forecaster(loss="pinball", validation=0.3)',
            coverage=percent(results.coverage),
            promised=percent(results.promised),
        )


def _known_too_early(fitted: FittedForecast, windows: PanelWindows, panel: Panel) -> Iterator[Finding]:
    """Find known covariates that tell the target of the same step: their future is hardly known in advance."""
    roles = panel.roles
    count, since = len(roles.targets), len(roles.targets) + len(roles.past_columns)
    train = panel.positions < fitted.until
    for place, name in enumerate(roles.known_columns):
        values = panel.values[train, since + place]
        for target in range(count):
            share = _explained(values, panel.values[train, target])
            if share > KNOWS_TOO_MUCH:
                yield observed(
                    "late_covariate",
                    "serious",
                    where=name,
                    value=share,
                    threshold=KNOWS_TOO_MUCH,
                    source="chosen: 95 % of the variance at the same step",
                    certainty="likely",
                    remedy=f"Forecaster(past=[{name!r}])",
                    share=f"{share:.3f}",
                    target=roles.targets[target],
                    limit=f"{KNOWS_TOO_MUCH:g}",
                )
                break


def _explained(one: Float[np.ndarray, "steps"], other: Float[np.ndarray, "steps"]) -> float:
    """Return the squared correlation of the steps at which both are known."""
    both = np.isfinite(one) & np.isfinite(other)
    if both.sum() < 30 or not one[both].std() > 0 or not other[both].std() > 0:
        return 0.0
    return float(np.corrcoef(one[both], other[both])[0, 1] ** 2)


def _of_networks(fitted: FittedForecast, windows: PanelWindows) -> Iterator[tuple[str, Diagnosis]]:
    """Yield what is wrong inside the first network of each architecture."""
    for name, model, x, y in network_examples(fitted, windows, MOST_WINDOWS):
        yield name, model.diagnose(x, y, retrain=False)
