"""A soft deck from end to end: force → ringing deck → cells → bytes → session → steps, compensated by the rig file.

The truth is the metric of the force itself, computed by another way, unfiltered. What the low-pass does is part of the
error.
"""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from analysis.modal import free_decay
from analysis.setup import Mode
from analysis.wrench import FZ, apply_matrix
from daq.rig import load_rig, parse_rig
from daq.session_open import open_session
from stance.api import analyze
from tests.decks import MASS, hard_heel_strike, metrics, touchdowns
from tests.system.chain import force_url, record, write_csv

FORCE_RATE_HZ = 4000.0
STEPS = 40
# Natural frequency of the deck; errors allowed: VALR and impact peak in %, contact time in ms
BARS = {35: (6.0, 3.0, 3.0), 45: (3.0, 2.5, 1.0), 60: (3.0, 2.5, 1.0), 90: (3.0, 2.5, 1.0)}


@pytest.fixture(scope="module")
def hard_runner(tmp_path_factory):
    """A force file of hard heel strikes with uneven step times, its length, and the true metrics of each step."""
    at = touchdowns(STEPS, jitter_s=0.02, start_s=0.5)
    t = np.arange(round((at[-1] + 0.6) * FORCE_RATE_HZ)) / FORCE_RATE_HZ
    wrench = np.zeros((6, t.size))
    wrench[FZ] = hard_heel_strike(t - at[np.maximum(np.searchsorted(at, t) - 1, 0)])
    path = write_csv(tmp_path_factory.mktemp("hard") / "force.csv", wrench, FORCE_RATE_HZ)
    return path, t[-1], metrics(wrench[FZ], at, FORCE_RATE_HZ, skip=0)


def tapped_rig(folder, mode):
    """The virtual treadmill's own file, with modes that a tap test found."""
    text = load_rig("virtual").text
    before, rest = text[: text.index("[modes.x]")], text[text.index("[belt_sensor]") :]
    axes = "".join(
        f"[modes.{axis}]\nnatural_frequency_Hz = {mode.natural_frequency_Hz}\ndamping = {mode.damping}\n\n"
        for axis in "xyz"
    )
    path = folder / "tapped.toml"
    path.write_text(f"{before}[modes]\nidentified = true\n{axes}{rest}", encoding="utf-8")
    return str(path)


def errors(steps, truth):
    """VALR and impact peak in % of the true mean, worst contact time in ms; no step may be missed or invented."""
    assert steps.rows == STEPS
    assert steps["valid"].all()
    valr = 100.0 * (steps["valr_BW_s"][:-1].mean() / truth[:, 1].mean() - 1.0)
    impact = 100.0 * (steps["impact_peak_BW"][:-1].mean() / truth[:, 0].mean() - 1.0)
    return valr, impact, np.abs(steps["contact_time_ms"][:-1] - truth[:, 4]).max()


def run(folder, hard_runner, rig, fn, zeta):
    path, seconds, truth = hard_runner
    url = force_url("virtual", path, fn_Hz=fn, zeta=zeta, seed=1, speed="max")
    results = record(url, folder / "s.h5", rig=rig, seconds=seconds, mass_kg=MASS)
    assert results["lost_frames"] == 0
    return analyze(folder / "s.h5").steps, truth, results


@pytest.mark.parametrize(("zeta", "off_fn", "off_zeta"), [(0.02, 1.02, 1.15), (0.05, 0.98, 0.85), (0.03, 1.02, 0.85)])
@pytest.mark.parametrize("fn", BARS)
def test_a_deck_identified_to_2_percent_gives_true_loading_rates(fn, zeta, off_fn, off_zeta, hard_runner, tmp_path):
    rig = tapped_rig(tmp_path, Mode(fn * off_fn, zeta * off_zeta))
    steps, truth, results = run(tmp_path, hard_runner, rig, fn, zeta)
    for error, bar in zip(errors(steps, truth), BARS[fn], strict=True):
        assert abs(error) < bar
    assert results["steps"] == steps.records(), "live is offline, to the last bit"


