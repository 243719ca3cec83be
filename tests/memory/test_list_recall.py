"""Networks on lists: what lists hold, how answers become recalls, chance, and a network that learns."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import InvalidValue, UnknownName
from plastica.memory.associative_memory.palimpsest import palimpsest_recall
from plastica.memory.people.list_recall import StudyLists, recall_lists, recalled, study_lists

RNG = np.random.default_rng(0)


def test_lists_hold_different_words_and_ask_for_them():
    lists = study_lists("serial", RNG, 40, 5, 9)
    assert all(len(set(row)) == 5 for row in lists.words.tolist())
    assert (lists.x[:, :5].argmax(2) == lists.words).all() and (lists.x[:, 5:, 9] == 1).all()
    assert (lists.y[:, 5:] == lists.words).all() and (lists.y[:, :5] == 9).all()
    free = study_lists("free", RNG, 40, 5, 9)
    assert (free.y.sum(1) == 5).all() and (np.take_along_axis(free.y, free.words, 1) == 1).all()
    old = study_lists("recognition", RNG, 400, 5, 9)
    probe = old.x[:, 5, :9].argmax(1)
    assert ((old.words == probe[:, None]).any(1) == (old.y[:, 0] == 1)).all() and 0.4 < old.y.mean() < 0.6


def test_answers_become_recalls_by_hand():
    words = np.array([[4, 0, 2]])
    lists = StudyLists(np.zeros((1, 4, 6), np.float32), np.zeros((1, 5)), words)
    # The surest word is 2, at position 3; then 4, at position 1; word 1 was not on the list; word 0 is below one half.
    answers = np.array([[0.4, 0.6, 0.9, 0.1, 0.7]])
    assert recalled("free", answers, lists).tolist() == [[3, 1, -1, 0, 0]]
    serial = np.zeros((1, 6, 6))
    serial[0, [3, 4, 5], [4, 5, 3]] = 1  # position 1, an empty answer, and a word that was not on the list
    assert recalled("serial", serial, lists).tolist() == [[1, -1, -1]]


def test_a_network_learns_short_lists_and_gives_recalls_like_those_of_people():
    found = recall_lists("gru", "free", length=8, words=12, units=24, rows=1500, epochs=8, learning_rate=1e-2, seeds=2)
    assert found.table.columns == ["layer", "task", "position", "accuracy", "lowest", "highest", "chance"]
    assert found.table["chance"][0] == 8 / 12 and found.table["accuracy"].mean() > 0.8
    recalls = found.recalls["gru"]
    assert recalls.length == 8 and len(recalls.recalls) == 1000
    np.testing.assert_allclose(recalls.serial_position(), found.table["accuracy"], atol=1e-6)


def test_without_training_all_is_at_chance():
    found = recall_lists("simple_rnn", "recognition", length=4, words=30, units=4, rows=10, epochs=1, seeds=2)
    assert found.recalls == {} and abs(found.table["accuracy"].mean() - 0.5) < 0.08
    serial = recall_lists("echo_state", "serial", length=4, words=30, units=4, rows=10, epochs=1, seeds=1)
    assert serial.table["accuracy"].mean() < 0.1 and serial.recalls["echo_state"].recalls.min() == -1


def test_a_forgetful_hopfield_network_keeps_the_latest_patterns():
    crowded = palimpsest_recall(40, 100, forgetting=0.0, trials=5)
    forgetful = palimpsest_recall(40, 100, forgetting=0.15, trials=5)
    assert crowded["accuracy"].mean() < 0.1  # 0.4 patterns a unit are beyond 0.138
    assert forgetful["accuracy"][-3:].min() == 1 and forgetful["accuracy"][:20].max() == 0
    assert palimpsest_recall(3, 100, forgetting=0.0)["accuracy"].to_list() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: recall_lists(task="cued"), InvalidValue, "serial, free, recognition"),
        (lambda: recall_lists(length=8, words=8), InvalidValue, "more words than a list has"),
        (lambda: recall_lists(seeds=0), InvalidValue, "at least one word, list and seed"),
        (lambda: recall_lists("lstn"), UnknownName, 'did you mean "lstm"'),
        (lambda: palimpsest_recall(forgetting=1.0), InvalidValue, "forgetting below 1"),
    ],
)
def test_mistakes_with_lists(call, error, message):
    with pytest.raises(error, match=message):
        call()
