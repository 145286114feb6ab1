"""The figures of a report. What they draw was measured elsewhere; here it only becomes lines."""

from viewer.report.material import Material
from viewer.report.overlay import overlays
from viewer.report.split import split
from viewer.report.style import Group, drawing_style
from viewer.report.timeline import over_time
from viewer.report.trace import trace


def draw(material: Material) -> list[Group]:
    """Draw a session.

    Args:
        material: The session.

    Returns:
        Groups of figures; those that would be empty are left out.
    """
    with drawing_style():
        groups = [trace(material), overlays(material), split(material), over_time(material)]
    return [group for group in groups if group is not None]
