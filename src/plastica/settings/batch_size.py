"""The usual number of rows per gradient step."""

from __future__ import annotations


def batch_size_for(rows: int) -> int:
    """Return the default batch size for a number of rows.

    Example:
        >>> batch_size_for(200), batch_size_for(20_000), batch_size_for(1_000_000)
        (32, 256, 512)
    """
    sizes = {500: 32, 1_500: 64, 6_000: 128, 50_000: 256}
    return next((size for limit, size in sizes.items() if rows < limit), 512)
