"""A variational autoencoder on scikit-learn's digits: examples/vae.py."""

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl

PIXELS, CODE = 64, 8


def autoencoder():
    encoder = [pl.Dense(128, "relu"), pl.Dense(2 * CODE)]  # means and log variances of the code
    decoder = [pl.Dense(128, "relu"), pl.Dense(PIXELS, "sigmoid")]
    # The cross-entropy is a mean over pixels; weighted alike, loss times PIXELS is the negative evidence lower bound.
    model = pl.Sequential([*encoder, pl.GaussianSampling(kl_weight=1 / PIXELS), *decoder])
    model.compile(pl.optimizers.Adam(2e-3), "binary_crossentropy")
    return model


def draw(model, count, seed=0):
    """Return digits decoded from codes that are drawn from N(0, 1)."""
    x = np.random.default_rng(seed).normal(size=(count, CODE)).astype(np.float32)
    for layer, params in zip(model.layers[-2:], model.params[-2:], strict=True):
        x, _ = layer.apply(params, x)
    return np.asarray(x).reshape(count, 8, 8)


def main(epochs=100, verbose=1):
    x = (load_digits().data / 16).astype(np.float32)
    learn, held_out = x[:1500], x[1500:]
    model = autoencoder()
    history = model.fit(learn, learn, epochs=epochs, validation_data=(held_out, held_out), verbose=verbose)
    bound = -PIXELS * history.history["val_loss"][-1]
    # The baseline knows how bright each pixel is on average, and nothing of the digit.
    mean = np.clip(learn.mean(0), 1e-6, 1 - 1e-6)
    baseline = (held_out * np.log(mean) + (1 - held_out) * np.log(1 - mean)).sum(1).mean()
    return model, history.history, bound, baseline


if __name__ == "__main__":
    model, _, bound, baseline = main()
    print(f"evidence lower bound {bound:.2f} nats a digit; mean digit {baseline:.2f}")
    for row in draw(model, 3).round():
        print("\n".join("".join(" #"[int(pixel)] for pixel in line) for line in row), "-" * 8, sep="\n")
