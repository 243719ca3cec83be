"""The form of a loss for logits, which training uses in place of that for probabilities."""

from __future__ import annotations

from typing import Protocol, cast

from ..activations import Activation, Sigmoid, Softmax
from ..declaration import replace
from .loss import Loss


class _OfProbabilities(Protocol):
    """A loss of probabilities, or of logits if so declared."""

    @property
    def from_logits(self) -> bool: ...


def on_softmax(loss: _OfProbabilities, activation: Activation | None) -> Loss | None:
    """Return the loss as a function of the potential below a softmax over the last axis; None for other activations.

    The logarithm of a softmax is computed without the softmax itself, so that a probability that is 0 in float32 still
    has a finite loss and an exact gradient.
    """
    known = isinstance(activation, Softmax) and activation.axis == -1
    return _of_logits(loss) if known else None


def on_sigmoid(loss: _OfProbabilities, activation: Activation | None) -> Loss | None:
    """Return the loss as a function of the potential below a sigmoid; None for other activations."""
    return _of_logits(loss) if isinstance(activation, Sigmoid) else None


def _of_logits(loss: _OfProbabilities) -> Loss | None:
    # Logits that pass through another activation are what the person declared; they stay as they are.
    return None if loss.from_logits else replace(cast("Loss", loss), from_logits=True)
