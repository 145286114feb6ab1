"""A session of a force that another system measured: newtons in place of counts, everything else as ever."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import DEFAULT_PROTOCOL, get_protocol
from analysis.setup import Runner
from analysis.wrench import COMPONENTS
from daq.analyser import Analyser
from daq.chunk import Chunk
from daq.errors import SessionError
from daq.finalise import new_session
from daq.force_layout import FORCE, IMPORTED, PULSES_PER_M, SOURCE, ForceLayout
from daq.guarded_file import GuardedFile
from daq.results import Results, build_results, software_version
from daq.session_format import (
    FORCE_COLUMNS,
    ClockPairs,
    Epochs,
    Event,
    Gaps,
    SessionHeader,
    row_dtype,
)
from daq.session_hdf5 import SessionFile
from daq.setups import header_fields, make_setup
from daq.stored import steps_attributes
from daq.take import refuse_existing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS = 1 << 16
"""Rows written and analysed at a time; a multiple of the session's block."""


@dataclass(frozen=True)
class ForceEvent:
    """Something that the other system noted."""

    time_s: float
    """Time since the first sample, s."""
    kind: str
    """"marker", "bout", "note" or another; see `daq.session_format.Event`."""
    text: str = ""
    """For people."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Particulars, plain values."""


@dataclass(frozen=True)
class ForceRecording:
    """Force over time in the frame of this software: + forward, + left, + up, about the belt-surface centre."""

    sample_rate_Hz: float
    """Sample rate, Hz."""
    belts: Mapping[str, Floats]
    """Belt ("" for a single one, else "L" and "R") → (6, n) ground reaction on the runner, N and N·m."""
    observable: Mapping[str, frozenset[str]]
    """Belt → components that were measured; the others' rows are not kept."""
    missing: NDArray[np.bool_] | None = None
    """(n,) samples that are not known: they become gaps. None for none."""
    travel_m: Floats | None = None
    """(n,) way of the belt, m, if it was measured."""
    events: Sequence[ForceEvent] = ()
    """What was noted, in any order."""
    surface_m: tuple[float, float] | None = None
    """Length and width of one belt's surface, m, if they are known."""
    centres_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Belt → its centre, forward and left of the middle of the machine, m, if it is known."""
    empty_above_Hz: float | None = None
    """Frequency above which the force holds nothing, Hz; None if it goes on to half the sample rate."""
    source: Mapping[str, Any] = field(default_factory=dict)
    """Where it came from and how it was understood; plain values, kept in the session."""

    @property
    def n(self) -> int:
        """Number of samples, missing ones included."""
        return int(next(iter(self.belts.values())).shape[1])

    @property
    def layout(self) -> ForceLayout:
        """What the session's channels mean."""
        channels = tuple(
            (belt, part) for belt in self.belts for part in COMPONENTS if part in self.observable[belt]
        )  # fmt: skip
        measured = self.travel_m is not None
        return ForceLayout(channels, measured, self.surface_m, dict(self.centres_m), self.empty_above_Hz)


def write_force_session(
    path: Path | str, recording: ForceRecording, runner: Runner, protocol_name: str = DEFAULT_PROTOCOL,
    *, created_utc: str = "",
) -> Results:  # fmt: skip
    """Write and analyse a session; it is there whole or not at all.

    Args:
        path: The session; must not exist.
        recording: The force.
        runner: What is known of the runner.
        protocol_name: Name of the analysis protocol.
        created_utc: When it was measured, ISO 8601; empty where nobody knows.

    Returns:
        Its results. A SessionError says that a value is not finite, `path` exists, or it cannot be written.
    """
    path = Path(path)
    refuse_existing(path)
    header = _header(recording, runner, protocol_name, created_utc)
    with new_session(path, "to write the session") as tmp:
        return _write(tmp, path, header, recording)


def _header(recording: ForceRecording, runner: Runner, protocol_name: str, created_utc: str) -> SessionHeader:
    known = header_fields(runner)
    protocol = get_protocol(protocol_name)
    header = SessionHeader(
        created_utc=created_utc,
        rig_name=IMPORTED,
        software_version=software_version(),
        protocol_name=protocol.name,
        protocol=protocol.as_dict(),
        sample_rate_Hz=recording.sample_rate_Hz,
        tick_rate_Hz=recording.sample_rate_Hz,
        channels=len(recording.layout.channels),
    )
    extra = {FORCE: recording.layout.as_dict(), SOURCE: dict(recording.source)}
    return replace(header, **{**known, "extra": {**known.get("extra", {}), **extra}})


