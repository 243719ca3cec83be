"""Model files: arrays and a document in one file, with a SHA-256 checksum of the whole file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FileError
from ..typing import Document
from . import document as documents
from . import tensor_file
from .atomic import as_path, replace_file

if TYPE_CHECKING:
    from jax.typing import ArrayLike

FORMAT = 1
_UNSEALED = "0" * 64


def write_model(path: str | os.PathLike[str], arrays: Mapping[str, ArrayLike], document: Document) -> None:
    """Write a model atomically; equal contents give equal bytes.

    The file is a safetensors file. Its metadata contain ``plastica`` (the version of the format), ``document`` (JSON)
    and ``sha256``, computed over all bytes of the file with its own 64 digits replaced by zeros.

    Args:
        path: The file; an existing one is replaced after the new one has been written to disk.
        arrays: NumPy or JAX arrays by name.
        document: JSON-serializable values: the specification, the preprocessing, the settings.

    Raises:
        InvalidValue: If something cannot be stored in such a file.
        FileError: If the file cannot be written; the old one is unchanged.
    """
    entries, data = tensor_file.lay_out(arrays)
    metadata = {"plastica": str(FORMAT), "document": documents.encode(document)}
    digest = _digest(tensor_file.header_bytes(entries, {**metadata, "sha256": _UNSEALED}), data)
    header = tensor_file.header_bytes(entries, {**metadata, "sha256": digest})
    replace_file(path, [header, *data])


def read_model(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], Document]:
    """Return the arrays and the document of a model. Nothing in the file is executed or unpickled.

    The checksum detects damage, not manipulation: anyone can compute it for a forged file. Therefore, all sizes are
    checked against the size of the file before memory is allocated, and documents must be read with the same care.

    Raises:
        FileError: If the file is missing, not a model, truncated, modified, or from a newer version.
    """
    where = str(as_path(path))
    file = tensor_file.read(path)
    if "plastica" not in file.metadata:
        raise FileError(f"{where} is a safetensors file but not a plastica model: it contains arrays but no network.")
    _check_version(file.metadata["plastica"], where)
    if file.metadata.keys() != {"plastica", "document", "sha256"}:
        raise FileError(f"{where} is damaged: its metadata are not those of a plastica model.")
    _check_seal(file, where)
    return tensor_file.arrays_of(file, where), documents.decode(file.metadata["document"], where)


def _check_version(version: str, where: str) -> None:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise FileError(f"{where} is damaged: its format version is {version[:20]!r}.")
    if int(version) > FORMAT:
        raise FileError(
            f"{where} has format {version}, but this version of plastica reads formats up to {FORMAT}. "
            "To read it, run: pip install --upgrade plastica"
        )


def _check_seal(file: tensor_file.TensorFile, where: str) -> None:
    """Raise an error if a single bit of the file has changed.

    The header must equal its canonical form; only then is the checksum in the metadata the only part that is not
    covered by the checksum.
    """
    changed = FileError(
        f"{where} is damaged or was changed after it was saved: its SHA-256 checksum does not match. Use another copy."
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
