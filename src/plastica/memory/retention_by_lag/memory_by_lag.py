"""How much of an input at each lag can be read from the state of a network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...errors import InvalidValue, ShapeError
from ...typing import Float
from .state_reading import SETTLING, Remembering, chosen, states_of, uniform_noise

RIDGES = 10.0 ** np.arange(-8, 1)  # relative to the mean variance of the state
HELD_OUT = 0.5  # the share of steps that readouts are judged on


class Retention(NamedTuple):
    """What a state tells of past inputs.

    Attributes:
        lags: The lags k, in steps; 0 is the current input.
        explained: The share of the variance of the input at lag k that the best linear readout explains on steps that
            it was not fitted to, 0 to 1.
        information: The mutual information of that readout and the input, in bits, -log2(1 - explained) / 2: a lower
            bound of what the state tells, exact for Gaussian states.
        units: The number of numbers in the state, which bounds the capacity.
    """

    lags: np.ndarray
    explained: Float[np.ndarray, "lags"]
    information: Float[np.ndarray, "lags"]
    units: int

    @property
    def capacity(self) -> float:
        """The linear memory capacity, the sum of what is explained over lags; at most the number of units."""
        return float(self.explained.sum())

    @property
    def half_life(self) -> float:
        """The first lag at which less than half is explained; infinite if there is none among the lags."""
        below = np.flatnonzero(self.explained < 0.5)
        return float(self.lags[below[0]]) if below.size else np.inf


def retention(
    system: Remembering, lags: int = 50, *, layer: str | None = None, steps: int = 4000, feature: int = 0, seed: int = 0
) -> Retention:
    """Measure how much of an input at each lag can be read from the state of a network or of another system.

    It reads uniform noise between -sqrt 3 and sqrt 3, of mean 0 and variance 1, and ridge regression
    reconstructs the input of k steps ago from the state at each step. Half of the steps fit the readout, with a penalty
    chosen among them, the others judge it. The penalty of the readout limits what is found to what can be read with
    single precision.

    Args:
        system: A built network that reads series, ``(batch, time, features)``, an object with ``states(inputs)``, such
            as ``ShortTermPlasticity()``, or a function from inputs ``(time, 1)`` to states ``(time, units)``.
        lags: The largest lag, in steps.
        layer: The path of the layer of a network whose states are read, such as ``"layer 0, LSTM"``. Default: the first
            that returns a number for each step.
        steps: The number of steps after 100 that are left out.
        feature: Which feature of a network carries the noise; the others are 0.
        seed: The random seed of the noise.

    Raises:
        ShapeError: If a network does not read series, or states are not ``(time, units)``.
        InvalidValue: If no layer has states, or there are too few steps for the lags.
        DataError: If states are not finite.

    Reference:
        H. Jaeger, 2001, Short term memory in echo state networks, definition 1.
        J. Dambre, D. Verstraeten, B. Schrauwen, S. Massar, 2012, Information processing capacity of dynamical systems.
    """
    if lags < 0 or steps < 4 * (lags + 10):
        raise InvalidValue(
            f"retention(lags={lags}, steps={steps}): expected at least four steps for each of lags + 10."
        )
    noise = uniform_noise(SETTLING + lags + steps, seed)
    states = states_of(chosen(system, layer, feature), noise)[SETTLING + lags :]
    past = np.stack([noise[SETTLING + lags - lag : len(noise) - lag] for lag in range(lags + 1)], 1).astype(np.float64)
    explained = _explained(states, past)
    information = -np.log2(np.maximum(1 - explained, np.finfo(np.float32).eps)) / 2
    return Retention(np.arange(lags + 1), explained, information, states.shape[1])


def fisher_memory(recurrent: object, kernel: object, lags: int = 50, noise: float = 1.0) -> Float[np.ndarray, "lags"]:
    """Return the Fisher memory curve of a linear network with noise in every unit.

        x_t = W x_(t-1) + v s_t + z_t,   C = noise sum_k W^k W^k',   J(k) = v' W^k' C^-1 W^k v

    J(k) is how well the state tells a change of the signal k steps ago; its sum is 1 / noise for a normal W and a
    v of length 1, and larger, up to N / noise, only for a W with hidden feed-forward structure.

    Args:
        recurrent: W, ``(units, units)``, of spectral radius below 1. Keras's layout is its transpose.
        kernel: v, ``(units,)``.
        lags: The largest lag.
        noise: The variance of the noise of each unit at each step.

    Raises:
        ShapeError: If they are not a square matrix and a vector of its size.
        InvalidValue: If the spectral radius is 1 or more, or the noise not above 0.

    Reference:
        S. Ganguli, D. Huh, H. Sompolinsky, 2008, Memory traces in dynamical systems, equations 2 to 4.
    """
    from scipy.linalg import solve_discrete_lyapunov

    w, v = np.asarray(recurrent, np.float64), np.asarray(kernel, np.float64).ravel()
    if w.ndim != 2 or w.shape != (len(v), len(v)):
        raise ShapeError(f"fisher_memory: got shapes {w.shape} and {v.shape}; expected (units, units) and (units,).")
    if not (radius := float(np.abs(np.linalg.eigvals(w)).max())) < 1:
        raise InvalidValue(f"fisher_memory: the spectral radius is {radius:.3g}; below 1 the noise stays finite.")
    if not noise > 0:
        raise InvalidValue(f"fisher_memory(noise={noise}): expected a variance above 0.")
    covariance = solve_discrete_lyapunov(w, noise * np.eye(len(v)))
    found = []
    for _ in range(lags + 1):
        found.append(v @ np.linalg.solve(covariance, v))
        v = w @ v
    return np.asarray(found)


def _explained(
    states: Float[np.ndarray, "steps units"], past: Float[np.ndarray, "steps lags"]
) -> Float[np.ndarray, "lags"]:
    """Return the share of variance that ridge regression explains on the second half of the steps."""
    half = int(len(states) * (1 - HELD_OUT))
    inner = int(half * 0.75)
    scale = states[:half].std(0)
    kept = scale > 1e-9 * max(float(scale.max(initial=0)), 1e-30)
    if not kept.any():
        return np.zeros(past.shape[1])
    x = (states[:, kept] - states[:half, kept].mean(0)) / scale[kept]
    chosen = _scores(x[:inner], past[:inner], x[inner:half], past[inner:half]).argmax(0)
    final = _scores(x[:half], past[:half], x[half:], past[half:])
    return np.clip(final[chosen, np.arange(past.shape[1])], 0, 1)


def _scores(
    x: Float[np.ndarray, "fit units"],
    y: Float[np.ndarray, "fit lags"],
    new_x: Float[np.ndarray, "judge units"],
    new_y: Float[np.ndarray, "judge lags"],
) -> Float[np.ndarray, "penalties lags"]:
    """Return R^2 on new steps for each penalty, from one decomposition."""
    values, directions = np.linalg.eigh(x.T @ x / len(x))
    values = np.maximum(values, 0)
    pulled = directions.T @ (x.T @ (y - y.mean(0)) / len(x))
    turned = new_x @ directions
    spread = ((new_y - new_y.mean(0)) ** 2).mean(0)
    errors = [
        ((new_y - y.mean(0) - turned @ (pulled / (values + penalty)[:, None])) ** 2).mean(0) for penalty in RIDGES
    ]
    return 1 - np.asarray(errors) / spread