def _write(tmp: Path, path: Path, header: SessionHeader, recording: ForceRecording) -> Results:
    rows = _rows(recording, str(path))
    gaps = _gaps(rows["tick"], recording.n)
    protocol = get_protocol(header.protocol_name)
    analyser = Analyser(recording.layout, make_setup(header, recording.layout, protocol))
    with contextlib.closing(GuardedFile(tmp)) as file:
        with contextlib.closing(SessionFile(file, header, uuid.uuid4().hex, FORCE_COLUMNS)) as session:
            session.begin_rows(header.channels)
            for start in range(0, len(rows), ROWS):
                session.add_rows(rows[start : start + ROWS])
                file.check()
            for chunk in _chunks(rows, gaps):
                analyser.feed(chunk, 0)
            analyser.finish()
            results = _results(path, header, analyser, rows["tick"], gaps)
            epochs = Epochs(*(np.zeros(min(1, len(rows)), np.int64) for _ in range(3)))
            pairs = ClockPairs(np.empty(0), np.empty(0, np.int64), np.empty(0))
            session.add_tables(gaps, epochs, pairs, _events(recording, rows["tick"]))
            session.add_steps(analyser.table, steps_attributes(protocol, results))
            session.finish(results["summary"], ended=True, unusable_bytes=0)
        file.check()
        file.sync()
    return results


def _results(path: Path, header: SessionHeader, analyser: Analyser, tick: Ints, gaps: Gaps) -> Results:
    duration_s = float(tick[-1] - tick[0]) / header.tick_rate_Hz if tick.size else 0.0
    return build_results(path, header, analyser, frames=tick.size, gaps=gaps, duration_s=duration_s)


def _rows(recording: ForceRecording, where: str) -> NDArray[Any]:
    """The samples that are known, as the file keeps them."""
    layout = recording.layout
    known = np.ones(recording.n, np.bool_) if recording.missing is None else ~recording.missing
    tick = np.flatnonzero(known)
    rows = np.zeros(tick.size, row_dtype(len(layout.channels), FORCE_COLUMNS))
    rows["tick"] = tick
    for number, (belt, part) in enumerate(layout.channels):
        rows["values"][:, number] = recording.belts[belt][COMPONENTS.index(part), tick]
    if not np.isfinite(rows["values"]).all():
        raise SessionError(where, expected="finite forces wherever they are not marked as missing", seen="NaN")
    if recording.travel_m is not None:
        rows["belt"] = np.rint((recording.travel_m[tick] - recording.travel_m[tick[:1]].sum()) * PULSES_PER_M)
    return rows


def _gaps(tick: Ints, n: int) -> Gaps:
    """Gaps before the rows behind them; what is missing before the first sample is no loss."""
    behind = np.append(tick, n)
    lost = np.diff(behind) - 1
    at = np.flatnonzero(lost > 0)
    return Gaps(at + 1, lost[at])


def _chunks(rows: NDArray[Any], gaps: Gaps) -> Iterator[Chunk]:
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        inside = (gaps.row >= start) & (gaps.row < start + len(part))
        none = np.zeros(len(part))
        yield Chunk(
            np.ascontiguousarray(part["values"]), part["tick"], part["tick"], none.astype(np.uint16),
            none.astype(np.uint8), part["belt"], gaps.row[inside] - start, gaps.lost[inside],
        )  # fmt: skip


def _events(recording: ForceRecording, tick: Ints) -> list[Event]:
    """Each before the first row at or after its time."""
    at = np.asarray([event.time_s for event in recording.events]) * recording.sample_rate_Hz
    row = np.searchsorted(tick, np.ceil(at - 1e-6)).tolist()
    found = [Event(event.kind, r, event.text, event.data) for r, event in zip(row, recording.events, strict=True)]
    return sorted(found, key=lambda event: event.row)
