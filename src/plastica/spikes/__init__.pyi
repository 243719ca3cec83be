# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .frequency_current import FiringCurve as FiringCurve
from .frequency_current import firing_curve as firing_curve
from .layer_rates import LayerRates as LayerRates
from .layer_rates import firing_rates as firing_rates
from .planes import PhasePlane as PhasePlane
from .planes import phase_plane as phase_plane
from .sparse_network import SparseNetwork as SparseNetwork
from .spike_trains import SpikeTrains as SpikeTrains

__all__ = [
    "FiringCurve",
    "LayerRates",
    "PhasePlane",
    "SparseNetwork",
    "SpikeTrains",
    "firing_curve",
    "firing_rates",
    "phase_plane",
]
