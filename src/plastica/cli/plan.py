"""``plastica plan``: what a run will take, before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options, running
from .guard import guarded
from .names import TargetCommand
from .options import OptionValue
from .output import Output
from .train import settings_of, train, with_columns

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..settings import Settings

# Options of a run's end and of its files, which a plan has not.
LEFT_OUT = {
    "file", "out", "report", "rows", "explain_rows", "checkpoint", "resume", "quiet", "keep_folds", "folds", "repeats",
    "model", "cluster",
}  # fmt: skip


@guarded
def plan(file: str, table: str | None, devices: str | None, target: tuple[str, ...], **given: OptionValue) -> None:
    """Estimate the memory and time that training takes, and show where it would run.

    FILE is a table, with the options of plastica train; or the folder of a run or its model, with its own settings.
    TABLE is the table of such a run; it may be left out if it is still where it was. The program of the run is
    compiled, and some steps are made and measured.
    """
    from ..tables.planning import plan_for

    output = Output(given["json"], False, given["verbose"])
    prepared, settings = _of_model(file, table, given) if _is_model(file) else _of_table(file, table, target, given)
    found = plan_for(prepared, settings, options.devices(devices))
    for each in found.notes():
        output.say(each.said())
    output.result(found.to_dict())


def _is_model(file: str) -> bool:
    from .folders import MODEL

    path = Path(file)
    return path.is_dir() or (path.suffix == Path(MODEL).suffix and path.exists())


def _of_table(
    file: str, table: str | None, target: tuple[str, ...], given: dict[str, OptionValue]
) -> tuple[Prepared, Settings]:
    from ..data.table import Table
    from ..errors import InvalidValue
    from ..notes import note
    from ..tables.preparation import prepare

    if table is not None:
        raise InvalidValue(note("plan.not_a_model", file=file))
    settings = settings_of({**given, "model": "network", "folds": None, "repeats": 1, "keep_folds": False})
    separator = options.separator(given["separator"])
    source, columns = running.opened(file, separator, given["encoding"], given["stream"], given["sheet"])
    if not isinstance(source, Table):
        raise InvalidValue(note("plan.in_parts"))
    settings = with_columns(settings, given, columns)
    return prepare(source, options.targets(target, file, columns), settings), settings


def _of_model(file: str, table: str | None, given: dict[str, OptionValue]) -> tuple[Prepared, Settings]:
    import msgspec

    from ..data.reading import read_table
    from ..tables import TableNetwork
    from ..tables.preparing_again import prepared_again
    from .doctor import table_of
    from .folders import model_file

    network = TableNetwork.load(model_file(file))
    path = table or table_of(network.facts.source)
    separator = options.separator(given["separator"])
    read = read_table(path, separator=separator, encoding=given["encoding"], sheet=given["sheet"])
    settings = network.facts.settings
    context = click.get_current_context(silent=True)
    asked = context is not None and context.get_parameter_source("epochs") is not click.core.ParameterSource.DEFAULT
    if asked:
        settings = msgspec.structs.replace(settings, epochs=given["epochs"])
    return prepared_again(network, read, path), settings


command = TargetCommand(
    "plan",
    callback=plan,
    help=plan.__doc__,
    short_help="Estimate the memory and time that training takes.",
    params=[
        click.Argument(["file"]),
        click.Argument(["table"], required=False),
        *(each for each in train.params if each.name not in LEFT_OUT),
    ],
)
