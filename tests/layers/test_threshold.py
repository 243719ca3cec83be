"""Gates of McCulloch and Pitts with complete truth tables; step functions and backprop."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl

TABLE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
AND = pl.McCullochPitts([[1, 1]], thresholds=2)
OR = pl.McCullochPitts([[1, 1]], thresholds=1)
NOT = pl.McCullochPitts([[-1]], thresholds=0)
EITHER_ALONE = pl.McCullochPitts([[1, -1], [-1, 1]], thresholds=1)


@pytest.mark.parametrize(
    ("layers", "answers"),
    [
        ([AND], [0, 0, 0, 1]),
        ([OR], [0, 1, 1, 1]),
        ([pl.McCullochPitts([[-1, -1]], thresholds=0)], [1, 0, 0, 0]),
        ([AND, NOT], [1, 1, 1, 0]),
        ([EITHER_ALONE, OR], [0, 1, 1, 0]),
        ([pl.McCullochPitts([[1, 1], [1, 1]], (2, 1)), pl.McCullochPitts([[-1, 1]])], [0, 1, 1, 0]),
        ([EITHER_ALONE, OR, NOT], [1, 0, 0, 1]),
    ],
    ids=["and", "or", "nor", "nand", "xor", "xor_as_or_but_not_and", "xnor"],
)
def test_gates_answer_their_truth_tables(layers, answers):
    answered, _ = pl.layers.Sequential(layers).apply(((),) * len(layers), TABLE, ((),) * len(layers))
    np.testing.assert_array_equal(answered[:, 0], answers)


def test_one_inhibiting_input_outweighs_any_excitation():
    layer = pl.McCullochPitts([[5, 5, -1]], thresholds=1)
    answered, _ = layer.apply({}, np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0]], np.float32))
    np.testing.assert_array_equal(answered[:, 0], [1, 0, 0])


def test_all_units_of_two_inputs_agree_with_the_sentence_of_1943():
    rows = [[a, b] for a in (-1, 0, 1, 2) for b in (-1, 0, 1, 2)]
    for threshold in range(4):
        answered, _ = pl.McCullochPitts(rows, threshold).apply({}, TABLE)
        for inputs, answers in zip(TABLE, np.asarray(answered), strict=True):
            for row, answer in zip(rows, answers, strict=True):
                excited = sum(c for c, x in zip(row, inputs, strict=True) if x and c > 0)
                inhibited = any(c < 0 for c, x in zip(row, inputs, strict=True) if x)
                assert answer == (excited >= threshold and not inhibited)


@pytest.mark.parametrize(
    ("connections", "thresholds", "said"),
    [
        ([], 1, "expected a row per unit"),
        ([[1, 1], [1]], 1, "expected a row per unit"),
        ([[0.5, 1]], 1, "must be whole numbers"),
        ([[1, 1]], (1, 2), "one for each of the 1 units"),
        ([[1, 1]], -1, "at least 0"),
    ],
)
def test_wiring_that_is_none_is_refused(connections, thresholds, said):
    with pytest.raises(pl.errors.InvalidValue, match=said):
        pl.McCullochPitts(connections, thresholds)


def test_inputs_that_are_not_all_or_none_are_refused():
    with pytest.raises(pl.errors.ShapeError, match=r"shape \(3,\); its rows have 2 numbers"):
        AND.output_shape((3,))
    model = pl.Sequential([AND])
    with pytest.raises(pl.errors.DataError, match=r"got the value 0\.5 \(1 of 4 values are neither\)"):
        model.predict(np.array([[0, 1], [1, 0.5]]))


def test_backprop_warns_of_layers_that_no_error_reaches():
    network = pl.layers.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(4, activation="heaviside"), pl.Dense(1)])
    said = r"layer 1, Dense: a step function has gradient 0.*from layer 0, Dense on, keeps its initial weights"
    with pytest.warns(pl.errors.PlasticaWarning, match=said):
        pl.Backprop().check(network, None)
    pl.Backprop().check(pl.layers.Sequential([EITHER_ALONE, pl.Dense(1)]), None)  # fixed gates below are no harm
