"""Independent copies of a network, computed one after another in one program."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import random
from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, Tree, by_name
from .layer import Context, Layer, Params, Shape, State
from .records import Variables
from .sequential import Sequential, checked_layers


@declaration
class Ensemble(Layer):
    """Independent copies of the same layers with the same inputs; their outputs are the members of one ensemble.

    Copies share no weights. Each can leave out rows of its own in training (see :class:`~plastica.losses.MemberLoss`)
    and be evaluated on them. The layers inside may end with members of their own (:class:`Members`), which share
    weights.

    Args:
        layers: The layers of one copy, without compositions.
        copies: The number of copies.
        first: The number of the first copy, which decides its random numbers in training: 0, unless these are some of
            the copies of a larger ensemble, and the others are elsewhere.

    Shapes:
        ``(batch, ...)`` to ``(batch, copies, units)``; to ``(batch, copies * members, units)``, copy by copy, if the
        layers return ``(batch, members, units)``. Each array of the layer with index ``i`` is named ``i/name`` and
        has a first axis of copies.

    Raises:
        InvalidValue: If ``copies`` is below 1, or there are no layers or a composition among them.

    Example:
        >>> from plastica.layers import Dense
        >>> Ensemble([Dense(8, "relu"), Dense(1)], copies=4).output_shape((3,))
        (4, 1)

    Reference:
        L. K. Hansen, P. Salamon, 1990, Neural network ensembles.
        A. Krogh, J. Vedelsby, 1995, Neural network ensembles, cross-validation, and active learning (members that
        leave out rows).
    """

    layers: tuple[Layer, ...]
    copies: int = 4
    first: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers("Ensemble", self.layers))
        if self.copies < 1 or not self.layers:
            raise InvalidValue(
                f"Ensemble of {len(self.layers)} layers, copies={self.copies}: expected at least one of each."
            )
        for place, layer in enumerate(self.layers):
            if not layer.trainable:
                raise InvalidValue(f"Ensemble: entry {place} is frozen; freeze the whole ensemble instead.")
            if layer.children:
                raise InvalidValue(
                    f"Ensemble: entry {place} is {type(layer).__name__}, a composition; expected plain layers."
                )

    @property
    def branch(self) -> Sequential:
        """The layers of one copy as one layer."""
        return Sequential(self.layers)

    @property
    def loses_mask(self) -> bool:
        return self.branch.keeps_time  # otherwise a layer inside uses it, or is named itself

    def inside(
        self, params: Params | None, state: State | None
    ) -> tuple[tuple[Layer, ...], Params | None, State | None]:
        own, carried = (None if tree is None else self.by_layer(tree) for tree in (params, state))
        return self.layers, own, carried  # arrays have a first axis of copies

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return self.branch.child_shapes(shape)

    def output_shape(self, shape: Shape) -> Shape:
        found = self.branch.output_shape(shape)
        return (self.copies * found[0], *found[1:]) if len(found) > 1 else (self.copies, *found)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        found = [self.branch.init(rng, shape) for _ in range(self.copies)]
        return Variables(_stacked([each.params for each in found]), _stacked([each.state for each in found]))

    def check_input(self, x: np.ndarray) -> None:
        self.branch.check_input(x)

    def adapted(self, x: np.ndarray, state: State) -> State:
        return _stacked([self.branch.adapted(x, self._copy(state, number)) for number in range(self.copies)])

    def synapse(
        self, params: Params, x: Float[Array, "batch *shape"], state: State, context: Context
    ) -> tuple[Float[Array, "batch members *outputs"], State]:
        def one(copy: tuple[Array, Params, State]) -> tuple[Float[Array, "batch *outputs"], State]:
            number, own, carried = copy
            key = None if context.key is None else random.fold(context.key, number)
            inside = context._replace(key=key, first=0)
            potential, new = self.branch.synapse(self.by_layer(own), x, self.by_layer(carried), inside)
            # Flat dicts, because the copies are one array with an axis of members for each name.
            return potential, _named(new)

        # One after another: XLA distributes a batch of products over threads, and results would depend on their number.
        numbers = jnp.arange(self.first, self.first + self.copies, dtype=jnp.uint32)
        potential, new_state = jax.lax.map(one, (numbers, params, state))
        joined = jnp.moveaxis(potential, 0, 1)  # (batch, copies, ...)
        if joined.ndim > 3:
            joined = joined.reshape(joined.shape[0], -1, *joined.shape[3:])  # (batch, copies * members, units)
        return joined, new_state

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.layers[-1].activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.layers[-1].output_activation

    @property
    def compiles_fast(self) -> bool:
        # Training and evaluation of a copy take long to compile, and most ensembles are trained on small tables.
        return True

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(self.branch.penalty(self._copy(params, number)) for number in range(self.copies))

    def constrain(self, params: Params, state: State) -> Params:
        def one(own: Params, carried: State) -> Params:
            return _named(self.branch.constrain(self.by_layer(own), self.by_layer(carried)))

        return jax.vmap(one)(params, state) if self.trainable else params

    def by_layer(self, named: Tree) -> tuple[dict[str, Array], ...]:
        """Return parameters or state with a dict for each layer: ``{"0/kernel": k}`` becomes ``({"kernel": k},)``."""
        found: tuple[dict[str, Array], ...] = tuple({} for _ in self.layers)
        for name, array in by_name(named).items():
            place, _, own = name.partition("/")
            found[int(place)][own] = array
        return found

    def _copy(self, named: Tree, number: int) -> tuple[dict[str, Array], ...]:
        return self.by_layer({name: array[number] for name, array in by_name(named).items()})


def _named(parts: Tree) -> dict[str, Array]:
    return {f"{place}/{name}": array for place, part in enumerate(parts) for name, array in (part or {}).items()}


def _stacked(copies: list[Tree]) -> dict[str, Array]:
    return jax.tree.map(lambda *arrays: np.stack(arrays), *map(_named, copies))
