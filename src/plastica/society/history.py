"""SocietyHistory: what members knew, and how far they agreed, after each meeting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..typing import Float, Int
from .consensus import echo_chambers, polarisation
from .crowd import agreement, diversity_theorem
from .graph import SocialGraph
from .speaker import AnswerKind

if TYPE_CHECKING:
    import polars

    from ..drawing.figure import Drawing

FIGURES = ("crowd_score", "majority_score", "crowd_error", "average_error", "diversity", "agreement", "spread")


class MeetingFigures(NamedTuple):
    """The figures of a society after a meeting.

    Attributes:
        crowd_score: The score of the mean answer.
        majority_score: The score of the majority of members; for amounts that of the median.
        crowd_error, average_error, diversity: The parts of :func:`diversity_theorem`.
        agreement: The share of pairs of members that decide alike; for amounts the share of variance in common.
        spread: How far the weights of members are from their mean, as a share of its length.
    """

    crowd_score: float
    majority_score: float
    crowd_error: float
    average_error: float
    diversity: float
    agreement: float
    spread: float


class SocietyHistory:
    """What members of a society knew and how far they agreed, after each meeting.

    Scores are accuracies, of amounts the share of explained variance (R²), on the questions of the society: the
    validation rows, or some of the training rows if there are none.

    Attributes:
        graph: Who listens to whom.
        kind: What members answer: "classes", "labels" or "values".
        epochs: After how many epochs each meeting was, ``(meetings,)``.
        scores: The score of each member, ``(meetings, members)``.
        figures: The figures of the society, ``(meetings, 7)``, in the order of :class:`MeetingFigures`.
        answers: The answers to the first questions, ``(meetings, members, rows, outputs)``.

    Args:
        graph: The graph.
        kind: The kind of answers.
    """

    def __init__(self, graph: SocialGraph, kind: AnswerKind) -> None:
        self.graph, self.kind = graph, kind
        self.epochs: Int[np.ndarray, "meetings"] = np.zeros(0, int)
        self.scores: Float[np.ndarray, "meetings members"] = np.zeros((0, len(graph)))
        self.figures: Float[np.ndarray, "meetings figures"] = np.zeros((0, len(FIGURES)))
        self.answers: Float[np.ndarray, "meetings members rows outputs"] = np.zeros((0, len(graph), 0, 0), np.float16)

    def __len__(self) -> int:
        """Return the number of meetings."""
        return len(self.epochs)

    def __repr__(self) -> str:
        """Show the last scores."""
        if not len(self):
            return "<SocietyHistory: no meeting yet>"
        scores, last = self.scores[-1], MeetingFigures(*self.figures[-1])
        return (
            f"<SocietyHistory: {len(self)} meetings of {len(self.graph)} members, score {scores.min():.3f} to "
            f"{scores.max():.3f}, crowd {last.crowd_score:.3f}>"
        )

    def __getitem__(self, name: str) -> Float[np.ndarray, "meetings"]:
        """Return a figure after each meeting by its name, such as ``"diversity"``."""
        return self.figures[:, FIGURES.index(name)]

    def to_frame(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each meeting: scores of members and figures of the society."""
        import polars

        opinions = self.opinions()
        columns = {
            "epoch": self.epochs,
            "mean_score": self.scores.mean(1),
            "lowest_score": self.scores.min(1),
            "highest_score": self.scores.max(1),
            **{name: self[name] for name in FIGURES},
            "polarisation": [polarisation(each) for each in opinions],
            "echo_chambers": [echo_chambers(each, self.graph) for each in opinions],
        }
        return polars.DataFrame(columns)

    def members(self) -> polars.DataFrame:
        """Return a polars data frame with a row for each member: name, neighbours, first and last score, influence."""
        import polars

        columns = {
            "member": list(self.graph.names),
            "listens_to": self.graph.in_degree,
            "first_score": self.scores[0],
            "last_score": self.scores[-1],
            "opinion": self.opinions()[-1],
            "influence": self.influence(),
        }
        return polars.DataFrame(columns)

    def opinions(self) -> Float[np.ndarray, "meetings members"]:
        """Return one number from 0 to 1 for what each member thinks after each meeting.

        It is the place along the direction in which answers of members and meetings differ most from what is usual at
        each meeting (the first principal component): members with like answers have like opinions.
        """
        said = self.answers.reshape(*self.answers.shape[:2], -1).astype(np.float64)
        if not said.size:
            return np.zeros(said.shape[:2])
        apart = said - said.mean(1, keepdims=True)
        _, _, axes = np.linalg.svd(apart.reshape(-1, apart.shape[-1]), full_matrices=False)
        # Without a sign of its own, the axis points to where its largest entry is positive.
        axis = axes[0] * np.sign(axes[0][np.abs(axes[0]).argmax()])
        place = apart @ axis
        reach = np.abs(place).max()
        return 0.5 + 0.5 * place / reach if reach > 1e-9 else np.full(place.shape, 0.5)

    def influence(self) -> Float[np.ndarray, "members"]:
        """Return how far listeners of each member moved towards its answers from meeting to meeting, on average.

        For each edge the least-squares share of the way; 0 for members without listeners. Learning from the same rows
        adds to it: compare with a society that exchanges nothing.
        """
        said = self.answers.reshape(*self.answers.shape[:2], -1).astype(np.float64)
        found, heard = np.zeros(len(self.graph)), np.bincount(self.graph.senders, minlength=len(self.graph))
        if len(self) < 2:
            return found
        before, moved = said[:-1], np.diff(said, axis=0)
        for sender, receiver in zip(self.graph.senders, self.graph.receivers, strict=True):
            apart = before[:, sender] - before[:, receiver]
            found[sender] += (moved[:, receiver] * apart).sum() / max((apart**2).sum(), 1e-12)
        return found / np.maximum(heard, 1)

    def plot(self, path: str | Path | None = None) -> Drawing:
        """Draw scores, crowd and diversity over time, and the graph coloured by score and by opinion.

        Args:
            path: A file to save it to, ``.svg``, ``.png`` or ``.pdf``.
        """
        from .picture import draw_history

        return draw_history(self).save(path)


def figures_of(
    answers: Float[np.ndarray, "members rows outputs"],
    truth: Float[np.ndarray, "rows outputs"],
    kind: AnswerKind,
    spread: float,
) -> MeetingFigures:
    """Return the figures of a society from the answers of its members."""
    said, right = answers.astype(np.float64), truth.astype(np.float64)
    mean, parts = said.mean(0), diversity_theorem(said, right)
    if kind == "values":
        total = max(float(((right - right.mean(0)) ** 2).sum()), 1e-12)
        crowd, middle = (float(1 - ((each - right) ** 2).sum() / total) for each in (mean, np.median(said, 0)))
        varied = float(((said - said.mean(1, keepdims=True)) ** 2).sum(-1).mean())
        return MeetingFigures(crowd, middle, *parts, 1 - parts.diversity / max(varied, 1e-12), spread)
    if kind == "labels":
        yes = said > 0.5
        crowd = float(((mean > 0.5) == (right > 0.5)).mean())
        majority = float(((yes.mean(0) > 0.5) == (right > 0.5)).mean())
        return MeetingFigures(crowd, majority, *parts, agreement(yes.reshape(len(yes), -1)), spread)
    chosen = said.argmax(-1)
    votes = np.stack([(chosen == each).sum(0) for each in range(said.shape[-1])], -1)
    wanted = right.argmax(-1)
    crowd, majority = (float((each.argmax(-1) == wanted).mean()) for each in (mean, votes))
    return MeetingFigures(crowd, majority, *parts, agreement(chosen), spread)
