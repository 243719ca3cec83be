"""Opening a file as what was saved: a network, an estimator around one, or a network for a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import FileError
from .model import kinds
from .model.saving import network_from
from .storage import read_model


def load(path: str | Path, *, custom: Mapping[str, Any] | None = None) -> Any:
    """Return what was saved, as it was: it predicts, and trains on where it stopped.

    Args:
        path: The file.
        custom: A person's own functions and classes by name, where the network uses such; nothing in a file is run.

    Returns:
        A :class:`~plastica.Sequential` for the file of one, a :class:`~plastica.NetworkClassifier` or
        :class:`~plastica.NetworkRegressor` for an estimator's, and a
        :class:`~plastica.estimators.TableNetwork` for a run of ``plastica train``.

    Raises:
        FileError: When the file is missing, damaged, foreign, from a newer plastica, or needs a function or class that
            was not given.

    Example:
        >>> import tempfile, plastica as pl
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pl.Sequential([pl.Dense(2, input_dim=3)]).save(f"{folder}/net.plastica")
        ...     pl.load(path).output_shape
        (None, 2)
    """
    custom = custom or {}
    arrays, document = read_model(path)
    if document.get("kind") == kinds.TREES:
        from .estimators.table import TableNetwork

        return TableNetwork.load(path)
    saved = network_from(arrays, document, path, custom)
    kind = kinds.kind_of(saved.around)
    if kind == kinds.BARE:
        return saved.model
    if kind == kinds.TABLE_NETWORK:
        from .estimators.table import TableNetwork

        return TableNetwork.around(saved, path)
    from .estimators import keeping

    return keeping.around(_estimator(kind, custom, path), saved, path, custom)


def _estimator(kind: str, custom: Mapping[str, Any], path: str | Path) -> Any:
    from . import estimators
    from .estimators.base import NetworkEstimator

    found = custom.get(kind) if kind not in kinds.ESTIMATORS else getattr(estimators, kind)
    if not isinstance(found, type) or not issubclass(found, NetworkEstimator):
        name = kind[:60]
        raise FileError(
            f"{path}: the estimator {name!r} is somebody's own, or of a newer plastica. Pass its class when loading: "
            f'custom={{"{name}": {name}}}'
        )
    return found
