"""The networks whose activities can relax to a minimum of an energy, for equilibrium propagation."""

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

# From DEEP relaxing layers on, Glorot's weights are too small for sigmoids, whose slope is at most 1/4: errors fade.
# DEEP_SCALE, for VarianceScaling, gives weights 2.5 times as large. At least the fraction _ARRIVES_AT_LEAST of an error
# must reach the first layer. On small digits, 5 layers of 32 or 128 units then reach a training accuracy of 89 to 95 %,
# with Glorot's weights 12 to 34 %.
DEEP, DEEP_SCALE, _ARRIVES_AT_LEAST = 4, 6.25, 0.02


def warn_of_depth(network: Layer, params: Params, settling: Sequence[slice]) -> None:
    """Warn if the error at the last relaxing layer fades before it reaches the first."""
    kernels = [next(own["kernel"] for own in params[place] if "kernel" in own) for place in settling]
    known = all(isinstance(kernel, np.ndarray | jax.Array) and not isinstance(kernel, Tracer) for kernel in kernels)
    if len(settling) < DEEP or not known:  # when a file is loaded, there are only shapes
        return
    arrives = 1.0
    for below, kernel in zip(settling, kernels[1:], strict=False):
        activation = network.children[below.stop - 1].output_activation
        slope = 1.0 if activation is None else _slope_at_rest(activation)
        # For errors e in a random direction: the root mean square of W' e divided by that of e.
        arrives *= slope * float(np.sqrt(np.square(kernel).sum() / kernel.shape[-1]))
    if arrives >= _ARRIVES_AT_LEAST:
        return
    warnings.warn(
        f"EquilibriumPropagation: {len(settling)} layers settle, and only about {arrives:.2g} of the error at the last "
        "of them reaches the first, so the network learns badly or not at all. Use larger initial weights, "
        f'kernel_initializer=VarianceScaling({DEEP_SCALE}, "fan_avg", "uniform") in the hidden layers, and a smaller '
        "learning rate, Adam(0.001).",
        PlasticaWarning,
        stacklevel=2,
    )


def _slope_at_rest(activation: Activation) -> float:
    """Return the slope of an activation at 0."""
    with jax.ensure_compile_time_eval():
        ends = np.asarray(activation(jnp.array([[-0.01], [0.01]])))
    return float(ends[1, 0] - ends[0, 0]) / 0.02


def require_settling(network: Layer, unit: int, end: int, bounded: bool) -> None:
    """Check that units with the activation at ``end`` can relax.

    Raises:
        InvalidValue: If they cannot.
    """
    layer = network.children[unit]
    if not layer.linear_units:
        raise InvalidValue(
            f"layer {unit}, {type(layer).__name__}: EquilibriumPropagation needs layers with one kernel that works in "
            "both directions, such as Dense and Conv2D. Use such a layer here, or another rule."
        )
    fault = _fault(network.children[end].output_activation, bounded)
    if fault:
        raise InvalidValue(
            f"layer {end}, {network.children[end]!r}: {fault}, so EquilibriumPropagation has no energy to minimize. "
            'Use "tanh", "sigmoid" or "hard_sigmoid" here (the last layer may be linear).'
        )


def _fault(activation: Activation | None, bounded: bool) -> str | None:
    """Return why no energy belongs to an activation, or None if one does; found by evaluating it."""
    if activation is None:
        return "its activity has no bounds" if bounded else None
    with jax.ensure_compile_time_eval():
        # A fine grid, and both ends of the range for the bounds.
        z = jnp.concatenate([jnp.array([-1e6]), jnp.linspace(-8, 8, 321), jnp.array([1e6])])
        together, alone = np.asarray(activation(z[None, :]))[0], np.asarray(activation(z[:, None]))[:, 0]
    rises = np.diff(together[1:-1])
    if not np.allclose(together, alone, atol=1e-6):
        return "its units are not independent of each other"
    if rises.min() < -1e-6 or rises.max() > 0.5:
        return "its activity is not an increasing, continuous function of the potential"
    return "its activity has no bounds" if bounded and np.abs(together).max() > 1e3 else None
