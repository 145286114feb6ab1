"""Opens the window as a program of its own beside a recording: whatever becomes of it, the recording goes on."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Window", "open_window"]

MOST_LINES = 8


class Window:
    """A window that was opened, or could not be.

    Args:
        process: Its process, if there is one.
    """

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    @property
    def alive(self) -> bool:
        """Whether it is still there."""
        return self._process is not None and self._process.poll() is None


def open_window(where: Path, tell: Callable[[str], None], arguments: Sequence[str] = ()) -> Window:
    """Start `stance view` and leave it alone.

    Args:
        where: File of the recorder to attach to.
        tell: Is told, in another thread, if the window could not open.
        arguments: More for `stance view`.

    Returns:
        The window.
    """
    # A file, not a pipe: the window may outlive this program, and must not fail at its own words then.
    words = tempfile.TemporaryFile()  # noqa: SIM115 – closed by the one who waits
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "stance", "view", str(where), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words, **_DETACHED,
        )  # fmt: skip
    except OSError as error:
        words.close()
        tell(f"The window could not be opened ({error}); the recording goes on.")
        return Window(None)

    def wait() -> None:
        with words:
            if process.wait():
                words.seek(0)
                said = words.read().decode(errors="replace").strip().splitlines()
                tell("\n".join([*said[-MOST_LINES:], "The window has closed with an error; the recording goes on."]))

    threading.Thread(target=wait, name="stance-window", daemon=True).start()
    return Window(process)


if sys.platform == "win32":
    _DETACHED: dict[str, Any] = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _DETACHED: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in the terminal is the recorder's
