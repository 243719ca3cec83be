"""The summary: the numbers of Keras, every layer, and unknown shapes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from plastica import layers
from plastica.layers import BatchNormalization, Branches, Conv2D, Dense, Dropout, Flatten, Residual
from plastica.views.summary import in_units, summary


def view(network, shape, **options):
    params, state = network.init(np.random.default_rng(0), shape)
    return summary(network, shape, params, state, **options)


def rows_of(text):
    return [row for row in text.splitlines() if row.startswith("│")][1:]


def numbers(text):
    return [int(row.split("│")[-3].replace(",", "")) for row in rows_of(text)]


def test_numbers_are_keras_own():
    keras = pytest.importorskip("keras")
    kinds = [
        ("Conv2D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
        ("BatchNormalization", {}),
        ("MaxPooling2D", {}),
        ("Reshape", {"target_shape": (3, 12)}),
        ("GRU", {"units": 4, "return_sequences": True}),
        ("LSTM", {"units": 5}),
        ("Dropout", {"rate": 0.2}),
        ("Dense", {"units": 10}),
    ]
    theirs = keras.Sequential([keras.Input((8, 8, 3)), *(getattr(keras.layers, k)(**f) for k, f in kinds)])
    text = view(layers.Sequential([getattr(layers, kind)(**fields) for kind, fields in kinds]), (8, 8, 3))
    assert numbers(text) == [layer.count_params() for layer in theirs.layers]
    printed = []
    theirs.summary(print_fn=lambda line, line_break=False: printed.append(re.sub(r"\x1b\[\d*m", "", line)))
    totals = [line.strip() for line in "\n".join(printed).splitlines() if "params:" in line]
    assert text.splitlines()[-3:] == totals
    assert [row.split("│")[2].strip() for row in rows_of(text)] == [str(layer.output.shape) for layer in theirs.layers]


def test_small_network_by_hand():
    text = view(layers.Sequential([Dense(10, activation="relu"), Dense(1)]), (8,), name="tiny", width=80)
    assert text == "\n".join(
        [
            'Model: "tiny", input (None, 8)',
            "┌─────────────────┬──────────────┬────────┬────────────┐",
            "│ layer (kind)    │ output shape │ params │ activation │",
            "├─────────────────┼──────────────┼────────┼────────────┤",
            "│ dense (Dense)   │ (None, 10)   │     90 │ relu       │",
            "│ dense_1 (Dense) │ (None, 1)    │     11 │ linear     │",
            "└─────────────────┴──────────────┴────────┴────────────┘",
            "Total params: 101 (404.00 B)",
            "Trainable params: 101 (404.00 B)",
            "Non-trainable params: 0 (0.00 B)",
        ]
    )


def test_compositions_stand_as_a_tree_and_count_what_is_inside():
    block = Residual([Conv2D(3, 3, padding="same"), BatchNormalization()], activation="relu", name="block")
    network = layers.Sequential([block, Branches([[Conv2D(2, 1), Dropout(0.1)], []]), Flatten()])
    text = view(network, (4, 4, 3), width=100)
    rows = rows_of(text)
    assert [row[2:45].rstrip(" │") for row in rows] == [
        "block (Residual)",
        "├─ conv2d (Conv2D)",
        "└─ batch_normalization (BatchNormalization)",
        "branches (Branches)",
        "├─ sequential (Sequential)",
        "│  ├─ conv2d_1 (Conv2D)",
        "│  └─ dropout (Dropout)",
        "└─ sequential_1 (Sequential)",
        "flatten (Flatten)",
    ]
    assert "(None, 4, 4, 5)" in rows[3]
    assert "(None, 4, 4, 3)" in rows[7]  # the empty branch passes its input on
    assert numbers(text) == [96, 84, 12, 8, 8, 8, 0, 0, 0]


def test_unbuilt_network_says_how_to_build_it():
    text = summary(layers.Sequential([Dense(3), Residual([Dense(3)])]), None, None, None, width=80)
    assert "│ dense (Dense)" in text
    assert text.count(" ? ") == 6
    assert "build((None, 784))" in text
    assert "input_shape=" in text


def test_network_without_layers_says_how_to_add_one():
    assert "model.add(" in summary(layers.Sequential(()), None, None, None)


def test_one_layer_alone():
    assert "│ dense (Dense) │ (None, 2)" in view(Dense(2), (3,))


@pytest.mark.parametrize("width", [48, 60, 80, 200])
def test_no_line_is_wider_than_asked(width):
    def a_function_whose_name_is_far_too_long_for_any_table(z):
        return z

    network = layers.Sequential(
        [
            Dense(4, activation=a_function_whose_name_is_far_too_long_for_any_table, name="n" * 90),
            layers.Reshape((2, 2)),
        ]
    )
    lines = view(network, (3,), width=width).splitlines()
    assert max(map(len, lines)) <= max(width, 64)
    assert len({len(line) for line in lines if line[0] in "┌│├└"}) == 1
    assert "…" in lines[4]


def test_own_composition_is_listed_without_guessing_its_shapes():
    class Twice(layers.Layer):
        @property
        def children(self):
            return (Dense(2), Dense(2))

    text = summary(layers.Sequential([Twice()]), (2,), ((({}, {})),), (({}, {}),))
    assert "├─ dense (Dense)" in text
    assert "?" in text


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0.00 B"), (1023, "1023.00 B"), (1024, "1.00 KB"), (5 * 2**20, "5.00 MB"), (3 * 2**30, "3.00 GB")],
)
def test_bytes_are_written_as_keras_does(size, written):
    assert in_units(size) == written


def test_an_ensemble_shows_the_layers_of_one_copy_with_the_parameters_of_all():
    shown = view(layers.Sequential((layers.Ensemble([Dense(4), Dense(1)], copies=5),)), (3,))
    assert "(None, 5, 1)" in shown
    assert "80" in next(line for line in shown.splitlines() if "├─ dense (Dense)" in line)  # 5 * (3 * 4 + 4)
