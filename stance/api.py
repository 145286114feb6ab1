"""The public Python API: what notebooks and scripts call."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.setup import Runner
from analysis.steps import StepTable
from daq.replay import Replay
from daq.results import Results
from daq.session import Session, find_unfinished, recover
from daq.session import open_session as open_finished

__all__ = ["Analysis", "analyze", "force", "open_session"]


@dataclass(frozen=True)
class Analysis:
    """A session analysed."""

    steps: StepTable
    """One row per step, one array per column."""
    results: Results
    """What `stance analyze --json` prints."""

    def to_pandas(self) -> Any:
        """The step table as a pandas data frame; a FormatError says how to get pandas if it is not installed.

        Numbers are floats with NaN where there is no value, texts are categories, `flags` are lists of names, `valid`
        is true or false. `attrs` holds "protocol", "software" and "units", column by column.
        """
        from daq.formats.frames import steps_frame

        return steps_frame(self.steps, {name: self.results[name] for name in ("protocol", "software")})


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


def force(
    session: Session | str | Path,
    protocol: str | None = None,
    *,
    filtered: bool = True,
    start_s: float = 0.0,
    end_s: float = math.inf,
    calibration: str | Path | None = None,
) -> Any:
    """The zeroed force of a session as a pandas data frame, a row per sample.

    Args:
        session: An open session, or the path of one.
        protocol: Name of an analysis protocol; by default the session's own.
        filtered: Whether it is the filtered force that the metrics come from.
        start_s: Beginning, s since the session's first sample.
        end_s: End, s; an hour takes half a gigabyte.
        calibration: Path of another calibration file than the session's own; "none" goes without.

    Returns:
        `time_s`, force in N, moment about the belt's centre in N·m, centre of pressure in m, and `segment`, which
        counts the stretches between gaps; of two belts with `_L` and `_R`. What the rig cannot observe is absent.
    """
    import tempfile

    from daq.formats.frames import force_frame
    from stance.exporting import Choice, protocol_of, session_force

    if not isinstance(session, Session):
        with open_session(session) as opened:
            return force(
                opened, protocol, filtered=filtered, start_s=start_s, end_s=end_s, calibration=calibration
            )  # fmt: skip
    told = None if calibration is None else str(calibration)
    choice = Choice("parquet", protocol=protocol, calibration=told, filtered=filtered, start_s=start_s, end_s=end_s)
    with session_force(session, choice, Path(tempfile.gettempdir())) as (rows, _):
        return force_frame(rows, {"protocol": protocol_of(session, choice), "filtered": filtered})
