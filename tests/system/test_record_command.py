"""`stance record` beyond one plain file: waiting, folders, keys in a terminal, the window beside it."""

import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from recorders import check_whole, until

from daq.control import ControlClient
from daq.recorders import running_recorders
from daq.session import open_session
from stance.cli import run
from stance.commands import demo
from stance.commands.record import press
from stance.window_process import open_window

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals and signals")
ROOT = Path(__file__).parents[2]
RUN = "virtual://virtual?seed=2&speed=5"
FAST = "virtual://virtual?seed=1&speed=max"
IN_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, '-m', 'stance', *sys.argv[1:]])"
)


@contextmanager
def terminal(*arguments, cwd):
    """`stance` at a terminal: give its process, a function that types, and one that gives what was shown."""
    master, slave = os.openpty()
    shown, closed = bytearray(), []
    before = termios.tcgetattr(slave)
    command = [sys.executable, "-c", IN_TERMINAL, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=environment) as process:
        os.set_blocking(master, False)

        def screen():
            try:
                while not closed and (data := os.read(master, 65536)):
                    shown.extend(data)
            except BlockingIOError:
                pass
            return shown.decode(errors="replace")

        try:
            yield process, lambda keys: os.write(master, keys.encode()), screen
            until(lambda: (screen(), process.poll())[1] is not None)
            assert termios.tcgetattr(slave) == before
        finally:
            process.kill()
            screen()
            closed.append(True)
    os.close(master)
    os.close(slave)


def test_keys_set_markers_and_stop(tmp_path):
    with terminal("record", "--port", RUN, "-o", "s.h5", cwd=tmp_path) as (process, press, screen):
        until(lambda: "keys: m marker, q stop" in screen())
        press("m7")
        press("\x1b[A")  # an arrow is no marker
        until(lambda: "marker 7" in screen())
        press("q")
        assert process.wait(30) == 0
    with open_session(tmp_path / "s.h5") as session:
        assert [(e.kind, e.text) for e in session.events if e.kind == "marker"] == [("marker", "m"), ("marker", "7")]
    assert "Recorded in s.h5" in screen()


def test_waiting_at_a_terminal_records_when_told_to(tmp_path):
    with terminal("record", "--port", RUN, "--wait", "--bout", "easy", cwd=tmp_path) as (process, press, screen):
        for number in range(2):
            until(lambda: screen().rpartition("keys: ")[2].startswith("r record, q quit"))
            press("r")
            until(lambda: screen().rpartition("keys: ")[2].startswith("m marker"))
            press("q")
            until(lambda number=number: screen().count("Recorded in") == number + 1)
        until(lambda: screen().rpartition("keys: ")[2].startswith("r record"))
        press("q")
        assert process.wait(30) == 0
    made = sorted((tmp_path / "recordings").iterdir())
    assert len(made) == 2
    for path in made:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}(_2)?\.h5", path.name)
        check_whole(path)
        with open_session(path) as session:
            assert [(e.row, e.text) for e in session.events if e.kind == "bout"] == [(0, "easy")]


def test_ctrl_c_at_a_terminal_ends_properly_and_puts_it_back(tmp_path):
    with terminal("record", "--port", RUN, "-o", "s.h5", cwd=tmp_path) as (process, press, screen):
        until(lambda: "keys: m marker, q stop" in screen())
        press("\x03")
        assert process.wait(30) == 0
    check_whole(tmp_path / "s.h5")


def test_in_the_background_the_terminal_is_left_alone(tmp_path):
    """Touching a terminal from the background would halt the recorder."""
    master, slave = os.openpty()
    command = [sys.executable, "-m", "stance", "record", "--port", FAST, "--seconds", "3", "-o", "s.h5"]
    done = subprocess.run(command, stdin=slave, stderr=slave, stdout=subprocess.PIPE, cwd=tmp_path, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)  # fmt: skip
    assert b"steps" in done.stdout
    assert b"keys:" not in os.read(master, 65536)
    os.close(master)
    os.close(slave)


