"""Schedules: how the learning rate changes from step to step."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .declaration import Declaration, declaration
from .errors import InvalidValue
from .registry import look_up

AT_LEAST_ZERO = ("a finite number of at least 0", lambda v: v >= 0)
ABOVE_ZERO = ("a finite number above 0", lambda v: v > 0)
FRACTION = ("a number in [0, 1]", lambda v: 0 <= v <= 1)
BELOW_ONE = ("a number in [0, 1)", lambda v: 0 <= v < 1)
INSIDE_ONE = ("a number in (0, 1)", lambda v: 0 < v < 1)


class Schedule(Declaration):
    """A learning rate that depends on the optimizer's count of steps.

    All numbers of a schedule are traced, lengths too: another peak, factor or length compiles nothing, and a
    schedule whose numbers are vectors is a population under ``jax.vmap``.
    """

    def __call__(self, step: Any) -> jax.Array:
        """Return the learning rate at ``step``; the first step is 0."""
        raise NotImplementedError


@declaration
class Constant(Schedule):
    """The same learning rate at every step.

    Args:
        learning_rate: The rate.
    """

    learning_rate: float

    def __post_init__(self) -> None:
        require_numbers(self, {"learning_rate": AT_LEAST_ZERO})

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate."""
        return jnp.asarray(self.learning_rate)


@declaration
class CustomSchedule(Schedule):
    """A person's own function from the count of steps to a learning rate.

    Args:
        function: Takes the step, a whole number that may be traced, and returns the rate.
    """

    function: Callable[[Any], Any]

    def __call__(self, step: Any) -> jax.Array:
        """Return what the function returns."""
        return jnp.asarray(self.function(step))


