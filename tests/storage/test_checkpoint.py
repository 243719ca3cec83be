"""Folders of checkpoints: the newest valid one, one run at a time, no other files."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from plastica.errors import FileError, InvalidValue, PlasticaWarning
from plastica.storage import Checkpoint, CheckpointFolder, read_latest
from plastica.storage import checkpoint as module
from plastica.storage import manifest as manifests


def arrays(step: int) -> dict[str, np.ndarray]:
    return {"0/kernel": np.full((2, 3), step, np.float32), "key": np.array([step, 1], np.uint32)}


def save(folder: CheckpointFolder, *steps: int) -> None:
    for step in steps:
        folder.save(step, arrays(step), {"step": step, "loss": [1.5, float("nan")]})


def visible(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))


def check(found: Checkpoint | None, step: int) -> None:
    assert found is not None
    assert found.step == found.document["step"] == step
    for name, array in arrays(step).items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


def test_latest_is_the_newest_and_the_oldest_go(tmp_path):
    with CheckpointFolder(tmp_path / "run" / "checkpoints", keep=3) as folder:
        assert folder.latest() is None
        save(folder, 1, 9, 10, 11, 100)
        check(folder.latest(), 100)
    assert visible(folder.path) == ["step-10", "step-100", "step-11"]
    check(read_latest(folder.path), 100)


def test_no_folder_has_no_latest(tmp_path):
    assert read_latest(tmp_path / "gone") is None


def test_document_comes_back(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 3)
        found = folder.latest()
    assert found is not None
    assert repr(found.document) == "{'loss': [1.5, nan], 'step': 3}"


def test_arrays_are_a_plain_safetensors_file(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 3)
    assert safetensors.numpy.load_file(tmp_path / "step-3" / "arrays.safetensors").keys() == arrays(3).keys()


def test_run_that_went_back_supersedes_what_was_later(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20, 15)
        check(folder.latest(), 15)
    assert visible(tmp_path) == ["step-10", "step-15"]


def test_same_step_can_be_saved_again(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10)
        folder.save(10, {"a": np.ones(1)}, {})
        found = folder.latest()
    assert found is not None
    assert found.arrays.keys() == {"a"}
    assert visible(tmp_path) == ["step-10"]


def test_clear_leaves_none(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20)
        folder.clear()
        assert folder.latest() is None
    assert visible(tmp_path) == []


@pytest.mark.parametrize("name", ["arrays.safetensors", "manifest.json"])
def test_every_flipped_byte_is_noticed_and_the_one_before_is_taken(tmp_path, name):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20)
        path = tmp_path / "step-20" / name
        raw = path.read_bytes()
        for place in range(0, len(raw), 3):
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 4]) + raw[place + 1 :])
            with pytest.warns(PlasticaWarning, match="a checkpoint was skipped: .*step-20"):
                check(folder.latest(), 10)
        path.write_bytes(raw)
        check(folder.latest(), 20)


@pytest.mark.parametrize("name", ["arrays.safetensors", "manifest.json"])
@pytest.mark.parametrize("length", [None, 0, 5, 9, 100, -1])
def test_missing_or_truncated_files_are_noticed(tmp_path, name, length):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20)
        path = tmp_path / "step-20" / name
        raw = path.read_bytes()
        path.unlink()
        if length is not None:
            path.write_bytes(raw[:length])
        with pytest.warns(PlasticaWarning):
            check(folder.latest(), 10)


def test_files_of_another_checkpoint_are_noticed(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20)
    (tmp_path / "step-20").rename(tmp_path / "step-30")
    with pytest.warns(PlasticaWarning, match="do not match its manifest"):
        check(read_latest(tmp_path), 10)
    (tmp_path / "step-30").rename(tmp_path / "step-20")
    other = (tmp_path / "step-10" / "arrays.safetensors").read_bytes()
    (tmp_path / "step-20" / "arrays.safetensors").write_bytes(other)
    with pytest.warns(PlasticaWarning, match="do not match its manifest"):
        check(read_latest(tmp_path), 10)


def test_newer_manifest_asks_for_a_newer_plastica(tmp_path, monkeypatch):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10)
    monkeypatch.setattr(manifests, "FORMAT", 0)
    with pytest.warns(PlasticaWarning, match="pip install --upgrade plastica"):
        assert read_latest(tmp_path) is None


def test_sealed_file_that_is_no_manifest_is_refused(tmp_path):
    (tmp_path / "m").write_bytes(manifests._sealed({"a": 1}))
    with pytest.raises(FileError, match="not the manifest of a checkpoint"):
        manifests.read(tmp_path / "m")


def test_full_disk_at_any_write_leaves_the_older_checkpoints(tmp_path, monkeypatch):
    write = os.write
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10)
        for step in (10, 20):
            for call in range(4):
                calls = iter(range(100))

                def fail(descriptor, data, calls=calls, call=call):
                    if next(calls) == call:
                        write(descriptor, data[: len(data) // 2])
                        raise OSError(errno.ENOSPC, "No space left on device")
                    return write(descriptor, data)

                monkeypatch.setattr(os, "write", fail)
                with pytest.raises(FileError, match=f"step-{step} cannot be written: the disk is full; older"):
                    save(folder, step)
                monkeypatch.undo()
                assert visible(tmp_path) == ["step-10"]
                check(folder.latest(), 10)
        save(folder, 20)
        check(folder.latest(), 20)


@pytest.mark.parametrize("step", [10, 20])
def test_failed_rename_leaves_the_older_checkpoints(tmp_path, monkeypatch, step):
    rename = Path.rename

    def fail(path, target):
        if path.suffix == ".tmp":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10)
        monkeypatch.setattr(Path, "rename", fail)
        with pytest.raises(FileError, match="Input/output error"):
            save(folder, step)
        monkeypatch.undo()
        assert visible(tmp_path) == ["step-10"]
        check(folder.latest(), 10)


def test_nothing_is_kept_of_arrays_that_no_file_can_hold(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        with pytest.raises(InvalidValue, match="object"):
            folder.save(1, {"a": np.array([None])}, {})
        with pytest.raises(InvalidValue, match="tuple"):
            folder.save(1, {}, {"a": ()})
    assert visible(tmp_path) == []


def test_killed_runs_leftovers_are_removed_or_finished(tmp_path):
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 10, 20)
    (tmp_path / "step-10").rename(tmp_path / "step-10.replaced")
    half = tmp_path / "step-10.tmp"
    half.mkdir()
    (half / "arrays.safetensors").write_bytes(b"half")
    (tmp_path / "step-20.replaced").mkdir()
    (tmp_path / "step-20.replaced" / "manifest.json").write_bytes(b"old")
    with CheckpointFolder(tmp_path) as folder:
        assert visible(tmp_path) == ["step-10", "step-20"]
        check(folder.latest(), 20)


def test_two_runs_cannot_share_a_folder(tmp_path):
    program = f"""
