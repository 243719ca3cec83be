"""Surrogate gradients: what stands in for the derivative of a spike, which is 0 or infinite."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from ...declaration import Declaration, declaration, replace
from ...registry import look_up
from ...schedules.checks import ABOVE_ZERO, require_numbers
from ...typing import Float, PyTree


class Surrogate(Declaration):
    """Base class of surrogate gradients: a spike 1[z > 0] forwards, a smooth slope backwards.

    A subclass defines ``primitive``, a smooth function, and ``slope``, its derivative. With ``smooth=True`` the
    function itself takes the place of the spike, so that the gradient is exact: see :func:`smoothed`.
    """

    smooth: bool

    def __call__(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return 1 where the distance z to the threshold is above 0, else 0."""
        return self.primitive(z) if self.smooth else _spike(z, self.slope(jax.lax.stop_gradient(z)))

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the smooth function."""
        raise NotImplementedError

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return its derivative."""
        raise NotImplementedError


@jax.custom_jvp
def _spike(z: Float[Array, "*shape"], slope: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    return (z > 0).astype(z.dtype)


@_spike.defjvp
def _spike_jvp(
    primals: tuple[Float[Array, "*shape"], Float[Array, "*shape"]],
    tangents: tuple[Float[Array, "*shape"], Float[Array, "*shape"]],
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    return _spike(*primals), primals[1] * tangents[0]


@declaration
class FastSigmoid(Surrogate):
    """The surrogate s(z) = 1 / (1 + k |z|)^2, the derivative of the fast sigmoid z / (1 + k |z|).

    When to use: by default. It reaches far from the threshold, so that silent units still learn.

    Args:
        steepness: k, in units of 1 / z: 25 for thresholds of about 1, 1 for potentials in millivolts.
        smooth: Whether the fast sigmoid itself takes the place of the spike; see :func:`smoothed`.

    Raises:
        InvalidValue: If the steepness is not above 0.

    Example:
        >>> float(FastSigmoid(25.0).slope(jnp.float32(0.04)))
        0.25

    Reference:
        F. Zenke, S. Ganguli, 2018, SuperSpike: supervised learning in multilayer spiking neural networks.
    """

    steepness: float = 25.0
    smooth: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"steepness": ABOVE_ZERO})

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return z / (1 + self.steepness * jnp.abs(z))

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return 1 / jnp.square(1 + self.steepness * jnp.abs(z))


@declaration
class ArcTangent(Surrogate):
    """The surrogate s(z) = 1 / (1 + (pi a z / 2)^2) a / 2, the derivative of atan(pi a z / 2) / pi.

    When to use: in deep networks and convolutions, where its heavier centre keeps errors from vanishing.

    Args:
        width: a, in units of 1 / z.
        smooth: Whether the arc tangent itself takes the place of the spike; see :func:`smoothed`.

    Raises:
        InvalidValue: If the width is not above 0.

    Example:
        >>> float(ArcTangent(2.0).slope(jnp.float32(0.0)))
        1.0

    Reference:
        W. Fang et al., 2021, Incorporating learnable membrane time constant to enhance learning of spiking neural
        networks, with a = 2.
    """

    width: float = 2.0
    smooth: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"width": ABOVE_ZERO})

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return jnp.arctan(jnp.pi / 2 * self.width * z) / jnp.pi + 0.5

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.width / 2 / (1 + jnp.square(jnp.pi / 2 * self.width * z))


