"""Long readings tell how far they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from ..data.streaming_files import Files
from ..data.table import Table
from .output import note
from .wording import SAY

SECONDS = 10.0  # between two lines


@dataclass(frozen=True)
class WatchedFiles(Files):
    """Files that say every ten seconds how many rows were read, on standard error."""

    @classmethod
    def of(cls, files: Files) -> WatchedFiles:
        """Watch these files."""
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
