"""Is an imported force what it seems: its weight, its places, its speed, what was done to it before."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.protocol import G
from daq.formats.import_units import FORCE_N, MOMENT_Nm
from daq.imports.axes import Axes
from daq.imports.evidence import LEAST_CONTACTS, PRESSED_SHARE, Contacts, find_contacts, pressure_point
from daq.imports.imported import AXES, Doubt, Floats, ForeignBelt, ForeignForce, axis_index, axis_name

CLOSE = (0.9, 1.1)
"""Mean vertical force over whole strides, per body weight, that raises no doubt; originals have 0.93 to 1.01."""
NEAR = (0.5, 2.0)
"""Outside of this it is no body weight at all."""
PLAUSIBLE_N = (200.0, 2000.0)
"""Body weights of people, where no mass is known."""
FREE_ARM_M, LEAST_ARM_M = 0.15, 1e-4
"""Free moment per vertical force: friction and half a shoe's length allow 0.1 m, and runners show 0.002 to 0.03."""
_FROM_COP = (-0.5, 1.2)
"""Belt speed minus speed of the centre of pressure within a contact: how fast the foot rolls over, m/s."""


def weight_doubts(mean_N: float | None, mass_kg: float | None, units: dict[str, str]) -> list[Doubt]:
    """Compare the mean vertical force over whole strides with the body weight.

    Args:
        mean_N: It, N; None if there are too few strides.
        mass_kg: Body mass if known.
        units: Quantity → unit as read.

    Returns:
        Doubts; the flag is the unit that would make it right.
    """
    if mean_N is None:
        return []
    raw = mean_N / FORCE_N.get(units.get("force", "N"), 1.0)
    return _unlikely(mean_N, raw) if mass_kg is None else _unequal(mean_N, raw, mass_kg)


def _unlikely(mean_N: float, raw: float) -> list[Doubt]:
    """Without a mass: what nobody weighs, and the units in which somebody would."""
    if PLAUSIBLE_N[0] <= mean_N <= PLAUSIBLE_N[1]:
        return []
    told = [unit for unit, gain in FORCE_N.items() if PLAUSIBLE_N[0] <= raw * gain <= PLAUSIBLE_N[1]]
    flags = " or ".join([f"--units force={unit}" for unit in told] + ["--units force=BW with --mass KG"] * (raw < 3))
    text = f"the mean vertical force over whole strides is {mean_N:.3g} N, which is no person's weight"
    return [Doubt("weight", text, flags or "--mass KG", "stop")]


def _unequal(mean_N: float, raw: float, mass_kg: float) -> list[Doubt]:
    """With a mass: how far off, and the unit that explains it."""
    weight = mass_kg * G
    ratio = mean_N / weight
    if CLOSE[0] <= ratio <= CLOSE[1]:
        return []
    text = f"the mean vertical force over whole strides is {ratio:.3g} of the body weight of {mass_kg:g} kg"
    right = [unit for unit, gain in FORCE_N.items() if CLOSE[0] <= raw * gain / weight <= CLOSE[1]]
    right += ["BW"] * (CLOSE[0] <= raw <= CLOSE[1])
    if right:
        return [Doubt("weight", f"{text}; in {right[0]} it would fit", f"--units force={right[0]}", "stop")]
    if NEAR[0] <= ratio <= NEAR[1]:
        return [Doubt("weight", f"{text} (0.9 to 1.1 expected)", f"--mass {mean_N / G:.1f}, if that is the mass")]
    return [Doubt("weight", text, f"--mass {mean_N / G:.1f} or --units force=UNIT", "stop")]


def place_doubts(foreign: ForeignForce, axes: Axes) -> list[Doubt]:
    """Is the centre of pressure on the belt, and does it move as on a belt?

    Args:
        foreign: The force.
        axes: How its axes lie.

    Returns:
        Doubts about lengths and moments.
    """
    number, sign = axis_index(axes.up)
    found: list[Doubt] = []
    for belt in foreign.belts:
        contacts = find_contacts(axes.sign * sign * belt.force[number], foreign.sample_rate_Hz, foreign.missing)
        found += _free_doubts(belt, belt.force[number] - contacts.level, contacts, dict(foreign.units))
        place = pressure_point(belt, number, contacts)
        if place is None or not contacts.count:
            continue
        spread = _spread(place, number)
        if spread is None:
            continue
        if spread > 5.0:
            text = f"the centre of pressure of {belt.name} wanders over {spread:.1f} m"
            flag = "--units length=mm" if belt.cop is not None else "--units moment=Nmm"
            found.append(Doubt("place", text, flag, "stop"))
        elif spread < 0.01 and contacts.count >= 3:
            text = f"the centre of pressure of {belt.name} stays within {1000 * spread:.1f} mm while feet come and go"
            flag = "--units length=m" if belt.cop is not None else "--units moment=Nm"
            found.append(Doubt("place", text, flag, "stop" if spread > 1e-6 else "ask"))
        elif belt.size is not None and belt.centre_known:
            off = np.nanmedian(np.abs(place - belt.centre[:, None]) - belt.size[:, None] / 2, axis=1)
            off[number] = -1.0
            if np.nanmax(off) > 0.02:
                text = f"the centre of pressure lies {100 * np.nanmax(off):.0f} cm beside {belt.name}"
                found.append(Doubt("place", f"{text}: are its corners, origin and channels right?"))
    return found


