"""Networks that forecast all steps of the horizon at once from a window of the past and what is known of the future."""

from __future__ import annotations

from collections.abc import Callable

from ..layers import (
    Add,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling1D,
    Input,
    Layer,
    RepeatVector,
    Reshape,
    Subtract,
)
from ..layers.node import NodeLike
from ..model import Model
from . import networks
from .windows import WindowShape

UNITS = 256
DROPOUT = 0.2
CORRECTING = 32
CODES = 8  # numbers that stand for the calendar and the covariates of a step


def mlp(shape: WindowShape, seed: int = 0) -> Model:
    r"""Return two hidden layers over the whole window and the calendar of the horizon, beside a linear forecast.

    The window is taken relative to its mean :math:`m`, which is added to the forecast again, so that a series may rise
    above all that was trained on:

    .. math:: \hat y = m + W (y - m) + f(y - m, m, \text{covariates}, \text{known of the horizon})

    Args:
        shape: The shapes of windows.
        seed: The seed of the weights.

    Reference:
        A. Das et al. (2023), Long-term forecasting with TiDE: time-series dense encoder, section 4 (residual linear
        forecast and projected covariates).
    """
    inputs: list[NodeLike] = [Input(each) for each in shape.inputs]
    level = GlobalAveragePooling1D()(inputs[0])
    flat = Flatten()(Subtract()([inputs[0], RepeatVector(shape.look_back)(level)]))
    read = [flat, level]
    if shape.past:
        read.append(Dense(UNITS // 4, "relu")(Flatten()(inputs[1])))
    if shape.future:
        read.append(Flatten()(Dense(CODES)(inputs[-1])))
    hidden = Concatenate()(read)
    for _ in range(2):
        hidden = Dropout(DROPOUT)(Dense(UNITS, "relu")(hidden))
    size = shape.horizon * shape.quantiles
    parts = [Dense(size)(hidden), Dense(size, kernel_initializer="zeros")(flat)]
    relative = Reshape((shape.horizon, shape.quantiles))(Add()(parts))
    return Model(inputs, Add()([relative, RepeatVector(shape.horizon)(_times(level, shape.quantiles))]), seed=seed)


def around(core: Core) -> Callable[[WindowShape, int], Model]:
    """Return the network that corrects the forecast of another one by the calendar and what is known of each step.

    Args:
        core: A network of :mod:`.networks`, as a function of the sizes of windows and forecasts.
    """

    def build(shape: WindowShape, seed: int = 0) -> Model:
        inputs: list[NodeLike] = [Input(each) for each in shape.inputs]
        window = Concatenate()(inputs[:2]) if shape.past else inputs[0]
        made = core(shape.look_back, 1 + shape.past, shape.horizon, 1)(window)
        if shape.future or shape.quantiles > 1:
            hidden = Dense(CORRECTING, "relu")(Concatenate()([made, inputs[-1]]) if shape.future else made)
            correction = Dense(shape.quantiles, kernel_initializer="zeros")(hidden)
            made = Add()([_times(made, shape.quantiles), correction])
        return Model(inputs, made, seed=seed)

    return build


def _times(node: NodeLike, count: int) -> NodeLike:
    """Return a node with its last axis repeated, to begin with for all quantiles."""
    return node if count == 1 else Concatenate()([node] * count)


Core = Callable[[int, int, int, int], Layer]
CORES: dict[str, Core] = {name: getattr(networks, name) for name in networks.__all__}
ARCHITECTURES: dict[str, Callable[[WindowShape, int], Model]] = {
    "mlp": mlp,
    **{name: around(core) for name, core in CORES.items()},
}
