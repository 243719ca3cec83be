"""The intrinsic dimension of a training problem: how many random directions of weights suffice to solve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from ..model import Model, Sequential
from ..model.options import whole
from ..populations import Population
from ..training.monitor import better
from ..typing import Float
from .look import SAY, InsideView, model_with_layers
from .subspace import InSubspace

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

DIMENSIONS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
SHARE = 0.9
SEEDS = 3


@dataclass(frozen=True, eq=False, repr=False)
class IntrinsicDimension(InsideView):
    """How well a network learns in random subspaces of its weights, by their dimension.

    Attributes:
        dimensions: The dimensions, ascending; 0 is the network before training.
        figures: The loss and the metrics by name, ``(dimensions, seeds)``.
        baseline: Those of networks all of whose weights were trained, ``(seeds,)``.
        weights: The number of all weights.
        share: The share of the baseline that counts as a solution.
    """

    dimensions: tuple[int, ...]
    figures: dict[str, Float[np.ndarray, "dimensions seeds"]]
    baseline: dict[str, Float[np.ndarray, "seeds"]]
    weights: int
    share: float

    @property
    def monitor(self) -> str:
        """The first metric, or the loss."""
        names = list(self.figures)
        return names[1] if len(names) > 1 else names[0]

    @property
    def threshold(self) -> float:
        """The value that counts as a solution.

        For metrics that should be large, the share of the baseline; for losses and errors, as much below that of the
        network before training as the share of the way to the baseline.
        """
        whole_network = float(self.baseline[self.monitor].mean())
        if better(self.monitor) == "max":
            return self.share * whole_network
        untrained = float(self.figures[self.monitor][0].mean())
        return untrained + self.share * (whole_network - untrained)

    @property
    def dimension(self) -> int | None:
        """The smallest dimension whose mean over seeds is a solution; None if there is none."""
        means, sign = self.figures[self.monitor].mean(1), 1 if better(self.monitor) == "max" else -1
        solved = np.flatnonzero(sign * means >= sign * self.threshold)
        return self.dimensions[solved[0]] if len(solved) else None

    def sentences(self) -> list[str]:
        means = self.figures[self.monitor].mean(1)
        told = {
            "metric": SAY.name("figure", self.monitor),
            "share": f"{100 * self.share:.3g}",
            "baseline": f"{self.baseline[self.monitor].mean():.4g}",
            "threshold": f"{self.threshold:.4g}",
            "weights": f"{self.weights:,}",
        }
        if self.dimension is None:
            return [SAY("intrinsic_none", most=f"{self.dimensions[-1]:,}", reached=f"{means[-1]:.4g}", **told)]
        place = self.dimensions.index(self.dimension)
        said = [SAY("intrinsic_is", dimension=f"{self.dimension:,}", reached=f"{means[place]:.4g}", **told)]
        if place and self.dimension - self.dimensions[place - 1] > 1:
            said.append(SAY("intrinsic_between", least=f"{self.dimensions[place - 1]:,}", dimension=self.dimension))
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each dimension and seed: dimension, seed, loss, metrics; all weights have the last rows."""
        import polars as pl

        seeds = len(next(iter(self.baseline.values())))
        columns = {name: np.concatenate([values.ravel(), self.baseline[name]]) for name, values in self.figures.items()}
        dimensions = np.repeat([*self.dimensions, self.weights], seeds)
        return pl.DataFrame(
            {"dimension": dimensions, "seed": np.tile(np.arange(seeds), len(self.dimensions) + 1), **columns}
        )

    def summary(self) -> pl.DataFrame:
        import polars as pl

        values = np.concatenate([self.figures[self.monitor], self.baseline[self.monitor][None]])
        return pl.DataFrame(
            {
                "dimension": [*self.dimensions, self.weights],
                "mean": values.mean(1),
                "lowest": values.min(1),
                "highest": values.max(1),
            }
        )

    def drawing(self) -> Drawing:
        from .intrinsic_picture import draw_intrinsic

        return draw_intrinsic(self)


