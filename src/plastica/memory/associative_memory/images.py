"""Images of a folder as patterns of two values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...errors import DataError, FileError, InvalidValue
from ...typing import Float, Int

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
SIDE = 32  # pixels: 1,024 units, whose weights take 4 MB
LARGEST = 128


class BlackAndWhite(NamedTuple):
    """Images of two values.

    Attributes:
        names: The names of their files.
        patterns: 1 where an image is darker than the middle of its darkest and lightest tones, as ink is.
    """

    names: list[str]
    patterns: Int[np.ndarray, "images height width"]


def read_images(folder: str | os.PathLike[str], size: int = SIDE) -> BlackAndWhite:
    """Read the images of a folder, each scaled to a square of ``size`` pixels and made black and white.

    The threshold of each image is Otsu's, which makes the tones within black and within white as equal as possible.

    Args:
        folder: The folder; images in folders inside it are not read.
        size: The height and the width of patterns, in pixels.

    Raises:
        FileError: If there is no such folder or a file cannot be read as an image.
        DataError: If it has no images, or one is of a single tone.
        InvalidValue: If the size is not from 2 to 128.

    Reference:
        N. Otsu, 1979, A threshold selection method from gray-level histograms.
    """
    if not 2 <= size <= LARGEST:
        raise InvalidValue(f"images of {size} x {size} pixels: expected a size from 2 to {LARGEST}.")
    path = Path(folder)
    if not path.is_dir():
        raise FileError(f"{path}: there is no such folder.")
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError(f"{path}: no images; expected files ending in {', '.join(SUFFIXES)}.")
    return BlackAndWhite([each.name for each in files], np.stack([_read(each, size) for each in files]))


def _read(path: Path, size: int) -> Int[np.ndarray, "height width"]:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            grey = np.asarray(opened.convert("L").resize((size, size)), np.float32)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise FileError(f"{path}: cannot be read as an image ({error}).") from None
    if grey.min() == grey.max():
        raise DataError(f"{path}: all pixels have the same tone, so that there is nothing to remember.")
    return (grey <= otsu_threshold(grey)).astype(int)


def otsu_threshold(grey: Float[np.ndarray, "*shape"]) -> float:
    """Return the threshold up to which a value belongs to the darker class.

    It maximizes the variance between the classes, w0 w1 (mu0 - mu1)^2.
    """
    values, counts = np.unique(grey, return_counts=True)
    below = np.cumsum(counts)[:-1] / grey.size
    moment = np.cumsum(values * counts)[:-1] / grey.size
    between = (moment[-1] + values[-1] * counts[-1] / grey.size) * below - moment
    return float(values[np.argmax(between**2 / (below * (1 - below)))])
