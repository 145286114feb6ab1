"""Blows in a stretch of raw counts: each on the axis and the belt where it is strongest, and where it fell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.decay_fit import LONGEST_S
from analysis.taps import Blow, cut_blows, find_taps
from analysis.wrench import FX, FY, FZ, MX, MY, Belt
from daq.chunk import Chunk
from daq.layout import Status
from daq.rig import Rig

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Seen = tuple[int, float, str, int]
"""A blow as one axis of one belt has it: sample, force, axis, number of the belt."""

ROWS = {"x": FX, "y": FY, "z": FZ}
JUDGED_S = 0.8
"""A blow is judged when so much of its ring is there."""
SAME_S = 0.05
"""Blows on several axes or belts within this time are one, of the axis and belt where it is strongest."""
CENTRE = 0.2
"""The centre of the running surface reaches so far, in lengths and widths of it."""
PLACES = ("centre", "front left", "front right", "rear left", "rear right")


@dataclass(frozen=True)
class FoundBlow:
    """One blow of a record."""

    axis: str
    """Along which axis."""
    belt: str
    """On which belt; empty if there is one only."""
    at: int
    """Sample of its peak, from the beginning of the record."""
    level_N: float
    """Vertical force shortly before, all belts together, zero and all."""
    blow: Blow
    """Its piece of the record."""
    place: str
    """Where a vertical one fell, of `PLACES`; empty for others."""


def blows_of(rig: Rig, piece: Chunk, begin: int, rate: float, axes: Sequence[str]) -> list[FoundBlow]:
    """Find the blows of a stretch without holes.

    Args:
        rig: The rig.
        piece: The samples.
        begin: Number of its first sample in the record.
        rate: Sampling rate, Hz.
        axes: Axes that blows may be along.

    Returns:
        The blows in order.
    """
    if len(piece) < 2 * round(JUDGED_S * rate):
        return []
    belts, counts = rig.belts(), piece.counts.astype(np.float64)
    wrench = [counts @ belt.matrix.T for belt in belts]
    level_N = np.sum([one[:, FZ] for one in wrench], axis=0)
    own = list(_strongest(sorted(_seen(belts, wrench, rate, axes)), round(SAME_S * rate)))
    clipped, out = _clipped(rig, piece), list[FoundBlow]()
    for axis, number in sorted({(axis, number) for _, _, axis, number in own}):
        at = np.array([tap for tap, _, ax, no in own if (ax, no) == (axis, number)], np.int64)
        blows = cut_blows(wrench[number][:, ROWS[axis]], rate, clipped, longest_s=LONGEST_S, taps=at)
        for tap, blow in zip(at.tolist(), blows, strict=True):
            place = _place(rig, wrench[number], tap, rate) if axis == "z" else ""
            out.append(FoundBlow(axis, belts[number].name, begin + tap, _level(level_N, tap, rate), blow, place))
    return sorted(out, key=lambda one: one.at)


def _seen(belts: Sequence[Belt], wrench: Sequence[Floats], rate: float, axes: Sequence[str]) -> Iterator[Seen]:
    """Blows on every axis of every belt."""
    for number, (belt, one) in enumerate(zip(belts, wrench, strict=True)):
        for axis in axes:
            if f"F{axis}" in belt.observable:
                force = one[:, ROWS[axis]]
                for at in find_taps(force, rate).tolist():
                    yield at, abs(float(force[at]) - _level(force, at, rate)), axis, number


def _strongest(found: Sequence[Seen], near: int) -> Iterator[Seen]:
    """Of blows that are one, seen on several axes or belts, the strongest."""
    group: list[Seen] = []
    for one in found:
        if group and one[0] - group[0][0] > near:
            yield max(group, key=lambda blow: blow[1])
            group = []
        group.append(one)
    if group:
        yield max(group, key=lambda blow: blow[1])


def _clipped(rig: Rig, piece: Chunk) -> Bools:
    """(n,) where a cell's channel is at the end of its range."""
    full = rig.adc.full_scale_counts
    counts = piece.counts[:, [cell.channel for cell in rig.cells]]
    railed = ((counts <= -full) | (counts >= full - 1)).any(axis=1)
    return np.asarray(railed | ((piece.status & np.uint8(Status.SATURATED)) != 0))


def _level(force: Floats, at: int, rate: float) -> float:
    """Mean force shortly before a blow."""
    return float(force[max(0, at - round(0.25 * rate)) : max(1, at - round(0.03 * rate))].mean())


def _place(rig: Rig, wrench: Floats, at: int, rate: float) -> str:
    """Which of the five places a vertical blow fell on."""
    width = round(0.01 * rate)
    before = wrench[max(0, at - 10 * width) : max(1, at - 2 * width)].mean(axis=0)
    fz, mx, my = (wrench[max(0, at - width) : at + 1] - before).sum(axis=0)[[FZ, MX, MY]]
    x, y = -my / fz, mx / fz
    machine = rig.machine
    if abs(x) < CENTRE * machine.surface_length_m and abs(y) < CENTRE * machine.surface_width_m:
        return PLACES[0]
    return f"{'front' if x > 0 else 'rear'} {'left' if y > 0 else 'right'}"