@declaration
class Triangle(Surrogate):
    """The surrogate s(z) = d max(0, 1 - |z| / w): the pseudo-derivative of long short-term spiking networks.

    When to use: with e-prop, to compare with the paper.

    Args:
        dampening: d, the slope at the threshold; below 1 so that errors stay bounded over many steps. In the paper 0.3
            divided by the threshold.
        width: w, the distance to the threshold beyond which it is 0; the threshold itself in the paper.
        smooth: Whether the integral itself takes the place of the spike; see :func:`smoothed`.

    Raises:
        InvalidValue: If a number is not above 0.

    Example:
        >>> Triangle(0.3).slope(jnp.array([0.0, 2.0])).tolist()
        [0.30000001192092896, 0.0]

    Reference:
        G. Bellec et al., 2020, A solution to the learning dilemma for recurrent networks of spiking neurons, Methods,
        the pseudo-derivative.
    """

    dampening: float = 0.3
    width: float = 1.0
    smooth: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"dampening": ABOVE_ZERO, "width": ABOVE_ZERO})

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        inside = jnp.clip(z / self.width, -1, 1)
        return self.dampening * self.width * (0.5 + inside - 0.5 * inside * jnp.abs(inside))

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.dampening * jnp.maximum(0, 1 - jnp.abs(z) / self.width)


@declaration
class Boxcar(Surrogate):
    """The surrogate s(z) = 1 / w for |z| < w / 2, else 0.

    When to use: on chips that have no multiplication to spare, and to compare with papers.

    Args:
        width: w, the range of potentials around the threshold that learn.
        smooth: Whether the ramp from 0 to 1 takes the place of the spike; see :func:`smoothed`.

    Raises:
        InvalidValue: If the width is not above 0.

    Example:
        >>> Boxcar(0.5).slope(jnp.array([0.0, 0.2, 0.3])).tolist()
        [2.0, 2.0, 0.0]

    Reference:
        Y. Wu, L. Deng, G. Li, J. Zhu, L. Shi, 2018, Spatio-temporal backpropagation for training high-performance
        spiking neural networks, equation 24.
    """

    width: float = 1.0
    smooth: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"width": ABOVE_ZERO})

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return jnp.clip(z / self.width + 0.5, 0, 1)

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return jnp.where(2 * jnp.abs(z) < self.width, 1 / self.width, 0.0).astype(z.dtype)


@declaration
class StraightThrough(Surrogate):
    """The surrogate s(z) = c at every potential: errors pass the spike as if it were not there.

    When to use: for a few layers and few steps; errors of many steps explode.

    Args:
        scale: c.
        smooth: Whether c z takes the place of the spike; see :func:`smoothed`.

    Raises:
        InvalidValue: If the scale is not above 0.

    Example:
        >>> StraightThrough().slope(jnp.array([-3.0, 3.0])).tolist()
        [1.0, 1.0]

    Reference:
        Y. Bengio, N. Léonard, A. Courville, 2013, Estimating or propagating gradients through stochastic neurons for
        conditional computation, section 4.
    """

    scale: float = 1.0
    smooth: bool = False

    def __post_init__(self) -> None:
        require_numbers(self, {"scale": ABOVE_ZERO})

    def primitive(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.scale * z

    def slope(self, z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return jnp.full_like(z, self.scale)


_NAMES = {
    "arctangent": ArcTangent,
    "boxcar": Boxcar,
    "fast_sigmoid": FastSigmoid,
    "straight_through": StraightThrough,
    "triangle": Triangle,
}


def surrogate(given: Surrogate | str) -> Surrogate:
    """Return a surrogate gradient by its name; a surrogate is returned unchanged.

    Raises:
        UnknownName: If no surrogate has this name.
    """
    return given if isinstance(given, Surrogate) else look_up("surrogate", given, _NAMES)()


def smoothed(network: PyTree) -> PyTree:
    """Return a layer or network in which the integral of each surrogate gradient takes the place of the spike.

    When to use: to check gradients. The gradient that trains a spiking network is that of no function; the gradient of
    the smoothed network is exact.

    Args:
        network: A layer, a composition, or anything that contains them.

    Example:
        >>> from plastica.layers import LIF
        >>> smoothed(LIF()).surrogate
        FastSigmoid(smooth=True)
    """

    def is_surrogate(part: object) -> bool:
        return isinstance(part, Surrogate)

    return jax.tree.map(
        lambda part: replace(part, smooth=True) if is_surrogate(part) else part, network, is_leaf=is_surrogate
    )
