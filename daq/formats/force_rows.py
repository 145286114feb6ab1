"""The force that leaves the lab: rows on the disk, read some at a time, with the plates that they were measured by."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import COMPONENTS, FZ, MX, MY, Belt, free_moment
from daq.force_stream import Stretch

Floats = NDArray[np.float64]

ROWS = 1 << 15
"""Rows in memory at a time."""
COP_MIN_N = 20.0
"""Smallest vertical force at which a centre of pressure is told: below, it is noise over noise."""
FREE_MOMENT = frozenset(("Fx", "Fy", "Mx", "My", "Mz"))
"""What must be measured for the free moment to be."""


@dataclass(frozen=True)
class Plate:
    """One belt's surface, as other programs call it: a force plate."""

    name: str
    """"" for a single belt, "L" or "R"."""
    observable: frozenset[str]
    """Components that were measured."""
    centre_m: tuple[float, float] = (0.0, 0.0)
    """Its centre, forward and left, in the frame of the whole machine, m."""
    size_m: tuple[float, float] | None = None
    """Length and width, m; None where nobody said."""

    @property
    def suffix(self) -> str:
        """What is appended to the names of its columns."""
        return f"_{self.name}" if self.name else ""

    @property
    def unobserved(self) -> tuple[str, ...]:
        """Components that no sensor saw."""
        return tuple(name for name in COMPONENTS if name not in self.observable)


@dataclass(frozen=True)
class Segment:
    """Rows that follow each other without a gap."""

    first: int
    """First row."""
    rows: int
    """Number of rows."""
    start_s: float
    """Time of the first, since the session's first sample, s."""
    end_s: float
    """Time of the last, s."""

    @property
    def last(self) -> int:
        """Row after the last."""
        return self.first + self.rows


@dataclass(frozen=True)
class Block:
    """Some rows of one segment."""

    time_s: Floats
    """(m,) time since the session's first sample, s."""
    wrench: Floats
    """(plates, 6, m) N and N·m about each plate's centre; components that no sensor saw are 0."""
    segment: int
    """Number of the segment, from 0."""


@dataclass(frozen=True)
class ForceRows:
    """Force over time."""

    sample_rate_Hz: float
    """Nominal sample rate, Hz."""
    plates: tuple[Plate, ...]
    """The belts."""
    segments: tuple[Segment, ...]
    """Stretches without a gap, in order of time."""
    read: Callable[[int, int], Floats]
    """Rows first … last − 1 as (m, 1 + 6 · plates): time, then the wrenches; NaN where a plate's zero is not known."""
    unsure: tuple[str, ...] = ()
    """Plates that have such rows."""

    def filled(self) -> "ForceRows":
        """The same with no force where the zero is not known, for formats that have no blanks."""
        return replace(self, read=lambda first, last: np.nan_to_num(self.read(first, last)))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(segment.rows for segment in self.segments)

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[Block]:
        """Go through the rows.

        Args:
            first: First row.
            last: Row after the last; None for all.

        Yields:
            Block: Some ten thousand rows, never across a gap.
        """
        stop = self.rows if last is None else last
        for number, segment in enumerate(self.segments):
            for start in range(max(first, segment.first), min(stop, segment.last), ROWS):
                table = self.read(start, min(start + ROWS, stop, segment.last))
                wrench = np.ascontiguousarray(table[:, 1:].T).reshape(len(self.plates), 6, -1)
                yield Block(table[:, 0], wrench, number)

    def times(self, row: int) -> float:
        """Time of a row, s."""
        return float(self.read(row, row + 1)[0, 0])

    def rate_of(self, segment: Segment) -> float:
        """Rate of a segment's samples, Hz: the nominal one unless their times are a sample off it by its end."""
        if segment.rows < 2:
            return self.sample_rate_Hz
        measured = (segment.rows - 1) / (segment.end_s - segment.start_s)
        off = abs((segment.end_s - segment.start_s) * self.sample_rate_Hz - (segment.rows - 1))
        return self.sample_rate_Hz if off < 1.0 else measured


def rows_of_arrays(sample_rate_Hz: float, plates: Sequence[Plate], time_s: Floats, wrench: Floats) -> ForceRows:
    """Force that is in memory.

    Args:
        sample_rate_Hz: Sample rate, Hz.
        plates: The belts.
        time_s: (n,) times, s; where they jump by more than 1.5 samples there is a gap.
        wrench: (plates, 6, n) N and N·m.

    Returns:
        The rows.
    """
    table = np.column_stack([time_s, wrench.reshape(-1, time_s.size).T])
    cuts = np.flatnonzero(np.diff(time_s) * sample_rate_Hz > 1.5) + 1
    edges = [0, *cuts.tolist(), time_s.size]
    segments = tuple(Segment(a, b - a, float(time_s[a]), float(time_s[b - 1])) for a, b in pairwise(edges))
    return ForceRows(sample_rate_Hz, tuple(plates), segments, lambda first, last: table[first:last])


