"""When members change their answers: by majority and certainty, on histories made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import InvalidValue
from plastica.society import SocietyHistory, copying_by_certainty, copying_by_majority, graph_of


def history(answers):
    """A history of three members who listen to each other, with two classes."""
    made = SocietyHistory(graph_of("complete", members=3), "classes")
    first = np.array(answers, float)
    made.answers = np.stack([first, 1 - first], -1)
    made.epochs = np.arange(1, len(first) + 1)
    return made


def test_switches_are_counted_by_the_share_of_neighbours():
    # The third member is alone with its answer, and joins in the first question only.
    found = copying_by_majority(history([[[0.9, 0.9], [0.9, 0.9], [0.4, 0.1]], [[0.9, 0.9], [0.9, 0.9], [0.8, 0.1]]]))
    assert found.cases.tolist() == [0, 0, 0, 2] and found.rate[3] == 0.5 and np.isnan(found.rate[0])


def test_switches_are_counted_by_certainty():
    before = [[0.9, 0.9], [0.9, 0.9], [0.4, 0.1]]
    found = copying_by_certainty(history([before, [[0.9, 0.9], [0.9, 0.9], [0.8, 0.1]]]))
    assert found.cases.tolist() == [0, 0, 1, 1] and found.rate[2:].tolist() == [1.0, 0.0]


def test_amounts_and_single_meetings_have_no_curve():
    with pytest.raises(InvalidValue, match="at least two meetings; got classes and 1 meetings"):
        copying_by_majority(history([[[0.9], [0.9], [0.4]]]))
    made = history([[[0.9], [0.9], [0.4]]] * 2)
    made.kind = "values"
    with pytest.raises(InvalidValue, match="got values"):
        copying_by_certainty(made)
