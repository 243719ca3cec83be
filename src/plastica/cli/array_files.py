"""Rows for a network that reads arrays: an image, an .npy or .npz file, or a table of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .options import OptionValue
from .wording import SAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
NAMES = ("x", "x_test", "images")  # of the rows in an .npz file


class ArrayRows(NamedTuple):
    """Rows as a network reads them.

    Attributes:
        x: ``(rows, *shape)``.
        names: The columns of a table; none of arrays.
        is_image: Whether they were read from an image.
    """

    x: np.ndarray
    names: tuple[str, ...] = ()
    is_image: bool = False


def read_rows(file: str, shape: tuple[int, ...], scale: float, reading: Mapping[str, OptionValue]) -> ArrayRows:
    """Return the rows of a file.

    Args:
        file: The file.
        shape: The shape of a row that the network reads.
        scale: What the pixels of an image are divided by.
        reading: Separator, encoding and sheet of a table.

    Raises:
        FileError: If the file cannot be read.
        DataError: If rows have another shape, or a table has columns that are no numbers.
        InvalidValue: If the scale is not above 0.
    """
    from ..errors import DataError, InvalidValue

    suffix = Path(file).suffix.lower()
    if suffix in IMAGES:
        if not scale > 0:
            raise InvalidValue(SAY("explain_bad_scale", scale=scale))
        return ArrayRows(_image(file, shape, scale), is_image=True)
    found = ArrayRows(_arrays(file)) if suffix in (".npy", ".npz") else _table(file, reading)
    if found.x.ndim < 2 or found.x.shape[1:] != shape:
        told = {"shape": found.x.shape[1:], "expected": shape}
        raise DataError(SAY("explain_other_shape", file=file, **told))
    return found


def _image(file: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """Return an image as one row: grey for one channel, in colour for three."""
    import numpy as np
    from PIL import Image

    from ..errors import DataError, FileError

    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or channels not in (1, 3):
        raise DataError(SAY("explain_no_image", file=file, shape=shape))
    try:
        with Image.open(file) as opened:
            pixels = np.asarray(opened.convert("RGB" if channels == 3 else "L"), np.float32) / scale
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise FileError(SAY("explain_unreadable", file=file, why=error)) from None
    if pixels.shape[:2] != shape[:2]:
        size = {"height": pixels.shape[0], "width": pixels.shape[1], "rows": shape[0], "columns": shape[1]}
        raise DataError(SAY("explain_image_size", file=file, **size))
    return pixels.reshape(1, *shape)


def _arrays(file: str) -> np.ndarray:
    """Return the array of an .npy file, or the rows of an .npz file."""
    from ..storage.array_files import read_arrays

    return _rows_in(file, read_arrays(file))


def _rows_in(file: str, found: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the only array of an .npz file, or that with a usual name."""
    from ..errors import DataError

    known = list(found)
    name = next((each for each in NAMES if each in known), known[0] if len(known) == 1 else None)
    if name is None:
        raise DataError(SAY("explain_which_array", file=file, known=", ".join(known), names=", ".join(NAMES)))
    return found[name]


def _table(file: str, reading: Mapping[str, OptionValue]) -> ArrayRows:
    """Return a table all of whose columns are numbers."""
    import numpy as np
    import polars as pl

    from ..data.reading import read_table
    from ..errors import DataError

    table = read_table(file, **reading)
    columns = {name: table.column(name).cast(pl.Float64, strict=False) for name in table.names}
    if wrong := [name for name, values in columns.items() if values.null_count()]:
        raise DataError(SAY("explain_no_numbers", file=file, column=repr(wrong[0])))
    return ArrayRows(np.stack([values.to_numpy() for values in columns.values()], 1), table.names)
