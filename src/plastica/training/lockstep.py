"""Several processes that compute one run: what depends on a clock or a key is decided by the first of them."""

from __future__ import annotations

import jax
import numpy as np
from jax.sharding import Mesh

from ..errors import InvalidValue
from ..typing import Float


class Lockstep:
    """The processes of a run whose devices belong to several.

    Each makes the same calls of the same program, and would wait for ever for one that makes another call. The number
    of steps of a call, time limits, interrupts and checkpoints follow clocks; those of the first process count.
    """

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and shows progress."""
        return jax.process_index() == 0

    def agreed(self, *values: float) -> Float[np.ndarray, "values"]:
        """Return the values of the first process; waits until all processes have come here."""
        from jax.experimental.multihost_utils import broadcast_one_to_all

        return np.asarray(broadcast_one_to_all(np.array(values, np.float32)))

    def require_same(self, digest: str, what: str) -> None:
        """Check that all processes have the same.

        Args:
            digest: A hexadecimal digest of what this process has.
            what: What it is, for the message.

        Raises:
            InvalidValue: If another process has something else.
        """
        every = self._gathered(np.frombuffer(bytes.fromhex(digest), np.uint8))
        others = [number for number, each in enumerate(every) if not np.array_equal(each, every[0])]
        if others:
            raise InvalidValue(
                f"worker {others[0] + 1} of {len(every)} has {what} than worker 1; start all of them with the same "
                "files, settings and versions."
            )

    def of_each(self, value: int) -> list[int]:
        """Return the values of all processes; waits until all have come here."""
        return self._gathered(np.array([value], np.int32))[:, 0].tolist()

    def _gathered(self, mine: np.ndarray) -> np.ndarray:
        from jax.experimental.multihost_utils import process_allgather

        return np.asarray(process_allgather(mine)).reshape(jax.process_count(), -1)


def lockstep_of(mesh: Mesh | None) -> Lockstep | None:
    """Return the processes of a mesh; None if all its devices belong to this one."""
    return Lockstep() if mesh is not None and mesh.is_multi_process else None
