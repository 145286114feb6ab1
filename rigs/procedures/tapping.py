"""The tap test as a procedure: where to hit, each blow judged as it falls, and at the end what rang.

Chunks come from a live device or from a recorded session. Blows are looked for in the whole record every quarter of a
second, so nothing depends on how it was cut; what is found at the end is found in all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.decay_fit import fit_decay
from analysis.errors import AnalysisError
from analysis.modal import DISTURBED, FIRST_GONE_S, ModalFit, fault_of, identify
from analysis.wrench import FZ
from daq.chunk import Chunk
from daq.rig import Rig
from rigs.procedures.tap_blows import JUDGED_S, PLACES, SAME_S, FoundBlow, blows_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AXES = ("x", "y", "z")
EVERY_S = 0.25
PERSON_N = 200.0
"""Somebody stands on the deck if the vertical force is so much above that of the empty one."""
WANTED = {"x": 6, "y": 6, "z": 10}
"""Blows asked for along each axis: two in each of five places for z."""
WEAK = 4.0
"""A ring below this many times what is left around it gives little."""
WHERE = {
    "x": "against the front or rear edge of the machine, along the belt, level with its middle",
    "y": "against the side of the machine, across the belt, level with its middle",
}
ADVICE = {
    "clipped": "strike more softly",
    "pushes or steps": "a short single blow, and nobody may step meanwhile",
    "cut short by the next": "wait two seconds from blow to blow",
    "double blow": "let the hammer bounce off freely, and keep off the deck",
    "weak": "strike harder, or with a harder hammer",
}


@dataclass(frozen=True)
class TapSeen:
    """One blow as it was judged when it fell."""

    axis: str
    """Along which axis."""
    belt: str
    """On which belt; empty if there is one only."""
    place: str
    """Where, of `PLACES`."""
    fault: str
    """Why it does not count, of `ADVICE`; empty if it is clear."""

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.fault}: {ADVICE[self.fault]}" if self.fault else "clear"


@dataclass(frozen=True)
class AxisFound:
    """What the blows along one axis of one belt told."""

    axis: str
    """Along which axis."""
    belt: str
    """On which belt."""
    loaded: bool
    """Whether somebody stood on the deck."""
    blows: int
    """How many there were."""
    places: tuple[str, ...]
    """Where each fell."""
    fit: ModalFit | None
    """The mode; None if it could not be told."""
    refusal: str
    """Why not; empty if it could."""


def tapped_axes(rig: Rig) -> tuple[str, ...]:
    """Axes that the rig's cells see, z first.

    Args:
        rig: The rig.

    Returns:
        Of "z", "x", "y".
    """
    seen = frozenset().union(*(belt.observable for belt in rig.belts()))
    return tuple(axis for axis in ("z", "x", "y") if f"F{axis}" in seen)


def instruction(axis: str, good: int) -> str:
    """Where the next blow shall fall.

    Args:
        axis: The axis under test.
        good: Blows that count so far.

    Returns:
        In words.
    """
    if axis == "z":
        return f"straight down on the running surface, {PLACES[good // 2 % len(PLACES)]}"
    return WHERE[axis]


class TapRun:
    """One tap test, along one axis or along all of them at once.

    Args:
        rig: The rig.
        sample_rate_Hz: True sampling rate, Hz.
        axes: Axes that blows may be along.
    """

    def __init__(self, rig: Rig, sample_rate_Hz: float, axes: Sequence[str] = AXES) -> None:
        self.rig, self.sample_rate_Hz = rig, sample_rate_Hz
        self._belts = rig.belts()
        seen = tapped_axes(rig)
        self._axes = tuple(axis for axis in axes if axis in seen)
        self._pieces: list[list[Chunk]] = [[]]
        self._done: list[tuple[int, Chunk]] = []  # pieces that a gap ended, and where they begin
        self._samples = self._judged_at = 0
        self._last = -1
        self.seen: list[TapSeen] = []
        """Every blow so far, judged as it fell."""

    @property
    def good(self) -> int:
        """Blows that count."""
        return sum(not tap.fault for tap in self.seen)

    @property
    def seconds(self) -> float:
        """Length of the record, s."""
        return self._samples / self.sample_rate_Hz

    def feed(self, chunk: Chunk) -> list[TapSeen]:
        """Take what follows.

        Args:
            chunk: Samples.

        Returns:
            Blows that were judged now.
        """
        self._add(chunk)
        if (self._samples - self._judged_at) < EVERY_S * self.sample_rate_Hz:
            return []
        self._judged_at = self._samples
        begin, piece = self._pieces_now()[-1]
        until = begin + len(piece) - round(JUDGED_S * self.sample_rate_Hz)
        new = [
            one
            for one in blows_of(self.rig, piece, begin, self.sample_rate_Hz, self._axes)
            if self._last < one.at < until
        ]
        if new:
            self._last = max(one.at for one in new) + round(SAME_S * self.sample_rate_Hz)
        judged = [self._judge(one) for one in new]
        self.seen += judged
        return judged

    def level_N(self, seconds: float = 0.5) -> float:
        """Mean vertical force over the last moment, all belts together, zero and all, N.

        Args:
            seconds: How long that moment is.

        Returns:
            The force; NaN before anything came.
        """
        _, piece = self._pieces_now()[-1]
        counts = piece.counts[-max(1, round(seconds * self.sample_rate_Hz)) :].astype(np.float64)
        return float(sum((counts @ belt.matrix[FZ]).mean() for belt in self._belts)) if len(counts) else float("nan")

    def results(self, loaded: bool | None = None) -> list[AxisFound]:
        """What the whole record tells.

        Args:
            loaded: Whether somebody stood on the deck; None tells it by the vertical force before each blow.

        Returns:
            One for each axis, belt and load that blows were seen of, refused or not.
        """
        found = [
            one
            for begin, piece in self._pieces_now()
            for one in blows_of(self.rig, piece, begin, self.sample_rate_Hz, self._axes)
        ]
        empty = min((one.level_N for one in found), default=0.0)
        groups: dict[tuple[str, str, bool], list[FoundBlow]] = {}
        for one in found:
            on = one.level_N > empty + PERSON_N if loaded is None else loaded
            groups.setdefault((one.axis, one.belt, on), []).append(one)
        return [self._identified(*key, group) for key, group in sorted(groups.items(), key=lambda item: item[0])]

    def _add(self, chunk: Chunk) -> None:
        """Append samples; a gap begins a new piece."""
        bounds = [0, *chunk.gap_row.tolist(), len(chunk)]
        for number, (first, end) in enumerate(pairwise(bounds)):
            if number:
                self._close()
            if end > first:
                rows = slice(first, end)
                none = np.empty(0, np.int64)
                part = replace(
                    chunk, counts=chunk.counts[rows], seq=chunk.seq[rows], tick=chunk.tick[rows], boot=chunk.boot[rows],
                    status=chunk.status[rows], belt=chunk.belt[rows], gap_row=none, gap_lost=none,
                )  # fmt: skip
                self._pieces[-1].append(part)
                self._samples += end - first

    def _close(self) -> None:
        begin, piece = self._pieces_now()[-1]
        self._done.append((begin, piece))
        self._pieces = [[]]

    def _pieces_now(self) -> list[tuple[int, Chunk]]:
        """Every piece with the number of its first sample; the last one may be empty."""
        piece = Chunk.concat(self._pieces[-1])
        self._pieces[-1] = [piece] if len(piece) else []
        return [*self._done, (self._samples - len(piece), piece)]

    def _judge(self, one: FoundBlow) -> TapSeen:
        fault = fault_of(one.blow, self.sample_rate_Hz)
        if not fault:
            start = max(1, round(FIRST_GONE_S * self.sample_rate_Hz))
            alone = fit_decay(one.blow.force[one.blow.peak + start :], self.sample_rate_Hz)
            if alone is None or alone.amplitude < WEAK * alone.left:
                fault = "weak"
            elif alone.disturbed > DISTURBED:
                fault = "double blow"
        return TapSeen(one.axis, one.belt, one.place, fault)

    def _identified(self, axis: str, belt: str, loaded: bool, group: Sequence[FoundBlow]) -> AxisFound:
        places = tuple(one.place for one in group)
        try:
            fit = identify([one.blow for one in group], self.sample_rate_Hz)
        except AnalysisError as error:
            return AxisFound(axis, belt, loaded, len(group), places, None, f"{error.seen}. {error.next_step}")
        return AxisFound(axis, belt, loaded, len(group), places, fit, "")
