"""The compiled programs in three kinds: compiled for fast steps, compiled fast, and a program for each step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jax

from ..layers.layer import Layer, Params
from ..layers.walk import walk
from . import loop, stepwise

# XLA's older code generation and LLVM's first level of optimization: an ensemble of small networks compiles in half the
# time and needs 200 MB less for it, and its steps take 5 to 15 % longer. Dense and recurrent layers lose up to 60 %.
COMPILES_FAST = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}


class Programs(NamedTuple):
    """The programs of a run; see :func:`.loop.advance`, :func:`.loop.evaluate` and :func:`.loop.predict`."""

    advance: Any
    evaluate: Any
    predict: Any


FAST_STEPS = Programs(loop.advance, loop.evaluate, loop.predict)
STEP_BY_STEP = Programs(stepwise.advance, stepwise.evaluate, stepwise.predict)


def compiled_for(network: Layer, params: Params) -> Programs:
    """Return the programs for a network; the layers in it decide how they are compiled."""
    if jax.default_backend() != "cpu":
        return FAST_STEPS
    if network.compiles_fast:
        return _compiled_fast()
    is_slow = any(layer.is_slow_in_loops(part) for _, layer, part in walk(network, params))
    return STEP_BY_STEP if is_slow else FAST_STEPS


@cache
def _compiled_fast() -> Programs:
    options = {name: value for name, value in COMPILES_FAST.items() if _is_known(name, value)}
    if not options:
        return FAST_STEPS
    return Programs(*(jax.jit(each.__wrapped__, compiler_options=options) for each in FAST_STEPS))


def _is_known(name: str, value: Any) -> bool:
    """Return whether this XLA has an option; newer ones have lost some."""
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def programs() -> Iterator[Any]:
    """Yield every one of them that may hold a program."""
    yield from FAST_STEPS
    yield from stepwise.programs()
    if _compiled_fast.cache_info().currsize:
        yield from _compiled_fast()
