"""Atomic writing: full disks, killed processes, links, permissions, the order of calls."""

import errno
import os
import stat
import subprocess
import sys

import pytest

from plastica.errors import FileError
from plastica.storage import atomic
from plastica.storage.atomic import check_writable, replace_file
from plastica.storage.locking import try_lock

CHUNKS = [b"head", bytearray(b""), memoryview(b"body" * 100), b"tail"]
WHOLE = b"head" + b"body" * 100 + b"tail"


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"old")
    return path


def test_chunks_are_one_file(target):
    replace_file(target, CHUNKS)
    assert target.read_bytes() == WHOLE
    assert list(target.parent.iterdir()) == [target]


def test_short_writes_are_continued(target, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    replace_file(target, CHUNKS)
    assert target.read_bytes() == WHOLE


def failing(call: int, code: int):
    """Return a replacement of ``os.write`` that writes partially and fails at the given call."""
    write, calls = os.write, iter(range(1_000_000))

    def fail(descriptor, data):
        if next(calls) == call:
            raise OSError(code, os.strerror(code))
        return write(descriptor, data[:40])

    return fail


@pytest.mark.parametrize("call", range(12))
def test_full_disk_at_any_write_leaves_the_old_file(target, monkeypatch, call):
    monkeypatch.setattr(os, "write", failing(call, errno.ENOSPC))
    with pytest.raises(FileError, match=r"model cannot be written: the disk is full; nothing was changed\.$"):
        replace_file(target, CHUNKS)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_as_many_writes_were_broken_as_there_are(target, monkeypatch):
    monkeypatch.setattr(os, "write", failing(12, errno.ENOSPC))
    replace_file(target, CHUNKS)
    assert target.read_bytes() == WHOLE


@pytest.mark.parametrize("name", ["fsync", "replace", "close"])
def test_failure_before_the_rename_leaves_the_old_file(target, monkeypatch, name):
    call = getattr(os, name)

    def fail(*arguments):
        if name == "close":
            call(*arguments)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(FileError, match="Input/output error"):
        replace_file(target, CHUNKS)
    monkeypatch.undo()
    assert list(target.parent.iterdir()) == [target]
    if name != "close":
        assert target.read_bytes() == b"old"


def test_interruption_leaves_the_old_file_and_is_passed_on(target, monkeypatch):
    def interrupt(descriptor, data):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(target, CHUNKS)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_bytes_reach_the_disk_before_the_name_and_the_name_after(target, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def replaced(*names):
        calls.append("rename")
        replace(*names)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    replace_file(target, CHUNKS)
    assert calls == ["file", "rename", "folder"]


def test_unconfirmed_name_is_said(target, monkeypatch):
    def fail(folder):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic, "sync_folder", fail)
    with pytest.raises(FileError, match="the new file is complete but may be lost"):
        replace_file(target, CHUNKS)
    assert target.read_bytes() == WHOLE


@pytest.mark.skipif(os.name == "nt", reason="no limits of this kind")
def test_true_limit_of_the_system_leaves_the_old_file(target):
    program = f"""
import resource, signal
from plastica.errors import FileError
from plastica.storage.atomic import check_writable, replace_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    replace_file({str(target)!r}, [bytes(30_000)] * 3)
except FileError as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, check=True, text=True, env={"PYTHONPATH": ":".join(sys.path)},
    ).stdout  # fmt: skip
    assert "exceeds the maximum size allowed; nothing was changed" in told
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_permissions_of_the_old_file_stay(target):
    target.chmod(0o640)
    replace_file(target, CHUNKS)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "any").write_bytes(b"")
    replace_file(tmp_path / "model", CHUNKS)
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_link_is_followed(target):
    link = target.with_name("link")
    link.symlink_to(target)
    replace_file(link, CHUNKS)
    assert link.is_symlink()
    assert target.read_bytes() == WHOLE


def test_places_that_take_no_file_are_named(target):
    for path, text in (
        (target.parent, "it is a folder; pass the path of a file"),
        (target.parent / "no" / "model", "its folder does not exist; create it first"),
        (target / "model", "part of its path is a file"),
        (target.parent / ("x" * 300), "the name is too long"),
    ):
        with pytest.raises(FileError, match=text):
            replace_file(path, CHUNKS)
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.skipif(os.name == "nt", reason="needs named pipes")
def test_pipes_and_devices_are_written_to_and_never_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_file(link, CHUNKS)
        assert os.read(reading, 1000) == WHOLE
    finally:
        os.close(reading)
    assert stat.S_ISFIFO(pipe.stat().st_mode) and sorted(tmp_path.iterdir()) == [link, pipe]
    if os.path.exists("/dev/full"):  # noqa: PTH110
        with pytest.raises(FileError, match="/dev/full cannot be written: the disk is full"):
            replace_file("/dev/full", CHUNKS)


def test_places_for_long_work_are_checked_before_it(target):
    check_writable(target)
    check_writable(target.with_name("new"))
    for path, text in (
        (target.parent, "it is a folder"),
        (target.parent / "no" / "model", "its folder does not exist"),
    ):
        with pytest.raises(FileError, match=text):
            check_writable(path)
    with pytest.raises(FileError, match="part of its path is a file"):
        check_writable(target / "model")
    assert list(target.parent.iterdir()) == [target]


def test_longest_name_can_be_written(tmp_path):
    replace_file(tmp_path / ("x" * 255), CHUNKS)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [WHOLE]


def test_leftovers_of_dead_writers_go_and_those_of_living_ones_stay(target):
    dead, living = target.with_name(".plastica-dead.tmp"), target.with_name(".plastica-living.tmp")
    other = target.with_name("other.tmp")
    for path in (dead, living, other):
        path.write_bytes(b"part")
    with living.open("r+b") as file:
        assert try_lock(file.fileno())
        replace_file(target, CHUNKS)
    assert sorted(target.parent.iterdir()) == sorted([living, other, target])


def test_lock_has_one_holder(target):
    with target.open() as one, target.open() as two:
        assert try_lock(one.fileno())
        assert not try_lock(two.fileno())
