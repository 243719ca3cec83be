"""Reading files, pipes and standard input as bytes, limited by the available memory."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..datasets import NAMES, path_of
from ..errors import DataError, FileError
from ..notes import note
from .table import show

BLOCK_BYTES = 1 << 22
GZIP = b"\x1f\x8b"
ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]+)://", re.I)
SHARE = 0.5  # of the free memory may be taken by a file that is read as a whole
# A table compresses to a tenth, a repetitive one to a hundredth, zeros and line breaks to a thousandth.
MOST_PACKED, SMALL = 100, 1 << 28
NO_FILES = (
    (stat.S_ISDIR, "is a directory; give one file"),
    (stat.S_ISCHR, "is a device, not a file, and may never end. For standard input use -"),
    (stat.S_ISBLK, "is a device, not a file. Copy the table to a file first"),
    (stat.S_ISSOCK, "is a socket, not a file"),
)


def find(source: str | os.PathLike[str]) -> Path:
    """Return the path of a file, or of an included data set if there is no such file.

    Raises:
        FileError: If it is a network address, a directory or a device, or does not exist.
    """
    given = os.fspath(source)
    if address := ADDRESS.match(given):
        kind = "its path" if address[1].lower() == "file" else "the file; download it first: curl -LO ADDRESS"
        raise FileError(f"{show(given)} is a URL, and plastica does not read from the network. Give {kind}.")
    path = Path(given)
    with explained(path):
        if not path.exists() and given in NAMES:
            return path_of(given)
        mode = path.stat().st_mode
    for check, said in NO_FILES:
        if check(mode):
            raise FileError(f"{name_of(path)} {said}.")
    return path


def read_bytes(source: str | os.PathLike[str]) -> tuple[bytes, str]:
    """Return the uncompressed contents of a file and its name for messages; ``"-"`` is standard input.

    Raises:
        FileError: As for :func:`find`, or if the file cannot be read or is damaged.
        DataError: If it does not fit into memory.
    """
    most = int(SHARE * free_memory())
    if source == "-":
        data, name = _at_most(sys.stdin.buffer, most, "standard input"), "standard input"
    else:
        path = find(source)
        name = name_of(path)
        with explained(path), path.open("rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and os.fstat(file.fileno()).st_size > most:
                raise _too_large(name, most)
            data = _at_most(file, most, name)
    return (_unpack(data, name, most) if data.startswith(GZIP) else data), name


def blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the uncompressed contents of a file, a few megabytes at a time.

    Raises:
        FileError: If the file cannot be read or is damaged.
    """
    with explained(path), path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        file: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # pyright: ignore[reportAssignmentType]
        while data := file.read(size):
            yield data


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, uncompressed."""
    with explained(path), path.open("rb") as raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        return gzip.GzipFile(fileobj=raw).read(4096) if packed else raw.read(4096)


@contextmanager
def explained(path: Path) -> Generator[None, None, None]:
    """Convert errors of the operating system into a FileError with one sentence."""
    try:
        yield
    except (FileError, DataError):
        raise
    except FileNotFoundError:
        raise FileError(note("errors.no_file", file=show(str(path)))) from None
    except EOFError:
        raise _cut(name_of(path)) from None
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise _damaged(name_of(path), problem) from None
    except PermissionError:
        raise FileError(note("errors.no_permission", file=show(str(path)))) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise FileError(f"{show(str(path))} cannot be read: {reason}.") from None


def name_of(path: Path) -> str:
    """Return the name of a file for messages, with control characters escaped for the terminal."""
    return path.name if path.name.isprintable() else show(path.name)


def memory() -> int:
    """Return the memory limit of this process in bytes."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 33
    return min(whole, _number("/sys/fs/cgroup/memory.max") or whole)


def free_memory() -> int:
    """Return the free memory of this process in bytes."""
    most = memory()
    used = _number("/sys/fs/cgroup/memory.current")
    if used and _number("/sys/fs/cgroup/memory.max"):
        most = max(most - used, most // 8)  # used memory includes the file cache, which can be freed
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return most
    found = next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable")), most)
    return min(found, most)


def _number(path: str) -> int:
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _at_most(file: BinaryIO, most: int, name: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := file.read(BLOCK_BYTES):
        parts.append(part)
        size += len(part)
        if size > most:
            raise _too_large(name, most)
    return b"".join(parts)


def _unpack(data: bytes, name: str, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while part := file.read(BLOCK_BYTES):
                parts.append(part)
                size += len(part)
                if size > most:
                    raise _too_large(f"{name}, unpacked,", most)
                if size > max(SMALL, MOST_PACKED * len(data)):
                    raise DataError(
                        f"{name} expands to more than {MOST_PACKED} times its size, which is unusual for a table. If "
                        "it is one, decompress it first (gzip -d)."
                    )
    except EOFError:
        raise _cut(name) from None
    except (OSError, zlib.error) as problem:
        if isinstance(problem, FileError):
            raise
        raise _damaged(name, problem) from None
    return b"".join(parts)


def _too_large(name: str, most: int) -> DataError:
    return DataError(
        f"{name} is larger than {most / 1e9:.1f} GB, half of the free memory. Read it in chunks: save it as "
        "a file and use --stream (in Python fit_streaming), or use fewer rows."
    )


def _cut(name: str) -> FileError:
    return FileError(f"{name} is cut short: its gzip data ends too early. Copy or download it again.")


def _damaged(name: str, problem: Exception) -> FileError:
    return FileError(f"{name} is damaged: its gzip data cannot be decompressed ({problem}).")
