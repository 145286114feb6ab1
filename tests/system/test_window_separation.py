"""Windows may be frozen, killed, many, or come and go: a recording loses nothing, the next window finds its rings."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from recorders import check_whole, until

from daq.live import sample_dtype
from daq.recorder import RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders
from daq.ring import Ring

ROOT = Path(__file__).parents[2]
RUN = "virtual://virtual?seed=2"
posix = pytest.mark.skipif(os.name != "posix", reason="stops and kills processes")


@contextmanager
def recording(path):
    """A recorder at 1 kHz in real time: its channel and where it is found; at the end its session must be whole."""
    recorder = RecorderProcess(RecordOptions(rig="virtual", port=RUN, out=str(path)))
    with recorder.connect() as control:
        yield control, next(info for info in running_recorders() if info.pid == recorder.pid)
        status = control.call("status")
        control.call("stop")
    results = recorder.wait()
    assert (status["lost"], results["lost_frames"], results["gaps"]) == (0, 0, [])
    assert check_whole(path) == results["frames"] >= status["rows"]
    assert results["link"]["frames"] == results["frames"]


@contextmanager
def window(info):
    """A window that has begun to look."""
    command = [sys.executable, str(Path(__file__).with_name("window_child.py")), str(info.file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()
            process.wait()


def passes(control, seconds):
    """Let some of the recording pass."""
    goal = control.call("status")["rows"] + 1000 * seconds
    until(lambda: control.call("status")["rows"] >= goal)


def sees(process):
    """Numbers of the next look: seen, missed."""
    seen, missed, state = process.stdout.readline().split()
    assert state == "recording"
    return int(seen), int(missed)


@posix
def test_a_frozen_window_costs_no_frame_and_goes_on_afterwards(tmp_path):
    with recording(tmp_path / "s.h5") as (control, info), window(info) as process:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        passes(control, 4)
        process.send_signal(signal.SIGCONT)
        until(lambda: sees(process)[0] > 4000)
        assert sees(process)[1] == 0  # the ring remembers longer than that


@posix
def test_a_killed_window_costs_no_frame_and_the_next_finds_the_rings(tmp_path):
    with recording(tmp_path / "s.h5") as (control, info):
        for _ in range(3):
            with window(info) as process:
                process.send_signal(signal.SIGKILL)
                process.wait()
        passes(control, 1)
        with window(info) as process:
            before, _ = sees(process)
            until(lambda: sees(process)[0] > before)


@posix
def test_several_windows_at_once(tmp_path):
    with recording(tmp_path / "s.h5") as (control, info):
        with window(info) as one, window(info) as two, window(info) as three:
            two.send_signal(signal.SIGSTOP)
            passes(control, 2)
            three.send_signal(signal.SIGKILL)
            passes(control, 1)
            seen, missed = sees(one)
            assert seen > 0
            assert missed == 0
            two.send_signal(signal.SIGCONT)
        passes(control, 1)


def test_a_window_that_comes_and_goes_again_and_again(tmp_path):
    with recording(tmp_path / "s.h5") as (control, info):
        end_s = time.monotonic() + 3
        rounds = 0
        while time.monotonic() < end_s:
            with Ring.attach(info.rings[0], sample_dtype(1)) as ring:
                ring.latest(1000)
            control.call("status", since=0)
            rounds += 1
        assert rounds > 50
        with Ring.attach(info.rings[0], sample_dtype(1)) as ring:
            assert ring.written > 2000


def test_a_ring_read_by_a_window_is_gone_with_the_recorder(tmp_path):
    with recording(tmp_path / "s.h5") as (_, info):
        ring = Ring.attach(info.rings[0], sample_dtype(1))
    assert ring.ended
    assert len(ring.latest(10)) == 10  # what it holds can still be looked at
    ring.close()
