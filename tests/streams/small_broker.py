"""A broker that speaks as much of Kafka's protocol as a consumer without a group needs: bytes by the specification.

Reference: Apache Kafka, A guide to the Kafka protocol; messages ApiVersions v0, Metadata v1, ListOffsets v1, Fetch v4
with record batches of version 2.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

VERSIONS = {18: (0, 0), 3: (1, 1), 2: (1, 1), 1: (4, 4)}


def crc32c(data):
    """Castagnoli's checksum, bit by bit (RFC 3720, appendix B.4)."""
    found = 0xFFFFFFFF
    for byte in data:
        found ^= byte
        for _ in range(8):
            found = (found >> 1) ^ (0x82F63B78 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


def varint(number):
    number = (number << 1) ^ (number >> 63)
    made = b""
    while number > 127:
        made, number = made + bytes([number & 127 | 128]), number >> 7
    return made + bytes([number])


def text(word):
    return struct.pack(">h", len(word)) + word.encode()


def array(parts):
    return struct.pack(">i", len(parts)) + b"".join(parts)


def batch(first, values):
    records = b""
    for place, value in enumerate(values):
        body = b"\0" + varint(0) + varint(place) + varint(-1) + varint(len(value)) + value + varint(0)
        records += varint(len(body)) + body
    tail = struct.pack(">hiqqqhii", 0, len(values) - 1, 0, 0, -1, -1, -1, len(values)) + records
    checked = struct.pack(">ibI", 0, 2, crc32c(tail)) + tail
    return struct.pack(">qi", first, len(checked)) + checked


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        found = struct.unpack_from(f">{form}", self.data, self.at)
        self.at += struct.calcsize(f">{form}")
        return found[0] if len(found) == 1 else found

    def word(self):
        size = self.take("h")
        self.at += max(size, 0)
        return self.data[self.at - size : self.at].decode() if size >= 0 else None


class SmallBroker:
    """Serves one topic, given as the messages of each partition, on a free port while it is open."""

    def __init__(self, topic, partitions, most=7):
        self.topic, self.partitions, self.most = topic, partitions, most
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.listening.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self.listening.accept()[0],), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as incoming, contextlib.suppress(OSError, struct.error):
            while head := incoming.read(4):
                request = Reader(incoming.read(struct.unpack(">i", head)[0]))
                key, version, number = request.take("hhi")
                request.word()  # the name of the client
                answers = {18: self._versions, 3: self._metadata, 2: self._offsets, 1: self._fetch}
                told = struct.pack(">i", number) + answers[key](request, version)
                connection.sendall(struct.pack(">i", len(told)) + told)

    def _versions(self, request, version):
        error = 0 if version == 0 else 35  # unsupported: the client asks again with version 0
        return struct.pack(">h", error) + array([struct.pack(">hhh", key, *known) for key, known in VERSIONS.items()])

    def _metadata(self, request, version):
        broker = struct.pack(">i", 0) + text("127.0.0.1") + struct.pack(">ih", self.port, -1)
        parts = [struct.pack(">hii", 0, number, 0) + array([struct.pack(">i", 0)]) * 2 for number in self.partitions]
        topic = struct.pack(">h", 0) + text(self.topic) + b"\0" + array(parts)
        return array([broker]) + struct.pack(">i", 0) + array([topic])

    def _asked(self, request, form):
        return [
            (request.word(), [request.take(form) for _ in range(request.take("i"))]) for _ in range(request.take("i"))
        ]

    def _offsets(self, request, version):
        request.take("i")
        told = []
        for topic, asked in self._asked(request, "iq"):
            ends = [(number, 0 if time == -2 else len(self.partitions[number])) for number, time in asked]
            told.append(text(topic) + array([struct.pack(">ihqq", number, 0, -1, end) for number, end in ends]))
        return array(told)

    def _fetch(self, request, version):
        request.take("iiiib")
        told = []
        for topic, asked in self._asked(request, "iqi"):
            parts = []
            for number, offset, _ in asked:
                held = self.partitions[number]
                records = batch(offset, held[offset : offset + self.most]) if offset < len(held) else b""
                head = struct.pack(">ihqqi", number, 0, len(held), len(held), -1)
                parts.append(head + struct.pack(">i", len(records)) + records)
            told.append(text(topic) + array(parts))
        return struct.pack(">i", 0) + array(told)
