"""Readings that no body can produce: found at every rate, nothing else marked, no value touched."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import analyse, half_sine_with_impact, one_belt, train
from scipy.signal import bilinear, lfilter
from test_events import pieces

from analysis.flags import SampleFlag
from analysis.spikes import SpikeGuard
from analysis.wrench import COMPONENTS, force_belt

WRENCH = force_belt({name: i for i, name in enumerate(COMPONENTS)}).matrix
RATES = [300.0, 976.5625, 1000.0, 2400.0, 10_000.0, 32_000.0]


def marks(rows, rate, matrix=WRENCH, flags=None):
    """(n,) flags of (C, n) channels."""
    guard = SpikeGuard([matrix], rate)
    flags = np.zeros(rows.shape[1], np.uint8) if flags is None else flags
    parts = [guard.feed(rows.T, flags), guard.finish()]
    np.testing.assert_array_equal(np.concatenate([values for values, _ in parts], axis=1), rows)
    return np.concatenate([found for _, found in parts])


def vertical(force):
    rows = np.zeros((6, force.size))
    rows[2] = force
    return rows


def davis():
    with np.load(Path(__file__).parents[2] / "rigs" / "data" / "davis_runner.npz") as file:
        return np.asarray(file["wrench"], np.float64)


def limit_N(rate):
    return max(200.0 * 1000.0 / rate, 100.0)


# Nothing true is marked ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", fukuchi(), ids=lambda trial: trial.name)
def test_no_mark_on_real_running_at_300_Hz(trial):
    assert not marks(trial.wrench, trial.sample_rate_Hz).any()


@pytest.mark.parametrize("every", [1, 2, 3, 8])
def test_no_mark_on_a_real_heel_strike_at_2400_Hz_and_less(every):
    assert not marks(davis()[:, ::every], 2400.0 / every).any()


@pytest.mark.parametrize("natural_Hz", [35.0, 63.0, 120.0, 200.0])
@pytest.mark.parametrize("every", [1, 2])
def test_no_mark_on_a_deck_that_rings(natural_Hz, every):
    """Damping 2 %, unfiltered, and the whole force on one channel: harder than any rig."""
    w = 2 * np.pi * natural_Hz
    rung = lfilter(*bilinear([w * w], [1.0, 2 * 0.02 * w, w * w], fs=2400.0), davis(), axis=1)
    assert not marks(rung[:, ::every], 2400.0 / every).any()


@pytest.mark.parametrize("rate", RATES)
def test_no_mark_on_a_flank_far_beyond_a_barefoot_heel(rate):
    """750 body weights a second of 100 kg up to 3 BW, and down again within 25 ms, with 5 N of noise."""
    t = np.arange(round(2 * rate)) / rate
    force = np.interp(t % 0.35, [0.05, 0.054, 0.06, 0.085], [0.0, 2943.0, 2943.0, 0.0])
    assert not marks(vertical(force + 5.0 * np.random.default_rng(0).normal(size=t.size)), rate).any()


# Everything else is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_lone_reading_above_the_limit_is_marked_and_one_below_is_not(rate, sign):
    t = np.arange(round(4 * rate)) / rate
    force = train(half_sine_with_impact, 11, 0.35, rate)[: t.size]
    rows = np.linspace(0.1, 0.9, 23) * t.size
    rows = rows.astype(int)
    for factor, found in ((2.0, rows.tolist()), (0.5, [])):
        wild = force.copy()
        wild[rows] += sign * factor * limit_N(rate)
        flags = marks(vertical(wild), rate)
        assert np.flatnonzero(flags == SampleFlag.ADC).tolist() == found
        assert np.flatnonzero(flags).tolist() == found


def test_every_wrong_bit_worth_more_than_the_limit_is_found_on_every_channel():
    """Counts of 5 mN: bits 17 to 23 are worth 655 N and more."""
    matrix = np.zeros((6, 4))
    matrix[2] = 5e-3
    rng = np.random.default_rng(1)
    counts = np.round(rng.normal(size=(4, 9000)) * 200 + train(half_sine_with_impact, 25, 0.35)[:9000] * 50)
    counts = counts.astype(np.int64)
    at = np.arange(100, 8900, 400)
    for i, row in enumerate(at):
        counts[i % 4, row] ^= 1 << (17 + i % 6)
    found = np.flatnonzero(marks(counts.astype(np.float64), 1000.0, matrix))
    assert np.isin(at, found).all()
    assert np.abs(found[:, None] - at).min(axis=1).max() <= 1, "a jump may mark its neighbours"


def test_a_channel_that_comes_off_and_comes_back_is_marked_on_both_sides():
    force = train(half_sine_with_impact, 11, 0.35)
    force[1000:2000] = -5000.0
    assert np.flatnonzero(marks(vertical(force), 1000.0)).tolist() == [999, 1000, 1999, 2000]


def test_marks_given_with_the_data_stay_and_channels_without_a_cell_are_not_looked_at():
    matrix = np.zeros((6, 3))
    matrix[2, 0], matrix[4, 1] = 1.0, 1.0  # a force, a moment, a channel that floats
    rows = np.zeros((3, 9))
    rows[2, ::2] = 1e9
    given = np.asarray([0, 4, 0, 2, 0, 0, 0, 0, 4], np.uint8)
    assert marks(rows, 1000.0, matrix, given).tolist() == given.tolist()
    rows[1, 6] = 1e4
    assert marks(rows, 1000.0, matrix, given).tolist() == [0, 4, 0, 2, 0, 1, 1, 1, 4]


# The stream ------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 300), max_size=12), st.sampled_from([np.int32, np.float64]))
def test_the_same_marks_for_any_cutting(seed, cuts, kind):
    rng = np.random.default_rng(seed)
    channels = np.round(50 * rng.normal(size=(300, 6)))
    channels[rng.integers(0, 300, 8), rng.integers(0, 6, 8)] += rng.choice([-9e3, 900.0, 300.0], 8)
    given_flags = rng.choice([0, 2, 4], 300, p=[0.9, 0.05, 0.05]).astype(np.uint8)
    whole = marks(channels.T, 1000.0, flags=given_flags)
    guard, parts = SpikeGuard([WRENCH], 1000.0), []
    for part in pieces(np.arange(300), cuts):
        parts.append(guard.feed(channels[part].astype(kind), given_flags[part]))
        assert sum(flags.size for _, flags in parts) == max(part[-1], 0) if part.size else True, "one sample behind"
    parts.append(guard.finish())
    np.testing.assert_array_equal(np.concatenate([values for values, _ in parts], axis=1), channels.T)
    assert np.concatenate([flags for _, flags in parts]).tobytes() == whole.tobytes()


def test_a_new_segment_knows_nothing_of_the_last():
    guard = SpikeGuard([WRENCH], 1000.0)
    for level in (0.0, 8000.0):
        values, flags = guard.feed(np.full((5, 6), level), np.zeros(5, np.uint8))
        last, last_flags = guard.finish()
        assert np.concatenate((values, last), axis=1).shape == (6, 5)
        assert not flags.any()
        assert not last_flags.any()
    assert guard.finish()[0].shape == (6, 0)


@pytest.mark.parametrize("newton", [-42e3, -4e3, -1e3, 300.0, 1e3, 42e3])
def test_a_step_with_an_unmarked_wild_reading_is_invalid_and_no_other(newton):
    force = train(half_sine_with_impact, 43, 0.35)
    clean, _ = analyse(force, one_belt())
    row = round(1000 * clean["touchdown_s"][20]) + 120
    force[row] += newton
    table, _ = analyse(force, one_belt(), flags=marks(force[None], 1000.0, force_belt({"Fz": 0}).matrix))
    assert "adc" in table.records()[20]["flags"]
    valid = table.select(table["valid"])
    assert valid.rows == clean.rows - 1
    kept = np.arange(clean.rows) != 20
    np.testing.assert_allclose(valid["active_peak_N"], clean["active_peak_N"][kept], rtol=1e-9)
