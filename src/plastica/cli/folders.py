"""Run folders: create one for each run, and find the model in one."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from ..data.table import show
from ..errors import FileError
from ..notes import note
from ..registry import most_similar
from ..storage.atomic import explained, reason

RUNS = Path("runs")
MODEL = "model.plastica"
REPORT = "report.html"
ENDINGS = re.compile(r"(\.(csv|tsv|txt|parquet|pq|jsonl|ndjson|json|xlsx|xls|ods|gz))+$", re.I)


def new_folder(out: str | None, source: str) -> Path:
    """Create the folder of a run and return it; existing files are never overwritten.

    Args:
        out: The folder given by the user; None takes the next free ``runs/<name>-<number>``.
        source: The training data, for the name.

    Raises:
        FileError: If the folder is not empty or cannot be created.
    """
    if out is not None:
        return _named(Path(out))
    name = name_of(source)
    with explained(RUNS, "nothing was trained; choose another folder with --out"):
        RUNS.mkdir(parents=True, exist_ok=True)
        taken = [match for path in RUNS.iterdir() if (match := re.fullmatch(rf"{re.escape(name)}-(\d+)", path.name))]
        number = 1 + max((int(match[1]) for match in taken), default=0)
        # mkdir tells whether the folder is new: two runs that start together must not share one.
        while True:
            with suppress(FileExistsError):
                (RUNS / f"{name}-{number}").mkdir()
                return RUNS / f"{name}-{number}"
            number += 1


def name_of(source: str) -> str:
    """Return a name for runs on a data source that is valid as a folder name.

    Example:
        >>> name_of("data/My table.csv.gz"), name_of("-")
        ('My_table', 'stdin')
    """
    if source == "-":
        return "stdin"
    name = re.sub(r"[^\w.-]+", "_", ENDINGS.sub("", Path(source).name)).strip("._-")
    return name[:60] or "table"


def give_back(folder: Path) -> None:
    """Delete a folder if it is empty."""
    with suppress(OSError):
        folder.rmdir()


def model_file(given: str) -> Path:
    """Return the path of a model file, given the file or its run folder.

    Raises:
        FileError: If there is no model or it cannot be read.
    """
    try:
        return _model_file(given)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{show(given)} cannot be read: {reason(error, reading=True)}.") from None


def _model_file(given: str) -> Path:
    path = Path(given)
    if path.is_dir():
        if not (path / MODEL).exists():
            raise FileError(note("errors.no_run", given=show(given)))
        return path / MODEL
    if not path.exists():
        runs = [str(folder) for folder in sorted(RUNS.glob("*")) if (folder / MODEL).exists()]
        near = most_similar(given, runs)
        if near is not None:
            raise FileError(note("errors.no_model_near", given=show(given), near=show(near)))
        raise FileError(note("errors.no_model", given=show(given)))
    return path


def _named(folder: Path) -> Path:
    with explained(folder, "nothing was trained; choose another folder with --out"):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FileError(note("errors.out_there", given=show(str(folder))))
        folder.mkdir(parents=True, exist_ok=True)
    return folder
