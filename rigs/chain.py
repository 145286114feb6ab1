"""From the force on the belt to ADC counts: deck, cells, noise, drift, quantisation.

The chain works in fixed blocks that begin at multiples of BLOCK samples, and draws each block's noise from a generator
that is keyed by seed and block number. So a sample has the same value however the stream is cut later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daq.wire import CHANNELS
from rigs.deck import Deck, DeckMode
from rigs.sources import ForceSource

Floats = NDArray[np.float64]

BLOCK = 1024
LONG_SILENCE_BLOCKS, SETTLING_BLOCKS = 256, 16
NOISE, SPIKES, LINE = range(3)
"""Random streams of a block; what one draws never shifts the others."""
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


@dataclass(frozen=True)
class CellBehaviour:
    """What real cells and their ADC add to the force. Values are per cell."""

    noise_N: float = 0.0
    """Standard deviation of the white noise of one cell, N."""
    offset_N: float = 0.0
    """Largest zero offset of a cell, N; each cell draws its own between plus and minus this."""
    drift_N_per_min: float = 0.0
    """Linear drift of every cell, N/min."""
    warmup_N: float = 0.0
    """Warm-up: at first every cell reads this much too high, N …"""
    warmup_s: float = 600.0
    """… and loses it exponentially with this time constant, s."""
    gain: float = 1.0
    """All cells read this factor too high."""
    stuck: tuple[int, ...] = ()
    """Channels that read one constant value."""
    swap: tuple[tuple[int, int], ...] = ()
    """Pairs of channels whose plugs are interchanged."""
    spike: float = 0.0
    """Probability that one value has one wrong bit of the upper 16: the ±2ⁿ spikes of a bad connection."""

    def zero_N(self, t_s: Floats) -> Floats:
        """What drift and warm-up add to every cell at t_s, of any shape, N."""
        warm = self.warmup_N * np.exp(-t_s / self.warmup_s)
        return self.drift_N_per_min / 60.0 * t_s + warm


@dataclass(frozen=True)
class SignalBlock:
    """BLOCK samples of all channels."""

    counts: NDArray[np.int32]
    """(BLOCK, 8), within 24 bits."""
    saturated: NDArray[np.bool_]
    """(BLOCK,): some channel is at an end of the ADC's range."""
    belt: NDArray[np.int64]
    """(BLOCK,): belt pulses since time 0."""


def random_block(seed: int, block: int, stream: int) -> np.random.Generator:
    """Random generator of one block, independent of every other block and stream.

    Args:
        seed: Any non-negative integer.
        block: Block number.
        stream: NOISE, SPIKES or LINE.

    Returns:
        A counter-based generator: it can be made for any block without those before it.
    """
    return np.random.Generator(np.random.Philox(key=_key(seed), counter=[0, 0, block, stream]))


@lru_cache
def _key(seed: int) -> NDArray[np.uint64]:
    return np.asarray(np.random.SeedSequence(seed).generate_state(2, np.uint64), np.uint64)


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
        self._rest()
        self._gain = np.ascontiguousarray(sensors.gain.reshape(CHANNELS, -1)) * cells.gain
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
        if number - self._next > LONG_SILENCE_BLOCKS:
            self._rest()
            self._next = number - SETTLING_BLOCKS
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
        values += self._noise(number)
        if self.cells.spike:
            values = self._spikes(values, number)
        for channel in self.cells.stuck:
            values[channel] = np.rint(self.offset_N[channel] * self.sensors.counts_per_N[channel])
        for one, other in self.cells.swap:
            values[[one, other]] = values[[other, one]]
        full = 1 << (self.sensors.bits - 1)
        counts = np.clip(np.rint(values), -full, full - 1)
        saturated = ((counts == -full) | (counts == full - 1)).any(axis=0)
        return SignalBlock(np.ascontiguousarray(counts.T, np.int32), saturated, self._pulses(t_s))

    def _rest(self) -> None:
        """Let the deck start at rest: one solution of its motion for each moment at which channels are sampled."""
        self._decks = [Deck(self.modes, self.rate_Hz, self.sensors.gain.shape[1]) for _ in self._moments]

    def _load(self, first: int) -> Floats:
        """Counts that the force makes, after the deck: (8, BLOCK)."""
        factor = self._decks[0].factor
        fine = np.arange(first * factor, (first + BLOCK) * factor) / (self.rate_Hz * factor)
        counts = np.empty((CHANNELS, BLOCK))
        for late_s, deck in zip(self._moments, self._decks, strict=True):
            cells = self._late_s == late_s
            felt = deck.feed(self._wrench(fine + late_s)).reshape(-1, BLOCK)
            counts[cells] = np.einsum("cw,wn->cn", self._gain[cells], felt)
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

    def _pulses(self, t_s: Floats) -> NDArray[np.int64]:
        way = self.source.distance_m(t_s) * self.sensors.pulses_per_m
        return np.floor(way + 1e-9).astype(np.int64)
