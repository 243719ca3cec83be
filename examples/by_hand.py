"""A tanh network from its formulas, sample by sample, compared with plastica: y = x1 + 2 x2 + 3.

The formulas are those of backpropagation, with z = W a + b, a = f(z) and the loss C = (a - y)^2 / 2:

    delta_2 = a_2 - y              the output is linear, so f' = 1
    delta_1 = W_2' delta_2 * (1 - a_1^2)
    dC/dW = delta a', dC/db = delta, and each parameter takes a step against its gradient

Both start from the same weights and use the same samples, so they end with the same weights.
Run: ``python examples/by_hand.py``.
"""

from __future__ import annotations

import numpy as np

import plastica as pl


def train_by_hand(weights, x, y, rate, epochs):
    W1, b1, W2, b2 = (array.astype(float) for array in weights)
    for _ in range(epochs):
        for a0, target in zip(x, y, strict=True):
            a1 = np.tanh(a0 @ W1 + b1)
            a2 = a1 @ W2 + b2
            delta2 = a2 - target
            delta1 = (W2 @ delta2) * (1 - a1**2)
            W2, b2 = W2 - rate * np.outer(a1, delta2), b2 - rate * delta2
            W1, b1 = W1 - rate * np.outer(a0, delta1), b1 - rate * delta1
    return W1, b1, W2, b2


def main(samples=200, epochs=200, rate=0.05):
    x = np.random.default_rng(0).random((samples, 2))
    y = x[:, 0] + 2 * x[:, 1] + 3

    model = pl.Sequential([pl.Dense(8, activation="tanh", input_dim=2), pl.Dense(1)])
    model.compile(optimizer=pl.optimizers.SGD(rate), loss="half_squared_error")
    by_hand = train_by_hand(model.get_weights(), x, y, rate, epochs)
    history = model.fit(x, y, epochs=epochs, batch_size=1, shuffle=False, verbose=0)

    largest = max(np.abs(a - b).max() for a, b in zip(by_hand, model.get_weights(), strict=True))
    answer = model.predict([[0.5, 0.5]])[0, 0]
    print(f"loss {history.history['loss'][0]:.4f} -> {history.history['loss'][-1]:.6f}")
    print(f"answer at (0.5, 0.5): {answer:.3f}; right is 4.5")
    print(f"largest difference between the weights by hand and plastica's: {largest:.1e}")
    return answer, largest


if __name__ == "__main__":
    main()
