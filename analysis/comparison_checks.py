"""What must be equal before two conditions are compared, and what a reader must be told."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.comparison_types import Bout
from analysis.errors import AnalysisError
from analysis.protocol import require_same

SPEED_SHARE = 0.01
"""Mean speeds of bouts that differ by more are different speeds; see docs/compare.md."""
INCLINE_DEG = 0.25
"""Inclines that differ by more are different inclines."""
FEWEST_STEPS = 25
"""Steps per condition from which a mean is steady (Oliveira & Pirscoveanu 2021); asked of each bout."""


def bout_speed(bout: Bout) -> float | None:
    """Mean speed of a bout's valid steps, m/s: measured, or as it was set; None if not known."""
    speed = bout.table["belt_speed_m_s"][bout.table["valid"]]
    known = speed[~np.isnan(speed)]
    return float(known.mean()) if known.size else bout.belt_speed_m_s


def usable(bouts: Sequence[Bout], conditions: tuple[str, str]) -> tuple[list[Bout], list[str]]:
    """Bouts that can be compared, in order, and what was left out.

    Args:
        bouts: As given; other conditions are passed over.
        conditions: Names of the two.

    Returns:
        Bouts with valid steps of one gait, of runners with both conditions; notes.

    Raises:
        AnalysisError: The conditions are one, or one of them has no bout, no valid step, or no runner in common.
    """
    if conditions[0] == conditions[1]:
        raise AnalysisError("comparison", expected="two conditions", seen=f"{conditions[0]!r} twice",
                            next_step="Give the bouts before and after different names.")  # fmt: skip
    mine = [bout for bout in bouts if bout.condition in conditions]
    for name in conditions:
        if not any(bout.condition == name for bout in mine):
            there = ", ".join(sorted({repr(bout.condition) for bout in bouts})) or "none"
            raise AnalysisError("comparison", expected=f"at least one bout of the condition {name!r}",
                                seen=f"bouts of {there}", next_step="Name the bouts that belong to it.")  # fmt: skip
    _require_different(mine)
    one_gait, notes = _one_gait(mine)
    running = [bout for bout in one_gait if bout.table["valid"].any()]
    empty = [bout.label for bout in one_gait if not bout.table["valid"].any()]
    if empty:
        notes.append(f"Left out, no valid step: {'; '.join(empty)}.")
    for name in conditions:
        if not any(bout.condition == name for bout in running):
            raise AnalysisError("comparison", expected=f"valid steps of the condition {name!r}", seen="none",
                                next_step="stance report SESSION tells why its steps are not valid.")  # fmt: skip
    both, alone = _with_both(running, conditions)
    return sorted(both, key=lambda b: (b.began_s, b.session, b.name)), notes + alone


def _require_different(bouts: Sequence[Bout]) -> None:
    seen: dict[tuple[str, str, str, str, float], Bout] = {}
    for bout in bouts:
        key = (bout.runner, bout.session, bout.name, bout.condition, bout.began_s)
        if key in seen and bout.table.equals(seen[key].table):
            raise AnalysisError("comparison", expected="each bout once", seen=f"{_full(bout)} twice",
                                next_step="Name it once: a bout repeated tells nothing new.")  # fmt: skip
        seen[key] = bout


def _one_gait(bouts: Sequence[Bout]) -> tuple[list[Bout], list[str]]:
    """The same bouts without the steps of the rarer gait."""
    gaits = [bout.table["gait"][bout.table["valid"]] for bout in bouts]
    counts = {name: sum(int((one == name).sum()) for one in gaits) for name in ("run", "walk")}
    if not all(counts.values()):
        return list(bouts), []
    kept = max(counts, key=lambda name: counts[name])
    other = "walk" if kept == "run" else "run"
    chosen = [replace(bout, table=bout.table.select(bout.table["gait"] != other)) for bout in bouts]
    words = {"run": "running", "walk": "walking"}
    return chosen, [f"{counts[other]} steps of {words[other]} are left out: only {words[kept]} is compared."]


def _with_both(bouts: Sequence[Bout], conditions: tuple[str, str]) -> tuple[list[Bout], list[str]]:
    """Bouts of runners who have both conditions."""
    early, late = ({bout.runner for bout in bouts if bout.condition == name} for name in conditions)
    if not early & late:
        raise AnalysisError(
            "comparison", expected="the same runner in both conditions",
            seen=f"{_names(early)} in {conditions[0]!r}, {_names(late)} in {conditions[1]!r}",
            next_step="Compare sessions of one runner; if it is one, give both sessions the same pseudonym.",
        )  # fmt: skip
    alone = sorted(early ^ late)
    note = [f"Left out, one condition only: {_names(alone)}."] if alone else []
    return [bout for bout in bouts if bout.runner in early & late], note


