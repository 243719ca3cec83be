"""Attributions from gradients: gradient times input, integrated and expected gradients, SmoothGrad."""

from __future__ import annotations

from functools import partial
from typing import Unpack

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from ..errors import InvalidValue
from ..model.options import whole
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int
from .answering import TracedFunction, checked
from .attribution import Attribution, attribution, repeatable
from .baselines import baseline_of, from_baseline
from .explained import WITHOUT, Explained, ExplainOptions, explained

POINTS = 2048  # at which gradients are computed at once
GAP = 0.01  # of the largest difference that is explained, above which more steps are advised


@repeatable
def gradient_times_input(
    model: object, x: object, *, baseline: ArrayLike | None = None, **options: Unpack[ExplainOptions]
) -> Attribution:
    """Return the derivative of the answer by each value, times the value.

    Use it as the fastest first look; it is right for linear models, and wrong where the answer is saturated.

        phi_i = (x_i - x'_i) df/dx_i (x)

    Args:
        model: A plastica model, or a function that JAX can differentiate.
        x: The rows to explain, ``(rows, *shape)``.
        baseline: What the values are counted from, of the shape of a row or of ``x``. Default: 0.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``; they need not add up to the answer.

    Raises:
        InvalidValue: If the model cannot be differentiated.

    Reference:
        A. Shrikumar, P. Greenside, A. Shcherbina, A. Kundaje (2016), Not just a black box: learning important features
        through propagating activation differences.
    """
    asked = explained("gradient_times_input", model, x, WITHOUT, options)
    base = baseline_of("gradient_times_input", asked, baseline)
    points = _Points(base, np.ones(1), np.ones(1))
    values, _ = _averaged(asked, "gradient_times_input", points)
    return from_baseline(asked, "gradient_times_input", values, base[:, 0], 1, additive=False)


