"""Tables and series whose rules change: suddenly, gradually, step by step, or back to what they were."""

from __future__ import annotations

import numpy as np

from ..errors import InvalidValue
from ..typing import Float, Int
from .experiences import ContinualStream, Experience

DRIFTS = ("sudden", "gradual", "incremental", "recurring")
TRANSITION = 0.5  # of an experience, the width of a gradual change


def drifting_table(
    drift: str = "sudden",
    *,
    experiences: int = 4,
    rows: int = 1000,
    features: int = 10,
    noise: float = 0.05,
    seed: int = 0,
) -> ContinualStream:
    r"""Return rows of a table whose two classes are divided by a plane that turns: the rotating hyperplane.

    When to use: to try detectors and strategies where it is known when the rule changes: every ``rows`` rows. Features
    are uniform from 0 to 1, and the class is whether :math:`\sum_i w_i x_i > \frac{1}{2} \sum_i w_i` for the weights w
    of the concept at hand.

    Args:
        drift: ``"sudden"``: each experience has weights of its own; ``"gradual"``: around each change, rows of the new
            concept become more frequent, with the probability of a sigmoid; ``"incremental"``: the weights move from
            one concept to the next row by row; ``"recurring"``: two concepts alternate.
        experiences: The number of experiences.
        rows: The training rows of each; a quarter as many are for tests, of the pure concept.
        features: The number of features.
        noise: The fraction of classes that are exchanged.
        seed: The random seed.

    Raises:
        InvalidValue: If the kind of drift is unknown or a number is out of range.

    Example:
        >>> drifting_table("recurring", rows=100)
        <4 experiences, domain-incremental, 2 classes, 400 rows>

    Reference:
        G. Hulten, L. Spencer, P. Domingos (2001), Mining time-changing data streams; J. Gama and others (2014), A
        survey on concept drift adaptation, for the kinds of drift.
    """
    _check(drift, experiences, rows, noise)
    if features < 2:
        raise InvalidValue(f"features={features}: expected at least 2.")
    rng = np.random.default_rng(seed)
    # Weights of both signs, so that concepts differ in which way a feature points.
    weights = rng.normal(size=(2 if drift == "recurring" else experiences, features))
    of = [place % len(weights) for place in range(experiences)]
    concepts, shares = _mixed(drift, experiences, rows, rng)

    def labelled(own: Float[np.ndarray, "rows features"]) -> tuple[Float[np.ndarray, "rows features"], np.ndarray]:
        x = rng.uniform(size=own.shape).astype(np.float32)
        y = ((x - 0.5) * own).sum(1) > 0
        return x, (y ^ (rng.uniform(size=len(x)) < noise)).astype(np.int32)

    first, second = (weights[np.asarray(of)[part]] for part in concepts)
    x, y = labelled(first + shares[:, None] * (second - first))
    made = []
    for place in range(experiences):
        part = slice(place * rows, (place + 1) * rows)
        tests = labelled(np.repeat(weights[of[place]][None], max(1, rows // 4), 0))
        made.append(Experience(_name(drift, place), x[part], y[part], *tests, (0, 1)))
    return ContinualStream(tuple(made), "domain", (0, 1))


def drifting_series(
    drift: str = "sudden",
    *,
    experiences: int = 4,
    rows: int = 1000,
    lags: int = 8,
    noise: float = 0.2,
    seed: int = 0,
) -> ContinualStream:
    r"""Return windows over a noisy oscillation whose period changes, and the value after each window.

    When to use: as :func:`drifting_table`, for numbers. Values follow
    :math:`y_t = 2 r \cos(\omega) y_{t-1} - r^2 y_{t-2} + e_t` with r = 0.98 and a frequency :math:`\omega` for each
    concept, spread evenly between periods of 40 and 5 steps and in random order.

    Args:
        drift, experiences, rows, seed: As for :func:`drifting_table`.
        lags: The length of the windows, which are ``(rows, lags)``.
        noise: The standard deviation of :math:`e_t`.

    Raises:
        InvalidValue: If the kind of drift is unknown or a number is out of range.

    Example:
        >>> drifting_series(rows=100)[0].x.shape
        (100, 8)

    Reference:
        G. U. Yule (1927), On a method of investigating periodicities in disturbed series, for the oscillation.
    """
    _check(drift, experiences, rows, 0.0)
    if lags < 2 or noise <= 0:
        raise InvalidValue(f"lags={lags}, noise={noise}: expected at least 2 lags, and noise above 0.")
    rng = np.random.default_rng(seed)
    count = 2 if drift == "recurring" else experiences
    frequencies = rng.permutation(np.linspace(2 * np.pi / 40, 2 * np.pi / 5, count))
    of = np.arange(experiences) % count
    concepts, shares = _mixed(drift, experiences, rows, rng)
    first, second = (frequencies[of[part]] for part in concepts)
    x, y = _windows(first + shares * (second - first), lags, noise, rng)
    made = []
    for place in range(experiences):
        part = slice(place * rows, (place + 1) * rows)
        tests = _windows(np.full(max(1, rows // 4), frequencies[of[place]]), lags, noise, rng)
        made.append(Experience(_name(drift, place), x[part], y[part], *tests))
    return ContinualStream(tuple(made), "domain")


def _windows(
    frequency: Float[np.ndarray, "rows"], lags: int, noise: float, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "rows lags"], Float[np.ndarray, "rows"]]:
    """Return windows and what follows them, one for each frequency."""
    start, radius = 200 + lags, 0.98
    whole = np.concatenate([np.full(start, frequency[0]), frequency])
    values = np.zeros(len(whole))
    shocks = rng.normal(scale=noise, size=len(whole))
    for t in range(2, len(whole)):
        values[t] = 2 * radius * np.cos(whole[t]) * values[t - 1] - radius**2 * values[t - 2] + shocks[t]
    windows = np.lib.stride_tricks.sliding_window_view(values[start - lags : -1], lags)
    return windows.astype(np.float32), values[start:].astype(np.float32)


def _mixed(
    drift: str, experiences: int, rows: int, rng: np.random.Generator
) -> tuple[tuple[Int[np.ndarray, "rows"], Int[np.ndarray, "rows"]], Float[np.ndarray, "rows"]]:
    """Return for each row the concepts that it lies between, and how far it is from the first to the second."""
    time = np.arange(experiences * rows)
    place = time // rows
    if drift in ("sudden", "recurring"):
        return (place, place), np.zeros(len(time))
    if drift == "incremental":
        # Each concept is pure in the middle of its experience.
        along = np.clip((time + 0.5) / rows - 0.5, 0, experiences - 1)
        low = np.minimum(along.astype(int), max(experiences - 2, 0))
        return (low, np.minimum(low + 1, experiences - 1)), along - low
    # The change next to a row, and how likely the concept after it is.
    change = np.clip(np.round(time / rows).astype(int), 1, max(experiences - 1, 1))
    chance = 1 / (1 + np.exp(-4 * (time - change * rows) / (TRANSITION * rows)))
    drawn = np.minimum(change - 1 + (rng.uniform(size=len(time)) < chance), experiences - 1)
    return (drawn, drawn), np.zeros(len(time))


def _name(drift: str, place: int) -> str:
    return f"{place + 1} ({'AB'[place % 2]})" if drift == "recurring" else str(place + 1)


def _check(drift: str, experiences: int, rows: int, noise: float) -> None:
    if drift not in DRIFTS:
        raise InvalidValue(f"drift={drift!r}: expected one of {', '.join(DRIFTS)}.")
    if experiences < 1 or rows < 4 or not 0 <= noise < 0.5:
        raise InvalidValue(
            f"experiences={experiences}, rows={rows}, noise={noise}: expected at least 1 experience, at least 4 rows, "
            "and a fraction of noise below a half."
        )
