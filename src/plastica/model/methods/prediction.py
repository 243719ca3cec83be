"""Evaluation and prediction of a model."""

from __future__ import annotations

from collections.abc import Sequence

from ...layers.node import Node, nodes_of
from ...training.callbacks import Callback
from ...typing import EvaluationResult, ModelAnswers
from .. import fitting, inference, stepping, wiring
from ..base import BaseModel
from ..stepping import StepwiseAnswers


class PredictionMethods(BaseModel):
    """The methods of a model that evaluate and predict."""

    def evaluate(
        self,
        x: object,
        y: object = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: object = None,
        steps: int | None = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> EvaluationResult:
        """Return the loss and the metrics for given data.

        Args:
            x: Inputs, ``(rows, ...)``.
            y: Targets, ``(rows, ...)``; None for networks compiled without a loss.
            batch_size: Rows computed at once; affects only speed.
            verbose: 0 for no output, otherwise one line.
            sample_weight: The weight of each row, ``(rows,)``.
            steps: The number of batches of a generator given as ``x``. Default: all.
            callbacks: Callbacks with ``on_test_begin`` and ``on_test_end``.
            return_dict: Whether to return a dictionary by name.

        Returns:
            The loss if there are no metrics, otherwise a list ``[loss, metric, ...]``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_test_begin({})
        found = inference.evaluate(self, x, y, sample_weight, batch_size, steps)
        for watcher in watchers:
            watcher.on_test_end(dict(found))
        if verbose not in (0, "0"):
            print(" - ".join(f"{name}: {value:.4f}" for name, value in found.items()))  # noqa: T201
        if return_dict:
            return found
        return found["loss"] if len(found) == 1 else list(found.values())

    def predict(
        self,
        x: object,
        batch_size: int | None = None,
        verbose: int | str = 0,
        steps: int | None = None,
        *,
        callbacks: Sequence[Callback] | Callback | None = None,
    ) -> ModelAnswers:
        """Return the predictions of the network, ``(rows, ...)``.

        The prediction for a row does not depend on the other rows: all are computed in chunks of one fixed size.

        Args:
            x: Inputs, ``(rows, ...)``.
            batch_size: Rows computed at once. Default 128.
            verbose: Accepted for compatibility with Keras; nothing is printed.
            steps: The number of batches of a generator given as ``x``. Default: all.
            callbacks: Callbacks with ``on_predict_begin`` and ``on_predict_end``.
        """
        watchers = fitting.watchers(self, callbacks)
        for watcher in watchers:
            watcher.on_predict_begin({})
        answers = inference.predict(self, x, batch_size, steps)
        for watcher in watchers:
            watcher.on_predict_end({})
        return answers

    def stream(self, batch: int = 1) -> StepwiseAnswers:
        """Return the network as it answers one step of a sequence at a time, remembering the steps before.

        For sensors, control and text as it is written. The answers equal those of :meth:`predict` for the sequence so
        far. The weights are those of this moment.

        Args:
            batch: How many sequences go side by side.

        Raises:
            InvalidValue: If a layer needs the whole sequence, such as Bidirectional or a mean over time.

        Example:
            >>> from plastica import LSTM, Dense, Sequential
            >>> model = Sequential([LSTM(4, input_shape=(None, 2)), Dense(1)])
            >>> answers = model.stream()
            >>> answers.step([0.5, -1.0]).shape
            (1, 1)
            >>> import numpy as np
            >>> x = np.ones((1, 3, 2))
            >>> answers.reset()
            >>> last = [answers.step(x[:, t]) for t in range(3)][-1]
            >>> bool(abs(last - model.predict(x)).max() < 1e-5)
            True
        """
        return stepping.stream(self, batch)

    def __call__(self, x: object, training: bool = False) -> ModelAnswers:
        """Return the predictions of the network, as :meth:`predict` does; for a node, the network's output as a node.

        A network that is called with a node becomes a layer of the graph, with a copy of its weights.

        Args:
            x: Inputs, ``(rows, ...)``, or a node.
            training: Whether layers work as in training: dropout, random changes of pictures, statistics of the batch.
                Each call draws anew, so that the spread over calls shows how sure a network with dropout is. No weights
                or statistics change.
        """
        if wiring.is_node(x):
            return Node(self.network, nodes_of(self.network, (x,)), wiring.Origin(self, None))
        return inference.answers_in_training(self, x) if training else self.predict(x)
