"""Any stretch of a recorded session at once: the pipeline over a few seconds, instead of over all that came before.

The force is filtered as ever. What the pipeline would have learnt of the zero by then is read from the flights around
the stretch, which the step table names, or from the tare before it. Metrics are not made here: they are the table's.
"""

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import DEFAULT_PROTOCOL, get_protocol
from analysis.setup import Setup
from analysis.stance_curves import NO_CURVES, StanceCurves, join_curves
from analysis.steps import StepTable
from daq.analyser import Analyser
from daq.session import Session
from daq.session_rows import SessionRows
from daq.setups import instrument_of, make_setup

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AROUND_S = 2.5
"""Read before and after the stretch, for the filter, the flights that give the zero and the steps that follow."""
PORTION = 4096
"""Rows analysed at a time: within a portion the zero shown goes in a straight line."""
FLIGHTS = 8
"""Flights whose mean gives the zero to begin with."""
SAME_STEP_S = 0.02
"""Touchdowns closer than this are of the same step: the zero moves a touchdown by far less, steps are far longer."""


@dataclass(frozen=True)
class Excerpt:
    """Filtered force of one stretch on the grid of sample numbers: sample i lies at i / rate."""

    wrench: NDArray[np.float32]
    """(belts, 6, n) N and N·m; NaN where samples are missing."""
    contact: NDArray[np.bool_]
    """(belts, n) whether a foot is on the belt."""
    curves: StanceCurves
    """Of the steps of the table that touch the ground in it."""


class Excerpts:
    """Cuts excerpts out of one session."""

    def __init__(self, session: Session, *, protocol: str | None = None) -> None:
        """Prepare.

        Args:
            session: Open session; a SessionError says that it cannot be analysed.
            protocol: Name of the analysis protocol; by default the session's own.
        """
        header = session.header
        self._rows = SessionRows(session)
        self.rig = instrument_of(header, session.path)
        wanted = get_protocol(protocol or header.protocol_name or DEFAULT_PROTOCOL)
        self.setup: Setup = replace(make_setup(header, self.rig, wanted), two_mass=False)
        self._rate, self._tick_rate = header.sample_rate_Hz, header.tick_rate_Hz
        self._origin = self._rows.tick_at(0) if session.rows else 0
        self.last_s = self._seconds(session.rows - 1) if session.rows else 0.0
        self._session = session

    def prepare(self) -> None:
        """Load what the first cut would have to wait for: the filters' libraries, half a second."""
        Analyser(self.rig, self.setup, curves=True)

    def cut(self, start: int, stop: int, table: StepTable, bw_N: float) -> Excerpt:
        """Cut one stretch out.

        Args:
            start: First sample number.
            stop: Sample number after the last.
            table: Steps of the session, or those known so far.
            bw_N: Body weight; NaN if it is not known.

        Returns:
            The stretch.
        """
        begin_s, end_s = start / self._rate, stop / self._rate
        first, last = self._row(begin_s - AROUND_S), self._row(end_s + AROUND_S)
        analyser = Analyser(self.rig, self._setup(bw_N), curves=True)
        level = self._level(first, begin_s, table)
        if level is not None:
            analyser.tare(level.tolist())
        wrench = np.full((len(analyser.belts), 6, stop - start), np.nan, np.float32)
        contact = np.zeros((len(analyser.belts), stop - start), np.bool_)
        found: list[StanceCurves] = []
        for piece in chain.from_iterable(self._rows.pieces(first, last, rows=PORTION)):
            tare = self._rows.tares.get(piece.row) if piece.row > first else None
            if tare is not None:
                analyser.tare(tare)
            output = analyser.feed(piece.chunk, piece.tick_offset)
            place = self._sample(output.live.tick) - start
            inside = (place >= 0) & (place < stop - start)
            wrench[:, :, place[inside]] = output.live.wrench[:, :, inside]
            contact[:, place[inside]] = output.live.contact[:, inside]
            found.append(output.curves)
        analyser.finish()
        found.append(analyser.take_curves())
        shift_s = self._seconds(first) if first < self._session.rows else 0.0
        touchdown = analyser.table["touchdown_s"] + shift_s
        return Excerpt(wrench, contact, _named(join_curves(found), touchdown, table, begin_s, end_s))

    def _setup(self, bw_N: float) -> Setup:
        return self.setup if np.isnan(bw_N) else replace(self.setup, bw_N=bw_N)

    def _row(self, time_s: float) -> int:
        return self._rows.at_tick(self._origin + round(time_s * self._tick_rate))

    def _seconds(self, row: int) -> float:
        return (self._rows.tick_at(row) - self._origin) / self._tick_rate

    def _sample(self, tick: Ints) -> Ints:
        return np.rint((tick - self._origin) / self._tick_rate * self._rate).astype(np.int64)

    def _level(self, row: int, time_s: float, table: StepTable) -> Floats | None:
        """(C,) unloaded counts near a moment: of the flights around it, else of the last tare."""
        known = np.flatnonzero(table["valid"] & (table["flight_time_ms"] > 0.0) & (table["gait"] == "run"))
        near = known[np.argsort(np.abs(table["toe_off_s"][known] - time_s), kind="stable")[:FLIGHTS]]
        means = []
        for step in near.tolist():  # eight short reads, once per stretch
            toe_off_s, flight_s = float(table["toe_off_s"][step]), float(table["flight_time_ms"][step]) / 1e3
            a, b = self._row(toe_off_s + 0.3 * flight_s), self._row(toe_off_s + 0.7 * flight_s)
            if b > a:
                means.append(self._session.counts(a, b).mean(axis=0))
        if means:
            level: Floats = np.mean(means, axis=0)
            return level
        tared = self._rows.tare_before(row)
        return None if tared is None else np.asarray(tared, np.float64)


def _named(curves: StanceCurves, touchdown_s: Floats, table: StepTable, begin_s: float, end_s: float) -> StanceCurves:
    """Curves by the step numbers of the session's table; what has no partner there is left out."""
    known = table["touchdown_s"]
    if not len(curves) or not known.size:
        return NO_CURVES
    touchdown_s = touchdown_s[curves.step - 1]  # an excerpt counts its own steps from 1
    after = np.clip(np.searchsorted(known, touchdown_s), 1, known.size - 1) if known.size > 1 else np.zeros(1, int)
    partner = np.where(np.abs(known[after] - touchdown_s) < np.abs(known[after - 1] - touchdown_s), after, after - 1)
    mine = (np.abs(known[partner] - touchdown_s) < SAME_STEP_S) & (touchdown_s >= begin_s) & (touchdown_s < end_s)
    return StanceCurves(table["step"][partner[mine]].astype(np.int64), curves.values[mine])
