"""The space of a search as text: ``learning_rate=1e-4..1e-1:log``, ``layers=64|128,128``, or a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path

from ..errors import FileError, InvalidValue
from .distributions import Choice, Distribution, IntUniform, LogUniform, Uniform

OF_SIZES = ("layers",)  # lists of units
HOW = (
    "give NAME=LOW..HIGH, NAME=LOW..HIGH:log or NAME=VALUE|VALUE, such as learning_rate=1e-4..1e-1:log and "
    "layers=64|128,128, or a TOML file of these."
)


def space_from(given: Collection[str]) -> dict[str, Distribution]:
    """Return the space for the texts of ``--space``.

    Raises:
        InvalidValue: If a text is no distribution.
        FileError: If a file cannot be read.

    Example:
        >>> space_from(["dropout=0..0.5", "layers=64|128,128"])
        {'dropout': Uniform(low=0.0, high=0.5), 'layers': Choice(options=((64,), (128, 128)))}
    """
    found: dict[str, Distribution] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals and text.endswith(".toml"):
            found |= {name: _from_toml(name, each) for name, each in _read(Path(text)).items()}
        elif not equals or not name.strip() or not value.strip():
            raise InvalidValue(f"space: {text!r} is no setting with its values; {HOW}")
        else:
            found[name.strip()] = distribution_from(name.strip(), value)
    return found


def distribution_from(name: str, text: str) -> Distribution:
    """Return the distribution for a text.

    Raises:
        InvalidValue: If it is none.
    """
    bounds, _, kind = text.strip().partition(":")
    low, dots, high = bounds.partition("..")
    if not dots:
        return Choice([value_from(name, part) for part in text.split("|")])
    try:
        ends = float(low), float(high)
    except ValueError:
        raise InvalidValue(f"space: {name}={text!r} has no two numbers; {HOW}") from None
    if kind not in ("", "log"):
        raise InvalidValue(f'space: {name}={text!r} ends with {kind!r}; the only ending is ":log".')
    if all("." not in end.strip("-") and "e" not in end.lower() for end in (low, high)) and name in WHOLE:
        return IntUniform(int(ends[0]), int(ends[1]), log=bool(kind))
    return LogUniform(*ends) if kind else Uniform(*ends)


WHOLE = ("batch_size", "members")


def value_from(name: str, text: str) -> int | float | str | tuple[int, ...]:
    """Return a value of a choice: units, a number or a text.

    Example:
        >>> value_from("layers", "64,32"), value_from("batch_size", "32"), value_from("optimizer", "adam")
        ((64, 32), 32, 'adam')
    """
    text = text.strip()
    if name in OF_SIZES:
        parts = [] if text.lower() in ("0", "none") else text.split(",")
        try:
            return tuple(int(part) for part in parts)
        except ValueError:
            raise InvalidValue(f"space: {name}={text!r} has no whole numbers of units, such as 64,64.") from None
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _from_toml(name: str, given: object) -> Distribution:
    if isinstance(given, str):
        return distribution_from(name, given)
    values = given if isinstance(given, list) else [given]
    return Choice([tuple(value) if isinstance(value, list) else value for value in values])


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is no TOML file: {error}.") from None
