"""A temporary file of encoded rows, written once and read block by block in every epoch."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import final

import numpy as np

from ..errors import FileError
from ..typing import Float, Num
from .streaming import Block, Blocks

BLOCK_BYTES = 1 << 21
MIXED_BYTES = 1 << 25  # shuffled together before writing


@final
class Scratch(Blocks):
    """Rows of float32 in one file: inputs, then targets.

    Args:
        path: The file, which is overwritten.
        inputs: The number of inputs per row.
        targets: The number of targets per row.
        seed: The seed for the order of rows in the file.
        weights: The weight of each class, or None.
    """

    def __init__(
        self, path: Path, inputs: int, targets: int, seed: int, weights: Sequence[float] | None = None
    ) -> None:
        self.path, self.inputs, self.targets, self.seed = path, inputs, targets, seed
        self.weights = None if weights is None else np.array(weights, np.float32)
        self.width = inputs + targets
        self.block_rows = max(64, BLOCK_BYTES // (4 * self.width))
        self.mixed_rows = self.block_rows * max(1, MIXED_BYTES // BLOCK_BYTES)
        self.written = self._writes = 0
        self._waiting: list[np.ndarray] = []
        self._hash = hashlib.sha256(repr((inputs, targets, weights)).encode())
        self._handle = path.open("wb")

    def add(self, x: Float[np.ndarray, "rows features"], y: Num[np.ndarray, "rows *outputs"]) -> None:
        """Add rows; FileError if they cannot be written."""
        self._waiting.append(np.concatenate([x, y.reshape(len(x), -1)], axis=1, dtype=np.float32))
        if sum(map(len, self._waiting)) >= self.mixed_rows:
            self._write(last=False)

    def finish(self) -> None:
        """Write the remaining rows; no row can be added afterwards."""
        self._write(last=True)
        self._handle.close()

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):  # rows that did not fit on a full disk
            self._handle.close()
        self.path.unlink(missing_ok=True)

    @property
    def sizes(self) -> Sequence[int]:
        """The number of rows of each block."""
        whole, rest = divmod(self.written, self.block_rows)
        return [self.block_rows] * whole + [rest] * bool(rest)

    @property
    def digest(self) -> str:
        """A text that identifies these rows."""
        return self._hash.hexdigest()

    def read(self, block: int) -> Block:
        """Return the inputs, targets and weights of a block."""
        start, rows = block * self.block_rows, self.sizes[block]
        count, offset = rows * self.width, start * self.width * 4
        found = np.fromfile(self.path, np.float32, count, offset=offset).reshape(rows, self.width)
        x, y = found[:, : self.inputs], found[:, self.inputs :]
        y = y[:, 0] if self.targets == 1 else y
        return x, y, None if self.weights is None else self.weights[y.astype(np.int64)]

    def _write(self, last: bool) -> None:
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting)
        cut = len(rows) if last else len(rows) // self.mixed_rows * self.mixed_rows
        for start in range(0, cut, self.mixed_rows):
            part = rows[start : min(start + self.mixed_rows, cut)]
            mixed = part[np.random.default_rng([self.seed, self._writes]).permutation(len(part))]
            self._writes += 1
            self._hash.update(mixed.data)
            self._put(mixed)
        self.written += cut
        self._waiting = [rows[cut:]] if cut < len(rows) else []

    def _put(self, rows: Num[np.ndarray, "rows *shape"]) -> None:
        try:
            self._handle.write(rows.data)
            self._handle.flush()
        except OSError as problem:
            raise FileError(
                f"the encoded rows cannot be written to {self.path}: {problem.strerror or problem}. Free some space, "
                "choose a folder on another disk (scratch=), drop columns, or use fewer rows."
            ) from None


def check_room(folder: Path, needed: int) -> None:
    """Check that the disk of a folder has enough free space.

    Raises:
        FileError: If it does not; with the free space.
    """
    free = shutil.disk_usage(folder).free
    if needed * 1.05 > free:
        raise FileError(
            f"the encoded rows take {needed / 1e9:.1f} GB, and the disk of {folder} has "
            f"{free / 1e9:.1f} GB free. Choose a folder on another disk (scratch=), drop columns, or use "
            "fewer rows."
        )
