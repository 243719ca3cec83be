"""The targets of a classifier: classes or labels, and their indices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from ..data.table import show
from ..errors import DataError
from .inputs import check_array
from .serialization import names_of


class ClassTargets(NamedTuple):
    """Validated targets.

    Attributes:
        values: The class of each row, ``(rows,)``, or whether it has each label, ``(rows, labels)``.
        names: The names of the columns, of a series or a data frame.
    """

    values: np.ndarray
    names: list[str] | None

    @property
    def are_labels(self) -> bool:
        """Whether a row may have several labels."""
        return self.values.ndim == 2

    def column_names(self) -> list[str]:
        """Return the names of the columns, generated if there are none."""
        return self.names or ([f"y{place}" for place in range(self.values.shape[1])] if self.are_labels else ["y"])

    def classes(self, declared: np.ndarray | None) -> np.ndarray:
        """Return the classes or labels in order.

        Args:
            declared: All classes, if these rows may lack some of them.

        Raises:
            DataError: If there is one class only.
        """
        if self.are_labels:
            return np.arange(self.values.shape[1]) if self.names is None else np.array(self.names, dtype=object)
        found = np.unique(self.values) if declared is None else declared
        if len(found) < 2:
            raise DataError(f"y has one class only, {show(found.tolist()[0])}; a classifier needs at least 2 classes.")
        return found

    def indices(self, classes: np.ndarray) -> np.ndarray:
        """Return the index of the class of each row, ``(rows,)``.

        Raises:
            DataError: If a row has none of these classes.
        """
        # searchsorted gives a place to strangers too, so that the class there is compared.
        places = np.searchsorted(classes, self.values)
        known = classes[np.minimum(places, len(classes) - 1)] == self.values
        if not known.all():
            wrong = self.values[~known].tolist()[0]
            raise DataError(f"y contains {show(wrong)}, which is none of the classes {classes.tolist()}.")
        return places.astype(np.int64)


def read_targets(y: object) -> ClassTargets:
    """Return the targets after the checks of scikit-learn.

    Raises:
        ValueError, TypeError: As in scikit-learn.
        DataError: If one is None.
    """
    names = names_of(y)
    given = check_array(y, accept_sparse=True, ensure_2d=False, dtype=None, input_name="y")
    if given.dtype == object and (lacking := [place for place, each in enumerate(given.ravel()) if each is None]):
        raise DataError(
            f"y contains None in {len(lacking)} of {len(given)} rows, first in row {lacking[0]}; remove these rows."
        )
    check_classification_targets(given)
    if issparse(given):
        return ClassTargets(given.toarray(), names)
    labels = type_of_target(given, input_name="y").startswith("multilabel")
    return ClassTargets(given if labels else column_or_1d(given, warn=True), names)
