"""Several models that answer together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..activations import Sigmoid, Softmax
from ..errors import DataError, InvalidValue, ShapeError
from ..layers import Input, Mixture
from ..model import Model
from ..training.history import History
from ..typing import Float
from .copying import as_models
from .stacking import weights_by_likelihood, weights_by_squares


class ModelEnsemble:
    """Several models that answer together: with the mean of their predictions, weighted if wanted.

    The mean of networks trained from different seeds is usually better than each, and where they disagree, the answer
    is uncertain.

    Args:
        models: Trained models with the same inputs and outputs; their networks may differ.
        weights: The weight of each model, at least 0; divided by their sum. Default: all equal.

    Attributes:
        models: The models.
        weights: The weight of each, with a sum of 1, ``(members,)``.

    Raises:
        InvalidValue: If there are no models, or the weights do not fit them.
        ShapeError: If inputs or outputs of the models differ.

    Reference:
        L. Hansen, P. Salamon (1990), Neural network ensembles. B. Lakshminarayanan, A. Pritzel, C. Blundell (2017),
        Simple and scalable predictive uncertainty estimation using deep ensembles.
    """

    def __init__(self, models: Sequence[Model], weights: ArrayLike | None = None) -> None:
        self.models = as_models("ModelEnsemble", models)
        given = np.ones(len(self.models)) if weights is None else np.asarray(weights, np.float64)
        if given.shape != (len(self.models),) or not np.isfinite(given).all() or given.min() < 0 or not given.any():
            raise InvalidValue(
                f"ModelEnsemble(weights={weights!r}): expected a number of at least 0 for each of "
                f"{len(self.models)} models, not all 0."
            )
        self.weights: Float[np.ndarray, "members"] = given / given.sum()

    def __repr__(self) -> str:
        return f"ModelEnsemble({len(self.models)} models, weights={self.weights.round(3).tolist()})"

    def __len__(self) -> int:
        return len(self.models)

    def predict_members(self, x: object, **options: Any) -> Float[np.ndarray, "members rows ..."]:
        """Return the predictions of each model; arguments as for :meth:`Model.predict`."""
        given: dict[str, Any] = {"verbose": 0, **options}
        return np.stack([model.predict(x, **given) for model in self.models])

    def predict(self, x: object, **options: Any) -> Float[np.ndarray, "rows ..."]:
        """Return the weighted mean of the predictions; arguments as for :meth:`Model.predict`."""
        return self._mean(self.predict_members(x, **options))

    def spread(self, x: object, **options: Any) -> Float[np.ndarray, "rows ..."]:
        """Return the weighted standard deviation of the predictions over the models.

        It is a ``spread`` for :class:`~plastica.calibration.ConformalIntervals`. For classes see
        :func:`class_uncertainty`.
        """
        found = self.predict_members(x, **options)
        return np.sqrt(self._mean(np.square(found - self._mean(found))))

    def fit_weights(self, x: object, y: object) -> ModelEnsemble:
        """Return the ensemble with the weights that suit held-out rows best (stacking).

        Probabilities are weighted for the largest likelihood, numbers for the least squared error.

        Args:
            x: Inputs that no model was trained on.
            y: Targets: class numbers or one-hot rows for probabilities, numbers in the shape of the output otherwise.

        Raises:
            ShapeError, DataError: If the targets do not fit the predictions.

        Reference:
            D. Wolpert (1992), Stacked generalization. L. Breiman (1996), Stacked regressions.
        """
        found, activation = self.predict_members(x), self.models[0].network.output_activation
        if isinstance(activation, Softmax):
            shares = _of_targets(found, np.asarray(y))
        elif isinstance(activation, Sigmoid):
            yes = _like(y, found[0]) > 0.5
            shares = np.where(yes, found, 1 - found).reshape(len(found), -1)
        else:
            return ModelEnsemble(
                self.models, weights_by_squares(found.reshape(len(found), -1), _like(y, found[0]).ravel())
            )
        return ModelEnsemble(self.models, weights_by_likelihood(shares.astype(np.float64)))

    def as_model(self) -> Model:
        """Return one model that answers as the ensemble: to evaluate, save, trace or draw it.

        The weights are copies. It is compiled as the first of the models is.
        """
        first = self.models[0]
        inputs = Input(first.input_shape[1:])
        activation = first.network.output_activation
        mixture = Mixture(
            tuple(self.weights.tolist()), activation if activation and activation.has_inverse else "linear"
        )
        made = Model(inputs, mixture([model(inputs) for model in self.models]))
        if first.is_compiled:
            made.set_compiled(first.compiled)
        return made

    def distill(self, student: Model, x: object, **fit: Any) -> History:
        """Train one model to answer as the ensemble, which is then as good as it at the cost of one.

        The targets are the mean predictions: probabilities for a student with a cross-entropy as its loss.

        Args:
            student: A compiled model whose loss takes targets in the shape of its output.
            x: Inputs; labels are not needed, so that unlabelled rows can be added.
            fit: Arguments of :meth:`Model.fit`.

        Raises:
            InvalidValue: If the student is not compiled.
            ShapeError: If its output differs from that of the ensemble.

        Reference:
            G. Hinton, O. Vinyals, J. Dean (2015), Distilling the knowledge in a neural network; here the temperature
            is 1.
        """
        if not student.is_compiled:
            raise InvalidValue("distill: the student is not compiled; call student.compile(optimizer, loss).")
        targets = self.predict(x)
        if student.built and student.output_shape != self.models[0].output_shape:
            raise ShapeError(
                f"distill: the student's output has the shape {student.output_shape}, that of the ensemble "
                f"{self.models[0].output_shape}; they must agree."
            )
        return student.fit(x, targets, **fit)

    def _mean(self, found: Float[np.ndarray, "members *values"]) -> Float[np.ndarray, "*values"]:
        return np.tensordot(self.weights, found, axes=1).astype(found.dtype)


def _like(y: object, output: np.ndarray) -> np.ndarray:
    given = np.asarray(y, np.float64)
    if given.size != output.size or len(given) != len(output):
        raise ShapeError(f"fit_weights: y of shape {given.shape} for predictions of shape {output.shape}.")
    return given.reshape(output.shape)


def _of_targets(found: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the probability of each target, ``(members, rows)``, for class numbers or one-hot rows."""
    _, rows, classes = found.shape
    if y.shape == (rows, classes):
        return (found * y).sum(-1)
    if y.shape not in ((rows,), (rows, 1)):
        raise ShapeError(f"fit_weights: y of shape {y.shape} for predictions of shape {found.shape[1:]}.")
    numbers = y.reshape(rows).astype(np.int64)
    if (numbers != y.reshape(rows)).any() or numbers.min() < 0 or numbers.max() >= classes:
        raise DataError(
            f"fit_weights: y reaches from {y.min()} to {y.max()}; expected class numbers from 0 to {classes - 1}."
        )
    return found[:, np.arange(rows), numbers]
