"""Networks that study lists and report them: in order, in any order, or by recognition; accuracy by position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...layers import Dense
from ...registry import look_up
from ...typing import Float, Int, Num
from ..tasks.task_layers import LAYERS, LayerPlan
from .free_recall import INTRUSION, NOTHING, FreeRecall
from .list_training import TEST_SEED, ListTraining

if TYPE_CHECKING:
    import polars

LIST_TASKS = ("serial", "free", "recognition")
TEST_LISTS = 500


class ListMemory(NamedTuple):
    """How well networks report lists.

    Attributes:
        table: A polars data frame with the columns layer, task, position, accuracy (mean over networks of the fraction
            of lists in which the word at this position is right), lowest, highest and chance.
        recalls: What was recalled, by layer, in the format of people's recalls, all networks of a layer together; empty
            for recognition. Serial recalls may hold words not on the list, -1.
    """

    table: polars.DataFrame
    recalls: dict[str, FreeRecall]


class StudyLists(NamedTuple):
    """Lists for networks.

    Attributes:
        x: Inputs: a word a step, then signals to recall, or a probe.
        y: Targets.
        words: The words of each list, from 0.
    """

    x: Float[np.ndarray, "lists time features"]
    y: Num[np.ndarray, "lists *answers"]
    words: Int[np.ndarray, "lists positions"]


def recall_lists(
    layers: str | Sequence[str] = ("simple_rnn", "lstm", "gru", "echo_state"),
    task: str = "free",
    *,
    length: int = 16,
    words: int = 32,
    units: int = 32,
    rows: int = 3000,
    epochs: int = 20,
    batch_size: int = 50,
    learning_rate: float = 3e-3,
    seeds: int = 3,
    seed: int = 0,
    verbose: int | str = 0,
) -> ListMemory:
    """Train recurrent layers to remember lists, and test them on new lists.

    Args:
        layers: Names of layers, such as ``"simple_rnn"``, ``"lstm"``, ``"gru"``, ``"echo_state"``, ``"attention"``; as
            for ``compare_recurrent_layers``.
        task: ``"serial"``: report the words one by one in order, after the list; ``"free"``: at its end, say which
            words were on it; those above one half count as recalled, the surest first; ``"recognition"``: say whether a
            word was on the list.
        length: The number of words of a list, all different. Default: as in ``human_curve("serial_position")``.
        words: The number of words that lists are drawn from.
        units: The units of each layer; fewer remember less.
        rows: The number of lists to train on.
        epochs: The number of epochs.
        batch_size: Lists per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
        seeds: The number of networks of each layer, trained in one program.
        seed: The first random seed.
        verbose: As for ``fit``.

    Returns:
        Accuracy by position and the recalls, which ``compare_with_people`` takes. Chance is 1 / words for serial
        recall, length / words for free recall (as many words as a list has, drawn at random), and one half for
        recognition.

    Raises:
        UnknownName: If a layer is unknown.
        InvalidValue: If the task is unknown, there are no seeds, or there are fewer words than a list has.
    """
    import polars

    if task not in LIST_TASKS:
        raise InvalidValue(f"recall_lists(task={task!r}): expected one of {', '.join(LIST_TASKS)}.")
    if seeds < 1 or rows < 1 or length < 1 or words <= length:
        raise InvalidValue(
            f"recall_lists(length={length}, words={words}, rows={rows}, seeds={seeds}): expected at least one word, "
            "list and seed, and more words than a list has."
        )
    names = [layers] if isinstance(layers, str) else list(layers)
    makers = [look_up("layer", name, LAYERS) for name in names]
    rng, test_rng = np.random.default_rng(seed), np.random.default_rng(TEST_SEED + seed)
    train, test = study_lists(task, rng, rows, length, words), study_lists(task, test_rng, TEST_LISTS, length, words)
    training = ListTraining(epochs, batch_size, learning_rate, seeds, seed, verbose)
    tables: list[polars.DataFrame] = []
    recalls: dict[str, FreeRecall] = {}
    for name, make in zip(names, makers, strict=True):
        last = {"serial": Dense(words + 1, "softmax"), "free": Dense(words, "sigmoid")}.get(task, Dense(1, "sigmoid"))
        loss = "sparse_categorical_crossentropy" if task == "serial" else "binary_crossentropy"
        population = training.population(
            (make(LayerPlan(units, task == "serial", train.x.shape[1])), last), loss, train.x, train.y
        )
        answers = [np.asarray(member.predict(test.x)) for member in population]
        right = np.stack([_right(task, each, test) for each in answers])
        chance = {"serial": 1 / words, "free": length / words}.get(task, 0.5)
        tables.append(_table(name, task, right, chance))
        if task != "recognition":
            each = np.concatenate([recalled(task, answer, test) for answer in answers])
            recalls[name] = FreeRecall(each, length)
    return ListMemory(polars.concat(tables), recalls)


def study_lists(task: str, rng: np.random.Generator, rows: int, length: int, words: int) -> StudyLists:
    """Return lists of different words to study, with what to report; the last feature is the signal to recall."""
    given = np.argsort(rng.random((rows, words)), 1)[:, :length]
    steps = {"serial": 2 * length}.get(task, length + 1)
    x = np.zeros((rows, steps, words + 1), np.float32)
    x[np.arange(rows)[:, None], np.arange(length), given] = 1
    x[:, length:, words] = 1
    if task == "serial":
        return StudyLists(x, np.concatenate([np.full_like(given, words), given], 1), given)
    if task == "free":
        y = np.zeros((rows, words), np.float32)
        np.put_along_axis(y, given, 1, 1)
        return StudyLists(x, y, given)
    old = rng.random(rows) < 0.5
    others = rng.integers(0, words, (rows, 4 * words))
    fresh = (others[:, :, None] != given[:, None]).all(2)
    probe = np.where(
        old, given[np.arange(rows), rng.integers(0, length, rows)], others[np.arange(rows), fresh.argmax(1)]
    )
    x[np.arange(rows), length, probe] = 1
    return StudyLists(x, old[:, None].astype(np.float32), given)


def recalled(
    task: str, answers: Float[np.ndarray, "lists *outputs"], lists: StudyLists
) -> Int[np.ndarray, "lists outputs"]:
    """Return what a network recalled of each list, as positions from 1, -1 for other words and 0 after the last."""
    if task == "serial":
        order = answers[:, lists.words.shape[1] :].argmax(-1)
        silent, nothing = order == lists.x.shape[2] - 1, INTRUSION  # an empty answer is due to a word, as a wrong one
    else:
        order = np.argsort(-answers, 1)
        silent, nothing = np.take_along_axis(answers, order, 1) <= 0.5, NOTHING
    same = order[:, :, None] == lists.words[:, None]
    return np.where(silent, nothing, np.where(same.any(2), same.argmax(2) + 1, INTRUSION))


def _right(
    task: str, answers: Float[np.ndarray, "lists *outputs"], lists: StudyLists
) -> Float[np.ndarray, "positions"]:
    """Return the fraction of lists in which each position is right."""
    length = lists.words.shape[1]
    if task == "serial":
        return (answers[:, length:].argmax(-1) == lists.words).mean(0)
    if task == "free":
        return (np.take_along_axis(answers, lists.words, 1) > 0.5).mean(0)
    probes = lists.x[:, length, :-1].argmax(1)
    yes, old = answers[:, 0] > 0.5, lists.y[:, 0] > 0.5
    place = (lists.words == probes[:, None]).argmax(1)
    hits = np.array(
        [yes[old & (place == each)].mean() if (old & (place == each)).any() else np.nan for each in range(length)]
    )
    # Old and new words count equally, so that saying yes to all is chance: the hits, and refusals of new words.
    return (hits + (~yes[~old]).mean()) / 2


def _table(name: str, task: str, right: Float[np.ndarray, "seeds positions"], chance: float) -> polars.DataFrame:
    import polars

    return polars.DataFrame(
        {
            "layer": name,
            "task": task,
            "position": np.arange(1, right.shape[1] + 1),
            "accuracy": right.mean(0),
            "lowest": right.min(0),
            "highest": right.max(0),
            "chance": chance,
        }
    )
