"""Synchrony between two brains or networks: phase locking, correlation, canonical correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, ShapeError
from ..typing import Float

LEAST = 8  # times
FILTER_TIMES = 21  # at each end, which the filter of a band needs beside what it filters


def phase_locking_value(
    first: ArrayLike, second: ArrayLike, band: tuple[float, float] | None = None, rate: float = 1.0
) -> float:
    """Return how constant the difference of the phases of two signals is: 1 if it never changes, near 0 by chance.

    Use it for rhythms of two recordings or units, as hyperscanning does. n independent samples give about
    0.89 / sqrt(n) by chance, so that values are compared with those of exchanged partners.

    Equation: |mean over t of exp(i (phi_1(t) - phi_2(t)))|, with phases of the analytic signal.

    Args:
        first, second: The signals, ``(times,)``.
        band: The lowest and the highest frequency to keep; None: all. Signals should have one dominant rhythm.
        rate: Samples per unit of time.

    Raises:
        ShapeError: If the signals are not two of one length, of at least 8 samples.
        InvalidValue: If a signal is constant or not finite, or the band is not below half the rate.

    Example:
        >>> t = np.linspace(0, 20, 500)
        >>> phase_locking_value(np.sin(t), np.sin(t - 1.0)) > 0.95
        True

    Reference:
        Lachaux, Rodriguez, Martinerie and Varela 1999, Measuring phase synchrony in brain signals, where the mean is
        over trials instead of times; Dumas et al. 2010, Inter-brain synchronization during social interaction.
    """
    one, other = (phases(each, band, rate) for each in checked_pair(first, second, 1))
    return float(abs(np.exp(1j * (one - other)).mean()))


def phases(
    signals: Float[np.ndarray, "*shape times"], band: tuple[float, float] | None = None, rate: float = 1.0
) -> Float[np.ndarray, "*shape times"]:
    """Return the phases of signals along their last axis, in radians; see :func:`phase_locking_value`."""
    from scipy import signal

    if band is not None:
        if not 0 < band[0] < band[1] < rate / 2:
            raise InvalidValue(
                f"phase_locking_value(band={band}): give frequencies between 0 and {rate / 2:g}, half of the rate."
            )
        times = signals.shape[-1]
        if times <= FILTER_TIMES:
            raise InvalidValue(f"band={band}: {times} times are too few for a band; give at least {FILTER_TIMES + 1}.")
        filters = signal.butter(3, band, "bandpass", fs=rate, output="sos")
        signals = signal.sosfiltfilt(filters, signals)
    return np.angle(np.asarray(signal.hilbert(signals - signals.mean(-1, keepdims=True))))


def canonical_correlation(first: ArrayLike, second: ArrayLike) -> Float[np.ndarray, "components"]:
    """Return the canonical correlations of two sets of signals, the highest first.

    Use it for what two networks or brains have in common, whatever mixtures of units carry it. With few times for many
    units it is high by chance: there should be at least ten times as many times as units.

    Equation: the singular values of Q_1^T Q_2, where Q are orthonormal bases of the centred signals.

    Args:
        first, second: The signals, ``(times, units)``.

    Raises:
        ShapeError: If there are not as many times of both, or fewer times than units.
        InvalidValue: If signals are not finite or all constant.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 2))
        >>> canonical_correlation(x, x @ [[1.0, 2.0], [0.0, 1.0]]).round(6).tolist()
        [1.0, 1.0]

    Reference:
        Hotelling 1936, Relations between two sets of variates; Björck and Golub 1973, Numerical methods for computing
        angles between linear subspaces, for the equation.
    """
    return _canonical(first, second)[0]


def canonical_variates(first: ArrayLike, second: ArrayLike) -> tuple[Float[np.ndarray, "times"], ...]:
    """Return the two mixtures of signals that correlate most, ``(times,)`` each, with the variance 1.

    Args:
        first, second: The signals, ``(times, units)``.

    Raises:
        ShapeError, InvalidValue: As for :func:`canonical_correlation`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 2))
        >>> one, other = canonical_variates(x, x[:, :1])
        >>> float(np.corrcoef(one, other)[0, 1].round(6))
        1.0
    """
    _, one, other = _canonical(first, second)
    scale = np.sqrt(len(one))
    return one[:, 0] * scale, other[:, 0] * scale


def _canonical(first: ArrayLike, second: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return canonical correlations and the variates of both sides."""
    one, other = checked_pair(first, second, 2)
    if len(one) <= max(one.shape[1], other.shape[1]):
        raise ShapeError(
            f"canonical_correlation: {len(one)} times for {one.shape[1]} and {other.shape[1]} units; give more."
        )
    bases = orthonormal_basis(one), orthonormal_basis(other)
    left, sizes, right = np.linalg.svd(bases[0].T @ bases[1], full_matrices=False)
    return np.clip(sizes, 0, 1), bases[0] @ left, bases[1] @ right.T


def orthonormal_basis(signals: np.ndarray) -> Float[np.ndarray, "times components"]:
    """Return an orthonormal basis of the centred signals, ``(times, units)``, without directions that only round."""
    left, sizes, _ = np.linalg.svd(signals - signals.mean(0), full_matrices=False)
    return left[:, sizes > 1e-6 * sizes[0]]


def checked_pair(first: ArrayLike, second: ArrayLike, axes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two signals with one or two axes as floats.

    Raises:
        ShapeError: If they have other axes, different or too few times.
        InvalidValue: If one is constant or has values that are not finite.
    """
    one, other = (np.asarray(each, np.float64) for each in (first, second))
    if one.ndim == other.ndim == 1 and axes == 2:
        one, other = one[:, None], other[:, None]
    if one.ndim != axes or other.ndim != axes or len(one) != len(other) or len(one) < LEAST:
        wanted = "(times,)" if axes == 1 else "(times, units)"
        raise ShapeError(
            f"the two signals have the shapes {one.shape} and {other.shape}; give two of shape {wanted} with the same "
            f"times, at least {LEAST}."
        )
    for each, name in ((one, "first"), (other, "second")):
        if not np.isfinite(each).all():
            raise InvalidValue(f"the {name} signal has values that are not finite; fill them or leave them out.")
        if not np.ptp(each, axis=0).any():
            raise InvalidValue(f"the {name} signal is constant and has no rhythm or relation to anything.")
    return one, other
