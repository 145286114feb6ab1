"""A window on a real X server: it opens at its size, and its text is text, also on a 4K screen."""

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from xserver import x_server

WINDOW = """
import json, sys
from viewer.qt import open_application
application = open_application()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
label = QLabel(sys.argv[1])
label.setStyleSheet("background: white; color: black")
label.resize(400, 100)
label.move(0, 0)
label.show()
QTimer.singleShot(300, lambda: (
    application.primaryScreen().grabWindow(0).save(sys.argv[2]),
    print(json.dumps([application.platformName(), label.devicePixelRatio()])),
    application.quit(),
))
application.exec()
"""


@pytest.fixture(scope="module", params=["1280x720x24", "3840x2160x24"])
def screen(request):
    with x_server(request.param) as screen:
        yield screen, *map(int, request.param.split("x")[:2])


def ink(image, width, height):
    """Where the label is dark."""
    return {(x, y) for x in range(width) for y in range(height) if image.pixelColor(x, y).lightness() < 128}


def test_text_is_text(screen, tmp_path):
    display, width, height = screen
    scale = width // 1280 or 1
    shown = []
    for name, text in (("i", "stance iiii"), ("W", "stance WWWW")):
        done = display.python("-c", WINDOW, text, tmp_path / f"{name}.png", QT_SCALE_FACTOR=str(scale))
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == ["xcb", scale]
        image = QImage(str(tmp_path / f"{name}.png"))
        assert (image.width(), image.height()) == (width, height)
        shown.append(ink(image, 400 * scale, 100 * scale))
    # A font that is missing draws the same box for every letter.
    assert len(shown[0]) > 100 * scale
    assert max(x for x, _ in shown[1]) > max(x for x, _ in shown[0]) + 10 * scale


def test_screen_is_seen_from_another_process(tmp_path):
    waiting = WINDOW.replace("application.quit()", "sys.stdout.flush()")
    with x_server("640x480x24") as display, display.start("-c", waiting, "seen", tmp_path / "own.png") as process:
        assert process.stdout.readline()
        display.grab(tmp_path / "grabbed.png")
        assert process.poll() is None
        own, grabbed = QImage(str(tmp_path / "own.png")), QImage(str(tmp_path / "grabbed.png"))
        assert (grabbed.width(), grabbed.height()) == (640, 480)
        assert ink(grabbed, 400, 100) == ink(own, 400, 100) != set()


def test_server_and_its_clients_end_with_the_block():
    with x_server() as display, display.start("-c", "import time; time.sleep(600)") as process:
        socket = Path(f"/tmp/.X11-unix/X{display.display[1:]}")
        assert socket.exists()
    assert not socket.exists()
    assert process.returncode is not None


def test_without_xvfb_only_a_desk_may_skip(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install xvfb"), x_server():
        pass
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install xvfb"), x_server():
        pass
