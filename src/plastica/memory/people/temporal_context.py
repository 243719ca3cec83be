"""The temporal context model: words are bound to a slowly drifting context, which their recall brings back."""

from __future__ import annotations

import dataclasses

import numpy as np

from ...errors import InvalidValue
from ...typing import Bool, Float, Int
from .free_recall import NOTHING, FreeRecall

SMALLEST = 1e-12  # probabilities below it count as this much, so that their logarithm is finite
Contexts = Float[np.ndarray, "positions axes"]


@dataclasses.dataclass(frozen=True)
class TemporalContextModel:
    """The temporal context model of free recall (TCM).

    Each word of a list moves the context, and is bound to it:

        t_i = rho t_(i-1) + beta t_i^IN,   |t_i| = 1

    where t_i^IN is what the word brings from before the list, different for each word. Recall begins with the context
    at the end of the list, and draws a word not yet recalled with the probability

        P(i) = exp(2 a_i / tau) / sum_j exp(2 a_j / tau),   a_i = phi_i t_i . t

    The recalled word brings back a mixture of what it brought before the list and of the context in which it was
    studied, t^IN = A t_i^IN + B t_i with A / B = gamma, which moves the context as above with another beta. The first
    part is in the contexts of later words only, which favours forward transitions; the second favours both directions.

    The model of 2002 predicts recency and contiguity with a forward asymmetry. Primacy and the end of recall were added
    later: phi_i = 1 + phi_s exp(-phi_d (i - 1)); recall begins with the context of before the list mixed in, as if it
    were retrieved, by a third beta; and it ends after j words with the probability theta_s exp(j theta_r). Set
    ``primacy_scale=0, start_drift=0`` for the model of 2002. The defaults of all parameters are those that
    ``fit_temporal_context`` finds for the lists of ``human_curve("serial_position")``.

    Args:
        encoding_drift: beta at study, above 0 and at most 1.
        recall_drift: beta at recall, above 0 and at most 1.
        earlier_context: gamma, how much of a retrieved context comes from before the list, at least 0.
        temperature: tau, the randomness of recall, above 0.
        primacy_scale: phi_s, the additional attention to the first word, at least 0.
        primacy_decay: phi_d, how fast it decreases, at least 0.
        start_drift: beta of the context of before the list as recall begins, from 0 to 1.
        stop_scale: theta_s, the probability to recall nothing at all, from 0 to below 1.
        stop_growth: theta_r, how fast the probability to stop grows with each recalled word, at least 0.

    Raises:
        InvalidValue: If a parameter is out of its range.

    Example:
        >>> model = TemporalContextModel()
        >>> recalls = model.simulate(length=16, trials=100, seed=1)
        >>> lags, probability = recalls.lag_transitions()
        >>> bool(probability[lags == 1] > probability[lags == -1])
        True

    Reference:
        M. W. Howard, M. J. Kahana, 2002, A distributed representation of temporal context, equations 8 to 18.
        P. B. Sederberg, M. W. Howard, M. J. Kahana, 2008, A context-based theory of recency and contiguity in free
        recall (primacy).
        N. W. Morton, S. M. Polyn, 2016, A predictive framework for evaluating models of semantic organization in free
        recall (the start of recall).
        J. E. Kragel, N. W. Morton, S. M. Polyn, 2015, Neural activity in the medial temporal lobe reveals the fidelity
        of mental time travel (the end of recall).
    """

    encoding_drift: float = 0.77
    recall_drift: float = 0.816
    earlier_context: float = 0.673
    temperature: float = 0.458
    primacy_scale: float = 1.25
    primacy_decay: float = 1.04
    start_drift: float = 0.369
    stop_scale: float = 0.00776
    stop_growth: float = 0.29

    def __post_init__(self) -> None:
        for name, (lowest, highest) in RANGES.items():
            value = getattr(self, name)
            if not (isinstance(value, int | float) and lowest <= value <= highest):
                limits = f"from {lowest:g} to {highest:g}" if highest < np.inf else f"of at least {lowest:g}"
                raise InvalidValue(f"TemporalContextModel({name}={value!r}): expected a number {limits}.")

    def contexts(self, length: int) -> Contexts:
        """Return the context after each word of a list, ``(words, words + 1)``; the first axis is that of before."""
        found = np.zeros((length, length + 1))
        before = np.eye(1, length + 1)[0]
        for place in range(length):
            before = np.sqrt(1 - self.encoding_drift**2) * before
            before[place + 1] = self.encoding_drift
            found[place] = before
        return found

    def retrieved_contexts(self, length: int) -> Contexts:
        """Return the context that recalling each word of a list brings back, ``(words, words + 1)``, of length 1."""
        mixed = self.contexts(length)
        mixed[np.arange(length), np.arange(1, length + 1)] += self.earlier_context
        return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)

    def first_recall(self, length: int, delay: float = 0) -> Float[np.ndarray, "positions"]:
        """Return the probability with which each word is recalled first, if any is.

        Args:
            length: The number of words of the list.
            delay: How much happens between the list and recall, in words: the context moves away by as much.

        Raises:
            InvalidValue: If there are no words, or the delay is negative.
        """
        going = _Recalling(self, length, 1, delay)
        return going.probabilities()[0]

    def stop_probability(self, recalled: int | Int[np.ndarray, "trials"]) -> Float[np.ndarray, "*trials"]:
        """Return the probability that recall ends after so many words, if some are left."""
        return np.minimum(self.stop_scale * np.exp(self.stop_growth * np.asarray(recalled)), 1 - SMALLEST)

    def simulate(self, length: int = 16, trials: int = 1000, *, delay: float = 0, seed: int = 0) -> FreeRecall:
        """Return recalls of simulated subjects, in the same format as those of people.

        Args:
            length: The number of words of a list.
            trials: The number of lists.
            delay: How much happens between a list and recall, in words.
            seed: The random seed.

        Raises:
            InvalidValue: If there are no words or no lists, or the delay is negative.
        """
        if trials < 1:
            raise InvalidValue(f"TemporalContextModel.simulate(trials={trials}): at least one list.")
        going = _Recalling(self, length, trials, delay)
        rng = np.random.default_rng(seed)
        recalls = np.full((trials, length), NOTHING)
        active = np.ones(trials, bool)
        for output in range(length):
            active &= rng.random(trials) >= self.stop_probability(output)
            chance = going.probabilities().cumsum(1)
            words = np.minimum((rng.random((trials, 1)) > chance).sum(1), length - 1)
            recalls[active, output] = words[active] + 1
            going.recall(np.where(active, words, 0), active)
        return FreeRecall(recalls, length)

    def log_likelihood(self, recalls: FreeRecall) -> float:
        """Return the logarithm of the probability of recalls: of each word in its turn, and of the end.

        Intrusions and repetitions are left out. Divide by the number of recalls to compare lists of different length.
        """
        words, counts = recalls.sequences()
        going = _Recalling(self, recalls.length, len(words), 0)
        total = 0.0
        for output in range(min(words.shape[1], recalls.length)):
            active, stop = counts > output, self.stop_probability(output)
            total += (
                np.log(max(1 - stop, SMALLEST)) * active.sum() + np.log(max(stop, SMALLEST)) * (counts == output).sum()
            )
            if not active.any():
                break
            chance = going.probabilities()[np.arange(len(words)), words[:, output]]
            total += np.log(np.maximum(chance[active], SMALLEST)).sum()
            going.recall(words[:, output], active)
        if words.shape[1] < recalls.length:  # those who recalled as many words as anybody did, yet not all
            stop = self.stop_probability(words.shape[1])
            total += np.log(max(stop, SMALLEST)) * (counts == words.shape[1]).sum()
        return float(total)


