"""Watches the machine while somebody runs: drift of every cell, noise of the flights, the forces of the belt itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.belt_artefacts import Artefact, BeltArtefacts
from analysis.cell_drift import CellDrift, CellZero
from analysis.flight_knots import Knots
from analysis.flight_noise import FlightNoise, FlightQuality

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class BeltNews:
    """What became known of one belt."""

    zeroed_N: Floats
    """(m,) zeroed vertical force, continuing where the last call stopped; 0 where no zero is known."""
    on: Ints
    """(k,) first sample of each contact that became final, counted in the segment's filtered samples."""
    off: Ints
    """(k,) first sample after it; −1 if its end was not seen."""
    knots: Knots
    """Flights that became known."""


@dataclass(frozen=True)
class MachineState:
    """What a session tells of the machine."""

    cells: tuple[CellZero, ...]
    """Every cell, in order of channels."""
    flights: tuple[FlightQuality, ...]
    """Noise and zero, one per belt."""
    artefacts: tuple[tuple[Artefact, ...], ...]
    """Periodic forces of each belt, strongest first."""


class MachineWatch:
    """Follows cells, flights and belts over a session, in the same memory however long it lasts."""

    def __init__(self, matrices: Sequence[Floats], sample_rate_Hz: float, delay: int) -> None:
        """Prepare.

        Args:
            matrices: (6, C) of each belt, N and N·m per channel unit.
            sample_rate_Hz: Sampling rate.
            delay: How many samples into the channels' stream the first filtered sample lies: half the low-pass.
        """
        self._late_s = delay / sample_rate_Hz
        self._cells = CellDrift(matrices, sample_rate_Hz, delay)
        self._flights = [FlightNoise(sample_rate_Hz) for _ in matrices]
        self._belts = [BeltArtefacts(sample_rate_Hz) for _ in matrices]
        self._start_s: float | None = None

    def tare(self, levels: Floats) -> None:
        """Take a measured zero, to tell what the moving belt adds to it.

        Args:
            levels: (C,) unloaded reading of every channel, in its unit.
        """
        self._cells.tare(levels)

    def feed(
        self, channels: Floats, start_s: float, force_N: Floats, travel_m: Floats, news: Sequence[BeltNews]
    ) -> None:
        """Take the next samples and what became known with them.

        Args:
            channels: (C, n) consecutive channel values, channel-major, not filtered.
            start_s: Device time of the first of them, s since the session began.
            force_N: (belts, m) consecutive filtered vertical force, not zeroed.
            travel_m: (m,) way the belt has gone at each filtered sample; NaN where it is not measured.
            news: Of each belt.
        """
        if self._start_s is None and channels.shape[1]:
            self._start_s = start_s
        self._cells.feed(channels, start_s, [one.knots for one in news])
        for number, one in enumerate(news):
            self._flights[number].feed(one.knots)
            self._belts[number].feed(
                force_N[number], travel_m, (self._start_s or 0.0) + self._late_s, one.zeroed_N, (one.on, one.off)
            )

    def finish(self) -> None:
        """End a segment and prepare for the next."""
        for belt, flights in zip(self._belts, self._flights, strict=True):
            belt.finish()
            flights.restart()
        self._cells.restart()
        self._start_s = None

    def result(self, speed_m_s: float | None, belt_length_m: float | None) -> MachineState:
        """What is known now.

        Args:
            speed_m_s: Set speed of the belt, if it is known.
            belt_length_m: Length of the belt's loop, if it is known.

        Returns:
            The machine's state; searching the belts takes a few hundredths of a second.
        """
        return MachineState(
            self._cells.result(),
            tuple(flights.result() for flights in self._flights),
            tuple(belt.result(speed_m_s, belt_length_m) for belt in self._belts),
        )
