"""Phase planes: where a neuron of two quantities goes from everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from ..errors import InvalidValue
from ..layers import Neuron
from ..typing import Bool, Float
from .traces_of_neurons import require_finite, require_neuron

if TYPE_CHECKING:
    from ..drawing.figure import Drawing

POINTS = 101


class PhasePlane(NamedTuple):
    """The plane of a neuron's two quantities.

    Attributes:
        names: The quantities on the horizontal and on the vertical axis.
        x, y: The places.
        dx, dy: The derivatives at each place, per millisecond; 0 on the nullclines.
        orbit: The quantities over time from rest, resets included.
        resets: Whether a spike reset the quantities at each time of the orbit, for which it jumped there.
        potential_unit: The unit of the first quantity, such as "mV"; empty if it has none.
    """

    names: tuple[str, str]
    x: Float[np.ndarray, "columns"]
    y: Float[np.ndarray, "rows"]
    dx: Float[np.ndarray, "rows columns"]
    dy: Float[np.ndarray, "rows columns"]
    orbit: Float[np.ndarray, "time two"]
    resets: Bool[np.ndarray, "time"]
    potential_unit: str = ""

    def draw(self) -> Drawing:
        """Draw the flow, both nullclines and the orbit."""
        from .pictures import draw_phase_plane

        return draw_phase_plane(self)


def phase_plane(
    neuron: Neuron, current: float, x: tuple[float, float], y: tuple[float, float], duration: float = 200.0
) -> PhasePlane:
    """Return the phase plane of a neuron of two quantities at a constant current.

    When to use: to see why a neuron rests, fires or bursts: for ``FitzHughNagumo``, ``Izhikevich`` and ``AdEx``.

    Args:
        neuron: The neuron.
        current: The current.
        x: The range of the first quantity, the membrane.
        y: The range of the second.
        duration: The duration of the orbit.

    Raises:
        InvalidValue: If the neuron does not have two quantities, or does not stay finite.

    Example:
        >>> from plastica.layers import FitzHughNagumo
        >>> plane = phase_plane(FitzHughNagumo(), 0.5, (-2.5, 2.5), (-1.0, 2.0))
        >>> plane.names
        ('membrane', 'recovery')
    """
    require_neuron("phase_plane", neuron)
    names = tuple(neuron.at_rest(jnp.zeros((1, 1))))
    if len(names) != 2:
        raise InvalidValue(
            f"phase_plane({neuron!r}): a plane has two quantities, and this neuron has {', '.join(names)}; give "
            "FitzHughNagumo, Izhikevich or AdEx."
        )
    columns, rows = np.linspace(*x, POINTS), np.linspace(*y, POINTS)
    across, up = (jnp.asarray(each, jnp.float32) for each in np.meshgrid(columns, rows))
    flow = neuron.derivatives(dict(zip(names, (across, up), strict=True)), jnp.full_like(across, current))
    if not flow:
        raise InvalidValue(
            f"phase_plane({neuron!r}): this neuron steps without differential equations (derivatives); give "
            "FitzHughNagumo, Izhikevich or AdEx."
        )
    slopes = [np.asarray(jnp.broadcast_to(flow.get(name, 0.0), across.shape)) for name in names]
    steps = max(round(duration / neuron.dt), 1)
    found = neuron.trajectory({}, jnp.full((1, steps, 1), current, jnp.float32))
    require_finite(neuron, found["potential"])
    orbit = np.stack([np.asarray(found[name])[0, :, 0] for name in names], axis=1)
    resets = (np.asarray(found["post"])[0, :, 0] > 0) & neuron.resets
    return PhasePlane((names[0], names[1]), columns, rows, slopes[0], slopes[1], orbit, resets, neuron.potential_unit)
