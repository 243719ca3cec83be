"""The linear recurrent unit: a recurrence without a nonlinearity."""

from __future__ import annotations

from typing import cast

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..initializers import Undrawn
from ..typing import Mask
from .in_time import Carry
from .kernels.diagonal_recurrence import ComplexParts, diagonal_recurrence
from .kernels.recurrent import kept
from .layer import INFERENCE, Context, Layer, Params, Shape, State
from .records import Record, Variables


@declaration
class LinearRecurrentUnit(Layer):
    """Linear recurrence with complex memory units: each forgets and turns at a rate of its own.

        lambda = exp(-exp(nu) + i exp(theta))
        h_t = lambda * h_(t-1) + exp(gamma) * (x_t B),  z_t = Re(h_t C) + D * x_t

    When to use: for sequences of hundreds of steps and more. Since the recurrence is linear, a parallel scan computes
    all steps on GPUs, and a loop of a few operations a step on CPUs. Put a nonlinear layer behind it:
    ``Residual([LayerNormalization(), LinearRecurrentUnit(64), Dense(d, "gelu")])``.

    Args:
        units: The number of complex memory units.
        min_radius: The smallest initial |lambda|; units forget faster the smaller it is.
        max_radius: The largest initial |lambda|. The default remembers tens of steps; 0.999 hundreds.
        max_phase: The largest initial angle of lambda, 2 pi by default; smaller for longer waves.

    Shapes:
        ``(batch, time, features)`` in and out; nu, theta and gamma ``(units,)``, B ``(2, features, units)`` and C
        ``(2, units, features)``, real and imaginary parts, D ``(features,)``.

    Raises:
        InvalidValue: If ``units`` is below 1, or not 0 <= min_radius < max_radius < 1, or the phase is not above 0.
        ShapeError: If inputs are not (time, features).

    Example:
        >>> LinearRecurrentUnit(16).output_shape((500, 4))
        (500, 4)

    Reference:
        Orvieto et al. (2023), Resurrecting recurrent neural networks for long sequences, appendix A.
    """

    units: int
    min_radius: float = 0.0
    max_radius: float = 0.99
    max_phase: float = 2 * np.pi

    def __post_init__(self) -> None:
        if self.units < 1:
            raise InvalidValue(f"LinearRecurrentUnit(units={self.units!r}): units must be at least 1.")
        if not 0 <= self.min_radius < self.max_radius < 1 or not self.max_phase > 0:
            raise InvalidValue(
                f"LinearRecurrentUnit(min_radius={self.min_radius}, max_radius={self.max_radius}, max_phase="
                f"{self.max_phase}): expected 0 <= min_radius < max_radius < 1 and a phase above 0."
            )

    @property
    def keeps_time(self) -> bool:
        return True

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return mask

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"LinearRecurrentUnit: got inputs of shape {shape}; it expects (time, features).")
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        features = self.output_shape(shape)[-1]
        units = (self.units,)
        shapes = {"B": (2, features, *units), "C": (2, *units, features), "D": (features,)}
        if isinstance(rng, Undrawn):
            shapes |= dict.fromkeys(("nu", "theta", "gamma"), units)
            return Variables({name: rng.blank(each) for name, each in shapes.items()}, {})
        # Uniform on a ring between the two radii: lemma 3.2 of the paper.
        low, high = self.min_radius**2, self.max_radius**2
        squared = low + (high - low) * rng.uniform(1e-6, 1, units)
        spread = {"B": np.sqrt(0.5 / features), "C": np.sqrt(0.5 / self.units), "D": 1.0}
        params = {name: spread[name] * rng.standard_normal(each) for name, each in shapes.items()}
        params |= {
            "nu": np.log(-0.5 * np.log(squared)),
            "theta": np.log(self.max_phase * rng.uniform(1e-6, 1, units)),
            "gamma": 0.5 * np.log(1 - squared),  # so that each unit has the variance of its inputs
        }
        return Variables({name: array.astype(np.float32) for name, array in params.items()}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        steps = x.swapaxes(0, 1)  # (time, batch, features)
        return _outputs(params, _memory(params, steps, context), steps).swapaxes(0, 1), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, state = super().forward(params, x, state, context, feedback)
        return record._replace(trajectory=lambda: self.trajectory(params, x, context)), state

    def trajectory(self, params: Params, x: jax.Array, context: Context = INFERENCE) -> dict[str, jax.Array]:
        """Return what the units do at every step, by name: ``pre``, ``potential``, ``post`` and their memory.

        Shapes:
            Each ``(batch, time, ...)``: ``memory`` is the size of h, and ``retained`` that of lambda, the share of it
            that is left after a step, ``(batch, time, units)``.
        """
        steps = x.swapaxes(0, 1)
        real, imaginary = _memory(params, steps, context)
        potential = _outputs(params, (real, imaginary), steps).swapaxes(0, 1)
        memory = jnp.hypot(real, imaginary).swapaxes(0, 1)
        retained = jnp.broadcast_to(jnp.hypot(*_factor(params)), memory.shape)
        return {"pre": x, "potential": potential, "post": potential, "retained": retained, "memory": memory}

    def start(self, params: Params, batch: int) -> Carry:
        nothing = jnp.zeros((batch, self.units), params["nu"].dtype)
        return nothing, nothing  # the real and the imaginary part

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        before, added, (by, by_i) = cast(ComplexParts, carry), _inputs(params, x_t), _factor(params)
        new = by * before[0] - by_i * before[1] + added[0], by * before[1] + by_i * before[0] + added[1]
        real = None if context.steps is None else context.steps[:, :1]
        new = kept(real, new[0], before[0]), kept(real, new[1], before[1])
        return new, _outputs(params, new, x_t)


def _memory(params: Params, steps: jax.Array, context: Context) -> ComplexParts:
    real = None if context.steps is None else context.steps.T[..., None]  # padding leaves the memory as it is
    return diagonal_recurrence(_factor(params), _inputs(params, steps), real)


def _factor(params: Params) -> ComplexParts:
    # exp(-exp(nu)) is in (0, 1) for any nu: the memory fades whatever training does.
    radius, phase = jnp.exp(-jnp.exp(params["nu"])), jnp.exp(params["theta"])
    return radius * jnp.cos(phase), radius * jnp.sin(phase)


def _inputs(params: Params, x: jax.Array) -> ComplexParts:
    real, imaginary = params["B"]
    scale = jnp.exp(params["gamma"])
    return x @ (real * scale), x @ (imaginary * scale)


def _outputs(params: Params, memory: ComplexParts, x: jax.Array) -> jax.Array:
    real, imaginary = params["C"]
    # The real part of (memory @ C), without computing the imaginary one.
    return memory[0] @ real - memory[1] @ imaginary + params["D"] * x
