"""What the belt itself does to the force: the hit of its seam at every turn, rollers out of round, motor lines.

Between contacts nothing but the machine presses on the cells. The force there, zero and drift taken off, is kept for
the last minutes and searched for what repeats: with the belt's turn (its length is known), and at any frequency.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.belt_scan import FARTHEST_N, Line, Record, Turn, lines, turn, turn_slot, without_steps, without_zero
from analysis.ragged import ragged_index

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BIN_S = 0.01
WINDOW_S = 300.0
EDGE_S = 0.06
"""Of each flight a quarter at either end, at most this much, belongs to the contacts."""
SHORT_FLIGHT_S = 0.6
LEAST_BINS = 100
"""One second of flight: with less, nothing is said."""
SLOWEST_M_S = 0.2
"""A measured belt slower than this does not count as moving."""
SPEED_TOLERANCE = 0.03
"""A belt's mean speed is 98–103 % of the set one (Willwacher et al. 2021, Sci Rep)."""
TRAVEL_TOLERANCE = 0.005
SEAM_LOG10_P = -8.0
"""On 39 real trials, with 15 lengths that their belt does not have, the least probable was 10⁻⁷."""
SEAM_CREST = 2.5
"""Largest deviation over RMS of a turn with a hit in it; a roller's sinusoid has 1.4."""
SEAM_SD = 5.0
LEAST_N = 0.5
"""Smaller lines do no harm."""
MOST = 5


@dataclass(frozen=True)
class Artefact:
    """A force that the belt makes."""

    kind: str
    """"seam": one hit at every turn of the belt; "periodic": a sinusoid."""
    amplitude_N: float
    """Largest deviation of the filtered force over a turn, in means of 20 ms (of a hit of 30 ms three quarters of its
    peak), or the amplitude of the sinusoid, N."""
    frequency_Hz: float
    """How often, Hz."""
    period_m: float
    """Every so much of belt, m; NaN if its speed is not known."""

    def __str__(self) -> str:
        every = "" if np.isnan(self.period_m) else f", every {self.period_m:.3g} m of belt"
        name = "belt seam" if self.kind == "seam" else "periodic force"
        newton = f"{self.amplitude_N:.0f}" if self.amplitude_N >= 10.0 else f"{self.amplitude_N:.1f}"
        return f"{name}: {newton} N at {self.frequency_Hz:.3g} Hz{every}"


