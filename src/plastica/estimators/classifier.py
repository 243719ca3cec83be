"""NetworkClassifier: a network that tells classes apart, behind scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from ..data.table import Table, show
from ..errors import DataError, InvalidValue
from ..layers import Layer
from ..model import Sequential
from ..optimizers import Optimizer
from ..rules import Rule
from ..training import Callback
from . import keeping
from .base import NetworkEstimator
from .building import check_parameters
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
from .feeding import Examples, check_array
from .folds import Folds
from .imbalance import corrected


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A network that tells classes apart: two, more, or several labels at once.

    Use it wherever scikit-learn takes a classifier: pipelines, searches, cross-validation, ensembles,
    calibration. Frames go in as they are, with text, categories, dates and missing values.

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
        loss: What is made small; None takes the task's own cross-entropy.
        label_smoothing: How much of a label is shared out among all classes.
        strategy: "softmax", "one_vs_rest" or "one_vs_one", for three classes or more; None is softmax.
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
        validation_fraction: The share of the rows that are held out, with their share of each class or rarest label.
            The networks of "best" learn from all rows: four groups of them leave out a quarter each, on which they
            are judged.
        n_iter_no_change: Epochs without anything better before training stops.
        tol: By how much the training loss must fall to count as better.
        class_weight: How much each class counts in training: None for all the same, "balanced" for the inverse of
            their shares, or a dict, where others count 1. Probabilities are put right again. Not for labels.
        threshold: From which probability on an answer is yes, for two classes and for labels: "auto" chooses it on
            the held-out rows where a class or label is rare and has no weight; "f1", "micro_f1" (of labels),
            "balanced_accuracy" and "accuracy" choose it for that; a number is about the second of two classes; None
            is the most probable answer. See docs/imbalance.md.
        warm_start: Whether another ``fit`` goes on training.
        time_limit: When to stop by the clock, in seconds.
        random_state: Where initial weights, dealing and order come from: a number, a RandomState, or None.
        callbacks: Whom to tell of the run; ``fit`` tells copies of them.
        verbose: 0 for silence, 1 for a live line, 2 for a line an epoch.

    Attributes:
        classes_: The classes, ascending; for several labels the label columns' names.
        task_: "binary", "multiclass" or "multilabel".
        decision_: How probabilities become answers: a :class:`~plastica.estimators.decisions.Decision`.
        shift_: The classes' weights, for which probabilities are put right; empty without.
        model_: The trained :class:`~plastica.Sequential`.
        encoder_: What turns columns into features; None with ``encode=False``.
        history_: The figures of each epoch of the last run.
        n_iter_, loss_curve_, best_loss_: Epochs made, the loss of each, the lowest.
        validation_scores_, best_validation_score_: Accuracy on held-out rows at each epoch; None without.
        n_features_in_, feature_names_in_, n_outputs_, target_names_: What came in.

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
        class_weight: str | Mapping[Any, float] | None = None,
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

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Make one epoch over these rows, going on from what was learned.

        The first rows decide how columns are read and scaled.

        Args:
            X, y, sample_weight: As for :meth:`fit`.
            classes: All classes there will be; needed at the first call.

        Raises:
            InvalidValue: No classes at the first call, or ``class_weight="balanced"``, which needs all rows.
        """
        check_parameters(self)
        begin = not hasattr(self, "model_")
        if self.class_weight == "balanced":
            raise InvalidValue(
                'partial_fit() sees some rows only and cannot weigh classes "balanced"; give class_weight as a dict.'
            )
        if begin and classes is None:
            raise InvalidValue("classes must be passed on the first call to partial_fit: all classes there will be.")
        if classes is not None:
            classes = np.unique(np.asarray(classes))
            if not begin and not np.array_equal(classes, self.classes_):
                raise InvalidValue(f"partial_fit(classes={classes}): the first call was given {self.classes_}.")
        examples = self._examples(X, y, sample_weight, begin, classes if begin else self.classes_)
        self._prepare(examples, examples, begin, steady=True)
        history = self._train(examples, None, 1, [])
        if begin or self.threshold != "auto" or not self.decision_.aim:  # what fit() chose stays
            self.decision_ = fixed_decision(self)
        return self._record(history, begin)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return each class's probability, ``(rows, classes)``; of several labels each one's own.

        With ``class_weight`` it is that of the classes as they come, see :func:`.imbalance.corrected`.
        """
        return self._answers(X)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of :meth:`predict_proba`."""
        return np.log(np.maximum(self.predict_proba(X), SMALLEST))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return log-odds: ``(rows,)`` for two classes, ``(rows, labels)`` for labels; else log-probabilities.

        They are counted from the threshold, so that what is above 0, or largest, is what ``predict`` answers.
        """
        return margins(self._answers(X), self.decision_, self.task_)

    def predict_proba_frame(self, X: Any) -> Any:
        """Return :meth:`predict_proba` as a frame of the kind that ``X`` is, with its index and the classes' names."""
        return keeping.as_frame(self.predict_proba(X), X, [*map(str, self.classes_)])

    def __sklearn_tags__(self) -> Any:
        """Say what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _take_targets(self, y: Any, begin: bool, classes: np.ndarray | None = None) -> np.ndarray:
        names = keeping.names_of(y)
        y = check_array(y, accept_sparse=True, ensure_2d=False, dtype=None, input_name="y")
        if y.dtype == object and (lacking := [place for place, each in enumerate(y.ravel()) if each is None]):
            raise DataError(
                f"y holds None in {len(lacking)} of {len(y)} rows, first in row {lacking[0]}; leave them out."
            )
        check_classification_targets(y)
        labels = type_of_target(y, input_name="y").startswith("multilabel")
        values = y.toarray() if issparse(y) else y if labels else column_or_1d(y, warn=True)
        if begin:
            self._learn_classes(values, names, classes)
            self.target_names_ = names or (["y"] if not labels else [f"y{place}" for place in range(values.shape[1])])
        elif labels != (self.task_ == "multilabel") or (labels and values.shape[1] != self.n_outputs_):
            raise DataError(f"y has shape {values.shape}; the classifier was begun with the task {self.task_}.")
        if labels:
            return values.astype(np.float64)
        places = np.searchsorted(self.classes_, values)
        known = self.classes_[np.minimum(places, len(self.classes_) - 1)] == values
        if not known.all():
            wrong = values[~known].tolist()[0]
            raise DataError(f"y holds {show(wrong)}, which is none of the classes {self.classes_.tolist()}.")
        return places.astype(np.int64)

    def _learn_classes(self, values: np.ndarray, names: list[str] | None, classes: np.ndarray | None) -> None:
        if values.ndim == 2:
            self.task_, self.n_outputs_ = "multilabel", values.shape[1]
            self.classes_ = np.arange(values.shape[1]) if names is None else np.array(names, dtype=object)
            return
        self.classes_ = np.unique(values) if classes is None else classes
        count = len(self.classes_)
        if count < 2:
            raise DataError(
                f"y has one class only, {show(self.classes_.tolist()[0])}; a classifier needs at least 2 classes."
            )
        self.task_, self.n_outputs_ = ("binary" if count == 2 else "multiclass"), count

    def _take_classes_weights(self, examples: Examples, classes: np.ndarray | None = None) -> Examples:
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

    def _decide(self, examples: Examples, train: Examples, held_out: Examples | None, folds: Folds | None) -> None:
        left_out = None if folds is None else folds.left_out
        self.decision_ = learn_decision(self, examples, train, held_out, lambda rows: self._of_rows(rows, left_out))

    def _of_rows(self, rows: np.ndarray | Table, chosen: np.ndarray | None = None) -> np.ndarray:
        return corrected(super()._of_rows(rows, chosen), self.shift_)

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        return y.astype(np.float32) if self.task_ == "multilabel" else y

    def _learn_scale(self, train: Examples) -> None:
        """Classes have none."""

    def _decoded(self, answers: np.ndarray) -> np.ndarray:
        found = self.decision_.decide(answers)
        return found if self.task_ == "multilabel" else self.classes_[found]
