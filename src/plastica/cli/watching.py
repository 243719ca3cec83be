"""Progress of reading large files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ..data.streaming_files import Files
from ..data.table import Table
from .output import note
from .wording import SAY

SECONDS = 10.0  # seconds between two lines


@dataclass(frozen=True)
class WatchedFiles(Files):
    """Files that print the number of rows read, every ten seconds, on standard error."""

    @classmethod
    def of(cls, files: Files) -> WatchedFiles:
        """Wrap these files."""
        return cls(**asdict(files))

    def tables(self) -> Iterator[Table]:
        began = said = time.monotonic()
        rows = 0
        for table in super().tables():
            rows += table.height
            now = time.monotonic()
            if now - said >= SECONDS:
                said = now
                note(SAY("rows_read", rows=f"{rows:,}", time=f"{now - began:.0f}"))
            yield table
