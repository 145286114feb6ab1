"""Starts LSL as a program of its own beside a recording: whatever becomes of it, the recording goes on."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from daq.channel import raise_again
from daq.errors import LinkError
from daq.lsl.library import need_lsl
from daq.lsl.wish import Wish
from stance.window_process import _DETACHED as DETACHED

__all__ = ["Beside", "lsl_beside"]

READY_S = 30.0
END_S = 8.0
MOST_LINES = 8


class Beside:
    """The LSL process, which understands its wish and waits for a recorder.

    Args:
        process: It.
        words: What it writes on its standard error.
        tell: Is told what it says, in another thread.
    """

    def __init__(self, process: subprocess.Popen[str], words: IO[bytes], tell: Callable[[str], None]) -> None:
        self._process, self._words, self._tell = process, words, tell
        self._ending = False
        self._thread = threading.Thread(target=self._listen, name="stance-lsl", daemon=True)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def follow(self, recorder: Path) -> None:
        """Let it begin.

        Args:
            recorder: File of the recorder.
        """
        self._thread.start()
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.write(f"{recorder}\n")
            self._process.stdin.flush()

    def end(self) -> None:
        """Wait until it has noticed that the recorder is over; not for ever."""
        self._ending = True
        with suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._thread.is_alive():
            self._thread.join(1.0)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._words.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed under us
            for line in self._process.stdout:
                self._tell(str(json.loads(line).get("say", "")))
        code = self._process.wait()
        if code and not self._ending:
            self._words.seek(0)
            said = self._words.read().decode(errors="replace").strip().splitlines()
            self._tell("\n".join([*said[-MOST_LINES:], "LSL has ended with an error; the recording goes on."]))


@contextmanager
def lsl_beside(wish: Wish, tell: Callable[[str], None]) -> Iterator[Beside | None]:
    """Have LSL while the block runs; started before anything is recorded, so that what is wrong is told in time.

    Args:
        wish: What is wanted.
        tell: Is told what it says, perhaps in another thread.

    Yields:
        Beside | None: The process; None if nothing is wanted.
    """
    if not wish.anything:
        yield None
        return
    need_lsl()
    # A file, not a pipe: nobody reads what the library says to nobody, and it must not block on it.
    words = tempfile.TemporaryFile()  # noqa: SIM115 – closed by `Beside.end`
    process = subprocess.Popen(
        [sys.executable, "-m", "daq.lsl.process", wish.to_json()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, text=True, encoding="utf-8", **DETACHED,
    )  # fmt: skip
    beside = Beside(process, words, tell)
    try:
        answer = _first_word(process)
        if "error" in answer:
            raise_again("LSL", answer["error"])
        tell(_reach(wish, closed=bool(answer["closed"])))
        yield beside
    finally:
        beside.end()


def _first_word(process: subprocess.Popen[str]) -> dict[str, Any]:
    patience = threading.Timer(READY_S, process.kill)
    patience.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
    finally:
        patience.cancel()
    if not line:
        raise LinkError(
            "LSL", expected=f"its process ready within {READY_S:g} s", seen="its end",
            next_step="Try it by itself: python -c 'import pylsl'. Without --lsl everything else works.",
        )  # fmt: skip
    found: dict[str, Any] = json.loads(line)
    return found


def _reach(wish: Wish, *, closed: bool) -> str:
    """Who can hear it."""
    if wish.network:
        return "LSL is open to the network: everybody on it can read these streams."
    if closed:
        return "LSL is open to this machine only (--lsl-network opens it)."
    return (
        "LSL is announced on this machine only, but the library's data port is open on every interface: "
        "let the firewall refuse it."
    )
