"""Normalization of each window of a series by its own mean and deviation, undone behind the network inside."""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..random import Shape
from ..typing import Float, Params, State
from .composition import applied, within
from .layer import Layer
from .normalization_base import check_epsilon
from .records import Context, Errors, Record, Variables, added
from .sequential import Sequential, checked_layers

CENTERS = ("mean", "last")


class WindowScale(NamedTuple):
    """What each feature of each window is reduced by and divided by, both ``(batch, 1, features)``."""

    center: jax.Array
    spread: jax.Array | float


@declaration
class InstanceNormalization(Layer):
    r"""Normalize each feature of each sequence by its own mean and standard deviation over time.

    .. math:: z_t = \gamma \frac{x_t - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    When to use: inside of :class:`ReversibleInstanceNormalization`; alone where the level of a sequence says nothing.

    Args:
        center: :math:`\mu`: the "mean" of the sequence, or its "last" step.
        scale: Whether to divide by the standard deviation.
        affine: Whether :math:`\gamma` and :math:`\beta` are learned, for each feature; otherwise 1 and 0.
        first: How many features are normalized, the first ones; the others stay as they are. Default: all.
        epsilon: Added to the variance, so that constant sequences do not cause a division by zero.

    Shapes:
        ``(batch, time, features)`` in and out; gamma and beta ``(first,)``.

    Raises:
        InvalidValue: If ``center`` is unknown, or epsilon or ``first`` is not above 0.
        ShapeError: If inputs are not sequences, or have fewer features than ``first``.

    Example:
        >>> x = np.array([[[1.0], [3.0]]], "float32")
        >>> InstanceNormalization(affine=False).apply({}, x)[0].ravel().round(2).tolist()
        [-1.0, 1.0]

    Reference:
        Ulyanov, Vedaldi, Lempitsky (2016), Instance normalization: the missing ingredient for fast stylization.
    """

    center: Literal["mean", "last"] = "mean"
    scale: bool = True
    affine: bool = True
    first: int | None = None
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        check_instance("InstanceNormalization", self.center, self.first)
        check_epsilon("InstanceNormalization", self.epsilon)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2 or self.count(shape) > shape[-1]:
            wanted = "features" if self.first is None else f"{self.first} features or more"
            raise ShapeError(f"{type(self).__name__}: got inputs of shape {shape}; it expects (time, {wanted}).")
        return tuple(shape)

    def count(self, shape: Shape) -> int:
        """Return how many features are normalized."""
        return shape[-1] if self.first is None else self.first

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        count = self.count(self.output_shape(shape))
        learned = {"gamma": np.ones(count, np.float32), "beta": np.zeros(count, np.float32)}
        return Variables(learned if self.affine else {}, {})

    def statistics(self, x: Float[Array, "batch time features"]) -> WindowScale:
        """Return the center and the spread of the features that are normalized."""
        own = x[..., : self.first]
        mean = own.mean(1, keepdims=True)
        center = mean if self.center == "mean" else own[:, -1:]
        spread = jnp.sqrt(jnp.square(own - mean).mean(1, keepdims=True) + self.epsilon) if self.scale else 1.0
        return WindowScale(center, spread)

    def synapse(
        self, params: Params, x: Float[Array, "batch time features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch time features"], State]:
        center, spread = self.statistics(x)
        gamma, beta = _affine(params, x.dtype)
        normalized = (x[..., : self.first] - center) / spread * gamma + beta
        return (normalized if self.first is None else jnp.concatenate([normalized, x[..., self.first :]], -1)), state

    def inverse(
        self, params: Params, y: Float[Array, "batch steps targets"], x: Float[Array, "batch time features"]
    ) -> Float[Array, "batch steps targets"]:
        """Return outputs in the scale of the inputs that they were computed from."""
        center, spread = self.statistics(x)
        gamma, beta = _affine(params, y.dtype)
        return (y - beta) / gamma * spread + center


