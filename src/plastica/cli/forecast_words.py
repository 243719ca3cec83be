"""What ``plastica forecast`` prints: the series, the errors beside those of simple forecasts, and the worst days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import polars

    from ..forecasting import ForecastResults, Panel
    from ..forecasting.analysis import ForecastAnalysis

MOST_SAID = 3  # worst days


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
