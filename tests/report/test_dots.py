"""The main metric of the models on one scale, which a distant guess does not compress."""

from __future__ import annotations

import pytest

from plastica.evaluation.intervals import Figure
from plastica.report.dots import dots


def test_a_far_guess_is_marked_at_the_edge_and_the_contenders_fill_the_scale():
    figures = {
        "network": Figure(0.98, 0.96, 0.99),
        "linear": Figure(0.97, 0.95, 0.98),
        "dummy": Figure(0.43, 0.32, 0.55),
    }
    found = {dot.name: dot for dot in dots("accuracy", figures, "network")}
    assert found["dummy"].off == "left" and found["dummy"].value == "0.430"
    assert found["linear"].low < 10 and found["network"].high > 90
    assert found["network"].own and not found["linear"].own


def test_a_near_guess_is_on_the_scale_and_equal_values_have_one():
    near = dots("mae", {"network": Figure(4.0, 3.0, 5.0), "dummy": Figure(5.5, 5.0, 6.0)}, "network")
    assert [dot.off for dot in near] == ["", ""] and near[0].at < near[1].at
    assert [dot.at for dot in dots("mae", {"network": Figure(1.0), "linear": Figure(1.0)}, "network")] == [
        pytest.approx(50),
        pytest.approx(50),
    ]
