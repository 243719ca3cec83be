"""What single neurons do over time: potential and threshold, currents through synapses, adaptation, spikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue
from ..layers import Neuron, Spiking
from ..typing import Float
from .recording import layers_and_traces

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from ..model import Model

# Quantities of a neuron over time, by name, each (time, neurons).
QuantitiesInTime = dict[str, Float[np.ndarray, "time neurons"]]
_OWN_PANEL = {"pre", "post", "potential", "membrane", "refractory"}


class NeuronTraces(NamedTuple):
    """What some neurons did for one row.

    Attributes:
        neurons: Which neurons of the layer.
        times: The time at the end of each step, in milliseconds.
        membrane: The potential after each step, resets included.
        threshold: The potential of a spike; None for a neuron without one.
        spikes: 1 in each step with a spike.
        currents: The currents through synapses by name, in picoamperes; for neurons without conductances the inputs.
        others: What else the neurons carry by name, such as the adaptation.
        potential_unit: The unit of the potential, such as "mV"; empty if it has none.
        current_unit: The unit of the currents or inputs, likewise.
    """

    neurons: tuple[int, ...]
    times: Float[np.ndarray, "time"]
    membrane: Float[np.ndarray, "time neurons"]
    threshold: Float[np.ndarray, "time neurons"] | None
    spikes: Float[np.ndarray, "time neurons"]
    currents: QuantitiesInTime
    others: QuantitiesInTime
    potential_unit: str = ""
    current_unit: str = ""

    def draw(self) -> Drawing:
        """Draw a column for each neuron: potential, threshold and spikes; currents or inputs; what adapts."""
        from .pictures_of_neurons import draw_neuron_traces

        return draw_neuron_traces(self)


def neuron_traces(
    neuron: Neuron, inputs: ArrayLike, neurons: Sequence[int] | None = None, row: int = 0
) -> NeuronTraces:
    """Return what a neuron does with some inputs; time constants that it would learn are at their beginning.

    When to use: to see why a neuron spikes when it does, and how synapses, threshold and adaptation act together. For
    a layer of a network, see :func:`layer_traces`.

    Args:
        neuron: The neuron.
        inputs: ``(time,)`` for one, ``(time, neurons)``, or ``(batch, time, neurons)``.
        neurons: Which neurons. Default: the first three.
        row: Which row of a batch.

    Raises:
        DataError: If inputs have other shapes, or are not finite.
        InvalidValue: If it is no neuron, there is no such neuron or row, or the potential does not stay finite.

    Example:
        >>> from plastica.layers import LIF, AdaptiveThreshold
        >>> traces = neuron_traces(AdaptiveThreshold(LIF(), 0.5), np.full(50, 0.4))
        >>> sorted(traces.others), bool(traces.threshold[-1, 0] > traces.threshold[0, 0])
        (['adaptation'], True)
    """
    require_neuron("neuron_traces", neuron)
    given = np.asarray(inputs, np.float32)
    if not 1 <= given.ndim <= 3 or not given.size or not np.isfinite(given).all():
        raise DataError(
            f"neuron_traces: got inputs of shape {given.shape}; expected finite numbers, (time,), (time, neurons) or "
            "(batch, time, neurons)."
        )
    steps = {1: lambda: given[None, :, None], 2: lambda: given[None]}.get(given.ndim, lambda: given)()
    params, _ = neuron.init(np.random.default_rng(0), steps.shape[1:])
    found = neuron.trajectory(params, jnp.asarray(steps))
    return _chosen(neuron, found, neurons, row, {"input": found["pre"]})


def layer_traces(
    model: Model, x: ArrayLike, layer: int | None = None, neurons: Sequence[int] | None = None, row: int = 0
) -> NeuronTraces:
    """Return what neurons of a spiking layer of a network do for one row.

    Args:
        model: A network with spiking layers.
        x: Rows, as for ``predict``.
        layer: The index of the layer. Default: the first that spikes.
        neurons: Which neurons. Default: the first three.
        row: Which row.

    Raises:
        InvalidValue: If the layer does not spike, there is no such neuron or row, or the potential does not stay
            finite.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Input((20, 2)), pl.Dense(4), pl.LIF(10.0)])
        >>> pl.spikes.layer_traces(model, np.ones((1, 20, 2)), neurons=[0, 3]).membrane.shape
        (20, 2)
    """
    spiking = [
        (place, each, neuron, part.trajectory)
        for place, (each, part) in enumerate(layers_and_traces(model, x))
        if (neuron := _neuron_of(each)) is not None and part.trajectory
    ]
    found = [(own, neuron, seen) for place, own, neuron, seen in spiking if layer in (None, place)]
    if not found:
        places = ", ".join(str(place) for place, *_ in spiking) or "none"
        raise InvalidValue(f"layer_traces(layer={layer}): this layer does not spike; layers that do: {places}.")
    own, neuron, trajectory = found[0]
    seen = {name: jnp.asarray(values) for name, values in trajectory.items()}
    # A layer with weights shows what it read, which is not a number for each of its neurons.
    return _chosen(neuron, seen, neurons, row, {"input": seen["pre"]} if own is neuron else {})


def _neuron_of(layer: object) -> Neuron | None:
    if isinstance(layer, Spiking):
        return layer.neuron
    return layer if isinstance(layer, Neuron) else None


def require_neuron(function: str, given: object) -> None:
    """Check what a function was given as a neuron.

    Raises:
        InvalidValue: If it is none.
    """
    if not isinstance(given, Neuron):
        raise InvalidValue(
            f"{function}({given!r}): expected a spiking neuron, such as LIF() or AdEx(). For a layer of a network see "
            "layer_traces and firing_rates."
        )


def require_finite(neuron: Neuron, potential: Float[Array, "batch time *units"]) -> None:
    """Check that the potential of neurons has stayed finite.

    Raises:
        InvalidValue: If not; the message says when it was lost.
    """
    lost = ~np.isfinite(np.asarray(potential)).reshape(*potential.shape[:2], -1).all((0, 2))
    if lost.any():
        unit = f", which are in {neuron.input_unit}" if neuron.input_unit else ""
        raise InvalidValue(
            f"{type(neuron).__name__}(dt={neuron.dt:g}): the potential grows beyond all numbers after "
            f"{lost.argmax() * neuron.dt:g} ms. Give weaker inputs{unit}, or take a shorter step."
        )


def _chosen(
    neuron: Neuron,
    trajectory: Mapping[str, Array],
    neurons: Sequence[int] | None,
    row: int,
    inputs: Mapping[str, Array],
) -> NeuronTraces:
    """Return the traces of some neurons of one row from what all did."""
    if "membrane" not in trajectory:
        raise InvalidValue(f"neuron_traces({neuron!r}): this neuron has no membrane; call it so in at_rest.")
    require_finite(neuron, trajectory["potential"])
    shape = trajectory["potential"].shape
    if len(shape) != 3:
        raise InvalidValue(f"neuron_traces: neurons of shape {shape[2:]}; expected a layer of (time, neurons).")
    which = tuple(range(min(3, shape[2]))) if neurons is None else tuple(neurons)
    if not which or not all(0 <= each < shape[2] for each in which) or not 0 <= row < shape[0]:
        raise InvalidValue(
            f"neuron_traces(neurons={neurons!r}, row={row!r}): there are {shape[2]} neurons and {shape[0]} rows, "
            "counted from 0."
        )

    def of(values: Array) -> Float[np.ndarray, "time neurons"]:
        return np.asarray(values)[row][:, list(which)]

    carry = dict(trajectory)
    threshold, through = neuron.threshold_at(carry), neuron.currents(carry)
    hidden = tuple(through)
    others = {
        name: of(values)
        for name, values in carry.items()
        if name not in _OWN_PANEL and not (hidden and name.startswith(hidden))
    }
    return NeuronTraces(
        which,
        (1 + np.arange(shape[1])) * float(neuron.dt),
        of(carry["membrane"]),
        None if threshold is None else of(threshold),
        of(neuron.activate(carry["potential"])),
        {name: of(values) for name, values in (through or inputs).items()},
        others,
        neuron.potential_unit,
        "pA" if through else neuron.input_unit,
    )
