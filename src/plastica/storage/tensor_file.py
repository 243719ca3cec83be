"""The safetensors format: a length, a JSON header, and the bytes of the arrays one after another.

This implementation is used instead of the safetensors package because the package orders its header differently in
each process (equal models would give different files), and because all claims of a header are checked here before
memory is allocated. The format is the same: files can be exchanged with the package in both directions.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeGuard, cast

import numpy as np

from ..errors import FileError, InvalidValue
from ..typing import Document, Shaped
from . import document as documents
from .atomic import reason
from .foreign import what_it_seems

if TYPE_CHECKING:
    from jax.typing import ArrayLike

LARGEST_HEADER = documents.LARGEST_DOCUMENT * 2
MOST_ARRAYS = 100_000
_MOST_AXES = 32
_METADATA = "__metadata__"
_PLAIN = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "C64": "<c8", "BOOL": "|b1",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
_EXTENDED = {"BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}


class ArrayEntry(NamedTuple):
    """The location of an array: the safetensors name of its type, its shape, its first byte and the end."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorFile(NamedTuple):
    """The contents of a file: the parsed header, the bytes of the header (with its length), the bytes of the arrays."""

    metadata: dict[str, str]
    entries: dict[str, ArrayEntry]
    header: bytes
    data: np.ndarray


def lay_out(arrays: Mapping[str, ArrayLike]) -> tuple[dict[str, ArrayEntry], list[memoryview]]:
    """Return the location of each array, and the bytes of the arrays in that order.

    Wide types are first, so that every array is aligned.

    Raises:
        InvalidValue: If the format does not support a name or the type of an array.
    """
    if len(arrays) > MOST_ARRAYS:
        raise InvalidValue(f"got {len(arrays):,} arrays; a file can contain at most {MOST_ARRAYS:,}.")
    made = {name: _storable(name, array) for name, array in arrays.items()}
    entries: dict[str, ArrayEntry] = {}
    begin = 0
    ordered = sorted(made, key=lambda name: (-made[name].itemsize, name))
    for name in ordered:
        array = made[name]
        entries[name] = ArrayEntry(_code(array.dtype), array.shape, begin, begin + array.nbytes)
        begin += array.nbytes
    return entries, [made[name].reshape(-1).view(np.uint8).data for name in ordered]


def header_bytes(entries: Mapping[str, ArrayEntry], metadata: Mapping[str, str]) -> bytes:
    """Return the length and header at the beginning of a file; equal contents give equal bytes."""
    header: dict[str, object] = {
        name: {"dtype": entry.dtype, "shape": list(entry.shape), "data_offsets": [entry.begin, entry.end]}
        for name, entry in entries.items()
    }
    text = documents.canonical({**header, _METADATA: dict(metadata)}).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LARGEST_HEADER:
        raise InvalidValue(
            f"got {len(text):,} bytes of names and document; a file can contain at most {LARGEST_HEADER:,}."
        )
    return len(text).to_bytes(8, "little") + text


