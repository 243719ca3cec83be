"""The diagnosis of a model for a table: its network by the doctor, its data by the checks of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Sequential
from ..model.diagnosis import Diagnosis
from ..notes import note
from ..settings import batch_size_for

if TYPE_CHECKING:
    from ..checks.prepared import Prepared
    from ..tables import TableNetwork
    from ..training.history import History

# Checks of tables know columns, duplicates and the split better than those of encoded features, in which one-hot codes
# always depend on each other.
KNOWN_OF_TABLES = frozenset(
    {
        "class_never_predicted",
        "constant_inputs",
        "copied_rows",
        "leaking_column",
        "rare_class",
        "unscaled_inputs",
    }
)


def examine(network: TableNetwork, prepared: Prepared, looks: bool = True, history: History | None = None) -> Diagnosis:
    """Return what is wrong with a model for a table, its training and its data.

    Args:
        network: The model.
        prepared: The table that it was trained on, see :func:`~plastica.tables.prepare`.
        looks: Whether to look at activities, errors and steps, which takes some seconds.
        history: The losses of training. Default: those of the model, which a loaded one has not.
    """
    verdict = None if network.facts.results is None else network.facts.results.verdict
    found = list(prepared.findings if verdict is None else verdict.findings)
    model, split = network.model, prepared.split
    if not isinstance(model, Sequential):
        return Diagnosis.of(found, [note("doctor.not_a_network")])
    if network.members:
        return Diagnosis.of(found, [note("doctor.of_folds", count=len(network.members))])
    from ..doctor import diagnose

    rows = split.validation if len(split.validation) else split.test
    examined = diagnose(
        model,
        prepared.x[split.train],
        prepared.y[split.train],
        validation_data=(prepared.x[rows], prepared.y[rows]) if len(rows) else None,
        history=network.history if history is None else history,
        batch_size=network.facts.settings.batch_size or batch_size_for(len(split.train)),
        names=network.encoder.feature_names,
        looks=looks,
    )
    found += [each for each in examined if each.code not in KNOWN_OF_TABLES]
    return Diagnosis.of(found, examined.unjudged, examined.measures, examined.given, examined.choices)
