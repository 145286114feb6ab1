"""One process that analyses sessions, as its parent sees it."""

import os
import pickle
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

from stance.batch_job import Job, Outcome
from stance.batch_worker import DONE, READY

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Small matrices on all cores at once: more threads would only wait for each other."""
# A group of its own, so that Ctrl-C reaches the batch alone, which then ends it.
_APART: dict[str, Any]
if sys.platform == "win32":
    _APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _APART = {"start_new_session": True}


class WorkerDied(Exception):  # noqa: N818 - it is what happened
    """A process ended in the middle of a session, or before it could begin."""


class Worker:
    """One process. WorkerDied says that it did not get ready."""

    def __init__(self) -> None:
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 – closed with the process
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "stance.batch_worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._words, env=environment, **_APART,
        )  # fmt: skip
        self.done = 0

    def ready(self) -> None:
        """Wait until it can begin.

        Raises:
            WorkerDied: It ended before.
        """
        if self._read()[0] != READY:
            raise WorkerDied("it does not speak as it should")

    def analyse(self, job: Job) -> Outcome:
        """Let it analyse a session. WorkerDied says that it ended meanwhile.

        Args:
            job: The session.

        Returns:
            What became of it.
        """
        assert self.process.stdin is not None
        with suppress(OSError):  # it is gone: reading tells how
            pickle.dump(job, self.process.stdin, pickle.HIGHEST_PROTOCOL)
            self.process.stdin.flush()
        kind, content = self._read()
        self.done += 1
        return content if kind == DONE else Outcome(job, None, content)

    def _read(self) -> tuple[str, Any]:
        assert self.process.stdout is not None
        try:
            answer: tuple[str, Any] = pickle.load(self.process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise WorkerDied(self._how_it_died()) from error
        return answer

    def _how_it_died(self) -> str:
        code = self.process.wait()
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 2000))
        words = self._words.read().decode(errors="replace").strip().splitlines()
        return f"{how}: {words[-1]}" if words else how

    def kill(self) -> None:
        """End it at once; from any thread, as often as one likes."""
        with suppress(OSError):
            self.process.kill()

    def close(self) -> None:
        """End it, and wait until it is gone."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self._words):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