def read(path: str | os.PathLike[str]) -> TensorFile:
    """Read a file, checking its header against its contents.

    Raises:
        FileError: If it is missing, in another format, truncated or damaged.
    """
    where = os.fspath(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            header = _read_header(file, size, where)
            metadata, entries = _parse(header, size - len(header), where)
            data = np.empty(size - len(header), np.uint8)
            if file.readinto(data.data) != data.size:
                raise FileError(f"{where} is truncated: it became shorter while it was being read.")
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{where} cannot be read: {reason(error, reading=True)}.") from error
    except MemoryError as error:
        raise FileError(f"{where} cannot be read: it is larger than the free memory.") from error
    return TensorFile(metadata, entries, header, data)


def content(arrays: Mapping[str, ArrayLike], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a file with these arrays and metadata, to be sent and read by :func:`parsed`."""
    entries, data = lay_out(arrays)
    return b"".join([header_bytes(entries, metadata), *data])


def parsed(content: bytes, where: str) -> TensorFile:
    """Return what the bytes of a file contain, checking the header against them; ``where`` names them in errors.

    Raises:
        FileError: If they are in another format, truncated or damaged.
    """
    size = 8 + int.from_bytes(content[:8], "little")
    if not 10 <= size <= len(content) or size > 8 + LARGEST_HEADER:
        raise FileError(f"{where} is truncated or damaged: its header does not fit into its {len(content):,} bytes.")
    metadata, entries = _parse(content[:size], len(content) - size, where)
    # A copy, so that its arrays are aligned and can be written to.
    return TensorFile(metadata, entries, content[:size], np.frombuffer(content, np.uint8, offset=size).copy())


def arrays_of(file: TensorFile, where: str) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name, as writable views of its bytes.

    Raises:
        FileError: If a Boolean is neither true nor false; ``where`` names the file.
    """
    arrays: dict[str, np.ndarray] = {}
    for name, entry in sorted(file.entries.items()):
        data = file.data[entry.begin : entry.end]
        if entry.dtype == "BOOL" and data.max(initial=0) > 1:
            raise FileError(f"{where} is damaged: the Boolean array {name!r} contains values other than 0 and 1.")
        arrays[name] = data.view(_dtype(entry.dtype)).reshape(entry.shape)
    return arrays


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        FileError: If it does not exist, or is a folder or not a regular file.
    """
    where = os.fspath(path)
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError as error:
        raise FileError(f"{where}: there is no such file.") from error
    if stat.S_ISDIR(mode):
        raise FileError(f"{where} is a folder; {_inside(Path(path))}.")
    if not stat.S_ISREG(mode):
        raise FileError(f"{where} is not a regular file.")
    return Path(path).open("rb")


def _inside(folder: Path) -> str:
    """Return advice for a folder passed instead of a model file."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        return reason(error, reading=True)
    if any(name.startswith("step-") for name in names):
        return "it contains the checkpoints of a run; to resume the run, call fit(..., checkpoint=FOLDER, resume=True)"
    models = [name for name in names if name.endswith(".plastica")]
    return f"pass the path of a file in it, such as {folder / models[0]}" if models else "pass the path of a file in it"


def _read_header(file: BufferedReader, size: int, where: str) -> bytes:
    start = file.read(512)
    length = int.from_bytes(start[:8], "little")
    if start[8:9] != b"{" or not 2 <= length <= LARGEST_HEADER:
        seems = what_it_seems(start)
        if seems:
            raise FileError(f"{where} is not a plastica model; it looks like {seems}.")
        raise FileError(f"{where} is not a plastica model, or its beginning is damaged.")
    if length > size - 8:
        raise FileError(f"{where} is truncated: it has {size:,} bytes, but its header alone takes {length + 8:,}.")
    file.seek(0)
    return file.read(8 + length)


def _parse(header: bytes, size: int, where: str) -> tuple[dict[str, str], dict[str, ArrayEntry]]:
    """Check that the arrays in the header fill the ``size`` bytes after it exactly."""
    parts = documents.parse(header[8:], where)
    metadata = parts.pop(_METADATA, {})
    if not _are_texts(metadata):
        raise FileError(f"{where} is damaged: its metadata are not text.")
    if len(parts) > MOST_ARRAYS:
        raise FileError(f"{where} declares {len(parts):,} arrays; a file can contain at most {MOST_ARRAYS:,}.")
    entries = {name: _entry(name, part, where) for name, part in parts.items()}
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            raise FileError(f"{where} is damaged: the bytes of {name!r} begin at {entry.begin}, expected {end}.")
        end = entry.end
    if end != size:
        state = "truncated" if end > size else "damaged"
        raise FileError(f"{where} is {state}: it contains {size:,} bytes of arrays, but its header declares {end:,}.")
    return metadata, entries


def _entry(name: str, part: object, where: str) -> ArrayEntry:
    damaged = FileError(f"{where} is damaged: its header does not describe the array {name!r}.")
    if not isinstance(part, dict) or cast(Document, part).keys() != {"dtype", "shape", "data_offsets"}:
        raise damaged
    fields = cast(Document, part)
    code, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not (isinstance(code, str) and _are_counts(shape) and _are_counts(offsets) and len(offsets) == 2):
        raise damaged
    if code not in _PLAIN and code not in _EXTENDED:
        raise FileError(
            f"{where}: the array {name!r} has the unknown type {code[:20]!r}; a newer version may have written it."
        )
    itemsize = _dtype(code).itemsize
    begin, end = offsets
    # NumPy multiplies the nonzero dimensions even if another one is zero
    span = itemsize * math.prod(axis for axis in shape if axis)
    if len(shape) > _MOST_AXES or span >= 2**63 or end - begin != itemsize * math.prod(shape):
        raise damaged
    return ArrayEntry(code, tuple(shape), begin, end)


def _are_texts(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(each, str) for each in cast(Document, value).values())


def _are_counts(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(
        type(part) is int and 0 <= part < 2**63 for part in cast("list[object]", value)
    )


def _storable(name: object, array: ArrayLike) -> Shaped[np.ndarray, "*shape"]:
    if not isinstance(name, str) or name == _METADATA:
        raise InvalidValue(f"an array cannot be named {name!r}; expected a string other than {_METADATA!r}.")
    if not _is_text(name):
        raise InvalidValue(f"an array cannot be named {name!r}; expected valid Unicode text.")
    made = np.asarray(array)
    if _code(made.dtype) == "":
        raise InvalidValue(
            f"array {name!r}: the type {made.dtype} is not supported by safetensors files; expected one of "
            f"{', '.join([np.dtype(kind).name for kind in _PLAIN.values()] + list(_EXTENDED.values()))}."
        )
    if made.ndim > _MOST_AXES:
        raise InvalidValue(f"array {name!r}: got {made.ndim} axes; expected at most {_MOST_AXES}.")
    return np.asarray(made, dtype=_dtype(_code(made.dtype)), order="C")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _code(dtype: np.dtype) -> str:
    """Return the name of a type in safetensors, or "" if there is none."""
    for code, name in _EXTENDED.items():
        if dtype.name == name:
            return code
    little = dtype.newbyteorder("<").str
    return next((code for code, plain in _PLAIN.items() if np.dtype(plain).str == little), "")


def _dtype(code: str) -> np.dtype:
    if code in _PLAIN:
        return np.dtype(_PLAIN[code])
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, _EXTENDED[code]))
