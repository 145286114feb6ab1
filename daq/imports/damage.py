"""Samples that are no measurement: numbers that stand for "nothing", forces nobody makes, signals that dropped out.

They become missing samples, and so gaps of the session: nothing is filled in, and no step is made of them. A force that
was cut off below a threshold is 0 in every flight too; that is no damage, and is told apart by how it begins and ends.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.protocol import G
from daq.formats.import_units import BODY_WEIGHT, FORCE_N
from daq.imports.imported import Bools, Doubt, Floats, ForeignBelt, ForeignForce

Ints = NDArray[np.int64]

SENTINELS = (9_999.0, 99_999.0, 999_999.0, 9_999_999.0, 1e10, 1e38)
"""What programs write for "nothing", with either sign, in the file's own unit of force."""
MOST_N, MOST_BW = 30_000.0, 20.0
"""No runner makes more."""
RARE = 0.02
"""Impossible forces that are many and unlike are a wrong unit, not damage."""
LEAST_S, LEAST_SAMPLES = 0.01, 4
"""Shorter standstills are left alone …"""
STUCK_S = 0.02
"""… and shorter ones at a force other than 0: near a peak a coarsely rounded force stands still by itself."""
BY_CHANCE = 0.01
"""Standstills as long as these that a rounded signal may make by itself, in a whole file."""
JUMP_TIMES, JUMP_SHARE = 2.0, 0.2
"""A dropout begins or ends with a jump of so many times the largest usual change from sample to sample, and of this
share of the load."""
UNLOADED_SHARE = 0.05
"""Less than this share of the load is none."""
FINE_SHARE = 1e-3
"""A force whose smallest change is this share of the load is not coarsely rounded."""
FEW = 0.2
"""Per contact: a file in which more flights than these hold zeros was cut off below a threshold."""


@dataclass(frozen=True)
class _Runs:
    """Stretches in which all components of a force stand still."""

    start: Ints
    """(k,) first sample of each."""
    stop: Ints
    """(k,) sample after the last."""

    def only(self, which: Bools) -> "_Runs":
        """Some of them."""
        return _Runs(self.start[which], self.stop[which])

    def mask(self, n: int) -> Bools:
        """(n,) samples within."""
        edges = np.zeros(n + 1, np.int64)
        np.add.at(edges, self.start, 1)
        np.add.at(edges, self.stop, -1)
        return np.cumsum(edges[:-1]) > 0


def without_damage(foreign: ForeignForce, mass_kg: float | None) -> ForeignForce:
    """The same with missing samples in place of damaged ones, and notes that count them.

    Args:
        foreign: The force, as the file tells it.
        mass_kg: Body mass if known.

    Returns:
        The force.
    """
    impossible = _impossible(foreign, mass_kg)
    cleaned = _without(foreign, impossible, "impossible", "that nobody makes, or that stand for no value")
    total = _total(cleaned)
    found = [_standstills(belt, total, cleaned) for belt in cleaned.belts]
    dropped = np.any([still for still, _ in found], axis=0)
    cuts = sum(often for _, often in found)
    if cuts:
        text = f"the force falls from load to exactly 0 at once, {cuts} times: cut by hand, or a bad contact"
        cleaned = replace(cleaned, doubts=(*cleaned.doubts, Doubt("cut", text)))
    return _without(cleaned, dropped, "dropout", "where the signal dropped out: it stands still in the middle of load")


def _without(foreign: ForeignForce, bad: Bools, name: str, what: str) -> ForeignForce:
    if not bad.any():
        return foreign
    times = int(np.count_nonzero(bad[1:] & ~bad[:-1]) + bad[0])
    first = float(np.argmax(bad)) / foreign.sample_rate_Hz
    text = f"{int(bad.sum())} samples in {times} places {what} (the first at {first:.2f} s): taken as missing"
    missing = bad if foreign.missing is None else foreign.missing | bad
    belts = tuple(_blanked(belt, bad) for belt in foreign.belts)
    return replace(foreign, belts=belts, missing=missing, doubts=(*foreign.doubts, Doubt(name, text, "", "note")))


def _blanked(belt: ForeignBelt, bad: Bools) -> ForeignBelt:
    def blank(values: Floats | None, with_what: float) -> Floats | None:
        return None if values is None else np.where(bad, with_what, values)

    return replace(
        belt, force=np.where(bad, np.nan, belt.force), moment=blank(belt.moment, 0.0), cop=blank(belt.cop, np.nan),
        free=blank(belt.free, 0.0),
    )  # fmt: skip


def _impossible(foreign: ForeignForce, mass_kg: float | None) -> Bools:
    """(n,) samples with a force that is none."""
    unit = foreign.units.get("force", "N")
    gain = (mass_kg or 1.0) * G if unit == BODY_WEIGHT else FORCE_N.get(unit, 1.0)
    most = MOST_N if mass_kg is None else min(MOST_N, MOST_BW * mass_kg * G)
    bad = np.zeros(foreign.n, np.bool_)
    for belt in foreign.belts:
        size = np.abs(np.nan_to_num(belt.force))
        where = np.nonzero(size > min(most, 0.99 * gain * SENTINELS[0]))
        large = size[where]
        stands_for = np.isclose(large[:, None], gain * np.array(SENTINELS), rtol=1e-5, atol=0.0).any(axis=1)
        bad[where[1][stands_for]] = True
        beyond = (large > most) & ~stands_for
        if _rare(large[beyond], foreign.n):
            bad[where[1][beyond]] = True
    return bad


