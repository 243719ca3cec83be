"""Threshold units that are wired by hand and do not learn: the neuron of 1943."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import activations
from ..activations import Activation
from ..declaration import declaration
from ..errors import DataError, InvalidValue, ShapeError
from ..typing import Float
from .layer import Context, Layer, Params, Shape, State


@declaration
class McCullochPitts(Layer):
    """Units that fire if enough of their excitatory inputs and none of their inhibitory inputs fire.

    When to use: for logic that is written down instead of learned: as gates, and as fixed hidden units before a
    perceptron. All values are 0 or 1; a single inhibitory input silences a unit, whatever the other inputs are.

        a_k = 1 if sum over excitatory i of c_ki x_i >= threshold_k and no inhibitory x_i fires, else 0

    The potential is the excitation minus the threshold, or -1 for a unit that is inhibited. No error propagates back
    through it, because a step has a slope of 0.

    Args:
        connections: A row for each unit with a number for each input: 1 is excitatory (2 counts twice), -1 inhibitory,
            0 means no connection.
        thresholds: The excitation at which a unit fires: one whole number for all, or one for each unit. With 0 a unit
            fires unless it is inhibited.

    Shapes:
        ``(batch, features) -> (batch, units)``, zeros and ones.

    Raises:
        InvalidValue: If rows differ in length, numbers are not whole, or a threshold is negative.
        ShapeError: If the number of inputs is not the length of the rows.
        DataError: If the layer is the first of a network and its inputs are not zeros and ones.

    Example:
        >>> both = McCullochPitts([[1, 1]], thresholds=2)
        >>> both.apply({}, jnp.array([[0.0, 1.0], [1.0, 1.0]]))[0][:, 0].tolist()
        [0.0, 1.0]

    Reference:
        W. S. McCulloch, W. Pitts, 1943, A logical calculus of the ideas immanent in nervous activity, section 2.
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
                f"McCullochPitts({rows!r}): expected a row per unit with a number per input, such as [[1, 1], [1, -1]]."
            )
        if not all(map(_is_whole, (*given, *(number for row in rows for number in row)))):
            raise InvalidValue(
                f"McCullochPitts({rows!r}, {given!r}): connections and thresholds must be whole numbers."
            )
        if len(given) != len(rows) or min(given) < 0:
            raise InvalidValue(
                f"McCullochPitts(thresholds={self.thresholds!r}): expected a number of at least 0, or one for each of "
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
                f"McCullochPitts: got the value {wrong.flat[0]:.4g} ({wrong.size} of {numbers.size} values are "
                "neither); its inputs must be 0 or 1. Put Dense(units, activation='heaviside') before it."
            )

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch units"], State]:
        wiring = np.array(self.connections, np.float32).T
        excitation = x @ jnp.asarray(np.maximum(wiring, 0), x.dtype)
        inhibition = x @ jnp.asarray(np.maximum(-wiring, 0), x.dtype)
        apart = excitation - jnp.asarray(self.thresholds, x.dtype)
        return jnp.where(inhibition > 0, -1, apart), state

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return activations.Heaviside()(potential)

    @property
    def output_activation(self) -> Activation | None:
        return activations.Heaviside()


def _is_whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
