"""A virtual X server, to see a window as a screen shows it: real fonts, real sizes, no window manager."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

GRAB = """
import sys
from viewer.qt import open_application
application = open_application()
assert application.primaryScreen().grabWindow(0).save(sys.argv[1])
"""
"""Saves the whole screen; in a process of its own it disturbs nobody who draws there."""


@dataclass(frozen=True)
class Screen:
    """The one screen of a virtual X server."""

    display: str

    def environment(self, **more):
        """What a process needs to draw here."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "WAYLAND_"))}
        return {**clean, "QT_QPA_PLATFORM": "xcb", "DISPLAY": self.display, **more}

    @contextmanager
    def start(self, *arguments, **environment):
        """Run `python *arguments` beside the test; it is ended with the block, if it has not ended by itself."""
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], env=self.environment(**environment), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def python(self, *arguments, timeout=60, **environment):
        """Run `python *arguments`, such as ("-c", text) or ("-m", "stance", "demo"), to its end."""
        return subprocess.run(
            [sys.executable, *map(str, arguments)], env=self.environment(**environment), text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip

    def grab(self, path):
        """Save what the screen shows to an image file."""
        done = self.python("-c", GRAB, path)
        assert done.returncode == 0, done.stderr


@contextmanager
def x_server(size="1280x720x24", *, reset=False):
    """Start an X server on a free display, and stop it with the block. Skips the test where there is no Xvfb.

    With `reset` it begins anew when its last client leaves, as X servers do unless they are told not to.
    """
    if shutil.which("Xvfb") is None:
        reason = "Xvfb is not installed (Debian, Ubuntu: sudo apt-get install xvfb)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    hear, tell = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tell), "-screen", "0", size, "-nolisten", "tcp", *([] if reset else ["-noreset"])],
        pass_fds=(tell,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(tell)
    try:
        with os.fdopen(hear) as answer:
            number = answer.readline().strip()  # comes when the server is ready; empty if it ended
        assert number, f"Xvfb ended with {server.wait()}"
        yield Screen(f":{number}")
    finally:
        server.terminate()
        server.wait(10)
