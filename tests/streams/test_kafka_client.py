"""The source of Kafka with the client kafka-python, which asks a broker over a socket."""

from __future__ import annotations

import contextlib
import json

import pytest
from small_broker import SmallBroker

from plastica.errors import FileError
from plastica.streams import StreamOptions, learn_on, source_of

pytest.importorskip("kafka")


def test_messages_are_learned_exactly_once_over_a_kill(model, tmp_path, lines):
    names = lines[0].split(",")
    values = [json.dumps(dict(zip(names, line.split(","), strict=True))).encode() for line in lines[1:61]]
    out, options = tmp_path / "kafka.plastica", StreamOptions(batch_rows=8, save_every=8)

    def stop(learner, lesson):
        if learner.rows >= 24:
            raise KeyboardInterrupt

    def learned(address, **more):
        source = source_of(address)
        with contextlib.closing(source.consumer):
            return learn_on(model, source, out, options, **more)

    with SmallBroker("rows", {0: values[:30], 1: values[30:]}) as broker:
        address = f"kafka://127.0.0.1:{broker.port}/rows"
        with pytest.raises(KeyboardInterrupt):
            learned(address, on_lesson=stop)
        made = learned(address)
        assert made.rows == 60 and made.skipped == 0
        broker.partitions[1] += values[:5]
        assert learned(address).rows == 65
    with pytest.raises(FileError, match=r"kafka://127\.0\.0\.1:9/rows"):
        source_of("kafka://127.0.0.1:9/rows")
