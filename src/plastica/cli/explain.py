"""``plastica explain``: how much each column of a row contributed to the prediction of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .output import Output, brief, note
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from ..data.table import Table
    from ..explain.attribution import Attribution
    from ..tables import TableNetwork

EXPLANATIONS = ("auto", "exact_shap", "kernel_shap", "permutation_shap", "lime", "occlusion")
OF_FORECASTS = ("at", "series", "step")
SAMPLED = {"kernel_shap": "evaluations", "permutation_shap": "orders", "lime": "samples"}
BAR = 24  # characters of the longest bar
MOST_ROWS = 2_000  # in which correlations are looked for
MOST_COLUMNS = 25  # in the terminal; all are in --json


@click.command(cls=OutCommand, short_help="Explain predictions for rows of a table, or a forecast.")
@parameters.model
@click.argument("file")
@click.option("--row", "-r", type=int, multiple=True, help="Row of the file, from 1; repeatable. Default: the first.")
@click.option("--class", "label", metavar="LABEL", help="Class or target to explain. Default: the predicted class.")
@click.option("--method", type=click.Choice(EXPLANATIONS), default="auto", help="How contributions are computed.")
@click.option("--group", metavar="COLUMNS", multiple=True, help="Columns that are explained as one; repeatable.")
@click.option("--correlated", is_flag=True, help="Explain strongly correlated columns as one.")
@click.option("--background", metavar="FILE", help="Table of rows to compare with. Default: the rows of FILE.")
@click.option("--background-rows", type=int, default=50, help="Number of rows to compare with, spaced evenly.")
@click.option("--evaluations", type=int, help="Coalitions, orders or samples of a method that draws them.")
@click.option("--seed", type=int, default=0, help="Random seed of methods that draw coalitions.")
@click.option("--at", metavar="TIME", help="First step of the forecast to explain. Default: after the last value.")
@click.option("--series", metavar="NAME", help="Series to explain. Default: the first.")
@click.option("--step", type=int, help="Step of the forecast to explain, from 1. Default: the mean of all.")
@click.option("--changes", is_flag=True, help="Also show the smallest changes for another prediction.")
@click.option("--wanted", metavar="LABEL", help="Prediction for --changes: a class, or LOW,HIGH. Default: any other.")
@click.option("--fixed", metavar="COLUMNS", multiple=True, help="Columns that --changes cannot change.")
@click.option("--out", "-o", metavar="FILE", help="Picture of the explanation of a row: .svg, .png or .pdf.")
@parameters.file_format
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def explain(model: str, file: str, **given: Any) -> None:
    """Explain the predictions for rows of a table, or one forecast: what each column contributed.

    The contributions of a row are Shapley values: from the mean prediction for the rows to compare with, they add up to
    that for the row. A category, a date or a text counts as one column. A forecast is explained by lags, covariates and
    the calendar, compared with other forecasts at the same time of the day.
    """
    from ..data.reading import read_table
    from ..errors import InvalidValue
    from ..explain.table_answers import outputs_of
    from ..tables import TableNetwork
    from .explain_forecast import explain_forecast
    from .folders import model_file
    from .predict import forecaster_in

    output = Output(given["json"])
    path = model_file(model)
    if (forecaster := forecaster_in(path)) is not None:
        explain_forecast(forecaster, path, file, given, output)
        return
    for name in OF_FORECASTS:
        if given[name] is not None:
            raise InvalidValue(SAY("explain_forecasts_only", option=f"--{name}"))
    network = TableNetwork.load(path)
    reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
    table = read_table(file, **reading, sheet=given["sheet"])
    rows = _asked_rows(network, table, given)
    background = None if given["background"] is None else read_table(given["background"], **reading)
    found, shown = _explained(network, table, background, rows, given)
    compared = table if background is None else background
    count = min(compared.height, given["background_rows"])
    for number, row in enumerate(rows):
        output.say(_heading(found, number, shown[number], row))
        output.say(SAY("explain_with", count=count, source=compared.source))
        say_contributions(output, found, number, shown[number])
    changes = _changes(output, network, table, background, rows, given)
    if given["out"] is not None:
        found.plot(given["out"], row=0, output=shown[0])
        output.fact("saved", given["out"])
    output.result(
        {
            "model": str(path),
            "method": found.method,
            "evaluations": found.evaluations,
            "background": {"source": compared.source, "rows": count},
            "outputs": list(outputs_of(network.target)),
            "rows": [
                row_facts(found, number, shown[number], row) | changes.get(row, {}) for number, row in enumerate(rows)
            ],
        }
    )


def _asked_rows(network: TableNetwork, table: Table, given: dict[str, Any]) -> Sequence[int]:
    """Return the rows to explain, from 1.

    Raises:
        InvalidValue: If the file does not have one of them, or one picture is asked for several.
        UnknownName: If there is no class of the given name.
    """
    from ..drawing import checked_ending
    from ..errors import InvalidValue, UnknownName
    from ..explain.table_answers import outputs_of

    rows = given["row"] or (1,)
    if wrong := [row for row in rows if not 1 <= row <= table.height]:
        raise InvalidValue(SAY("explain_no_row", row=wrong[0], source=table.source, rows=f"{table.height:,}"))
    known = outputs_of(network.target)
    if given["label"] is not None and given["label"] not in known:
        raise UnknownName(SAY("explain_no_class", name=given["label"], known=", ".join(known[:20])))
    if given["out"] is not None:
        checked_ending(given["out"])
        if len(rows) > 1:
            raise InvalidValue(SAY("explain_one_picture", rows=len(rows)))
    return rows


def _explained(
    network: TableNetwork, table: Table, background: Table | None, rows: Sequence[int], given: dict[str, Any]
) -> tuple[Attribution, list[int]]:
    """Return the contributions to the predictions for rows, and the number of the output to show for each."""
    from ..explain.table_columns import explain_table

    places = [row - 1 for row in rows]
    asked = {"method": given["method"], "output": given["label"], "most": given["background_rows"], **drawn(given)}
    groups = _groups(network, table if background is None else background, given)
    found = explain_table(network, table, background, rows=places, groups=groups, **asked)
    for line in found.notes:
        note(line)
    return found, _shown(found, network.predict(table.take(places)).labels, given["label"])


def _groups(network: TableNetwork, table: Table, given: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the groups of columns by name: those given, and strongly correlated ones of the others."""
    known = [column.name for column in network.encoder.columns]
    found = [options.names([each], known) for each in given["group"]]
    if given["correlated"]:
        from ..data.spacing import spaced
        from ..report.relations import groups_of, items_of

        taken = {name for each in found for name in each}
        rows = table.take(spaced(table.height, MOST_ROWS))
        found += groups_of(items_of(rows, [each for each in network.encoder.columns if each.name not in taken]))
    return {", ".join(each): tuple(each) for each in found}


