"""Power laws: known laws are found again, and intervals contain them as often as they promise."""

from __future__ import annotations

import numpy as np
import pytest

from plastica.errors import InvalidValue
from plastica.populations import fit_power_law
from plastica.populations.power_law import PowerLaw

SIZES = np.array([50, 100, 200, 400, 800, 1600, 3200])


@pytest.mark.parametrize(("a", "b", "c"), [(3.0, 0.5, 0.1), (0.2, 0.07, 0.0), (1e4, 1.5, 1e-4), (2.0, 0.3, 0.5)])
def test_a_law_without_noise_is_found_again(a, b, c):
    law = fit_power_law(SIZES, a * SIZES**-b + c)
    assert law.b == pytest.approx(b, rel=2e-3, abs=1e-4)
    np.testing.assert_allclose(law(SIZES), a * SIZES**-b + c, rtol=1e-4)


def test_a_pure_power_law_is_the_line_in_logarithms():
    generator = np.random.default_rng(0)
    errors = 2 * SIZES**-0.4 * np.exp(0.001 * generator.normal(size=len(SIZES)))
    slope, _ = np.polyfit(np.log(SIZES), np.log(errors), 1)
    law = fit_power_law(SIZES, errors)
    assert law.c == pytest.approx(0, abs=5e-3) and law.b == pytest.approx(-slope, abs=0.05)


def test_intervals_contain_the_law_about_as_often_as_they_say():
    sizes, inside = np.repeat(SIZES, 3), 0
    for seed in range(20):
        noise = 1 + 0.05 * np.random.default_rng(seed).normal(size=len(sizes))
        low, high = fit_power_law(sizes, (3 * sizes**-0.5 + 0.1) * noise).intervals["b"]
        inside += low <= 0.5 <= high
    # Binomial(20, .9) is below 15 once in a hundred times.
    assert inside >= 15


def test_the_inverse_is_the_size_at_which_the_law_predicts_an_error():
    law = PowerLaw(3.0, 0.5, 0.1)
    assert float(law(law.inverse(0.25))) == pytest.approx(0.25)
    assert law.inverse(0.1) == np.inf
    assert str(law) == "3 n^-0.5 + 0.1"


@pytest.mark.parametrize(
    ("sizes", "errors", "message"),
    [
        ([1, 2, 3], [3, 2, 1], "needs at least 4 sizes; got 3"),
        ([1, 2, 3, 4], [1, 0.5, 0.2, 0], "a size above 0 and an error above 0"),
        ([1, 2, 3, 4], [1, 0.5, 0.2, np.nan], "leave out networks that failed"),
        ([0, 2, 3, 4], [1, 0.5, 0.2, 0.1], "a size above 0"),
    ],
)
def test_points_without_a_law_are_refused(sizes, errors, message):
    with pytest.raises(InvalidValue, match=message):
        fit_power_law(sizes, errors)
