"""The diagnosis of an estimator: that of its network, on its features and scaled targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..doctor import diagnose as examined
from ..model.diagnosis import Diagnosis
from ..notes import note
from ..settings import batch_size_for

if TYPE_CHECKING:
    from .base import NetworkEstimator

FeaturesAndTargets = tuple[np.ndarray, np.ndarray]
# One-hot codes of a column always depend on each other, and a column of one value is left out by the encoder.
OF_CODES = frozenset({"collinear_inputs", "constant_inputs"})


def diagnose(
    estimator: NetworkEstimator,
    learn: FeaturesAndTargets,
    held_out: FeaturesAndTargets | None,
    retrain: bool | None,
) -> Diagnosis:
    """Return what is wrong with an estimator; see :meth:`NetworkEstimator.diagnose`.

    Args:
        estimator: The estimator, fitted.
        learn: The features and scaled targets of training.
        held_out: Those of rows that training did not see; None if there are none.
        retrain: As for :meth:`Sequential.diagnose`.
    """
    encoder, model = estimator.encoder_, estimator.model_
    found = examined(
        model,
        *learn,
        validation_data=held_out,
        history=estimator.history_,
        batch_size=estimator.batch_size or batch_size_for(len(learn[1])),
        names=() if encoder is None else encoder.feature_names,
        retrain=retrain,
    )
    unjudged = list(found.unjudged)
    if len(model.output_shape) > 2:  # each network of an ensemble answers for itself
        unjudged.append(note("doctor.ensemble", count=model.output_shape[1] or 0))
    own = [each for each in found if encoder is None or each.code not in OF_CODES]
    return Diagnosis.of(own, unjudged, found.measures, found.given, found.choices)
