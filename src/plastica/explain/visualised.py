"""Feature visualisation: inputs that a unit, a channel or a class answers most strongly."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from ..drawing.pictured import PicturedResult
from ..errors import InvalidValue, UnknownName
from ..language import Texts
from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..model.options import whole
from ..notes import note
from ..training.cache import keep_compiled_programs
from ..typing import Float, Int, Params, State
from .hidden_layers import CutNetwork, chain_of, cut_behind, up_to_potential

if TYPE_CHECKING:
    import polars as pl

    from ..drawing.figure import Drawing

SAY = Texts("explain")
ImageSpace = Literal["fourier", "pixels"]
METHOD = "visualise_features"
STEPS, RATE, JITTER, DECAY = 256, 0.05, 2, 0.01
SPREAD = 0.01  # of the first Fourier coefficients


@dataclass(frozen=True, eq=False, repr=False)
class VisualisedFeatures(PicturedResult):
    """Images that raise the activity of some units most.

    Attributes:
        images: ``(units, *shape)``, within ``low`` and ``high``.
        activity: The activity of each unit for its image after each step, ``(units, steps)``.
        names: The name of each unit: its layer and number.
    """

    images: Float[np.ndarray, "units *shape"]
    activity: Float[np.ndarray, "units steps"]
    names: tuple[str, ...]

    def sentences(self) -> list[str]:
        """Return what it shows, in the current language."""
        return [SAY("driven", count=len(self.names), steps=f"{self.activity.shape[1]:,}")]

    def to_frame(self) -> pl.DataFrame:
        """Return a row for each unit: unit, and its activity for the first and the last image, first and last."""
        import polars as pl

        ends = {"first": self.activity[:, 0].astype(float), "last": self.activity[:, -1].astype(float)}
        return pl.DataFrame({"unit": list(self.names), **ends})

    def plot(self, path: str | os.PathLike[str] | None = None, *, columns: int = 8) -> Drawing:
        """Draw the images in a grid; rows without two axes as lines.

        Args:
            path: Where to write the figure (``.svg``, ``.png``, ``.pdf``). None only returns it.
            columns: Images beside each other.
        """
        from .feature_pictures import draw_features

        return draw_features(self, max(1, columns)).save(path)


class _Options(NamedTuple):
    """How images are made; shape of the program."""

    shape: tuple[int, ...]
    space: ImageSpace
    steps: int
    jitter: int


class _Amounts(NamedTuple):
    """Numbers of the program."""

    rate: float
    decay: float
    low: float
    high: float


def visualise_features(
    model: object,
    units: int | Sequence[int] | None = None,
    *,
    layer: int | str | None = None,
    space: ImageSpace = "fourier",
    steps: int = STEPS,
    jitter: int = JITTER,
    decay: float = DECAY,
    learning_rate: float = RATE,
    bounds: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
) -> VisualisedFeatures:
    """Make inputs that raise the activity of units, of channels, or of classes as far as possible.

    Use it to see what a layer of an image network detects. By gradient ascent,

        max over x of  z_u(T(x)) - decay / 2 mean(x^2),

    with z_u the mean activity of channel u (of a unit its activity, of a class its potential, before softmax) and T a
    random shift. Such inputs lie outside of what the network was trained with: they show what drives a unit, not what
    it usually sees.

    Args:
        model: A plastica model whose layers follow each other, which reads numbers.
        units: The channels of the layer, or units, or classes. Default: the first 16.
        layer: The number, name or class of the layer. Default: the last, whose units are classes.
        space: "fourier" ascends in Fourier coefficients, scaled by 1/frequency, which keeps single pixels from
            dominating; "pixels" in the values themselves. Rows without two axes are "pixels".
        steps: Steps of Adam.
        jitter: The largest random shift, in pixels; 0 for none.
        decay: The factor of the penalty of large values.
        learning_rate: That of Adam.
        bounds: The smallest and largest value of an input: ``(0, 1)`` for images scaled so.
        seed: The seed of the start and of the shifts.

    Raises:
        InvalidValue: If the layers do not follow each other, the network reads codes, or a number is out of range.
        UnknownName: If there is no such layer or unit.

    Reference:
        C. Olah, A. Mordvintsev, L. Schubert (2017), Feature visualization, Distill (Fourier space, transformations). D.
        Erhan, Y. Bengio, A. Courville, P. Vincent (2009), Visualizing higher-layer features of a deep network.
    """
    count = whole("steps", steps, 1)
    shifted = whole("jitter", jitter, 0)
    assert count is not None and shifted is not None
    low, high = bounds
    if space not in get_args(ImageSpace):
        raise InvalidValue(note("explain.visual_space", space=repr(space)))
    if not low < high or not decay >= 0 or not learning_rate > 0:
        raise InvalidValue(
            note("explain.visual_options", bounds=str(bounds), decay=str(decay), rate=str(learning_rate))
        )
    own = chain_of("visualise_features", model)
    if own.network.takes_integers is True:
        raise InvalidValue(note("explain.visual_codes"))
    shape = tuple(size for size in own.input_shape[1:] if size is not None)
    if len(shape) < len(own.input_shape) - 1:
        raise InvalidValue(note("explain.visual_size", method=METHOD, shape=str(own.input_shape)))
    if len(shape) != 3:
        space, shifted = "pixels", 0
    whole_network = layer is None
    network = up_to_potential(METHOD, own) if whole_network else cut_behind(METHOD, own, layer)
    chosen = _chosen(own, network, units, shape)
    keep_compiled_programs()
    random = np.random.default_rng(seed)
    options = _Options(shape, space, count, shifted)
    start = _start(random, options, len(chosen))
    shifts = random.integers(-shifted, shifted + 1, (count, 2))
    amounts = _Amounts(learning_rate, decay, low, high)
    images, activity = _ascended(
        start, shifts, chosen, network.params[0], network.state[0], amounts, front=network.links[0], options=options,
        at_potential=whole_network,
    )  # fmt: skip
    names = tuple(f"{network.layer}, {'class' if layer is None else 'unit'} {unit}" for unit in chosen)
    return VisualisedFeatures(np.asarray(images, np.float64), np.asarray(activity, np.float64).T, names)


def _chosen(model: Model, network: CutNetwork, units: object, shape: tuple[int, ...]) -> Int[np.ndarray, "units"]:
    """Return the numbers of the units."""
    known = int(network.links[0].output_shape(shape)[-1])
    if units is None:
        return np.arange(min(known, 16))
    chosen = np.atleast_1d(np.asarray(units))
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not len(chosen):
        raise InvalidValue(note("explain.visual_units", units=repr(units)))
    if chosen.min() < 0 or chosen.max() >= known:
        wrong = chosen[(chosen < 0) | (chosen >= known)][0]
        raise UnknownName(note("explain.visual_unit", layer=str(network.layer), last=str(known - 1), wrong=str(wrong)))
    return chosen


def _start(random: np.random.Generator, options: _Options, units: int) -> Float[np.ndarray, "units *numbers"]:
    shape = options.shape
    if options.space == "pixels":
        return random.standard_normal((units, *shape)).astype(np.float32) * 0.1
    half = shape[1] // 2 + 1
    return random.standard_normal((units, 2, shape[0], half, shape[2])).astype(np.float32) * SPREAD


def _image(numbers: Float[Array, "*numbers"], options: _Options, amounts: _Amounts) -> Float[Array, "*shape"]:
    """Return an image within its bounds from the numbers that ascend."""
    if options.space == "fourier":
        height, width, _ = options.shape
        frequency = np.sqrt(np.fft.fftfreq(height)[:, None] ** 2 + np.fft.rfftfreq(width)[None] ** 2)
        scale = 1 / np.maximum(frequency, 1 / max(height, width)) * np.sqrt(height * width)
        spectrum = (numbers[0] + 1j * numbers[1]) * scale[..., None].astype(np.float32)
        numbers = jnp.fft.irfft2(spectrum, s=(height, width), axes=(0, 1))
    return amounts.low + (amounts.high - amounts.low) * jax.nn.sigmoid(numbers)


@partial(jax.jit, static_argnames=("front", "options", "at_potential"))
def _ascended(
    start: Float[Array, "units *numbers"],
    shifts: Int[Array, "steps two"],
    units: Int[Array, "units"],
    params: Params,
    state: State,
    amounts: _Amounts,
    *,
    front: Layer,
    options: _Options,
    at_potential: bool,
) -> tuple[Float[Array, "units *shape"], Float[Array, "steps units"]]:
    adam = optax.adam(amounts.rate)

    def gain(numbers: Array, shift: Array) -> tuple[Array, Array]:
        images = jax.vmap(lambda each: _image(each, options, amounts))(numbers)
        seen = jnp.roll(images, shift, (1, 2)) if options.jitter else images
        potential = front.synapse(params, seen, state, INFERENCE)[0]
        activity = potential if at_potential else front.activate(potential)
        each = activity.reshape(len(images), -1, activity.shape[-1]).mean(1)[jnp.arange(len(images)), units]
        size = jnp.square(images).reshape(len(images), -1).mean(1)
        return each.sum() - amounts.decay / 2 * size.sum(), each

    def step(carry: tuple[Array, optax.OptState], shift: Array) -> tuple[tuple[Array, optax.OptState], Array]:
        numbers, memory = carry
        gradient, each = jax.grad(gain, has_aux=True)(numbers, shift)
        change, memory = adam.update(-gradient, memory)
        return (optax.apply_updates(numbers, change), memory), each  # pyright: ignore[reportReturnType]

    (numbers, _), activity = jax.lax.scan(step, (start, adam.init(start)), shifts)
    return jax.vmap(lambda each: _image(each, options, amounts))(numbers), activity
