"""How many members of a run fit into memory at once."""

from __future__ import annotations

import os
from collections.abc import Sequence

import jax
import numpy as np

from .batches import TABLE_ENTRIES
from .member import Member

# A share of what is free: other programs need memory too, and the estimate knows nothing of activities.
SHARE = 0.5
# The arrays of a member before and after a call, and what the steps compute in between.
COPIES = 3
UNKNOWN = 1 << 32  # where neither the device nor the system says how much is free
NUMBER_BYTES = 4  # of a row number


def free_bytes() -> int:
    """Return how much memory of the device that computes is free."""
    device = jax.local_devices()[0]
    known = device.memory_stats()
    if known and "bytes_limit" in known:
        return int(known["bytes_limit"]) - int(known.get("bytes_in_use", 0))
    try:  # a CPU computes in the memory of the system
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # on Windows
        return UNKNOWN


def bytes_of(member: Member) -> int:
    """Return the memory that a member needs besides the rows, which all share."""
    leaves = jax.tree.leaves((member.trainee.learner, member.trainee.program))
    arrays = sum(np.size(leaf) * np.dtype(getattr(leaf, "dtype", np.float32)).itemsize for leaf in leaves)
    return COPIES * arrays + NUMBER_BYTES * min(TABLE_ENTRIES, member.source.rows or TABLE_ENTRIES)


def turns_of(members: Sequence[Member]) -> list[list[int]]:
    """Return which members to compute at once, so that each turn fits into memory.

    All turns have the same number of members, up to the last, so that they share one program.
    """
    fit = max(1, int(SHARE * free_bytes() // max(bytes_of(member) for member in members)))
    turns = -(-len(members) // fit)
    size = -(-len(members) // turns)
    return [list(range(start, min(start + size, len(members)))) for start in range(0, len(members), size)]
