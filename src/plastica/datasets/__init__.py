"""Included data sets; README.md in this folder lists their licences and sources."""

from __future__ import annotations

from pathlib import Path

from ..registry import look_up

NAMES = {"penguins": "species", "titanic": "survived", "parking": "Occupancy"}  # with the usual target
PACKED = ("parking",)


def path_of(name: str) -> Path:
    """Return the path of an included data set.

    Example:
        >>> path_of("penguins").name
        'penguins.csv'
    """
    look_up("data set", name, NAMES)
    file = name.strip().lower()
    return Path(__file__).with_name(f"{file}.csv.gz" if file in PACKED else f"{file}.csv")


def target_of(name: str) -> str:
    """Return the usual target of an included data set."""
    return look_up("data set", name, NAMES)
