"""Hosts on one machine: network namespaces that a switch connects, with the delay and the loss of a network.

    python -m benchmarks.hosts COUNT DELAY LOSS    # until its input ends; seconds, and a share from 0 to 1

Each namespace has a TAP device, and the switch forwards their frames after the delay, or drops them: what ``tc netem``
does, also where the kernel lacks it. Needs Linux, ``ip``, and the rights of root.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from plastica.cluster import fitting, launching

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h
MTU, FRAME = 9000, 1 << 16
NAME, NETWORK, PORT = "plastica-host-{}", "10.77.0.{}", 5077
NAMES = Path("/etc/netns")  # `ip netns exec` shows the files of a host's folder there in the place of those in /etc


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True, text=True)


def made(number):
    """Make a host, and return the file descriptor of its network device."""
    host, device = NAME.format(number), f"plastica{number}"
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
    ip("netns", "add", host)
    ip("link", "set", device, "netns", host)
    for line in (
        ["addr", "add", f"{NETWORK.format(number + 1)}/24", "dev", device],
        ["link", "set", device, "mtu", MTU, "up"],
        ["link", "set", "lo", "up"],
    ):
        ip("-n", host, *line)
    (NAMES / host).mkdir(parents=True, exist_ok=True)
    (NAMES / host / "hosts").write_text(f"127.0.0.1 localhost\n{NETWORK.format(number + 1)} {socket.gethostname()}\n")
    return tap


def removed(number):
    """Remove a host, if it is there."""
    with contextlib.suppress(subprocess.CalledProcessError):
        ip("netns", "del", NAME.format(number))
    with contextlib.suppress(OSError):
        (NAMES / NAME.format(number) / "hosts").unlink()
        (NAMES / NAME.format(number)).rmdir()


def switch(taps, delay, loss):
    """Forward frames until the input ends."""
    waiting, ports, count = [], {}, 0
    while True:
        left = max(waiting[0][0] - time.monotonic(), 0) if waiting else None
        ready, _, _ = select.select([*taps, sys.stdin], [], [], left)
        if sys.stdin in ready:
            return
        for tap in ready:
            frame = os.read(tap, FRAME)
            ports[frame[6:12]] = tap
            if random.random() >= loss:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + delay, count, frame, tap))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, frame, source = heapq.heappop(waiting)
            known = ports.get(frame[:6])
            for tap in [each for each in taps if each != source] if known is None else [known]:
                with contextlib.suppress(BlockingIOError):  # a full queue drops the frame
                    os.write(tap, frame)


@contextlib.contextmanager
def workers_on_hosts(count, delay, loss):
    """Let the workers of this machine run on hosts of their own, each on one."""
    command = [sys.executable, "-m", "benchmarks.hosts", str(count), str(delay), str(loss)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving,
        tempfile.TemporaryDirectory() as folder,
    ):
        if not serving.stdout or serving.stdout.readline() != "ready\n":
            raise SystemExit("hosts need Linux, the command ip, and the rights of root.")
        python = Path(folder) / "python"
        host = NAME.format("$PLASTICA_WORKER")
        python.write_text(f'#!/bin/sh\nexec ip netns exec {host} {sys.executable} "$@"\n')
        python.chmod(0o755)
        own_sys, own_seats = launching.sys, fitting.seats

        def seats(workers):
            address = {"PLASTICA_ADDRESS": f"{NETWORK.format(1)}:{PORT}"}
            return [{**seat, **address} for seat in own_seats(workers)]

        launching.sys, fitting.seats = SimpleNamespace(executable=str(python), stdout=sys.stdout), seats
        try:
            yield
        finally:
            launching.sys, fitting.seats = own_sys, own_seats
            serving.stdin.close()


def main():
    count, delay, loss = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    try:
        taps = [made(number) for number in range(count)]
        print("ready", flush=True)
        switch(taps, delay, loss)
    finally:
        for number in range(count):
            removed(number)


if __name__ == "__main__":
    main()
