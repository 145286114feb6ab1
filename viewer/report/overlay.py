"""All stances laid over each other from touchdown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.wrench import FX, FZ
from viewer.report.bands import spread_in_words
from viewer.report.clips import Clip
from viewer.report.material import Material
from viewer.report.style import (
    INK,
    NARROW,
    SIDE_COLOURS,
    SIDES,
    Drawing,
    Group,
    chosen,
    new_figure,
    one_line,
    zero_line,
)
from viewer.report.svg import to_svg
from viewer.report.words import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPACING_S, POINTS = 0.003, 120
"""Between the points of a curve, ample after the low-pass, and their largest number: the page stays small."""
BEFORE_S = 0.02
LONGEST = 1.3
"""The axis ends at this many times the usual contact, whatever a single long one does."""
MOST_LINES = 60
"""Stances of one foot drawn as single lines; their mean is of all."""


@dataclass(frozen=True)
class Foot:
    """The drawn stances of one foot, or of both where sides are not known."""

    belt: int
    """Number of the belt."""
    side: str
    """L, R, or empty."""
    clips: list[Clip]
    """Their force."""
    rows: Ints
    """(clips,) their rows in the step table."""
    total: int
    """Valid steps of this foot."""

    @property
    def words(self) -> str:
        """Name of the foot: left, right, or empty."""
        return SIDES[self.side]

    @property
    def name(self) -> str:
        """Unique within the session."""
        return f"{self.belt}{self.side}"


def feet_of(material: Material) -> list[Foot]:
    """Sort the drawn stances by foot.

    Args:
        material: The session.

    Returns:
        Left and right of every belt on which they are known, else all stances of the belt; none that is empty.
        Walking is left out: there the belt feels both feet at once.
    """
    table = material.table
    feet = []
    for number, belt in enumerate(material.belts):
        alone = table["gait"] != "walk"
        clips = [clip for clip in material.clips.of_belt(number) if alone[clip.row]]
        mine = table["valid"] & (table["belt"] == belt.name) & alone
        rows = np.asarray([clip.row for clip in clips], np.int64)
        sides = table["side"][rows]
        known = [side for side in ("L", "R") if (sides == side).any()]
        for side in known or ([""] if clips else []):
            own = np.flatnonzero(sides == side) if side else np.arange(rows.size)
            total = int(np.sum(mine & (table["side"] == side) if side else mine))
            feet.append(Foot(number, side, [clips[k] for k in own.tolist()], rows[own], total))
    return feet


def overlays(material: Material) -> Group | None:
    """Draw the stances, each foot and each direction on its own.

    Args:
        material: The session.

    Returns:
        The figures; None if there is no valid step.
    """
    feet = feet_of(material)
    if not feet:
        return None
    grid = grid_of([clip for foot in feet for clip in foot.clips])
    drawings = []
    for row in (FZ, FX):
        seen = [foot for foot in feet if row == FZ or material.belts[foot.belt].measures_braking]
        drawings += _drawings(material, seen, row, grid)
    counted = "; ".join(chosen(len(foot.clips), foot.total, foot.words) for foot in feet)
    caption = (
        f"Thin lines: single stances from touchdown ({counted}{spread_in_words(material)}). Thick line: their mean."
    )
    if any(len(foot.clips) > MOST_LINES for foot in feet):
        caption += f" Of each foot {MOST_LINES} at most are drawn as lines."
    walked = material.table["valid"] & (material.table["gait"] == "walk")
    if walked.any():
        caption += " Walking is not drawn here: there the belt feels both feet at once."
    rest = int(np.sum(material.table["valid"] & ~walked)) - sum(foot.total for foot in feet)
    if rest:
        caption += f" {count(rest, 'step')} whose side is not known {'is' if rest == 1 else 'are'} not drawn."
    if material.results["bw_N"] is None:
        caption += " In newtons, because body weight is not known."
    return Group("Stances laid over each other", tuple(drawings), caption)


def _drawings(material: Material, feet: list[Foot], row: int, grid: Floats) -> list[Drawing]:
    """One figure per foot, all on the same axes so that they can be compared."""
    bw_N = material.results["bw_N"]
    scale, unit = (1.0, "N") if bw_N is None else (bw_N, "BW")
    curves = [curves_of(foot, row, grid) / scale for foot in feet]
    drawings = []
    for foot, own in zip(feet, curves, strict=True):
        title = ("Fore-aft force" if row == FX else "Vertical force") + (f", {foot.words}" if foot.side else "")
        label = f"{title}: {len(foot.clips)} stances laid over each other from touchdown, with their mean"
        figure = _figure(foot, own, grid, f"{title}, {unit}")
        low, high = min(c.min() for c in curves), max(c.max() for c in curves)
        figure.axes[0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
        drawings.append(Drawing(to_svg(figure, name=f"overlay-{foot.name}-{row}", label=label), ""))
    return drawings


def _figure(foot: Foot, curves: Floats, grid: Floats, title: str) -> "Figure":
    figure = new_figure(NARROW, 280, fixed=True)
    axes = figure.subplots()
    lines = curves[:: -(-len(curves) // MOST_LINES)]
    axes.plot(*one_line(grid * 1e3, lines), color=SIDE_COLOURS[foot.side], alpha=0.45, linewidth=0.7)
    axes.plot(grid * 1e3, curves.mean(axis=0), color=INK, linewidth=2.0)
    zero_line(axes)
    axes.set_title(title)
    axes.set_xlabel("time from touchdown, ms")
    axes.set_xlim(grid[0] * 1e3, grid[-1] * 1e3)
    return figure


def grid_of(clips: list[Clip]) -> Floats:
    """Times from touchdown at which stances are drawn, s.

    Args:
        clips: Their force.

    Returns:
        (n,) times, from a little before touchdown to a little after toe-off.
    """
    contact_s = np.array([clip.toe_off_s - clip.touchdown_s for clip in clips])
    end = min(float(contact_s.max()), LONGEST * float(np.median(contact_s))) + BEFORE_S
    return np.asarray(np.arange(-BEFORE_S, end, max(SPACING_S, (end + BEFORE_S) / POINTS)), np.float64)


def curves_of(foot: Foot, row: int, grid: Floats) -> Floats:
    """Force of each stance of a foot.

    Args:
        foot: The foot.
        row: `FX` or `FZ`.
        grid: (n,) times from touchdown, s.

    Returns:
        (clips, n) force of the foot's own belt, N.
    """
    return np.stack(
        [np.interp(grid, c.force.time_s - c.touchdown_s, c.force.wrench[foot.belt, row]) for c in foot.clips]
    )
