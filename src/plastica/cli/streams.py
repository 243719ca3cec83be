"""Standard output and standard error that nobody may be reading: a run goes on, and its end says what was lost."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

CLOSED = (errno.EPIPE, errno.EBADF, *((errno.EINVAL,) if os.name == "nt" else ()))  # Windows says so of closed pipes


class Stream(io.TextIOWrapper):
    """A standard stream that takes all text for as long as the program runs.

    When writing fails, since the reader is gone (``plastica train ... | head -1``) or the disk full, the rest goes
    nowhere, and ``lost`` holds why. So hours of training never end with the terminal they were told to.
    """

    lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write text, or lose it."""
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = self.lost or error
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


def install() -> None:
    r"""Put such streams in the places of standard output and standard error.

    A label that the terminal's encoding lacks is shown as ``\u5317`` rather than ending the program.
    """
    for name in ("stdout", "stderr"):
        given = getattr(sys, name)
        if given is None:  # it was closed before the program began: >&-
            made = Stream(open(os.devnull, "wb"), encoding="utf-8")  # noqa: PTH123, SIM115
            made.lost = OSError(errno.EBADF, os.strerror(errno.EBADF))
        elif isinstance(given, io.TextIOWrapper):
            made = Stream(
                given.buffer, encoding=given.encoding, errors="backslashreplace", line_buffering=given.line_buffering
            )
        else:
            continue
        setattr(sys, name, made)


def why_lost() -> OSError | None:
    """Return why standard output could not be written to the end; None where it was, or nothing was to be."""
    out = sys.stdout
    if not isinstance(out, Stream):
        return None
    out.flush()
    return out.lost


def say_lost(error: OSError) -> str:
    """Say that standard output could not be written."""
    from ..storage.atomic import reason

    return f"standard output cannot be written: {reason(error)}."
