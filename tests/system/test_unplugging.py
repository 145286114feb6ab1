"""A cable that is pulled and plugged in again while somebody runs: nothing is made up, and nothing else is lost."""

import os
import threading
from itertools import pairwise

import numpy as np
import pytest
from recorders import check_whole, until
from recorders import running as recording

from analysis.setup import Runner
from analysis.steps import StepTable
from daq.recorder import Recorder, RecordOptions
from daq.session import open_session
from rigs.serve import Stop, serve_pty

SECONDS = 12.0
RUNNER = "seed=2"
FAULTS = "unplug_at_s=3.2,7.1&replug_at_s=4,8.3"
PLACED_S = 0.05
"""The host's clock places a boot to well within a millisecond on an idle machine."""
REACH_S = 0.1
"""A step so near a gap may be one that touches it: the filter is 40 ms long."""


def record(port, path, **options):
    return Recorder(
        RecordOptions(rig="virtual", port=port, out=str(path), subject=Runner(mass_kg=83.0), **options)
    ).run()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same run with its cable left in: counts, and steps."""
    path = tmp_path_factory.mktemp("whole") / "s.h5"
    record(f"virtual://virtual?{RUNNER}&speed=max", path, seconds=SECONDS + 1.0)
    with open_session(path) as session:
        return session.counts(0, session.rows), StepTable(session.steps())


def sample_of(rows, counts):
    """Which samples of the whole run some consecutive rows are; the noise makes each one unlike all others."""
    (first,) = np.flatnonzero((counts == rows[0]).all(axis=1))
    np.testing.assert_array_equal(rows, counts[first : first + len(rows)])
    return int(first)


def check(path, whole, in_flight):
    """Every row is in its place, every step that is left is right, and those that are missing touch a gap."""
    counts, steps = whole
    check_whole(path, lost=-2)
    with open_session(path) as session:
        assert [event.text.split(" ")[0] for event in session.events if "plugged" in event.text] == [
            "unplugged;", "plugged", "unplugged;", "plugged"
        ]  # fmt: skip
        ticks = session.session_ticks()
        edges = [*session.epochs.row.tolist(), session.rows]
        spans = []
        for first, end in pairwise(edges):
            sample = sample_of(session.counts(first, end), counts)
            placed = (ticks[first] - ticks[0]) / 2000 - sample
            assert abs(placed) < 1000 * PLACED_S
            spans.append((sample / 1000, (sample + end - first) / 1000, placed / 1000))
        found = StepTable(session.steps())
    for (_, end, _), pulled_s in zip(spans, (3.2, 7.1), strict=False):
        assert pulled_s - in_flight / 1000 <= end <= pulled_s
    right = 0
    for step in np.flatnonzero(steps["valid"]):
        at, off = steps["touchdown_s"][step], steps["toe_off_s"][step]
        late = [late for first, end, late in spans if first + REACH_S < at and off < end - REACH_S]
        if late:
            (same,) = np.flatnonzero(np.abs(found["touchdown_s"] - at - late[0]) < 0.01)
            assert found["valid"][same]
            for column in ("contact_time_ms", "active_peak_BW", "vertical_impulse_BW_s"):
                assert found[column][same] == pytest.approx(steps[column][step], rel=1e-3)
            right += 1
    assert right >= 18
    for step in np.flatnonzero(found["valid"]):
        at, off = found["touchdown_s"][step], found["toe_off_s"][step]
        assert any(first + late <= at < off <= end + late for first, end, late in spans)
    invalid = [found["flags"][step] for step in np.flatnonzero(~found["valid"])]
    assert len(invalid) >= 2


def test_in_this_process(tmp_path, whole):
    path = tmp_path / "s.h5"
    results = record(f"virtual://virtual?{RUNNER}&{FAULTS}", path, seconds=SECONDS)
    assert results["ended_by"] is None
    check(path, whole, in_flight=0)


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_over_a_terminal_that_vanishes_and_comes_back_as_another(tmp_path, whole):
    path, link = tmp_path / "s.h5", tmp_path / "treadmill"
    with Stop() as stop:
        url = f"virtual://virtual?{RUNNER}&{FAULTS}"
        server = threading.Thread(target=lambda: serve_pty(url, lambda _: None, link=link, stop=stop))
        server.start()
        try:
            until(link.exists)
            results = record(str(link), path, seconds=SECONDS)
        finally:
            stop.set()
            server.join(30)
    assert results["ended_by"] is None
    check(path, whole, in_flight=50)  # frames in the kernel's buffer go with the terminal


def test_a_window_is_told_and_may_end_it(tmp_path):
    options = RecordOptions(rig="virtual", port="virtual://virtual?speed=5&unplug_at_s=6", out=str(tmp_path / "s.h5"))
    told = []
    recorder = Recorder(options, on_progress=lambda progress: told.append(progress.unplugged))
    with recording(recorder) as ended:
        until(lambda: told and told[-1])
        recorder.ask("marker", text="out")
        recorder.ask("stop")
        until(lambda: ended)
    assert ended[0]["ended_by"] is None
    assert check_whole(tmp_path / "s.h5") == 6000
