"""Splits: each row once, determined by the seed, stratified."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from plastica.data.splitting import split, split_by_group, split_in_order
from plastica.errors import DataError, InvalidValue


@given(st.integers(10, 300), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 5), st.integers(0, 99))
def test_every_row_serves_once(n, validation, test, classes, seed):
    labels = None if classes == 0 else np.random.default_rng(seed).integers(0, classes, n)
    made = split(n, validation, test, labels, seed)
    assert sorted(np.concatenate(made[:3]).tolist()) == list(range(n))
    again = split(n, validation, test, labels, seed)
    assert all((one == other).all() for one, other in zip(made[:3], again[:3], strict=True))
    if labels is not None:
        assert set(labels[made.train]) == set(labels)


def test_the_seed_decides_and_is_the_same_on_every_machine():
    assert split(12, 0.25, 0.25, seed=0).test.tolist() != split(12, 0.25, 0.25, seed=1).test.tolist()
    assert split(12, 0.25, 0.25, seed=0).test.tolist() == [2, 3, 11]


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.9, 0.1], [0.6, 0.3, 0.1]])
def test_shares_are_those_of_scikit_learn(weights):
    labels = np.repeat(np.arange(len(weights)), [int(weight * 400) for weight in weights])
    made = split(400, 0.2, 0.25, labels, seed=3)
    rest, theirs = train_test_split(np.arange(400), test_size=0.25, stratify=labels, random_state=3)
    np.testing.assert_allclose(np.bincount(labels[made.test]), np.bincount(labels[theirs]), atol=1)
    assert len(made.test) == len(theirs)
    np.testing.assert_allclose(
        np.bincount(labels[made.train]) / len(made.train), np.bincount(labels[rest]) / len(rest), atol=0.01
    )


def test_small_classes_are_kept_in_training_and_said():
    labels = np.array(["big"] * 50 + ["one"] + ["two"] * 2 + ["three"] * 3)
    made = split(len(labels), 0.1, 0.1, labels)
    count = {name: [int((labels[part] == name).sum()) for part in made[:3]] for name in ("one", "two", "three")}
    assert count == {"one": [1, 0, 0], "two": [1, 0, 1], "three": [1, 1, 1]}
    assert "no rows of 'one', 'two' in the validation set" in str(made.notes[0])
    assert "no rows of 'one' in the test set" in str(made.notes[1])


def test_parts_in_rows_and_parts_left_out():
    made = split(10, validation=3, test=0)
    assert [len(part) for part in made[:3]] == [7, 3, 0]


def test_too_few_rows_and_wrong_shares():
    with pytest.raises(DataError, match="1 row cannot be split"):
        split(1, 0.15, 0.15)
    with pytest.raises(DataError, match="10 rows cannot be split into 5 for validation, 5 for testing"):
        split(10, 0.5, 0.5)
    with pytest.raises(DataError, match="3 labels for 10 rows"):
        split(10, stratify=[1, 2, 3])
    for share in (-0.1, 11, 2.5):
        with pytest.raises(InvalidValue, match="validation="):
            split(10, validation=share)


@given(st.lists(st.integers(0, 30), min_size=12, max_size=200), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_in_order_no_stamp_is_in_two_parts_and_the_test_rows_are_the_last(stamps, validation, test):
    found = np.array([*stamps, 40, 41, 42], float)
    made = split_in_order(found, validation, test)
    assert sorted(np.concatenate(made[:3]).tolist()) == list(range(len(found)))
    assert found[made.train].max() < found[made.validation].min()
    assert found[made.validation].max() < found[made.test].min()


def test_in_order_of_distinct_stamps_parts_are_as_large_as_asked_for_and_rows_without_stamp_are_trained_on():
    stamps = np.random.default_rng(0).permutation(100).astype(float)
    stamps[:10] = np.nan
    made = split_in_order(stamps, 0.2, 10)
    assert [len(part) for part in made[:3]] == [72, 18, 10] and set(range(10)) <= set(made.train.tolist())
    assert sorted(stamps[made.test]) == sorted(stamps[10:])[-10:]
    assert [len(part) for part in split_in_order(stamps[10:], 0, 0)[:3]] == [90, 0, 0]
    with pytest.raises(DataError, match="2 different stamps cannot be split"):
        split_in_order(np.repeat([1.0, 2.0], 20), 0.2, 0.2)


@given(st.lists(st.integers(0, 12), min_size=12, max_size=200), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_no_group_is_in_two_parts_and_no_part_is_empty(groups, validation, test):
    found = np.array([*groups, 13, 14, 15])
    made = split_by_group(found, validation, test, seed=len(groups))
    assert sorted(np.concatenate(made[:3]).tolist()) == list(range(len(found)))
    own = [set(found[part].tolist()) for part in made[:3]]
    assert all(own) and sum(map(len, own)) == len(set.union(*own))


def test_groups_fill_the_parts_and_the_seed_decides():
    groups = np.repeat(np.arange(100), 5)
    made = split_by_group(groups, 0.2, 0.3, seed=1)
    assert [len(part) for part in made[:3]] == [250, 100, 150]
    assert split_by_group(groups, 0.2, 0.3, seed=2).test.tolist() != made.test.tolist()
    one_large = np.append(np.zeros(300, int), np.arange(1, 61).repeat(2))
    assert all(0 in one_large[split_by_group(one_large, 0.1, 0.1, seed).train] for seed in range(10))
    with pytest.raises(DataError, match="2 groups cannot be split"):
        split_by_group(np.repeat([0, 1], 20))
