"""Exceptions and warnings."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


class PlasticaError(Exception):
    """Base class of the errors that plastica raises for invalid input."""


class ShapeError(PlasticaError, ValueError):
    """An array has an unexpected shape."""


class InvalidValue(PlasticaError, ValueError):
    """An argument has an invalid value."""


class UnknownName(PlasticaError, ValueError):
    """A name is not known to plastica."""


class NotFitted(PlasticaError, ValueError, AttributeError):
    """An attribute or method needs a fitted model."""


class NotFinite(PlasticaError, FloatingPointError):
    """Training stopped because the loss or the weights became NaN or infinite.

    The model has the weights from which the last finite loss was computed. They do not depend on callbacks or on
    whether the run was resumed.
    """


class DataError(PlasticaError, ValueError):
    """The data cannot be used for training or prediction."""


class FileError(PlasticaError, OSError):
    """A file is missing, damaged, of another format or from a newer version of plastica."""


class MissingExtra(PlasticaError, ImportError):
    """A required optional dependency is not installed."""


class PlasticaWarning(UserWarning):
    """The result may be misleading; training continues."""


def caution(message: object) -> None:
    """Issue a :class:`PlasticaWarning`, a text or a note, that points to the user's line of code."""
    level, frame = 1, sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(PlasticaWarning(message), stacklevel=level)
