"""Display of models, traces, comparisons and maps in notebooks: numbers, and names as plain text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.comparison import Comparison
from plastica.comparison.records import RuleRecord

ATTACK = "<img src=x onerror=alert(1)>"
X = np.random.default_rng(0).normal(size=(8, 3))


def text_of(page):
    """Return the text of a page, parsed as XML to detect missing escapes."""
    tree = ET.fromstring(page)
    assert not [part for part in tree.iter() if part.tag in ("img", "script")]
    return " ".join(tree.itertext())


def a_model(**options):
    return pl.Sequential([pl.Dense(4, activation="relu", name=ATTACK), pl.Dense(1)], **options)


def test_a_model_shows_its_layers_before_and_after_it_is_built():
    model = a_model(name=ATTACK)
    said = text_of(model._repr_html_())
    assert said.count(ATTACK) == 2 and "Not built yet" in said and "not compiled" in said
    model.compile("adam", "mse")
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    said = text_of(model._repr_html_())
    assert all(words in said for words in ("Adam", "MeanSquaredError", "2 epochs trained", "(None, 4)", "21"))
    assert "No layers yet" in text_of(pl.Sequential()._repr_html_())


def test_a_trace_and_its_layers_show_their_numbers():
    model = a_model()
    model.compile("adam", "mse")
    trace = model.trace(X, X[:, 0])
    said = text_of(trace._repr_html_())
    assert f"{trace.loss:.6g}" in said and "layer 1, Dense" in said and "dC/dkernel" in said
    assert f"{trace[0].potential.max():.4g}" in text_of(trace[0]._repr_html_())


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_arrays_that_are_nowhere_finite_or_all_alike_are_shown(value):
    array = np.full((2, 3), value)
    assert "(2, 3)" in text_of(pl.LayerTrace("layer 0", array, array, array)._repr_html_())


def test_a_page_is_small_however_large_the_batch_is():
    array = np.zeros((1000, 2000), np.float32)
    assert len(pl.LayerTrace("layer 0", array, array, array)._repr_html_()) < 5000


def test_a_comparison_shows_its_table():
    task = {"name": ATTACK, "kind": "binary", "rows": 8, "held_out": 2, "features": 3}
    terms = {
        "layers": "4", "epochs": 1, "minutes": None, "batch_size": 8, "seeds": [0], "target": None, "optimizers": "",
        "learning_rates": {},
    }  # fmt: skip
    records = [RuleRecord(name=f"{ATTACK} a", reason=ATTACK)]
    page = Comparison(task=task, terms=terms, target=None, target_is="as given", records=records)._repr_html_()
    assert ATTACK in text_of(page)


def test_planes_of_a_map_carry_the_names_of_a_frames_columns():
    model = pl.Sequential([pl.Grid(3, 3)])
    pl.maps.start_from(model, X)
    drawn = pl.maps.draw(model, polars.DataFrame(X, ["a", ATTACK, "c"]))
    assert [axes.get_title() for axes in drawn.axes if axes.get_title()][2:] == ["a", ATTACK, "c"]
    assert ATTACK not in drawn._repr_svg_()
