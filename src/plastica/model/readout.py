"""The read-out of a network in closed form: ridge regression from the last hidden activity to the targets."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from ..activations import Linear
from ..errors import DataError, InvalidValue, ShapeError
from ..layers import INFERENCE
from ..layers.layer import Layer
from ..typing import Float, Params, PyTree, State
from . import examples
from .base import BaseModel
from .inputs import count_rows

ROWS = 256  # sequences whose states are in memory at once


def fit_readout(model: BaseModel, x: object, y: object, l2: float, washout: int) -> None:
    """Replace the weights of the last layer by those of ridge regression; see the model's method."""
    if not l2 >= 0:
        raise InvalidValue(f"fit_readout: l2 is {l2!r}; expected a number of at least 0.")
    if isinstance(washout, bool) or not isinstance(washout, int) or washout < 0:
        raise InvalidValue(f"fit_readout: washout is {washout!r}; expected a number of steps of at least 0.")
    network = model.network
    _check_readout(network)
    inputs = examples.take_inputs(model, x)
    targets = np.asarray(y, np.float64)
    shape = (count_rows(inputs), *model.output_shape_for(inputs))
    if targets.shape == shape[:-1] and shape[-1] == 1:
        targets = targets[..., None]
    if targets.shape != shape:
        raise ShapeError(f"fit_readout: y of shape {targets.shape}; the network answers {shape}.")
    if not np.isfinite(targets).all():
        raise DataError("fit_readout: y is not finite.")
    if washout and (len(shape) < 3 or washout >= shape[1]):
        raise InvalidValue(f"fit_readout: washout of {washout} steps, but the network answers {shape}.")
    last = len(network.children) - 1
    body, params, state = network.span(slice(0, last)), model.params, model.state
    if params[last].keys() - {"bias"} != {"kernel"} or params[last]["kernel"].ndim != 2:
        raise InvalidValue(f"fit_readout: {network.children[last]!r} is no dense layer; train it with fit().")
    sums = _Sums(centred="bias" in params[last])
    for start in range(0, len(targets), ROWS):
        rows = slice(start, start + ROWS)
        part = jax.tree.map(lambda array, rows=rows: array[rows], inputs)
        hidden = np.asarray(_hidden(body, params[:last], state[:last], part), np.float64)
        own = targets[rows]
        if washout:
            hidden, own = hidden[:, washout:], own[:, washout:]
        sums.add(hidden.reshape(-1, hidden.shape[-1]), own.reshape(-1, own.shape[-1]))
    kernel, bias = sums.solve(l2)
    learned = {"kernel": kernel.astype(np.float32)}
    if bias is not None:
        learned["bias"] = bias.astype(np.float32)
    model.replace_weights((*params[:last], learned), state)


ZERO = np.zeros(())


class _Sums:
    """The sums of products that ridge regression is solved from, centred if there is a bias."""

    def __init__(self, centred: bool) -> None:
        self.centred, self.count = centred, 0
        self.square: np.ndarray = ZERO
        self.product: np.ndarray = ZERO
        self.x: np.ndarray = ZERO
        self.y: np.ndarray = ZERO

    def add(self, x: Float[np.ndarray, "rows units"], y: Float[np.ndarray, "rows outputs"]) -> None:
        self.count += len(x)
        self.square, self.product = self.square + x.T @ x, self.product + x.T @ y
        self.x, self.y = self.x + x.sum(0), self.y + y.sum(0)

    def solve(self, l2: float) -> tuple[Float[np.ndarray, "units outputs"], Float[np.ndarray, "outputs"] | None]:
        square, product = self.square, self.product
        if self.centred:
            # Centred from sums, in double precision: rows need be seen only once.
            square = square - np.outer(self.x, self.x) / self.count
            product = product - np.outer(self.x, self.y) / self.count
        # Without a penalty, units that repeat others leave many solutions: lstsq takes the smallest weights.
        kernel = np.linalg.lstsq(square + l2 * np.eye(len(square)), product, rcond=None)[0]
        return kernel, (self.y - self.x @ kernel) / self.count if self.centred else None


def _check_readout(network: Layer) -> None:
    """Check that a network is a chain of layers that ends with a linear read-out.

    Raises:
        InvalidValue: If it is another.
    """
    last = network.children[-1] if network.flow == "chain" and len(network.children) > 1 else None
    if last is None or not last.linear_units or last.output_activation not in (None, Linear()):
        raise InvalidValue(
            "fit_readout: expected a Sequential that ends with a Dense layer without activation, such as "
            "[EchoState(300, return_sequences=True), Dense(1)]; train others with fit()."
        )
    if network.makes_mask:
        raise InvalidValue("fit_readout: the network masks steps, which would count like others; train it with fit().")


@jax.jit
def _hidden(body: Layer, params: Params, state: State, x: PyTree) -> Array:
    return body.apply(params, body.cast_inputs(x), state, INFERENCE)[0]
