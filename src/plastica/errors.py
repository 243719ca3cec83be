"""Errors and warnings: each says what arrived, what was expected and how to mend it."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


class PlasticaError(Exception):
    """Base of every error that plastica raises for a person's mistake."""


class ShapeError(PlasticaError, ValueError):
    """An array has another shape than its place asks for."""


class InvalidValue(PlasticaError, ValueError):
    """A value is of the right kind but outside what its place takes."""


class UnknownName(PlasticaError, ValueError):
    """A name stands for nothing that plastica knows."""


class NotFitted(PlasticaError, ValueError, AttributeError):
    """Something that is only known after fitting was asked for before."""


class NotFinite(PlasticaError, FloatingPointError):
    """Training met NaN or infinity and stopped.

    The model holds the last good weights: those that the last finite loss was computed with. They are the same
    whatever callbacks the run has and whether it was resumed.
    """


class DataError(PlasticaError, ValueError):
    """A table, a series or an array cannot be used as it is."""


class FileError(PlasticaError, OSError):
    """A file is damaged, foreign, from a newer plastica or not there."""


class MissingExtra(PlasticaError, ImportError):
    """An optional dependency is needed and not installed."""


class PlasticaWarning(UserWarning):
    """Training goes on, but a number may not mean what the person thinks."""


def caution(message: str) -> None:
    """Give a :class:`PlasticaWarning` at the line outside this package that led here."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, PlasticaWarning, stacklevel=level)
