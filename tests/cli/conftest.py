"""Commands run in this process, each test in a separate folder."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from plastica.cli.main import app


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


@pytest.fixture
def plastica(here):
    """Run a command and return its result; it must exit with ``code``."""

    def run(*arguments, code=0, input=None):
        result = CliRunner().invoke(app, [str(each) for each in arguments], input=input)
        assert result.exit_code == code, f"exit {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture(scope="session")
def penguins(tmp_path_factory):
    """The folder of a short run on penguins."""
    folder = tmp_path_factory.mktemp("runs") / "penguins"
    given = ["--members", "2", "--epochs", "15", "--out", str(folder), "--quiet"]
    result = CliRunner().invoke(app, ["train", "penguins", *given])
    assert result.exit_code == 0, result.stderr
    return folder