@declaration
class ReversibleInstanceNormalization(Layer):
    r"""Normalize each window of a series, apply layers, and return their forecast in the scale of the window (RevIN).

    .. math::
        z_t = \gamma \frac{x_t - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta, \quad u = \mathrm{layers}(z), \quad
        y = \sqrt{\sigma^2 + \epsilon} \, \frac{u - \beta}{\gamma} + \mu

    :math:`\mu` and :math:`\sigma` are those of each window and each feature.

    When to use: around a network for series whose level or spread at the time of the forecast is not that of the
    training set. With ``center="last", scale=False, affine=False`` only the last step is subtracted and added again,
    which makes a linear layer the model NLinear.

    Args:
        layers: The network inside, layers one after another. It returns a step of all forecast features for each step
            of the horizon.
        center: :math:`\mu`: the "mean" of the window, or its "last" step.
        scale: Whether to divide by the standard deviation.
        affine: Whether :math:`\gamma` and :math:`\beta` are learned, for each feature.
        first: How many features, the first ones, are normalized and forecast. The others, such as the time of day, are
            inputs of the network as they are. Default: all.
        epsilon: Added to the variance, so that constant windows do not cause a division by zero.

    Shapes:
        ``(batch, time, features)`` to ``(batch, horizon, first)``.

    Raises:
        InvalidValue: As for :class:`InstanceNormalization`, or if something in ``layers`` is not a layer.
        ShapeError: If the layers do not return ``first`` features.

    Example:
        >>> from plastica.layers import LSTM, Dense, Reshape
        >>> layer = ReversibleInstanceNormalization([LSTM(8), Dense(24), Reshape((24, 1))], first=1)
        >>> layer.output_shape((168, 5))
        (24, 1)

    Reference:
        Kim, Kim, Tae, Park, Choi, Choo (2022), Reversible instance normalization for accurate time-series forecasting
        against distribution shift, equations 1 to 3. Zeng et al. (2023), Are transformers effective for time series
        forecasting?, section 3.2 (NLinear).
    """

    layers: tuple[Layer, ...]
    center: Literal["mean", "last"] = "mean"
    scale: bool = True
    affine: bool = True
    first: int | None = None
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers("ReversibleInstanceNormalization", self.layers))
        check_instance("ReversibleInstanceNormalization", self.center, self.first)
        check_epsilon("ReversibleInstanceNormalization", self.epsilon)

    @property
    def normalization(self) -> InstanceNormalization:
        """What is done before the layers."""
        made = object.__new__(InstanceNormalization)  # epsilon may be a traced number, which is not validated again
        for name in ("center", "scale", "affine", "first", "epsilon"):
            object.__setattr__(made, name, getattr(self, name))
        return made

    @property
    def branch(self) -> Sequential:
        """The layers as one."""
        return Sequential(self.layers)

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.normalization, self.branch

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return shape, shape

    def output_shape(self, shape: Shape) -> Shape:
        count = self.normalization.count(self.normalization.output_shape(shape))
        found = self.branch.output_shape(shape)
        if len(found) != 2 or found[-1] != count:
            raise ShapeError(
                f"ReversibleInstanceNormalization: the layers turn inputs of shape {tuple(shape)} into {found}; the "
                f"scale of {count} features is restored in (horizon, {count}) only. End them with "
                f"Reshape((horizon, {count})), or say with first= how many features are forecast."
            )
        return found

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        made = [layer.init(rng, shape) for layer in self.children]
        return Variables(tuple(each.params for each in made), tuple(each.state for each in made))

    def synapse(
        self, params: Params, x: Float[Array, "batch time features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch horizon targets"], State]:
        normalization, branch = self.children
        seen, _ = applied(0, normalization, params[0], x, state[0], within(context, 0, context.steps))
        answer, inner = applied(1, branch, params[1], seen, state[1], within(context, 1, context.steps))
        return self.normalization.inverse(params[0], answer, x), (state[0], inner)

    def penalty(self, params: Params) -> jax.Array | float:
        return self.branch.penalty(params[1])

    def forward(
        self, params: Params, x: Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        backs = (None, None) if feedback is None else feedback
        normalization, branch = self.children
        first, _ = normalization.forward(params[0], x, state[0], within(context, 0, context.steps), backs[0])
        inner, new = branch.forward(params[1], first.activity, state[1], within(context, 1, context.steps), backs[1])
        potential, pull = jax.vjp(self._restored, params[0], (inner.activity, x))
        return Record(x, potential, potential, pull, lambda delta: delta, (first, inner)), (state[0], new)

    def backward_potential(self, record: Record, delta: Array) -> Errors:
        # pull_synapse is that of the inverse, which reads the answer of the layers and the window itself.
        normalization, branch = self.children
        at_scale, at_answer_and_window = record.pull_synapse(delta)
        at_answer, at_window = at_answer_and_window  # pyright: ignore[reportGeneralTypeIssues]
        inner = branch.backward(record.children[1], at_answer)
        before = normalization.backward(record.children[0], inner.input_delta)
        gradient = (added(before.gradient, at_scale), inner.gradient)
        return Errors(delta, gradient, before.input_delta + at_window, (before, inner))

    def _restored(self, params: Params, answer_and_window: tuple[Array, Array]) -> Array:
        return self.normalization.inverse(params, *answer_and_window)


def check_instance(owner: str, center: str, first: int | None) -> None:
    """Check how windows are normalized.

    Raises:
        InvalidValue: If ``center`` is unknown or ``first`` is not a whole number above 0.
    """
    if center not in CENTERS:
        raise InvalidValue(f'{owner}(center={center!r}): expected "mean" or "last".')
    if first is not None and (isinstance(first, bool) or not isinstance(first, int) or first < 1):
        raise InvalidValue(f"{owner}(first={first!r}): expected a number of features of at least 1, or None for all.")


def _affine(params: Params, dtype: jnp.dtype) -> tuple[jax.Array | float, jax.Array | float]:
    return (params["gamma"].astype(dtype), params["beta"].astype(dtype)) if params else (1.0, 0.0)
