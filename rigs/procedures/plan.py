"""The plan of a calibration: which known loads go where, and in which order.

At least thirty readings at nine places (metrics 9.3): the largest mass everywhere, the others spread; an ascending and
descending series at the centre and at a corner, for hysteresis; pulls along every horizontal axis that the cells see;
and the empty belt in between, so that drift does not count as load.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from analysis.calibration import KnownLoad
from daq.rig import Rig
from rigs.procedures.plan_checks import (
    MOST_HEIGHT_MM,
    MOST_U_MASS,
    MOST_U_PLACE_MM,
    check_plan,
    check_values,
    lacking,
    plan_hints,
    within,
)
from rigs.procedures.plan_file import plan_text, read_plan
from rigs.procedures.plan_loads import (
    CENTRE,
    DIRECTIONS,
    PLACES,
    STANDARD_GRAVITY_M_S2,
    U_MASS_KG,
    U_PERSON_KG,
    U_PERSON_PLACE_MM,
    U_PLACE_MM,
    U_POLE_PCT,
    U_PULL_PCT,
    Plan,
    Surface,
    instruction,
    pull_words,
    push,
    surfaces,
    weight,
)

__all__ = [
    "STANDARD_GRAVITY_M_S2",
    "Plan",
    "check_plan",
    "instruction",
    "lacking",
    "make_plan",
    "plan_hints",
    "plan_text",
    "read_plan",
    "surfaces",
]

LEAST_READINGS = 30
SERIES_AT = (CENTRE, "front left")
MOST_IN_SERIES = 5
BETWEEN_ZEROS = 5
EDGE_PULL_MM = 50.0
"""A line that shall twist the machine is fixed so far inside the edge of the surface."""
LINE_AT = {CENTRE: "line in the middle", **{place: f"{place} edge" for place in ("left", "right", "front", "rear")}}


def make_plan(
    rig: Rig,
    *,
    masses_kg: Sequence[float],
    person_kg: float | None = None,
    pull_kg: float | None = None,
    pull_N: float | None = None,
    pole_N: float | None = None,
    u_mass_kg: float = U_MASS_KG,
    u_place_mm: float = U_PLACE_MM,
    u_pull_pct: float = U_PULL_PCT,
    pull_height_mm: float = 0.0,
    gravity_m_s2: float = STANDARD_GRAVITY_M_S2,
) -> Plan:
    """Make the plan that suits a rig and what is at hand.

    Args:
        rig: The rig.
        masses_kg: What can be put on, kg; each is one load, also if it is several weights on one another.
        person_kg: Mass of somebody who will stand on the belt, kg.
        pull_kg: Mass that hangs on a line, kg; only used on a rig that sees horizontal force.
        pull_N: The same as a force, N.
        pole_N: Force to press straight down with an instrumented pole, N.
        u_mass_kg: Standard uncertainty of each mass, kg.
        u_place_mm: Standard uncertainty of each place, mm.
        u_pull_pct: Standard uncertainty of the pull, %.
        pull_height_mm: Height of the line above the belt's surface, mm.
        gravity_m_s2: Local gravity, m/s².

    Returns:
        The plan: it begins and ends with the empty belt. An AnalysisError says which value cannot be.
    """
    option = "--pull-N" if pull_kg is None else "--pull"
    pull_N = pull_N if pull_kg is None else pull_kg * gravity_m_s2
    check_values(masses_kg, person_kg, (option, pull_N), pole_N, gravity_m_s2)
    masses = sorted(masses_kg)
    within("--u-mass-kg", u_mass_kg, 0.0, MOST_U_MASS * masses[0], "kg")
    within("--u-place-mm", u_place_mm, 0.0, MOST_U_PLACE_MM, "mm")
    within("--pull-height-mm", pull_height_mm, -MOST_HEIGHT_MM, MOST_HEIGHT_MM, "mm")
    loads: list[KnownLoad | None] = [None]
    for surface in surfaces(rig):
        known = _Known(surface, gravity_m_s2, u_mass_kg, u_place_mm)
        blocks = [
            *known.weights(masses),
            *([[known.person(person_kg)]] if person_kg else []),
            *(known.pulls(rig, pull_N, u_pull_pct, pull_height_mm) if pull_N else []),
            *([[known.pole(place, pole_N) for place in PLACES]] if pole_N else []),
        ]
        blocks += known.more(masses, LEAST_READINGS - sum(map(len, blocks)))
        for block in blocks:
            loads += [*block, None]
    return Plan(tuple(loads), gravity_m_s2)


class _Known:
    """What can be put on one belt.

    Args:
        surface: The belt.
        gravity_m_s2: Local gravity, m/s².
        u_mass_kg: Standard uncertainty of each mass, kg.
        u_place_mm: Standard uncertainty of each place, mm.
    """

    def __init__(self, surface: Surface, gravity_m_s2: float, u_mass_kg: float, u_place_mm: float) -> None:
        self._surface, self._gravity_m_s2 = surface, gravity_m_s2
        self._u_mass_kg, self._u_place_mm = u_mass_kg, u_place_mm

    def weight(self, place: str, mass_kg: float, series: str = "") -> KnownLoad:
        """A mass at one of the nine places."""
        return weight(
            self._surface, place, mass_kg, self._gravity_m_s2,
            u_mass_kg=self._u_mass_kg, u_place_mm=self._u_place_mm, series=series,
        )  # fmt: skip

    def weights(self, masses: Sequence[float]) -> Iterator[list[KnownLoad]]:
        """Both series, then the two largest masses at every other place; the belt is emptied between the lists."""
        up = _spread(masses, MOST_IN_SERIES // 2 + 1)
        for place in SERIES_AT:
            yield [
                *(self.weight(place, mass, "up" if len(up) > 1 else "") for mass in up),
                *(self.weight(place, mass, "down") for mass in up[-2::-1]),
            ]
        rest = [place for place in PLACES if place not in SERIES_AT]
        yield from _cut([self.weight(place, mass) for place in rest for mass in sorted(masses)[:-3:-1]])

    def more(self, masses: Sequence[float], count: int) -> Iterator[list[KnownLoad]]:
        """So many further readings: smaller masses at the places that have none of them yet, then all again."""
        smaller = [*sorted(masses)[-3::-1], *sorted(masses)[::-1]]
        rest = [place for place in PLACES if place not in SERIES_AT]
        every = [self.weight(place, mass) for mass in smaller for place in rest]
        while 0 < len(every) < count:
            every = every + every
        yield from _cut(every[: max(count, 0)])

    def person(self, mass_kg: float) -> KnownLoad:
        """Somebody in the middle."""
        return weight(
            self._surface, CENTRE, mass_kg, self._gravity_m_s2,
            u_mass_kg=U_PERSON_KG, u_place_mm=U_PERSON_PLACE_MM, kind="person",
        )  # fmt: skip

    def pole(self, place: str, force_N: float) -> KnownLoad:
        """A pole pressed straight down."""
        return push(
            self._surface, place, np.array([0.0, 0.0, force_N]), kind="pole", label=f"{force_N:.4g} N",
            u_pct=U_POLE_PCT, u_place_mm=self._u_place_mm, place_mm=self._surface.place_mm(place),
        )  # fmt: skip

    def pulls(self, rig: Rig, pull_N: float, u_pct: float, height_mm: float) -> Iterator[list[KnownLoad]]:
        """A pull to and fro along each axis that the cells see; beside the middle too if they see the yaw moment."""
        (seen,) = (belt.observable for belt in rig.belts() if belt.name == self._surface.belt)
        sides = {"Fx": (("forward", "backward"), ("left", "right")), "Fy": (("left", "right"), ("front", "rear"))}
        for component, (ways, edges) in sides.items():
            if component in seen:
                yield [
                    push(
                        self._surface, LINE_AT[place], pull_N * np.array(DIRECTIONS[way], np.float64), kind="pull",
                        label=pull_words(way, pull_N, self._gravity_m_s2), u_pct=u_pct, u_place_mm=self._u_place_mm,
                        place_mm=self._edge_mm(place), height_mm=height_mm,
                    )
                    for place in (edges if "Mz" in seen else (CENTRE,)) for way in ways
                ]  # fmt: skip

    def _edge_mm(self, place: str) -> tuple[float, float]:
        """Where a line is fixed: in the middle, or just inside an edge."""
        (x, y), (length, width) = self._surface.centre_mm, self._surface.size_mm
        along, across = PLACES[place]
        return x + along * (length / 2 - EDGE_PULL_MM), y + across * (width / 2 - EDGE_PULL_MM)


def _spread(masses: Sequence[float], count: int) -> list[float]:
    """At most so many of the masses, ascending, the largest and the smallest among them."""
    every = sorted(masses)
    take = np.unique(np.linspace(0, len(every) - 1, count).round().astype(int))
    return [every[i] for i in take]


def _cut(loads: Sequence[KnownLoad]) -> Iterator[list[KnownLoad]]:
    for first in range(0, len(loads), BETWEEN_ZEROS):
        yield list(loads[first : first + BETWEEN_ZEROS])
