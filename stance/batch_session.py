"""One session of an archive, analysed: the function that every core and every machine of a cluster runs."""

import traceback
from pathlib import Path
from typing import Any

from analysis.errors import StanceError
from analysis.protocol import ALGORITHM_VERSION, DEFAULT_PROTOCOL
from analysis.steps import StepTable
from daq.bouts import session_bouts
from daq.results import Results
from daq.session import Session, open_session
from stance.batch_job import Job, Outcome
from stance.batch_parts import Bouts, encode_part

DONE, FAILED = "done", "failed"
"""States of a session in its part."""
KEPT = (
    "rig",
    "frames",
    "sample_rate_Hz",
    "lost_frames",
    "duration_s",
    "ended_by",
    "bw_N",
    "bw_source",
    "weight_closure",
)
"""Results that are columns of the table of sessions under the same name."""


class SessionUnseenError(Exception):
    """The file is not what was listed: gone, changed, or not to be seen from this machine. It may be another time."""


def analyse_session(job: Job) -> Outcome:
    """Analyse a session; whatever is wrong with it becomes part of the answer.

    Args:
        job: The session. A SessionUnseenError says that the file is not to be seen here as it was listed.

    Returns:
        The part, with its steps and its line in the table of sessions; and what went wrong, if anything did.

    Raises:
        MemoryError: This machine is too small, or too busy, just now.
    """
    _look(job)
    try:
        with open_session(job.path) as session:
            return Outcome(job, _analysed(job, session))
    except MemoryError:
        raise
    except StanceError as error:
        return failed(job, f"expected {error.expected}, saw {error.seen}")
    except Exception as error:  # a mistake of ours must cost this session, not the night's work
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}, line {last.lineno}"
        return failed(job, f"unexpected {type(error).__name__} ({error}) in {where}")


def failed(job: Job, why: str) -> Outcome:
    """The outcome of a session that cannot be analysed, to be kept like any other.

    Args:
        job: The session.
        why: In words.

    Returns:
        The outcome.
    """
    return Outcome(job, encode_part(StepTable(), Bouts(), {"state": FAILED, "error": why}), why)


def _look(job: Job) -> None:
    try:
        size = Path(job.path).stat().st_size
    except OSError as error:
        raise SessionUnseenError(f"{job.path}: {error.strerror or error}") from error
    if size != job.size:
        raise SessionUnseenError(f"{job.path}: it has {size} bytes now, and had {job.size} when the archive was listed")


def _analysed(job: Job, session: Session) -> bytes:
    table, results, source = _results(job, session)
    spans = session_bouts(session)
    bouts = Bouts(tuple(span.name for span in spans), tuple((span.start_s, span.end_s) for span in spans))
    return encode_part(table, bouts, {"state": DONE, "source": source, **_line(job, session, table, results)})


def _results(job: Job, session: Session) -> tuple[StepTable, Results, str]:
    """Step table, results, and whether they are "raw" or "stored"."""
    from daq.stored import stored_results
    from stance.api import analyze

    name = job.settings.protocol or session.header.protocol_name or DEFAULT_PROTOCOL
    if job.settings.stored:
        results = stored_results(session, protocol=name)
        if results is not None:
            return StepTable(session.steps()), results, "stored"
    analysis = analyze(session, name)
    return analysis.steps, analysis.results, "raw"


def _line(job: Job, session: Session, table: StepTable, results: Results) -> dict[str, Any]:
    """What the table of sessions tells of it."""
    header, settings = session.header, job.settings
    line: dict[str, Any] = {name: results[name] for name in KEPT}
    line |= {
        "session_id": session.session_id,
        "protocol": results["protocol"],
        "algorithm_version": ALGORITHM_VERSION,
        "gaps": len(results["gaps"]),
        "incline_deg": header.incline_deg,
        "steps": table.rows,
        "valid_steps": int(table["valid"].sum()),
        "doubtful": sorted(results["doubtful"]),
        "lights": [(light["name"], light["state"]) for light in results["quality"]],
        "summary": results["summary"],
    }
    if settings.subject:
        line["subject"] = header.subject
    if settings.date:
        line["created_utc"] = header.created_utc
    return line
