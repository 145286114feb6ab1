"""What the belt does to the force: a seam known by construction, a roller that real trials share, no false alarm."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from realdata import fukuchi
from running import half_sine_with_impact, train
from test_events import pieces

from analysis.belt_artefacts import Artefact, BeltArtefacts
from analysis.belt_chain import BeltChain
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.protocol import get_protocol
from analysis.wrench import FZ

LENGTH = 3.4
TRIALS = fukuchi()


def collected(force, rate, *, travel=None, cuts=(), gap=None, tare=None):
    """All of a record through low-pass, zero and contacts into the collector."""
    fir, chain, artefacts = (
        LinearPhaseFIR(lowpass_taps(rate, 60.0), 6),
        BeltChain(rate, get_protocol()),
        BeltArtefacts(rate),
    )
    travel = np.full(force.size, np.nan) if travel is None else travel
    if tare is not None:
        chain.tare(np.asarray([0.0, 0.0, tare, 0.0, 0.0, 0.0]))
    for begin, end in ((0, force.size),) if gap is None else ((0, gap), (gap, force.size)):
        start_s, done = (begin + fir.half) / rate, begin + fir.half
        for part in pieces(np.arange(begin, end), [c - begin for c in cuts if begin <= c < end]):
            wrench = np.zeros((6, part.size))
            wrench[FZ] = force[part]
            filtered = fir.feed(wrench)
            progress = chain.feed(filtered, np.zeros(filtered.shape[1], np.bool_))
            way, done = travel[done : done + filtered.shape[1]], done + filtered.shape[1]
            contacts = progress.contacts.on, progress.contacts.off
            artefacts.feed(filtered[FZ], way, start_s, progress.zeroed[FZ], contacts)
        progress = chain.finish()
        contacts = progress.contacts.on, progress.contacts.off
        artefacts.feed(np.empty(0), np.empty(0), start_s, progress.zeroed[FZ], contacts)
        artefacts.finish()
        fir.reset()
    return artefacts


@cache
def strides(number):
    """The strides of a real trial, each cut in mid-flight."""
    trial = TRIALS[number]
    middle = np.round(0.5 * (trial.contact_s[1:] + trial.contact_s[:-1]) * trial.sample_rate_Hz).astype(int)
    return [trial.wrench[FZ, a:b] for a, b in zip(middle[:-2:2], middle[2::2], strict=False)]


def session(number, seconds, seed=0):
    """Real strides in random order: whatever repeated with the belt no longer does."""
    rng, parts, length = np.random.default_rng(seed), [], 0
    own = strides(number)
    while length < seconds * 300:
        parts.append(own[rng.integers(len(own))])
        length += parts[-1].size
    return np.concatenate(parts)


def seam(way_m, newton, *, speed, width_s=0.03):
    """A half-sine hit of 30 ms at each turn of the belt."""
    phase, width = (way_m / LENGTH + 0.3) % 1.0, width_s * speed / LENGTH
    return np.where(phase < width, newton * np.sin(np.pi * phase / width), 0.0)


def seams(found):
    return [one for one in found if one.kind == "seam"]


# What is there is found ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 7, 13, 22, 31, 38])
@pytest.mark.parametrize("wrong", [0.98, 1.0, 1.025])
def test_a_seam_under_a_runner_is_found_though_the_set_speed_is_a_little_wrong(number, wrong):
    speed = TRIALS[number].speed_m_s
    force = session(number, 240.0)
    force = force + seam(np.arange(force.size) / 300.0 * speed, 14.0, speed=speed)
    found = collected(force, 300.0).result(speed * wrong, LENGTH)
    assert len(seams(found)) == 1
    one = found[0]
    assert one.kind == "seam"
    assert one.frequency_Hz == pytest.approx(speed / LENGTH, rel=2e-4)
    assert one.period_m == pytest.approx(LENGTH * wrong, rel=2e-4)
    assert 8.0 < one.amplitude_N < 14.0, "behind the low-pass, over 20 ms"


def test_a_seam_on_a_belt_that_nobody_is_on_takes_half_a_minute():
    way = np.arange(30_000) / 1000.0 * 3.33
    force = 250.0 + 0.02 * way + seam(way, 5.0, speed=3.33) + 3.0 * np.random.default_rng(4).normal(size=way.size)
    (one,) = collected(force, 1000.0, tare=250.0).result(3.33, LENGTH)
    assert str(one) == "belt seam: 3.7 N at 0.98 Hz, every 3.4 m of belt"
    assert one.amplitude_N == pytest.approx(0.75 * 5.0, abs=0.5)


def test_a_seam_of_50_N_and_more_which_looks_like_a_scuff():
    way = np.arange(20_000) / 1000.0 * 3.33
    force = seam(way, 90.0, speed=3.33) + np.random.default_rng(4).normal(size=way.size)
    (one,) = collected(force, 1000.0, tare=0.0).result(3.33, LENGTH)
    assert one.kind == "seam"
    assert one.amplitude_N == pytest.approx(0.75 * 90.0, rel=0.1)


def test_a_belt_whose_speed_wanders_needs_its_way_measured():
    t = np.arange(240 * 300) / 300.0
    speed = 3.5 * (1.0 + 0.02 * np.sin(2 * np.pi * t / 47.0))
    way = np.cumsum(speed) / 300.0
    force = session(4, 240.0)[: t.size]
    force = force + seam(way, 14.0, speed=3.5)
    (one,) = seams(collected(force, 300.0, travel=way).result(None, LENGTH))
    assert one.period_m == pytest.approx(LENGTH, rel=2e-4)
    assert one.frequency_Hz == pytest.approx(3.5 / LENGTH, rel=0.01)
    assert 8.0 < one.amplitude_N < 14.0


@pytest.mark.parametrize(("speed", "period"), [(3.5, 3.5 / 8.3), (None, np.nan)])
def test_a_roller_out_of_round_under_a_runner(speed, period):
    force = session(4, 120.0)
    force = force + 3.0 * np.sin(2 * np.pi * 8.3 * np.arange(force.size) / 300.0)
    (one,) = collected(force, 300.0).result(speed, LENGTH)
    assert one.kind == "periodic"
    assert one.frequency_Hz == pytest.approx(8.3, abs=0.005)
    assert one.period_m == pytest.approx(period, rel=1e-3, nan_ok=True)
    assert one.amplitude_N == pytest.approx(3.0, abs=0.4)


def test_the_roller_of_a_real_treadmill_is_the_same_under_every_runner():
    """0.279 m of belt, 16.2 Hz at 4.5 m/s as 12.6 Hz at 3.5 m/s, 1 N: already in 10 s some trials show it."""
    found = [(trial, collected(trial.wrench[FZ], 300.0).result(trial.speed_m_s, LENGTH)) for trial in TRIALS]
    assert not any(seams(artefacts) for _, artefacts in found), "and none of them shows a seam"
    rollers = [trial.name for trial, artefacts in found if any(abs(one.period_m - 0.2785) < 0.002 for one in artefacts)]
    assert len(rollers) >= 3
    assert {name[-2:] for name in rollers} == {"35", "45"}
    assert sum(len(artefacts) for _, artefacts in found) <= 8


@pytest.mark.validate
@pytest.mark.skipif("STANCE_DATA" not in os.environ, reason="needs the full recordings")
def test_the_roller_in_whole_trials():
    rollers = 0
    for path in sorted((Path(os.environ["STANCE_DATA"]) / "fukuchi2017").glob("*_T[34]5.npz")):
        with np.load(path) as file:
            force, speed = file["F"][1].astype(float), float(file["speed"])
        found = collected(force, 300.0).result(speed, LENGTH)
        assert not seams(found), path.name
        rollers += any(min(abs(one.period_m / 0.2785 - 1), abs(one.period_m / 0.1393 - 1)) < 0.01 for one in found)
    print(f"the treadmill's roller shows in {rollers} of 26 trials of 30 s")
    assert rollers >= 18


# What is not there is not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(0, 39, 3))
def test_no_false_alarm_on_real_strides_in_random_order(number):
    force = session(number, 120.0, seed=7)
    artefacts = collected(force, 300.0)
    for length in (2.7, 3.1, 3.4, 3.9):
        assert artefacts.result(TRIALS[number].speed_m_s, length) == ()


@pytest.mark.parametrize("seed", range(6))
def test_no_false_alarm_on_an_empty_belt(seed):
    rng = np.random.default_rng(seed)
    noise = np.cumsum(0.02 * rng.normal(size=60_000)) + rng.choice([0.5, 5.0]) * rng.normal(size=60_000)
    artefacts = collected(noise, 1000.0, tare=0.0)
    for length in (2.7, 3.1, 3.4, 3.9):
        assert artefacts.result(3.0, length) == ()


def test_standing_and_walking_are_not_the_belts():
    t = np.arange(40_000) / 1000.0
    still = 700.0 + 10.0 * np.sin(2 * np.pi * 1.1 * t)
    walk = 700.0 + 200.0 * np.sin(2 * np.pi * 1.8 * t)
    run = train(half_sine_with_impact, 86, 0.35)
    rng = np.random.default_rng(2)
    for before in (still, walk):
        force = np.concatenate((before, run, before, run))
        assert collected(force + rng.normal(size=force.size), 1000.0).result(3.0, LENGTH) == ()


def test_too_little_or_a_belt_at_rest_says_nothing():
    force = np.random.default_rng(1).normal(size=5000)
    assert collected(force[:900], 1000.0, tare=0.0).result(3.0, LENGTH) == ()
    assert collected(force, 1000.0, tare=0.0).result(0.0, LENGTH) == ()
    assert collected(force, 1000.0, tare=0.0, travel=np.zeros(force.size)).result(3.0, LENGTH) == ()
    assert BeltArtefacts(1000.0).result(3.0, LENGTH) == ()


# The stream ------------------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 9000), max_size=20), st.booleans())
def test_the_same_bits_for_any_cutting(seed, cuts, moves):
    rng = np.random.default_rng(seed)
    force = session(5, 30.0, seed)[:9000]
    way = np.arange(force.size) / 300.0 * 3.5
    force = force + seam(way, 40.0, speed=3.5) + 4.0 * np.sin(60.0 * way)
    gap = int(rng.integers(1, force.size)) if rng.random() < 0.5 else None
    travel = way if moves else None
    whole = collected(force, 300.0, travel=travel, gap=gap).result(3.5, LENGTH)
    assert whole
    assert collected(force, 300.0, travel=travel, gap=gap, cuts=cuts).result(3.5, LENGTH) == whole


def test_only_the_last_minutes_are_kept_and_for_any_cutting(monkeypatch):
    monkeypatch.setattr("analysis.belt_artefacts.WINDOW_S", 40.0)
    way = np.arange(200 * 300) / 300.0 * 3.5
    force = session(5, 200.0)[: way.size] + 40.0 * np.sin(2 * np.pi * 7.7 * way / 3.5) * (way < 3.5 * 150)
    force += seam(way, 40.0, speed=3.5) * (way > 3.5 * 150)
    whole = collected(force, 300.0).result(3.5, LENGTH)
    assert [one.kind for one in whole] == ["seam"]
    assert collected(force, 300.0, cuts=range(0, force.size, 700)).result(3.5, LENGTH) == whole


def test_what_a_line_says():
    assert str(Artefact("seam", 14.2, 0.9794, 3.4)) == "belt seam: 14 N at 0.979 Hz, every 3.4 m of belt"
    assert str(Artefact("periodic", 1.04, 16.16, np.nan)) == "periodic force: 1.0 N at 16.2 Hz"