def _names(runners: Sequence[str] | set[str]) -> str:
    return ", ".join(sorted(runner or "a runner without a pseudonym" for runner in runners))


def require_equal(bouts: Sequence[Bout]) -> list[str]:
    """Refuse what makes any difference meaningless: another protocol, speed or incline.

    Args:
        bouts: Of both conditions.

    Returns:
        Notes on what is not known.
    """
    require_same(bout.protocol for bout in bouts)
    notes = []
    unknown = 0
    for runner in sorted({bout.runner for bout in bouts}):
        mine = [bout for bout in bouts if bout.runner == runner]
        unknown += _require_speed(mine)
        _require_incline(mine)
    if unknown:
        notes.append(f"Belt speed is not known for {unknown} of {len(bouts)} bouts. Contact time, cadence, forces and "
                     "loading rates change with speed alone, so a difference here may be one of speed.")  # fmt: skip
    if len({bout.incline_deg is None for bout in bouts}) > 1:
        notes.append("The incline of some bouts is not known; it is taken to be that of the others.")
    return notes


def _require_speed(bouts: Sequence[Bout]) -> int:
    """Refuse different speeds of one runner; the number of bouts whose speed is not known."""
    speeds = {i: speed for i, speed in enumerate(map(bout_speed, bouts)) if speed is not None}
    if speeds:
        slow, fast = min(speeds, key=speeds.__getitem__), max(speeds, key=speeds.__getitem__)
        middle = float(np.mean(list(speeds.values())))
        if speeds[fast] - speeds[slow] > SPEED_SHARE * abs(middle):
            raise AnalysisError(
                "comparison", expected="bouts at one belt speed, within 1 %",
                seen=f"{speeds[slow]:.3f} m/s in {_full(bouts[slow])}, {speeds[fast]:.3f} m/s in {_full(bouts[fast])}",
                next_step="Compare bouts at one speed, or run again at the same one: contact time, cadence and loading "
                "rates change with speed alone.",
            )  # fmt: skip
    return len(bouts) - len(speeds)


def _require_incline(bouts: Sequence[Bout]) -> None:
    known = [(bout.incline_deg, bout) for bout in bouts if bout.incline_deg is not None]
    if not known:
        return
    flat, steep = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
    if steep[0] - flat[0] > INCLINE_DEG:
        raise AnalysisError(
            "comparison", expected="bouts at one incline",
            seen=f"{flat[0]:g}° in {_full(flat[1])} and {steep[0]:g}° in {_full(steep[1])}",
            next_step="Compare bouts at one incline, or run again at the same one.",
        )  # fmt: skip


def _full(bout: Bout) -> str:
    return f"{bout.label} ({bout.condition})"


def usable_baseline(baseline: Sequence[Bout], bouts: Sequence[Bout], after: str) -> tuple[list[Bout], list[str]]:
    """Baseline bouts that tell how much the runner varies under what is compared; if none were given, the bouts before.

    Args:
        baseline: As given.
        bouts: Usable ones of both conditions.
        after: Name of the second condition.

    Returns:
        Earlier bouts at the same speed and incline; notes.
    """
    if not baseline:
        return [bout for bout in bouts if bout.condition != after], []
    require_same([*(bout.protocol for bout in baseline), bouts[0].protocol])
    kept, notes = [], []
    for bout in baseline:
        mine = [other for other in bouts if other.runner == bout.runner]
        reason = _not_a_baseline(bout, mine, after) if mine else "another runner"
        if reason:
            notes.append(f"Left out of the baseline, {reason}: {bout.label}.")
        else:
            kept.append(bout)
    return kept, notes


def _not_a_baseline(bout: Bout, compared: Sequence[Bout], after: str) -> str:
    """Why a bout says nothing about how these repeat; empty if it does."""
    trained = min(other.began_s for other in compared if other.condition == after)
    speed, others = bout_speed(bout), [s for s in map(bout_speed, compared) if s is not None]
    inclines = [other.incline_deg for other in compared if other.incline_deg is not None]
    if not bout.table["valid"].any():
        return "no valid step"
    if bout.began_s >= trained:
        return f"it was not run before the first bout of {after!r}"
    if speed is not None and others and abs(speed - np.mean(others)) > SPEED_SHARE * abs(np.mean(others)):
        return f"its speed is {speed:.3f} m/s"
    if bout.incline_deg is not None and inclines and abs(bout.incline_deg - np.mean(inclines)) > INCLINE_DEG:
        return f"its incline is {bout.incline_deg:g}°"
    return ""