@contextmanager
def spooled(
    stretches: Iterable[Stretch], belts: Sequence[Belt], plates: Sequence[Plate], sample_rate_Hz: float,
    *, start_s: float, end_s: float, directory: Path,
) -> Iterator[ForceRows]:  # fmt: skip
    """Put a stream of force on the disk: what is written first, such as events, is known only behind its end.

    Args:
        stretches: Of a `ForceStream`.
        belts: Its belts.
        plates: The same as plates.
        sample_rate_Hz: Nominal sample rate, Hz.
        start_s: Beginning of what is wanted, time since the session's first sample, s.
        end_s: End of it, s; that moment belongs to it no more.
        directory: Where there is room for it.

    Yields:
        ForceRows: The rows in that time at which the zero of any belt is known; gone at the context's end.
    """
    width = 1 + 6 * len(belts)
    with tempfile.TemporaryFile(dir=directory) as file:
        segments = _Segments(1.5 / sample_rate_Hz)
        unsure = np.zeros(len(belts), np.bool_)
        for stretch in stretches:
            unknown = np.isnan(stretch.wrench).any(axis=1)
            wanted = (stretch.time_s >= start_s) & (stretch.time_s < end_s) & ~unknown.all(axis=0)
            unsure |= (unknown & wanted).any(axis=1)
            for part in _runs(wanted):
                time_s = stretch.time_s[part]
                columns = stretch.wrench[:, :, part].reshape(width - 1, -1).T
                np.column_stack([time_s, columns]).tofile(file)
                segments.add(time_s, stretch.segment)
        file.flush()

        def read(first: int, last: int) -> Floats:
            file.seek(8 * width * first)
            return np.fromfile(file, np.float64, width * (last - first)).reshape(-1, width)

        names = tuple(plate.name for plate, missing in zip(plates, unsure, strict=True) if missing)
        yield ForceRows(sample_rate_Hz, tuple(plates), tuple(segments.found), read, names)


class _Segments:
    """Joins stretches that follow each other."""

    def __init__(self, apart_s: float) -> None:
        self.found: list[Segment] = []
        self._apart_s = apart_s
        self._now: int | None = None

    def add(self, time_s: Floats, segment: int) -> None:
        """Take the next rows: a new segment begins where the stream's does, or where rows were left out."""
        rows, end_s = time_s.size, float(time_s[-1])
        known = self.found[-1] if self.found else None
        if known is not None and segment == self._now and time_s[0] - known.end_s < self._apart_s:
            self.found[-1] = Segment(known.first, known.rows + rows, known.start_s, end_s)
        else:
            first = known.last if known is not None else 0
            self.found.append(Segment(first, rows, float(time_s[0]), end_s))
        self._now = segment


def _runs(wanted: NDArray[np.bool_]) -> list[slice]:
    """Uninterrupted stretches of what is wanted."""
    edges = np.flatnonzero(np.diff(wanted, prepend=False, append=False))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def columns_of(plate: Plate, wrench: Floats) -> dict[str, Floats]:
    """What a plate measured, by name: force, centre of pressure and free moment, as in the force CSV.

    Args:
        plate: The plate.
        wrench: (6, m) N and N·m about its centre.

    Returns:
        (m,) per column; what was not measured is absent, what is not known at a sample NaN.
    """
    found = {f"{name}_N": wrench[row] for row, name in enumerate(COMPONENTS[:3]) if name in plate.observable}
    safe = np.where(wrench[FZ] >= COP_MIN_N, wrench[FZ], np.nan)
    if "My" in plate.observable:
        found["copx_m"] = -wrench[MY] / safe
    if "Mx" in plate.observable:
        found["copy_m"] = wrench[MX] / safe
    if plate.observable >= FREE_MOMENT:
        found["Tz_Nm"] = free_moment(wrench, min_force_N=COP_MIN_N)
    return found


def table_columns(rows: ForceRows, block: Block) -> dict[str, NDArray[Any]]:
    """A block as columns of a table: time, per belt force, moment, centre of pressure and free moment, segment.

    Args:
        rows: Whose block it is.
        block: The samples.

    Returns:
        (m,) per column, single precision but for the time; what was not measured is absent.
    """
    found: dict[str, NDArray[Any]] = {"time_s": block.time_s}
    for plate, wrench in zip(rows.plates, block.wrench, strict=True):
        moments = {f"M{axis}_Nm": wrench[3 + n] for n, axis in enumerate("xyz") if f"M{axis}" in plate.observable}
        known = columns_of(plate, wrench) | moments
        found |= {f"{name}{plate.suffix}": values.astype(np.float32) for name, values in known.items()}
    return found | {"segment": np.full(block.time_s.size, block.segment, np.int32)}
