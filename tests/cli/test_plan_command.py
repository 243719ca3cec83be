"""``plastica plan`` and ``plastica doctor --device``: of a table, of a run, in both languages, and their errors."""

from __future__ import annotations

import json

import jax
import pytest

from plastica.doctor import device_report
from plastica.language import using


def test_a_table_is_planned_with_the_options_of_train(plastica):
    told = json.loads(plastica("plan", "penguins", "--target", "species", "--epochs", "9", "--json").stdout)
    assert told["epochs"] == 9 and told["rows"] > 200 and told["seconds"] > 0
    said = plastica("plan", "penguins", "--target", "species", "--network", "mlp", "--lang", "zh").stdout
    assert "最多约需" in said and "200 个训练轮" in said


def test_a_run_is_planned_with_its_own_settings_on_its_table(plastica, penguins):
    assert json.loads(plastica("plan", penguins, "--json").stdout)["epochs"] == 15
    told = json.loads(plastica("plan", penguins / "model.plastica", "penguins", "--epochs", "40", "--json").stdout)
    assert told["epochs"] == 40


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("penguins", "penguins", "--target", "species"), "penguins is a table; a second table"),
        (("penguins", "--target", "species", "--stream"), "read in parts"),
        (("penguins", "--target", "species", "--devices", "99"), "JAX sees"),
        (("penguins", "--target", "species", "--devices", "gpu"), "a number of devices"),
        (("nowhere.csv", "--target", "y"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_planned_is_one_line(plastica, arguments, said):
    told = plastica("plan", *arguments, code=1).stderr
    assert said in told and told.strip().splitlines()[-1].startswith("error:")


def test_a_model_that_is_no_network_is_not_planned(plastica):
    plastica(
        "train", "penguins", "--target", "species", "--model", "linear", "--no-report", "--quiet", "--out", "linear"
    )
    assert "is not a network" in plastica("plan", "linear", code=1).stderr


def test_the_device_is_measured_without_a_model(plastica):
    told = json.loads(plastica("doctor", "--device", "--json").stdout)
    assert told["jax_version"] == jax.__version__ and told["is_right"] is True
    assert len(told["devices"]) == len(jax.devices()) and told["step_seconds"] > 0
    assert "doctor --device" not in plastica("doctor", code=2).stderr
    assert "leave out the model" in plastica("doctor", "run", "--device", code=2).stderr


def test_a_report_on_devices_says_what_is_wrong_in_both_languages():
    import dataclasses

    found = device_report()
    broken = dataclasses.replace(found, is_right=False, has_unused_gpu=True, devices=("a", "b"))
    assert "sees 2 devices (a, b)" in str(broken) and "is not that of NumPy" in str(broken)
    assert "jax[cuda13]" in str(broken)
    with using("zh"):
        assert "训练步" in str(found) and "故障" in str(broken)
