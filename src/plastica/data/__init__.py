"""Preparing data for networks: tables, targets, splits, blocks on disk, windows over a time series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import importer

HOMES = {"Blocks": ".streaming", "ParquetShards": ".parquet_shards", "SeriesWindows": ".series_windows"}

__all__ = ["Blocks", "ParquetShards", "SeriesWindows"]


# Reading tables does not import JAX.
__getattr__ = importer(__name__, HOMES)


if TYPE_CHECKING:
    from .parquet_shards import ParquetShards
    from .series_windows import SeriesWindows
    from .streaming import Blocks
