"""Columns, axes and marks of the force curve, without a window."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stillsource import still_source

from viewer.curve.curve_axis import PATIENCE_S, LazyRange, round_top, ticks
from viewer.curve.curve_columns import ColumnStore, Grid, grid_for, read_columns
from viewer.curve.curve_layout import LEAST, lay_out
from viewer.curve.curve_marks import gaps_in, labels_in, open_contacts, runs, stances_in
from viewer.source import Happening
from viewer.sources.history import History


class HistorySource:
    """A live source over a `History`, fed from a StillSource."""

    live = True

    def __init__(self, still):
        self.still, self.take, self.facts = still, 0, still.facts
        self.history = History(still.facts.sample_rate_Hz, len(still.facts.belts), 0.1)

    def feed(self, stop):
        index = np.arange(self.history.end, stop)
        known = index[~np.isnan(self.still.wrench[0, 2, index])]
        self.history.put(known, self.still.wrench[:, :, known], self.still.contact[:, known])

    first_s = property(lambda self: self.history.first / self.history.rate_Hz)
    last_s = property(lambda self: self.history.end / self.history.rate_Hz)

    def samples(self, start_s, stop_s):
        rate = self.history.rate_Hz
        return self.history.read(math.ceil(start_s * rate), math.ceil(stop_s * rate))

    def envelope(self, start, stop, bucket):
        return self.history.envelope(start, stop, bucket)

    def __getattr__(self, name):
        return getattr(self.still, name)


@pytest.fixture(scope="module")
def lossy():
    """A session with many short gaps; to be left as it is."""
    return still_source(url="virtual://virtual?seed=1&speed=max&drop=1e-3")


def same(mine, theirs):
    assert (mine.begin, mine.end) == (theirs.begin, theirs.end)
    for name in ("lo", "hi", "contact"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


@given(st.floats(0.5, 4000), st.sampled_from([80.0, 250.0, 1000.0, 2000.0]), st.integers(50, 3000))
def test_grid_shows_the_span_and_at_most_three_percent_more(span_s, rate, width):
    grid = grid_for(span_s, rate, width)
    assert span_s * (1 - 1e-9) <= grid.seconds(width) <= 1.035 * span_s
    assert grid.bucket in (0, grid.step)
    if grid.bucket:  # the pyramid gives it from at most some 130 of its own buckets
        level = max(k for k in range(10) if grid.bucket % 4**k == 0)
        assert grid.bucket / 4**level <= 132 or level >= 6


@given(
    st.integers(0, 10**7), st.sampled_from([Grid(1000.0, 13.157894, 0), Grid(1000.0, 79.0, 79), Grid(250.0, 0.7, 0)])
)
def test_a_column_begins_where_the_one_before_ends(column, grid):
    edge_s = grid.seconds(column)
    assert grid.right(edge_s) == column
    assert grid.column(np.array([edge_s])).tolist() == [column]


def test_columns_are_the_least_and_greatest_of_their_samples():
    still = still_source(mass_kg=82.9)
    grid = grid_for(60.0, 1000.0, 750)
    assert grid.bucket == 80
    columns = read_columns(still, grid, 100, 200, 15_990)
    for c in (100, 150, 199):
        part = still.wrench[0, :3, 80 * c : min(80 * c + 80, 15_990)]
        np.testing.assert_array_equal(columns.lo[0, :, c - 100], part.min(axis=1))
        np.testing.assert_array_equal(columns.hi[0, :, c - 100], part.max(axis=1))
        assert columns.contact[0, c - 100] == still.contact[0, 80 * c]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([2.0, 5.0, 10.0, 30.0, 60.0, 300.0]), st.integers(20, 700), st.booleans()
)  # fmt: skip
def test_the_store_gives_what_reading_all_gives(lossy, seed, span_s, width, live):
    """However the window moves, and while samples come."""
    rng, still = np.random.default_rng(seed), lossy
    source = HistorySource(still) if live else still
    grid, store, now_s = grid_for(span_s, 1000.0, width), ColumnStore(), 2.0
    for _ in range(12):
        now_s = max(0.1, now_s + rng.choice([0.016, 0.016, 0.2, 1.0, 5.0] if live else [0.0, 0.016, -0.3, 4.0, -15.0]))
        now_s = min(now_s, 29.9)
        if live:
            source.feed(int(now_s * 1000) + int(rng.integers(-40, 80)))
        end = grid.right(now_s)
        found = store.get(source, grid, end - width, end, now_s)
        same(found, read_columns(source, grid, end - width, end, math.ceil(now_s * 1000 - 1e-6)))


@pytest.mark.parametrize("span_s", [2.0, 10.0, 60.0, 300.0])
def test_live_equals_replay(lossy, span_s):
    still, live = lossy, HistorySource(lossy)
    live.feed(25_000)
    grid = grid_for(span_s, 1000.0, 740)
    same(*(ColumnStore().get(source, grid, grid.right(24.0) - 740, grid.right(24.0), 24.0) for source in (still, live)))


def test_another_take_begins_anew():
    still, store = still_source(), ColumnStore()
    grid = grid_for(10.0, 1000.0, 700)
    end = grid.right(20.0)
    before = store.get(still, grid, end - 700, end, 20.0)
    still.live, still.take, still.wrench = True, 1, 2 * still.wrench
    after = store.get(still, grid, end - 700, end, 20.0)
    np.testing.assert_allclose(after.hi, 2 * before.hi)


def test_a_recording_still_being_read_fills_up():
    still, store = still_source(), ColumnStore()
    grid, whole = grid_for(10.0, 1000.0, 700), still.wrench
    end = grid.right(20.0)
    still.wrench = whole.copy()
    still.wrench[..., 12_000:18_000] = np.nan
    assert store.get(still, grid, end - 700, end, 20.0).missing.sum() == 420
    still.wrench = whole
    store._again_s = 0.0  # the pause is over
    assert not store.get(still, grid, end - 700, end, 20.0).missing.any()


def test_what_is_missing_for_ever_is_asked_for_less_and_less(monkeypatch):
    """Nothing before the beginning is missing; a gap is, and a live source has nothing more to give."""
    still, asked = still_source(), []
    monkeypatch.setattr("viewer.curve.curve_columns.time.monotonic", lambda: clock_s)
    samples = still.samples
    still.samples = lambda start_s, stop_s: asked.append(stop_s - start_s) or samples(start_s, stop_s)
    grid, clock_s = grid_for(10.0, 1000.0, 700), 0.0

    def whole_pictures(store, now_s):
        nonlocal clock_s
        asked.clear()
        for _ in range(600):  # ten seconds of frames
            clock_s += 1 / 60
            store.get(still, grid, grid.right(now_s) - 700, grid.right(now_s), now_s)
        return sum(seconds > 1.0 for seconds in asked)

    assert whole_pictures(ColumnStore(), 5.0) < 20  # the filter's beginning is missing
    still.wrench = still.wrench.copy()
    still.wrench[..., :30] = still.wrench[..., 30:60]
    assert whole_pictures(ColumnStore(), 5.0) == 1
    still.wrench[..., 15_000:16_000] = np.nan
    assert 5 < whole_pictures(ColumnStore(), 20.0) < 20
    still.live = True
    assert whole_pictures(ColumnStore(), 20.0) == 1


def test_round_numbers():
    assert [round_top(v) for v in (1.0, 1.01, 2009.0, 2.54, 0.07, 9.5)] == pytest.approx(
        [1, 1.25, 2250, 2.75, 0.07, 10]
    )
    assert ticks(0, 2250, 4) == [0, 1000, 2000]
    assert ticks(-400, 400, 4) == [-400, -200, 0, 200, 400]
    assert ticks(0, 2.5, 9) == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5])


def lazy():
    return LazyRange(usual=2000.0, least=200.0, signed=False)


def test_range_grows_at_once_and_shrinks_late():
    axis = lazy()
    assert axis.update(math.nan, math.nan, 0.0, 10.0) == (0.0, 2000.0)
    assert axis.update(-10, 900, 1.0, 10.0) == (0.0, 1000.0)
    assert axis.update(-10, 1900, 1.1, 10.0) == (0.0, 2000.0)
    assert axis.update(-10, 900, 1.2, 10.0) == (0.0, 2000.0)
    assert axis.update(-10, 900, 1.2 + 0.9 * PATIENCE_S, 10.0) == (0.0, 2000.0)
    assert axis.update(-10, 900, 1.2 + 1.1 * PATIENCE_S, 10.0) == (0.0, 1000.0)
    assert axis.update(-300, 900, 6.0, 10.0) == (-350.0, 1000.0)  # a wrong zero is seen
    assert axis.update(0, 5, 90.0, 10.0) == (0.0, 200.0)  # after a leap nothing of the old picture is left


def test_range_of_a_steady_runner_never_moves():
    axis, rng = lazy(), np.random.default_rng(3)
    axis.update(0, 2240, 0.0, 10.0)
    found = {axis.update(0, 1900 + 100 * rng.random(), 0.1 * k, 10.0) for k in range(20)}
    later = [axis.update(0, 1990 + (k % 30 == 0) * 200, 2 + 0.1 * k, 10.0) for k in range(300)]
    assert found == {(0.0, 2500.0)}
    assert set(later[30:]) == {(0.0, 2250.0)}  # a larger step every three seconds keeps its room


def test_signed_range_is_symmetrical():
    axis = LazyRange(usual=400.0, least=50.0, signed=True)
    assert axis.update(-340, 280, 0.0, 10.0) == (-400.0, 400.0)
    assert LazyRange(usual=400.0, least=50.0, signed=True).update(-1, 2, 0.0, 10.0) == (-50.0, 50.0)


@given(st.integers(220, 4000), st.integers(140, 2200), st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]), st.booleans())
def test_panels_never_overlap(width, height, scale, words):
    width, height = round(width * scale), round(height * scale)
    layout = lay_out(width, height, scale, ("Fz", "Fx", "Fy"), words=words)
    assert layout.panels[0].name == "Fz"
    assert layout.panels[0].height > 0.3 * height
    assert layout.left + layout.columns <= width
    ends = [layout.top, *(edge for panel in layout.panels for edge in (panel.top, panel.bottom)), layout.words_top]
    assert ends == sorted(ends)
    assert all(panel.height >= layout.px(LEAST) for panel in layout.panels[1:])
    if height >= 290 * scale:
        assert len(layout.panels) == 3


def test_runs():
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1], bool)).tolist() == [[0, 2], [3, 4], [6, 7]]
    assert runs(np.zeros(0, bool)).size == 0


def test_stances_are_the_tables():
    table, grid = still_source().table, grid_for(10.0, 1000.0, 740)
    begin, end = grid.right(10.0), grid.right(20.0)
    found = stances_in(table, grid, begin, end)
    seen = (table["toe_off_s"] > 10.03) & (table["touchdown_s"] < 20.0)
    np.testing.assert_array_equal(found.touchdown, np.floor(table["touchdown_s"][seen] * 74.0))
    np.testing.assert_array_equal(found.toe_off, np.floor(table["toe_off_s"][seen] * 74.0))
    assert found.side.tolist() == table["side"][seen].tolist()


def open_at(source, end_s):
    grid = grid_for(10.0, 1000.0, 740)
    source.end_s = end_s
    end = grid.right(end_s)
    columns = read_columns(source, grid, end - 740, end, int(end_s * 1000))
    stances = stances_in(source.table, grid, columns.begin, end)
    return open_contacts(columns, stances, source, grid, int(end_s * 74)), stances, grid


def test_provisional_contacts_are_those_without_a_row():
    source = still_source(live=True, mass_kg=82.9)
    found, stances, _ = open_at(source, 20.02)
    edges = runs(source.contact[0, :20_020]) / 1000.0
    waiting = edges[edges[:, 0] > source.table["toe_off_s"][-1]]
    assert len(waiting) == 3
    np.testing.assert_allclose([[c.begin, c.end] for c in found], waiting * 74.0, atol=1.0)
    assert all(c.fresh for c in found)
    assert [c.lasting for c in found] == [False, False, True]
    assert stances.touchdown.size == 28 - 1
    source.live, rows = False, source._table  # a recording gets no more rows
    source._table = rows.select(rows["toe_off_s"] < 19.1)
    found, _, _ = open_at(source, 20.02)
    assert len(found) == 3
    assert not any(c.fresh for c in found)


def test_standing_is_shaded_but_has_no_marks():
    source = still_source(live=True)
    source.contact = np.zeros_like(source.contact)
    source.contact[:, 11_000:14_000] = True
    source._table = source._table.select(source._table["touchdown_s"] < 10.0)
    found, _, _ = open_at(source, 20.0)
    assert [(c.begin, c.end, c.fresh, c.lasting) for c in found] == [(814, 1036, False, False)]


def test_a_long_contact_goes_on_behind_its_last_row():
    """Walking: one foot or the other is always down."""
    source = still_source(live=True)
    source.contact = np.ones_like(source.contact)
    found, stances, grid = open_at(source, 20.0)
    assert [(c.begin, c.end) for c in found] == [(int(stances.toe_off[-1]), grid.right(20.0))]


def gaps_of(source, now_s=20.0):
    grid = grid_for(10.0, 1000.0, 740)
    end = grid.right(now_s)
    columns = read_columns(source, grid, end - 740, end, round(now_s * 1000))
    return gaps_in(columns, source, grid, int(min(now_s, source.last_s) * 74)).tolist()


def test_gaps_are_where_samples_are_missing_and_later_ones_are_there():
    source = still_source(live=True)
    source.wrench = source.wrench.copy()
    source.wrench[..., 12_000:17_000] = np.nan
    assert gaps_of(source) == [[12 * 74, 17 * 74]]
    source.end_s = 18.0
    assert gaps_of(source) == [[12 * 74, 17 * 74]]  # what is still to come is no gap
    assert gaps_of(source, 4.0) == []  # nor what was before the beginning


def test_a_recording_that_is_still_read_has_no_gap_there():
    source = still_source()
    source.wrench = source.wrench.copy()
    source.wrench[..., 12_000:17_000] = np.nan
    assert gaps_of(source) == []
    source.happenings = (Happening(17.0, "gap", "5,000 frames lost"),)
    assert gaps_of(source) == [[12 * 74, 17 * 74]]
    source.happenings = ()
    source.wrench[..., 12_000:16_900] = 0.0
    assert gaps_of(source) == [[16_900 * 74 // 1000 + 1, 17 * 74]]


def test_labels_name_a_gap_once_and_no_system_notes():
    grid = Grid(1000.0, 10.0, 0)
    happenings = (
        Happening(0.5, "marker", "too early"), Happening(1.5, "marker", "jump"), Happening(1.7, "system", "clock"),
        Happening(2.0, "bout", "easy"), Happening(2.4, "bout", ""), Happening(3.0, "gap", "900 frames lost"),
        Happening(3.5, "gap", "1 frame lost"), Happening(3.6, "marker", ""), Happening(3.7, "tare", "zero taken"),
    )  # fmt: skip
    found = labels_in(happenings, np.array([[210, 300]]), grid, 100, 400)
    assert [(label.column, label.text) for label in found] == [
        (150, "jump"), (200, "bout: easy"), (210, "gap"), (240, "bout ends"), (350, "gap"), (360, "marker"),
        (370, "tare"),
    ]  # fmt: skip
