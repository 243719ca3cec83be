"""Interference and complementary learning systems: what two lists and new facts do to what a network knows."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import InvalidValue
from plastica.language import using
from plastica.memory.people.complementary import ATTRIBUTES, FACTS, PENGUIN, learn_new_facts
from plastica.memory.people.interference import learn_two_lists


def test_a_network_forgets_the_first_list_unlike_people():
    found = learn_two_lists(units=30, pairs=4, trials=60, seeds=1)
    first, second = found.table["first"].to_numpy(), found.table["second"].to_numpy()
    assert first[0] == 1 and found.table["trial"].to_list() == list(range(61))
    assert second[-1] > 0.8 > 0.2 > second[0] and found.table["chance"][0] == 1 / 8
    # McCloskey and Cohen, 1989: nothing is left when the second list is learned; people keep more than half.
    assert found.kept < 0.3 < found.people == 0.6 and found.first_epochs > 0
    assert first[-1] < 0.3 and found.slowed > 0
    assert found.words[0] == "The network keeps 0% of the first list when it knows the second; people keep 60%."
    assert found.words[1].endswith("proactive interference, as in people.")
    assert len(found.plot().axes[0].lines) == 4
    alike = found._replace(people=found.kept + 0.1, table=found.table.with_columns(second_alone="second"))
    assert "like people (10%)" in alike.words[0] and "unlike in people" in alike.words[1]
    with using("zh"):
        assert found.words[0] == "学会第二个词表时，网络只保留第一个词表的 0%，而人保留 60%。"


def test_facts_are_those_of_the_published_network():
    assert len(FACTS) == 8 and all(len(item) == 4 for item in FACTS.values())
    assert set(ATTRIBUTES) >= {"penguin", "swim", "fly"} and len(set(ATTRIBUTES)) == len(ATTRIBUTES)
    assert "fly" not in PENGUIN["can"] and "bird" in PENGUIN["ISA"]


def test_focused_learning_disturbs_what_is_known_and_interleaved_learning_does_not():
    found = learn_new_facts(60, known_epochs=600, seeds=1)
    assert found.known_before < 0.1
    assert found.cost["focused"] > 3 * abs(found.cost["interleaved"])
    for rows in found.table.partition_by("training"):
        new = rows["new"].to_numpy()
        assert new[-1] < new[0] and np.isfinite(new).all()
    assert found.table["epoch"].max() == 60
    assert found.words[1].startswith("Slow, interleaved learning keeps what is known")
    assert len(found.plot().axes[0].lines) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: learn_two_lists(pairs=0), "at least one of each"),
        (lambda: learn_two_lists(units=1, pairs=40, learning_rate=1e-6, seeds=1), "not learned in 2000 epochs"),
        (lambda: learn_new_facts(0), "at least one of each"),
    ],
)
def test_mistakes_with_two_lists(call, message, monkeypatch):
    monkeypatch.setattr("plastica.memory.people.interference.STEP", 1000)
    with pytest.raises(InvalidValue, match=message):
        call()
