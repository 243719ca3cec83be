"""Threshold units that are wired by hand and learn nothing: the neuron of 1943."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations
from ..activations import Activation
from ..declaration import declaration
from ..errors import DataError, InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State


@declaration
class McCullochPitts(Layer):
    """Units that fire when enough of their exciting inputs fire and none of their inhibiting ones does.

    For logic that is written down, not learned: as gates, and as fixed hidden units below a perceptron. Everything
    is all or none, 0 or 1; a single inhibiting input silences a unit whatever else arrives.

        a_k = 1 where sum over exciting i of c_ki x_i >= threshold_k and no inhibiting x_i fires, else 0

    Its potential is the excitation's distance from the threshold, -1 for a unit that is inhibited. Errors do not
    travel back through it, for a step has no slope.

    Args:
        connections: A row for each unit with a number for each input: 1 excites (2 counts twice), -1 inhibits, 0 is no
            connection.
        thresholds: How much excitation lets a unit fire: one whole number for all, or one a unit; with 0 it fires
            unless it is inhibited.

    Shapes:
        ``(batch, inputs) -> (batch, units)``, zeros and ones.

    Raises:
        InvalidValue: For rows of unequal length, numbers that are not whole, a negative threshold.
        ShapeError: If there are not as many inputs as each row has numbers.
        DataError: If a network begins with this layer and its inputs are not zeros and ones.

    Example:
        >>> both = McCullochPitts([[1, 1]], thresholds=2)
        >>> both.apply({}, jnp.array([[0.0, 1.0], [1.0, 1.0]]))[0][:, 0].tolist()
        [0.0, 1.0]

    Reference:
        McCulloch, Pitts (1943), A logical calculus of the ideas immanent in nervous activity, section 2.
    """

    connections: tuple[tuple[int, ...], ...]
    thresholds: int | tuple[int, ...] = 1

    def __post_init__(self) -> None:
        rows = tuple(tuple(row) for row in self.connections)
        given = self.thresholds if isinstance(self.thresholds, tuple | list) else (self.thresholds,) * len(rows)
        object.__setattr__(self, "connections", rows)
        if not isinstance(self.thresholds, int):
            object.__setattr__(self, "thresholds", tuple(given))
        if not rows or len({len(row) for row in rows}) > 1:
            raise InvalidValue(
                f"McCullochPitts({rows!r}): give one row a unit, all with one number for each input: [[1, 1], [1, -1]]."
            )
        if not all(map(_is_whole, (*given, *(number for row in rows for number in row)))):
            raise InvalidValue(f"McCullochPitts({rows!r}, {given!r}): connections and thresholds are whole numbers.")
        if len(given) != len(rows) or min(given) < 0:
            raise InvalidValue(
                f"McCullochPitts(thresholds={self.thresholds!r}): give one number of at least 0, or one for each of "
                f"the {len(rows)} units."
            )

    def output_shape(self, shape: Shape) -> Shape:
        if tuple(shape) != (len(self.connections[0]),):
            raise ShapeError(
                f"McCullochPitts: got inputs of shape {tuple(shape)}; its rows have "
                f"{len(self.connections[0])} numbers, one for each input."
            )
        return (len(self.connections),)

    def check_input(self, x: np.ndarray) -> None:
        numbers = np.asarray(x)
        wrong = numbers[(numbers != 0) & (numbers != 1)]
        if wrong.size:
            raise DataError(
                f"McCullochPitts: got the value {wrong.flat[0]:.4g} ({wrong.size} of {numbers.size} values do not "
                "fit); its inputs are 0 or 1. Put Dense(units, activation='heaviside') before it to make them so."
            )

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        wiring = np.array(self.connections, np.float32).T
        excitation = x @ jnp.asarray(np.maximum(wiring, 0), x.dtype)
        inhibition = x @ jnp.asarray(np.maximum(-wiring, 0), x.dtype)
        apart = excitation - jnp.asarray(self.thresholds, x.dtype)
        return jnp.where(inhibition > 0, -1, apart), state

    def activate(self, potential: jax.Array) -> jax.Array:
        return activations.Heaviside()(potential)

    @property
    def output_activation(self) -> Activation | None:
        return activations.Heaviside()


def _is_whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
