"""A job: a folder with all that workers need to train networks, and with what they answer.

Everything is in files of arrays and JSON, as models are: nothing is pickled, so that a worker runs no code that comes
with the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from ..data.gathered import Gathered
from ..errors import FileError, InvalidValue
from ..model.inputs import Examples, HostArrays
from ..storage import document as documents
from ..storage import read_model, write_model
from ..storage.atomic import explained, reason, replace_file
from ..storage.trees import flatten
from ..typing import Document

SETTINGS, CHECKPOINT = "job.json", "checkpoint"


def rows_at(folder: Path, place: int | None) -> Path:
    """Return the file of the rows of all networks, or of one."""
    return folder / ("rows.plastica" if place is None else f"rows-{place}.plastica")


def network_at(folder: Path, number: int | str) -> Path:
    """Return the file of a network."""
    return folder / f"network-{number}.plastica"


def answer_of(folder: Path, part: int) -> Path:
    """Return the file with the answer of a part."""
    return folder / f"answer-{part}.json"


def error_of(folder: Path, number: int) -> Path:
    """Return the file in which a worker says what failed."""
    return folder / f"error-{number}.json"


def progress_of(folder: Path, part: int) -> Path:
    """Return the file in which a worker says how far it is."""
    return folder / f"progress-{part}.json"


def write_rows(folder: Path, learn: Examples | None, held_out: Examples | None, place: int | None = None) -> None:
    """Write the rows of a job, as ``fit`` has checked them; with a place, those of one network.

    Rows that workers read themselves, from Parquet files, are not among them.
    """
    arrays: dict[str, np.ndarray] = {}
    for owner, examples in (("learn", learn), ("held_out", held_out)):
        for name, value in ({} if examples is None else examples._asdict()).items():
            if value is not None:
                host = jax.tree.map(np.asarray, value, is_leaf=lambda part: isinstance(part, Gathered))
                arrays |= {f"{owner}/{name}/{path}": array for path, array in flatten(host).items()}
    write_model(rows_at(folder, place), arrays, {"kind": "rows"})


def read_rows(folder: Path, place: int | None = None) -> tuple[Examples, Examples | None]:
    """Return the rows of a job, or of one of its networks."""
    arrays, _ = read_model(rows_at(folder, place))

    def part(owner: str, name: str) -> HostArrays | None:
        prefix = f"{owner}/{name}/"
        found = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
        if not found:
            return None
        return found["."] if "." in found else tuple(found[str(number)] for number in range(len(found)))

    learn, held_out = ([part(owner, name) for name in Examples._fields] for owner in ("learn", "held_out"))
    return Examples(*cast(Any, learn)), None if held_out[0] is None else Examples(*cast(Any, held_out))


def write_json(path: Path, document: Document) -> None:
    """Write a document so that it is there as a whole or not at all."""
    replace_file(path, [documents.encode(document, in_order=True).encode()])


def read_json(path: Path) -> Document:
    """Return a document.

    Raises:
        FileError: If it is not there, which on a cluster usually means that a folder is not shared.
    """
    try:
        return documents.decode(path.read_bytes(), str(path))
    except OSError as error:
        raise FileError(
            f"{path} cannot be read: {reason(error, reading=True)}. Every worker has to see this folder; use one that "
            "all machines share, such as one on NFS."
        ) from None


def make_folder(folder: Path) -> None:
    """Make the folder of a job."""
    with explained(folder, "no worker was started"):
        folder.mkdir(parents=True, exist_ok=True)


def plain_options(options: Mapping[str, object]) -> Document:
    """Return options of ``fit`` as JSON, without those that are at their defaults.

    Raises:
        InvalidValue: If one cannot be written as JSON.
    """
    found = {name: value for name, value in options.items() if value is not None}
    try:
        return cast(Document, documents.decode(documents.encode(cast(Document, found)), "options"))
    except InvalidValue as error:
        raise InvalidValue(f"pl.cluster: the options {', '.join(found)} are sent as JSON: {error}") from None


def until_from(given: Document | None) -> Document | None:
    """Return the rules of ``until``, of which JSON made lists."""
    if given is None:
        return None
    return {name: tuple(rule) if isinstance(rule, list) else rule for name, rule in given.items()}
