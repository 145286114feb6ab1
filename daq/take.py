"""One take: everything between start and stop, on its way to the session file and through the analysis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.pipeline import Output
from analysis.protocol import Protocol
from daq.analyser import Analyser, cut_chunk
from daq.chunk import Chunk
from daq.clock import DeviceClock, RoundTrip, unwrap_near
from daq.errors import SessionError
from daq.happenings import Happenings
from daq.journal import journal_path
from daq.results import ENDED_EARLY, Results, build_results
from daq.rig import Rig
from daq.session_format import Gaps, SessionHeader
from daq.session_writer import SessionWriter
from daq.setups import make_setup
from daq.stored import steps_attributes
from daq.take_events import TakeEvents


@dataclass(frozen=True)
class Mark:
    """Something to note at the present row."""

    kind: str
    """"marker", "bout", "note", "tare", "lsl", "system" or "ended early"."""
    text: str = ""
    """For people."""
    data: dict[str, object] | None = None
    """For programs."""


def refuse_existing(path: Path) -> None:
    """Refuse, before any port is opened, to record over something.

    Args:
        path: Session file to be made.

    Raises:
        SessionError: It or its journal exists, or there is no such directory.
    """
    journal = journal_path(path)
    if path.exists() or journal.exists():
        seen, found = ("one that exists", path) if path.exists() else ("an unfinished one", journal)
        hint = "Choose another name" + ("." if path.exists() else f", or finish it first: stance recover {path}")
        raise SessionError(str(found), expected="a new session file", seen=seen, next_step=hint)
    if not path.parent.is_dir():
        raise SessionError(
            str(path), expected="a directory to write in", seen=f"no directory {path.parent}",
            next_step="Make it, or choose another --out.",
        )  # fmt: skip


class Take:
    """Raw first: each chunk is written before it is analysed. Without a path nothing is written (a preview).

    Args:
        path: Session file to be made; None for a preview.
        header: What is known at the start.
        rig: The rig.
        protocol: Analysis protocol of the live table.
        clock: The device's clock; takes that follow each other share it.
        after_tick: Session tick of the last frame before this take.
    """

    def __init__(
        self, path: Path | None, header: SessionHeader, rig: Rig, protocol: Protocol, clock: DeviceClock,
        after_tick: int = 0,
    ) -> None:  # fmt: skip
        self.path = path
        self.header = header
        self.analyser = Analyser(rig, make_setup(header, rig, protocol), curves=True)
        self.rows = 0
        self._clock = clock
        self._writer = SessionWriter(path, header) if path is not None else None
        self._boot: int | None = None
        self._first_tick = 0
        self._last_tick = after_tick
        self._gap_rows: list[NDArray[np.int64]] = []
        self._gap_lost: list[NDArray[np.int64]] = []
        self.lost = 0
        self.resets = 0
        self.ended_by = ""
        self.happenings = Happenings()
        self._timed = TakeEvents(header.tick_rate_Hz, self._note)
        self.bout = ""

    @property
    def last_tick(self) -> int:
        """Session tick of the newest frame, be it one before this take."""
        return self._last_tick

    @property
    def first_tick(self) -> int:
        """Session tick of the first frame."""
        return self._first_tick

    @property
    def duration_s(self) -> float:
        """Device time from the first to the last frame."""
        return (self._last_tick - self._first_tick) / self.header.tick_rate_Hz if self.rows else 0.0

    @property
    def journal_bytes(self) -> int:
        """What has been written so far; 0 of a preview."""
        return 0 if self._writer is None else self._writer.journal_bytes

    @property
    def gaps(self) -> Gaps:
        """Where frames are missing so far."""
        empty = np.empty(0, np.int64)
        return Gaps(np.concatenate([empty, *self._gap_rows]), np.concatenate([empty, *self._gap_lost]))

    def feed(self, chunk: Chunk, *, arrived_s: float, trips: Sequence[RoundTrip] = ()) -> list[Output]:
        """Take the next frames.

        Args:
            chunk: From the decoder.
            arrived_s: Host time at which they were read, which places a rebooted device on the session's clock.
            trips: Clock round trips made since the last call.

        Returns:
            The pipeline's output for each boot epoch in the chunk.
        """
        if self.rows == 0 and len(chunk):
            chunk = _without_leading_gap(chunk)
        outputs = []
        for part in _by_boot(chunk):
            if int(part.boot[0]) != self._boot:
                self._begin_epoch(part, arrived_s, trips)
            outputs.append(self._feed_epoch(part))
        return outputs

    def clock_pair(self, trip: RoundTrip) -> None:
        """Keep one clock round trip.

        Args:
            trip: Already fed to the clock.
        """
        if self._writer is not None and self._boot == trip.boot:
            near = self._last_tick - self._clock.offset
            tick = unwrap_near(trip.tick, near) + self._clock.offset
            self._writer.clock(trip.middle_s, tick, trip.rtt_s)

    def mark(self, mark: Mark) -> None:
        """Note something at the present row; a tare changes the zero from here on.

        Args:
            mark: What to note.
        """
        if self._writer is not None:
            self._writer.event(mark.kind, self.rows, mark.text, mark.data or {})
        self.happenings.add(self._next_s, mark.kind, mark.text)
        if mark.kind == ENDED_EARLY:
            self.ended_by = mark.text
        if mark.kind == "bout":
            self.bout = mark.text
        if mark.kind == "tare" and mark.data is not None:
            self.analyser.tare([float(value) for value in _as_list(mark.data["counts"])])

    def mark_at(self, mark: Mark, tick: float) -> None:
        """Note something where it belongs by its time.

        Args:
            mark: What to note; of no kind that changes how the take goes on.
            tick: Session tick; if it lies ahead of the newest frame, the mark waits for its row.
        """
        self._timed.at(mark.kind, tick, mark.text, mark.data or {})

    def finish(self) -> Results:
        """End the take: last rows, session file.

        Returns:
            The results.
        """
        self._timed.finish(self.rows, self._last_tick)
        self.analyser.finish()
        results = self.results()
        if self._writer is not None:
            attributes = steps_attributes(self.analyser.protocol, results)
            self._writer.finish(self.analyser.table, attributes, results["summary"])
        return results

    def results(self) -> Results:
        """Results so far."""
        return build_results(
            self.path,
            self.header,
            self.analyser,
            frames=self.rows,
            gaps=self.gaps,
            duration_s=self.duration_s,
            ended_by=self.ended_by,
        )

    def abandon(self) -> None:
        """Close and keep the journal as it is: `stance recover` finishes it."""
        if self._writer is not None:
            self._writer.abandon()

    def _begin_epoch(self, part: Chunk, arrived_s: float, trips: Iterable[RoundTrip]) -> None:
        boot, first = int(part.boot[0]), int(part.tick[0])
        if boot != self._clock.boot:
            self._clock.offset_after_reboot(boot, first, self._last_tick, list(trips), arrived_s)
        if self._boot is None:
            self._first_tick = first + self._clock.offset
        self._boot = boot
        if self._writer is not None:
            self._writer.epoch(self.rows, boot, self._clock.offset)

    def _feed_epoch(self, part: Chunk) -> Output:
        if self._writer is not None:
            self._writer.append(part)
        if part.gap_row.size:
            self._note_gaps(part)
            self._gap_rows.append(part.gap_row + self.rows)
            self._gap_lost.append(part.gap_lost)
            self.lost += int(part.gap_lost[part.gap_lost > 0].sum())
            self.resets += int((part.gap_lost < 0).sum())
        self._timed.feed(part, self.rows, self._clock.offset)
        self.rows += len(part)
        self._last_tick = int(part.tick[-1]) + self._clock.offset
        return self.analyser.feed(part, self._clock.offset)

    def _note(self, kind: str, row: int, text: str, data: Mapping[str, object], tick: int) -> None:
        if self._writer is not None:
            self._writer.event(kind, row, text, data)
        self.happenings.add(max(0, tick - self._first_tick) / self.header.tick_rate_Hz, kind, text)

    @property
    def _next_s(self) -> float:
        """Device time of the row that comes next, s since the first: where a mark made now lies."""
        return self.duration_s + 1.0 / self.header.sample_rate_Hz if self.rows else 0.0

    def _note_gaps(self, part: Chunk) -> None:
        behind = np.append(part.tick, part.tick[-1])[part.gap_row] + self._clock.offset
        times = (behind - self._first_tick) / self.header.tick_rate_Hz
        for time_s, lost in zip(times.tolist(), part.gap_lost.tolist(), strict=True):
            self.happenings.gap(time_s, lost)


def _by_boot(chunk: Chunk) -> list[Chunk]:
    if not len(chunk):
        return []
    cuts = [0, *(np.flatnonzero(np.diff(chunk.boot)) + 1).tolist(), len(chunk)]
    if len(cuts) == 2:
        return [chunk]
    return [cut_chunk(chunk, a, b) for a, b in pairwise(cuts)]


def _without_leading_gap(chunk: Chunk) -> Chunk:
    """What was lost before the take began is not the take's loss."""
    if not (chunk.gap_row == 0).any():
        return chunk
    inside = chunk.gap_row > 0
    return Chunk(
        chunk.counts, chunk.seq, chunk.tick, chunk.boot, chunk.status, chunk.belt,
        chunk.gap_row[inside], chunk.gap_lost[inside],
    )  # fmt: skip


def _as_list(value: object) -> list[float]:
    assert isinstance(value, list)
    return value
