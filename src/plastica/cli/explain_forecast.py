"""``plastica explain`` for a forecast: what lags, covariates and the calendar contributed to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import options
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..forecasting import Forecaster

OF_TABLES = (
    "row", "label", "background", "changes", "wanted", "fixed", "group", "correlated", "words", "interactions",
    "anchor", "tolerance", "influence", "nearest", "training", "effect", "judge", "patch",
)  # fmt: skip


def explain_forecast(forecaster: Forecaster, path: Path, file: str, given: dict[str, Any], output: Output) -> None:
    """Print the contributions to one forecast, draw them, and return them as JSON.

    Raises:
        InvalidValue: If an option is for tables, or there is no such step.
    """
    from ..data.reading import read_table
    from ..errors import InvalidValue
    from ..explain.forecast_parts import explain_forecast as explained
    from .explain import OF_ARRAYS, drawn, refuse_others
    from .explain_contributions import row_facts, say_contributions

    refuse_others(given, OF_TABLES, "explain_tables_only")
    if given["method"] in OF_ARRAYS:
        raise InvalidValue(SAY("explain_arrays_only", method=given["method"]))
    step, steps = given["step"] or 0, forecaster.fitted_.horizon
    if given["step"] is not None and not 1 <= step <= steps:
        raise InvalidValue(SAY("explain_no_step", step=step, steps=steps))
    table = read_table(
        file, separator=options.separator(given["separator"]), encoding=given["encoding"], sheet=given["sheet"]
    )
    chosen = {"at": given["at"], "series": given["series"], "method": given["method"], **drawn(given)}
    found = explained(forecaster, table, most=given["background_rows"], **chosen)
    names = found.output_names
    span = names[step] if step else SAY("explain_mean_of", first=names[1], last=names[-1])
    ends = {"answer": f"{found.answers[0, step]:.4g}", "baseline": f"{found.baseline[0, step]:.4g}"}
    output.say(SAY("explain_forecast", span=span, **ends))
    count = 0 if found.asked.background is None else len(found.asked.background)
    output.say(SAY("explain_with_forecasts", count=count))
    say_contributions(output, found, 0, step)
    if given["out"] is not None:
        found.heat_map(given["out"])
        output.fact("saved", given["out"])
    outputs = [row_facts(found, 0, place, 1) for place in range(len(names))]
    output.result(
        {
            "model": str(path),
            "method": found.method,
            "evaluations": found.evaluations,
            "background": {"source": table.source, "rows": count},
            "steps": list(names[1:]),
            "mean": outputs[0],
            "by_step": outputs[1:],
        }
    )
