"""`stance belt`: pulses, seam and counted turns of a virtual belt whose length and pulses are known."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from chain import force_url, write_csv

from analysis.errors import AnalysisError
from daq.chunk import Chunk
from daq.rig import load_rig
from daq.stream import Stream
from rigs.procedures.belt import passings_between
from stance.cli import run


def stance(capfd, *arguments):
    capfd.readouterr()
    code = run([str(a) for a in arguments])
    out, err = capfd.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_rig.toml"
    path.write_text(load_rig("virtual").text, encoding="utf-8")
    return path


def seam_csv(folder, *, turn_m, speed, seconds):
    """Force of an empty belt whose seam hits the rollers once per turn."""
    t = np.arange(round(seconds * 1000)) / 1000
    since = np.mod(speed * t + 0.4, turn_m) / speed
    wrench = np.zeros((6, t.size))
    wrench[2] = np.where(since < 0.03, 12.0 * np.sin(np.pi * since / 0.03), 0.0)
    return write_csv(folder / "seam.csv", wrench, 1000.0)


def test_the_seam_gives_pulses_per_metre_and_they_are_written(tmp_path, own, capfd):
    length = load_rig(own).machine.belt_length_m
    true_m = 0.97 * length  # the loop is as long as the file says; the sensor's roller is not what it was taken for
    force = seam_csv(tmp_path, turn_m=true_m, speed=3.0, seconds=60.0)
    port = force_url(own, force, speed="max", belt_speed_m_s=3.0)
    code, out, err = stance(capfd, "belt", "--rig", own, "--port", port, "--seconds", 50, "--json", "--write")
    assert code == 0
    said = json.loads(out)
    truth = 0.97 * load_rig("virtual").belt_sensor.pulses_per_m
    assert said["pulses_per_m"] == pytest.approx(truth, rel=1e-3)
    assert load_rig(own).belt_sensor.pulses_per_m == pytest.approx(truth, rel=1e-3)
    assert "Written" in err


def test_a_stopwatch_and_a_tape_mark(capfd, own):
    rig = load_rig(own)
    seconds = 200 * rig.machine.belt_length_m / 0.8
    port = f"virtual://{own}?load=none&belt_speed_m_s=0.8&speed=max"
    more = ("--laps", 200, "--lap-seconds", seconds, "--seconds", 20)
    code, out, _ = stance(capfd, "belt", "--rig", own, "--port", port, *more, "--json")
    assert code == 0
    said = json.loads(out)
    assert said["pulses_per_m"] == pytest.approx(rig.belt_sensor.pulses_per_m, rel=1e-3)
    assert {light["name"]: light["state"] for light in said["lights"]}["turn"] == "green"
    _, out, _ = stance(capfd, "belt", "--rig", own, "--port", port, *more, "--json", "--by-pulses")
    assert json.loads(out)["belt_length_m"] == pytest.approx(rig.machine.belt_length_m, rel=1e-3)


def test_enter_at_the_first_and_the_last_passing(capfd, own, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\n"))
    port = f"virtual://{own}?load=none&belt_speed_m_s=3&speed=max"
    _, _, err = stance(capfd, "belt", "--rig", own, "--port", port, "--laps", 3)
    assert "First passing." in err
    assert "Last passing." in err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = stance(capfd, "belt", "--rig", own, "--port", port, "--laps", 3)
    assert code == 2
    assert "--lap-seconds" in err


class Broken:
    """A keyboard that fails."""

    def readline(self):
        raise ValueError("I/O operation on closed file")


def test_without_a_keyboard_nobody_is_waited_for(capfd, own, monkeypatch):
    port = f"virtual://{own}?load=none&belt_speed_m_s=3&speed=max"
    monkeypatch.setattr("sys.stdin", None)
    code, _, err = stance(capfd, "belt", "--rig", own, "--port", port, "--laps", 3)
    assert (code, "no keyboard" in err) == (2, True)
    monkeypatch.setattr("sys.stdin", Broken())
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    code, _, err = stance(capfd, "belt", "--rig", own, "--port", port, "--laps", 3)
    assert (code, "twice" in err) == (2, True)


def test_lost_samples_make_the_turns_no_faster(own):
    port = f"virtual://{own}?load=none&belt_speed_m_s=3&speed=max&drop=0.2"
    with Stream(load_rig(own), port) as stream:
        chunk = stream.collect(5.0)
        tick_Hz = stream.hello.tick_rate_Hz
    first, last = (replace(Chunk.empty(), **{name: getattr(chunk, name)[row : row + 1] for name in
                   ("counts", "seq", "tick", "boot", "status", "belt")}) for row in (0, len(chunk) - 1))  # fmt: skip
    found = passings_between(first, last, 3, tick_Hz)
    assert len(chunk) < 0.95 * (chunk.seq[-1] - chunk.seq[0])
    assert found.seconds == pytest.approx((chunk.seq[-1] - chunk.seq[0]) / 1000.0, rel=1e-3)
    assert found.pulses / found.seconds == pytest.approx(3.0 * load_rig(own).belt_sensor.pulses_per_m, rel=1e-2)
    other = replace(last, boot=last.boot + np.uint16(1))
    with pytest.raises(AnalysisError, match="reset"):
        passings_between(first, other, 3, tick_Hz)


def test_without_a_sensor_it_says_what_can_be_known(tmp_path, own, capfd):
    text = own.read_text(encoding="utf-8")
    own.write_text(text[: text.index("[belt_sensor]")] + text[text.index("[noise]") :], encoding="utf-8")
    force = seam_csv(tmp_path, turn_m=load_rig(own).machine.belt_length_m, speed=3.1, seconds=45.0)
    port = force_url(own, force, speed="max")
    code, out, _ = stance(capfd, "belt", "--rig", own, "--port", port, "--seconds", 40)
    assert code == 0
    assert "speed is what you say it is" in out
    assert "--belt-speed" in out
    _, out, _ = stance(capfd, "belt", "--rig", own, "--port", port, "--seconds", 40, "--belt-speed", 3, "--json")
    light = next(one for one in json.loads(out)["lights"] if one["name"] == "speed")
    assert light["value"] == pytest.approx(3.1, rel=1e-3)


def test_a_sensor_that_says_nothing_is_red(capfd):
    port = "virtual://virtual?load=none&speed=max"
    code, out, _ = stance(capfd, "belt", "--rig", "virtual", "--port", port, "--seconds", 5)
    assert code == 2
    assert "RED" in out
    assert "no pulses came" in out


def test_dips_of_a_session_with_steps(tmp_path, capfd):
    session = tmp_path / "run.h5"
    assert stance(capfd, "record", "--rig", "virtual", "--port", "virtual://virtual?speed=max", "--seconds", 12,
                  "-o", session)[0] == 0  # fmt: skip
    code, out, _ = stance(capfd, "belt", session)
    assert code == 0
    assert "in contact" in out
    assert "5 % is the limit" in out
