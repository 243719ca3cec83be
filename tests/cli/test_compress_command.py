"""``plastica compress``: the table, the smaller file, and errors."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import plastica as pl

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
SHORT = ("--fine-tune", "1")


def test_a_run_becomes_a_small_c_file_with_its_costs(plastica, penguins, here):
    said = plastica("compress", penguins, "penguins", "--how", "int8", *SHORT, "-o", "small.c")
    assert "accuracy" in said.stdout and "int8 saves" in said.stdout and "small.c" in said.stdout
    assert "int8: " in said.stderr and (here / "small.h").exists()
    again = plastica(
        "compress", penguins, "penguins", "--how", "int8", "--how", "rank:1", *SHORT, "--json", "--lang", "zh"
    )
    found = json.loads(again.stdout)
    assert [each["recipe"] for each in found["costs"]] == ["float32", "int8", "rank:1"] and "准确率" in found["says"][0]
    whole, eight, thin = found["costs"]
    assert eight["size"] == sum(len((here / name).read_bytes()) for name in ("small.c", "small.h"))
    assert max(eight["flash"], thin["flash"]) < whole["flash"] and eight["score_low"] < eight["score"]


def test_a_distilled_model_is_a_model_of_plastica(plastica, penguins, here):
    plastica("compress", penguins, "penguins", "--how", "distill:4", *SHORT, "-o", "small.plastica", "--to", "numpy")
    assert "4 relu" in plastica("info", "small.plastica").stdout
    said = plastica("compress", penguins, "penguins", "--how", "int8", *SHORT, "-o", "other.plastica", code=1).stderr
    assert (
        "note:" not in said
        and "only a model of a table that is distilled" in said
        and not (here / "other.plastica").exists()
    )


def test_a_network_of_arrays_is_judged_by_an_npz_file(plastica, here):
    x = np.random.default_rng(0).standard_normal((60, 3)).astype("float32")
    model = pl.Sequential([pl.Dense(8, "relu", input_dim=3), pl.Dense(1)])
    model.build()
    model.save(here / "net.plastica")
    np.savez(here / "rows.npz", x=x[:40], y=x[:40].sum(1), x_test=x[40:], y_test=x[40:].sum(1))
    said = plastica("compress", "net.plastica", "rows.npz", "--how", "prune-units:0.5", *SHORT, "--to", "numpy").stdout
    assert "RMSE" in said and "prune-units:0.5" in said
    np.savez(here / "rows.npz", x=x)
    np.save(here / "x.npy", x)
    for given, message in (
        ("x.npy", "x.npy lacks x, y, x_test, y_test"),
        ("net.plastica", "net.plastica cannot be read as an .npy or .npz file"),
        ("none.npz", "none.npz cannot be read: there is no such file."),
    ):
        assert message in plastica("compress", "net.plastica", given, code=1).stderr
    assert "lacks y, x_test, y_test" in plastica("compress", "net.plastica", "rows.npz", code=1).stderr


@pytest.mark.parametrize(
    ("given", "message", "code"),
    [
        (("penguins", "--how", "shrink"), "no such way", 1),
        (("penguins", "-o", "small.c"), "give one --how", 2),
        (("penguins", "--how", "int8", "-o", "small.txt"), "the ending names no target", 1),
        (("titanic", "--how", "int8"), "has no column", 1),
        (("penguins", "--how", "int8", "-o", "no/small.c"), "its folder does not exist", 1),
        (("penguins", "--how", "prune-units:2"), "prune-units:2: expected a share", 1),
        (("penguins", "--how", "distill:0"), "distill:0: expected units", 1),
        (("penguins", "--how", "rank:500", "-o", "small.c"), "no kernel of this model", 1),
    ],
)
def test_errors_are_one_sentence_and_write_nothing(plastica, penguins, here, given, message, code):
    before = sorted(here.iterdir())
    assert message in plastica("compress", penguins, *given, *SHORT, code=code).stderr
    assert sorted(here.iterdir()) == before
