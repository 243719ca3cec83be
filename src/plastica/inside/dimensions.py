"""How many dimensions the activity of layers and the curvature of the loss have."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue
from ..memory.representation import participation_ratio
from ..model import Model
from ..model.loss_of_weights import ROWS, loss_of_weights
from ..model.options import whole
from ..populations.lanczos import MatrixProduct, Tridiagonal, lanczos
from ..typing import Float
from .activities import MOST_ROWS, activities_of, spaced_rows
from .look import SAY, InsideView, model_with_layers

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SHARE = 0.9  # of the variance
EXACT = 1000  # weights, up to which the whole Hessian is computed
STEPS = 300
PROBES = 5
EACH = 20  # Lanczos steps, after which the estimate is looked at
SETTLED = 0.01  # relative change of the estimate between two such looks


@dataclass(frozen=True, eq=False, repr=False)
class LayerDimensions(InsideView):
    """How many dimensions the activity of each layer uses.

    Attributes:
        layers: The input, and the path of each layer.
        widths: The numbers in the activity of each.
        participation: The participation ratio of each; NaN if the activity is the same for all rows.
        components: How many principal components have 90 % of the variance of each; 0 likewise.
        variances: The share of the variance of each principal component, by layer.
    """

    layers: tuple[str, ...]
    widths: tuple[int, ...]
    participation: Float[np.ndarray, "layers"]
    components: tuple[int, ...]
    variances: tuple[Float[np.ndarray, "components"], ...]

    def sentences(self) -> list[str]:
        known = np.nan_to_num(self.participation, nan=np.inf)
        least = int(known.argmin())
        told = {"layer": self.layers[least], "width": f"{self.widths[least]:,}"}
        return [SAY("dimensions_least", dimensions=f"{self.participation[least]:.3g}", **told)]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each layer: layer, width, participation ratio, components for 90 % of the variance."""
        import polars as pl

        return pl.DataFrame(
            {
                "layer": list(self.layers),
                "width": list(self.widths),
                "dimensions": self.participation,
                "components": list(self.components),
            }
        )

    def drawing(self) -> Drawing:
        from .spectrum_picture import draw_dimensions

        return draw_dimensions(self)


