"""Readings that no body can produce are marked, never repaired: raw stays raw, and the steps they touch are invalid.

A wrong bit on the converter's line passes every checksum that was computed after it. Two things give it away, in
newtons per channel and before any filter smears them:

* A single sample that its two neighbours, agreeing with each other, contradict: the force would have to rise and fall
  again by more than `REVERSAL_N_PER_MS`. That is the flank of a hard heel strike, 200 body weights per second for 100
  kg; a foot may rise even faster (barefoot 463 ± 141 BW/s on average, Lieberman et al. 2010, Nature 463:531), but does
  not let go again as steeply within the same millisecond. The largest true reversals seen are 62 N in one cell of a
  200 Hz deck with 2 % damping at 1 kHz, and 394 N in 39 real trials at 300 Hz.
* A jump by more than `JUMP_N_PER_MS`, four times that barefoot flank: a channel comes off, or comes back. The samples
  on either side of it are marked.

What stays below is not found: a wrong bit worth less than 200 N at 1 kHz (100 N at 2 kHz and above, 670 N at 300 Hz)
passes as force. Behind the 60 Hz low-pass the largest unseen one is a bump of 8 ms and 28 N at 1 kHz, 6 N at 2.5 kHz,
but 310 N at 300 Hz: slow converters must be trusted.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.flags import SampleFlag

Floats = NDArray[np.float64]
Flags = NDArray[np.uint8]
Bools = NDArray[np.bool_]

REVERSAL_N_PER_MS = 200.0
REVERSAL_LEAST_N = 100.0
"""At high rates the limit per sample falls below the noise: it is never less than this."""
AGREE = 0.5
"""The neighbours of a wrong reading differ by at most this share of its distance from them."""
JUMP_N_PER_MS = 2000.0
JUMP_LEAST_N = 500.0


class SpikeGuard:
    """Delays a stream by one sample, because a wrong reading shows only when the next one is there."""

    def __init__(self, matrices: Sequence[Floats], sample_rate_Hz: float) -> None:
        """Prepare.

        Args:
            matrices: (6, C) of each belt, N and N·m per channel unit, as in `analysis.wrench.Belt`.
            sample_rate_Hz: Sampling rate.
        """
        per_ms = 1000.0 / sample_rate_Hz
        gains = np.max([_newtons(matrix) for matrix in matrices], axis=0)
        self._used = np.flatnonzero(gains)
        self._reversal = max(REVERSAL_N_PER_MS * per_ms, REVERSAL_LEAST_N) / np.where(gains > 0.0, gains, np.nan)
        self._jump = max(JUMP_N_PER_MS * per_ms, JUMP_LEAST_N) / np.where(gains > 0.0, gains, np.nan)
        self._restart()

    def _restart(self) -> None:
        self._tail = np.empty((len(self._jump), 0))  # the last sample given out and the one held back
        self._flags = np.empty(0, np.uint8)  # of the one held back

    def feed(self, channels: NDArray[np.generic], flags: Flags) -> tuple[Floats, Flags]:
        """Take the next samples.

        Args:
            channels: (n, C) consecutive channel values.
            flags: (n,) their `SampleFlag` bits.

        Returns:
            (C, m) samples, unchanged but channel-major, one behind the stream, and their (m,) flags, with
            `SampleFlag.ADC` where a reading cannot be true.
        """
        tail = self._tail.shape[1]
        joined = np.empty((len(self._jump), tail + flags.size))
        joined[:, :tail] = self._tail
        joined[:, tail:] = channels.T
        flags = np.concatenate((self._flags, flags))
        given = max(tail - 1, 0)
        wrong = self._wrong(joined)
        flags[wrong[given:]] |= np.uint8(SampleFlag.ADC)
        ready = max(flags.size - 1, 0)
        self._tail, self._flags = joined[:, -2:].copy(), flags[ready:]
        return joined[:, given : given + ready], flags[:ready]

    def finish(self) -> tuple[Floats, Flags]:
        """End the segment.

        Returns:
            The sample held back, if any sample came, and its flags.
        """
        rest = self._tail[:, self._tail.shape[1] - self._flags.size :], self._flags
        self._restart()
        return rest

    def _wrong(self, rows: Floats) -> Bools:
        """Which samples cannot be true; of the last it is not yet known."""
        wrong = np.zeros(rows.shape[1], np.bool_)
        if wrong.size < 2:
            return wrong
        change = np.empty(wrong.size - 1)
        for channel in self._used:  # a handful of channels, each short enough for the processor's cache
            np.subtract(rows[channel, 1:], rows[channel, :-1], out=change)
            limit = self._reversal[channel]
            if change.max() > limit or change.min() < -limit:
                _mark(wrong, change, limit, self._jump[channel])
        return wrong


def _mark(wrong: Bools, change: Floats, reversal: float, jump: float) -> None:
    """Mark one channel's wrong samples, from the changes between them."""
    up, down = change[:-1], change[1:]
    smaller = np.minimum(np.abs(up), np.abs(down))
    wrong[1:-1] |= (up * down < 0.0) & (smaller > reversal) & (np.abs(up + down) <= AGREE * smaller)
    far = np.abs(change) > jump
    wrong[1:] |= far
    wrong[:-1] |= far


def _newtons(matrix: Floats) -> Floats:
    """(C,) N per unit of each channel; of one that bears only on moments, N·m at a lever of 1 m."""
    force = np.sqrt((matrix[:3] ** 2).sum(axis=0))
    newtons: Floats = np.where(force > 0.0, force, np.sqrt((matrix[3:] ** 2).sum(axis=0)))
    return newtons
