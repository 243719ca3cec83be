"""NetworkRegressor: a neural network regressor with the interface of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import column_or_1d

from ..data.labelling import LARGEST, UNIT
from ..data.table import show
from ..errors import DataError
from ..layers import Layer
from ..model import Sequential
from ..optimizers import Optimizer
from ..rules import Rule
from ..tables.folds import Folds
from ..training import Callback
from . import serialization
from .base import NetworkEstimator
from .construction import check_parameters
from .inputs import check_array
from .rows import EstimatorRows


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A neural network regressor for one or several numbers per row.

    It can be used wherever scikit-learn expects a regressor: pipelines, grid search, cross-validation, ensembles.
    Data frames need no preprocessing; they may contain text, categories, dates and missing values. The network is
    trained on standardized targets; predictions are in the unit of the targets.

    Args:
        network: "best" for the architecture that performed best on tables of this size, "mlp" for plain relu layers;
            a list of hidden layers, to which the output layer is added; or a ``Sequential``, of which an untrained
            copy is made.
        layers: The units of each hidden layer; an empty tuple means no hidden layers. Default: depends on
            ``network``.
        members: The number of networks in the ensemble, whose predictions are averaged. Default: 8 for "best".
        dropout: The fraction of units of each hidden layer that is dropped at each step. Default: depends on
            ``network``.
        weight_decay: Decoupled weight decay: each step multiplies weights by 1 - learning_rate * weight_decay.
            Default: depends on ``network``.
        optimizer: The name of an optimizer, or an optimizer. Default: depends on the rule; Adam for backprop.
        learning_rate: The learning rate. Default: depends on the optimizer.
        rule: The name of a learning rule, or a rule. Rules that cannot train "best" use layers that suit them.
        loss: The loss. Default: the mean squared error.
        epochs: The maximum number of epochs; with ``warm_start``, of additional epochs.
        batch_size: Rows per gradient step. Default: depends on the number of rows.
        kinds: Kinds of columns that should not be inferred, as a dict from column to "number", "category", "text",
            "date" or "ignore". The columns of an array are named x0, x1, ...
        missing_words: Additional words that mean a missing value (case-sensitive).
        keep_words: Words such as "NA" to keep as values instead of missing.
        encode: Whether to scale numbers and impute missing ones. False passes numbers to the network unchanged.
        early_stopping: Whether to hold out a validation set that decides when to stop; "auto" does so from 100 rows
            on. Otherwise, training stops when the training loss does not improve by ``tol``.
        validation_fraction: The fraction of rows in the validation set. The networks of "best" are trained on all
            rows: each of four groups omits a different quarter, on which it is validated.
        n_iter_no_change: The number of epochs without improvement before training stops.
        tol: The minimum decrease of the training loss that counts as an improvement.
        warm_start: Whether ``fit`` continues training instead of starting anew.
        time_limit: The maximum training time in seconds.
        random_state: The source of randomness of initial weights, splits and shuffling: a number, a RandomState, or
            None.
        callbacks: Callbacks; ``fit`` uses copies of them.
        verbose: 0 for no output, 1 for a live progress line, 2 for one line per epoch.

    Attributes:
        model_: The trained :class:`~plastica.Sequential`.
        encoder_: The encoder from columns to features; None with ``encode=False``.
        target_mean_, target_scale_: Mean and standard deviation of the training targets, ``(outputs,)``.
        history_: The loss and metrics of each epoch of the last ``fit``.
        n_iter_, loss_curve_, best_loss_: The number of epochs, the loss of each, and the lowest loss.
        validation_scores_, best_validation_score_: The validation R² of each epoch, and the best; None without a
            validation set.
        n_features_in_, feature_names_in_, n_outputs_, target_names_: As in scikit-learn.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
        >>> NetworkRegressor(random_state=0).fit(X, y).score(X, y) > 0.4
        True
    """

    def __init__(
        self,
        network: str | Sequential | Sequence[Layer] = "best",
        *,
        layers: Sequence[int] | None = None,
        members: int | None = None,
        dropout: float | None = None,
        weight_decay: float | None = None,
        optimizer: str | Optimizer | None = None,
        learning_rate: float | None = None,
        rule: str | Rule = "backprop",
        loss: str | None = None,
        epochs: int = 200,
        batch_size: int | None = None,
        encode: bool = True,
        kinds: Mapping[str, str] | None = None,
        missing_words: Sequence[str] = (),
        keep_words: Sequence[str] = (),
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        callbacks: Sequence[Callback] | None = None,
        verbose: int = 0,
    ) -> None:
        self.network = network
        self.layers = layers
        self.members = members
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.rule = rule
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.encode = encode
        self.kinds = kinds
        self.missing_words = missing_words
        self.keep_words = keep_words
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.time_limit = time_limit
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train for one epoch on a batch of rows, continuing from the current state.

        Encoding and scaling are determined by the rows of the first call.

        Args:
            X, y, sample_weight: As for :meth:`fit`.
        """
        check_parameters(self)
        begin = not hasattr(self, "model_")
        examples = self._examples(X, y, sample_weight, begin)
        self._prepare(examples, examples, begin, steady=True)
        return self._record(self._train(examples, None, 1, None), begin)

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's estimator tags."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _take_targets(self, y: object, begin: bool, classes: np.ndarray | None = None) -> np.ndarray:
        names = serialization.names_of(y)
        values = _numbers(y)
        flat = values.ndim < 2 or values.shape[1] == 1
        values = (column_or_1d(values, warn=True) if flat else values).reshape(len(values), -1)
        if begin:
            self.task_, self.n_outputs_ = "regression", values.shape[1]
            self.target_names_ = names or (["y"] if flat else [f"y{place}" for place in range(values.shape[1])])
        elif values.shape[1] != self.n_outputs_:
            raise DataError(
                f"y has {values.shape[1]} columns, but the regressor has been trained with {self.n_outputs_}."
            )
        return values

    def _take_classes_weights(self, examples: EstimatorRows, classes: np.ndarray | None = None) -> EstimatorRows:
        return examples

    def _learn_scale(self, train: EstimatorRows) -> None:
        self.target_mean_ = np.average(train.y, axis=0, weights=train.weight)
        spread = np.sqrt(np.average((train.y - self.target_mean_) ** 2, axis=0, weights=train.weight))
        self.target_scale_ = np.where(spread > 1e-12 * np.abs(self.target_mean_), spread, 1.0)

    def _decide(
        self, examples: EstimatorRows, train: EstimatorRows, held_out: EstimatorRows | None, folds: Folds | None
    ) -> None:
        pass

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        return ((y - self.target_mean_) / self.target_scale_).astype(np.float32)

    def _decoded(self, answers: np.ndarray) -> np.ndarray:
        numbers = answers * self.target_scale_ + self.target_mean_
        return numbers[:, 0] if self.n_outputs_ == 1 else numbers


def _numbers(y: object) -> np.ndarray:
    """Return targets as float64; reject text and numbers whose squares overflow."""
    try:
        values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    except ValueError as problem:
        if "could not convert" not in str(problem):
            raise
        words = [each for each in np.asarray(y, dtype=object).ravel().tolist() if isinstance(each, str)]
        example = f", such as {show(words[0])}" if words else ""
        raise DataError(
            f"y contains text{example}; a regressor expects numbers. For classes, use NetworkClassifier."
        ) from None
    if np.abs(values).max() > LARGEST:
        raise DataError(f"y contains numbers beyond {LARGEST:g}; {UNIT}.")
    return values
