"""A converter that says it is too slow for steps is never believed to see one: table, terminal, report and window."""

import json
import logging
import math
import re
from dataclasses import asdict, replace

import pytest

from analysis.gates import STATIC_ONLY
from analysis.protocol import get_protocol
from daq.clock import DeviceClock
from daq.decoder import Decoder
from daq.excerpt import Excerpts
from daq.replay import Replay
from daq.rig import load_rig
from daq.session import open_session
from daq.session_format import SessionHeader
from daq.take import Mark, Take
from daq.wire import Capability, Kind, encode_control
from rigs.device import VirtualDevice
from rigs.virtual import make_device
from stance.cli import run
from tests.system.chain import record
from viewer.cop.cop_missing import why_empty
from viewer.numbers.number_face import face_of
from viewer.source import Scene
from viewer.sources.replay_source import ReplaySource
from viewer.steps.awaited import awaited, awaited_at_length

SLOW = "virtual://virtual?rate=80&speed=max&seed=2"
LOADS = "offset_N=100&load=0@0,0;700@0.1,0.05;0@0,0&load_s=7"
RUNNING = ("cadence", "contact", "VALR", "impact peak", "braking", "flight time")


def told(results):
    """Everything that speaks of steps is empty, and says why."""
    assert results["steps"] == []
    assert results["summary"] == results["by_side"] == results["asymmetry"] == results["foot_strike"] == {}
    assert not any(results["shares"].values())
    assert set(results["missing"].values()) == {STATIC_ONLY}
    assert {"valr_BW_s", "impact_class", "contact_time_ms", "cadence_spm", "braking_peak_BW"} <= set(results["missing"])
    lights = {light["name"]: light for light in results["quality"]}
    assert STATIC_ONLY in lights["sample_rate"]["text"]
    assert "steps" not in lights
    assert "vertical_mode" not in lights, "it would speak of loading rates"


def test_a_runner_on_80_samples_a_second_gives_no_step_and_a_reason(tmp_path, caplog):
    path = tmp_path / "s.h5"
    with caplog.at_level(logging.WARNING):
        results = record(SLOW, path, seconds=15, mass_kg=70.0, belt_speed_m_s=3.0)
    assert [entry.getMessage() for entry in caplog.records] == [f"virtual: {STATIC_ONLY}."]
    told(results)
    assert results["standing_N"] is None
    with open_session(path) as session:
        assert session.header.device["capabilities"] & Capability.STATIC_ONLY
        again = Replay(session).run()
    told(again)
    assert again["frames"] == results["frames"] == 1200


def test_standing_weight_tare_and_closure_still_work(tmp_path):
    path = tmp_path / "s.h5"
    from daq.recorder import Recorder, RecordOptions

    options = RecordOptions(rig="virtual", port=f"{SLOW}&{LOADS}", out=str(path), seconds=20, tare_s=3.0)
    results = Recorder(options).run()
    told(results)
    assert results["standing_N"] == pytest.approx(700.0, abs=0.5)
    assert results["bw_N"] == results["standing_N"]
    assert (results["bw_source"], results["weight_closure"]) == ("standing", None)
    weighed = record(f"{SLOW}&{LOADS}", None, seconds=20, mass_kg=70.0)
    assert weighed["bw_source"] == "mass"
    assert weighed["weight_closure"] == pytest.approx(700.0 / (70.0 * 9.80665), abs=1e-3)
    with open_session(path) as session:
        assert [event.kind for event in session.events if event.kind == "tare"] == ["tare"]
        assert Replay(session).run()["standing_N"] == results["standing_N"]
        from analysis.steps import EMPTY

        force = Excerpts(session).cut(10 * 80, 11 * 80, EMPTY, math.nan).wrench[0, 2]
    assert force.mean() == pytest.approx(700.0, abs=1.0)


def declared(url, *, static_only):
    """A device that declares what it cannot do, whatever its rate says: its frames and HELLO."""
    made = make_device(url)
    device = VirtualDevice(made.chain, board=replace(made.board, static_only=static_only), flow_control=True)
    device.receive(encode_control(Kind.START, 1), 3.0)
    decoder = Decoder(device.hello().ticks_per_sample)
    return [decoder.feed(device.transmit(3.0 + 0.5 * k)).chunk for k in range(24)], device.hello()


def taken(path, url, *, static_only):
    chunks, hello = declared(url, static_only=static_only)
    rig = load_rig("virtual")
    header = SessionHeader(
        mass_kg=70.0, rig_name=rig.name, rig_text=rig.text, device=asdict(hello), protocol_name="P60-50/20",
        sample_rate_Hz=hello.sample_rate_Hz, tick_rate_Hz=float(hello.tick_rate_Hz),
    )  # fmt: skip
    take = Take(path, header, rig, get_protocol(), DeviceClock(hello.tick_rate_Hz, hello.boot))
    for number, chunk in enumerate(chunks):
        take.feed(chunk, arrived_s=0.5 * number)
    take.mark(Mark("marker", "end"))
    return take.finish()


def test_a_fast_device_that_declares_it_is_gated_too(tmp_path):
    told(taken(tmp_path / "slow.h5", "virtual://virtual?rate=300&speed=max", static_only=True))
    plain = taken(tmp_path / "fast.h5", "virtual://virtual?rate=300&speed=max", static_only=False)
    assert len(plain["steps"]) > 25
    assert STATIC_ONLY not in plain["missing"].values()


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("static") / "s.h5"
    taken(path, "virtual://virtual?rate=300&speed=max", static_only=True)
    return path


def test_the_terminal_says_it_and_nothing_of_running(session, capfd, tmp_path):
    assert run(["analyze", str(session)]) == 0
    out = capfd.readouterr().out
    assert f"no steps: {STATIC_ONLY}" in out
    assert not any(word in out for word in RUNNING)
    port = SLOW.replace("speed=max", "speed=20")
    assert run(["record", "--port", port, "--seconds", "6", "-o", str(tmp_path / "r.h5"), "--json"]) == 0
    out, err = capfd.readouterr()
    assert err.count(STATIC_ONLY) == 1
    told(json.loads(out))


def test_the_report_says_it_and_nothing_of_running(session, tmp_path):
    page = tmp_path / "s.html"
    assert run(["report", str(session), "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert STATIC_ONLY in text
    body = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    assert "BW/s</td>" not in body
    assert not re.search(r"\d+(\.\d+)?\s*(steps/min|spm)", body)


def test_the_window_says_it(session):
    source = ReplaySource(session)
    try:
        assert source.table.rows == 0
        assert set(source.missing.values()) == {STATIC_ONLY}
        assert any(STATIC_ONLY in light.text for light in source.lights)
        scene = Scene(source, now_s=source.last_s, rows=0)
        assert awaited(scene) == f"no steps: {STATIC_ONLY}"
        assert awaited_at_length(scene) == f"No steps: {STATIC_ONLY}."
        assert STATIC_ONLY in why_empty(source, source.table, "feet")
        assert face_of(scene, "contact_time_ms", 10, {}).reason == STATIC_ONLY
    finally:
        source.close()


def test_the_doctor_says_it(capfd):
    url = "virtual://virtual?load=none&rate=80&skew_us=0,50&speed=max"
    assert run(["doctor", "--rig", "virtual", "--port", url, "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capfd.readouterr().out)["checks"]}
    assert checks["converter"]["state"] == "amber"
    assert STATIC_ONLY in checks["converter"]["text"]
    assert "50 µs" in checks["skew"]["text"]
