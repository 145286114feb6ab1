"""Foreign belts as belts of this software: which is left, and the wrench about the belt-surface centre."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.wrench import COMPONENTS
from daq.errors import FormatError
from daq.formats.force_csv import BeltForce
from daq.imports.axes import Axes
from daq.imports.evidence import find_contacts, pressure_point
from daq.imports.imported import AXES, Doubt, Floats, ForeignBelt, ForeignForce, axis_index

APART_M = 0.02
"""Belts or feet nearer to each other than this are not told apart by their places."""


@dataclass(frozen=True)
class Arrangement:
    """Which of the file's belts carry which of ours."""

    belts: Mapping[str, tuple[ForeignBelt, ...]]
    """"" for one belt; "L" and "R"."""
    why: str
    """What tells left and right."""
    origin: Floats
    """(3,) in the file's axes: middle of the machine, that is of all belts' surfaces, or what stands for it, m."""
    origin_why: str
    """What tells it."""
    doubts: tuple[Doubt, ...] = ()
    """What speaks against it."""

    def centre(self, name: str) -> Floats:
        """(3,) centre of a belt's surface in the file's axes, m; the middle of the machine where it is not told."""
        parts = self.belts[name]
        return np.mean([belt.centre for belt in parts], axis=0) if parts[0].centre_known else self.origin

    def centres_m(self, axes: Axes) -> dict[str, tuple[float, float]]:
        """Belt → its centre, forward and left of the middle of the machine, m; empty for one belt, or if not told."""
        if len(self.belts) < 2 or not all(belt.centre_known for parts in self.belts.values() for belt in parts):
            return {}
        off = {name: axes.matrix @ (self.centre(name) - self.origin) for name in self.belts}
        return {name: (float(place[0]), float(place[1])) for name, place in off.items()}


def arrange(foreign: ForeignForce, axes: Axes, plates: Mapping[str, tuple[int, ...]]) -> Arrangement:
    """Tell the belts.

    Args:
        foreign: The force.
        axes: How its axes lie.
        plates: Belt → numbers of the file's belts, if a person says it.

    Returns:
        The arrangement. A FormatError tells of more than two belts, or of two that cannot be told apart.
    """
    places = [_place(foreign, belt, axes) for belt in foreign.belts]
    origin, origin_why = _origin(foreign, places)
    belts, why, doubts = _sides(foreign, axes, places, plates)
    return Arrangement(belts, why, origin, origin_why, tuple(doubts))


def _place(foreign: ForeignForce, belt: ForeignBelt, axes: Axes) -> Floats:
    """(3, m) where the belt was pressed, in the file's axes."""
    number, sign = axis_index(axes.up)
    contacts = find_contacts(axes.sign * sign * belt.force[number], foreign.sample_rate_Hz, foreign.missing)
    place = pressure_point(belt, number, contacts)
    if place is None:
        return np.zeros((3, 0))
    told = [axis for axis in range(3) if axis != number and np.isfinite(place[axis]).any()]
    return place[:, np.isfinite(place[told]).all(axis=0)] if told else np.zeros((3, 0))


def _origin(foreign: ForeignForce, places: Sequence[Floats]) -> tuple[Floats, str]:
    if foreign.belts[0].centre_known:
        return np.mean([belt.centre for belt in foreign.belts], axis=0), "the corners in the file"
    if foreign.ours:
        return np.zeros(3), "named so"
    everywhere = np.concatenate(places, axis=1)
    if not everywhere.shape[1] or foreign.belts[0].moment is not None:
        return np.zeros(3), "moments taken as about it" if foreign.belts[0].moment is not None else "nothing needs it"
    low, high = np.nan_to_num(np.percentile(everywhere, [1, 99], axis=1))
    return np.asarray((low + high) / 2), "the middle of where the feet were; the file does not tell"


Belts = dict[str, tuple[ForeignBelt, ...]]


def _sides(
    foreign: ForeignForce, axes: Axes, places: Sequence[Floats], plates: Mapping[str, tuple[int, ...]]
) -> tuple[Belts, str, list[Doubt]]:
    belts = foreign.belts
    if plates:
        return _as_told(belts, plates), "as told", []
    if len(belts) == 1:
        if not belts[0].side:
            return {"": belts}, "one belt", []
        words = {"L": "left", "R": "right"}[belts[0].side]
        text = f"only the {words} belt is in the file: every other step is missing"
        return {belts[0].side: belts}, "named so", [Doubt("sides", text)]
    if len(belts) > 2:
        listed = ", ".join(belt.name for belt in belts)
        raise FormatError(foreign.format, expected="one or two belts", seen=f"{len(belts)} with load: {listed}",
                          next_step="Choose: --plates L=1,R=2, or --plates 1.")  # fmt: skip
    return _two(belts, axes, places, foreign)


def _as_told(belts: Sequence[ForeignBelt], plates: Mapping[str, tuple[int, ...]]) -> Belts:
    by_number = {_number(belt, k): belt for k, belt in enumerate(belts, 1)}
    for number in (number for numbers in plates.values() for number in numbers):
        if number not in by_number:
            seen = ", ".join(f"{k}: {belt.name}" for k, belt in by_number.items())
            raise FormatError("--plates", expected=f"one of {seen}", seen=str(number))
    return {side: tuple(by_number[number] for number in numbers) for side, numbers in plates.items()}


