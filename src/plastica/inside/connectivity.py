"""Paths between two trained networks in the space of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from ..ensembles.copying import as_models
from ..errors import InvalidValue, ShapeError
from ..model import Model
from ..model.loss_of_weights import ROWS, LossOfWeights, loss_of_weights
from ..model.options import whole
from ..rules import Batch
from ..training.program import Program
from ..training.supervised import Supervised
from ..typing import Float, Memory, Params, State
from .directions import combined_with_state
from .look import SAY, InsideView, model_with_layers
from .matching import match_units

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

POINTS = 25
STEPS = 1000
RATE = 0.01
BATCH = 128
CURVE_ROWS = 20_000  # that the curve is trained on


@dataclass(frozen=True, eq=False, repr=False)
class ModeConnectivity(InsideView):
    """The loss along paths between two networks.

    Attributes:
        t: The places on a path, 0 at the first network and 1 at the second, ``(points,)``.
        paths: For each path the loss and the metrics by name: "linear", "aligned" (linear, after the hidden units of
            the second network were renumbered) and "curve" (a trained quadratic Bezier curve).
    """

    t: Float[np.ndarray, "points"]
    paths: dict[str, dict[str, Float[np.ndarray, "points"]]]

    @property
    def barriers(self) -> dict[str, float]:
        """The barrier of each path: how far the loss rises above the line between the losses of the two networks."""
        return {name: barrier(self.t, found["loss"]) for name, found in self.paths.items()}

    def sentences(self) -> list[str]:
        ends = next(iter(self.paths.values()))["loss"][[0, -1]]
        said = [SAY("connectivity_ends", first=f"{ends[0]:.4g}", second=f"{ends[1]:.4g}")]
        for name, height in self.barriers.items():
            found = self.paths[name]
            worst = int(np.argmax(found["loss"]))
            told = {"barrier": f"{height:.4g}", "loss": f"{found['loss'][worst]:.4g}", "t": f"{self.t[worst]:.2f}"}
            said.append(SAY(f"connectivity_{name}", **told))
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each path and place: path, t, loss, metrics."""
        import polars as pl

        return pl.concat(
            pl.DataFrame({"path": [name] * len(self.t), "t": self.t, **found}) for name, found in self.paths.items()
        )

    def summary(self) -> pl.DataFrame:
        import polars as pl

        return pl.DataFrame({"t": self.t, **{name: found["loss"] for name, found in self.paths.items()}})[::3]

    def drawing(self) -> Drawing:
        from .landscape_picture import draw_connectivity

        return draw_connectivity(self)


def barrier(t: Float[np.ndarray, "points"], loss: Float[np.ndarray, "points"]) -> float:
    """Return how far a loss rises above the straight line between its ends.

    Example:
        >>> barrier(np.array([0.0, 0.5, 1.0]), np.array([1.0, 4.0, 3.0]))
        2.0

    Reference:
        R. Entezari, H. Sedghi, O. Saukh, B. Neyshabur (2022), The role of permutation invariance in linear mode
        connectivity of neural networks, equation 1.
    """
    return float(np.max(loss - (1 - t) * loss[0] - t * loss[-1]))


def mode_connectivity(
    first: Model,
    second: Model,
    x: object,
    y: object,
    *,
    align: bool = True,
    curve: bool = True,
    points: int = POINTS,
    steps: int = STEPS,
    learning_rate: float = RATE,
    rows: int = ROWS,
    seed: int = 0,
) -> ModeConnectivity:
    """Compute the loss along paths between two trained networks.

    Use it to see whether two solutions belong together: without a barrier on the straight line their weights may be
    averaged; with one that vanishes after their hidden units are matched, they differ by the order of units only; and
    most solutions are connected by a curve of low loss.

        linear:  (1 - t) w1 + t w2
        aligned: the same, with the hidden units of the second network in the order that :func:`match_units` finds
        curve:   (1 - t)^2 w1 + 2 t (1 - t) theta + t^2 w2,  theta minimizes the mean loss over t

    Running statistics of normalization are combined like the weights.

    Args:
        first, second: Compiled models of one network.
        x, y: Inputs and targets, ``(rows, ...)``.
        align: Whether the aligned path is computed.
        curve: Whether the curve is trained.
        points: The number of places on each path.
        steps: The steps of training of the curve, by Adam on batches of 128 rows with a random t each.
        learning_rate: The learning rate of the curve.
        rows: How many rows the loss is the mean of, evenly spaced among those given.
        seed: The seed of the curve's batches and of the matching.

    Raises:
        InvalidValue: If a model has no loss, or units cannot be matched; pass ``align=False`` then.
        ShapeError: If the models are of different networks.

    Reference:
        T. Garipov, P. Izmailov, D. Podoprikhin, D. Vetrov, A. G. Wilson (2018), Loss surfaces, mode connectivity, and
        fast ensembling of DNNs, equations 2 and 4. J. Frankle, G. Dziugaite, D. Roy, M. Carbin (2020), Linear mode
        connectivity and the lottery ticket hypothesis. S. Ainsworth, J. Hayase, S. Srinivasa (2023), Git Re-Basin.
    """
    count, made, kept = whole("points", points, 3), whole("steps", steps, 1), whole("rows", rows, 1)
    assert count is not None and made is not None and kept is not None
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise InvalidValue(f"mode_connectivity(learning_rate={learning_rate!r}): expected a number above 0.")
    one, other = as_models(
        "mode_connectivity", [model_with_layers("mode_connectivity", each) for each in (first, second)]
    )
    loss = loss_of_weights("mode_connectivity", one, x, y, kept)
    ends = [_weights(loss, each) for each in (one, other)]
    t = np.linspace(0, 1, count)
    paths = {"linear": _along(loss, ends, np.stack([1 - t, t], 1))}
    if align:
        renumbered = match_units(one, other, x, seed=seed).model
        paths["aligned"] = _along(loss, [ends[0], _weights(loss, renumbered)], np.stack([1 - t, t], 1))
    if curve:
        middle = _trained(one, x, y, ends, made, learning_rate, seed)
        paths["curve"] = _along(loss, [ends[0], middle, ends[1]], np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], 1))
    return ModeConnectivity(t, paths)


