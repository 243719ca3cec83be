"""The manifest of a checkpoint: the SHA-256 of each file, the document, and a checksum of the manifest itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, TypedDict

from ..errors import FileError
from ..typing import Document
from . import document as documents
from .atomic import reason
from .tensor_file import open_regular

FORMAT = 1
_LARGEST = 2 * documents.LARGEST_DOCUMENT + 2**20
_KEYS = {"plastica_checkpoint", "step", "files", "document"}


class FileDigest(TypedDict):
    """The size and the SHA-256 of a file."""

    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """The contents of a manifest.

    Attributes:
        step: The number of the checkpoint.
        files: The size and SHA-256 of each file, as returned by :func:`files`.
        document: Seeds, position, history, versions.
    """

    step: int
    files: dict[str, FileDigest]
    document: Document


def files(contents: Mapping[str, Iterable[bytes | memoryview]]) -> dict[str, FileDigest]:
    """Return the size and the SHA-256 of each file from the parts of its contents."""
    described: dict[str, FileDigest] = {}
    for name, parts in contents.items():
        digest, size = hashlib.sha256(), 0
        for part in parts:
            digest.update(part)
            size += len(part)
        described[name] = {"bytes": size, "sha256": digest.hexdigest()}
    return described


def make(step: int, contents: Mapping[str, Iterable[bytes | memoryview]], document: Document) -> bytes:
    """Return the bytes of a manifest for files with these contents.

    Raises:
        InvalidValue: If the document cannot be stored as JSON.
    """
    text = documents.encode(document)
    return _sealed({"plastica_checkpoint": FORMAT, "step": step, "files": files(contents), "document": text})


def read(path: Path) -> Manifest:
    """Return a manifest after verification.

    Raises:
        FileError: If it is missing, not a manifest, modified, or from a newer version.
    """
    try:
        with open_regular(path) as file:
            raw = file.read(_LARGEST)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} cannot be read: {reason(error, reading=True)}.") from error
    body = documents.parse(raw, str(path))
    version = body.get("plastica_checkpoint")
    if isinstance(version, int) and version > FORMAT:
        raise FileError(
            f"{path} has format {version}, but this version of plastica reads formats up to {FORMAT}. "
            "To read it, run: pip install --upgrade plastica"
        )
    seal = body.pop("sha256", None)
    if seal is None or not _is_spelt(body, raw):
        raise FileError(f"{path} is damaged or was changed after it was saved: its SHA-256 checksum does not match.")
    if body.keys() != _KEYS or not isinstance(body["document"], str):
        raise FileError(f"{path} is not the manifest of a checkpoint.")
    return Manifest(body["step"], body["files"], documents.decode(body["document"], str(path)))


def _sealed(body: Document) -> bytes:
    seal = hashlib.sha256(documents.canonical(body).encode()).hexdigest()
    return documents.canonical({**body, "sha256": seal}).encode()


def _is_spelt(body: Document, raw: bytes) -> bool:
    try:
        return _sealed(body) == raw
    except ValueError:  # NaN, or a lone surrogate
        return False
