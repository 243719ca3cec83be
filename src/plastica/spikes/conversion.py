"""Trained networks as spiking ones: rectified units become integrate-and-fire neurons, and what that loses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from ..errors import DataError, InvalidValue
from ..layers import Context, walk
from ..layers.sequential import Sequential
from ..typing import Float, Int, Params, State
from .convertible import becomes_neurons, require_linear
from .energy import EnergyEstimate, LayerOperations, layer_operations

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from ..model import Model

CHUNK = 500
OutputsBySteps = dict[int, Float[np.ndarray, "rows outputs"]]


class ConvertedNetwork(NamedTuple):
    """A network whose rectified units are integrate-and-fire neurons.

    Each neuron adds up what arrives, spikes when it reaches its layer's threshold, and keeps the rest. A spike counts
    as much as the threshold, so that the rate times the threshold approaches the activity of the unit. Inputs are
    constant currents; the last layer adds up without spikes.

    Attributes:
        network: The layers of the network.
        params: Their parameters.
        state: Their state.
        thresholds: The threshold of each layer; None for a layer that does not spike.
        begin: The potential at the beginning, as a fraction of the threshold.
    """

    network: Sequential
    params: Params
    state: State
    thresholds: tuple[float | None, ...]
    begin: float

    def answers(self, x: ArrayLike, steps: int | Sequence[int] = 100) -> OutputsBySteps:
        """Return the mean potential of the outputs after some numbers of steps.

        Args:
            x: Rows, as for ``predict`` of the network.
            steps: One or several numbers of steps.
        """
        wanted = self._wanted(steps)
        inputs = np.asarray(x)
        parts = [self._run(inputs[start : start + CHUNK], wanted)[0] for start in range(0, len(inputs), CHUNK)]
        found = np.concatenate(parts, axis=1)
        return dict(zip(wanted, found, strict=True))

    def loss_of_conversion(
        self, x: ArrayLike, y: ArrayLike, steps: Sequence[int] = (4, 8, 16, 32, 64, 128)
    ) -> ConversionLoss:
        """Return the accuracy after some numbers of steps beside that of the network itself.

        Args:
            x: Rows that were not used for the thresholds.
            y: Their classes.
            steps: Numbers of steps.
        """
        classes, inputs = np.asarray(y), np.asarray(x)
        if len(classes) != len(inputs):
            raise DataError(f"loss_of_conversion: got {len(inputs)} rows and {len(classes)} classes.")
        apply = partial(self.network.apply, self.params, state=self.state)
        own = [
            np.asarray(apply(self.network.cast_inputs(jnp.asarray(inputs[start : start + CHUNK])))[0])
            for start in range(0, len(inputs), CHUNK)
        ]
        original = float((np.concatenate(own).argmax(-1) == classes).mean())
        found = self.answers(inputs, steps)
        accuracies = [float((each.argmax(-1) == classes).mean()) for each in found.values()]
        return ConversionLoss(np.array(list(found)), np.array(accuracies), original)

    def energy(self, x: ArrayLike, steps: int = 100) -> EnergyEstimate:
        """Count the operations of some steps for one row, beside those of the network itself (``dense``).

        The first product is of numbers, and computed once. Behind an average pooling, each mean of spikes that is not 0
        counts as one.

        Args:
            x: Rows, at most a few hundred.
            steps: The number of steps.
        """
        _, rates, places = self._run(np.asarray(x), self._wanted(steps))
        found: list[LayerOperations] = []
        for place, (layer, params) in enumerate(zip(self.network.children, self.params, strict=True)):
            own = layer_operations(f"layer {place}, {type(layer).__name__}", layer, params, *places[place])
            if own is None:
                continue
            reads_spikes = any(each is not None for each in self.thresholds[:place])
            dense = own.dense * (steps if reads_spikes else 1)
            spikes = dense * float(rates[place]) if reads_spikes else 0.0
            found.append(own._replace(macs=0.0 if reads_spikes else dense, additions=spikes, dense=own.dense))
        return EnergyEstimate(tuple(found))

    def _wanted(self, steps: int | Sequence[int]) -> tuple[int, ...]:
        wanted = tuple(sorted({steps} if isinstance(steps, int) else set(steps)))
        if not wanted or wanted[0] < 1:
            raise InvalidValue(f"ConvertedNetwork: got {steps!r} steps; expected whole numbers of at least 1.")
        return wanted

    def _run(
        self, x: np.ndarray, wanted: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
        inputs = self.network.cast_inputs(jnp.asarray(x))
        places = _places(self.network, self.params, self.state, inputs)
        answers, rates = _simulate(self.network, self.params, self.state, self.thresholds, self.begin, inputs, wanted)
        return jax.device_get((answers, rates, places))


class ConversionLoss(NamedTuple):
    """What a conversion loses.

    Attributes:
        steps: Numbers of steps.
        accuracies: The accuracy of the spiking network after each.
        original: That of the network itself.
    """

    steps: Int[np.ndarray, "steps"]
    accuracies: Float[np.ndarray, "steps"]
    original: float

    def __str__(self) -> str:
        lines = [f"network itself: {self.original:.4f}"]
        pairs = zip(self.steps, self.accuracies, strict=True)
        return "\n".join(lines + [f"{step} steps: {own:.4f} ({own - self.original:+.4f})" for step, own in pairs])

    def draw(self) -> Drawing:
        """Draw the accuracy by the number of steps."""
        from .pictures import draw_conversion_loss

        return draw_conversion_loss(self)


def convert(
    model: Model, x: ArrayLike, *, percentile: float = 99.9, begin: float = 0.5, weight_bits: int | None = None
) -> ConvertedNetwork:
    """Turn a trained network of rectified units into a spiking one, without training.

    The threshold of each layer is a percentile of its activities (threshold balancing; with 100, the largest). A unit
    cannot spike more than once a step, so that activities above it are cut; lower thresholds mean fewer steps until
    rates are precise.

    When to use: to run a network of ``Dense`` and convolutions with ReLU on neuromorphic chips, and to see how many
    steps it takes. Training with surrogate gradients needs fewer steps.

    Args:
        model: A trained ``Sequential`` of ReLU layers; the last layer may be linear or softmax.
        x: Rows of the training set, from which activities are taken; some hundred suffice.
        percentile: Which percentile of its activities becomes a layer's threshold.
        begin: The potential at the beginning, as a fraction of the threshold: with a half, rates are rounded rather
            than cut.
        weight_bits: Round kernels to so many bits, with a scale for each unit. None: as they are.

    Raises:
        InvalidValue: If the network has other layers or activations, layers behind spikes that are not linear, such as
            MaxPooling2D, or a number is out of range.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Input((4,)), pl.Dense(8, "relu"), pl.Dense(3)])
        >>> x = np.random.default_rng(0).random((50, 4), np.float32)
        >>> converted = convert(model, x, percentile=100)  # no activity is cut
        >>> bool(np.abs(converted.answers(x, 500)[500] - model.predict(x)).max() < 0.005)
        True

    Reference:
        P. U. Diehl, D. Neil, J. Binas, M. Cook, S.-C. Liu, M. Pfeiffer, 2015, Fast-classifying, high-accuracy spiking
        deep networks through weight and threshold balancing; percentiles, reset by subtraction and constant inputs: B.
        Rueckauer, I.-A. Lungu, Y. Hu, M. Pfeiffer, S.-C. Liu, 2017, Conversion of continuous-valued deep networks to
        efficient event-driven networks for image classification; the half threshold: S. Deng, S. Gu, 2021, Optimal
        conversion of conventional artificial neural networks to spiking neural networks.
    """
    if not 0 < percentile <= 100:
        raise InvalidValue(f"convert(percentile={percentile!r}): expected a number above 0, at most 100.")
    if not 0 <= begin < 1:
        raise InvalidValue(f"convert(begin={begin!r}): expected a number from 0 to below 1.")
    network = model.network
    if not isinstance(network, Sequential):
        raise InvalidValue(f"convert: got {type(network).__name__}; expected a Sequential of ReLU layers.")
    spiking = [becomes_neurons(place, layer, network) for place, layer in enumerate(network.children)]
    traced = model.trace(x)
    first = spiking.index(True) if True in spiking else len(spiking)
    for place in range(first + 1, len(spiking)):
        require_linear(place, network, model.params, model.state, np.shape(traced[place].input)[1:])
    parts = zip(spiking, traced, strict=True)
    thresholds = tuple(_threshold(np.asarray(part.activity), percentile) if spikes else None for spikes, part in parts)
    params = model.params if weight_bits is None else _rounded(model.params, weight_bits)
    return ConvertedNetwork(network, params, model.state, thresholds, begin)


def _threshold(activity: np.ndarray, percentile: float) -> float:
    found = float(np.percentile(activity, percentile))
    return found if found > 0 else 1.0  # a layer that is silent for these rows stays silent at any threshold


def _rounded(params: Params, bits: int) -> Params:
    if not 2 <= bits <= 16:
        raise InvalidValue(f"convert(weight_bits={bits!r}): expected a whole number from 2 to 16.")
    most = 2 ** (bits - 1) - 1

    def rounded(path: Any, array: Array) -> Array:
        if getattr(path[-1], "key", None) != "kernel":
            return array
        scale = jnp.abs(array).max(tuple(range(array.ndim - 1)), keepdims=True) / most
        return jnp.where(scale > 0, jnp.round(array / jnp.where(scale > 0, scale, 1)) * scale, 0)

    return jax.tree_util.tree_map_with_path(rounded, params)


@jax.jit
def _places(network: Sequential, params: Params, state: State, x: Array) -> list[tuple[Array, Array]]:
    """Return the input and the potential of each layer."""
    record, _ = network.forward(params, x, state, Context())
    return [(part.input, part.potential) for _, _, part in walk(network, record)]


@partial(jax.jit, static_argnums=(6,))
def _simulate(
    network: Sequential,
    params: Params,
    state: State,
    thresholds: tuple[float | None, ...],
    begin: float,
    x: Array,
    wanted: tuple[int, ...],
) -> tuple[Float[Array, "wanted rows outputs"], Float[Array, "layers"]]:
    """Return the mean outputs after each number of steps, and the fraction of inputs of each layer that are spikes."""
    rest = Context()

    def potentials(seen: Array, membranes: list[Any]) -> tuple[Array, list[Any], Array]:
        new, rates = [], []
        for place, (layer, own, carried) in enumerate(zip(network.children, params, state, strict=True)):
            rates.append(jnp.mean(seen != 0))
            z = layer.synapse(own, seen, carried, rest)[0]
            threshold = thresholds[place]
            if threshold is None:
                # The last layer adds up its potential; any other passes it on.
                seen = z if place == len(network.children) - 1 else layer.activate(z)
                new.append(None)
                continue
            membrane = (begin * threshold if membranes[place] is None else membranes[place]) + z
            spikes = (membrane >= threshold).astype(z.dtype)
            seen = spikes * threshold
            new.append(membrane - seen)
        return seen, new, jnp.stack(rates)

    first, shapes, _ = jax.eval_shape(lambda: potentials(x, [None] * len(params)))
    membranes = [
        None if threshold is None else jnp.full(shape.shape, begin * threshold, shape.dtype)
        for shape, threshold in zip(shapes, thresholds, strict=True)
    ]
    total = jnp.zeros(first.shape, first.dtype)
    rates = jnp.zeros(len(params))
    answers, done = [], 0

    def step(_: Array, carry: tuple[list[Any], Array, Array]) -> tuple[list[Any], Array, Array]:
        membranes, total, rates = carry
        seen, membranes, own = potentials(x, membranes)
        return membranes, total + seen, rates + own

    for until in wanted:
        membranes, total, rates = jax.lax.fori_loop(0, until - done, step, (membranes, total, rates))
        answers.append(total / until)
        done = until
    return jnp.stack(answers), rates / done
