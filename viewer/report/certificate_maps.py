"""Where on the belt a calibrated rig is off, seen from above with the front to the right."""

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.calibration import Floats
from rigs.procedures.plan_loads import centres_m
from viewer.report.certificate_points import Point
from viewer.report.certificate_verdict import with_sign
from viewer.report.style import BLUE, GREY, INK, NARROW, ORANGE, Drawing, new_figure
from viewer.report.svg import to_svg
from viewer.report.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from daq.rig import Rig

AIR_MM = 60.0
LONGEST_ARROW_MM = 150.0
"""The longest arrow is drawn at most so long, in millimetres of the belt …"""
MOST_SCALE = 100.0
"""… and never so many times too long: what is good must look good."""
LEAST_FULL = 0.001
"""The largest dot is at least this share of the largest load, likewise."""
KEY_MM = (20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05)
NUMBER_MM = 300.0
"""Room that a number beside its dot takes."""
LARGEST_DOT = 26.0
"""Diameter of the largest dot, CSS pixels."""


def maps(rig: "Rig", points: list[Point], full_N: float) -> list[tuple[str, list[Drawing]]]:
    """Draw the belts.

    Args:
        rig: The rig.
        points: Its loads.
        full_N: The largest vertical one, N.

    Returns:
        Title and pictures of the centre of pressure, one per belt, then the same of the vertical force.
    """
    scale = arrow_scale(points)
    belts = range(len(rig.belts()))
    largest = max((abs(value) for belt in belts for _, value in force_errors(points, belt)), default=0.0)
    largest = max(largest, LEAST_FULL * full_N)
    arrows = [_drawing(_arrows(rig, points, belt, scale), "arrows", belt) for belt in belts]
    dots = [_drawing(_dots(rig, points, belt, largest), "dots", belt) for belt in belts]
    return [
        (f"Centre of pressure: arrow from the true place to where it is read, {scale:g} times as long", arrows),
        ("Vertical force: mean error at each place, N", dots),
    ]


def _drawing(figure: "Figure", kind: str, belt: int) -> Drawing:
    label = {
        "arrows": "Map of the belt: error of the centre of pressure at each place, as arrows",
        "dots": "Map of the belt: error of the vertical force at each place, as dots with numbers",
    }[kind]
    return Drawing(to_svg(figure, name=f"{kind}-{belt}", label=label), "")


def cop_errors(points: list[Point], belt: int) -> list[tuple[tuple[float, float], list[Floats]]]:
    """Errors of the centre of pressure on a belt, place by place: where, mm, and one (2,) error per load, mm."""
    found: dict[str, list[Point]] = {}
    for point in points:
        if point.belt == belt and point.used and np.isfinite(point.error_mm).all():
            found.setdefault(point.place, []).append(point)
    return [(_middle(of), [point.error_mm for point in of]) for of in found.values()]


def force_errors(points: list[Point], belt: int) -> list[tuple[tuple[float, float], float]]:
    """Mean error of the vertical force on a belt, place by place: where, mm, and how much, N."""
    found: dict[str, list[Point]] = {}
    for point in points:
        if point.belt == belt and point.used and point.said_N[2] > 0.0 and math.isfinite(point.error_N[2]):
            found.setdefault(point.place, []).append(point)
    return [(_middle(of), float(np.mean([point.error_N[2] for point in of]))) for of in found.values()]


def _middle(points: list[Point]) -> tuple[float, float]:
    x, y = np.mean([point.at_mm for point in points], axis=0)
    return float(x), float(y)


def arrow_scale(points: list[Point]) -> float:
    """How many times longer than true the arrows are: 1, 2 or 5 times a power of ten."""
    lengths = [float(np.hypot(*point.error_mm)) for point in points if np.isfinite(point.error_mm).all()]
    longest = max(lengths, default=0.0)
    if longest <= 0.0:
        return 1.0
    wanted = LONGEST_ARROW_MM / longest
    power = 10.0 ** math.floor(math.log10(wanted))
    return min(MOST_SCALE, max(step * power for step in (1.0, 2.0, 5.0) if step * power <= wanted))


