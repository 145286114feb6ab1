"""What was put on the belts, stacked over all components that can be seen, and how wrong it may be.

Errors are kept as factors: a column per independent cause, its effect on every load. So a weight that is used ten times
is one cause, and so is a mark on the belt that three weights were put on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad
from analysis.directions import TYPICAL
from analysis.errors import AnalysisError
from analysis.wrench import COMPONENTS, Belt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Centres = Sequence[tuple[float, float]]
"""Where the centre of each belt is in the rig's frame, (x, y), m."""

AGAIN = (0.25, 0.5, 0.75, 0.97)
"""What is put on the same mark again lies elsewhere, and no two pulls are alike: such a share of the uncertainty (of
its standard deviation) may be new every time, the rest shared. Were all of it shared, loads at one place would
contradict each other, and the fit would believe their differences more than anything else."""
STEADY = 3e-4
"""Share of a force that no reading repeats better: combined error of a good load cell (OIML R 60, class C3)."""
UNSEEN = 0.05
"""A force or moment that no cell sees may show in one that is seen with so much of its size …"""
UNSEEN_LEVER_M = 0.3
"""… a force in a moment with such a lever, and a moment in a force with that of `UNSEEN` over it."""


@dataclass(frozen=True)
class Stack:
    """The components that can be seen, of all belts one after another."""

    names: tuple[str, ...]
    """(m,) "Fz", or "L.Fz" on a split belt."""
    belt: Ints
    """(m,) number of the belt."""
    row: Ints
    """(m,) number of the component, 0 to 5."""
    belts: tuple[Belt, ...]
    """The belts, with their nominal read-outs."""

    @property
    def scale(self) -> Floats:
        """(m,) what a runner does in each component, N or N·m: the unit in which the fit counts."""
        return TYPICAL[self.row]

    @property
    def nominal(self) -> Floats:
        """(m, C) nominal read-out, SI units per count."""
        return np.array([self.belts[b].matrix[r] for b, r in zip(self.belt, self.row, strict=True)])

    def where(self, belt: int, row: int) -> int | None:
        """Place of a component in the stack, None if it is not seen."""
        found = np.flatnonzero((self.belt == belt) & (self.row == row))
        return int(found[0]) if found.size else None

    def of(self, belt: int) -> Ints:
        """Places of a belt's components in the stack."""
        return np.flatnonzero(self.belt == belt)


def stack_of(belts: Sequence[Belt]) -> Stack:
    """Stack the components of all belts that can be seen.

    Args:
        belts: The belts with their nominal read-outs.

    Returns:
        The stack, belt after belt, Fx to Mz.
    """
    pairs = [(b, r) for b, belt in enumerate(belts) for r, name in enumerate(COMPONENTS) if name in belt.observable]
    names = [f"{belts[b].name}.{COMPONENTS[r]}" if belts[b].name else COMPONENTS[r] for b, r in pairs]
    index = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Stack(tuple(names), index[:, 0], index[:, 1], tuple(belts))


def belt_of(load: KnownLoad, belts: Sequence[Belt]) -> int:
    """Number of the belt that a load was put on.

    Args:
        load: The load.
        belts: The belts.

    Returns:
        Its number.

    Raises:
        AnalysisError: There is no belt of that name.
    """
    names = [belt.name for belt in belts]
    if load.belt in names:
        return names.index(load.belt)
    raise AnalysisError(
        f"load {load.label!r}",
        expected=f"a belt of {', '.join(map(repr, names))}",
        seen=repr(load.belt),
        next_step="Say which belt the load is put on." if len(names) > 1 else "Leave the belt out: there is but one.",
    )


def lever(load: KnownLoad, centre_m: tuple[float, float]) -> Floats:
    """From the centre of its belt to where a load acts.

    Args:
        load: The load.
        centre_m: Centre of its belt in the rig's frame, m.

    Returns:
        (3,), m.
    """
    arm: Floats = np.asarray(load.point_m, np.float64) - np.array([*centre_m, 0.0])
    return arm


def wrench_of(load: KnownLoad, centre_m: tuple[float, float]) -> Floats:
    """Wrench of a load about the centre of its belt.

    Args:
        load: The load.
        centre_m: Centre of its belt in the rig's frame, m.

    Returns:
        (6,), N and N·m.
    """
    force = np.asarray(load.force_N, np.float64)
    return np.concatenate([force, np.cross(lever(load, centre_m), force)])


