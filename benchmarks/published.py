"""The table of speeds as docs/speed.md has it in English and Chinese: ``python -m benchmarks.speed --readme``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

HEADINGS = {
    "en": ("workload", "plastica", "of peak"),
    "zh": ("任务", "plastica", "占峰值"),
}
PEERS = {
    "en": {"Keras-JAX": "Keras on JAX", "Keras-TF": "Keras on TensorFlow"},
    "zh": {"Keras-JAX": "Keras (JAX)", "Keras-TF": "Keras (TensorFlow)"},
}
# The rows that are published, in this order, and their titles in Chinese; in English they are those of the workloads.
TITLES = {
    "tiny": "Dense 8-10-2，批大小 32",
    "small": "Dense 784-32-10，批大小 32",
    "large": "Dense 784-512-512-10，批大小 128",
    "cnn": "两层 CNN，28x28，批大小 64",
    "lenet5": "LeNet，28x28，批大小 128",
    "conv1d": "两层 64 通道的 Conv1D，核长 7，128 步，批大小 64",
    "separable": "深度可分离卷积块，28x28x32，批大小 64",
    "resnet6": "六个残差块，16 通道，28x28，批大小 128",
    "resnet20": "ResNet-20，32x32x3，批大小 128",
    "lstm50": "LSTM 50，50 步，批大小 32",
    "lstm128": "LSTM 128，50 步，批大小 64",
    "gru128": "GRU 128，50 步，批大小 64",
    "example5": "例题 5：LSTM 50，1 步，99 行",
    "second1": "例题 1，第二次训练",
    "second5": "例题 5，第二次训练",
    "compile1": "首次训练一步，含编译：例题 1",
    "compile_lenet5": "首次训练一步，含编译：LeNet",
    "compile_resnet6": "首次训练一步，含编译：六个残差块",
    "cold": "例题 1，整个进程，无编译缓存",
    "warm": "例题 1，整个进程，有编译缓存",
}


class Published(NamedTuple):
    """What is published of a row.

    Attributes:
        title: Its title in English.
        time: What plastica takes, with its unit.
        of_peak: The share of the machine's peak; empty for what is not a step.
        ratios: By peer, its time divided by plastica's; None where it was not measured.
    """

    title: str
    time: str
    of_peak: str
    ratios: Mapping[str, float | None]


def tables(rows: Mapping[str, Published], peers: Sequence[str]) -> str:
    """Return the table in Markdown in both languages, ready to paste.

    Args:
        rows: The measured rows by name.
        peers: The peers, in the order of the columns.
    """
    found = {name: rows[name] for name in TITLES if name in rows}
    return "\n\n".join(
        "\n".join(
            [
                _line([*HEADINGS[language], *(PEERS[language].get(peer, peer) for peer in peers)]),
                _line(["---"] * (3 + len(peers))),
                *(_line(_cells(name, row, language, peers)) for name, row in found.items()),
            ]
        )
        for language in HEADINGS
    )


def _cells(name: str, row: Published, language: str, peers: Sequence[str]) -> list[str]:
    title = row.title if language == "en" else TITLES[name]
    ratios = (row.ratios.get(peer) for peer in peers)
    return [title, row.time, row.of_peak or "-", *("-" if ratio is None else f"{ratio:.3g}x" for ratio in ratios)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
