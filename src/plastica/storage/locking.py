"""Advisory locks that are released when their process ends, even if it is killed."""

from __future__ import annotations

try:
    import fcntl
except ImportError:  # Windows has no flock; runs are not protected from each other there
    fcntl = None


def try_lock(descriptor: int, *, where_unknown: bool = True) -> bool:
    """Acquire an exclusive lock on an open file; return False if another process holds it.

    Args:
        descriptor: An open file.
        where_unknown: The result if the platform or the file system does not support such locks.
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
