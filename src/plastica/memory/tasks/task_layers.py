"""The layers that are compared on memory tasks: recurrent ones, convolutions and attention, in equal places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from jax import Array

from ...errors import InvalidValue
from ...layers import (
    GRU,
    LSTM,
    RNN,
    Conv1D,
    Dense,
    EchoState,
    FeedbackCell,
    Lambda,
    LayerNormalization,
    LinearRecurrentUnit,
    MinimalGatedCell,
    Residual,
    Sequential,
    SimpleRNN,
    SinusoidalPositions,
    temporal_block,
    transformer_block,
)
from ...layers.layer import Layer
from ...registry import look_up
from ...typing import Float
from .chrono_bias import ChronoBias

HEADS, BLOCKS = 4, 2  # of attention and of linear recurrent units
KERNEL = 3  # steps that a convolution of a temporal block reads
JORDAN_DECAY = 0.5  # as in Jordan 1986


class LayerPlan(NamedTuple):
    """What a layer is to be like.

    Attributes:
        units: The number of units.
        return_sequences: Whether to answer at every step, ``(batch, time, units)``, or only at the last, ``(batch,
            units)``.
        length: The number of steps.
        outputs: The number of outputs of the network.
    """

    units: int
    return_sequences: bool
    length: int = 50
    outputs: int = 1


LayerMaker: TypeAlias = Callable[[LayerPlan], Layer]


def last_step(x: Float[Array, "batch time features"]) -> Float[Array, "batch features"]:
    """Return the last step of sequences."""
    return x[:, -1]


def linear_recurrent(plan: LayerPlan) -> Layer:
    """Return blocks of linear recurrent units, each followed by a nonlinear layer, with short cuts around them.

    The units begin with memories of up to the length of the sequences.
    """
    radius = 1 - 1 / max(100, 2 * plan.length)
    block = (
        LayerNormalization(),
        LinearRecurrentUnit(plan.units, min_radius=0.5, max_radius=radius, max_phase=0.3),
        Dense(plan.units, "gelu"),
        Dense(plan.units),
    )
    return _ended(plan, Dense(plan.units), *(Residual(block) for _ in range(BLOCKS)))


def temporal_convolutions(plan: LayerPlan) -> Layer:
    """Return temporal blocks whose distances double until the last step sees the first."""
    blocks = 1
    while 2 * (KERNEL - 1) * (2**blocks - 1) < plan.length:
        blocks += 1
    stack = (temporal_block(plan.units, KERNEL, 2**place) for place in range(blocks))
    return _ended(plan, Conv1D(plan.units, 1), *stack)


def causal_attention(plan: LayerPlan) -> Layer:
    """Return causal blocks of a transformer behind positions; no step sees a later one."""
    features = plan.units + -plan.units % HEADS
    blocks = (transformer_block(features, HEADS, 2 * features, use_causal_mask=True) for _ in range(BLOCKS))
    return _ended(plan, Dense(features), SinusoidalPositions(), *blocks, LayerNormalization())


def jordan(plan: LayerPlan) -> Layer:
    """Return Jordan's network: its hidden units see the last outputs, and nothing else of the past."""
    cell = FeedbackCell((Dense(plan.units, "tanh"), Dense(plan.outputs, "sigmoid")), JORDAN_DECAY)
    return RNN(cell, return_sequences=plan.return_sequences)


def chrono_lstm(plan: LayerPlan) -> Layer:
    """Return an LSTM whose cells begin with memories of up to the length of the sequences."""
    bias = ChronoBias(max(3, plan.length))
    return LSTM(plan.units, return_sequences=plan.return_sequences, unit_forget_bias=False, bias_initializer=bias)


LAYERS: Mapping[str, LayerMaker] = {
    # Elman's network
    "simple_rnn": lambda plan: SimpleRNN(plan.units, return_sequences=plan.return_sequences),
    "jordan": jordan,
    "lstm": lambda plan: LSTM(plan.units, return_sequences=plan.return_sequences),
    "chrono_lstm": chrono_lstm,
    "gru": lambda plan: GRU(plan.units, return_sequences=plan.return_sequences),
    "minimal_gated": lambda plan: RNN(MinimalGatedCell(plan.units), return_sequences=plan.return_sequences),
    "echo_state": lambda plan: EchoState(plan.units, return_sequences=plan.return_sequences),
    "linear_recurrent": linear_recurrent,
    "temporal_convolution": temporal_convolutions,
    "attention": causal_attention,
}


def named_makers(
    layers: str | LayerMaker | Sequence[str | LayerMaker] | Mapping[str, LayerMaker],
) -> dict[str, LayerMaker]:
    """Return functions that make layers, by name.

    Args:
        layers: Names, functions of a :class:`LayerPlan` of your own, or a mapping from names to them.

    Raises:
        UnknownName: If a name is not known.
        InvalidValue: If something else is given.
    """
    if isinstance(layers, Mapping):
        return dict(layers)
    found: dict[str, LayerMaker] = {}
    for each in [layers] if isinstance(layers, str) or callable(layers) else layers:
        if isinstance(each, str):
            found[each.strip().lower()] = look_up("layer", each, LAYERS)
        elif callable(each):
            found[getattr(each, "__name__", repr(each))] = each
        else:
            raise InvalidValue(f'layers: got {each!r}; expected names such as "lstm", or functions that make a layer.')
    return found


def made(name: str, maker: LayerMaker, plan: LayerPlan) -> Layer:
    """Return the layer of a maker.

    Raises:
        InvalidValue: If it is none.
    """
    layer = maker(plan)
    if isinstance(layer, list | tuple):
        layer = Sequential(tuple(layer))
    if not isinstance(layer, Layer):
        raise InvalidValue(f"layers: {name} returned {type(layer).__name__}; expected a layer, or a list of layers.")
    return layer


def _ended(plan: LayerPlan, *layers: Layer) -> Layer:
    """Return layers that answer at every step, cut to the last step where one answer is due."""
    return Sequential(layers if plan.return_sequences else (*layers, Lambda(last_step)))
