"""Model files for tables: a network or boosted trees with the encoding, the target and the description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from ..data.encoding import TableEncoder
from ..data.target import Target
from ..errors import DataError, FileError
from ..model import Sequential, kinds, reading, saving
from ..notes import as_written
from ..settings import Settings
from ..storage import read_model, write_model
from ..storage.atomic import as_path
from ..typing import Document, Json
from ..version import __version__
from .facts import TableFacts, listed
from .networks import units_of
from .selection import TableModel
from .trees import BoostedTrees

FORMAT = 3  # version of the description in the file
SENTENCES = 2  # the version in which notes were English sentences
Parts = tuple[TableModel, TableEncoder, Target, TableFacts]


def write_table_model(path: str | Path, own: Parts, members: Sequence[Parts] = ()) -> Path:
    """Write everything to one file without pickled objects; equal models give equal bytes.

    Args:
        path: The file.
        own: The model and its description.
        members: The models of the folds; then the description is that of all of them.
    """
    file = as_path(path)
    if not members:
        write_model(file, *_contents(own))
        return file
    arrays: dict[str, np.ndarray] = {}
    documents = []
    for number, each in enumerate(members):
        found, document = _contents(each)
        arrays |= {f"folds/{number}/{name}": array for name, array in found.items()}
        documents.append(document)
    around = {kinds.TABLE: _description(own)}
    write_model(file, arrays, {"kind": kinds.FOLDS, "version": __version__, "extra": around, "members": documents})
    return file


def read_table_model(path: str | Path) -> tuple[Parts, list[Parts]]:
    """Return the contents of a file written by :func:`write_table_model`.

    Raises:
        FileError: If the file is missing or damaged, or contains a network without a table's description.
    """
    arrays, document = read_model(path)
    if document.get("kind") != kinds.FOLDS:
        return _parts(arrays, document, path), []
    listed_members, extra = document.get("members"), document.get("extra")
    if not isinstance(listed_members, list) or not listed_members or not isinstance(extra, dict):
        raise FileError(f"{path} is damaged: it contains no models of folds.")
    if kinds.kind_of(extra) != kinds.TABLE_NETWORK:
        raise FileError(f"{path} is damaged: it contains folds without a description of their table.")
    _, target, facts = _described(cast(Mapping[str, object], extra[kinds.TABLE]), path)
    members = [
        _parts(saving.under(f"folds/{number}/", arrays), each, path) for number, each in enumerate(listed_members)
    ]
    if any(each[2].names != target.names or each[2].classes != target.classes for each in members):
        raise FileError(f"{path} is damaged: its folds predict different targets.")
    return (members[0][0], members[0][1], target, facts), members


def _contents(own: Parts) -> tuple[dict[str, np.ndarray], Document]:
    """Return the arrays and the document of one model."""
    model, description = own[0], _description(own)
    if not isinstance(model, BoostedTrees):
        return saving.contents(model, {kinds.TABLE: description})
    return dict(model.arrays()), {
        "kind": kinds.TREES,
        "version": __version__,
        "extra": {kinds.TABLE: description},
    }


def _description(own: Parts) -> Document:
    _, encoder, target, facts = own
    return {
        "format": FORMAT,
        "encoder": listed(encoder.to_dict()),
        "target": listed(target.to_dict()),
        "facts": facts.to_dict(),
    }


def _parts(arrays: Mapping[str, np.ndarray], document: Document, path: str | Path) -> Parts:
    if document.get("kind") == kinds.TREES:
        return with_trees(arrays, document, path)
    return around_network(reading.network_from(arrays, document, path), path)


def around_network(saved: reading.Saved, path: str | Path) -> Parts:
    """Return the parts of a model file for a network that was read from ``path``.

    Raises:
        FileError: If the file contains something else or is damaged.
    """
    model, around = saved
    kind = kinds.kind_of(around)
    if kind != kinds.TABLE_NETWORK:
        raise FileError(
            f"{path} contains a {kind}, which was not trained on a table by plastica train. Use it with arrays or "
            f"frames in Python. {kinds.opened_by(kind)}"
        )
    encoder, target, facts = _described(cast(Mapping[str, object], around[kinds.TABLE]), path)
    if not isinstance(model, Sequential):
        raise FileError(f"{path} is damaged: a {type(model.network).__name__} is no network for a table.")
    settings = facts.settings if facts.model == "network" else Settings()
    units = units_of(target.task, target.outputs, settings)
    if facts.model == "trees" or model.input_shape != (None, encoder.layout.width) or model.output_shape[-1] != units:
        raise FileError(f"{path} is damaged: its network does not fit its table's encoding.")
    return model, encoder, target, facts


def with_trees(arrays: Mapping[str, np.ndarray], document: Mapping[str, object], path: str | Path) -> Parts:
    """Return boosted trees and the other parts of a model file.

    Raises:
        FileError: If the file is damaged.
    """
    extra = document.get("extra")
    if not isinstance(extra, dict) or kinds.kind_of(extra) != kinds.TABLE_NETWORK:
        raise FileError(f"{path} is damaged: it contains trees without a description of their table.")
    encoder, target, facts = _described(extra[kinds.TABLE], path)
    if facts.model != "trees":
        raise FileError(f"{path} is damaged: its trees do not fit its description, a {facts.model} model's.")
    try:
        model = BoostedTrees.from_arrays(target.task, encoder.layout.width, target.outputs, arrays)
    except FileError as error:
        raise FileError(f"{path} is damaged: {error}") from None
    return model, encoder, target, facts


def _described(kept: Mapping[str, object], path: str | Path) -> tuple[TableEncoder, Target, TableFacts]:
    if kept.get("format") == SENTENCES:
        kept = upgraded(kept)
    elif kept.get("format") != FORMAT:
        raise FileError(
            f"{path} was written by another version of plastica: its table has format {kept.get('format', 1)}, this "
            f"version reads {FORMAT}. Train it again, or use the version that wrote it."
        )
    try:
        encoder = TableEncoder.from_dict(kept.get("encoder"))
        target = Target.from_dict(kept.get("target"))
        facts = TableFacts.from_dict(kept.get("facts"))
    except DataError as error:
        raise FileError(f"{path} is damaged: {error}") from None
    if not _decides(facts, target):
        raise FileError(f"{path} is damaged: its decision does not fit its classes.")
    return encoder, target, facts


def upgraded(kept: object) -> Json:
    """Return a description of version 2 with its sentences converted to notes."""
    if isinstance(kept, list):
        return [upgraded(each) for each in kept]
    if not isinstance(kept, Mapping):
        return kept
    made = {name: upgraded(value) for name, value in kept.items()}
    if isinstance(note := made.get("note"), str):
        del made["note"]
        made["notes"] = [listed(as_written(note))] * bool(note)
    elif isinstance(notes := made.get("notes"), list):
        made["notes"] = [listed(as_written(each)) if isinstance(each, str) else each for each in notes]
    return made


def _decides(facts: TableFacts, target: Target) -> bool:
    """Return whether the saved decision and shift fit the number of classes."""
    if target.task == "regression":
        return facts.decision is None and not facts.shift
    count = len(target.classes)
    return facts.decision is not None and facts.decision.fits(target.task, count) and len(facts.shift) in (0, count)
