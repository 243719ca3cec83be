"""``plastica compare-rules``: learning rules side by side on one table or one file of arrays."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .guard import Debug, guarded
from .output import Output, note

if TYPE_CHECKING:
    from ..comparison import Comparison, Record, Task
    from ..comparison.terms import Terms

TERMS, RECORDS = "terms.json", "records"
MANY_FEATURES, MANY_ROWS = 256, 10_000  # from which on hidden layers are large where nobody said


@guarded
def compare_rules(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A table as for train, or .npz with x_train, y_train, x_test, y_test.")
    ],
    target: Annotated[
        list[str] | None, typer.Option("--target", "-t", help="The column to predict, of a table; or several.")
    ] = None,
    rules: Annotated[str, typer.Option(help="Names with commas between them, or all.")] = "all",
    layers: Annotated[
        str | None, typer.Option(help="Units of the hidden layers; 64,64, or 500,500 for many large inputs.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="20; with --minutes at most, and then 100.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="For all rules together; epochs are chosen so that each has an equal share.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Networks a rule.")] = 3,
    batch_size: Annotated[int | None, typer.Option(help="Rows a step; chosen by the number of rows.")] = None,
    loss_target: Annotated[
        float | None, typer.Option(help="The held-out loss to reach; what a linear network reaches.")
    ] = None,
    learning_rate: Annotated[list[str] | None, typer.Option(help="RULE=NUMBER; again for each rule.")] = None,
    optimizer: Annotated[list[str] | None, typer.Option(help="RULE=NAME; again for each rule.")] = None,
    test: Annotated[float, typer.Option(help="Share (or number) of a table's rows to judge on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="How a table's rows are dealt, and the first network's seed.")] = 0,
    drop: Annotated[list[str] | None, typer.Option(help="Columns to leave aside.")] = None,
    separator: Annotated[str | None, typer.Option(help="Between the columns; told from the text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text; told from its bytes.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="A new folder; else runs/NAME-NUMBER.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Train only the rules that --out lacks.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    debug: Debug = False,
) -> None:
    """Train networks by several learning rules on equal terms.

    The same rows, sizes of layers and seeds for all. Shows held-out figures with their spread, epochs and seconds to
    a loss, the angle to the true gradient, how sparse the hidden layers are, and what each rule asks for.
    """
    if resume and out is None:
        raise typer.BadParameter("--resume needs --out, the folder to go on with.")
    rates = {name: _number(value) for name, value in _pairs("--learning-rate", learning_rate).items()}
    units = options.units(layers)
    output = Output(json, quiet)
    task = _task(data, target, test, seed, drop, options.separator(separator), encoding)

    from ..comparison.comparing import run_trials
    from ..comparison.progress import Watcher
    from ..comparison.terms import Terms, chosen_rules
    from . import folders

    terms = Terms(
        layers=_units_for(task) if units is None else units,
        epochs=(20 if minutes is None else 100) if epochs is None else epochs,
        minutes=minutes,
        batch_size=batch_size,
        seeds=tuple(range(seed, seed + seeds)),
        target=loss_target,
        optimizers=_pairs("--optimizer", optimizer) or None,
        learning_rates=rates,
    )
    chosen = chosen_rules([name for name in rules.split(",") if name.strip()] if rules.strip() != "all" else "all")
    place = Place(out, data, task, terms, resume)
    try:
        found = run_trials(task, terms, chosen, place.records, place.keep, Watcher(output.talks))
    except KeyboardInterrupt:
        note(f"what is finished is kept: the same command with --out {place.folder} --resume goes on.")
        raise
    finally:
        folders.give_back(place.folder)
    folder = place.fill(found)
    _say(output, found, folder)


class Place:
    """The folder of a comparison: filled beside, and renamed when it is whole.

    Args:
        out: The folder a person named; None takes the next free one.
        data: What is compared on, for the name.
        task, terms: What must be the same for records to be taken.
        resume: Whether to take the records of an earlier run.
    """

    def __init__(self, out: str | None, data: str, task: Task, terms: Terms, resume: bool) -> None:
        from ..comparison.result import said_terms
        from ..errors import FileError
        from . import folders

        there = out is not None and Path(out).is_dir() and any(Path(out).iterdir())
        self.folder = Path(out) if out is not None and there and resume else folders.new_folder(out, f"{data}-rules")
        self.beside = self.folder.with_name(f"{self.folder.name}.part")
        self.records: dict[str, Record] = {}
        said = {"digest": task.digest, **said_terms(terms, task)}
        if resume:
            for source in (self.folder, self.beside):
                self._take(source, said)
        elif self.beside.exists():
            folders.give_back(self.folder)
            raise FileError(f"an interrupted comparison lies in {self.beside}: go on with --resume, or delete it.")
        (self.beside / RECORDS).mkdir(parents=True, exist_ok=True)
        self._write(self.beside / TERMS, said)
        for record in self.records.values():
            self.keep(record)

    def keep(self, record: Record) -> None:
        """Keep the record of a finished trial."""
        import msgspec

        self._write(self.beside / RECORDS / f"{record.name}.json", msgspec.to_builtins(record))

    def fill(self, found: Comparison) -> Path:
        """Write tables and pictures, and give the folder its name."""
        import shutil

        from ..storage.atomic import explained, replace_file

        for form, name in (("csv", "rules.csv"), ("markdown", "rules.md"), ("json", "rules.json")):
            replace_file(self.beside / name, [found.table(form).encode()])  # pyright: ignore[reportArgumentType]
        figure = found.draw(self.beside / "rules.svg")
        figure.savefig(self.beside / "rules.png")
        with explained(self.folder, f"the results are kept in {self.beside}"):
            old = self.folder.with_name(f"{self.folder.name}.old")
            if self.folder.exists():  # with fewer rules, gone on with by --resume
                self.folder.rename(old)
            self.beside.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        return self.folder

    def _take(self, source: Path, said: dict[str, Any]) -> None:
        import msgspec

        from ..comparison.records import Record
        from ..errors import FileError

        if not (source / TERMS).is_file():
            return
        earlier = json_text.loads((source / TERMS).read_text(encoding="utf-8"))
        apart = [name for name in said if earlier.get(name) != said[name]]
        if apart:
            named = ", ".join("the data" if name == "digest" else name for name in apart)
            raise FileError(f"{source} was made on other terms: {named}. Give the same, or another --out.")
        for path in sorted((source / RECORDS).glob("*.json")):
            try:
                record = msgspec.json.decode(path.read_bytes(), type=Record)
            except msgspec.DecodeError as problem:
                raise FileError(f"{path} is damaged: {problem}. Delete it; its rule is then trained again.") from None
            self.records[record.name] = record

    def _write(self, path: Path, value: object) -> None:
        from ..storage.atomic import replace_file

        replace_file(path, [json_text.dumps(value, ensure_ascii=False, allow_nan=False).encode() + b"\n"])


def _task(
    data: str,
    target: list[str] | None,
    test: float,
    seed: int,
    drop: list[str] | None,
    separator: str | None,
    encoding: str | None,
) -> Task:
    if Path(data).suffix.lower() == ".npz":
        if target:
            raise typer.BadParameter("--target is for tables; a .npz holds its targets as y_train and y_test.")
        from ..comparison.task import task_of_npz

        return task_of_npz(data)
    from ..data.reading import read_table
    from ..estimators.preparing import prepare
    from ..estimators.settings import Settings
    from .train import usual_target

    table = read_table(data, separator=separator, encoding=encoding)
    aim = options.names(target or [], table.names) or (usual_target(data, table.names),)
    settings = Settings(network="mlp", validation=0, test=test, seed=seed, drop=options.names(drop or [], table.names))
    prepared = prepare(table, aim, settings)
    for line in prepared.notes:
        note(line)
    from ..comparison.task import task_of_table

    return task_of_table(prepared)


def _units_for(task: Task) -> tuple[int, ...]:
    large = task.x[0].size >= MANY_FEATURES and len(task.x) >= MANY_ROWS
    return (500, 500) if large else (64, 64)


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    found = [each.partition("=") for each in given or ()]
    if wrong := [name for name, equals, value in found if not (name and equals and value)]:
        raise typer.BadParameter(f"{option} takes RULE=VALUE for each rule; got {wrong[0]!r}.")
    return {name.strip(): value.strip() for name, _, value in found}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"--learning-rate takes RULE=NUMBER; got {text!r} for a number.") from None


def _say(output: Output, found: Comparison, folder: Path) -> None:
    from ..comparison.wording import FACTS, FIGURES

    output.say(found.headline)
    output.say()
    trained = [row for row, record in zip(found.figures, found.ranked, strict=True) if not record.reason]
    half = FIGURES.index("angle at the start")  # what a terminal has room for side by side
    output.table(FIGURES[:half], [row[:half] for row in trained])
    output.say()
    output.table((FIGURES[0], *FIGURES[half:]), [(row[0], *row[half:]) for row in trained])
    for record in found.ranked:
        if record.reason:
            output.say(f"{record.name} was not trained: {record.reason}")
    output.say()
    output.say(found.legend)
    output.say()
    output.table(FACTS, found.facts)
    output.say()
    output.fact("saved", f"{folder}: rules.svg, rules.png, rules.md, rules.csv, rules.json")
    output.result({"folder": str(folder), **found.to_dict()})
    if output.quiet and not output.as_json:
        typer.echo(str(folder))
