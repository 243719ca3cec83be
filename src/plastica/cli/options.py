"""Convert the text of an option to the value of a setting."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from .wording import SAY

# The value of an option by its name: of the type that is stated where the option is, which click has checked.
OptionValue: TypeAlias = Any

TIMES = {"ms": 1e-3, "s": 1.0, "min": 60.0}
SIZES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9}
SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "space": " "}


def units(given: str | None) -> tuple[int, ...] | None:
    """Return the units of ``--layers 64,64``; ``0`` and ``none`` mean no hidden layers.

    Example:
        >>> units("64,32"), units("0"), units(None)
        ((64, 32), (), None)
    """
    if given is None:
        return None
    text = given.strip().lower()
    if text in ("", "0", "none"):
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(SAY("bad_layers", given=repr(given))) from None


def row_numbers(given: Sequence[str]) -> tuple[int, ...]:
    """Return the rows of ``--explain-rows 3,17``, once each.

    Example:
        >>> row_numbers(["3,17", "3"])
        (3, 17)
    """
    try:
        return tuple(dict.fromkeys(int(part) for each in given for part in each.split(",")))
    except ValueError:
        raise click.BadParameter(SAY("bad_row_numbers", given=", ".join(given))) from None


def minimum(given: str) -> float | str | None:
    """Return the value of ``--minimum 0``, ``none`` or ``auto``.

    Example:
        >>> minimum("0"), minimum("none"), minimum("auto")
        (0.0, None, 'auto')
    """
    if given.lower() in ("auto", "none"):
        return None if given.lower() == "none" else "auto"
    try:
        return float(given)
    except ValueError:
        raise click.BadParameter(SAY("bad_minimum", given=repr(given))) from None


def seconds(given: str | None) -> float | None:
    """Return the seconds of ``--time-limit 1h30m``."""
    if given is None:
        return None
    from ..training.stopping import duration

    return duration(given)


def separator(given: str | None) -> str | None:
    """Return the separator for a name such as ``tab``; other text is returned unchanged."""
    return SEPARATORS.get(given or "", given)


def names(given: Collection[str], known: Collection[str]) -> tuple[str, ...]:
    """Return names of columns; text with commas is one name if there is such a column, otherwise several.

    Example:
        >>> names(["a,b", "c, d"], {"a,b", "c", "d"})
        ('a,b', 'c', 'd')
    """
    found = [name for each in given for name in ([each] if each in known else map(str.strip, each.split(","))) if name]
    return tuple(dict.fromkeys(found))


def kinds(given: Mapping[str, Collection[str]], known: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return pairs of column and kind; a column has one kind only.

    Example:
        >>> kinds({"category": ["a,b"], "date": ["c"]}, {"a", "b", "c"})
        (('a', 'category'), ('b', 'category'), ('c', 'date'))
    """
    found: dict[str, str] = {}
    for kind, columns in given.items():
        for name in names(columns, known):
            if name in found:
                raise click.BadParameter(
                    f"--{kind} and --{found[name]} both name the column {name!r}; choose one of them."
                )
            found[name] = kind
    return tuple(found.items())


def weights(given: Collection[str]) -> str | tuple[tuple[str | int | float, float], ...] | None:
    """Return the weights of ``--class-weight balanced`` or ``--class-weight LABEL=NUMBER`` given several times.

    Example:
        >>> weights(["yes=3", "no=1"])
        (('yes', 3.0), ('no', 1.0))
    """
    if not given:
        return None
    if list(given) == ["balanced"]:
        return "balanced"
    pairs = []
    for each in given:
        label, equals, number = each.rpartition("=")
        value = _number(number)
        if not equals or value is None:
            raise click.BadParameter(f"--class-weight expects balanced, or LABEL=NUMBER for each class; got {each!r}.")
        pairs.append((label, value))
    return tuple(pairs)


def costs(given: str | None) -> tuple[tuple[float, ...], ...] | None:
    """Return the cost matrix of ``--costs "0,1;5,0"`` or of a file with one row per line.

    Example:
        >>> costs("0,1;5,0")
        ((0.0, 1.0), (5.0, 0.0))
    """
    if given is None:
        return None
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8-sig") if ";" not in given and path.is_file() else given.replace(";", "\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise click.BadParameter(f"--costs: {given!r} cannot be read: {problem}.") from None
    rows = [[_number(cell) for cell in line.split(",")] for line in text.splitlines() if line.strip()]
    if not rows or any(cell is None for row in rows for cell in row):
        raise click.BadParameter(
            "--costs expects a row of numbers for each true class, such as 0,1;5,0 (semicolons between rows), or a "
            f"file with a line for each; got {given!r}."
        )
    return tuple(tuple(cell for cell in row if cell is not None) for row in rows)


