"""The known loads that a calibration may ask for: where they can stand, how well they are known, what to call them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.calibration import Floats, KnownLoad
from daq.rig import Rig

STANDARD_GRAVITY_M_S2 = 9.80665
CENTRE = "centre"
PLACES: Mapping[str, tuple[int, int]] = {
    "front left": (1, 1), "front": (1, 0), "front right": (1, -1),
    "left": (0, 1), CENTRE: (0, 0), "right": (0, -1),
    "rear left": (-1, 1), "rear": (-1, 0), "rear right": (-1, -1),
}  # fmt: skip
"""The nine places as signs of x and y, in the order in which a map is read."""
DIRECTIONS: Mapping[str, tuple[int, int, int]] = {
    "forward": (-1, 0, 0), "backward": (1, 0, 0), "left": (0, -1, 0), "right": (0, 1, 0), "down": (0, 0, 1),
}  # fmt: skip
"""Where a pull or a push takes the machine → the force on whoever pulls or pushes, which is the opposite."""

U_MASS_KG = 0.01
U_PERSON_KG = 0.1
U_PLACE_MM = 2.0
U_PERSON_PLACE_MM = 30.0
"""Nobody knows to better than about that where his own weight acts."""
U_PULL_PCT = 0.5
"""A good ball-bearing pulley, approached from both sides."""
U_LEVEL = 0.005
"""A line by eye and spirit level: a third of a degree off, rad; what it pulls along the other axes."""
U_POLE_PCT = 0.5
EDGE_MM = (150.0, 100.0)
"""A weight needs so much room from its middle to the front or rear and to the side edge of the surface."""


@dataclass(frozen=True)
class Plan:
    """What is to be put on the belt, in order."""

    loads: tuple[KnownLoad | None, ...]
    """The loads; None is a reading of the empty belt."""
    gravity_m_s2: float = STANDARD_GRAVITY_M_S2
    """What a mass was multiplied with, m/s²."""

    @property
    def known(self) -> tuple[KnownLoad, ...]:
        """The loads without the readings of the empty belt."""
        return tuple(load for load in self.loads if load is not None)


@dataclass(frozen=True)
class Surface:
    """The running surface of one belt."""

    belt: str
    """"" for a single belt, "L" or "R"."""
    centre_mm: tuple[float, float]
    """Its centre from the rig's origin, mm."""
    size_mm: tuple[float, float]
    """Length and width, mm."""

    def place_mm(self, name: str) -> tuple[float, float]:
        """One of the nine places, from the rig's origin, mm: as far out as a weight has room, in whole centimetres.

        Args:
            name: One of `PLACES`.

        Returns:
            (x, y).
        """
        reach = [max(size / 4, size / 2 - edge) for size, edge in zip(self.size_mm, EDGE_MM, strict=True)]
        off = [sign * math.floor(far / 10) * 10.0 for sign, far in zip(PLACES[name], reach, strict=True)]
        return self.centre_mm[0] + off[0], self.centre_mm[1] + off[1]

    def holds(self, place_mm: Sequence[float]) -> bool:
        """Whether a place (x, y) from the rig's origin, mm, lies on it."""
        off = np.abs(np.subtract(place_mm, self.centre_mm))
        return bool((off <= 0.5 * np.asarray(self.size_mm)).all())

    def name(self, place: str) -> str:
        """Name of a place, the belt's side with it on a split belt."""
        return f"{place} of the {BELT_WORDS[self.belt]} belt" if self.belt else place


BELT_WORDS = {"L": "left", "R": "right"}


def surfaces(rig: Rig) -> tuple[Surface, ...]:
    """The running surfaces of a rig.

    Args:
        rig: The rig.

    Returns:
        One, or left and right, in the order of `rig.belts()`.
    """
    centres = {belt.name: belt.centre_mm for belt in rig.file.belts}
    size = 1e3 * rig.machine.surface_length_m, 1e3 * rig.machine.surface_width_m
    return tuple(Surface(belt.name, centres.get(belt.name, (0.0, 0.0)), size) for belt in rig.belts())  # type: ignore[call-overload]


def centres_m(rig: Rig) -> list[tuple[float, float]]:
    """Centres of the belts' surfaces from the rig's origin, m, in the order of `rig.belts()`.

    Args:
        rig: The rig.

    Returns:
        (x, y) of each.
    """
    return [(surface.centre_mm[0] / 1e3, surface.centre_mm[1] / 1e3) for surface in surfaces(rig)]


