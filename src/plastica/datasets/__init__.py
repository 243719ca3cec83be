"""Data sets that ship with the package; their licences and sources stand in README.md beside them."""

from __future__ import annotations

from pathlib import Path

from ..registry import look_up

NAMES = {"penguins": "species", "titanic": "survived"}  # each with the column one predicts


def path_of(name: str) -> Path:
    """Return where a shipped data set lies.

    Example:
        >>> path_of("penguins").name
        'penguins.csv'
    """
    look_up("data set", name, NAMES)
    return Path(__file__).with_name(f"{name.strip().lower()}.csv")


def target_of(name: str) -> str:
    """Return the column that one usually predicts in a shipped data set."""
    return look_up("data set", name, NAMES)
