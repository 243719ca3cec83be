"""Kanerva's sparse distributed memory: counters at random addresses, read and written within a radius."""

from __future__ import annotations

from functools import partial
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...errors import InvalidValue
from ...typing import Bool, Float, Shaped
from .patterns import TwoValues, nothing_stored, read_pairs, read_probes

# Share of locations that an address activates: near (2 M T)^(-1/3) of Kanerva's chapter 7 for T = 100 to 10,000
# patterns in a million locations, and for a thousand locations still several.
ACTIVE = 0.01
FEWEST_ACTIVE = 3


class SparseDistributedMemory:
    """Kanerva's sparse distributed memory, which reads and writes at all locations near an address.

    When to use: to study memory by address, also of sequences (each pattern is written at the address of the one
    before), and as a model of the cerebellum.

        active_m(a)  = 1 if the Hamming distance of a and the address of location m is at most the radius
        counters_m  <- counters_m + active_m(a) d               write d, of signs, at a
        d(a)         = sign(sum_m active_m(a) counters_m)       read at a

    Args:
        locations: The number of locations, at random addresses.
        radius: The largest Hamming distance at which a location is active. None: that within which 1 % of random
            addresses lie, but at least three.
        seed: The random seed of the addresses.

    Raises:
        InvalidValue: If there is no location, or the radius is negative; in ``store``, if no location is active.

    Example:
        >>> patterns = np.random.default_rng(0).integers(0, 2, (5, 256))
        >>> memory = SparseDistributedMemory(2000).store(patterns)
        >>> probes = patterns.copy()
        >>> probes[:, :10] = 1 - probes[:, :10]
        >>> bool((memory.recall(probes, steps=5) == patterns).all())
        True

    Reference:
        P. Kanerva, 1988, Sparse distributed memory, chapters 4 to 7.
    """

    def __init__(self, locations: int = 1000, radius: int | None = None, seed: int = 0) -> None:
        if locations < 1:
            raise InvalidValue(f"SparseDistributedMemory(locations={locations!r}): at least one location.")
        if radius is not None and radius < 0:
            raise InvalidValue(f"SparseDistributedMemory(radius={radius!r}): expected a distance of at least 0.")
        self.locations, self.radius, self.seed = locations, radius, seed
        self._values: tuple[TwoValues, TwoValues] | None = None
        self._counters: Float[np.ndarray, "locations outputs"] | None = None
        self._addresses: Float[np.ndarray, "locations inputs"] = np.zeros((0, 0), np.float32)
        self._stored = 0

    def __repr__(self) -> str:
        """Show the options and how much is stored."""
        held = f"{self._stored} patterns" if self._stored else "nothing stored"
        return f"<SparseDistributedMemory({self.locations}, radius={self.radius}): {held}>"

    def store(self, addresses: object, data: object = None) -> Self:
        """Write patterns at addresses, beside what is stored already.

        Args:
            addresses: Patterns of two values, ``(patterns, ...)``.
            data: What to read there, of two values. None: the address itself.

        Raises:
            DataError: If there are more than two values, or unequal numbers of addresses and data.
            ShapeError: If they do not have the shape of those stored before.
            InvalidValue: If no location is within the radius of an address.
        """
        owner = "SparseDistributedMemory.store"
        data = addresses if data is None else data
        x, y, values = read_pairs(addresses, data, self._values, owner, names=("addresses", "data"))
        if self._counters is None:
            self._begin(x.shape[1], y.shape[1])
        assert self._counters is not None
        active = np.asarray(_active(self._addresses, x, self._radius))
        if not active.any(1).all():
            lost = int(np.flatnonzero(~active.any(1))[0])
            raise InvalidValue(
                f"{owner}: no location is within {self._radius:.0f} of address {lost}; use more locations or a larger "
                "radius."
            )
        self._counters = self._counters + active.astype(np.float32).T @ y
        self._values, self._stored = values, self._stored + len(x)
        return self

    def recall(self, addresses: object, steps: int = 1) -> Shaped[np.ndarray, "probes *shape"]:
        """Read at addresses.

        Args:
            addresses: Patterns of two values, ``(probes, ...)``.
            steps: How many times to read, each at the pattern read before: an address near a stored pattern comes
                closer with each. With data of another kind than addresses, 1.

        Raises:
            NotFitted: If nothing is stored.
            InvalidValue: If there is no step, or several where data are no addresses.
            ShapeError, DataError: If addresses are unlike those stored.
        """
        owner = "SparseDistributedMemory.recall"
        if self._counters is None or self._values is None:
            raise nothing_stored(owner)
        if steps < 1 or (steps > 1 and self._values[0].shape != self._values[1].shape):
            raise InvalidValue(f"{owner}(steps={steps!r}): at least one; exactly one where data are no addresses.")
        start = read_probes(addresses, self._values[0], owner)
        found = _read(self._addresses, jnp.asarray(self._counters), start, self._radius, steps=steps)
        return self._values[1].restore(np.asarray(found))

    def _begin(self, inputs: int, outputs: int) -> None:
        from scipy import stats

        rng = np.random.default_rng(self.seed)
        self._addresses = np.where(rng.random((self.locations, inputs)) < 0.5, -1, 1).astype(np.float32)
        self._counters = np.zeros((self.locations, outputs), np.float32)
        share = min(1.0, max(ACTIVE, FEWEST_ACTIVE / self.locations))
        self._radius = float(stats.binom.ppf(share, inputs, 0.5) if self.radius is None else self.radius)


@jax.jit
def _active(
    addresses: Float[Array, "locations inputs"], x: Float[Array, "rows inputs"], radius: Float[Array, ""]
) -> Bool[Array, "rows locations"]:
    # The Hamming distance of signs is (N - x . a) / 2; half a unit guards against rounding.
    return (x.shape[1] - x @ addresses.T) / 2 <= radius + 0.5


@partial(jax.jit, static_argnames="steps")
def _read(
    addresses: Float[Array, "locations inputs"],
    counters: Float[Array, "locations outputs"],
    x: Float[Array, "rows inputs"],
    radius: Float[Array, ""],
    *,
    steps: int,
) -> Float[Array, "rows outputs"]:
    for _ in range(steps):
        x = jnp.where(_active(addresses, x, radius).astype(counters.dtype) @ counters >= 0, 1.0, -1.0)
    return x
