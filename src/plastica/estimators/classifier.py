"""NetworkClassifier: a neural network classifier with the interface of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags

from ..errors import DataError, InvalidValue
from ..evaluation.imbalance import corrected
from ..layers import Layer
from ..model import Sequential
from ..optimizers import Optimizer
from ..rules import Rule
from ..settings import ClassName
from ..tables.folds import Folds
from ..training import Callback
from ..typing import NativeFrame
from . import serialization
from .base import NetworkEstimator
from .class_decision import (
    SMALLEST,
    class_weights,
    fixed_decision,
    learn_decision,
    margins,
    settings_for,
    shift_of,
    target_of,
)
from .class_targets import read_targets
from .construction import check_parameters
from .parameters import ClassifierParameters
from .rows import EstimatorRows


class NetworkClassifier(ClassifierMixin, NetworkEstimator, ClassifierParameters):
    """A neural network classifier for two or more classes, or several labels per row.

    It can be used wherever scikit-learn expects a classifier: pipelines, grid search, cross-validation, ensembles,
    calibration. Data frames need no preprocessing; they may contain text, categories, dates and missing values.

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
        loss: The loss. Default: the cross-entropy that suits the task.
        label_smoothing: The probability that is moved from the true class to all classes.
        strategy: "softmax", "one_vs_rest" or "one_vs_one", for three or more classes. Default: softmax.
        epochs: The maximum number of epochs; with ``warm_start``, of additional epochs.
        batch_size: Rows per gradient step. Default: depends on the number of rows.
        kinds: Kinds of columns that should not be inferred, as a dict from column to "number", "category", "text",
            "date" or "ignore". The columns of an array are named x0, x1, ...
        missing_words: Additional words that mean a missing value (case-sensitive).
        keep_words: Words such as "NA" to keep as values instead of missing.
        encode: Whether to scale numbers and impute missing ones. False passes numbers to the network unchanged.
        early_stopping: Whether to hold out a validation set that decides when to stop; "auto" does so from 100 rows
            on. Otherwise, training stops when the training loss does not improve by ``tol``.
        validation_fraction: The fraction of rows in the validation set, which is stratified. The networks of "best"
            are trained on all rows: each of four groups omits a different quarter, on which it is validated.
        n_iter_no_change: The number of epochs without improvement before training stops.
        tol: The minimum decrease of the training loss that counts as an improvement.
        class_weight: The weight of each class in the loss: None for equal weights, "balanced" for inverse class
            frequencies, or a dict, where missing classes have weight 1. Predicted probabilities are corrected for
            the weights. Not for several labels per row.
        threshold: The probability from which the positive class or a label is predicted: a number (for two classes,
            of the second); "f1", "micro_f1" (labels only), "balanced_accuracy" or "accuracy" to choose it on the
            validation set by this metric; "auto" to choose it if a class or label is rare and has no weight; None for
            the most probable class. See docs/imbalance.md.
        warm_start: Whether ``fit`` continues training instead of starting anew.
        time_limit: The maximum training time in seconds.
        random_state: The source of randomness of initial weights, splits and shuffling: a number, a RandomState, or
            None.
        callbacks: Callbacks; ``fit`` uses copies of them.
        verbose: 0 for no output, 1 for a live progress line, 2 for one line per epoch.

    Attributes:
        classes_: The classes in ascending order; for several labels, the names of the label columns.
        task_: "binary", "multiclass" or "multilabel".
        decision_: The decision rule, a :class:`~plastica.evaluation.decisions.Decision`.
        shift_: The class weights for which probabilities are corrected; empty without class weights.
        model_: The trained :class:`~plastica.Sequential`.
        encoder_: The encoder from columns to features; None with ``encode=False``.
        history_: The loss and metrics of each epoch of the last ``fit``.
        n_iter_, loss_curve_, best_loss_: The number of epochs, the loss of each, and the lowest loss.
        validation_scores_, best_validation_score_: The validation accuracy of each epoch, and the best; None without
            a validation set.
        n_features_in_, feature_names_in_, n_outputs_, target_names_: As in scikit-learn.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> NetworkClassifier(random_state=0).fit(X, y).score(X, y) > 0.9
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
        label_smoothing: float = 0.0,
        strategy: str | None = None,
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
        class_weight: str | Mapping[ClassName, float] | None = None,
        threshold: float | str | None = "auto",
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
        self.label_smoothing = label_smoothing
        self.strategy = strategy
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
        self.class_weight = class_weight
        self.threshold = threshold
        self.warm_start = warm_start
        self.time_limit = time_limit
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    def partial_fit(self, X: object, y: object, classes: object = None, sample_weight: object = None) -> Self:
        """Train for one epoch on a batch of rows, continuing from the current state.

        Encoding and scaling are determined by the rows of the first call.

        Args:
            X, y, sample_weight: As for :meth:`fit`.
            classes: All classes; required at the first call.

        Raises:
            InvalidValue: If ``classes`` is missing at the first call, or with ``class_weight="balanced"``, which needs
                all rows.
        """
        check_parameters(self)
        begin = not hasattr(self, "model_")
        if self.class_weight == "balanced":
            raise InvalidValue(
                'class_weight="balanced" needs all rows, but partial_fit() gets only some; pass class_weight as a dict.'
            )
        if begin and classes is None:
            raise InvalidValue("partial_fit() needs classes in the first call; pass all classes that can occur.")
        if classes is not None:
            classes = np.unique(np.asarray(classes))
            if not begin and not np.array_equal(classes, self.classes_):
                raise InvalidValue(
                    f"partial_fit(classes={classes}): the first call had {self.classes_}. Pass the same."
                )
        examples = self._examples(X, y, sample_weight, begin, classes if begin else self.classes_)
        self._prepare(examples, examples, begin, steady=True)
        history = self._train(examples, None, 1, None)
        if begin or self.threshold != "auto" or not self.decision_.aim:  # keep the threshold chosen by fit()
            self.decision_ = fixed_decision(self)
        return self._record(history, begin)

    def predict_proba(self, X: object) -> np.ndarray:
        """Return the probability of each class, ``(rows, classes)``, or of each label.

        With ``class_weight``, probabilities are corrected to the class frequencies in the data, see
        :func:`.imbalance.corrected`.
        """
        return self._answers(X)

    def predict_log_proba(self, X: object) -> np.ndarray:
        """Return the logarithm of :meth:`predict_proba`."""
        return np.log(np.maximum(self.predict_proba(X), SMALLEST))

    def decision_function(self, X: object) -> np.ndarray:
        """Return log-odds, ``(rows,)`` for two classes or ``(rows, labels)`` for labels; otherwise log-probabilities.

        They are relative to the threshold: ``predict`` returns what is above 0, or largest.
        """
        return margins(self._answers(X), self.decision_, self.task_)

    def predict_proba_frame(self, X: object) -> NativeFrame:
        """Return :meth:`predict_proba` as a data frame of the type of ``X``, with its index and class names."""
        return serialization.as_frame(self.predict_proba(X), X, [*map(str, self.classes_)])

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's estimator tags."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _take_targets(self, y: object, begin: bool, classes: np.ndarray | None = None) -> np.ndarray:
        given = read_targets(y)
        if begin:
            found = given.classes(classes)
            self.classes_, self.n_outputs_ = found, len(found)
            self.task_ = "multilabel" if given.are_labels else "binary" if len(found) == 2 else "multiclass"
            self.target_names_ = given.column_names()
        elif given.are_labels != (self.task_ == "multilabel") or (
            given.are_labels and given.values.shape[1] != self.n_outputs_
        ):
            raise DataError(
                f"y has shape {given.values.shape}, but the classifier has been trained for the task {self.task_}."
            )
        return given.values.astype(np.float64) if given.are_labels else given.indices(self.classes_)

    def _take_classes_weights(self, examples: EstimatorRows, classes: np.ndarray | None = None) -> EstimatorRows:
        settings_for(self, target_of(self.task_, self.classes_), self.class_weight is not None)
        if self.task_ != "multilabel" and classes is None and len(np.unique(examples.y)) < 2:
            raise DataError("y has one class only among the rows with a weight; at least 2 classes are needed.")
        self.shift_ = ()
        if self.class_weight is None:
            return examples
        rows = np.ones(len(examples.y)) if examples.weight is None else examples.weight
        weights = class_weights(self, examples.y, rows)
        self.shift_ = shift_of(weights)
        return examples._replace(weight=rows * weights[examples.y])

    def _decide(
        self, examples: EstimatorRows, train: EstimatorRows, held_out: EstimatorRows | None, folds: Folds | None
    ) -> None:
        left_out = None if folds is None else folds.left_out
        self.decision_ = learn_decision(self, examples, train, held_out, lambda rows: self._of_rows(rows, left_out))

    def _of_features(self, features: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        return corrected(super()._of_features(features, chosen), self.shift_)

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        return y.astype(np.float32) if self.task_ == "multilabel" else y

    def _learn_scale(self, train: EstimatorRows) -> None:
        """Do nothing, since classes need no scaling."""

    def _decoded(self, answers: np.ndarray) -> np.ndarray:
        found = self.decision_.decide(answers)
        return found if self.task_ == "multilabel" else self.classes_[found]