def test_waiting_without_a_terminal_is_ended_by_a_signal_or_by_quit(tmp_path):
    for how in ("signal", "quit"):
        command = [sys.executable, "-m", "stance", "record", "--port", RUN, "--wait", "-o", "day", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
                              env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:  # fmt: skip
            info = until(lambda pid=process.pid: [info for info in running_recorders() if info.pid == pid])[0]
            with ControlClient.connect(info) as control:
                assert control.call("status")["can_restart"]
                if how == "quit":
                    control.call("quit")
                else:
                    process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        assert json.loads(out)["session"] is None
        assert "Traceback" not in err
    assert [*(tmp_path / "day").iterdir()] == []


def test_a_folder_gives_names_and_is_told(tmp_path, capfd):
    assert run(["record", "--port", FAST, "--seconds", "3", "-o", f"{tmp_path}/new/"]) == 0
    (path,) = (tmp_path / "new").iterdir()
    assert f"Recorded in {path}" in capfd.readouterr().err
    assert run(["record", "--port", FAST]) == 2
    assert "--out" in capfd.readouterr().err


def fake_python(tmp_path, monkeypatch, script):
    """What is started instead of Python: the window's part is played by a shell script."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr("stance.window_process.sys.executable", str(fake))


def test_a_window_that_cannot_open_is_told_and_the_recording_goes_on(tmp_path, monkeypatch, capfd):
    fake_python(tmp_path, monkeypatch, "echo 'stance: window: no display' >&2; exit 2")
    assert run(["record", "--port", RUN, "--seconds", "8", "--view", "-o", str(tmp_path / "s.h5")]) == 0
    err = capfd.readouterr().err
    assert "no display" in err
    assert "the recording goes on" in err
    assert check_whole(tmp_path / "s.h5") == 8000


def test_the_window_is_told_where_and_outlives_the_recording(tmp_path, monkeypatch, capfd):
    said = tmp_path / "said"
    fake_python(tmp_path, monkeypatch, f'cp "$4" {said}.json; echo "$1 $2 $3" $$ > {said}; exec sleep 60')
    assert run(["record", "--port", RUN, "--seconds", "8", "--view", "-o", str(tmp_path / "s.h5")]) == 0
    words = until(lambda: said.exists() and said.read_text().split())
    pid = int(words.pop())
    assert words == ["-m", "stance", "view"]
    assert json.loads(Path(f"{said}.json").read_text())["session"] == str(tmp_path / "s.h5")
    os.kill(pid, 0)  # still there
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert check_whole(tmp_path / "s.h5") == 8000


@pytest.mark.parametrize(("script", "words"), [
    ("exec sleep 60", "The window now replays the session"),
    ("echo 'stance: no display' >&2; exit 2", "Window  stance replay"),
])  # fmt: skip
def test_the_demo_speaks_of_its_window_only_if_there_is_one(script, words, tmp_path, monkeypatch, capfd):
    fake_python(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; {script}")
    monkeypatch.setattr(demo, "window_possible", lambda: True)
    assert run(["demo", "--seconds", "3", "--out", str(tmp_path / "d")]) == 0
    said = capfd.readouterr().err
    with suppress(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    endings = ("The window now replays the session", "Window  stance replay")
    assert [ending for ending in endings if ending in said] == [words]


def test_a_window_knows_whether_it_is_alive(tmp_path, monkeypatch):
    said = []
    fake_python(tmp_path, monkeypatch, "exec sleep 60")
    window = open_window(tmp_path, said.append)
    assert window.alive
    window._process.kill()
    until(lambda: said)
    assert not window.alive
    monkeypatch.setattr("stance.window_process.sys.executable", str(tmp_path / "none"))
    assert not open_window(tmp_path, said.append).alive
    assert "could not be opened" in said[-1]


def test_a_fault_of_ours_does_not_silence_the_keys():
    def fail(*_, **__):
        raise ZeroDivisionError

    said = []
    press(SimpleNamespace(ask=fail), "m", SimpleNamespace(say=said.append))
    assert "ZeroDivisionError" in said[0]
