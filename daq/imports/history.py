"""What was done to an imported force before: clipped, cut off at a threshold, low-passed, not zeroed."""

import numpy as np

from daq.imports.evidence import Contacts
from daq.imports.imported import Bools, Doubt, Floats

_EMPTY, _LOW = 1e-9, 1e-8
"""Spectral density per its maximum: no instrument's own noise is below the first; below the second nothing is left."""
FILTERS_ADD_UP = 2.0
"""Times the analysis' cutoff: a force that holds something up to there loses nothing more that matters."""


def history_notes(vertical: Floats, contacts: Contacts) -> list[Doubt]:
    """What was done to the force before: clipped, cut off at a threshold, not zeroed.

    Args:
        vertical: (n,) vertical force, N.
        contacts: Its contacts.

    Returns:
        Notes.
    """
    if not contacts.count:
        return [
            Doubt("contacts", "no running contact was found: standing, walking on one belt, or nothing", "", "note")
        ]
    notes = _clipped(vertical, contacts) + _zeros(vertical, contacts)
    if abs(contacts.level) > 0.02 * contacts.span:
        text = f"the unloaded belt shows {contacts.level:.1f} N; the analysis takes that off, flight by flight"
        notes.append(Doubt("zero", text, "", "note"))
    return notes


def filter_notes(above_Hz: float | None, cutoff_Hz: float) -> list[Doubt]:
    """Whether the force was low-passed before, and so low that it matters.

    Args:
        above_Hz: Frequency above which it holds nothing; None if it goes on to half the sample rate.
        cutoff_Hz: Cutoff of the analysis' own low-pass.

    Returns:
        A note if the former is not far above the latter.
    """
    if above_Hz is None or above_Hz >= FILTERS_ADD_UP * cutoff_Hz:
        return []
    text = (
        f"there is nothing above about {above_Hz:.0f} Hz: already low-passed, so impact and loading rates are too low"
    )
    return [Doubt("filtered", text, "", "note")]


def longest_run(mask: Bools) -> tuple[int, int]:
    """First sample and the one after the last of the longest stretch in which (n,) `mask` holds; 0, 0 for none."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    start, stop = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    if not start.size:
        return 0, 0
    longest = int(np.argmax(stop - start))
    return int(start[longest]), int(stop[longest])


def _clipped(vertical: Floats, contacts: Contacts) -> list[Doubt]:
    top = float(vertical.max())
    at_top = vertical >= top - 1e-9 * abs(top)
    run = at_top[2:] & at_top[1:-1] & at_top[:-2]
    starts = np.count_nonzero(run[1:] & ~run[:-1])
    if starts < max(2, 0.1 * contacts.count):
        return []
    return [Doubt("clipped", f"the force stands at {top:.0f} N in {starts} contacts: the sensors were at their end")]


def _zeros(vertical: Floats, contacts: Contacts) -> list[Doubt]:
    rest = vertical[contacts.unloaded]
    if rest.size < 20 or np.mean(rest == 0) < 0.5:
        return []
    text = "the force in flight is exactly 0: it was cut off below a threshold, so contact times may be too short"
    return [Doubt("threshold", text, "", "note")]


def empty_above(force: Floats, rate_Hz: float) -> float | None:
    """Frequency above which a force holds nothing, not even an instrument's noise.

    Args:
        force: (n,) unbroken or nearly so.
        rate_Hz: Sample rate.

    Returns:
        Hz; None if it goes on to half the sample rate, or is too short to tell.
    """
    from scipy.signal import welch

    if force.size < 512:
        return None
    frequency, power = welch(force - force.mean(), rate_Hz, nperseg=min(1024, force.size))
    share = power / max(float(power.max()), 1e-300)
    smooth = np.convolve(share, np.ones(9) / 9, "same")[: share.size - 8]
    if not np.any(smooth[frequency[: smooth.size] > 5.0] < _EMPTY):
        return None
    above = np.flatnonzero(smooth > _LOW)
    return float(frequency[above[-1]]) if above.size else None
