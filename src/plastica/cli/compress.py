"""``plastica compress``: a model made smaller for a small device, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import EXPORTS, OutCommand
from .output import Output, note
from .wording import SAY

if TYPE_CHECKING:
    from pathlib import Path

    from ..compression.comparing import CompressionCost, CompressionTable
    from ..compression.compressed import CompressedModel
    from ..compression.source import CompressionSource
    from ..evaluation.intervals import Figure

OWN = ".plastica"
ARRAYS = ("x", "y", "x_test", "y_test")  # of an .npz file


@click.command(cls=OutCommand, short_help="Make a model smaller for small devices.")
@parameters.model
@click.argument("file")
@click.option(
    "--how",
    metavar="WAYS",
    multiple=True,
    help="Ways joined by +: distill:32, prune-units:0.5, low-rank:0.9, rank:8, prune:0.8, int8, int8-trained. Repeat "
    "to compare. Default: the usual ones.",
)
@click.option("--out", "-o", metavar="FILE", help="File to write with the one --how; .plastica for a distilled model.")
@click.option("--to", type=click.Choice(EXPORTS), help="Kind of file. Default: by the ending of --out, or c.")
@click.option("--fine-tune", type=click.IntRange(0), default=20, help="Epochs of training after each way.")
@parameters.seed
@parameters.file_format
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def compress(model: str, file: str, how: tuple[str, ...], out: str | None, to: str | None, **given: Any) -> None:
    """Make a model smaller, and print what that costs on the test rows and what it saves.

    MODEL is the folder of a run, FILE the table that it was trained on. For a network of arrays FILE is an .npz file
    with x and y, and x_test and y_test to judge by. Prints the main metric with its interval, bytes and the time of one
    row for each way; with --out, the smaller model is written as plastica export writes it.
    """
    from pathlib import Path

    from ..compression.comparing import USUAL, compare
    from ..compression.fine_tuning import FineTuning
    from ..compression.steps import Distillation, recipe
    from ..errors import InvalidValue
    from ..export.targets import name_of
    from ..storage.atomic import check_writable

    output = Output(given["json"])
    if out is not None and len(how) != 1:
        raise click.BadParameter(SAY("compress_one_way", count=len(how)), param_hint="'--how'")
    chosen = [recipe(each) for each in how] or USUAL
    own = out is not None and Path(out).suffix == OWN
    target = to or "c" if out is None or own else name_of(to, Path(out))
    if out is not None:
        check_writable(out)
        if own and [type(step) for step in chosen[0]] != [Distillation]:
            raise InvalidValue(SAY("compress_not_own", path=out))
    source = _source(model, file, given)
    if own and source.table is None:
        raise InvalidValue(SAY("compress_not_own", path=str(out)))
    tuning = FineTuning(given["fine_tune"], seed=given["seed"])
    count = len(chosen)

    def say(cost: CompressionCost) -> None:
        note(SAY("compress_failed", recipe=cost.recipe, why=cost.failure) if cost.failure else _progress(cost))

    note(SAY("compress_begins", count=count))
    found = compare(source, chosen, tuning, to=target, say=say)
    _say(output, found)
    result: dict[str, Any] = {"model": model, "source": file, **found.to_dict()}
    if out is not None:
        result["files"] = _write(output, found, Path(out), target, own)
    output.result(result)


def _source(model: str, file: str, given: dict[str, Any]) -> CompressionSource:
    """Return the model with its rows."""
    from ..compression.of_models import model_source
    from ..compression.of_tables import table_source
    from ..data.reading import read_table
    from ..errors import InvalidValue
    from ..estimators.base import NetworkEstimator
    from ..loading import load
    from ..model import Model
    from ..tables import TableNetwork
    from .folders import model_file

    loaded = load(model_file(model))
    if isinstance(loaded, TableNetwork):
        reading = {"separator": options.separator(given["separator"]), "encoding": given["encoding"]}
        return table_source(loaded, read_table(file, **reading, sheet=given["sheet"]))
    if isinstance(loaded, Model):
        x, y, *test = _arrays(file)
        return model_source(loaded, x, y, test_data=(test[0], test[1]), seed=given["seed"])
    key = "compress_estimator" if isinstance(loaded, NetworkEstimator) else "compress_no_model"
    raise InvalidValue(SAY(key, model=model, kind=type(loaded).__name__))


def _arrays(file: str) -> list[Any]:
    """Return the four arrays of an .npz file."""
    from ..errors import DataError
    from ..storage.array_files import read_arrays

    found = read_arrays(file)
    if missing := [name for name in ARRAYS if name not in found]:
        raise DataError(SAY("compress_arrays", file=file, missing=", ".join(missing)))
    return [found[name] for name in ARRAYS]


def _progress(cost: CompressionCost) -> str:
    return SAY("compress_done", recipe=cost.recipe, score=_figure(cost.score), bytes=f"{cost.flash or cost.size:,}")


def _say(output: Output, found: CompressionTable) -> None:
    from ..evaluation.scores import figure_named

    in_c = found.target == "c"
    sizes = [SAY("head_flash"), "RAM"] if in_c else [SAY("head_bytes")]
    loss = SAY(f"head_{found.loss}")
    heads = [
        SAY("head_way"),
        figure_named(found.metric).said(),
        SAY("head_change"),
        loss,
        *sizes,
        SAY("head_zipped"),
        "µs",
    ]
    output.table(heads, [_cells(each, in_c) for each in found.costs if not each.failure])
    output.say(SAY("compress_units"))
    output.say()
    for sentence in found.sentences():
        output.say(sentence)


def _cells(cost: CompressionCost, in_c: bool) -> list[str]:
    sizes = [cost.flash, cost.ram] if in_c else [cost.size]
    numbers = [*sizes, cost.zipped, None if cost.microseconds is None else round(cost.microseconds)]
    loss = "" if cost.loss is None else f"{cost.loss.value:.4g}"
    change = "" if cost.change is None else _figure(cost.change, "+")
    return [cost.recipe, _figure(cost.score), change, loss, *("" if each is None else f"{each:,}" for each in numbers)]


def _figure(figure: Figure | None, sign: str = "") -> str:
    if figure is None:
        return ""
    if figure.low is None or figure.high is None:
        return f"{figure.value:{sign}.3g}"
    return f"{figure.value:{sign}.3g} ({figure.low:{sign}.3g}, {figure.high:{sign}.3g})"


def _write(output: Output, found: CompressionTable, path: Path, target: str, own: bool) -> list[str]:
    """Write the one smaller model."""
    from ..errors import InvalidValue
    from ..export.targets import write

    made: CompressedModel
    *_, made = found.models.values()
    if len(found.models) == 1:
        raise InvalidValue(found.costs[-1].failure)
    if own:
        assert made.table is not None  # checked before training
        paths = [made.table.save(path)]
    else:
        paths = list(write(made.exported, path, target).paths)
    for each in paths:
        output.fact("saved" if each == paths[0] else "", str(each))
    return [str(each) for each in paths]
