"""The window as a screen shows it, opened by the commands that users type."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from stillsource import recorded
from system.recorders import check_whole, until
from xserver import x_server

STORY = {"mass_kg": 82.9, "seconds": 40.0}
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into processes as Linux shows them")


def pixels(image):
    """(height, width, 3) colours."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), 2::-1].copy()


def shown(screen, path, ready, timeout_s=30.0):
    """A picture of the whole screen, as soon as it shows what it should."""

    def picture():
        screen.grab(path)
        seen = pixels(QImage(str(path)))
        return seen if ready(seen) else None

    return until(lambda: (seen := picture()) is not None and (seen,), timeout_s)[0]


def drawn(picture):
    """Whether the window is there and has drawn its views."""
    return len(np.unique(picture[::5, ::5].reshape(-1, 3), axis=0)) > 60


def right_end_of_title(picture, scale):
    """Where the session's name ends, pixels: the longer its letters, the farther right."""
    title = picture[4 * scale : 36 * scale, : 300 * scale].astype(int)
    inked = (np.abs(title - title[0, 0]).sum(axis=2) > 200).any(axis=0)
    return int(np.flatnonzero(inked).max())


def test_a_session_opens_fills_the_screen_and_closes(tmp_path):
    ends = []
    for size, scale, name, theme in (("1280x720", 1, "iiiiii", "light"), ("3840x2160", 2, "WWWWWW", "dark")):
        width, height = (int(number) for number in size.split("x"))
        session = shutil.copy(recorded(**STORY), tmp_path / f"{name}.h5")
        begin = ("-m", "stance", "replay", session, "--paused", "--at", 20, "--theme", theme)
        fill = ("--size", f"{width // scale}x{height // scale}")
        surroundings = {"QT_SCALE_FACTOR": str(scale), "XDG_CONFIG_HOME": str(tmp_path)}
        with x_server(f"{size}x24") as screen, screen.start(*begin, *fill, **surroundings) as process:
            picture = shown(screen, tmp_path / "screen.png", drawn)
            assert process.poll() is None
            assert picture.shape == (height, width, 3)
            assert picture[[1, 1, -2, -2], [1, -2, 1, -2]].any(axis=1).all()  # the bare screen is black
            assert (picture[1, 1].mean() > 128) == (theme == "light")
            ends.append(right_end_of_title(picture, scale) / scale)
            process.send_signal(signal.SIGTERM)
            assert (process.wait(10), process.stderr.read()) == (0, "")
    assert ends[1] > ends[0] + 20  # a font that is missing draws the same box for every letter


def children(parent):
    """Processes that another one has started: number and command."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found[int(entry.name)] = (entry / "cmdline").read_text().split("\0")
        except OSError:  # gone meanwhile
            continue
    return found


def has_open(pid, path):
    """Whether a process has a file open."""
    links = Path(f"/proc/{pid}/fd").glob("*")
    return any(os.path.realpath(link) == os.path.realpath(path) for link in links)


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@linux
def test_the_demo_opens_its_window_which_turns_to_the_replay(tmp_path):
    session = tmp_path / "demo" / "session.h5"
    begin = ("-m", "stance", "demo", "--seconds", 6, "--out", tmp_path / "demo")
    with x_server() as screen, screen.start(*begin, XDG_CONFIG_HOME=str(tmp_path)) as process:
        (window,) = until(lambda: [pid for pid, command in children(process.pid).items() if "view" in command])
        try:
            assert os.getsid(window) == window  # Ctrl-C in the demo's terminal is not for the window
            live = shown(screen, tmp_path / "live.png", drawn)
            assert process.poll() is None  # seen while it is being recorded
            _, said = process.communicate(timeout=60)
            assert (process.returncode, said.count("Traceback")) == (0, 0)
            assert (tmp_path / "demo" / "report.html").exists()
            check_whole(session)
            until(lambda: has_open(window, session))
            bottom = live[-200:]  # of a recorded session overview and transport
            shown(screen, tmp_path / "replay.png", lambda seen: (seen[-200:] != bottom).any(axis=2).mean() > 0.2)
            os.kill(window, signal.SIGTERM)
            until(lambda: not runs(window), timeout_s=10)
        finally:
            if runs(window):
                os.kill(window, signal.SIGKILL)


def test_a_demo_that_nobody_can_see_opens_no_window(tmp_path):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("DISPLAY", "WAYLAND_", "QT_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "stance", "demo", "--seconds", "2", "--out", str(tmp_path / "demo")],
        env=environment, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "No window" in done.stderr
    assert "display" in done.stderr
    assert f"stance replay {tmp_path}" in done.stderr
