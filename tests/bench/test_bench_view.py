"""Frames per second of the force curve, drawn by the processor alone, and what an hour of history adds to a frame.

Frames with ten seconds and with an hour of history are taken in turn, so that what else the machine does meets both.
"""

import time

import numpy as np
import pytest
from stillsource import still_source

from analysis.steps import join_tables
from viewer.qt import open_application
from viewer.source import Scene
from viewer.sources.history import History
from viewer.theme import DARK

RATE_HZ = 1000
FRAME_S = 1 / 60
LAP = 29_000  # samples of a real runner, over and over


class LiveStory:
    """A live source that has seen so many seconds of a runner."""

    live, take, happenings, first_s = True, 0, (), 0.0

    def __init__(self, seconds):
        self.still = still_source(mass_kg=82.9)
        self.history, self.laps = History(RATE_HZ, 1), 0
        self.wrench, self.contact = self.still.wrench[:, :, 500:], self.still.contact[:, 500:]
        self.tables = []
        while self.history.end < seconds * RATE_HZ:
            self.put(min(LAP, int(seconds * RATE_HZ) - self.history.end))
        self.table = join_tables([self.lap(k) for k in range(int(seconds * RATE_HZ) // LAP + 1)])

    def lap(self, number):
        """The runner's rows in one lap."""
        table = self.still.table
        inside = table.select((table["touchdown_s"] > 0.5) & (table["toe_off_s"] < 0.5 + LAP / RATE_HZ))
        moved = {name: inside[name] + (number * LAP / RATE_HZ - 0.5) for name in ("touchdown_s", "toe_off_s")}
        return type(table)({**inside, **moved})

    def put(self, n):
        end = self.history.end
        lap = np.arange(end, end + n) % LAP
        self.history.put(np.arange(end, end + n), self.wrench[:, :, lap], self.contact[:, lap])

    @property
    def last_s(self):
        return self.history.end / RATE_HZ

    def samples(self, start_s, stop_s):
        return self.history.read(int(np.ceil(start_s * RATE_HZ)), int(np.ceil(stop_s * RATE_HZ)))

    def envelope(self, start, stop, bucket):
        return self.history.envelope(start, stop, bucket)

    def __getattr__(self, name):
        return getattr(self.still, name)


def view(span_s):
    from viewer.curve.force_curve import ForceCurve

    application = open_application(offscreen=True)
    curve = ForceCurve(DARK)
    curve.resize(870, 290)
    curve.set_span(span_s)
    curve.show()
    application.processEvents()
    assert curve.windowHandle().isExposed()  # what is not exposed is not painted
    return curve


def frame(curve, story):
    """What a sixtieth of a second brings: its samples, and the picture."""
    story.put(round(RATE_HZ * FRAME_S))
    curve.refresh(Scene(story, story.last_s - 0.03, story.table.rows))
    curve.repaint()


@pytest.mark.parametrize("span_s", [10.0, 60.0, 3600.0])
def test_a_frame_after_an_hour(benchmark, span_s):
    stories = [LiveStory(10.0), LiveStory(3600.0)]
    curves = [view(span_s) for _ in stories]
    times = [[], []]

    def both():
        for k in (0, 1):
            begun = time.perf_counter()
            frame(curves[k], stories[k])
            times[k].append(time.perf_counter() - begun)

    benchmark.pedantic(both, rounds=300, warmup_rounds=20)
    for curve in curves:
        curve.close()
    short, hour = (float(np.median(some[20:])) for some in times) if benchmark.enabled else (1.0, 1.0)
    benchmark.extra_info |= {"frames_per_s": round(1 / hour), "times_of_10_s_history": round(hour / short, 2)}


def test_the_samples_of_a_frame_into_an_hour_of_history(benchmark):
    story = LiveStory(3600.0)
    benchmark(story.put, round(RATE_HZ * FRAME_S))
    assert story.history.end - story.history.first == 3600 * RATE_HZ
