"""The zero of the force as far as the past tells it; `analysis.zero` says what for."""

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FZ

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.5
"""A running step lasts 0.3–0.45 s, so every block of running holds a flight."""
MEAN_S = 0.03
LARGEST_STEP_N = 60.0
"""A block's lowest level this far above the zero may still be drift; further up, somebody stands on the belt."""
FLAT_N = 25.0
"""Range within a flat 30 ms; the valley of a step without flight is not flat."""
LOAD_N = 400.0
"""Without a tare, the first block with a flat low this far below its mean gives the first zero: a body's weight goes
into the belt, yet there is a flight. Walking swings about its mean by less …"""
RISEN_BLOCKS = 4
"""After this many blocks of running in a row above it, the zero itself has risen: something was laid on the belt."""
PATIENCE_S = 10.0
"""… or, if no block does in this time, the lowest level so far."""


class CausalZero:
    """Zero from the past alone, updated at the end of each block of `BLOCK_S`."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._block = max(4, round(BLOCK_S * sample_rate_Hz))
        self._mean = max(2, round(MEAN_S * sample_rate_Hz))
        self._patience = round(PATIENCE_S / BLOCK_S)
        self.level: Floats | None = None
        self.restart()

    def restart(self) -> None:
        """Begin a new segment; the level found so far survives."""
        self._waiting = np.empty((6, 0))
        self._bad = np.empty(0, np.bool_)
        self._released = 0
        self._tried = 0
        self._above = 0

    def feed(self, wrench: Floats, bad: Bools) -> tuple[Floats, Floats]:
        """Take the next samples.

        Args:
            wrench: (6, n) filtered wrench, not yet zeroed.
            bad: (n,) samples that the device marked as wrong; their blocks say nothing about the zero.

        Returns:
            (6, m) samples released (all of them, once a first level is known) and the (6, m) zero of each.
        """
        self._waiting = np.concatenate((self._waiting, wrench), axis=1)
        self._bad = np.concatenate((self._bad, bad))
        blocks = self._waiting.shape[1] // self._block
        zeros = self._block_zeros(blocks)
        if self.level is None:
            return np.empty((6, 0)), np.empty((6, 0))
        used = blocks * self._block
        open_block = np.repeat(self.level[:, None], self._waiting.shape[1] - used, axis=1)
        zero = np.concatenate((np.repeat(zeros, self._block, axis=1), open_block), axis=1)
        samples, zero = self._waiting[:, self._released :], zero[:, self._released :]
        self._waiting = self._waiting[:, used:].copy()
        self._bad = self._bad[used:].copy()
        self._released = self._waiting.shape[1]
        self._tried = 0
        return samples, zero

    def finish(self) -> tuple[Floats, Floats]:
        """End the segment: if no level was ever found, the lowest one seen must do.

        Returns:
            As `feed`.
        """
        if self.level is None and self._waiting.shape[1] >= self._mean:
            sound = self._waiting[:, ~self._bad]
            among = sound if sound.shape[1] >= self._mean else self._waiting
            width = min(self._block, among.shape[1])
            blocks = among.shape[1] // width
            candidates, flat, _ = self._lowest(among[:, : blocks * width].reshape(6, blocks, width))
            self.level = _least(candidates, flat)
        return self.feed(np.empty((6, 0)), np.empty(0, np.bool_))

    def _block_zeros(self, blocks: int) -> Floats:
        """Zero in force during each complete block: the level found in the blocks before it."""
        if blocks == 0 or (self.level is None and blocks == self._tried):
            return np.empty((6, 0))
        self._tried = blocks
        shaped = self._waiting[:, : blocks * self._block].reshape(6, blocks, self._block)
        candidates, flat, load = self._lowest(shaped)
        usable = ~self._bad[: blocks * self._block].reshape(blocks, self._block).any(axis=1)
        running = usable & flat & (load >= LOAD_N)
        first = 0
        if self.level is None:
            found = np.flatnonzero(running)
            first = min(int(found[0]), self._patience) if found.size else self._patience
            if first >= blocks:
                return np.empty((6, 0))
            until = slice(first + 1)
            sure = (usable & flat)[until]
            self.level = candidates[:, first].copy() if running[first] else _least(candidates[:, until], sure)
        in_force = self._choose(np.where(usable, candidates[FZ], np.nan), flat, running, first)
        levels = np.concatenate((self.level[:, None], candidates), axis=1)[:, in_force]
        self.level = levels[:, -1].copy()
        return levels[:, :-1]

    def _lowest(self, shaped: Floats) -> tuple[Floats, Bools, Floats]:
        """Each block's lowest running mean, whether Fz is flat there, and how far it lies below the block's mean."""
        total = np.cumsum(shaped, axis=2)
        width = self._mean
        means = np.concatenate((total[:, :, width - 1 : width], total[:, :, width:] - total[:, :, :-width]), axis=2)
        means /= width
        lowest = np.argmin(means[FZ], axis=1)
        rows = np.arange(shaped.shape[1])
        window = shaped[FZ][rows[:, None], lowest[:, None] + np.arange(width)]
        flat = np.ptp(window, axis=1) < FLAT_N
        candidates = means[:, rows, lowest]
        load = total[FZ, :, -1] / shaped.shape[2] - candidates[FZ]
        return candidates, flat, load

    def _choose(self, candidates: Floats, flat: Bools, running: Bools, first: int) -> Ints:
        """Number of the level in force in each block and after the last (0: the old one, j + 1: candidate j).

        Only a flat low is believed: the smear of a wild reading is not flat. The ground never pulls, so a lower level
        is believed at once; a higher one as slow drift, or once the runner has flown above the zero for
        `RISEN_BLOCKS`. One pass over blocks (two a second), not over samples or steps. A comparison with NaN (an
        unusable block) is false.
        """
        assert self.level is not None
        level, number, chosen = float(self.level[FZ]), 0, [0] * (first + 1)
        blocks = zip(candidates[first:].tolist(), flat[first:].tolist(), running[first:].tolist(), strict=True)
        for j, (candidate, is_flat, is_running) in enumerate(blocks):
            near = abs(candidate - level) < LARGEST_STEP_N
            believed = is_flat and (candidate < level or near)
            self._above = self._above + 1 if is_running and not believed else 0
            if believed or self._above == RISEN_BLOCKS:
                level, number, self._above = candidate, first + j + 1, 0
            chosen.append(number)
        return np.asarray(chosen)


def _least(candidates: Floats, sure: Bools) -> Floats:
    """Candidate with the lowest Fz, of those that are sure if any is."""
    among = np.where(sure, candidates[FZ], np.inf) if sure.any() else candidates[FZ]
    return candidates[:, int(np.argmin(among))].copy()
