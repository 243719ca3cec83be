"""A look at a step from arrays that a training loop hands in: PyTorch's, JAX's or NumPy's."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from ..activations import Activation
from ..data.arrays import to_array
from ..errors import InvalidValue
from ..typing import Bool, Num, is_array
from .looks import LayerLook, StepLook
from .probe import FLAT, LENGTHS, MOST_OF

# The slope of an activation as a function of its output. Others have no flat part, or are not known here.
SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda a: (a > 0).astype(np.float64),
    "relu6": lambda a: ((a > 0) & (a < 6)).astype(np.float64),
    "hard_sigmoid": lambda a: ((a > 0) & (a < 1)).astype(np.float64),
    "hard_tanh": lambda a: ((a > -1) & (a < 1)).astype(np.float64),
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - np.square(a),
    "softsign": lambda a: np.square(1 - np.abs(a)),
}
STEEPEST = {"sigmoid": 0.25}  # that of all others is 1


def look_from_arrays(
    step: int,
    loss: float,
    layers: Mapping[str, Activation | None],
    given: Mapping[str, Mapping[str, object] | None],
    loss_at: Callable[[float], object] | None = None,
    unit_axis: int = -1,
) -> tuple[StepLook, list[str]]:
    """Return what arrays of a step say, and the layers whose arrays have numbers that are not finite.

    Args:
        step: The number of steps made before.
        loss: The loss of the batch.
        layers: The activation of each layer by name, from the first layer to the last.
        given: Arrays by layer, by what they are: "activities", "errors", "gradients", "weights" and "updates".
        loss_at: The loss of the same batch after a step of so many times the length; None if it is not known.
        unit_axis: The axis of the units of activities.

    Raises:
        InvalidValue: If a layer is not known, or shapes do not agree.
    """
    for kind, arrays in given.items():
        unknown = [name for name in arrays or {} if name not in layers]
        if unknown:
            raise InvalidValue(
                f"look({kind}={{{unknown[0]!r}: ...}}): there is no such layer; LoopDoctor was made for: "
                f"{', '.join(layers)}."
            )
    found, lost, rows = [], [], 0
    tells = bool(given.get("gradients") or given.get("weights"))  # which layers learn; otherwise all may
    for name, activation in layers.items():
        parts = {kind: _leaves(arrays.get(name), f"{kind}[{name!r}]") for kind, arrays in given.items() if arrays}
        activity = parts.get("activities", [])
        if activity and activity[0].ndim < 2:
            raise InvalidValue(f"look(activities={{{name!r}: ...}}): got one axis; give (rows, units).")
        rows = max(rows, *(len(each) for each in activity), 0)
        lost += [name] if not all(np.isfinite(each).all() for arrays in parts.values() for each in arrays) else []
        layer = _of_layer(name, activation, parts, unit_axis)
        found.append(layer if tells else replace(layer, learns=True))
    gradients = [layer.gradient for layer in found if math.isfinite(layer.gradient)]
    norm = math.hypot(*gradients) if gradients else math.nan
    along = (math.nan,) * len(LENGTHS) if loss_at is None else tuple(_number(loss_at(each)) for each in LENGTHS)
    return StepLook(step, rows, loss, norm, along, tuple(found)), lost


def _of_layer(
    name: str, activation: Activation | None, parts: Mapping[str, list[np.ndarray]], unit_axis: int
) -> LayerLook:
    activity, weights, updates = (parts.get(kind, []) for kind in ("activities", "weights", "updates"))
    rms = spread = dead = saturated = math.nan
    kind = "" if activation is None else activation.name
    if activity:
        values = np.moveaxis(activity[0], unit_axis, -1).astype(np.float64)
        rms, spread = float(np.sqrt(np.square(values).mean())), float(values.std(0).mean())
        if kind in SLOPES:
            slope = SLOPES[kind](values)
            dead = _share(slope == 0, 1.0)
            if activation is not None and all(map(math.isfinite, activation.output_range)):
                saturated = _share(slope < FLAT * STEEPEST.get(kind, 1.0), MOST_OF)
    pairs = _pairs(name, weights, updates)
    error, gradient = (_norm(parts.get(kind, [])) for kind in ("errors", "gradients"))
    learns = bool(parts.get("gradients") or weights)
    return LayerLook(
        path=name,
        activation=kind,
        learns=learns,
        activity=rms,
        spread=spread,
        dead=dead,
        saturated=saturated,
        # A gradient is the error times what the layer reads; where errors are not given it stands for them.
        error=gradient if math.isnan(error) else error,
        gradient=gradient,
        weight=_norm([weight for weight, _ in pairs] or _matrices(weights)),
        update=_norm([update for _, update in pairs]),
    )


def plain(value: object, name: str) -> Num[np.ndarray, "*shape"]:
    """Return an array or tensor as a NumPy array; it may have numbers that are not finite.

    Args:
        value: An array of NumPy or JAX, a tensor of PyTorch (on any device, with or without a gradient), or numbers.
        name: What messages call it.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        tensor: Any = value  # PyTorch is not among the dependencies
        value = tensor.detach().to("cpu", torch.float32).numpy()
    # As it is: float32 would do for what is measured, but warns where it rounds.
    made = np.asarray(value) if is_array(value) else to_array(value, name, allow_nonfinite=True)
    return made if made.dtype.kind in "fiub" else to_array(value, name, allow_nonfinite=True)


def _leaves(given: object, name: str) -> list[np.ndarray]:
    """Return the arrays of a layer, of which there may be several (a kernel and a bias)."""
    return [plain(leaf, name) for leaf in jax.tree.leaves(given)]


def _pairs(name: str, weights: list[np.ndarray], updates: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    if updates and [each.shape for each in updates] != [each.shape for each in weights]:
        shapes = [[each.shape for each in arrays] for arrays in (weights, updates)]
        raise InvalidValue(
            f"look(updates={{{name!r}: ...}}): shapes {shapes[1]} beside weights of shapes {shapes[0]}; an update is "
            "the weights after the step minus those before."
        )
    pairs = list(zip(weights, updates, strict=False))
    return [pair for pair in pairs if pair[0].ndim > 1] or pairs


def _matrices(weights: list[np.ndarray]) -> list[np.ndarray]:
    return [each for each in weights if each.ndim > 1] or weights


def _share(flags: Bool[np.ndarray, "rows *places units"], part: float) -> float:
    """Return the share of units whose flag is set in at least a part of the rows and places."""
    return float((flags.reshape(-1, flags.shape[-1]).mean(0) >= part).mean())


def _norm(arrays: list[np.ndarray]) -> float:
    return math.hypot(*(float(np.linalg.norm(each)) for each in arrays)) if arrays else math.nan


def _number(value: object) -> float:
    return float(plain(value, "loss").reshape(()))
