"""Messages of a topic of Kafka, or of a broker that speaks its protocol, such as Redpanda."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from ..errors import FileError, InvalidValue, MissingExtra
from ..notes import note
from ..typing import Json
from .sources import RowSource, StreamRecord

WAIT = 200  # milliseconds


class Message(Protocol):
    """What is used of a message of kafka-python."""

    partition: int
    offset: int
    value: bytes | None


class Consumer(Protocol):
    """What is used of a consumer of kafka-python."""

    def partitions_for_topic(self, topic: str) -> set[int] | None: ...
    def assign(self, partitions: Sequence[Any]) -> None: ...
    def seek(self, partition: Any, offset: int) -> None: ...
    def seek_to_beginning(self, *partitions: Any) -> None: ...
    def position(self, partition: Any) -> int: ...
    def end_offsets(self, partitions: Sequence[Any]) -> Mapping[Any, int]: ...
    def poll(self, timeout_ms: int) -> Mapping[Any, Sequence[Message]]: ...


class KafkaSource(RowSource):
    """The messages of a topic, a JSON object in each, in the order of their partition.

    The offsets are kept in the file of the model and not by the broker, so that weights and offsets are saved together
    and each message is learned exactly once. A position is the next offset of each partition.

    Args:
        consumer: A consumer of kafka-python without a group.
        topic: The topic.
        partition_of: Makes the partition of a topic: ``kafka.TopicPartition``.
        name: The name of the source.
        follow: Whether to wait for further messages; otherwise, those that are there at the beginning are taken.

    Raises:
        InvalidValue: If there is no such topic.
    """

    rewinds = True

    def __init__(self, consumer: Consumer, topic: str, partition_of: Any, name: str, follow: bool = True) -> None:
        self.consumer, self.name, self.follow = consumer, name, follow
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        if not numbers:
            raise InvalidValue(note("streams.no_topic", source=name))
        self.partitions = {number: partition_of(topic, number) for number in numbers}
        consumer.assign([*self.partitions.values()])

    @classmethod
    def at(cls, address: str, follow: bool) -> KafkaSource:
        """Return the source for ``HOST:PORT/TOPIC``.

        Raises:
            InvalidValue: If the address is not understood, or there is no such topic.
            FileError: If no broker answers.
            MissingExtra: If kafka-python is not installed.
        """
        servers, _, topic = address.partition("/")
        if not servers or not topic:
            raise InvalidValue(note("streams.bad_address", given=f"kafka://{address}"))
        try:
            from kafka import KafkaConsumer, TopicPartition  # pyright: ignore
            from kafka.errors import KafkaError  # pyright: ignore
        except ImportError as missing:
            raise MissingExtra(
                'Kafka is read by kafka-python, which is not installed. Run: pip install "plastica[kafka]"'
            ) from missing
        try:
            consumer = KafkaConsumer(bootstrap_servers=servers.split(","), enable_auto_commit=False)
        except KafkaError as error:
            raise FileError(note("streams.no_answer", given=f"kafka://{address}", why=str(error))) from None
        return cls(cast("Consumer", consumer), topic, TopicPartition, f"kafka://{address}", follow)

    def head(self) -> bytes:
        """Return the beginning of an object: messages are JSON."""
        return b"{}"

    def records(self, position: Json) -> Iterator[StreamRecord | None]:
        """Yield the messages behind the offsets; None whenever there is none."""
        known = {} if position is None else {int(number): int(offset) for number, offset in position.items()}
        for number, partition in self.partitions.items():
            if number in known:
                self.consumer.seek(partition, known[number])
            else:
                self.consumer.seek_to_beginning(partition)
        ends = self.consumer.end_offsets([*self.partitions.values()])
        offsets = {str(number): self.consumer.position(partition) for number, partition in self.partitions.items()}
        while True:
            found = self.consumer.poll(timeout_ms=WAIT)
            for partition in sorted(found, key=lambda each: each.partition):
                for message in found[partition]:
                    offsets[str(message.partition)] = message.offset + 1
                    yield StreamRecord((message.value or b"").replace(b"\n", b" "), dict(offsets))
            if not found:
                offsets |= {str(number): self.consumer.position(each) for number, each in self.partitions.items()}
                yield None
            if not self.follow and all(offsets[str(each.partition)] >= end for each, end in ends.items()):
                return
