"""The recorder in a process of its own, so that nothing a window does can cost a sample.

The process outlives its parent: a window that dies leaves the recording running, and another one can attach through
`daq.control`.
"""

import multiprocessing
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from analysis.errors import StanceError
from daq.control import ControlClient
from daq.errors import DeviceError
from daq.recorder import Recorder, RecordOptions
from daq.recorders import running_recorders
from daq.results import Results

START_S = 30.0


class RecorderProcess:
    """Starts a recorder, talks to it, and takes its results or its error."""

    def __init__(self, options: RecordOptions) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system, and no inherited state
        self._results, child_end = context.Pipe(duplex=False)
        self._process = context.Process(target=_record, args=(options, child_end), name="stance-recorder")
        self._process.start()
        child_end.close()

    @property
    def pid(self) -> int | None:
        """Process id of the recorder."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        return self._process.is_alive()

    def connect(self, timeout_s: float = START_S) -> ControlClient:
        """Open a command channel, waiting until the recorder has found its device.

        Args:
            timeout_s: Longest wait.

        Returns:
            The channel. An error that ended the recorder meanwhile is raised here.

        Raises:
            DeviceError: The recorder did not get ready in time.
        """
        waited = 0.0
        while waited < timeout_s:
            found = [info for info in running_recorders() if info.pid == self.pid]
            if found:
                return ControlClient.connect(found[0])
            if self._results.poll(0.05) or not self.alive:
                self.wait()  # raises what ended it
                break
            waited += 0.05
        raise DeviceError("recorder", expected=f"a recorder ready within {timeout_s:g} s", seen="none",
                          next_step="Check the device: stance doctor")  # fmt: skip

    def wait(self) -> Results:
        """Wait for the end of the recording.

        Returns:
            Its results; an error that ended it is raised here as it was there.

        Raises:
            DeviceError: The process died without a word.
        """
        try:
            outcome: Results | BaseException = self._results.recv()
        except EOFError as error:
            self._process.join()
            raise DeviceError(
                f"recorder process {self.pid}",
                expected="results",
                seen=f"its death (exit code {self._process.exitcode})",
                next_step="What was recorded is in the journal: stance recover finishes it.",
            ) from error
        self._process.join()
        return _unwrap(outcome)


def _unwrap(outcome: Results | BaseException) -> Results:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _record(options: RecordOptions, results: Connection) -> None:
    """Run in the child: Ctrl-C in the terminal is the parent's to handle, a polite kill ends the recording."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outcome: Any
    try:
        recorder = Recorder(options)
        signal.signal(signal.SIGTERM, lambda _number, _frame: recorder.stop())
        outcome = recorder.run()
    except StanceError as error:
        outcome = error
    except Exception as error:  # our own fault: its text must reach the parent even if its type cannot
        outcome = RuntimeError(f"{type(error).__name__}: {error}")
    with suppress(OSError):  # the parent may be gone; the session is closed all the same
        results.send(outcome)
