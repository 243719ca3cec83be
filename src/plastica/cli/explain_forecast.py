"""``plastica explain`` for a forecast: what lags, covariates and the calendar contributed to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import options
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from ..forecasting import Forecaster

OF_TABLES = ("row", "label", "background", "changes", "wanted", "fixed", "group", "correlated")
SPELLED = {"label": "--class"}


def explain_forecast(forecaster: Forecaster, path: Path, file: str, given: Mapping[str, Any], output: Output) -> None:
    """Print the contributions to one forecast, draw them, and return them as JSON.

    Raises:
        InvalidValue: If an option is for tables, or there is no such step.
    """
    from ..data.reading import read_table
    from ..drawing import checked_ending
    from ..errors import InvalidValue
    from ..explain.forecast_parts import explain_forecast as explained
    from .explain import drawn, row_facts, say_contributions

    for name in OF_TABLES:
        if given[name] not in (None, (), False):
            raise InvalidValue(SAY("explain_tables_only", option=SPELLED.get(name, f"--{name}")))
    if given["out"] is not None:
        checked_ending(given["out"])
    step, steps = given["step"] or 0, forecaster.fitted_.horizon
    if given["step"] is not None and not 1 <= step <= steps:
        raise InvalidValue(SAY("explain_no_step", step=step, steps=steps))
    table = read_table(
        file, separator=options.separator(given["separator"]), encoding=given["encoding"], sheet=given["sheet"]
    )
    chosen = {"at": given["at"], "series": given["series"], "method": given["method"], **drawn(dict(given))}
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