def _belt(rig: "Rig", belt: int) -> tuple["Figure", "Axes"]:
    """An empty belt, front to the right, left up; axes in mm from the rig's origin."""
    from matplotlib.patches import Rectangle

    centre_x, centre_y = (1e3 * value for value in centres_m(rig)[belt])
    half_x, half_y = 500.0 * rig.machine.surface_length_m, 500.0 * rig.machine.surface_width_m
    wide, high = 2.0 * (half_x + AIR_MM), 2.0 * (half_y + AIR_MM)
    figure = new_figure(NARROW, round(24 + (NARROW - 52) * high / wide))
    axes = figure.subplots()
    axes.add_patch(Rectangle((centre_x - half_x, centre_y - half_y), 2.0 * half_x, 2.0 * half_y,
                             facecolor="#f3f4f6", edgecolor=GREY, linewidth=0.8, zorder=0.5))  # fmt: skip
    axes.axhline(centre_y, color="#e5e7eb", linewidth=0.8, zorder=0.6)
    axes.axvline(centre_x, color="#e5e7eb", linewidth=0.8, zorder=0.6)
    axes.grid(visible=False)
    axes.set_xlim(centre_x - 0.5 * wide, centre_x + 0.5 * wide)
    axes.set_ylim(centre_y - 0.5 * high, centre_y + 0.5 * high)
    axes.set_aspect("equal")
    ends = number(centre_x - half_x, 0), number(centre_x, 0), f"{number(centre_x + half_x, 0)} mm, front →"
    axes.set_xticks([centre_x - half_x, centre_x, centre_x + half_x], ends)
    axes.set_yticks([centre_y - half_y, centre_y, centre_y + half_y])
    axes.tick_params(length=0)
    axes.set_ylabel({"L": "left belt, ", "R": "right belt, "}.get(rig.belts()[belt].name, "") + "left →")
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _arrows(rig: "Rig", points: list[Point], belt: int, scale: float) -> "Figure":
    figure, axes = _belt(rig, belt)
    errors = cop_errors(points, belt)
    for (x, y), of_place in errors:
        for dx, dy in of_place:
            axes.plot([x, x + scale * dx], [y, y + scale * dy], color=GREY, linewidth=0.7, zorder=2)
        dx, dy = scale * np.mean(of_place, axis=0)
        axes.annotate("", (x + dx, y + dy), (x, y), zorder=3, arrowprops={
            "arrowstyle": "-|>,head_width=0.22,head_length=0.4", "color": BLUE, "linewidth": 1.8,
            "shrinkA": 0, "shrinkB": 0})  # fmt: skip
        axes.plot(x, y, marker="o", markersize=4, color=INK, zorder=4)
    if not errors:
        _say(axes, "no load here tells it")
    _arrow_key(axes, scale)
    return figure


def _arrow_key(axes: "Axes", scale: float) -> None:
    """A length to compare with, above the belt at its front."""
    length = next((mm for mm in KEY_MM if mm * scale <= LONGEST_ARROW_MM), KEY_MM[-1])
    right, high = axes.get_xlim()[1] - AIR_MM, axes.get_ylim()[1] - 0.5 * AIR_MM
    axes.plot([right - length * scale, right], [high, high], color=INK, linewidth=1.6, solid_capstyle="butt")
    axes.annotate(f"{length:g} mm", (right - length * scale, high), (-5, 0), textcoords="offset points", fontsize=12,
                  color=INK, ha="right", va="center")  # fmt: skip


def _dots(rig: "Rig", points: list[Point], belt: int, largest: float) -> "Figure":
    figure, axes = _belt(rig, belt)
    errors = force_errors(points, belt)
    for (x, y), error in errors:
        size = LARGEST_DOT * math.sqrt(abs(error) / largest) if largest > 0.0 else 0.0
        colour = BLUE if error >= 0.0 else ORANGE
        axes.plot(x, y, marker="o", markersize=max(size, 3.0), markeredgecolor=colour, markeredgewidth=1.4,
                  markerfacecolor=colour if error >= 0.0 else "white", zorder=3)  # fmt: skip
        words = with_sign(error, 2 if largest < 1.0 else 1)
        ahead = x < axes.get_xlim()[1] - NUMBER_MM  # in front of the dot, where there is room
        beside = (0.5 * max(size, 3.0) + 5) * (1 if ahead else -1)
        axes.annotate(words, (x, y), (beside, 0), textcoords="offset points", va="center",
                      ha="left" if ahead else "right", fontsize=12, color=INK, zorder=4)  # fmt: skip
    if not errors:
        _say(axes, "no load here tells it")
    return figure


def _say(axes: "Axes", words: str) -> None:
    axes.text(0.5, 0.62, words, transform=axes.transAxes, ha="center", va="center", fontsize=12, color=GREY)
