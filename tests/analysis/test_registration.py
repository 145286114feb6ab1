"""Foot registration: what it is made of, how it carries to another speed, what it refuses."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import registration, registration_fit
from analysis.errors import AnalysisError
from analysis.registration import FootRegistration
from analysis.registration_fit import from_heel_first, from_line, from_markers

FOOT = FootRegistration(0.29, 0.200, 0.004, 0.194, 0.005, 2.5, "markers")
SIDES = np.array([1, -1, 0])
ONE = np.ones(20, np.int8)


@given(st.floats(0.2, 0.4), st.floats(0.4, 0.9), st.booleans(), st.booleans(), st.sampled_from([None, 2.5]))
def test_it_survives_being_kept(length, share, left, right, speed):
    if not left and not right:
        left = True
    ball = share * length
    pair = lambda there: (ball, 0.004) if there else (None, None)  # noqa: E731
    foot = FootRegistration(length, *pair(left), *pair(right), speed, "line")
    assert FootRegistration.from_dict(foot.as_dict()) == foot
    assert None not in foot.as_dict().values()


def test_length_by_side_and_speed():
    ball, u = FOOT.ball_m(SIDES, np.full(3, 2.5))
    np.testing.assert_allclose(ball, [0.200, 0.194, 0.197])
    np.testing.assert_allclose(u, [0.004, 0.005, np.hypot(0.005, 0.003)])
    faster, u_faster = FOOT.ball_m(SIDES, np.full(3, 4.5))
    np.testing.assert_allclose(faster - ball, -0.0114)
    assert (u_faster > u).all()
    unknown, u_unknown = FOOT.ball_m(SIDES, np.full(3, np.nan))
    np.testing.assert_allclose(unknown, ball)
    assert (u_unknown > u_faster).all()


def test_one_foot_alone_says_nothing_of_the_other():
    one = replace(FOOT, ball_R_m=None, u_ball_R_m=None)
    ball, u = one.ball_m(SIDES, np.full(3, 2.5))
    assert np.isnan(ball).tolist() == np.isnan(u).tolist() == [False, True, True]


@pytest.mark.parametrize("change", [
    {"foot_length_m": 29.0}, {"foot_length_m": float("nan")}, {"ball_L_m": 0.02}, {"ball_L_m": 0.4},
    {"u_ball_R_m": None}, {"ball_L_m": None, "u_ball_L_m": None, "ball_R_m": None, "u_ball_R_m": None},
    {"u_ball_L_m": -0.1}, {"method": "guess"}, {"method": ""},
])  # fmt: skip
def test_impossible_feet_are_refused(change):
    with pytest.raises(AnalysisError, match="foot registration"):
        replace(FOOT, **change)


@pytest.mark.parametrize("change", [
    {"foot_lenght_m": 0.29}, {"method": 3}, {"ball_L_m": "0.2"}, {"ball_L_m": True}, {"speed_m_s": float("inf")},
    {"speed_m_s": 10**400}, {"method": "Line"},
])  # fmt: skip
def test_other_texts_are_refused(change):
    with pytest.raises(AnalysisError, match=next(iter(change))):
        FootRegistration.from_dict({**FOOT.as_dict(), **change})
    with pytest.raises(AnalysisError, match="method"):
        FootRegistration.from_dict({"foot_length_m": 0.29})


def test_markers():
    rng = np.random.default_rng(1)
    side = np.resize([1, -1], 60)
    ball = np.where(side > 0, 0.200, 0.190) + rng.normal(0, 0.002, 60)
    foot = from_markers(ball, side, foot_length_m=0.29, speed_m_s=3.0)
    assert foot.ball_L_m == pytest.approx(0.200, abs=0.002)
    assert foot.ball_R_m == pytest.approx(0.190, abs=0.002)
    assert 0.003 <= foot.u_ball_L_m < 0.004
    few = from_markers(ball[:20:2], side[:20:2], foot_length_m=0.29)
    assert (few.ball_R_m, few.u_ball_R_m, few.speed_m_s) == (None, None, None)


def test_heel_first_joins_steps_and_shoe():
    """At 3 m/s a heel-first step stands 24 mm before the heel; the shoe says 0.675·L + 2.85 mm there."""
    expected = 0.675 * 0.29 + 0.0057 * 0.5
    for off in (-0.03, 0.0, 0.03):
        foot = from_heel_first(np.full(20, expected - 0.024 + off), ONE, foot_length_m=0.29, speed_m_s=3.0)
        weight = 0.015**-2 / (0.015**-2 + (0.035 * 0.29) ** -2)
        assert foot.ball_L_m == pytest.approx(expected + weight * off)
        assert foot.u_ball_L_m == pytest.approx((0.015**-2 + (0.035 * 0.29) ** -2) ** -0.5)
    assert (foot.ball_R_m, foot.speed_m_s, foot.method) == (None, 3.0, "heel-first")
    scattered = from_heel_first(expected - 0.024 + np.resize([-0.03, 0.03], 20), ONE, foot_length_m=0.29, speed_m_s=3.0)
    assert scattered.u_ball_L_m > foot.u_ball_L_m


def test_line():
    expected = 0.675 * 0.29 + 0.0057
    foot = from_line(np.full(4, expected + 0.037), np.full(4, -1), foot_length_m=0.29)
    assert foot.ball_R_m == pytest.approx(expected)
    assert 0.006 < foot.u_ball_R_m < 0.010
    assert foot.speed_m_s == 2.5


@pytest.mark.parametrize(("make", "seen"), [
    (lambda: from_heel_first(np.full(20, 0.06), ONE, foot_length_m=0.29, speed_m_s=3.0), "land on the heel"),
    (lambda: from_heel_first(np.full(20, 0.17), ONE, foot_length_m=0.20, speed_m_s=3.0), "Shoe length"),
    (lambda: from_heel_first(np.full(7, 0.17), ONE[:7], foot_length_m=0.29, speed_m_s=3.0), "7 of the left and 0"),
    (lambda: from_heel_first(np.full(20, 0.17), 0 * ONE, foot_length_m=0.29, speed_m_s=3.0), "0 of the left and 0"),
    (lambda: from_heel_first(np.full(20, np.nan), ONE, foot_length_m=0.29, speed_m_s=3.0), "0 of the left and 0"),
    (lambda: from_heel_first(np.full(20, 0.17), ONE, foot_length_m=0.29, speed_m_s=1.2), "slow run"),
    (lambda: from_heel_first(np.full(20, 0.17), ONE, foot_length_m=29.0, speed_m_s=3.0), "."),
    (lambda: from_line(np.full(4, 0.05), ONE[:4], foot_length_m=0.29), "on the line"),
    (lambda: from_line(np.full(2, 0.24), ONE[:2], foot_length_m=0.29), "2 of the left"),
    (lambda: from_markers(np.full(20, 0.02), ONE, foot_length_m=0.29), "ball length"),
])  # fmt: skip
def test_what_cannot_be_is_said_in_one_message(make, seen):
    with pytest.raises(AnalysisError, match=seen):
        make()


@pytest.mark.validate
@pytest.mark.skipif("STANCE_DATA" not in os.environ, reason="needs the full data")
def test_the_constants_are_those_of_the_runners(monkeypatch):
    """All 30 s of all 39 trials, by a way apart from `analysis`: the same constants, and the errors that are stated."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    import fit_registration

    trials = list(fit_registration.foot_trials(Path(os.environ["STANCE_DATA"]) / "fukuchi2017"))
    know = fit_registration.fit(trials)
    assert know.slope == pytest.approx(registration.BALL_SPEED_SLOPE_S, abs=5e-4)
    assert know.share == pytest.approx(registration_fit.BALL_SHARE, abs=2e-3)
    assert know.ahead[0] == pytest.approx(registration_fit.STRIKE_AHEAD_M, abs=1e-3)
    assert know.ahead[1] == pytest.approx(registration_fit.STRIKE_AHEAD_SLOPE_S, abs=2e-3)
    assert know.beyond == pytest.approx(registration_fit.END_BEYOND_BALL_M, abs=1e-3)
    mm = {method: 1e3 * np.std(values) for method, values in fit_registration.errors(trials).items()}
    assert mm["markers at another speed"] < 4.0
    assert mm["shoe length alone"] < 8.0
    assert mm["heel-first steps and shoe length"] < 9.0
    for name in ("fit_registration", "make_foot_data", "fukuchi2017", "contacts"):
        sys.modules.pop(name, None)
