"""``plastica continual``: streams and strategies, tables and pictures, in both languages, and its errors."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

SMALL = ("--layers", "16", "--epochs", "2", "--batch-size", "64")


def test_digits_two_by_two(plastica, here):
    given = ("continual", "digits", *SMALL, "--strategies", "naive,replay", "--buffer", "50", "--out", "found")
    result = plastica(*given)
    assert "5 experiences" in result.stdout and "naive fine-tuning" in result.stdout
    assert "replay(size=50), seed 0: experience 5 of 5 (8+9)" in result.stderr
    files = {path.name for path in (here / "found").iterdir()}
    assert files == {"continual.svg", "continual.png", "matrices.csv", "strategies.csv"}
    table = pl.read_csv(here / "found" / "matrices.csv")
    assert table.height == 2 * 25


def test_permuted_arrays_as_json(plastica, here):
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    x = rng.integers(0, 100, (120, 4, 4)) + 100 * (np.arange(16).reshape(4, 4) % 3 == y[:, None, None])
    np.savez(here / "own.npz", x_train=x.astype(np.uint8), y_train=y, x_test=x.astype(np.uint8), y_test=y)
    given = ("continual", "own.npz", "--stream", "permuted", "--experiences", "2", "--strategies", "naive")
    found = json.loads(plastica(*given, *SMALL, "--seeds", "2", "--json").stdout)
    own = found["strategies"]["naive"]
    assert found["experiences"] == ["1", "2"] and np.shape(own["matrix"]) == (2, 2)
    assert own["average_accuracy"]["low"] is not None
    rotated = json.loads(plastica(*given[:2], "--stream", "rotated", *given[4:], *SMALL, "--json").stdout)
    assert rotated["experiences"] == ["0°", "90°"]


def test_a_table_in_chinese(plastica):
    given = ("continual", "penguins", "--per-experience", "1", "--strategies", "naive", *SMALL)
    result = plastica(*given, "--lang", "zh")
    assert "直接微调" in result.stdout and "平均准确率" in result.stdout and "3 项经历" in result.stdout


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("digits", "--strategies", "ecw"), 1, 'did you mean "ewc"'),
        (("digits", "--per-experience", "3"), 1, "divisor of 10"),
        (("digits", "--experiences", "3"), 2, "--per-experience"),
        (("digits", "--seeds", "0"), 1, "how many runs"),
        (("digits", "--epochs", "0"), 1, "at least 1"),
        (("penguins", "--target", "bill_length_mm"), 1, "no class"),
        (("missing.npz",), 1, "missing.npz"),
        (("digits", "--stream", "splitted"), 2, "splitted"),
    ],
)
def test_mistakes(plastica, given, code, message):
    assert message in plastica("continual", *given, code=code).stderr
