"""Real runners on soft decks: the whole pipeline, modes taken out, against the same runners on a rigid deck."""

from functools import cache

import numpy as np
import pytest
from realdata import fukuchi

from analysis.setup import DeckModes, Mode
from tools.deck_table import felt_by_cells, real_force, steps

TRIALS = {trial.name: trial for trial in fukuchi()[::4]}
"""Ten trials of ten runners at all three speeds."""


@cache
def rigid(name):
    """The force at 8 kHz, and its steps."""
    fine = real_force(TRIALS[name])
    return fine, steps(fine[:, ::8], TRIALS[name].mass_kg, None)


def compensated(name, fn, off_fn, off_zeta):
    """Steps of the same force on a deck of 3 % damping on every axis, with modes as a tap test may have found them."""
    fine, want = rigid(name)
    mode = Mode(fn * off_fn, 0.03 * off_zeta)
    modes = DeckModes(mode, mode, mode, identified=True)
    return steps(felt_by_cells(fine, fn), TRIALS[name].mass_kg, modes), want


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.parametrize(("fn", "off_fn", "off_zeta"), [(45.0, 1.02, 1.15), (45.0, 0.98, 0.85), (60.0, 0.98, 1.15)])
def test_metrics_step_by_step(name, fn, off_fn, off_zeta):
    got, want = compensated(name, fn, off_fn, off_zeta)
    assert got.rows == want.rows, "no step missed, none invented"
    contact = got["contact_time_ms"] - want["contact_time_ms"]
    assert abs(np.nanmean(contact)) < 0.5
    assert np.nanmax(np.abs(contact)) < 1.5, "no single step by more"
    valr = got["valr_BW_s"] / want["valr_BW_s"] - 1.0
    assert abs(np.nanmedian(valr)) < 0.03
    impact = got["impact_peak_BW"] / want["impact_peak_BW"] - 1.0
    assert np.isnan(impact).all() or abs(np.nanmean(impact)) < 0.025
    for column in ("active_peak_BW", "braking_impulse_BW_s", "vertical_oscillation_mm"):
        assert np.nanmean(got[column]) == pytest.approx(np.nanmean(want[column]), rel=0.01), column


@pytest.mark.parametrize("name", TRIALS)
def test_with_the_exact_mode_next_to_nothing_is_left_even_at_35_Hz(name):
    got, want = compensated(name, 35.0, 1.0, 1.0)
    assert got.rows == want.rows
    assert (got["poi_source"] == want["poi_source"]).all()
    for column in ("contact_time_ms", "valr_BW_s", "vilr_BW_s", "hf_peak_BW", "active_peak_BW", "braking_peak_BW"):
        np.testing.assert_allclose(got[column], want[column], rtol=0.005, err_msg=column)


def test_without_compensation_the_same_runners_lose_steps():
    assert any(
        steps(felt_by_cells(rigid(name)[0], 35.0), TRIALS[name].mass_kg, None).rows != rigid(name)[1].rows
        for name in TRIALS
    )
