"""Commands and code for using the model, and the versions with which it was made."""

from __future__ import annotations

import platform
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .wording import plain

if TYPE_CHECKING:
    from ..tables import TableNetwork

PACKAGES = ("plastica", "jax", "numpy", "polars", "scikit-learn")
LONGEST = 300
PEOPLE = re.compile(
    r"(?:^|[^a-z])(age|sex|gender|race|ethnic\w*|nationality|religion|disab\w*|marital\w*|married|pregnan\w*|income|"
    r"zip(?:code)?|postcode|birth\w*)(?:$|[^a-z])|性别|年龄|民族|宗教|国籍|婚姻|收入|邮编|出生",
    re.I,
)


@dataclass(frozen=True)
class Usage:
    """Commands, Python code, versions, and the time of writing."""

    commands: tuple[str, ...]
    python: str
    versions: tuple[tuple[str, str], ...]
    written: str


def describe(network: TableNetwork, folder: Path) -> Usage:
    """Return how to use the model in a folder."""
    model = folder / "model.plastica"
    name = shlex.quote(str(folder))
    probabilities = "" if network.task == "regression" else " --probabilities"
    commands = (
        f"plastica predict {name} new.csv{probabilities} --out answers.csv",
        f"plastica evaluate {name} later.csv",
        f"plastica info {name}",
    )
    answer = "answers.labels" if network.task == "regression" else "answers.labels, answers.probabilities"
    python = (
        "from plastica.tables import TableNetwork\n\n"
        f"network = TableNetwork.load({str(model)!r})\n"
        'answers = network.predict("new.csv")\n'
        f"print({answer})"
    )
    versions = (("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES))
    written = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return Usage(tuple(map(_lines, commands)), _lines(python), versions, written)


def about_people(network: TableNetwork) -> tuple[str, ...]:
    """Return the used columns whose names suggest that they describe people."""
    return tuple(plain(column.name, 60) for column in network.encoder.columns if PEOPLE.search(column.name))


def _lines(text: str) -> str:
    return "\n".join(line if len(line) <= LONGEST else line[:LONGEST] + "…" for line in text.split("\n"))
