"""From the force on the belt to ADC counts: deck, cells, noise, drift, quantisation.

The chain works in fixed blocks that begin at multiples of BLOCK samples, and draws each block's noise from a generator
that is keyed by seed and block number. So a sample has the same value however the stream is cut later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daq.wire import CHANNELS
from rigs.cells import CellBehaviour
from rigs.deck import Deck, DeckMode
from rigs.disturbances import MOVING_M_S, Disturbances
from rigs.material import Material, memory_s
from rigs.randomness import NOISE, SPIKES, random_block
from rigs.sources import ForceSource

Floats = NDArray[np.float64]

BLOCK = 1024
LONG_SILENCE_BLOCKS, SETTLING_BLOCKS = 256, 16
_UNUSED_NOISE_COUNTS = 20.0


@dataclass(frozen=True)
class Sensors:
    """How wrenches become channel counts: geometry, stiffness and sensitivity of a rig in two tables."""

    gain: Floats
    """(8, B, 6): counts of each channel per N or N·m on each belt; zero for an unused channel."""
    counts_per_N: Floats
    """(8,): counts per newton on the cell itself; zero for an unused channel. Negative for a cell wired backwards."""
    pulses_per_m: float = 0.0
    """Pulses of the belt counter per metre; 0 = no counter."""
    bits: int = 24
    """Resolution of the ADC, sign included: it saturates at ±2^(bits−1)."""
    force: Floats = field(default_factory=lambda: np.zeros((CHANNELS, 1, 6)))
    """(8, B, 6): force on each cell per N or N·m on each belt, N; for what is not a mere factor."""
    wiring: Floats = field(default_factory=lambda: np.eye(CHANNELS))
    """(8, 8): counts of each channel per N on each cell, gain errors and cross-talk of the signals included."""
    capacity_N: Floats = field(default_factory=lambda: np.ones(CHANNELS))
    """(8,): rated load of each cell, N."""


@dataclass(frozen=True)
class SignalBlock:
    """BLOCK samples of all channels."""

    counts: NDArray[np.int32]
    """(BLOCK, 8), within 24 bits."""
    saturated: NDArray[np.bool_]
    """(BLOCK,): some channel is at an end of the ADC's range."""
    belt: NDArray[np.int64]
    """(BLOCK,): belt pulses since time 0."""


