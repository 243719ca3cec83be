"""Dialect: how a language with the syntax of C spells loops, numbers and functions of numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "eq": "==", "ne": "!=", "lt": "<", "le": "<="}
_SIGNS |= {"gt": ">", "ge": ">=", "and": "&", "or": "|", "xor": "^", "shift_left": "<<", "shift_right_logical": ">>"}

# How operations are written that stand between operands, or before one, in both languages.
FORMS = {name: f"({{0}} {sign} {{1}})" for name, sign in _SIGNS.items()} | {"neg": "(-{0})", "not": "(~{0})"}


class Dialect(ABC):
    """A language of loops. Booleans are stored as the whole numbers 0 and 1.

    Attributes:
        sparse: Whether kernels are stored without their zeros where that is smaller.
    """

    sparse = False

    @abstractmethod
    def loop(self, index: str, size: int | str, down: bool = False) -> str:
        """Return the head of a loop over an index from 0, with its opening brace; ``down`` from last to first."""

    @abstractmethod
    def span(self, index: str, first: str, last: str) -> str:
        """Return the head of a loop over an index from a first one up to, and without, a last one."""

    @abstractmethod
    def local(self, name: str, dtype: str, value: str) -> str:
        """Return the declaration of a variable inside loops."""

    @abstractmethod
    def number(self, value: float | int | bool, dtype: str) -> str:
        """Return a literal."""

    @abstractmethod
    def apply(self, name: str, operands: Sequence[str], dtype: str) -> str:
        """Return an expression for an operation on numbers.

        Args:
            name: One of :data:`~plastica.export.program.ELEMENTWISE`, but ``where`` and ``convert``.
            operands: Expressions.
            dtype: The dtype of the operands.
        """

    @abstractmethod
    def convert(self, operand: str, dtype: str, result: str) -> str:
        """Return an expression in another dtype."""

    def lowest(self, dtype: str) -> str:
        """Return the smallest number of a dtype."""
        return self.number(-np.inf if dtype == "float32" else np.iinfo(_stored(dtype)).min, dtype)

    def largest(self, dtype: str) -> str:
        """Return the largest number of a dtype."""
        return self.number(np.inf if dtype == "float32" else np.iinfo(_stored(dtype)).max, dtype)


def is_whole(dtype: str) -> bool:
    """Return whether numbers of a dtype are stored as whole numbers."""
    return dtype != "float32"


def _stored(dtype: str) -> str:
    return "int32" if dtype == "bool" else dtype
