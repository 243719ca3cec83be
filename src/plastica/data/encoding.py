"""The encoder of a table to the float32 array of a network, saved with the model."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np

from ..errors import DataError, PlasticaWarning
from ..notes import Note, first_few, note
from ..registry import most_similar
from ..typing import Float
from .column import Column
from .columns import infer_columns
from .encoders import CategoryEncoder, CodeEncoder, ColumnEncoder, fit_encoder
from .table import Table, show
from .values import missing, with_numbers

ONLY_THE_TARGET = (
    "A prediction needs at least one column besides the target. To forecast a series from its own past, use plastica "
    "forecast."
)


class FeatureLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The layout of the array returned by :meth:`TableEncoder.transform`.

    Args:
        width: The number of columns of the array.
        numbers: The positions of numbers that vary smoothly: scaled robustly and clipped smoothly.
        codes: The position and the number of codes of each column of category codes 0 to n - 1, to be embedded. Code 0
            stands for missing and unseen values.

    All other positions contain 0 or 1, sines and cosines, one-hot and hashed text features, to be used directly.
    """

    width: int
    numbers: tuple[int, ...] = ()
    codes: tuple[tuple[int, int], ...] = ()


class TableEncoder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The encoder of the columns of a table.

    Fit it to the training set only, so that medians, scales and categories do not depend on validation or test rows.

    Args:
        encoders: One encoder for each used column, in the order of the features.
        ignored: Columns in the training table that are not used; they may be present or missing later.

    Example:
        >>> from plastica.data.reading import read_table
        >>> table = read_table({"age": [30, None, 50], "sex": ["f", "m", "f"]})
        >>> TableEncoder.fit(table).feature_names
        ('age', 'age is missing', 'sex=f', 'sex=m')
    """

    encoders: tuple[ColumnEncoder, ...]
    ignored: tuple[str, ...] = ()

    @classmethod
    def fit(cls, train: Table, columns: Iterable[Column] | None = None, ignored: Iterable[str] = ()) -> TableEncoder:
        """Fit to the training set.

        Args:
            train: The training rows.
            columns: The descriptions of the columns. Default: inferred from these rows.
            ignored: Further known columns that are not used, such as the target.

        Raises:
            DataError: If no column can be used, or one contains infinity.
        """
        known = infer_columns(train, skip=ignored) if columns is None else tuple(columns)
        used = [column for column in known if column.used]
        if not used:
            why = " ".join(f"{show(column.name)}: {column.note}" for column in known[:5])
            why = why or ONLY_THE_TARGET
            raise DataError(f"{train.source} has no usable columns. {why}".strip())
        train = with_numbers(train, used)
        encoders = _each_indicator_once(train, [fit_encoder(train, column) for column in used])
        left = [column.name for column in known if not column.used]
        return cls(encoders, tuple(dict.fromkeys([*left, *ignored])))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The descriptions of the used columns."""
        return tuple(encoder.column for encoder in self.encoders)

    def described(self, columns: Iterable[Column]) -> tuple[Column, ...]:
        """Return the descriptions of the columns, with notes from fitting, such as the use of a logarithm."""
        notes = {encoder.column.name: encoder.column.notes for encoder in self.encoders}
        return tuple(msgspec.structs.replace(column, notes=notes.get(column.name, column.notes)) for column in columns)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, one for each column of the array."""
        return tuple(name for encoder in self.encoders for name in encoder.feature_names)

    @property
    def layout(self) -> FeatureLayout:
        """The layout of the array, for the network."""
        numbers: list[int] = []
        codes: list[tuple[int, int]] = []
        start = 0
        for encoder in self.encoders:
            numbers.extend(range(start, start + encoder.smooth))
            codes.extend([(start, encoder.codes)] * bool(encoder.codes))
            start += len(encoder.feature_names)
        return FeatureLayout(start, tuple(numbers), tuple(codes))

    def transform(self, table: Table, notes: list[Note] | None = None) -> Float[np.ndarray, "rows features"]:
        """Return float32 (rows, features).

        Args:
            table: Any rows with the columns of the training set.
            notes: A list that receives a note for each column whose values differ from the training set (unseen,
                missing, out of range) and one for additional columns. Without it, each note is a PlasticaWarning.

        Raises:
            DataError: If a column is missing, or there is text in a numeric column or infinity; with row and column.
        """
        said: list[Note] = []
        # Before any column is read: a column that is missing is a better message than the first cell that does not fit.
        self._check_names(table, said)
        table = with_numbers(table, self.columns)
        made = np.empty((table.height, self.layout.width), np.float32)
        start = 0
        for encoder in self.encoders:
            for feature in encoder.transform(table, said):
                made[:, start] = feature
                start += 1
        # After all columns: a warning made an error by a filter must not hide the error of a later column.
        for line in said:
            if notes is None:
                warnings.warn(PlasticaWarning(line), stacklevel=2)
        if notes is not None:
            notes.extend(said)
        return made

    def to_dict(self) -> dict[str, object]:
        """Return JSON-serializable values."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_dict(cls, values: object) -> TableEncoder:
        """Return the encoder from the result of :meth:`to_dict`; DataError if a field is invalid."""
        try:
            made = msgspec.convert(values, cls)
        except (msgspec.ValidationError, ValueError) as problem:
            raise DataError(f"this is not a description of a table's encoding: {problem}.") from None
        names = [encoder.column.name for encoder in made.encoders]
        if not names or len(set(names)) < len(names):
            raise DataError(
                "this is not a description of a table's encoding: no columns, or a column that occurs twice."
            )
        for encoder in made.encoders:
            if encoder.column.kind != ("category" if isinstance(encoder, CodeEncoder) else _tag(encoder)):
                raise DataError(
                    f"this is not a description of a table's encoding: the {encoder.column.kind} "
                    f"{show(encoder.column.name)} is encoded as a {_tag(encoder)}."
                )
        return made

    def _check_names(self, table: Table, said: list[Note]) -> None:
        wanted = {encoder.column.name: None for encoder in self.encoders}
        known = {*wanted, *self.ignored}
        lacking = [name for name in wanted if name not in table.columns]
        surplus = [name for name in table.columns if name not in known]
        if lacking:
            near = most_similar(lacking[0], surplus)
            hint = {} if near is None else {"near": show(near)}
            more = {"more": len(lacking) - 1} if len(lacking) > 1 else {}
            key = f"errors.lacking{'_more' * bool(more)}{'_near' * bool(hint)}"
            raise DataError(note(key, source=table.source, column=show(lacking[0]), **hint, **more))
        if surplus:
            shown = first_few([show(name) for name in surplus], 5)
            said.append(note("unlike.surplus", count=len(surplus), columns=shown))


def _tag(encoder: ColumnEncoder) -> str:
    return str(encoder.__struct_config__.tag)


def _each_indicator_once(train: Table, encoders: list[ColumnEncoder]) -> tuple[ColumnEncoder, ...]:
    """Keep only the first of indicators that are equal in all training rows; columns are often missing together."""
    alike = Counter(encoder.column.missing for encoder in encoders if encoder.indicator)
    seen: set[bytes] = set()
    made: list[ColumnEncoder] = []
    for encoder in encoders:
        kept = encoder
        if encoder.indicator and alike[encoder.column.missing] > 1:
            # One bit for each row: the patterns of hundreds of columns are compared without being kept as arrays.
            pattern = np.packbits(missing(train, encoder.column)).tobytes()
            if pattern in seen:
                kept = msgspec.structs.replace(encoder, indicator=False)
                if isinstance(kept, CategoryEncoder | CodeEncoder):
                    kept = msgspec.structs.replace(kept, elsewhere=True)
            seen.add(pattern)
        made.append(kept)
    return tuple(made)
