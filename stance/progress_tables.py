"""A runner's progress as plain values: one JSON object, or rows of a CSV file."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from analysis.progress import Progress, SpeedTrends
from analysis.progress_load import Load, Week
from analysis.progress_trend import Baseline, Point, Trend
from daq.errors import SessionError
from daq.replace_file import replace_file
from daq.session_format import plain
from stance.progress_data import Found
from viewer.report.pages import refuse_page
from viewer.report.progress_words import notes_of, plain_line

CSV_COLUMNS = (
    "session", "created_utc", "speed_m_s", "incline_deg", "kind", "metric", "mean", "low", "high", "method", "bouts",
    "steps", "u_scatter", "u_instrument", "state", "doubt", "baseline_mean", "mdc", "changed_before",
)  # fmt: skip
"""One row per session, speed and metric (kind "run" or "drill"), and per session and sum (kind "load")."""


def progress_json(found: Found) -> dict[str, Any]:
    """Everything, as `--json` prints it.

    Args:
        found: What the folder held.

    Returns:
        Plain values; null where something is not known.
    """
    progress = found.progress
    whole: dict[str, Any] = plain({
        "runner": progress.runner,
        "protocol": progress.protocol,
        "baseline_days": progress.baseline_days,
        "sessions": [_session(progress, number) for number in range(len(progress.sessions))],
        "speeds": [_speed(progress, speeds) for speeds in progress.speeds],
        "weeks": [_week(week) for week in progress.weeks],
        "changes": [{"session": _name(progress, c.session), "words": c.words} for c in progress.changes],
        "notes": [*found.notes, *notes_of(progress)],
        "skipped": [{"file": str(one.path), "reason": one.reason} for one in found.skipped],
    })  # fmt: skip
    return whole


def _name(progress: Progress, session: int) -> str:
    return progress.sessions[session].name


def _session(progress: Progress, number: int) -> dict[str, Any]:
    one = progress.sessions[number]
    bouts = [
        {"name": b.name, "drill": b.drill, "speed_m_s": b.speed_m_s, "incline_deg": b.incline_deg, "steps": b.steps}
        for b in one.bouts
    ]
    return {
        "session": one.name, "created_utc": one.created_utc, "bouts": bouts, "too_short": one.too_short,
        "drills": one.marks, "attention": one.attention, "load": one.load.as_dict(),
    }  # fmt: skip


def _speed(progress: Progress, speeds: SpeedTrends) -> dict[str, Any]:
    return {
        "speed_m_s": speeds.speed_m_s,
        "incline_deg": speeds.incline_deg,
        "sessions": len(speeds.sessions),
        "metrics": {name: _trend(progress, trend) for name, trend in speeds.trends.items()},
    }


def _trend(progress: Progress, trend: Trend) -> dict[str, Any]:
    return {
        "baseline": None if trend.baseline is None else _baseline(trend.baseline),
        "points": [_point(progress, point) for point in trend.points],
        "drills": [_point(progress, point) for point in trend.drills],
        "line": plain_line(progress, trend),
    }


def _baseline(base: Baseline) -> dict[str, Any]:
    return {"days": base.days, "mean": base.mean, "sem": base.sem, "mdc": base.mdc, "limit": base.limit,
            "false_alarm": base.false_alarm}  # fmt: skip


def _point(progress: Progress, point: Point) -> dict[str, Any]:
    one = point.interval
    return {
        "session": _name(progress, point.session), "sessions": [_name(progress, one) for one in point.sessions],
        "mean": one.mean, "low": one.low, "high": one.high,
        "method": one.method, "bouts": one.bouts, "steps": one.steps, "u_scatter": one.u_scatter,
        "u_instrument": one.u_instrument, "state": point.state or None, "doubt": point.doubt or None,
    }  # fmt: skip


def _week(week: Week) -> dict[str, Any]:
    monday = date.fromordinal(week.monday).isoformat()
    return {"monday": monday, "sessions": week.sessions, "load": week.load.as_dict(), "ratio": dict(week.ratio)}


def write_progress_csv(path: Path, progress: Progress) -> None:
    """Write every point and every sum as a row of `CSV_COLUMNS`.

    Args:
        path: New file; an existing one is refused.
        progress: The runner.

    Raises:
        SessionError: The file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, CSV_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(progress))
    refuse_page(path)
    try:
        replace_file(path, text.getvalue())
    except OSError as error:
        raise SessionError(str(path), expected="a new file to write", seen=str(error.strerror or error),
                           next_step="Choose another name.") from error  # fmt: skip


def _rows(progress: Progress) -> Iterator[dict[str, Any]]:
    for speeds in progress.speeds:
        for trend in speeds.trends.values():
            at = {"speed_m_s": speeds.speed_m_s, "incline_deg": speeds.incline_deg, "metric": trend.metric}
            for kind, points in (("run", trend.points), ("drill", trend.drills)):
                for point in points:
                    yield _of_session(progress, point.session) | at | {"kind": kind} | _cells(progress, trend, point)
    for number, session in enumerate(progress.sessions):
        for metric, value in _sums(session.load):
            doubt = session.load.doubt.get(metric.split("_")[1], "")
            yield _of_session(progress, number) | {"kind": "load", "metric": metric, "mean": value, "doubt": doubt}


def _cells(progress: Progress, trend: Trend, point: Point) -> dict[str, Any]:
    cells = {name: "" if value is None else value for name, value in _point(progress, point).items()}
    cells["session"] = " + ".join(cells.pop("sessions"))
    base = trend.baseline
    return cells | ({} if base is None else {"baseline_mean": base.mean, "mdc": base.mdc})


def _of_session(progress: Progress, number: int) -> dict[str, Any]:
    session = progress.sessions[number]
    change = next((change.words for change in progress.changes if change.session == number), "")
    return {"session": session.name, "created_utc": session.created_utc, "changed_before": change}


def _sums(load: Load) -> Iterator[tuple[str, Any]]:
    yield "load_contacts", load.contacts
    yield "load_contacts_left_out", load.left_out
    yield "load_impacts", "" if load.impacts is None else load.impacts
    yield "load_impacts_unclear", load.impacts_unclear
    for foot, value in load.impulse_BW_s.items():
        yield f"load_impulse_{foot}_BW_s", value
    for foot, value in (load.impulse_kN_s or {}).items():
        yield f"load_impulse_{foot}_kN_s", value
    yield "load_valr_per_km_BW_s", "" if load.valr_per_km is None else load.valr_per_km
    yield "load_km", "" if load.km is None else load.km
    yield "load_walking_contacts", load.walking_contacts
    yield "load_walking_km", "" if load.walking_km is None else load.walking_km
