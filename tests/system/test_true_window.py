"""The true window, in its own process beside a recorder: frozen, killed, several at once, closed; no frame is lost.

It is frozen for 3 s in `make test`, for 10 s in `make validate` (STANCE_TRIALS).
"""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from recorders import check_whole, until

from daq.recorder import RecordOptions
from daq.recorder_process import RecorderProcess
from daq.recorders import running_recorders

FROZEN_S = 10 if "STANCE_TRIALS" in os.environ else 3
TERM_CAUGHT = 1 << (signal.SIGTERM - 1)
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into processes as Linux shows them")


class Window:
    """`stance view`, drawn to memory."""

    def __init__(self, info, folder, *arguments):
        self._words = Path(folder, f"words-{os.urandom(4).hex()}")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folder)}
        with self._words.open("w") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stance", "view", str(info.file), *arguments],
                env=environment, stdin=subprocess.DEVNULL, stdout=words, stderr=words,
            )  # fmt: skip
        self._rings = info.rings

    def watches(self):
        """Whether it has the recorder's rings before it, and can be closed politely: then it is open."""
        assert self.process.poll() is None, self.said
        maps, state = (Path(f"/proc/{self.process.pid}/{name}").read_text() for name in ("maps", "status"))
        caught = int(state.partition("SigCgt:")[2].split()[0], 16)
        return all(name in maps for name in self._rings) and bool(caught & TERM_CAUGHT)

    def works(self):
        """Whether it goes on painting: it uses the processor."""
        before = self._ticks()
        until(lambda: self._ticks() > before + 5)

    def _ticks(self):
        return int(Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11])

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def close(self):
        """Close it politely; what it said, which is nothing."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0, self.said
        assert self.said == ""

    @property
    def said(self):
        lines = self._words.read_text().splitlines()
        return "\n".join(line for line in lines if not line.startswith("This plugin does not support"))


@pytest.fixture
def recording(tmp_path):
    """A recorder in real time; at the end nothing is lost and its session is whole."""
    recorder = RecorderProcess(RecordOptions(rig="virtual", port="virtual://virtual?seed=2", out=f"{tmp_path}/s.h5"))
    with recorder.connect() as control:
        info = next(info for info in running_recorders() if info.pid == recorder.pid)
        yield control, info
        status = control.call("status")
        assert (status["state"], status["lost"]) == ("recording", 0)
        control.call("stop")
    results = recorder.wait()
    assert (results["lost_frames"], results["gaps"], results["ended_by"]) == (0, [], None)
    assert check_whole(results["session"]) == results["frames"] >= status["rows"]


@pytest.fixture
def watching(recording, tmp_path):
    """Opens windows and waits until they watch; kills those that are left."""
    with ExitStack() as cleanup:

        def opening(count=1):
            windows = [Window(recording[1], tmp_path) for _ in range(count)]
            for window in windows:
                cleanup.callback(window.process.wait)
                cleanup.callback(window.process.kill)
            for window in windows:
                until(window.watches)
            return windows

        yield opening


def passes(control, seconds):
    """Let some of the recording pass."""
    goal = control.call("status")["rows"] + 1000 * seconds
    until(lambda: control.call("status")["rows"] >= goal)


@pytest.mark.validate
def test_frozen_and_going_on(recording, watching):
    control, _ = recording
    (window,) = watching()
    passes(control, 1)
    window.freeze()
    passes(control, FROZEN_S)
    window.process.send_signal(signal.SIGCONT)
    window.works()
    window.close()


def test_killed_and_attached_again_several_at_once(recording, watching):
    control, _ = recording
    (first,) = watching()
    first.process.kill()
    first.process.wait()
    one, two, three = watching(3)
    two.freeze()
    three.process.kill()
    passes(control, 1)
    one.works()
    one.close()
    two.process.send_signal(signal.SIGCONT)
    two.works()
    two.close()


@contextmanager
def doomed(folder):
    """A recorder that a test may end as it likes."""
    recorder = RecorderProcess(RecordOptions(rig="virtual", port="virtual://virtual?seed=2", out=f"{folder}/d.h5"))
    try:
        recorder.connect().close()
        yield recorder, next(info for info in running_recorders() if info.pid == recorder.pid)
    finally:
        if recorder.alive:
            os.kill(recorder.pid, signal.SIGKILL)
        recorder._process.join()


@pytest.mark.parametrize("kind", ["ends", "dies"])
def test_the_window_outlives_its_recorder(kind, tmp_path):
    with doomed(tmp_path) as (recorder, info):
        window = Window(info, tmp_path)
        try:
            until(window.watches)
            if kind == "ends":
                with recorder.connect() as control:
                    control.call("stop")
                recorder.wait()
            else:
                os.kill(recorder.pid, signal.SIGKILL)
            until(lambda: not recorder.alive)
            window.works()
            window.close()
        finally:
            window.process.kill()
            window.process.wait()
