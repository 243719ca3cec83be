"""Models for tables to be made smaller."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from ..checks.prepared import Prepared
from ..data.inputs import as_table, truth_of
from ..errors import InvalidValue
from ..export.exported import exported
from ..tables import TableNetwork
from ..tables.evaluated import Trained, evaluated
from ..tables.facts import Training
from ..tables.networks import network_for
from ..tables.preparing_again import prepared_again
from ..tables.trees import BoostedTrees
from .distilling import taught, with_drawn_rows
from .fine_tuning import FineTuning
from .source import TRUTH, CompressionSource, JudgedInputs, loss_of
from .wording import SAY


def table_source(network: TableNetwork, table: object) -> CompressionSource:
    """Return a model for a table as it can be made smaller.

    Args:
        network: The model.
        table: The table that it was trained on, which is divided again as for training.

    Raises:
        DataError: If it is another table.
        InvalidValue: If no rows were held out, or the model cannot be exported.
    """
    read = as_table(table)
    return _of(network, prepared_again(network, read, read.source))


def _of(network: TableNetwork, prepared: Prepared) -> CompressionSource:
    found, split = exported(network), prepared.split
    if not len(split.test):
        raise InvalidValue(SAY("no_test_rows"))
    y = truth_of(network.target, prepared.y)
    # The encoder of a network of folds is that of its fold.
    encoded = [each.encoder.transform(prepared.table, []) for each in network.members] or [prepared.x]

    def rows(places: np.ndarray) -> JudgedInputs:
        return JudgedInputs(tuple(x[places] for x in encoded), y[places])

    return CompressionSource(
        found,
        network.task,
        rows(split.train),
        rows(split.validation) if len(split.validation) else None,
        rows(split.test),
        lambda units, how: _of(distilled_table(network, prepared, units, how), prepared),
        network.facts.decision,
        network.target.names,
        not isinstance(network.model, BoostedTrees),
        network,
    )


def distilled_table(network: TableNetwork, prepared: Prepared, units: tuple[int, ...], how: FineTuning) -> TableNetwork:
    """Return a small model for a table that was taught by another.

    Args:
        network: The other model, of any kind.
        prepared: The table that it was trained on.
        units: The units of each hidden layer.
        how: The settings of training.
    """
    own, split, target = network.facts.settings, prepared.split, network.target
    settings = replace(
        own, network="mlp", layers=units, model="network", rule="backprop", baselines=(), members=None, dropout=None,
        strategy=None, loss=None,
    )  # fmt: skip
    student = network_for(target.task, target.outputs, prepared.layout, settings)
    layout, x = prepared.layout, prepared.x
    drawn = with_drawn_rows(x[split.train], layout.numbers, how.seed)
    count = len(split.train)
    told = _outputs(network, prepared, drawn)
    told[:count] = (1 - TRUTH) * told[:count] + TRUTH * _truth(network, prepared.y[split.train], told[:count])
    held = None
    if len(split.validation):
        held = (x[split.validation], _truth(network, prepared.y[split.validation], told))
    history = taught(student, loss_of(target.task, told.shape[1]), drawn, told, held, how)
    training = Training(len(history.epoch), None, history.stopped_by)
    return evaluated(TableNetwork, prepared, settings, Trained(student, training, history))


def _outputs(network: TableNetwork, prepared: Prepared, x: np.ndarray) -> np.ndarray:
    """Return what a network with the usual output layer has to answer to answer as the model does."""
    found = _answers(network, prepared, x)
    if network.task == "regression":
        return ((found.reshape(len(x), -1) - network.target.means) / network.target.scales).astype(np.float32)
    return (found[:, 1:] if network.task == "binary" else found).astype(np.float32)


def _answers(network: TableNetwork, prepared: Prepared, x: np.ndarray) -> np.ndarray:
    if not network.members:
        return network.answers(x)
    raise InvalidValue(SAY("folds_taught"))


def _truth(network: TableNetwork, y: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return what is true as outputs of a network: class shares, labels, or scaled numbers."""
    if network.task == "multiclass":
        return np.eye(like.shape[1], dtype=np.float32)[y]
    return y.astype(np.float32).reshape(len(y), -1)
