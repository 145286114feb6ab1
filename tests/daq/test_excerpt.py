"""Any stretch of a session at once equals what the whole analysis found there."""

import numpy as np
import pytest
from stillsource import still_source

from daq.excerpt import Excerpts
from daq.session import open_session
from daq.session_rows import SessionRows

STORIES = {
    "plain": {"url": "virtual://virtual?seed=1&speed=max", "mass_kg": 82.9},
    "offset": {"url": "virtual://virtual?seed=2&speed=max&offset_N=300&drift_N_per_min=20", "mass_kg": 82.9},
    "weight from strides": {"url": "virtual://virtual?seed=1&speed=max"},
    "losses": {"url": "virtual://virtual?seed=1&speed=max&drop=2e-3", "mass_kg": 82.9},
    "reset": {"url": "virtual://virtual?seed=1&speed=max&reset_at_s=11&boot_s=0.5", "mass_kg": 82.9},
    "two belts": {"url": "virtual://split_belt?seed=1&speed=max", "rig": "split_belt", "mass_kg": 82.9},
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("start", [0, 8_000, 19_123])
def test_force_and_curves_are_those_of_the_whole(story, start):
    whole = still_source(**STORIES[story])
    stop = start + 8_000
    with open_session(whole.path) as session:
        found = Excerpts(session).cut(start, stop, whole.table, whole.bw_N)
    truth = whole.samples(start / 1000.0, stop / 1000.0)
    assert (np.isnan(found.wrench[0, 2]) == np.isnan(truth.wrench[0, 2])).mean() > 0.995
    apart = np.abs(found.wrench[:, 2] - truth.wrench[:, 2])
    assert np.nanmax(apart) < 6.0  # the zero for the eye, which follows the flights with a delay
    assert (found.contact != truth.contact).mean() < 0.005
    touchdown = whole.table["touchdown_s"]
    inside = (touchdown >= start / 1000.0) & (touchdown < stop / 1000.0) & whole.table["valid"]
    wanted = whole.table["step"][inside]
    assert set(wanted[1:-1].tolist()) <= set(found.curves.step.tolist())
    mine = np.isin(found.curves.step, wanted)
    truth_curves = whole.curves(found.curves.step[mine]).values
    np.testing.assert_allclose(found.curves.values[mine], truth_curves, atol=0.05, equal_nan=True)


def test_rows_and_ticks_find_each_other():
    path = still_source(**STORIES["losses"]).path
    with open_session(path) as session:
        rows, ticks = SessionRows(session), session.session_ticks()
        for row in (0, 1, 12_345, session.rows - 1):
            assert rows.at_tick(int(ticks[row])) == row
            assert rows.at_tick(int(ticks[row]) - 1) == row
        assert rows.at_tick(int(ticks[-1]) + 1) == session.rows


def test_without_steps_the_tare_gives_the_zero(tmp_path):
    """A session in which nobody ever flies: loads that stand, after a tare."""
    path = tmp_path / "stand.h5"
    url = "virtual://virtual?speed=max&offset_N=200&load=0@0,0;700@0,0&load_s=6"
    from daq.recorder import Recorder, RecordOptions

    Recorder(RecordOptions(rig="virtual", port=url, out=str(path), seconds=11.0, tare_s=3.0)).run()
    with open_session(path) as session:
        cut = Excerpts(session)
        from analysis.steps import EMPTY

        found = cut.cut(8_000, 10_000, EMPTY, float("nan"))
    assert np.nanmedian(found.wrench[0, 2]) == pytest.approx(700.0, abs=3.0)


def test_an_empty_stretch_and_the_end_of_the_session():
    whole = still_source(**STORIES["plain"])
    with open_session(whole.path) as session:
        found = Excerpts(session).cut(29_500, 31_000, whole.table, whole.bw_N)
    assert np.isfinite(found.wrench[0, 2, :400]).all()
    assert np.isnan(found.wrench[0, 2, 600:]).all()
    assert not found.contact[0, 600:].any()
