"""Reading of .npy and .npz files, with one sentence for a file that is none."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from ..errors import FileError
from ..language import Texts
from .atomic import reason
from .foreign import what_it_seems

SAY = Texts("storage")
_START = 512  # bytes by which a file of another kind is recognized


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file by their names, or the one of an .npy file by the name ``""``.

    Args:
        path: The file. Nothing in it is unpickled.

    Raises:
        FileError: If it cannot be read, is of another kind, or contains objects instead of numbers and text.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(f"{folder}/a.npz", x=np.ones(2))
        ...     read_arrays(f"{folder}/a.npz")
        {'x': array([1., 1.])}
    """
    shown = os.fspath(path)
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return {"": found}
        with found:
            return {name: found[name] for name in found.files}
    except OSError as error:
        raise FileError(SAY("unreadable", path=shown, why=reason(error, reading=True))) from None
    except (ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        if "Object arrays" in str(error):
            raise FileError(SAY("objects", path=shown)) from None
        with Path(path).open("rb") as file:
            seems = what_it_seems(file.read(_START))
        raise FileError(SAY("looks_like" if seems else "no_arrays", path=shown, seems=seems)) from None
