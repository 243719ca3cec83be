"""Which networks can settle in an energy, and how deep they may be, for equilibrium propagation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ..activations import Activation
from ..errors import InvalidValue, PlasticaWarning
from ..layers.layer import Layer, Params

# From how many layers that settle on Glorot's weights are too small for sigmoids, whose slope is a quarter at most; the
# scale of weights two and a half times as large; and the least part of an error that must come to the first layer. On
# small digits 5 layers of 32 or 128 units then learn 89 to 95 % of the training rows, with Glorot's weights 12 to 34 %.
DEEP, DEEP_SCALE, _ARRIVES_AT_LEAST = 4, 6.25, 0.02


def warn_of_depth(network: Layer, params: Params, settling: Sequence[slice]) -> None:
    """Warn where what comes back from the last layer that settles has faded before it is at the first."""
    kernels = [next(own["kernel"] for own in params[place] if "kernel" in own) for place in settling]
    known = all(isinstance(kernel, np.ndarray | jax.Array) and not isinstance(kernel, Tracer) for kernel in kernels)
    if len(settling) < DEEP or not known:  # shapes alone are laid out before a file is read
        return
    arrives = 1.0
    for below, kernel in zip(settling, kernels[1:], strict=False):
        activation = network.children[below.stop - 1].output_activation
        slope = 1.0 if activation is None else _slope_at_rest(activation)
        # The root mean square of W' e over that of e, for errors in any direction.
        arrives *= slope * float(np.sqrt(np.square(kernel).sum() / kernel.shape[-1]))
    if arrives >= _ARRIVES_AT_LEAST:
        return
    warnings.warn(
        f"EquilibriumPropagation: {len(settling)} layers settle, and of the error at the last of them about "
        f"{arrives:.2g} comes to the first, so that the network learns badly or not at all. Begin with larger weights, "
        f'kernel_initializer=VarianceScaling({DEEP_SCALE}, "fan_avg", "uniform") in the hidden layers, and take '
        "smaller steps, Adam(0.001).",
        PlasticaWarning,
        stacklevel=2,
    )


def _slope_at_rest(activation: Activation) -> float:
    with jax.ensure_compile_time_eval():
        ends = np.asarray(activation(jnp.array([[-0.01], [0.01]])))
    return float(ends[1, 0] - ends[0, 0]) / 0.02


def require_settling(network: Layer, unit: int, end: int, bounded: bool) -> None:
    """See that units with the activation at ``end`` can settle.

    Raises:
        InvalidValue: If they cannot.
    """
    layer = network.children[unit]
    if not layer.linear_units:
        raise InvalidValue(
            f"layer {unit}, {type(layer).__name__}: EquilibriumPropagation works on layers of units with one kernel, "
            "such as Dense and Conv2D, whose weights go both ways. Put such a layer there, or take another rule."
        )
    fault = _fault(network.children[end].output_activation, bounded)
    if fault:
        raise InvalidValue(
            f"layer {end}, {network.children[end]!r}: {fault}, so that EquilibriumPropagation has no energy to settle "
            'in. Take "tanh", "sigmoid" or "hard_sigmoid" there (the last layer may be linear).'
        )


def _fault(activation: Activation | None, bounded: bool) -> str | None:
    """Return what keeps an activation from being the slope of an energy; found by trying, for any a person writes."""
    if activation is None:
        return "its activity has no bounds" if bounded else None
    with jax.ensure_compile_time_eval():
        z = jnp.concatenate([jnp.array([-1e6]), jnp.linspace(-8, 8, 321), jnp.array([1e6])])
        together, alone = np.asarray(activation(z[None, :]))[0], np.asarray(activation(z[:, None]))[:, 0]
    rises = np.diff(together[1:-1])
    if not np.allclose(together, alone, atol=1e-6):
        return "its units are not each by itself"
    if rises.min() < -1e-6 or rises.max() > 0.5:
        return "its activity does not rise steadily with the potential"
    return "its activity has no bounds" if bounded and np.abs(together).max() > 1e3 else None
