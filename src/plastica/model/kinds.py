"""Kinds of saved models: a network alone, an estimator, or a network for a table."""

from __future__ import annotations

from collections.abc import Mapping

from ..typing import Document

# Keys among the extras of a file. The description under each of them always has these parts if plastica wrote it;
# user-defined extras under the same key do not.
TABLE = "table"
ESTIMATOR = "estimator"
_PARTS = {TABLE: {"target", "facts"}, ESTIMATOR: {"kind", "params"}}

BARE = "Sequential"
ESTIMATORS = ("NetworkClassifier", "NetworkRegressor")
TABLE_NETWORK = "TableNetwork"
TREES = "trees"  # used in place of "network" in the document of a file
FOLDS = "folds"  # likewise, for the models of several folds
FORECASTER = "forecaster"  # likewise


def kind_of(extra: Document) -> str:
    """Return the class name of a saved model, given the extras of its file; "Sequential" for a network alone.

    The class of an estimator may be user-defined.
    """
    if _described(extra, ESTIMATOR):
        kind = extra[ESTIMATOR]["kind"]
        return kind if isinstance(kind, str) and kind not in (BARE, TABLE_NETWORK) else "nameless estimator"
    return TABLE_NETWORK if _described(extra, TABLE) else BARE


def parted(extra: Document) -> tuple[Document, Document]:
    """Return the description stored with a network, and extras of the user."""
    around = {key: extra[key] for key in _PARTS if _described(extra, key)}
    return around, {key: value for key, value in extra.items() if key not in around}


def opened_by(kind: str) -> str:
    """Return a hint how to open a file of this kind."""
    command = " or use it from the command line: plastica predict PATH FILE" if kind == TABLE_NETWORK else ""
    return f"Open it with plastica.load(path){command}."


def _described(extra: Mapping[str, object], key: str) -> bool:
    found = extra.get(key)
    return isinstance(found, dict) and _PARTS[key] <= found.keys()
