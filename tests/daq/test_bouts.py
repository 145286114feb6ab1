"""Bouts: what was named while recording cuts a session, and each step belongs to one of them at most."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorder_child import pattern

from analysis.steps import StepTable
from daq.bouts import BoutSpan, bout_tables, in_span, named_spans, session_bouts, span_table
from daq.session import SessionHeader, SessionWriter, open_session

RATE_HZ = 1000.0
HEADER = SessionHeader(sample_rate_Hz=RATE_HZ, tick_rate_Hz=RATE_HZ, channels=8)


def make(path, events, rows=3000):
    with SessionWriter(path, HEADER) as writer:
        writer.append(pattern(0, rows))
        writer.epoch(0, 1, 0)
        for kind, row, text in events:
            writer.event(kind, row, text)
        return writer.finish()


def table_at(*touchdown_s):
    return StepTable({"step": np.arange(1, len(touchdown_s) + 1), "touchdown_s": np.array(touchdown_s, float)})


@pytest.fixture
def seconds(tmp_path):
    """Session time of every row, whatever ticks the test pattern has."""
    with open_session(make(tmp_path / "clock.h5", [])) as session:
        ticks = session.session_ticks()
    return (ticks - ticks[0]) / RATE_HZ


def test_a_session_without_bouts_is_one_from_its_beginning_to_its_end(tmp_path, seconds):
    with open_session(make(tmp_path / "s.h5", [("marker", 100, "go"), ("note", 200, "fine")])) as session:
        assert session_bouts(session) == [BoutSpan("", 0.0, seconds[-1] + 1 / RATE_HZ)]


def test_a_bout_lasts_until_the_next_or_until_it_is_ended(tmp_path, seconds):
    events = [("bout", 500, "before"), ("marker", 700, "x"), ("bout", 1200, ""), ("bout", 2000, " after ")]
    with open_session(make(tmp_path / "s.h5", events)) as session:
        assert session_bouts(session) == [
            BoutSpan("before", seconds[500], seconds[1200], "before"),
            BoutSpan("after", seconds[2000], seconds[-1] + 1 / RATE_HZ, "after"),
        ]


def test_a_bout_noted_behind_the_last_row_is_empty_and_left_out(tmp_path, seconds):
    with open_session(make(tmp_path / "s.h5", [("bout", 0, "all"), ("bout", 3000, "late")])) as session:
        assert session_bouts(session) == [BoutSpan("all", 0.0, seconds[-1] + 1 / RATE_HZ, "all")]


def test_a_session_without_rows_has_an_empty_bout(tmp_path):
    with open_session(make(tmp_path / "s.h5", [], rows=0)) as session:
        assert session_bouts(session) == [BoutSpan("", 0.0, 0.0)]


def test_only_endings_leave_no_bout(tmp_path):
    with open_session(make(tmp_path / "s.h5", [("bout", 5, "")])) as session:
        assert session_bouts(session) == []


def test_a_name_that_comes_again_gets_a_number_and_keeps_what_was_said():
    spans = named_spans([(0.0, "a"), (1.0, "b"), (2.0, "b"), (3.0, "a")], 4.0)
    assert [(span.name, span.said) for span in spans] == [("a", "a"), ("b", "b"), ("b (2)", "b"), ("a (2)", "a")]


def test_a_step_belongs_to_the_bout_in_which_its_foot_lands():
    span = BoutSpan("x", 1.0, 2.0)
    table = table_at(0.999, 1.0, 1.999, 2.0, np.nan)
    assert in_span(table, span).tolist() == [False, True, True, False, False]
    assert span_table(table, span)["step"].tolist() == [2, 3]


def test_tables_of_a_session_are_cut_at_its_bouts(tmp_path, seconds):
    with open_session(make(tmp_path / "s.h5", [("bout", 1000, "one"), ("bout", 2000, "two")])) as session:
        found = bout_tables(session, table_at(*seconds[[0, 1000, 1500, 2000, 2999]]))
    assert [(span.name, table["step"].tolist()) for span, table in found] == [("one", [2, 3]), ("two", [4, 5])]


@given(
    st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["", " ", "a", "b"])), max_size=12),
    st.lists(st.floats(0, 100), max_size=30),
)
def test_each_step_behind_the_first_name_belongs_to_at_most_one_bout(noted, touchdown_s):
    spans = named_spans(sorted(noted, key=lambda one: one[0]), 101.0)
    hits = sum((in_span(table_at(*touchdown_s), span).astype(int) for span in spans), np.zeros(len(touchdown_s), int))
    assert hits.max(initial=0) <= 1
    assert len({span.name for span in spans}) == len(spans)
    assert all(earlier.end_s <= later.start_s for earlier, later in pairwise(spans))
