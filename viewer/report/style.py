"""How the figures look, and what a figure is.

Colours are Okabe and Ito's, which colour-blind people can tell apart; shape or place always says the same once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.report.words import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#111827", "#6b7280"
SKY = "#56B4E9"
BELT_COLOURS = (BLUE, ORANGE)
SIDE_COLOURS = {"": BLUE, "L": BLUE, "R": ORANGE}
SIDE_LINES = {"": "-", "L": "-", "R": (0, (5, 1.6))}
"""Lines of the feet: the right one is dashed, for whom colours say little."""
SIDES = {"": "", "L": "left", "R": "right"}
SERIES = (BLUE, ORANGE, INK, SKY)
"""Colours that stand beside each other in one figure."""
WIDE, NARROW = 920, 440
"""Widths of figures, CSS pixels: the whole page, and half of it or a phone."""
UNITS_PER_INCH = 72
"""Units of matplotlib's SVG; at full size one is one CSS pixel."""

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stance",
    "font.size": 13,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "axes.labelcolor": "#4b5563",
    "axes.labelsize": 12,
    "legend.frameon": False,
    "legend.fontsize": 12,
    "hatch.linewidth": 0.8,
    "lines.linewidth": 1.0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Drawing:
    """One picture."""

    svg: str
    """The `svg` element."""
    layout: str
    """"wide" or "narrow" if it is for that layout only, else empty."""


@dataclass(frozen=True)
class Group:
    """Pictures that belong together."""

    title: str
    """Heading."""
    drawings: tuple[Drawing, ...]
    """The pictures."""
    caption: str
    """What they show, and of how many steps."""


@contextmanager
def drawing_style() -> Iterator[None]:
    """Our settings while figures are made and written, whatever the user's are; afterwards theirs again."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = mpl.rcParams
        settings.update(_STYLE)
        yield


LEFT, RIGHT, TOP, BOTTOM = 58, 12, 30, 46
"""Room for labels around the axes, CSS pixels."""


def new_figure(width: int, height: int, *, fixed: bool = False) -> "Figure":
    """Make an empty figure.

    Args:
        width: Width, CSS pixels at full size.
        height: Height, likewise.
        fixed: Whether the room around the axes is fixed, which draws twice as fast as finding it out: for numbers of
            six characters at most and titles of one line.

    Returns:
        The figure, known to no window and to no global list.
    """
    from matplotlib.figure import Figure

    size = (width / UNITS_PER_INCH, height / UNITS_PER_INCH)
    if not fixed:
        return Figure(figsize=size, layout="constrained")
    figure = Figure(figsize=size)
    figure.subplots_adjust(LEFT / width, BOTTOM / height, 1.0 - RIGHT / width, 1.0 - TOP / height, hspace=0.3)
    return figure


def one_line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Many curves as one line with holes, which draws ten times as fast as each by itself.

    Args:
        x: (n,) or (k, n) places.
        y: (k, n) values.

    Returns:
        (k (n + 1),) places and values, NaN behind each curve.
    """
    holes = np.full((len(y), 1), np.nan)
    return np.hstack([np.broadcast_to(x, y.shape), holes]).ravel(), np.hstack([y, holes]).ravel()


def zero_line(axes: "Axes") -> None:
    """Draw where the force is zero."""
    axes.axhline(0, color=GREY, linewidth=0.8)


def name_belts(axes: "Axes") -> None:
    """Say which colour is which foot, above the data."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.1, handletextpad=0.4,
                handlelength=1.8, columnspacing=1.0)  # fmt: skip


def mark_doubt(axes: "Axes", late: float) -> None:
    """Write into a figure that it is in doubt, on the right, above or below the curve's value there."""
    at, align = (0.05, "bottom") if late > sum(axes.get_ylim()) / 2.0 else (0.95, "top")
    axes.text(0.985, at, "in doubt", transform=axes.transAxes, ha="right", va=align, color=GREY, style="italic")


def stances_in_words(steps: int, side: str = "") -> str:
    """How many steps a curve stands for: "left: 40 steps"."""
    text = count(steps, "step")
    return f"{side}: {text}" if side else text


def chosen(shown: int, total: int, side: str = "") -> str:
    """Say which of the valid steps are drawn.

    Args:
        shown: Number drawn.
        total: Number that there are.
        side: "left", "right", or empty for a single belt.

    Returns:
        For example "80 of 240 valid steps".
    """
    if shown < total:
        text = f"{shown:,} of {total:,} valid steps"
    else:
        text = f"all {total:,} valid steps" if total != 1 else "the one valid step"
    return f"{side}: {text}" if side else text
