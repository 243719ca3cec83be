"""What a person says of a table's columns before anything is inferred from their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import InvalidValue
from .table import Table, show

KINDS = ("number", "category", "text", "date", "ignore")


@dataclass(frozen=True)
class Declared:
    """The kinds of some columns, and the words for missing values.

    Args:
        kinds: Columns by name, each with one of :data:`KINDS`; what the others are is inferred.
        missing_words: Further words, as they are written, that stand for a missing value in every column.
        keep_words: Words such as "NA" that usually stand for a missing value and here are values.

    Example:
        >>> Declared({"store": "category", "note": "ignore"}).ignored
        ('note',)
    """

    kinds: Mapping[str, str] = field(default_factory=dict[str, str])
    missing_words: tuple[str, ...] = ()
    keep_words: tuple[str, ...] = ()

    @property
    def ignored(self) -> tuple[str, ...]:
        """The columns to leave aside."""
        return tuple(name for name, kind in self.kinds.items() if kind == "ignore")

    @property
    def kept(self) -> tuple[str, ...]:
        """The words that are values, in lower case, as they are compared."""
        return tuple(word.strip().lower() for word in self.keep_words)

    def check(self, table: Table, targets: Iterable[str] = ()) -> None:
        """Refuse a column that is not there, and a target; columns to ignore may be gone already.

        Raises:
            DataError: The table has no such column.
            InvalidValue: A target is among the columns.
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
    """Refuse a kind that is not known.

    Raises:
        InvalidValue: With the column and the kinds there are.
    """
    for name, kind in kinds.items():
        if kind not in KINDS:
            raise InvalidValue(f"kinds[{show(name)}]={kind!r}: expected one of {', '.join(KINDS)}.")
