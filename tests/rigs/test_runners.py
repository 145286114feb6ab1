"""The built-in runner: what was measured, what was estimated, and that the loop closes."""

from importlib.resources import files

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from daq.errors import RigError
from rigs.runners import load_runner, runner_names

LOOP = load_runner("davis")
RATE = LOOP.sample_rate_Hz
FX, FY, FZ, MX, MY, MZ = LOOP.wrench


def contacts(fz, threshold=30.0):
    """(k, 2) touchdown and toe-off in s, of the force smoothed at 50 Hz over two turns of the loop."""
    twice = sosfiltfilt(butter(2, 50, fs=RATE, output="sos"), np.tile(fz, 3))[fz.size // 2 : -fz.size // 2]
    above = np.flatnonzero(np.diff((twice > threshold).astype(int)))
    return above[: above.size // 2 * 2].reshape(-1, 2) / RATE


CONTACTS = contacts(FZ)


def test_names():
    assert runner_names() == ("davis",)
    with pytest.raises(RigError, match="'devis': expected one of davis"):
        load_runner("devis")


def test_the_figures_of_the_trial():
    """README of the data: 246.7 ± 3.5 ms at 30 N, 176.2 steps/min; here with the mid-flight offset removed."""
    contact = 1e3 * (CONTACTS[:, 1] - CONTACTS[:, 0])
    assert contact.mean() == pytest.approx(247.7, abs=1.0)
    assert contact.std() == pytest.approx(3.5, abs=0.5)
    assert 60 / np.diff(CONTACTS[:, 0]).mean() == pytest.approx(176.0, abs=0.3)
    assert LOOP.wrench.shape == (6, round(LOOP.period_s * RATE))
    assert RATE == 2400


def test_whole_strides():
    """An even number of steps, and every two turns of the loop hold twice as many: none is lost at the seam."""
    assert len(CONTACTS) == 2 * 26
    step = np.diff(CONTACTS[:, 0])
    assert np.abs(step - step.mean()).max() < 0.015


def test_the_seam_lies_in_flight_and_does_not_jump():
    seam = np.concatenate([LOOP.wrench[:, -24:], LOOP.wrench[:, :24]], axis=1)
    assert np.abs(seam[:3]).max() < 30
    smooth = sosfiltfilt(butter(2, 60, fs=RATE, output="sos"), np.tile(FZ, 2))
    flight = np.abs(np.diff(smooth))[np.abs(smooth[1:]) < 10]
    assert np.abs(np.diff(smooth[FZ.size - 12 : FZ.size + 12])).max() < 3 * flight.std() + flight.mean()


def test_body_weight_is_the_mean_force_and_offsets_are_gone():
    assert FZ.mean() == pytest.approx(LOOP.bw_N, rel=1e-6)
    assert 0 < LOOP.u_bw_N < 0.005 * LOOP.bw_N
    middle = [slice(int((off + 0.03) * RATE), int((on - 0.03) * RATE)) for off, on in zip(*offsets(), strict=True)]
    flight = np.concatenate([LOOP.wrench[:, part] for part in middle], axis=1)
    assert np.abs(flight.mean(axis=1)).max() < 1.5


def offsets():
    once = CONTACTS[CONTACTS[:, 1] < LOOP.period_s]
    return once[:-1, 1], once[1:, 0]


def test_the_runner_faces_forward():
    """Braking comes before propulsion, they cancel, and the COP rides backwards with the belt."""
    spans = [slice(int(on * RATE), int(off * RATE)) for on, off in CONTACTS[:26]]
    for span in spans:
        fx, half = FX[span], (span.stop - span.start) // 2
        assert fx[:half].mean() < -100
        assert fx[half:].mean() > 100
        cop = -MY[span] / FZ[span].clip(200)
        assert cop[half // 2] - cop[-half // 2] > 0.3
        assert np.abs(cop[FZ[span] > 200]).max() < 0.6
    braking, propulsion = -FX.clip(max=0).sum(), FX.clip(min=0).sum()
    assert propulsion / braking == pytest.approx(1.0, abs=0.05)


def test_left_and_right_alternate_and_push_inwards():
    spans = [slice(int(on * RATE), int(off * RATE)) for on, off in CONTACTS[:26]]
    y = np.array([MX[span].sum() / FZ[span].sum() for span in spans])
    fy = np.array([FY[span].mean() for span in spans])
    right, left = slice(0, None, 2), slice(1, None, 2)
    assert (y[left] > y[right]).all()  # than the step before,
    assert (y[left][:-1] > y[right][1:]).all()  # and than the step after: the runner as a whole wanders by 10 cm
    assert fy[right].mean() > 10  # the right foot is pushed to the left
    assert fy[left].mean() < -10


def test_the_speed_is_an_estimate_and_says_so():
    """The foot rides with the belt while the COP creeps forward in the shoe: the COP is always slower than the belt."""
    rides = []
    for on, off in CONTACTS[:26]:
        part = slice(int((on + 0.6 * (off - on)) * RATE), int((on + 0.8 * (off - on)) * RATE))
        cop = -MY[part] / FZ[part]
        rides.append(-np.polyfit(np.arange(cop.size) / RATE, cop, 1)[0])
    assert 0.85 < np.median(rides) / LOOP.speed_m_s < 0.95
    assert LOOP.speed_m_s == pytest.approx(3.97, abs=0.01)
    assert LOOP.u_speed_m_s == pytest.approx(0.15, abs=0.01)


def test_the_moments_belong_to_the_forces():
    """Free moment of a foot on a belt: some newton-metres, not the hundreds that a wrong lever would give."""
    loaded = FZ > 400
    x, y = -MY[loaded] / FZ[loaded], MX[loaded] / FZ[loaded]
    of_force = x * FY[loaded] - y * FX[loaded]
    free, wrong = (np.percentile(np.abs(sign * MZ[loaded] - of_force), 95) for sign in (1, -1))
    assert free < 25
    assert wrong > 2 * free


def test_origin_and_licence_lie_beside_the_data():
    folder = files("rigs") / "data"
    source = (folder / "davis_runner.SOURCE").read_text(encoding="utf-8")
    for word in ("johnjdavisiv/demo-force-processing", "0a018a3", "MIT", f"{LOOP.bw_N:.1f} N", f"{LOOP.speed_m_s:.2f}"):
        assert word in source
    assert "Copyright (c) 2022 John Davis" in (folder / "davis_runner.LICENSE").read_text(encoding="utf-8")


def test_nobody_can_change_the_loop():
    with pytest.raises(ValueError, match="read-only"):
        LOOP.wrench[2, 0] = 1.0