@declaration
class PiecewiseConstantDecay(Schedule):
    """One learning rate after another.

    When to use: to repeat a recipe that names its steps, "0.1, from step 30,000 on 0.01".

    The rate is ``values[i]`` up to and with step ``boundaries[i]``, and ``values[-1]`` after the last.

    Args:
        boundaries: Steps, rising.
        values: Rates, one more than boundaries. Both belong to the compiled program: others compile anew.

    Raises:
        InvalidValue: Where the boundaries do not rise or the numbers of both do not fit.
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        boundaries, values = tuple(self.boundaries), tuple(float(value) for value in self.values)
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "values", values)
        if len(values) != len(boundaries) + 1 or any(
            value < 0 or not math.isfinite(value) for value in values
        ):
            raise InvalidValue(
                f"PiecewiseConstantDecay: got {len(boundaries)} boundaries and the values {values}; "
                "values must be one more than boundaries, finite and at least 0."
            )
        if any(one >= other for one, other in pairwise(boundaries)):
            raise InvalidValue(f"PiecewiseConstantDecay(boundaries={boundaries}): boundaries must rise.")

    def __call__(self, step: Any) -> jax.Array:
        """Return the value of the piece that ``step`` lies in."""
        passed = jnp.sum(jnp.asarray(step) > jnp.asarray(self.boundaries, jnp.int32))
        return jnp.asarray(self.values)[passed]


@declaration
class StepDecay(Schedule):
    """A learning rate multiplied by a factor every so many steps.

    When to use: the classical recipe for image networks, a tenth of the rate every 30 epochs.

    rate(t) = initial_learning_rate * factor ^ floor(t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: After how many steps the factor comes in again.
        factor: What the rate is multiplied by; a tenth, as is the custom.
    """

    initial_learning_rate: float
    decay_steps: float
    factor: float = 0.1

    def __post_init__(self) -> None:
        require_numbers(
            self, {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "factor": AT_LEAST_ZERO}
        )

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate of the stair that ``step`` lies on."""
        return self.initial_learning_rate * jnp.power(self.factor, jnp.floor(_time(step) / self.decay_steps))


@declaration
class ExponentialDecay(Schedule):
    """A learning rate that falls by the same factor over each ``decay_steps``.

    rate(t) = initial_learning_rate * decay_rate ^ (t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: Over how many steps the rate is multiplied by ``decay_rate``.
        decay_rate: The factor.
        staircase: Whether the exponent is rounded down, so that the rate falls in stairs.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        require_numbers(
            self,
            {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "decay_rate": ABOVE_ZERO},
        )

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        return self.initial_learning_rate * jnp.power(self.decay_rate, _periods(self, step))


@declaration
class InverseTimeDecay(Schedule):
    """A learning rate that falls as one over the time: the rate of stochastic approximation.

    rate(t) = initial_learning_rate / (1 + decay_rate * t / decay_steps)

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: The unit in which time is counted.
        decay_rate: How fast it falls.
        staircase: Whether the time is rounded down to whole units.

    Reference:
        H. Robbins, S. Monro, 1951, A stochastic approximation method.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        require_numbers(
            self,
            {"initial_learning_rate": AT_LEAST_ZERO, "decay_steps": ABOVE_ZERO, "decay_rate": AT_LEAST_ZERO},
        )

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        return self.initial_learning_rate / (1 + self.decay_rate * _periods(self, step))


@declaration
class PolynomialDecay(Schedule):
    """A learning rate that falls along a power of the time left; with power 1 along a line.

    rate(t) = (initial_learning_rate - end_learning_rate) * (1 - t / decay_steps) ^ power + end_learning_rate

    Args:
        initial_learning_rate: The rate at the start.
        decay_steps: After how many steps the end is reached.
        end_learning_rate: The rate from then on.
        power: 1 is a line, 2 a parabola that flattens out.
        cycle: Whether, past the end, ``decay_steps`` is stretched to its next multiple, so that the rate
            jumps up and falls again.
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        rates = {"initial_learning_rate": AT_LEAST_ZERO, "end_learning_rate": AT_LEAST_ZERO}
        require_numbers(self, {**rates, "decay_steps": ABOVE_ZERO, "power": ABOVE_ZERO})

    def __call__(self, step: Any) -> jax.Array:
        """Return the decayed rate."""
        time = _time(step)
        if self.cycle:
            length = self.decay_steps * jnp.maximum(1, jnp.ceil(time / self.decay_steps))
        else:
            length = self.decay_steps
            time = jnp.minimum(time, length)
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * jnp.power(1 - time / length, self.power) + self.end_learning_rate


@declaration
class CosineDecay(Schedule):
    """A learning rate that falls along half a cosine, where wanted after a linear warm-up.

    When to use: the usual choice where the number of steps is known beforehand.

    rate(t) = peak * ((1 - alpha) * (1 + cos(pi * t / decay_steps)) / 2 + alpha), t from the warm-up's end

    Args:
        initial_learning_rate: The rate at the start, and the peak where there is no warm-up.
        decay_steps: Over how many steps the rate falls, the warm-up not counted.
        alpha: The lowest rate, as a fraction of the peak.
        warmup_target: The peak, to which the rate rises from ``initial_learning_rate``; None: no warm-up.
        warmup_steps: Over how many steps it rises.

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

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate on the way up or on the way down."""
        time = _time(step)
        if self.warmup_target is None:
            return self.initial_learning_rate * _cosine(time / self.decay_steps, self.alpha)
        rise = self.warmup_target - self.initial_learning_rate
        up = self.initial_learning_rate + rise * time / jnp.maximum(self.warmup_steps, 1)
        down = self.warmup_target * _cosine((time - self.warmup_steps) / self.decay_steps, self.alpha)
        return jnp.where(time < self.warmup_steps, up, down)


@declaration
class CosineDecayRestarts(Schedule):
    """A learning rate that falls along half a cosine again and again, each time longer.

    When to use: where the number of steps is not known beforehand; the end of any period is a good end.

    Args:
        initial_learning_rate: The peak of the first period.
        first_decay_steps: The length of the first period.
        t_mul: How many times longer each period is than the one before, at least 1.
        m_mul: How many times higher each peak is than the one before.
        alpha: The lowest rate, as a fraction of ``initial_learning_rate``.

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

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate within the period that ``step`` lies in."""
        time = _time(step) / self.first_decay_steps
        even = self.t_mul == 1  # all periods equally long: the geometric sum below would divide by zero
        ratio = jnp.where(even, 2.0, self.t_mul)
        index = jnp.where(even, jnp.floor(time), jnp.floor(jnp.log(1 - time * (1 - ratio)) / jnp.log(ratio)))
        length = jnp.where(even, 1.0, jnp.power(ratio, index))
        start = jnp.where(even, index, (1 - length) / (1 - ratio))
        height = jnp.power(self.m_mul, index) * _cosine((time - start) / length, 0.0)
        return self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha)


@declaration
class LinearWarmup(Schedule):
    """A linear rise before another schedule.

    When to use: with large batches or Adam in deep networks, whose first steps are too large otherwise.

    Args:
        learning_rate: The rate or schedule that follows; it counts its steps from the end of the warm-up.
        warmup_steps: Over how many steps the rate rises.
        initial_learning_rate: Where it starts.

    Example:
        >>> schedule = LinearWarmup(CosineDecay(0.1, decay_steps=90), warmup_steps=10)
        >>> [round(float(schedule(step)), 3) for step in (0, 5, 10, 55, 100)]
        [0.0, 0.05, 0.1, 0.05, 0.0]

    Reference:
        P. Goyal et al., 2017, Accurate, large minibatch SGD: training ImageNet in 1 hour, section 2.2.
    """

    learning_rate: float | Schedule
    warmup_steps: float
    initial_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", checked_rate(self))
        require_numbers(self, {"warmup_steps": ABOVE_ZERO, "initial_learning_rate": AT_LEAST_ZERO})

    def __call__(self, step: Any) -> jax.Array:
        """Return the rising rate, then the schedule's."""
        time = _time(step)
        then = get(self.learning_rate)
        part = time / self.warmup_steps
        rising = self.initial_learning_rate * (1 - part) + then(jnp.zeros_like(time)) * part
        return jnp.where(part < 1, rising, then(jnp.maximum(time - self.warmup_steps, 0)))


@declaration
class OneCycle(Schedule):
    """A learning rate that rises along half a cosine to a peak and falls along another to almost nothing.

    When to use: to train in few epochs, with the highest rate that does not diverge as the peak.

    Args:
        max_learning_rate: The peak.
        total_steps: The length of both parts together.
        pct_start: Which fraction of the steps goes up.
        div_factor: How many times lower than the peak the start is.
        final_div_factor: How many times lower than the start the end is.

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

    def __call__(self, step: Any) -> jax.Array:
        """Return the rate on the way up or on the way down."""
        part = _time(step) / self.total_steps
        start = self.max_learning_rate / self.div_factor
        end = start / self.final_div_factor
        up = self.max_learning_rate + (start - self.max_learning_rate) * _cosine(part / self.pct_start, 0.0)
        falling = _cosine((part - self.pct_start) / (1 - self.pct_start), 0.0)
        return jnp.where(part < self.pct_start, up, end + (self.max_learning_rate - end) * falling)


ScheduleLike = Schedule | float | Callable[[Any], Any]

NAMES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "cosine_decay": CosineDecay,
    "cosine_decay_restarts": CosineDecayRestarts,
    "exponential_decay": ExponentialDecay,
    "inverse_time_decay": InverseTimeDecay,
    "linear_warmup": LinearWarmup,
    "one_cycle": OneCycle,
    "piecewise_constant_decay": PiecewiseConstantDecay,
    "polynomial_decay": PolynomialDecay,
    "step_decay": StepDecay,
}


def get(value: Any) -> Schedule:
    """Return a schedule: an instance as it is, a number as :class:`Constant`, a function wrapped.

    Raises:
        UnknownName: For a name that no schedule has.
        InvalidValue: For a schedule's name, which says nothing of its numbers, and for anything else.
    """
    if isinstance(value, Schedule):
        return value
    if isinstance(value, str):
        kind = look_up("schedule", value, NAMES)
        raise InvalidValue(f'schedule "{value}": a schedule needs its numbers; write {kind.__name__}(...).')
    if isinstance(value, type) or not (callable(value) or _is_number(value)):
        raise InvalidValue(
            f"learning rate {value!r}: a learning rate is a number, a schedule such as CosineDecay(0.1, 1000), or "
            "a function from the step to the rate."
        )
    return CustomSchedule(value) if callable(value) else Constant(value)


def checked_rate(declared: Any) -> Any:
    """Return a declaration's ``learning_rate``, a number or a schedule; else raise InvalidValue."""
    if not _is_number(declared.learning_rate):
        return get(declared.learning_rate)
    require_numbers(declared, {"learning_rate": AT_LEAST_ZERO})
    return declared.learning_rate


def require_numbers(declared: Any, wanted: dict[str, tuple[str, Callable[[Any], bool]]]) -> None:
    """Check numbers of a declaration that a person wrote; None and arrays (a population) pass.

    Raises:
        InvalidValue: Naming class and field, what arrived and what is wanted.
    """
    for name, (words, holds) in wanted.items():
        value = getattr(declared, name)
        if value is None or isinstance(value, np.ndarray | jax.Array):
            continue
        if not (_is_number(value) and np.isfinite(value) and holds(value)):
            raise InvalidValue(f"{type(declared).__name__}({name}={value!r}): {name} must be {words}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number | np.ndarray | jax.Array) and not isinstance(value, bool)


def _time(step: Any) -> jax.Array:
    return jnp.asarray(step, float)


def _periods(decay: ExponentialDecay | InverseTimeDecay, step: Any) -> jax.Array:
    periods = _time(step) / decay.decay_steps
    return jnp.floor(periods) if decay.staircase else periods


def _cosine(part: jax.Array, alpha: Any) -> jax.Array:
    """Return the fall from 1 to ``alpha`` along half a cosine; ``alpha`` past the end."""
    return (1 - alpha) * 0.5 * (1 + jnp.cos(math.pi * jnp.minimum(part, 1))) + alpha
