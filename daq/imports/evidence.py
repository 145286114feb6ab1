"""What a force of unknown axes tells by itself: where it stands on, which way the belt runs, which way is braked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daq.imports.imported import Bools, Floats, ForeignBelt, ForeignForce

Ints = NDArray[np.int64]

LOADED_SHARE = 0.1
"""A contact is above this share of the range of force, from the unloaded level."""
EDGE_S = 0.02
"""So long before and after a contact the belt is not taken as unloaded."""
CONTACT_S = (0.08, 1.2)
"""Duration of a contact that is looked at."""
PRESSED_SHARE = 0.3
"""The centre of pressure is followed where at least this share of the range presses."""
LEAST_CONTACTS = 3


@dataclass(frozen=True)
class Contacts:
    """Contacts of one belt."""

    start: Ints
    """(k,) first sample of each."""
    stop: Ints
    """(k,) sample after the last."""
    unloaded: Bools
    """(n,) samples in which nothing stands on the belt."""
    level: float
    """Force of the unloaded belt, in the file's unit."""
    span: float
    """From there to the 95th percentile of what was loaded."""

    @property
    def count(self) -> int:
        """Number of contacts."""
        return int(self.start.size)


def find_contacts(vertical: Floats, sample_rate_Hz: float, missing: Bools | None = None) -> Contacts:
    """Find where a foot stands, roughly but whatever the unit and the offset are.

    Args:
        vertical: (n,) upward positive, any unit.
        sample_rate_Hz: Sample rate.
        missing: (n,) samples to leave out.

    Returns:
        The contacts; none for somebody who stands or walks on one belt.
    """
    force = vertical if missing is None else np.where(missing, np.median(vertical), vertical)
    low, high = np.percentile(force, [5, 98])
    on = force > low + LOADED_SHARE * (high - low)
    away = ~_widened(on, max(1, round(EDGE_S * sample_rate_Hz)))  # a foot is there before it presses that much
    rest = away if away.any() else ~on
    level = float(np.median(force[rest])) if rest.any() else 0.0
    edges = np.flatnonzero(np.diff(on.astype(np.int8)))
    rising, falling = edges[~on[edges]] + 1, edges[on[edges]] + 1
    if falling.size and rising.size and falling[0] <= rising[0]:
        falling = falling[1:]
    count = min(rising.size, falling.size)
    start, stop = rising[:count].astype(np.int64), falling[:count].astype(np.int64)
    duration = (stop - start) / sample_rate_Hz
    good = (duration >= CONTACT_S[0]) & (duration <= CONTACT_S[1])
    return Contacts(start[good], stop[good], away, level, float(high - level))


def _widened(mask: Bools, by: int) -> Bools:
    return np.convolve(mask, np.ones(2 * by + 1), "same") > 0.5


def pressure_point(belt: ForeignBelt, up: int, contacts: Contacts) -> Floats | None:
    """Centre of pressure in the lab where the belt is pressed.

    Args:
        belt: The belt.
        up: Number of its vertical axis.
        contacts: Its contacts.

    Returns:
        (3, n) m, NaN elsewhere; None if the file has none. Along `up` it means nothing.
    """
    if belt.cop is not None:
        pressed = np.abs(belt.force[up] - contacts.level) > PRESSED_SHARE * abs(contacts.span)
        place = np.where(pressed, belt.cop, np.nan)
        place[[axis for axis in range(3) if "xyz"[axis] not in belt.cops]] = np.nan
        return np.asarray(place)
    if belt.moment is None:
        return None
    rest = contacts.unloaded if contacts.unloaded.any() else slice(0, 0)
    zero = _level(belt.moment, rest)
    moment = belt.moment - zero
    vertical = belt.force[up] - _level(belt.force[up : up + 1], rest)[0]
    pressed = np.abs(vertical) > PRESSED_SHARE * abs(contacts.span)
    safe = np.where(pressed, vertical, 1.0)
    # About the centre, of the vertical force alone: r × F = M with F along `up` gives r = up × M / F.
    arm = np.cross(np.eye(3)[up], moment.T).T / safe
    return np.where(pressed, belt.centre[:, None] + arm, np.nan)


def _level(rows: Floats, rest: Bools | slice) -> Floats:
    chosen = rows[:, rest]
    return np.median(chosen, axis=1, keepdims=True) if chosen.shape[1] else np.zeros((rows.shape[0], 1))


