"""Spikes of recordings and events of cameras, in files that their own libraries wrote."""

from __future__ import annotations

import datetime
import sys

import numpy as np
import pytest

from plastica.errors import DataError, InvalidValue, MissingExtra
from plastica.spikes import CameraEvents, SpikeTrains, read_aedat, read_nwb, write_nwb


@pytest.mark.filterwarnings("ignore")  # of the packages
def test_units_of_an_nwb_file_are_read_and_written(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = pynwb.NWBFile(session_description="three units", identifier="a", session_start_time=start)
    for times in ([0.5, 0.1], [], [0.25]):
        made.add_unit(spike_times=times, obs_intervals=[[0.0, 0.4], [0.4, 0.8]])
    with pynwb.NWBHDF5IO(str(tmp_path / "theirs.nwb"), "w") as file:
        file.write(made)
    found = read_nwb(tmp_path / "theirs.nwb")
    np.testing.assert_allclose(found.times, [100, 250, 500])
    assert found.neurons.tolist() == [0, 2, 0] and (found.num_neurons, found.duration) == (3, 800)

    write_nwb(found, tmp_path / "ours.nwb", start=start)
    with pynwb.NWBHDF5IO(str(tmp_path / "ours.nwb"), "r") as file:
        units = file.read().units
        assert [np.asarray(own).tolist() for own in units["spike_times"]] == [[0.1, 0.5], [], [0.25]]
    again = read_nwb(tmp_path / "ours.nwb")
    np.testing.assert_allclose(again.times, found.times)
    assert again.duration == 800 and read_nwb(tmp_path / "ours.nwb", 1000.0).rates[0] == 2
    empty = pynwb.NWBFile(session_description="no units", identifier="b", session_start_time=start)
    with pynwb.NWBHDF5IO(str(tmp_path / "empty.nwb"), "w") as file:
        file.write(empty)
    with pytest.raises(DataError, match="the file has no units with spike_times"):
        read_nwb(tmp_path / "empty.nwb")
    (tmp_path / "broken.nwb").write_bytes(b"none of it")
    with pytest.raises(DataError, match="read_nwb"):
        read_nwb(tmp_path / "broken.nwb")


def test_events_that_dv_wrote_are_read(tmp_path):
    pytest.importorskip("aedat")
    dv = pytest.importorskip("dv_processing")
    rng = np.random.default_rng(0)
    times, on = 1_000_000 + np.sort(rng.integers(0, 50_000, 200)), rng.random(200) < 0.5
    x, y = rng.integers(0, 6, 200), rng.integers(0, 4, 200)
    store = dv.EventStore()
    for event in zip(times.tolist(), x.tolist(), y.tolist(), on.tolist(), strict=True):
        store.push_back(*event)
    path = str(tmp_path / "events.aedat4")
    writer = dv.io.MonoCameraWriter(path, dv.io.MonoCameraWriter.EventOnlyConfig("DVXplorer_sample", (6, 4)))
    writer.writeEvents(store)
    del writer
    found = read_aedat(path)
    np.testing.assert_allclose(found.times, (times - times[0]) / 1000)
    for own, expected in ((found.x, x), (found.y, y), (found.on, on)):
        np.testing.assert_array_equal(own, expected)
    assert (found.width, found.height) == (6, 4)
    frames = found.frames(10.0)
    assert frames.shape == (5, 4, 6, 2) and frames.sum() == 200
    first = times - times[0] < 10_000
    np.testing.assert_array_equal(frames[0].sum((0, 1)), [(~on[first]).sum(), on[first].sum()])
    np.testing.assert_array_equal(found.trains().raster(1.0).sum(0), frames.sum(0).ravel())


def test_pictures_of_no_time_or_of_too_many_steps_are_told():
    events = CameraEvents(*map(np.array, ([0.0, 1e7], [1, 0], [0, 0], [True, False])), 640, 480)
    with pytest.raises(InvalidValue, match="expected times above 0, in milliseconds"):
        events.frames(duration=0)
    with pytest.raises(
        InvalidValue, match=r"10,000,001 pictures of 640 x 480 pixels take 22888 GB\. Take a longer step"
    ):
        events.frames()


def test_files_that_are_none_and_missing_packages_are_told(tmp_path, monkeypatch):
    (tmp_path / "none.aedat4").write_bytes(b"none of it")
    if "aedat" in sys.modules or pytest.importorskip("aedat"):
        with pytest.raises(DataError, match="read_aedat"):
            read_aedat(tmp_path / "none.aedat4")
    monkeypatch.setitem(sys.modules, "aedat", None)
    monkeypatch.setitem(sys.modules, "pynwb", None)
    with pytest.raises(MissingExtra, match=r'pip install "plastica\[aedat\]"'):
        read_aedat("a.aedat4")
    for wanting in (lambda: read_nwb("a.nwb"), lambda: write_nwb(SpikeTrains(*np.zeros((2, 0)), 1, 1.0), "a.nwb")):
        with pytest.raises(MissingExtra, match=r'pip install "plastica\[nwb\]"'):
            wanting()
