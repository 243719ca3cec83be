"""Synchrony between two brains or networks: phase locking, correlation, canonical correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidValue, ShapeError
from ..typing import Float

LEAST = 8  # times


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
    from scipy import signal

    one, other = checked_pair(first, second, 1)
    if band is not None:
        if not 0 < band[0] < band[1] < rate / 2:
            raise InvalidValue(
                f"phase_locking_value(band={band}): give frequencies between 0 and {rate / 2:g}, half of the rate."
            )
        filters = signal.butter(3, band, "bandpass", fs=rate, output="sos")
        one, other = (signal.sosfiltfilt(filters, each) for each in (one, other))
    phases = [np.angle(np.asarray(signal.hilbert(each - each.mean()))) for each in (one, other)]
    return float(abs(np.exp(1j * (phases[0] - phases[1])).mean()))


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
    one, other = checked_pair(first, second, 2)
    if len(one) <= max(one.shape[1], other.shape[1]):
        raise ShapeError(
            f"canonical_correlation: {len(one)} times for {one.shape[1]} and {other.shape[1]} units; give more."
        )
    bases = []
    for each in (one, other):
        left, sizes, _ = np.linalg.svd(each - each.mean(0), full_matrices=False)
        bases.append(left[:, sizes > 1e-6 * sizes[0]])
    return np.clip(np.linalg.svd(bases[0].T @ bases[1], compute_uv=False), 0, 1)


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