@pytest.mark.parametrize("fn", [45, 60, 90])
def test_the_same_deck_without_a_tap_test_does_not(fn, hard_runner, tmp_path):
    steps, truth, _ = run(tmp_path, hard_runner, "virtual", fn, 0.03)
    valr, _, contact = errors(steps, truth)
    assert valr > BARS[fn][0]
    assert contact > 1.0


def test_35_Hz_without_compensation_runs_steps_together(hard_runner, tmp_path):
    steps, _, _ = run(tmp_path, hard_runner, "virtual", 35, 0.03)
    assert steps.rows < STEPS


@pytest.mark.parametrize("fn", [45, 63])
def test_from_the_tap_test_to_the_true_loading_rate(fn, hard_runner, tmp_path):
    """Tap the deck, write what was found into the rig file, run on it."""
    tap = f"virtual://virtual?tap=150@0.3,0.1&tap_s=1&fn_Hz={fn}&zeta=0.03&seed=2&speed=max"
    record(tap, tmp_path / "tap.h5", seconds=8)
    with open_session(tmp_path / "tap.h5") as session:
        (belt,) = load_rig("virtual").belts()
        force = apply_matrix(belt.matrix, session.counts().T.astype(float))[FZ]
        found = free_decay(force, session.header.sample_rate_Hz)
    assert found.taps >= 6
    assert found.natural_frequency_Hz == pytest.approx(fn, rel=0.002)
    assert found.damping == pytest.approx(0.03, rel=0.05)
    rig = tapped_rig(tmp_path, found.mode)
    steps, truth, _ = run(tmp_path, hard_runner, rig, fn, 0.03)
    valr, impact, contact = errors(steps, truth)
    assert abs(valr) < 1.0
    assert abs(impact) < 0.5
    assert contact < 0.3


MANUAL = (Path(__file__).parents[2] / "docs" / "rig-file.md").read_text(encoding="utf-8")


def test_what_the_manual_shows_of_a_tap_test_is_what_a_rig_file_takes():
    section = MANUAL.partition("## Finding your deck's modes")[2].partition("\n## ")[0]
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    said = tomllib.loads(shown)["modes"]["z"]
    text = load_rig("virtual").text
    begin = text.index("[modes.z]")
    end = text.index("\n[", begin) + 1
    deck = parse_rig(text[:begin] + shown + text[end:], "shown").deck_modes()
    assert deck.z == Mode(**said)
    assert deck.is_identified(deck.z)
    assert not deck.is_identified(deck.x)


COLUMNS = ("valr_BW_s", "hf_peak_BW", "active_peak_BW", "braking_peak_BW", "braking_impulse_BW_s")


@pytest.mark.parametrize("fn", [35, 45, 60])
def test_a_real_runner_on_a_soft_compensated_deck_is_the_one_on_a_stiff_deck(fn, tmp_path):
    """The built-in runner, every axis ringing, frequency off by 2 %."""
    stiff, soft = tmp_path / "stiff.h5", tmp_path / "soft.h5"
    record("virtual://virtual?seed=1&speed=max&fn_Hz=0", stiff, seconds=15)
    rig = tapped_rig(tmp_path, Mode(1.02 * fn, 0.03))
    record(f"virtual://virtual?seed=1&speed=max&fn_Hz={fn}&zeta=0.03", soft, rig=rig, seconds=15)
    want, got = analyze(stiff).steps, analyze(soft).steps
    assert got.rows == want.rows
    ratio = {name: np.nanmean(got[name]) / np.nanmean(want[name]) - 1.0 for name in COLUMNS}
    assert max(np.abs(list(ratio.values()))) < 0.03, ratio
    assert np.nanmax(np.abs(got["contact_time_ms"] - want["contact_time_ms"])) < BARS[fn][2]
    assert (got["impact_class"] == want["impact_class"]).mean() > 0.9
