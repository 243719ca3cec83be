"""Conversion of pytrees to named arrays and back."""

from typing import NamedTuple

import jax
import numpy as np
import optax
import pytest

from plastica.errors import FileError, InvalidValue
from plastica.storage import read_model, write_model
from plastica.storage.trees import flatten, unflatten


class Pair(NamedTuple):
    left: object
    right: object


TREE = {
    "layers": ({"kernel": np.ones((2, 3), np.float32), "bias": np.zeros(3)}, {}, [np.int32(4)]),
    "pair": Pair(np.array(True), None),
}


def test_names_are_the_paths():
    assert list(flatten(TREE)) == ["layers/0/bias", "layers/0/kernel", "layers/2/0", "pair/left"]
    assert list(flatten(np.ones(2))) == ["."]


def test_tree_comes_back_through_a_file(tmp_path):
    write_model(tmp_path / "m", flatten(TREE), {})
    back = unflatten(TREE, read_model(tmp_path / "m")[0])
    assert jax.tree_util.tree_structure(back) == jax.tree_util.tree_structure(TREE)
    assert isinstance(back["pair"], Pair)
    for one, other in zip(jax.tree_util.tree_leaves(back), jax.tree_util.tree_leaves(TREE), strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_state_of_an_optimizer_comes_back():
    params = {"kernel": np.ones((2, 3), np.float32)}
    state = optax.chain(optax.clip(1.0), optax.adam(1e-3)).init(params)
    back = unflatten(state, flatten(state))
    assert jax.tree_util.tree_structure(back) == jax.tree_util.tree_structure(state)


def test_template_may_be_shapes_alone():
    shapes = jax.eval_shape(lambda: {"a": np.ones((2, 3), np.float32)})
    assert unflatten(shapes, {"a": np.ones((2, 3), np.float32)})["a"].shape == (2, 3)


def test_keys_with_slashes_stay_apart():
    tree = {"a/b": np.zeros(1), "a": {"b": np.ones(1)}, "a~1b": np.full(1, 2.0)}
    assert sorted(flatten(tree)) == ["a/b", "a~01b", "a~1b"]
    assert unflatten(tree, flatten(tree))["a/b"] == 0


def test_keys_that_read_the_same_are_refused():
    class Odd:
        def __init__(self, number):
            self.number = number

        def __lt__(self, other):
            return self.number < other.number

        def __str__(self):
            return "odd"

    with pytest.raises(InvalidValue, match="two arrays of the tree have the path 'odd'"):
        flatten({Odd(1): np.ones(1), Odd(2): np.ones(1)})


@pytest.mark.parametrize("leaf", [object(), print])
def test_leaf_that_is_no_array_is_refused(leaf):
    with pytest.raises(InvalidValue, match="'a/0' is not an array of numbers"):
        flatten({"a": [leaf]})


def test_random_key_of_jax_is_refused():
    with pytest.raises(InvalidValue, match="'a' is not an array of numbers"):
        flatten({"a": jax.random.key(0)})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"a": np.ones(3)}, r"array 'a' has shape \(3,\) and dtype float64; expected \(2,\) and float32"),
        ({"a": np.ones(2)}, r"array 'a' has shape \(2,\) and dtype float64"),
        ({"z": np.ones(2)}, r"unexpected arrays: 'z'\. The file has 3 arrays, expected 2"),
    ],
)
def test_what_does_not_fit_is_named(change, text):
    template = {"a": np.ones(2, np.float32), "b": np.ones(1)}
    with pytest.raises(FileError, match=text):
        unflatten(template, flatten(template) | change)


def test_what_is_missing_is_named():
    template = [np.ones(1)] * 6
    with pytest.raises(
        FileError, match=r"missing arrays: '1', '2', '3' and 2 more\. The file has 1 arrays, expected 6"
    ):
        unflatten(template, {"0": np.ones(1)})
