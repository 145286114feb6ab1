"""Chunks of raw counts through the one pipeline: recorder, replay and `stance analyze` all come this way."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.bodyweight import weight_closure
from analysis.flags import SampleFlag
from analysis.measure import Setup
from analysis.pipeline import Output, Pipeline
from analysis.protocol import G, Protocol
from analysis.steps import StepTable, join_tables
from daq.chunk import Chunk
from daq.rig import Rig
from daq.wire import Status

RAIL_HIGH = 2**23 - 1
RAIL_LOW = -(2**23)


def sample_flags(chunk: Chunk, channels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Marks of each sample, from the device's status bits and from counts at the end of their range.

    Args:
        chunk: n samples.
        channels: Numbers of the channels that carry a cell; the others may float.

    Returns:
        (n,) `SampleFlag` bits.
    """
    flags = _BY_STATUS[chunk.status]
    counts = chunk.counts[:, channels]
    if counts.size and (counts.max() >= RAIL_HIGH or counts.min() <= RAIL_LOW):
        railed = ((counts >= RAIL_HIGH) | (counts <= RAIL_LOW)).any(axis=1)
        flags = flags | np.where(railed, np.uint8(SampleFlag.SATURATED), np.uint8(0))
    return flags


def _flags_of(status: int) -> int:
    flags = 0
    if status & (Status.ADC_CRC | Status.TORN):
        flags |= SampleFlag.ADC
    if status & Status.SATURATED:
        flags |= SampleFlag.SATURATED
    if status & Status.LATE:
        flags |= SampleFlag.LATE
    return int(flags)


_BY_STATUS = np.array([_flags_of(status) for status in range(256)], np.uint8)


def cut_chunk(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Rows start … stop − 1 of a chunk, with the gaps that lie before them."""
    mine = (chunk.gap_row >= start) & (chunk.gap_row < stop)
    columns: dict[str, Any] = {
        f.name: getattr(chunk, f.name)[start:stop] for f in fields(Chunk) if not f.name.startswith("gap_")
    }
    return Chunk(**columns, gap_row=chunk.gap_row[mine] - start, gap_lost=chunk.gap_lost[mine])


@dataclass(frozen=True)
class Subject:
    """What is known of the runner and the run; None gives null where a metric needs it."""

    name: str = ""
    """Pseudonym."""
    mass_kg: float | None = None
    """Body mass."""
    stature_m: float | None = None
    """Body height."""
    leg_length_m: float | None = None
    """Trochanter height."""
    shoe_length_m: float | None = None
    """Outer length of the shoe."""
    belt_speed_m_s: float | None = None
    """Set belt speed."""
    incline_deg: float | None = None
    """Incline of the belt, + uphill."""


class Analyser:
    """Feeds chunks to the pipeline and keeps the step table."""

    def __init__(self, rig: Rig, protocol: Protocol, *, sample_rate_Hz: float, tick_rate_Hz: float,
                 mass_kg: float | None = None) -> None:  # fmt: skip
        """Prepare for a session.

        Args:
            rig: Gives the calibrated cells.
            protocol: Filter, thresholds, definitions.
            sample_rate_Hz: True sampling rate of the device.
            tick_rate_Hz: Device ticks per second.
            mass_kg: Body mass; if None, body weight comes from the first strides.
        """
        self.protocol = protocol
        self.bw_source = "mass" if mass_kg is not None else "strides"
        self.belts = rig.belts()
        self._channels = np.asarray(sorted(cell.channel for cell in rig.cells))
        bw_N = None if mass_kg is None else mass_kg * G
        self._pipeline = Pipeline(Setup(sample_rate_Hz, tick_rate_Hz, self.belts, protocol, bw_N))
        self._tables: list[StepTable] = []

    def feed(self, chunk: Chunk, tick_offset: int) -> Output:
        """Take the next samples.

        Args:
            chunk: Samples of one boot epoch.
            tick_offset: What makes their ticks session ticks.

        Returns:
            New final rows and the filtered force.
        """
        output = self._pipeline.feed(
            chunk.counts, chunk.tick + tick_offset, sample_flags(chunk, self._channels), chunk.gap_row.tolist()
        )
        self._keep(output.steps)
        return output

    def tare(self, counts: Sequence[float]) -> None:
        """Take the unloaded reading as zero from here on.

        Args:
            counts: (C,) mean counts of every channel.
        """
        self._pipeline.tare([belt.matrix @ np.asarray(counts, np.float64) for belt in self.belts])

    def finish(self) -> StepTable:
        """End the session.

        Returns:
            The last rows.
        """
        rows = self._pipeline.finish()
        self._keep(rows)
        return rows

    @property
    def table(self) -> StepTable:
        """Every row so far."""
        self._tables = [join_tables(self._tables)]
        return self._tables[0]

    @property
    def found(self) -> int:
        """Steps found so far, those included whose rows wait for body weight."""
        return self._pipeline.found

    def recent_cadence_spm(self, steps: int) -> float | None:
        """Median cadence of the latest steps; None before the first."""
        times = self._pipeline.recent_step_times(steps)
        return float(60.0 / np.median(times)) if times.size else None

    @property
    def bw_N(self) -> float:
        """Body weight, NaN while it is not known."""
        return self._pipeline.bw_N

    def weight_closure(self) -> float | None:
        """Mean vertical force over whole strides ÷ body weight; None where that would compare it with itself."""
        loads = self._pipeline.loads
        closure = weight_closure(loads.impulse_Ns, loads.time_s, self.bw_N)
        return None if self.bw_source == "strides" or np.isnan(closure) else closure

    def _keep(self, rows: StepTable) -> None:
        if rows.rows:
            self._tables.append(rows)
