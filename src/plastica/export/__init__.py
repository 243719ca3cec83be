"""Models as files for places without Python or JAX: the inference as a program, and a writer for each target.

A program is a list of simple operations, see :mod:`plastica.export.program`, which every writer reads.
"""

from __future__ import annotations

from .program import Operation, Program, Rows, Value
from .targets import Written, write
from .tracing import program_of

__all__ = ["Operation", "Program", "Rows", "Value", "Written", "program_of", "write"]
