"""A run of ``plastica train``: from the opened table to the folder of results."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from ..errors import FileError
from ..lazy import deferred
from .output import Output, note
from .wording import SAY

if TYPE_CHECKING:
    from pathlib import Path

    from ..checks.prepared import Prepared
    from ..data.streaming_files import Files
    from ..data.table import Table
    from ..model import Sequential
    from ..search.facts import SearchFacts
    from ..settings import Settings
    from ..tables import TableNetwork
    from ..tables.streamed_plan import Whole


class Destination(NamedTuple):
    """Where a run is saved, which ``report.html`` is written in which language, and whether a doctor watches."""

    out: str | None
    checkpoint: str | None
    resume: bool
    report: bool
    lang: str
    rows: bool = True
    explained: tuple[int, ...] = ()
    devices: str | int | None = None
    cluster: str | None = None
    doctor: bool = False


class Job(NamedTuple):
    """The data, settings and destination of a run."""

    file: str
    source: Table | Files
    aim: tuple[str, ...]
    settings: Settings
    output: Output
    place: Destination


def opened(
    file: str, separator: str | None, encoding: str | None, stream: bool | None, sheet: str | None = None
) -> tuple[Table | Files, Collection[str]]:
    """Return a table in memory or files to be read in parts, and the names of the columns.

    Args:
        file: The path given by the user.
        separator, encoding, sheet: As for :func:`~plastica.data.reading.read_table`.
        stream: Whether to read in parts; None decides by size.
    """
    from ..data.reading import read_table
    from ..data.streaming_files import is_large, open_files

    if stream or (stream is None and is_large(file)):
        from .watching import WatchedFiles

        files = WatchedFiles.of(open_files(file, separator=separator, encoding=encoding, sheet=sheet))
        return files, next(files.tables()).names
    table = read_table(file, separator=separator, encoding=encoding, sheet=sheet)
    return table, table.names


def positions(source: Table | Files, rows: Sequence[int], shown: bool) -> tuple[int, ...]:
    """Return the positions of rows to explain, given from 1, in their source.

    Raises:
        InvalidValue: If there is no such row, rows are not shown, or the table is read in parts.
    """
    from ..data.table import Table
    from ..errors import InvalidValue

    if not rows:
        return ()
    if not shown:
        raise InvalidValue(SAY("explain_rows_hidden"))
    if not isinstance(source, Table):
        raise InvalidValue(SAY("explain_rows_streamed"))
    if wrong := [row for row in rows if not 1 <= row <= source.height]:
        given = {"row": wrong[0], "source": source.source, "rows": f"{source.height:,}"}
        raise InvalidValue(SAY("explain_rows_none", **given))
    return tuple(int(source.positions[row - 1]) for row in rows)


def go(run: Job) -> None:
    """Train, evaluate and write the run folder."""
    from . import folders
    from .lean import load_scikit_learn

    load_scikit_learn()
    prepared = prepared_for(run)  # before the folder is created, so that an error leaves none
    if prepared is not None and run.place.explained:
        from ..report.exemplary import row_at

        for position in run.place.explained:
            row_at(prepared, position)  # an error before anything is trained
    from . import result_words, run_facts, table_words  # these import JAX

    folder = folders.new_folder(run.place.out, run.file)
    network: TableNetwork | None = None
    try:
        network, prepared = trained_for(run, prepared)
        table_words.say_notes(network.facts.notes[len(prepared.notes) :])
        result_words.say_trained(run.output, network)
        sys.stdout.flush()
        facts = run_facts.facts_of(network, folder, run.place.report)
        write_folder(network, prepared, folder, facts, run.place)
    except KeyboardInterrupt as stop:
        keep(getattr(stop, "kept", None) or network, folder)
        if run.place.checkpoint is not None:
            note(SAY("resume_checkpoint"))
        raise
    finally:
        folders.give_back(folder)
    result_words.say_saved(run.output, folder, run.place.report, len(network.members))
    run.output.result(facts)
    if run.output.quiet and not run.output.as_json:
        click.echo(str(folder))


def keep(network: TableNetwork | None, folder: Path) -> None:
    """Save the model trained before Ctrl-C, unless it has been saved, and print where."""
    from .folders import MODEL

    if network is None:
        return
    if not (folder / MODEL).exists():
        network.save(folder / MODEL)
    note(SAY("model_so_far" if network.judged is None else "model_trained", path=folder / MODEL))


def prepared_for(run: Job) -> Prepared | None:
    """Split and encode a table in memory, and print the result before JAX is imported; return None for files."""
    from ..data.table import Table
    from ..tables.cross_rows import cross_rows
    from ..tables.preparation import prepare
    from . import table_words

    if not isinstance(run.source, Table):
        note(SAY("read_in_parts"))
        return None
    prepared = prepare(run.source, run.aim, run.settings)
    if run.settings.folds is not None:
        cross_rows(prepared, run.settings)  # an error before anything is trained
    table_words.say_notes(prepared.notes, prepared.findings)
    table_words.say_prepared(run.output, prepared, run.settings)
    sys.stdout.flush()
    return prepared


def _tell(run: Job, out: TextIO, prepared: Prepared, model: Sequential | None, whole: Whole | None = None) -> None:
    """Print what is trained on which rows."""
    from ..data.table import Table
    from . import model_words, table_words

    with contextlib.redirect_stdout(out):
        if not isinstance(run.source, Table):
            table_words.say_notes(prepared.notes, prepared.findings)
            table_words.say_prepared(run.output, prepared, run.settings, whole)
        rows = whole.train if whole else len(prepared.split.train)
        model_words.say_plan(run.output, prepared.x.shape[1], rows, run.settings, model)
        out.flush()


def trained_for(run: Job, prepared: Prepared | None) -> tuple[TableNetwork, Prepared]:
    """Train; progress is printed on standard error."""
    from ..data.table import Table
    from ..errors import InvalidValue
    from ..notes import note as words
    from ..tables import TableNetwork
    from ..tables.networks import network_of
    from ..tables.streamed import train_streaming
    from .report_ahead import import_report

    settings, place, tell = run.settings, run.place, partial(_tell, run, sys.stdout)
    checkpoint, resume, verbose = place.checkpoint, place.resume, "live" if run.output.talks else 0
    if place.report:
        import_report("report.html")
    watching = [deferred("plastica.doctor", "Doctor")()] if place.doctor else []
    with contextlib.redirect_stdout(sys.stderr):
        if isinstance(run.source, Table) and prepared is not None:
            model = network_of(prepared, settings) if settings.model in ("network", "best") else None
            tell(prepared, model)
            model = None if settings.folds else model  # each fold makes its own
            if place.cluster is not None and model is not None and not _trains_members_apart(prepared, settings, model):
                _require_folder(checkpoint, resume)  # an error before steps are compiled and measured
                _say_if_too_short(prepared, settings)
            return TableNetwork.train(
                prepared,
                settings,
                model=model,
                callbacks=watching,
                checkpoint=checkpoint,
                resume=resume,
                verbose=verbose,
                devices=place.devices,
                cluster=place.cluster,
            ), prepared
        if place.cluster is not None or place.devices is not None:
            raise InvalidValue(words("plan.in_memory"))
        assert not isinstance(run.source, Table)
        return train_streaming(
            run.source,
            run.aim,
            settings,
            told=tell,
            checkpoint=checkpoint,
            resume=resume,
            verbose=verbose,
            callbacks=watching,
        )


def _trains_members_apart(prepared: Prepared, settings: Settings, model: Sequential) -> bool:
    """Return whether workers divide the members of the network among them, which exchange nothing in a step."""
    from ..cluster.ensembles import has_copies_apart
    from ..evaluation.imbalance import feed_for
    from ..tables.folds import folds_for

    feed = feed_for(settings, prepared.target, prepared.y, prepared.split.train)
    return has_copies_apart(model) and folds_for(prepared, model, feed, settings.seed) is not None


def _require_folder(checkpoint: str | None, resume: bool) -> None:
    """Check the folder of workers that divide each batch."""
    from ..cluster.shared import job_at

    if checkpoint is not None:
        job_at(checkpoint, resume)


def _say_if_too_short(prepared: Prepared, settings: Settings) -> None:
    """Print a note if the steps of a run are too short for several workers."""
    from ..tables.planning import plan_for

    for each in plan_for(prepared, settings, seconds=0.2).notes():
        if each.key == "plan.too_short":
            note(each.said())


def write_folder(
    network: TableNetwork,
    prepared: Prepared,
    folder: Path,
    facts: dict[str, object],
    place: Destination,
    search: SearchFacts | None = None,
) -> None:
    """Write the run folder: the model first, since it cannot be recreated; later failures are reported at the end.

    Args:
        network: The trained model.
        prepared: The table.
        folder: The folder.
        facts: The description of the run.
        place: Which files are wanted.
        search: What the search found that chose the settings, for the report.

    Raises:
        FileError: If a file could not be written.
    """
    import json

    from ..storage.atomic import replace_file
    from ..tables import held_out, out_of_fold
    from .folders import MODEL, REPORT

    def text(value: object) -> list[bytes]:
        return [json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"]

    network.save(folder / MODEL)
    beside: dict[str, Callable[[Path], object]] = {
        "settings.json": lambda path: replace_file(path, text(facts["settings"]))
    }
    if network.history is not None:
        history = network.history.to_frame().write_csv()
        beside["history.csv"] = lambda path: replace_file(path, [history.encode()])
    beside["results.json"] = lambda path: replace_file(path, text(facts))
    if network.out_of_fold:
        predicted = out_of_fold.out_of_fold_csv(network, prepared)
        beside[out_of_fold.NAME] = lambda path: replace_file(path, [predicted.encode()])
    if network.judged is not None and len(prepared.split.test):
        rows = held_out.held_out_csv(network, prepared)
        beside[held_out.NAME] = lambda path: replace_file(path, [rows.encode()])
    if place.report:
        from ..report import write_report

        beside[REPORT] = lambda path: write_report(
            network, prepared, path, lang=place.lang, search=search, rows=place.rows, explained=place.explained
        )
    failed: dict[str, FileError] = {}
    for name, write in beside.items():
        try:
            write(folder / name)
        except FileError as error:
            failed[name] = error
        except Exception:
            note(SAY("not_written", name=name, path=folder / MODEL))
            raise
    if failed:
        raise FileError(
            f"{next(iter(failed.values()))} The trained model is saved: {folder / MODEL}; not written: "
            f"{', '.join(failed)}."
        )
