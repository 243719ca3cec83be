"""Kernels of which most weights are 0, stored row by row: where the others stand, and what they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..quantization import narrow


class SparseKernel(NamedTuple):
    """The weights of a matrix that are not 0.

    Attributes:
        begins: Where the weights of each row begin, and the number of weights.
        columns: The column of each weight.
        weights: The weights.

    Example:
        >>> found = SparseKernel.of(np.float32([[0, 0, 0, 0, 2], [0, 0, 0, 0, 0], [0, 3, 0, 0, 4]]))
        >>> found.begins.tolist(), found.columns.tolist(), found.weights.tolist()
        ([0, 1, 1, 3], [4, 1, 4], [2.0, 3.0, 4.0])
    """

    begins: np.ndarray
    columns: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, kernel: np.ndarray) -> SparseKernel | None:
        """Return the weights of a matrix; None unless they take fewer bytes than all of it."""
        rows, columns = np.nonzero(kernel)
        begins = np.searchsorted(rows, np.arange(len(kernel) + 1))
        found = cls(
            begins.astype(_smallest(len(rows))), columns.astype(_smallest(kernel.shape[1] - 1)), kernel[rows, columns]
        )
        return found if sum(narrow(each).nbytes for each in found) < narrow(kernel).nbytes else None


def _smallest(most: int) -> str:
    """Return the smallest dtype for whole numbers up to one."""
    return "uint8" if most < 1 << 8 else "uint16" if most < 1 << 16 else "int32"