def _number(belt: ForeignBelt, place: int) -> int:
    digits = belt.name.removeprefix("platform ").removeprefix("number ")
    return int(digits) if digits.isdigit() else place


def _two(
    belts: Sequence[ForeignBelt], axes: Axes, places: Sequence[Floats], foreign: ForeignForce
) -> tuple[Belts, str, list[Doubt]]:
    forward, left = axes.matrix[0], axes.matrix[1]
    apart = _apart(belts, places, left)
    named = belts[0].side and belts[1].side and belts[0].side != belts[1].side
    if named:
        order = belts if belts[0].side == "L" else belts[::-1]
        doubts = []
        if apart is not None and abs(apart) > APART_M and (apart > 0) != (belts[0].side == "L"):
            text = "the belt named left lies on the right of the other"
            doubts = [Doubt("sides", text, _swap(order, belts), "stop")]
        return {"L": (order[0],), "R": (order[1],)}, "named so", doubts
    along = belts[0].centre @ forward - belts[1].centre @ forward if belts[0].centre_known else 0.0
    if belts[0].centre_known and abs(along) > abs(apart or 0.0):
        flag = "--plates " + "+".join(str(_number(belt, k)) for k, belt in enumerate(belts, 1))
        text = "the two platforms lie one behind the other: taken together as one belt"
        return {"": tuple(belts)}, "one behind the other", [Doubt("sides", text, flag)]
    if apart is None or abs(apart) < APART_M:
        raise FormatError(foreign.format, expected="to tell the left from the right belt",
                          seen=f"{belts[0].name} and {belts[1].name}, at one place",
                          next_step="Say it: --plates L=1,R=2, or --plates L=2,R=1.")  # fmt: skip
    order = belts if apart > 0 else belts[::-1]
    return {"L": (order[0],), "R": (order[1],)}, f"{order[0].name} lies {100 * abs(apart):.0f} cm to the left", []


def _swap(order: Sequence[ForeignBelt], belts: Sequence[ForeignBelt]) -> str:
    numbers = {id(belt): _number(belt, k) for k, belt in enumerate(belts, 1)}
    return f"--plates L={numbers[id(order[1])]},R={numbers[id(order[0])]}"


def _apart(belts: Sequence[ForeignBelt], places: Sequence[Floats], left: Floats) -> float | None:
    """How far the first belt lies to the left of the second, m."""
    if belts[0].centre_known:
        return float((belts[0].centre - belts[1].centre) @ left)
    if any(place.shape[1] < 10 for place in places):
        return None
    middle = [np.nan_to_num(np.median(place, axis=1)) for place in places]
    return float((middle[0] - middle[1]) @ left)


def wrench_of(parts: Sequence[ForeignBelt], axes: Axes, origin: Floats) -> tuple[Floats, frozenset[str]]:
    """Wrench of one of our belts, summed over the file's belts that carry it.

    Args:
        parts: Those belts.
        axes: How the file's axes lie.
        origin: (3,) centre of this belt's surface in the file's axes, m.

    Returns:
        (6, n) about the belt-surface centre, N and N·m, and the components that mean something.
    """
    wrenches, seen = zip(*(_one(part, axes, origin) for part in parts), strict=True)
    return np.asarray(sum(wrenches)), frozenset(COMPONENTS).intersection(*seen)


def _one(belt: ForeignBelt, axes: Axes, origin: Floats) -> tuple[Floats, frozenset[str]]:
    turn = axes.matrix
    force = axes.sign * (turn @ belt.force)
    theirs = [AXES[int(np.argmax(np.abs(row)))] for row in turn]
    seen = {part for part, axis in zip(("Fx", "Fy", "Fz"), theirs, strict=True) if axis in belt.forces}
    if belt.moment is not None:
        # On the surface all belts have one height; only the place on it moves the moments.
        arm = turn @ (belt.centre - origin if belt.centre_known else np.zeros(3)) * np.array([1.0, 1.0, 0.0])
        moment = axes.sign * (turn @ belt.moment) + np.cross(arm, force.T).T
        seen |= {part for part, axis in zip(("Mx", "My", "Mz"), theirs, strict=True) if axis in belt.moments}
        return np.concatenate([force, moment]), frozenset(seen)
    free = None if belt.free is None else belt.free * axes.sign * axis_index(axes.up)[1]
    x, y = (_place_along(belt, turn[k], theirs[k], origin) for k in (0, 1))
    own = BeltForce(force[2], force[0] if "Fx" in seen else None, force[1] if "Fy" in seen else None, x, y, free)
    return own.wrench(), own.observable


def _place_along(belt: ForeignBelt, row: Floats, axis: str, origin: Floats) -> Floats | None:
    """(n,) centre of pressure along one of our axes; not a matrix product, in which one hole would tear others."""
    if belt.cop is None or axis not in belt.cops:
        return None
    number = AXES.index(axis)
    return np.asarray(np.sign(row[number]) * (belt.cop[number] - origin[number]))
