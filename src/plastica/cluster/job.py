"""A job: a folder with all that workers need to train networks, and with what they answer.

Everything is in files of arrays and JSON, as models are: nothing is pickled, so that a worker runs no code that comes
with the data.
"""

from __future__ import annotations

import inspect
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
from ..training.callbacks import Callback, as_list
from ..training.early_stopping import EarlyStopping
from ..typing import Document

SETTINGS, ROWS, CHECKPOINT = "job.json", "rows.plastica", "checkpoint"


def write_rows(folder: Path, learn: Examples, held_out: Examples | None) -> None:
    """Write the rows of a job, as ``fit`` has checked them."""
    parts = {"learn": learn, **({} if held_out is None else {"held_out": held_out})}
    arrays: dict[str, np.ndarray] = {}
    for owner, examples in parts.items():
        for name, value in examples._asdict().items():
            if value is not None:
                host = jax.tree.map(np.asarray, value, is_leaf=lambda part: isinstance(part, Gathered))
                arrays |= {f"{owner}/{name}/{path}": array for path, array in flatten(host).items()}
    write_model(folder / ROWS, arrays, {"kind": "rows"})


def read_rows(folder: Path) -> tuple[Examples, Examples | None]:
    """Return the rows of a job."""
    arrays, _ = read_model(folder / ROWS)

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


def stopping_document(callbacks: object) -> list[Document]:
    """Return callbacks as JSON.

    Raises:
        InvalidValue: If one is not an ``EarlyStopping``: other callbacks are code, and live in one process.
    """
    found = []
    for each in as_list(cast("list[Callback]", callbacks)):
        if type(each) is not EarlyStopping:
            raise InvalidValue(
                f"pl.cluster: the callback {type(each).__name__} cannot be sent to workers; EarlyStopping can, and "
                "until=, time_limit= and max_steps=. For other callbacks, start the script on each machine and call "
                "pl.cluster.join()."
            )
        names = list(inspect.signature(EarlyStopping).parameters)
        found.append({name: getattr(each, name) for name in names})
    return found


def stopping_from(given: list[Document]) -> list[EarlyStopping]:
    """Return callbacks from JSON."""
    return [EarlyStopping(**each) for each in given]


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
