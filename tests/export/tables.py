"""A table with columns of every kind, and models of it that take moments to train."""

from __future__ import annotations

import csv
import datetime
import functools
import tempfile
from pathlib import Path

import numpy as np

from plastica.settings import Settings
from plastica.tables import TableNetwork

WORDS = ("small", "large", "old", "new", "fast", "slow", "bright", "dark", "cheap", "dear", "quiet", "loud")
NOTE = (("note", "text"),)
SETTINGS = {
    "best": ("kind", Settings(epochs=1, members=2, drop=("amount",), kinds=NOTE)),
    "trees": ("kind", Settings(model="trees", baselines=(), drop=("amount",), kinds=NOTE)),
    "trees_of_numbers": ("amount", Settings(model="trees", baselines=(), drop=("kind",), kinds=NOTE)),
    "linear": ("amount", Settings(model="linear", baselines=(), drop=("kind",), kinds=NOTE)),
    "linear_part": (
        "amount",
        Settings(linear_part=True, epochs=1, members=2, baselines=(), drop=("kind",), kinds=NOTE),
    ),
    "folds": ("yes", Settings(model="linear", folds=2, keep_folds=True, baselines=(), drop=("kind", "amount"))),
}


@functools.cache
def folder() -> Path:
    return Path(tempfile.mkdtemp())


def table(name: str, rows: int, seed: int) -> Path:
    """Write numbers (with gaps and a currency), Booleans, categories, codes, dates, texts and identifiers."""
    rng = np.random.default_rng(seed)
    path = folder() / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "size", "price", "yes", "colour", "town", "day", "note", "kind", "amount"])
        for row in range(rows):
            size, price, yes = rng.normal(10, 3), float(np.exp(rng.normal(3, 2))), bool(rng.random() < 0.5)
            colour = rng.choice(["red", "blue", "grün", ""])
            day = datetime.datetime(2020, 1, 1) + datetime.timedelta(hours=int(rng.integers(0, 30_000)))
            cells = [f"r{seed}{row:05d}", "" if rng.random() < 0.1 else f"{size:.3f}", f"${price:,.2f}"]
            cells += ["yes" if yes else "no", colour, f"T{rng.integers(0, 25):02d}", f"{day:%d.%m.%Y %H:%M}"]
            cells += [" ".join(rng.choice(WORDS, rng.integers(2, 6))) + f" {row}"]
            cells += ["a" if size + 3 * yes > 12 else "b" if colour == "red" else "c", f"{100 * size + price:.1f}"]
            writer.writerow(cells)
    return path


@functools.cache
def train() -> Path:
    return table("train.csv", 300, 1)


@functools.cache
def new() -> Path:
    return table("new.csv", 40, 2)


@functools.cache
def model(name: str) -> TableNetwork:
    target, settings = SETTINGS[name]
    return TableNetwork.fit(train(), target, settings)
