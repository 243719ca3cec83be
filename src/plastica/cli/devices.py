"""``plastica devices``: the devices that JAX can use, and why a GPU is not among them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Protocol

import click

from . import parameters
from .guard import guarded
from .names import HintingCommand
from .output import Output
from .wording import SAY


@click.command(cls=HintingCommand, short_help="List the available devices.")
@parameters.lang
@parameters.json
@parameters.debug
@guarded
def devices(lang: str, json: bool, debug: bool) -> None:
    """List the CPUs and GPUs available to JAX; plastica uses the first."""
    import jax

    found = available()
    output = Output(json)
    output.fact("jax", jax.__version__)
    for device in found:
        output.fact("device", describe(device))
    platform = found[0].platform
    hint = "gpu_unused" if platform == "cpu" and shutil.which("nvidia-smi") else None
    output.fact("in_use", f"{platform}:{found[0].id}")
    if hint is not None:
        output.fact("hint", SAY(hint))
    listed = [{"platform": each.platform, "id": each.id, "kind": each.device_kind} for each in found]
    output.result(
        {"jax": jax.__version__, "platform": platform, "devices": listed, "hint": hint and SAY.spoken("en", hint)}
    )


class ListedDevice(Protocol):
    """What this command says of a device of JAX."""

    id: int
    platform: str
    device_kind: str

    def memory_stats(self) -> Mapping[str, int] | None:
        """Return what is known of its memory, in bytes."""
        ...


def available() -> list[ListedDevice]:
    """Return JAX's devices.

    Raises:
        InvalidValue: If JAX_PLATFORMS names a platform that is not available.
    """
    import jax

    from ..errors import InvalidValue
    from ..notes import note

    try:
        return list(jax.devices())
    except (RuntimeError, AssertionError) as problem:  # JAX raises AssertionError if a plugin has no driver
        why = (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
        platforms = os.environ.get("JAX_PLATFORMS", "")
        raise InvalidValue(note("errors.no_platform", platforms=repr(platforms), why=why)) from None


def describe(device: ListedDevice) -> str:
    """Return a device's name and, if JAX reports it, its memory."""
    memory = (device.memory_stats() or {}).get("bytes_limit") if device.platform != "cpu" else None
    size = f", {memory / 2**30:.1f} GiB" if memory else ""
    kind = f" {device.device_kind}" if device.device_kind != device.platform else ""
    return f"{device.platform}:{device.id}{kind}{size}"
