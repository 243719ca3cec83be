"""The common base of the classifier and the regressor: reading, splitting, training and prediction."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.utils import Tags, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from ..data.splitting import split
from ..data.table import Table
from ..errors import InvalidValue
from ..model.diagnosis import Diagnosis
from ..settings import batch_size_for
from ..tables.folds import Folds, dealt_to
from ..tables.networks import answers_from
from ..tables.preparation import strata
from ..tables.training import TrainingSet, early_stopping, train_network
from ..training import EarlyStopping, History
from ..typing import NativeFrame
from . import serialization
from .construction import build, check_parameters, recompiled
from .inputs import features_of, fit_encoder, layout_of, take_rows, take_weights
from .notebook_page import NotebookPage
from .rows import EstimatorRows, relative, settle

AUTO_ROWS = 100  # rows from which early_stopping="auto" uses a validation set
SCORES = ("val_accuracy", "val_binary_accuracy", "val_r2")
MOST_SEED = 2**31 - 1


class NetworkEstimator(NotebookPage):
    """The base class of :class:`NetworkClassifier` and :class:`NetworkRegressor`."""

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train the network; with ``warm_start``, continue from the end of the last ``fit``.

        Args:
            X: A pandas, polars or pyarrow data frame with columns of any kind, or an array of numbers
                ``(rows, columns)``; missing values are allowed.
            y: Targets, ``(rows,)`` or ``(rows, outputs)``.
            sample_weight: The weight of each row, ``(rows,)``. A weight of 2 is equivalent to repeating the row, 0 to
                omitting it.

        Returns:
            The estimator itself.

        Raises:
            ValueError, TypeError: If data or parameters are invalid.
        """
        check_parameters(self)
        begin = not (self.warm_start and hasattr(self, "model_"))
        examples = self._examples(X, y, sample_weight, begin)
        train, held_out = self._dealt(examples)
        self._prepare(train, examples, begin, steady=False)
        folds = None if held_out is None else self._folds(examples)
        if folds is not None:  # each row trains some members and validates the others
            train = held_out = examples
        history = self._train(train, held_out, int(self.epochs), self._stopping(held_out), folds)
        self._decide(examples, train, held_out, folds)
        return self._record(history, begin)

    def predict(self, X: object) -> np.ndarray:
        """Return the predictions as a NumPy array."""
        return self._decoded(self._answers(X))

    def predict_frame(self, X: object) -> NativeFrame:
        """Return the predictions as a data frame of the type of ``X``, with its index and the names of the targets.

        Raises:
            InvalidValue: If ``X`` is not a data frame.
        """
        return serialization.as_frame(self.predict(X), X, self.target_names_)

    def diagnose(
        self, X: object, y: object, *, validation_data: tuple[object, object] | None = None, retrain: bool | None = None
    ) -> Diagnosis:
        """Return what is wrong with the network, its training and its data: where, by which number, and what to try.

        See :meth:`Sequential.diagnose`. Rows are encoded, and classes and targets scaled, as in training.

        Args:
            X, y: The rows given to :meth:`fit`.
            validation_data: Rows that training did not see, ``(X, y)``. Default: those that ``fit`` held out, if
                ``random_state`` is a number, from which the same rows are drawn again.
            retrain: As for :meth:`Sequential.diagnose`.

        Raises:
            NotFitted: Before ``fit``.
            ValueError: If the data do not suit the estimator.

        Example:
            >>> import numpy as np
            >>> from plastica import NetworkRegressor
            >>> x = np.random.default_rng(0).normal(size=(120, 3))
            >>> regressor = NetworkRegressor(network="mlp", epochs=2, random_state=0).fit(x, x[:, 0])
            >>> "dead_units" in regressor.diagnose(x, x[:, 0], retrain=False).codes
            False
        """
        from . import diagnosis

        check_is_fitted(self)
        examples = self._examples(X, y, None, begin=False)
        held_out: EstimatorRows | None = None
        if validation_data is not None:
            held_out = self._examples(*validation_data, None, begin=False)
        elif isinstance(self.random_state, int | np.integer) and self._holds_out(examples):
            examples, held_out = self._dealt(examples)
        learn, validation = (
            None if part is None else self._ready(part, 1.0, None)[:2] for part in (examples, held_out)
        )
        assert learn is not None
        return diagnosis.diagnose(self, learn, validation, retrain)

    def save(self, path: str | Path) -> Path:
        """Save the estimator to one file, with checksums and without pickled objects."""
        check_is_fitted(self)
        return serialization.save(self, path)

    @classmethod
    def load(cls, path: str | Path, *, custom: Mapping[str, object] | None = None) -> Self:
        """Load an estimator written by :meth:`save`; it can predict and continue training.

        Args:
            path: The file.
            custom: User-defined functions and classes by name, if the network uses any.

        Raises:
            FileError: If the file is missing, damaged or contains another kind of estimator.
        """
        return serialization.load(cls, path, custom)

    def __sklearn_tags__(self) -> Tags:
        """Return scikit-learn's estimator tags."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = bool(self.encode)
        tags.target_tags.required = True
        return tags

    # Implemented by the subclasses

    @abstractmethod
    def _take_targets(self, y: object, begin: bool, classes: np.ndarray | None = None) -> np.ndarray:
        """Check targets and return class indices ``(rows,)`` or numbers ``(rows, outputs)``.

        ``classes`` are all classes, since these rows may lack some of them.
        """

    @abstractmethod
    def _take_classes_weights(self, examples: EstimatorRows, classes: np.ndarray | None = None) -> EstimatorRows:
        """Multiply sample weights by class weights."""

    @abstractmethod
    def _scaled(self, y: np.ndarray) -> np.ndarray:
        """Return targets in the form that the network expects."""

    @abstractmethod
    def _learn_scale(self, train: EstimatorRows) -> None:
        """Compute the scaling of targets from the training rows."""

    @abstractmethod
    def _decide(
        self, examples: EstimatorRows, train: EstimatorRows, held_out: EstimatorRows | None, folds: Folds | None
    ) -> None:
        """Choose the decision rule, such as a threshold, from validation rows."""

    @abstractmethod
    def _decoded(self, answers: np.ndarray) -> np.ndarray:
        """Return predictions as labels or in the unit of the targets."""

    # Shared

    def _examples(
        self, X: object, y: object, sample_weight: object, begin: bool, classes: np.ndarray | None = None
    ) -> EstimatorRows:
        if y is None:
            raise InvalidValue(
                f"{type(self).__name__} requires y to be passed, but the target y is None. Give the targets as y."
            )
        rows = take_rows(self, X, reset=begin)
        count = len(rows) if isinstance(rows, np.ndarray) else rows.height
        targets = self._take_targets(y, begin, classes)
        check_consistent_length(np.empty(count), targets)
        examples = EstimatorRows(rows, targets, take_weights(sample_weight, count))
        examples = settle(examples, self.batch_size or batch_size_for(count))
        return self._take_classes_weights(examples, classes)

    def _dealt(self, examples: EstimatorRows) -> tuple[EstimatorRows, EstimatorRows | None]:
        """Split off a validation set, if early stopping is enabled."""
        rows = len(examples.y)
        if not self._holds_out(examples):
            return examples, None
        labels = None if self.task_ == "regression" else strata(examples.y)
        # With a number as random_state each call draws the same seed; a RandomState goes on, as in scikit-learn.
        seed = int(check_random_state(self.random_state).randint(MOST_SEED))
        parts = split(rows, float(self.validation_fraction), 0, labels, seed)
        return examples.take(parts.train), examples.take(parts.validation)

    def _holds_out(self, examples: EstimatorRows) -> bool:
        """Return whether ``fit`` splits off a validation set."""
        return len(examples.y) >= AUTO_ROWS if self.early_stopping == "auto" else bool(self.early_stopping)

    def _prepare(self, train: EstimatorRows, whole: EstimatorRows, begin: bool, steady: bool) -> None:
        """Fit the encoder and the scaling and create the network; for ``warm_start``, update only its parameters."""
        if not begin:
            self.model_.set_compiled(recompiled(self.model_, self, steady))
            return
        seed = int(check_random_state(self.random_state).randint(MOST_SEED))
        self.encoder_ = fit_encoder(self, train.x, whole.x) if self.encode else None
        self._learn_scale(train)
        layout = layout_of(self.encoder_, self.n_features_in_)
        self.model_ = build(self, self.task_, self._units, layout, seed, features_of(self.encoder_, train.x))
        self.model_.set_compiled(recompiled(self.model_, self, steady))

    def _folds(self, examples: EstimatorRows) -> Folds | None:
        """Assign rows to the members of an ensemble, each of which omits different rows."""
        seed = int(check_random_state(self.random_state).randint(MOST_SEED))
        left_out = dealt_to(self.model_, self.task_, examples.y, seed)
        return None if left_out is None else Folds(np.arange(len(examples.y)), left_out)

    def _train(
        self,
        train: EstimatorRows,
        held_out: EstimatorRows | None,
        epochs: int,
        stopping: EarlyStopping | None,
        folds: Folds | None = None,
    ) -> History:
        mean = 1.0 if train.weight is None else float(train.weight.mean())
        judged = None
        if held_out is not None:
            judged = self._ready(held_out, mean, None if folds is None else folds.validation_weight)
        data = TrainingSet(*self._ready(train, mean, None if folds is None else folds.training_weight), judged)
        # clone() shares callbacks among estimators, and a callback keeps the state of its run.
        options = {"callbacks": deepcopy(list(self.callbacks or ())), "verbose": self.verbose}
        return train_network(
            self.model_, data, epochs, self.batch_size, stopping, time_limit=self.time_limit, **options
        )

    def _ready(
        self, examples: EstimatorRows, mean: float, of_members: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        weight = relative(examples.weight, mean)
        if of_members is not None:
            weight = of_members if weight is None else of_members * weight[:, None]
        return features_of(self.encoder_, examples.x), self._scaled(examples.y), weight

    def _stopping(self, held_out: EstimatorRows | None) -> EarlyStopping:
        patience = int(self.n_iter_no_change)
        if held_out is None:
            return EarlyStopping("loss", min_delta=float(self.tol), patience=patience)
        return early_stopping(self.model_, patience)

    def _record(self, history: History, begin: bool) -> Self:
        """Set the attributes with scikit-learn's names from the history."""
        figures = history.history
        if begin:
            self.loss_curve_, self.validation_scores_ = [], []
        label = next((name for name in SCORES if name in figures), "")
        self.loss_curve_ = [*self.loss_curve_, *figures.get("loss", ())]
        self.validation_scores_ = [*(self.validation_scores_ or ()), *figures.get(label, ())] or None
        self.best_loss_ = min(self.loss_curve_) if self.loss_curve_ else None
        self.best_validation_score_ = max(self.validation_scores_) if self.validation_scores_ else None
        self.n_iter_ = len(self.loss_curve_)
        self.history_ = history
        return self

    def _answers(self, X: object) -> np.ndarray:
        check_is_fitted(self)
        return self._of_rows(take_rows(self, X, reset=False))

    def _of_rows(self, rows: np.ndarray | Table, chosen: np.ndarray | None = None) -> np.ndarray:
        """Return the outputs of the network, or of some of its members, for validated rows."""
        return self._of_features(features_of(self.encoder_, rows), chosen)

    def _of_features(self, features: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """Return the outputs of the network, or of some of its members, for features."""
        return answers_from(self.model_, features, self.task_, chosen)

    @property
    def _units(self) -> int:
        """The number of outputs of the network."""
        return 1 if self.task_ == "binary" else self.n_outputs_


def outputs_for(estimator: NetworkEstimator, features: np.ndarray) -> np.ndarray:
    """Return the outputs of the network of a fitted estimator for encoded rows: probabilities or scaled numbers."""
    return estimator._of_features(features)


def predictions_from(estimator: NetworkEstimator, outputs: np.ndarray) -> np.ndarray:
    """Return what ``predict`` returns for rows with these outputs."""
    return estimator._decoded(outputs)
