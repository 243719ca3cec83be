"""Events of cameras, from files in AEDAT 4."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import os
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError, InvalidValue, MissingExtra
from ..typing import Bool, Float, Int
from .spike_trains import SpikeTrains

_LARGEST = 8 * 2**30  # bytes of pictures; more would not fit into the memory of most machines


class CameraEvents(NamedTuple):
    """The events of a camera, in the order of time: pixels that became brighter or darker.

    Attributes:
        times: The time of each event since the first, in milliseconds.
        x, y: Its pixel, from the left and from the top.
        on: Whether the pixel became brighter.
        width, height: The size of the picture.
    """

    times: Float[np.ndarray, "events"]
    x: Int[np.ndarray, "events"]
    y: Int[np.ndarray, "events"]
    on: Bool[np.ndarray, "events"]
    width: int
    height: int

    def frames(self, dt: float = 1.0, duration: float | None = None) -> Float[np.ndarray, "time height width two"]:
        """Return the number of events of each pixel in each step, off and on, for networks that read pictures in time.

        Args:
            dt: The duration of a step, in milliseconds.
            duration: The duration of the whole, in milliseconds; later events are left out. Default: until the last.

        Raises:
            InvalidValue: If a time is not above 0, or the pictures do not fit into memory.

        Example:
            >>> events = CameraEvents(*map(np.array, ([0.0, 2.5], [1, 0], [0, 0], [True, False])), 2, 1)
            >>> events.frames()[:, 0].tolist()
            [[[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]]
        """
        last = self.times[-1] + dt if len(self.times) else dt
        whole = last if duration is None else duration
        if not (dt > 0 and whole > 0):
            raise InvalidValue(f"frames(dt={dt!r}, duration={duration!r}): expected times above 0, in milliseconds.")
        steps = max(1, int(np.floor(whole / dt + 1e-6)))
        size = 4 * steps * self.height * self.width * 2
        if size > _LARGEST:
            raise InvalidValue(
                f"frames(dt={dt:g}): {steps:,} pictures of {self.width} x {self.height} pixels take "
                f"{size / 2**30:.0f} GB. Take a longer step or a shorter duration, or trains()."
            )
        found = np.zeros((steps, self.height, self.width, 2), np.float32)
        step = np.floor(self.times / dt + 1e-6).astype(int)
        kept = step < steps
        np.add.at(found, (step[kept], self.y[kept], self.x[kept], self.on[kept].astype(int)), 1)
        return found

    def trains(self) -> SpikeTrains:
        """Return the events as spikes of a neuron for each pixel and polarity, as ``frames`` flattened."""
        neurons = (self.y * self.width + self.x) * 2 + self.on
        duration = float(np.floor(self.times[-1]) + 1) if len(self.times) else 1.0  # whole milliseconds
        return SpikeTrains(self.times, neurons, 2 * self.width * self.height, duration)


def read_aedat(path: str | os.PathLike[str]) -> CameraEvents:
    """Return the events of a file in AEDAT 4, as cameras of iniVation record them.

    Args:
        path: The file.

    Raises:
        MissingExtra: If ``plastica[aedat]`` is not installed.
        DataError: If the file cannot be read, or has no events.

    Reference:
        iniVation, AEDAT 4 file format.
    """
    aedat = _aedat_package()
    try:
        decoder = aedat.Decoder(os.fspath(path))
        streams = {number: own for number, own in decoder.id_to_stream().items() if own["type"] == "events"}
        chosen = min(streams) if streams else None
        packets = [each["events"] for each in decoder if "events" in each and each["stream_id"] == chosen]
    except Exception as error:  # of several types, by what is wrong with the file
        raise DataError(f"read_aedat({os.fspath(path)!r}): {error or type(error).__name__}.") from None
    if chosen is None or not packets:
        raise DataError(f"read_aedat({os.fspath(path)!r}): the file has no stream of events.")
    events: Any = np.concatenate(packets)
    microseconds = events["t"].astype(np.int64)  # unsigned ones would wrap around at an event before the first
    times = (microseconds - microseconds[0]) / 1000.0
    stream = streams[chosen]
    places = events["x"].astype(int), events["y"].astype(int)
    return CameraEvents(times, *places, events["on"].astype(bool), int(stream["width"]), int(stream["height"]))


def _aedat_package() -> ModuleType:
    try:
        import aedat  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise MissingExtra(
            'read_aedat: files of event cameras need the package aedat: pip install "plastica[aedat]".'
        ) from None
    return aedat