def _changes(
    output: Output,
    network: TableNetwork,
    table: Table,
    background: Table | None,
    rows: Sequence[int],
    given: dict[str, Any],
) -> dict[int, dict[str, object]]:
    """Print the smallest changes of each row for another prediction, and return them for JSON."""
    from ..errors import InvalidValue
    from ..explain.table_changes import table_counterfactuals

    if not given["changes"]:
        if given["wanted"] is not None or given["fixed"]:
            raise InvalidValue(SAY("explain_needs_changes"))
        return {}
    wanted: str | tuple[float, float] | None = given["wanted"]
    if network.task == "regression":
        wanted = _interval(given["wanted"])
    fixed = options.names(given["fixed"], table.names)
    told: dict[int, dict[str, object]] = {}
    for row in rows:
        found = table_counterfactuals(network, table, background, row=row - 1, wanted=wanted, fixed=fixed)
        output.say(SAY("explain_changes", row=row) if len(found) else SAY("explain_no_changes", row=row))
        listed = [found.changes(number) for number in range(len(found))]
        for number, each in enumerate(listed):
            changed = "; ".join(f"{name}: {brief(old, 30)} → {brief(new, 30)}" for name, old, new in each)
            output.say(f"  {changed}  ({found.answer(number)})")
        output.say()
        told[row] = {
            "changes": [[dict(zip(("column", "from", "to"), one, strict=True)) for one in each] for each in listed]
        }
    return told


