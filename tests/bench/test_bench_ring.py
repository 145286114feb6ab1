"""What the ring costs the recorder (push) and a window (copy of the newest rows)."""

import numpy as np
import pytest

from daq.ring import Ring


@pytest.fixture
def ring():
    with Ring.create(60_000, ("<i4", (8,))) as made:
        made.push(np.ones((70_000, 8), "<i4"))  # every page touched
        yield made


def test_push_32_samples_of_8_channels(benchmark, ring):
    rows = np.ones((32, 8), "<i4")
    benchmark(ring.push, rows)
    assert ring.written % 32 == 70_000 % 32
    frames_per_s = 32 / benchmark.stats["median"]
    benchmark.extra_info |= {"frames_per_s": round(frames_per_s), "times_real_time": round(frames_per_s / 1000)}


def test_copy_the_newest_5000(benchmark, ring):
    data = benchmark(ring.latest, 5_000)
    assert data.shape == (5_000, 8)
    assert (data == 1).all()
