"""Complementary learning systems: a new fact learned alone, or interleaved with what a semantic network knows."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...errors import InvalidValue
from ...language import Texts
from ...layers import Concatenate, Dense, Input
from ...model import Model
from ...optimizers import SGD

if TYPE_CHECKING:
    import polars

    from ...drawing.figure import Drawing

SAY = Texts("people")
RELATIONS = ("ISA", "is", "can", "has")
PLANT, ANIMAL = ("living thing", "plant"), ("living thing", "animal")
TREE, FLOWER = ("living", "tall", "green"), ("living", "pretty")
BIRD, FISH = ("wings", "feathers", "skin"), ("scales", "gills", "skin")
# ISA, is, can, has: after the network of D. E. Rumelhart, 1990, in D. E. Rumelhart, P. M. Todd, 1993, Learning and
# connectionist representations, and T. T. Rogers, J. L. McClelland, 2004, Semantic cognition, appendix B.
FACTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "pine": ((*PLANT, "tree", "pine"), TREE, ("grow",), ("bark", "roots")),
    "oak": ((*PLANT, "tree", "oak"), TREE, ("grow",), ("bark", "roots")),
    "rose": ((*PLANT, "flower", "rose"), (*FLOWER, "red"), ("grow",), ("petals", "roots")),
    "daisy": ((*PLANT, "flower", "daisy"), (*FLOWER, "yellow"), ("grow",), ("petals", "roots")),
    "robin": ((*ANIMAL, "bird", "robin"), ("living", "red"), ("grow", "move", "fly"), BIRD),
    "canary": ((*ANIMAL, "bird", "canary"), ("living", "yellow"), ("grow", "move", "fly", "sing"), BIRD),
    "sunfish": ((*ANIMAL, "fish", "sunfish"), ("living", "yellow"), ("grow", "move", "swim"), FISH),
    "salmon": ((*ANIMAL, "fish", "salmon"), ("living", "red"), ("grow", "move", "swim"), FISH),
}
# The new item of J. L. McClelland, B. L. McNaughton, R. C. O'Reilly, 1995: a bird that swims and does not fly.
PENGUIN = {"ISA": (*ANIMAL, "bird", "penguin"), "can": ("grow", "move", "swim")}
ATTRIBUTES = tuple(dict.fromkeys([*(a for item in FACTS.values() for facts in item for a in facts), "penguin"]))
HIDDEN = 15
STEP = 10  # epochs between looks
# Items, relations and attributes, each (facts, units).
SemanticFacts = tuple[np.ndarray, np.ndarray, np.ndarray]


class NewFacts(NamedTuple):
    """A new fact in a semantic network.

    Attributes:
        table: A polars data frame with the columns training (``"focused"`` or ``"interleaved"``), epoch
            (presentations of the new facts), new and known: mean absolute errors of the attributes of the penguin, and
            of what other animals are and can do; means over networks.
        known_before: The error for other animals before the new facts.
    """

    table: polars.DataFrame
    known_before: float

    @property
    def cost(self) -> dict[str, float]:
        """How much the error for other animals has grown in the end, by training."""
        last = self.table.group_by("training", maintain_order=True).last()
        return {row["training"]: row["known"] - self.known_before for row in last.rows(named=True)}

    @property
    def words(self) -> list[str]:
        """What each way of learning costs, in sentences made from the numbers, in the current language."""
        cost = self.cost
        worse = cost["focused"] > 2 * max(cost["interleaved"], 0.0)
        said = SAY("facts_cost", focused=cost["focused"], interleaved=cost["interleaved"])
        return [said, SAY("complementary" if worse else "not_complementary")]

    def plot(self, path: str | os.PathLike[str] | None = None) -> Drawing:
        """Draw the errors of what is known and, dotted, of the new facts, by presentations of these.

        Args:
            path: The file to write, ``.svg``, ``.png`` or ``.pdf``. Default: none.
        """
        from .lists_picture import draw_new_facts

        return draw_new_facts(self).save(path)


def learn_new_facts(
    epochs: int = 200,
    *,
    known_epochs: int = 800,
    learning_rate: float = 10.0,
    momentum: float = 0.9,
    seeds: int = 2,
    seed: int = 0,
) -> NewFacts:
    """Teach a semantic network what it may know about a new animal: focused on it, or interleaved with the rest.

    The network of Rumelhart reads an item and a relation, and answers with attributes: "canary can grow, move, fly,
    sing". When it knows eight items, it learns that a penguin is a bird and can swim, by these facts only, or by these
    among all others. The hypothesis of complementary learning systems is that the hippocampus stores the new facts at
    once, and replays them to the neocortex, which learns slowly and interleaved.

    Args:
        epochs: How often the new facts are seen.
        known_epochs: How often the others are seen before.
        learning_rate: Of gradient descent on the mean cross-entropy of all attributes, all facts at a time.
        momentum: Its momentum.
        seeds: The number of networks.
        seed: The first random seed.

    Raises:
        InvalidValue: If there are no epochs or seeds.

    Reference:
        J. L. McClelland, B. L. McNaughton, R. C. O'Reilly, 1995, Why there are complementary learning systems in the
        hippocampus and neocortex, figures 12 and 13.
    """
    import polars

    if min(epochs, known_epochs, seeds) < 1:
        raise InvalidValue(
            f"learn_new_facts(epochs={epochs}, known_epochs={known_epochs}, seeds={seeds}): at least one of each."
        )
    known, new = _known(), _new()
    others = _animals(known)
    mixed = np.concatenate([known[0], new[0]]), np.concatenate([known[1], new[1]]), np.concatenate([known[2], new[2]])
    curves: dict[str, list[list[tuple[float, float]]]] = {"focused": [], "interleaved": []}
    before: list[float] = []
    looks = [*range(0, epochs, STEP), epochs]
    for each in range(seed, seed + seeds):
        for training, facts in (("focused", new), ("interleaved", mixed)):
            model = _network(SGD(learning_rate, momentum=momentum), each)
            _fit(model, known, known_epochs)
            rows = [(_error(model, new), _error(model, others))]
            before.append(rows[0][1])
            for start, end in pairwise(looks):
                _fit(model, facts, end - start)
                rows.append((_error(model, new), _error(model, others)))
            curves[training].append(rows)
    frames = []
    for training, found in curves.items():
        error_new, error_known = np.mean(found, 0).T
        frames.append(polars.DataFrame({"training": training, "epoch": looks, "new": error_new, "known": error_known}))
    return NewFacts(polars.concat(frames), float(np.mean(before)))


def _fact(item: int, relation: str, attributes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    items, relations = np.eye(len(FACTS) + 1, dtype=np.float32), np.eye(len(RELATIONS), dtype=np.float32)
    return items[item], relations[RELATIONS.index(relation)], np.isin(ATTRIBUTES, attributes).astype(np.float32)


def _stacked(facts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> SemanticFacts:
    items, relations, attributes = (np.stack(each) for each in zip(*facts, strict=True))
    return items, relations, attributes


def _known() -> SemanticFacts:
    return _stacked(
        [
            _fact(place, relation, attributes)
            for place, item in enumerate(FACTS.values())
            for relation, attributes in zip(RELATIONS, item, strict=True)
        ]
    )


def _new() -> SemanticFacts:
    return _stacked([_fact(len(FACTS), relation, attributes) for relation, attributes in PENGUIN.items()])


def _animals(known: SemanticFacts) -> SemanticFacts:
    """Return what other animals are and can do: the facts next to those of the penguin."""
    animals = [place for place, item in enumerate(FACTS.values()) if "animal" in item[0]]
    asked = [RELATIONS.index(relation) for relation in PENGUIN]
    items, relations, attributes = known
    kept = np.isin(items.argmax(1), animals) & np.isin(relations.argmax(1), asked)
    return items[kept], relations[kept], attributes[kept]


def _network(optimizer: SGD, seed: int) -> Model:
    item, relation = Input((len(FACTS) + 1,)), Input((len(RELATIONS),))
    meaning = Dense(len(FACTS), "sigmoid")(item)
    hidden = Dense(HIDDEN, "sigmoid")(Concatenate()([meaning, relation]))
    model = Model([item, relation], Dense(len(ATTRIBUTES), "sigmoid")(hidden), seed=seed)
    model.compile(optimizer, "binary_crossentropy")
    return model


def _fit(model: Model, facts: SemanticFacts, epochs: int) -> None:
    items, relations, attributes = facts
    model.fit([items, relations], attributes, epochs=epochs, batch_size=len(items), shuffle=False, verbose=0)


def _error(model: Model, facts: SemanticFacts) -> float:
    items, relations, attributes = facts
    return float(np.abs(np.asarray(model.predict([items, relations])) - attributes).mean())