RANGES = {
    "encoding_drift": (1e-6, 1.0),
    "recall_drift": (1e-6, 1.0),
    "earlier_context": (0.0, np.inf),
    "temperature": (1e-6, np.inf),
    "primacy_scale": (0.0, np.inf),
    "primacy_decay": (0.0, np.inf),
    "start_drift": (0.0, 1.0),
    "stop_scale": (0.0, 1.0),
    "stop_growth": (0.0, np.inf),
}


class _Recalling:
    """Subjects in the middle of recall: their contexts and which words they have not recalled yet."""

    def __init__(self, model: TemporalContextModel, length: int, trials: int, delay: float) -> None:
        if length < 1 or not delay >= 0:
            raise InvalidValue(f"TemporalContextModel(length={length}, delay={delay}): at least one word and delay 0.")
        self.model, self.studied = model, model.contexts(length)
        self.retrieved = model.retrieved_contexts(length)
        self.strength = 1 + model.primacy_scale * np.exp(-model.primacy_decay * np.arange(length))
        context = self.studied[-1] * (1 - model.encoding_drift**2) ** (delay / 2)
        context = _moved(context[None], np.eye(1, length + 1), model.start_drift)
        self.context = np.tile(context, (trials, 1))
        self.left: Bool[np.ndarray, "trials positions"] = np.ones((trials, length), bool)

    def probabilities(self) -> Float[np.ndarray, "trials positions"]:
        activation = 2 * self.strength * (self.context @ self.studied.T) / self.model.temperature
        activation = np.where(self.left, activation, -np.inf)
        highest = activation.max(1, keepdims=True, initial=-1e300)
        chance = np.exp(activation - highest)
        return chance / np.maximum(chance.sum(1, keepdims=True), SMALLEST)

    def recall(self, words: Int[np.ndarray, "trials"], active: Bool[np.ndarray, "trials"]) -> None:
        self.left[active, words[active]] = False
        moved = _moved(self.context, self.retrieved[words], self.model.recall_drift)
        self.context = np.where(active[:, None], moved, self.context)


def _moved(
    context: Float[np.ndarray, "trials axes"], brought: Float[np.ndarray, "trials axes"], beta: float
) -> Float[np.ndarray, "trials axes"]:
    """Return rho context + beta brought, of length 1.

    What a delay has added to the context is in none of the words, and so in none of the axes; the length is 1 with it.
    """
    overlap = (context * brought).sum(1, keepdims=True)
    return (np.sqrt(1 + beta**2 * (overlap**2 - 1)) - beta * overlap) * context + beta * brought
