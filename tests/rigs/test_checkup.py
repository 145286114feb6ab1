"""The doctor finds twelve faults by their names, two at a time where they can be told apart; a healthy rig has none."""

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from calibrationfiles import found, my_rig, readings
from checkups import HEALTHY, bad, check_up
from simulatedclock import clock_of

from daq.calibration import OLD_DAYS, calibration_path, write_calibration
from daq.doctor_papers import calibration_light, load_leniently
from daq.rig import load_rig, parse_rig, shipped_rigs

TRIALS = int(os.environ.get("STANCE_TRIALS", "5"))
RIGS = ["virtual", "frame_8", "frame_6", "deck_4z", "split_belt"]

# fault: what of it is in the URL, whether it takes a person to see it, name of the light and words of its text
FAULTS = {
    "swap": ("swap=0-1", True, "places", "cells FL and FR are swapped"),
    "swap of another kind": ("swap=2-5", True, "places", "cells RL and XR are swapped"),
    "horizontal swap": ("swap=4-5", True, "horizontal_places", "cells XL and XR are swapped"),
    "reversal": ("reverse=2", True, "signs", "cell RL is reversed"),
    "horizontal reversal": ("reverse=6", True, "horizontal_signs", "cell YF is reversed"),
    "stuck": ("stuck=3", False, "cell RR", "stuck"),
    "saturation": ("saturate=1", False, "cell FR", "saturated"),
    "low rate": ("rate=500", False, "rate", "sample rate too low"),
    "low rate, hidden": ("rate=500&hello_rate=1000", False, "rate", "sample rate too low"),
    "mains": ("mains_N=3", False, "mains", "mains hum (50 Hz)"),
    "mains of 60 Hz": ("mains_N=3&mains_Hz=60", False, "mains", "mains hum (60 Hz)"),
    "drift": ("drift_N_per_min=20", False, "cell XL", "drifting"),
    "wrong gain": ("adc_gain=64", False, "gain", "wrong gain: the device has 64"),
    "gain of all cells": ("gain=1.05", True, "weight_closure", "every cell alike reads +"),
    "loose": ("loose=2", True, "RL", "loose contact"),
}  # fmt: skip
PAIRS = {
    "swap and reversal": ("swap=0-1&reverse=2", {"places": "FL and FR are swapped", "signs": "RL is reversed"}),
    "swap and stuck": ("swap=0-3&stuck=5", {"places": "FL and RR are swapped", "cell XR": "stuck"}),
    "stuck and mains": ("stuck=1&mains_N=3", {"cell FR": "stuck", "mains": "mains hum"}),
    "reversal and wrong gain": ("reverse=1&adc_gain=32", {"signs": "FR is reversed", "gain": "wrong gain"}),
    "drift and saturation": ("drift_N_per_min=20&saturate=7", {"cell FL": "drifting", "cell YR": "saturated"}),
    "low rate and swap": ("rate=500&swap=6-7", {"rate": "too low", "horizontal_places": "YF and YR are swapped"}),
    "two swaps": ("swap=0-2,4-5", {"places": "FL and RL are swapped", "horizontal_places": "XL and XR are swapped"}),
    "two reversals": ("reverse=0,4", {"signs": "FL is reversed", "horizontal_signs": "XL is reversed"}),
}  # fmt: skip

OTHERS = ("old calibration", "slow clock", "wrong rig")
"""Faults that are not in the force: each with its healthy twin."""
MADE = datetime(2025, 3, 4, tzinfo=UTC)


def healthy_without(query):
    """A healthy machine, but for what the query says."""
    names = {item.partition("=")[0] for item in query.split("&")}
    return "&".join([*(item for item in HEALTHY.split("&") if item.partition("=")[0] not in names), query])


def calibrated(folder, seed):
    """A rig file of one's own with a calibration of `MADE` beside it."""
    path = my_rig(folder)
    rig = load_rig(path)
    write_calibration(
        calibration_path(rig), rig, found(rig), readings(np.random.default_rng(seed), 30), made_utc=MADE.isoformat()
    )
    return path


def old_calibration(seed, path):
    """Older than the limit by a day to years: amber and named; younger: green."""
    random = np.random.default_rng(seed)
    rig, refused = load_leniently(path)
    for days, old in ((OLD_DAYS + random.uniform(0.1, 1500.0), True), (random.uniform(0.0, OLD_DAYS - 0.1), False)):
        light = calibration_light(rig, refused, MADE + timedelta(days=days))
        assert (light.state, light.text.startswith("old:")) == (("amber", True) if old else ("green", False)), (
            seed, days, light,
        )  # fmt: skip


