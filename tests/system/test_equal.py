"""Live = offline = replay, to the bit, whatever happened on the way and however the bytes were cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.protocol import get_protocol
from analysis.steps import StepTable, join_tables
from daq.analyser import Analyser
from daq.decoder import Decoder
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import SessionHeader, open_session
from daq.setups import make_setup
from daq.wire import Kind, encode_control
from rigs.virtual import make_device
from tests.system.chain import record

FAULTS = {
    "none": "",
    "losses": "drop=1e-4&corrupt=1e-4&duplicate=1e-4",
    "heavy losses": "drop=1e-2&corrupt=1e-3&duplicate=1e-3",
    "drift": "drift_N_per_min=60&offset_N=300",
    "wraps": "seq0=65000&tick0=4290000000",
}


def live_table(path):
    with open_session(path) as session:
        return StepTable(session.steps()), session.steps_attrs


@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("rig", ["virtual", "split_belt", "deck_4z", "frame_6"])
def test_replay_equals_what_was_found_live(rig, faults, tmp_path):
    path = tmp_path / "s.h5"
    results = record(f"virtual://{rig}?seed=3&speed=max&{FAULTS[faults]}", path, rig=rig, seconds=30)
    live, attributes = live_table(path)
    assert live.rows > (30 if "losses" in faults else 80)
    with open_session(path) as session:
        full = Replay(session)
        again = full.run()
        assert full.analyser.table.equals(live)
        paced = Replay(session)
        rows = join_tables(step.output.steps for step in paced.steps(speed=1000.0))
        assert rows.equals(live)
    for key in ("steps", "summary", "frames", "gaps", "lost_frames", "duration_s", "bw_N"):
        assert again[key] == results[key], key
    assert attributes["bw_N"] == results["bw_N"]


@pytest.fixture(scope="module")
def stream():
    """Twelve seconds of bytes with losses, and what one piece of them gives."""
    device = make_device("virtual://virtual?seed=5&speed=max&drop=3e-4&corrupt=3e-4&duplicate=1e-3")
    now = 3.0
    device.receive(encode_control(Kind.START, 1), now)
    data = b"".join(device.transmit(now + 0.5 * k) for k in range(25))
    return data, table_of([data])


def table_of(pieces):
    rig = load_rig("virtual")
    decoder = Decoder(2000.0)
    header = SessionHeader(sample_rate_Hz=1000.0, tick_rate_Hz=2e6)
    analyser = Analyser(rig, make_setup(header, rig, get_protocol()))
    for piece in pieces:
        analyser.feed(decoder.feed(piece).chunk, 0)
    analyser.feed(decoder.finish().chunk, 0)
    analyser.finish()
    return analyser.table


def cut(data, cuts):
    edges = [0, *sorted(set(cuts)), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def test_the_stream_has_steps_and_gaps(stream):
    _, table = stream
    assert table.rows > 25
    assert (~table["valid"]).any()
    assert table["valid"].any()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.data())
def test_any_cutting_gives_the_same_table(stream, cuts):
    data, whole = stream
    places = cuts.draw(st.lists(st.integers(0, len(data)), max_size=400))
    assert table_of(cut(data, places)).equals(whole)


def test_one_byte_at_a_time_gives_the_same_table(stream):
    data, whole = stream
    assert table_of(data[i : i + 1] for i in range(len(data))).equals(whole)


def test_a_reset_is_a_gap_of_unknown_length_and_time_goes_on(tmp_path):
    path = tmp_path / "s.h5"
    results = record("virtual://virtual?seed=1&reset_at_s=4", path, seconds=12)
    assert [gap["reason"] for gap in results["gaps"]] == ["device reset"]
    live, _ = live_table(path)
    assert (np.diff(live["touchdown_s"]) > 0).all()
    flags = [step["flags"] for step in results["steps"] if not step["valid"]]
    assert flags
    assert all("gap" in f for f in flags)
    assert results["duration_s"] == pytest.approx(12.0, abs=0.01)
    with open_session(path) as session:
        assert session.epochs.row.size == 2
        replay = Replay(session)
        replay.run()
        assert replay.analyser.table.equals(live)
