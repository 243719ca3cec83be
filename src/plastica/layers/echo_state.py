"""Echo state networks: a recurrent reservoir with fixed random weights, of which only a read-out is trained."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..initializers import Initializer, RandomUniform
from ..typing import by_name
from .cell import Cell
from .in_time import Carry
from .layer import INFERENCE, Context, Params, Shape, State
from .records import Variables
from .recurrent_base import Recurrent


@declaration
class ReservoirWeights(Initializer):
    """Sparse random weights between the units of a reservoir, scaled to a spectral radius.

    Args:
        spectral_radius: The largest absolute eigenvalue.
        density: The fraction of connections that exist.

    Example:
        >>> weights = ReservoirWeights(0.9, 0.2)(np.random.default_rng(0), (50, 50))
        >>> round(float(abs(np.linalg.eigvals(weights)).max()), 3), round(float((weights != 0).mean()), 1)
        (0.9, 0.2)
    """

    spectral_radius: float = 0.9
    density: float = 0.1

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        weights = rng.uniform(-1, 1, shape) * (rng.random(shape) < self.density)
        radius = np.abs(np.linalg.eigvals(weights)).max()
        return (weights * (self.spectral_radius / radius if radius > 0 else 0)).astype(np.float32)


@declaration
class EchoStateCell(Cell):
    """One step of :class:`EchoState`, where its equation is.

    Args:
        units: The number of units.
        leak: a, how much of the state is replaced at each step.
        spectral_radius: The largest absolute eigenvalue of U.
        density: The fraction of the entries of U that are not 0.
        input_scale: The largest absolute value in W and b.

    Shapes:
        ``(batch, features) -> (batch, units)`` at each step; kernel ``(features, units)``, recurrent_kernel
        ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If a value is out of range.

    Example:
        >>> EchoStateCell(100).output_shape((3,))
        (100,)
    """

    units: int
    leak: float = 1.0
    spectral_radius: float = 0.9
    density: float = 0.1
    input_scale: float = 0.5

    def __post_init__(self) -> None:
        check_reservoir(self)

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        inputs = RandomUniform(-self.input_scale, self.input_scale)
        return Variables(
            {
                "kernel": inputs(rng, (shape[-1], self.units)),
                "recurrent_kernel": ReservoirWeights(self.spectral_radius, self.density)(rng, (self.units,) * 2),
                "bias": inputs(rng, (self.units,)),
            },
            {},
        )

    def start(self, params: Params, batch: int) -> Carry:
        return (jnp.zeros((batch, self.units), jnp.result_type(*by_name(params).values()) if params else jnp.float32),)

    def project(self, params: Params, x: Array, context: Context) -> Array:
        return x @ params["kernel"] + params["bias"]

    def step(
        self, params: Params, carry: Carry, x_t: Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, Array]:
        return self.advance(params, carry, self.project(params, x_t, context), context)

    def advance(self, params: Params, carry: Carry, projected: Array, context: Context) -> tuple[Carry, Array]:
        (h,) = carry
        leak = jnp.asarray(self.leak, h.dtype)
        h = (1 - leak) * h + leak * jnp.tanh(projected + h @ params["recurrent_kernel"])
        return (h,), h


@declaration
class EchoState(Recurrent):
    """A reservoir of recurrent units with fixed random weights.

        h_t = (1 - a) h_(t-1) + a tanh(x_t W + h_(t-1) U + b)

    When to use: for series of which a linear read-out of many random memories is enough. Only the layers behind it are
    trained, in seconds; ``model.unfreeze()`` trains its weights too. The larger the spectral radius, the longer inputs
    are remembered; from about 1 on, the initial state may never be forgotten.

    Args:
        units: The number of units, some hundreds.
        leak: a, how much of the state is replaced at each step; below 1 for slow series.
        spectral_radius: The largest absolute eigenvalue of U.
        density: The fraction of the entries of U that are not 0.
        input_scale: The largest absolute value in W and b; smaller for a more linear reservoir.
        return_sequences: Whether to return the states of all steps or only the last.
        go_backwards: Whether to process the sequence in reverse; outputs are then in reverse order.
        return_state: Whether to return the state after the last step as a second output, in a graph.
        stateful: Whether each row of a batch continues where the same row of the last batch ended; see LSTM.
        trainable: Whether training changes the weights; False by default.

    Shapes:
        ``(batch, time, features) -> (batch, units)``, with ``return_sequences`` ``(batch, time, units)``;
        kernel ``(features, units)``, recurrent_kernel ``(units, units)``, bias ``(units,)``.

    Raises:
        InvalidValue: If a value is out of range.
        ShapeError: If inputs are not (batch, time, features).

    Example:
        >>> EchoState(100, return_sequences=True).output_shape((50, 3))
        (50, 100)

    Reference:
        Jaeger (2001), The "echo state" approach to analysing and training recurrent neural networks; with leak: Jaeger,
        Lukoševičius, Popovici, Siewert (2007), Optimization and applications of echo state networks with
        leaky-integrator neurons, equation 1.
    """

    units: int
    leak: float = 1.0
    spectral_radius: float = 0.9
    density: float = 0.1
    input_scale: float = 0.5
    return_sequences: bool = False
    go_backwards: bool = False
    return_state: bool = False
    stateful: bool = False
    trainable: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_reservoir(self)

    @property
    def _cell(self) -> Cell:
        made = object.__new__(EchoStateCell)  # the leak may be a traced number, which is not validated again
        for name in ("units", "leak", "spectral_radius", "density", "input_scale"):
            object.__setattr__(made, name, getattr(self, name))
        return made


def check_reservoir(layer: Any) -> None:
    """Check the numbers of a reservoir.

    Raises:
        InvalidValue: If one is out of range.
    """
    name = type(layer).__name__
    if layer.units < 1:
        raise InvalidValue(f"{name}(units={layer.units!r}): units must be a whole number of at least 1.")
    for each in ("leak", "density"):
        if not 0 < getattr(layer, each) <= 1:
            raise InvalidValue(f"{name}({each}={getattr(layer, each)}): expected a fraction above 0 and up to 1.")
    for each in ("spectral_radius", "input_scale"):
        if not getattr(layer, each) > 0:
            raise InvalidValue(f"{name}({each}={getattr(layer, each)}): expected a number above 0.")
