"""CompressedModel: a model on the way to a smaller one, and what is exported in the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from ..errors import InvalidValue
from ..evaluation.scores import Scores
from ..export.exported import Exported
from ..export.program import ArrayProgram
from ..export.quantization import quantized
from ..tables.base import BaseTableNetwork
from .fine_tuning import Lessons
from .source import CompressionSource
from .wording import SAY


@dataclass(frozen=True, eq=False)
class CompressedModel:
    """A model that was made smaller.

    Attributes:
        source: The model that it was made of: the original, or what was distilled from it.
        program: Its inference.
        recipe: The short names of what was done.
    """

    source: CompressionSource
    program: ArrayProgram
    recipe: str = ""

    @classmethod
    def of(cls, source: CompressionSource) -> Self:
        """Return a model as it is."""
        return cls(source, source.exported.program)

    def __repr__(self) -> str:
        return f"CompressedModel({self.recipe!r}, {self.program.numbers:,} numbers)"

    @cached_property
    def lessons(self) -> Lessons:
        """What it is trained with."""
        return self.source.lessons()

    @cached_property
    def exported(self) -> Exported:
        """What :func:`plastica.export.write` writes as a file.

        Checks of the file compare it with plastica's answers before it was made smaller.
        """
        return replace(self.source.exported, program=self.program)

    @cached_property
    def scores(self) -> Scores:
        """The metrics on the test rows, with their intervals."""
        return self.source.scores(self.program)

    @property
    def table(self) -> BaseTableNetwork | None:
        """The small model for a table, if it was distilled and nothing else: it can be saved and used as any other."""
        return self.source.table if self.program is self.source.exported.program else None

    def with_kernels(self, step: str) -> Self:
        """Return the model.

        Raises:
            InvalidValue: If it has no weights that can be trained, as trees.
        """
        if not self.source.has_kernels:
            raise InvalidValue(SAY("trees", step=step))
        return self

    def named(self, recipe: str) -> Self:
        """Return the model with the short names of what was done."""
        return replace(self, recipe=recipe)

    def changed(self, program: ArrayProgram) -> Self:
        """Return the model with another program."""
        return replace(self, program=program)

    def quantized(self, program: ArrayProgram) -> Self:
        """Return the model with a program whose products are computed in whole numbers, calibrated on training rows."""
        return replace(self, program=quantized(program, self.source.train.inputs))