def _free_doubts(belt: ForeignBelt, vertical: Floats, contacts: Contacts, units: dict[str, str]) -> list[Doubt]:
    """Is the free moment one that a foot can make?"""
    pressed = np.abs(vertical) > PRESSED_SHARE * abs(contacts.span)
    if belt.free is None or contacts.count < LEAST_CONTACTS or not pressed.any():
        return []
    arm = float(np.nanpercentile(np.abs(belt.free[pressed] / vertical[pressed]), 95))
    if arm <= FREE_ARM_M:
        return []
    raw = arm / MOMENT_Nm.get(units.get("moment", "Nm"), 1.0)
    likely = "Nmm" if units.get("length") == "mm" else "Ncm"
    right = [u for u in (likely, *MOMENT_Nm) if LEAST_ARM_M <= raw * MOMENT_Nm[u] <= FREE_ARM_M]
    text = (f"the free moment of {belt.name} is {arm:.2g} m times the vertical force, and a foot makes less than "
            f"{FREE_ARM_M:g} m")  # fmt: skip
    return [Doubt("moment", text, f"--units moment={right[0] if right else 'UNIT'}", "stop")]


def _spread(place: Floats, up: int) -> float | None:
    """Largest horizontal range in which the centre of pressure lies, but for the outermost per cent, m."""
    rows = [row[np.isfinite(row)] for axis, row in enumerate(place) if axis != up]
    ranges = [float(np.subtract(*np.percentile(row, [99, 1]))) for row in rows if row.size > 10]
    return max(ranges) if ranges else None


def left_notes(
    foreign: ForeignForce, axes: Axes, observable: Mapping[str, frozenset[str]], flips: Sequence[str]
) -> list[Doubt]:
    """Say what left and right rest on, where they will be told from axes of which nobody said how they turn.

    Args:
        foreign: The force.
        axes: How its axes lie.
        observable: Our belt → components that were measured.
        flips: Signs that a person turned.

    Returns:
        A note; none where the format or our own names say it, or no side comes of it.
    """
    by_place = len(foreign.belts) > 1 and not all(belt.side for belt in foreign.belts)
    sideways = "" in observable and "Mx" in observable[""]
    if foreign.handed or foreign.ours or not (by_place or sideways) or set(flips) & set(AXES):
        return []
    left = axis_name(*_left(axes))
    text = (
        "left and right rest on the file's axes being right-handed, which nothing in it tells: "
        f"then left is {left}; if they are left-handed: --flip {left[-1]}"
    )
    return [Doubt("handed", text, f"--flip {left[-1]}", "note")]


def _left(axes: Axes) -> tuple[int, float]:
    row = axes.matrix[1]
    number = int(np.argmax(np.abs(row)))
    return number, float(np.sign(row[number]))


def speed_doubts(axes: Axes, belt_speed_m_s: float | None) -> list[Doubt]:
    """Compare a belt speed with how fast the centre of pressure rides backwards.

    Args:
        axes: With the evidence.
        belt_speed_m_s: As told or measured, m/s.

    Returns:
        A doubt if they do not belong together.
    """
    seen = axes.cop_speed_m_s
    if belt_speed_m_s is None or seen is None or seen > 0:
        return []
    roll = belt_speed_m_s + seen
    if _FROM_COP[0] <= roll <= _FROM_COP[1]:
        return []
    likely = -seen + 0.4
    hint = " Is it in km/h?" if abs(belt_speed_m_s / 3.6 - likely) < 0.3 * likely else ""
    text = f"the belt speed is {belt_speed_m_s:g} m/s, but the centre of pressure rides at {-seen:.2f} m/s.{hint}"
    return [Doubt("speed", text, f"--belt-speed M_PER_S, near {likely:.1f}")]
