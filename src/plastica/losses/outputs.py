"""The loss of a network with several outputs: the weighted sum of the losses of its outputs."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Num, PyTree
from .loss import Loss
from .objective import Objective, place


@declaration
class OutputLosses(Loss):
    """A loss for each output of a network: C = sum_k w_k C_k.

    ``compile(loss=[...])`` or ``compile(loss={"name": ...})`` makes it.

    Args:
        losses: The losses.
        outputs: The place of the output that each of them is computed from; other outputs are not trained.
        names: The name of each of these outputs.
        weights: w, one for each loss; 1 by default.

    Shapes: targets a tuple with an array for each loss, ``(batch, ...)``; predictions a tuple with an array for each
        output of the network.

    Raises:
        InvalidValue: If the numbers of losses, outputs, names and weights differ, or an output has two losses.
    """

    losses: tuple[Loss, ...]
    outputs: tuple[int, ...]
    names: tuple[str, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.weights:
            object.__setattr__(self, "weights", (1.0,) * len(self.losses))
        object.__setattr__(self, "weights", tuple(map(float, self.weights)))
        counts = {len(part) for part in (self.losses, self.outputs, self.names, self.weights, set(self.outputs))}
        if len(counts) > 1 or not self.losses:
            raise InvalidValue(
                f"OutputLosses: {len(self.losses)} losses for outputs {self.outputs}, names {self.names} and weights "
                f"{self.weights}; give one of each for each trained output."
            )

    def values(self, target: PyTree, prediction: PyTree) -> Float[Array, "batch"]:
        """Return the loss of each row, ``(batch,)``."""
        return self.weighed([
            loss.values(own, prediction[output])
            for loss, own, output in zip(self.losses, target, self.outputs, strict=True)
        ])  # fmt: skip

    def mean(
        self, target: PyTree, prediction: PyTree, weight: Float[Array, "batch"], size: Num[Array, ""]
    ) -> Float[Array, ""]:
        """Return the weighted mean over the rows of the sum over the outputs."""
        return self.weighed([
            loss.mean(own, prediction[output], weight, size)
            for loss, own, output in zip(self.losses, target, self.outputs, strict=True)
        ])  # fmt: skip

    def weighed(self, parts: list[Float[Array, "*shape"]]) -> Float[Array, "*shape"]:
        """Return the sum of the losses of the outputs, each by its weight."""
        weighted = (jnp.asarray(w, part.dtype) * part for w, part in zip(self.weights, parts, strict=True))
        return sum(weighted, start=jnp.zeros((), parts[0].dtype))


@declaration
class OutputsObjective(Objective):
    """The objective of a network with several outputs, each computed from its potential or its activity.

    Attributes:
        loss: The losses, in the form for these values.
        at_potentials: For each output of the network whether its loss is computed from the potential.
    """

    loss: OutputLosses  # pyright: ignore[reportIncompatibleVariableOverride]

    at_potentials: tuple[bool, ...] = ()

    def read(self, potential: PyTree, activity: PyTree) -> PyTree:
        """Return what the losses are computed from, a tuple with an array for each output."""
        pairs = zip(self.at_potentials, potential, activity, strict=True)
        return tuple(z if at else a for at, z, a in pairs)

    def at_last_potential(self, delta: PyTree, pull_activation: Callable[[PyTree], PyTree]) -> PyTree:
        """Return the error at the potentials of the outputs."""
        pairs = list(zip(self.at_potentials, delta, strict=True))
        pulled = pull_activation(tuple(jnp.zeros_like(own) if at else own for at, own in pairs))
        return tuple(own if at else back for (at, own), back in zip(pairs, pulled, strict=True))

    def mean(
        self,
        target: PyTree,
        prediction: PyTree,
        weight: Float[Array, "batch"],
        size: Num[Array, ""],
        within: PyTree = None,
    ) -> Float[Array, ""]:
        """Return the weighted mean; ``within`` has an entry for each output of the network, see Objective."""
        if within is None:
            return self.loss.mean(target, prediction, weight, size)
        pairs = zip(self.loss.losses, target, self.loss.outputs, strict=True)
        return self.loss.weighed([
            Objective(loss).mean(own, prediction[output], weight, size, within[output]) for loss, own, output in pairs
        ])  # fmt: skip


def place_outputs(loss: OutputLosses, activations: tuple[Activation | None, ...]) -> OutputsObjective:
    """Return the objective for a network whose outputs end in these activations."""
    placed = [place(own, activations[output]) for own, output in zip(loss.losses, loss.outputs, strict=True)]
    stable = OutputLosses(tuple(each.loss for each in placed), loss.outputs, loss.names, loss.weights)
    at = dict(zip(loss.outputs, (each.at_potential for each in placed), strict=True))
    return OutputsObjective(stable, at_potentials=tuple(at.get(output, False) for output in range(len(activations))))
