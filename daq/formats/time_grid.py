"""Times as a file prints them, on an even grid: gaps stay gaps, nothing is filled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.errors import FormatError
from daq.formats.force_checks import MAX_RATE_Hz, MIN_RATE_Hz, sample_rate
from daq.imports.imported import Doubt, Floats

Ints = NDArray[np.int64]
MOST_STRETCH = 20.0
"""A grid that needs more than this many times the rows is a wrong rate, not a gap."""


@dataclass(frozen=True)
class Grid:
    """Where rows lie on an even grid."""

    sample_rate_Hz: float
    """Its rate."""
    place: Ints
    """(rows,) sample number of each kept row."""
    kept: Ints
    """(rows,) which rows are kept: one of those that are there twice goes."""
    n: int
    """Samples of the grid."""
    doubts: tuple[Doubt, ...] = ()
    """What was odd."""


def even_grid(time_s: Floats, same: NDArray[np.bool_], where: str, rate_Hz: float | None = None) -> Grid:
    """Lay rows on a grid.

    Args:
        time_s: (rows,) times, s.
        same: (rows − 1,) whether a row is word for word the one before it.
        where: The file.
        rate_Hz: Sample rate if a person or the file says it.

    Returns:
        The grid.

    Raises:
        FormatError: Times are missing, run backwards or are uneven.
    """
    if not np.isfinite(time_s).all():
        row = int(np.argmax(~np.isfinite(time_s)))
        raise FormatError(where, expected="a time in every row", seen=f"none in row {row + 1}")
    step = np.diff(time_s)
    twice = (step == 0) & same
    kept = np.flatnonzero(np.concatenate([[True], ~twice])).astype(np.int64)
    doubts = (
        [Doubt("duplicates", f"{int(twice.sum())} rows are there twice; one of each was left out")]
        if twice.any()
        else []
    )
    time = time_s[kept]
    if (np.diff(time) <= 0).any() or not _has_gap(time):
        rate = sample_rate(time, where)  # says what is wrong, or the rate
        _check_told(rate, rate_Hz, where)
        return Grid(rate_Hz or rate, np.arange(kept.size), kept, kept.size, tuple(doubts))
    rate = rate_Hz or _rate(time, where)
    exact = (time - time[0]) * rate
    place = np.round(exact).astype(np.int64)
    n = int(place[-1]) + 1
    off = np.abs(exact - place)
    if (np.diff(place) <= 0).any() or n > MOST_STRETCH * kept.size or np.median(off) > 0.25:
        worst = int(np.argmax(off))
        seen = f"row {worst + 1} between two samples at {rate:g} Hz"
        raise FormatError(where, expected="evenly spaced times", seen=seen,
                          next_step="Resample it where it was made.")  # fmt: skip
    doubts += _gap_doubts(place, off, rate)
    return Grid(rate, place, kept, n, tuple(doubts))


def _has_gap(time: Floats) -> bool:
    step = np.diff(time)
    return bool(step.max() > 1.6 * np.median(step))


def _rate(time: Floats, where: str) -> float:
    """The rate between the gaps: the longest stretch without one tells it best."""
    step = np.diff(time)
    cuts = np.concatenate([[-1], np.flatnonzero(step > 1.6 * np.median(step)), [step.size]])
    longest = int(np.argmax(np.diff(cuts)))
    part = time[cuts[longest] + 1 : cuts[longest + 1] + 1]
    if part.size < 10:
        rate = 1 / float(np.median(step))
        if not MIN_RATE_Hz <= rate <= MAX_RATE_Hz:
            raise FormatError(where, expected="evenly spaced times in seconds", seen=f"steps of {1 / rate:g}")
        return rate
    return sample_rate(part, where)


def _check_told(rate: float, told: float | None, where: str) -> None:
    if told and abs(told / rate - 1) > 0.005:
        raise FormatError("--rate", expected=f"{rate:g} Hz, as the times of {where} say", seen=f"{told:g} Hz")


def _gap_doubts(place: Ints, off: Floats, rate: float) -> list[Doubt]:
    step = np.diff(place)
    gaps = np.flatnonzero(step > 1)
    found = []
    if gaps.size:
        lost = int((step[gaps] - 1).sum())
        first = f"the first {(step[gaps[0]] - 1) / rate:.3g} s long at {place[gaps[0]] / rate:.3g} s"
        text = (
            f"{gaps.size} gap{'s' if gaps.size > 1 else ''} in the times, {lost} samples in all, {first}; kept as gaps"
        )
        found.append(Doubt("gaps", text, "", "note"))
    if off.max() > 0.3:
        text = f"times scatter by up to {1000 * off.max() / rate:.2g} ms about even ones; taken as even"
        found.append(Doubt("jitter", text))
    return found
