"""Every cell's own zero and drift, from the flights of a runner whose cells wander apart."""

import pickle
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import half_sine_with_impact, train
from test_events import pieces

from analysis.causal_zero import CausalZero
from analysis.cell_drift import CellDrift, channel_newtons
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.flight_knots import FlightKnots, Knots
from analysis.machine_lights import DRIFT_N_PER_MIN, FLIGHTS_FOR_DRIFT
from analysis.wrench import apply_matrix

SCALE = np.asarray([5e-3, -4e-3, 6e-3, 5e-3, 3e-3])  # N per count; the last one is a fore-aft cell
PLACE = np.asarray([[0.7, 0.3], [0.7, -0.3], [-0.7, 0.3], [-0.7, -0.3]])
HALF = 20


def matrix(channels=6):
    out = np.zeros((6, channels))
    out[2, :4] = SCALE[:4]
    out[3, :4], out[4, :4] = PLACE[:, 1] * SCALE[:4], -PLACE[:, 0] * SCALE[:4]
    out[0, 4] = SCALE[4]
    return out


def counts_of(seconds, drift_N_per_min, *, offset_N=0.0, noise_N=0.5, rate=1000.0):
    """(n, 6) counts of a runner a little off the middle; channel 5 carries no cell and floats."""
    force = train(half_sine_with_impact, round(seconds / 0.35), 0.35, rate)
    t = np.arange(force.size) / rate
    share = 0.25 + PLACE @ np.asarray([0.1, -0.2])
    cells = force[:, None] * np.append(share / share.sum(), 0.0)
    cells += offset_N + t[:, None] / 60.0 * np.asarray(drift_N_per_min)
    cells += noise_N * np.random.default_rng(3).normal(size=cells.shape)
    return np.column_stack((np.round(cells / SCALE), 1e6 * np.sin(t)))


class Chain:
    """What the pipeline does with a belt, as far as the flights."""

    def __init__(self, rate=1000.0):
        self.rate, self.taps = rate, lowpass_taps(rate, 60.0)
        self.drift = CellDrift([matrix()], rate, len(self.taps) // 2)
        self.knots = FlightKnots(rate, 50.0, 20.0)
        self.causal = CausalZero(rate)
        self.fir = LinearPhaseFIR(self.taps, 6)

    def feed(self, counts, start_s):
        rows = np.ascontiguousarray(counts.T)
        filtered = self.fir.feed(apply_matrix(matrix(), rows))
        samples, zero = self.causal.feed(filtered, np.zeros(filtered.shape[1], np.bool_))
        self.drift.feed(rows, start_s, [self.knots.feed(samples, zero)])

    def end_segment(self):
        samples, zero = self.causal.finish()
        for found in (self.knots.feed(samples, zero), self.knots.finish()):
            self.drift.feed(np.empty((6, 0)), 0.0, [found])
        for stage in (self.causal, self.knots, self.drift):
            stage.restart()
        self.fir.reset()


def result(counts, cuts=(), rate=1000.0):
    chain = Chain(rate)
    for part in pieces(np.arange(len(counts)), cuts):
        chain.feed(counts[part], part[0] / rate if part.size else 0.0)
    chain.end_segment()
    return chain.drift.result()


@pytest.mark.parametrize("rate", [300.0, 1000.0, 2400.0])
def test_each_cells_own_zero_and_drift_come_out(rate):
    truth = np.asarray([0.0, 12.0, -12.0, 3.0, 0.5])
    cells = result(counts_of(60.0, truth, offset_N=40.0, rate=rate), rate=rate)
    assert [cell.channel for cell in cells] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose([cell.drift_N_per_min for cell in cells], truth, atol=0.25)
    np.testing.assert_allclose([cell.zero_N for cell in cells], 40.0 + 0.5 * truth, atol=0.5)
    np.testing.assert_allclose([cell.range_N for cell in cells], np.abs(truth), atol=0.6)
    assert all(np.isnan(cell.tare_shift_N) for cell in cells)
    assert {cell.flights for cell in cells} == {172}, "one before each of 171 steps and one after the last"


def test_two_cells_that_drift_against_each_other_hide_in_the_sum_and_show_here():
    cells = result(counts_of(30.0, [30.0, -30.0, 0.0, 0.0, 0.0]))
    assert sum(cell.drift_N_per_min for cell in cells[:4]) == pytest.approx(0.0, abs=0.5)
    assert cells[0].drift_N_per_min == pytest.approx(30.0, abs=0.5)
    assert cells[1].drift_N_per_min == pytest.approx(-30.0, abs=0.5)


def test_a_jolt_of_a_few_seconds_does_not_pass_for_drift():
    counts = counts_of(60.0, [2.0] * 5)
    counts[20_000:24_000, 0] += 50.0 / SCALE[0]
    cells = result(counts)
    assert cells[0].drift_N_per_min == pytest.approx(2.0, abs=0.5)
    assert cells[0].range_N > 45.0


def test_what_the_moving_belt_adds_to_a_tare_shows_per_cell():
    """The tare was taken with the belt at rest; moving, it presses 3 N more on the front cells and 2 N less behind."""
    chain, counts = Chain(), counts_of(12.0, [0.0] * 5, offset_N=100.0)
    chain.drift.tare(np.append((100.0 - np.asarray([3.0, 3.0, -2.0, -2.0, 0.0])) / SCALE, 0.0))
    chain.feed(counts, 0.0)
    np.testing.assert_allclose(
        [cell.tare_shift_N for cell in chain.drift.result()], [3.0, 3.0, -2.0, -2.0, 0.0], atol=0.3
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 12_000), max_size=20))
def test_the_same_bits_for_any_cutting_and_gap(seed, cuts):
    rng = np.random.default_rng(seed)
    counts = counts_of(12.0, rng.uniform(-60, 60, 5), offset_N=rng.uniform(-300, 300))
    gap = int(rng.integers(1, len(counts)))
    found = []
    for inner in ((), cuts):
        chain = Chain()
        chain.drift.tare(rng.normal(size=6) * 0.0)
        for begin, end, late in ((0, gap, 0.0), (gap, len(counts), 3.0)):
            for part in pieces(np.arange(begin, end), [c - begin for c in inner if begin <= c < end]):
                chain.feed(counts[part], late + part[0] / 1000.0 if part.size else 0.0)
            chain.end_segment()
        found.append([astuple(cell) for cell in chain.drift.result()])
    np.testing.assert_equal(found[1], found[0])
    assert np.asarray(found[1]).tobytes() == np.asarray(found[0]).tobytes()


