"""Why this activation, loss, optimizer and size suit a task, in one sentence each, and what the usual choice is."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np

from ..activations import ELU, GELU, Linear, ReLU, Sigmoid, SiLU, Tanh
from ..layers.layer import Layer
from ..layers.recurrent_base import Recurrent
from ..layers.spiking.firing import spike_step
from ..layers.walk import walk
from ..losses import Huber, Loss, MeanAbsoluteError
from ..model import Model
from ..notes import Note, note
from ..optimizers import SGD, Adam
from ..typing import Params

FEW, MANY = 0.02, 20.0  # parameters a row


def choices(model: Model, y: object, rows: int) -> tuple[Note, ...]:
    """Return a sentence about each choice of a compiled model: activation, loss, optimizer and size.

    Args:
        model: The model, compiled and built.
        y: The training targets.
        rows: How many training rows there are.
    """
    if model.compiled.own is not None:
        return ()
    found = [*_activation(model), *_loss(model, y), *_optimizer(model)]
    count = sum(leaf.size for leaf in jax.tree.leaves(model.params))
    size = "few" if count < FEW * rows else "many" if count > MANY * rows else "usual"
    return (*found, note(f"choice.size_{size}", count=count, rows=rows))


def _activation(model: Model) -> Iterator[Note]:
    layers = list(_plain(model))
    learning = [layer for layer, params in layers if jax.tree.leaves(params)]
    if len(learning) < 2:
        yield note("choice.activation_none")
        return
    if any(spike_step(layer) is not None for layer, _ in layers):
        yield note("choice.activation_spiking")
        return
    if any(isinstance(layer, Recurrent) for layer in learning):
        yield note("choice.activation_recurrent")
        return
    used = [layer.output_activation for layer, _ in layers][:-1]
    known = [each for each in used if each is not None and not isinstance(each, Linear)]
    if not known:
        yield note("choice.activation_linear")
    elif isinstance(known[0], Sigmoid | Tanh):
        yield note(f"choice.activation_{known[0].name}")
    elif isinstance(known[0], ReLU):
        yield note("choice.activation_relu")
    else:
        kind = "smooth" if isinstance(known[0], ELU | GELU | SiLU) else "other"
        yield note(f"choice.activation_{kind}", name=known[0].name)


def _plain(model: Model) -> Iterator[tuple[Layer, Params]]:
    """Yield the layers with their parameters; those of one copy in place of an ensemble."""
    for _, layer, params in walk(model.network, model.params):
        inner, own, _ = layer.inside(params, None)
        if inner and isinstance(own, tuple):
            yield from zip(inner, own, strict=True)
        else:
            yield layer, params


def _loss(model: Model, y: object) -> Iterator[Note]:
    loss = model.compiled.loss
    if not isinstance(loss, Loss):
        return
    meaning = loss.meaning
    if meaning.exclusive:
        yield note("choice.loss_classes")
    elif meaning.decides:
        yield note("choice.loss_labels" if meaning.outputs != "margins" else "choice.loss_margins")
    elif isinstance(y, np.ndarray) and y.size and bool(np.isin(y, (0, 1)).all()):
        yield note("choice.loss_numbers_of_classes")
    else:
        yield note("choice.loss_robust" if isinstance(loss, MeanAbsoluteError | Huber) else "choice.loss_numbers")


def _optimizer(model: Model) -> Iterator[Note]:
    optimizer = model.compiled.optimizer
    kind = "adam" if isinstance(optimizer, Adam) else "sgd" if isinstance(optimizer, SGD) else "other"
    rate = getattr(optimizer, "learning_rate", None)
    shown = f"{rate:.3g}" if isinstance(rate, float) else type(rate).__name__
    yield note(f"choice.optimizer_{kind}", name=type(optimizer).__name__, rate=shown)
