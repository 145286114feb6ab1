"""The page of a runner's progress: trends at matched speed, and the load of every week."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from analysis.progress import Progress, SessionFacts, SpeedTrends
from analysis.progress_load import Load, Week
from viewer.report.labels import LIGHTS
from viewer.report.pages import put_page, refuse_page, render_page
from viewer.report.progress_figures import load_group, trend_groups
from viewer.report.progress_words import MAIN, change_lines, day_words, notes_of, speed_words, trend_rows
from viewer.report.words import count, duration, number

TEMPLATE = "progress.html.j2"
MOST_WEEKS = 26
"""Weeks in the table, the latest; the figures show all."""
FEET = {"L": "left", "R": "right", "?": "not known"}


def write_progress(
    progress: Progress, out: Path, *, skipped: Sequence[tuple[str, str]] = (), notes: Sequence[str] = ()
) -> None:
    """Write the page; an existing one is refused.

    Args:
        progress: The runner.
        out: The page.
        skipped: Files that are not in it, and why.
        notes: What people should know of how it was put together.
    """
    refuse_page(out)
    put_page(render_page(TEMPLATE, page_context(progress, skipped, notes)), out)


def page_context(progress: Progress, skipped: Sequence[tuple[str, str]], notes: Sequence[str]) -> dict[str, Any]:
    """What the template shows.

    Args:
        progress: The runner.
        skipped: Files that are not in it, and why.
        notes: What people should know.

    Returns:
        Names and values.
    """
    return {
        "title": f"Progress: {progress.runner}" if progress.runner else "Progress",
        "facts": _facts(progress),
        "speeds": [_speed(progress, speeds) for speeds in progress.speeds],
        "changes": list(change_lines(progress)),
        "groups": trend_groups(progress),
        "load": load_group(progress.weeks),
        "weeks": [week_row(week) for week in progress.weeks[-MOST_WEEKS:]],
        "weeks_left": max(0, len(progress.weeks) - MOST_WEEKS),
        "sessions": [_session(progress, number) for number in range(len(progress.sessions))],
        "loads": [_load_row(day_words(progress, n), one.load) for n, one in enumerate(progress.sessions)],
        "doubts": _load_doubts(progress),
        "notes": [*notes, *notes_of(progress)],
        "skipped": list(skipped),
        "protocol": progress.protocol,
    }


def _facts(progress: Progress) -> list[str]:
    days = [session.day for session in progress.sessions if session.day is not None]
    span = [f"{date.fromordinal(days[0])} to {date.fromordinal(days[-1])}"] if days else []
    return [count(len(progress.sessions), "session"), *span, f"protocol {progress.protocol}"]


def _speed(progress: Progress, speeds: SpeedTrends) -> dict[str, Any]:
    main = trend_rows(progress, speeds, MAIN)
    return {
        "title": speed_words(speeds),
        "sessions": count(len(speeds.sessions), "session"),
        "main": main,
        "rest": [row for row in trend_rows(progress, speeds) if row.metric not in MAIN],
    }


def week_row(week: Week) -> dict[str, str]:
    """A week's load in text.

    Args:
        week: The week.

    Returns:
        Cells by name; "ratio" tells it against the week before.
    """
    ratios = [f"{words} ×\N{NO-BREAK SPACE}{number(value, 2)}" for words, value in _ratios(week.ratio)]
    return _load_row(date.fromordinal(week.monday).isoformat(), week.load) | {
        "sessions": f"{week.sessions}", "ratio": ", ".join(ratios) or "–",
    }  # fmt: skip


def _ratios(ratio: Mapping[str, float | None]) -> Iterator[tuple[str, float]]:
    names = {"contacts": "contacts", "impacts": "impacts", "impulse_BW_s": "impulse", "km": "km"}
    for what, words in names.items():
        value = ratio[what]
        if value is not None:
            yield words, value


def _load_row(when: str, load: Load) -> dict[str, str]:
    doubt = {what: " ?" if what in load.doubt else "" for what in ("impacts", "impulse")}
    impulse = load.impulse_BW_s if load.impulse_kN_s is None else load.impulse_kN_s
    unit = "BW·s" if load.impulse_kN_s is None else "kN·s"
    feet = [f"{FEET[foot]} {number(value, 1)}" for foot, value in impulse.items()]
    return {
        "when": when,
        "contacts": f"{load.contacts:,}",
        "impacts": "–" if load.impacts is None else f"{load.impacts:,}{doubt['impacts']}",
        "unclear": f"{load.impacts_unclear:,}",
        "impulse": f"{', '.join(feet)} {unit}{doubt['impulse']}" if feet else "–",
        "BW_s": number(load.total_BW_s, 0),
        "valr": "–" if load.valr_per_km is None else f"{load.valr_per_km:,.0f}",
        "km": _km(load),
        "left_out": f"{load.left_out:,}",
        "time": duration(load.running_s),
        "walking": f"{load.walking_contacts:,}" if load.walking_contacts else "–",
    }


def _km(load: Load) -> str:
    if load.km is None:
        return "not known"
    source = {"measured": "", None: "", "set": " (set speed)"}.get(load.km_source, " (partly set speed)")
    return f"{number(load.km, 2)}{source}"


def _load_doubts(progress: Progress) -> list[str]:
    words = {"impacts": "Impacts", "impulse": "Impulse", "valr": "Σ VALR"}
    found = {f"{words[what]}: {why}" for session in progress.sessions for what, why in session.load.doubt.items()}
    return sorted(found)


def _session(progress: Progress, at: int) -> dict[str, Any]:
    session = progress.sessions[at]
    change = next((change.words for change in progress.changes if change.session == at), "")
    return {
        "when": day_words(progress, at),
        "name": session.name,
        "bouts": _bouts(session),
        "drills": ", ".join(session.marks),
        "change": change,
        "attention": ", ".join(LIGHTS.get(name, name.replace("_", " ")) for name in session.attention),
    }


def _bouts(session: SessionFacts) -> str:
    """Bouts in words: "easy ×3 at 3.00 m/s"."""
    seen: dict[tuple[str, str], int] = {}
    for bout in session.bouts:
        speed = "" if bout.speed_m_s is None else f" at {number(bout.speed_m_s, 2)} m/s"
        key = (bout.name or "whole session", speed)
        seen[key] = seen.get(key, 0) + 1
    return ", ".join(f"{name}{f' ×{n}' if n > 1 else ''}{speed}" for (name, speed), n in seen.items())
