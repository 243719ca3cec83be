"""``plastica devices``: the devices of JAX, and why a GPU is not among them."""

from __future__ import annotations

import json

import jax
import pytest
from click.testing import CliRunner

from plastica.cli import devices as room
from plastica.cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["devices", *arguments])


def test_devices_lists_what_jax_has():
    printed = run()
    assert printed.exit_code == 0, printed.output
    assert jax.__version__ in printed.output
    assert f"{jax.devices()[0].platform}:0" in printed.output
    told = json.loads(run("--json").stdout)
    assert [each["id"] for each in told["devices"]] == [each.id for each in jax.devices()]
    assert told["platform"] == jax.default_backend()


def test_devices_are_listed_in_chinese():
    printed = run("--lang", "zh").output
    assert "设备" in printed and "当前使用" in printed


@pytest.mark.parametrize(("driver", "hinted"), [("/usr/bin/nvidia-smi", True), (None, False)])
def test_an_unused_gpu_is_named_with_what_to_install(monkeypatch, driver, hinted):
    monkeypatch.setattr(room.shutil, "which", lambda name: driver)
    assert ("jax[cuda13]" in run().output) == hinted


@pytest.mark.parametrize("problem", [RuntimeError("Unable to initialize backend 'cuda'.\nMore."), AssertionError()])
def test_a_platform_that_cannot_be_used_is_one_clear_error(monkeypatch, problem):
    def refuse():
        raise problem

    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(jax, "devices", refuse)
    printed = run()
    assert printed.exit_code != 0
    assert "JAX_PLATFORMS='cuda'" in printed.output
    assert "Unset JAX_PLATFORMS" in printed.output
