"""The public Python API: what notebooks and scripts call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.setup import Runner
from analysis.steps import StepTable
from daq.replay import Replay
from daq.results import Results
from daq.session import Session, find_unfinished, recover
from daq.session import open_session as open_finished

__all__ = ["Analysis", "analyze", "open_session"]


@dataclass(frozen=True)
class Analysis:
    """A session analysed."""

    steps: StepTable
    """One row per step, one array per column."""
    results: Results
    """What `stance analyze --json` prints."""


def open_session(path: str | Path) -> Session:
    """Open a recorded session; one that was interrupted is finished first.

    Args:
        path: Session file.

    Returns:
        The session, to be used as a context manager. A SessionError says why there is none.
    """
    path = Path(path)
    if not path.exists() and find_unfinished(path) is not None:
        recover(path)
    return open_finished(path)


def analyze(
    session: Session | str | Path,
    protocol: str | None = None,
    *,
    contact_levels: tuple[str, ...] = (),
    runner: Runner | None = None,
    calibration: str | Path | None = None,
) -> Analysis:
    """Recompute the steps of a session from its raw counts.

    Args:
        session: An open session, or the path of one.
        protocol: Name of an analysis protocol; by default the session's own.
        contact_levels: Further thresholds for contact time, such as "30N" or "10pctBW".
        runner: What is known of the runner by now; it wins over what the session says.
        calibration: Path of another calibration file than the session's own; "none" takes the cells as their data
            sheets say.

    Returns:
        The step table and the results.
    """
    if not isinstance(session, Session):
        with open_session(session) as opened:
            return analyze(opened, protocol, contact_levels=contact_levels, runner=runner, calibration=calibration)
    replay = Replay(session, protocol=protocol, contact_levels=contact_levels, said=runner, calibration=calibration)
    results: dict[str, Any] = replay.run()
    return Analysis(replay.analyser.table, results)
