"""Thirteen real runners through the virtual treadmill: no step missed, none invented, and the numbers come through.

Rig `virtual` is stiff. `frame_8` has the modes of a published machine, fore-aft 87 Hz, whose ringing is not yet taken
out of the fore-aft force.

`make test` uses ten seconds of each trial, which come with the project; `make validate` with STANCE_DATA all of it.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from stance.api import analyze
from tests.realdata import fukuchi
from tests.system.chain import analyse_force, force_url, match, record, write_csv

TRIALS = {trial.name: trial for trial in fukuchi()}


BRAKING_BAR = {"virtual": 0.01, "frame_8": 0.03}


def through_the_chain(tmp_path, wrench, rate, mass_kg, rig="frame_8"):
    force = write_csv(tmp_path / "force.csv", wrench, rate)
    seconds = wrench.shape[1] / rate
    url = force_url(rig, force, seed=1, speed="max")
    results = record(url, tmp_path / "s.h5", rig=rig, seconds=seconds, mass_kg=mass_kg)
    assert results["lost_frames"] == 0
    return analyze(tmp_path / "s.h5").steps


def compare(steps, truth):
    steps, true = match(steps, truth)
    assert steps["valid"].all()
    ratio = steps["step_time_ms"][~np.isnan(steps["step_time_ms"])]
    assert ratio.max() / ratio.min() < 1.35  # a missed step would double one, an invented one halve it
    contact = steps["contact_time_ms"] - true["contact_time_ms"]
    found = {"steps": steps.rows, "contact_mean_ms": abs(contact.mean()), "contact_worst_ms": np.abs(contact).max()}
    for name, column in (
        ("active", "active_peak_N"), ("impulse", "vertical_impulse_BW_s"), ("braking", "braking_impulse_BW_s")
    ):  # fmt: skip
        ratio = steps[column] / true[column] - 1
        found |= {f"{name}_mean": abs(ratio.mean()), f"{name}_worst": np.abs(ratio).max()}
    return found


def within_bars(found, rig):
    return (
        found["contact_mean_ms"] <= 1.0
        and found["contact_worst_ms"] <= 2.0
        and found["active_mean"] <= 0.005
        and found["impulse_worst"] <= 0.003
        and found["braking_mean"] <= BRAKING_BAR[rig]
    )


@pytest.mark.parametrize("rig", BRAKING_BAR)
@pytest.mark.parametrize("name", TRIALS)
def test_ten_seconds_of_each_trial(name, rig, tmp_path):
    trial = TRIALS[name]
    truth = analyse_force(trial.wrench, trial.sample_rate_Hz, trial.mass_kg)
    steps = through_the_chain(tmp_path, trial.wrench, trial.sample_rate_Hz, trial.mass_kg, rig)
    found = compare(steps, truth)
    assert found["steps"] >= 20
    assert within_bars(found, rig), found


def whole_trial(file):
    with np.load(file) as data:
        forward, up, right = data["F"].astype(float)
        cop, rate, mass = data["cop"].astype(float) / 1000, float(data["fs"]), float(data["mass"])
    wrench = np.zeros((6, up.size))
    wrench[:3] = forward, -right, up
    loaded = ~np.isnan(cop).any(axis=0) & (up > 20.0)
    wrench[4, loaded] = -(cop[0, loaded] - np.nanmean(cop[0, loaded])) * up[loaded]
    return wrench, rate, mass


if "STANCE_DATA" in os.environ:  # where the full data set is; the tests need only what comes with the project

    @pytest.mark.validate
    def test_all_of_each_trial(tmp_path, capsys):
        files = sorted((Path(os.environ["STANCE_DATA"]) / "fukuchi2017").glob("*.npz"))
        assert len(files) == 39
        files = files[:: 1 if "STANCE_TRIALS" in os.environ else 4]  # every fourth: the three speeds in turn
        for rig in BRAKING_BAR:
            worst: dict[str, float] = {}
            steps = 0
            for file in files:
                folder = tmp_path / rig / file.stem
                folder.mkdir(parents=True)
                wrench, rate, mass = whole_trial(file)
                truth = analyse_force(wrench, rate, mass)
                found = compare(through_the_chain(folder, wrench, rate, mass, rig), truth)
                assert within_bars(found, rig), (file.stem, found)
                steps += found.pop("steps")
                worst = {name: max(worst.get(name, 0.0), float(value)) for name, value in found.items()}
            with capsys.disabled():
                print(f"\n{rig}: {len(files)} whole trials, {steps} steps, none missed or invented; {worst}")
