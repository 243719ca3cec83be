"""``plastica compare-rules``: compare learning rules on one table or one file of arrays."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import language
from . import options, parameters
from .guard import guarded
from .names import TargetCommand, require_known
from .output import Output, note
from .task_data import read_task
from .wording import SAY

if TYPE_CHECKING:
    from ..comparison import Comparison, RuleRecord, Task
    from ..comparison.terms import Terms

TERMS, RECORDS = "terms.json", "records"
MANY_FEATURES, MANY_ROWS = 256, 10_000  # default hidden layers are large from these sizes on


@click.command(cls=TargetCommand, short_help="Compare learning rules on one data set.")
@click.argument("data")
@click.option(
    "--target", "-t", metavar="COLUMN", multiple=True, help="Column to predict; repeat for several. For tables only."
)
@click.option("--rules", metavar="NAMES", default="all", help="Names of rules, separated by commas, or all.")
@click.option(
    "--layers", metavar="UNITS", help="Units of the hidden layers. Default: 64,64; 500,500 for large data sets."
)
@click.option("--epochs", type=int, help="Number of epochs. Default: 20. With --minutes, the maximum (default: 100).")
@click.option("--minutes", type=float, help="Time budget for all rules together, divided equally among them.")
@click.option("--seeds", type=int, default=3, help="Number of networks trained with each rule.")
@click.option("--batch-size", type=int, help="Rows per gradient step. Default: depends on the number of rows.")
@click.option(
    "--loss-target", type=float, help="Test loss for the time-to-loss columns. Default: the loss of a linear network."
)
@click.option("--learning-rate", metavar="RULE=NUMBER", multiple=True, help="Learning rate of a rule; repeatable.")
@click.option("--optimizer", metavar="RULE=NAME", multiple=True, help="Optimizer of a rule; repeatable.")
@click.option("--test", type=float, default=0.2, help="Fraction (or number) of a table's rows in the test set.")
@click.option("--seed", type=int, default=0, help="Random seed of the split and of the first network.")
@parameters.drop
@parameters.file_format
@parameters.out_folder
@click.option("--resume", is_flag=True, help="Train only the rules that are missing in --out.")
@parameters.lang
@parameters.verbose
@parameters.quiet
@parameters.json
@parameters.debug
@guarded
def compare_rules(
    data: str,
    target: tuple[str, ...],
    rules: str,
    layers: str | None,
    epochs: int | None,
    minutes: float | None,
    seeds: int,
    batch_size: int | None,
    loss_target: float | None,
    learning_rate: tuple[str, ...],
    optimizer: tuple[str, ...],
    test: float,
    seed: int,
    drop: tuple[str, ...],
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    out: str | None,
    resume: bool,
    lang: str,
    verbose: bool,
    quiet: bool,
    json: bool,
    debug: bool,
) -> None:
    """Train networks with several learning rules under equal conditions.

    All rules get the same data, layer sizes and seeds. Shows test metrics with their standard deviation, the epochs
    and seconds to reach a loss, the angle to the true gradient, the sparsity of the hidden layers and each rule's
    requirements.

    DATA may also be the folder of a finished comparison: its tables and figures are then written again, without
    training.
    """
    if resume and out is None:
        raise click.BadParameter(SAY("resume_needs_out"))
    rates = {name: _number(value) for name, value in _pairs("--learning-rate", learning_rate).items()}
    units, optimizers = options.units(layers), _pairs("--optimizer", optimizer)
    listed = [name.strip() for name in rules.split(",") if name.strip()] if rules.strip().lower() != "all" else []
    for name in (*listed, *rates, *optimizers):
        require_known("rule", name)
    for name in optimizers.values():
        require_known("optimizer", name)
    output = Output(json, quiet, verbose)
    if (Path(data) / "rules.json").is_file():
        _show_again(Path(data), output)
        return
    task = read_task(data, target, test, seed, drop, options.separator(separator), encoding, sheet)

    from ..comparison.comparing import run_trials
    from ..comparison.progress import Watcher
    from ..comparison.terms import Terms, chosen_rules
    from . import folders, rule_words

    terms = Terms(
        layers=_units_for(task) if units is None else units,
        epochs=(20 if minutes is None else 100) if epochs is None else epochs,
        minutes=minutes,
        batch_size=batch_size,
        seeds=tuple(range(seed, seed + seeds)),
        target=loss_target,
        optimizers=optimizers or None,
        learning_rates=rates,
    )
    chosen = chosen_rules(listed if rules.strip().lower() != "all" else "all")
    place = ComparisonFolder(out, data, task, terms, resume)
    try:
        found = run_trials(task, terms, chosen, place.records, place.keep, Watcher(output.talks))
    except KeyboardInterrupt:
        note(SAY("resume_rules", folder=place.folder))
        raise
    finally:
        folders.give_back(place.folder)
    folder = place.fill(found)
    rule_words.say_found(output, found, folder)


class ComparisonFolder:
    """The folder of a comparison: written under a temporary name and renamed when complete.

    Args:
        out: The folder given by the user; None chooses the next free name.
        data: The data set, for the name.
        task, terms: What must match for earlier records to be reused.
        resume: Whether to reuse the records of an earlier run.
    """

    def __init__(self, out: str | None, data: str, task: Task, terms: Terms, resume: bool) -> None:
        from ..comparison.result import said_terms
        from ..errors import FileError
        from . import folders

        there = out is not None and Path(out).is_dir() and any(Path(out).iterdir())
        self.folder = Path(out) if out is not None and there and resume else folders.new_folder(out, f"{data}-rules")
        self.beside = self.folder.with_name(f"{self.folder.name}.part")
        self.records: dict[str, RuleRecord] = {}
        said = {"digest": task.digest, **said_terms(terms, task)}
        if resume:
            for source in (self.folder, self.beside):
                self._take(source, said)
        elif self.beside.exists():
            folders.give_back(self.folder)
            raise FileError(
                f"{self.beside} contains an interrupted comparison: continue it with --resume, or delete it."
            )
        (self.beside / RECORDS).mkdir(parents=True, exist_ok=True)
        self._write(self.beside / TERMS, said)
        for record in self.records.values():
            self.keep(record)

    def keep(self, record: RuleRecord) -> None:
        """Save the record of a finished trial."""
        import msgspec

        self._write(self.beside / RECORDS / f"{record.name}.json", msgspec.to_builtins(record))

    def fill(self, found: Comparison) -> Path:
        """Write tables and figures, and give the folder its final name."""
        import shutil

        from ..storage.atomic import explained

        _write_results(self.beside, found)
        with explained(self.folder, f"the results are in {self.beside}"):
            old = self.folder.with_name(f"{self.folder.name}.old")
            if self.folder.exists():  # of fewer rules, extended by --resume
                self.folder.rename(old)
            self.beside.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        return self.folder

    def _take(self, source: Path, said: Mapping[str, object]) -> None:
        import msgspec

        from ..comparison.records import RuleRecord
        from ..errors import FileError

        if not (source / TERMS).is_file():
            return
        earlier = json_text.loads((source / TERMS).read_text(encoding="utf-8"))
        apart = [name for name in said if earlier.get(name) != said[name]]
        if apart:
            named = ", ".join("the data" if name == "digest" else name for name in apart)
            raise FileError(f"{source} was made with other settings: {named}. Use the same settings, or another --out.")
        for path in sorted((source / RECORDS).glob("*.json")):
            try:
                record = msgspec.json.decode(path.read_bytes(), type=RuleRecord)
            except msgspec.DecodeError as problem:
                raise FileError(f"{path} is damaged: {problem}. Delete it to train its rule again.") from None
            self.records[record.name] = record

    def _write(self, path: Path, value: object) -> None:
        from ..storage.atomic import replace_file

        replace_file(path, [json_text.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"])


def _write_results(folder: Path, found: Comparison) -> None:
    from ..storage.atomic import replace_file

    with language.using("en"):  # for programs
        files = {"rules.csv": found.table("csv"), "rules.json": found.table("json")}
    files["rules.md"] = found.table("markdown")
    for name, written in files.items():
        replace_file(folder / name, [written.encode()])
    found.draw(folder / "rules.svg").save(folder / "rules.png")


def _show_again(folder: Path, output: Output) -> None:
    """Write the tables and pictures of a finished comparison again, without training."""
    from ..comparison import Comparison
    from . import rule_words

    found = Comparison.load(folder)
    _write_results(folder, found)
    rule_words.say_found(output, found, folder)


def _units_for(task: Task) -> tuple[int, ...]:
    large = task.x[0].size >= MANY_FEATURES and len(task.x) >= MANY_ROWS
    return (500, 500) if large else (64, 64)


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    found = [each.partition("=") for each in given]
    if wrong := [name for name, equals, value in found if not (name and equals and value)]:
        raise click.BadParameter(f"{option} takes RULE=VALUE for each rule; got {wrong[0]!r}.")
    return {name.strip(): value.strip() for name, _, value in found}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"--learning-rate takes RULE=NUMBER; got {text!r} for a number.") from None
