"""Writing sessions for other programs: what `stance export` does."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.protocol import DEFAULT_PROTOCOL, get_protocol
from daq.bouts import session_bouts
from daq.errors import FormatError, SessionError
from daq.force_layout import layout_of
from daq.force_stream import ForceStream
from daq.formats.about import About, about_session
from daq.formats.force_rows import ForceRows, Plate, spooled
from daq.formats.new_files import NewFiles, refuse_existing_file
from daq.optional import need
from daq.results import software_version
from daq.session import Session
from daq.setups import rig_of_header
from stance.export_force import ForceFiles

FORMATS = ("c3d", "mot", "csv", "parquet")
WHAT = ("force", "steps", "raw")
TABLES = ("csv", "parquet")
"""Formats that hold any table, and time that jumps."""


@dataclass(frozen=True)
class Choice:
    """What shall be exported, and how."""

    to: str
    """"c3d", "mot", "csv" or "parquet"."""
    what: str = "force"
    """"force", "steps" or "raw"."""
    protocol: str | None = None
    """Analysis protocol; None for the session's own."""
    calibration: str | None = None
    """Another calibration than the session's own."""
    filtered: bool = True
    """Whether the force is the filtered one that the metrics come from."""
    start_s: float = 0.0
    """Beginning, s since the session's first sample."""
    end_s: float = math.inf
    """End, s."""
    bout: str | None = None
    """Only this bout."""
    part: int | None = None
    """Only this gap-free part of what was chosen so far, counted from 1."""
    split: bool = False
    """One file per gap-free part."""
    events: bool = True
    """Whether a C3D file gets its events."""
    allow_unobserved: bool = False
    """Whether channels that no sensor saw may be written as zeros, and marked."""
    with_subject: bool = False
    """Whether the pseudonym goes along."""
    with_notes: bool = False
    """Whether notes and the texts of markers go along as events."""
    with_bouts: bool = False
    """Whether names of bouts go along as events; otherwise they are "bout 1", "bout 2" …"""
    with_dates: bool = False
    """Whether the date goes along."""


def export_session(path: Path, out: Path, choice: Choice) -> dict[str, Any]:
    """Write a session, or part of it, for other programs.

    Args:
        path: The session.
        out: The new file; several get a number each.
        choice: What and how. A StanceError says what does not fit, and nothing is written then.

    Returns:
        What was written, as `stance export --json` prints it.

    Raises:
        FormatError: This format cannot hold that, or `out` exists.
    """
    from stance.api import open_session
    from stance.export_tables import write_raw, write_steps

    if choice.what != "force" and choice.to not in TABLES:
        raise FormatError(f"--to {choice.to}", expected="--what force: the format holds nothing else",
                          seen=f"--what {choice.what}", next_step="Write --to csv or --to parquet.")  # fmt: skip
    refuse_existing_file(out)
    if choice.to == "parquet":
        need("pyarrow", "export")
    with open_session(path) as session:
        chosen = _in_bout(session, choice)
        writers = {"force": _force, "steps": write_steps, "raw": write_raw}
        return writers[choice.what](session, out, chosen)


def _in_bout(session: Session, choice: Choice) -> Choice:
    """The choice with the bout's times."""
    if choice.bout is None:
        return choice
    bouts = {bout.name: bout for bout in session_bouts(session)}
    bout = bouts.get(choice.bout)
    if bout is None:
        names = ", ".join(repr(name) for name in bouts if name) or "none"
        raise SessionError(str(session.path), expected=f"a bout {choice.bout!r}", seen=f"bouts: {names}",
                           next_step="Name one of them, or choose by --from and --until.")  # fmt: skip
    return replace(choice, start_s=max(bout.start_s, choice.start_s), end_s=min(bout.end_s, choice.end_s))


def plates_of(session: Session, observable: Mapping[str, frozenset[str]]) -> tuple[Plate, ...]:
    """The belts of a session as force plates.

    Args:
        session: Open session.
        observable: Belt → components that were measured, in order.

    Returns:
        The plates, with their places where the rig file tells them.
    """
    layout = layout_of(session.header)
    if layout is not None:
        middle = (0.0, 0.0)
        return tuple(
            Plate(name, seen, layout.centres_m.get(name, middle), layout.surface_m) for name, seen in observable.items()
        )
    rig = rig_of_header(session.header, session.path)
    size_m = (rig.machine.surface_length_m, rig.machine.surface_width_m)
    centres: dict[str, tuple[float, float]] = {
        belt.name: (belt.centre_mm[0] / 1e3, belt.centre_mm[1] / 1e3) for belt in rig.file.belts
    }
    return tuple(Plate(name, seen, centres.get(name, (0.0, 0.0)), size_m) for name, seen in observable.items())


@contextmanager
def session_force(session: Session, choice: Choice, directory: Path) -> Iterator[tuple[ForceRows, ForceStream]]:
    """The force of a session, on the disk for as long as the context lasts.

    Args:
        session: Open session.
        choice: Which protocol, what time, filtered or not, and what zeros are allowed.
        directory: Where there is room.

    Yields:
        The rows, and the stream with its step table.

    Raises:
        SessionError: There is no force in that time.
    """
    stream = ForceStream(
        session, protocol=choice.protocol, calibration=choice.calibration, filtered=choice.filtered
    )  # fmt: skip
    plates = plates_of(session, {belt.name: belt.observable for belt in stream.belts})
    if choice.to not in TABLES:
        refuse_unobserved(plates, choice)
    with spooled(stream.stretches(), stream.belts, plates, session.header.sample_rate_Hz,
                 start_s=choice.start_s, end_s=choice.end_s, directory=directory) as rows:  # fmt: skip
        if not rows.rows:
            raise SessionError(
                str(session.path), expected="force between --from and --until", seen="none whose zero is known",
                next_step="Choose another time; `stance analyze` tells how long the session is.",
            )  # fmt: skip
        yield rows if choice.to in TABLES else rows.filled(), stream


def refuse_unobserved(plates: tuple[Plate, ...], choice: Choice) -> None:
    """Refuse to write zeros that a reader would take for a measurement.

    Args:
        plates: The belts.
        choice: Says whether it was allowed.

    Raises:
        FormatError: Something was not measured, and nobody allowed zeros.
    """
    unseen = sorted({name for plate in plates for name in plate.unobserved})
    if unseen and not choice.allow_unobserved:
        raise FormatError(
            f"--to {choice.to}", expected="a rig that measures all six components, for the format has no blanks",
            seen=f"one that does not see {', '.join(unseen)}: a reader would take their zeros for measured",
            next_step="Write --to csv or parquet, which leave them out, or add --allow-unobserved: zeros, marked as "
            "not measured.",
        )  # fmt: skip


def protocol_of(session: Session, choice: Choice) -> str:
    """Name of the protocol of the force: as chosen, else the session's own."""
    return get_protocol(choice.protocol or session.header.protocol_name or DEFAULT_PROTOCOL).name


def about_choice(session: Session, choice: Choice, protocol: str) -> About:
    """What goes along of a session: no more than was asked for."""
    return about_session(
        session.session_id, session.header, protocol, software_version(), filtered=choice.filtered,
        with_subject=choice.with_subject, with_dates=choice.with_dates,
    )  # fmt: skip


def _force(session: Session, out: Path, choice: Choice) -> dict[str, Any]:
    with session_force(session, choice, out.parent) as (rows, stream):
        about = about_choice(session, choice, protocol_of(session, choice))
        with NewFiles() as files:
            return ForceFiles(session, rows, stream.table, about, choice).write(files, out)
