"""The zero found from the stream: drift, offsets, noise, standing, walking, wild readings, gaps."""

import pickle

import numpy as np
import pytest
from running import BW, analyse, half_sine_with_impact, one_belt, train

from analysis.belt_chain import BeltChain
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.flags import SampleFlag
from analysis.pipeline import Pipeline
from analysis.protocol import get_protocol
from analysis.steps import join_tables
from analysis.wrench import FZ

RUN = train(half_sine_with_impact, 43, 0.35)  # 15 s
LONG = train(half_sine_with_impact, 86, 0.35)  # 30 s
CLEAN, _ = analyse(RUN, one_belt())
BOTH, _ = analyse(np.concatenate((RUN, RUN)), one_belt())
NUMBERS = ["contact_time_ms", "flight_time_ms", "active_peak_BW", "impact_peak_BW", "vertical_impulse_BW_s"]


def seconds_of(force):
    return np.arange(force.size) / 1000.0


def standing(seconds, rng=None):
    rng = rng or np.random.default_rng(7)
    t = np.arange(round(seconds * 1000)) / 1000.0
    return BW * (1.0 + 0.02 * np.sin(2 * np.pi * 0.7 * t)) + 2.0 * rng.normal(size=t.size)


def walking(seconds):
    """A total that never comes near zero: about body weight ± 30 %, 1.8 steps a second."""
    t = np.arange(round(seconds * 1000)) / 1000.0
    return BW * (1.0 + 0.30 * np.sin(2 * np.pi * 1.8 * t))


def two_feet(seconds, step_s):
    """Total of two walking feet, double-humped and with a heel strike; the valley is 0.6 to 0.8 BW, never zero."""
    t, last = np.arange(round(seconds * 1000)) / 1000.0, 1.2 * step_s
    force = np.zeros(t.size)
    for begin in np.arange(-2, round(seconds / step_s)) * step_s:
        share, own = (t - begin) / last, (t > begin) & (t < begin + last)
        humps = np.sqrt(np.sin(np.pi * np.clip(share, 0, 1))) * (1.05 - 0.28 * np.exp(-(((share - 0.5) / 0.16) ** 2)))
        heel = 0.25 * np.sin(np.pi * np.clip((t - begin) / 0.04, 0, 1)) ** 2
        force += BW * own * (humps + heel)
    return force


def filtered(force):
    wrench = np.zeros((6, force.size))
    wrench[FZ] = force
    return LinearPhaseFIR(lowpass_taps(1000.0, 60.0), 6).feed(wrench)[FZ]


def zeroed_force(force):
    chain, wrench = BeltChain(1000.0, get_protocol()), np.zeros((6, force.size - 40))
    wrench[FZ] = filtered(force)
    return np.concatenate(
        (chain.feed(wrench, np.zeros(wrench.shape[1], np.bool_)).zeroed, chain.finish().zeroed), axis=1
    )[FZ]


def assert_same_steps(table, reference=CLEAN, *, after=0.0, ms=0.001, bw=1e-5):
    """Every step of the reference is there, valid, and nothing else is valid."""
    table = table.select(table["valid"])
    np.testing.assert_allclose(table["touchdown_s"] - after, reference["touchdown_s"], atol=1e-3 * ms + 1e-9)
    for name in NUMBERS:
        atol = ms if name.endswith("_ms") else bw
        np.testing.assert_allclose(table[name], reference[name], atol=atol, err_msg=name)


# O9: drift -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_O9_drift_leaves_less_than_1_N_and_0_2_ms(sign):
    t = seconds_of(LONG)
    drift = sign * (100.0 * t / 30.0 + 20.0 * np.exp(-t / 8.0))
    clean, _ = analyse(LONG, one_belt())
    table, _ = analyse(LONG + drift, one_belt())
    assert table["valid"].all()
    bias = table["contact_time_ms"] - clean["contact_time_ms"]
    assert np.abs(bias).max() < 0.2
    fir, chain = LinearPhaseFIR(lowpass_taps(1000.0, 60.0), 6), BeltChain(1000.0, get_protocol())
    wrench = np.zeros((6, LONG.size))
    wrench[FZ] = LONG
    true = fir.feed(wrench)[FZ]
    fir.reset()
    wrench[FZ] += drift
    wrench[1] = drift  # every component is zeroed, not the vertical one alone
    filtered = fir.feed(wrench)
    parts = [chain.feed(filtered, np.zeros(filtered.shape[1], np.bool_)).zeroed, chain.finish().zeroed]
    zeroed = np.concatenate(parts, axis=1)
    assert zeroed.shape == filtered.shape
    assert np.abs(zeroed[FZ] - true).max() < 1.0
    assert np.abs(zeroed[1]).max() < 1.0


