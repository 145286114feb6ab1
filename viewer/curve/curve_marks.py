"""What stands on the force curve besides the trace: stances, contacts that are not final, gaps and what was noted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from viewer.curve.curve_columns import Bools, Columns, Grid, Ints
from viewer.source import Happening, Source

NEWEST_S = 3.0
"""A contact this young without a row is marked as provisional; older ones that got none are only shaded."""
LONGEST_S = 3.0
"""No step's contact is longer."""
GOES_ON_S = 0.15
"""A contact that lasts so much longer than the last row in it belongs to a step still to come."""
HOLE_S = 2.0
"""Missing stretches of a recording that are longer, and that nobody noted, are still being read."""


@dataclass(frozen=True)
class Stances:
    """Final rows in sight, as columns."""

    touchdown: Ints
    """(k,) columns of touchdown."""
    toe_off: Ints
    """(k,) columns of toe-off."""
    side: NDArray[np.str_]
    """(k,) L, R or ?"""
    belt: NDArray[np.str_]
    """(k,) name of the belt."""


@dataclass(frozen=True)
class OpenContact:
    """A contact for which there is no row (yet)."""

    begin: int
    """Column of its beginning."""
    end: int
    """Column behind it."""
    fresh: bool
    """Whether a row may still come: then its ends are marked, as provisional."""
    lasting: bool
    """Whether the foot is still on the ground."""


@dataclass(frozen=True)
class Label:
    """Something that was noted."""

    column: int
    """Where."""
    kind: str
    """As `Happening.kind`."""
    text: str
    """For people; may be empty."""


def runs(mask: Bools) -> Ints:
    """(k, 2) first place of each stretch that is true, and the place behind it."""
    padded = np.zeros(mask.size + 2, np.int8)
    padded[1:-1] = mask
    return np.flatnonzero(np.diff(padded)).reshape(-1, 2)


def stances_in(table: StepTable, grid: Grid, begin: int, end: int) -> Stances:
    """Stances that reach into the window, from the step table.

    Args:
        table: Final rows.
        grid: The columns.
        begin: First column of the window.
        end: Column behind it.

    Returns:
        The stances, in order of touchdown.
    """
    touchdown = table["touchdown_s"]
    rows = slice(*np.searchsorted(touchdown, [grid.seconds(begin) - LONGEST_S, grid.seconds(end)]).tolist())
    toe_off = grid.column(np.fmax(table["toe_off_s"][rows], touchdown[rows]))
    seen = toe_off > begin
    return Stances(
        grid.column(touchdown[rows])[seen], toe_off[seen], table["side"][rows][seen], table["belt"][rows][seen]
    )


def open_contacts(columns: Columns, stances: Stances, source: Source, grid: Grid, known: int) -> list[OpenContact]:
    """Contacts in sight that no final row covers.

    Args:
        columns: What is in sight.
        stances: Final rows in sight.
        source: Knows the belts, and whether rows are still to come.
        grid: The columns.
        known: Column in which the newest sample lies.

    Returns:
        They, belt by belt.
    """
    found = []
    per_s = grid.rate_Hz / grid.step
    young = columns.end - NEWEST_S * per_s if source.live else columns.end
    for belt, name in zip(columns.contact, source.facts.belts, strict=True):
        mine = stances.belt == name
        begins, ends = stances.touchdown[mine], stances.toe_off[mine]
        begin, end = (runs(belt) + columns.begin).T
        before = np.searchsorted(begins, end)  # rows that begin before the contact's end
        last = np.concatenate([[columns.begin - 1], ends])[before]
        covered = last > begin
        start = np.where(covered, last, begin)
        chosen = ~covered | (end - start > GOES_ON_S * per_s)
        for a, b in zip(start[chosen].tolist(), end[chosen].tolist(), strict=True):
            found.append(OpenContact(a, b, b > young, b >= known))
    return found


def gaps_in(columns: Columns, source: Source, grid: Grid, known: int) -> Ints:
    """Stretches in sight for which there are no samples, though there are later ones.

    Args:
        columns: What is in sight.
        source: Knows where it begins and which gaps were noted.
        grid: The columns.
        known: Column in which the newest sample lies.

    Returns:
        (k, 2) first column of each, and the column behind it.
    """
    first = grid.right(source.first_s) - columns.begin
    missing = columns.missing
    missing[: max(0, first)] = False
    missing[max(0, known - columns.begin) :] = False
    found = runs(missing)
    found = np.asarray(found[found[:, 0] != first])  # the filter's beginning
    if source.live or not found.size:
        return np.asarray(found + columns.begin)
    # A recording gives NaN, too, where it is still being read: that is no gap.
    noted = [h.time_s for h in source.happenings if h.kind in ("gap", "reset")]
    behind = grid.column(np.asarray(noted, np.float64)) - columns.begin
    inner = (found[:, 0] > 0) & (found[:, 1] < missing.size)
    short = inner & (found[:, 1] - found[:, 0] < HOLE_S * grid.rate_Hz / grid.step)
    told = ((behind >= found[:, :1]) & (behind <= found[:, 1:] + 1)).any(axis=1)
    return np.asarray(found[short | told] + columns.begin)


_WORDS = {"tare": "tare", "gap": "gap", "reset": "device restarted", "ended early": "ended early"}


def labels_in(happenings: tuple[Happening, ...], gaps: Ints, grid: Grid, begin: int, end: int) -> list[Label]:
    """What was noted in sight, in order; gaps that are drawn as such are named once.

    Args:
        happenings: All of them.
        gaps: (k, 2) gaps that are drawn.
        grid: The columns.
        begin: First column of the window.
        end: Column behind it.

    Returns:
        Labels with the column of each.
    """
    first_s, last_s = grid.seconds(begin), grid.seconds(end)
    seen = [h for h in happenings if first_s <= h.time_s < last_s and h.kind != "system"]
    columns = grid.column(np.asarray([h.time_s for h in seen], np.float64)).tolist()
    found = [Label(column, "gap", "gap") for column in gaps[:, 0].tolist()]
    for column, happening in zip(columns, seen, strict=True):
        drawn = ((gaps[:, 0] <= column) & (column <= gaps[:, 1] + 1)).any()
        if happening.kind == "gap" and drawn:
            continue
        found.append(Label(column, happening.kind, _text(happening)))
    return sorted(found, key=lambda label: label.column)


def _text(happening: Happening) -> str:
    if happening.kind == "bout":
        return f"bout: {happening.text}" if happening.text else "bout ends"
    return _WORDS.get(happening.kind) or happening.text or happening.kind
