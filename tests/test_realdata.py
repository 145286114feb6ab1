"""The excerpts that other tests lean on: complete, in the right frame, small, and with their origin beside them."""

from pathlib import Path

import numpy as np
import pytest
from realdata import fukuchi, fukuchi_trial
from scipy.signal import butter, sosfiltfilt

DATA = Path(__file__).parent / "data"


def test_thirty_nine_trials():
    trials = fukuchi()
    assert len(trials) == 39
    assert {trial.speed_m_s for trial in trials} == {2.5, 3.5, 4.5}
    assert len({trial.subject for trial in trials}) == 13
    assert {trial.wrench.shape for trial in trials} == {(6, 3000)}
    assert {trial.sample_rate_Hz for trial in trials} == {300.0}
    labels = {label for trial in trials for label in (trial.label_R, trial.label_L)}
    assert labels == {"Rearfoot", "Midfoot", "Forefoot"}
    assert fukuchi_trial("RBDS002_T25").mass_kg == 80.0


@pytest.mark.parametrize("trial", fukuchi(), ids=lambda trial: trial.name)
def test_frame_and_scale(trial):
    fx, _, fz, mx, my, mz = sosfiltfilt(butter(2, 50, fs=300, output="sos"), trial.wrench)
    at = np.round(trial.contact_s * 300).astype(int)
    sides = trial.contact_side

    assert (sides[1:] != sides[:-1]).all(), "the markers show alternating feet"
    y = mx[at] / fz[at]
    assert y[sides == "L"].mean() > y[sides == "R"].mean(), "+y is left"

    middle = slice(at[0], at[2 * ((len(at) - 1) // 2)])  # whole strides
    assert fz[middle].mean() / (trial.mass_kg * 9.80665) == pytest.approx(0.98, abs=0.05)

    early, late = fx[at - 18], fx[at + 18]
    assert early.mean() < 0 < late.mean(), "braking comes first"

    ride = [np.polyfit(np.arange(12) / 300, -my[i : i + 12] / fz[i : i + 12], 1)[0] for i in at + 6]
    assert -np.median(ride) / trial.speed_m_s == pytest.approx(0.85, abs=0.2), "the COP rides backwards"

    x, y = -my[at] / fz[at], mx[at] / fz[at]
    free = mz[at] - x * trial.wrench[1, at] + y * fx[at]
    assert np.abs(free).max() < 40


def test_origin_and_size():
    source = (DATA / "fukuchi2017.SOURCE").read_text(encoding="utf-8")
    for word in ("10.7717/peerj.3298", "10.6084/m9.figshare.4543435", "CC BY 4.0", "Fukuchi RK, Fukuchi CA, Duarte M"):
        assert word in source
    rigs = DATA.parents[1] / "rigs" / "data"
    assert sum(path.stat().st_size for folder in (DATA, rigs) for path in folder.iterdir()) < 4_000_000
