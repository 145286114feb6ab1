"""Sessions: write one, open one, finish an interrupted one. Everything others need, in one place."""

from daq.recover import Recovery, find_unfinished, recover
from daq.session_format import ClockPairs, Epochs, Event, Gaps, SessionHeader
from daq.session_open import open_session
from daq.session_reader import Session
from daq.session_writer import SessionWriter

__all__ = [
    "ClockPairs",
    "Epochs",
    "Event",
    "Gaps",
    "Recovery",
    "Session",
    "SessionHeader",
    "SessionWriter",
    "find_unfinished",
    "open_session",
    "recover",
]
