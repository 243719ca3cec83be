"""The delta rule: go towards the target in proportion to what is missing."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import numpy as np

from .. import activations
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer, Params, Record
from ..losses import Objective
from ..optimizers import SGD, Optimizer
from .facts import LAST_LAYER_ALONE, Facts
from .last_layer import LastLayerRule
from .rule import Batch

_AS_THEY_ARE = (activations.Linear, activations.Softmax, activations.LogSoftmax, activations.Tanh, activations.Softsign)
_FROM_0_TO_1 = (activations.Sigmoid, activations.HardSigmoid, activations.Heaviside)


@declaration
class Delta(LastLayerRule):
    """Move each weight by its input times what the potential lacks: Adaline, least mean squares.

    For linear regression in small steps, and for classes as Adaline does it. It finds the least-squares solution
    whether or not classes can be separated; with all rows in a batch it does so below the learning rate
    2 / lambda_max and grows without end above, lambda_max being the largest eigenvalue of the second moments of the
    inputs with a 1 for the bias: :func:`~plastica.rules.largest_rate`. Only the last layer that learns moves; those
    before it stay as they were drawn.

        w <- w + learning_rate (t - z) x, with z = w'x + b before any activation; the mean over a batch's rows

    Under linear, softmax and tanh units the potential learns the targets as they are, class numbers as a one among
    zeros. Where an answer from 0 to 1 is read off at the potential 0 (sigmoid, heaviside) and under hinge losses it
    learns -1 and 1, Adaline's targets, so that the decision falls in the middle.

    Raises:
        InvalidValue: For a last activation that fits none of these; for a last layer that is not units with one kernel.

    Reference:
        Widrow, Hoff (1960), Adaptive switching circuits; Widrow, Stearns (1985), Adaptive signal processing, chapters 4
        (steepest descent and its bound) and 6 (least mean squares).
    """

    facts: ClassVar[Facts | None] = Facts(
        "Widrow, Hoff 1960",
        local=True,
        symmetric_weights=False,
        phases=1,
        global_error=False,
        labels=False,
        notes={"labels": LAST_LAYER_ALONE},
    )
    usual_optimizer: ClassVar[Optimizer] = SGD(0.01)

    def check(self, network: Layer, objective: Objective | None) -> None:
        activation = network.output_activation
        if activation is not None and not isinstance(activation, _AS_THEY_ARE + _FROM_0_TO_1):
            raise InvalidValue(
                f"Delta: the last activation is {activation!r}, and the delta rule teaches potentials, not activities. "
                'End with a linear layer for numbers, with "sigmoid", "tanh", "heaviside" or "softmax" for classes.'
            )

    def error(self, network: Layer, objective: Objective, y: jax.Array, potential: jax.Array) -> jax.Array:
        meaning = objective.loss.meaning
        target = meaning.targets.spread(type(self).__name__, y, potential)
        if isinstance(network.output_activation, _FROM_0_TO_1) and not meaning.targets.signed:
            return potential - (2 * target - 1)
        return potential - target

    def advice(self, network: Layer, params: Params, record: Record, batch: Batch) -> str:
        x = self.last(network, params, record).input
        if x.ndim != 2 or not np.isfinite(x).all():
            return ""
        weight = np.sqrt(np.asarray(batch.weight) / float(batch.size))[:, None] * np.sqrt(len(x))
        rate = largest_rate(weight * np.asarray(x), weight if "bias" in params[self.place(network, params)] else None)
        return f"on these {int(batch.size)} rows the delta rule grows without end above the learning rate {rate:.3g}"


def largest_rate(x: Any, bias: Any = 1.0) -> float:
    """Return the learning rate above which the delta rule with all rows in a batch grows without end.

    It is 2 / lambda_max, lambda_max being the largest eigenvalue of the second moments (1/n) sum over rows of x x',
    x with a 1 for the bias.

    Args:
        x: What arrives at the last layer, ``(rows, inputs)``.
        bias: What stands for the bias beside each row; None for a layer without one.

    Example:
        >>> round(largest_rate([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [4.0, 5.0]]), 4)
        0.0916

    Reference:
        Widrow, Stearns (1985), Adaptive signal processing, chapter 4.
    """
    inputs = np.asarray(x, np.float64)
    if bias is not None:
        inputs = np.hstack([inputs, np.broadcast_to(bias, (len(inputs), 1))])
    # Singular values keep more digits than the eigenvalues of the product.
    largest = float(np.linalg.norm(inputs, 2)) ** 2 / len(inputs)
    return 2 / largest if largest else float("inf")
