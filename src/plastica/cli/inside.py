"""``plastica inside``: what the units, layers and weights of a trained network do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import OutCommand
from .output import Output, brief
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl

    from ..drawing.pictured import PicturedResult
    from ..explain.probing import LayerProbes
    from ..inside.look import InsideView
    from ..inside.rows_of_tables import RowsOfTable

LOOKS = (
    "units", "boundary", "landscape", "pruning", "probes", "dimensions", "activity", "weights", "responses", "hessian",
    "intrinsic", "gates",
)  # fmt: skip
USUAL = ("units", "boundary", "landscape", "pruning", "probes")
FOLDS = 5  # of probes
LARGE = 20_000  # weights, beyond which the Hessian is estimated with less effort
HELD_OUT = 0.25  # of the rows, on which networks in subspaces are compared
EPOCHS = 10, 40  # of their training: as many as the model's, at least and at most
SUBSPACES, SEEDS = (3, 10, 30, 100, 300), 2  # fewer than in Python: the command answers in about a minute


@click.command(cls=OutCommand, short_help="Look inside a trained network.")
@parameters.model
@click.argument("file")
@click.option("--what", metavar="NAMES", help=f"What to look at, separated by commas: {', '.join(LOOKS)}.")
@click.option(
    "--layer",
    metavar="LAYER",
    help="Layer for units, responses and activity. Default: the last hidden one.",
)
@click.option("--columns", metavar="A,B", help="Two columns of numbers for boundary. Default: the principal axes.")
@click.option("--column", metavar="COLUMN", help="Column of numbers that varies for responses.")
@click.option("--row", type=click.IntRange(1), help="One row or window for gates, from 1. Default: the mean of all.")
@click.option("--rows", type=int, default=1000, help="Number of rows to use, evenly spaced.")
@click.option("--seed", type=int, default=0, help="Random seed of directions, folds and comparisons.")
@click.option("--out", "-o", metavar="FOLDER", help="New folder for a picture and a table of each look.")
@parameters.file_format
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def inside(model: str, file: str, **given: Any) -> None:
    """Look inside a trained network: what its units detect, where its decisions change, how wide its minimum is.

    MODEL is the folder of a run. FILE is a table with the columns of the model, such as the one that it was trained on;
    with the target column, classes are named and the loss can be shown. For a forecast, the first network is used:
    gates, landscape, pruning, weights or hessian.
    """
    from ..data.reading import read_table
    from ..inside.rows_of_tables import rows_of_table
    from ..tables import TableNetwork
    from .folders import model_file
    from .inside_forecast import looks_at_forecast
    from .predict import forecaster_in

    output = Output(given["json"])
    asked = _asked(given)
    path = model_file(model)
    forecaster = forecaster_in(path)
    network = None if forecaster is not None else TableNetwork.load(path)
    reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
    table = read_table(file, **reading, sheet=given["sheet"])
    if given["rows"] < 3:
        raise click.BadParameter(SAY("inside_few_rows", rows=given["rows"]))
    if forecaster is not None:
        looks, count = looks_at_forecast(forecaster, table, asked, {**given, "layer": _layer(given)}), table.height
    else:
        rows = rows_of_table("plastica inside", network, table, given["rows"])
        looks = ((name, SHOWN[name](rows, network, table, given)) for name in asked or USUAL)
        count = len(rows.rows)
    folder = None if given["out"] is None else _new_folder(given["out"])
    told: dict[str, Any] = {}
    for name, found in looks:
        output.say(SAY(f"inside_{name}"))
        told[name] = _say(output, found)
        if folder is not None:
            _write(output, found, folder, name)
        output.say()
    output.result({"model": str(path), "source": table.source, "rows": count, "looks": told})


def _asked(given: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the looks; none for the usual ones."""
    if given["what"] is None:
        return _checked((), given)
    names = tuple(name.strip() for name in given["what"].split(",") if name.strip())
    if wrong := [name for name in names if name not in LOOKS]:
        raise click.BadParameter(SAY("inside_unknown", name=repr(wrong[0]), known=", ".join(LOOKS)))
    if not names:
        raise click.BadParameter(SAY("inside_nothing", known=", ".join(LOOKS)))
    return _checked(names, given)


def _checked(names: tuple[str, ...], given: dict[str, Any]) -> tuple[str, ...]:
    if "responses" in names and given["column"] is None:
        raise click.BadParameter(SAY("inside_needs_column"))
    if given["columns"] is not None and len(given["columns"].split(",")) != 2:
        raise click.BadParameter(SAY("inside_two_columns", given=given["columns"]))
    return names


def _new_folder(name: str) -> Path:
    from pathlib import Path

    from ..errors import InvalidValue
    from ..storage.atomic import explained

    folder = Path(name)
    if folder.exists():
        raise InvalidValue(SAY("inside_folder_exists", folder=name))
    with explained(folder, SAY("inside_no_folder")):
        folder.mkdir(parents=True)
    return folder


