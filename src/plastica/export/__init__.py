"""Models as files for places without Python or JAX: the inference as a program, and a writer for each target.

A program is a list of simple operations, see :mod:`plastica.export.program`, which every writer reads.
"""

from __future__ import annotations

from .program import ArrayProgram, ArrayValue, Operation, RowCount
from .targets import ExportedFiles, write
from .tracing import program_of

__all__ = ["ArrayProgram", "ArrayValue", "ExportedFiles", "Operation", "RowCount", "program_of", "write"]
