"""How much a network loses without its smallest weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ..ensembles.copying import copy_of
from ..errors import InvalidValue
from ..layers.walk import walk
from ..model import Model
from ..model.loss_of_weights import ROWS, LossOfWeights, loss_of_weights
from ..model.options import whole
from ..typing import Float, Params
from .look import SAY, InsideView, model_with_layers, no_worse
from .magnitudes import SCOPES, Scope, cuts, kernels_of, pruned, scores_of
from .sparse_population import sparse_copies, train_together

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SPARSITIES = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
ALL = "all"


@dataclass(frozen=True, eq=False, repr=False)
class PruningCurves(InsideView):
    """The loss of a network by the share of its connections that are pruned.

    Attributes:
        sparsities: The shares, ``(shares,)``.
        curves: For each curve the loss and the metrics by name: "magnitude" and "random" for all kernels together,
            "fine-tuned" if pruned networks were trained on, and the path of each kernel that was pruned alone.
        weights: The number of weights in all kernels.
        models: The pruned networks after fine-tuning; empty without.
    """

    sparsities: Float[np.ndarray, "shares"]
    curves: dict[str, dict[str, Float[np.ndarray, "shares"]]]
    weights: int
    models: tuple[Model, ...] = ()

    @property
    def monitor(self) -> str:
        """The first metric, or the loss."""
        names = list(self.curves["magnitude"])
        return names[1] if len(names) > 1 else names[0]

    def free(self, curve: str = "magnitude") -> float:
        """Return the largest share that may be pruned while the metric is no worse by .01, or the loss by 1 %."""
        found = self.curves[curve][self.monitor]
        lost = np.flatnonzero(~no_worse(self.monitor, found, float(self.curves["magnitude"][self.monitor][0])))
        if not len(lost):
            return float(self.sparsities[-1])
        return float(self.sparsities[max(lost[0] - 1, 0)])

    def sentences(self) -> list[str]:
        name = SAY.name("figure", self.monitor)
        said = [SAY("pruning_free", share=f"{100 * self.free():.3g}", weights=f"{self.weights:,}", metric=name)]
        if "fine-tuned" in self.curves:
            said.append(SAY("pruning_tuned", share=f"{100 * self.free('fine-tuned'):.3g}"))
        layers = [curve for curve in self.curves if curve not in ("magnitude", "random", "fine-tuned")]
        if len(layers) > 1:
            worst = max(layers, key=lambda curve: self.curves[curve]["loss"][-1])
            told = {"layer": worst, "share": f"{100 * self.sparsities[-1]:.3g}"}
            said.append(SAY("pruning_sensitive", loss=f"{self.curves[worst]['loss'][-1]:.4g}", **told))
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each curve and share: curve, sparsity, loss, metrics."""
        import polars as pl

        return pl.concat(
            pl.DataFrame({"curve": [curve] * len(self.sparsities), "sparsity": self.sparsities, **found})
            for curve, found in self.curves.items()
        )

    def summary(self) -> pl.DataFrame:
        import polars as pl

        columns = {curve: found[self.monitor] for curve, found in self.curves.items()}
        return pl.DataFrame({"sparsity": self.sparsities, **columns})

    def drawing(self) -> Drawing:
        from .pruning_picture import draw_pruning

        return draw_pruning(self)


