"""Where the parts of the force curve lie, in device pixels."""

from collections.abc import Callable
from dataclasses import dataclass

LABEL, LETTERS, CLOCK, WORDS, BETWEEN, BELOW_ZERO = 16, 15, 18, 16, 8, 8
"""Rows, logical pixels: of happenings, of L and R, of the time axis, of a line of words, between panels, below zero."""
NUMBERS, NAMES, NARROW = 46, 78, 420
"""Room for the numbers on the left and, from a width of NARROW on, for the names on the right."""
LEAST = 34
"""Below this height a panel cannot be read."""
SHARE = {1: 1.0, 2: 0.68, 3: 0.56}
"""Share of the vertical force, by the number of panels."""


@dataclass(frozen=True)
class Panel:
    """One component's place."""

    name: str
    """Fx, Fy or Fz."""
    top: int
    """Row of the upper end of its axis."""
    height: int
    """Rows from there to the lower end."""
    foot: int = 0
    """Rows below the lower end that belong to it."""

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.top + self.height + self.foot


@dataclass(frozen=True)
class Layout:
    """The whole picture."""

    scale: float
    """Device pixels per logical pixel."""
    width: int
    """Of everything."""
    height: int
    """Of everything."""
    left: int
    """First column of the curves."""
    columns: int
    """Number of columns."""
    panels: tuple[Panel, ...]
    """From top to bottom; the vertical force comes first if it is shown."""
    words_top: int
    """Row where the line of words begins."""
    named: bool
    """Whether names stand on the right of the panels; else within them."""

    @property
    def right(self) -> int:
        """First column behind the curves."""
        return self.left + self.columns

    @property
    def top(self) -> int:
        """First row below the happenings' labels."""
        return self.px(LABEL)

    @property
    def bottom(self) -> int:
        """First row below the panels."""
        return self.panels[-1].bottom if self.panels else self.top

    def px(self, size: float) -> int:
        """Device pixels of a size in logical ones."""
        return round(size * self.scale)


def lay_out(width: int, height: int, scale: float, names: tuple[str, ...], *, words: bool) -> Layout:
    """Divide the picture.

    Args:
        width: Device pixels.
        height: Device pixels.
        scale: Device pixels per logical one.
        names: Components to show, from top to bottom; where there is no room the last ones are left out.
        words: Whether there is a line of words below.

    Returns:
        Where everything lies.
    """

    def px(size: float) -> int:
        return round(size * scale)

    named = width >= px(NARROW)
    left = px(NUMBERS)
    columns = max(1, width - left - px(NAMES if named else 6))
    bottom = height - px(CLOCK) - (px(WORDS) if words else 0)
    panels = _panels(names, px(LABEL), bottom, px)
    return Layout(scale, width, height, left, columns, panels, bottom, named)


def _panels(names: tuple[str, ...], top: int, bottom: int, px: Callable[[float], int]) -> tuple[Panel, ...]:
    vertical = bool(names) and names[0] == "Fz"
    letters = px(LETTERS) if vertical else 0
    foot = px(BELOW_ZERO) if vertical else 0
    free = bottom - top - letters - foot - px(BETWEEN) * (len(names) - 1) - px(4)
    small = len(names) - vertical
    first = round(free * SHARE[len(names)]) if vertical and small else free if vertical else 0
    other = (free - first) // small if small else 0
    if len(names) > 1 and other < px(LEAST):
        return _panels(names[:-1], top, bottom, px)
    panels, at = [], top + px(2)
    for name in names:
        at += letters if name == "Fz" else 0
        panels.append(Panel(name, at, max(1, first if name == "Fz" else other), foot if name == "Fz" else 0))
        at = panels[-1].bottom + px(BETWEEN)
    return tuple(panels)
