"""Wide and deep: a simple chain of layers beside a deep one, and their sum."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..typing import Float, Tree, by_name
from .composition import placed, within
from .layer import Context, Layer, Params, Shape, State
from .records import Variables
from .sequential import Sequential, checked_layers

PARTS = ("wide", "deep")


@declaration
class WideAndDeep(Layer):
    """Add the outputs of two chains of layers with the same inputs: a = f(wide(x) + deep(x)).

    When to use: for targets that are nearly a weighted sum of the inputs. A linear ``wide`` part, a single
    :class:`Dense`, represents the sum exactly, and the deep part learns the rest.

    Args:
        wide: The layers of the wide part, without compositions.
        deep: The layers of the deep part, without compositions. f is the activation of the last one.

    Shapes:
        ``(batch, features) -> (batch, units)``; to ``(batch, members, units)`` if the deep part returns that: each
        member then adds the same wide part. The arrays of layer ``i`` of a part are named ``wide/i/name`` and
        ``deep/i/name``.

    Raises:
        InvalidValue: If a part is empty or has a composition or a frozen layer among its layers.
        ShapeError: If the outputs of the parts cannot be added.

    Example:
        >>> from plastica.layers import Dense
        >>> WideAndDeep([Dense(2)], [Dense(8, "relu"), Dense(2)]).output_shape((3,))
        (2,)

    Reference:
        H.-T. Cheng et al., 2016, Wide & deep learning for recommender systems, eq. 3.
    """

    wide: tuple[Layer, ...]
    deep: tuple[Layer, ...]

    def __post_init__(self) -> None:
        for name, part in zip(PARTS, (self.wide, self.deep), strict=True):
            checked = checked_layers(f"WideAndDeep({name}=)", part)
            object.__setattr__(self, name, checked)
            if not checked:
                raise InvalidValue(f"WideAndDeep({name}=()): expected at least one layer.")
            for place, layer in enumerate(checked):
                if layer.children or not layer.trainable:
                    kind = "a composition" if layer.children else "frozen; freeze the whole layer instead"
                    raise InvalidValue(
                        f"WideAndDeep: {name}[{place}] is {type(layer).__name__}, {kind}; expected plain layers."
                    )

    @property
    def chains(self) -> tuple[Sequential, Sequential]:
        """The wide and the deep part, each as one layer."""
        return Sequential(self.wide), Sequential(self.deep)

    @property
    def loses_mask(self) -> bool:
        return True

    def inside(
        self, params: Params | None, state: State | None
    ) -> tuple[tuple[Layer, ...], Params | None, State | None]:
        own, carried = (None if tree is None else sum(self.by_part(tree), ()) for tree in (params, state))
        return (*self.wide, *self.deep), own, carried

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return tuple(found for chain in self.chains for found in chain.child_shapes(shape))

    def output_shape(self, shape: Shape) -> Shape:
        wide, deep = (placed(place, chain.output_shape, shape) for place, chain in enumerate(self.chains))
        if len(wide) != 1 or len(deep) not in (1, 2) or wide[0] != deep[-1]:
            raise ShapeError(
                f"WideAndDeep: the wide part gives {wide}, the deep part {deep}. Expected the same number of units "
                "from both, and an axis of members from the deep part only."
            )
        return deep

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        found = [chain.init(rng, shape) for chain in self.chains]
        return Variables(_named([each.params for each in found]), _named([each.state for each in found]))

    def check_input(self, x: np.ndarray) -> None:
        for chain in self.chains:
            chain.check_input(x)

    def adapted(self, x: np.ndarray, state: State) -> State:
        parts = zip(self.chains, self.by_part(state), strict=True)
        return _named([chain.adapted(x, own) for chain, own in parts])

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch *outputs"], State]:
        (wide, deep), weights, states = self.chains, self.by_part(params), self.by_part(state)
        added, new_wide = wide.apply(weights[0], x, states[0], within(context, 0))
        potential, new_deep = deep.synapse(weights[1], x, states[1], within(context, 1))
        if potential.ndim > added.ndim:
            added = added[:, None]  # (batch, 1, units)
        return potential + added, _named([new_wide, new_deep])

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.deep[-1].activate(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.deep[-1].output_activation

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(chain.penalty(own) for chain, own in zip(self.chains, self.by_part(params), strict=True))

    def constrain(self, params: Params, state: State) -> Params:
        if not self.trainable:
            return params
        parts = zip(self.chains, self.by_part(params), self.by_part(state), strict=True)
        return _named([chain.constrain(own, carried) for chain, own, carried in parts])

    def by_part(self, named: Tree) -> tuple[tuple[dict[str, Array], ...], ...]:
        """Return parameters or state with a dict for each layer of each part."""
        found = {name: tuple({} for _ in part) for name, part in zip(PARTS, (self.wide, self.deep), strict=True)}
        for name, array in by_name(named).items():
            part, place, own = name.split("/", 2)
            found[part][int(place)][own] = array
        return found["wide"], found["deep"]


def _named(parts: list[Tree]) -> dict[str, Array]:
    return {
        f"{part}/{place}/{name}": array
        for part, layers in zip(PARTS, parts, strict=True)
        for place, own in enumerate(layers)
        for name, array in (own or {}).items()
    }
