"""What does not scroll on the force curve: axes, grid lines of force, names, words. Drawn once, then only copied."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap

from viewer.curve.curve_axis import ticks
from viewer.curve.curve_frame import Axis, Still
from viewer.curve.curve_layout import Layout, Panel
from viewer.curve.curve_words import NAMES, UPWARDS
from viewer.report.words import number
from viewer.theme import Theme

TICK_PX = 26
"""Least distance of two numbers on an axis, logical pixels."""
COLOUR = {"Fz": "ink", "Fx": "fore_aft", "Fy": "sideways"}
"""Of each component, in the theme."""


def small_font(scale: float, *, bold: bool = False) -> QFont:
    """The font of everything on the curve, for drawing in device pixels."""
    font = QFont()
    font.setPixelSize(max(8, round(11 * scale)))
    font.setBold(bold)
    return font


def row_of(panel: Panel, axis: Axis, value: float) -> int:
    """Row of a force."""
    return panel.top + round((axis.high - value) / (axis.high - axis.low) * (panel.height - 1))


def force_lines(still: Still) -> list[tuple[int, str]]:
    """Lines across the panels at round forces and at body weight.

    Args:
        still: What stands still.

    Returns:
        Row of each, and its colour in the theme.
    """
    lines = []
    for panel, axis in zip(still.layout.panels, still.axes, strict=True):
        values = numbers_of(axis, panel.height // still.layout.px(TICK_PX))
        lines += [(row_of(panel, axis, value), "dim" if value == 0.0 else "grid") for value in values]
        if panel.name == "Fz" and axis.low < still.bw < axis.high:
            lines.append((row_of(panel, axis, still.bw), "accent"))
    return lines


def draw_still(still: Still, theme: Theme) -> QPixmap:
    """Draw all that stands still but the lines across the curves.

    Args:
        still: What it is.
        theme: Colours.

    Returns:
        A picture in device pixels.
    """
    layout = still.layout
    picture = QPixmap(layout.width, layout.height)
    picture.fill(QColor(theme.panel))
    painter = QPainter(picture)
    for panel, axis in zip(layout.panels, still.axes, strict=True):
        _draw_axis(painter, layout, panel, axis, theme)
        if layout.named:
            _draw_name(painter, still, panel, theme)
        if panel.name == "Fz":
            _draw_body_weight(painter, still, panel, axis, theme)
    _draw_words(painter, still, theme)
    painter.end()
    return picture


def numbers_of(axis: Axis, most: int) -> list[float]:
    """Numbers that stand at an axis; in a low panel with zero in its middle, its ends.

    Args:
        axis: The axis.
        most: How many there is room for.

    Returns:
        The numbers, ascending.
    """
    values = ticks(axis.low, axis.high, max(2, most))
    return [axis.low, 0.0, axis.high] if axis.low == -axis.high and len(values) < 5 else values


def _decimals(value: float) -> int:
    """Decimals that tell a round number."""
    return next(n for n in range(10) if abs(round(value, n) - value) < 1e-9 * max(1.0, abs(value)))


def _draw_axis(painter: QPainter, layout: Layout, panel: Panel, axis: Axis, theme: Theme) -> None:
    painter.setFont(small_font(layout.scale))
    painter.setPen(QColor(theme.dim))
    metrics = QFontMetrics(painter.font())
    values = numbers_of(axis, panel.height // layout.px(TICK_PX))
    decimals = max(_decimals(value) for value in values)
    for value in values:
        row = row_of(panel, axis, value)
        text = number(value, decimals)
        # The ends' numbers move inwards, or those of neighbouring panels would touch.
        inwards = layout.px(3) * ((value == axis.high) - (value == axis.low)) if axis.low < 0 else 0
        painter.drawText(layout.left - layout.px(6) - metrics.horizontalAdvance(text),
                         row + metrics.ascent() // 2 - layout.px(1) + inwards, text)  # fmt: skip


def _draw_name(painter: QPainter, still: Still, panel: Panel, theme: Theme) -> None:
    """The component's name beside its newest end."""
    layout, top = still.layout, panel.top
    lines = [(NAMES[panel.name], True), (still.unit, False), (UPWARDS.get(panel.name, ""), False)]
    for text, bold in lines:
        painter.setFont(small_font(layout.scale, bold=bold))
        metrics = QFontMetrics(painter.font())
        if top + metrics.height() > panel.bottom + layout.px(6):
            break
        painter.setPen(QColor(getattr(theme, COLOUR[panel.name]) if bold else theme.dim))
        painter.drawText(layout.right + layout.px(7), top + metrics.ascent(), text)
        top += metrics.height()


def draw_names(painter: QPainter, still: Still, theme: Theme) -> None:
    """Name the panels within themselves, over the curves: where a narrow window has no room beside them.

    Args:
        painter: Counts in device pixels.
        still: What stands still.
        theme: Colours.
    """
    layout = still.layout
    painter.setFont(small_font(layout.scale, bold=True))
    metrics = QFontMetrics(painter.font())
    for panel in layout.panels:
        text = f" {NAMES[panel.name]}, {still.unit} "
        top = 0 if panel.name == "Fz" else panel.top
        area = QRect(layout.left, top, metrics.horizontalAdvance(text), metrics.height())
        painter.fillRect(area, QColor(theme.panel))
        painter.setPen(QColor(getattr(theme, COLOUR[panel.name])))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def _draw_body_weight(painter: QPainter, still: Still, panel: Panel, axis: Axis, theme: Theme) -> None:
    layout = still.layout
    if not axis.low < still.bw < axis.high:
        return
    row = row_of(panel, axis, still.bw)
    painter.setPen(QColor(theme.accent))
    painter.setFont(small_font(layout.scale))
    metrics = QFontMetrics(painter.font())
    taken = panel.top + 2 * metrics.height()
    if layout.named and row - metrics.ascent() // 2 > taken:
        painter.drawText(layout.right + layout.px(7), row + metrics.ascent() // 2 - layout.px(1), "1 BW")


def _draw_words(painter: QPainter, still: Still, theme: Theme) -> None:
    if not still.words:
        return
    layout = still.layout
    painter.setFont(small_font(layout.scale))
    painter.setPen(QColor(theme.dim))
    metrics = QFontMetrics(painter.font())
    if layout.panels:
        text = metrics.elidedText(still.words, Qt.TextElideMode.ElideRight, layout.width - layout.left - layout.px(4))
        painter.drawText(layout.left, layout.words_top + layout.px(2) + metrics.ascent(), text)
        return
    edge = layout.px(12)
    everywhere = QRect(edge, edge, layout.width - 2 * edge, layout.words_top - 2 * edge)
    painter.drawText(everywhere, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, still.words)
