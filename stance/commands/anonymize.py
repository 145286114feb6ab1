"""`stance anonymize`: strip from a session what identifies a person."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.errors import StanceError
from daq.errors import SessionError
from stance.options import json_option
from stance.show import print_json, say

if TYPE_CHECKING:
    from daq.anonymise.copy import Anonymised, Wish


@dataclass(frozen=True)
class Job:
    """One session to be anonymised."""

    source: Path
    """The original."""
    out: Path
    """The copy."""
    subject: str
    """Its pseudonym."""
    created_utc: str
    """What stands in place of its date."""


@dataclass(frozen=True)
class Known:
    """A session before anything is written."""

    path: Path
    """The original."""
    subject: str
    """The runner's name or pseudonym."""
    moment: datetime | None
    """When it was recorded."""


@click.command()
@click.argument("session", metavar="SESSION|DIR", type=click.Path(path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), metavar="OUT",
              help="New file; for a folder of sessions a new or empty folder.")  # fmt: skip
@click.option("--subject", metavar="PSEUDONYM", help="What the runner is called from now on; by default drawn by lot.")
@click.option("--keep-dates", is_flag=True, help="Keep the dates and the host's clock.")
@click.option("--keep-notes", is_flag=True, help="Keep what was typed as notes and markers.")
@click.option("--strip-bouts", is_flag=True, help="Give bouts numbers in place of their names.")
@click.option("--strip-body", is_flag=True, help="Round body mass to 1 kg, lengths to 1 or 5 cm.")
@json_option
def command(
    session: Path, out: Path, subject: str | None, keep_dates: bool, keep_notes: bool, strip_bouts: bool,
    strip_body: bool, as_json: bool,
) -> int:  # fmt: skip
    """Write SESSION, or every session in DIR, anew without names, notes and dates; the originals stay as they are."""
    from daq.anonymise.copy import Wish

    known, bad = _look(session)
    names = _pseudonyms(sorted({one.subject for one in known}), subject)
    jobs = list(_folder_jobs(known, names, out) if session.is_dir() else _file_job(known[0], names, out))
    wish = Wish("", keep_dates=keep_dates, keep_notes=keep_notes, strip_bouts=strip_bouts, strip_body=strip_body)
    done: list[dict[str, Any]] = []
    for job in jobs:
        try:
            made = _run(job, wish)
        except StanceError as error:
            if not session.is_dir():
                raise
            bad.append((job.source, _reason(error, job.source)))
        else:
            done.append({"from": str(job.source), "to": str(made.path), "subject": made.subject, "steps": made.steps})
            say(f"{job.source.name} → {made.path}  ({made.searched} texts searched for in it, none found)")
    for path, reason in bad:
        say(f"left out: {path}: {reason}")
    for old, new in names.items():
        say(f"{old or 'Who had no name'} is {new} now. This is written down nowhere else.")
    if as_json:
        print_json({"sessions": done, "left_out": [{"file": str(path), "reason": reason} for path, reason in bad]})
    return 2 if bad else 0


def _reason(error: StanceError, path: Path) -> str:
    """What an error says of a file, without the file's name in front."""
    return str(error).removeprefix(f"{path}: ")


def _run(job: Job, wish: "Wish") -> "Anonymised":
    from daq.anonymise.copy import anonymise

    return anonymise(job.source, job.out, replace(wish, subject=job.subject, created_utc=job.created_utc))


def _look(where: Path) -> tuple[list[Known], list[tuple[Path, str]]]:
    """The sessions, and the files of a folder that are none."""
    if not where.is_dir():
        return [_known(where)], []
    known, bad = [], []
    for path in sorted(where.rglob("*.h5")):
        try:
            known.append(_known(path))
        except StanceError as error:
            bad.append((path, _reason(error, path)))
    if not known:
        raise SessionError(str(where), expected="sessions (.h5)", seen=f"{len(bad)} files that are none" if bad else
                           "none", next_step="Give the folder that they are in.")  # fmt: skip
    return known, bad


def _known(path: Path) -> Known:
    from daq.session import open_session

    with open_session(path) as session:
        header = session.header
    try:
        moment = datetime.fromisoformat(header.created_utc)
    except ValueError:
        return Known(path, header.subject, None)
    return Known(path, header.subject, moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _pseudonyms(subjects: Sequence[str], wanted: str | None) -> dict[str, str]:
    """Name → pseudonym; who has no name gets none, for nobody knows that such sessions are one runner's."""
    from daq.anonymise.names import names_in

    named = [name for name in subjects if name]
    if wanted is None:
        drawn: set[str] = set()
        while len(drawn) < len(named):
            drawn.add(f"R-{secrets.token_hex(2).upper()}")
        return dict(zip(named, drawn, strict=True))
    if len(subjects) > 1:
        raise SessionError("--subject", expected="sessions of one runner", seen=f"{len(subjects)}",
                           next_step="Without --subject each gets a pseudonym of its own.")  # fmt: skip
    if not wanted.strip() or any(names_in(name, wanted) for name in named):
        raise SessionError("--subject", expected="a pseudonym that is not the name", seen=repr(wanted))
    return {subjects[0]: wanted.strip()}


def _file_job(known: Known, names: dict[str, str], out: Path) -> Iterator[Job]:
    from daq.anonymise.texts import NO_DATE

    subject = names.get(known.subject, known.subject)
    yield Job(known.path, out / f"{subject or 'session'}_001.h5" if out.is_dir() else out, subject, NO_DATE)


def _folder_jobs(known: Sequence[Known], names: dict[str, str], out: Path) -> Iterator[Job]:
    """Runner by runner in order of time; the new names and dates tell only that order and the days between."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        seen = "a folder with something in it" if any(out.iterdir()) else ""
    except OSError as error:
        seen = error.strerror or str(error)
    if seen:
        raise SessionError(str(out), expected="a new or empty folder", seen=seen, next_step="Choose another --out.")
    for subject in sorted({one.subject for one in known}):
        mine = [one for one in known if one.subject == subject]
        mine.sort(key=lambda one: (one.moment or datetime.min.replace(tzinfo=UTC), one.path.name))
        new = names.get(subject, subject)
        for number, (one, date) in enumerate(zip(mine, _new_dates(mine), strict=True), 1):
            yield Job(one.path, out / f"{new or 'session'}_{number:03d}.h5", new, date)


def _new_dates(sessions: Sequence[Known]) -> list[str]:
    """Days counted from a runner's first session; the hour only keeps those of one day in order."""
    from daq.anonymise.texts import NO_DATE

    days = [one.moment.astimezone(UTC).date() if one.moment is not None else None for one in sessions]
    first = next((day for day in days if day is not None), None)
    found = []
    for number, day in enumerate(days):
        if day is None or first is None:
            found.append(NO_DATE)
            continue
        shift = timedelta(days=(day - first).days, minutes=days[:number].count(day))
        found.append((datetime.fromisoformat(NO_DATE) + shift).isoformat(timespec="seconds"))
    return found
