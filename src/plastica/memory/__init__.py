"""Memory: how networks store patterns and recall them."""

from __future__ import annotations

from .associative import AssociativeMemory, RecalledPatterns
from .attention import Attended, AttentionMemory
from .bidirectional import BidirectionalAssociativeMemory, RecalledPair
from .capacity import basins, capacity
from .dense import DenseAssociativeMemory
from .hopfield import HopfieldNetwork
from .neural_field import FieldRun, NeuralField
from .sparse_distributed import SparseDistributedMemory
from .sparse_hopfield import SparseHopfieldNetwork
from .willshaw import WillshawMemory

__all__ = [
    "AssociativeMemory",
    "Attended",
    "AttentionMemory",
    "BidirectionalAssociativeMemory",
    "DenseAssociativeMemory",
    "FieldRun",
    "HopfieldNetwork",
    "NeuralField",
    "RecalledPair",
    "RecalledPatterns",
    "SparseDistributedMemory",
    "SparseHopfieldNetwork",
    "WillshawMemory",
    "basins",
    "capacity",
]
