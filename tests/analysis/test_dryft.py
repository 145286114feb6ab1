"""A real runner with a drift that is known (oracle R1): what is left in stance, in flight, and in contact times."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from dryftdata import dryft
from running import analyse, one_belt
from scipy.interpolate import CubicSpline, PchipInterpolator

from analysis.belt_chain import BeltChain
from analysis.causal_zero import CausalZero
from analysis.filters import LinearPhaseFIR, lowpass_taps
from analysis.flight_knots import FlightKnots, join_knots
from analysis.flight_noise import FlightNoise
from analysis.protocol import get_protocol
from analysis.wrench import FZ

TRIAL = dryft()
RATE = TRIAL.sample_rate_Hz
BW = 594.6


def filtered(force):
    wrench = np.zeros((6, force.size))
    wrench[FZ] = force
    return LinearPhaseFIR(lowpass_taps(RATE, 60.0), 6).feed(wrench)


@cache
def zeroed():
    wrench, chain = filtered(TRIAL.drifted_N), BeltChain(RATE, get_protocol())
    parts = [chain.feed(wrench, np.zeros(wrench.shape[1], np.bool_)).zeroed, chain.finish().zeroed]
    return np.concatenate(parts, axis=1)[FZ]


@cache
def flights():
    wrench = filtered(TRIAL.drifted_N)
    causal, knots = CausalZero(RATE), FlightKnots(RATE, 50.0, 20.0)
    samples, zero = causal.feed(wrench, np.zeros(wrench.shape[1], np.bool_))
    return join_knots([knots.feed(samples, zero), knots.finish()])


def in_stance():
    """Where both recordings hold the runner's force: at its feet the drifted one was set flat."""
    return filtered(TRIAL.true_N)[FZ] > 140.0


def test_the_drift_is_large():
    drift = (TRIAL.drifted_N - TRIAL.true_N)[TRIAL.true_N > 140.0]
    assert drift.min() < 3.0
    assert drift.max() > 110.0


def test_in_stance_less_is_left_than_the_1_45_N_that_the_dryft_package_leaves():
    left = (zeroed() - filtered(TRIAL.true_N)[FZ])[in_stance()]
    assert left.std() < 1.45
    assert left.std() == pytest.approx(0.56, abs=0.02), "as analysis/zero.py says"
    assert abs(left.mean()) < 1.5, "the undrifted recording has its own offset of 1 N in flight"


def test_mid_flight_is_zero():
    found = flights()
    means = [zeroed()[a : a + n].mean() for a, n in zip(found.first, found.count, strict=True)]
    assert len(means) == 78
    assert abs(np.mean(means)) < 0.15
    assert np.std(means) < 0.5
    assert (np.abs(means) < 1.0).sum() >= 75, "three flights hold a single reading of 30 N"


def test_the_causal_zero_is_good_to_a_few_newtons():
    samples, zero = CausalZero(RATE).feed(filtered(TRIAL.drifted_N), np.zeros(zeroed().size, np.bool_))
    off = samples[FZ] - zero[FZ] - zeroed()
    assert np.abs(off).max() < 15.0, "where the drift runs at 20 N/s"
    assert off.std() < 3.0


@pytest.mark.parametrize("curve", [PchipInterpolator, CubicSpline])
def test_a_straight_line_between_flights_leaves_no_more_than_a_curve(curve):
    found, wrench = flights(), filtered(TRIAL.drifted_N)[FZ]
    at = np.clip(np.arange(wrench.size), found.position[0], found.position[-1])
    left = (wrench - curve(found.position, found.value[FZ])(at) - filtered(TRIAL.true_N)[FZ])[in_stance()]
    straight = (zeroed() - filtered(TRIAL.true_N)[FZ])[in_stance()]
    assert straight.std() < left.std() + 0.005


def test_what_the_flights_themselves_say_of_the_zero_covers_what_is_left():
    noise = FlightNoise(RATE)
    noise.feed(flights())
    quality = noise.result()
    left = (zeroed() - filtered(TRIAL.true_N)[FZ])[in_stance()]
    assert quality.used == quality.flights == len(flights())
    assert abs(quality.residual_N) < 0.2
    assert left.std() < 2.0 * quality.u_zero_N + 0.6, "the recording's own offset wanders by 0.6 N"
    assert quality.u_zero_N < 0.6


@pytest.mark.parametrize("which", ["drifted_N", "true_N"])
@pytest.mark.parametrize("protocol", ["Z50-20", "P60-50/20"])
def test_R1_contacts_and_their_times(which, protocol):
    """Published re-analysis: 288.7 ± 5.8, 286.1 ± 5.4 and 276.5 ± 5.2 ms at 20, 25 and 50 N behind 50 Hz zero-lag."""
    setup = replace(one_belt(RATE, bw=BW), protocol=get_protocol(protocol), contact_levels=("25N", "50N"))
    table, pipeline = analyse(getattr(TRIAL, which), setup)
    assert table.rows == 77
    assert table["valid"].all()
    assert pipeline.ignored == 0
    assert np.nanmean(table["cadence_spm"]) == pytest.approx(156.8, abs=0.2)
    assert table["active_peak_N"].mean() == pytest.approx(1344.7, abs=2.5)
    assert table["active_peak_N"].std() == pytest.approx(37.3, abs=1.0)
    loads = pipeline.loads
    known = ~np.isnan(loads.time_s)
    assert loads.impulse_Ns[known].sum() / loads.time_s[known].sum() == pytest.approx(BW, abs=1.5)
    if which == "drifted_N":
        for level, mean, sd in (("20N", 288.7, 5.8), ("25N", 286.1, 5.4), ("50N", 276.5, 5.2)):
            contact = table[f"contact_time_{level}_ms"]
            assert contact.mean() == pytest.approx(mean, abs=0.2), level
            assert contact.std() == pytest.approx(sd, abs=0.2), level


def test_origin_and_licence():
    folder = Path(__file__).parents[1] / "data"
    source = (folder / "dryft.SOURCE").read_text(encoding="utf-8")
    for word in ("github.com/alcantarar/dryft", "f9c014b", "MIT", "10.21105/joss.01910", "10.7717/peerj.3298"):
        assert word in source
    assert "Permission is hereby granted" in (folder / "dryft.LICENSE").read_text(encoding="utf-8")
