"""A callback that compares the direction of a learning rule with the true gradient."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .callbacks import Callback, Logs, Needs


class GradientAlignment(Callback):
    """Record the angle between the direction of the rule and the true gradient for each layer, after each epoch.

    The angles, in degrees, are added to the logs and the history as ``angle_layer_0``, ``angle_layer_2`` and so on: one
    for each layer with parameters, by its index in the network. See ``model.alignment``.

    Args:
        x: Inputs for the comparison, ``(rows, ...)``; a few hundred rows are sufficient.
        y: Targets, ``(rows, ...)``.

    Example:
        >>> import numpy as np, plastica as pl
        >>> x, y = np.eye(4), [0, 1, 1, 0]
        >>> model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1, activation="sigmoid")])
        >>> model.compile("sgd", "binary_crossentropy")
        >>> history = model.fit(x, y, epochs=2, verbose=0, callbacks=[GradientAlignment(x, y)])
        >>> history.history["angle_layer_0"]
        [0.0, 0.0]
    """

    needs: Needs = "epoch"

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        self.x = x
        self.y = y

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the angles to the logs."""
        if logs is not None:
            for layer in self.model.alignment(self.x, self.y):
                logs[f"angle_layer_{layer.place}"] = layer.angle
