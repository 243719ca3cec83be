"""DeepLIFT and DeepSHAP: the difference from a reference, divided layer by layer among the inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias, Unpack, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.tree_util import Partial
from numpy.typing import ArrayLike

from ..errors import InvalidValue
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Num
from .answering import LINKS, checked
from .attribution import Attribution, attribution, repeatable
from .baselines import baseline_of, from_baseline
from .cores import on_each_core
from .explained import WITHOUT, Explained, ExplainOptions, explained
from .linearity import LayerKind, NetworkParts, layer_kinds, slope
from .signed_differences import reveal_cancel

DeepLiftRule: TypeAlias = Literal["rescale", "reveal-cancel"]
AT_ONCE = 2048  # pairs of a row and a reference
NODES = 32  # of the quadrature across layers that are no products


@repeatable
def deep_lift(
    model: object,
    x: object,
    *,
    baseline: ArrayLike | None = None,
    rule: DeepLiftRule = "rescale",
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Divide the difference of the answer from that for a reference among the inputs, layer by layer (DeepLIFT).

    Use it for networks with saturated units, whose gradients vanish, at the cost of one pass forward and back. With the
    differences from the reference dz_j = sum_i w_ij da_i of potentials and da_j of activities, multipliers follow the
    chain rule, m_i = sum_j w_ij m(z_j), and at a unit

        rescale:        m(z) = da / dz,
        reveal-cancel:  m(z+) = da+ / dz+  and  m(z-) = da- / dz-,
                        da+ = ((f(z' + dz+) - f(z')) + (f(z' + dz+ + dz-) - f(z' + dz-))) / 2, and da- alike.

    The contributions m_i (x_i - x'_i) add up to the answer minus that for the reference.

    Args:
        model: A plastica model whose layers follow each other. Across a layer that is no product and no function of
            each unit (maximum pooling, recurrent and attention layers, softmax, layers with layers inside) the
            multiplier is the mean derivative between reference and row, which at a single unit is the rescale rule.
        x: The rows to explain, ``(rows, *shape)``.
        baseline: The reference, of the shape of a row or of ``x``. Default: 0.
        rule: "rescale", or "reveal-cancel", which treats positive and negative differences apart, so that two that
            cancel each other are both shown; for networks of products and functions of each unit.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``.

    Raises:
        InvalidValue: If the model is not a sequence of layers, reads codes, or does not suit the rule.
        ShapeError: If the baseline has another shape.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([pl.Dense(2, "relu"), pl.Dense(1)])
        >>> model.build((2,))
        >>> model.set_weights([[[1.0, 0.0], [0.0, 1.0]], [-1.0, 0.0], [[1.0], [2.0]], [0.0]])
        >>> pl.explain.deep_lift(model, [[3.0, 1.0]]).values[0, :, 0].round(4).tolist()  # relu(3 - 1) and 2 relu(1)
        [2.0, 2.0]

    Reference:
        A. Shrikumar, P. Greenside, A. Kundaje (2017), Learning important features through propagating activation
        differences, sections 3.5.1 and 3.5.3.
    """
    if rule not in get_args(DeepLiftRule):
        raise InvalidValue(note("explain.deep_lift_rule", rule=repr(rule)))
    asked = explained("deep_lift", model, x, WITHOUT, options)
    network = _network("deep_lift", asked)
    base = baseline_of("deep_lift", asked, baseline)
    values = _contributions("deep_lift", asked, network, base.reshape(-1, *asked.x.shape[1:]), rule, own=len(base) > 1)
    return from_baseline(asked, "deep_lift", values, base[:, 0], 1)


@repeatable
def deep_shap(model: object, x: object, background: object, **options: Unpack[ExplainOptions]) -> Attribution:
    """Average DeepLIFT over the rows of a background as references: fast approximate Shapley values of a network.

    Use it for networks with many inputs, such as images, where estimates from answers alone take too long. For linear
    models, and for one layer of units that read one input each, it equals the Shapley values.

        phi_i = 1/B sum_b m_i(x, b) (x_i - b_i)

    Args:
        model, x: As for :func:`deep_lift`, with its rescale rule.
        background: The rows that they are compared with, ``(background, *shape)``: about 100 of the training rows.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``; they add up to the answer minus the mean answer for the background.

    Raises:
        InvalidValue: If the model is not a sequence of layers, or reads codes.

    Reference:
        S. Lundberg, S.-I. Lee (2017), A unified approach to interpreting model predictions, section 4.2. H. Chen, S.
        Lundberg, S.-I. Lee (2022), Explaining a series of models by propagating Shapley values.
    """
    asked = explained("deep_shap", model, x, background, options)
    assert asked.background is not None
    network = _network("deep_shap", asked)
    values = _contributions("deep_shap", asked, network, asked.background.astype(np.float32), "rescale", own=False)
    baseline = asked.function(asked.background)[:, asked.outputs].mean(0)
    return attribution(asked, "deep_shap", values, baseline, len(asked.x) * len(asked.background))


def _network(method: str, asked: Explained) -> Model:
    """Return the model, whose layers follow each other."""
    model = asked.function.model
    if not isinstance(model, Model) or model.network.flow != "chain" or not model.network.children:
        raise InvalidValue(note("explain.chain_wanted", method=method))
    asked.function.differentiable(method, asked.x)
    return model


