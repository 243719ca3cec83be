"""What a file of a network holds beside the network: what must read the inputs, and turn the answers into words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Keys among the extras of a file. Below each lies a description, in which these parts are never missing where plastica
# wrote it; a person's own extras under the same key are no such description.
TABLE = "table"
ESTIMATOR = "estimator"
_PARTS = {TABLE: {"target", "facts"}, ESTIMATOR: {"kind", "params"}}

BARE = "Sequential"
ESTIMATORS = ("NetworkClassifier", "NetworkRegressor")
TABLE_NETWORK = "TableNetwork"
TREES = "trees"  # in the place of "network" in a file's document


def kind_of(extra: Mapping[str, Any]) -> str:
    """Return the class of what was saved, told from the extras of its file; "Sequential" for a network alone.

    An estimator's class may be a person's own; nobody but a forger calls an estimator as something else is called.
    """
    if _described(extra, ESTIMATOR):
        kind = extra[ESTIMATOR]["kind"]
        return kind if isinstance(kind, str) and kind not in (BARE, TABLE_NETWORK) else "nameless estimator"
    return TABLE_NETWORK if _described(extra, TABLE) else BARE


def parted(extra: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the description of what surrounded a network, and a person's own extras."""
    around = {key: extra[key] for key in _PARTS if _described(extra, key)}
    return around, {key: value for key, value in extra.items() if key not in around}


def opened_by(kind: str) -> str:
    """Say what opens a file that holds such a thing."""
    command = " or use it from the command line: plastica predict PATH FILE" if kind == TABLE_NETWORK else ""
    return f"Open it with plastica.load(path){command}."


def _described(extra: Mapping[str, Any], key: str) -> bool:
    found = extra.get(key)
    return isinstance(found, dict) and _PARTS[key] <= found.keys()
