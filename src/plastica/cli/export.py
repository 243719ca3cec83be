"""``plastica export``: a model as a file for places without Python or JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import parameters
from .guard import guarded
from .names import EXPORTS, OutCommand
from .output import Output, note
from .wording import SAY

if TYPE_CHECKING:
    from pathlib import Path

    from ..export.measuring import CheckRows, Measured
    from ..export.targets import ExportedFiles


@click.command(cls=OutCommand, short_help="Export a model to NumPy, ONNX, C or HTML.")
@parameters.model
@click.option("--to", type=click.Choice(EXPORTS), help="Kind of file. Default: by the ending of --out.")
@click.option("--out", "-o", metavar="FILE", help="File to write. Default: NAME and the ending of --to.")
@click.option("--check", metavar="FILE", help="Rows to compare with: a table, or .npy. Default: drawn at random.")
@click.option(
    "--int8", metavar="FILE", help="Quantize weights to 8 bits, calibrated on the rows of FILE; not for onnx."
)
@click.option(
    "--shape", "input_shape", metavar="SIZES", help="Shape of one input where the model leaves a size open: 12,3."
)
@click.option("--step", is_flag=True, help="Write one step in time: what the network remembers goes in and comes out.")
@click.option("--beside", is_flag=True, help="Put the weights of a Python file into a second file, NAME.npz.")
@click.option("--features", is_flag=True, help="Let an ONNX file take encoded features instead of raw columns.")
@click.option("--measure/--no-measure", default=True, help="Whether to run the file and measure it.")
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def export(
    model: str,
    to: str | None,
    out: str | None,
    check: str | None,
    int8: str | None,
    input_shape: str | None,
    step: bool,
    beside: bool,
    features: bool,
    measure: bool,
    lang: str,
    json: bool,
    debug: bool,
) -> None:
    """Export a model to a file that needs neither JAX nor plastica.

    MODEL is the folder of a run or the file of a model. Raw columns go in and labels come out, as with plastica
    predict; a forecaster goes on from newer rows. Prints the size of the file, how far its answers are from those of
    plastica, and the time of one row.
    """
    from pathlib import Path

    from ..errors import InvalidValue, PlasticaError
    from ..export.exported import exported
    from ..export.measuring import check_rows
    from ..export.targets import TARGETS, name_of, write
    from ..loading import load
    from ..storage.atomic import check_writable
    from .folders import model_file

    output = Output(json)
    path = model_file(model)
    if out is None and to is None:
        raise click.MissingParameter(param_type="option", param_hint="'--to'")
    target = Path(out) if out is not None else Path(_name(path) + TARGETS[str(to)].ending)
    name = name_of(to, target)
    check_writable(target)
    if target.exists() and target.samefile(path):
        raise InvalidValue(_words("same_file", path=str(target)))
    loaded = load(path)
    shape = None if input_shape is None else _shape(input_shape)
    chosen = TARGETS[name]
    found = exported(loaded, rows=chosen.rows, input_shape=shape, step=step, reads_series=chosen.reads_series)
    rows = None if check is None else check_rows(found, check)
    calibration = None if int8 is None else check_rows(found, int8).inputs
    written = write(found, target, name, step=step, beside=beside, features=features, int8=calibration)
    _say_files(output, written, target)
    if features and written.exported.table is not None:
        note(_words("features_only"))
    result: dict[str, Any] = {"target": written.target, "files": [str(each) for each in written.paths]}
    result["bytes"] = written.size
    if written.target == "c":
        result |= _say_memory(output, written)
    try:
        if not written.paths[0].is_file():
            raise InvalidValue(_words("not_a_file", path=str(target)))
        if measure or check is not None:
            result |= _measured(output, written, rows)
        if check is not None and rows is not None:
            result |= _compared(output, written, loaded, check, rows)
    except PlasticaError as why:
        output.fact("beside", _words("unmeasured", why=str(why)))
    output.result(result)


def _say_files(output: Output, written: ExportedFiles, target: Path) -> None:
    """Print the files with their sizes, and what goes into a forecaster and comes out."""
    for each in written.paths:
        output.fact("saved" if each == target else "", _size_of(each))
    if written.exported.forecast is not None:
        for line in written.exported.forecast.sentences():
            output.say(line)


def _measured(output: Output, written: ExportedFiles, rows: CheckRows | None) -> dict[str, Any]:
    """Print how exact and how fast the file is, and return it for JSON."""
    from ..export.measuring import measure

    figures = measure(written, rows)
    _say(output, figures, "times" if written.exported.series is None else "forecast_times")
    return figures._asdict()


def _compared(output: Output, written: ExportedFiles, model: object, check: str, rows: CheckRows) -> dict[str, Any]:
    """Print how many predictions of classes are those of the model, and return it for JSON."""
    from ..export.measuring import same_labels
    from ..tables import TableNetwork

    if not isinstance(model, TableNetwork) or model.facts.decision is None:
        return {}
    same = same_labels(written, model, check, rows)
    output.fact("", _words("same_labels", same=f"{same:,}", rows=f"{len(rows.inputs[0]):,}"))
    return {"same_predictions": same}


def _words(key: str, **data: Any) -> str:
    from ..export.wording import SAY as WORDS

    return WORDS(key, **data)


def _name(path: Path) -> str:
    """Return the name of a model: that of the folder of its run, or of its file."""
    from .folders import MODEL

    return path.resolve().parent.name if path.name == MODEL else path.stem


def _shape(given: str) -> tuple[int, ...]:
    parts = given.replace(" ", "").strip(",").split(",")
    if not all(part.isdecimal() and int(part) for part in parts):
        raise click.BadParameter(_words("bad_shape", given=repr(given)))
    return tuple(map(int, parts))


def _size_of(path: Path) -> str:
    size = path.stat().st_size
    return _words("written", path=str(path), size=f"{size / 1000:,.1f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB")


def _say_memory(output: Output, written: ExportedFiles) -> dict[str, int]:
    from ..export.c_writer import source_of

    source = source_of(written.exported, written.paths[0])
    output.fact("memory", _words("memory", flash=f"{source.flash:,}", ram=f"{source.ram:,}"))
    return {"flash": source.flash, "ram": source.ram}


def _say(output: Output, found: Measured, times: str) -> None:
    rows = SAY("rows", count=found.rows)
    shown = _words("drawn_rows", rows=rows) if found.drawn else rows
    output.fact("differs", _words("difference", difference=f"{found.difference:.1e}", rows=shown))
    output.fact("time", _words(times, microseconds=f"{found.microseconds:,.0f}"))
    for name, microseconds in found.beside.items():
        output.fact("", _words(f"of_{name}", microseconds=f"{microseconds:,.0f}"))
