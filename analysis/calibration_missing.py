"""Which loads a calibration lacks: a component that no load tells apart from the others cannot be fitted."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import KnownLoad
from analysis.calibration_design import AGAIN, Centres, Stack, belt_of, error_factors, said, stack_of, wrench_of
from analysis.wrench import FX, FY, FZ, MX, MY, MZ, Belt

Floats = NDArray[np.float64]

ORDER = (FZ, MY, MX, FX, FY, MZ)
"""Components are asked for in this order; what earlier loads cannot tell apart, the later component lacks."""
KNOWN_TO = 0.05
"""A component's gain must follow from the loads to this, even before any cell has made noise."""
NOISE = np.array([1.0, 1.0, 1.0, 0.3, 0.3, 0.3])
"""(6,) what any rig's readings may be off by; N and N·m. With `KNOWN_TO`, 20 N or 6 N·m in all are the least."""
LEAST_N = 20.0
"""A vertical load of less is none."""
SIZES = 1.3
"""Largest to smallest vertical load, at least: else nothing tells whether the scale is straight."""


def least_loads(stack: Stack) -> int:
    """How many loads a calibration takes at least: two for each component.

    Args:
        stack: The components.

    Returns:
        Their number.
    """
    return 2 * len(stack.names)


def missing_loads(belts: Sequence[Belt], centres_m: Centres, loads: Sequence[KnownLoad]) -> list[str]:
    """What a list of loads lacks, before or after anything was read.

    Args:
        belts: The belts with their nominal read-outs.
        centres_m: Centre of each belt in the rig's frame, (x, y), m.
        loads: The loads that are planned, or were put on.

    Returns:
        One line per thing that is missing, "what: what to add"; empty if every component can be determined.
    """
    stack = stack_of(belts)
    found = (
        [] if len(loads) >= least_loads(stack) else [f"too few loads: {len(loads)} of at least {least_loads(stack)}"]
    )
    lacking = undetermined(
        stack,
        said(stack, centres_m, loads) / stack.scale,
        error_factors(stack, centres_m, loads, AGAIN[0]) / stack.scale[:, np.newaxis],
    )
    for b, belt in enumerate(belts):
        own = [load for load in loads if belt_of(load, belts) == b]
        wrenches = np.array([wrench_of(load, centres_m[b]) for load in own]).reshape(-1, 6)
        where = f"belt {belt.name}: " if belt.name else ""
        found += [where + text for text in _told(lacking[b], wrenches)]
    return found


def undetermined(stack: Stack, there: Floats, causes: Floats) -> list[set[int]]:
    """Components whose own gain the loads do not give, by generalised least squares.

    Args:
        stack: The components.
        there: (n, m) what the loads do, in units of `stack.scale`.
        causes: (n, m, k) effects of every independent cause of error on it, likewise.

    Returns:
        Per belt the numbers of the components, 0 to 5.
    """
    missing: list[set[int]] = [set() for _ in stack.belts]
    noise = NOISE[stack.row] / stack.scale
    kept: list[int] = []
    for component in ORDER:
        for b in range(len(stack.belts)):
            k = stack.where(b, component)
            if k is None:
                continue
            errors = causes[:, k] @ causes[:, k].T + noise[k] ** 2 * np.eye(len(there))
            if _u_gain(np.linalg.solve(np.linalg.cholesky(errors), there[:, [*kept, k]])) <= KNOWN_TO:
                kept.append(k)
            else:
                missing[b].add(component)
    return missing


def _u_gain(columns: NDArray[np.floating]) -> float:
    """Standard uncertainty of the last column's coefficient: 1 / length of what the others leave of it."""
    others, last = columns[:, :-1], columns[:, -1]
    if others.shape[1]:
        length = np.linalg.norm(others, axis=0)
        unit = others / np.where(length > 0.0, length, 1.0)
        last = last - unit @ np.linalg.lstsq(unit, last, rcond=1e-9)[0]
    size = float(np.linalg.norm(last))
    return 1.0 / size if size else np.inf


def _told(missing: set[int], wrenches: Floats) -> Iterator[str]:
    """What a belt's loads (n, 6) lack, in words."""
    vertical = wrenches[wrenches[:, FZ] >= LEAST_N]
    if FZ in missing or not len(vertical):
        yield "no vertical load: add weights of 10 kg or more at nine places"
    else:
        yield from _places(missing, vertical)
        if vertical[:, FZ].max() < SIZES * vertical[:, FZ].min():
            size = f"({vertical[:, FZ].mean():.0f} N)"
            yield f"all vertical loads have the same size {size}: add some of at least twice that, or half of it"
    yield from _pulls(missing, wrenches)


def _places(missing: set[int], vertical: Floats) -> Iterator[str]:
    """What the places of the vertical loads lack."""
    wanted = [
        side for row, side in ((MY, "in front of and behind"), (MX, "to the left and right of")) if row in missing
    ]
    if not wanted:
        return
    places = vertical[:, [MY, MX]] * (-1.0, 1.0) / vertical[:, [FZ]]
    spread_m = np.linalg.svd(places - places.mean(axis=0), compute_uv=False) / np.sqrt(len(places))
    if spread_m.min() > 0.02 and len(places) > 2:
        side = " and ".join(wanted)
        yield f"the places of the vertical loads are too uncertain: add weights at measured places {side} the middle"
    elif len(wanted) == 2:
        yield "all vertical loads are at the same place: add weights at eight others, in front, behind, left and right"
    else:
        yield f"all vertical loads lie on one line: add weights {wanted[0]} it"


def _pulls(missing: set[int], wrenches: Floats) -> Iterator[str]:
    line = "e.g. 100 N on a line at the belt's surface"
    weak = "pulls are too weak or come only with other forces"
    for row, name, along in ((FX, "fore-aft", "along x"), (FY, "sideways", "along y")):
        if row in missing and not wrenches[:, row].any():
            yield f"no {name} pull: add a load with force {along}, {line}"
        elif row in missing:
            yield f"{name} {weak}: add a load with force {along} alone, {line}"
    if MZ in missing:
        yield (
            "no yaw moment: add horizontal pulls beside the belt's centre, e.g. 100 N sideways 500 mm in front of it,"
            " and behind it"
        )
