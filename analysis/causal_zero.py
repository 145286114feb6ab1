"""The zero of the force as far as the past tells it; `analysis.zero` says what for.

The stream is judged in blocks of half a second. Until one proves where the zero is, it is *unknown*: somebody who
stands on the belt from the start cannot be told from an empty belt. Proof is

* a flight: a flat low after which the force climbs as steeply as no walker's does;
* a low that lasts, far below what the belt carried before or afterwards, or
* one less far below that recurs while the belt carries a load between: the swing of a foot that has a belt of its own.
  Over some seconds a body presses with its weight, so neither can be a person who stands still.

Samples wait for the proof for `PATIENCE_S`, or while the force rests for one block: then they are given out as unknown,
and no step is sought in them. So memory stays bounded however long somebody stands there.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FZ
from analysis.zero_blocks import FLAT_N, Blocks, judge

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BLOCK_S = 0.5
"""A running step lasts 0.3–0.45 s, so every block of running holds a flight."""
LEAST_S = 0.03
"""A segment's last block may be as short as this."""
LARGEST_STEP_N = 60.0
"""A block's lowest level this far above the zero may still be drift; further up, somebody stands on the belt."""
LOAD_N = 400.0
"""A low that lasts and lies this far below the mean of two blocks in a row, whichever came first, was an empty belt:
over a second the mean force on a body exceeds its weight by its mass times its change of velocity, 200 N for 70 kg and
3 m/s."""
RECURRING_BLOCKS = (4, 8)
"""As many of the last eight blocks hold a lasting low at the same level …"""
RECURRING_NS = 600.0
"""… and their impulse above it is more than 120 kg could take up by changing its velocity by 5 m/s."""
RISEN_BLOCKS = 4
"""After this many blocks in a row whose flights lie above it, the zero itself has risen: something was laid on the
belt. One suffices if they lie where the zero was before it fell: a channel stuck for a while is back."""
PATIENCE_S = 10.0
EMPTY_N = 50.0
"""After an unknown stretch nothing counts until the force has been this near to the zero, or the contact in which the
zero became known would look as if it began there."""


