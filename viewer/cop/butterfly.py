"""The butterfly of walking: the path of the whole centre of pressure on the belt, wing by wing, in the lab's frame.

Both feet share one belt, so their centre of pressure rides back under the standing foot and crosses to the other one
when that takes over. Ten seconds are faint; the newest gait cycle lies on top, its single supports in the colour of
the foot that stands.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from analysis.steps import StepTable
from analysis.wrench import centre_of_pressure
from viewer.cop.cop_feet import recent
from viewer.cop.floor_plan import Plan, bold, extent, fit, font_for, longest_fitting, mixed, write
from viewer.source import Samples, Scene
from viewer.theme import Theme

Floats = NDArray[np.float64]
Span = tuple[float, float]
"""Begin and end, s."""

SHOWN_S = 10.0
"""How far back the faint paths go."""
POINTS_PER_S = 250.0
"""As many as the eye needs; always the same samples, so that nothing wobbles."""
LONGEST_CYCLE_S = 3.0
"""Rows further apart are not one gait cycle."""
HEADS = (
    "walking: path of both feet's centre of pressure on the belt, forward is up",
    "walking: path on the belt, forward is up",
    "walking, forward is up",
)
"""What the picture is, as long as fits."""
KEYS = ("thick: one foot stands · thin: both · faint: last 10 s", "thick: one foot stands", "")
"""What the lines mean."""
_LEAST_M = 0.12
_BAR_M = 0.1


@dataclass(frozen=True)
class Wings:
    """The butterfly of one belt."""

    belt: str
    """Name of the belt."""
    xy_m: Floats
    """(n, 2) centre of pressure, forward and left of the belt's centre; NaN below 200 N."""
    cycle_m: Floats
    """(m, 2) the newest gait cycle's part of it."""
    single_m: tuple[tuple[str, Floats], ...]
    """Side and path of each single support in that cycle."""


def lab_path(samples: Samples, belt: int) -> Floats:
    """Centre of pressure in the lab's frame, at so many samples as the eye needs.

    Args:
        samples: Force.
        belt: Number of the belt.

    Returns:
        (n, 2) m forward and left of that belt's centre; NaN below 200 N and in gaps.
    """
    every = max(1, round(samples.rate_Hz / POINTS_PER_S))
    chosen = samples.wrench[belt, :, (-samples.start) % every :: every]
    return np.stack(centre_of_pressure(chosen.astype(np.float64)), axis=-1)


def butterfly_of(scene: Scene) -> tuple[Wings, ...]:
    """Gather the butterfly of every belt.

    Args:
        scene: A moment with a walking step behind it.

    Returns:
        One per belt.
    """
    steps = recent(scene)
    end = float(np.nanmax([steps["touchdown_s"][-1], steps["toe_off_s"][-1]]))
    source = scene.source
    whole = source.samples(max(source.first_s, end - SHOWN_S), end)
    cycle, singles = _cycle(steps)
    parts = [(side, source.samples(*span)) for side, span in singles]
    on_top = source.samples(*cycle)
    return tuple(
        Wings(
            name, lab_path(whole, belt), lab_path(on_top, belt), tuple((s, lab_path(part, belt)) for s, part in parts)
        )
        for belt, name in enumerate(source.facts.belts)
    )


def _cycle(steps: StepTable) -> tuple[Span, list[tuple[str, Span]]]:
    """Time of the newest gait cycle, and side and time of its single supports; nothing if there is none."""
    last = steps.select(np.arange(max(0, steps.rows - 4), steps.rows))
    down, up, side = last["touchdown_s"].tolist(), last["toe_off_s"].tolist(), last["side"].tolist()
    walked = last.rows >= 3 and bool((last["gait"][-3:] == "walk").all())
    if not walked or not down[-1] - down[-3] <= LONGEST_CYCLE_S:
        return (0.0, 0.0), []
    spans = [(side[-2], (up[-3], down[-1]))]
    if last.rows == 4:
        spans.insert(0, (side[-3], (max(up[-4], down[-3]), down[-2])))
    return (down[-3], down[-1]), [(foot, (begin, end)) for foot, (begin, end) in spans if begin < end]


