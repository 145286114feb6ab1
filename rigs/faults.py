"""What goes wrong between ADC and host, on request, and the ledger of what really did."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

from daq.errors import LinkError
from daq.wire import FRAME_BYTES
from rigs.chain import BLOCK
from rigs.randomness import LINE, random_block

INTACT, DROPPED, CORRUPTED, CUT, DUPLICATED = range(5)
FATES = ("intact", "dropped", "corrupted", "cut", "duplicated")


@dataclass(frozen=True)
class Faults:
    """Faults of the line and of the board. Times are seconds from the first START, when the force begins."""

    drop: float = 0.0
    """Probability that a frame is lost on the line."""
    corrupt: float = 0.0
    """Probability that up to 16 neighbouring bits of a frame arrive wrong."""
    cut: float = 0.0
    """Probability that a frame loses 1 to 8 neighbouring bytes, as in a receiver overrun."""
    duplicate: float = 0.0
    """Probability that a frame arrives twice."""
    stall_at_s: float | None = None
    """When the board hangs, s."""
    stall_s: float = 1.0
    """For how long it hangs, s."""
    reset_at_s: tuple[float, ...] = ()
    """When the board reboots, s."""
    unplug_at_s: tuple[float, ...] = ()
    """When the cable is pulled out, s."""
    replug_at_s: tuple[float, ...] = ()
    """When it is plugged in again, s; the last may be missing: then it stays out."""

    def __post_init__(self) -> None:
        total = self.drop + self.corrupt + self.cut + self.duplicate
        if min(self.drop, self.corrupt, self.cut, self.duplicate) < 0.0 or total > 1.0:
            raise LinkError(
                "drop, corrupt, cut, duplicate",
                expected="probabilities, at least 0 and together at most 1",
                seen=f"{self.drop:g}, {self.corrupt:g}, {self.cut:g}, {self.duplicate:g}",
                next_step="A frame meets one fate only.",
            )
        self._check_cable()

    def _check_cable(self) -> None:
        """The cable goes out and in by turns, and not while the board hangs."""
        ins_and_outs = [at for pair in zip_longest(self.unplug_at_s, self.replug_at_s) for at in pair if at is not None]
        one_more = len(self.unplug_at_s) - len(self.replug_at_s)
        if one_more not in (0, 1) or any(late <= early for early, late in pairwise(ins_and_outs)):
            raise LinkError(
                "unplug_at_s, replug_at_s",
                expected="times by turns: out, in, out, …",
                seen=f"out at {_times(self.unplug_at_s)}, in at {_times(self.replug_at_s)}",
            )
        stall_s = self.stall_at_s
        if stall_s is not None and any(stall_s <= at < stall_s + self.stall_s for at in self.unplug_at_s):
            raise LinkError("unplug_at_s", expected="a board that does not hang then", seen="one in its stall")

    @property
    def on_line(self) -> bool:
        """Whether any frame can be harmed on the line."""
        return self.drop + self.corrupt + self.cut + self.duplicate > 0.0


def _times(times_s: Sequence[float]) -> str:
    return ", ".join(f"{at:g}" for at in times_s) or "no time"


@dataclass(frozen=True)
class LineFate:
    """What becomes of each frame of a block, fixed by seed and block number alone."""

    fate: NDArray[np.uint8]
    """(BLOCK,): INTACT, DROPPED, CORRUPTED, CUT or DUPLICATED."""
    place: NDArray[np.int64]
    """(BLOCK,): first byte that is wrong or missing."""
    mask: NDArray[np.uint16]
    """(BLOCK,): bits that flip in two neighbouring bytes, never 0; a CRC-16 finds every such burst."""
    length: NDArray[np.int64]
    """(BLOCK,): bytes that go missing, 1 to 8."""


def line_fate(faults: Faults, seed: int, block: int) -> LineFate:
    """Draw the fates of a block of frames.

    Args:
        faults: The probabilities.
        seed: The device's seed.
        block: Block number.

    Returns:
        One fate per frame.
    """
    random = random_block(seed, block, LINE)
    limits = np.cumsum([faults.drop, faults.corrupt, faults.cut, faults.duplicate])
    chosen = np.searchsorted(limits, random.random(BLOCK), side="right")
    fate = np.array([DROPPED, CORRUPTED, CUT, DUPLICATED, INTACT], np.uint8)[chosen]
    return LineFate(
        fate,
        random.integers(0, FRAME_BYTES - 1, BLOCK),
        random.integers(1, 1 << 16, BLOCK, dtype=np.uint16),
        random.integers(1, 9, BLOCK),
    )


def harm(frames: NDArray[np.uint8], fates: LineFate, rows: slice) -> bytes:
    """Bytes that arrive of some frames of a block.

    Args:
        frames: (n, FRAME_BYTES), the frames sent.
        fates: Fates of their block.
        rows: Which of the block's frames these are.

    Returns:
        What the host receives.
    """
    fate, place = fates.fate[rows], fates.place[rows]
    bad = np.flatnonzero(fate == CORRUPTED)
    if len(bad):
        frames = frames.copy()
        frames[bad, place[bad]] ^= (fates.mask[rows][bad] >> 8).astype(np.uint8)
        frames[bad, place[bad] + 1] ^= (fates.mask[rows][bad] & 0xFF).astype(np.uint8)
    copies = np.where(fate == DROPPED, 0, np.where(fate == DUPLICATED, 2, 1))
    out = np.repeat(frames, copies, axis=0)
    short = np.repeat(np.where(fate == CUT, fates.length[rows], 0), copies)
    if not short.any():
        return out.tobytes()
    first = np.repeat(place, copies)[:, np.newaxis]
    column = np.arange(FRAME_BYTES)
    missing = (column >= first) & (column < first + short[:, np.newaxis])
    return bytes(out[~missing].tobytes())


@dataclass
class Ledger:
    """Exactly what happened to every frame: the truth that the host's counters must find.

    Every frame due while the device streams is in one of: intact, duplicated, dropped, corrupted, cut, overflowed.
    """

    due: int = 0
    """Conversions while the device was streaming: frames that should have arrived."""
    intact: int = 0
    """Frames that arrive once and whole."""
    duplicated: int = 0
    """Frames that arrive twice."""
    dropped: int = 0
    """Frames lost on the line."""
    corrupted: int = 0
    """Frames that arrive with wrong bits."""
    cut: int = 0
    """Frames that arrive with bytes missing."""
    overflowed: int = 0
    """Frames the device dropped because its buffer was full."""
    resets: int = 0
    """Reboots while plugged in."""
    unplugged: bool = False
    """The cable has been pulled out; it may be in again."""
    rx_errors: int = 0
    """Commands with a wrong CRC, or broken off, all ignored."""
    boots: list[int] = field(default_factory=list)
    """Boot ids in their order."""
    _lost: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Frames of which no whole copy arrives."""
        return self.dropped + self.corrupted + self.cut + self.overflowed

    @property
    def delivered(self) -> int:
        """Frames of which a whole copy arrives; duplicates count once."""
        return self.intact + self.duplicated

    def lost_frames(self) -> NDArray[np.int64]:
        """Which frames are lost: (lost, 2), boot number (0 = first boot) and seq without wrapping, in time order."""
        return np.concatenate(self._lost) if self._lost else np.zeros((0, 2), np.int64)

    def overflow(self, seq: Sequence[int] | NDArray[np.int64]) -> None:
        """Book frames that the device itself dropped.

        Args:
            seq: Their numbers.
        """
        self.due += len(seq)
        self.overflowed += len(seq)
        self._note(np.asarray(seq))

    def send(self, seq: NDArray[np.int64], fate: NDArray[np.uint8] | None) -> None:
        """Book frames that were put on the line.

        Args:
            seq: Their numbers (n,).
            fate: Their fates (n,); None if the line is good.
        """
        self.due += len(seq)
        if fate is None:
            self.intact += len(seq)
            return
        for number, count in enumerate(np.bincount(fate, minlength=len(FATES))):
            setattr(self, FATES[number], getattr(self, FATES[number]) + int(count))
        self._note(seq[(fate == DROPPED) | (fate == CORRUPTED) | (fate == CUT)])

    def _note(self, seq: NDArray[np.int64]) -> None:
        if len(seq):
            boot = np.full(len(seq), len(self.boots) - 1)
            self._lost.append(np.column_stack([boot, seq]))
