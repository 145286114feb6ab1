"""What the analysis costs: an hour offline, and one small chunk live."""

import numpy as np
import pytest

from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.setup import Runner, Setup
from analysis.wrench import Belt

RATE = 1000
HOUR = 3600 * RATE
NEWTON_PER_COUNT = 5e-3


def rig():
    """Four vertical, two fore-aft and two side cells under the whole machine."""
    matrix = np.zeros((6, 8))
    x, y = np.array([0.7, 0.7, -0.7, -0.7]), np.array([0.3, -0.3, 0.3, -0.3])
    matrix[2, :4], matrix[3, :4], matrix[4, :4] = 1.0, y, -x
    matrix[0, 4:6], matrix[4, 4:6], matrix[5, 4:6] = 1.0, -0.2, [-0.3, 0.3]
    matrix[1, 6:], matrix[3, 6:], matrix[5, 6:] = 1.0, 0.2, [0.7, -0.7]
    return Belt("", NEWTON_PER_COUNT * matrix, frozenset(("Fx", "Fy", "Fz", "Mx", "My", "Mz")))


@pytest.fixture(scope="module")
def hour():
    """(3600000, 8) counts of running at 171 steps a minute, with noise and drift."""
    t = np.arange(70 * RATE) / RATE  # 200 steps, then the same again
    step = t % 0.35
    impact = 500 * np.exp(-(((step - 0.03) / 0.0113) ** 2))
    fz = np.where(step < 0.25, 1450 * np.sin(np.pi * step / 0.25) + impact, 0.0)
    fx = np.where(step < 0.25, -170 * np.sin(2 * np.pi * step / 0.25), 0.0)
    shares = np.array([0.3, 0.3, 0.2, 0.2, 0.5, 0.5, 0.0, 0.0])
    force = np.where(np.arange(8) < 4, fz[:, None], fx[:, None]) * shares
    force += np.random.default_rng(0).normal(size=force.shape)
    counts = np.round(force / NEWTON_PER_COUNT).astype(np.int32)
    whole = np.tile(counts, (HOUR // len(counts) + 1, 1))[:HOUR]
    whole += (np.arange(HOUR) * (20.0 / 4 / NEWTON_PER_COUNT / HOUR)).astype(np.int32)[:, None]  # 20 N in the hour
    return whole


RUNNER = Runner(mass_kg=70.0, stature_m=1.75, leg_length_m=0.93, belt_speed_m_s=3.0)
"""All that any metric needs to know but the foot's registration."""


def setup(*, two_mass=True):
    return Setup(float(RATE), 1e6, [rig()], get_protocol(), 70.0 * G, RUNNER, two_mass=two_mass)


def feed(counts, size, two_mass=True):
    pipeline, rows = Pipeline(setup(two_mass=two_mass)), 0
    tick = np.arange(len(counts), dtype=np.int64) * 1000
    flags = np.zeros(len(counts), np.uint8)
    for start in range(0, len(counts), size):
        part = slice(start, start + size)
        rows += pipeline.feed(counts[part], tick[part], flags[part]).steps.rows
    return rows + pipeline.finish().rows


@pytest.mark.parametrize("two_mass", [False, True], ids=["without the two-mass fit", "with it"])
def test_one_hour_of_8_channels_in_large_chunks(benchmark, hour, two_mass):
    rows = benchmark.pedantic(feed, (hour, 65_536, two_mass), rounds=3, warmup_rounds=1)
    assert abs(rows - 3600 / 0.35) < 3
    benchmark.extra_info["frames_per_s"] = round(HOUR / benchmark.stats["min"])
    benchmark.extra_info["times_real_time"] = round(3600 / benchmark.stats["min"])


def test_live_chunks_of_20_frames(benchmark, hour):
    """What a recorder pays every 20 ms."""
    minute = hour[: 60 * RATE]
    rows = benchmark.pedantic(feed, (minute, 20), rounds=3, warmup_rounds=1)
    assert abs(rows - 60 / 0.35) < 3
    benchmark.extra_info["us_per_chunk"] = round(benchmark.stats["min"] / (len(minute) / 20) * 1e6)
    benchmark.extra_info["times_real_time"] = round(60 / benchmark.stats["min"])
