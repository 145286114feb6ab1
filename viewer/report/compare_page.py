"""The page of a comparison: before and after, for a coach, with what the design can carry and no more."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.comparison_evidence import EVIDENCE
from analysis.comparison_types import CHANGED
from analysis.comparison_words import load_shift_note, name_of, plain_line
from viewer.report.compare_design import because, design_rows, facts, session_lines
from viewer.report.compare_figures import curve_group, interval_group
from viewer.report.compare_material import CompareMaterial
from viewer.report.compare_tables import POSE, pose_rows, rows_of, spelled
from viewer.report.pages import put_page, refuse_page, render_page
from viewer.report.style import Group, drawing_style
from viewer.report.words import within

TEMPLATE = "compare.html.j2"


def write_comparison(material: CompareMaterial, out: Path) -> None:
    """Write the page of a comparison.

    Args:
        material: The comparison.
        out: The page; a SessionError says that it exists or cannot be written.
    """
    refuse_page(out)
    put_page(render_comparison(material), out)


def render_comparison(material: CompareMaterial) -> str:
    """Make the page.

    Args:
        material: The comparison.

    Returns:
        HTML, complete in itself.
    """
    return render_page(TEMPLATE, _context(material))


def _context(material: CompareMaterial) -> dict[str, Any]:
    comparison = material.comparison
    rows = rows_of(comparison)
    found = comparison.differences
    primary = next((one for one in found.values() if one.primary), None)
    curves, intervals = _groups(material)
    shown = [metric for metric in POSE if metric in found and not found[metric].primary]
    return {
        "title": f"Before and after: {material.names[0]} → {material.names[1]}",
        "facts": facts(material),
        "names": material.names,
        "test": comparison.design.kind == "test",
        "why": because(comparison),
        "primary": None if primary is None else plain_line(primary),
        "compared": len(rows),
        "pose": pose_rows(comparison, rows),
        "grey": any(row.doubt for row in rows),
        "changed": CHANGED,
        "lines": [(metric, plain_line(found[metric])) for metric in shown],
        "more": [(metric, plain_line(one)) for metric, one in found.items() if metric not in POSE and not one.primary],
        "shift": load_shift_note(comparison),
        "notes": [spelled(note, (*found, *comparison.not_compared)) for note in comparison.notes],
        "curves": curves,
        "intervals": intervals,
        "rows": rows,
        "doubts": _by_reason((row.metric, row.doubt) for row in rows if row.doubt),
        "left_out": _by_reason(comparison.not_compared.items()),
        "baseline": bool(material.baseline),
        "evidence": EVIDENCE,
        "design": design_rows(material),
        "sessions": session_lines(material),
    }


def _groups(material: CompareMaterial) -> tuple[Group | None, Group | None]:
    """Curves and intervals."""
    with drawing_style():
        return curve_group(material.feet, material.names), interval_group(material.comparison)


def _by_reason(reasons: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    grouped: dict[str, list[str]] = {}
    for metric, why in reasons:
        grouped.setdefault(why, []).append(within(name_of(metric)))
    return list(grouped.items())
