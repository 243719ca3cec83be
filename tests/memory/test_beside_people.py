"""Models beside people: published curves, effects by hand, and what the words say."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import DataError, FileError, UnknownName
from plastica.language import using
from plastica.memory.people.beside_people import compare_with_people, curves_by_subject
from plastica.memory.people.forgetting_beside import compare_forgetting
from plastica.memory.people.free_recall import FreeRecall, read_free_recall
from plastica.memory.people.human_curves import HUMAN_CURVES, human_curve, human_curves, read_human_curve
from plastica.memory.retention_by_lag.memory_by_lag import Retention

FORWARD = read_free_recall([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 0, 0, 0, 0, 0]])


def test_published_curves_are_complete_and_of_the_right_size():
    assert all(len(each.x) == len(each.y) > 1 and each.source for each in HUMAN_CURVES.values())
    # First recalls are probabilities of one event; people recalled 10.63 of 16 words, and forward more than backward.
    assert human_curve("first_recall").y.sum() == pytest.approx(1, abs=0.005)
    assert human_curve("serial_position").y.sum() == pytest.approx(10.63, abs=0.01)
    lags = human_curve("lag_transitions")
    assert len(lags.x) == 30 and lags.y[lags.x == 1] > lags.y[lags.x == -1] > lags.y[lags.x == -5]
    assert set(human_curves()["curve"].unique()) == set(HUMAN_CURVES)


def test_effects_by_hand():
    found = compare_with_people({"serial": FORWARD}, people=FORWARD, source="by hand")
    effects = {row["effect"]: row for row in found.effects.rows(named=True)}
    # Recall by position is 1, 1, 1, then 0.5; the middle third of eight words are positions 3 to 6.
    assert effects["primacy"]["value"] == pytest.approx(1 - (1 + 3 * 0.5) / 4)
    assert effects["recency"]["value"] == pytest.approx(0.5 - (1 + 3 * 0.5) / 4)
    assert effects["end_first"]["value"] == pytest.approx(-3 / 8)
    # All transitions are of lag 1; none of -1 was possible, as lists were recalled from the first word on.
    assert np.isnan(effects["forward"]["value"]) and effects["forward"]["agrees"] is None
    assert effects["primacy"]["agrees"] is True and found.source == "by hand"
    assert found.table.columns == ["who", "curve", "x", "y"] and found.table.height == 2 * (8 + 8 + 14)


def test_words_say_what_agrees_and_what_does_not(tmp_path):
    backward = FreeRecall(np.array([[16, 15, 14, 13, *([0] * 12)]] * 3 + [[1, 16, 15, 8, *([0] * 12)]]), 16)
    found = compare_with_people(backward)
    first, second = found.words
    assert first == "model agrees with people: recency, recall begins at the end, contiguity."
    assert second.startswith("model does not: primacy (people +0.17, model -0.") or "forward transitions" in second
    with using("zh"):
        assert found.words[0] == "model 与人一致：近因效应、从末尾开始回忆、邻近效应。"
    drawing = found.plot(tmp_path / "recall.svg")
    assert len(drawing.axes) == 3 and (tmp_path / "recall.svg").read_text().count("serial position") == 2


def test_means_over_subjects_by_hand():
    recalls = read_free_recall([[1, 0], [8, 1], [8, 7]], length=8)
    mean, error = curves_by_subject(recalls, ["a", "a", "b"])
    # Subject a recalls word 1 in both lists and word 8 in one; b recalls 8 and 7.
    assert mean.serial_position[[0, 6, 7]].tolist() == [0.5, 0.5, 0.75]
    assert error.serial_position[[0, 7]].tolist() == pytest.approx([0.5, 0.25])
    assert mean.lag_transitions[mean.lags == -1] == 0.5 and error.lags.tolist() == mean.lags.tolist()


def test_curves_from_a_file(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text("trials;correct\n1;0.5\n\n2;0.25\n")
    found = read_human_curve(path, "Somebody 1999, figure 2", x_name="trials")
    assert (found.x.tolist(), found.y.tolist(), found.x_name) == ([1.0, 2.0], [0.5, 0.25], "trials")
    path.write_text("1 0.5\n2\n")
    with pytest.raises(DataError, match="row 2: expected two numbers"):
        read_human_curve(path, "")
    path.write_text("1 0.5\n")
    with pytest.raises(DataError, match="at least two rows"):
        read_human_curve(path, "")
    with pytest.raises(FileError, match="cannot be read"):
        read_human_curve(tmp_path / "none.csv", "")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: compare_with_people(FORWARD), DataError, "lists of 8 words and people lists of 16"),
        (lambda: compare_with_people(FreeRecall(np.zeros((3, 16), int), 16)), DataError, "recalled no word of 3 lists"),
        (lambda: compare_with_people({}, FreeRecall(np.ones((1, 1), int), 4)), DataError, "at least 8"),
        (lambda: curves_by_subject(FORWARD, [1]), DataError, "2 lists and 1 subjects"),
        (lambda: curves_by_subject(FORWARD, [1, 1]), DataError, "at least two subjects"),
        (
            lambda: curves_by_subject(read_free_recall([[1, 2], [0, 0]], 8), ["ann", "bob"]),
            DataError,
            "subject bob recalled no word of 1 lists",
        ),
        (lambda: human_curve("serial_positions"), UnknownName, 'did you mean "serial_position"'),
    ],
)
def test_mistakes_beside_people(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_forgetting_of_networks_beside_people(tmp_path):
    lags = np.arange(30.0)
    leaky = 0.8**lags
    found = compare_forgetting({"leaky": Retention(lags, leaky, leaky, 1), "power": (lags[1:], lags[1:] ** -0.5)})
    laws = dict(found.table.select("who", "law").iter_rows())
    assert laws["leaky"] == "exponential" and laws["power"] == "power" and laws["Ebbinghaus 1885"] == "power"
    assert found.table.filter(who="power")["exponent"].item() == pytest.approx(0.5)
    assert found.table["people"].sum() == 5
    assert found.words[1:] == [
        "leaky does not forget like people, but by an exponential law.",
        "power forgets like people, by a power law.",
    ]
    assert found.plot(tmp_path / "forgetting.svg").axes[0].get_xscale() == "log"
    with pytest.raises(DataError, match="net: expected at least four times"):
        compare_forgetting({"net": ([0, 1, 2, 3], [1, 1, 1, 1])})
    with pytest.raises(DataError, match="net: 2 times and 1 retentions"):
        compare_forgetting({"net": ([1, 2], [1])})
