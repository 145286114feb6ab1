"""How the figures look, and what a figure is.

Colours are Okabe and Ito's, which colour-blind people can tell apart; shape or place always says the same once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from viewer.report.words import ordinal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#111827", "#6b7280"
SKY = "#56B4E9"
BELT_COLOURS = (BLUE, ORANGE)
SIDE_COLOURS = {"": BLUE, "L": BLUE, "R": ORANGE}
SIDES = {"": "", "L": "left", "R": "right"}
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


def new_figure(width: int, height: int) -> "Figure":
    """Make an empty figure.

    Args:
        width: Width, CSS pixels at full size.
        height: Height, likewise.

    Returns:
        The figure, known to no window and to no global list.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width / UNITS_PER_INCH, height / UNITS_PER_INCH), layout="constrained")


def zero_line(axes: "Axes") -> None:
    """Draw where the force is zero."""
    axes.axhline(0, color=GREY, linewidth=0.8)


def name_belts(axes: "Axes") -> None:
    """Say which colour is which foot, above the data."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.1, handletextpad=0.4)


def chosen(shown: int, total: int, every: int, side: str = "") -> str:
    """Say which of the valid steps are drawn.

    Args:
        shown: Number drawn.
        total: Number that there are.
        every: One in so many was chosen.
        side: "left", "right", or empty for a single belt.

    Returns:
        For example "every 3rd valid step, 80 of 240".
    """
    if every > 1:
        text = f"every {ordinal(every)} valid step, {shown:,} of {total:,}"
    elif shown < total:
        text = f"{shown:,} of {total:,} valid steps"
    else:
        text = f"all {total:,} valid steps" if total != 1 else "the one valid step"
    return f"{side}: {text}" if side else text