def together(foreign: ForeignForce, up: int) -> ForeignBelt:
    """All belts as one: a foot may stand on two platforms, one behind the other.

    Args:
        foreign: The force.
        up: Number of the vertical axis.

    Returns:
        The sum of the forces, with the centre of pressure of the whole where all belts tell theirs.
    """
    first = foreign.belts[0]
    if len(foreign.belts) == 1:
        return first
    force = np.asarray(sum(belt.force for belt in foreign.belts))
    forces = "".join(axis for axis in first.forces if all(axis in belt.forces for belt in foreign.belts))
    if all(belt.moment is not None for belt in foreign.belts):
        centre = np.mean([belt.centre for belt in foreign.belts], axis=0)
        flat = np.arange(3) != up
        moment = sum(
            np.asarray(b.moment) + np.cross((b.centre - centre) * flat, b.force.T).T for b in foreign.belts
        )  # fmt: skip
        return ForeignBelt("all", force, forces, np.asarray(moment), centre=centre, centre_known=first.centre_known)
    if all(belt.cop is not None for belt in foreign.belts):
        cops = "".join(axis for axis in first.cops if all(axis in belt.cops for belt in foreign.belts))
        total = np.where(force[up] == 0, np.inf, force[up])
        cop = np.asarray(sum(b.force[up] * np.nan_to_num(np.asarray(b.cop)) for b in foreign.belts)) / total
        return ForeignBelt("all", force, forces, cop=cop, cops=cops)
    return ForeignBelt("all", force, forces)


def slopes(values: Floats, contacts: Contacts, sample_rate_Hz: float) -> Floats:
    """Median velocity of a place within contacts.

    Args:
        values: (n,) place, m; NaN where it is not known.
        contacts: The contacts.
        sample_rate_Hz: Sample rate.

    Returns:
        (k,) slope in each contact, m/s; NaN where too little is known.
    """
    length = contacts.stop - contacts.start
    label = np.repeat(np.arange(contacts.count), length)
    where = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(contacts.start, length)
    seen = np.isfinite(values[where])
    label, where = label[seen], where[seen]
    count = np.bincount(label, minlength=contacts.count).astype(float)

    def total(of: Floats) -> Floats:
        return np.asarray(np.bincount(label, of, minlength=contacts.count), np.float64)

    time = where / sample_rate_Hz
    with np.errstate(invalid="ignore", divide="ignore"):
        mid_t, mid_x = total(time) / count, total(values[where]) / count
        dt, dx = time - mid_t[label], values[where] - mid_x[label]
        found = total(dt * dx) / total(dt * dt)
    return np.where(count >= 4, found, np.nan)


def halves(values: Floats, vertical: Floats, contacts: Contacts) -> Floats:
    """First half minus second half of a horizontal force, per vertical force, in each contact.

    Braking comes first, so this is negative along the running direction.

    Args:
        values: (n,) horizontal force, free of offset.
        vertical: (n,) vertical force, free of offset.
        contacts: The contacts.

    Returns:
        (k,) dimensionless.
    """
    middle = (contacts.start + contacts.stop) // 2
    run, load = (np.concatenate([[0.0], np.cumsum(part)]) for part in (values, vertical))
    first, second = run[middle] - run[contacts.start], run[contacts.stop] - run[middle]
    whole = load[contacts.stop] - load[contacts.start]
    return np.asarray((first - second) / np.where(whole == 0, np.inf, whole))


def total_vertical(foreign: ForeignForce, up: int, sign: float) -> Floats:
    """(n,) vertical force of all belts together, as the runner feels it."""
    return np.asarray(sign * sum(belt.force[up] for belt in foreign.belts))


def mean_over_strides(vertical: Floats, contacts: Contacts, missing: Bools | None = None) -> float | None:
    """Mean vertical force over whole strides, the unloaded level taken off: the body weight, if all is right.

    Args:
        vertical: (n,) of all belts together, upward positive.
        contacts: Its contacts.
        missing: (n,) samples to leave out.

    Returns:
        In the unit of the force; None without four steps.
    """
    if contacts.count < 5:
        return None
    last = contacts.count - 1 - (contacts.count - 1) % 2
    part = slice(int(contacts.start[0]), int(contacts.start[last]))
    force = vertical[part] - contacts.level
    return float(np.mean(force if missing is None else force[~missing[part]]))
