"""Streams of the same classes with changed inputs: permuted pixels, rotated images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue, ShapeError
from ..typing import Num
from .experiences import ContinualStream, Experience, stream_of


def permuted_inputs(
    x: object,
    y: object,
    x_test: object = None,
    y_test: object = None,
    *,
    experiences: int = 10,
    rows: int | None = None,
    seed: int = 0,
) -> ContinualStream:
    """Return a stream in which each experience has the inputs in another order, such as permuted MNIST.

    When to use: as a domain-incremental stream whose experiences are equally hard and share nothing but the classes.

    Args:
        x, y: Inputs ``(rows, ...)``, which become ``(rows, features)``, and targets.
        x_test, y_test: Rows to test with. Default: a fifth of the rows, drawn at random.
        experiences: The number of experiences; the first has the inputs as they are.
        rows: The number of training rows of each experience, drawn anew for each. Default: all.
        seed: The random seed of permutations and rows.

    Raises:
        InvalidValue: If there is less than one experience, or more rows are asked for than there are.

    Example:
        >>> import numpy as np
        >>> x, y = np.random.default_rng(0).normal(size=(50, 4, 4)), np.arange(50) % 2
        >>> stream = permuted_inputs(x, y, experiences=3)
        >>> stream, stream[0].x.shape
        (<3 experiences, domain-incremental, 2 classes, 120 rows>, (40, 16))

    Reference:
        I. J. Goodfellow and others (2013), An empirical investigation of catastrophic forgetting, section 5.2.
        J. Kirkpatrick and others (2017), Overcoming catastrophic forgetting in neural networks.
    """
    if experiences < 1:
        raise InvalidValue(f"experiences={experiences}: expected at least 1.")
    whole = stream_of([(x, y)] if x_test is None else [(x, y, x_test, y_test)], seed=seed)
    source, rng = whole[0], np.random.default_rng(seed)
    flat, flat_test = (each.reshape(len(each), -1) for each in (source.x, source.x_test))
    made = []
    for place in range(experiences):
        order = np.arange(flat.shape[1]) if place == 0 else rng.permutation(flat.shape[1])
        own = _some(len(flat), rows, rng)
        changed = flat[own][:, order], flat_test[:, order]
        made.append(_changed(source, str(place + 1), own, *changed))
    return ContinualStream(tuple(made), "domain", whole.labels)


def rotated_images(
    x: object,
    y: object,
    x_test: object = None,
    y_test: object = None,
    *,
    angles: Sequence[float] = (0, 36, 72, 108, 144),
    rows: int | None = None,
    seed: int = 0,
) -> ContinualStream:
    """Return a stream in which each experience has the images rotated by another angle, such as rotated MNIST.

    When to use: as a stream whose experiences resemble each other, so that one helps the next.

    Args:
        x, y: Images ``(rows, height, width)`` or ``(rows, height, width, channels)``, and targets.
        x_test, y_test: Rows to test with. Default: a fifth of the rows, drawn at random.
        angles: The angles in degrees, counter-clockwise, one for each experience. What is rotated in from outside is 0.
        rows: The number of training rows of each experience, drawn anew for each. Default: all.
        seed: The random seed of rows.

    Raises:
        ShapeError: If x are no images.
        InvalidValue: If there is no angle, two are equal, or more rows are asked for than there are.

    Reference:
        D. Lopez-Paz, M. Ranzato (2017), Gradient episodic memory for continual learning, section 5.1.
    """
    from scipy.ndimage import rotate

    turned = [angle % 360 for angle in angles]
    if not turned or len(set(turned)) != len(turned):
        raise InvalidValue(f"angles={list(angles)}: expected different angles, one for each experience.")
    whole = stream_of([(x, y)] if x_test is None else [(x, y, x_test, y_test)], seed=seed)
    source, rng = whole[0], np.random.default_rng(seed)
    if source.x.ndim not in (3, 4):
        raise ShapeError(
            f"rotated_images: x has the shape {source.x.shape}; expected (rows, height, width[, channels])."
        )
    made = []
    for angle in angles:
        own = _some(len(source.x), rows, rng)
        images, tests = (
            each if angle % 360 == 0 else rotate(each, angle, axes=(2, 1), reshape=False, order=1)
            for each in (source.x[own], source.x_test)
        )
        made.append(_changed(source, f"{angle:g}°", own, images, tests))
    return ContinualStream(tuple(made), "domain", whole.labels)


def _some(count: int, rows: int | None, rng: np.random.Generator) -> Num[np.ndarray, "own"]:
    if rows is None:
        return np.arange(count)
    if not 1 <= rows <= count:
        raise InvalidValue(f"rows={rows}: expected from 1 to {count}, the number of training rows.")
    return np.sort(rng.choice(count, rows, replace=False))


def _changed(
    source: Experience,
    name: str,
    own: Num[np.ndarray, "own"],
    x: Num[np.ndarray, "own *shape"],
    x_test: Num[np.ndarray, "tests *shape"],
) -> Experience:
    return Experience(name, x, source.y[own], x_test, source.y_test, source.classes)
