"""``plastica doctor``: what is wrong with a trained network, its training and its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import options, parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output
from .wording import SAY

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.table import Table
    from ..model.diagnosis import Diagnosis
    from ..populations import PopulationDiagnosis
    from ..training.history import History

RESULTS = "results.json"


@click.command(cls=HintingCommand, short_help="Diagnose a trained network.")
@click.argument("model", required=False)
@click.argument("file", required=False)
@click.option(
    "--device", is_flag=True, help="Show the devices that JAX finds and their measured speed, without a model."
)
@click.option("--explain", metavar="NAME", help="Explain a finding, without a model: --explain dead_units.")
@click.option("--remedies", is_flag=True, help="Train again with each remedy, and report which ones help.")
@parameters.file_format
@parameters.lang
@parameters.verbose
@parameters.json
@parameters.debug
@guarded
def doctor(
    model: str | None,
    file: str | None,
    device: bool,
    explain: str | None,
    remedies: bool,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    lang: str,
    verbose: bool,
    json: bool,
    debug: bool,
) -> None:
    """Diagnose a trained network, its training and its data, and suggest remedies.

    MODEL is the folder of a run of plastica train or plastica forecast. FILE is the table that it was trained on; it
    may be left out if it is still where it was. Each finding names the layer, column or class, the number and its
    threshold, and a remedy.
    """
    if device:
        _examine_device(model, Output(json))
        return
    if explain is not None:
        _explain(explain, Output(json))
        return
    if model is None:
        raise click.MissingParameter(param_type="argument", param_hint="'MODEL'")
    from ..data.reading import read_table
    from ..loading import load
    from .folders import model_file

    output = Output(json, verbose=verbose)
    path = model_file(model)
    found = load(path)
    source = _source_of(found, path)
    given = file or table_of(source)
    table = read_table(given, separator=options.separator(separator), encoding=encoding, sheet=sheet)
    diagnosis = _examined(found, table, given, path)
    _say(output, diagnosis)
    result = {"source": source, **diagnosis.to_dict()}
    if remedies and diagnosis.given:
        output.say()
        trials = diagnosis.try_remedies()
        for line in repr(trials).split("\n"):
            output.say(line)
        result["remedies"] = trials.to_dict()
    output.result(result)


def _explain(name: str, output: Output) -> None:
    """Print what a finding is, what is measured, and what mends it."""
    from ..checks.catalogue import explain_finding

    found = explain_finding(name)
    for line in found.lines():
        output.say(line)
    facts = {"kind": found.kind, "what": found.what, "measured": found.measured}
    output.result({"code": found.code, **facts, "formula": found.formula, "mend": found.mend})


def _examine_device(model: str | None, output: Output) -> None:
    """Print what JAX sees and what a small run takes."""
    from ..doctor import device_report
    from .devices import available

    if model is not None:
        raise click.BadParameter(SAY("device_alone"))
    available()  # an error if a platform is asked for that is not there
    found = device_report()
    for each in found.notes():
        output.say(each.said())
    output.result(found.to_dict())


def _source_of(model: object, path: Path) -> str:
    """Return the file that a run was trained on.

    Raises:
        DataError: If the file is no run, or does not say.
    """
    from ..errors import DataError
    from ..forecasting import Forecaster
    from ..notes import note
    from ..tables import TableNetwork

    if isinstance(model, TableNetwork):
        return model.facts.source
    if not isinstance(model, Forecaster):
        raise DataError(note("doctor.no_run", file=str(path), kind=type(model).__name__))
    return str(_results(path).get("file", "")) or str(path.with_name("table"))


def _examined(model: Any, table: Table, given: str, path: Path) -> Diagnosis:
    """Return what is wrong with a run on its table: a network for a table, or forecasts."""
    from ..forecasting import Forecaster
    from ..report.examining import examine
    from ..tables.preparing_again import prepared_again

    if isinstance(model, Forecaster):
        return model.diagnose(table)
    return examine(model, prepared_again(model, table, given), history=_history(path))


def table_of(source: str) -> str:
    """Return where the table of a run is: its file, or the name of the included data set that has this file."""
    from pathlib import Path

    from ..datasets import NAMES, path_of

    included = [name for name in NAMES if path_of(name).name == source]
    return included[0] if included and not Path(source).exists() else source


def _history(model: Path) -> History | None:
    """Return the losses of a run from the results beside its model; None if they are not there."""
    from ..training.history import History

    try:
        results = _results(model)
        training, figures = results["training"], results["history"]
        epochs = list(range(int(training["epochs"])))
        told = {"stopped_by": training["stopped_by"], "seconds": training["seconds"]}
        return History.from_dict({"history": figures, "epoch": epochs, **told})
    except (ValueError, KeyError, TypeError, AttributeError):  # a model that stands alone, or another's results
        return None


def _results(model: Path) -> dict[str, Any]:
    """Return the results beside the model of a run; empty if there are none."""
    import json

    try:
        found = json.loads((model.parent / RESULTS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def say_ill(output: Output, found: PopulationDiagnosis | None) -> None:
    """Print which networks of many are ill, and with which settings; nothing if none is."""
    if found is None or not found.ill:
        return
    for line in found.lines():
        output.say(line)


def _say(output: Output, diagnosis: Diagnosis) -> None:
    """Print the findings, one below the other, and what could not be judged."""
    from ..model.diagnosis import finding_lines
    from ..notes import note

    for each in diagnosis:
        for line in finding_lines(each):
            output.say(line)
    if not len(diagnosis):
        output.say(note("doctor.healthy").said())
    if output.verbose:
        for each in diagnosis.choices:
            output.say(each.said())
    for each in diagnosis.unjudged:
        output.say(note("doctor.unjudged", why=each).said())
    from ..checks.catalogue import CATALOGUE, TEXTS

    known = [each.code for each in diagnosis if each.code in CATALOGUE]
    if known:
        output.say(TEXTS("line_more", code=known[0]))
