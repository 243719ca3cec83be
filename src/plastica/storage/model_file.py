"""A model is one file: arrays and a document, sealed with a SHA-256 over all of it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import FileError
from . import document as documents
from . import tensor_file
from .atomic import as_path, replace_file

FORMAT = 1
_UNSEALED = "0" * 64


def write_model(path: str | os.PathLike[str], arrays: Mapping[str, Any], document: dict[str, Any]) -> None:
    """Write a model, whole or not at all; equal content gives equal bytes.

    The file is a safetensors file. Its metadata hold ``plastica`` (the version of the format), ``document``
    (JSON) and ``sha256``, taken over every byte of the file with its own 64 digits as zeros.

    Args:
        path: The file; one that is there is replaced when the new one is safe on the disk.
        arrays: NumPy or JAX arrays by name.
        document: What goes with them, as JSON has it: the specification, the preprocessing, the settings.

    Raises:
        InvalidValue: If something cannot be kept in such a file.
        FileError: If the file cannot be written; the old one is as it was.
    """
    entries, data = tensor_file.lay_out(arrays)
    metadata = {"plastica": str(FORMAT), "document": documents.encode(document)}
    digest = _digest(tensor_file.header_bytes(entries, {**metadata, "sha256": _UNSEALED}), data)
    header = tensor_file.header_bytes(entries, {**metadata, "sha256": digest})
    replace_file(path, [header, *data])


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the document of a model. Nothing in the file is run or unpickled.

    The seal shows damage, not malice: whoever forges a file can seal it. So every size is checked against
    the file's own before memory is taken, and a document must be read with the same care.

    Raises:
        FileError: If the file is missing, foreign, truncated, changed, or of a newer plastica.
    """
    where = str(as_path(path))
    file = tensor_file.read(path)
    if "plastica" not in file.metadata:
        raise FileError(f"{where} is a safetensors file but not a model of plastica: it has arrays and no network.")
    _check_version(file.metadata["plastica"], where)
    if file.metadata.keys() != {"plastica", "document", "sha256"}:
        raise FileError(f"{where} is damaged: its metadata are not those of a model.")
    _check_seal(file, where)
    return tensor_file.arrays_of(file, where), documents.decode(file.metadata["document"], where)


def _check_version(version: str, where: str) -> None:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise FileError(f"{where} is damaged: its format version is {version[:20]!r}.")
    if int(version) > FORMAT:
        raise FileError(
            f"{where} is of format {version}, this plastica reads up to format {FORMAT}: "
            "a newer plastica wrote it. Mend it with: pip install --upgrade plastica"
        )


def _check_seal(file: tensor_file.TensorFile, where: str) -> None:
    """Refuse a file of which one bit is other than it was written.

    The header must be spelt as it would be written again; only then is the seal in the metadata the one
    place that the digest does not cover.
    """
    changed = FileError(
        f"{where} is damaged or was changed after it was saved: its SHA-256 does not fit. Use another copy."
    )
    try:
        spelt = tensor_file.header_bytes(file.entries, file.metadata)
        blank = tensor_file.header_bytes(file.entries, {**file.metadata, "sha256": _UNSEALED})
    except ValueError as error:
        raise changed from error
    if spelt != file.header or _digest(blank, [file.data.data]) != file.metadata["sha256"]:
        raise changed


def _digest(header: bytes, data: Iterable[memoryview]) -> str:
    digest = hashlib.sha256(header)
    for part in data:
        digest.update(part)
    return digest.hexdigest()
