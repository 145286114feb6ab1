"""A multiplexing converter from end to end: force → cells read one after the other → bytes → session → steps.

The virtual treadmill samples the true force of each channel that much later, and says so in HELLO.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from stillsource import still_source

from analysis.protocol import get_protocol
from daq.analyser import Analyser, cut_chunk
from daq.chunk import Chunk
from daq.errors import DeviceError, SessionError
from daq.excerpt import Excerpts
from daq.journal import journal_path
from daq.recover import recover
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionWriter, open_session
from daq.setups import make_setup
from daq.wire import Hello, Kind
from rigs.virtual import make_device
from tests.system.chain import record

FOUR = "0,229,457,686"
EIGHT = "0,125,250,375,500,625,750,875"
RIGS = {"virtual": EIGHT, "deck_4z": FOUR, "split_belt": EIGHT, "frame_6": "800,640,480,320,160,0"}
RUN = "runner=impact&noise_N=0&roll_m=0.1&belt_speed_m_s=3&speed=max"
WITHIN = {
    "touchdown_s": 5e-6,
    "toe_off_s": 5e-6,
    "contact_time_ms": 0.005,
    "step_time_ms": 0.005,
    "valr_BW_s": 0.01,
    "vilr_BW_s": 0.02,
    "impact_peak_BW": 2e-5,
    "active_peak_BW": 2e-5,
    "hf_peak_BW": 2e-5,
    "cop_travel_mm": 0.1,
    "strike_to_ball_mm": 0.1,
    "cop_advance_mm": 0.1,
    "cop_y_mm": 0.01,
    "braking_peak_BW": 1e-5,
    "braking_impulse_BW_s": 1e-6,
    "propulsive_impulse_BW_s": 1e-6,
}
"""What is left between the table of skewed channels and that of simultaneous ones, at most."""
WRONG = {"touchdown_s": 1e-4, "contact_time_ms": 0.1, "valr_BW_s": 0.05, "hf_peak_BW": 2e-4, "cop_travel_mm": 10.0}
"""What is wrong without de-skew, at least."""


@cache
def chunk_of(url, seconds=12):
    """Frames of a virtual treadmill, and what it says of itself."""
    device = make_device(url)
    hello = device.hello()
    from daq.decoder import Decoder
    from daq.wire import encode_control

    device.receive(encode_control(Kind.START, 1), 3.0)
    decoder = Decoder(hello.ticks_per_sample)
    chunks = [decoder.feed(device.transmit(3.0 + 0.5 * k)).chunk for k in range(2 * seconds)]
    return Chunk.concat([*chunks, decoder.finish().chunk]), hello


def header_of(hello: Hello):
    from dataclasses import asdict

    from daq.session_format import SessionHeader

    return SessionHeader(
        mass_kg=70.0, stature_m=1.75, belt_speed_m_s=3.0, device=asdict(hello),
        sample_rate_Hz=hello.sample_rate_Hz, tick_rate_Hz=float(hello.tick_rate_Hz),
    )  # fmt: skip


def table_of(rig, query, *, deskew=True, cuts=()):
    chunk, hello = chunk_of(f"virtual://{rig}?{query}")
    loaded = load_rig(rig)
    setup = make_setup(header_of(hello), loaded, get_protocol())
    analyser = Analyser(loaded, setup if deskew else replace(setup, skew_s=()))
    for a, b in pairwise([0, *sorted(cuts), len(chunk)]):
        analyser.feed(cut_chunk(chunk, a, b), 0)
    analyser.finish()
    return analyser.table


def apart(table, truth, column):
    return np.nanmax(np.abs(table[column] - truth[column]))


@pytest.mark.parametrize("rig", RIGS)
def test_the_steps_are_those_of_simultaneous_channels(rig):
    truth = table_of(rig, RUN)
    found = table_of(rig, f"{RUN}&skew_us={RIGS[rig]}")
    assert found.rows == truth.rows > 30
    assert found["valid"].all()
    seen = [name for name in WITHIN if not np.isnan(truth[name]).all()]
    assert ("braking_peak_BW" in seen) == (rig in ("virtual", "frame_6"))
    for column in seen:
        assert apart(found, truth, column) < WITHIN[column], column
    for column in ("foot_strike", "impact_class", "side", "poi_source"):
        assert (found[column] == truth[column]).all(), column


@pytest.mark.parametrize("rig", RIGS)
def test_without_deskew_place_and_impact_are_wrong(rig):
    truth = table_of(rig, RUN)
    raw = table_of(rig, f"{RUN}&skew_us={RIGS[rig]}", deskew=False)
    for column, least in WRONG.items():
        assert apart(raw, truth, column) > least, column


@pytest.mark.parametrize("rig", ["virtual", "split_belt"])
def test_any_cutting_gives_the_same_bits(rig):
    query = f"seed=4&speed=max&drop=5e-4&drift_N_per_min=60&offset_N=100&skew_us={EIGHT}"
    whole = table_of(rig, query)
    assert (~whole["valid"]).any()
    rng = np.random.default_rng(1)
    for cuts in (rng.integers(0, 11_000, 300).tolist(), range(5_000, 5_200), range(37, 11_000, 37)):
        assert table_of(rig, query, cuts=cuts).equals(whole)


def test_hello_says_what_the_chain_does_and_swapped_plugs_keep_the_channels_time():
    device = make_device(f"virtual://virtual?speed=max&skew_us={FOUR}")
    assert device.hello().skew_100ns == (0, 2290, 4570, 6860, 0, 0, 0, 0)
    late = make_device(f"virtual://virtual?runner=half_sine&noise_N=0&skew_us={EIGHT}&swap=0-3").chain
    plain = make_device("virtual://virtual?runner=half_sine&noise_N=0&swap=0-3").chain
    t = np.arange(late.block(0).counts.shape[0]) / 1000.0
    for channel in (0, 3):
        got, at_once = (chain.block(0).counts[:, channel] for chain in (late, plain))
        expected = np.interp(t + channel * 125e-6, t, at_once)
        assert np.median(np.abs(got - expected)) <= 0.02 * np.median(np.abs(at_once - expected))
        assert (np.abs(at_once - expected).max() > 5_000.0) == (channel == 3)


# --- the session keeps it, and everything that reads sessions uses it ---------------------------------------------

LIVE = f"virtual://split_belt?seed=3&speed=max&drop=1e-4&skew_us={EIGHT}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("skew") / "s.h5"
    return path, record(LIVE, path, rig="split_belt", seconds=20, mass_kg=80.0)


def test_replay_equals_what_was_found_live_and_both_are_deskewed(recorded):
    path, results = recorded
    with open_session(path) as session:
        assert session.header.device["skew_100ns"] == [1250 * k for k in range(8)]
        replay = Replay(session)
        assert replay.analyser.setup.skew_s == tuple(125e-6 * k for k in range(8))
        assert replay.run()["steps"] == results["steps"]
        assert replay.analyser.table.rows > 40
    plain = record(LIVE.replace(f"&skew_us={EIGHT}", ""), None, rig="split_belt", seconds=20, mass_kg=80.0)
    assert len(plain["steps"]) == len(results["steps"])
    found, truth = (np.array([step["touchdown_s"] for step in one["steps"]]) for one in (results, plain))
    assert np.median(np.abs(found - truth)) < 2e-5  # noise, drawn alike, is not late with its channel


def test_a_session_cut_short_is_recovered_with_the_skew(recorded, tmp_path):
    path, results = recorded
    cut = tmp_path / "cut.h5"
    with open_session(path) as session, SessionWriter(cut, session.header) as writer:
        for row, boot, offset in zip(session.epochs.row, session.epochs.boot, session.epochs.tick_offset, strict=True):
            writer.epoch(int(row), int(boot), int(offset))
        for chunk in session.chunks():
            writer.append(chunk)
        writer.abandon()
    assert journal_path(cut).exists()
    recover(cut)
    with open_session(cut) as session:
        assert session.header.device["skew_100ns"][7] == 8750
        assert Replay(session).run()["steps"] == results["steps"]


def test_an_excerpt_is_deskewed_too():
    whole = still_source(url=f"virtual://split_belt?seed=3&speed=max&skew_us={EIGHT}", rig="split_belt", mass_kg=82.9)
    with open_session(whole.path) as session:
        found = Excerpts(session).cut(12_000, 16_000, whole.table, whole.bw_N)
    truth = whole.samples(12.0, 16.0)
    assert np.nanmax(np.abs(found.wrench[:, 2] - truth.wrench[:, 2])) < 6.0
    loaded = truth.wrench[:, 2] > 300.0
    place = [-wrench[:, 4][loaded] / wrench[:, 2][loaded] for wrench in (found.wrench, truth.wrench)]
    assert np.nanmax(np.abs(place[0] - place[1])) < 0.015


def test_a_device_that_samples_after_the_next_conversion_is_refused(tmp_path):
    with pytest.raises(DeviceError, match=r"within one conversion, 1000 µs.*1200 µs.*HELLO"):
        record("virtual://virtual?speed=max&skew_us=0,0,1200", tmp_path / "s.h5", seconds=1)


def test_a_session_with_an_impossible_skew_is_refused(recorded, tmp_path):
    with open_session(recorded[0]) as session:
        header = session.header
    for skew in (["late"], 7, [-1] * 8):
        with pytest.raises(SessionError, match="skew_100ns"):
            make_setup(replace(header, device={"skew_100ns": skew}), load_rig("split_belt"), get_protocol())
