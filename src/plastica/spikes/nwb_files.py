"""Spikes of recordings, from and to files of Neurodata Without Borders (NWB)."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import numpy as np

from ..errors import DataError, MissingExtra
from .spike_trains import SpikeTrains


def read_nwb(path: str | os.PathLike[str], duration: float | None = None) -> SpikeTrains:
    """Return the spikes of the units of an NWB file.

    Args:
        path: The file, as those of the DANDI archive.
        duration: The duration, in milliseconds. Default: until the end of the intervals in which units were observed,
            or until the last spike.

    Raises:
        MissingExtra: If ``plastica[nwb]`` is not installed.
        DataError: If the file cannot be read, or has no units with spikes.

    Reference:
        O. Rübel et al., 2022, The Neurodata Without Borders ecosystem for neurophysiological data science.
    """
    pynwb = _pynwb_package()
    try:
        with pynwb.NWBHDF5IO(os.fspath(path), "r", load_namespaces=True) as file:
            units: Any = file.read().units
            names = getattr(units, "colnames", ())  # a file without units has None here
            times = [np.asarray(own, float) for own in units["spike_times"]] if "spike_times" in names else []
            observed = [np.asarray(own) for own in units["obs_intervals"]] if "obs_intervals" in names else []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"read_nwb({os.fspath(path)!r}): {str(error).splitlines()[0]}") from None
    if not times:
        raise DataError(f"read_nwb({os.fspath(path)!r}): the file has no units with spike_times.")
    neurons = np.repeat(np.arange(len(times)), [len(own) for own in times])
    spikes = 1000 * np.concatenate(times)  # seconds in the file
    order = np.lexsort((neurons, spikes))
    ends = [1000 * float(own.max()) for own in observed if own.size] or [float(spikes.max(initial=0.0))]
    return SpikeTrains(spikes[order], neurons[order], len(times), max(ends) if duration is None else duration)


def write_nwb(
    trains: SpikeTrains,
    path: str | os.PathLike[str],
    description: str = "Spikes simulated by plastica",
    start: datetime | None = None,
) -> None:
    """Write spikes as the units of an NWB file, which tools for recordings read.

    Args:
        trains: The spikes.
        path: The file.
        description: What was simulated or recorded.
        start: When it began. Default: now.

    Raises:
        MissingExtra: If ``plastica[nwb]`` is not installed.
    """
    pynwb = _pynwb_package()
    begun = datetime.now(UTC) if start is None else start
    made = pynwb.NWBFile(session_description=description, identifier=str(uuid.uuid4()), session_start_time=begun)
    observed = np.array([[0.0, trains.duration / 1000]])
    for neuron in range(trains.num_neurons):
        times = np.sort(trains.times[trains.neurons == neuron]) / 1000
        made.add_unit(spike_times=times, obs_intervals=observed)
    with pynwb.NWBHDF5IO(os.fspath(path), "w") as file:
        file.write(made)


def _pynwb_package() -> ModuleType:
    try:
        import pynwb  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(
            'read_nwb, write_nwb: files of NWB need the package pynwb: pip install "plastica[nwb]".'
        ) from None
    return pynwb
