"""Kills during save and corrupted files: what can still be loaded, compared with safetensors and NumPy.

    python benchmarks/kill_save.py                      # 500 kills, 10,000 corruptions
    python benchmarks/kill_save.py --kills 50 --corruptions 1000 --no-peers

A child process saves one generation after another to the same file and is killed (SIGKILL) at a random moment. The
file must load, be one complete generation, and be no older than the last completed save. Corruptions (flipped bits;
overwritten, missing, repeated and zeroed sections; truncations) must be rejected; loading values other than those
saved is a failure. The exit code is 1 if plastica fails anywhere.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # children are forked; no threads to lose

import argparse
import json
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy

from plastica.storage import CheckpointFolder, read_latest, read_model, write_model

warnings.simplefilter("ignore")  # skipped checkpoints give warnings


class Way(NamedTuple):
    """A way to save: ``save(folder, generation, arrays)`` and ``load(folder) -> (generation, arrays)``."""

    name: str
    save: Callable[[Path, int, dict[str, np.ndarray]], None]
    load: Callable[[Path], tuple[int, dict[str, np.ndarray]]]


def save_model(folder: Path, generation: int, arrays: dict[str, np.ndarray]) -> None:
    write_model(folder / "m", arrays, {"generation": generation})


def load_model(folder: Path) -> tuple[int, dict[str, np.ndarray]]:
    arrays, document = read_model(folder / "m")
    return document["generation"], arrays


def save_checkpoint(folder: Path, generation: int, arrays: dict[str, np.ndarray]) -> None:
    with CheckpointFolder(folder / "c") as checkpoints:
        checkpoints.save(generation, arrays, {"generation": generation})


def load_checkpoint(folder: Path) -> tuple[int, dict[str, np.ndarray]]:
    found = read_latest(folder / "c")
    if found is None:
        raise ValueError("none left")
    return found.document["generation"], found.arrays


def save_safetensors(folder: Path, generation: int, arrays: dict[str, np.ndarray]) -> None:
    safetensors.numpy.save_file(arrays, folder / "m", metadata={"generation": str(generation)})


def load_safetensors(folder: Path) -> tuple[int, dict[str, np.ndarray]]:
    with safetensors.safe_open(folder / "m", "numpy") as file:
        return int(file.metadata()["generation"]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def save_npz(folder: Path, generation: int, arrays: dict[str, np.ndarray]) -> None:
    np.savez(folder / "m.npz", generation=generation, **arrays)


def load_npz(folder: Path) -> tuple[int, dict[str, np.ndarray]]:
    with np.load(folder / "m.npz", allow_pickle=False) as file:
        return int(file["generation"]), {name: file[name] for name in file.files if name != "generation"}


OURS = (Way("plastica model", save_model, load_model), Way("plastica checkpoint", save_checkpoint, load_checkpoint))
PEERS = (Way("safetensors", save_safetensors, load_safetensors), Way("numpy.savez", save_npz, load_npz))


def generation_of(number: int, size: int) -> dict[str, np.ndarray]:
    """Return arrays in which every element determines its generation."""
    return {f"{layer}/kernel": np.full((size, 64), number, np.float32) for layer in range(4)}


def save_for_ever(way: Way, folder: Path, first: int, size: int, told: int) -> None:
    for number in range(first, first + 10**9):
        way.save(folder, number, generation_of(number, size))
        os.write(told, struct.pack("<q", number))


def kill_one(way: Way, folder: Path, first: int, size: int, delay: float) -> int:
    """Start a child that saves from generation ``first``, kill it, and return the last generation it saved."""
    reading, telling = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            save_for_ever(way, folder, first, size, telling)
        finally:
            os._exit(1)
    os.close(telling)
    select.select([reading], [], [], 30)  # one save is complete; the kill hits a later one
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as file:
        numbers = file.read()
    return struct.unpack("<q", numbers[-8:])[0] if numbers else first - 1


def kills(way: Way, count: int, size: int, source: random.Random) -> Counter[str]:
    """Kill ``count`` processes during save and count the outcomes."""
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        begin = time.perf_counter()
        for number in range(3):
            way.save(folder, number, generation_of(number, size))
        usual = (time.perf_counter() - begin) / 3
        last = 2
        for _ in range(count):
            last = kill_one(way, folder, last + 1, size, source.uniform(0, 3 * usual))
            outcomes["inside a save"] += bool(left_over(folder))
            try:
                found, arrays = way.load(folder)
            except Exception:
                outcomes["lost"] += 1
                clear(folder)
                way.save(folder, last, generation_of(last, size))
                continue
            whole = all((array == found).all() for array in arrays.values()) and len(arrays) == 4
            outcomes["good" if whole and last <= found <= last + 1 else "wrong"] += 1
            last = max(last, found)
    return outcomes


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob(".plastica-*.tmp"), *folder.glob("c/step-*.tmp"), *folder.glob("c/step-*.replaced")]


def clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def corrupt(raw: bytes, source: random.Random) -> tuple[str, bytes]:
    """Return the name of a kind of corruption and the corrupted bytes."""
    place, run = source.randrange(len(raw)), source.randrange(1, 64)
    kind = source.choice(["bit", "byte", "run", "lost", "repeated", "zeroed", "truncated", "grown"])
    match kind:
        case "bit":
            made = raw[:place] + bytes([raw[place] ^ 1 << source.randrange(8)]) + raw[place + 1 :]
        case "byte":
            made = raw[:place] + source.randbytes(1) + raw[place + 1 :]
        case "run":
            made = raw[:place] + source.randbytes(run)[: len(raw) - place] + raw[place + run :]
        case "lost":
            made = raw[:place] + raw[place + run :]
        case "repeated":
            made = raw[: place + run] + raw[place:]
        case "zeroed":
            made = raw[:place] + bytes(min(run, len(raw) - place)) + raw[place + run :]
        case "truncated":
            made = raw[:place]
        case _:
            made = raw + source.randbytes(run)
    return kind, made


def corruptions(way: Way, count: int, source: random.Random) -> Counter[str]:
    """Corrupt files in ``count`` ways and count the outcomes of loading."""
    outcomes: Counter[str] = Counter()
    wanted = {"0/kernel": np.random.default_rng(0).normal(size=(32, 16)), "0/bias": np.arange(16, dtype=np.int32)}
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        way.save(folder, 7, wanted)
        files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
        whole = {path: path.read_bytes() for path in files}
        while sum(outcomes.values()) < count:
            path = source.choice(files)
            _, damaged = corrupt(whole[path], source)
            if damaged == whole[path]:
                continue
            path.write_bytes(damaged)
            outcomes[what_loads(way, folder, wanted)] += 1
            path.write_bytes(whole[path])
    return outcomes


def what_loads(way: Way, folder: Path, wanted: dict[str, np.ndarray]) -> str:
    try:
        found, arrays = way.load(folder)
    except Exception:
        return "refused"
    same = found == 7 and {name: repr(a.tolist()) for name, a in arrays.items()} == {
        name: repr(a.tolist()) for name, a in wanted.items()
    }
    return "same values" if same else "other values"


def arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--corruptions", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=4096, help="KiB in a model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    return parser.parse_args()


def main() -> int:
    """Run both experiments for each format and print the results."""
    given = arguments()
    rows = []
    for way in OURS + (PEERS if given.peers else ()):
        killed = kills(way, given.kills, max(1, given.size), random.Random(given.seed))
        damaged = corruptions(way, given.corruptions, random.Random(given.seed))
        rows.append({"way": way.name, "kills": killed, "corruptions": damaged})
    if given.json:
        print(json.dumps(rows))
    else:
        print_table(rows, given)
    ours = rows[: len(OURS)]
    return int(any(r["kills"]["lost"] + r["kills"]["wrong"] + r["corruptions"]["other values"] for r in ours))


def print_table(rows: list[dict[str, Any]], given: Any) -> None:
    print(f"{given.kills:,} kills during save, {given.corruptions:,} corrupted files; a model of {given.size:,} KiB\n")
    print("| saved with | loads after a kill | lost | loaded corrupt with other values | corrupt refused |")
    print("|---|---|---|---|---|")
    for row in rows:
        killed, damaged = row["kills"], row["corruptions"]
        print(
            f"| {row['way']} | {killed['good']:,} of {given.kills:,} | {killed['lost'] + killed['wrong']:,} | "
            f"{damaged['other values']:,} of {given.corruptions:,} | {damaged['refused']:,} |"
        )
    inside = ", ".join(f"{row['kills']['inside a save']:,} ({row['way']})" for row in rows[: len(OURS)])
    print(f"\nKills that left an unfinished save behind: {inside}.")


if __name__ == "__main__":
    sys.exit(main())