def slow_clock(seed):
    """A timer off by more than the limit and what cannot be told is named; a crystal is not."""
    random = np.random.default_rng(seed)
    ppm = float(random.choice([-1.0, 1.0]) * random.uniform(1500.0, 9000.0))
    light = clock_of(ppm, seed)
    assert light.state == "amber", (seed, ppm, light)
    assert f"clock is {'slow' if ppm < 0 else 'fast'}" in light.text, (seed, ppm, light)
    crystal = float(random.uniform(-100.0, 100.0))
    assert clock_of(crystal, seed).state == "green", (seed, crystal)


def wrong_rig(seed):
    """The device of another shipped rig: that is said, and no cell of it is judged."""
    random = np.random.default_rng(seed)
    rig, twin = random.choice(shipped_rigs(), 2, replace=False).tolist()
    lights = check_up(rig, HEALTHY, seed, twin=twin)
    assert [name for _, name, text in bad(lights) if name == "device" and "wrong rig" in text], (seed, rig, twin)
    assert not [light for light in lights if light.name.startswith("cell ")], (seed, rig, twin)


def judge(name, seed, path):
    if name == "old calibration":
        old_calibration(seed, path)
    elif name == "slow clock":
        slow_clock(seed)
    else:
        wrong_rig(seed)


FOLLOWS = {"mains": {"noise_total"}, "mains of 60 Hz": {"noise_total"}, "loose": {"cell RL", "contact RL"}}
"""A fault brings no other lights with it, but for what it spoils; a stuck or saturated cell feels no person either."""


def find(fault, seed):
    """The fault is named, and nothing else is."""
    query, person, name, words = FAULTS[fault]
    lights = bad(check_up("virtual", healthy_without(query), seed, quick=not person))
    assert any(name in light_name and words in text for _, light_name, text in lights), (fault, seed, lights)
    names = {"cell XL" if fault == "drift" and name.startswith("cell ") else name for _, name, _ in lights}
    assert names <= {name, *FOLLOWS.get(fault, ())}, (fault, seed, lights)


def find_pair(pair, seed):
    query, wanted = PAIRS[pair]
    lights = bad(check_up("virtual", healthy_without(query), seed))
    for name, words in wanted.items():
        assert any(name == light_name and words in text for _, light_name, text in lights), (pair, seed, lights)


def raise_none(rig, seed):
    assert bad(check_up(rig, HEALTHY, seed)) == [], (rig, seed)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found_by_its_name(fault):
    for seed in range(2):
        find(fault, seed)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_in_the_force_is_found_too(name, tmp_path):
    path = calibrated(tmp_path, 0)
    for seed in range(3):
        judge(name, seed, path)


@pytest.mark.validate
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_in_the_force_is_found_too_every_time(name, tmp_path):
    path = calibrated(tmp_path, 0)
    for seed in range(TRIALS):
        judge(name, seed, path)


@pytest.mark.parametrize("pair", PAIRS)
def test_two_faults_are_both_named(pair):
    find_pair(pair, 3)


@pytest.mark.parametrize("rig", RIGS)
def test_a_healthy_rig_raises_none(rig):
    for seed in range(2):
        raise_none(rig, 100 + seed)


@pytest.mark.validate
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_found_by_its_name_every_time(fault):
    for seed in range(TRIALS):
        find(fault, seed)


@pytest.mark.validate
@pytest.mark.parametrize("pair", PAIRS)
def test_two_faults_are_both_named_every_time(pair):
    for seed in range(TRIALS):
        find_pair(pair, seed)


@pytest.mark.validate
@pytest.mark.parametrize("rig", RIGS)
def test_a_healthy_rig_raises_none_ever(rig):
    for seed in range(TRIALS):
        raise_none(rig, seed)


def test_the_wrong_rig_is_named():
    lights = bad(check_up(load_rig("frame_8"), HEALTHY, 1, twin="virtual"))
    assert [name for _, name, _ in lights] == ["device"]
    assert "wrong rig" in lights[0][2]


def test_a_converter_that_only_weighs_gets_fewer_checks_and_no_false_ones():
    rig = load_rig("deck_4z")
    slow = parse_rig(rig.text.replace("sample_rate_Hz = 1000", "sample_rate_Hz = 80"), "deck_4z")
    lights = check_up(slow, f"{HEALTHY}&rate=80", 1)
    assert [name for _, name, _ in bad(lights)] == ["converter"]
    assert {"places", "signs", "scales", "weight_closure"} <= {light.name for light in lights if light.state == "green"}
