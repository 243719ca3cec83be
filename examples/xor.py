"""Exclusive or requires a hidden layer: no straight line separates its classes.

Minsky and Papert showed in 1969 that a perceptron cannot learn it. Run: ``python examples/xor.py``.
"""

from __future__ import annotations

import plastica as pl

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
Y = [0, 1, 1, 0]


def learn(*hidden, epochs):
    model = pl.Sequential([*hidden, pl.Dense(1, activation="sigmoid")])
    model.compile(optimizer=pl.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
    history = model.fit(X, Y, epochs=epochs, until={"loss": 0.01}, verbose=0)
    print(f"{len(hidden)} hidden layers: {history}")
    for inputs, answer in zip(X, model.predict(X)[:, 0], strict=True):
        print(f"  {inputs} -> {answer:.2f}")
    return history


def main(epochs=1000):
    without = learn(epochs=epochs)  # stays at log 2 = 0.693: the best possible prediction is 0.5
    beside = learn(pl.Dense(8, activation="tanh"), epochs=epochs)
    return without, beside


if __name__ == "__main__":
    main()