def _interval(given: str | None) -> tuple[float, float]:
    """Return the ends of ``--wanted 10,20``."""
    try:
        low, high = map(float, (given or "").split(","))
    except ValueError:
        raise click.BadParameter(SAY("explain_bad_interval", given=repr(given))) from None
    return low, high


def drawn(given: dict[str, Any]) -> dict[str, int]:
    """Return the options of methods that draw coalitions."""
    from ..errors import InvalidValue

    method, count = given["method"], given["evaluations"]
    if method in ("exact_shap", "occlusion"):
        if count is not None:
            raise InvalidValue(SAY("explain_draws_nothing", method=method))
        return {}
    if method == "auto":
        return {"seed": given["seed"]} | ({} if count is None else {"evaluations": count})
    return {"seed": given["seed"]} | ({} if count is None else {SAMPLED[method]: count})


def _shown(found: Attribution, labels: np.ndarray, asked: str | None) -> list[int]:
    """Return the number of the output that is shown for each row: the predicted class, or the first target."""
    if asked is not None or labels.ndim > 1 or str(labels[0]) not in found.output_names:
        return [0] * len(found)
    return [found.output_names.index(str(label)) for label in labels]


def _heading(found: Attribution, number: int, shown: int, row: int) -> str:
    """Return the prediction for a row and the mean that it is counted from."""
    answer, baseline = found.answers[number, shown], found.baseline[number, shown]
    name = brief(found.output_names[shown])
    return SAY("explain_row", row=row, name=name, answer=f"{answer:.4g}", baseline=f"{baseline:.4g}")


def say_contributions(output: Output, found: Attribution, number: int, shown: int) -> None:
    """Print the contributions of the columns to one prediction, the largest first."""
    import numpy as np

    values = found.flat[number, :, shown]
    error = _errors(found, number, shown)
    order = np.argsort(-np.abs(values), kind="stable")[:MOST_COLUMNS]
    longest = float(np.abs(values).max(initial=0)) or 1.0
    answer, baseline = found.answers[number, shown], found.baseline[number, shown]
    output.say()
    heads = [SAY("head_column"), SAY("head_value"), SAY("head_contribution")]
    cells = [
        [
            brief(found.feature_names[place], 40),
            brief(found.cells[number][place], 30) or SAY("explain_missing"),
            f"{values[place]:+.4f}" if longest < 10 else f"{values[place]:+,.4g}",
            *([] if error is None else [f"± {error[place]:.2g}"]),
            ("▇" if values[place] > 0 else "▁") * round(BAR * abs(float(values[place])) / longest),
        ]
        for place in order
    ]
    output.table([*heads, *([] if error is None else [SAY("head_error")]), ""], cells)
    output.say()
    if rest := len(values) - len(order):
        output.say(SAY("explain_rest", count=rest))
    gap = float(found.gap[number, shown])
    if abs(gap) > 1e-3 * max(abs(float(answer - baseline)), 1e-9):
        output.say(SAY("explain_gap", method=found.method, gap=f"{gap:.3g}"))


def _errors(found: Attribution, number: int, shown: int) -> np.ndarray | None:
    """Return the standard errors of the contributions to one prediction, ``(columns,)``; None if nothing was drawn."""
    return None if found.error is None else found.error.reshape(found.flat.shape)[number, :, shown]


def row_facts(found: Attribution, number: int, shown: int, row: int) -> dict[str, object]:
    """Return the contributions to one prediction for JSON."""
    error = _errors(found, number, shown)
    return {
        "row": row,
        "output": found.output_names[shown],
        "answer": float(found.answers[number, shown]),
        "baseline": float(found.baseline[number, shown]),
        "gap": float(found.gap[number, shown]),
        "columns": [
            {
                "column": name,
                "value": found.cells[number][place],
                "contribution": float(found.flat[number, place, shown]),
                **({} if error is None else {"standard_error": float(error[place])}),
            }
            for place, name in enumerate(found.feature_names)
        ],
    }
