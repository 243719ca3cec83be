"""The model of a file, in the form that answers requests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import FileError
from ..loading import load
from ..model import Model
from ..tables.base import BaseTableNetwork
from .exchange import Served
from .networks import ServedNetwork
from .row_models import ServedTableModel
from .tables import ServedTable

DIGEST = 12  # hexadecimal digits: enough to tell the versions of a model apart


def open_served(path: str | Path, remembered: int) -> Served:
    """Return the model of a file.

    Args:
        path: The file of a model for a table, an estimator, a network or a forecaster.
        remembered: The number of rows over which drift is measured.

    Raises:
        FileError: If the file is missing, damaged or not a model.
        InvalidValue: If it is a network whose answers depend on earlier batches.
    """
    path = Path(path)
    model = load(path)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST]
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None
    if isinstance(model, BaseTableNetwork):
        return ServedTable(ServedTableModel(model), path.name, digest, remembered)
    if isinstance(model, Model):
        return ServedNetwork(model, path.name, digest)
    from ..forecasting import Forecaster

    if isinstance(model, Forecaster):
        from .forecasts import ServedForecast

        return ServedForecast(model, path.name, digest)
    from .estimators import EstimatorModel

    return ServedTable(EstimatorModel(model), path.name, digest, remembered)
