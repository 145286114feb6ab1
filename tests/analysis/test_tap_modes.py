"""The tap test over its whole range, belt on: frequency to 1 %, damping to 15 %, or a refusal; never a wrong number."""

import os
from dataclasses import replace

import numpy as np
import pytest
from taprecords import drawn, tap_record

from analysis.decay_fit import LONGEST_S
from analysis.deck import wrench_taps
from analysis.errors import AnalysisError
from analysis.gates import IMPACT, deck_lights, gated_columns
from analysis.modal import ModalFit, free_decay, identify
from analysis.protocol import get_protocol
from analysis.setup import DeckModes, Mode, Setup
from analysis.tap_verdict import combined, cost_of, loading_text, rocking, verdict
from analysis.taps import cut_blows
from analysis.wrench import force_belt

TRIALS = 10 * int(os.environ.get("STANCE_TRIALS", "4"))
"""Of the long run; `make validate` asks for 500."""


def outcome(record, rate, fn_Hz, zeta):
    """The errors in their standard uncertainties; None if it was refused; an answer outside the limits fails here."""
    try:
        fit = free_decay(record, rate)
    except AnalysisError:
        return None
    assert fit.natural_frequency_Hz == pytest.approx(fn_Hz, rel=0.01)
    assert fit.damping == pytest.approx(zeta, rel=0.15)
    return (fit.natural_frequency_Hz - fn_Hz) / fit.u_natural_frequency_Hz, (fit.damping - zeta) / fit.u_damping


@pytest.mark.parametrize(
    ("fn_Hz", "zeta", "rate"),
    [
        (20.0, 0.01, 976.5625),
        (20.0, 0.08, 1000.0),
        (55.0, 0.03, 2000.0),
        (150.0, 0.01, 1000.0),
        (150.0, 0.08, 976.5625),
    ],
)
def test_the_corners_of_the_range_with_the_belt_on(fn_Hz, zeta, rate):
    assert outcome(*drawn(7, fn_Hz=fn_Hz, zeta=zeta, rate=rate)) is not None


def test_random_decks_short():
    found = [outcome(*drawn(100 + seed, belt=seed % 3 > 0)) for seed in range(6)]
    assert sum(one is None for one in found) <= 1


@pytest.mark.validate
@pytest.mark.parametrize("fn_Hz", [20.0, 30.0, 45.0, 68.0, 100.0, 150.0])
@pytest.mark.parametrize("zeta", [0.01, 0.02, 0.04, 0.08])
@pytest.mark.parametrize("rate", [976.5625, 1000.0, 2000.0])
def test_the_grid(fn_Hz, zeta, rate):
    assert outcome(*drawn(8, fn_Hz=fn_Hz, zeta=zeta, rate=rate)) is not None


@pytest.mark.validate
def test_random_decks_long():
    """Refusals within the range are at most 4 % and the standard uncertainties honest."""
    found = [outcome(*drawn(10_000 + seed, belt=seed % 3 > 0)) for seed in range(TRIALS)]
    z = np.array([one for one in found if one is not None])
    print(f"refused {1 - len(z) / TRIALS:.1%}, SD of z {z.std(axis=0)}, largest {np.abs(z).max(axis=0)}")
    assert len(z) >= 0.96 * TRIALS
    assert ((z.std(axis=0) > 0.8) & (z.std(axis=0) < 1.25)).all()


@pytest.mark.parametrize("other_Hz", [62.0, 70.0])
@pytest.mark.parametrize("share", [0.25, 0.5])
def test_two_close_modes_are_told_apart(other_Hz, share):
    record = tap_record(np.random.default_rng(1), 60.0, 0.03, 1000.0, further=[(share, other_Hz, 0.03)])
    fit = free_decay(record, 1000.0)
    near = min((60.0, other_Hz), key=lambda f: abs(f - fit.natural_frequency_Hz))
    assert fit.natural_frequency_Hz == pytest.approx(near, rel=0.01)
    assert fit.damping == pytest.approx(0.03, rel=0.15)
    assert fit.second is not None
    assert {near, round(fit.second.natural_frequency_Hz)} == {60.0, other_Hz}


def test_a_line_of_the_motor_near_the_mode_is_no_mode():
    record = tap_record(np.random.default_rng(2), 47.0, 0.02, 1000.0, lines=[(49.0, 4.0)])
    fit = free_decay(record, 1000.0)
    assert fit.natural_frequency_Hz == pytest.approx(47.0, rel=0.01)
    assert fit.lines_Hz == pytest.approx([49.0], abs=0.3)