def _plugged(swap: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Which cell is plugged into each channel."""
    cells = np.arange(CHANNELS)
    for one, other in swap:
        cells[[one, other]] = cells[[other, one]]
    return cells


class SignalChain:
    """Makes the counts of an ADC that runs under a known force; sample k is taken at k / rate_Hz.

    Args:
        source: The force on the belt.
        sensors: The rig.
        rate_Hz: True sample rate of the ADC, Hz.
        modes: Deck modes along x, y, z.
        cells: Noise, drift and faults of the cells.
        seed: Fixes all that is random.
        skew_s: So much later than k / rate_Hz a multiplexing ADC takes channel 0, 1, …; 0 for those left out.
    """

    def __init__(
        self,
        source: ForceSource,
        sensors: Sensors,
        rate_Hz: float,
        modes: tuple[DeckMode, DeckMode, DeckMode],
        cells: CellBehaviour,
        seed: int = 0,
        skew_s: Sequence[float] = (),
    ) -> None:
        self.source, self.sensors, self.rate_Hz = source, sensors, rate_Hz
        self.modes, self.cells, self.seed = modes, cells, seed
        self.skew_s = np.zeros(CHANNELS)
        """(8,): how much later than the others each channel is sampled, s."""
        self.skew_s[: len(skew_s)] = skew_s
        self._late_s = np.empty(CHANNELS)  # of each cell, whose plug may be in another channel
        self._late_s[_plugged(cells.swap)] = self.skew_s
        self._moments = np.unique(self._late_s)
        self._disturbances = Disturbances(cells, seed)
        self._settling_blocks = max(SETTLING_BLOCKS, math.ceil(memory_s(cells) * rate_Hz / BLOCK))
        self._rest()
        self._gain = np.ascontiguousarray(sensors.gain.reshape(CHANNELS, -1)) * cells.gain
        self._force = np.ascontiguousarray(sensors.force.reshape(CHANNELS, -1))
        self._used = sensors.counts_per_N != 0.0
        draw = np.random.default_rng(np.random.SeedSequence([seed, 1])).uniform(-1.0, 1.0, CHANNELS)
        self.offset_N = cells.offset_N * draw
        """(8,): the zero offset each cell drew, N."""
        self._next = 0
        self._block: SignalBlock | None = None

    def block(self, number: int) -> SignalBlock:
        """Make a block, and those skipped before it: the deck rings on whether or not somebody listens.

        Over a long silence the deck is not followed; it starts at rest some blocks before the one that is wanted.

        Args:
            number: Block number; the current one again, or a later one.

        Returns:
            Samples number × BLOCK and following.

        Raises:
            ValueError: If the block has gone by.
        """
        if self._block is not None and number == self._next - 1:
            return self._block
        if number < self._next:
            raise ValueError(f"block {number} has gone by, the chain is at block {self._next - 1}")
        if number - self._next > max(LONG_SILENCE_BLOCKS, self._settling_blocks):
            self._rest()
            self._next = number - self._settling_blocks
        for skipped in range(self._next, number):
            self._load(skipped * BLOCK)
        self._block, self._next = self._make(number), number + 1
        return self._block

    def _make(self, number: int) -> SignalBlock:
        first = number * BLOCK
        t_s = np.arange(first, first + BLOCK) / self.rate_Hz
        loaded = self._load(first)
        taken_s = t_s + self._late_s[:, np.newaxis] if self._moments.any() else t_s
        zero_N = self.offset_N[:, np.newaxis] + self.cells.zero_N(taken_s)
        values = loaded + zero_N * self.sensors.counts_per_N[:, np.newaxis]
        noise = self._noise(number)
        values += noise
        if self._disturbances.any:
            added_N = self._disturbances.added_N(taken_s, self._moving(t_s))
            values += added_N * self.sensors.counts_per_N[:, np.newaxis]
        if self.cells.spike:
            values = self._spikes(values, number)
        full = 1 << (self.sensors.bits - 1)
        if self.cells.loose:
            is_open, level = self._disturbances.open_contacts(t_s)
            values = np.where(is_open, level * full + noise, values)
        self._spoil(values, full)
        counts = np.clip(np.rint(values), -full, full - 1)
        saturated = ((counts == -full) | (counts == full - 1)).any(axis=0)
        return SignalBlock(np.ascontiguousarray(counts.T, np.int32), saturated, self._pulses(t_s))

    def _spoil(self, values: Floats, full: int) -> None:
        """Let channels stick or sit at the end of their range, and interchange plugs, in place."""
        for channel in self.cells.stuck:
            values[channel] = np.rint(self.offset_N[channel] * self.sensors.counts_per_N[channel])
        values[list(self.cells.saturate)] = full
        for one, other in self.cells.swap:
            values[[one, other]] = values[[other, one]]

    def _rest(self) -> None:
        """Let deck and cells start at rest; the deck moves once for each moment at which channels are sampled."""
        self._decks = [Deck(self.modes, self.rate_Hz, self.sensors.gain.shape[1]) for _ in self._moments]
        yields = self.cells.yields
        self._material = Material(self.cells, self.sensors.capacity_N, self.rate_Hz, self.seed) if yields else None

    def _load(self, first: int) -> Floats:
        """Counts that the force makes, after the deck: (8, BLOCK)."""
        factor = self._decks[0].factor
        fine = np.arange(first * factor, (first + BLOCK) * factor) / (self.rate_Hz * factor)
        counts = np.empty((CHANNELS, BLOCK))
        force_N = np.zeros_like(counts)
        for late_s, deck in zip(self._moments, self._decks, strict=True):
            cells = self._late_s == late_s
            felt = deck.feed(self._wrench(fine + late_s)).reshape(-1, BLOCK)
            counts[cells] = np.einsum("cw,wn->cn", self._gain[cells], felt)
            if self._material:
                force_N[cells] = np.einsum("cw,wn->cn", self._force[cells], felt)
        if self._material:
            t_s = np.arange(first, first + BLOCK) / self.rate_Hz
            counts += self.cells.gain * self.sensors.wiring @ self._material.feed(force_N, t_s)
        return counts

    def _wrench(self, t_s: Floats) -> Floats:
        """Force on each of the rig's belts: (B, 6, n)."""
        wrench = self.source.wrench(t_s)
        belts = self.sensors.gain.shape[1]
        if len(wrench) != belts:
            if belts != 1:
                raise ValueError(f"a force on {len(wrench)} belt(s) cannot stand on {belts} belts")
            wrench = wrench.sum(axis=0, keepdims=True)
        return wrench

    def _noise(self, number: int) -> Floats:
        sd = np.where(self._used, self.cells.noise_N * np.abs(self.sensors.counts_per_N), _UNUSED_NOISE_COUNTS)
        if not self.cells.noise_N:
            sd[:] = 0.0
        draw = random_block(self.seed, number, NOISE).standard_normal((CHANNELS, BLOCK))
        return draw * sd[:, np.newaxis]

    def _spikes(self, values: Floats, number: int) -> Floats:
        random = random_block(self.seed, number, SPIKES)
        hit = random.random(values.shape) < self.cells.spike
        bit = random.integers(8, 24, values.shape)
        sign = random.choice([-1.0, 1.0], values.shape)
        spiked: Floats = values + hit * sign * 2.0**bit
        return spiked

    def _moving(self, t_s: Floats) -> NDArray[np.bool_]:
        """Whether the belt runs, (BLOCK,), by the way it goes from each sample to the next."""
        way = self.source.distance_m(np.append(t_s, t_s[-1] + 1.0 / self.rate_Hz))
        moving: NDArray[np.bool_] = np.abs(np.diff(way)) * self.rate_Hz > MOVING_M_S
        return moving

    def _pulses(self, t_s: Floats) -> NDArray[np.int64]:
        way = self.source.distance_m(t_s) * self.sensors.pulses_per_m
        return np.floor(way + 1e-9).astype(np.int64)
