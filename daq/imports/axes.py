"""Which way is up, forward and left in a file of forces, by what is told and by what the force itself shows.

On a treadmill the centre of pressure rides backwards with the belt while a foot stands, and a foot brakes before it
propels. The first tells the running direction whatever the sign of the forces, the second checks it, or tells it alone.
"""

from dataclasses import dataclass

import numpy as np

from daq.imports.evidence import LEAST_CONTACTS, find_contacts, halves, pressure_point, slopes, together, total_vertical
from daq.imports.imported import AXES, Doubt, Floats, ForeignForce, axis_index, axis_name, unit_vector

LEAST_SLOPE_M_S = 0.3
"""A centre of pressure that moves slower within a contact tells no direction."""
LEAST_HALVES = 0.01
"""Horizontal impulse of one half minus the other, per vertical impulse; runners and walkers show 0.05 to 0.2."""
CLEAR = 1.5
"""One horizontal axis must show this many times as much as the other."""


@dataclass(frozen=True)
class Axes:
    """How a file's axes lie."""

    up: str
    """Upward axis, for example "+z"."""
    forward: str
    """Axis of the running direction."""
    sign: float
    """1 for ground reaction on the runner, −1 for force on the belt."""
    up_why: str
    """What tells `up`."""
    forward_why: str
    """What tells `forward`."""
    sign_why: str
    """What tells `sign`."""
    doubts: tuple[Doubt, ...] = ()
    """What speaks against it."""
    cop_speed_m_s: float | None = None
    """Velocity of the centre of pressure along `forward` while a foot stands, m/s; negative on a treadmill."""
    braking: float | None = None
    """Fore-aft force of the first minus the second half of contact, per vertical force; negative if braked first."""

    @property
    def matrix(self) -> Floats:
        """(3, 3) rotation: our forward, left, up = matrix · the file's x, y, z."""
        forward, up = unit_vector(self.forward), unit_vector(self.up)
        return np.stack([forward, np.cross(up, forward), up])


def choose_axes(foreign: ForeignForce, *, up: str = "", forward: str = "") -> Axes:
    """Find the axes.

    Args:
        foreign: The force.
        up: Upward axis, if a person says it.
        forward: Running direction, if a person says it.

    Returns:
        The axes, with doubts where the evidence is missing or contradicts.
    """
    chosen_up, up_why, doubts = _up(foreign, up)
    sign, sign_why = _sign(foreign, chosen_up)
    seen = _Evidence.of(foreign, chosen_up, sign)
    chosen, why, more = _forward(foreign, chosen_up, forward, seen)
    doubts += more + _sign_doubts(foreign, sign, seen)
    number, direction = axis_index(chosen)
    return Axes(
        chosen_up, chosen, sign, up_why, why, sign_why, tuple(doubts),
        _along(seen.slope, number, direction), _along(seen.braking, number, direction),
    )  # fmt: skip


def _along(values: Floats, number: int, direction: float) -> float | None:
    return float(direction * values[number]) if np.isfinite(values[number]) else None


def _up(foreign: ForeignForce, told: str) -> tuple[str, str, list[Doubt]]:
    size = sum(np.mean(np.abs(belt.force), axis=1) for belt in foreign.belts)
    largest = AXES[int(np.argmax(size))]
    if told:
        return told, "as told", []
    if foreign.ours:
        up, why = "+z", "named so"
    elif foreign.up:
        up, why = foreign.up, foreign.up_why
    else:
        return f"+{largest}", "the largest force", []
    if largest != up[-1] and size[AXES.index(largest)] > 1.2 * size[AXES.index(up[-1])]:
        text = f"the largest force is along {largest}, not along {up[-1]}, which should be vertical"
        return up, why, [Doubt("vertical", text, f"--up +{largest}", "stop")]
    return up, why, []


def _sign(foreign: ForeignForce, up: str) -> tuple[float, str]:
    number, direction = axis_index(up)
    force = total_vertical(foreign, number, direction)
    low, middle, high = np.percentile(force, [2, 50, 98])
    # Of a runner the unloaded level lies at one end, and the load reaches far to one side of it.
    mean = float(np.mean(force)) if abs(np.mean(force)) > 0.05 * (high - low) else float(high + low - 2 * middle)
    if mean >= 0:
        return 1.0, "the vertical force is upward under load: ground reaction on the runner"
    return -1.0, "the vertical force is downward under load: force on the belt, reversed"


