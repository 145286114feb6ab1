"""How quiet the flights are, and how well they tell the zero: figures for a session's quality lines."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.flight_knots import Knots
from analysis.wrench import FZ

Floats = NDArray[np.float64]

FARTHEST_S = 2.0
"""Flights further apart than this do not predict each other."""
EDGES_N = np.geomspace(1e-3, 1e5, 1 + 8 * 116)
"""Classes of 2 % in which the flights' noise is counted, so that its median needs no memory."""


@dataclass(frozen=True)
class FlightQuality:
    """What the flights say about noise and zero."""

    flights: int
    """Flights long enough to judge."""
    used: int
    """Those that were calm, no outliers, and made the zero."""
    noise_N: float
    """Median SD of the filtered vertical force within a flight, ringing included, N."""
    residual_N: float
    """Mean of what each flight shows against the zero that its two neighbours predict for it, N: 0 if drift is slow."""
    residual_sd_N: float
    """Its SD, N."""

    @property
    def u_zero_N(self) -> float:
        """Standard uncertainty of the zero in the middle of a stance, N.

        A zero drawn between two flights of variance s² each has variance s²/2; a flight against its neighbours 3s²/2.
        """
        return self.residual_sd_N / float(np.sqrt(3.0))


class FlightNoise:
    """Follows one belt's flights over a session."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._farthest = FARTHEST_S * sample_rate_Hz
        self._classes = np.zeros(EDGES_N.size + 1, np.int64)
        self._used = 0
        self._sums = np.zeros(3)  # number, sum and sum of squares of the residuals
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._before = np.empty((2, 0))  # position and level of the last two used flights

    def feed(self, knots: Knots) -> None:
        """Take the flights that became known.

        Args:
            knots: As `FlightKnots` returns them.
        """
        self._classes += np.bincount(np.searchsorted(EDGES_N, knots.spread_N), minlength=self._classes.size)
        self._used += int(knots.used.sum())
        row = np.stack((knots.position[knots.used], knots.value[FZ, knots.used]))
        row = np.concatenate((self._before, row), axis=1)
        self._before = row[:, -2:]
        (x, y), (x0, y0), (x2, y2) = row[:, 1:-1], row[:, :-2], row[:, 2:]
        near = x2 - x0 < self._farthest
        x, y, x0, y0, x2, y2 = (values[near] for values in (x, y, x0, y0, x2, y2))
        residual = y - (y0 + (y2 - y0) * (x - x0) / (x2 - x0))
        for number, values in enumerate((np.ones(residual.size), residual, residual * residual)):
            # One after the other, so that the sum does not depend on how they arrive.
            self._sums[number] = np.add.accumulate(np.append(self._sums[number], values))[-1]

    def result(self) -> FlightQuality:
        """What is known now; NaN where no flight tells."""
        flights = int(self._classes.sum())
        number, total, squares = self._sums
        mean = total / number if number else float("nan")
        variance = (squares - number * mean**2) / (number - 1.0) if number > 1.0 else float("nan")
        return FlightQuality(
            flights, self._used, self._median(flights), float(mean), float(np.sqrt(max(variance, 0.0)))
        )

    def _median(self, flights: int) -> float:
        if not flights:
            return float("nan")
        place = int(np.searchsorted(np.cumsum(self._classes), 0.5 * flights))
        if place == 0:
            return 0.0
        return float(np.sqrt(EDGES_N[place - 1] * EDGES_N[min(place, EDGES_N.size - 1)]))
