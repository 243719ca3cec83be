"""Schedules along a cosine."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..typing import Float, Num
from .checks import ABOVE_ZERO, AT_LEAST_ZERO, INSIDE_ONE, require_numbers
from .schedule import Schedule, count


@declaration
class CosineDecay(Schedule):
    """A learning rate that falls along half a cosine, optionally after a linear warm-up.

    When to use: as the usual choice if the number of steps is known in advance.

    rate(t) = peak * ((1 - alpha) * (1 + cos(pi * t / decay_steps)) / 2 + alpha), t counted from the end of the warm-up

    Args:
        initial_learning_rate: The learning rate at the start, which is the peak if there is no warm-up.
        decay_steps: The number of steps of the decay, without the warm-up.
        alpha: The final learning rate as a fraction of the peak.
        warmup_target: The peak to which the rate rises from ``initial_learning_rate``. None: no warm-up.
        warmup_steps: The number of steps of the warm-up.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = CosineDecay(0.1, decay_steps=100)
        >>> [round(float(schedule(step)), 4) for step in (0, 50, 100)]
        [0.1, 0.05, 0.0]

    Reference:
        I. Loshchilov, F. Hutter, 2017, SGDR: stochastic gradient descent with warm restarts, equation 5.
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: float = 0

    def __post_init__(self) -> None:
        rates = {"initial_learning_rate": AT_LEAST_ZERO, "warmup_target": AT_LEAST_ZERO}
        steps = {"decay_steps": ABOVE_ZERO, "warmup_steps": AT_LEAST_ZERO}
        require_numbers(self, {**rates, **steps, "alpha": AT_LEAST_ZERO})

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate during the warm-up or the decay."""
        time = count(step)
        if self.warmup_target is None:
            return self.initial_learning_rate * _cosine(time / self.decay_steps, self.alpha)
        rise = self.warmup_target - self.initial_learning_rate
        up = self.initial_learning_rate + rise * time / jnp.maximum(self.warmup_steps, 1)
        down = self.warmup_target * _cosine((time - self.warmup_steps) / self.decay_steps, self.alpha)
        return jnp.where(time < self.warmup_steps, up, down)


@declaration
class CosineDecayRestarts(Schedule):
    """A learning rate that falls along half a cosine repeatedly, over longer and longer periods.

    When to use: if the number of steps is not known in advance; training may end after any period.

    Args:
        initial_learning_rate: The peak of the first period.
        first_decay_steps: The number of steps of the first period.
        t_mul: The length of each period relative to the previous one, at least 1. 2 by default, as in Keras.
        m_mul: The peak of each period relative to the previous one. 1 by default, as in Keras.
        alpha: The lowest learning rate as a fraction of ``initial_learning_rate``.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = CosineDecayRestarts(0.1, first_decay_steps=10)
        >>> [round(float(schedule(step)), 4) for step in (0, 5, 10, 20, 30)]
        [0.1, 0.05, 0.1, 0.05, 0.1]

    Reference:
        I. Loshchilov, F. Hutter, 2017, SGDR: stochastic gradient descent with warm restarts.
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        require_numbers(
            self,
            {
                "initial_learning_rate": AT_LEAST_ZERO,
                "first_decay_steps": ABOVE_ZERO,
                "t_mul": ("a finite number of at least 1", lambda v: v >= 1),
                "m_mul": AT_LEAST_ZERO,
                "alpha": AT_LEAST_ZERO,
            },
        )

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate within the current period."""
        time = count(step) / self.first_decay_steps
        even = self.t_mul == 1  # all periods have the same length; the geometric sum below would divide by zero
        ratio = jnp.where(even, 2.0, self.t_mul)
        index = jnp.where(even, jnp.floor(time), jnp.floor(jnp.log(1 - time * (1 - ratio)) / jnp.log(ratio)))
        length = jnp.where(even, 1.0, jnp.power(ratio, index))
        start = jnp.where(even, index, (1 - length) / (1 - ratio))
        height = jnp.power(self.m_mul, index) * _cosine((time - start) / length, 0.0)
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)


@declaration
class OneCycle(Schedule):
    """A learning rate that rises along half a cosine to a peak and falls along another one to almost zero.

    When to use: to train in few epochs, with the highest learning rate that does not diverge as the peak.

    Args:
        max_learning_rate: The peak.
        total_steps: The number of steps of both parts together.
        pct_start: The fraction of the steps in which the rate rises.
        div_factor: The ratio of the peak to the initial learning rate.
        final_div_factor: The ratio of the initial learning rate to the final one.

    Raises:
        InvalidValue: For a number outside its range.

    Example:
        >>> schedule = OneCycle(0.1, total_steps=100)
        >>> [round(float(schedule(step)), 4) for step in (0, 30, 65, 100)]
        [0.004, 0.1, 0.05, 0.0]

    Reference:
        L. N. Smith, N. Topin, 2018, Super-convergence: very fast training of neural networks using large
        learning rates.
    """

    max_learning_rate: float
    total_steps: float
    pct_start: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        numbers = {"max_learning_rate": AT_LEAST_ZERO, "total_steps": ABOVE_ZERO, "pct_start": INSIDE_ONE}
        require_numbers(self, {**numbers, "div_factor": ABOVE_ZERO, "final_div_factor": ABOVE_ZERO})

    def __call__(self, step: Num[Array, ""] | int) -> Float[Array, ""]:
        """Return the learning rate in the rising or falling part."""
        part = count(step) / self.total_steps
        start = self.max_learning_rate / self.div_factor
        end = start / self.final_div_factor
        up = self.max_learning_rate + (start - self.max_learning_rate) * _cosine(part / self.pct_start, 0.0)
        falling = _cosine((part - self.pct_start) / (1 - self.pct_start), 0.0)
        return jnp.where(part < self.pct_start, up, end + (self.max_learning_rate - end) * falling)


def _cosine(part: Float[Array, ""], alpha: float) -> Float[Array, ""]:
    """Return the decay from 1 to ``alpha`` along half a cosine; ``alpha`` beyond the end."""
    return (1 - alpha) * 0.5 * (1 + jnp.cos(math.pi * jnp.minimum(part, 1))) + alpha
