"""What keeps the window from opening is said in one message that names what to type next; nothing is left running."""

import os
import re
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import h5py
import pytest
from recorders import running, until

from daq.recorder import Recorder, RecordOptions
from daq.recorders import running_recorders
from tests.system.chain import record

ROOT = Path(__file__).parents[2]
MAX = "virtual://virtual?seed=1&speed=max"


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path = tmp_path_factory.mktemp("sessions") / "s.h5"
    record(MAX, path, seconds=8.0, mass_kg=82.9)
    return path


def stance(*arguments, folder=ROOT, **environment):
    """Run the command line where there is no display."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("QT_", "DISPLAY", "WAYLAND_", "XDG_"))}
    return subprocess.run(
        [sys.executable, "-m", "stance", *map(str, arguments)], cwd=folder, timeout=60, check=False,
        env={**clean, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": os.environ["TMPDIR"], **environment},
        capture_output=True, text=True,
    )  # fmt: skip


def refusal(*arguments, **options):
    """The one message of a command that was refused."""
    done = stance(*arguments, **options)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (message,) = [line for line in done.stderr.splitlines() if line]
    assert re.match(r"stance: .+: expected .+, saw .+\.", message), message
    return message


@contextmanager
def recording(*sessions):
    """Recorders in real time in this process."""
    with ExitStack() as cleanup:
        for path in sessions:
            options = RecordOptions(rig="virtual", port="virtual://virtual", out=str(path))
            cleanup.enter_context(running(Recorder(options)))
            until(lambda path=path: str(path) in [info.session for info in running_recorders()])
        yield


def test_no_recorder_to_attach_to():
    message = refusal("view")
    for words in ("saw none", "stance record --wait --view", "stance demo", "stance replay FILE"):
        assert words in message


def test_a_recorded_session_is_for_replay(session):
    assert f"stance replay {session}" in refusal("view", session)


def test_several_recorders_and_the_wrong_one(tmp_path):
    with recording(tmp_path / "a.h5", tmp_path / "b.h5"):
        message = refusal("view")
        assert "expected one running recorder" in message
        assert f"{tmp_path}/a.h5, {tmp_path}/b.h5" in message
        assert f"stance view {tmp_path}/" in message
        message = refusal("view", tmp_path / "c.h5")
        assert "being recorded right now" in message
        assert f"{tmp_path}/a.h5" in message
        (tmp_path / "pictures").mkdir()
        # The picture of one of them; a path may lead round about.
        done = stance("view", "../b.h5", "--screenshot", "b.png", folder=tmp_path / "pictures")
        assert (done.returncode, done.stderr) == (0, "")
        size = (tmp_path / "pictures" / "b.png").read_bytes()[16:24]
        assert (int.from_bytes(size[:4], "big"), int.from_bytes(size[4:], "big")) == (1280, 720)
        assert len(running_recorders()) == 2


def test_a_picture_of_a_session_needs_no_display(session, tmp_path):
    for page in ("standard", "compare"):
        done = stance("replay", session, "--screenshot", tmp_path / f"{page}.png", "--page", page, "--size", "1024x640")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "standard.png").read_bytes() != (tmp_path / "compare.png").read_bytes()


def test_no_session(tmp_path, session):
    (tmp_path / "text.h5").write_text("no session")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1, 2]
    for name, words in {"none.h5": "nothing of that name", "text.h5": "expected a session", ".": "a directory"}.items():
        assert words in refusal("replay", tmp_path / name)
    begin = ("replay", session, "--screenshot", tmp_path / "x.png")
    assert "of another program" in refusal(*begin, "--reference", tmp_path / "other.h5")
    assert not (tmp_path / "x.png").exists()


def test_an_unfinished_session(tmp_path):
    path = tmp_path / "u.h5"
    with recording(path):
        message = refusal("replay", path)  # its journal
        assert "unfinished" in message
        assert f"stance recover {path}" in message


def test_no_display(session):
    message = refusal("replay", session)
    for words in ("neither DISPLAY nor WAYLAND_DISPLAY", "--screenshot", "ssh -X"):
        assert words in message


@pytest.mark.parametrize("package", ["PySide6", "pyqtgraph"])
def test_the_window_is_not_installed(package, session, tmp_path):
    shadow = tmp_path / package
    shadow.mkdir()
    (shadow / "__init__.py").write_text(f"raise ModuleNotFoundError('none', name={package!r})\n")
    message = refusal("replay", session, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}", QT_QPA_PLATFORM="offscreen")
    assert f"the Python package {package}" in message
    assert "-m pip install" in message
    assert f"replay {session}" not in message


def test_a_picture_that_cannot_be_written(session, tmp_path):
    assert "no folder" in refusal("replay", session, "--screenshot", tmp_path / "none" / "x.png")
    assert "saw .jpg" in refusal("replay", session, "--screenshot", tmp_path / "x.jpg")
    assert "For example: --screenshot x.png" in refusal("replay", session, "--screenshot", tmp_path / "x")
    (tmp_path / "d.png").mkdir()
    assert "a refusal" in refusal("replay", session, "--screenshot", tmp_path / "d.png")


@pytest.mark.parametrize("size", ["12", "0x0", "-3x4"])
def test_no_size(session, size):
    done = stance("replay", session, f"--size={size}")
    assert done.returncode == 2
    assert f"'{size}' is no size such as 1280x720" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_targets(session, tmp_path):
    (tmp_path / "t.toml").write_text("= no targets")
    message = refusal("replay", session, "--targets", tmp_path / "t.toml", QT_QPA_PLATFORM="offscreen")
    assert str(tmp_path / "t.toml") in message


def test_a_window_that_cannot_open_beside_a_recording_says_so_and_the_recording_goes_on(tmp_path):
    done = stance("record", "--port", "virtual://virtual", "--seconds", 2, "-o", tmp_path / "s.h5", "--view")
    assert done.returncode == 0
    for words in ("neither DISPLAY nor WAYLAND_DISPLAY", "The window has closed with an error; the recording goes on"):
        assert words in done.stderr
    assert "2000 frames, 0 lost" in done.stdout
    assert "Traceback" not in done.stderr


def test_nothing_is_left_running():
    assert running_recorders() == []
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("stance")] == []