REFUSED = {
    "rigid": {"fn_Hz": 0.0, "zeta": 0.03},
    "rigid, belt on": {"fn_Hz": 0.0, "zeta": 0.03, "lines": [(24.0, 6.0), (49.0, 4.0)], "broad_N": 1.0},
    "dead": {"fn_Hz": 60.0, "zeta": 0.5},
    "buried": {"fn_Hz": 60.0, "zeta": 0.05, "noise_N": 30.0, "peak_N": 150.0},
    "one weak blow": {"fn_Hz": 60.0, "zeta": 0.05, "noise_N": 12.0, "peak_N": 150.0, "taps": 1},
    "no blow": {"fn_Hz": 60.0, "zeta": 0.02, "peak_N": 0.0, "lines": [(24.0, 8.0)]},
    "a blow too soft for the mode": {"fn_Hz": 150.0, "zeta": 0.03, "width_s": 0.012},
    "600 Hz": {"fn_Hz": 600.0, "zeta": 0.02},
    "850 Hz folds down to 150": {"fn_Hz": 850.0, "zeta": 0.02},
    "910 Hz folds down to 90": {"fn_Hz": 910.0, "zeta": 0.02},
    "700 Hz folds down to 300": {"fn_Hz": 700.0, "zeta": 0.02},
    "170 Hz at 250 samples a second": {"fn_Hz": 170.0, "zeta": 0.03, "rate": 250.0},
    "260 Hz at 300 samples a second": {"fn_Hz": 260.0, "zeta": 0.03, "rate": 300.0},
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_told_is_refused(what):
    settings = dict(REFUSED[what])
    rate = settings.pop("rate", 1000.0)
    with pytest.raises(AnalysisError, match="tap test"):
        free_decay(tap_record(np.random.default_rng(3), rate=rate, **settings), rate)


def test_clipped_blows_are_refused():
    record = tap_record(np.random.default_rng(4), 60.0, 0.03, 1000.0)
    clipped = np.abs(record - 30.0) > 250.0
    with pytest.raises(AnalysisError, match="clipped"):
        identify(cut_blows(record, 1000.0, clipped, longest_s=LONGEST_S), 1000.0)


def places_of(blows):
    return [("centre", "front", "rear")[i % 3] for i in range(len(blows))]


def two_places(other_Hz):
    """Blows in turn on a place that rings at 60 Hz and on two that ring otherwise."""
    parts = [
        cut_blows(tap_record(np.random.default_rng(i), f, 0.03, 1000.0, taps=1), 1000.0, longest_s=LONGEST_S)[0]
        for i, f in enumerate([60.0, other_Hz, other_Hz] * 3)
    ]
    return identify(parts, 1000.0), places_of(parts)


def test_a_deck_that_rocks_is_told_by_its_places():
    fit, places = two_places(61.2)
    found = rocking(fit, places)
    assert found.lowest[0] == "centre"
    assert found.lowest[1] == pytest.approx(60.0, rel=0.01)
    assert found.highest[1] == pytest.approx(61.2, rel=0.01)
    assert not found.too_much
    assert rocking(*two_places(60.0)) is None


def test_the_loaded_mode_counts_and_the_difference_is_uncertainty():
    empty = ModalFit(50.0, 0.03, 0.1, 0.001, 10, 0)
    person = ModalFit(48.0, 0.04, 0.1, 0.001, 10, 0)
    mode = combined(empty, person)
    assert (mode.natural_frequency_Hz, mode.damping, mode.identified) == (48.0, 0.04, True)
    assert mode.u_natural_frequency_Hz == pytest.approx(np.hypot(0.1, 1.0))
    assert mode.u_damping == pytest.approx(np.hypot(0.001, 0.005))
    assert combined(empty, None) == replace(empty.mode, identified=True)
    sure = combined(ModalFit(50.0, 0.03, 1e-4, 1e-5, 10, 0), None)
    assert (sure.u_natural_frequency_Hz, sure.u_damping) == pytest.approx((0.1, 0.0006)), "a mode is a model"
    assert cost_of(45.0, 0.05) == pytest.approx((0.5, 3.9))
    assert "-4.0 %" in loading_text(empty, person)
    with pytest.raises(ValueError, match="neither"):
        combined(None, None)


def setup_of(x, z):
    belt = force_belt({"Fx": 0, "Fy": 1, "Fz": 2})
    return Setup(1000.0, 1e6, [belt], get_protocol(), deck=DeckModes(x, None, z))


def test_only_the_mode_that_was_tapped_is_taken_out():
    nominal, tapped = Mode(48.0, 0.03), Mode(45.0, 0.03, identified=True)
    setup = setup_of(nominal, tapped)
    gated = gated_columns(setup)
    assert not set(IMPACT) & set(gated)
    assert "48 Hz" in gated["braking_peak_BW"]
    lights = {light.name: light for light in deck_lights(setup)}
    assert "by a tap test" in lights["vertical_mode"].text
    assert "not yet tapped" in lights["fore_aft_mode"].text
    rows = wrench_taps(get_protocol(), 1000.0, setup.deck)
    plain = wrench_taps(get_protocol(), 1000.0, None)
    np.testing.assert_array_equal(rows[0], plain[0])
    assert np.abs(rows[2] - plain[2]).max() > 1e-3


def test_the_verdict_is_that_of_the_gates():
    said = {light.name: light for light in verdict(setup_of(Mode(48.0, 0.03), Mode(45.0, 0.03, identified=True)))}
    assert said["loading rates and impact"].state == "amber"
    assert said["loading rates and impact"].text.startswith("yes, after compensation (z mode 45 Hz)")
    assert said["braking peaks"].state == "red"
    assert "at least 75 Hz" in said["braking peaks"].text
    assert "at least 60 Hz" in said["braking impulses"].text
    stiff = verdict(setup_of(*(Mode(f, 0.03, identified=True) for f in (220.0, 200.0))))
    assert {light.state for light in stiff} == {"green"}
    nominal = verdict(setup_of(Mode(220.0, 0.03), Mode(200.0, 0.03)))
    assert {light.state for light in nominal} == {"amber"}
    assert all("nominal, not tapped" in light.text for light in nominal)
