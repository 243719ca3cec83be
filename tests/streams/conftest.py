"""A small network that knows penguins, and the penguins as lines of CSV."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.settings import Settings
from plastica.tables import TableNetwork


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    settings = Settings(epochs=20, network="mlp", layers=(8,), learning_rate=0.01, baselines=())
    return TableNetwork.fit("penguins", "species", settings).save(tmp_path_factory.mktemp("streams") / "m.plastica")


@pytest.fixture(scope="session")
def lines():
    """The penguins in random order as lines of CSV, names first."""
    table = read_table("penguins")
    rows = [",".join(cell or "" for cell in row) for row in zip(*table.columns.values(), strict=True)]
    return [",".join(table.names), *(rows[row] for row in np.random.default_rng(0).permutation(len(rows)))]
