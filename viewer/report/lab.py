"""What a lab reads: everything, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from daq.bouts import span_table
from viewer.report.bands import bands
from viewer.report.cop_paths import butterfly, cop_paths
from viewer.report.landing import CLASSES, landing
from viewer.report.material import Material
from viewer.report.overlay import overlays
from viewer.report.quality import quality_lines, verdict
from viewer.report.recording import calibration_of, details_of, settings_of, source_of, threshold_of, versions_of
from viewer.report.sides import differences, strides_of
from viewer.report.split import split
from viewer.report.style import Group, drawing_style
from viewer.report.tables import doubts, headlines, main_rows, missing_reasons, parts, side_rows
from viewer.report.timeline import over_time
from viewer.report.trace import trace
from viewer.report.words import decimals_for, label_of, number, unit_of

CALIBRATED = {
    "calibrated": "what the calibration leaves unsure",
    "assumed": "cells that nobody calibrated, assumed right to 1 % and placed to 5 mm",
    "unknown": "a scale of which nothing is known",
}
"""Where the scale's part of an uncertainty comes from."""
IMPORTED = (
    "a force that another system measured, assumed right to 1 % and placed to 5 mm (what nobody knows of that machine "
    "is not in it: the ringing of its deck, a calibration further off than that, its filter)"
)
BUDGETED = (
    "contact_time_ms", "cadence_spm", "active_peak_BW", "vertical_oscillation_mm", "valr_BW_s", "hf_peak_BW",
    "braking_peak_BW", "braking_impulse_BW_s", "step_length_m", "cop_travel_mm",
)  # fmt: skip
"""Metrics whose uncertainty is told source by source."""
MOST_BOUTS = 40
"""Bouts that are listed."""


@dataclass(frozen=True)
class BudgetRow:
    """The uncertainty of one mean, source by source."""

    column: str
    """The metric."""
    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    shares: tuple[str, ...]
    """Share of each source in the variance of the mean, %; a dash where it has none."""
    together: str
    """Standard uncertainty of the mean."""
    doubt: str
    """Why the mean is in doubt; empty if it is not."""


@dataclass(frozen=True)
class BoutRow:
    """One bout."""

    name: str
    """Its name."""
    start: str
    """Begin, s."""
    end: str
    """End, s."""
    steps: str
    """Valid steps."""
    means: tuple[str, ...]
    """Mean of each of `BOUT_METRICS`; a dash for none."""


BOUT_METRICS = ("contact_time_ms", "cadence_spm", "vertical_oscillation_mm", "valr_BW_s")


def lab_context(material: Material) -> dict[str, Any]:
    """What the lab's page shows.

    Args:
        material: The session.

    Returns:
        Values for its template.
    """
    results = material.results
    sides = results["by_side"]
    quality = quality_lines(material)
    return {
        "name": material.name,
        "details": details_of(material),
        "versions": versions_of(material),
        "settings": settings_of(material.protocol),
        "calibration": calibration_of(material),
        "source": source_of(material),
        "imported": material.imported is not None,
        "quality": quality,
        "verdict": verdict(quality),
        "headlines": headlines(results["summary"], results["doubtful"]),
        "landing": landing(material) if material.table.rows else None,
        "classes": list(CLASSES.values()),
        "in_doubt": {name: results["doubtful"].get(name, "") for name in ("impact_class", "foot_strike")},
        "main": main_rows(results["summary"], results["doubtful"]),
        "parts": parts(results["summary"], results["doubtful"]),
        "missing": missing_reasons(material),
        "doubts": doubts(material),
        "assumption": assumption(material),
        "budget_sources": budget_sources(results),
        "budget": budget_rows(results),
        "differences": differences(results["asymmetry"], results["doubtful"]),
        "strides": strides_of(results["asymmetry"]),
        "side_names": [{"L": "Left", "R": "Right"}[side] for side in sides] if len(sides) > 1 else [],
        "sides": side_rows(sides) if len(sides) > 1 else [],
        "groups": figures(material),
        "protocol": material.protocol,
        "threshold": threshold_of(material.protocol),
        "fore_aft": material.sees_fore_aft,
        "bw": None if results["bw_N"] is None else number(results["bw_N"], 1),
        "bouts": bout_rows(material),
        "bout_heads": [f"{label_of(column)}, {unit_of(column)}" for column in BOUT_METRICS],
        "more_bouts": max(0, len(material.bouts) - MOST_BOUTS),
        "marks": [(f"{at:.1f}", event.kind, event.text) for at, event in material.marks],
        "more_marks": material.marks_in_all - len(material.marks),
    }


def figures(material: Material) -> list[Group]:
    """Every figure; those that would be empty are left out."""
    draw = (trace, overlays, bands, split, cop_paths, butterfly, over_time)
    with drawing_style():
        groups = [one(material) for one in draw]
    return [group for group in groups if group is not None]


def assumption(material: Material) -> str:
    """What the scale's part of every uncertainty rests on."""
    if material.imported is not None:
        return IMPORTED
    return CALIBRATED[material.results.get("uncertainty", {}).get("calibration", "assumed")]


def budget_sources(results: Mapping[str, Any]) -> list[str]:
    """Sources that any of the budgeted metrics has, in the order of the results."""
    means = results.get("uncertainty", {}).get("mean", {})
    used = {source for column in BUDGETED for source in means.get(column, {})}
    return [source for source in results.get("uncertainty", {}).get("sources", ()) if source in used]


def budget_rows(results: Mapping[str, Any]) -> list[BudgetRow]:
    """The uncertainty of means, source by source.

    Args:
        results: Of the session.

    Returns:
        One row per budgeted metric whose mean has an uncertainty.
    """
    means, sources = results.get("uncertainty", {}).get("mean", {}), budget_sources(results)
    rows = []
    for column in BUDGETED:
        values, told = means.get(column, {}), results["summary"].get(column, {"u": None})["u"]
        if values and told:
            whole = sum(u * u for u in values.values())
            shares = tuple(number(100.0 * values[s] ** 2 / whole, 0) if s in values and whole else "–" for s in sources)
            unit = unit_of(column)
            doubt = results["doubtful"].get(column, "")
            rows.append(BudgetRow(column, label_of(column), unit, shares, number(told, decimals_for(told, "")), doubt))
    return rows


def bout_rows(material: Material) -> list[BoutRow]:
    """The first `MOST_BOUTS` named bouts, each with its means."""
    rows = []
    for bout in material.bouts[:MOST_BOUTS]:
        table = span_table(material.table, bout)
        valid = table["valid"]
        means = tuple(_mean(table[column][valid], column) for column in BOUT_METRICS)
        rows.append(BoutRow(bout.name, f"{bout.start_s:.1f}", f"{bout.end_s:.1f}", f"{int(valid.sum()):,}", means))
    return rows


def _mean(values: Any, column: str) -> str:
    values = values[~np.isnan(values)]
    if not values.size:
        return "–"
    mean = float(values.mean())
    return number(mean, decimals_for(abs(mean), unit_of(column)))
