"""Numbers painted so that nothing moves when they change: every digit takes the room of the widest one."""

from functools import lru_cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

DIGITS = "0123456789"
_PROBE_px = 200


def sized(base: QFont, pixels: float, *, bold: bool = False) -> QFont:
    """The same font at another size.

    Args:
        base: Family and style.
        pixels: Size, px.
        bold: Whether it shall be heavier.

    Returns:
        A new font.
    """
    font = QFont(base)
    font.setPixelSize(max(1, int(pixels)))
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def width_of(text: str, font: QFont) -> float:
    """Width of a number, px: the same for all with as many digits."""
    metrics = QFontMetricsF(font)
    cell = _cell(metrics)
    return sum(cell if char in DIGITS else metrics.horizontalAdvance(char) for char in text)


def height_of(font: QFont) -> float:
    """Height of its digits, px."""
    return QFontMetricsF(font).tightBoundingRect(DIGITS).height()


def paint_number(painter: QPainter, x: float, baseline: float, text: str) -> float:
    """Paint a number with the painter's font and pen.

    Args:
        painter: Where.
        x: Left edge, px.
        baseline: Foot of the digits, px.
        text: The number.

    Returns:
        Its right edge, px.
    """
    metrics = QFontMetricsF(painter.font())
    cell = _cell(metrics)
    for char in text:
        own = metrics.horizontalAdvance(char)
        room = cell if char in DIGITS else own
        painter.drawText(QPointF(x + (room - own) / 2, baseline), char)
        x += room
    return x


def fitting_size(base: QFont, template: str, width: float, height: float, *, bold: bool = False) -> float:
    """Font size at which a number just fits.

    Args:
        base: Family and style.
        template: A number of as many characters.
        width: Room, px.
        height: Room for its digits, px.
        bold: Whether it is heavier.

    Returns:
        Font size, px.
    """
    wide, tall = _measure(sized(base, _PROBE_px, bold=bold).toString(), template)
    return max(6.0, _PROBE_px * min(width / wide, height / tall) * 0.98)


@lru_cache(maxsize=256)
def _measure(font: str, template: str) -> tuple[float, float]:
    """Width and height of a number in a font."""
    probe = QFont()
    probe.fromString(font)
    return width_of(template, probe), height_of(probe)


def _cell(metrics: QFontMetricsF) -> float:
    """Room of a digit: that of the widest."""
    return max(metrics.horizontalAdvance(digit) for digit in DIGITS)
