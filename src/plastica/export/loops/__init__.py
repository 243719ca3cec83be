"""Programs as nested loops in languages with the syntax of C: C99 itself, and JavaScript.

A :class:`~.statements.Statements` writes the loops of each operation; a :class:`~.dialect.Dialect` says how a language
spells them.
"""

from __future__ import annotations

from .dialect import Dialect
from .writing import LoopCode, write_loops

__all__ = ["Dialect", "LoopCode", "write_loops"]
