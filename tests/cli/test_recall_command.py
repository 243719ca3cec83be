"""``plastica recall``: folders of images and tables, in both languages, and its errors."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_digits


@pytest.fixture
def digits(here):
    (here / "digits").mkdir()
    for place, image in enumerate(load_digits().images[:6]):
        Image.fromarray((255 - 15 * image).astype(np.uint8)).save(here / "digits" / f"{place}.png")
    return here / "digits"


def test_images_are_recalled_and_drawn(plastica, here, digits):
    said = plastica("recall", "digits", "--size", "8", "--out", "found").stdout
    assert "6 patterns of 64 units" in said and "dense, exponential" in said and "6 / 6" in said
    assert {path.name for path in (here / "found").iterdir()} == {"recall.svg", "recall.png"}


def test_one_memory_as_json(plastica, digits):
    given = ("recall", "digits", "--size", "8", "--memory", "pseudo_inverse", "--damage", "mask", "--amount", "0.3")
    found = json.loads(plastica(*given, "--json").stdout)
    assert list(found["memories"]) == ["pseudo_inverse"] and found["units"] == 64
    assert found["memories"]["pseudo_inverse"]["error_before"] > 0


def test_rows_of_a_table_in_chinese(plastica, here):
    bits = np.random.default_rng(0).permuted(np.tile([0, 1, 0, 1, 1], (30, 1)), axis=1).T
    pl.DataFrame(bits, schema=[f"x{place}" for place in range(30)]).write_csv(here / "rows.csv")
    said = plastica("recall", "rows.csv", "--lang", "zh", "--amount", "0.1").stdout
    assert "5 个模式，每个 30 个单元" in said and "稠密（指数）" in said


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("recall", "missing"), 1, "missing"),
        (("recall", "digits", "--amount", "2"), 1, "from 0 to 1"),
        (("recall", "digits", "--most", "0"), 1, "at least 1"),
        (("recall", "digits", "--size", "1"), 1, "from 2 to 128"),
        (("recall", "digits", "--memory", "hebb"), 2, "hebb"),
    ],
)
def test_mistakes(plastica, digits, given, code, message):
    assert message in plastica(*given, code=code).stderr
