"""From a session's material to the page, for each of those who read it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from viewer.report.coach import coach_context
from viewer.report.lab import lab_context
from viewer.report.material import Material
from viewer.report.pages import render_page
from viewer.report.physio import physio_context
from viewer.report.recording import facts_of, title_of

if TYPE_CHECKING:
    from viewer.numbers.targets import Target

TEMPLATES: Mapping[str, tuple[str, Callable[[Material], dict[str, Any]]]] = {
    "coach": ("coach.html.j2", coach_context),
    "physio": ("physio.html.j2", physio_context),
    "lab": ("report.html.j2", lab_context),
}
"""Audience → its template, and what fills it."""


def render(material: Material, audience: str = "lab", targets: Mapping[str, "Target"] | None = None) -> str:
    """Write the page of a session.

    Args:
        material: The session.
        audience: "coach", "physio" or "lab".
        targets: Bands that somebody chose, by column.

    Returns:
        HTML, complete in itself.
    """
    template, context = TEMPLATES[audience]
    common = {
        "audience": audience,
        "title": title_of(material),
        "facts": facts_of(material),
        "targets": {column: f"target {target.text()}" for column, target in (targets or {}).items()},
    }
    return render_page(template, common | context(material))