@dataclass(frozen=True)
class _Evidence:
    slope: Floats
    """(3,) m/s of the centre of pressure within contacts."""
    braking: Floats
    """(3,) `halves` along the file's axes, in the sense of ground reaction."""

    @classmethod
    def of(cls, foreign: ForeignForce, up: str, sign: float) -> "_Evidence":
        number, direction = axis_index(up)
        slope: list[list[Floats]] = [[], [], []]
        braking: list[list[Floats]] = [[], [], []]
        whole = together(foreign, number)
        steps = find_contacts(sign * direction * whole.force[number], foreign.sample_rate_Hz, foreign.missing)
        # Who walks leaves no moment in which nothing is loaded; then each belt has contacts of its own.
        for belt in (whole,) if steps.count >= LEAST_CONTACTS else foreign.belts:
            vertical = sign * direction * belt.force[number]
            contacts = find_contacts(vertical, foreign.sample_rate_Hz, foreign.missing)
            if contacts.count < LEAST_CONTACTS:
                continue
            place = pressure_point(belt, number, contacts)
            for axis in range(3):
                if axis == number:
                    continue
                if place is not None:
                    slope[axis].append(slopes(place[axis], contacts, foreign.sample_rate_Hz))
                if AXES[axis] in belt.forces:
                    force = sign * belt.force[axis]
                    rest = float(np.median(force[contacts.unloaded])) if contacts.unloaded.any() else 0.0
                    braking[axis].append(halves(force - rest, vertical - contacts.level, contacts))
        return cls(_medians(slope), _medians(braking))

    def direction(self, values: Floats, least: float) -> str:
        """Axis of the running direction if these values, negative along it, tell it clearly; else empty."""
        size = np.nan_to_num(np.abs(values))
        best, other = np.argsort(size)[::-1][:2]
        if size[best] < least or size[best] < CLEAR * size[other]:
            return ""
        return axis_name(int(best), -float(np.sign(values[best])))


def _medians(parts: list[list[Floats]]) -> Floats:
    joined = [np.concatenate(part) if part else np.empty(0) for part in parts]
    seen = [part[np.isfinite(part)] for part in joined]
    return np.array([np.median(part) if part.size >= LEAST_CONTACTS else np.nan for part in seen])


def _forward(foreign: ForeignForce, up: str, told: str, seen: _Evidence) -> tuple[str, str, list[Doubt]]:
    by_cop = seen.direction(seen.slope, LEAST_SLOPE_M_S)
    by_force = seen.direction(seen.braking, LEAST_HALVES)
    shown = by_cop or by_force
    why = {
        (True, True): "the centre of pressure rides backwards with the belt, and braking comes first",
        (True, False): "the centre of pressure rides backwards with the belt",
        (False, True): "braking comes first",
        (False, False): "nothing in the force tells it",
    }[bool(by_cop), bool(by_force)]
    if told:
        return told, "as told", _against(told, by_cop, by_force, told=True)
    if foreign.ours:
        return "+x", f"named so{'' if not shown or shown != '+x' else '; ' + why}", _against("+x", by_cop, by_force)
    if not shown:
        guess = next(f"+{axis}" for axis in AXES if axis != up[-1])
        if _matters(foreign, up):
            text = "the running direction could not be told from the force"
            return guess, why, [Doubt("forward", text, f"--forward {guess}", "stop")]
        return guess, "only vertical force: it does not matter", []
    if by_cop and by_force and by_cop != by_force:
        text = f"the centre of pressure rides backwards along {by_cop}, but braking comes first along {by_force}"
        return by_cop, "the centre of pressure rides backwards with the belt", [_reversed(by_cop, by_force, text)]
    return shown, why, []


def _matters(foreign: ForeignForce, up: str) -> bool:
    horizontal = {axis for axis in AXES if axis != up[-1]}
    return any(horizontal & (set(belt.forces) | set(belt.cops)) or belt.moment is not None for belt in foreign.belts)


def _against(axis: str, by_cop: str, by_force: str, *, told: bool = False) -> list[Doubt]:
    """Doubts where the evidence says otherwise than a name or a person."""
    whose = "told" if told else "named"
    if by_cop and by_cop != axis:
        text = f"forward is {whose} {axis}, but the centre of pressure rides backwards along {by_cop}"
        return [Doubt("forward", text, f"--forward {by_cop}", "ask" if told else "stop")]
    if by_force and by_force != axis:
        text = f"forward is {whose} {axis}, but braking comes first along {by_force}"
        if by_cop:
            return [_reversed(by_cop, by_force, text)]
        return [Doubt("forward", text, f"--forward {by_force}", "ask" if told else "stop")]
    return []


def _reversed(by_cop: str, by_force: str, text: str) -> Doubt:
    """A force and a centre of pressure that disagree: a sign of one component, or no treadmill at all."""
    if by_cop[-1] == by_force[-1]:
        flag = f"--flip F{by_cop[-1]}"
        return Doubt("braking", f"{text}: propulsion before braking, or no treadmill", flag, "stop")
    return Doubt("braking", text, f"--forward {by_force}", "stop")


def _sign_doubts(foreign: ForeignForce, sign: float, seen: _Evidence) -> list[Doubt]:
    if sign > 0 or foreign.format == "C3D":
        return []
    by_cop = seen.direction(seen.slope, LEAST_SLOPE_M_S)
    settled = by_cop and by_cop == seen.direction(seen.braking, LEAST_HALVES)
    text = "the vertical force is negative under load: taken as force on the belt, and all forces reversed"
    return [Doubt("sign", text, "--flip all", "note" if settled and not foreign.ours else "ask")]