class BeltArtefacts:
    """Collects one belt's unloaded force over a session, the last five minutes of it."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._bin = max(1, round(BIN_S * sample_rate_Hz))
        self._bin_s = self._bin / sample_rate_Hz
        self._edge = round(EDGE_S * sample_rate_Hz)
        self._window = round(WINDOW_S / self._bin_s)
        size = 2 * self._window
        self._time, self._way, self._force = (np.full(size, np.nan) for _ in range(3))
        self._flight, self._place = (np.full(size, -1) for _ in range(2))
        self._light = np.zeros(size, np.bool_)
        self._filled = 0
        self._flights = 0
        self.restart()

    def restart(self) -> None:
        """Begin a new segment."""
        self._samples = np.empty((2, 0))  # force and way of the bin under way
        self._zeroed = np.empty((1, 0))  # likewise
        self._begun = self._filled  # where the segment's first bin lies, or lay
        self._bins = self._known = 0
        self._off = 0  # where the last contact ended

    def feed(
        self, force_N: Floats, travel_m: Floats, start_s: float, zeroed_N: Floats, contacts: tuple[Ints, Ints]
    ) -> None:
        """Take the next samples, and what became known of earlier ones.

        Args:
            force_N: (n,) filtered vertical force, not zeroed.
            travel_m: (n,) way the belt has gone; NaN where it is not measured.
            start_s: Device time of the segment's first filtered sample, s.
            zeroed_N: (m,) the same force zeroed, lagging behind; 0 where no zero is known.
            contacts: (k,) first sample of each contact that became final and (k,) first sample after it (−1 if its end
                was not seen), counted in the segment's filtered samples.
        """
        self._samples, bins = self._cut(self._samples, np.stack((force_N, travel_m)))
        for first in range(0, bins.shape[1], self._window):  # a chunk may be longer than the window
            self._append(bins[:, first : first + self._window], start_s)
        self._zeroed, bins = self._cut(self._zeroed, zeroed_N[None])
        self._weigh(bins[0])
        self._mark(*contacts)

    def finish(self) -> None:
        """End the segment: what comes after its last contact is a flight as far as it goes."""
        end = np.asarray([self._bins * self._bin])
        self._mark(end, end)
        self.restart()

    def result(self, speed_m_s: float | None, belt_length_m: float | None) -> tuple[Artefact, ...]:
        """Search what was collected.

        Args:
            speed_m_s: Set speed of the belt, if it is known; where the way was measured, that is used instead.
            belt_length_m: Length of the belt's loop, if it is known.

        Returns:
            The artefacts, strongest first; none if there is too little to tell.
        """
        record, speed = self._record(speed_m_s)
        if record is None:
            return ()
        found: list[Artefact] = []
        if belt_length_m is not None and np.isfinite(speed):
            tolerance = TRAVEL_TOLERANCE if self._measured else SPEED_TOLERANCE
            seen = turn(record, 1.0 / belt_length_m, tolerance)
            if _is_seam(seen):
                found.append(Artefact("seam", seen.largest_N, seen.rate * speed, 1.0 / seen.rate))
                record = _without(record, seen)
        found += [_periodic(line, speed) for line in lines(record) if line.amplitude_N >= LEAST_N]
        return tuple(sorted(found, key=lambda one: -one.amplitude_N)[:MOST])

    def _cut(self, before: Floats, samples: Floats) -> tuple[Floats, Floats]:
        """What is left for the next bin, and the sums over the whole ones; of the way its middle."""
        joined = np.concatenate((before, samples), axis=1)
        used = joined.shape[1] // self._bin * self._bin
        if not used:
            return joined, np.empty((len(joined), 0))
        edges = np.arange(0, used, self._bin)
        bins = np.add.reduceat(joined[:, :used], edges, axis=1) / self._bin
        if len(bins) > 1:
            bins[1] = joined[1, edges + self._bin // 2]
        return joined[:, used:].copy(), bins

    def _append(self, bins: Floats, start_s: float) -> None:
        count = bins.shape[1]
        if self._filled + count > self._time.size:
            drop = self._filled - self._window
            for ring in (self._time, self._way, self._force, self._flight, self._place, self._light):
                ring[: self._window] = ring[drop : self._filled].copy()
            self._filled, self._begun = self._window, self._begun - drop
        new = slice(self._filled, self._filled + count)
        self._force[new], self._way[new] = bins
        self._time[new] = start_s + (self._bins + np.arange(count) + 0.5) * self._bin_s
        self._flight[new] = self._place[new] = -1
        self._light[new] = False
        self._filled, self._bins = self._filled + count, self._bins + count

    def _weigh(self, zeroed_N: Floats) -> None:
        """Note which bins nobody stands in, as far as that is known."""
        place = self._begun + self._known + np.arange(zeroed_N.size)
        held = place >= 0
        self._light[place[held]] = (np.abs(zeroed_N) < FARTHEST_N)[held] & (zeroed_N != 0.0)[held]
        self._known += zeroed_N.size

    def _mark(self, on: Ints, off: Ints) -> None:
        """Number the bins of the flights that end where these contacts begin."""
        if not on.size:
            return
        after = np.concatenate(([self._off], off))
        after[after < 0] = 1 << 60  # the flight after a contact whose end was not seen was not seen either
        self._off = int(after[-1])
        gap = np.maximum(on - after[:-1], 0)
        edge = np.minimum(gap // 4, self._edge)
        first, last = -(-(after[:-1] + edge) // self._bin), (on - edge) // self._bin
        lengths = np.where(gap > 0, np.maximum(last - first, 0), 0)
        bins, offsets = ragged_index(self._begun + first, lengths)
        held = bins >= 0
        flight = np.repeat(np.arange(on.size), lengths)
        self._flight[bins[held]] = (self._flights + flight)[held]
        self._place[bins[held]] = (np.arange(bins.size) - offsets[flight])[held]
        self._flights += on.size

    @property
    def _seen(self) -> slice:
        return slice(max(0, self._filled - self._window), self._filled)

    @property
    def _measured(self) -> bool:
        return bool(np.isfinite(self._way[self._seen]).any())

    def _record(self, speed_m_s: float | None) -> tuple[Record | None, float]:
        """The flights of the window on the belt's way (or on time, if that is not known), and the belt's speed."""
        rings = (self._time, self._way, self._force, self._flight, self._place)
        time_s, way, force, flight, place = (ring[self._seen] for ring in rings)
        mine = (flight >= 0) & self._light[self._seen]
        speed, at = float("nan") if speed_m_s is None else speed_m_s, time_s
        if self._measured:
            at, moved = way, np.gradient(way, self._bin_s)
            mine = mine & (moved > SLOWEST_M_S)
            speed = float(np.median(moved[mine])) if mine.any() else 0.0
        elif np.isfinite(speed):
            at = time_s * speed
        if mine.sum() < LEAST_BINS or speed <= 0.0:
            return None, speed
        at, time_s, force, flight, place = (values[mine] for values in (at, time_s, force, flight, place))
        rest, near = without_zero(time_s, force)
        rest = without_steps(rest[near], flight[near], place[near], round(SHORT_FLIGHT_S / self._bin_s))
        per_s = speed if np.isfinite(speed) else 1.0
        return Record(at[near], rest, self._bin_s * per_s, _stride_rate(time_s, flight) / per_s), speed


def _stride_rate(time_s: Floats, flight: Ints) -> float:
    """Strides per second; 0 if there are hardly any flights between steps."""
    starts = time_s[np.flatnonzero(np.diff(flight, prepend=-1))]
    steps = np.diff(starts)
    steps = steps[steps < 1.0]
    return float(0.5 / np.median(steps)) if steps.size > 5 else 0.0


def _is_seam(seen: Turn) -> bool:
    certain = seen.log10_p < SEAM_LOG10_P and seen.largest_N > SEAM_SD * seen.u_N
    return certain and seen.largest_N >= LEAST_N and seen.crest >= SEAM_CREST


def _without(record: Record, seen: Turn) -> Record:
    slot = turn_slot(record, seen.rate, seen.profile_N.size)
    return replace(record, force_N=record.force_N - np.nan_to_num(seen.profile_N)[slot])


def _periodic(line: Line, speed: float) -> Artefact:
    if np.isfinite(speed):
        return Artefact("periodic", line.amplitude_N, line.rate * speed, 1.0 / line.rate)
    return Artefact("periodic", line.amplitude_N, line.rate, float("nan"))
