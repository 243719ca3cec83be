"""Memory: how networks store patterns and recall them, how long they keep an input, and how people do."""

from __future__ import annotations

from .associative import AssociativeMemory, RecalledPatterns
from .attention import Attended, AttentionMemory
from .bidirectional import BidirectionalAssociativeMemory, RecalledPair
from .capacity import basins, capacity
from .dense import DenseAssociativeMemory
from .forgetting import (
    ForgettingFit,
    base_level_activation,
    fit_forgetting,
    forgetting_table,
    recall_probability,
)
from .free_recall import FreeRecall, read_free_recall
from .hopfield import HopfieldNetwork
from .neural_field import FieldRun, NeuralField
from .recurrent_layers import compare_recurrent_layers
from .representation import (
    centered_kernel_alignment,
    dissimilarity_matrix,
    participation_ratio,
    representational_similarity,
    sparseness,
)
from .retention import Retention, fisher_memory, retention
from .sparse_distributed import SparseDistributedMemory
from .sparse_hopfield import SparseHopfieldNetwork
from .tasks import MemoryTask, make_task
from .willshaw import WillshawMemory

__all__ = [
    "AssociativeMemory",
    "Attended",
    "AttentionMemory",
    "BidirectionalAssociativeMemory",
    "DenseAssociativeMemory",
    "FieldRun",
    "ForgettingFit",
    "FreeRecall",
    "HopfieldNetwork",
    "MemoryTask",
    "NeuralField",
    "RecalledPair",
    "RecalledPatterns",
    "Retention",
    "SparseDistributedMemory",
    "SparseHopfieldNetwork",
    "WillshawMemory",
    "base_level_activation",
    "basins",
    "capacity",
    "centered_kernel_alignment",
    "compare_recurrent_layers",
    "dissimilarity_matrix",
    "fisher_memory",
    "fit_forgetting",
    "forgetting_table",
    "make_task",
    "participation_ratio",
    "read_free_recall",
    "recall_probability",
    "representational_similarity",
    "retention",
    "sparseness",
]
