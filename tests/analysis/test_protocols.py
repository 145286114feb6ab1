"""Protocols: each does what its name says, any session can be analysed again under any of them, none may be mixed."""

from dataclasses import replace

import numpy as np
import pytest
from running import BW, analyse, half_sine, half_sine_with_impact, one_belt, train
from stance_curves import stance

from analysis.errors import AnalysisError
from analysis.filters import design_taps
from analysis.protocol import DEFAULT_PROTOCOL, PROTOCOLS, get_protocol, require_same
from daq.recorder import Recorder, RecordOptions
from stance.api import analyze

FINE = 20_000.0
every_protocol = pytest.mark.parametrize("name", PROTOCOLS)


def under(name, force, rate=1000.0, bw=BW, **analysis):
    return analyse(force, replace(one_belt(rate, bw), protocol=get_protocol(name)), **analysis)[0]


def low_passed(shape, t_c, name):
    curve, span = stance(shape, t_c, FINE, phase=0.0, lead=0.2)
    return replace(curve, signal=np.convolve(curve.signal, design_taps(get_protocol(name), FINE), "same")), span


@every_protocol
def test_contact_is_that_of_its_filter_and_threshold(name):
    """Against the filtered curve itself, twenty times as fine."""
    protocol = get_protocol(name)
    table = under(name, train(half_sine_with_impact, 20, 0.35))
    curve, span = low_passed(half_sine_with_impact, 0.25, name)
    level = np.array([protocol.ref_level_N(BW)])
    ends = (curve.last - curve.origin).astype(float)
    truth = curve.last_fall(level, span.touchdown, ends) - curve.first_rise(level, span.touchdown - 2000.0, ends)
    np.testing.assert_allclose(table["contact_time_ms"], truth[0] / FINE * 1e3, atol=0.15)
    assert table.rows == 20


def test_the_papers_own_definitions():
    """Alcantara et al. (2022): contact above 5 % of body weight, and the maximum in 40–60 % of it."""
    force = train(half_sine_with_impact, 20, 0.35)
    table = under("Z30-5pctBW", force)
    np.testing.assert_array_equal(table["contact_time_ms"], table["contact_time_5pctBW_ms"])

    def early(t):  # its peak lies at 35 % of contact
        return np.where((t > 0) & (t < 0.25), 1500.0 * np.sin(np.pi * (np.clip(t, 0, 0.25) / 0.25) ** 0.66), 0.0)

    curve, span = low_passed(early, 0.25, "Z30-5pctBW")
    level, ends = np.array([0.05 * BW]), (curve.last - curve.origin).astype(float)
    begin = curve.first_rise(level, span.touchdown - 2000.0, ends)
    end = curve.last_fall(level, span.touchdown, ends)
    edge = curve.at(begin + 0.4 * (end - begin))[0]
    assert edge < 0.995 * curve.signal.max()
    np.testing.assert_allclose(under("Z30-5pctBW", train(early, 10, 0.35))["active_peak_N"], edge, rtol=1e-3)
    np.testing.assert_allclose(under("P60-50/20", train(early, 10, 0.35))["active_peak_N"], 1500.0, rtol=3e-3)


def test_a_lower_cutoff_takes_more_of_the_loading_rate():
    """Filter, not runner: the same steps lose a quarter of their loading rate from 60 to 25 Hz."""
    force = train(half_sine_with_impact, 20, 0.35)
    rate = {name: under(name, force)["valr_BW_s"].mean() for name in PROTOCOLS}
    assert rate["P60-50/20"] > 0.99 * rate["Z50-20"] > rate["Z30-5pctBW"] > rate["Z25-20"]
    assert rate["Z25-20"] < 0.92 * rate["P60-50/20"]


