"""Advisory locks that end with the process that holds them, however it ends."""

from __future__ import annotations

try:
    import fcntl
except ImportError:  # Windows has no flock; runs there are not kept apart
    fcntl = None


def try_lock(descriptor: int, *, where_unknown: bool = True) -> bool:
    """Take the exclusive lock on an open file; answer False when another holder has it.

    Args:
        descriptor: An open file.
        where_unknown: The answer where the platform or the file system has no such locks.
    """
    if fcntl is None:
        return where_unknown
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return where_unknown
    return True
