"""A finished session with its steps and results: as they were recorded, or analysed now where they were not."""

from dataclasses import dataclass
from pathlib import Path

from analysis.protocol import DEFAULT_PROTOCOL
from analysis.steps import StepTable
from daq.replay import Replay
from daq.results import Results
from daq.session_format import SessionHeader
from daq.session_open import open_session
from daq.session_reader import Session
from daq.stored import stored_results


@dataclass(frozen=True)
class Analysed:
    """A session, analysed."""

    path: Path
    """The file."""
    session_id: str
    """Random name given when it was recorded."""
    header: SessionHeader
    """What was known when it was recorded."""
    results: Results
    """What `stance analyze --json` prints."""
    table: StepTable
    """Its steps."""


def protocol_of(session: Session) -> str:
    """Name of the protocol that a session is analysed under unless another is asked for."""
    return session.header.protocol_name or DEFAULT_PROTOCOL


def analysed(path: Path | str, protocol: str | None = None) -> Analysed:
    """A session with its steps.

    Args:
        path: The session. A StanceError says why it cannot be read or analysed.
        protocol: Name of a protocol; None for the session's own.

    Returns:
        The session, analysed; at once where the steps of that protocol are stored.
    """
    path = Path(path)
    with open_session(path) as session:
        wanted = protocol or protocol_of(session)
        results = stored_results(session, protocol=wanted)
        if results is not None:
            return Analysed(path, session.session_id, session.header, results, StepTable(session.steps()))
        replay = Replay(session, protocol=wanted)
        results = replay.run()
        return Analysed(path, session.session_id, session.header, results, replay.analyser.table)
