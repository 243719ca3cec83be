# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .conversion import ConversionLoss as ConversionLoss
from .conversion import ConvertedNetwork as ConvertedNetwork
from .conversion import convert as convert
from .diehl_cook import DiehlCook as DiehlCook
from .diehl_cook_network import DiehlCookNetwork as DiehlCookNetwork
from .energy import EnergyEstimate as EnergyEstimate
from .energy import LayerOperations as LayerOperations
from .energy import energy_estimate as energy_estimate
from .event_files import CameraEvents as CameraEvents
from .event_files import read_aedat as read_aedat
from .frequency_current import FiringCurve as FiringCurve
from .frequency_current import firing_curve as firing_curve
from .layer_rates import LayerRates as LayerRates
from .layer_rates import firing_rates as firing_rates
from .nir_reading import read_nir as read_nir
from .nir_writing import write_nir as write_nir
from .nwb_files import read_nwb as read_nwb
from .nwb_files import write_nwb as write_nwb
from .pictures_of_neurons import draw_connectivity as draw_connectivity
from .planes import PhasePlane as PhasePlane
from .planes import phase_plane as phase_plane
from .sparse_network import SparseNetwork as SparseNetwork
from .spike_trains import SpikeTrains as SpikeTrains
from .traces_of_neurons import NeuronTraces as NeuronTraces
from .traces_of_neurons import layer_traces as layer_traces
from .traces_of_neurons import neuron_traces as neuron_traces

__all__ = [
    "CameraEvents",
    "ConversionLoss",
    "ConvertedNetwork",
    "DiehlCook",
    "DiehlCookNetwork",
    "EnergyEstimate",
    "FiringCurve",
    "LayerOperations",
    "LayerRates",
    "NeuronTraces",
    "PhasePlane",
    "SparseNetwork",
    "SpikeTrains",
    "convert",
    "draw_connectivity",
    "energy_estimate",
    "firing_curve",
    "firing_rates",
    "layer_traces",
    "neuron_traces",
    "phase_plane",
    "read_aedat",
    "read_nir",
    "read_nwb",
    "write_nir",
    "write_nwb",
]
