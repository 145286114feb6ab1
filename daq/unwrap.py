"""From accepted frames to a Chunk: unwrap the counters, deliver each sample once, find gaps and reboots.

Within a boot every frame is placed relative to the frame before it. Its tick may step back by up to 2**28 (it is
late or a duplicate), else it stepped forward. Its seq is known modulo 2**16 only; the tick tells how often it went
round. A frame is delivered if both are newer than in all frames before it, so nothing delivered is ever taken back.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from daq.chunk import Chunk
from daq.layout import CHANNELS, FRAME_BYTES, OFFSET

Frames = NDArray[np.void]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

RETURN_RUN = 8
"""Frames in a row of the boot before this one that make it a reboot, and not late frames of that boot."""
REMEMBERED = 4096
"""Delivered frames of this boot that a later copy is compared with; a copy of an older one counts as late."""
BACK_TICKS = 1 << 28
"""A tick may step back by so much; a longer step back means that it wrapped."""
_TICK_MASK = (1 << 32) - 1
_SEQ_MASK = (1 << 16) - 1


class Sequencer:
    """Turns accepted frames into samples in order; the result does not depend on how frames are grouped."""

    def __init__(self) -> None:
        self.ticks_per_sample: float | None = None
        self.duplicates = self.late = self.lost = self.gaps = self.reboots = 0
        self._epoch: _Epoch | None = None
        self._old_boot = -1
        self._old_boot_run = 0

    def feed(self, frames: Frames) -> Chunk:
        """Unwrap and deliver.

        Args:
            frames: Accepted data frames in the order of the wire, FRAME_DTYPE, shape (n,).

        Returns:
            The frames that are new, in order.
        """
        if not len(frames):
            return Chunk.empty()
        chunks, copies = [], 0
        for start, stop in self._spans(frames["boot"]):
            here = frames[start:stop]
            reboot = self._epoch is not None and self._epoch.boot != int(here[0]["boot"])
            if reboot or self._epoch is None:
                self._epoch = _Epoch(here[0])
            chunk, copied = self._epoch.place(here, self.ticks_per_sample, reboot)
            self.reboots += int(reboot)
            chunks.append(chunk)
            copies += copied
        chunk = Chunk.concat(chunks)
        self.duplicates += copies
        self.late += len(frames) - len(chunk) - copies
        self.gaps += len(chunk.gap_lost)
        self.lost += int(chunk.gap_lost.sum(where=chunk.gap_lost > 0))
        return chunk

    def _spans(self, boot: NDArray[np.uint16]) -> list[tuple[int, int]]:
        """Cut where the boot id changes; leave out stragglers of the boot before this one.

        The old id coming back may be a few late frames, or (a false frame, a worn boot counter) the device at
        work again. RETURN_RUN of them with no other in between decide for the latter.
        """
        now = self._epoch.boot if self._epoch else -1
        if now == boot[0] and (boot == now).all():
            self._old_boot_run = 0
            return [(0, len(boot))]
        edges = [0, *(np.flatnonzero(boot[1:] != boot[:-1]) + 1).tolist(), len(boot)]
        spans = []
        for first, stop in pairwise(edges):
            start, name = first, int(boot[first])
            if name == self._old_boot:
                stragglers = min(stop - start, RETURN_RUN - 1 - self._old_boot_run)
                self._old_boot_run += stragglers
                start += stragglers
                if start == stop:
                    continue
            if name != now:
                self._old_boot, now = now, name
            self._old_boot_run = 0
            spans.append((start, stop))
        return spans


class _Epoch:
    """Where the counters stand within one boot; the first frame defines the base."""

    def __init__(self, first: np.void) -> None:
        self.boot = int(first["boot"])
        self.tick = self.newer_tick = int(first["tick"])
        self.newest_tick = self.tick - 1
        self.seq = int(first["seq"])
        self.newest_seq = self.seq - 1
        self.belt = int(first["belt"])
        self.past_tick, self.past_seq = np.empty(0, np.int64), np.empty(0, np.uint16)

    def place(self, frames: Frames, ticks_per_sample: float | None, reboot: bool) -> tuple[Chunk, int]:
        """Unwrap frames of this boot; return those that are new, and how many of the others are copies."""
        all_ticks, keep = self._unwrap_tick(frames["tick"].astype(np.int64))
        fresh, tick = (frames, all_ticks) if keep.all() else (frames[keep], all_ticks[keep])
        seq, ahead = self._unwrap_seq(fresh["seq"].astype(np.int64), tick, ticks_per_sample)
        if not ahead.all():
            fresh, tick, seq = fresh[ahead], tick[ahead], seq[ahead]
            keep[keep] = ahead
        lost = _steps(seq, self.newest_seq) - 1
        self.newest_seq = int(seq[-1]) if len(seq) else self.newest_seq
        if reboot:
            lost[0] = -1
        gap_row = np.flatnonzero(lost)
        chunk = Chunk(
            counts=decode_counts(fresh),
            seq=seq,
            tick=tick,
            boot=fresh["boot"].astype(np.uint16),
            status=fresh["status"].copy(),
            belt=self._unwrap_belt(fresh["belt"].astype(np.int64)),
            gap_row=gap_row,
            gap_lost=lost[gap_row],
        )
        return chunk, self._count_copies(all_ticks, frames["seq"], keep)

    def _unwrap_tick(self, raw: Ints) -> tuple[Ints, Bools]:
        """Return unwrapped ticks, and which are newer than all before."""
        step = _steps(raw, self.tick) & _TICK_MASK
        step[step > _TICK_MASK - BACK_TICKS] -= _TICK_MASK + 1
        tick = self.tick + step.cumsum()
        newer = _newer(tick, self.newest_tick)
        self.tick = int(tick[-1])
        self.newest_tick = max(self.newest_tick, int(tick.max()))
        return tick, newer

    def _unwrap_seq(self, raw: Ints, tick: Ints, ticks_per_sample: float | None) -> tuple[Ints, Bools]:
        """Return unwrapped seqs, and which are newer than all before; of the turns, the likeliest by the tick."""
        if not len(raw):
            return raw, np.empty(0, np.bool_)
        step = _steps(raw, self.seq) & _SEQ_MASK
        if ticks_per_sample is not None:
            samples = _steps(tick, self.newer_tick) / ticks_per_sample
            turns = np.rint((samples - step) / (_SEQ_MASK + 1))
            step += turns.astype(np.int64) * (_SEQ_MASK + 1)
        seq = self.seq + step.cumsum()
        ahead = _newer(seq, self.newest_seq)
        self.seq, self.newer_tick = int(seq[-1]), int(tick[-1])
        return seq, ahead

    def _unwrap_belt(self, raw: Ints) -> Ints:
        """Return unwrapped pulse counts: the belt counter only runs forward."""
        if not len(raw):
            return raw
        belt = self.belt + (_steps(raw, self.belt) & _SEQ_MASK).cumsum()
        self.belt = int(belt[-1])
        return belt

    def _count_copies(self, tick: Ints, seq: NDArray[np.uint16], keep: Bools) -> int:
        """Remember what was delivered; count how many of the other frames had been delivered before."""
        clean = bool(keep.all())
        past = len(self.past_tick)
        ticks = np.concatenate([self.past_tick, tick if clean else tick[keep]])
        seqs = np.concatenate([self.past_seq, seq if clean else seq[keep]])
        self.past_tick, self.past_seq = ticks[-REMEMBERED:], seqs[-REMEMBERED:]
        if clean:
            return 0
        others = ~keep
        at = np.searchsorted(ticks, tick[others]).clip(max=len(ticks) - 1)
        remembered = at >= past + keep.cumsum()[others] - REMEMBERED
        return int(np.count_nonzero(remembered & (ticks[at] == tick[others]) & (seqs[at] == seq[others])))


def _steps(values: Ints, before: int) -> Ints:
    """Step from each value's predecessor to it; `before` precedes the first."""
    out = np.empty_like(values)  # np.diff(prepend=...) costs 15 µs a call
    out[:1] = values[:1] - before
    np.subtract(values[1:], values[:-1], out=out[1:])
    return out


def _newer(values: Ints, newest: int) -> Bools:
    """Tell which values exceed `newest` and all values before them."""
    if values[0] > newest and (values[1:] > values[:-1]).all():
        return np.ones(len(values), np.bool_)
    before = np.maximum.accumulate(np.concatenate([[newest], values[:-1]]))
    return values > before


def decode_counts(frames: Frames) -> NDArray[np.int32]:
    """Decode the int24 counts.

    Args:
        frames: Data frames, FRAME_DTYPE, shape (n,), contiguous.

    Returns:
        Counts, shape (n, 8), C order.
    """
    if not len(frames):
        return np.empty((0, CHANNELS), np.int32)
    # Four bytes from where each int24 starts; the arithmetic shift drops the stranger and extends the sign.
    view = np.ndarray((len(frames), CHANNELS), ">i4", frames, OFFSET["counts"], (FRAME_BYTES, 3))
    counts = view.astype(np.int32)
    counts >>= 8
    return counts
