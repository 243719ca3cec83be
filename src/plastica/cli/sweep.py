"""``plastica sweep``: how the error depends on one setting, as a table, a law and a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options, parameters
from .doctor import say_ill
from .guard import guarded
from .names import TargetCommand, require_known
from .options import OptionValue
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    import polars

    from ..populations import Sweep
    from ..populations.power_law import PowerLaw
    from ..settings import Settings
    from ..typing import Document, SettingValue

AXES = ("learning_rate", "rows", "width", "depth", "epochs", "optimizer", "dropout")
OF_NUMBERS = {"learning_rate": float, "dropout": float, "optimizer": str}  # others take whole numbers
FILES = "sweep.csv, sweep.svg, sweep.png"


@click.command(cls=TargetCommand, short_help="Compare values of one setting.")
@click.argument("file")
@click.option(
    "--target", "-t", metavar="COLUMN", multiple=True, help="Column to predict; repeat for several, or give a pattern."
)
@click.option("--over", type=click.Choice(AXES), default="learning_rate", help="The setting whose values are compared.")
@click.option("--values", metavar="VALUES", help="Values, separated by commas. Default: depends on the setting.")
@click.option("--seeds", type=int, default=5, help="Number of networks trained with each value.")
@click.option("--epochs", type=int, default=30, help="Number of epochs; with --over rows, the maximum.")
@click.option("--layers", metavar="UNITS", default="64,64", help="Units of the hidden layers.")
@click.option("--batch-size", type=int, help="Rows per gradient step. Default: depends on the number of rows.")
@click.option("--learning-rate", type=float, help="Default: depends on the optimizer.")
@click.option("--optimizer", metavar="NAME", default="adam", help="Optimizer of all networks.")
@click.option("--metric", metavar="NAME", help="Metric to compare by, such as val_accuracy. Default: val_loss.")
@click.option("--validation", type=float, default=0.2, help="Fraction (or number) of rows to compare networks on.")
@click.option("--seed", type=int, default=0, help="Random seed of the split and of the first network.")
@parameters.drop
@parameters.cluster
@parameters.file_format
@parameters.out_folder
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def sweep(file: str, target: tuple[str, ...], **given: OptionValue) -> None:
    """Compare values of one setting: train networks with each and with several seeds.

    Shows the mean and the standard deviation of the validation loss, and draws it. Along rows a power law is fitted;
    along the learning rate of gradient descent, the bound above which it diverges is marked.
    """
    require_known("optimizer", given["optimizer"])
    values = values_of(given["over"], given["values"])
    for name in values if values is not None and given["over"] == "optimizer" else ():
        require_known("optimizer", name)
    from ..settings import Settings

    chosen = {
        name: given[name] for name in ("epochs", "batch_size", "learning_rate", "optimizer", "validation", "seed")
    }
    settings = Settings(network="mlp", test=0.0, layers=options.units(given["layers"]), **chosen)
    if given["seeds"] < 1:
        raise click.BadParameter(SAY("bad_seeds", given=given["seeds"]))
    options.cluster(given["cluster"])  # an error before the table is read
    output = Output(given["json"], given["quiet"], given["verbose"])
    found, folder = _run(file, target, given, settings, values, output)
    _say(output, found, folder, given["over"])


def values_of(axis: str, given: str | None) -> list[SettingValue] | None:
    """Return the values of ``--values``, as the setting takes them.

    Example:
        >>> values_of("width", "8,16"), values_of("dropout", "0,.5"), values_of("rows", None)
        ([8, 16], [0.0, 0.5], None)
    """
    if given is None:
        return None
    kind = OF_NUMBERS.get(axis, int)
    try:
        found = [kind(part.strip()) for part in given.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or any(isinstance(each, float) and not math.isfinite(each) for each in found):
        raise click.BadParameter(SAY(f"bad_values_{kind.__name__}", given=repr(given), axis=axis))
    return found


def _run(
    file: str,
    target: tuple[str, ...],
    given: Mapping[str, OptionValue],
    settings: Settings,
    values: list[SettingValue] | None,
    output: Output,
) -> tuple[Sweep, Path]:
    import msgspec

    from ..data.reading import read_table
    from ..tables.preparation import prepare
    from .table_words import say_notes

    table = read_table(
        file, separator=options.separator(given["separator"]), encoding=given["encoding"], sheet=given["sheet"]
    )
    aim = options.targets(target, file, table.names)
    settings = msgspec.structs.replace(settings, drop=options.names(given["drop"], table.names))
    prepared = prepare(table, aim, settings)
    say_notes(prepared.notes)
    from ..storage.atomic import replace_file
    from ..tables.sweeping import sweep_table
    from . import folders

    folder = folders.new_folder(given["out"], f"{folders.name_of(file)}-{given['over']}")
    try:
        verbose = "auto" if output.talks else 0
        found = sweep_table(
            prepared, settings, given["over"], values, given["seeds"], given["metric"], verbose, True, given["cluster"]
        )
        replace_file(folder / "sweep.csv", [in_order(found, given["over"]).write_csv().encode()])
        found.plot(folder / "sweep.svg").save(folder / "sweep.png")
    finally:
        folders.give_back(folder)
    return found, folder


def in_order(found: Sweep, axis: str) -> polars.DataFrame:
    """Return the table of a sweep by ascending values; that of names with the best first."""
    table = found.to_frame()
    import polars

    return table if table[axis].dtype == polars.String else table.sort(axis)


def _say(output: Output, found: Sweep, folder: Path, axis: str) -> None:
    """Print the table, the law and what is known of the bound."""
    from ..language import WORDS
    from ..training.wording import metric_name, short

    def written(value: float | None) -> str:
        return "-" if value is None or not math.isfinite(value) else short(value)

    rows = list(in_order(found, axis).iter_rows(named=True))
    heads = (WORDS.name("axis", axis), metric_name(found.monitor), "±", SAY("head_lowest"), SAY("head_highest"))
    names = (found.monitor, "spread", "lowest", "highest")
    cells = [
        (f"{row[axis]:g}" if isinstance(row[axis], float) else str(row[axis]), *(written(row[name]) for name in names))
        for row in rows
    ]
    best = next(place for place, row in enumerate(rows) if row[axis] == found.best[axis])
    output.say()
    output.table(heads, cells, strong=best)
    output.say()
    output.fact("best", f"{WORDS.name('axis', axis)} {cells[best][0]}: {metric_name(found.monitor)} {cells[best][1]}")
    if failed := sum(row["failed"] for row in rows):
        output.say(SAY("sweep_failed", count=failed))
    if "stable" in found.marks:
        output.say(SAY("sweep_stable", rate=short(found.marks["stable"])))
    law = law_of(found)
    if law is not None:
        low, high = law.intervals["b"]
        words = {"law": str(law), "b": f"{law.b:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
        output.say(SAY("sweep_law", **words, limit=f"{law.c:.3g}"))
    say_ill(output, found.history.diagnosis)
    output.fact("saved", f"{folder}: {FILES}")
    output.result(as_json(found, folder, rows, axis))
    if output.quiet and not output.as_json:
        click.echo(str(folder))


def law_of(found: Sweep) -> PowerLaw | None:
    """Return the power law along the axis; None if there is none."""
    from ..errors import InvalidValue

    if not found.shows_law:
        return None
    try:
        return found.law
    except InvalidValue:
        return None


def as_json(found: Sweep, folder: Path, rows: Sequence[Mapping[str, object]], axis: str) -> Document:
    """Return the result as a JSON-serializable dictionary."""
    law = law_of(found)
    return {
        "folder": str(folder),
        "over": axis,
        "metric": found.monitor,
        "best": found.best[axis],
        "values": [{name: None if value != value else value for name, value in row.items()} for row in rows],  # noqa: PLR0124
        "marks": found.marks,
        "diagnosis": None if found.history.diagnosis is None else found.history.diagnosis.to_dict(),
        "law": None if law is None else {"a": law.a, "b": law.b, "c": law.c, "intervals": dict(law.intervals)},
    }