@repeatable
def integrated_gradients(
    model: object,
    x: object,
    *,
    baseline: ArrayLike | None = None,
    steps: int = 64,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Integrate the gradient along the straight line from a baseline to each row.

    Use it for networks, also for images. The values add up to the answer minus that for the baseline.

        phi_i = (x_i - x'_i) * integral from 0 to 1 of df/dx_i (x' + a (x - x')) da

    Args:
        model, x: As for :func:`gradient_times_input`.
        baseline: An input without information, of the shape of a row or of ``x``: the mean of the training rows, or a
            black image. Default: 0.
        steps: Nodes of the Gauss-Legendre quadrature. 64 suffice for smooth networks; the gap of the result shows how
            exact the integral is.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``.

    Raises:
        InvalidValue: If the model cannot be differentiated.
        ShapeError: If the baseline has another shape.

    Example:
        >>> import plastica as pl
        >>> found = pl.explain.integrated_gradients(lambda x: x[:, 0] ** 2 + x[:, 1], [[2.0, 1.0]])
        >>> found.values[0, :, 0].round(4).tolist()
        [4.0, 1.0]

    Reference:
        M. Sundararajan, A. Taly, Q. Yan (2017), Axiomatic attribution for deep networks, equation 1.
    """
    count = whole("steps", steps, 1)
    assert count is not None
    asked = explained("integrated_gradients", model, x, WITHOUT, options)
    base = baseline_of("integrated_gradients", asked, baseline)
    nodes, weights = np.polynomial.legendre.leggauss(count)
    values, _ = _averaged(asked, "integrated_gradients", _Points(base, (nodes + 1) / 2, weights / 2))
    made = from_baseline(asked, "integrated_gradients", values, base[:, 0], count)
    scale = np.abs(made.answers - made.baseline).max(initial=0)
    gap = np.abs(made.gap).max(initial=0)
    if gap <= GAP * scale or gap < 1e-6:
        return made
    note = f"the values of a row miss its answer by up to {gap:.3g}; raise steps={count}."
    return from_baseline(asked, "integrated_gradients", values, base[:, 0], count, notes=(note,))


@repeatable
def expected_gradients(
    model: object,
    x: object,
    background: object,
    *,
    samples: int = 200,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Average integrated gradients over the rows of a background, by sampling rows and places on the lines.

    Use it where no single baseline stands for "no information". For linear models it equals the Shapley values.

        phi_i = E over rows x' and a in [0, 1] of (x_i - x'_i) df/dx_i (x' + a (x - x'))

    Args:
        model, x: As for :func:`gradient_times_input`.
        background: The rows that they are compared with, such as 100 of the training rows.
        samples: Pairs of a background row and a place, shared by all rows; at least 2.
        seed: The seed of the draws.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``, with standard errors. They add up to the answer minus the mean answer
        for the background, up to the error of sampling.

    Reference:
        G. Erion, J. Janizek, P. Sturmfels, S. Lundberg, S.-I. Lee (2021), Improving performance of deep learning models
        with axiomatic attribution priors and expected gradients, equation 4.
    """
    count = whole("samples", samples, 2)
    assert count is not None
    asked = explained("expected_gradients", model, x, background, options)
    assert asked.background is not None
    random = np.random.default_rng(seed)
    # All rows equally often, and places in as many equal strata: the same mean with a smaller error.
    rows = np.concatenate(
        [random.permutation(len(asked.background)) for _ in range(-(-count // len(asked.background)))]
    )
    places = (random.permutation(count) + random.random(count)) / count
    base = asked.background.reshape(len(asked.background), -1)[rows[:count]][None].astype(np.float32)
    values, error = _averaged(asked, "expected_gradients", _Points(base, places, np.full(count, 1 / count)))
    baseline = asked.function(asked.background)[:, asked.outputs].mean(0)
    times = count * len(asked.x)
    return attribution(asked, "expected_gradients", values, baseline, times, error=error)


@repeatable
def smooth_grad(
    model: object,
    x: object,
    *,
    noise: float = 0.15,
    samples: int = 50,
    seed: int = 0,
    **options: Unpack[ExplainOptions],
) -> Attribution:
    """Average the gradient over noisy copies of each row.

    Use it for images, whose plain gradients change from pixel to pixel. The values are sensitivities, df/dx_i, and not
    contributions: they do not add up to the answer.

        phi_i = E over n ~ N(0, sigma^2) of df/dx_i (x + n)

    Args:
        model, x: As for :func:`gradient_times_input`.
        noise: The standard deviation of the noise as a share of the range of the values of ``x``: of all of them for
            images, of its own column for tables. The authors recommend 0.1 to 0.2.
        samples: Noisy copies; at least 2.
        seed: The seed of the noise.
        options: See :class:`ExplainOptions`.

    Returns:
        The values, ``(rows, *shape, outputs)``, with standard errors.

    Raises:
        InvalidValue: If the noise is negative, or the model cannot be differentiated.

    Reference:
        D. Smilkov, N. Thorat, B. Kim, F. Viegas, M. Wattenberg (2017), SmoothGrad: removing noise by adding noise.
    """
    count = whole("samples", samples, 2)
    assert count is not None
    if not 0 <= noise < np.inf:
        raise InvalidValue(note("explain.smooth_noise", noise=str(noise)))
    asked = explained("smooth_grad", model, x, WITHOUT, options)
    flat = asked.x.reshape(len(asked.x), -1).astype(np.float32)
    spread = np.ptp(flat, 0) if asked.x.ndim == 2 and len(flat) > 1 else np.full(flat.shape[1], np.ptp(flat))
    drawn = np.random.default_rng(seed).standard_normal((count, flat.shape[1])) * spread * noise
    points = _Points(np.zeros((1, 1, flat.shape[1]), np.float32), np.ones(count), np.full(count, 1 / count), drawn)
    values, error = _averaged(asked, "smooth_grad", points)
    return from_baseline(asked, "smooth_grad", values, np.zeros(flat.shape[1]), count, error=error, additive=False)


class _Points:
    """Where gradients are computed for a row x: base + place * (x - base) + noise.

    Args:
        base: ``(rows or 1, points or 1, features)``.
        places: ``(points,)``.
        weights: The weight of each point in the mean.
        noise: ``(points, features)``; with it, gradients are averaged as they are and not multiplied by x - base.
    """

    def __init__(
        self, base: np.ndarray, places: np.ndarray, weights: np.ndarray, noise: np.ndarray | None = None
    ) -> None:
        self.base, self.places, self.weights, self.noise = base, places, weights, noise


def _averaged(
    asked: Explained, method: str, points: _Points
) -> tuple[Float[np.ndarray, "rows groups outputs"], Float[np.ndarray, "rows groups outputs"]]:
    """Return the weighted mean of gradients times differences, and its standard error if all weights are equal."""
    keep_compiled_programs()
    function = asked.function.differentiable(method, asked.x)
    x = asked.x.reshape(len(asked.x), -1).astype(np.float32)
    noise = np.zeros((1, x.shape[1])) if points.noise is None else points.noise
    at_once = max(1, POINTS // len(points.places))
    found = _integrated(
        function, x, *(np.asarray(each, np.float32) for each in (points.base, points.places, points.weights, noise)),
        asked.labels if asked.is_grouped else None, asked.outputs, shape=asked.x.shape[1:],
        plain=points.noise is not None, at_once=at_once, groups=asked.count,
    )  # fmt: skip
    mean, square = (checked(np.asarray(each, np.float64)) for each in found)
    count = len(points.places)
    return mean, np.sqrt(np.maximum(square - np.square(mean), 0) / max(1, count - 1))


@partial(jax.jit, static_argnames=("shape", "plain", "at_once", "groups"))
def _integrated(
    function: TracedFunction,
    x: Float[Array, "rows features"],
    base: Float[Array, "bases lines features"],
    places: Float[Array, "points"],
    weights: Float[Array, "points"],
    noise: Float[Array, "noises features"],
    labels: Int[Array, "features"] | None,
    outputs: Int[Array, "outputs"],
    *,
    shape: tuple[int, ...],
    plain: bool,
    at_once: int,
    groups: int,
) -> tuple[Float[Array, "rows groups outputs"], Float[Array, "rows groups outputs"]]:
    def of_row(number: Array) -> tuple[Array, Array]:
        row, own = x[number], base[number % len(base)]
        points = own + places[:, None] * (row - own) + noise  # (points, features)
        answers, back = jax.vjp(lambda at: function(at.reshape(-1, *shape))[:, outputs], points)
        # Rows do not read each other: one cotangent for all of them gives the gradient of each.
        ones = jnp.eye(answers.shape[1])[:, None] * jnp.ones((1, len(points), 1))
        (gradients,) = jax.vmap(back)(ones.astype(answers.dtype))  # (outputs, points, features)
        each = gradients if plain else gradients * (row - own)
        each = jnp.moveaxis(each, 0, 2)  # (points, features, outputs)
        if labels is not None:
            each = jnp.zeros((len(points), groups, each.shape[2])).at[:, labels].add(each)
        return jnp.einsum("p,pgo->go", weights, each), jnp.einsum("p,pgo->go", weights, jnp.square(each))

    return jax.lax.map(of_row, jnp.arange(len(x)), batch_size=at_once)
