"""Draws both feet: outline, the last paths of the centre of pressure, the current one on top, bars or words beside."""

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from analysis.stance_curves import PERCENT
from viewer.cop.cop_feet import Feet, Foot
from viewer.cop.floor_plan import (
    Plan,
    bold,
    fit,
    font_for,
    longest_fitting,
    mixed,
    wrapped_height,
    write,
    write_wrapped,
)
from viewer.cop.foot_outline import outline
from viewer.cop.share_bars import draw_bars
from viewer.theme import Theme

AIR_M = 0.012
"""Floor before the toes and behind the heel."""
REAR_M, FRONT_M = -0.35, 0.25
"""Paths that lead further than this are cut; no foot is so long."""
HALF_WIDTH_M = 0.062
"""Floor on either side of a foot's middle."""
NAMES = {"L": "L  left foot", "R": "R  right foot", "?": "foot, side not known yet"}
LEGEND = "large dot: landing (200 N) · small dots: every 10 % of contact"
ROOMY = 230.0
"""Views at least so high have room for the legend."""


def draw_feet(painter: QPainter, rect: QRectF, feet: Feet, theme: Theme) -> tuple[Plan, ...]:
    """Draw both feet.

    Args:
        painter: What to draw with.
        rect: Where.
        feet: What to show.
        theme: Colours.

    Returns:
        Where each foot's metres lie.
    """
    painter.setFont(font_for(painter.font(), rect))
    room = _draw_notes(painter, rect, feet.notes, theme)
    width = room.width() / len(feet.feet)
    plans = []
    for number, foot in enumerate(feet.feet):
        column = QRectF(room.left() + number * width, room.top(), width, room.height()).adjusted(3, 0, -3, 0)
        below = _draw_head(painter, column, foot, theme, rect.height() >= ROOMY)
        plans.append(_draw_column(painter, below, foot, theme))
    return tuple(plans)


def _draw_notes(painter: QPainter, rect: QRectF, notes: tuple[str, ...], theme: Theme) -> QRectF:
    """Write the notes and the legend at the bottom; what remains above them."""
    line = QFontMetricsF(painter.font(), painter.device()).height()
    room = rect.adjusted(4, 3, -4, -3)
    roomy = rect.height() >= ROOMY
    legend = wrapped_height(painter, room.width(), LEGEND) < 1.5 * line
    for note in reversed([*notes, LEGEND] if roomy and legend else notes):
        text = note.replace("stance register", "stance\N{NO-BREAK SPACE}register")  # a command stays on one line
        wrapped = wrapped_height(painter, room.width(), text)
        fits = wrapped <= (2.5 if roomy else 1.5) * line
        high = wrapped if fits else line
        place = QRectF(room.left(), room.bottom() - high, room.width(), high)
        if fits:
            write_wrapped(painter, place, text, theme.dim)
        else:
            write(painter, place, text, theme.dim, Qt.AlignmentFlag.AlignHCenter)
        room.setBottom(place.top())
    return room


def _draw_head(painter: QPainter, column: QRectF, foot: Foot, theme: Theme, roomy: bool) -> QRectF:
    """Name the foot, and say below its name what no words beside it say; what remains."""
    plain, middle = painter.font(), Qt.AlignmentFlag.AlignHCenter
    line = QFontMetricsF(plain, painter.device()).height()
    room = QRectF(column)
    painter.setFont(bold(plain))
    name = NAMES[foot.side]
    text = longest_fitting(painter, room.width(), f"{name} · last {max(1, foot.step.size)}", name, foot.side)
    write(painter, QRectF(room.left(), room.top(), room.width(), line), text, theme.side(foot.side), middle)
    painter.setFont(plain)
    room.setTop(room.top() + line + 1)
    if roomy and foot.shares is not None:
        text = longest_fitting(painter, room.width(), " · ".join(foot.words), " · ".join(foot.words[:2]), foot.words[0])
        write(painter, QRectF(room.left(), room.top(), room.width(), line), text, theme.dim, middle)
        room.setTop(room.top() + line + 1)
    return room


def _draw_column(painter: QPainter, room: QRectF, foot: Foot, theme: Theme) -> Plan:
    """One foot with what stands on its outer side."""
    plan, beside = _arrange(painter, room, foot)
    _draw_outline(painter, plan, foot, theme)
    _draw_paths(painter, plan, foot, theme)
    if foot.shares is not None:
        back, front = (plan.point(x, 0.0).y() for x in foot.place.thirds_m)
        edges = [plan.point(foot.place.heel_m, 0.0).y(), back, front, plan.point(foot.place.toe_m, 0.0).y()]
        thirds = [QRectF(beside.left(), up, beside.width(), low - up) for low, up in pairwise(edges)]
        draw_bars(painter, thirds, foot.shares, theme, foot.side)
    else:
        _draw_words(painter, beside, foot.words, theme)
    return plan


