"""The loss on a plane in the space of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.flatten_util import ravel_pytree

from ..ensembles.copying import as_models
from ..errors import InvalidValue
from ..model import Model
from ..model.loss_of_weights import ROWS, LossOfWeights, loss_of_weights
from ..model.options import whole
from ..typing import Float, Params
from .directions import DirectionScale, combined, random_direction
from .look import SAY, InsideView, model_with_layers

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

POINTS = 41
MARGIN = 0.25  # of the plane around models that it goes through, as a fraction of their range
TOGETHER = 8  # points computed side by side: small networks are twice as fast, and large ones not slower


@dataclass(frozen=True, eq=False, repr=False)
class LossLandscape(InsideView):
    """The loss on a plane of weights, w + a u + b v.

    Attributes:
        a, b: The coordinates, ``(points,)`` each.
        figures: The loss and the metrics by name, ``(b, a)``; NaN where the loss is not finite.
        own: The loss and the metrics of the model, at a = b = 0.
        places: The coordinates of models that the plane was laid through, ``(models, 2)``; the first is the model.
        normalize: How the directions were scaled: "filter", "layer" or "none"; "models" if it goes through models.
    """

    a: Float[np.ndarray, "points"]
    b: Float[np.ndarray, "points"]
    figures: dict[str, Float[np.ndarray, "points points"]]
    own: dict[str, float]
    places: Float[np.ndarray, "models 2"]
    normalize: str

    @property
    def loss(self) -> Float[np.ndarray, "points points"]:
        """The loss, ``(b, a)``."""
        return self.figures["loss"]

    @property
    def curvature(self) -> tuple[float, float]:
        """The second derivatives of the loss along the two directions at the model, by differences of the grid."""
        b, a = (int(np.abs(axis).argmin()) for axis in (self.b, self.a))
        ends = (0, len(self.a) - 1)
        if a in ends or b in ends:
            return float("nan"), float("nan")
        line, column = self.loss[b], self.loss[:, a]
        along_a, along_b = line[a - 1] - 2 * line[a] + line[a + 1], column[b - 1] - 2 * column[b] + column[b + 1]
        return float(along_a / (self.a[1] - self.a[0]) ** 2), float(along_b / (self.b[1] - self.b[0]) ** 2)

    def sentences(self) -> list[str]:
        low = np.unravel_index(np.nanargmin(self.loss), self.loss.shape)
        first, second = self.curvature
        told = {
            "own": f"{self.own['loss']:.4g}",
            "low": f"{self.loss[low]:.4g}",
            "a": f"{self.a[low[1]]:.3g}",
            "b": f"{self.b[low[0]]:.3g}",
            "high": f"{np.nanmax(self.loss):.4g}",
        }
        said = [SAY("landscape_is", **told)]
        if np.isfinite(first):
            said.append(SAY("landscape_curvature", first=f"{first:.3g}", second=f"{second:.3g}"))
        bad = int((~np.isfinite(self.loss)).sum())
        return [*said, *([SAY("landscape_not_finite", count=bad)] if bad else [])]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each point: a, b, and the loss and the metrics there."""
        import polars as pl

        a, b = np.meshgrid(self.a, self.b)
        return pl.DataFrame({"a": a.ravel(), "b": b.ravel(), **{k: v.ravel() for k, v in self.figures.items()}})

    def summary(self) -> pl.DataFrame:
        import polars as pl

        b, a = (int(np.abs(axis).argmin()) for axis in (self.b, self.a))
        return pl.DataFrame({"a": self.a, "loss_along_a": self.loss[b], "b": self.b, "loss_along_b": self.loss[:, a]})[
            ::4
        ]

    def drawing(self) -> Drawing:
        from .landscape_picture import draw_landscape

        return draw_landscape(self)


class Plane(NamedTuple):
    """A plane of weights: its two directions, its coordinates, and where models lie on it."""

    directions: tuple[Params, Params]
    a: Float[np.ndarray, "points"]
    b: Float[np.ndarray, "points"]
    places: Float[np.ndarray, "models 2"]


