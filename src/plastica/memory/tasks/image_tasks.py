"""Images as sequences: pixel by pixel, in a fixed random order, or row by row."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...errors import DataError, InvalidValue, ShapeError
from ...typing import Float, Int, Shaped
from .memory_task import MemoryTask

VALIDATION_SHARE, TEST_SHARE = 10, 5  # one image of so many
ORDER_SEED = 0  # of the order of pixels and of the images for tests, the same in every task


def sequential_digits(
    rng: np.random.Generator, rows: int | None, time: int, part: str, images: object = None, labels: object = None
) -> MemoryTask:
    """The class of an image, of which one pixel is seen at each step."""
    return _drawn(rng, rows, part, images, labels, "pixels")


def permuted_digits(
    rng: np.random.Generator, rows: int | None, time: int, part: str, images: object = None, labels: object = None
) -> MemoryTask:
    """The class of an image, whose pixels come in a random order, the same for all."""
    return _drawn(rng, rows, part, images, labels, "permuted")


def digit_rows(
    rng: np.random.Generator, rows: int | None, time: int, part: str, images: object = None, labels: object = None
) -> MemoryTask:
    """The class of an image, of which one row of pixels is seen at each step."""
    return _drawn(rng, rows, part, images, labels, "rows")


def _drawn(
    rng: np.random.Generator, rows: int | None, part: str, images: object, labels: object, order: str
) -> MemoryTask:
    pixels, classes = _checked(images, labels)
    names, y = np.unique(classes, return_inverse=True)
    shuffled = np.random.default_rng(ORDER_SEED).permutation(len(pixels))
    first, last = len(pixels) // VALIDATION_SHARE, len(pixels) // VALIDATION_SHARE + len(pixels) // TEST_SHARE
    own = {"validation": shuffled[:first], "test": shuffled[first:last]}.get(part, shuffled[last:])
    if rows is not None and rows > len(own):
        raise InvalidValue(f"got rows={rows}; there are {len(own)} images for {part}. Give at most so many.")
    own = rng.permutation(own)[:rows]
    x = pixels[own]
    if order != "rows":
        x = x.reshape(len(own), -1, 1)
    if order == "permuted":
        x = x[:, np.random.default_rng(ORDER_SEED).permutation(x.shape[1])]
    share = np.bincount(y) / len(y)
    entropy = -float((share * np.log(share)).sum())
    source = "LeCun, Bottou, Bengio, Haffner 1998; as sequences: Le, Jaitly, Hinton 2015, section 4.2"
    return MemoryTask("", x, y[own], len(names), float(share.max()), entropy, 1.0, 0.98, source)


def _checked(
    images: object, labels: object
) -> tuple[Float[np.ndarray, "rows height width"], Shaped[np.ndarray, "rows"]]:
    """Return images with values from 0 to 1, and their labels; by default the 1,797 digits of scikit-learn.

    Raises:
        InvalidValue: If only one of them is given.
        ShapeError: If they are not (images, height, width) with a label each.
        DataError: If they are not finite numbers, or all images are blank.
    """
    if (images is None) != (labels is None):
        missing = "labels" if labels is None else "images"
        raise InvalidValue(f"got images or labels without the other; give {missing}= too, or neither.")
    if images is None:
        images, labels = _digits()
    pixels, classes = np.asarray(images), np.asarray(labels)
    if pixels.ndim != 3 or classes.shape != (len(pixels),) or len(pixels) < VALIDATION_SHARE:
        raise ShapeError(
            f"got images of shape {pixels.shape} and labels of shape {classes.shape}; expected (images, height, width) "
            f"with a label each, and at least {VALIDATION_SHARE} images. Average the channels of colour images first."
        )
    if pixels.dtype.kind not in "buif" or not np.isfinite(pixels).all():
        raise DataError(f"got images of type {pixels.dtype}; expected finite numbers.")
    if not (largest := float(np.abs(pixels).max())) > 0:
        raise DataError("all pixels are 0.")
    return (pixels / largest).astype(np.float32), classes


@cache
def _digits() -> tuple[Float[np.ndarray, "rows height width"], Int[np.ndarray, "rows"]]:
    from sklearn.datasets import load_digits

    found: Any = load_digits()  # scikit-learn types it as what it is with other options
    return found.images, found.target
