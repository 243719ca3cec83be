"""Logic with threshold units: set by hand as in 1943, learned as in 1958, and a task that cannot be learned.

Run: ``python examples/rules/logic_gates.py``.
"""

from __future__ import annotations

import plastica as pl

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
TABLES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}
AND, OR = pl.McCullochPitts([[1, 1]], thresholds=2), pl.McCullochPitts([[1, 1]], thresholds=1)
NOT = pl.McCullochPitts([[-1]], thresholds=0)
EITHER_ALONE = pl.McCullochPitts([[1, -1], [-1, 1]], thresholds=1)
WIRED = {"and": [AND], "or": [OR], "nand": [AND, NOT], "xor": [EITHER_ALONE, OR]}


def learn(answers, *hidden, epochs):
    """Return the number of the four cases that a perceptron predicts correctly in the end, and the epochs it took."""
    last = pl.Dense(1, activation="heaviside", kernel_initializer="zeros")
    model = pl.Sequential([*hidden, last])
    model.compile(loss="binary_crossentropy", metrics=["accuracy"], rule="perceptron")
    until = {"val_accuracy": 1.0}  # evaluated after each epoch
    history = model.fit(X, answers, epochs=epochs, batch_size=1, validation_data=(X, answers), until=until, verbose=0)
    right = int((model.predict(X)[:, 0] == answers).sum())
    return right, history.stopped_by, len(history.history["loss"])


def main(epochs=100):
    found = {}
    for name, layers in WIRED.items():
        print(f"{name:4} wired by hand:  {X} -> {pl.Sequential(layers).predict(X)[:, 0].astype(int)}")
    for name, answers in TABLES.items():
        found[name], stopped_by, took = learn(answers, epochs=epochs)
        print(f"{name:4} learned:        {found[name]} of 4 right after {took} epochs ({stopped_by})")
    # Minsky and Papert (1969): no line separates the classes of XOR; with fixed units before it, one does
    found["xor, two layers"], stopped_by, took = learn(TABLES["xor"], EITHER_ALONE, epochs=epochs)
    print(f"xor  in two layers:  {found['xor, two layers']} of 4 right after {took} epochs ({stopped_by})")
    return found


if __name__ == "__main__":
    main()
