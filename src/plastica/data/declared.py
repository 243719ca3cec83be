"""Declarations by the user about the columns of a table, which take precedence over inference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import InvalidValue
from .table import Table, show

KINDS = ("number", "category", "text", "date", "ignore")


@dataclass(frozen=True)
class Declared:
    """Declared kinds of columns, and words for missing values.

    Args:
        kinds: One of :data:`KINDS` by column name; the kinds of other columns are inferred.
        missing_words: Additional words, exactly as written, that mean a missing value in every column.
        keep_words: Words such as "NA" that usually mean a missing value but are values in this table.

    Example:
        >>> Declared({"store": "category", "note": "ignore"}).ignored
        ('note',)
    """

    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()

    @property
    def ignored(self) -> tuple[str, ...]:
        """The ignored columns."""
        return tuple(name for name, kind in self.kinds.items() if kind == "ignore")

    @property
    def kept(self) -> tuple[str, ...]:
        """The words that are values, in lower case for comparison."""
        return tuple(word.strip().lower() for word in self.keep_words)

    def check(self, table: Table, targets: Iterable[str] = ()) -> None:
        """Check that all declared columns exist and none is a target; ignored columns may be missing.

        Raises:
            DataError: If the table has no such column.
            InvalidValue: If a target is among the columns.
        """
        for name, kind in self.kinds.items():
            if kind != "ignore":
                table.column(name)
        for name in targets:
            if name in self.kinds:
                raise InvalidValue(
                    f"{show(name)} is the target and is declared {self.kinds[name]}. Declare a target by the task: "
                    "regression for numbers, binary or multiclass for classes."
                )


NOTHING = Declared()


def check_kinds(kinds: Mapping[str, str]) -> None:
    """Check that all kinds exist.

    Raises:
        InvalidValue: If one does not; with the column and the available kinds.
    """
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise InvalidValue(f"kinds[{show(name)}]={kind!r}: expected one of {', '.join(KINDS)}.")
