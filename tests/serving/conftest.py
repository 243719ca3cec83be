"""A small model for a table in service, asked through ASGI without a socket."""

from __future__ import annotations

import contextlib
import time

import pytest
from starlette.testclient import TestClient

from plastica.data.reading import read_table
from plastica.serving import Service, ServingOptions, application
from plastica.settings import Settings
from plastica.tables import TableNetwork


def _small_model(folder, seed=0):
    settings = Settings(epochs=2, network="mlp", layers=(8,), model="network", seed=seed, baselines=())
    return TableNetwork.fit("penguins", "species", settings).save(folder / "penguins.plastica")


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    return _small_model(tmp_path_factory.mktemp("serving"))


@contextlib.contextmanager
def _in_service(path, **options):
    """Yield a client of a model that is ready, with its ``service``."""
    service = Service.of_file(path, ServingOptions(**options))
    with TestClient(application(service), base_url="http://localhost") as client:
        while not service.ready:
            assert service.failure is None, service.failure
            time.sleep(0.005)
        client.service = service  # pyright: ignore[reportAttributeAccessIssue]
        yield client


@pytest.fixture(scope="module")
def client(model_file):
    with _in_service(model_file) as client:
        yield client


@pytest.fixture(scope="session")
def rows():
    """The penguins as JSON: numbers, texts, and null for what is missing."""
    table = read_table("penguins")

    def value(name, text):
        if text in (None, "", "NA"):
            return None
        return float(text) if name.endswith(("_mm", "_g")) else text

    names = [name for name in table.names if name != "species"]
    return [{name: value(name, table.columns[name][row]) for name in names} for row in range(table.height)]


@pytest.fixture(scope="session")
def in_service():
    return _in_service


@pytest.fixture(scope="session")
def small_model():
    return _small_model
