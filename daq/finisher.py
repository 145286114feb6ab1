"""Finishes takes beside the recording: the end of the analysis and the HDF5 file of a long session take seconds."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from analysis.errors import StanceError
from daq.results import Results
from daq.take import Take

__all__ = ["Finisher", "finish_take"]

_log = logging.getLogger(__name__)
OnFinished = Callable[[Path, BaseException | None], None]


def finish_take(take: Take, link: dict[str, object]) -> Results:
    """End a take; if that fails its journal is kept as it is.

    Args:
        take: The take, which nobody feeds any more.
        link: Counters of the link over it.

    Returns:
        Its results.

    Raises:
        BaseException: It could not be finished.
    """
    try:
        results = take.finish()
    except BaseException:
        take.abandon()
        raise
    return {**results, "link": link}


class Finisher:
    """Finishes one take after the other in a thread of its own.

    Args:
        on_finished: Is told of each in that thread: its path, and what went wrong.
    """

    def __init__(self, on_finished: OnFinished | None = None) -> None:
        self._pool = ThreadPoolExecutor(1, "stance-finish")
        self._on_finished = on_finished
        self._lock = threading.Lock()
        self._busy: list[str] = []
        self._latest: Future[Results] | None = None
        self.last_session = ""
        self.last_error = ""

    @property
    def busy(self) -> str:
        """Path of the session being finished; empty if none is."""
        with self._lock:
            return self._busy[0] if self._busy else ""

    def submit(self, take: Take, link: dict[str, object], error: StanceError | None = None) -> None:
        """Finish a take when those before it are.

        Args:
            take: The take; from now on it belongs to the finisher.
            link: Counters of the link over it.
            error: What ended it before its time, if anything did.
        """
        with self._lock:
            self._busy.append(_name(take))
        self._latest = self._pool.submit(self._finish, take, link, error)

    def fail(self, text: str) -> None:
        """Note that something else went wrong that a person must hear of.

        Args:
            text: What.
        """
        self.last_error = text

    def finish_now(self, take: Take, link: dict[str, object]) -> Results:
        """Finish the last take in the caller's thread, when those before it are.

        Args:
            take: The take.
            link: Counters of the link over it.

        Returns:
            Its results.
        """
        self.wait()
        with self._lock:
            self._busy.append(_name(take))
        return self._finish(take, link, None)

    def wait(self) -> None:
        """Wait until everything is finished; nothing more can be submitted."""
        self._pool.shutdown(wait=True)

    def results(self) -> Results | None:
        """Wait for everything, then give the results of the last recording.

        Returns:
            Results; None if there was none. What went wrong with it is raised.
        """
        self.wait()
        return None if self._latest is None else self._latest.result()

    def _finish(self, take: Take, link: dict[str, object], error: StanceError | None) -> Results:
        failure: BaseException | None = error
        try:
            return self._written(take, link, error)
        except BaseException as caught:
            failure = caught
            raise
        finally:
            self._note(take, failure)

    def _written(self, take: Take, link: dict[str, object], error: StanceError | None) -> Results:
        try:
            return finish_take(take, link)
        except Exception as second:
            if error is None:
                if not isinstance(second, StanceError):
                    _log.exception("finishing failed")
                raise
            error.add_note(f"The session could not be finished either: {second}")
            raise error from second

    def _note(self, take: Take, failure: BaseException | None) -> None:
        with self._lock:
            self._busy.pop(0)
            if failure is None:
                self.last_error = ""
            else:
                self.last_error = " ".join([str(failure), *getattr(failure, "__notes__", ())])
            if take.path is not None and take.path.exists():
                self.last_session = _name(take)
        if self._on_finished is not None and take.path is not None:
            self._on_finished(take.path, failure)


def _name(take: Take) -> str:
    return "" if take.path is None else str(take.path.absolute())


def nothing_recorded(take: Take) -> dict[str, Any]:
    """Results of a recorder that never recorded.

    Args:
        take: One that got no frame.

    Returns:
        Results without frames.
    """
    return finish_take(take, {})
