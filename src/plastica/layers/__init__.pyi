# The public names of the package, each with its module. __init__.py reads them here and imports them on first use.

from .activation import Activation
from .attention import AdditiveAttention, Attention
from .augmentation import RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from .bidirectional import Bidirectional
from .boltzmann import RestrictedBoltzmann
from .branches import Branches
from .categories import CategoryEncoding, Discretization
from .cell import Cell
from .cells import GRUCell, LSTMCell, SimpleRNNCell
from .connections import Connections, DistanceDependent, SmallWorld, Sparse, Wiring, wiring
from .convolution import Conv1D, Conv2D, Conv3D
from .dense import Dense
from .dropouts import AlphaDropout, GaussianDropout, SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from .echo_state import EchoState, EchoStateCell, ReservoirWeights
from .edges import Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from .einsum_dense import EinsumDense
from .embedding import Embedding
from .ensemble import Ensemble
from .features import CategoryEmbedding, CategoryIndicators, PeriodicEmbedding, Scale
from .feedback import FeedbackCell
from .global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from .graph import Graph
from .grid import Grid
from .group_normalization import GroupNormalization, RMSNormalization
from .hopfield import Hopfield
from .input import Input
from .instance_normalization import InstanceNormalization, ReversibleInstanceNormalization
from .layer import Layer
from .leaky_recurrent import LeakyRNN, LeakyRNNCell
from .light import RandomBrightness, RandomContrast
from .linear_recurrent import LinearRecurrentUnit
from .lookup import IntegerLookup, StringLookup
from .masking import Masking
from .members import MemberDense, Members
from .merge import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract
from .minimal_gated import MinimalGatedCell
from .mixture import Mixture
from .modern_hopfield import ModernHopfield
from .moving_average import MovingAverage
from .multi_head import MultiHeadAttention
from .networks import Networks
from .node import Node
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization, LayerNormalization, UnitNormalization
from .own import Lambda
from .piecewise import PiecewiseLinearEmbedding
from .pooling import AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from .positions import PositionEmbedding, RotaryPositions, SinusoidalPositions
from .records import INFERENCE, Context, Errors, Record, Variables
from .rectifiers import ELU, Identity, LeakyReLU, PReLU, ReLU, Softmax
from .recurrent import GRU, LSTM, SimpleRNN
from .regularization import ActivityRegularization
from .rescaling import Rescaling
from .residual import Residual
from .resizing import CenterCrop, RandomCrop, Resizing
from .rnn import RNN, StackedRNNCells
from .sampling import GaussianSampling
from .select import Select
from .separable import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from .sequential import Sequential
from .shape import Flatten, Permute, RepeatVector, Reshape
from .spiking.cochlea import Cochlea
from .spiking.conductance import ConductanceLIF
from .spiking.conductance_synapses import ConductanceSynapses
from .spiking.decoders import FirstSpike, MembraneLast, MembraneMax, MembraneMean, SpikeCount
from .spiking.delays import Delay, DelayedDense
from .spiking.encoders import DeltaEncoder, LatencyEncoder, PopulationEncoder, RateEncoder
from .spiking.exponential import QIF, AdEx
from .spiking.hodgkin_huxley import FitzHughNagumo, HodgkinHuxley
from .spiking.izhikevich import FIRING_PATTERNS, FiringPattern, Izhikevich, firing_pattern
from .spiking.lif import LIF
from .spiking.neuron import Neuron
from .spiking.poisson import PoissonNeuron
from .spiking.rate_units import LeakyReadout, RateUnits, WilsonCowan
from .spiking.receptors import AlphaConductance, Conductance, ExponentialConductance, NMDAConductance
from .spiking.spiking import Spiking, SpikingCell
from .spiking.surrogates import ArcTangent, Boxcar, FastSigmoid, StraightThrough, Surrogate, Triangle, smoothed
from .spiking.synapses import AlphaSynapse, ExponentialSynapse, TsodyksMarkramSynapse
from .spiking.wrappers import AdaptiveThreshold, Refractory
from .standardization import Normalization
from .stochastic import StochasticBinary
from .temporal import temporal_block
from .text import TextVectorization
from .threshold import McCullochPitts
from .time_distributed import TimeDistributed
from .transformer import transformer_block
from .transposed import Conv1DTranspose, Conv2DTranspose
from .unclip import Unclip
from .upsampling import UpSampling1D, UpSampling2D, UpSampling3D
from .walk import walk
from .wide_and_deep import WideAndDeep
from .wired import Wired

