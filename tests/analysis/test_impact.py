"""Three estimators of an impact transient and their verdict: known steps, thresholds, real runners with labels.

The labels tell with which part of the foot runners land, which is not the same as whether there is an impact: rearfoot
steps without any transient are not expected at these speeds, forefoot steps with one are.
"""

import csv
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from impact_steps import body_and_limb, cut, some
from realdata import fukuchi
from running import BW, G, half_sine, train

from analysis.frequency_split import frequency_columns
from analysis.impact import banded, combine, impact_columns, slope_dip
from analysis.two_mass import two_mass_columns
from analysis.vertical import vertical_columns

INNER = slice(4, -4)
CLASSES = ("shape_class", "hf_class", "two_mass_class")
KINDS = {  # contact s, flight s, J1 BW·s, Δt1 s, p, s; then shape, frequency, two masses, verdict at 3.33 m/s
    "hard heel strike": ((0.240, 0.100, 0.0490, 0.0290, 1.75, 0.440), ("impact",) * 4),
    "soft heel strike": ((0.245, 0.105, 0.0330, 0.0310, 1.70, 0.455), ("impact",) * 4),
    "like midfoot": ((0.225, 0.110, 0.0215, 0.0430, 1.40, 0.440), ("none", "uncertain", "uncertain", "uncertain")),
    "like forefoot": ((0.225, 0.130, 0.0175, 0.0575, 1.50, 0.480), ("none",) * 4),
    "no impact": ((0.225, 0.110, 0.0, 0.0300, 1.40, 0.440), ("none",) * 4),
}


def judged(batch):
    known = {}
    for group in (vertical_columns, frequency_columns, two_mass_columns, impact_columns):
        known |= group(batch, known)
    return known


def known_steps(parameters, steps=20, noise=1.0, **given_):
    force = train(lambda t: body_and_limb(t, *parameters), steps, parameters[0] + parameters[1] + 0.00037)
    return cut(force + noise * np.random.default_rng(0).normal(size=force.size), **given_)


def share(answers, what):
    return np.mean(answers == what)


@pytest.mark.parametrize("kind", KINDS)
def test_known_steps(kind):
    parameters, expected = KINDS[kind]
    columns = judged(known_steps(parameters, speed=10.0 / 3.0))
    for name, answer in zip((*CLASSES, "impact_class"), expected, strict=True):
        assert share(columns[name][INNER], answer) == 1.0, name
    decided = {a for a in expected[:3] if a != "uncertain"}
    several = sum(a != "uncertain" for a in expected[:3]) >= 2
    assert columns["impact_agreement"][INNER].all() == (len(decided) == 1 and several)


def test_half_sine_has_none():
    columns = judged(cut(train(half_sine, 20, 0.35037)))
    assert share(columns["impact_class"][INNER], "none") == 1.0
    assert columns["impact_agreement"][INNER].all()


def test_noise_makes_it_uncertain_not_wrong():
    """A soft step just above the thresholds: with 60 times the noise less is said, and nothing contrary."""
    parameters = (0.235, 0.105, 0.0175, 0.0310, 1.70, 0.455)
    quiet, loud = (judged(known_steps(parameters, 120, noise, speed=10.0 / 3.0)) for noise in (0.5, 30.0))
    for name in ("hf_class", "impact_class"):
        assert share(quiet[name][INNER], "impact") == 1.0, name
        assert share(loud[name][INNER], "uncertain") > 0.2, name
    for name in (*CLASSES, "impact_class"):
        assert share(loud[name], "none") == 0.0, name


def test_a_twice_as_fast_belt_asks_for_twice_as_much():
    parameters = KINDS["soft heel strike"][0]
    still, slow, fast = (judged(known_steps(parameters, speed=v)) for v in (None, 10.0 / 3.0, 20.0 / 3.0))
    for name in (*CLASSES, "impact_class"):
        assert (still[name] == slow[name]).all(), "without a speed the thresholds are those of 3.33 m/s"
    assert share(slow["hf_class"][INNER], "impact") == 1.0
    hf = np.nanmean(slow["hf_peak_BW"][INNER])
    assert 0.30 < hf < 0.36
    assert share(fast["hf_class"][INNER], "impact") == 1.0
    faster = judged(known_steps(parameters, speed=25.0 / 3.0))
    assert share(faster["hf_class"][INNER], "uncertain") == 1.0  # between 0.25 and 0.375 BW
    fastest = judged(known_steps(parameters, speed=12.0))
    assert share(fastest["hf_class"][INNER], "none") == 1.0  # below 0.36 BW
    assert (fastest["shape_class"] == slow["shape_class"]).all()