def _arrange(painter: QPainter, room: QRectF, foot: Foot) -> tuple[Plan, QRectF]:
    """The plan of a foot, and the room beside it: on the left of a left foot, on the right of any other."""
    rear, front = _stretch(foot)
    heavy = QFontMetricsF(bold(painter.font()), painter.device())
    texts = foot.words if foot.shares is None else ("100 %   ",)
    least = max(heavy.horizontalAdvance(text) for text in texts) + 8.0
    scale = min(room.height() / (front - rear), max(room.width() - least, 20.0) / (2 * HALF_WIDTH_M))
    wide = 2 * HALF_WIDTH_M * scale
    aside = min(room.width() - wide, max(heavy.horizontalAdvance("forefoot 100 %  "), 0.9 * wide))
    left = room.center().x() - 0.5 * (wide + aside)
    if foot.side == "L":
        beside, shown = QRectF(left, room.top(), aside, room.height()), left + aside
    else:
        beside, shown = QRectF(left + wide, room.top(), aside, room.height()), left
    plan = fit(QRectF(shown, room.top(), wide, room.height()), (rear, front), (-HALF_WIDTH_M, HALF_WIDTH_M))
    return plan, beside.adjusted(2, 0, -2, 0)


def _stretch(foot: Foot) -> tuple[float, float]:
    """Rearmost and foremost place shown: those of the outline, or of paths that leave it."""
    ahead = foot.xy_m[..., 0].clip(REAR_M, FRONT_M)
    rear = np.nanmin([foot.place.heel_m, *ahead.flat])
    front = np.nanmax([foot.place.toe_m, *ahead.flat])
    return float(rear) - AIR_M, float(front) + AIR_M


def _draw_outline(painter: QPainter, plan: Plan, foot: Foot, theme: Theme) -> None:
    """A registered foot is firm and divided into thirds; any other is dashed."""
    path = plan.path(outline(foot.place, foot.side))
    if not foot.place.registered:
        painter.setPen(QPen(mixed(theme.panel, theme.dim, 0.6), 1.0, Qt.PenStyle.DashLine))
        painter.drawPath(path)
        return
    painter.fillPath(path, mixed(theme.panel, theme.side(foot.side), 0.08))
    painter.save()
    painter.setClipPath(path)
    painter.setPen(QPen(QColor(theme.dim), 1.0, Qt.PenStyle.DotLine))
    for x in foot.place.thirds_m:
        painter.drawLine(plan.point(x, 0.2), plan.point(x, -0.2))
    painter.restore()
    painter.setPen(QPen(QColor(theme.dim), 1.5))
    painter.drawPath(path)


def _draw_paths(painter: QPainter, plan: Plan, foot: Foot, theme: Theme) -> None:
    colour = theme.side(foot.side)
    painter.setPen(QPen(mixed(theme.panel, colour, 0.35), 1.0))
    for xy in foot.xy_m[:-1]:
        painter.drawPath(plan.path(xy))
    strike = foot.strike_m
    if strike is None:
        return
    current = foot.xy_m[-1]
    tenth = np.flatnonzero(PERCENT % 10.0 == 0.0)
    for begin, end in pairwise(tenth):
        painter.setPen(QPen(mixed(theme.panel, colour, 0.55 + 0.45 * PERCENT[begin] / 90.0), 2.5))
        painter.drawPath(plan.path(current[begin : end + 1]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.ink))
    dot = max(1.5, 0.004 * plan.scale * 0.5)
    for x, y in current[tenth]:
        if np.isfinite(x):
            painter.drawEllipse(plan.point(x, y), dot, dot)
    _draw_strike(painter, plan.point(*strike), 2.6 * dot, theme, colour)


def _draw_strike(painter: QPainter, place: QPointF, radius: float, theme: Theme, colour: str) -> None:
    painter.setBrush(QColor(colour))
    painter.setPen(QPen(QColor(theme.ink), 1.5))
    painter.drawEllipse(place, radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_words(painter: QPainter, room: QRectF, words: tuple[str, ...], theme: Theme) -> None:
    """Lines in pairs, what is measured and how much, about the middle of a foot."""
    plain = painter.font()
    line = QFontMetricsF(plain, painter.device()).height()
    top = room.center().y() - 0.5 * (len(words) + 0.4 * (len(words) // 2 - 1)) * line
    for number, text in enumerate(words):
        important = (text[:1].isdigit() and not text.endswith("sure")) or (number == 0 and len(words) > 1)
        painter.setFont(bold(plain) if important else plain)
        place = QRectF(room.left(), top, room.width(), line)
        write(painter, place, text, theme.ink if important else theme.dim, Qt.AlignmentFlag.AlignHCenter)
        top += line * (1.4 if number % 2 else 1.0)
    painter.setFont(plain)