def _say(output: Output, found: PicturedResult) -> dict[str, Any]:
    """Print what a look shows, and return it for JSON."""
    from ..drawing.pictured import finite_or_none, number
    from ..inside.look import SAY as WORDS

    shown = _from_one(found.summary())
    for sentence in found.sentences():
        output.say(sentence)
    heads = [WORDS(f"column_{name}") if f"column_{name}" in WORDS else name for name in shown.columns]
    output.table(heads, [[brief(number(value), 100) for value in row] for row in shown.rows()[:20]])
    rows = _from_one(found.to_frame()).to_dicts()
    return {**found.to_dict(), "rows": [{name: finite_or_none(each) for name, each in row.items()} for row in rows]}


def _from_one(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table in which rows of the file are numbered from 1, as everywhere on the command line."""
    import polars as pl

    if "top_rows" in frame.columns:
        frame = frame.with_columns(pl.col("top_rows").list.eval(pl.element() + 1))
    return frame.with_columns(pl.col("row") + 1) if "row" in frame.columns else frame


def _write(output: Output, found: PicturedResult, folder: Path, name: str) -> None:
    """Write the picture and the table of a look."""
    import polars as pl

    from ..storage.atomic import replace_file

    picture = folder / f"{name}.svg"
    found.plot(picture)
    frame = _from_one(found.to_frame())
    lists = [pl.col(each).list.eval(pl.element().cast(pl.String)).list.join(" ") for each in frame.columns
             if isinstance(frame[each].dtype, pl.List)]  # fmt: skip
    replace_file(folder / f"{name}.csv", [frame.with_columns(lists).write_csv().encode()])
    output.fact("saved", f"{picture}, {name}.csv")


def _layer(given: dict[str, Any]) -> int | str | None:
    layer = given["layer"]
    return int(layer) if layer is not None and layer.lstrip("-").isdigit() else layer


def _units(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import table_unit_detectors

    return table_unit_detectors(network, table, layer=_layer(given), rows=given["rows"])


def _responses(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import table_unit_responses

    return table_unit_responses(network, table, given["column"], layer=_layer(given), rows=min(given["rows"], 200))


def _activity(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import table_activity_map

    return table_activity_map(network, table, layer=_layer(given), rows=min(given["rows"], 400))


def _boundary(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import table_decision_boundary

    pair = None if given["columns"] is None else given["columns"].split(",")
    columns = None if pair is None else (pair[0].strip(), pair[1].strip())
    return table_decision_boundary(network, table, columns, rows=given["rows"])


def _weights(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import weight_maps

    return weight_maps(rows.model)


def _landscape(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import loss_landscape

    return loss_landscape(rows.model, rows.x, rows.require_targets("landscape"), seed=given["seed"])


def _pruning(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import pruning_curves

    return pruning_curves(rows.model, rows.x, rows.require_targets("pruning"), seed=given["seed"])


def _hessian(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import hessian_spectrum

    return hessian_spectrum(
        rows.model, rows.x, rows.require_targets("hessian"), seed=given["seed"], **effort(rows.model)
    )


def _intrinsic(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    import numpy as np

    from ..inside import intrinsic_dimension

    y = rows.require_targets("intrinsic")
    order = np.random.default_rng(given["seed"]).permutation(len(y))
    held, train = np.split(order, [max(int(HELD_OUT * len(y)), 1)])
    epochs = int(np.clip(rows.network.facts.training.epochs, *EPOCHS))
    tried = [each for each in SUBSPACES if each <= rows.model.count_params()]
    return intrinsic_dimension(
        rows.model,
        rows.x[train],
        y[train],
        validation_data=(rows.x[held], y[held]),
        epochs=epochs,
        dimensions=tried,
        seeds=SEEDS,
    )


def _gates(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import gates

    row = None if given["row"] is None else given["row"] - 1
    return gates(rows.model, rows.x, layer=_layer(given), row=row)


def effort(model: Any) -> dict[str, int]:
    """Return how much work is done for the Hessian of a network: less for a large one; what is unsettled is told."""
    return {} if model.count_params() <= LARGE else {"steps": 120, "probes": 3, "rows": 300}


def _dimensions(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> InsideView:
    from ..inside import activity_dimensions

    return activity_dimensions(rows.model, rows.x)


def _probes(rows: RowsOfTable, network: Any, table: Any, given: dict[str, Any]) -> LayerProbes:
    import numpy as np

    from ..explain import probe_layers
    from ..inside.activities import opened

    rows.require_targets("probes")
    labels = rows.labels
    if labels is None:
        raise click.BadParameter(SAY("inside_several_targets"))
    numbers = labels.astype(np.float64) if rows.network.task == "regression" else labels.astype(str)
    return probe_layers(opened(rows.model), rows.x, numbers, folds=FOLDS, seed=given["seed"])


SHOWN: dict[str, Callable[[RowsOfTable, Any, Any, dict[str, Any]], PicturedResult]] = {
    "units": _units,
    "boundary": _boundary,
    "landscape": _landscape,
    "pruning": _pruning,
    "probes": _probes,
    "dimensions": _dimensions,
    "activity": _activity,
    "weights": _weights,
    "responses": _responses,
    "hessian": _hessian,
    "intrinsic": _intrinsic,
    "gates": _gates,
}
