"""Where on the belts the loads of a plan go, and how many of them are done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.calibration import KnownLoad, Reading

Key = tuple[str, str, int, int]


@dataclass(frozen=True)
class Spot:
    """A place on a belt; a pull in one direction is a spot of its own."""

    key: Key
    """Belt, place, and which way it pulls forward and left; 0, 0 for a weight."""
    x_m: float
    """Forward of the rig's origin, m."""
    y_m: float
    """Left of the rig's origin, m."""
    planned: int
    """Loads that the plan puts there."""
    done: int
    """Those that were read."""

    @property
    def pull(self) -> tuple[int, int]:
        """Which way the machine is pulled, forward and left; 0, 0 for a weight."""
        return self.key[2:]


def key_of(load: KnownLoad) -> Key:
    """Which spot a load belongs to; the machine is pulled against the force on whoever pulls."""
    x, y, z = (float(value) for value in load.force_N)
    if abs(z) >= max(abs(x), abs(y)):
        return load.belt, load.place or load.label, 0, 0
    return load.belt, load.place or load.label, -_sign(x), -_sign(y)


def _sign(value: float) -> int:
    return (value > 0.0) - (value < 0.0)


def spots_of(loads: Sequence[KnownLoad | None], readings: Sequence[Reading]) -> list[Spot]:
    """Sort a plan by place.

    Args:
        loads: Of the plan; None is the empty belt.
        readings: What was read so far.

    Returns:
        The spots in the plan's order.
    """
    known = [load for load in loads if load is not None]
    planned, done = Counter(map(key_of, known)), Counter(key_of(reading.load) for reading in readings)
    first = {key_of(load): load for load in reversed(known)}
    return [
        Spot(key, float(first[key].point_m[0]), float(first[key].point_m[1]), count, done[key])
        for key, count in planned.items()
    ]