@pytest.mark.parametrize("offset", [-800.0, -30.0, 40.0, 300.0, 5000.0])
def test_an_offset_needs_no_tare(offset):
    assert_same_steps(analyse(RUN + offset, one_belt())[0])


@pytest.mark.parametrize(("sd", "ms"), [(1.0, 0.2), (3.0, 0.5), (10.0, 1.7)])
def test_noise_moves_the_zero_little(sd, ms):
    noisy = RUN + 250.0 + sd * np.random.default_rng(1).normal(size=RUN.size)
    table, _ = analyse(noisy, one_belt())
    assert_same_steps(table, ms=ms, bw=0.004 * sd)
    error = table["contact_time_ms"] - CLEAN["contact_time_ms"]
    assert abs(error.mean()) < 4.0 * error.std() / np.sqrt(error.size) + 0.02, "noise biases contact time"


# What the session begins with ------------------------------------------------------------------------------------


def test_unloaded_for_two_minutes_and_drifting_then_a_runner():
    empty = 3.0 * np.random.default_rng(2).normal(size=120_000) + np.arange(120_000) * 1e-3
    table, _ = analyse(np.concatenate((empty, RUN + 120.0)), one_belt())
    assert_same_steps(table, after=120.0)


@pytest.mark.parametrize("seconds", [0.3, 2.0, 9.0])
@pytest.mark.parametrize("before", [standing, walking])
def test_on_the_belt_from_the_start_then_running(before, seconds):
    first = before(seconds)
    table, pipeline = analyse(np.concatenate((first, RUN)) + 90.0, one_belt(bw=None))
    assert_same_steps(table, after=first.size / 1000.0, bw=0.005)
    assert pipeline.bw_N == pytest.approx(BW, rel=0.001)


@pytest.mark.parametrize("before", [standing, walking])
def test_on_the_belt_for_long_after_a_tare(before):
    table, _ = analyse(np.concatenate((before(15.0), RUN)) + 90.0, one_belt(), tare=[np.full(6, 90.0)])
    assert_same_steps(table, after=15.0)


@pytest.mark.parametrize("seconds", [15.0, 15.37, 600.0])
@pytest.mark.parametrize("before", [standing, walking])
def test_on_the_belt_for_long_without_a_tare_makes_no_valid_steps(before, seconds):
    table, pipeline = analyse(np.concatenate((before(seconds), RUN)) + 90.0, one_belt(bw=None))
    assert pipeline.bw_N == pytest.approx(BW, rel=0.001)
    assert_same_steps(table, after=seconds, bw=1e-5)


