"""What normalization layers have in common."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..errors import InvalidValue, ShapeError
from .layer import Params, Shape


def gamma_and_beta(params: Params, sizes: Shape, dtype: jnp.dtype) -> tuple[jax.Array, jax.Array]:
    """Return gamma and beta; 1 and 0 where they are not learned."""
    gamma = params["gamma"].astype(dtype) if "gamma" in params else jnp.ones(sizes, dtype)
    beta = params["beta"].astype(dtype) if "beta" in params else jnp.zeros(sizes, dtype)
    return gamma, beta


def place_of(owner: str, axis: int, shape: Shape) -> int:
    """Return which axis of ``shape``, without the batch, an axis counted with the batch is.

    Raises:
        ShapeError: If there is no such axis.
    """
    rank = len(shape) + 1
    if axis % rank == 0 or not -rank < axis < rank:
        raise ShapeError(
            f"{owner}(axis={axis}): got inputs of shape {shape}; with the batch they have axes 0 to {rank - 1}."
        )
    return axis % rank - 1


def check_epsilon(owner: str, epsilon: float) -> None:
    """Refuse what would divide by 0.

    Raises:
        InvalidValue: For an epsilon not above 0.
    """
    if not epsilon > 0:
        raise InvalidValue(f"{owner}(epsilon={epsilon}): epsilon must be above 0.")


def check_regularizers(layer: Any) -> None:
    """Refuse penalties on what is not learned.

    Raises:
        InvalidValue: For a regularizer of beta without center, or of gamma without scale.
    """
    for name, there in (("beta_regularizer", layer.center), ("gamma_regularizer", layer.scale)):
        if getattr(layer, name) is not None and not there:
            off = "center" if name == "beta_regularizer" else "scale"
            raise InvalidValue(
                f"{type(layer).__name__}({name}={getattr(layer, name)!r}, {off}=False): there is nothing to "
                f"penalise; leave {name} out."
            )
