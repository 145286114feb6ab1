"""What the pipeline tells of the machine: each cell, noise, the belt; the same bits for any cutting."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import analyse, half_sine_with_impact, one_belt, ticks, train
from test_cell_drift import counts_of, matrix

from analysis.setup import Runner
from analysis.wrench import Belt

SPEED, LENGTH = 3.5, 3.4


def rig(rate=1000.0):
    """Four vertical cells and a fore-aft one, on a belt of known speed and length."""
    belt = Belt("", matrix(), frozenset({"Fx", "Fz", "Mx", "My"}))
    return replace(
        one_belt(rate), belts=[belt], runner=Runner(belt_speed_m_s=SPEED), belt_length_m=LENGTH, cells_tilt=True
    )


def seam_counts(counts, newton):
    """A hit of 30 ms at each turn of the belt, shared by the four cells."""
    way = np.arange(len(counts)) / 1000.0 * SPEED
    phase, width = (way / LENGTH) % 1.0, 0.03 * SPEED / LENGTH
    hit = np.where(phase < width, newton * np.sin(np.pi * phase / width), 0.0)
    out = counts.copy()
    out[:, :4] += hit[:, None] / 4.0 / matrix()[2, :4]
    return out


def test_a_cell_that_drifts_the_noise_and_a_seam_come_out_of_one_session():
    counts = seam_counts(counts_of(120.0, [0.0, 24.0, 0.0, 0.0, 0.0]), 40.0)
    table, pipeline = analyse(counts.T, rig())
    assert table.rows == 343
    state = pipeline.machine()
    drift = [cell.drift_N_per_min for cell in state.cells]
    np.testing.assert_allclose(drift, [0.0, 24.0, 0.0, 0.0, 0.0], atol=0.5)
    (flights,) = state.flights
    assert flights.used > 0.8 * flights.flights > 250
    assert flights.noise_N < 3.0
    (artefacts,) = state.artefacts
    assert [one.kind for one in artefacts[:1]] == ["seam"]
    assert artefacts[0].frequency_Hz == pytest.approx(SPEED / LENGTH, rel=1e-3)
    assert 20.0 < artefacts[0].amplitude_N < 40.0


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 15_000), max_size=12))
def test_the_same_bits_for_any_cutting(seed, cuts):
    rng = np.random.default_rng(seed)
    counts = seam_counts(counts_of(15.0, rng.uniform(-40, 40, 5), offset_N=rng.uniform(-200, 200)), 60.0)
    gaps = sorted(rng.integers(1, len(counts), 2).tolist())
    tick = ticks(len(counts)) + 2_000_000 * np.searchsorted(gaps, np.arange(len(counts)), side="right")
    states = [
        repr(analyse(counts.T, rig(), gaps=gaps, tick=tick, cuts=inner)[1].machine())
        for inner in ((), [c for c in cuts if c < len(counts)], gaps)
    ]
    assert states[1] == states[0]
    assert states[2] == states[0], "a chunk may begin where data are missing"


def test_an_imported_force_has_components_and_no_cells_to_speak_of():
    force = train(half_sine_with_impact, 60, 0.35)
    _, pipeline = analyse(force, one_belt())
    state = pipeline.machine()
    assert [cell.channel for cell in state.cells] == [0]
    assert state.flights[0].flights == 61
    assert state.artefacts == ((),)


def test_nothing_fed_is_nothing_told():
    _, pipeline = analyse(np.empty((6, 0)), rig())
    state = pipeline.machine()
    assert len(state.cells) == 5
    assert np.isnan([cell.zero_N for cell in state.cells]).all()
    assert state.flights[0].flights == 0
    assert state.artefacts == ((),)
