"""NetworkRegressor: a network that predicts numbers, behind scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from ..data.labelling import LARGEST, UNIT
from ..data.table import show
from ..errors import DataError
from ..layers import Layer
from ..model import Sequential
from ..optimizers import Optimizer
from ..rules import Rule
from ..training import Callback
from . import keeping
from .base import NetworkEstimator
from .building import check_parameters
from .feeding import Examples, check_array
from .folds import Folds


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A network that predicts numbers: one a row, or several.

    Use it wherever scikit-learn takes a regressor: pipelines, searches, cross-validation, ensembles. Frames go in
    as they are, with text, categories, dates and missing values. The network learns standardised targets; what
    comes out is in the targets' own unit.

    Args:
        network: "best" for what measured best on tables of this size, "mlp" for plain relu layers; a list of
            hidden layers, to which the last one is added; or a whole ``Sequential``, whose layers are taken and
            begun anew.
        layers: The units of each hidden layer; None takes the network's own, an empty tuple is one without any.
        members: How many networks share the work and are averaged; None chooses.
        dropout: The share of each hidden layer's units that is silent at each step; None takes the network's own.
        weight_decay: How much of each weight, times the learning rate, every step takes away; None takes the
            network's own.
        optimizer: An optimizer's name, or an optimizer; None takes the rule's usual one, for backprop Adam.
        learning_rate: Of the optimizer; None takes its own default.
        rule: A learning rule's name, or a rule. Those that cannot train "best" get the layers that suit them.
        loss: What is made small; None takes the squared error.
        epochs: How many at most; with ``warm_start`` how many more.
        batch_size: Rows a step; None chooses by the number of rows.
        kinds: What columns are where their values do not show it, as a dict from column to "number", "category",
            "text", "date" or "ignore"; the columns of an array are x0, x1, ...
        missing_words: Further words, as they are written, that stand for a missing value.
        keep_words: Words such as "NA" that usually stand for a missing value and here are values.
        encode: Whether numbers are scaled and missing ones filled. False gives the network the numbers as they
            are.
        early_stopping: Whether rows are held out to decide when to stop; "auto" holds out from 100 rows on.
            Without, training stops when the training loss no longer falls by ``tol``.
        validation_fraction: The share of the rows that are held out. The networks of "best" learn from all rows: four
            groups of them leave out a quarter each, on which they are judged.
        n_iter_no_change: Epochs without anything better before training stops.
        tol: By how much the training loss must fall to count as better.
        warm_start: Whether another ``fit`` goes on training.
        time_limit: When to stop by the clock, in seconds.
        random_state: Where initial weights, dealing and order come from: a number, a RandomState, or None.
        callbacks: Whom to tell of the run; ``fit`` tells copies of them.
        verbose: 0 for silence, 1 for a live line, 2 for a line an epoch.

    Attributes:
        model_: The trained :class:`~plastica.Sequential`.
        encoder_: What turns columns into features; None with ``encode=False``.
        target_mean_, target_scale_: Of the training rows, ``(outputs,)``.
        history_: The figures of each epoch of the last run.
        n_iter_, loss_curve_, best_loss_: Epochs made, the loss of each, the lowest.
        validation_scores_, best_validation_score_: R² on held-out rows at each epoch; None without.
        n_features_in_, feature_names_in_, n_outputs_, target_names_: What came in.

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

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one epoch over these rows, going on from what was learned.

        The first rows decide how columns are read and scaled.

        Args:
            X, y, sample_weight: As for :meth:`fit`.
        """
        check_parameters(self)
        begin = not hasattr(self, "model_")
        examples = self._examples(X, y, sample_weight, begin)
        self._prepare(examples, examples, begin, steady=True)
        return self._record(self._train(examples, None, 1, []), begin)

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _take_targets(self, y: Any, begin: bool, classes: np.ndarray | None = None) -> np.ndarray:
        names = keeping.names_of(y)
        values = _numbers(y)
        flat = values.ndim < 2 or values.shape[1] == 1
        values = (column_or_1d(values, warn=True) if flat else values).reshape(len(values), -1)
        if begin:
            self.task_, self.n_outputs_ = "regression", values.shape[1]
            self.target_names_ = names or (["y"] if flat else [f"y{place}" for place in range(values.shape[1])])
        elif values.shape[1] != self.n_outputs_:
            raise DataError(f"y has {values.shape[1]} columns; the regressor was begun with {self.n_outputs_}.")
        return values

    def _take_classes_weights(self, examples: Examples, classes: np.ndarray | None = None) -> Examples:
        return examples

    def _learn_scale(self, train: Examples) -> None:
        self.target_mean_ = np.average(train.y, axis=0, weights=train.weight)
        spread = np.sqrt(np.average((train.y - self.target_mean_) ** 2, axis=0, weights=train.weight))
        self.target_scale_ = np.where(spread > 1e-12 * np.abs(self.target_mean_), spread, 1.0)

    def _decide(self, examples: Examples, train: Examples, held_out: Examples | None, folds: Folds | None) -> None:
        pass

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        return ((y - self.target_mean_) / self.target_scale_).astype(np.float32)

    def _decoded(self, answers: np.ndarray) -> np.ndarray:
        numbers = answers * self.target_scale_ + self.target_mean_
        return numbers[:, 0] if self.n_outputs_ == 1 else numbers


def _numbers(y: Any) -> np.ndarray:
    """Return targets as float64; text, and what no squared error can be told of, is refused."""
    try:
        values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    except ValueError as problem:
        if "could not convert" not in str(problem):
            raise
        words = [each for each in np.asarray(y, dtype=object).ravel().tolist() if isinstance(each, str)]
        example = f", such as {show(words[0])}" if words else ""
        raise DataError(f"y holds text{example}; a regressor wants numbers. NetworkClassifier takes classes.") from None
    if np.abs(values).max() > LARGEST:
        raise DataError(f"y holds numbers beyond {LARGEST:g}; {UNIT}.")
    return values