def pruning_curves(
    model: Model,
    x: object,
    y: object,
    *,
    sparsities: Sequence[float] = SPARSITIES,
    scope: Scope = "global",
    fine_tune: int = 0,
    train: tuple[object, object] | None = None,
    rows: int = ROWS,
    seed: int = 0,
    **options: Any,
) -> PruningCurves:
    """Set the smallest weights of a network to 0, more and more of them, and return what that costs.

    Use it to see how much of a network is needed, which layer depends on its small weights, and how far it may be made
    smaller for weak devices. Random connections are the comparison: where pruning by magnitude is no better than they
    are, magnitudes say nothing.

    Connections are the weights in kernels; biases, scales and embeddings stay. All shares, all kernels together and
    each alone, are evaluated in one compiled program.

    Args:
        model: A compiled model with a loss.
        x, y: Inputs and targets that the loss is computed on, ``(rows, ...)``; best ones that training did not see.
        sparsities: The shares of the connections that are pruned, 0 to 1.
        scope: "global": the smallest weights of the whole network; "layer": the same share of each kernel.
        fine_tune: For how many epochs each pruned network is trained on, as a population in one program; pruned weights
            stay 0. Needs ``train``.
        train: Inputs and targets for ``fine_tune``.
        rows: How many rows the loss is the mean of, evenly spaced.
        seed: The seed of the random connections.
        options: Options of the training: those of ``Population.fit``, such as ``batch_size``.

    Raises:
        InvalidValue: If the model has no loss or no kernel, a share is not between 0 and 1, or ``train`` is missing.

    Example:
        >>> import numpy as np, plastica as pl
        >>> model = pl.Sequential([pl.Dense(4, "relu"), pl.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> x = np.eye(3)
        >>> found = pl.inside.pruning_curves(model, x, x.sum(1), sparsities=[0.0, 0.5])
        >>> sorted(found.curves)
        ['layer 0, Dense: kernel', 'layer 1, Dense: kernel', 'magnitude', 'random']

    Reference:
        S. Han, J. Pool, J. Tran, W. Dally (2015), Learning both weights and connections for efficient neural networks.
        D. Blalock, J. Gonzalez Ortiz, J. Frankle, J. Guttag (2020), What is the state of neural network pruning?
        (random pruning as a comparison).
    """
    given, kept, epochs = (
        model_with_layers("pruning_curves", model),
        whole("rows", rows, 1),
        whole("fine_tune", fine_tune, 0),
    )
    assert kept is not None and epochs is not None
    shares = _shares(sparsities)
    if scope not in SCOPES:
        raise InvalidValue(f"pruning_curves(scope={scope!r}): expected one of {', '.join(SCOPES)}.")
    if epochs and train is None:
        raise InvalidValue(f"pruning_curves(fine_tune={fine_tune}): pass train=(x, y), the rows that are trained on.")
    loss = loss_of_weights("pruning_curves", given, x, y, kept)
    kernels = kernels_of("pruning_curves", given)
    names = _names(given)
    scores = scores_of(loss.params)
    all_cuts = [cuts(scores, share, scope) for share in shares]
    curves = {"magnitude": _evaluated(loss, scores, all_cuts)}
    drawn = scores_of(loss.params, seed)
    curves["random"] = _evaluated(loss, drawn, [cuts(drawn, share, scope) for share in shares])
    if len(kernels) > 1:
        alone = [cuts(scores, share, scope, only=path) for path in kernels for share in shares]
        found = _evaluated(loss, scores, alone)
        for place, path in enumerate(kernels):
            own = slice(place * len(shares), (place + 1) * len(shares))
            curves[names[path]] = {name: values[own] for name, values in found.items()}
    models: tuple[Model, ...] = ()
    if epochs and train is not None:
        models = _fine_tuned(given, loss, scores, all_cuts, epochs, train, options)
        stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *((m.answering()[1], m.state) for m in models))
        curves["fine-tuned"] = loss.figures(_as_it_is, (), stacked)
    return PruningCurves(shares, curves, sum(each.size for each in kernels.values()), models)


def _shares(sparsities: Sequence[float]) -> Float[np.ndarray, "shares"]:
    found = np.unique(np.asarray(sparsities, np.float64))
    if found.ndim != 1 or not len(found) or not ((found >= 0) & (found <= 1)).all():
        raise InvalidValue(f"pruning_curves(sparsities={sparsities!r}): expected shares between 0 and 1.")
    return found if found[0] == 0 else np.concatenate([[0.0], found])


def _evaluated(loss: LossOfWeights, scores: Params, points: Sequence[Params]) -> dict[str, np.ndarray]:
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *points)
    return loss.figures(pruned, (loss.params, scores, loss.state), stacked)


def _as_it_is(_: object, point: Any) -> Any:
    return point


def _names(model: Model) -> dict[str, str]:
    """Return what each kernel is called: its layer and its name, ``"layer 0, Dense: kernel"``."""
    numbered = jax.tree_util.tree_map_with_path(lambda path, _: jax.tree_util.keystr(path), model.answering()[1])
    return {
        where: f"{path}: {name}"
        for path, _, own in walk(model.network, numbered)
        for name, where in (own or {}).items()
    }


def _fine_tuned(
    model: Model,
    loss: LossOfWeights,
    scores: Params,
    points: Sequence[Params],
    epochs: int,
    train: tuple[object, object],
    options: dict[str, Any],
) -> tuple[Model, ...]:
    """Return the pruned networks after training side by side."""
    common = (loss.params, scores, loss.state)
    weights = [pruned(common, point) for point in points]
    models = sparse_copies("pruning_curves", model, weights, [model.seed] * len(points))
    train_together(models, train, epochs, options)
    return tuple(copy_of(model, each.snapshot()) for each in models)  # with the rule of the model