@dataclass(frozen=True, eq=False, repr=False)
class HessianSpectrum(InsideView):
    """The eigenvalues of the Hessian of the loss, and how many directions of weights the data determine.

    Attributes:
        eigenvalues: All eigenvalues of the Hessian of the mean loss in ascending order, or the Ritz values of all
            probes if there are too many weights.
        shares: The share of all eigenvalues that each stands for.
        weights: The number of weights.
        effective: The effective dimension, the sum of lambda / (lambda + z) over the eigenvalues of the Hessian of the
            sum of the losses of all rows.
        error: Its standard error due to the number of probes; 0 if all eigenvalues were computed.
        change: By how much the last Lanczos steps changed it; where this is larger than the error, raise ``steps``.
        z: The precision that an eigenvalue is compared with.
        rows: The number of rows given.
    """

    eigenvalues: Float[np.ndarray, "values"]
    shares: Float[np.ndarray, "values"]
    weights: int
    effective: float
    error: float
    change: float
    z: float
    rows: int

    def sentences(self) -> list[str]:
        told = {
            "effective": f"{self.effective:.4g}",
            "weights": f"{self.weights:,}",
            "error": f" ± {self.error:.2g}" if self.error else "",
            "z": f"{self.z:g}",
        }
        largest = f"{self.eigenvalues.max():.4g}"
        negative = f"{100 * float(self.shares[self.eigenvalues < 0].sum()):.3g}"
        said = [
            SAY("spectrum_effective", **told),
            SAY("spectrum_range", largest=largest, least=f"{self.eigenvalues.min():.3g}", share=negative),
        ]
        if self.change > max(2 * self.error, SETTLED * self.effective):
            said.append(SAY("spectrum_unsettled", change=f"{self.change:.3g}"))
        return said

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each eigenvalue or Ritz value, the largest first: eigenvalue, share of all eigenvalues."""
        import polars as pl

        return pl.DataFrame({"eigenvalue": self.eigenvalues[::-1], "share": self.shares[::-1]})

    def summary(self) -> pl.DataFrame:
        import polars as pl

        largest = max(float(self.eigenvalues.max()), 0.0)
        edges = [*(largest * 10.0**-power for power in range(6)), 0.0, min(float(self.eigenvalues.min()), 0.0)]
        inside = [
            (self.eigenvalues >= low) & ((self.eigenvalues < high) | (high == largest))
            for high, low in itertools.pairwise(edges)
        ]
        counts = [self.weights * float(self.shares[each].sum()) for each in inside]
        return pl.DataFrame(
            {"below": edges[:-1], "from": edges[1:], "eigenvalues": [round(each, 1) for each in counts]}
        )

    def drawing(self) -> Drawing:
        from .spectrum_picture import draw_spectrum

        return draw_spectrum(self)


def activity_dimensions(model: Model, x: object, *, rows: int = MOST_ROWS) -> LayerDimensions:
    """Return how many dimensions the activity of each layer uses.

    Use it to see where a network spreads its inputs and where it folds them together: trained classifiers often widen
    and then narrow to about as many dimensions as there are classes, less one.

        PR = (sum_i lambda_i)^2 / sum_i lambda_i^2

    with the eigenvalues lambda of the covariance of the activity. All numbers of a layer count, also those of steps and
    pixels; layers of more than 1,000 are projected at random, which hardly changes the ratio.

    Args:
        model: A plastica model.
        x: Rows, ``(rows, *shape)``; some hundred.
        rows: The largest number of rows, spaced evenly. The ratio cannot exceed it.

    Raises:
        ShapeError: If there are fewer than three rows.

    Reference:
        P. Gao, E. Trautmann, B. Yu, G. Santhanam, S. Ryu, K. Shenoy, S. Ganguli (2017), A theory of multineuronal
        dimensionality, dynamics and measurement. A. Ansuini, A. Laio, J. Macke, D. Zoccolan (2019), Intrinsic dimension
        of data representations in deep neural networks (the hunchback shape over layers).
    """
    given, most = model_with_layers("activity_dimensions", model), whole("rows", rows, 3)
    assert most is not None
    found = activities_of(given, spaced_rows(x, most), with_input=True)
    ratios, components, variances = [], [], []
    for activity in found.values():
        flat = activity.reshape(len(activity), -1).astype(np.float64)
        try:
            ratios.append(participation_ratio(flat))
        except DataError:  # a layer that answers all rows alike
            ratios.append(np.nan)
            components.append(0)
            variances.append(np.zeros(1))
            continue
        shares = np.linalg.svd(flat - flat.mean(0), compute_uv=False) ** 2
        shares /= shares.sum()
        components.append(int(np.searchsorted(shares.cumsum(), SHARE) + 1))
        variances.append(shares)
    widths = tuple(int(np.prod(each.shape[1:])) for each in found.values())
    return LayerDimensions(tuple(found), widths, np.array(ratios), tuple(components), tuple(variances))


def hessian_spectrum(
    model: Model,
    x: object,
    y: object,
    *,
    z: float = 1.0,
    steps: int = STEPS,
    probes: int = PROBES,
    rows: int = ROWS,
    seed: int = 0,
) -> HessianSpectrum:
    """Return the eigenvalues of the Hessian of the loss, and the effective dimension of the weights.

    Use it to see how many directions of weights the data determine: the others may be changed without a loss. Of two
    networks with the same training loss, that with the lower effective dimension usually generalizes better.

        N(z) = sum_i lambda_i / (lambda_i + z)

    with the eigenvalues of the Hessian of the sum of the losses over all rows; negative ones count as 0. Up to 1,000
    weights all are computed. Beyond, N is estimated from random vectors v with entries of ±1, whose v' f(H) v is the
    trace of f(H) on average; Lanczos steps give it from products of H with vectors (stochastic Lanczos quadrature).

    Args:
        model: A compiled model with a loss.
        x, y: Inputs and targets, ``(rows, ...)``.
        z: The precision of a Gaussian prior of the weights, which an eigenvalue is compared with, above 0.
        steps: The most Lanczos steps of each vector; fewer are made once 20 steps change N by less than 1 %. Each keeps
            a vector of the size of the weights.
        probes: The number of random vectors, at least 2.
        rows: How many rows the Hessian is computed for, evenly spaced; it is scaled to all.
        seed: The seed of the vectors.

    Raises:
        InvalidValue: If the model has no loss, an argument is out of range, or the Hessian is not finite.

    Reference:
        D. MacKay (1992), Bayesian interpolation, section 4 (the number of well-determined parameters). W. Maddox,
        G. Benton, A. G. Wilson (2020), Rethinking parameter counting in deep models: effective dimensionality
        revisited. S. Ubaru, J. Chen, Y. Saad (2017), Fast estimation of tr(f(A)) via stochastic Lanczos quadrature.
    """
    given = model_with_layers("hessian_spectrum", model)
    counts = whole("steps", steps, 1), whole("probes", probes, 2), whole("rows", rows, 1)
    assert counts[0] is not None and counts[1] is not None and counts[2] is not None
    if not (np.isfinite(z) and z > 0):
        raise InvalidValue(f"hessian_spectrum(z={z!r}): expected a precision above 0.")
    loss = loss_of_weights("hessian_spectrum", given, x, y, counts[2])
    size, total = loss.flat.size, len(np.asarray(y))

    def determined(values: Float[np.ndarray, "values"]) -> Float[np.ndarray, "values"]:
        above = np.maximum(values, 0) * total
        return above / (above + z)

    if size <= EXACT:
        values = _all_eigenvalues(loss.hessian_product, size)
        found = Quadrature(values, np.full(size, 1 / size), float(determined(values).sum()), 0.0, 0.0)
    else:
        found = quadrature(loss.hessian_product, size, determined, counts[0], counts[1], np.random.default_rng(seed))
    if not np.isfinite(found.values).all():
        raise InvalidValue("hessian_spectrum: the second derivatives of the loss are not finite at these weights.")
    return HessianSpectrum(*found[:2], size, *found[2:], z, total)


class Quadrature(NamedTuple):
    """The trace of a function of a symmetric matrix, and what it was computed from.

    Attributes:
        values: Eigenvalues, or the Ritz values of all probes, in ascending order.
        shares: The share of all eigenvalues that each stands for.
        trace: The trace.
        error: Its standard error due to the number of probes.
        change: By how much the last steps changed it.
    """

    values: Float[np.ndarray, "values"]
    shares: Float[np.ndarray, "values"]
    trace: float
    error: float
    change: float


def quadrature(
    product: MatrixProduct,
    size: int,
    function: Callable[[np.ndarray], np.ndarray],
    steps: int,
    probes: int,
    random: np.random.Generator,
) -> Quadrature:
    """Estimate the trace of a function of a symmetric matrix by stochastic Lanczos quadrature.

    Args:
        product: The product of the matrix with a vector.
        size: The number of rows of the matrix.
        function: The function of eigenvalues.
        steps: The most Lanczos steps of each vector.
        probes: The number of vectors.
        random: Where their entries come from.
    """
    nodes: list[np.ndarray] = []
    shares: list[np.ndarray] = []
    traces: list[float] = []
    changes: list[float] = []
    for _ in range(probes):
        values, weights, trace, change = _probe(product, random.choice([-1.0, 1.0], size), function, steps)
        nodes.append(values)
        shares.append(weights / probes)
        traces.append(trace)
        changes.append(change)
    order = np.argsort(np.concatenate(nodes), kind="stable")
    error = float(np.std(traces, ddof=1) / np.sqrt(probes))
    return Quadrature(
        np.concatenate(nodes)[order],
        np.concatenate(shares)[order],
        float(np.mean(traces)),
        error,
        float(np.max(changes)),
    )


def _probe(
    product: MatrixProduct, start: Float[np.ndarray, "size"], function: Callable[[np.ndarray], np.ndarray], steps: int
) -> tuple[Float[np.ndarray, "values"], Float[np.ndarray, "values"], float, float]:
    """Return the Ritz values of one vector, their weights, the trace by them, and its last change."""
    size = len(start)

    def trace_by(found: Tridiagonal) -> float:
        values, weights = found.quadrature()
        return size * float(weights @ function(values))

    trace, made, found = np.inf, 0, Tridiagonal(np.zeros(1), np.zeros(0))
    for found in lanczos(product, start, steps):
        made += 1
        if made % EACH == 0 and made < steps:
            before, trace = trace, trace_by(found)
            if not np.isfinite(trace) or abs(trace - before) <= SETTLED * abs(trace):
                return *found.quadrature(), trace, abs(trace - before)
    # Before the last allowed step, Lanczos only ends where the vectors span all that the matrix reaches.
    last = trace_by(found)
    return *found.quadrature(), last, abs(last - trace) if made == steps < size else 0.0


def _all_eigenvalues(product: MatrixProduct, size: int) -> Float[np.ndarray, "weights"]:
    matrix = np.stack([product(row) for row in np.eye(size)])
    return np.linalg.eigvalsh((matrix + matrix.T) / 2) if np.isfinite(matrix).all() else np.full(size, np.nan)