def loss_landscape(
    model: Model,
    x: object,
    y: object,
    *,
    through: Sequence[Model] = (),
    points: int = POINTS,
    span: float = 1.0,
    normalize: DirectionScale = "filter",
    rows: int = ROWS,
    seed: int = 0,
) -> LossLandscape:
    """Compute the loss on a plane through the weights of a model.

    Use it to see how wide and how smooth the surrounding of a solution is: beside networks of other depth, batch size
    or rule, or along the path that training took.

        f(a, b) = L(w + a u + b v)

    The random directions u and v have, for each unit or filter, the norm of its weights, so that networks whose units
    are scaled differently but compute the same are not told apart; biases stay.

    Args:
        model: A compiled model with a loss.
        x, y: Inputs and targets, ``(rows, ...)``.
        through: Other models of the same network, such as those of earlier epochs: the plane is then spanned by the
            two principal components of their distances from the model, or by these if there are one or two.
        points: The number of points along each side.
        span: How far the plane reaches to each side; 1 is the norm of the weights of each unit. Not used with
            ``through``.
        normalize: "filter" as above; "layer" for the norm of each array of weights; "none" for standard normal
            directions in all weights.
        rows: How many rows the loss is the mean of, evenly spaced among those given.
        seed: The seed of the directions.

    Raises:
        InvalidValue: If the model has no loss, or an argument is out of range.
        ShapeError: If a model of ``through`` is of another network.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(1, use_bias=False)])
        >>> model.compile("sgd", "mse")
        >>> x = np.array([[1.0], [2.0]])
        >>> found = pl.inside.loss_landscape(model, x, 3 * x, points=5)
        >>> found.loss.shape, bool(np.isclose(found.loss[2, 2], model.evaluate(x, 3 * x, verbose=0)))
        ((5, 5), True)

    Reference:
        H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein (2018), Visualizing the loss landscape of neural nets,
        sections 4 (filter normalization) and 7 (principal components of the path).
    """
    given = model_with_layers("loss_landscape", model)
    count, kept = whole("points", points, 3), whole("rows", rows, 1)
    assert count is not None and kept is not None
    if count % 2 == 0:
        raise InvalidValue(f"loss_landscape(points={points}): give an odd number, so that the model is on the grid.")
    if not (np.isfinite(span) and span > 0):
        raise InvalidValue(f"loss_landscape(span={span!r}): expected a number above 0.")
    loss = loss_of_weights("loss_landscape", given, x, y, kept)
    if through:
        plane = _through(given, loss, through, count)
    else:
        random = np.random.default_rng(seed)
        u, v = (random_direction(given.network, loss.params, random, normalize) for _ in range(2))
        axis = np.linspace(-span, span, count)
        plane = Plane((u, v), axis, axis, np.zeros((1, 2)))
    a, b = np.meshgrid(plane.a, plane.b)
    factors = jnp.asarray(np.stack([np.ones(a.size), a.ravel(), b.ravel()], 1), jnp.float32)
    found = loss.figures(combined, ((loss.params, *plane.directions), loss.state), factors, TOGETHER)
    shaped = {name: _finite(values).reshape(a.shape) for name, values in found.items()}
    return LossLandscape(plane.a, plane.b, shaped, loss.own, plane.places, "models" if through else normalize)


def _through(model: Model, loss: LossOfWeights, others: Sequence[Model], count: int) -> Plane:
    """Return the plane through a model on which the distances of others from it vary most."""
    models = as_models("loss_landscape", [model, *others])
    start, rebuilt = ravel_pytree(loss.params)
    flat = [_flat(each, len(start)) for each in models[1:]]
    away = np.stack([np.asarray(each, np.float64) for each in flat]) - np.asarray(start, np.float64)
    if not np.abs(away).max() > 0:
        raise InvalidValue("loss_landscape(through=...): all models have the weights of the first one.")
    _, _, axes = np.linalg.svd(away, full_matrices=False)
    spanned = np.stack([axes[0], axes[1] if len(axes) > 1 else _orthogonal(axes[0])])
    spanned *= np.where((away @ spanned.T).sum(0) < 0, -1, 1)[:, None]  # the sign of a component is arbitrary
    places = np.concatenate([np.zeros((1, 2)), away @ spanned.T])
    u, v = (rebuilt(jnp.asarray(axis, start.dtype)) for axis in spanned)
    a, b = (_around(places[:, axis], float(np.ptp(places, 0).max()), count) for axis in (0, 1))
    return Plane((u, v), a, b, places)


def _flat(model: Model, size: int) -> Array:
    flat = ravel_pytree(model.answering()[1])[0]
    if len(flat) != size:
        raise InvalidValue(
            f"loss_landscape(through=...): a model has {len(flat):,} weights and the first one {size:,}; expected "
            "models of one network."
        )
    return flat


def _orthogonal(axis: Float[np.ndarray, "weights"]) -> Float[np.ndarray, "weights"]:
    """Return a random direction at right angles to one, for a plane through two models."""
    drawn = np.random.default_rng(0).standard_normal(len(axis))
    drawn -= (drawn @ axis) * axis
    return drawn / max(float(np.linalg.norm(drawn)), 1e-12)


def _around(values: Float[np.ndarray, "models"], extent: float, count: int) -> Float[np.ndarray, "points"]:
    """Return coordinates from below the lowest value to above the highest, one of them 0."""
    low, high = values.min() - MARGIN * extent, values.max() + MARGIN * extent
    found = np.linspace(low, high, count)
    return found - found[np.abs(found).argmin()]


def _finite(values: Float[np.ndarray, "points"]) -> Float[np.ndarray, "points"]:
    return np.where(np.isfinite(values), values, np.nan)
