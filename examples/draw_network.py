"""Draw two networks: one trained on XOR, with its weights, and a small residual network.

Run with a folder for the figures: ``python examples/draw_network.py figures``.
"""

import sys
from pathlib import Path

import numpy as np

from plastica import Sequential
from plastica.layers import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Residual
from plastica.optimizers import Adam


def learned_xor():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    model = Sequential([Dense(2, activation="tanh"), Dense(1, activation="sigmoid")], seed=3)
    model.compile(Adam(0.05), "binary_crossentropy")
    model.fit(x, x[:, 0] ^ x[:, 1], epochs=400, verbose=0)
    return model


def small_resnet():
    block = Residual([Conv2D(16, 3, padding="same", activation="relu"), BatchNormalization()], activation="relu")
    stem = Conv2D(16, 3, padding="same", activation="relu", input_shape=(32, 32, 3), name="stem")
    return Sequential([stem, block, block, GlobalAveragePooling2D(), Dense(10, activation="softmax")])


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    learned_xor().draw(folder / "xor.svg")
    small_resnet().draw(folder / "resnet.svg")
    print(f"drawn: {folder / 'xor.svg'}, {folder / 'resnet.svg'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