class CausalZero:
    """Zero from the past alone, updated at the end of each block of `BLOCK_S`."""

    def __init__(self, sample_rate_Hz: float) -> None:
        self._rate = sample_rate_Hz
        self._block = max(4, round(BLOCK_S * sample_rate_Hz))
        self._least = max(2, round(LEAST_S * sample_rate_Hz))
        self._patience = round(PATIENCE_S / BLOCK_S)
        self.level: Floats | None = None
        self._former: float | None = None  # the level before it last fell by much
        self._rest: Floats | None = None  # while no level is known: the lowest low that lasted …
        self._carried = -np.inf  # … and the heaviest mean of two blocks in a row
        self.restart()

    def restart(self) -> None:
        """Begin a new segment; the level found so far survives."""
        self._waiting = np.empty((6, 0))
        self._bad = np.empty(0, np.bool_)
        self._released = 0  # of the waiting samples, those already given out
        self._judged = 0  # of the waiting samples, those in blocks that proved nothing
        self._rests: list[bool] = []  # whether the force rested in each of these blocks that are still held
        self._unknown = 0  # how many waiting samples will never be known
        self._hidden = False  # unknown samples were given out, and no sample near the zero since
        self._mean_before = -np.inf
        self._recent: list[tuple[float, float, bool]] = []  # low, mean, whether it lasted
        self._above = 0

    @property
    def guess(self) -> Floats:
        """(6,) for the eye: the level, or as long as it is not known the lowest lasting low, or zeros."""
        known = self.level if self.level is not None else self._rest
        return known if known is not None else np.zeros(6)

    def feed(self, wrench: Floats, bad: Bools) -> tuple[Floats, Floats]:
        """Take the next samples.

        Args:
            wrench: (6, n) filtered wrench, not yet zeroed.
            bad: (n,) samples that are marked as wrong; their blocks say nothing about the zero.

        Returns:
            (6, m) samples released (all of them, once a first level is known) and the (6, m) zero of each, NaN where
            it is not known. Unknown samples come only at the beginning of a segment.
        """
        self._waiting = np.concatenate((self._waiting, wrench), axis=1)
        self._bad = np.concatenate((self._bad, bad))
        proven = self._seek(self._block) if self.level is None else 0
        return self._release_unknown() if self.level is None else self._release(proven)

    def finish(self) -> tuple[Floats, Floats]:
        """End the segment: what is left may be shorter than a block, yet prove where the zero is.

        Returns:
            As `feed`; what is still unknown stays so.
        """
        left = self._waiting.shape[1] - self._judged
        proven = self._seek(left) if self.level is None and left >= self._least else 0
        if self.level is None:
            self._unknown = self._waiting.shape[1]
            return self._release_unknown()
        return self._release(proven)

    def _seek(self, width: int) -> int:
        """Judge new blocks until one proves the level; how many waiting samples lie up to its end."""
        count = (self._waiting.shape[1] - self._judged) // width
        blocks = self._judge(self._judged, count, width)
        for j in range(count):
            self._judged += width
            if self._proves(blocks, j):
                return self._judged
            self._rests = [*self._rests, bool(blocks.rest[j])][-self._patience :]
            while self._rests[:2] == [True, True]:  # of a rest only the end may belong to what follows
                self._rests = self._rests[1:]
            self._unknown = self._judged - len(self._rests) * width
        return 0

    def _proves(self, blocks: Blocks, j: int) -> bool:
        """Whether the level is known after block j. One pass over blocks (two a second) until it is."""
        if not blocks.usable[j]:
            self._mean_before = -np.inf
            return False
        low, mean = blocks.low[:, j], float(blocks.mean[FZ, j])
        self._carried = max(self._carried, min(mean, self._mean_before))
        self._mean_before = mean
        self._recent = [*self._recent, (float(low[FZ]), mean, bool(blocks.lasting[j]))][-RECURRING_BLOCKS[1] :]
        self._note_rest(blocks, j)
        rest = self._rest
        if blocks.flight[j] or (blocks.lasting[j] and self._recurs(float(low[FZ]))):
            self.level = low.copy() if rest is None or low[FZ] < rest[FZ] + LARGEST_STEP_N else rest
        elif rest is not None and self._carried >= rest[FZ] + LOAD_N:
            self.level = rest
        return self.level is not None

    def _note_rest(self, blocks: Blocks, j: int) -> None:
        """Remember the lowest lasting low; a whole block of rest is better known, and followed as it drifts."""
        if blocks.rest[j]:
            if self._rest is None or blocks.mean[FZ, j] < self._rest[FZ] + LARGEST_STEP_N:
                self._rest = blocks.mean[:, j].copy()
        elif blocks.lasting[j] and (self._rest is None or blocks.low[FZ, j] < self._rest[FZ] - FLAT_N):
            self._rest = blocks.low[:, j].copy()

    def _recurs(self, low_N: float) -> bool:
        """Whether a low at this level, and none lower, has lasted again and again between loads."""
        lows = [low for low, _, lasting in self._recent if lasting and low < low_N + FLAT_N]
        impulse = sum(mean - low_N for _, mean, _ in self._recent) * self._block / self._rate
        return len(lows) >= RECURRING_BLOCKS[0] and min(lows) > low_N - FLAT_N and impulse >= RECURRING_NS

    def _release_unknown(self) -> tuple[Floats, Floats]:
        samples = self._waiting[:, : self._unknown]
        self._hidden |= self._unknown > 0
        self._judged -= self._unknown
        self._keep_from(self._unknown)
        return samples, np.full(samples.shape, np.nan)

    def _release(self, proven: int) -> tuple[Floats, Floats]:
        """Give out everything; the level holds for the first `proven` samples, then each block may change it."""
        assert self.level is not None
        total = self._waiting.shape[1]
        count = (total - proven) // self._block
        levels = self._levels(self._judge(proven, count, self._block)) if count else self.level[:, None]
        used = proven + count * self._block
        widths = np.concatenate(([proven], np.full(count, self._block), [total - used]))
        zero = np.repeat(levels[:, np.concatenate(([0], np.arange(count + 1)))], widths, axis=1)
        self._hidden |= self._unknown > 0
        if self._hidden:
            near = self._waiting[FZ] - zero[FZ] < EMPTY_N
            near[: max(self._unknown, self._released)] = False
            self._hidden = not near.any()
            zero[:, : total if self._hidden else int(np.argmax(near))] = np.nan
        samples, zero = self._waiting[:, self._released :], zero[:, self._released :]
        self._judged, self._rests = 0, []
        self._keep_from(used)
        self._released = self._waiting.shape[1]
        return samples, zero

    def _keep_from(self, first: int) -> None:
        self._waiting = self._waiting[:, first:].copy()
        self._bad = self._bad[first:].copy()
        self._unknown = 0

    def _judge(self, start: int, count: int, width: int) -> Blocks:
        part = slice(start, start + count * width)
        return judge(self._waiting[:, part], self._bad[part], width, self._rate)

    def _levels(self, blocks: Blocks) -> Floats:
        """(6, k + 1) level in force during each block, which is that of the blocks before it, and after the last.

        Only a flat low is believed: the smear of a wild reading is not flat. The ground never pulls, so a lower level
        is believed at once; a higher one as slow drift, or once the runner has flown above the zero for
        `RISEN_BLOCKS`. One pass over blocks (two a second), not over samples or steps.
        """
        assert self.level is not None
        level, number, chosen = float(self.level[FZ]), 0, [0]
        lows = np.where(blocks.rest, blocks.mean, blocks.low)  # at rest the mean is free of the minimum's bias
        rows = zip(lows[FZ].tolist(), blocks.flat.tolist(), blocks.flight.tolist(), strict=True)
        for j, (low, flat, flight) in enumerate(rows):
            believed = flat and low < level + LARGEST_STEP_N
            back = self._former is not None and abs(low - self._former) < LARGEST_STEP_N
            self._above = self._above + 1 if flight and not believed else 0
            if believed or self._above == RISEN_BLOCKS or (self._above and back):
                if abs(low - level) > LARGEST_STEP_N:
                    self._former = level if low < level else None
                level, number, self._above = low, j + 1, 0
            chosen.append(number)
        levels = np.concatenate((self.level[:, None], lows), axis=1)[:, chosen]
        self.level = levels[:, -1].copy()
        return levels
