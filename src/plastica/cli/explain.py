"""``plastica explain``: why a model answers as it does."""

from __future__ import annotations

from typing import Any

import click

from . import parameters
from .guard import guarded
from .names import OutCommand
from .output import Output
from .wording import SAY

OF_TABLES = ("auto", "exact_shap", "kernel_shap", "permutation_shap", "lime", "occlusion")
OF_ARRAYS = (
    "integrated_gradients", "expected_gradients", "gradient_times_input", "smooth_grad", "layerwise_relevance",
    "deep_lift", "grad_cam",
)  # fmt: skip


@click.command(cls=OutCommand, short_help="Explain predictions: of tables, forecasts or images.")
@parameters.model
@click.argument("file")
@click.option("--row", "-r", type=int, multiple=True, help="Row of the file, from 1; repeatable. Default: the first.")
@click.option("--class", "label", metavar="LABEL", help="Class or target to explain. Default: the predicted class.")
@click.option(
    "--method",
    type=click.Choice((*OF_TABLES, *OF_ARRAYS)),
    default="auto",
    help="How contributions are computed. Those from integrated_gradients on are for arrays and images.",
)
@click.option("--group", metavar="COLUMNS", multiple=True, help="Columns that are explained as one; repeatable.")
@click.option("--correlated", is_flag=True, help="Explain strongly correlated columns as one.")
@click.option("--background", metavar="FILE", help="Table of rows to compare with. Default: the rows of FILE.")
@click.option("--background-rows", type=int, default=50, help="Number of rows to compare with, evenly spaced.")
@click.option("--evaluations", type=int, help="Coalitions, orders or samples of a method that draws them.")
@click.option("--seed", type=int, default=0, help="Random seed of methods that draw coalitions.")
@click.option("--words", metavar="COLUMN", help="Also show what each word of a column of text contributed.")
@click.option("--interactions", is_flag=True, help="Also show which columns interact.")
@click.option("--anchor", is_flag=True, help="Also show a rule about few columns that suffices for the prediction.")
@click.option("--tolerance", type=float, help="How much a predicted number may differ for --anchor.")
@click.option("--changes", is_flag=True, help="Also show the smallest changes for another prediction.")
@click.option("--wanted", metavar="LABEL", help="Prediction for --changes: a class, or LOW,HIGH. Default: any other.")
@click.option("--fixed", metavar="COLUMNS", multiple=True, help="Columns that --changes cannot change.")
@click.option(
    "--influence",
    type=click.Choice(("tracin", "last_layer")),
    help="Also show the training rows that support and oppose the prediction most.",
)
@click.option("--nearest", metavar="NUMBER", type=int, help="Also show this number of the most similar training rows.")
@click.option(
    "--training", metavar="FILE", help="Training rows for --influence and --nearest. Default: those of the run."
)
@click.option("--effect", metavar="COLUMN", multiple=True, help="Also show how predictions change with a column.")
@click.option("--judge", is_flag=True, help="Also assess how reliable the contributions are.")
@click.option("--patch", metavar="PIXELS", type=int, help="Height and width of the parts of an image that are listed.")
@click.option("--scale", type=float, default=255.0, help="What pixels of an image file are divided by, as in training.")
@click.option("--at", metavar="TIME", help="First step of the forecast to explain. Default: after the last value.")
@click.option("--series", metavar="NAME", help="Series to explain. Default: the first.")
@click.option("--step", type=int, help="Step of the forecast to explain, from 1. Default: the mean of all.")
@click.option("--out", "-o", metavar="FILE", help="Picture of the explanation of a row: .svg, .png or .pdf.")
@parameters.file_format
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def explain(model: str, file: str, **given: Any) -> None:
    """Explain predictions: what each column of a row, lag of a forecast or pixel of an image contributed.

    MODEL is a run or the file of a network. FILE is a table, or for a network that reads arrays an image, an .npy or
    .npz file. The contributions of a row are Shapley values: from the mean prediction for the rows to compare with,
    they add up to that for the row. A category, a date or a text counts as one column. A forecast is explained by lags,
    covariates and the calendar, compared with other forecasts at the same time of the day.
    """
    from ..drawing import checked_ending
    from ..forecasting import Forecaster
    from ..loading import load
    from ..tables import TableNetwork
    from .folders import model_file

    output = Output(given["json"])
    if given["out"] is not None:
        checked_ending(given["out"])
    path = model_file(model)
    found = load(path)
    if isinstance(found, Forecaster):
        from .explain_forecast import explain_forecast

        explain_forecast(found, path, file, given, output)
    elif isinstance(found, TableNetwork):
        from .explain_table import explain_rows

        explain_rows(found, path, file, given, output)
    else:
        from .explain_arrays import explain_arrays

        explain_arrays(found, path, file, given, output)


def refuse_others(given: dict[str, Any], names: tuple[str, ...], message: str) -> None:
    """Refuse options that are for other kinds of models; ``message`` is the key of the text."""
    from ..errors import InvalidValue

    for name in names:
        if given[name] not in (None, (), False):
            raise InvalidValue(SAY(message, option="--class" if name == "label" else f"--{name}"))


def drawn(given: dict[str, Any]) -> dict[str, int]:
    """Return the options of methods that draw coalitions.

    Raises:
        InvalidValue: If a number of draws is given for a method that draws nothing.
    """
    from ..errors import InvalidValue

    counted = {"kernel_shap": "evaluations", "permutation_shap": "orders", "lime": "samples"}
    method, count = given["method"], given["evaluations"]
    if method not in ("auto", *counted):
        if count is not None:
            raise InvalidValue(SAY("explain_draws_nothing", method=method))
        return {}
    return {"seed": given["seed"]} | ({} if count is None else {counted.get(method, "evaluations"): count})
