"""Kinds of memory that are compared by what they keep of a sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...errors import InvalidValue
from ...layers import (
    GRU,
    LSTM,
    Dense,
    EchoState,
    Lambda,
    LinearRecurrentUnit,
    SimpleRNN,
    SinusoidalPositions,
    transformer_block,
)
from ...layers.layer import Layer
from ...model import Model, Sequential
from ...registry import look_up
from ...typing import Float
from ..tasks.task_layers import last_step
from ..working_memory.attractor_network import AttractorNetwork
from ..working_memory.ring_attractor import RingAttractor
from ..working_memory.short_term_plasticity import ShortTermPlasticity
from ..working_memory.synaptic_working_memory import SynapticWorkingMemory
from .state_reading import LayerStates, Remembering, WindowedStates

WINDOW = 40  # steps that attention sees
HEADS = 4

# What makes a system, given its number of units and a seed.
KindMaker = Callable[[int, int], Remembering]


def delay_line(units: int) -> Callable[[Float[np.ndarray, "time features"]], Float[np.ndarray, "time units"]]:
    """Return a function whose states are the last inputs: what keeps a sequence best."""

    def states(inputs: Float[np.ndarray, "time features"]) -> Float[np.ndarray, "time units"]:
        padded = np.concatenate([np.zeros(units - 1), np.asarray(inputs)[:, 0]])
        return np.lib.stride_tricks.sliding_window_view(padded, units)[:, ::-1]

    return states


def attention(units: int, seed: int) -> WindowedStates:
    """Return a causal block of a transformer that sees a window of steps."""
    features = units + -units % HEADS
    block = transformer_block(features, HEADS, 2 * features, use_causal_mask=True)
    return WindowedStates(_built((Dense(features), SinusoidalPositions(), block, Lambda(last_step)), seed), WINDOW)


KINDS: Mapping[str, KindMaker] = {
    "delay_line": lambda units, seed: delay_line(units),
    "simple_rnn": lambda units, seed: _built((SimpleRNN(units, return_sequences=True),), seed),
    "lstm": lambda units, seed: _built((LSTM(units, return_sequences=True),), seed),
    "gru": lambda units, seed: _built((GRU(units, return_sequences=True),), seed),
    "echo_state": lambda units, seed: _built((EchoState(units, input_scale=0.1, return_sequences=True),), seed),
    "linear_recurrent": lambda units, seed: LayerStates(
        _built((Dense(units), LinearRecurrentUnit(units)), seed), "layer 1, LinearRecurrentUnit"
    ),
    "attention": attention,
    "hopfield": lambda units, seed: AttractorNetwork(units, seed=seed),
    "short_term_plasticity": lambda units, seed: ShortTermPlasticity(),
    "synaptic_working_memory": lambda units, seed: SynapticWorkingMemory(),
    "ring_attractor": lambda units, seed: RingAttractor(),
}


def named_systems(
    systems: str | Sequence[str] | Mapping[str, Remembering], units: int, seed: int
) -> dict[str, Remembering]:
    """Return systems by name.

    Args:
        systems: Names of kinds, or a mapping from names to systems of your own.
        units: The number of units of those that have any number.
        seed: The random seed of their weights.

    Raises:
        UnknownName: If a kind is not known.
        InvalidValue: If there is none.
    """
    if isinstance(systems, Mapping):
        found = {str(name): system for name, system in systems.items()}
    else:
        names = [systems] if isinstance(systems, str) else systems
        found = {name.strip().lower(): look_up("kind", name, KINDS)(units, seed) for name in names}
    if not found:
        raise InvalidValue("compare_retention(systems=...): got none; give at least one.")
    return found


def _built(layers: Sequence[Layer], seed: int) -> Model:
    model = Sequential(list(layers), seed=seed)
    model.build((None, None, 1))
    return model