WeightsAndState = tuple[Params, State]


def _weights(loss: LossOfWeights, model: Model) -> WeightsAndState:
    """Return the weights and the state of a model, which must be of the network whose loss is computed."""
    _, params, state, _ = model.answering()
    shapes = [jax.tree.map(np.shape, each) for each in (loss.params, params)]
    if shapes[0] != shapes[1]:
        raise ShapeError(
            "mode_connectivity: the weights of the models differ in shape; expected models of one network."
        )
    return params, state


def _along(
    loss: LossOfWeights, ends: list[WeightsAndState], factors: Float[np.ndarray, "points ends"]
) -> dict[str, np.ndarray]:
    common = tuple(params for params, _ in ends), tuple(state for _, state in ends)
    return loss.figures(combined_with_state, common, jnp.asarray(factors, jnp.float32))


def _trained(
    model: Model, x: object, y: object, ends: list[WeightsAndState], steps: int, learning_rate: float, seed: int
) -> WeightsAndState:
    """Return the point between two networks that bends the curve to where the loss is low."""
    loss = loss_of_weights("mode_connectivity", model, x, y, CURVE_ROWS)
    if not isinstance(loss.program, Supervised):
        raise InvalidValue("mode_connectivity: a curve is trained on a loss; pass curve=False for other programs.")
    common = tuple(params for params, _ in ends), tuple(state for _, state in ends)
    half = jnp.full(2, 0.5, jnp.float32)
    start, state = combined_with_state(common, half)
    random = np.random.default_rng(seed)
    count = int(loss.batch.size)
    numbers = jnp.asarray(random.integers(0, count, (steps, min(BATCH, count))), jnp.int32)
    at = jnp.asarray(random.random(steps), jnp.float32)
    found = _train_curve(loss.program, common, start, state, loss.memory, loss.batch, numbers, at, learning_rate)
    return found, state


@jax.jit
def _train_curve(
    program: Program,
    common: tuple[tuple[Params, ...], tuple[State, ...]],
    middle: Params,
    middle_state: State,
    memory: Memory,
    rows: Batch,
    numbers: Array,
    at: Array,
    learning_rate: float,
) -> Params:
    """Minimize the mean loss over the curve by Adam, a random place and batch a step."""
    (first, second), (first_state, second_state) = common
    optimizer = optax.adam(learning_rate)

    def loss_at(middle: Params, t: Array, batch: Batch) -> Array:
        factors = jnp.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2])
        trees = (first, middle, second), (first_state, middle_state, second_state)
        return program.judge(*combined_with_state(trees, factors), memory, batch).loss

    def step(
        carry: tuple[Params, optax.OptState], given: tuple[Array, Array]
    ) -> tuple[tuple[Params, optax.OptState], None]:
        middle, state = carry
        chosen, t = given
        gradient = jax.grad(loss_at)(middle, t, _picked(rows, chosen))
        change, state = optimizer.update(gradient, state)  # pyright: ignore[reportArgumentType]
        return (optax.apply_updates(middle, change), state), None  # pyright: ignore[reportArgumentType, reportReturnType]

    start = (middle, optimizer.init(middle))  # pyright: ignore[reportArgumentType]
    return jax.lax.scan(step, start, (numbers, at))[0][0]


def _picked(rows: Batch, chosen: Array) -> Batch:
    """Return some rows of a batch as a batch."""
    x, y, weight, within = jax.tree.map(lambda part: part[chosen], (rows.x, rows.y, rows.weight, rows.within))
    return rows._replace(x=x, y=y, weight=weight, within=within, size=jnp.float32(chosen.shape[0]))
