"""Layers: specifications of what a network is made of. Keras's names, defaults, layouts and numbers."""

from __future__ import annotations

from .activation import Activation
from .boltzmann import RestrictedBoltzmann
from .compose import Branches, Residual, Sequential
from .connections import Connections, DistanceDependent, SmallWorld, Sparse, Wiring, wiring
from .convolution import Conv1D, Conv2D
from .dense import Dense
from .embedding import Embedding
from .ensemble import Ensemble
from .features import CategoryEmbedding, CategoryIndicators, PeriodicEmbedding, Scale
from .graph import Graph
from .grid import Grid
from .input import Input
from .layer import INFERENCE, Context, Errors, Layer, Record, Variables
from .members import MemberDense, Members
from .merge import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract
from .node import Node
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization, LayerNormalization, UnitNormalization
from .piecewise import PiecewiseLinearEmbedding
from .pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from .recurrent import GRU, LSTM, SimpleRNN
from .rescaling import Rescaling
from .shape import Flatten, Reshape, UpSampling2D, ZeroPadding2D
from .stochastic import StochasticBinary
from .threshold import McCullochPitts
from .walk import walk
from .wired import Wired

__all__ = [
    "GRU",
    "INFERENCE",
    "LSTM",
    "Activation",
    "Add",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Branches",
    "CategoryEmbedding",
    "CategoryIndicators",
    "Concatenate",
    "Connections",
    "Context",
    "Conv1D",
    "Conv2D",
    "Dense",
    "DistanceDependent",
    "Dot",
    "Dropout",
    "Embedding",
    "Ensemble",
    "Errors",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Graph",
    "Grid",
    "Input",
    "Layer",
    "LayerNormalization",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "McCullochPitts",
    "MemberDense",
    "Members",
    "Minimum",
    "Multiply",
    "Node",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Record",
    "Rescaling",
    "Reshape",
    "Residual",
    "RestrictedBoltzmann",
    "Scale",
    "Sequential",
    "SimpleRNN",
    "SmallWorld",
    "Sparse",
    "StochasticBinary",
    "Subtract",
    "UnitNormalization",
    "UpSampling2D",
    "Variables",
    "Wired",
    "Wiring",
    "ZeroPadding2D",
    "walk",
    "wiring",
]
