"""A matplotlib figure as SVG that can stand in a page: text stays text, ids are unique, nothing points outside."""

import io
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def to_svg(figure: "Figure", *, name: str, label: str) -> str:
    """Write a figure as an `svg` element for a page; call it within `drawing_style`.

    Args:
        figure: The figure.
        name: Unique within the page; it goes before every id.
        label: What the figure shows, for people who do not see it.

    Returns:
        The element: no script, no address, the same bytes for the same figure.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = buffer.getvalue()
    head, body = text[text.index("<svg") :].split(">", 1)
    view_box = re.search(r'viewBox="[^"]*"', head)
    assert view_box is not None
    return f'<svg role="img" aria-label={quoteattr(label)} {view_box[0]}>{_inside_page(body, name)}'


def _inside_page(body: str, name: str) -> str:
    """Drop what only a file of its own needs, and make ids the figure's own."""
    body = body.replace("xlink:href", "href")
    body = re.sub(r'(\bid="|\bhref="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", body)  # the page's font instead
    return re.sub(r'(?<= d=")[^"]*', lambda path: _shorter(path[0]), body)


def _shorter(path: str) -> str:
    """Path data to a hundredth of a pixel; matplotlib writes a millionth."""
    rounded = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), path)
    return " ".join(rounded.split())
