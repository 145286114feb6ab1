"""Recorders of a test: commanded, watched, and looked at afterwards."""

import threading
import time
from contextlib import contextmanager

from analysis.steps import StepTable
from daq.replay import Replay
from daq.session import open_session


def until(condition, timeout_s=30.0):
    """Wait for something; give what it was."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def check_whole(path, lost=0):
    """A session that is complete, loses no more than it must, and gives the same steps again; its row count."""
    with open_session(path) as session:
        assert session.ended
        assert session.gaps.lost.sum() == lost
        replay = Replay(session)
        replay.run()
        assert replay.analyser.table.equals(StepTable(session.steps()))
        return session.rows


@contextmanager
def running(recorder):
    """A recorder in a thread of this process, ready for commands; gives a list that its results are put into."""
    ended = []
    thread = threading.Thread(target=lambda: ended.append(recorder.run()))
    thread.start()
    try:
        yield ended
    finally:
        recorder.stop()
        thread.join(60)
        assert not thread.is_alive()
