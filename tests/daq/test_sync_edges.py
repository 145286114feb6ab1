"""Sync edges and foreign markers: each at its exact row, for any cutting into chunks; stamps that never jump."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daq.adc_delay import adc_delay_s
from daq.chunk import Chunk
from daq.foreign import foreign_marks
from daq.layout import Status
from daq.lsl.clock import MOST_SLEW, ClockLine, Stamps
from daq.lsl.inlets import MOST_PER_S as MOST_MARKERS
from daq.lsl.inlets import _Limit, predicate_of
from daq.recorder import Recorder, RecordOptions
from daq.row_ticks import RowTicks
from daq.session import open_session
from daq.sync_edges import MOST_EDGES, MOST_PER_S, SyncEdges
from daq.take_events import TakeEvents

RATE = 2_000_000
PERIOD = 2000


def chunk_of(tick, level, gaps=()):
    n = len(tick)
    whole = np.arange(n, dtype=np.int64)
    other = np.where(whole % 3 == 0, int(Status.LATE), 0)  # other bits are nobody's edges
    status = (np.asarray(level) * int(Status.SYNC_IN) + other).astype(np.uint8)
    gap_row = np.asarray(gaps, np.int64)
    return Chunk(
        np.zeros((n, 8), np.int32), whole, np.asarray(tick, np.int64), np.zeros(n, np.uint16), status, whole, gap_row,
        np.ones(gap_row.size, np.int64),
    )  # fmt: skip


def part(chunk, a, b):
    inside = (chunk.gap_row >= a) & (chunk.gap_row < b)
    columns = (getattr(chunk, name)[a:b] for name in ("counts", "seq", "tick", "boot", "status", "belt"))
    return Chunk(*columns, chunk.gap_row[inside] - a, chunk.gap_lost[inside])


def found_in(chunk, cuts=(), offset=0):
    edges, noticed = SyncEdges(RATE), []
    marks = sorted({0, *cuts, len(chunk)})
    for a, b in pairwise(marks):
        noticed += edges.feed(part(chunk, a, b), a, offset)
    return edges, noticed


def plainly(chunk, offset):
    """Sample by sample, as one would by hand."""
    gaps, events, seconds, noted = set(chunk.gap_row.tolist()), [], {}, False
    level = (chunk.status & 64) > 0
    for row in range(1, len(chunk)):
        if level[row] == level[row - 1]:
            continue
        tick = int(chunk.tick[row]) + offset
        seconds[tick // RATE] = seconds.get(tick // RATE, 0) + 1
        if seconds[tick // RATE] > MOST_PER_S:
            if not noted:
                events.append(("system", row))
            noted = True
            continue
        data = {"tick": tick, "level": int(level[row])} | ({"in_gap": True} if row in gaps else {})
        events.append(("sync", row, "rising" if level[row] else "falling", data))
    return events


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_edges_are_those_found_by_hand_for_any_chunks(data):
    seed = data.draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    n = data.draw(st.integers(1, 3000))
    level = np.cumsum(rng.random(n) < data.draw(st.sampled_from([0.0, 0.01, 0.2, 1.0]))) % 2
    gaps = np.flatnonzero(rng.random(n) < 0.005)
    tick = np.arange(n) * PERIOD + np.cumsum(np.isin(np.arange(n), gaps)) * 10 * PERIOD
    chunk = chunk_of(tick, level, gaps)
    cuts = data.draw(st.lists(st.integers(0, n), max_size=8))
    edges, noticed = found_in(chunk, cuts, offset=12345)
    assert [
        (e.kind, e.row) if e.kind == "system" else (e.kind, e.row, e.text, e.data) for e in noticed
    ] == plainly(chunk, 12345)  # fmt: skip
    assert edges.seen == int((np.diff(level) != 0).sum())
    assert edges.kept == sum(e.kind == "sync" for e in noticed)
    assert (edges.total(n, 0) is None) == (edges.seen == edges.kept)


def test_an_input_that_bounces_for_an_hour_stays_within_its_limit():
    edges, kinds = SyncEdges(RATE), []
    level = np.arange(60_000) % 2
    for minute in range(60):
        chunk = chunk_of((np.arange(60_000) + minute * 60_000) * PERIOD, level)
        kinds += [e.kind for e in edges.feed(chunk, minute * 60_000, 0)]
    assert kinds.count("sync") == edges.kept == min(MOST_EDGES, MOST_PER_S * 3600)
    assert kinds.count("system") == 1
    assert edges.seen == 3_599_999
    assert edges.total(3_600_000, 0).data == {"edges": 3_599_999, "noted": edges.kept}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_moment_lies_before_the_first_row_taken_then_or_later(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    n = data.draw(st.integers(1, 6000))
    gaps = np.flatnonzero(rng.random(n) < 0.001)
    step = PERIOD * (1 + rng.uniform(-0.004, 0.004))
    tick = np.floor(np.arange(n) * step + np.cumsum(np.isin(np.arange(n), gaps)) * 7.3 * PERIOD).astype(np.int64) + 777
    places, row = RowTicks(RATE), 0
    while row < n:
        end = min(n, row + int(rng.integers(1, 400)))
        places.feed(row, tick[row:end], gaps[(gaps >= row) & (gaps < end)] - row)
        row = end
    wanted = np.concatenate([rng.uniform(tick[0] - 5000, tick[-1] + 5000, 50), tick[:: max(1, n // 50)]])
    near = np.abs(wanted[:, None] - tick[None]).min(axis=1) <= 1.5  # of a row or the next, a tick decides
    found = np.array([places.before(t) for t in wanted])
    right = np.searchsorted(tick, wanted)
    np.testing.assert_array_equal(found[~near], right[~near])
    assert (np.abs(found - right) <= 1).all()


def test_a_mark_ahead_of_its_row_waits_for_it_and_one_behind_the_end_lies_there():
    got = []
    events = TakeEvents(RATE, lambda kind, row, text, data, tick: got.append((row, text, tick)))
    chunk = chunk_of(np.arange(100) * PERIOD + 500, np.zeros(100))
    events.at("lsl", 10 * PERIOD + 501, "early bird", {})
    events.feed(part(chunk, 0, 5), 0, 0)
    assert not got
    events.at("lsl", -3.0, "before", {})
    events.feed(part(chunk, 5, 50), 5, 0)
    events.at("lsl", 99 * PERIOD + 501, "after", {})
    events.at("lsl", 20 * PERIOD + 500, "late", {})
    events.feed(part(chunk, 50, 100), 50, 0)
    assert got == [(0, "before", -3), (11, "early bird", 20501), (20, "late", 40500)]
    events.finish(100, 99 * PERIOD + 500)
    assert got[3:] == [(100, "after", 99 * PERIOD + 501)]


@pytest.mark.parametrize("port", ["virtual://virtual?sync_period_s=0.5&speed=max&drop=0.002&load=none"])
def test_edges_of_a_device_become_events_through_its_bytes(tmp_path, port):
    path = tmp_path / "s.h5"
    Recorder(RecordOptions(rig="virtual", port=port, out=str(path), seconds=8.0)).run()
    with open_session(path) as session:
        raw = Chunk.concat(list(session.chunks()))
        level = (raw.status & int(Status.SYNC_IN)) > 0
        rows = np.flatnonzero(np.diff(level.astype(np.int8))) + 1
        events = [event for event in session.events if event.kind == "sync"]
        assert len(rows) in (31, 32)
        assert [event.row for event in events] == rows.tolist()
        assert [event.data["tick"] for event in events] == session.session_ticks()[rows].tolist()
        assert {event.text for event in events} == {"rising", "falling"}
        assert np.isin(session.gaps.row, np.arange(session.rows)).all()
        in_gap = [event.row for event in events if event.data.get("in_gap")]
        assert in_gap == np.intersect1d(rows, session.gaps.row).tolist()


def test_an_input_too_fast_is_told_once_and_counted_at_the_end(tmp_path):
    path = tmp_path / "s.h5"
    port = "virtual://virtual?sync_period_s=0.002&speed=max&load=none"
    Recorder(RecordOptions(rig="virtual", port=port, out=str(path), seconds=3.0)).run()
    with open_session(path) as session:
        kinds = [event.kind for event in session.events]
        notes = [event for event in session.events if "sync input" in event.text]
    assert MOST_PER_S * 3 <= kinds.count("sync") <= MOST_PER_S * 4
    assert len(notes) == 2
    assert notes[1].data["edges"] >= 2990


@pytest.mark.parametrize(("rate", "ms"), [(2000.0, 0.50), (1000.0, 0.75), (976.5625, 0.768), (500.0, 1.25)])
def test_the_delay_of_the_reference_converter_is_that_of_its_impulse_response(rate, ms):
    averaged = round(4000 / rate)
    sinc = np.ones(1024)
    response = np.convolve(np.convolve(sinc, sinc), sinc)
    comb = np.zeros(1024 * (averaged - 1) + 1)
    comb[::1024] = 1.0
    response = np.convolve(response, comb)
    steps = np.arange(response.size) @ response / response.sum()
    delay = adc_delay_s("ADS131M08", rate)
    assert delay == pytest.approx(steps / (rate * 1024 * averaged), rel=1e-9)
    assert 1e3 * delay == pytest.approx(ms, abs=0.0008)


def test_other_converters_have_a_delay_that_is_not_known():
    assert adc_delay_s("virtual", 1000.0) == 0.0
    assert adc_delay_s("ADS1256", 1000.0) is None
    assert adc_delay_s("ADS131M08", 251.97) is None
    assert adc_delay_s("ADS131M08", 8000.0) is None


def stamped(stamps, ticks, lines, size=16):
    out = []
    for k in range(0, ticks.size, size):
        line = lines(k)
        if line is not None:
            stamps.aim(line, 5.0)
        out.append(stamps.samples(ticks[k : k + size]))
    return np.concatenate(out)


def test_stamps_follow_better_fits_smoothly():
    """A fit that is 3 ms and 1000 ppm off at first, and noisy later: no stamp jumps, and they end at the truth."""
    rng = np.random.default_rng(5)
    ticks = np.arange(40_000, dtype=np.int64) * PERIOD
    noise = rng.normal(0.0, 20e-6, ticks.size)

    def line(k):
        if k < 4000:
            return ClockLine(0, 100.003, 1.001 / RATE)
        return ClockLine(int(ticks[k]), 100.0 + ticks[k] / RATE + noise[k], 1.0 / RATE)

    stamps = stamped(Stamps(PERIOD), ticks, line)
    steps = np.diff(stamps)
    assert np.abs(steps - 1e-3).max() <= 1e-3 * (MOST_SLEW + 1.1e-3)
    error = stamps - (105.0 + ticks / RATE)
    assert np.abs(error[30_000:]).max() < 15e-6


def test_behind_a_gap_stamps_begin_on_the_line_and_never_go_back():
    ticks = np.arange(3000, dtype=np.int64) * PERIOD
    ticks[1000:] += 500 * PERIOD
    ticks[2000:] += 2 * PERIOD
    early = ClockLine(0, 10.005, 1.0 / RATE)
    stamps = Stamps(PERIOD)
    found = stamped(stamps, ticks, lambda k: early if k < 900 else ClockLine(0, 10.0, 1.0 / RATE))
    assert (np.diff(found) > 0).all()
    # ran 5 ms ahead of the better line; the long gap has room to forget that, the short one only in part
    assert found[1000] == pytest.approx(15.0 + ticks[1000] / RATE, abs=1e-9)
    assert stamps.at(float(ticks[1500])) == pytest.approx(found[1500], abs=1e-9)
    assert stamps.at(ticks[2999] + PERIOD / 2) == pytest.approx(found[2999] + 0.5e-3, abs=1e-9)


def test_every_cutting_gives_rising_stamps_and_the_same_truth():
    ticks = np.arange(5000, dtype=np.int64) * PERIOD
    truth = ClockLine(0, 3.0, 1.0 / RATE)
    for size in (1, 7, 50, 5000):
        np.testing.assert_allclose(stamped(Stamps(PERIOD), ticks, lambda k: truth, size), 8.0 + ticks / RATE, atol=1e-9)


@pytest.mark.parametrize(
    ("wanted", "predicate"),
    [
        ("all", "(type='Markers' or channel_format='string')"),
        ("Stim PC", "name='Stim PC'"),
        ("Ann's", 'name="Ann\'s"'),
        ("type='Markers' and hostname='b'", "type='Markers' and hostname='b'"),
    ],
)
def test_what_is_asked_for_becomes_a_predicate(wanted, predicate):
    assert predicate_of(wanted) == predicate


def test_a_stream_that_floods_is_counted():
    limit = _Limit()
    passed = [limit.passes(5.0 + k * 1e-3) for k in range(900)]
    assert passed == [0] * MOST_MARKERS + [None] * (900 - MOST_MARKERS)
    assert limit.passes(6.5) == 900 - MOST_MARKERS
    assert limit.passes(6.6) == 0


def test_foreign_marks_are_read():
    event = {"kind": "lsl", "text": "x" * 2000, "data": {"stream": "a"}, "host_s": 3}
    ((mark, host_s),) = foreign_marks({"events": [event]})
    assert (mark.kind, len(mark.text), mark.data, host_s) == ("lsl", 1000, {"stream": "a"}, 3.0)
