"""Body weight from the strides, rows that wait for it, and weight closure."""

from dataclasses import replace

import numpy as np
import pytest
from running import BW, analyse, half_sine_with_impact, one_belt, ticks, train

from analysis.bodyweight import STRIDES, StrideWeight, weight_closure
from analysis.pipeline import Pipeline

RUN = train(half_sine_with_impact, 43, 0.35)
WHOLE, _ = analyse(RUN, one_belt())
TOUCHDOWN, TOE_OFF = WHOLE["touchdown_s"], WHOLE["toe_off_s"]


def test_body_weight_from_strides_holds_rows_back_until_it_is_known():
    pipeline, row_counts = Pipeline(one_belt(bw=None)), []
    for start in range(0, RUN.size, 50):
        block = RUN[start : start + 50, None]
        tick = ticks(RUN.size)[start : start + 50]
        row_counts.append(pipeline.feed(block, tick, np.zeros(len(block), np.uint8)).steps.rows)
    released = np.flatnonzero(row_counts)
    assert row_counts[released[0]] == 2 * STRIDES - 1  # the last one waits for its follower
    assert released[0] * 0.05 > TOUCHDOWN[2 * STRIDES] - 0.05
    assert pipeline.bw_N == pytest.approx(BW, rel=1e-4)
    assert np.isnan(Pipeline(one_belt(bw=None)).bw_N)


def test_body_weight_from_strides_gives_the_table_that_the_same_known_weight_gives():
    found, pipeline = analyse(RUN, replace(one_belt(bw=None), uncertainty=False))
    known, _ = analyse(RUN, replace(one_belt(bw=pipeline.bw_N), uncertainty=False))
    assert found.equals(known)


def test_body_weight_of_a_short_run_is_the_mean_of_what_there_is():
    force = RUN[: int(1000 * TOE_OFF[7]) + 200]
    table, pipeline = analyse(force, one_belt(bw=None))
    assert table.rows == 8
    assert pipeline.bw_N == pytest.approx(BW, rel=1e-4), "three strides"
    np.testing.assert_allclose(table["active_peak_BW"], 2.1074, rtol=1e-3)


@pytest.mark.parametrize("steps", [1, 2])
def test_without_a_stride_body_weight_is_unknown_and_so_are_its_columns(steps):
    force = RUN[: int(1000 * TOE_OFF[steps - 1]) + 200]
    table, pipeline = analyse(force, one_belt(bw=None))
    assert table.rows == steps
    assert np.isnan(pipeline.bw_N)
    for record in table.records():
        nulls = [
            name for name in record if name.endswith(("_BW", "_BW_s")) and not name.endswith("morin_peak_BW")
        ]  # from times
        assert nulls
        assert all(record[name] is None for name in nulls)
        assert record["contact_time_5pctBW_ms"] is None
        assert record["active_peak_N"] == pytest.approx(1446.6, rel=1e-3)
        assert record["contact_time_20N_ms"] is not None


def test_stride_weight_passes_over_broken_steps_and_stops_when_complete():
    weight = StrideWeight()
    weight.add(np.array([9e9, np.nan, 200.0, 300.0]), np.array([0.1, np.nan, 0.4, 0.6]))
    assert weight.weight_N() == 500.0
    assert not weight.complete
    weight.add(np.full(100, 250.0), np.full(100, 0.5))
    assert weight.complete
    settled = weight.weight_N()
    weight.add(np.full(10, 9e9), np.full(10, 0.1))
    assert weight.weight_N() == settled == 500.0
    assert np.isnan(StrideWeight().weight_N())


def test_closure_uses_whole_strides():
    impulse, time = np.array([9999.0, np.nan, 100.0, 300.0, 9999.0]), np.array([0.25, np.nan, 0.25, 0.25, 0.25])
    assert weight_closure(impulse, time, 400.0) == 2.0
    assert np.isnan(weight_closure(impulse[:1], time[:1], 400.0))


@pytest.mark.parametrize("scale", [0.97, 1.0, 1.044])
def test_closure_shows_an_error_of_scale(scale):
    _, pipeline = analyse(scale * RUN, one_belt())
    closure = weight_closure(pipeline.loads.impulse_Ns, pipeline.loads.time_s, BW)
    assert closure == pytest.approx(scale, abs=2e-4)