@every_protocol
def test_the_same_bits_for_any_chunks(name):
    rng = np.random.default_rng(7)
    force = train(half_sine_with_impact, 12, 0.35) + rng.normal(0.0, 3.0, round((0.3137 + 12 * 0.35 + 0.4) * 1000))
    whole = under(name, force)
    for cuts in (range(1, force.size, 7), sorted(rng.integers(1, force.size, 30)), [1, 2, 3, force.size - 1]):
        assert under(name, force, cuts=cuts).equals(whole)


def heavy(mass, protocol):
    setup = replace(one_belt(bw=mass * BW / 70.0), protocol=protocol)
    return analyse(train(lambda t: half_sine(t, mass=mass), 12, 0.35), setup)[0]


@every_protocol
@pytest.mark.parametrize("mass", [30.0, 70.0, 100.0])
def test_light_and_heavy_runners(name, mass):
    """5 % of a body weight lies below and above the deciding thresholds."""
    table = heavy(mass, get_protocol(name))
    assert table.rows == 12
    assert table["valid"].all()
    assert np.isfinite(table["contact_time_ms"]).all()
    np.testing.assert_allclose(table["step_time_ms"][:-1], 350.0, rtol=1e-4)
    assert np.isfinite(table["duty_factor"][:-2]).all()


@pytest.mark.parametrize("mass", [104.0, 130.0])
def test_a_share_of_body_weight_above_the_arming_threshold(mass):
    """The next touchdown lies behind what this step holds: null if it cannot be told, never another crossing."""
    low, high = (replace(get_protocol("Z30-5pctBW"), on_N=on) for on in (50.0, 80.0))
    table = heavy(mass, low)
    steps = table["step_time_ms"]
    np.testing.assert_allclose(steps[~np.isnan(steps)], 350.0, rtol=1e-4)
    assert np.isfinite(table["contact_time_ms"]).all()
    np.testing.assert_allclose(heavy(mass, high)["step_time_ms"][:-1], 350.0, rtol=1e-4)
    np.testing.assert_allclose(heavy(mass, high)["contact_time_ms"], table["contact_time_ms"], atol=0.01)


def test_results_of_one_protocol_may_be_compared():
    assert require_same(["Z50-20"]) == "Z50-20"
    assert require_same(iter(["Z50-20", "Z50-20", "Z50-20"])) == "Z50-20"


@pytest.mark.parametrize("names", [["P60-50/20", "Z50-20"], ["Z50-20", "P60-50/20", "Z50-20"], []])
def test_a_mix_is_refused_with_a_way_out(names):
    with pytest.raises(AnalysisError) as refusal:
        require_same(names)
    for part in (*names, "one protocol", "stance analyze"):
        assert part in str(refusal.value)


def test_names_are_unique_and_versions_travel():
    for name, protocol in PROTOCOLS.items():
        stored = protocol.as_dict()
        assert (stored["name"], stored["version"]) == (name, protocol.version)
        assert protocol.version >= 1
        assert get_protocol(name) is protocol


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocols") / "s.h5"
    url = "virtual://virtual?seed=1&speed=max"
    Recorder(RecordOptions(rig="virtual", port=url, out=str(path), seconds=8.0)).run()
    return path


def test_a_session_can_be_analysed_under_any_protocol(session):
    own = analyze(session)
    assert own.results["protocol"] == DEFAULT_PROTOCOL
    for name in PROTOCOLS:
        again = analyze(session, name)
        assert again.results["protocol"] == name, "stored with every result"
        # a longer low-pass may cost the steps next to the record's ends
        assert own.steps.rows - 2 <= again.steps.rows <= own.steps.rows
        assert again.steps.equals(own.steps) == (name == DEFAULT_PROTOCOL)
        shift = np.median(again.steps["contact_time_ms"]) - np.median(own.steps["contact_time_ms"])
        assert abs(shift) < 40.0
    assert analyze(session).steps.equals(own.steps), "nothing in the session has changed"


def test_an_unknown_protocol_is_named_with_the_known_ones(session):
    with pytest.raises(AnalysisError, match="P60-50/20"):
        analyze(session, "P61")
