"""The curvature of the loss: eigenvalues of its Hessian, and how many directions of weights the data determine."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..errors import InvalidValue
from ..model import Model
from ..model.loss_of_weights import ROWS, linearized_gradient, loss_of_weights
from ..model.options import whole
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, PyTree
from .lanczos_quadrature import SETTLED, Quadrature, quadrature
from .look import SAY, InsideView, model_with_layers

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

EXACT = 1000  # weights, up to which the whole Hessian is computed
TOGETHER = 32  # rows of it that are computed side by side
STEPS = 300
PROBES = 5


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

    keep_compiled_programs()
    if size <= EXACT:
        values = _all_eigenvalues(loss.fixed, size)
        found = Quadrature(values, np.full(size, 1 / size), float(determined(values).sum()), 0.0, 0.0)
    else:
        found = quadrature(
            linearized_gradient, loss.fixed, size, determined, counts[0], counts[1], np.random.default_rng(seed)
        )
    if not np.isfinite(found.values).all():
        raise InvalidValue(note("looks.not_finite"))
    return HessianSpectrum(*found[:2], size, *found[2:], z, total)


def _all_eigenvalues(fixed: PyTree, size: int) -> Float[np.ndarray, "weights"]:
    matrix = np.asarray(_hessian(fixed, jnp.eye(size)), np.float64)
    return np.linalg.eigvalsh((matrix + matrix.T) / 2) if np.isfinite(matrix).all() else np.full(size, np.nan)


@jax.jit
def _hessian(fixed: PyTree, rows: Float[Array, "weights weights"]) -> Float[Array, "weights weights"]:
    """Return the Hessian, some rows at a time."""
    return jax.lax.map(linearized_gradient(fixed), rows, batch_size=TOGETHER)
