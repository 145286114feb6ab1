"""Means over steps: valid ones only, null values left out, sides apart."""

import json

import numpy as np
import pytest
from running import analyse, half_sine_with_impact, train, two_belts

from analysis.steps import StepTable
from analysis.summary import METRICS, summarise, summarise_sides

LEFT = train(half_sine_with_impact, 20, 0.35, every=2)
RIGHT = 0.9 * train(half_sine_with_impact, 20, 0.35, every=2, phase=1)
TABLE, _ = analyse(np.stack([LEFT, RIGHT]), two_belts())


def test_mean_sd_median_and_count_of_valid_steps():
    values = np.arange(20.0)
    valid = values >= 5
    values[7] = np.nan
    table = StepTable({name: TABLE[name] for name in TABLE} | {"active_peak_N": values, "valid": valid})
    got = summarise(table)["active_peak_N"]
    kept = [v for v in values[5:] if not np.isnan(v)]
    assert got["n"] == 14
    assert got["mean"] == pytest.approx(np.mean(kept))
    assert got["sd"] == pytest.approx(np.std(kept, ddof=1))
    assert got["median"] == pytest.approx(np.median(kept))


def test_a_metric_without_a_value_is_left_out_and_one_value_has_no_sd():
    summary = summarise(TABLE)
    assert "braking_peak_BW" not in summary, "not measured on this rig"
    assert "touchdown_s" not in summary
    assert set(summary) <= set(METRICS)
    one = summarise(TABLE.select(np.arange(1)))["contact_time_ms"]
    assert (one["n"], one["sd"]) == (1, None)
    assert summarise(StepTable()) == {}
    json.dumps(summary, allow_nan=False)


def test_sides_apart():
    sides = summarise_sides(TABLE)
    assert list(sides) == ["L", "R"]
    ratio = sides["R"]["active_peak_N"]["mean"] / sides["L"]["active_peak_N"]["mean"]
    assert ratio == pytest.approx(0.9, rel=1e-3)
    assert summarise_sides(StepTable()) == {}
