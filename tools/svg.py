"""A small SVG writer for the drawings of docs/img: the same calls give the same bytes, everywhere."""

from collections.abc import Iterable
from html import escape

INK, GREY, LIGHT = "#222222", "#777777", "#f3f3f3"
RED, BLUE, GREEN, ORANGE = "#b3261e", "#1f5fa8", "#2e7d32", "#b26a00"
Point = tuple[float, float]


def _n(value: float) -> str:
    return f"{value + 0.0:.1f}".removesuffix(".0")


class Drawing:
    """Shapes on a white sheet, in pixels, y downwards."""

    def __init__(self, width: int, height: int, title: str):
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []

    def rect(
        self, at: Point, size: Point, *, fill: str = "white", stroke: str = INK, dash: str = "", r: int = 4
    ) -> None:
        """A box by its upper left corner."""
        (x, y), (w, h) = at, size
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{r}" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="1.4"{_dash(dash)}/>'
        )

    def line(self, points: Iterable[Point], *, stroke: str = INK, width: float = 1.4, dash: str = "") -> None:
        """A line through all points."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{_n(width)}"{_dash(dash)}/>'
        )

    def polygon(self, points: Iterable[Point], *, fill: str = INK, stroke: str = "none") -> None:
        """A closed shape."""
        path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(f'<polygon points="{path}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>')

    def circle(self, at: Point, r: float, *, fill: str = "white", stroke: str = INK) -> None:
        """A circle round a point."""
        self._parts.append(
            f'<circle cx="{_n(at[0])}" cy="{_n(at[1])}" r="{_n(r)}" fill="{fill}" stroke="{stroke}" '
            'stroke-width="1.4"/>'
        )

    def text(
        self, at: Point, words: str, *, size: int = 13, anchor: str = "start", fill: str = INK, bold: bool = False
    ) -> None:
        """Words on a base line; anchor: start, middle or end."""
        weight = ' font-weight="bold"' if bold else ""
        self._parts.append(
            f'<text x="{_n(at[0])}" y="{_n(at[1])}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>'
            f"{escape(words)}</text>"
        )

    def arrow(self, start: Point, end: Point, *, stroke: str = INK, width: float = 1.4, head: float = 8) -> None:
        """A line with a head at its end; along one axis only."""
        (x0, y0), (x1, y1) = start, end
        length = abs(x1 - x0) + abs(y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        neck = (x1 - head * ux, y1 - head * uy)
        self.line([start, neck], stroke=stroke, width=width)
        side = head * 0.45
        wings = [(neck[0] - side * uy, neck[1] + side * ux), (neck[0] + side * uy, neck[1] - side * ux)]
        self.polygon([end, *wings], fill=stroke)

    def block(self, at: Point, size: Point, words: Iterable[str], *, fill: str = LIGHT, stroke: str = INK) -> None:
        """A box with centred lines of words, the first one bold."""
        self.rect(at, size, fill=fill, stroke=stroke)
        lines = list(words)
        middle, top = at[0] + size[0] / 2, at[1] + size[1] / 2 - 8 * (len(lines) - 1) + 4
        for k, line in enumerate(lines):
            self.text((middle, top + 16 * k), line, size=12, anchor="middle", bold=k == 0)

    def svg(self) -> str:
        """Spell the drawing.

        Returns:
            The whole file.
        """
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" font-family="DejaVu Sans, Verdana, Arial, sans-serif">'
        )
        sheet = f'<rect width="{self.width}" height="{self.height}" fill="white"/>'
        return "\n".join([head, f"<title>{escape(self.title)}</title>", sheet, *self._parts, "</svg>", ""])


def _dash(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""
