"""The tables of names in Keras and plastica: ``python docs/keras_names.py`` writes them to docs/keras.md."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras

import plastica as pl

PAGE = Path(__file__).parent / "keras.md"
MARKED = re.compile(r"(<!-- names -->\n).*(<!-- end of names -->)", re.DOTALL)
PLUMBING = {"get", "serialize", "deserialize"}  # functions of every module of Keras
VERBS = ("compile", "fit", "evaluate", "predict", "summary")
FAMILIES: dict[str, tuple[ModuleType, ModuleType]] = {
    "layers": (keras.layers, pl.layers),
    "losses": (keras.losses, pl.losses),
    "metrics": (keras.metrics, pl.metrics),
    "optimizers": (keras.optimizers, pl.optimizers),
    "schedules": (keras.optimizers.schedules, pl.schedules),
    "callbacks": (keras.callbacks, pl.training),
    "initializers": (keras.initializers, pl.initializers),
    "regularizers": (keras.regularizers, pl.regularizers),
    "constraints": (keras.constraints, pl.constraints),
}


def classes(module: ModuleType) -> list[str]:
    """Return the classes of a module without aliases such as AvgPool1D."""
    found = {name: value for name, value in vars(module).items() if inspect.isclass(value) and name[0] != "_"}
    return sorted(name for name, value in found.items() if value.__name__ == name or value.__name__ not in found)


def activations() -> tuple[list[str], list[str]]:
    """Return the activations of Keras that plastica has, and those it lacks."""
    names = sorted(name for name, value in vars(keras.activations).items() if inspect.isfunction(value))
    return split((name for name in names if name not in PLUMBING), is_activation)


def is_activation(name: str) -> bool:
    """Return whether plastica has an activation of this name."""
    try:
        pl.activations.get(name)
    except ValueError:
        return False
    return True


def split(names: Iterable[str], known: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Return the names that plastica has, and the others."""
    given = list(names)
    return [name for name in given if known(name)], [name for name in given if not known(name)]


def names_table() -> dict[str, tuple[list[str], list[str]]]:
    """Return for each family the names in Keras that plastica has, and those it lacks."""
    found = {
        family: split(classes(theirs), lambda name, ours=ours: hasattr(ours, name))
        for family, (theirs, ours) in FAMILIES.items()
    }
    methods = [name for name in dir(keras.Sequential) if not name.startswith("_")]
    return {
        **found,
        "activations": activations(),
        "methods and attributes of a model": split(methods, lambda name: hasattr(pl.Sequential, name)),
    }


def parameters(thing: Any) -> dict[str, Any]:
    """Return the arguments of a class or method with their defaults."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    found = inspect.signature(thing).parameters
    return {name: each.default for name, each in found.items() if each.kind not in kinds and name != "self"}


def same(theirs: Any, ours: Any) -> bool:
    """Return whether two defaults are equivalent, such as (1, 1) and 1, or no activation and the linear one."""
    if isinstance(theirs, tuple) and isinstance(ours, int):
        return set(theirs) == {ours}
    return theirs == ours or (theirs is None and ours == "linear")


def differing(theirs: Any, ours: Any) -> tuple[list[str], list[str]]:
    """Return the arguments of Keras that plastica lacks, and different defaults, except for ``name``."""
    known, here = parameters(theirs), parameters(ours)
    takes_any = any(each.kind is each.VAR_KEYWORD for each in inspect.signature(ours).parameters.values())
    plain = (bool, int, float, str, tuple, type(None))
    compared = [name for name in known if name in here and name != "name"]
    changed = [
        f"`{name}={known[name]!r}`, here `{here[name]!r}`"
        for name in compared
        if isinstance(known[name], plain) and isinstance(here[name], plain) and not same(known[name], here[name])
    ]
    return [] if takes_any else [name for name in known if name not in here], changed


def arguments_rows() -> list[str]:
    """Return a row for each class or method with different arguments."""
    rows = []
    for family, (theirs, ours) in FAMILIES.items():
        shared = [name for name in classes(theirs) if hasattr(ours, name)]
        pairs = {name: differing(getattr(theirs, name), getattr(ours, name)) for name in shared}
        common = set.intersection(*(set(absent) for absent, _ in pairs.values())) if len(pairs) > 1 else set()
        if common:
            rows.append(f"| all {family} | {quoted(sorted(common))} | |")
        for name, (absent, changed) in pairs.items():
            own = [each for each in absent if each not in common]
            if own or changed:
                rows.append(f"| `{name}` | {quoted(own)} | {'; '.join(changed)} |")
    for verb in VERBS:
        absent, changed = differing(getattr(keras.Sequential, verb), getattr(pl.Sequential, verb))
        if absent or changed:
            rows.append(f"| `model.{verb}` | {quoted(absent)} | {'; '.join(changed)} |")
    return rows


def quoted(names: Iterable[str]) -> str:
    """Return names as code, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def tables() -> str:
    """Return the names of each family, and the table of arguments, in Markdown."""
    lines = [f"Compared with Keras {keras.__version__}.", ""]
    for family, (here, absent) in names_table().items():
        lines += [f"**{family.capitalize()}**, {len(here)} here, {len(absent)} not.", ""]
        lines += [f"- Here: {quoted(here)}."] if here else []
        lines += [f"- Not here: {quoted(absent)}.", ""] if absent else [""]
    head = ["### Arguments", "", "Of what is here, these arguments are not, or have another default:", ""]
    lines += [*head, "| | not here | defaults that differ |", "|---|---|---|"]
    return "\n".join([*lines, *arguments_rows(), ""])


def written(page: str) -> str:
    """Return the page with updated tables."""
    return MARKED.sub(lambda found: f"{found[1]}\n{tables()}\n{found[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
