"""``plastica doctor``: a run on its table, in both languages, and its errors."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest

from plastica.datasets import path_of
from plastica.doctor.patient import Patient


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    """Examine without training copies of the network, which tests/doctor looks at with smaller networks."""
    monkeypatch.setattr(Patient, "may_retrain", False)


def test_a_run_is_examined_on_its_table(plastica, penguins):
    found = json.loads(plastica("doctor", penguins, "penguins", "--json").stdout)
    codes = {each["code"] for each in found["findings"]}
    assert "few_held_out" in codes and "dead_units" not in codes and found["source"]
    assert not any("learning curve" in each for each in found["unjudged"]) and len(found["choices"]) == 4


def test_the_losses_of_a_run_are_read_from_its_folder_and_a_model_alone_has_none(plastica, penguins, here):
    folder = shutil.copytree(penguins, here / "copy")
    results = json.loads((folder / "results.json").read_text("utf-8"))
    results["training"] |= {"epochs": 20, "stopped_by": "epochs"}
    results["history"] = {"loss": [1 / (2 + n) for n in range(20)], "val_loss": [0.5 + 0.1 * n for n in range(20)]}
    (folder / "results.json").write_text(json.dumps(results), "utf-8")
    found = json.loads(plastica("doctor", folder, "penguins", "--json").stdout)
    assert "overfitting" in {each["code"] for each in found["findings"]}
    (folder / "results.json").write_text("[]", "utf-8")
    alone = json.loads(plastica("doctor", folder, "penguins", "--json").stdout)
    assert any("learning curve" in each for each in alone["unjudged"])


def test_a_run_is_examined_in_chinese_with_the_reasons_for_its_choices(plastica, penguins):
    said = plastica("doctor", penguins, "penguins", "-v", "--lang", "zh").stdout
    assert "优化器：" in said


def test_the_table_of_a_run_on_an_included_data_set_is_found_without_a_file(plastica, penguins, here):
    assert json.loads(plastica("doctor", penguins, "--json").stdout)["source"] == "penguins.csv"


def test_another_table_is_refused(plastica, penguins, here):
    pl.read_csv(path_of("penguins"), infer_schema=False).head(200).write_csv(here / "part.csv")
    said = plastica("doctor", penguins, "part.csv", code=1).stderr
    assert "is not the table that the run was trained on" in said
    assert "there is no model" in plastica("doctor", "nothing", "part.csv", code=1).stderr


def test_other_models_than_networks_have_no_signal(plastica, here):
    plastica("train", "penguins", "--model", "linear", "--out", "linear", "--quiet")
    plastica("train", "penguins", "--model", "trees", "--out", "trees", "--quiet")
    assert "the model is no network" in plastica("doctor", "trees", "penguins").stdout


def test_the_report_of_a_run_has_the_diagnosis_of_its_fit_and_the_reasons_for_its_choices(penguins):
    page = (penguins / "report.html").read_text("utf-8")
    assert '<section id="doctor">' in page and "Optimizer: Adam" in page and "优化器：" in page