@pytest.mark.parametrize("weight", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("steps_per_s", [1.5, 1.8, 2.2])
def test_two_feet_walking_from_the_start_are_no_flights_whatever_the_weight(steps_per_s, weight):
    """A child of 21 kg and a man of 119 kg; the steps double-humped, with a heel strike."""
    walk = weight * two_feet(20.0, 1.0 / steps_per_s)
    reference, _ = analyse(weight * RUN, one_belt(bw=weight * BW))
    table, pipeline = analyse(np.concatenate((walk, weight * RUN)), one_belt(bw=None))
    assert pipeline.bw_N == pytest.approx(weight * BW, rel=0.001)
    assert_same_steps(table, reference, after=20.0)


@pytest.mark.parametrize(("empty", "newton"), [(0.7, 6.0), (1.2, 1.0), (4.0, 1.0), (30.0, 1.0)])
def test_an_empty_belt_then_a_walker_who_never_flies(empty, newton):
    """What the belt carried afterwards proves that it was empty before: the walk is in newtons."""
    force = np.concatenate((np.random.default_rng(3).normal(size=round(1000 * empty)), two_feet(12.0, 0.55)))
    zeroed = zeroed_force(force - 300.0)
    walk = slice(round(1000 * empty) + 1000, -1500)
    np.testing.assert_allclose(zeroed[walk], filtered(force)[walk], atol=newton)


def test_stepping_off_shows_the_zero_at_once():
    force = np.concatenate((standing(30.0), np.zeros(1500), standing(5.0)))
    zeroed = zeroed_force(force + 200.0)
    np.testing.assert_allclose(zeroed[32_000:36_000], filtered(force)[32_000:36_000], atol=2.0)
    assert not zeroed[:29_000].any(), "nothing is known of the force while somebody only stands there"


def test_memory_stays_flat_while_somebody_stands_there():
    chain, still = BeltChain(1000.0, get_protocol()), np.zeros((6, 5000))
    bad, sizes = np.zeros(5000, np.bool_), []
    for between in (standing, walking):
        force = between(600.0)
        for start in range(0, force.size, 5000):
            still[FZ] = force[start : start + 5000]
            chain.feed(still, bad)
            sizes.append(len(pickle.dumps(chain)))
    assert max(sizes) < 2 * 6 * 8 * 17_000, "patience and one feed, copied once"


def test_standing_first_and_a_gap_while_standing():
    force = np.concatenate((standing(14.0), RUN))
    table, _ = analyse(force, one_belt(), gaps=[3000, 12_100])
    assert_same_steps(table, after=14.0)


def test_a_tare_can_be_taken_while_the_first_zero_is_still_sought():
    setup = one_belt()
    force = np.concatenate((np.zeros(3000), standing(15.0), RUN)) + 400.0
    pipeline, tables = Pipeline(setup), []
    for start in range(0, force.size, 100):
        if start == 2000:
            pipeline.tare([np.array([0.0, 0.0, 400.0, 0.0, 0.0, 0.0])])
        block = force[start : start + 100, None]
        tick = (start + np.arange(len(block))) * 1000
        tables.append(pipeline.feed(block, tick, np.zeros(len(block), np.uint8)).steps)
    assert_same_steps(join_tables([*tables, pipeline.finish()]), after=18.0)


@pytest.mark.parametrize("force", [np.zeros(5000), standing(3.0), standing(12.0), np.zeros(600), np.zeros(3)])
@pytest.mark.parametrize("gaps", [(), (1,), (2, 300, 301)])
def test_no_steps_without_running_however_long_or_short(force, gaps):
    table, _ = analyse(force, one_belt(), gaps=[g for g in gaps if g < force.size])
    assert table.rows == 0


def test_a_tare_is_kept_until_flights_tell_better():
    """Taken on a belt at rest; the motor then adds 18 N, which only the flights show."""
    force = np.concatenate((standing(20.0), RUN)) + 318.0
    chain, wrench = BeltChain(1000.0, get_protocol()), np.zeros((6, force.size - 40))
    wrench[FZ] = filtered(force)
    chain.tare([0.0, 0.0, 300.0, 0.0, 0.0, 0.0])
    good = np.zeros(force.size, np.bool_)
    held = chain.feed(wrench[:, :19_000], good[:19_000])
    assert chain.level[FZ] == 300.0
    chain.feed(wrench[:, 19_000:22_000], good[:3000])
    assert chain.level[FZ] == pytest.approx(318.0, abs=1.0)
    rest = [chain.feed(wrench[:, 22_000:], good[22_000:-40]).zeroed, chain.finish().zeroed]
    np.testing.assert_allclose(held.zeroed[FZ, :15_000], wrench[FZ, :15_000] - 300.0)
    late = np.concatenate(rest, axis=1)[FZ][-10_000:]
    np.testing.assert_allclose(late, wrench[FZ, -10_000:] - 318.0, atol=0.01)


# What must not move it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [3.0, 30.0])
@pytest.mark.parametrize("between", [standing, walking])
def test_standing_or_walking_between_runs_does_not_drag_the_zero_up(between, seconds):
    pause = between(seconds)
    force = np.concatenate((RUN, np.zeros(300), pause, np.zeros(300), RUN))
    table, _ = analyse(force, one_belt())
    second = table.select(table["touchdown_s"] > (RUN.size + 500 + pause.size) / 1000.0)
    assert_same_steps(second, after=(RUN.size + 600 + pause.size) / 1000.0)
    assert table.rows == 2 * CLEAN.rows


@pytest.mark.parametrize("counts", [-1, 1])
@pytest.mark.parametrize("newton", [42e3, 4e3, 1e3])
@pytest.mark.parametrize("row", [40, 200, 380, 3000, 7100, 7380])
@pytest.mark.parametrize("flag", [SampleFlag(0), SampleFlag.ADC, SampleFlag.SATURATED])
def test_a_single_wild_reading_spoils_only_what_it_touches(counts, newton, row, flag):
    """±2^23 counts at 5 mN per count are 42 kN; early rows lie where the first zero is sought."""
    force, flags = RUN.copy(), np.zeros(RUN.size, np.uint8)
    force[row] += counts * newton
    flags[row] = flag
    table, _ = analyse(force, one_belt(), flags=flags)
    far = np.abs(CLEAN["touchdown_s"] - row / 1000.0) > 0.36
    found = np.array([np.abs(table["touchdown_s"] - t).min() < 1e-5 for t in CLEAN["touchdown_s"]])
    assert found[far].all()
    rows = table.select(np.array([np.abs(CLEAN["touchdown_s"][far] - t).min() < 1e-5 for t in table["touchdown_s"]]))
    for name in ("contact_time_ms", "active_peak_BW", "impact_peak_BW"):
        np.testing.assert_allclose(rows[name], CLEAN[name][far], rtol=1e-6)
    if flag:
        assert table.select(table["valid"]).rows >= CLEAN.rows - 2
        near = table.select(table["valid"])
        assert np.isin(near["active_peak_N"].round(3), CLEAN["active_peak_N"].round(3)).all()


@pytest.mark.parametrize("waiting", [1, 5])
def test_wild_readings_while_the_belt_is_still_empty(waiting):
    rng = np.random.default_rng(5)
    for flag in (SampleFlag(0), SampleFlag.ADC):
        empty, flags = rng.normal(size=12_000), np.zeros(12_000 + RUN.size, np.uint8)
        rows = rng.integers(100, 11_900, waiting)
        empty[rows] += rng.choice([-42e3, 42e3], waiting)
        flags[rows] = flag
        table, _ = analyse(np.concatenate((empty, RUN)), one_belt(), flags=flags)
        assert_same_steps(table, after=12.0, ms=0.05, bw=0.002)


def test_a_long_train_of_wild_readings_does_not_lose_the_zero():
    rng = np.random.default_rng(6)
    force = np.concatenate((RUN, RUN))
    rows = rng.integers(0, RUN.size, 150)
    force[rows] += rng.uniform(-5e3, 5e3, rows.size)
    table, _ = analyse(force, one_belt())
    later = table.select(table["touchdown_s"] > RUN.size / 1000.0 + 0.31)
    assert_same_steps(later, after=RUN.size / 1000.0)


@pytest.mark.parametrize("low", [-42e3, 42e3])
def test_a_channel_stuck_at_its_end_and_marked_so_spoils_only_its_own_time(low):
    force, flags = np.concatenate((RUN, RUN)), np.zeros(2 * RUN.size, np.uint8)
    force[6_000:9_000] = low
    flags[6_000:9_000] = SampleFlag.SATURATED
    table, _ = analyse(force, one_belt(), flags=flags)
    later = table.select(table["touchdown_s"] > RUN.size / 1000.0 + 0.31)
    assert_same_steps(later, after=RUN.size / 1000.0)
    valid = table.select(table["valid"])
    assert not ((valid["touchdown_s"] > 6.0) & (valid["touchdown_s"] < 9.0)).any()


@pytest.mark.parametrize("low", [-42e3, -5e3, -800.0])
def test_a_channel_stuck_for_seconds_and_not_marked_does_not_lose_the_zero(low):
    force = np.concatenate((RUN, RUN))
    force[6_000:9_000] += low
    table, _ = analyse(force, one_belt())
    back, same = (rows.select(rows["touchdown_s"] > 10.6) for rows in (table, BOTH))
    assert_same_steps(back, same)


def test_a_channel_that_comes_and_goes_does_not_lose_the_zero():
    force = np.concatenate((RUN, RUN))
    for start in (3_000, 6_000, 9_000, 12_000):
        force[start : start + 1000] -= 5e3
    table, _ = analyse(force, one_belt())
    assert_same_steps(table.select(table["touchdown_s"] > 14.2), BOTH.select(BOTH["touchdown_s"] > 14.2))


def test_a_channel_stuck_while_somebody_stands_there():
    force = np.concatenate((np.zeros(2000), standing(10.0), RUN, RUN))
    force[5_000:7_000] -= 3e3
    table, _ = analyse(force, one_belt())
    late = table["touchdown_s"] > 12.0 + RUN.size / 1000.0
    reference = BOTH.select(BOTH["touchdown_s"] > RUN.size / 1000.0)
    assert_same_steps(table.select(late), reference, after=12.0)


def test_a_foot_that_brushes_the_belt_in_flight_does_not_lift_the_zero():
    """15 N over the middle of each ninth flight, below every threshold: the zero of the steps beside it stays."""
    force = LONG.copy()
    for k in range(8, 80, 9):
        flight = int(1000 * (0.3137 + 0.35 * k + 0.250))
        force[flight + 15 : flight + 85] += 15.0
    reference, _ = analyse(LONG, one_belt())
    table, _ = analyse(force, one_belt())
    np.testing.assert_allclose(table["active_peak_N"], reference["active_peak_N"], atol=0.01)


def test_running_without_flight_does_not_become_running_with_flight():
    """Ten seconds whose lowest force is a curved valley of 25 N: one long contact, however the zero is sought."""
    grounded = 25.0 + 820.0 * (1.0 - np.cos(2 * np.pi * np.arange(10_000) / 350.0))
    table, pipeline = analyse(np.concatenate((RUN, grounded, RUN)), one_belt())
    assert pipeline.ignored == 1
    assert table.rows == 2 * CLEAN.rows


# Steps of the offset ---------------------------------------------------------------------------------------------


def test_the_offset_may_fall_by_much_at_once():
    force = LONG.copy()
    force[12_000:] -= 400.0
    reference, _ = analyse(LONG, one_belt())
    table, _ = analyse(force, one_belt())
    late, same = table["touchdown_s"] > 13.0, reference["touchdown_s"] > 13.0
    assert_same_steps(table.select(late), reference.select(same))


@pytest.mark.parametrize("jump", [-500.0, -20.0, 40.0])
def test_the_zero_may_differ_after_a_gap(jump):
    force = LONG.copy()
    force[12_000:] += jump
    whole, _ = analyse(LONG, one_belt(), gaps=[12_000])
    table, _ = analyse(force, one_belt(), gaps=[12_000])
    assert table.rows == whole.rows
    assert_same_steps(table, whole.select(whole["valid"]))


@pytest.mark.parametrize("gaps", [(), (12_000,)])
def test_running_goes_on_after_the_offset_has_risen_by_100_N(gaps):
    force = LONG.copy()
    force[12_000:] += 100.0
    table, _ = analyse(force, one_belt(), gaps=gaps)
    assert table["touchdown_s"].max() > 25.0


def test_drift_is_followed_through_short_flights():
    slow = train(lambda t: half_sine_with_impact(t, 0.335, 0.030), 160, 0.365)  # 40 ms below 50 N
    reference, _ = analyse(slow, one_belt())
    table, _ = analyse(slow + 0.5 * seconds_of(slow), one_belt())  # 29 N in the end
    np.testing.assert_allclose(table["active_peak_N"], reference["active_peak_N"], atol=5.0)
