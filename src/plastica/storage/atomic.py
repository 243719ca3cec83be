"""Atomic writing: the result is either the complete new file or the unchanged old one."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..errors import FileError, InvalidValue
from .locking import try_lock

if TYPE_CHECKING:
    from typing_extensions import Buffer

_PREFIX, _SUFFIX = ".plastica-", ".tmp"
_LARGEST_WRITE = 1 << 24
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is exceeded",
    errno.EFBIG: "the file exceeds the maximum size allowed",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "its folder does not exist; create it first",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder; pass the path of a file",
    errno.ENOTEMPTY: "it is a folder that is not empty",
    errno.ENAMETOOLONG: "the name is too long for this disk",
}

_READING_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder; pass the path of a file in it",
    errno.EIO: "the disk reported an error",
    errno.ELOOP: "its symbolic links form a loop",
    errno.ENAMETOOLONG: "the name is too long for this disk",
}


def replace_file(path: str | os.PathLike[str], chunks: Iterable[Buffer]) -> None:
    """Write ``chunks`` one after another to the file ``path``, completely or not at all.

    The data are written to a temporary file in the same folder, synchronized to disk, and only then renamed. If the
    process is killed, the disk is full or the power fails at any moment, the old file remains. Temporary files of
    killed processes are removed.

    Args:
        path: The file. Symbolic links are followed, and the permissions of an existing file are preserved. Devices and
            pipes, such as ``/dev/stdout``, are written to and never replaced.
        chunks: Objects with the buffer interface.

    Raises:
        FileError: If it cannot be written; the old file is unchanged.
    """
    if _is_stream(path):
        with explained(path, "what it has received is incomplete"):
            _write_stream(path, chunks)
        return
    target = Path(os.path.realpath(path))
    with explained(path, "nothing was changed"):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        _remove_leftovers(target.parent)
        descriptor, beside = _open_beside(target.parent)
        try:
            try:
                _keep_permissions(descriptor, target)
                write_all(descriptor, chunks)
                os.fsync(descriptor)
                os.replace(beside, target)  # noqa: PTH105 (a single call that tests can make fail)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
    with explained(path, "the new file is complete but may be lost if the power fails"):
        sync_folder(target.parent)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a path that no file can be written to, before long work whose result it is to take.

    Raises:
        FileError: If it is a folder, its folder does not exist, or writing there is not permitted.
    """
    if _is_stream(path):
        return
    target = Path(os.path.realpath(path))
    with explained(path, "nothing was changed"):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not target.parent.is_dir():
            code = errno.ENOTDIR if target.parent.exists() else errno.ENOENT
            raise OSError(code, os.strerror(code))
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def as_path(path: object) -> Path:
    """Return the argument as a path.

    Raises:
        InvalidValue: If it is not a path.
    """
    try:
        return Path(cast(str, path))
    except TypeError:
        raise InvalidValue(f"{path!r} is not a path; pass a string or a pathlib.Path.") from None


def write_file(path: Path, chunks: Iterable[Buffer]) -> None:
    """Write a new file, which must not exist, and synchronize it to disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
    try:
        write_all(descriptor, chunks)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, chunks: Iterable[Buffer]) -> None:
    """Write all chunks completely; the operating system may write fewer bytes per call than requested."""
    for chunk in chunks:
        view = memoryview(chunk)
        rest = view.cast("B") if view.nbytes else b""  # an empty view cannot be cast
        while rest:
            rest = rest[os.write(descriptor, rest[:_LARGEST_WRITE]) :]


def sync_folder(folder: Path) -> None:
    """Synchronize the entries of a folder to disk."""
    if os.name == "nt":  # Windows cannot open folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explained(path: str | os.PathLike[str], promise: str) -> Generator[None, None, None]:
    """Convert errors of the operating system to one sentence: the file, the reason, and what is unchanged."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{os.fspath(path)} cannot be written: {reason(error)}; {promise}.") from error


def reason(error: OSError, reading: bool = False) -> str:
    """Return why the operating system refused to write or read, in plain words."""
    words = _REASONS | _READING_REASONS if reading else _REASONS
    return words.get(error.errno or 0) or error.strerror or str(error)


_BINARY = getattr(os, "O_BINARY", 0)


def _is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a device, a pipe or a socket, which a renamed file would delete."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (the path may be of bytes)
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _write_stream(path: str | os.PathLike[str], chunks: Iterable[Buffer]) -> None:
    descriptor = os.open(path, os.O_WRONLY | _BINARY)
    try:
        write_all(descriptor, chunks)
    finally:
        os.close(descriptor)


def _open_beside(folder: Path) -> tuple[int, Path]:
    """Open a new file that is locked until its process ends."""
    while True:
        beside = folder / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        # Another process may have removed the file before it was locked; then try again.
        if try_lock(descriptor) and beside.exists():
            return descriptor, beside
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    for beside in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            descriptor = os.open(beside, os.O_RDWR)
            try:
                if try_lock(descriptor, where_unknown=False):
                    beside.unlink()
            finally:
                os.close(descriptor)


def _keep_permissions(descriptor: int, target: Path) -> None:
    if os.name != "nt" and target.exists():
        with suppress(OSError):
            os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
