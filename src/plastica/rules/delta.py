"""The delta rule: steps in proportion to the error of each unit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from .. import activations
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers.layer import Layer, Params, Record
from ..losses import Objective
from ..optimizers import SGD, Optimizer
from ..typing import Float, Num
from .facts import LAST_LAYER_ALONE, Facts
from .last_layer import LastLayerRule
from .rule import Batch

_AS_THEY_ARE = (activations.Linear, activations.Softmax, activations.LogSoftmax, activations.Tanh, activations.Softsign)
_FROM_0_TO_1 = (activations.Sigmoid, activations.HardSigmoid, activations.Heaviside)


@declaration
class Delta(LastLayerRule):
    """The delta rule (Adaline, least mean squares): move each weight by its input times the error of the potential.

    When to use: for linear regression in small steps, and for classification as with Adaline. It converges to the
    least-squares solution whether or not the classes are separable. With all rows in one batch it does so for learning
    rates below 2 / lambda_max and diverges above, where lambda_max is the largest eigenvalue of the second moments of
    the inputs (with a 1 for the bias); see :func:`~plastica.rules.largest_rate`. Only the last layer with parameters
    learns; those before it keep their initial weights.

        w <- w + learning_rate (t - z) x, with z = w'x + b before any activation; the mean over the rows of a batch

    With linear, softmax and tanh units, the potential learns the targets as they are, class numbers as one-hot. If
    outputs between 0 and 1 are decided at potential 0 (sigmoid, heaviside), and for hinge losses, it learns -1 and 1,
    the targets of Adaline, so that the decision boundary is in the middle.

    Raises:
        InvalidValue: For any other last activation, or if the last layer with parameters does not have a single kernel.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(1)])
        >>> model.compile(rule="delta", loss="mse")

    Reference:
        B. Widrow, M. E. Hoff, 1960, Adaptive switching circuits.
        B. Widrow, S. D. Stearns, 1985, Adaptive signal processing, chapter 4 (steepest descent and its bound) and 6
        (least mean squares).
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
                f"Delta: the last activation is {activation!r}, and the delta rule trains potentials, not activities. "
                'End with a linear layer for regression, with "sigmoid", "tanh", "heaviside" or "softmax" for classes.'
            )

    def error(
        self,
        network: Layer,
        objective: Objective,
        y: Num[Array, "batch *targets"],
        potential: Float[Array, "batch *places units"],
    ) -> Float[Array, "batch *places units"]:
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
        return f"on these {int(batch.size)} rows the delta rule diverges for learning rates above {rate:.3g}"


def largest_rate(x: ArrayLike, bias: ArrayLike | None = 1.0) -> float:
    """Return the learning rate above which the delta rule with all rows in one batch diverges.

    It is 2 / lambda_max, where lambda_max is the largest eigenvalue of the second moments (1/n) sum over rows of x x',
    including a 1 in x for the bias.

    Args:
        x: The inputs of the last layer, ``(rows, features)``.
        bias: The input of the bias, a number or one for each row; None for a layer without bias.

    Example:
        >>> round(largest_rate([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [4.0, 5.0]]), 4)
        0.0916

    Reference:
        B. Widrow, S. D. Stearns, 1985, Adaptive signal processing, chapter 4.
    """
    inputs = np.asarray(x, np.float64)
    if bias is not None:
        inputs = np.hstack([inputs, np.broadcast_to(bias, (len(inputs), 1))])
    # The largest singular value is more accurate than the eigenvalue of the product.
    largest = float(np.linalg.norm(inputs, 2)) ** 2 / len(inputs)
    return 2 / largest if largest else float("inf")
