"""``plastica forecast``: forecast series of a table, judge the forecasts, and save a model in a new folder."""

from __future__ import annotations

import click

from . import options, parameters
from .guard import guarded
from .names import FORECAST_LOSSES, FORECASTS, TargetCommand
from .options import OptionValue
from .output import Output
from .wording import SAY


@click.command(cls=TargetCommand, short_help="Forecast series.")
@click.argument("file")
@click.option("--time", metavar="COLUMN", help="Column of time stamps. Default: found.")
@click.option(
    "--target",
    "-t",
    metavar="COLUMN",
    multiple=True,
    help="Column to forecast; repeat for several. Default: the only column of numbers.",
)
@click.option(
    "--horizon", type=int, help="Number of steps to forecast. Default: 24, or half of the test span of a short series."
)
@click.option("--group", metavar="COLUMN", help="Column that distinguishes several series. Default: found.")
@click.option(
    "--known", metavar="COLUMNS", multiple=True, help="Columns whose future values are known, such as opening hours."
)
@click.option(
    "--past",
    metavar="COLUMNS",
    multiple=True,
    help="Further input columns, whose values are known only up to the present.",
)
@click.option("--holidays", metavar="COUNTRY", help="Country whose public holidays are used, such as DE or DE-BY.")
@click.option("--model", type=click.Choice(FORECASTS), default="auto", help="Model; auto combines several.")
@click.option("--look-back", type=int, help="Number of past values that a forecast reads. Default: a week of hours.")
@click.option("--members", type=int, default=3, help="Number of networks, whose forecasts are averaged.")
@click.option("--epochs", type=int, help="Default: about 4,000 gradient steps.")
@click.option("--coverage", type=float, default=0.9, help="Fraction of values that the intervals contain.")
@click.option("--quantiles", metavar="LEVELS", help="Quantiles to forecast, such as 0.1,0.5,0.9.")
@click.option(
    "--minimum",
    metavar="VALUE",
    default="auto",
    help="Smallest possible value, or none. Default: 0 for counts and amounts.",
)
@click.option("--maximum", type=float, help="Largest possible value, such as a capacity.")
@click.option(
    "--loss",
    type=click.Choice(FORECAST_LOSSES),
    default="mae",
    help="mae forecasts the median, mse the mean; pinball makes intervals from quantiles.",
)
@click.option(
    "--test", metavar="STEPS", type=float, default=0.2, help="Fraction (or number) of steps at the end, to test on."
)
@click.option("--folds", type=int, default=0, help="Number of backtests: networks trained again at earlier times.")
@parameters.seed
@parameters.file_format
@parameters.out_folder
@parameters.report
@click.option(
    "--explain",
    "explain_times",
    multiple=True,
    metavar="TIME",
    help="Also explain the forecast from TIME on in report.html; repeatable.",
)
@parameters.checkpoints
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def forecast(file: str, **given: OptionValue) -> None:
    """Forecast one or many series of a table.

    The time, the frequency and separate series are found in the table; what was repaired is printed. Networks are
    trained on the beginning of the series, tested on its end beside simple forecasts, and forecast what comes next.
    plastica predict goes on from there with newer rows.
    """
    if given["resume"] and given["checkpoint"] is None:
        raise click.BadParameter(SAY("resume_needs_checkpoint"))
    from ..data.reading import read_table
    from . import forecast_run

    output = Output(given["json"], given["quiet"], given["verbose"])
    reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
    table = read_table(file, sheet=given["sheet"], **reading)
    named = {each: options.names(given[each], table.names) for each in ("target", "known", "past")}
    named["target"] = named["target"] or forecast_run.usual_target(file)
    levels = options.numbers("quantiles", given["quantiles"])
    own = {"quantiles": levels, "minimum": options.minimum(given["minimum"])}
    forecast_run.go(file, table, {**given, **named, **own}, output)