def test_the_measured_speed_counts_more_than_the_set_one():
    batch = known_steps(KINDS["soft heel strike"][0], speed=10.0 / 3.0)
    t = np.arange(batch.stances.tick.size) * batch.interval_s
    measured = replace(batch, stances=replace(batch.stances, travel_m=12.0 * t))
    assert share(judged(measured)["hf_class"][INNER], "none") == 1.0


def test_dip_of_a_straight_rise_a_shoulder_and_a_peak():
    def dip(depth):
        """Slope 30 BW/s, in between 30·(1 − depth) for 20 ms, then down again."""

        def shape(t):
            slope = np.where((t > 0.025) & (t < 0.045), 1.0 - depth, 1.0) * 30.0 * (t > 0) * (t < 0.10)
            rise = np.cumsum(slope) * 1e-3
            return BW * np.where((t > 0) & (t < 0.25), rise * np.clip((0.25 - t) / 0.15, 0.0, 1.0), 0.0)

        batch = cut(train(shape, 8, 0.35, start=0.3), filtered=False)
        return slope_dip(batch)[0][2:-2]

    for depth in (0.0, 0.4, 1.0, 1.3):
        assert dip(depth) == pytest.approx(depth, abs=0.02)


def test_banded():
    value = np.array([0.20, 0.16, 0.15, 0.12, 0.10, 0.08, 0.05, np.nan, 0.20, 0.05])
    u = np.array([0.0, 0.01, 0.0, 0.0, 0.0, 0.02, 0.02, 0.0, np.nan, np.nan])
    low, high = np.full(value.size, 0.10), np.full(value.size, 0.15)
    expected = ["impact", "uncertain", "impact", "uncertain", "none", "uncertain", "none", "", "uncertain", "uncertain"]
    assert banded(value, u, low, high).tolist() == expected


@pytest.mark.parametrize(
    ("answers", "verdict", "agree"),
    [
        (("impact", "impact", "impact"), "impact", True),
        (("impact", "impact", "uncertain"), "impact", True),
        (("none", "impact", "impact"), "impact", False),
        (("none", "none", "impact"), "none", False),
        (("none", "none", ""), "none", True),
        (("none", "impact", ""), "uncertain", False),
        (("impact", "uncertain", "uncertain"), "uncertain", False),
        (("uncertain", "uncertain", "uncertain"), "uncertain", False),
        (("impact", "", ""), "uncertain", False),
        (("", "", ""), "", False),
    ],
)
def test_combine(answers, verdict, agree):
    got, agreed = combine([np.array([a]) for a in answers])
    assert (got[0], bool(agreed[0])) == (verdict, agree)


@given(
    st.permutations(range(3)), st.lists(st.sampled_from(["impact", "none", "uncertain", ""]), min_size=3, max_size=3)
)
def test_no_estimator_counts_more(order, answers):
    plain = combine([np.array([a]) for a in answers])
    mixed = combine([np.array([answers[i]]) for i in order])
    assert (plain[0] == mixed[0]).all()
    assert (plain[1] == mixed[1]).all()


def test_without_the_fit_two_estimators_must_agree():
    columns = judged(known_steps(KINDS["hard heel strike"][0], two_mass=False))
    assert (columns["two_mass_class"] == "").all()
    assert share(columns["impact_class"][INNER], "impact") == 1.0
    assert columns["impact_agreement"][INNER].all()


def test_walking_and_no_steps():
    batch = known_steps(KINDS["hard heel strike"][0], 6)
    walking = replace(batch, stances=replace(batch.stances, foot=np.resize([1, -1], len(batch)).astype(np.int8)))
    columns = judged(walking)
    for name in (*CLASSES, "impact_class"):
        assert (columns[name] == "").all()
    assert not columns["impact_agreement"].any()
    assert judged(some(batch, 0, 0))["impact_class"].size == 0


