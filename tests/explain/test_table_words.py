"""The words of a text: contributions lead from the empty text to it, and a word that decides has the largest."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.errors import InvalidValue
from plastica.explain import explain_words
from plastica.tables import Settings, TableNetwork
from plastica.tables.preparation import prepare

RANDOM = np.random.default_rng(0)
WORDS = ["the", "food", "was", "here", "and", "we", "sat", "for", "an", "hour", "by", "a", "window", "in", "town"]


@pytest.fixture(scope="module")
def case():
    texts = [" ".join(RANDOM.choice(WORDS, 6)) + (" awful" if place % 2 else " lovely") for place in range(160)]
    table = {"text": texts, "n": RANDOM.normal(size=160), "y": ["bad" if p % 2 else "good" for p in range(160)]}
    settings = Settings(layers=(8,), epochs=30, network="mlp", baselines=("dummy",), kinds=(("text", "text"),))
    prepared = prepare(read_table(table), "y", settings)
    return TableNetwork.train(prepared, settings), table


def test_the_word_that_decides_has_the_largest_contribution(case):
    network, table = case
    found = explain_words(network, table, "text", row=1, output="bad")
    assert found.feature_names[found.flat[0, :, 0].argmax()] == "7 awful"
    empty = {**{name: values[1:2] for name, values in table.items()}, "text": [""]}
    assert found.baseline[0, 0] == pytest.approx(network.answers_on(read_table(empty), [])[0, 0], abs=1e-5)
    np.testing.assert_allclose(found.gap, 0, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"column": "n"}, "does not read 'n' as text; its columns of text: 'text'"),
        ({"column": "text", "row": 160}, "has rows 0 to 159"),
        ({"column": "text", "method": "deep"}, "expected auto"),
    ],
)
def test_what_has_no_words_is_refused(case, given, said):
    with pytest.raises(InvalidValue, match=said):
        explain_words(*case, **given)
    with pytest.raises(InvalidValue, match="there are no words"):
        explain_words(case[0], {"text": [" "], "n": [1.0]}, "text")
