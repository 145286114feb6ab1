"""What telling the heel's impact apart costs: the split of an hour, its fits, and one step live."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "analysis"))
from impact_steps import cut, some
from running import train, two_mass

from analysis.frequency_split import frequency_columns
from analysis.highpass import FrequencySplit
from analysis.impact import impact_columns
from analysis.two_mass import two_mass_columns
from analysis.vertical import vertical_columns

RATE = 1000.0
STEPS_PER_HOUR = 10_800
TOGETHER = 94
"""Steps that the pipeline measures at once offline."""


@pytest.fixture(scope="module")
def steps():
    """Some 470 steps, each a little different, in 3 N of noise."""
    rng = np.random.default_rng(0)
    force = np.zeros(round((500 * 0.34 + 1.0) * RATE))
    for number, (contact, lost, dt1) in enumerate(rng.normal((0.24, 1.1, 0.027), (0.004, 0.2, 0.002), (500, 3))):
        one = train(lambda t, a=contact, b=lost, c=dt1: two_mass(t, a, 0.1, b, c), 1, 0.34, RATE, start=0.3, tail=0.0)
        first = round(number * 0.34 * RATE)
        force[first : first + one.size] += one
    batch = cut(force + 3.0 * rng.normal(size=force.size), RATE)
    return [some(batch, first, first + TOGETHER) for first in range(0, len(batch) - TOGETHER, TOGETHER)]


def test_fitting_an_hour(benchmark, steps):
    """At most 4 s: with the rest of the pipeline that is well beyond 400 times real time."""
    benchmark.pedantic(lambda: [two_mass_columns(batch, {}) for batch in steps], rounds=5, warmup_rounds=1)
    hour_s = benchmark.stats["min"] / (TOGETHER * len(steps)) * STEPS_PER_HOUR
    benchmark.extra_info["s_per_hour"] = round(hour_s, 2)
    benchmark.extra_info["us_per_step"] = round(hour_s / STEPS_PER_HOUR * 1e6)
    assert hour_s < 4.0


@pytest.mark.parametrize("count", [1, 2])
def test_fitting_live(benchmark, steps, count):
    few = some(steps[0], 10, 10 + count)
    benchmark.pedantic(two_mass_columns, (few, {}), rounds=40, warmup_rounds=2)
    benchmark.extra_info["ms"] = round(benchmark.stats["median"] * 1e3, 2)
    assert benchmark.stats["median"] < 0.005


def test_the_other_two_estimators_and_the_verdict(benchmark, steps):
    def judge():
        for batch in steps:
            known = {**vertical_columns(batch, {}), **fits[id(batch)], **frequency_columns(batch, {})}
            impact_columns(batch, known)

    fits = {id(batch): two_mass_columns(batch, {}) for batch in steps}
    benchmark.pedantic(judge, rounds=5, warmup_rounds=1)
    hour_s = benchmark.stats["min"] / (TOGETHER * len(steps)) * STEPS_PER_HOUR
    benchmark.extra_info["s_per_hour"] = round(hour_s, 2)
    assert hour_s < 1.0


def test_splitting_an_hour(benchmark):
    force = np.resize(train(two_mass, 200, 0.34, RATE), (1, 3_600_000))

    def split():
        stream = FrequencySplit(RATE, 1)
        for first in range(0, force.shape[1], 1 << 15):
            stream.feed(force[:, first : first + (1 << 15)])

    benchmark.pedantic(split, rounds=5, warmup_rounds=1)
    benchmark.extra_info["s_per_hour"] = round(benchmark.stats["min"], 3)
    assert benchmark.stats["min"] < 0.5
