"""Biases of LSTM gates for memories as long as the sequences."""

from __future__ import annotations

import numpy as np

from ...declaration import declaration
from ...errors import InvalidValue
from ...initializers import Initializer
from ...random import Shape

GATES = 4  # input, forget, candidate, output


@declaration
class ChronoBias(Initializer):
    """Biases of the forget gates with which cells keep their contents for 1 to T steps, and the opposite at the input.

        b_f = ln(uniform(1, T - 1)),   b_i = -b_f

    When to use: for LSTM layers on sequences of about a hundred steps and more, as
    ``LSTM(units, unit_forget_bias=False, bias_initializer=ChronoBias(T))``. With the usual bias of 1, cells forget
    within four steps at first, and gradients over a hundred vanish.

    Args:
        length: T, the longest lag, in steps.

    Raises:
        InvalidValue: If it is below 3.

    Example:
        >>> bias = ChronoBias(100)(np.random.default_rng(0), (8,))
        >>> bool((bias[:2] == -bias[2:4]).all()), bias[4:].tolist()
        (True, [0.0, 0.0, 0.0, 0.0])

    Reference:
        C. Tallec, Y. Ollivier, 2018, Can recurrent neural networks warp time?, equation 16.
    """

    length: int

    def __post_init__(self) -> None:
        if self.length < 3:
            raise InvalidValue(f"ChronoBias(length={self.length}): expected at least 3 steps.")

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        forget = np.log(rng.uniform(1, self.length - 1, shape[-1] // GATES))
        return np.concatenate([-forget, forget, np.zeros(2 * len(forget))]).astype(np.float32)