def draw_butterfly(painter: QPainter, rect: QRectF, wings: tuple[Wings, ...], theme: Theme) -> tuple[Plan, ...]:
    """Draw the butterfly of every belt.

    Args:
        painter: What to draw with.
        rect: Where.
        wings: What to show.
        theme: Colours.

    Returns:
        Where each belt's metres lie.
    """
    painter.setFont(font_for(painter.font(), rect))
    line = QFontMetricsF(painter.font(), painter.device()).height()
    room = rect.adjusted(6, 4, -6, -4)
    head = longest_fitting(painter, room.width(), *HEADS)
    top = QRectF(room.left(), room.top(), room.width(), line)
    write(painter, top, head, theme.dim, Qt.AlignmentFlag.AlignHCenter)
    room.adjust(0, line + 2, 0, 0)
    width = room.width() / len(wings)
    return tuple(
        _draw_wings(painter, QRectF(room.left() + i * width, room.top(), width, room.height()), one, theme)
        for i, one in enumerate(wings)
    )


def _draw_wings(painter: QPainter, room: QRectF, wings: Wings, theme: Theme) -> Plan:
    line = QFontMetricsF(painter.font(), painter.device()).height()
    if wings.belt:
        write(painter, room, f"belt {wings.belt}", theme.dim, Qt.AlignmentFlag.AlignHCenter)
        room = room.adjusted(0, line, 0, 0)
    known = wings.xy_m[np.isfinite(wings.xy_m).all(axis=1)]
    floor = extent(known, _LEAST_M) if known.size else ((-0.5, 0.5), (-0.2, 0.2))
    plan = fit(room.adjusted(2.5 * line, 2, -2.5 * line, -1.5 * line), *floor)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # so many points are slow to smooth
    painter.setPen(QPen(mixed(theme.panel, theme.dim, 0.35), 0.0))
    painter.drawPath(plan.path(wings.xy_m))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.ink), 1.5))
    painter.drawPath(plan.path(wings.cycle_m))
    for side, xy in wings.single_m:
        painter.setPen(QPen(QColor(theme.side(side)), 3.0))
        painter.drawPath(plan.path(xy))
        _draw_letter(painter, plan, side, xy, theme)
    _draw_keys(painter, room, plan, theme)
    return plan


def _draw_letter(painter: QPainter, plan: Plan, side: str, xy: Floats, theme: Theme) -> None:
    """The foot's letter on the outer side of its wing."""
    known = xy[np.isfinite(xy).all(axis=1)]
    if side not in ("L", "R") or not known.size:
        return
    plain = painter.font()
    painter.setFont(bold(plain))
    line = QFontMetricsF(painter.font(), painter.device()).height()
    outer = known[:, 1].max() if side == "L" else known[:, 1].min()
    place = plan.point(float(known[:, 0].mean()), float(outer))
    left = place.x() - 1.6 * line if side == "L" else place.x() + 0.6 * line
    write(painter, QRectF(left, place.y() - 0.5 * line, line, line), side, theme.side(side), Qt.AlignmentFlag.AlignLeft)
    painter.setFont(plain)


def _draw_keys(painter: QPainter, room: QRectF, plan: Plan, theme: Theme) -> None:
    """A length that is known, to read the others by, and what the lines mean."""
    line = QFontMetricsF(painter.font(), painter.device()).height()
    long = _BAR_M * plan.scale
    y = room.bottom() - 0.5 * line
    right = room.right() - 4.0
    painter.setPen(QPen(QColor(theme.dim), 1.5))
    painter.drawLine(round(right - long), round(y), round(right), round(y))
    label = QRectF(room.left(), y - 0.5 * line, right - long - 4.0 - room.left(), line)
    write(painter, label, f"{100 * _BAR_M:.0f} cm", theme.dim, Qt.AlignmentFlag.AlignRight)
    keys = longest_fitting(painter, label.width() - 5 * line, *KEYS)
    write(painter, label, keys, theme.dim, Qt.AlignmentFlag.AlignLeft)
