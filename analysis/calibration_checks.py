"""Is a reading what its load should make, as far as the nominal read-out can tell: units, places, things forgotten."""

from collections.abc import Callable, Sequence

import numpy as np

from analysis.calibration import KnownLoad, Reading
from analysis.calibration_design import Centres
from analysis.calibration_fit import Fit
from analysis.calibration_guesses import APART_M, PLAUSIBLE, place_mistake, unit_mistake
from analysis.calibration_look import NOTHING, SURE, Look, Suspicion, broken_cells, look_at
from analysis.calibration_missing import missing_loads
from analysis.directions import LEVER_M
from analysis.wrench import FX, FY, FZ, MX, MY, Belt

__all__ = ["Suspicion", "check_reading", "missing_loads", "outliers"]

DIFFERENT, UNCHANGED = 0.05, 0.15
"""Loads differ by this share of themselves; readings that follow by less than that share of it did not change."""
SUM = 0.06
"""So well two loads must add up to what is read."""
FEW = 5
OUT = 0.08
"""After a few readings, the next one's scale may differ from theirs by this: cells differ by place."""


def check_reading(
    reading: Reading, belts: Sequence[Belt], centres_m: Centres, before: Sequence[Reading]
) -> list[Suspicion]:
    """Compare a reading with what its load should make.

    Args:
        reading: The reading.
        belts: The belts with their nominal read-outs.
        centres_m: Centre of each belt in the rig's frame, (x, y), m.
        before: Readings that were kept before, in the order of time.

    Returns:
        What is probably wrong, the likeliest explanation only; empty if nothing is.
    """
    look = look_at(reading, belts, centres_m)
    if look.size_N == 0.0:
        return [Suspicion("no_load", "The load is said to be 0 N: give its mass or force.")]
    earlier = [look_at(one, belts, centres_m) for one in before if np.any(one.load.force_N)]
    told = [f"F{axis}" in belts[look.belt].observable for axis in "xyz"]
    if not told[look.axis]:
        axis = "xyz"[look.axis]
        return [Suspicion("unseen", f"No cell measures force along {axis} here: leave this load out.")]
    if broken := list(broken_cells(look, belts)):
        return broken
    checks: tuple[Callable[[Look, Sequence[Look]], Suspicion | None], ...] = (
        _not_removed, _unchanged, _empty, _wrong_belt, _wrong_force, _wrong_place, _apart,
    )  # fmt: skip
    found = next((one for check in checks if (one := check(look, earlier))), None)
    return [found] if found else []


def outliers(fit: Fit, readings: Sequence[Reading]) -> list[Suspicion]:
    """Name the loads that do not belong to the others, after a fit.

    Args:
        fit: The calibration.
        readings: The readings it was made of.

    Returns:
        One suspicion per load, worst first; code "outlier".
    """
    return [Suspicion("outlier", _outlier_text(fit, readings[i].load, i)) for i in fit.outlying]


def _outlier_text(fit: Fit, load: KnownLoad, i: int) -> str:
    left = fit.residual[i]
    force = ", ".join(
        f"{name} {left[k]:+.1f} N" for k, name in ((FX, "Fx"), (FY, "Fy"), (FZ, "Fz")) if np.isfinite(left[k])
    )
    place = ""
    if load.force_N[2] > 0.0:
        place = f", place {1e3 * np.hypot(left[MX], left[MY]) / load.force_N[2]:.0f} mm"
    return (
        f"{load.label} is {fit.deviation[i]:.0f} standard deviations from what all other loads say"
        f" (said − read: {force}{place}): read it again, or leave it out."
    )


