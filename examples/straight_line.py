"""Linear regression by gradient descent: (1,2)->3, (2,3)->5, (3,4)->7, (4,5)->9.

Gradient descent on a quadratic loss converges below the learning rate 2 / lambda_max, where lambda_max is the largest
eigenvalue of the loss's curvature, and diverges above it. Both are shown. Run: ``python examples/straight_line.py``.
"""

from __future__ import annotations

import numpy as np

import plastica as pl

X = np.array([[1, 2], [2, 3], [3, 4], [4, 5]], float)
Y = np.array([3, 5, 7, 9], float)


def largest_rate(x):
    """Return 2 / lambda_max of the mean squared error of a linear unit with a bias."""
    inputs = np.c_[x, np.ones(len(x))]
    curvature = 2 * inputs.T @ inputs / len(x)
    return 2 / np.linalg.eigvalsh(curvature).max()


def descend(rate, epochs):
    model = pl.Sequential([pl.Dense(1, input_dim=2)])
    model.compile(optimizer=pl.optimizers.SGD(learning_rate=rate), loss="mse")
    history = model.fit(X, Y, epochs=epochs, batch_size=4, verbose=0)
    return model, history.history["loss"]


def main(epochs=5000):
    bound = largest_rate(X)
    print(f"gradient descent converges below the learning rate {bound:.4f}")
    model, losses = descend(0.9 * bound, epochs)
    for epoch in np.unique(np.geomspace(1, epochs, 8).astype(int)):
        print(f"rate {0.9 * bound:.4f}, epoch {epoch:5d}: loss {losses[epoch - 1]:.6f}")

    try:
        descend(0.1, epochs)
    except pl.errors.NotFinite as error:
        print(f"rate 0.1: {error}")

    # The two inputs differ by 1 in every row, so many weights fit equally well and give the same predictions.
    kernel, bias = model.get_weights()
    print(f"weights {kernel.ravel().round(3)}, bias {bias.round(3)}")
    print(f"answer for (5, 6): {model.predict([[5.0, 6.0]])[0, 0]:.3f}; right would be 11")
    return losses


if __name__ == "__main__":
    main()
