"""The names that the page on Keras lists as present or absent are present or absent."""

from __future__ import annotations

import re

import keras
import pytest

import plastica as pl

from .test_docs import ROOT, module_of

PAGE = (ROOT / "docs" / "keras.md").read_text("utf-8")
HOMES = {
    "Layers": pl.layers,
    "Losses": pl.losses,
    "Metrics": pl.metrics,
    "Optimizers": pl.optimizers,
    "Schedules": pl.schedules,
    "Callbacks": pl.training,
    "Initializers": pl.initializers,
    "Regularizers": pl.regularizers,
    "Constraints": pl.constraints,
    "Methods and attributes of a model": pl.Sequential,
}


@pytest.mark.parametrize("family", HOMES)
def test_names_are_where_the_page_says(family):
    part = PAGE.split(f"**{family}**", 1)[1].split("\n\n**")[0]
    said = {word: re.findall(r"`(\w+)`", line) for word, line in re.findall(r"^- (Here|Not here): (.*)$", part, re.M)}
    assert said["Here"], family
    assert [name for name in said["Here"] if not hasattr(HOMES[family], name)] == []
    assert [name for name in said.get("Not here", []) if hasattr(HOMES[family], name)] == []


@pytest.mark.skipif(f"Keras {keras.__version__}." not in PAGE, reason="the page compares with another version of Keras")
def test_the_page_is_what_the_script_writes():
    assert module_of("keras_names").written(PAGE) == PAGE, "python docs/keras_names.py writes the tables"
