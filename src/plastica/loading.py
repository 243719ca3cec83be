"""Load any saved model: a Sequential, an estimator, a TableNetwork or a Forecaster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import FileError
from .model import kinds
from .model.reading import network_from
from .storage import read_model


def load(path: str | Path, *, custom: Mapping[str, Any] | None = None) -> Any:
    """Load a saved model, which can predict and continue training.

    Args:
        path: The file.
        custom: User-defined functions and classes by name, if the network uses any. Files contain no code.

    Returns:
        A :class:`~plastica.Sequential` for the file of one, a :class:`~plastica.NetworkClassifier` or
        :class:`~plastica.NetworkRegressor` for an estimator's, a :class:`~plastica.tables.TableNetwork` for a run of
        ``plastica train``, and a :class:`~plastica.Forecaster` for one of ``plastica forecast``.

    Raises:
        FileError: If the file is missing, damaged, of another format or from a newer version of plastica, or if it
            needs a function or class that is not in ``custom``.

    Example:
        >>> import tempfile, plastica as pl
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pl.Sequential([pl.Dense(2, input_dim=3)]).save(f"{folder}/net.plastica")
        ...     pl.load(path).output_shape
        (None, 2)
    """
    custom = custom or {}
    arrays, document = read_model(path)
    if document.get("kind") in (kinds.TREES, kinds.FOLDS):
        from .tables.table import TableNetwork

        return TableNetwork.load(path)
    if document.get("kind") == kinds.FORECASTER:
        from .forecasting import Forecaster

        return Forecaster.around(arrays, document, path)
    saved = network_from(arrays, document, path, custom)
    kind = kinds.kind_of(saved.around)
    if kind == kinds.BARE:
        return saved.model
    if kind == kinds.TABLE_NETWORK:
        from .tables.table import TableNetwork

        return TableNetwork.around(saved, path)
    from .estimators import serialization

    return serialization.around(_estimator(kind, custom, path), saved, path, custom)


def _estimator(kind: str, custom: Mapping[str, Any], path: str | Path) -> Any:
    from . import estimators
    from .estimators.base import NetworkEstimator

    found = custom.get(kind) if kind not in kinds.ESTIMATORS else getattr(estimators, kind)
    if not isinstance(found, type) or not issubclass(found, NetworkEstimator):
        name = kind[:60]
        raise FileError(
            f"{path}: the estimator {name!r} is user-defined or from a newer version. Pass its class when loading: "
            f'custom={{"{name}": {name}}}'
        )
    return found
