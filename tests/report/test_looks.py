"""The pictures of what a doctor saw in a run, and the options that show them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

import plastica as pl
from plastica.cli.main import app
from plastica.report.looks import pictures


def test_looks_become_pictures_of_errors_and_steps_by_layer():
    x = np.random.default_rng(0).normal(size=(128, 3)).astype(np.float32)
    model = pl.Sequential([pl.Dense(8, "tanh"), pl.Dense(8, "tanh"), pl.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    history = model.fit(x, x[:, 0], epochs=5, verbose=0, doctor=pl.doctor.Doctor(share=1))
    assert len(history.looks) > 1 and json.loads(json.dumps(history.looks))[0]["step"] == 0
    drawn = dict(pictures(history.looks))
    assert list(drawn) == ["errors", "updates"]
    assert "layer 0, Dense" in drawn["errors"] and "layer 2, Dense" not in drawn["errors"]
    assert "layer 2, Dense" in drawn["updates"] and "<svg" in drawn["updates"]
    assert pictures(history.looks[:1]) == () == pictures(())


def test_layers_without_errors_have_no_picture_of_them():
    layer = {"path": "a", "learns": True, "error": None, "update": 0.1, "weight": 1.0}
    looks = [{"step": step, "layers": [layer, {**layer, "path": "b"}]} for step in (0, 1)]
    assert [name for name, _ in pictures(looks)] == ["updates"]


@pytest.fixture
def page(tmp_path):
    given = ["--doctor", "--network", "mlp", "--layers", "8", "--epochs", "8", "--out", str(tmp_path / "run")]
    made = CliRunner().invoke(app, ["train", "penguins", *given])
    assert made.exit_code == 0, made.stderr
    assert re.search(r"doctor: \d+ looks? took", made.stderr)
    facts = json.loads((tmp_path / "run" / "results.json").read_text("utf-8"))
    assert len(facts["doctor"]["looks"]) > 1
    return (tmp_path / "run" / "report.html").read_text("utf-8")


def test_the_report_of_a_watched_run_shows_what_was_seen(page):
    assert "Inside the network while it trained" in page and "训练过程中网络的内部" in page
    assert "caption-look-errors" in page and "caption-look-updates" in page
