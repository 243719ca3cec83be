"""Validation and conversion of the inputs of an estimator: data frames or arrays of numbers, and sample weights."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from sklearn.utils import validation

from ..data.arrays import to_array
from ..data.columns import Column, infer_columns
from ..data.encoding import FeatureLayout, TableEncoder
from ..data.frames import from_memory
from ..data.table import Table, distinct_names, show
from ..errors import DataError, InvalidValue, PlasticaWarning
from .construction import settings_of
from .parameters import EstimatorParameters
from .whole_numbers import holds_codes, refuse_codes

# They accept more types than pyright infers.
check_array: Any = validation.check_array
validate_data: Any = validation.validate_data

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

MOST_NAMED = 5  # maximum number of columns in a warning


def is_frame(X: object) -> TypeGuard[IntoDataFrame]:
    """Return whether this is a pandas, polars or pyarrow data frame, or another one that narwhals supports."""
    from narwhals import dependencies

    return dependencies.is_into_dataframe(X)


def holds_numbers_only(X: object) -> bool:
    """Return whether this is not a data frame, or one with only numeric and Boolean columns."""
    import narwhals as nw
    from narwhals import dependencies
    from narwhals.exceptions import DuplicateError

    if dependencies.is_polars_lazyframe(X):
        raise DataError("X is a lazy frame; give X.collect().")
    if not is_frame(X):
        return True
    try:
        kinds = nw.from_native(X, eager_only=True).schema.dtypes()
    except DuplicateError:
        raise DataError("X has several columns with the same name; column names must be unique.") from None
    return all(kind.is_numeric() or kind == nw.Boolean for kind in kinds)


def take_rows(estimator: EstimatorParameters, X: object, *, reset: bool) -> np.ndarray | Table:
    """Return the rows of ``X`` after the checks of scikit-learn: names, columns, finite numbers.

    Args:
        estimator: The estimator, whose column names and number of columns are required.
        X: A data frame, an array or lists.
        reset: Whether this is the first call for the estimator.

    Raises:
        ValueError, TypeError: As in scikit-learn.
        DataError: If it is an array but the estimator was fitted to a data frame with text, a lazy data frame, or has
            duplicate column names.
    """
    if reset:
        estimator.numbers_only_ = holds_numbers_only(X) and not (is_frame(X) and holds_codes(X))
    if estimator.numbers_only_:
        refuse_codes(X)
        return validate_data(
            estimator,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan" if estimator.encode else True,
        )
    if not estimator.encode:
        raise InvalidValue("encode=False takes only numbers, but X has columns with text, categories or dates.")
    if not is_frame(X):
        raise DataError(
            f"X is {type(X).__name__}, and the {type(estimator).__name__} was fitted on a frame with text, categories "
            "or dates. Pass a frame with the same columns."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    return from_memory(X)


def fit_encoder(estimator: EstimatorParameters, rows: np.ndarray | Table, whole: np.ndarray | Table) -> TableEncoder:
    """Return the encoder fitted to the rows, with one warning about columns that are left out.

    Every column of an array is used unless declared otherwise, so that all folds have the same number of features.

    Args:
        estimator: The estimator, with column names and declared kinds.
        rows: The training rows.
        whole: Training and validation rows, from which kinds of columns and words for missing values are inferred.
    """
    declared = settings_of(estimator).declared
    if isinstance(whole, np.ndarray) and isinstance(rows, np.ndarray):
        names = input_names(estimator)
        rows, whole = _table_of(rows, names), _table_of(whole, names)
        left = set(names) - set(declared.kinds)
        numbers = [
            Column(name, "number", missing_words=tuple(declared.missing_words)) for name in names if name in left
        ]
    else:
        left, numbers = set[str](), []
    assert isinstance(rows, Table)
    assert isinstance(whole, Table)
    whole.without(declared.ignored)
    declared.check(whole)
    found = {column.name: column for column in (*numbers, *infer_columns(whole, left, declared))}
    columns = [found[name] for name in whole.names if name in found]
    _warn_of(type(estimator).__name__, columns)
    return TableEncoder.fit(rows, columns, declared.ignored)


def _warn_of(name: str, columns: Sequence[Column]) -> None:
    """Give one warning with the columns that are left out, and why."""
    left = [column for column in columns if not column.used]
    if left:
        said = " ".join(f"{show(column.name)}: {column.note}" for column in left[:MOST_NAMED])
        more = f" And {len(left) - MOST_NAMED} more columns." if len(left) > MOST_NAMED else ""
        warnings.warn(f"{name}: {said}{more}", PlasticaWarning, stacklevel=2)


def features_of(encoder: TableEncoder | None, rows: np.ndarray | Table) -> np.ndarray:
    """Return the features of the network, float32 ``(rows, features)``; the numbers unchanged without an encoder."""
    if encoder is None:
        return to_array(rows, "X", allow_nonfinite=True)
    if isinstance(rows, Table):
        return encoder.transform(rows)
    return encoder.transform(_table_of(rows, [column.name for column in encoder.columns]))


def layout_of(encoder: TableEncoder | None, columns: int) -> FeatureLayout:
    """Return the layout of the features."""
    if encoder is not None:
        return encoder.layout
    return FeatureLayout(width=columns, numbers=tuple(range(columns)), codes=())


def take_weights(sample_weight: object, rows: int) -> np.ndarray | None:
    """Return the validated weights of the rows.

    Raises:
        ValueError: If they are not one number per row, or are negative or all zero.
    """
    if sample_weight is None:
        return None
    weight = check_array(
        sample_weight, ensure_2d=False, ensure_min_samples=0, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape not in {(), (rows,)}:
        raise InvalidValue(f"sample_weight has shape {weight.shape}; expected one number for each of the {rows} rows.")
    if (weight < 0).any():
        raise InvalidValue(f"sample_weight contains {weight.min():g}; expected numbers of at least 0.")
    if not weight.any():
        raise InvalidValue(
            "sample_weight is zero for all samples, so there is nothing to learn. Give some rows a nonzero weight."
        )
    return np.broadcast_to(weight, (rows,))


def input_names(estimator: EstimatorParameters) -> list[str]:
    """Return the column names, generated as in scikit-learn if there are none."""
    given = getattr(estimator, "feature_names_in_", None)
    return (
        [f"x{place}" for place in range(estimator.n_features_in_)]
        if given is None
        else distinct_names([*map(str, given)])[0]
    )


def _table_of(numbers: np.ndarray, names: list[str]) -> Table:
    import polars as pl

    columns = {name: pl.Series(name, np.ascontiguousarray(numbers[:, place])) for place, name in enumerate(names)}
    return Table(columns, "X", (), np.arange(len(numbers)), "row index")
