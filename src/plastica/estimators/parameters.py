"""The parameters and the fitted attributes of the estimators, by their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sklearn.base import BaseEstimator

if TYPE_CHECKING:
    import numpy as np

    from ..data.encoding import TableEncoder
    from ..evaluation.decisions import Decision
    from ..layers import Layer
    from ..model import Sequential
    from ..optimizers import Optimizer
    from ..rules import Rule
    from ..settings import ClassName
    from ..training import Callback, History


class EstimatorParameters(BaseEstimator):
    """What both estimators are given and have learned.

    scikit-learn sets parameters without a look at them (``set_params``, ``clone``), so that values of other types stand
    here until ``fit`` checks them.
    """

    network: str | Sequential | Sequence[Layer]
    layers: Sequence[int] | None
    members: int | None
    dropout: float | None
    weight_decay: float | None
    optimizer: str | Optimizer | None
    learning_rate: float | None
    rule: str | Rule
    epochs: int
    batch_size: int | None
    encode: bool
    kinds: Mapping[str, str] | None
    missing_words: Sequence[str]
    keep_words: Sequence[str]
    early_stopping: bool | str
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    warm_start: bool
    time_limit: float | None
    random_state: int | np.random.RandomState | None
    callbacks: Sequence[Callback] | None
    verbose: int

    n_features_in_: int
    feature_names_in_: np.ndarray  # of data frames only
    numbers_only_: bool
    task_: str
    n_outputs_: int
    target_names_: list[str]
    model_: Sequential
    encoder_: TableEncoder | None
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    history_: History


class ClassifierParameters(EstimatorParameters):
    """What the classifier is given and has learned."""

    class_weight: str | Mapping[ClassName, float] | None
    threshold: float | str | None

    classes_: np.ndarray
    shift_: tuple[float, ...]
    decision_: Decision
