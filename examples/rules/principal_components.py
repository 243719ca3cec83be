"""Principal components by Hebbian rules, compared with the singular value decomposition, on 8 x 8 digits.

Run: ``python examples/rules/principal_components.py``.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import plastica as pl

RULES = {"oja": pl.rules.Oja(0.5), "sanger": pl.rules.Sanger(0.5)}


def main(components=6, epochs=600):
    x = load_digits().data / 16
    x = x - x.mean(0)
    directions = np.linalg.svd(x, full_matrices=False)[2]
    cosines = {}
    for name, rule in RULES.items():
        model = pl.Sequential([pl.Dense(components, use_bias=False)])
        model.compile(rule=rule)
        model.fit(x, epochs=epochs, batch_size=len(x), verbose=0)
        kernel = np.asarray(model.get_weights()[0])
        wanted = directions[[0] * components if name == "oja" else range(components)]
        cosines[name] = np.abs(np.sum(wanted.T * kernel, 0)) / np.linalg.norm(kernel, axis=0)
        print(f"{name}: lengths {np.linalg.norm(kernel, axis=0).round(3)}")
        print(f"{'':{len(name)}}  cosines with the components by SVD {cosines[name].round(4)}")
        explained = 1 - np.sum((x - x @ kernel @ np.linalg.pinv(kernel, rcond=0.01)) ** 2) / np.sum(x**2)
        print(f"{'':{len(name)}}  share of the variance that the units explain: {explained:.3f}")
    best = np.sum((x @ directions[:components].T) ** 2) / np.sum(x**2)
    print(f"{components} components by SVD explain {best:.3f}")
    return cosines


if __name__ == "__main__":
    main()
