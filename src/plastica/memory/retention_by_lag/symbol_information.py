"""How many bits of a symbol some steps ago can be read from a state."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...typing import Float, Int
from .state_reading import SETTLING, Remembering, chosen, states_of

FOLDS = 4
SMALLEST = 1e-12  # probability, so that its logarithm is finite
LOOSENESS = 1.0  # C of the classifier, of standardized states
FEWEST = 100  # steps for each fold


class SymbolInformation(NamedTuple):
    """What a state tells of a symbol at each lag.

    Attributes:
        lags: The lags k, in steps.
        bits: A lower bound of the mutual information of the state and the symbol k steps ago, in bits.
        accuracy: How often the classifier names the symbol.
        symbols: The number of symbols; their entropy is log2 of it.
    """

    lags: np.ndarray
    bits: Float[np.ndarray, "lags"]
    accuracy: Float[np.ndarray, "lags"]
    symbols: int


def information_by_lag(
    system: Remembering,
    lags: int = 30,
    *,
    symbols: int = 2,
    layer: str | None = None,
    feature: int = 0,
    steps: int = 2000,
    seed: int = 0,
) -> SymbolInformation:
    """Measure how much the state of a network tells of a symbol at each lag, by classifiers on new steps.

        I(symbol; state) >= H(symbol) - cross-entropy of the classifier

    Where the input is not a number with a linear readout but one of a few symbols, this bound finds what is read by a
    multinomial logistic regression. It holds for any state.

    Args:
        system: As for ``retention``.
        lags: The largest lag, in steps.
        symbols: The number of symbols, equally likely. They are numbers at equal distances, of mean 0 and variance 1.
        layer, feature: As for ``retention``.
        steps: The number of steps after 100 that are left out, for four folds.
        seed: The random seed of the symbols.

    Raises:
        InvalidValue: If there are fewer than two symbols or too few steps.
        ShapeError, DataError: As for ``retention``.

    Reference:
        D. Barber, F. Agakov, 2003, The IM algorithm: a variational approach to information maximization, equation 3.
    """
    if symbols < 2 or lags < 0 or steps < FOLDS * FEWEST:
        raise InvalidValue(
            f"information_by_lag(lags={lags}, symbols={symbols}, steps={steps}): expected at least two symbols and "
            f"{FOLDS * FEWEST} steps."
        )
    drawn = np.random.default_rng(seed).integers(0, symbols, SETTLING + lags + steps)
    values = np.arange(symbols) - (symbols - 1) / 2
    shown = (values / values.std())[drawn].astype(np.float32)
    states = states_of(chosen(system, layer, feature), shown)[SETTLING + lags :]
    spread = states.std(0)
    kept = spread > 1e-9 * max(float(spread.max(initial=0)), 1e-30)
    if not kept.any():  # states that never change tell nothing
        return SymbolInformation(np.arange(lags + 1), np.zeros(lags + 1), np.full(lags + 1, 1 / symbols), symbols)
    x = (states[:, kept] - states[:, kept].mean(0)) / spread[kept]
    bits, accuracy = np.zeros(lags + 1), np.zeros(lags + 1)
    for lag in range(lags + 1):
        bits[lag], accuracy[lag] = _read(x, drawn[SETTLING + lags - lag : len(drawn) - lag], symbols)
    return SymbolInformation(np.arange(lags + 1), np.maximum(bits, 0), accuracy, symbols)


def _read(x: Float[np.ndarray, "steps units"], drawn: Int[np.ndarray, "steps"], symbols: int) -> tuple[float, float]:
    """Return the bits and the accuracy of classifiers of each fold, on steps that they were not fitted to."""
    from sklearn.linear_model import LogisticRegression

    fold = np.arange(len(x)) * FOLDS // len(x)
    right, surprise = 0, 0.0
    for number in range(FOLDS):
        own, other = fold == number, fold != number
        classifier = LogisticRegression(C=LOOSENESS, solver="newton-cholesky").fit(x[other], drawn[other])
        likely = np.log(np.maximum(classifier.predict_proba(x[own]), SMALLEST))
        right += int((likely.argmax(1) == drawn[own]).sum())
        surprise -= float(likely[np.arange(len(likely)), drawn[own]].sum()) / np.log(2)
    return float(np.log2(symbols) - surprise / len(x)), right / len(x)
