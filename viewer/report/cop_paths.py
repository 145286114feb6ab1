"""The centre of pressure: under each foot of a runner, and as a butterfly on the belt of a walker."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.belt_path import LOADED_N
from analysis.wrench import FZ, MX, MY
from viewer.cop.foot_outline import FootPlace, outline
from viewer.report.bands import found_sides, spread_in_words
from viewer.report.material import Material
from viewer.report.style import (
    GREY,
    INK,
    NARROW,
    SIDE_COLOURS,
    SIDES,
    Drawing,
    Group,
    new_figure,
    one_line,
    stances_in_words,
    zero_line,
)
from viewer.report.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

MOST_LINES = 30
"""Paths of one foot drawn as single lines."""
THIN = 2
"""Every so many of the 201 points are drawn."""
BUTTERFLY_S, BUTTERFLY_POINTS = 8.0, 1600
"""Length of a butterfly, and its points at most."""
PARTS = ("heel", "midfoot", "forefoot")


def cop_paths(material: Material) -> Group | None:
    """Draw the path under each foot.

    Args:
        material: The session.

    Returns:
        The figures; None if no drawn step has a path: of walking, without the belt's speed, or where no cells see it.
    """
    drawings, counted, places = [], [], []
    for side in found_sides(material) or [""]:
        x_m, y_m = paths_of(material, side)
        if len(x_m):
            place = _place(material, side)
            places.append(place)
            counted.append(stances_in_words(len(x_m), SIDES[side]))
            title = f"Under the {SIDES[side]} foot, mm" if side else "Under the foot, mm"
            label = f"Paths of the centre of pressure {title.removesuffix(', mm').lower()}, single steps and their mean"
            figure = _figure(x_m, y_m, side, place, title)
            drawings.append(Drawing(to_svg(figure, name=f"cop-{side or 'all'}", label=label), ""))
    if not drawings:
        return None
    caption = (
        f"Belt-frame centre of pressure from where the force first reaches 200 N (dot) to where it last does "
        f"({'; '.join(counted)}{spread_in_words(material)}). Up is the running direction; 0 is the ball of the foot, "
        "the mean place from 50 to 80 % of contact. Thick line: mean."
    )
    if any(place is not None for place in places):
        caption += " Outline and thirds: the foot as it was registered."
    else:
        caption += " The foot was not registered, so neither its heel nor its thirds are known."
    return Group("Centre of pressure under the foot", tuple(drawings), caption)


def paths_of(material: Material, side: str) -> tuple[Floats, Floats]:
    """Paths of the drawn running steps of a foot.

    Args:
        material: The session.
        side: "L", "R"; or "" for all steps.

    Returns:
        (k, 201) before the ball point, and (k, 201) left of each step's own middle, m; the latter 0 where no cell
        sees it. NaN below 200 N.
    """
    curves = material.clips.curves
    rows = np.searchsorted(material.table["step"], curves.step)
    x = curves.of("cop_x_m").astype(np.float64)
    y = curves.of("cop_y_m").astype(np.float64)
    mine = np.isfinite(x).any(axis=1)
    if side:
        mine &= material.table["side"][rows] == side
    x, y = x[mine], y[mine]
    told = np.isfinite(y)
    middle = np.where(told, y, 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    return x, np.where(told, y - middle[:, None], np.where(np.isfinite(x), 0.0, np.nan))


def butterfly(material: Material) -> Group | None:
    """Draw the path of a walker's centre of pressure on the belt.

    Args:
        material: The session.

    Returns:
        The figure; None if nobody walked in the drawn stretches, or no cells see the place of the force.
    """
    rows = [clip.row for clip in material.clips.clips if material.table["gait"][clip.row] == "walk"]
    belt = material.belts[0]
    if not rows or len(material.belts) > 1 or not {"Mx", "My"} <= belt.observable:
        return None
    at_s = float(material.table["touchdown_s"][rows[len(rows) // 2]])
    stretch = next(s for s in material.clips.stretches if s.time_s[0] <= at_s <= s.time_s[-1])
    part = stretch.within(at_s - BUTTERFLY_S / 2.0, at_s + BUTTERFLY_S / 2.0)
    wrench = part.wrench[0, :, :: max(1, -(-part.time_s.size // BUTTERFLY_POINTS))].astype(np.float64)
    force = np.where(wrench[FZ] >= LOADED_N, wrench[FZ], np.nan)
    figure = new_figure(NARROW, 360, fixed=True)
    axes = figure.subplots()
    axes.plot(-1e3 * wrench[MX] / force, -1e3 * wrench[MY] / force, color=INK, linewidth=0.9)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title("Centre of pressure on the belt, mm")
    axes.set_xlabel("left of the belt's middle · right")
    _left_is_left(axes)
    label = "Butterfly: path of the centre of pressure on the belt over some walking strides"
    caption = (
        f"{np.ptp(part.time_s):.0f} s of walking on the belt as it lies in the room, up is forward: each wing is "
        "a foot that travels back with the belt, the crossing is the double support."
    )
    drawing = Drawing(to_svg(figure, name="butterfly", label=label), "")
    return Group("Butterfly of the centre of pressure", (drawing,), caption)


def _left_is_left(axes: object) -> None:
    """Sideways places are drawn as seen from above, so what lies left has a minus sign to shed."""
    from matplotlib.ticker import FuncFormatter

    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):g}"))  # type: ignore[attr-defined]


def _place(material: Material, side: str) -> FootPlace | None:
    """Where a registered foot lies about its ball point."""
    registration = material.registration
    if registration is None or not side:
        return None
    speed = material.header.belt_speed_m_s
    told = material.results["summary"].get("belt_speed_m_s")
    speed_m_s = told["mean"] if told else np.nan if speed is None else speed
    ball = registration.ball_m(np.asarray([1 if side == "L" else -1]), np.asarray([float(speed_m_s)]))[0]
    if not np.isfinite(ball[0]):
        return None
    return FootPlace(registration.foot_length_m, -float(ball[0]), registered=True)


def _figure(x_m: Floats, y_m: Floats, side: str, place: FootPlace | None, title: str) -> "Figure":
    figure = new_figure(NARROW, 360, fixed=True)
    axes = figure.subplots()
    every = -(-len(x_m) // MOST_LINES)
    lines_x, lines_y = 1e3 * x_m[::every, ::THIN], 1e3 * y_m[::every, ::THIN]
    colour = SIDE_COLOURS[side]
    axes.plot(*one_line(-lines_y, lines_x), color=colour, alpha=0.4, linewidth=0.7)
    shared = np.isfinite(x_m).mean(axis=0) > 0.5  # where most steps are loaded, so that the mean does not jump
    mean_x, mean_y = 1e3 * np.nanmean(x_m[:, shared], axis=0), 1e3 * np.nanmean(y_m[:, shared], axis=0)
    axes.plot(-mean_y, mean_x, color=INK, linewidth=2.0)
    axes.plot(-mean_y[:1], mean_x[:1], "o", color=INK, markersize=6)
    if place is not None:
        _draw_foot(axes, place, side)
    zero_line(axes)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    axes.set_title(title)
    axes.set_xlabel("left of its own middle · right")
    _left_is_left(axes)
    return figure


def _draw_foot(axes: object, place: FootPlace, side: str) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axes, Axes)
    curve = 1e3 * outline(place, side)
    axes.plot(-curve[:, 1], curve[:, 0], color=GREY, linewidth=1.0)
    half = 1e3 * place.length_m * 0.22
    for third_m in place.thirds_m:
        axes.plot([-half, half], [1e3 * third_m] * 2, color=GREY, linewidth=0.9, linestyle=(0, (3, 3)))
    for number, part in enumerate(PARTS):
        at = 1e3 * (place.heel_m + place.length_m * (number + 0.5) / 3.0)
        axes.text(1.08 * half, at, part, color=GREY, fontsize=11, va="center")