from plastica.errors import FileError
from plastica.storage import CheckpointFolder
try:
    CheckpointFolder({str(tmp_path)!r})
except FileError as error:
    print(error)
"""
    with CheckpointFolder(tmp_path) as folder:
        with pytest.raises(FileError, match=f"in use by another run .process {os.getpid()} on .*use another folder"):
            CheckpointFolder(tmp_path)
        told = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True, check=True, text=True, env={"PYTHONPATH": ":".join(sys.path)},
        ).stdout  # fmt: skip
        assert f"process {os.getpid()} on" in told
        save(folder, 1)
    with CheckpointFolder(tmp_path) as folder:
        check(folder.latest(), 1)
    with pytest.raises(FileError, match="is closed; open it again"):
        save(folder, 2)


def test_folder_with_other_content_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "step-3.tmp").mkdir()
    with pytest.raises(FileError, match=r"contains other files \(step-3\.tmp, thesis\.tex\); .*empty folder"):
        CheckpointFolder(tmp_path)
    assert visible(tmp_path) == ["step-3.tmp", "thesis.tex"]
    assert not list(tmp_path.glob(".*"))


def test_other_things_in_the_folder_are_never_removed(tmp_path):
    with CheckpointFolder(tmp_path, keep=1) as folder:
        save(folder, 1)
        (tmp_path / "notes.txt").write_text("mine")
        (tmp_path / "step-1" / "notes.txt").write_text("mine")
        (tmp_path / "step-01").mkdir()
        (tmp_path / "step-7b").mkdir()
        save(folder, 2)
    assert visible(tmp_path) == ["notes.txt", "step-01", "step-1.tmp", "step-2", "step-7b"]
    with CheckpointFolder(tmp_path, keep=1) as folder:
        save(folder, 1)
    assert visible(tmp_path) == ["notes.txt", "step-01", "step-1", "step-7b"]
    assert "notes.txt" in visible(tmp_path / "step-1")


def test_hidden_files_do_not_make_a_folder_foreign(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    with CheckpointFolder(tmp_path) as folder:
        save(folder, 1)


def test_place_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FileError, match="no checkpoints can be saved there"):
            CheckpointFolder(path)


@pytest.mark.parametrize("keep", [0, -1, 1.5, True, None])
def test_keep_is_a_number_from_one(tmp_path, keep):
    with pytest.raises(InvalidValue, match="CheckpointFolder: keep="):
        CheckpointFolder(tmp_path, keep=keep)


@pytest.mark.parametrize("step", [-1, 1.0, True, "1", 10**18])
def test_step_is_a_number_from_zero(tmp_path, step):
    with CheckpointFolder(tmp_path) as folder, pytest.raises(InvalidValue, match="checkpoint: step="):
        folder.save(step, {}, {})


def test_calls_reach_the_disk_in_order(tmp_path, monkeypatch):
    calls = []
    fsync, rename = os.fsync, Path.rename

    def synced(descriptor):
        calls.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def renamed(path, target):
        calls.append(f"{path.name} -> {target.name}")
        return rename(path, target)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    with CheckpointFolder(tmp_path, keep=1) as folder:
        save(folder, 1)
        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(Path, "rename", renamed)
        save(folder, 2)
    assert calls == [
        "arrays.safetensors",
        "manifest.json",
        "step-2.tmp",
        "step-2.tmp -> step-2",
        tmp_path.name,
        "step-1 -> step-1.tmp",
    ]
    assert module._STEP.fullmatch("step-0")
