"""A reading of a calibration as the nominal read-out sees it, cell by cell and as a wrench."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_design import Centres, belt_of, wrench_of
from analysis.calibration_guesses import APART_M, PLAUSIBLE
from analysis.cell_drift import channel_newtons
from analysis.wrench import FZ, MX, MY, Belt

Floats = NDArray[np.float64]

SURE = 5.0
"""Noise is believed up to so many standard deviations."""
NOTHING = 0.05
"""A load that makes less of its force than this was not put on."""
BEARS, DEAD = 0.15, 0.02
"""A cell that should bear this share of a load, and shows less than that of what it should, does not work."""
FULL_SCALE = 2.0 ** np.arange(9, 24)
"""Counts at the end of the range of converters of 10 to 24 bits."""


@dataclass(frozen=True)
class Suspicion:
    """Something that is probably wrong with a reading."""

    code: str
    """Short name, the same for the same mistake."""
    text: str
    """What it looks like and what to do, in a sentence or two."""


@dataclass(frozen=True)
class Look:
    """A reading as the nominal read-out sees it."""

    load: KnownLoad
    """What was put on."""
    belt: int
    """Number of its belt."""
    said: Floats
    """(6,) wrench on its own belt, N and N·m."""
    read: Floats
    """(B, 6) what each belt reads, N and N·m."""
    u: Floats
    """(B, 6) standard uncertainty of it from noise."""
    axis: int
    """Main direction of the force."""
    reading: Reading
    """The reading itself."""

    @property
    def own(self) -> Floats:
        """(6,) what its own belt reads."""
        own: Floats = self.read[self.belt]
        return own

    @property
    def size_N(self) -> float:
        """Size of the force said."""
        return float(np.linalg.norm(self.said[:3]))

    @property
    def ratio(self) -> float:
        """Read to said, along the main direction."""
        return float(self.own[self.axis] / self.said[self.axis])

    @property
    def slack(self) -> float:
        """Share of the force that noise and the load's own uncertainty may take."""
        return float((SURE * self.u[self.belt, self.axis] + 3.0 * self.load.u_force_N[self.axis]) / self.size_N)


def look_at(reading: Reading, belts: Sequence[Belt], centres_m: Centres) -> Look:
    """See a reading through the nominal read-out.

    Args:
        reading: The reading.
        belts: The belts with their nominal read-outs.
        centres_m: Centre of each belt in the rig's frame, m.

    Returns:
        The look.
    """
    b = belt_of(reading.load, belts)
    read = np.array([belt.matrix @ reading.net for belt in belts])
    u = np.array([np.sqrt(belt.matrix**2 @ reading.u_counts**2) for belt in belts])
    said = wrench_of(reading.load, centres_m[b])
    return Look(reading.load, b, said, read, u, int(np.abs(said[:3]).argmax()), reading)


def broken_cells(look: Look, belts: Sequence[Belt]) -> Iterator[Suspicion]:
    """Cells at the end of their range, or silent under a load that they should bear.

    Args:
        look: The reading.
        belts: The belts with their nominal read-outs.

    Yields:
        Suspicion: One per cell.
    """
    counts = look.reading.counts
    scale = channel_newtons([belt.matrix for belt in belts])
    used = scale != 0.0
    for channel in np.flatnonzero(used & (np.isin(counts, FULL_SCALE - 1.0) | np.isin(counts, -FULL_SCALE))):
        text = f"Channel {channel} is at the end of its range: take weight off, or lower the converter's gain."
        yield Suspicion("saturated", text)
    matrix = belts[look.belt].matrix
    seen = np.abs(matrix).sum(axis=1) > 0.0
    should = np.linalg.pinv(matrix[seen]) @ look.said[seen]
    silent = np.abs(look.reading.net) < DEAD * np.abs(should)
    dead = used & silent & (np.abs(should * scale) > BEARS * look.size_N)
    if (np.abs(look.own[:3]) < NOTHING * look.size_N).all() or not _fits(
        look, look.own + matrix[:, dead] @ should[dead]
    ):
        return
    for channel in np.flatnonzero(dead):
        text = (
            f"Channel {channel} should bear {should[channel] * scale[channel]:.0f} N of this load but did not change."
        )
        yield Suspicion("dead", f"{text} Check its plug, and that nothing holds the deck beside the cell.")


def _fits(look: Look, wrench: Floats) -> bool:
    """Whether a wrench (6,) would be that of the load."""
    off = np.abs(wrench - look.said) * (wrench != 0.0)
    if look.axis == FZ and off[[MX, MY]].max() > APART_M * look.size_N:
        return False
    return bool(off[:3].max() < PLAUSIBLE * look.size_N)