def said(stack: Stack, centres_m: Centres, loads: Sequence[KnownLoad]) -> Floats:
    """What the loads do in every stacked component; nothing on the belts they are not on.

    Args:
        stack: The components.
        centres_m: Centre of each belt, m.
        loads: The loads.

    Returns:
        (n, m), N and N·m.
    """
    out = np.zeros((len(loads), len(stack.names)))
    for i, load in enumerate(loads):
        b = belt_of(load, stack.belts)
        out[i, stack.of(b)] = wrench_of(load, centres_m[b])[stack.row[stack.of(b)]]
    return out


def error_factors(stack: Stack, centres_m: Centres, loads: Sequence[KnownLoad], again: float) -> Floats:
    """How every independent cause of error moves what was said of the loads.

    Causes are: the relative error of each weight or gauge; what a force is off its direction, for each load alone; the
    place, shared by loads at the same place unless a person stands there; what differs from one time to the next though
    weight and mark are the same; and components that no cell sees but which may show in those that are seen.

    Args:
        stack: The components.
        centres_m: Centre of each belt, m.
        loads: The loads.
        again: Share of `AGAIN`.

    Returns:
        (n, m, k) effect of one standard deviation of each of the k causes, N and N·m.
    """
    shape = (len(loads), len(stack.names))
    causes: dict[tuple[object, ...], Floats] = {}
    for i, load in enumerate(loads):
        b = belt_of(load, stack.belts)
        own = stack.of(b)
        for cause, effect in _causes(load, lever(load, centres_m[b]), (load.belt, i), again):
            if effect.any():
                causes.setdefault(cause, np.zeros(shape))[i, own] += effect[stack.row[own]]
        for cause, k, effect_of in _unseen(stack, b, wrench_of(load, centres_m[b])):
            causes.setdefault(cause, np.zeros(shape))[i, k] += effect_of
    return np.stack([*causes.values()], axis=-1) if causes else np.zeros((*shape, 0))


def _causes(
    load: KnownLoad, arm: Floats, alone: tuple[str, int], again: float
) -> Iterator[tuple[tuple[object, ...], Floats]]:
    """Name of each cause and its effect (6,)."""
    force, u_force = np.asarray(load.force_N, np.float64), np.asarray(load.u_force_N, np.float64)
    size = float(np.linalg.norm(force))
    along = force / size if size else np.zeros(3)
    of_force = np.vstack([np.eye(3), np.cross(arm, np.eye(3)).T])
    weight = ("weight", load.weight) if load.weight else ("weight", *alone)
    shared, own = float(np.sqrt(1.0 - again**2)), float(np.linalg.norm(along * u_force))
    same = load.kind == "weight"  # a weight is the same every time, a pull is not
    yield weight, of_force @ along * own * (1.0 if same else shared)
    yield ("again", *alone), of_force @ along * float(np.hypot(size * STEADY, 0.0 if same else again * own))
    across = (np.eye(3) - np.outer(along, along)) * u_force
    place = ("place", load.belt, load.place) if load.place and load.kind != "person" else ("place", *alone)
    of_place = np.vstack([np.zeros((3, 3)), np.cross(np.eye(3), force).T]) * np.asarray(load.u_point_m, np.float64)
    for axis in range(3):
        yield ("direction", *alone, axis), of_force @ across[:, axis]
        yield (*place, axis), shared * of_place[:, axis]
        yield ("again", *alone, axis), again * of_place[:, axis]


def _unseen(stack: Stack, belt: int, wrench: Floats) -> Iterator[tuple[tuple[object, ...], int, float]]:
    """What components without a cell may do to those with one: the same in every load, but of unknown size."""
    seen = set(stack.row[stack.of(belt)].tolist())
    for hidden in np.flatnonzero(wrench):
        if int(hidden) in seen:
            continue
        for k in stack.of(belt):
            moment, from_moment = stack.row[k] >= 3, hidden >= 3
            share = UNSEEN if moment == from_moment else UNSEEN_LEVER_M if moment else UNSEEN / UNSEEN_LEVER_M
            yield ("unseen", belt, int(hidden), int(k)), int(k), share * float(wrench[hidden])