__all__ = [
    "ELU",
    "FIRING_PATTERNS",
    "GRU",
    "INFERENCE",
    "LIF",
    "LSTM",
    "QIF",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdEx",
    "AdaptiveThreshold",
    "Add",
    "AdditiveAttention",
    "AlphaConductance",
    "AlphaDropout",
    "AlphaSynapse",
    "ArcTangent",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "Boxcar",
    "Branches",
    "CategoryEmbedding",
    "CategoryEncoding",
    "CategoryIndicators",
    "Cell",
    "CenterCrop",
    "Cochlea",
    "Concatenate",
    "Conductance",
    "ConductanceLIF",
    "ConductanceSynapses",
    "Connections",
    "Context",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Delay",
    "DelayedDense",
    "DeltaEncoder",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "DistanceDependent",
    "Dot",
    "Dropout",
    "EchoState",
    "EchoStateCell",
    "EinsumDense",
    "Embedding",
    "Ensemble",
    "Errors",
    "ExponentialConductance",
    "ExponentialSynapse",
    "FastSigmoid",
    "FeedbackCell",
    "FiringPattern",
    "FirstSpike",
    "FitzHughNagumo",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GaussianSampling",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "Graph",
    "Grid",
    "GroupNormalization",
    "HodgkinHuxley",
    "Hopfield",
    "Identity",
    "Input",
    "InstanceNormalization",
    "IntegerLookup",
    "Izhikevich",
    "LSTMCell",
    "Lambda",
    "LatencyEncoder",
    "Layer",
    "LayerNormalization",
    "LeakyRNN",
    "LeakyRNNCell",
    "LeakyReLU",
    "LeakyReadout",
    "LinearRecurrentUnit",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "McCullochPitts",
    "MemberDense",
    "Members",
    "MembraneLast",
    "MembraneMax",
    "MembraneMean",
    "MinimalGatedCell",
    "Minimum",
    "Mixture",
    "ModernHopfield",
    "MovingAverage",
    "MultiHeadAttention",
    "Multiply",
    "NMDAConductance",
    "Networks",
    "Neuron",
    "Node",
    "Normalization",
    "PReLU",
    "PeriodicEmbedding",
    "Permute",
    "PiecewiseLinearEmbedding",
    "PoissonNeuron",
    "PopulationEncoder",
    "PositionEmbedding",
    "RMSNormalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RateEncoder",
    "RateUnits",
    "ReLU",
    "Record",
    "Refractory",
    "RepeatVector",
    "Rescaling",
    "ReservoirWeights",
    "Reshape",
    "Residual",
    "Resizing",
    "RestrictedBoltzmann",
    "ReversibleInstanceNormalization",
    "RotaryPositions",
    "Scale",
    "Select",
    "SeparableConv1D",
    "SeparableConv2D",
    "Sequential",
    "SimpleRNN",
    "SimpleRNNCell",
    "SinusoidalPositions",
    "SmallWorld",
    "Softmax",
    "Sparse",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpikeCount",
    "Spiking",
    "SpikingCell",
    "StackedRNNCells",
    "StochasticBinary",
    "StraightThrough",
    "StringLookup",
    "Subtract",
    "Surrogate",
    "TextVectorization",
    "TimeDistributed",
    "Triangle",
    "TsodyksMarkramSynapse",
    "Unclip",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Variables",
    "WideAndDeep",
    "WilsonCowan",
    "Wired",
    "Wiring",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "firing_pattern",
    "smoothed",
    "temporal_block",
    "transformer_block",
    "walk",
    "wiring",
]