def _not_removed(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The load before still lies on the belt, under this one or under its zero."""
    if not earlier:
        return None
    last = earlier[-1]
    both, there = look.said[:3] + last.said[:3], look.read.sum(axis=0)[:3]
    seen = np.abs(look.own[:3]) > 0.0
    off = np.linalg.norm((there - both)[seen])
    if abs(look.ratio - 1.0) > PLAUSIBLE + look.slack and off < SUM * np.linalg.norm(both):
        text = f"This reads like {look.load.label} and {last.load.label} together: take the one before off."
        return Suspicion("not_removed", text)
    return None


def _unchanged(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The reading is that of another load that was read before."""
    for other in reversed(earlier):
        if other.belt != look.belt:
            continue
        known = "person" not in (look.load.kind, other.load.kind)
        unit = np.array([1.0, 1.0, 1.0] + [1.0 / LEVER_M if known else 0.0] * 3)
        unit = unit * (np.abs(other.own) + np.abs(look.own) > 0.0)
        size, changed = (look.said - other.said) * unit, (look.own - other.own) * unit
        noise = SURE * float(np.linalg.norm(np.hypot(look.u, other.u)[look.belt] * unit))
        wanted = float(np.linalg.norm(size))
        vague = SURE * float(np.hypot(*look.load.u_point_m[:2])) / LEVER_M * look.size_N if known else 0.0
        if wanted > max(DIFFERENT * look.size_N, vague, 2.0 * noise) and np.linalg.norm(changed) < UNCHANGED * wanted:
            return Suspicion(
                "unchanged",
                f"This reads the same as {other.load.label} before, though the load differs:"
                f" put {look.load.label} on, or say what truly lies there.",
            )
    return None


def _empty(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """Nothing lies on the belt."""
    del earlier
    force = np.abs(look.read[:, :3])
    if (force < NOTHING * look.size_N + SURE * look.u[:, :3]).all():
        do = f"put {look.load.label} on, then wait until it is still; or check the cells' plugs"
        return Suspicion("empty", f"The belt reads as if it were empty: {do}.")
    return None


def _wrong_belt(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The load lies on the other belt."""
    del earlier
    others = np.delete(look.read[:, look.axis], look.belt)
    there = np.abs(others / look.said[look.axis] - 1.0) < PLAUSIBLE + look.slack
    if there.any() and abs(look.ratio) < 2.0 * PLAUSIBLE:
        return Suspicion(
            "belt", f"The other belt bears this load: put it on belt {look.load.belt}, or say which it is on."
        )
    return None


def _wrong_force(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The force along the main direction is not what was said."""
    del earlier
    if abs(look.ratio - 1.0) <= PLAUSIBLE + look.slack:
        return None
    said, read = look.said[look.axis], look.own[look.axis]
    seen = f"{look.load.label}: {read:.0f} N are read where {said:.0f} N were said"
    if abs(look.ratio + 1.0) <= PLAUSIBLE + look.slack:
        do = "Force is what who pulls feels: negative along x when the machine is pulled forward, along y to the left."
        if look.axis == FZ:
            do = "A weight has Fz > 0; if it is so, check the cells' sign in the rig file."
        return Suspicion("sign", f"{seen}: the force has the wrong sign. {do}")
    across = FY if look.axis == FX else FX
    if look.axis != FZ and abs(abs(look.own[across] / said) - 1.0) < PLAUSIBLE + look.slack and abs(look.ratio) < 0.3:
        return Suspicion("axes", f"{seen}, but about as much along {'xy'[across]}: x and y of the pull are swapped.")
    if mistake := unit_mistake(look.ratio):
        return Suspicion("units", f"{seen}: it looks as if {mistake[0]}. {mistake[1]}")
    return Suspicion(
        "force", f"{seen} ({100.0 * (look.ratio - 1.0):+.0f} %): check the load, and that nothing else bears it."
    )


def _wrong_place(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The force is right, but it acts elsewhere."""
    del earlier
    if look.axis != FZ or look.own[FZ] <= 0.0:
        return None
    said, read = (np.array([-one[MY], one[MX]]) / one[FZ] for one in (look.said, look.own))
    noise_m = SURE * float(np.hypot(*look.u[look.belt, [MX, MY]])) / look.own[FZ]
    away = float(np.linalg.norm(read - said))
    if away <= APART_M + noise_m + 3.0 * float(np.hypot(*look.load.u_point_m[:2])):
        return None
    where = "{:.0f}, {:.0f} mm".format(*1e3 * read)
    seen = (
        f"{look.load.label} is read at {where} from the belt's centre, {1e3 * away:.0f} mm from where it was said to be"
    )
    if mistake := place_mistake(said, read):
        return Suspicion(mistake[0], f"{seen}: it looks as if {mistake[1]}. {mistake[2]}")
    return Suspicion("place", f"{seen}: put it where it was said to be, or say where it is.")


def _apart(look: Look, earlier: Sequence[Look]) -> Suspicion | None:
    """The scale is plausible, but not that of the loads before."""
    alike = [one for one in earlier if one.axis == look.axis and one.belt == look.belt and one.slack < OUT]
    if len(alike) < FEW:
        return None
    ratios = np.array([one.ratio for one in alike])
    usual = float(np.median(ratios))
    spread = 1.4826 * float(np.median(np.abs(ratios - usual)))
    if abs(look.ratio - usual) <= max(OUT, SURE * spread) + look.slack:
        return None
    return Suspicion(
        "outlier",
        f"{look.load.label} reads {100.0 * look.ratio:.0f} % of what was said, loads before it {100.0 * usual:.0f} %:"
        " check its mass or force, and that nothing but the belt bears it.",
    )