def threshold(given: str | None) -> float | str | None:
    """Return the number of ``--threshold 0.3``, or the name of a criterion."""
    if given is None:
        return None
    number = _number(given)
    return given if number is None else number


def held_out(given: str | None) -> float | str | None:
    """Return the fraction or number of ``--test 0.2``, or the keyword or file name.

    Example:
        >>> held_out("0.2"), held_out("last"), held_out("new.csv")
        (0.2, 'last', 'new.csv')
    """
    number = None if given is None else _number(given)
    return given if number is None else number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def numbers(option: str, given: str | None) -> tuple[float, ...]:
    """Return the numbers of a list such as ``0.1,0.5,0.9``; none if there is none.

    Args:
        option: The name of the option, for the error.
        given: The text.

    Raises:
        click.BadParameter: If a part is no number.
    """
    parts = [] if not given else given.split(",")
    found = [_number(part.strip()) for part in parts]
    if None in found:
        raise click.BadParameter(SAY("no_numbers", option=option, given=given))
    return tuple(each for each in found if each is not None)


def targets(given: tuple[str, ...], file: str, columns: Collection[str]) -> tuple[str, ...]:
    """Return the columns of ``--target``; that of an included data set if there are none."""
    return names(given, columns) or (_usual_target(file, columns),)


def _usual_target(file: str, columns: Collection[str]) -> str:
    """Return the target of an included data set; for other tables, raise an error with the columns."""
    from .. import datasets

    if file in datasets.NAMES and not Path(file).exists():
        return datasets.target_of(file)
    listed = ", ".join(map(repr, list(columns)[:20])) + (" ..." if len(columns) > 20 else "")
    raise click.BadParameter(SAY("say_target", columns=listed))


def devices(given: str | None) -> str | int | None:
    """Return a number of devices, or the word ``all``, which are checked when JAX is there.

    Raises:
        InvalidValue: If it is something else.

    Example:
        >>> devices("2"), devices("all"), devices(None)
        (2, 'all', None)
    """
    from ..errors import InvalidValue

    if given is None or given == "all":
        return given
    if not given.isdecimal():
        raise InvalidValue(SAY("bad_devices", given=repr(given)))
    return int(given)


def cluster(given: str | None) -> str | None:
    """Return the address of workers, if it is one.

    Raises:
        InvalidValue: If it is none, or the head of Ray does not answer.
        MissingExtra: If it is one of Ray, which is not installed.

    Example:
        >>> cluster("local:2"), cluster(None)
        ('local:2', None)
    """
    if given is not None:
        from ..cluster.address import address_of
        from ..cluster.ray_connection import require_head, require_ray

        if (where := address_of(given)).kind == "ray":
            require_ray(where)
            require_head(where)
    return given


def devices_and_cluster(given: Mapping[str, OptionValue]) -> tuple[str | int | None, str | None]:
    """Return the devices and the address of workers, of which one may be given.

    Raises:
        InvalidValue, MissingExtra: As for :func:`devices` and :func:`cluster`, or if both are given.
    """
    from ..errors import InvalidValue
    from ..notes import note

    if given["devices"] is not None and given["cluster"] is not None:
        raise InvalidValue(note("plan.devices_or_cluster"))
    return devices(given["devices"]), cluster(given["cluster"])


def measured(option: str, given: str, units: Mapping[str, float]) -> float:
    """Return a number with a unit, such as ``2ms`` or ``10MB``, in the unit whose value is 1; 0 needs none.

    Args:
        option: The name of the option, for the error.
        given: The text.
        units: The value of each unit.

    Raises:
        click.BadParameter: If it is something else.

    Example:
        >>> measured("--timeout", "2ms", TIMES), measured("--max-body", "10 MB", SIZES)
        (0.002, 10000000.0)
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", given)
    known = {name.lower(): value for name, value in units.items()}
    if found is None or (found[2].lower() not in known and float(found[1]) != 0):
        raise click.BadParameter(SAY("no_measure", option=option, given=repr(given), units=", ".join(units)))
    return float(found[1]) * known.get(found[2].lower(), 1.0)