def _contributions(
    method: str, asked: Explained, model: Model, base: np.ndarray, rule: DeepLiftRule, *, own: bool
) -> Float[np.ndarray, "rows groups outputs"]:
    """Return contributions by group: to each row from its own reference, or the mean over all references."""
    keep_compiled_programs()
    _, params, state, _ = model.answering()
    parts = NetworkParts(params, state, jnp.asarray(asked.outputs), Partial(LINKS[asked.function.link]))
    kinds = layer_kinds(model, asked.x)
    if rule == "reveal-cancel":
        wrong = [
            f"{place} {type(model.network.children[place]).__name__}"
            for place, kind in enumerate(kinds)
            if not (kind.is_product and kind.is_split and kind.by_unit)
        ]
        if wrong:
            raise InvalidValue(note("explain.reveal_cancel", method=method, layers=", ".join(wrong)))
    x = asked.x.astype(np.float32)
    size = x[0].size
    # The reference of each row travels beside it, so that cores can share rows.
    both = np.concatenate([x.reshape(len(x), -1), base.reshape(len(x), -1)], 1) if own else x.reshape(len(x), -1)
    shared = np.zeros((0, *x.shape[1:]), np.float32) if own else base
    count = 1 if own else len(base)
    split = {"network": model.network, "kinds": kinds, "rule": rule, "at_once": max(1, AT_ONCE // count)}

    def program(rows: np.ndarray) -> Array:
        reference = rows[:, size:].reshape(-1, 1, *x.shape[1:]) if own else shared[None]
        return _lifted(rows[:, :size].reshape(-1, *x.shape[1:]), reference, parts, **split)

    found = checked(on_each_core(program, both, len(x) * count))
    return asked.by_group(found.reshape(len(x), size, -1))


@partial(jax.jit, static_argnames=("network", "kinds", "rule", "at_once"))
def _lifted(
    x: Num[Array, "rows *shape"],
    base: Num[Array, "bases references *shape"],
    parts: NetworkParts,
    *,
    network: Layer,
    kinds: tuple[LayerKind, ...],
    rule: DeepLiftRule,
    at_once: int,
) -> Float[Array, "rows *shape outputs"]:
    def of_row(number: Array) -> Array:
        row, references = network.cast_inputs(x[number]), network.cast_inputs(base[number % len(base)])
        if rule == "reveal-cancel":
            found = reveal_cancel(network, parts, row[None], references)
        else:
            found = _rescaled(network, parts, kinds, row[None], references)
        return jnp.moveaxis(found.mean(1), 0, -1)  # over references

    return jax.lax.map(of_row, jnp.arange(len(x)), batch_size=at_once)


def _rescaled(
    network: Layer, parts: NetworkParts, kinds: tuple[LayerKind, ...], row: Array, references: Array
) -> Float[Array, "outputs references *shape"]:
    """Return the contributions of the differences of a row from each reference."""
    here, there = jnp.broadcast_to(row, references.shape), references
    start = here - there
    steps: list[Callable[[Array], Array]] = []
    for place, (layer, kind) in enumerate(zip(network.children, kinds, strict=True)):

        def synapse(seen: Array, layer: Layer = layer, place: int = place) -> Array:
            return layer.synapse(parts.params[place], seen, parts.state[place], INFERENCE)[0]

        z_here, z_there = synapse(here), synapse(there)
        steps.append(_back(synapse, here, there, constant=kind.is_product))
        here, there = layer.activate(z_here), layer.activate(z_there)
        steps.append(
            _quotient(layer.activate, z_here, z_there) if kind.by_unit else _back(layer.activate, z_here, z_there)
        )
    flat_here, flat_there = here.reshape(len(here), -1), there.reshape(len(there), -1)
    start_of = jnp.eye(flat_here.shape[1])[parts.outputs]  # (outputs, units)
    last = slope(parts.link, flat_here, flat_there)
    multiplier = (start_of[:, None] * last).reshape(len(start_of), *here.shape)
    for step in reversed(steps):
        multiplier = jax.vmap(step)(multiplier)
    return multiplier * start


def _quotient(function: Callable[[Array], Array], here: Array, there: Array) -> Callable[[Array], Array]:
    own = slope(function, here, there)
    return lambda multiplier: multiplier * own


def _back(
    function: Callable[[Array], Array], here: Array, there: Array, *, constant: bool = False
) -> Callable[[Array], Array]:
    """Return the way of multipliers back: by the derivative, which is constant or averaged from reference to row."""
    if constant:
        back = jax.vjp(function, here)[1]
        return lambda multiplier: back(multiplier)[0]
    nodes, weights = np.polynomial.legendre.leggauss(NODES)

    def averaged(multiplier: Array) -> Array:
        def at(total: Array, node: tuple[Array, Array]) -> tuple[Array, None]:
            place, weight = node
            (own,) = jax.vjp(function, there + place * (here - there))[1](multiplier)
            return total + weight * own, None

        each = jnp.asarray((nodes + 1) / 2, here.dtype), jnp.asarray(weights / 2, here.dtype)
        return jax.lax.scan(at, jnp.zeros_like(here), each)[0]

    return averaged