def weight(surface: Surface, place: str, mass_kg: float, gravity_m_s2: float, *, u_mass_kg: float = U_MASS_KG,
           u_place_mm: float = U_PLACE_MM, series: str = "", place_mm: tuple[float, float] | None = None,
           kind: str = "weight") -> KnownLoad:  # fmt: skip
    """A dead weight, or a person who stands still.

    Args:
        surface: The belt.
        place: Its name: one of `PLACES`, or any name if `place_mm` is given.
        mass_kg: Mass, kg.
        gravity_m_s2: Local gravity, m/s².
        u_mass_kg: Standard uncertainty of the mass, kg.
        u_place_mm: Standard uncertainty of x and of y, mm.
        series: "up" or "down" within a series, else "".
        place_mm: (x, y) from the rig's origin, mm.
        kind: "weight" or "person".

    Returns:
        The load.
    """
    x, y = place_mm or surface.place_mm(place)
    name = f"{mass_kg:g} kg" + (" person" if kind == "person" else "")
    return KnownLoad(
        label=_label(name, surface, place, series),
        kind=kind,
        force_N=np.array([0.0, 0.0, mass_kg * gravity_m_s2]),
        point_m=np.array([x, y, 0.0]) / 1e3,
        u_force_N=np.array([0.0, 0.0, u_mass_kg * gravity_m_s2]),
        u_point_m=np.array([u_place_mm, u_place_mm, 0.0]) / 1e3,
        belt=surface.belt,
        place=surface.name(place),
        series=series,
        weight=name,
    )


def push(surface: Surface, place: str, force_N: Floats, *, kind: str, label: str, u_pct: float, u_place_mm: float,
         place_mm: tuple[float, float], height_mm: float = 0.0) -> KnownLoad:  # fmt: skip
    """A pull on a line, or a push with a pole.

    Args:
        surface: The belt.
        place: Name of the place.
        force_N: (3,) force on whoever makes it, N.
        kind: "pull" or "pole".
        label: What people call it, without the place.
        u_pct: Standard uncertainty of the force, % of it.
        u_place_mm: Standard uncertainty of the place in every direction that matters, mm.
        place_mm: (x, y) of the line of action from the rig's origin, mm.
        height_mm: Its height above the belt, mm.

    Returns:
        The load.
    """
    size = float(np.linalg.norm(force_N))
    u_force = np.hypot(u_pct / 100.0 * force_N, U_LEVEL * np.sqrt(np.maximum(size**2 - force_N**2, 0.0)))
    off = np.array([u_place_mm, u_place_mm, 0.0 if kind == "pole" else u_place_mm])
    return KnownLoad(
        _label(label, surface, place, ""), kind, force_N, np.array([*place_mm, height_mm]) / 1e3, u_force, off / 1e3,
        surface.belt, surface.name(place), weight="line" if kind == "pull" else kind,
    )  # fmt: skip


def pull_words(direction: str, force_N: float, gravity_m_s2: float) -> str:
    """What a pull is called: "98.1 N (10 kg) pulling forward".

    Args:
        direction: One of `DIRECTIONS`.
        force_N: Its size, N.
        gravity_m_s2: Local gravity, m/s².

    Returns:
        The words.
    """
    return f"{force_N:.4g} N ({force_N / gravity_m_s2:.4g} kg hanging) pulling {direction}"


def direction_of(force_N: Floats) -> str:
    """The direction along which a force on whoever makes it takes the machine; "" if it is along none of them.

    Args:
        force_N: (3,), N.

    Returns:
        One of `DIRECTIONS`, or "".
    """
    size = float(np.linalg.norm(force_N)) or 1.0
    found = [name for name, unit in DIRECTIONS.items() if np.allclose(force_N / size, unit, atol=1e-9)]
    return found[0] if found else ""


def _label(what: str, surface: Surface, place: str, series: str) -> str:
    return f"{what} at {surface.name(place)}" + (f" ({series})" if series else "")


def instruction(load: KnownLoad | None, surface: Surface | None = None) -> str:
    """What to do, in one line.

    Args:
        load: The load; None is the empty belt.
        surface: The belt it is put on.

    Returns:
        The line.
    """
    if load is None:
        return "Take everything off, step off, and touch nothing."
    centre = surface.centre_mm if surface is not None else (0.0, 0.0)
    of = f"the {BELT_WORDS[load.belt]} belt's centre" if load.belt else "the belt's centre"
    where = _where(1e3 * load.point_m[:2] - centre, of)
    if load.kind == "person":
        return f"Stand still, looking ahead: {load.label}, {where}."
    if load.kind == "pull":
        return f"Pull: {load.label}; {where}, {_height(1e3 * float(load.point_m[2]))}, the line level."
    if load.kind == "pole":
        return f"Press with the pole: {load.label}, {where}."
    verb = {"up": "Add up to", "down": "Reduce to"}.get(load.series, "Put")
    return f"{verb} {load.label.removesuffix(f' ({load.series})')}, its middle {where}."


def _where(off_mm: Floats, of: str) -> str:
    words = (("forward", "back"), ("left", "right"))
    parts = [
        f"{abs(off):.0f} mm {plus if off > 0 else minus}"
        for off, (plus, minus) in zip(off_mm, words, strict=True) if abs(off) >= 0.5
    ]  # fmt: skip
    return f"{' and '.join(parts)} of {of}" if parts else f"on {of}"


def _height(z_mm: float) -> str:
    if abs(z_mm) < 0.5:
        return "at the height of its surface"
    return f"{abs(z_mm):.0f} mm {'above' if z_mm > 0 else 'below'} its surface"
