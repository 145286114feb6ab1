"""Force into files: which gap-free parts, one file or several, and what is to be said about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.steps import StepTable
from daq.errors import FormatError, SessionError
from daq.formats.about import About
from daq.formats.c3d_parameters import LIST
from daq.formats.force_rows import ForceRows, Segment
from daq.formats.new_files import NewFiles
from daq.session import Session

if TYPE_CHECKING:
    from stance.exporting import Choice

SHORTEST_S = 0.05
"""Parts shorter than this are not worth a file."""
MOST_TOLD = 6


class ForceFiles:
    """Writes the force of a session.

    Args:
        session: Open session.
        rows: Its force, in the chosen time.
        table: Its steps.
        about: Where it comes from.
        choice: What was asked for.
    """

    def __init__(self, session: Session, rows: ForceRows, table: StepTable, about: About, choice: Choice) -> None:
        self._session, self._rows, self._table, self._about, self._choice = session, rows, table, about, choice
        self._notes: list[str] = []

    def write(self, files: NewFiles, out: Path) -> dict[str, Any]:
        """Write all files.

        Args:
            files: The context that puts them in their places.
            out: The file; several get a number each.

        Returns:
            What was written.
        """
        writers = {"c3d": self._c3d, "mot": self._mot, "csv": self._csv, "parquet": self._parquet}
        written = writers[self._choice.to](files, out, self._parts())
        unseen = sorted({name for plate in self._rows.plates for name in plate.unobserved})
        if unseen and self._choice.to in ("c3d", "mot"):
            self._notes.insert(0, f"NOT MEASURED: {', '.join(unseen)}. Their zeros are no values: do not use them.")
        elif unseen:
            self._notes.append(f"not measured, hence no columns: {', '.join(unseen)}")
        for name in self._rows.unsure:
            written_as = "0" if self._choice.to in ("c3d", "mot") else "empty"
            self._notes.append(f"belt {name}: nobody ran there, so its zero is not known; its force is {written_as}")
        return {
            "to": self._choice.to, "what": "force", "protocol": self._about.protocol,
            "filtered": self._about.filtered, "not_measured": unseen, "files": written, "notes": self._notes,
        }  # fmt: skip

    def _parts(self) -> list[Segment]:
        """Stretches that become a file each."""
        segments, choice = self._rows.segments, self._choice
        if choice.part is not None:
            if not 1 <= choice.part <= len(segments):
                raise FormatError("--part", expected=f"a number from 1 to {len(segments)}", seen=str(choice.part))
            return [segments[choice.part - 1]]
        if len(segments) > 1 and choice.split:
            long = [part for part in segments if part.rows >= SHORTEST_S * self._rows.sample_rate_Hz]
            if len(long) < len(segments):
                self._notes.append(f"{len(segments) - len(long)} parts shorter than {SHORTEST_S:g} s were left out")
            return long
        if len(segments) > 1 and choice.to in ("c3d", "mot"):
            raise self._gaps()
        if len(segments) > 1:
            self._notes.append(f"{len(segments) - 1} gaps: times jump there, and the column segment counts on")
        first, last = segments[0], segments[-1]
        return [Segment(first.first, last.last - first.first, first.start_s, last.end_s)]

    def _gaps(self) -> SessionError:
        segments = self._rows.segments
        order = sorted(range(len(segments)), key=lambda n: -segments[n].rows)
        told = ", ".join(
            f"{n + 1} ({segments[n].start_s:.2f}-{segments[n].end_s:.2f} s)" for n in sorted(order[:MOST_TOLD])
        )  # fmt: skip
        more = f", the longest of {len(segments)}" if len(segments) > MOST_TOLD else ""
        return SessionError(
            str(self._session.path), expected=f"samples without a gap: a {self._choice.to} file knows no missing ones",
            seen=f"{len(segments) - 1} gaps; parts {told}{more}",
            next_step=f"Write one part (--part {order[0] + 1} is the longest, or --from and --until), all of them "
            "(--split), or --to csv or parquet.",
        )  # fmt: skip

    def _named(self, out: Path, count: int) -> list[Path]:
        """Names of the files."""
        return [out] if count == 1 else [out.with_name(f"{out.stem}_{n}{out.suffix}") for n in range(1, count + 1)]

    def _c3d(self, files: NewFiles, out: Path, parts: list[Segment]) -> list[dict[str, Any]]:
        from daq.formats.c3d_cut import cut_pieces, said_events, step_events
        from daq.formats.c3d_out import NOMINAL_SIZE_m, write_c3d

        events = step_events(self._table) if self._choice.events else []
        if self._choice.events:
            events += said_events(self._session, notes=self._choice.with_notes, bouts=self._choice.with_bouts)
        events.sort(key=lambda event: event.time_s)
        pieces = [piece for part in parts for piece in cut_pieces(self._rows, part, events)]
        if len(pieces) > len(parts):
            self._notes.append(f"cut into {len(pieces)} files: a C3D file has no room for more events; --no-events "
                               "writes all force into one")  # fmt: skip
        if any(len(piece.events) > LIST for piece in pieces):
            self._notes.append(f"more than {LIST} events in a file: the others stand in LABELS2, TIMES2 and so on, "
                               "which not every program reads")  # fmt: skip
        if any(plate.size_m is None for plate in self._rows.plates):
            length, width = NOMINAL_SIZE_m
            self._notes.append(f"nobody told the belt's size: the plate's corners are those of {length} m by {width} m")
        written = []
        for path, piece in zip(self._named(out, len(pieces)), pieces, strict=True):
            stream = files.begin(path)
            marked = self._marked(piece.segment)
            made = write_c3d(
                stream, self._rows, piece.segment, [*marked, *piece.events], self._about, str(path),
                per_frame=piece.per_frame,
            )  # fmt: skip
            if made.left_out:
                self._notes.append(f"the last {made.left_out} samples do not fill a frame of {path.name}")
            written.append(
                _told(path, piece.segment, rows=made.frames * made.per_frame)
                | {"frames": made.frames, "events": len(piece.events)}
            )
        return written

    def _marked(self, part: Segment) -> list[Any]:
        """An event that tells what was not measured."""
        from daq.formats.c3d_events import C3dEvent

        unseen = sorted({name for plate in self._rows.plates for name in plate.unobserved})
        return [C3dEvent(part.start_s, f"NOT MEASURED {' '.join(unseen)}", meaning="0 is no value")] if unseen else []

    def _mot(self, files: NewFiles, out: Path, parts: list[Segment]) -> list[dict[str, Any]]:
        from daq.formats.mot_feet import Feet, tell_feet
        from daq.formats.mot_out import write_mot

        written = []
        for path, part in zip(self._named(out, len(parts)), parts, strict=True):
            feet = tell_feet(self._rows, part, self._table) if len(self._rows.plates) == 1 else None
            if isinstance(feet, str):
                self._notes.append(f"{path.name}: one force for both feet (ground_force_v…), because {feet}")
            columns = write_mot(files.begin(path), self._rows, part, feet if isinstance(feet, Feet) else None,
                                self._about)  # fmt: skip
            written.append(_told(path, part) | {"columns": columns})
        return written

    def _csv(self, files: NewFiles, out: Path, parts: list[Segment]) -> list[dict[str, Any]]:
        from daq.formats.csv_out import write_force

        written = []
        for path, part in zip(self._named(out, len(parts)), parts, strict=True):
            write_force(files.begin(path), self._rows, part.first, part.last, self._table)
            written.append(_told(path, part))
        return written

    def _parquet(self, files: NewFiles, out: Path, parts: list[Segment]) -> list[dict[str, Any]]:
        from daq.formats.parquet_out import write_force

        written = []
        for path, part in zip(self._named(out, len(parts)), parts, strict=True):
            write_force(files.begin(path), self._rows, part.first, part.last, self._about)
            written.append(_told(path, part))
        return written


def _told(path: Path, part: Segment, rows: int | None = None) -> dict[str, Any]:
    return {"file": str(path), "rows": part.rows if rows is None else rows, "start_s": part.start_s,
            "end_s": part.end_s}  # fmt: skip
