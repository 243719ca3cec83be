"""Training on files and folders larger than memory, and metrics and predictions for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from ..checks.prepared import Prepared
from ..data.streaming_files import Files
from ..settings import Settings
from .streamed_scores import evaluate_chunks, predict_chunks
from .streamed_training import StreamedOptions, train_on_files
from .table import TableNetwork

__all__ = ["evaluate_chunks", "fit_streaming", "predict_chunks", "train_streaming"]


def fit_streaming(
    source: str | Path | Files,
    target: str | Sequence[str],
    settings: Settings | None = None,
    **options: Unpack[StreamedOptions],
) -> TableNetwork:
    """Train like :func:`train_streaming`, with the same options, and return the network only."""
    return train_on_files(TableNetwork, source, target, settings, **options)[0]


def train_streaming(
    source: str | Path | Files,
    target: str | Sequence[str],
    settings: Settings | None = None,
    **options: Unpack[StreamedOptions],
) -> tuple[TableNetwork, Prepared]:
    """Train a network on a file or folder larger than memory, and evaluate it on the test set.

    The rows are read twice: once to infer the kinds of columns, and once to encode them into a temporary file, which is
    read in every epoch. Memory use does not depend on the number of rows.

    Args:
        source: A CSV or TSV file (also gzipped), a Parquet file, a folder of either, or the result of
            :func:`~plastica.data.streaming_files.open_files`.
        target: The column to predict, several columns, or a pattern such as ``Class*``.
        settings: The settings; the defaults suit most tables.
        verbose, callbacks, model, checkpoint, resume: As for :meth:`TableNetwork.train`.
        scratch: The folder for the temporary file, which is removed at the end. Default: the parent of the folder of
            checkpoints, or the system's folder for temporary files.
        test_data: A separate test set in memory. Default: split off from the rows, or the file named by
            ``settings.test``.
        told: Called once before training, with the rows in memory, the network, and the counts of all rows.

    Returns:
        The network, and the rows in memory: a sample of the training set, all of validation and test set.

    Raises:
        FileError, DataError: If something cannot be read or used (with file, row and column), or the disk is full.
        InvalidValue: If a setting requires all rows in memory.
    """
    return train_on_files(TableNetwork, source, target, settings, **options)
