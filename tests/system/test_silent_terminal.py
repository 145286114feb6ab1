"""A terminal that takes no words, or is gone: the recording goes on, and ends as properly as ever."""

import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from recorders import check_whole, until

from daq.control import ControlClient
from daq.progress import Progress
from daq.recorders import running_recorders
from stance import progress_line
from stance.progress_line import ProgressLine, progress_text

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals and signals")
ROOT = Path(__file__).parents[2]
RUN = "virtual://virtual?seed=2&speed=5"
IN_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'stance', *sys.argv[1:]])"
)


def fill(slave):
    """Write until a terminal that nobody reads takes no more."""
    again = os.open(os.ttyname(slave), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    while select.select([], [again], [], 0.5)[1]:  # the kernel moves some on behind our back
        with suppress(BlockingIOError):
            while True:
                os.write(again, b"x" * 4096)
    os.close(again)


@contextmanager
def recording(arguments, cwd, **streams):
    """`stance record` as a process, and a channel to it."""
    command = [sys.executable, "-c", IN_TERMINAL] if "stdin" in streams else [sys.executable, "-m", "stance"]
    with subprocess.Popen([*command, "record", "--port", RUN, *arguments], cwd=cwd,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, **streams) as process:  # fmt: skip
        try:
            info = until(lambda: [info for info in running_recorders() if info.pid == process.pid])[0]
            with ControlClient.connect(info) as control:
                yield process, control
        finally:
            process.kill()


def read_on(master, process):
    """Read a terminal until the process is over."""
    shown = bytearray()
    while process.poll() is None or select.select([master], [], [], 0)[0]:
        if select.select([master], [], [], 0.05)[0]:
            shown += os.read(master, 65536)
    return shown.decode(errors="replace")


def test_a_terminal_that_takes_no_words_stops_nothing(tmp_path):
    master, slave = os.openpty()
    fill(slave)
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    with recording(["-o", "s.h5"], tmp_path, **streams) as (process, control):
        journal = tmp_path / "s.h5.journal"
        for rows in (5_000, 20_000):
            until(lambda rows=rows: control.call("status")["rows"] > rows)
            written = journal.stat().st_size
            until(lambda written=written: journal.stat().st_size > written)
        os.write(master, b"m")  # a key, whose answer cannot be shown either
        until(lambda: "marker" in [one["kind"] for one in control.call("status", since=0)["happenings"]])
        control.call("stop")
        until(lambda: not journal.exists())
        assert check_whole(tmp_path / "s.h5") > 20_000
        assert process.poll() is None  # its results are still to be shown
        shown = read_on(master, process)
        assert process.returncode == 0, shown[-2000:]
    assert "Recorded in s.h5" in shown
    assert "Fatal" not in shown
    os.close(master)
    os.close(slave)


def test_a_recorder_that_waits_at_such_a_terminal_records_one_session_after_the_other(tmp_path):
    master, slave = os.openpty()
    fill(slave)
    streams = {"stdin": slave, "stdout": subprocess.DEVNULL, "stderr": slave}
    with recording(["--wait", "-o", "day", "--json"], tmp_path, **streams) as (process, control):
        paths = []
        for _ in range(2):
            paths.append(control.call("start")["session"])
            until(lambda: control.call("status")["rows"] > 2000)
            control.call("stop")
            until(lambda: control.call("status")["last_session"] == paths[-1])
        control.call("quit")
        assert process.wait(30) == 0  # it ends though nobody ever reads
    for path in paths:
        check_whole(path)
    os.close(master)
    os.close(slave)


def test_a_pipe_that_is_gone_stops_nothing(tmp_path):
    ours, theirs = os.pipe()
    os.close(ours)
    with recording(["--wait", "-o", "day"], tmp_path, stdout=subprocess.PIPE, stderr=theirs) as (_, control):
        os.close(theirs)
        path = control.call("start")["session"]
        until(lambda: control.call("status")["rows"] > 5000)
        control.call("stop")
        until(lambda: control.call("status")["last_session"] == path)  # and that was said to nobody
        control.call("quit")
    check_whole(path)


def test_a_hangup_ends_the_recording_properly(tmp_path):
    with recording(["-o", "s.h5"], tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as (process, control):
        until(lambda: control.call("status")["rows"] > 2000)
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert b"steps" in out
    check_whole(tmp_path / "s.h5")
    assert not (tmp_path / "s.h5.journal").exists()


def test_a_terminal_that_is_closed_leaves_a_finished_session(tmp_path):
    master, slave = os.openpty()
    with recording(["-o", "s.h5"], tmp_path, stdin=slave, stdout=slave, stderr=slave) as (process, control):
        os.close(slave)
        until(lambda: control.call("status")["rows"] > 2000)
        os.close(master)
        process.wait(30)
    check_whole(tmp_path / "s.h5")
    assert not (tmp_path / "s.h5.journal").exists()


def test_nohup_outlives_its_terminal(tmp_path):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "preexec_fn": ignore}
    with recording(["-o", "s.h5"], tmp_path, **quiet) as (process, control):
        process.send_signal(signal.SIGHUP)
        rows = control.call("status")["rows"]
        until(lambda: control.call("status")["rows"] > rows + 2000)
        control.call("stop")
        assert process.wait(30) == 0
    check_whole(tmp_path / "s.h5")


# ---- the line itself


def test_what_waits_for_a_terminal_is_bounded_and_the_newest_wins(monkeypatch):
    """A terminal that begins to read again is told what is true now, not everything that ever was."""
    master, slave = os.openpty()
    open_, taken = threading.Event(), []

    @contextmanager
    def stuck():
        def write(text):
            open_.wait(30)
            taken.append(text)

        yield write

    monkeypatch.setattr(progress_line, "_standard_error", stuck)
    with os.fdopen(slave, "w") as terminal:
        with monkeypatch.context() as here:
            here.setattr(sys, "stderr", terminal)
            line = ProgressLine()
        line(Progress(rows=0))
        until(lambda: not line._status)  # taken, and stuck
        for number in range(1, 200):
            line(Progress(rows=number))
            line.say(f"word {number}")
        open_.set()
        line.end()
    os.close(master)
    words = [text.strip() for text in taken if "word" in text]
    assert words == [f"word {number}" for number in range(150, 200)]
    statuses = [text for text in taken if "frames" in text]
    assert len(statuses) == 2
    assert "  0 frames" in statuses[0]
    assert "  199 frames" in statuses[1]
    assert taken[-1] == "\n"


def test_an_unplugged_board_comes_first():
    assert progress_text(Progress(unplugged=True, rows=7)).startswith("unplugged – waiting for it  ")
    assert "unplugged" not in progress_text(Progress(rows=7))


def test_the_line_leaves_no_thread_behind_and_late_words_are_still_said(capfd):
    line = ProgressLine(every_s=0.0)
    line(Progress(rows=7))
    line.say("in between")
    line.end()
    line.say("much later")
    line.end()
    assert [thread for thread in threading.enumerate() if thread.name == "stance-terminal"] == []
    said = capfd.readouterr().err.splitlines()
    assert "7 frames" in said[0]
    assert said[1:] == ["in between", "much later"]


def test_words_for_a_pipe_that_is_gone_are_lost_quietly(monkeypatch):
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as gone:
        monkeypatch.setattr(sys, "stderr", gone)
        line = ProgressLine()
        line.say("to nobody")  # an error in the thread would fail this test
        line.say("nor this")
        line.end()
        assert not line._lines
        assert line._thread is None
