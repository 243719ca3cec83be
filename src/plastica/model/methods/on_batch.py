"""Training, evaluation and prediction of one batch at a time, for loops of your own, with the methods of Keras."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import numpy as np
from jax import Array

from ... import random
from ...errors import NotFinite
from ...training.batches import training_rows
from ...training.cache import keep_compiled_programs
from ...training.compiled import compiled_for
from ...training.rows import Plan
from ...training.sums import figures
from ...typing import EvaluationResult, ModelAnswers
from .. import inference
from ..adapting import adapt
from ..base import BaseModel
from ..class_weights import weighed
from ..compiling import widths_for
from ..examples import take
from ..exclusive import alone
from ..settling import settled


class BatchMethods(BaseModel):
    """The methods of a model that take one batch."""

    _test_sums: Array | None = None

    def train_on_batch(
        self,
        x: object,
        y: object = None,
        sample_weight: object = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> EvaluationResult:
        """Make one step of training on a batch, as ``fit`` does with each of its batches.

        For loops of your own, such as those of two networks that compete. Batches of one size use one compiled program;
        the same batches give the same weights as ``fit(shuffle=False)``. Where ``fit`` suffices, it is faster.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; None for networks compiled without a loss.
            sample_weight: The weight of each row in the loss.
            class_weight: The weight of each class in the loss, by class number.
            return_dict: Whether to return a dictionary by name.

        Returns:
            The loss, or a list ``[loss, metric, ...]``: as in Keras, over all batches since :meth:`reset_metrics`.

        Raises:
            NotFinite: If the loss or the weights become NaN or infinite; the weights stay those before the batch.
        """
        with alone(self):
            found = _train(self, x, y, sample_weight, class_weight)
        return _as_asked(found, return_dict)

    def test_on_batch(
        self, x: object, y: object = None, sample_weight: object = None, return_dict: bool = False
    ) -> EvaluationResult:
        """Return loss and metrics of a batch and of those before it since :meth:`reset_metrics`, as in Keras.

        Args:
            x, y, sample_weight, return_dict: As for :meth:`train_on_batch`.
        """
        keep_compiled_programs()
        batch = take(self, x, y, sample_weight, compact=True)
        program, widths, self._test_sums = inference.sums_of(self, iter([batch]), None, self._test_sums)
        return _as_asked(figures(program, widths, np.asarray(self._test_sums)), return_dict)

    def predict_on_batch(self, x: object) -> ModelAnswers:
        """Return the predictions for a batch, as :meth:`predict` does."""
        return inference.predict(self, x, None)

    def reset_metrics(self) -> None:
        """Begin the loss and the metrics of :meth:`train_on_batch` and :meth:`test_on_batch` anew."""
        self._test_sums = None
        if self.is_trained:
            learner = self.learner
            self.learner = learner._replace(sums=jax.device_put(np.zeros_like(learner.sums)))

    @property
    def metrics_names(self) -> list[str]:
        """The names of what :meth:`evaluate` returns: the loss, the costs of layers, the metrics."""
        return ["loss", *self.program.means, *(metric.label for metric in self.program.watched)]


def _train(
    model: BaseModel, x: object, y: object, sample_weight: object, class_weight: Mapping[int, float] | None
) -> dict[str, float]:
    keep_compiled_programs()
    batch = weighed(model, take(model, x, y, sample_weight, compact=True), class_weight)
    adapt(model)
    rows, shape = batch.rows, model.output_shape_for(batch.x)
    model.program, _ = settled(model.program, batch.y, shape, rows, (rows,))
    widths = widths_for(model.program, batch.y, shape)
    before = model.start_learner(widths)
    # An epoch that has another batch still is not complete, so that the sums go on.
    plan = Plan(
        np.arange(rows, dtype=np.int32).reshape(1, 1, rows),
        np.array([rows], np.int32),
        np.array([0, 0, 0, 1], np.int32),
        np.int32(2),
        np.array([model.epochs_trained, 0, 1], np.int32),
    )
    advance = compiled_for(model.network).advance
    chunk = advance(
        model.program, random.seed_key(model.seed), before, training_rows(*batch[:3]), None, plan.for_program()
    )
    if not bool(chunk.finite):
        raise NotFinite(
            "train_on_batch: the loss or the weights are no longer finite after this batch; the network has the "
            "weights from before it. Lower the learning rate, or scale the inputs."
        )
    model.learner = chunk.learner
    return figures(model.program, widths, np.asarray(chunk.learner.sums))


def _as_asked(found: dict[str, float], return_dict: bool) -> EvaluationResult:
    if return_dict:
        return found
    return found["loss"] if len(found) == 1 else list(found.values())
