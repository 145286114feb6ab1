"""What real streams hold besides running: gaps, bad samples, pauses, beginnings and ends, the live force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import BW, analyse, ap_sine, half_sine_with_impact, one_belt, ticks, train

from analysis.flags import SampleFlag
from analysis.pipeline import Pipeline
from analysis.steps import COLUMNS, StepTable

N_STEPS = 43
RUN = train(half_sine_with_impact, N_STEPS, 0.35)
WHOLE, _ = analyse(RUN, one_belt())
TOUCHDOWN, TOE_OFF = WHOLE["touchdown_s"], WHOLE["toe_off_s"]
OF_CONTACT = [
    "contact_time_ms",
    "contact_time_20N_ms",
    "contact_time_5pctBW_ms",
    "effective_contact_ms",
    "active_peak_N",
    "active_peak_BW",
    "active_peak_time_ms",
    "impact_peak_BW",
    "impact_peak_time_ms",
    "impact_prominence_BW",
    "two_mass_J1_BW_s",
    "two_mass_dt1_ms",
    "two_mass_r2",
    "valr_BW_s",
    "valr_25_BW_s",
    "vilr_BW_s",
    "unloading_rate_BW_s",
    "vertical_impulse_BW_s",
    "average_force_BW",
]
"""Columns that one contact decides, whatever comes before and behind it."""
assert set(OF_CONTACT) <= {c.name for c in COLUMNS}


def with_hole(row, lost):
    """The run without rows row … row + lost, the ticks telling of them."""
    keep = np.ones(RUN.size, np.bool_)
    keep[row : row + lost] = False
    return analyse(RUN[keep], one_belt(), tick=ticks(RUN.size)[keep], gaps=[row])[0]


def assert_rows_equal(table, reference, columns):
    for name in columns:
        np.testing.assert_allclose(table[name], reference[name], rtol=1e-4, err_msg=name)


# Gaps --------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(1, RUN.size - 1), st.integers(0, 900))
def test_a_gap_spoils_the_step_it_touches_and_no_other(row, lost):
    table = with_hole(row, lost)
    begin, end = row / 1000.0 - 0.0205, (row + lost) / 1000.0 + 0.0205  # half the filter is lost on either side
    unsure = 0.002  # an event this near to the edge may be seen or not
    contact_before, contact_after = begin - unsure > TOE_OFF, end + unsure < TOUCHDOWN
    next_before = np.append(TOUCHDOWN[1:], np.inf) < begin - unsure
    sound = (contact_before & next_before) | contact_after
    valid = table.select(table["valid"])
    assert np.isin(TOUCHDOWN[sound].round(4), valid["touchdown_s"].round(4)).all(), "a sound step is missing"
    match = np.abs(TOUCHDOWN[:, None] - valid["touchdown_s"]).argmin(axis=0)
    assert_rows_equal(valid, WHOLE.select(match), OF_CONTACT)
    spoilt = table["touchdown_s"][~table["valid"]]
    assert spoilt.size <= 1
    for time in spoilt:
        assert not ((time + 0.1 < TOUCHDOWN) & (begin - unsure > TOUCHDOWN)).any(), "not the last one before the gap"


def test_a_contact_cut_by_a_gap_is_a_row_without_an_end():
    row = int(1000 * (TOUCHDOWN[10] + 0.1))
    table = with_hole(row, 500)
    record = table.records()[10]
    assert record["flags"] == ["gap", "no_next"]
    assert record["valid"] is False
    assert record["touchdown_s"] == pytest.approx(TOUCHDOWN[10])
    for name in ("toe_off_s", "contact_time_ms", "step_time_ms", "active_peak_N", "vertical_impulse_BW_s"):
        assert record[name] is None, name
    assert table["step_time_ms"][9] == pytest.approx(350.0), "the step before has its next touchdown"
    assert table["valid"][9]
    assert table["step"].tolist() == list(range(1, table.rows + 1))


def test_a_gap_in_flight_spoils_only_the_step_that_flies():
    row = int(1000 * (TOE_OFF[10] + 0.05))
    table = with_hole(row, 0)
    record = table.records()[10]
    assert record["flags"] == ["gap", "no_next"]
    assert record["contact_time_ms"] == pytest.approx(WHOLE["contact_time_ms"][10])
    assert record["flight_time_ms"] is None
    assert table.rows == N_STEPS
    assert np.flatnonzero(~table["valid"]).tolist() == [10]
    assert_rows_equal(table, WHOLE, OF_CONTACT)


def test_a_gap_long_after_the_last_step_spoils_nothing():
    force = np.concatenate((RUN, np.zeros(3000)))
    table, _ = analyse(force, one_belt(), gaps=[RUN.size + 2000])
    assert table["valid"].all()


def test_gap_at_row_0_twice_in_one_place_and_many():
    assert analyse(RUN, one_belt(), gaps=[0])[0].equals(WHOLE)
    twice, _ = analyse(RUN, one_belt(), gaps=[5000, 5000])
    assert twice.equals(analyse(RUN, one_belt(), gaps=[5000])[0])
    gaps = list(range(300, RUN.size, 45))  # no contact fits between
    table, _ = analyse(RUN, one_belt(), gaps=gaps)
    assert not table["valid"].any()
    one_each = list(range(1500))  # every sample its own segment
    assert analyse(RUN[:1500], one_belt(), gaps=one_each)[0].rows == 0


def test_time_before_the_gap_is_not_shifted_by_it():
    table = with_hole(8000, 1234)
    late = table.select(table["touchdown_s"] > 9.6)
    reference = WHOLE.select(WHOLE["touchdown_s"] > 9.6)
    np.testing.assert_allclose(late["touchdown_s"], reference["touchdown_s"], atol=1e-9)


# Bad samples -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "name", "valid"),
    [(SampleFlag.ADC, "adc", False), (SampleFlag.SATURATED, "saturated", False), (SampleFlag.LATE, "late", True)],
)
def test_a_marked_sample_marks_its_step(mark, name, valid):
    flags = np.zeros(RUN.size, np.uint8)
    flags[int(1000 * TOUCHDOWN[20]) + 100] = mark
    table, _ = analyse(RUN, one_belt(), flags=flags)
    marked = [i for i, r in enumerate(table.records()) if name in r["flags"]]
    assert marked == [20]
    assert table["valid"].tolist() == [valid or i != 20 for i in range(table.rows)]
    assert_rows_equal(table, WHOLE, OF_CONTACT)


@pytest.mark.parametrize("edge", [-19, 19])
def test_a_mark_reaches_as_far_as_the_filter(edge):
    flags = np.zeros(RUN.size, np.uint8)
    event = TOE_OFF[20] if edge > 0 else TOUCHDOWN[20]
    flags[round(1000 * event) + edge] = SampleFlag.ADC
    table, _ = analyse(RUN, one_belt(), flags=flags)
    assert not table["valid"][20]


def test_marks_in_the_force_change_no_number_elsewhere():
    rng = np.random.default_rng(9)
    force, flags = RUN.copy(), np.zeros(RUN.size, np.uint8)
    rows = rng.integers(1000, RUN.size - 1000, 8)
    force[rows] = rng.choice([-42e3, 42e3], rows.size)
    flags[rows] = SampleFlag.SATURATED
    table, _ = analyse(force, one_belt(), flags=flags)
    valid = table.select(table["valid"])
    assert valid.rows >= N_STEPS - 2 * rows.size
    match = np.abs(TOUCHDOWN[:, None] - valid["touchdown_s"]).argmin(axis=0)
    assert_rows_equal(valid, WHOLE.select(match), ["contact_time_ms", "active_peak_BW", "impact_peak_BW"])


# Beginnings, ends, pauses ------------------------------------------------------------------------------------------


def test_an_empty_session():
    pipeline = Pipeline(one_belt(bw=None))
    output = pipeline.feed(np.empty((0, 1)), np.empty(0, np.int64), np.empty(0, np.uint8))
    assert output.steps.rows == output.live.tick.size == 0
    assert output.live.wrench.shape == (1, 6, 0)
    table = pipeline.finish()
    assert table.equals(StepTable())
    assert pipeline.loads.impulse_Ns.size == 0
    assert analyse(np.empty(0), one_belt())[0].rows == 0


@pytest.mark.parametrize("end", ["contact", "just after toe-off", "flight"])
def test_the_end_of_a_session_drops_a_cut_contact_and_keeps_a_whole_one(end):
    stop = {"contact": TOUCHDOWN[30] + 0.15, "just after toe-off": TOE_OFF[30] + 0.03, "flight": TOE_OFF[30] + 0.08}[
        end
    ]
    table, _ = analyse(RUN[: int(1000 * stop)], one_belt())
    assert table["valid"].all()
    if end == "contact":
        assert table.rows == 30
    else:
        assert table.rows == 31
    assert table.records()[-1]["flags"] == ["no_next"]
    assert np.isnan(table["step_time_ms"][-1])


def test_a_session_that_begins_in_contact_has_no_row_for_it():
    start = int(1000 * TOUCHDOWN[5]) + 100
    table, _ = analyse(RUN[start:], one_belt())
    assert table.rows == N_STEPS - 6
    np.testing.assert_allclose(table["touchdown_s"], TOUCHDOWN[6:] - start / 1000.0, atol=1e-9)


def test_stop_and_go():
    """Running, a jump off to the side for 3 s, running, 5 s of standing, running."""
    off, stand = np.zeros(3000), np.concatenate((np.zeros(100), np.full(5000, BW), np.zeros(100)))
    table, pipeline = analyse(np.concatenate((RUN, off, RUN, stand, RUN)), one_belt())
    assert table.rows == 3 * N_STEPS
    assert pipeline.ignored == 1
    assert table["valid"].all()
    last = np.flatnonzero(np.isnan(table["step_time_ms"]))
    assert last.tolist() == [N_STEPS - 1, 2 * N_STEPS - 1, 3 * N_STEPS - 1]
    shift = np.repeat([0.0, 3.0 + RUN.size / 1e3, 8.2 + 2 * RUN.size / 1e3], N_STEPS)
    np.testing.assert_allclose(table["touchdown_s"], np.tile(TOUCHDOWN, 3) + shift, atol=1e-6)
    np.testing.assert_allclose(table["contact_time_ms"], np.tile(WHOLE["contact_time_ms"], 3), atol=1e-3)


def test_a_scuff_in_flight_is_no_step_and_is_counted():
    force = RUN.copy()
    middle = int(500 * (TOE_OFF[12] + TOUCHDOWN[13]))
    force[middle - 12 : middle + 12] += 150.0
    table, pipeline = analyse(force, one_belt())
    assert table.rows == N_STEPS
    assert pipeline.ignored == 1
    np.testing.assert_allclose(table["step_time_ms"][:-1], 350.0, atol=0.2)


def test_live_force_is_zeroed_and_carries_the_time_of_its_own_sample():
    channels = np.stack([RUN + 200.0, train(ap_sine, N_STEPS, 0.35) - 30.0])
    pipeline = Pipeline(one_belt(Fz=0, Fx=1))
    first = pipeline.feed(channels[:, :2000].T, ticks(2000), np.zeros(2000, np.uint8)).live
    second = pipeline.feed(channels[:, 2000:].T, ticks(RUN.size)[2000:], np.zeros(RUN.size - 2000, np.uint8)).live
    tick = np.concatenate((first.tick, second.tick))
    assert tick.tolist() == ticks(RUN.size)[20:-21].tolist()  # one more waits for its neighbour
    force = second.wrench[0, 2]
    rows = second.tick // 1000
    np.testing.assert_allclose(force, RUN[rows], atol=60.0)  # a lag of 2 ms would be 80 N off on the flank
    assert np.abs(force[RUN[rows] == 0]).max() < 45.0
    assert np.median(np.abs(force - RUN[rows])) < 1.0
