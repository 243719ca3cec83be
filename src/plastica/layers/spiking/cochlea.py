"""A cochlea: from sound to spikes, by a bank of gammatone filters, half-wave rectification and compression."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.fft import next_fast_len

from ...declaration import declaration
from ...errors import DataError, InvalidValue, ShapeError
from ...schedules.checks import ABOVE_ZERO, require_numbers
from ...typing import Float
from ..layer import Context, Layer, Params, Shape, State
from .encoders import check_known, uniform_of_rows
from .units_in_time import as_floats
from .units_of_measure import FREQUENCY, RATE, SAMPLE_RATE, TIME, StaticTime, require_measures, require_times

RESPONSE = 0.064  # seconds of an impulse response, after which the slowest filter, at 100 Hz, has decayed to .1 %
ORDER = 4
MEASURES = {"dt": TIME, "sample_rate": SAMPLE_RATE, "max_rate": RATE, "lowest": FREQUENCY, "highest": FREQUENCY}
_SOUND = "sound is from -1 to 1. Divide 16-bit samples by 32768."


@declaration
class Cochlea(Layer):
    """Spikes of the auditory nerve: sound through gammatone filters, half-wave rectified, compressed, as spikes.

        g_k(t) = t^3 exp(-2 pi b_k t) cos(2 pi f_k t),   b_k = 1.019 ERB(f_k),   ERB(f) = 24.7 (4.37 f / 1000 + 1)
        rate_k = max_rate mean over a step of (max(g_k * x, 0) / loudest)^compression / c

    Centres f_k lie at equal distances on the scale of equivalent rectangular bandwidths; c is the mean for a tone, so
    that a tone of amplitude ``loudest`` at f_k drives channel k at ``max_rate``.

    When to use: as the first layer of a spiking network that listens. Each channel has some nerve fibres with spikes of
    their own. In training each row has random numbers of its own; in prediction all rows share the same, so that
    answers can be repeated. To train for many epochs, encode once: ``Cochlea(32, 8000).apply({}, sound)[0]``.

    Args:
        channels: The number of filters.
        sample_rate: Samples per second of the sound.
        lowest: The centre of the first filter, in Hz.
        highest: The centre of the last, in Hz. Default: 0.45 times the sample rate.
        fibres: The number of nerve fibres of each channel.
        dt: The duration of a step, in milliseconds.
        max_rate: The rate of a fibre at a tone of amplitude ``loudest``, in spikes per second; louder sound does not
            exceed one spike a step.
        loudest: The amplitude of that tone, of sound from -1 to 1.
        compression: The exponent of loudness, from 0 to 1.
        poisson: Whether spikes are random. False: regular, the fibres of a channel one after another.
        seed: Distinguishes encoders that are equal otherwise.

    Shapes:
        ``(batch, samples) -> (batch, steps, channels * fibres)``, the fibres of a channel side by side; samples beyond
        the last whole step are left out.

    Raises:
        InvalidValue: If a number is out of range, centres lie beyond half the sample rate, or a step is no whole number
            of samples.
        ShapeError: If inputs are not (samples,), or shorter than a step.
        DataError: If sound is not from -1 to 1.

    Example:
        >>> tone = jnp.sin(2 * jnp.pi * 1000 * jnp.arange(4000) / 8000)[None] * 0.1
        >>> cochlea = Cochlea(20, 8000)
        >>> loudest = int(cochlea.rates(tone)[0].mean(0).argmax())
        >>> bool(abs(cochlea.centres[loudest] - 1000) < 100), cochlea.output_shape((4000,))
        (True, (100, 20))

    Reference:
        Filters: M. Slaney, 1993, An efficient implementation of the Patterson-Holdsworth auditory filter bank;
        bandwidths and spacing: B. R. Glasberg, B. C. J. Moore, 1990, Derivation of auditory filter shapes from
        notched-noise data, equations 3 and 4.
    """

    channels: int = 32
    sample_rate: int = 16000
    lowest: float = 100.0
    highest: float | None = None
    fibres: int = 1
    dt: StaticTime = 5.0
    max_rate: float = 150.0
    loudest: float = 0.1
    compression: float = 0.3
    poisson: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.dt, bool) or not isinstance(self.dt, float | int):
            raise InvalidValue(f"Cochlea(dt={self.dt!r}): dt must be a time above 0, in milliseconds.")
        require_times(self)
        counts = {"channels": self.channels, "sample_rate": self.sample_rate, "fibres": self.fibres}
        for name, value in counts.items():
            if isinstance(value, bool) or value < 1:
                raise InvalidValue(f"Cochlea({name}={value!r}): {name} must be a whole number of at least 1.")
        require_numbers(self, dict.fromkeys(("lowest", "highest", "max_rate", "loudest", "compression"), ABOVE_ZERO))
        if isinstance(self.compression, float) and self.compression > 1:
            raise InvalidValue(f"Cochlea(compression={self.compression:g}): expected an exponent of at most 1.")
        if isinstance(self.max_rate, float) and self.max_rate * self.dt > 1000:
            raise InvalidValue(
                f"Cochlea(max_rate={self.max_rate:g}, dt={self.dt:g}): more than one spike a step; at most "
                f"{1000 / self.dt:g} Hz."
            )
        require_measures(self, MEASURES)
        samples = self.dt * self.sample_rate / 1000
        if samples < 1 or abs(samples - round(samples)) > 1e-6 * samples:
            raise InvalidValue(
                f"Cochlea(dt={self.dt:g}, sample_rate={self.sample_rate}): a step of {self.dt:g} ms has {samples:g} "
                f"samples and must have a whole number; {max(round(samples), 1) * 1000 / self.sample_rate:g} ms has."
            )
        low, high = self.lowest, self._highest
        if isinstance(low, float) and isinstance(high, float) and not low < high < self.sample_rate / 2:
            raise InvalidValue(
                f"Cochlea(lowest={low:g}, highest={high:g}, sample_rate={self.sample_rate}): expected lowest below "
                f"highest, and highest below {self.sample_rate / 2:g} Hz, half the sample rate."
            )

    @property
    def _highest(self) -> float:
        return 0.45 * self.sample_rate if self.highest is None else self.highest

    @property
    def _samples(self) -> int:
        """How many samples a step has."""
        return round(float(self.dt) * self.sample_rate / 1000)

    @property
    def centres(self) -> Float[Array, "channels"]:
        """The centre of each filter, in Hz."""
        low, high = (jnp.log1p(jnp.asarray(each) * 4.37e-3) for each in (self.lowest, self._highest))
        return jnp.expm1(low + (high - low) * jnp.linspace(0, 1, self.channels)) / 4.37e-3

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1 or shape[0] < self._samples:
            raise ShapeError(
                f"Cochlea: got inputs of shape {tuple(shape)}; it reads (samples,), at least {self._samples} for a "
                f"step of {self.dt:g} ms at {self.sample_rate} Hz."
            )
        return (shape[0] // self._samples, self.channels * self.fibres)

    def check_input(self, x: np.ndarray) -> None:
        low, high = float(np.min(x, initial=0)), float(np.max(x, initial=0))
        if not (low >= -1 and high <= 1):
            raise DataError(f"Cochlea: got samples from {low:.4g} to {high:.4g}; {_SOUND}")

    def filtered(self, x: Float[Array, "batch samples"]) -> Float[Array, "batch channels samples"]:
        """Return what each filter lets pass."""
        t = jnp.arange(round(RESPONSE * self.sample_rate)) / self.sample_rate
        f = self.centres[:, None]
        decay = 2 * jnp.pi * 1.019 * 24.7 * (4.37e-3 * f + 1)
        # In one power: t^3 alone would be small numbers times large ones. 2 / 3! makes the gain 1 at the centre.
        kernels = 2 / 6 * (decay * t) ** (ORDER - 1) * jnp.exp(-decay * t) * jnp.cos(2 * jnp.pi * f * t)
        kernels = kernels * decay / self.sample_rate  # (channels, taps)
        size = next_fast_len(x.shape[1] + len(t), real=True)
        product = jnp.fft.rfft(x, size)[:, None] * jnp.fft.rfft(kernels.astype(x.dtype), size)[None]
        return jnp.fft.irfft(product, size)[..., : x.shape[1]]

    def rates(self, x: Float[Array, "batch samples"]) -> Float[Array, "batch time channels"]:
        """Return the rate of each fibre of each channel in each step, in spikes per second (a cochleagram).

        Raises:
            ShapeError: If sound is not (batch, samples), or shorter than a step.
            DataError: If samples are whole numbers, or not from -1 to 1.
        """
        x = jnp.asarray(x)
        if x.ndim != 2:
            raise ShapeError(
                f"Cochlea: got sound of shape {x.shape}; expected (batch, samples). For one sound write sound[None]."
            )
        if not jnp.issubdtype(x.dtype, jnp.floating):
            raise DataError(f"Cochlea: got samples of type {x.dtype}; {_SOUND}")
        check_known(self, x)
        self.output_shape(x.shape[1:])
        x = as_floats(x)
        steps = x.shape[1] // self._samples
        loud = jax.nn.relu(self.filtered(x)[..., : steps * self._samples]) / self.loudest
        power = self.compression
        # The mean of max(cos, 0)^power, for a tone of amplitude 1.
        gamma = jax.scipy.special.gammaln
        of_tone = jnp.exp(gamma((power + 1) / 2) - gamma(power / 2 + 1)) / (2 * jnp.sqrt(jnp.pi))
        # A power below 1 has an infinite slope at 0, where the channel is silent.
        compressed = jnp.where(loud > 0, jnp.where(loud > 0, loud, 1.0) ** power, 0.0) / of_tone
        found = compressed.reshape(x.shape[0], self.channels, steps, self._samples).mean(-1)
        return self.max_rate * jnp.swapaxes(found, 1, 2).astype(x.dtype)  # (batch, time, channels)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        probability = jnp.repeat(jnp.minimum(self.rates(x) * (self.dt / 1000), 1.0), self.fibres, axis=-1)
        if self.poisson:
            drawn = uniform_of_rows(self.seed, x.shape[0], probability.shape[1:], context)
            spikes = drawn < probability
        else:
            phase = jnp.tile(jnp.arange(self.fibres) / self.fibres, self.channels)
            whole = jnp.floor(jnp.cumsum(probability, 1) + phase)
            spikes = jnp.diff(whole, axis=1, prepend=jnp.zeros_like(whole[:, :1])) > 0
        return jax.lax.stop_gradient(spikes.astype(probability.dtype)), state
