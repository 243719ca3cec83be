"""The compiled programs in two kinds, compiled for fast steps and compiled fast; and programs that run once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple, TypeVar, cast

import jax
import numpy as np
from jax import Array

from ..layers.layer import Layer
from ..random import Key
from ..typing import Memory, Params, PyTree, State
from . import loop
from .program import Learner, Program, RespondsToInputs
from .rows import Plan, Rows

# XLA's older code generation and LLVM's first level of optimization: an ensemble of small networks compiles in half the
# time and needs 200 MB less for it, and its steps take 5 to 15 % longer. Dense and recurrent layers lose up to 60 %.
COMPILES_FAST = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}
# Without LLVM's optimization, programs of small networks compile three times as fast and take twice as long.
COMPILES_FASTEST = {**COMPILES_FAST, "xla_backend_optimization_level": 0}

Computation = TypeVar("Computation", bound=Callable[..., PyTree])

_run_once: dict[Callable[..., PyTree], Callable[..., PyTree]] = {}


class Programs(NamedTuple):
    """The programs of a run; see :func:`.loop.advance`, :func:`.loop.evaluate` and :func:`.loop.predict`."""

    advance: Callable[[Program, Key, Learner, Rows, Rows | None, Plan], loop.Chunk]
    evaluate: Callable[[Program, Params, State, Memory, Rows, Array], Array]
    predict: Callable[[RespondsToInputs, Params, State, Memory, PyTree, Array | np.integer], PyTree]


FAST_STEPS = Programs(loop.advance, loop.evaluate, loop.predict)


def compiled_for(network: Layer) -> Programs:
    """Return the programs for a network; the layers in it decide how they are compiled."""
    return _compiled_fast() if network.compiles_fast and jax.default_backend() == "cpu" else FAST_STEPS


@cache
def _compiled_fast() -> Programs:
    options = _known(COMPILES_FAST)
    if not options:
        return FAST_STEPS
    return Programs(*(jax.jit(cast("PyTree", each).__wrapped__, compiler_options=options) for each in FAST_STEPS))


def to_run_once(function: Computation) -> Computation:
    """Return a function as a compiled program for a look at a network: compiling takes far longer than running it."""
    if function not in _run_once:
        options = _known(COMPILES_FASTEST) if jax.default_backend() == "cpu" else {}
        _run_once[function] = jax.jit(function, compiler_options=options)
    return cast("Computation", _run_once[function])


def _known(options: Mapping[str, bool | int]) -> dict[str, bool | int]:
    """Return those of the options that this XLA has."""
    if _are_known(options):
        return dict(options)
    return {name: value for name, value in options.items() if _are_known({name: value})}


def _are_known(options: Mapping[str, object]) -> bool:
    """Return whether this XLA has these options; newer ones have lost some."""
    try:
        jax.jit(lambda: 0, compiler_options=dict(options)).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def programs() -> Iterator[Callable[..., PyTree]]:
    """Yield every one of them that may hold a program."""
    yield from FAST_STEPS
    if _compiled_fast.cache_info().currsize:
        yield from _compiled_fast()
    yield from _run_once.values()