def intrinsic_dimension(
    model: Model,
    x: object,
    y: object,
    *,
    epochs: int,
    validation_data: tuple[object, object] | None = None,
    dimensions: Sequence[int] | None = None,
    share: float = SHARE,
    seeds: int = SEEDS,
    learning_rate: float | None = None,
    **options: Any,
) -> IntrinsicDimension:
    """Return how many random directions of weights suffice to solve a problem: the intrinsic dimension d_int90.

    Use it to compare how hard problems are for a network, or how well networks suit a problem, and to see how many of
    the weights only make the search easier. Networks start from their initial weights and move in a random subspace:

        w = w_0 + P v

    with v trained and P fixed. The intrinsic dimension is the smallest one of v with which they reach 90 % of the
    metric of networks all of whose weights are trained. All dimensions and seeds are one population in one compiled
    program, the baselines another.

    Args:
        model: A compiled model; it gives the network and the settings, and is not trained itself.
        x, y: Training rows.
        epochs: The epochs of each training.
        validation_data: Rows ``(x, y)`` on which networks are compared. Default: the training rows.
        dimensions: The dimensions that are tried. Default: 1 to 500, as far as there are weights.
        share: The share of the baseline that counts as a solution.
        seeds: The number of networks of each dimension; each has other initial weights and directions.
        learning_rate: That of the subspaces. Default: the model's. Steps are scaled so that Adam moves the weights as
            far as without a subspace; for plain gradient descent a smaller one may be needed.
        options: Further options of ``Population.fit``, such as ``batch_size`` or ``verbose``.

    Raises:
        InvalidValue: If the model is not compiled with a loss or not trained by gradients, a dimension is below 1 or
            exceeds the number of weights, or the share is not between 0 and 1.

    Reference:
        C. Li, H. Farkhoor, R. Liu, J. Yosinski (2018), Measuring the intrinsic dimension of objective landscapes.
    """
    given = _checked(model, share)
    for name, value in (("epochs", epochs), ("seeds", seeds)):
        whole(name, value, 1)
    if not given.built:
        given.build(np.asarray(x).shape[1:])
    weights = given.count_params()
    chosen = _dimensions(dimensions, weights)
    judged = (x, y) if validation_data is None else validation_data
    fitted = {"epochs": epochs, "verbose": 0, **options}

    made = Sequential([InSubspace(given.network, chosen[-1], float(chosen[-1]))], seed=given.seed)
    made.build(given.input_shape)
    made.set_compiled(given.compiled)
    grid: dict[str, object] = {"layers.0.dimensions": [0.0, *map(float, chosen)]}
    if learning_rate is not None:
        grid["learning_rate"] = learning_rate
    population = Population(made, grid, seeds=seeds)
    population.fit(x, y, **fitted)
    alone = Population(given, seeds=seeds)
    alone.fit(x, y, **fitted)

    found, baseline = population.evaluate(*judged), alone.evaluate(*judged)
    names = list(alone.models[0].evaluate(*judged, verbose=0, return_dict=True))
    shape = len(chosen) + 1, seeds
    return IntrinsicDimension(
        (0, *chosen),
        {name: found[name].to_numpy().reshape(shape) for name in names},
        {name: baseline[name].to_numpy() for name in names},
        weights,
        share,
    )


def _checked(model: object, share: float) -> Model:
    given = model_with_layers("intrinsic_dimension", model)
    compiled = given.compiled
    if compiled.own is not None or compiled.loss is None or not compiled.rule.follows_gradient:
        raise InvalidValue(
            "intrinsic_dimension: networks in a subspace are trained by backpropagation; compile the model with a loss "
            'and rule="backprop".'
        )
    if not 0 < share <= 1:
        raise InvalidValue(f"intrinsic_dimension(share={share!r}): expected a share above 0, at most 1.")
    return given


def _dimensions(dimensions: Sequence[int] | None, weights: int) -> list[int]:
    """Return the dimensions, ascending."""
    if dimensions is None:
        return [each for each in DIMENSIONS if each <= weights]
    found = np.unique(np.asarray(dimensions, np.float64))
    if not found.size or not ((found == np.round(found)) & (found >= 1) & (found <= weights)).all():
        raise InvalidValue(
            f"intrinsic_dimension(dimensions={dimensions!r}): expected whole numbers from 1 to {weights:,}, the number "
            "of weights."
        )
    return [int(each) for each in found]