@pytest.mark.parametrize("batch", [1, 7, 400])
def test_hours_fit_into_the_same_memory_and_give_the_same_bits(batch):
    """Twelve hours of a flight every 20 s: slots double six times."""
    drifts, sizes, rate = [], [], 10.0
    for size in (1, batch):
        drift = CellDrift([np.eye(6)[:, :3]], rate, 0)
        number = 43_200 // 20
        for first in range(0, number, size):
            flights = np.arange(first, min(first + size, number))
            n = 200 * flights.size
            t = (200 * first + np.arange(n)) / rate
            channels = np.stack([t / 60.0 * 0.1, np.sin(t), -t / 60.0])
            at = 200 * flights + 50
            no = np.zeros(flights.size)
            knots = Knots(at, np.full(at.size, 10), np.zeros((6, at.size)), no, at + 15, np.ones(at.size, np.bool_))
            drift.feed(channels, t[0], [knots])
            sizes.append(len(pickle.dumps(drift)))
        drifts.append(drift.result())
    assert [cell.drift_N_per_min for cell in drifts[0]] == pytest.approx([0.1, 0.0, -1.0], abs=1e-3)
    one, other = ([astuple(cell) for cell in cells] for cells in drifts)
    np.testing.assert_equal(one, other)
    assert max(sizes) < 60_000


def test_nothing_known_is_nothing_claimed():
    cells = CellDrift([matrix()], 1000.0, HALF).result()
    assert len(cells) == 5
    assert all(np.isnan([cell.zero_N, cell.drift_N_per_min, cell.range_N, cell.tare_shift_N]).all() for cell in cells)
    assert not any(cell.flights for cell in cells)


def test_a_channels_newtons_carry_the_cells_sign():
    np.testing.assert_allclose(channel_newtons([matrix()]), np.append(SCALE, 0.0))
    left, right = matrix(12), np.roll(matrix(12), 6, axis=1)
    np.testing.assert_allclose(channel_newtons([left, right]), np.tile(np.append(SCALE, 0.0), 2))


def test_a_still_cell_is_not_told_to_drift_once_there_are_enough_flights():
    cells = result(counts_of(1.05 * FLIGHTS_FOR_DRIFT * 0.35, [0.0] * 5))
    assert min(cell.flights for cell in cells) >= FLIGHTS_FOR_DRIFT
    assert max(abs(cell.drift_N_per_min) for cell in cells) < DRIFT_N_PER_MIN[0]