@cache
def runner(number):
    trial = fukuchi()[number]
    force = trial.wrench[2] - np.median(trial.wrench[2][trial.wrench[2] < 60.0])
    return cut(force, 300.0, trial.mass_kg * G, speed=trial.speed_m_s)


def test_a_step_does_not_see_its_neighbours():
    batch = runner(3)
    together = judged(batch)
    for first, last in ((0, 2), (2, 3), (5, 12)):
        alone = judged(some(batch, first, last))
        for name in (*CLASSES, "impact_class", "impact_agreement"):
            # one short of the end: the last flight's noise is told by what follows it
            assert (alone[name][:-1] == together[name][first : last - 1]).all(), name


@cache
def verdicts(number):
    return judged(runner(number))


def test_thirteen_runners():
    """Over all speeds; in sample for the limits of rate and dip, which were chosen on these data."""
    answers = {"Rearfoot": [], "other": []}
    for number, trial in enumerate(fukuchi()):
        if trial.label_R == trial.label_L:
            answers["Rearfoot" if trial.label_R == "Rearfoot" else "other"].append(verdicts(number))
    names = (*CLASSES, "impact_class", "impact_agreement")
    rear, other = ({n: np.concatenate([c[n] for c in group]) for n in names} for group in answers.values())
    for name in (*CLASSES, "impact_class"):
        for label, of in (("rearfoot", rear), ("other", other)):
            print(name, label, {a: round(share(of[name], a), 3) for a in ("impact", "none", "uncertain", "")})
    assert share(rear["impact_class"], "none") < 0.005
    assert share(rear["impact_class"], "impact") > 0.75
    assert share(rear["hf_class"], "none") < 0.01
    assert share(rear["two_mass_class"], "none") < 0.01
    assert share(other["impact_class"], "impact") < share(rear["impact_class"], "impact") - 0.2
    assert share(other["impact_class"], "none") > share(rear["impact_class"], "none")
    assert rear["impact_agreement"].mean() > 0.7


@pytest.mark.parametrize("name", ["hf_peak_BW", "two_mass_rate_BW_s"])
def test_values_grow_about_in_proportion_to_speed(name):
    """The power of speed, runner by runner; its mean and a 95 % interval by bootstrap over runners."""
    powers = []
    for subject in sorted({trial.subject for trial in fukuchi()}):
        numbers = [i for i, trial in enumerate(fukuchi()) if trial.subject == subject]
        value = [np.nanmedian(verdicts(i)[name]) for i in numbers]
        powers.append(np.polyfit(np.log([fukuchi()[i].speed_m_s for i in numbers]), np.log(value), 1)[0])
    draws = np.random.default_rng(0).choice(powers, (4000, len(powers))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    print(f"{name} grows with speed to the power {np.mean(powers):.2f} ({low:.2f} to {high:.2f})")
    assert low < 1.15, "in proportion is too much"
    assert low > 0.7
    assert high < 1.8


if "STANCE_DATA" in os.environ:

    def alcantara():
        folder = Path(os.environ["STANCE_DATA"]) / "alcantara2022"
        with (folder / "trials.csv").open() as lines:
            trials = list(csv.DictReader(lines))
        for trial, line in zip(trials, (folder / "grf.csv").read_text().splitlines(), strict=True):
            force = np.array([float(x) for x in line.split(",") if x.strip()]) * 76.8 * G
            batch = cut(force, 500.0, 76.8 * G, filtered=False, speed=float(trial["Speed"]))
            yield float(trial["RFS"]), float(trial["Slope"]), judged(batch)["impact_class"]

    @pytest.mark.validate
    def test_sixteen_trials_of_one_runner_with_labels_by_accelerometer():
        trials = list(alcantara())
        rear = np.concatenate([c for percent, slope, c in trials if percent == 100 and slope <= 0])
        uphill = np.concatenate([c for percent, slope, c in trials if percent == 100 and slope > 0])
        mixed = np.concatenate([c for percent, _, c in trials if percent == 40])
        none = np.concatenate([c for percent, _, c in trials if percent == 0])
        assert len(trials) == 16
        assert share(rear, "impact") > 0.98
        assert share(uphill, "impact") > 0.6
        assert share(np.concatenate((rear, uphill)), "none") == 0.0
        assert share(mixed, "uncertain") > 0.5
        assert share(none, "impact") == 0.0
        assert share(none, "none") > 0.4
