"""Matplotlib figures as SVG that can stand in a page: text stays text, ids are unique, nothing points outside."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITS_PER_INCH = 72
"""Units of matplotlib's SVG; at full size one is one CSS pixel."""

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stance",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#6b7280",
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "xtick.color": "#4b5563",
    "ytick.color": "#4b5563",
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.labelcolor": "#374151",
    "axes.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@contextmanager
def drawing_style() -> Iterator[None]:
    """Our settings while figures are made and written, whatever the user's are; afterwards theirs again."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
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


def to_svg(figure: "Figure", *, name: str, label: str) -> str:
    """Write a figure as an `svg` element for a page.

    Args:
        figure: The figure.
        name: Unique within the page; it goes before every id.
        label: What the figure shows, for people who do not see it.

    Returns:
        The element: no script, no address, the same bytes for the same figure.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    FigureCanvasSVG(figure).print_svg(buffer, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'(\bid="|\bhref="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, 1), count=1)
    text = re.sub(r'(?<= d=")[^"]*', lambda found: _shorter(found[0]), text)
    return text.replace("<svg", f'<svg role="img" aria-label={quoteattr(label)}', 1)


def _shorter(path: str) -> str:
    """Path data to a hundredth of a pixel; matplotlib writes a millionth."""
    rounded = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), path)
    return " ".join(rounded.split())