def _rare(values: Floats, n: int) -> bool:
    """Whether these are few, or few different ones."""
    return values.size <= RARE * n or np.unique(values).size <= 3


def _total(foreign: ForeignForce) -> Floats:
    """(n,) force of all belts along the axis with the largest one."""
    whole = np.asarray(sum(np.nan_to_num(belt.force) for belt in foreign.belts))
    return np.asarray(whole[_upright(foreign)])


def _upright(foreign: ForeignForce) -> int:
    return int(np.argmax(sum(np.mean(np.abs(np.nan_to_num(belt.force)), axis=1) for belt in foreign.belts)))


def _standstills(belt: ForeignBelt, total: Floats, foreign: ForeignForce) -> tuple[Bools, int]:
    """(n,) samples at which a belt's force stands still and cannot have; and how often it is cut in every contact."""
    vertical = belt.force[_upright(foreign)]
    load = float(np.nanpercentile(np.abs(vertical), 98))
    runs = _runs(belt.force)
    if load <= 0 or not runs.start.size:
        return np.zeros(belt.n, np.bool_), 0
    runs = runs.only(runs.stop - runs.start >= _least(runs, belt.n, foreign.sample_rate_Hz))
    few = max(1.0, FEW * np.count_nonzero(np.diff((np.abs(vertical) > 0.3 * load).astype(np.int8)) > 0))
    jumps = _jumps(runs, total) > max(JUMP_TIMES * _usual(total, load, runs, belt.n), JUMP_SHARE * load)
    zero = vertical[runs.start] == 0
    dropped = zero & jumps if _cut_off(vertical, runs.only(zero), load, few) else zero
    stuck = _stuck(vertical, runs, jumps, load, foreign.sample_rate_Hz)
    # What happens in every contact is how somebody cut the file, not damage.
    cuts = int(np.count_nonzero(zero & jumps))
    often = cuts > max(2.0, few)
    found = (dropped & (not often)) | (stuck & (np.count_nonzero(stuck) <= few))
    return runs.only(found).mask(belt.n), cuts if often else 0


def _cut_off(vertical: Floats, zeros: "_Runs", load: float, few: float) -> bool:
    """Whether an unloaded belt shows exactly 0 in this file, or an instrument's noise."""
    still = zeros.mask(vertical.size)
    noisy = np.count_nonzero((np.abs(vertical) < UNLOADED_SHARE * load) & ~still)
    return bool(zeros.start.size > few or np.count_nonzero(still) > noisy)


def _stuck(vertical: Floats, runs: "_Runs", jumps: Bools, load: float, rate_Hz: float) -> Bools:
    """(k,) whether a standstill is one at a value under load, but not at an end of the range, where a sensor clips."""
    value = vertical[runs.start]
    change = np.abs(np.diff(vertical))
    fine = float(np.min(change[change > 0], initial=np.inf)) < FINE_SHARE * load  # else rounding alone may do it
    loaded = np.abs(value) > UNLOADED_SHARE * load
    inside = (value != np.nanmin(vertical)) & (value != np.nanmax(vertical))
    long = runs.stop - runs.start >= STUCK_S * rate_Hz
    return np.asarray(loaded & inside & long & (jumps | fine))


def _runs(force: Floats) -> _Runs:
    """Stretches in which no component of a force changes."""
    same = np.concatenate([[False], (force[:, 1:] == force[:, :-1]).all(axis=0), [False]])
    edges = np.diff(same.astype(np.int8))
    return _Runs(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0) + 1)


def _least(runs: _Runs, n: int, rate_Hz: float) -> float:
    """Samples that a standstill must have so that a rounded signal does not make it by chance."""
    least = max(LEAST_SAMPLES, LEAST_S * rate_Hz)
    short = (runs.stop - runs.start) < least
    share = float(np.sum((runs.stop - runs.start - 1)[short])) / n
    return max(least, np.log(BY_CHANCE / n) / np.log(share)) if 0 < share < 1 else least


def _jumps(runs: _Runs, total: Floats) -> Floats:
    """(k,) largest change of the whole force from one sample to the next, where each standstill begins and ends."""
    change = np.abs(np.diff(total, prepend=total[:1], append=total[-1:]))
    return np.maximum(change[runs.start], change[runs.stop])


def _usual(total: Floats, load: float, runs: _Runs, n: int) -> float:
    """Largest usual change of the loaded force from sample to sample, the ends of standstills apart."""
    change = np.abs(np.diff(total))
    still = runs.mask(n)
    loaded = (np.abs(total[1:]) > 0.1 * load) & ~still[1:] & ~still[:-1]
    return float(np.percentile(change[loaded], 99.9)) if loaded.any() else 0.0
