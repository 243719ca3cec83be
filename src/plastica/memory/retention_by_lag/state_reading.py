"""What remembers: a network, a dynamical system or a function that returns states for a sequence of inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import DataError, InvalidValue, ShapeError
from ...layers.records import Context, Record
from ...layers.walk import walk
from ...model import Model
from ...typing import Float

SETTLING = 100  # steps before those that count, in which the initial state still matters
MOVED = 1e-2  # by how much an input is changed to see what becomes of it
PLACES = 3  # sequences over which sensitivities are averaged


@runtime_checkable
class StateSystem(Protocol):
    """A system whose states tell of its inputs."""

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        """Return the state after each input; the same inputs give the same states."""
        ...


class LayerStates(NamedTuple):
    """A layer of a network, whose states are read.

    Attributes:
        model: A built network that reads series, ``(batch, time, features)``.
        layer: The path of the layer, such as ``"layer 0, LSTM"``. None: the first that returns a number for each step.
        feature: The feature that gets the inputs; the others are 0.
    """

    model: Model
    layer: str | None = None
    feature: int = 0


StateFunction: TypeAlias = Callable[[Float[np.ndarray, "time features"]], Float[np.ndarray, "time units"]]
# What ``retention`` measures: a built network or a layer of it, a system, or a function from inputs to states.
Remembering: TypeAlias = Model | LayerStates | StateSystem | StateFunction


class WindowedStates:
    """The answers of a network that sees the last steps only, such as one with attention.

    Args:
        model: A network that answers once for a sequence.
        window: The number of steps that it sees; those before the first are 0.

    Raises:
        InvalidValue: If the window is below 1.
    """

    def __init__(self, model: Model, window: int) -> None:
        if window < 1:
            raise InvalidValue(f"WindowedStates(window={window}): at least one step.")
        self.model, self.window = model, window

    def states(self, inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        """Return the answer after each input."""
        padded = np.concatenate([np.zeros((self.window - 1, inputs.shape[1]), np.float32), inputs])
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.window, 0).swapaxes(1, 2)
        return self.last_states(windows)

    def last_states(self, sequences: Float[np.ndarray, "rows time features"]) -> Float[np.ndarray, "rows units"]:
        """Return the answers after the last inputs of sequences at least as long as the window."""
        seen = np.ascontiguousarray(sequences[:, -self.window :], np.float32)
        return np.asarray(self.model.predict(seen, batch_size=256))


def uniform_noise(count: int, seed: int) -> Float[np.ndarray, "time"]:
    """Return independent numbers between -sqrt 3 and sqrt 3, of mean 0 and variance 1."""
    return np.random.default_rng(seed).uniform(-(3**0.5), 3**0.5, count).astype(np.float32)


def chosen(system: Remembering, layer: str | None, feature: int) -> Remembering:
    """Return a layer of a network, where a network was given with the name of a layer."""
    return LayerStates(system, layer, feature) if isinstance(system, Model) else system


def states_of(system: Remembering, inputs: Float[np.ndarray, "time"]) -> Float[np.ndarray, "time units"]:
    """Return the states of a system after each input.

    Args:
        system: A network or a layer of it, a system, or a function.
        inputs: The inputs.

    Raises:
        ShapeError: If a model does not read series, or states are not (time, units).
        InvalidValue: If there is no such layer, or a system is none.
        DataError: If states are not finite.
    """
    if isinstance(system, Model):
        system = LayerStates(system)
    given = inputs[:, None].astype(np.float32)
    if isinstance(system, LayerStates):
        return _of_model(system, _sequence(system, inputs))
    if isinstance(system, StateSystem):
        name, found = type(system).__name__, np.asarray(system.states(given))
    elif callable(system):
        name, found = getattr(system, "__name__", repr(system)), np.asarray(system(given))
    else:
        raise InvalidValue(
            f"retention: got {type(system).__name__}; expected a built model, an object with states(inputs), or a "
            "function from inputs (time, 1) to states (time, units)."
        )
    if found.ndim != 2 or len(found) != len(inputs):
        raise ShapeError(
            f"retention: {name} returned states of shape {found.shape} for {len(inputs)} inputs; expected "
            f"({len(inputs)}, units)."
        )
    if found.dtype.kind not in "buif" or not np.isfinite(found).all():
        raise DataError(f"retention: {name} returned states that are not finite numbers.")
    return found.astype(np.float64)


def sensitivity_by_lag(
    system: Remembering, lags: int = 50, *, layer: str | None = None, feature: int = 0, seed: int = 0
) -> Float[np.ndarray, "lags"]:
    """Return how strongly the state depends on the input at each lag: the norm of its derivative, a mean over noise.

    Of networks, it is computed by automatic differentiation; of others, from the difference that a small change of the
    input makes. It is what training by gradients sees of the past: where it vanishes, nothing can be learned, though a
    readout may still find the input.

    Args:
        system: As for ``retention``.
        lags: The largest lag, in steps; 0 is the current input.
        layer, feature: As for ``retention``.
        seed: The random seed of the noise.

    Raises:
        InvalidValue, ShapeError, DataError: As for ``retention``.

    Reference:
        S. Hochreiter, 1991, Untersuchungen zu dynamischen neuronalen Netzen, chapter 3.
    """
    if lags < 0:
        raise InvalidValue(f"sensitivity_by_lag(lags={lags}): expected 0 or more.")
    system = chosen(system, layer, feature)
    time = SETTLING + lags + 1
    drawn = uniform_noise(PLACES * time, seed).reshape(PLACES, time)
    if isinstance(system, LayerStates):
        states_of(system, drawn[0])  # checks the network and the layer
        x = np.concatenate([_sequence(system, each) for each in drawn])
        return _derivatives(system, x)[:, ::-1][:, : lags + 1].mean(0)
    return np.mean([_differences(system, each, lags) for each in drawn], 0)


def _sequence(system: LayerStates, inputs: Float[np.ndarray, "time"]) -> Float[np.ndarray, "rows time features"]:
    """Return one row of inputs for a model.

    Raises:
        ShapeError: If it does not read series, or has no such feature.
    """
    shape, feature = system.model.input_shape[1:], system.feature
    features = shape[-1] or 0
    if len(shape) != 2 or not 0 <= feature < features:
        raise ShapeError(
            f"retention: the model reads inputs of shape {shape} and feature {feature} was asked for; expected series, "
            "(time, features)."
        )
    x = np.zeros((1, len(inputs), features), np.float32)
    x[0, :, feature] = inputs
    return x


def _of_model(system: LayerStates, x: Float[np.ndarray, "1 time features"]) -> Float[np.ndarray, "time units"]:
    """Return what a layer holds after each step: its carry, or its output if it has none."""
    trace, path = system.model.trace(x), system.layer
    found = [each for each in trace if path is None or each.path == path]
    if not found:
        raise InvalidValue(f"retention(layer={path!r}): the layers are {', '.join(each.path for each in trace)}.")
    for each in found:
        post = each.trajectory.get("post", each.activity)
        parts = [post, *(each.trajectory[name] for name in ("cell",) if name in each.trajectory)]
        arrays = [np.asarray(part) for part in parts if not isinstance(part, tuple)]
        if arrays and arrays[0].ndim >= 2 and arrays[0].shape[1] == x.shape[1]:
            return np.concatenate([array[0].reshape(x.shape[1], -1) for array in arrays], 1).astype(np.float64)
    raise InvalidValue("retention: no layer has a state for each step; use a recurrent layer or return_sequences=True.")


def _derivatives(system: LayerStates, x: Float[np.ndarray, "rows time features"]) -> Float[np.ndarray, "rows time"]:
    """Return the norm of the derivative of the last state with respect to each step of one feature."""
    model, path, feature = system

    def last(row: Float[Array, "time features"]) -> Float[Array, "units"]:
        record, _ = model.network.forward(model.params, row[None], model.state, Context())
        for own, _, part in walk(model.network, record):
            if path in (None, own) and (states := _last_states(part, len(row))) is not None:
                return states
        raise InvalidValue("retention: no layer has a state for each step.")

    jacobian = jax.jit(jax.vmap(jax.jacrev(last)))(jnp.asarray(x))[..., feature]  # (rows, units, time)
    return np.asarray(jnp.sqrt(jnp.square(jacobian).sum(1)), np.float64)


def _differences(system: Remembering, inputs: Float[np.ndarray, "time"], lags: int) -> Float[np.ndarray, "lags"]:
    """Return how far the last state moves when the input at each lag does, per unit."""
    changes = np.eye(len(inputs), dtype=np.float32)[::-1][: lags + 1] * np.float32(MOVED)
    changed = inputs + np.concatenate([changes, -changes])
    if isinstance(system, WindowedStates):
        states_of(system, inputs)  # checks them
        ends = system.last_states(changed[..., None])
    else:
        ends = np.stack([states_of(system, each)[-1] for each in changed])
    return np.linalg.norm(ends[: lags + 1] - ends[lags + 1 :], axis=1) / (2 * MOVED)


def _last_states(part: Record, time: int) -> Array | None:
    """Return what a layer holds after the last step, ``(units,)``; None if it has no state for each step."""
    steps = {} if part.trajectory is None else part.trajectory()
    post = steps.get("post", part.activity)
    if isinstance(post, tuple) or post.ndim < 2 or post.shape[1] != time:
        return None
    held = [post, *(steps[name] for name in ("cell",) if name in steps)]
    return jnp.concatenate([each[0, -1].reshape(-1) for each in held])
