"""Standard streams that survive a closed pipe: the run is completed and the lost output is reported at the end."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

CLOSED = (
    errno.EPIPE,
    errno.EBADF,
    *((errno.EINVAL,) if os.name == "nt" else ()),
)  # what Windows raises for a closed pipe


class OutputStream(io.TextIOWrapper):
    """A standard stream that never fails.

    If writing fails because the reader has exited (``plastica train ... | head -1``) or the disk is full, the rest
    is discarded and ``lost`` contains the reason. A closed terminal therefore does not end hours of training.
    """

    lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write text, or discard it."""
        try:
            return super().write(text)
        except OSError as error:
            self._lose(error)
            return len(text)

    def flush(self) -> None:
        """Flush what was written, or discard it."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = self.lost or error
        # Python writes what is left in the buffer when it ends, and would fail once more.
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


def install() -> None:
    r"""Replace standard output and standard error by such streams.

    Characters that the terminal's encoding lacks are printed as ``\u5317`` instead of raising an error.
    """
    for name in ("stdout", "stderr"):
        given = getattr(sys, name)
        if given is None:  # closed before the program started: >&-
            made = OutputStream(open(os.devnull, "wb"), encoding="utf-8")  # noqa: PTH123, SIM115
            made.lost = OSError(errno.EBADF, os.strerror(errno.EBADF))
        elif isinstance(given, io.TextIOWrapper):
            made = OutputStream(
                given.buffer, encoding=given.encoding, errors="backslashreplace", line_buffering=given.line_buffering
            )
        else:
            continue
        setattr(sys, name, made)


def why_lost() -> OSError | None:
    """Return why standard output could not be written completely; None if it was."""
    out = sys.stdout
    if not isinstance(out, OutputStream):
        return None
    out.flush()
    return out.lost


def say_lost(error: OSError) -> str:
    """Report that standard output could not be written."""
    from ..storage.atomic import reason

    return f"standard output cannot be written: {reason(error)}."
