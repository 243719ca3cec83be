"""The devices of a run: which are meant, and the mesh of their axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import jax
import numpy as np
from jax.sharding import Mesh

from ..errors import InvalidValue

# What jax.devices() returns; for type checkers jax.Device is a variable and no type.
JaxDevice: TypeAlias = Any

DATA, MODEL, POPULATION = "data", "model", "population"

DevicesLike: TypeAlias = "str | int | Sequence[JaxDevice] | Mapping[str, int] | None"

WHAT_FITS = 'give "all", a number of devices, a list of them from jax.devices(), or {"data": 2, "model": 2}'


def mesh_of(devices: DevicesLike, axis: str = DATA) -> Mesh | None:
    """Return the mesh of the devices to compute on; None for the first device, on which everything runs by default.

    Args:
        devices: ``"all"``, how many, which, or how many along each axis.
        axis: The axis along which devices without a named axis lie.

    Raises:
        InvalidValue: If there are fewer devices, or one is listed twice.

    Example:
        >>> mesh_of(None) is None, mesh_of(1) is None
        (True, True)
        >>> mesh_of({"data": 1, "model": 1}).axis_names
        ('data', 'model')
    """
    if devices is None:
        return None
    if isinstance(devices, Mapping):
        return _named(devices, axis)
    found = _listed(devices)
    if len(found) == 1 and found[0] == jax.local_devices()[0]:
        return None
    return Mesh(np.array(found), (axis,))


def _listed(devices: str | int | Sequence[JaxDevice]) -> list[JaxDevice]:
    if isinstance(devices, str):
        if devices != "all":
            raise InvalidValue(f"fit(devices={devices!r}): {WHAT_FITS}.")
        return jax.devices()
    if isinstance(devices, bool) or not isinstance(devices, int | np.integer | Sequence):
        raise InvalidValue(f"fit(devices={devices!r}): {WHAT_FITS}.")
    if not isinstance(devices, Sequence):
        return _first(int(devices), f"fit(devices={devices})")
    given = list(devices)
    unknown = [each for each in given if not isinstance(each, jax.Device)]
    if unknown or not given:
        raise InvalidValue(f"fit(devices={given!r}): {WHAT_FITS}.")
    if len(set(given)) < len(given):
        raise InvalidValue(f"fit(devices={given!r}): a device is listed twice; list each one once.")
    return given


def _named(devices: Mapping[str, int], axis: str) -> Mesh:
    known = (DATA, MODEL) if axis == DATA else (axis,)
    wrong = [name for name in devices if name not in known]
    sizes = [cast("object", size) for size in devices.values()]
    if wrong or not devices:
        raise InvalidValue(
            f"fit(devices={dict(devices)}): the axes are {', '.join(known)}; give the number of devices along each, "
            f"as in {{{known[0]!r}: 2}}."
        )
    if any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes):
        raise InvalidValue(f"fit(devices={dict(devices)}): give a whole number of at least 1 for each axis.")
    shape = tuple(devices.get(name, 1) for name in known)
    return Mesh(np.array(_first(int(np.prod(shape)), f"fit(devices={dict(devices)})")).reshape(shape), known)


def _first(count: int, owner: str) -> list[JaxDevice]:
    there = jax.devices()
    if count < 1:
        raise InvalidValue(f"{owner}: give at least 1 device.")
    if count > len(there):
        seen = f"{len(there)} device{'s' if len(there) > 1 else ''} ({_named_shortly(there)})"
        advice = f'give at most {len(there)}, or "all"'
        if there[0].platform == "cpu":
            advice += f'; to divide one CPU, call jax.config.update("jax_num_cpu_devices", {count}) before all else'
        raise InvalidValue(f"{owner}: JAX sees {seen}; {advice}.")
    return there[:count]


def shown_device(device: JaxDevice) -> str:
    """Return the name of a device: ``gpu:0 NVIDIA H200``, or ``cpu:0``, whose kind says nothing more."""
    kind = str(device.device_kind).strip()
    return f"{device.platform}:{device.id}" + (f" {kind}" if kind != device.platform else "")


def _named_shortly(devices: Sequence[JaxDevice]) -> str:
    names = [f"{each.platform}:{each.id}" for each in devices]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
