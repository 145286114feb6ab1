"""The recorder in its own process, commanded through the control channel as a window will."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from analysis.steps import StepTable
from daq.control import ControlClient
from daq.errors import DeviceError, LinkError, SessionError
from daq.live import STEP_DTYPE, sample_dtype
from daq.recorder import RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders
from daq.replay import Replay
from daq.ring import Ring
from daq.session import open_session

RUN = "virtual://virtual?seed=2&speed=5"
EMPTY = "virtual://virtual?load=none&offset_N=200&speed=5"


def until(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def test_commands_marks_and_rings(tmp_path):
    path = tmp_path / "s.h5"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=RUN, out=str(path), autostart=False))
    with recorder.connect() as control:
        assert control.call("status")["state"] == "waiting"
        until(lambda: control.call("status")["rows"] > 1000)
        assert not path.exists()
        info = next(info for info in running_recorders() if info.pid == recorder.pid)
        with Ring.attach(info.rings[0], sample_dtype(1)) as samples, Ring.attach(info.rings[1], STEP_DTYPE) as steps:
            assert samples.latest(100)["wrench"].shape == (100, 1, 6)
            assert control.call("start")["state"] == "recording"
            with pytest.raises(SessionError, match="records already"):
                control.call("start")
            control.call("bout", name="Pose")
            until(lambda: control.call("status")["steps"] > 45)
            control.call("marker", text="now")
            control.call("note", text="left shoe untied")
            assert steps.written >= 45
            control.call("stop")
        results = recorder.wait()
    assert results["lost_frames"] == 0
    with open_session(path) as session:
        kinds = [(event.kind, event.text) for event in session.events if event.kind != "system"]
        assert kinds == [("bout", "Pose"), ("marker", "now"), ("note", "left shoe untied")]
        live = StepTable(session.steps())
        replay = Replay(session)
        replay.run()
        assert replay.analyser.table.equals(live)
    assert not [info for info in running_recorders() if info.pid == recorder.pid]


def test_tare_takes_the_zero_and_replay_takes_it_again(tmp_path):
    path = tmp_path / "s.h5"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=EMPTY, out=str(path)))
    with recorder.connect() as control:
        found = control.call("tare")["tare"]
        assert found["n"] == 1000
        assert found["force_sd_N"] < 2.0
        control.call("stop")
        recorder.wait()
    with open_session(path) as session:
        tare = next(event for event in session.events if event.kind == "tare")
        counts = session.counts(tare.row - 1000, tare.row).astype(float).mean(axis=0)
        np.testing.assert_allclose(tare.data["counts"], counts, atol=2 * np.max(tare.data["sd"]))
        Replay(session).run()


def test_a_tare_taken_while_waiting_counts_for_the_recording(tmp_path):
    path = tmp_path / "s.h5"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=EMPTY, out=str(path), autostart=False))
    with recorder.connect() as control:
        found = control.call("tare")["tare"]
        control.call("start")
        until(lambda: control.call("status")["rows"] > 500)
        control.call("stop")
        recorder.wait()
    with open_session(path) as session:
        tares = [event for event in session.events if event.kind == "tare"]
        assert [(event.row, event.data["counts"]) for event in tares] == [(0, found["counts"])]
        Replay(session).run()


def test_a_start_that_fails_is_not_taken_for_recording(tmp_path):
    path = tmp_path / "s.h5"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=RUN, out=str(path), autostart=False))
    with recorder.connect() as control:
        path.write_text("in the way")
        with pytest.raises(SessionError):
            control.call("start")
        assert control.call("status")["state"] == "waiting"
        path.unlink()
        assert control.call("start")["state"] == "recording"
        until(lambda: control.call("status")["rows"] > 500)
        control.call("stop")
    recorder.wait()
    with open_session(path) as session:
        assert session.rows > 500


def test_commands_are_answered_while_the_device_is_silent(tmp_path):
    url = "virtual://virtual?seed=2&stall_at_s=1&stall_s=60"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=url, out=str(tmp_path / "s.h5")))
    with recorder.connect() as control:
        time.sleep(2.5)
        assert control.call("marker", text="silent")["rows"] > 0
        control.call("stop")
    assert recorder.wait()["ended_by"] is None


def test_tare_is_refused_while_somebody_runs(tmp_path):
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=RUN, out=str(tmp_path / "s.h5")))
    with recorder.connect() as control:
        with pytest.raises(DeviceError, match="expected an empty belt"):
            control.call("tare")
        control.call("stop")
    recorder.wait()


def test_an_error_in_the_child_is_raised_here(tmp_path):
    recorder = RecorderProcess(RecordOptions(rig="virtual", port="/dev/nothing-here", out=str(tmp_path / "s.h5")))
    with pytest.raises(LinkError, match="/dev/nothing-here"):
        recorder.connect()
    assert not (tmp_path / "s.h5").exists()


def test_unplugging_ends_the_session_cleanly_and_is_told(tmp_path):
    path = tmp_path / "s.h5"
    url = "virtual://virtual?seed=2&speed=5&unplug_at_s=6"
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=url, out=str(path), replug_s=0.5))
    with pytest.raises(LinkError) as caught:
        recorder.wait()
    assert any("s.h5" in note for note in caught.value.__notes__)
    with open_session(path) as session:
        assert session.rows > 3000
        assert len(session.steps()["step"]) > 5
        assert "virtual" in Replay(session).run()["ended_by"]


PARENT = """
import sys
from daq.recorder import RecordOptions
from daq.recorder_process import RecorderProcess
if __name__ == "__main__":
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=sys.argv[1], out=sys.argv[2]))
    recorder.connect()
    print(recorder.pid, flush=True)
    recorder.wait()
"""


def test_the_recorder_outlives_its_window(tmp_path):
    script, path = tmp_path / "window.py", tmp_path / "s.h5"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script, RUN, path], stdout=subprocess.PIPE, text=True,
                          cwd=Path.cwd(), env={**os.environ, "PYTHONPATH": str(Path.cwd())}) as window:  # fmt: skip
        pid = int(window.stdout.readline())
        window.send_signal(signal.SIGKILL)
        window.wait()
    with ControlClient.connect(path) as control:
        before = control.call("status")["rows"]
        until(lambda: control.call("status")["rows"] > before + 2000)
        control.call("stop")
    until(path.exists)
    until(lambda: not [info for info in running_recorders() if info.pid == pid])
    with open_session(path) as session:
        assert session.ended
        assert session.gaps.row.size == 0
