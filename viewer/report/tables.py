"""The summary of a session, as rows of text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.summary import METRICS
from viewer.report.material import Material
from viewer.report.words import MEANINGS, decimals_for, label_of, number, unit_of

HEADLINES = ("cadence_spm", "contact_time_ms", "flight_time_ms", "active_peak_BW")
FORE_AFT = ("braking_", "propulsive_", "zero_crossing_")
"""Metrics that need fore-aft force begin so."""


@dataclass(frozen=True)
class Row:
    """One metric of the summary, in text."""

    column: str
    """Its column in the step table."""
    label: str
    """Its name for people."""
    meaning: str
    """One line of explanation."""
    unit: str
    """Its unit, empty for a ratio."""
    mean: str
    """Mean over the valid steps."""
    sd: str
    """Standard deviation from step to step; a dash for one step."""
    median: str
    """Median."""
    n: str
    """Number of steps that have a value."""


@dataclass(frozen=True)
class SideRow:
    """One metric, side by side."""

    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    cells: tuple[tuple[str, str, str], ...]
    """Mean, SD and n of each side; dashes where a side has none."""


def summary_rows(summary: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Write a summary out.

    Args:
        summary: As in the results.

    Returns:
        One row per metric that has a value.
    """
    return [_row(column, summary[column]) for column in METRICS if column in summary]


def headlines(summary: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """The few numbers that stand on top."""
    return [_row(column, summary[column]) for column in HEADLINES if column in summary]


def side_rows(by_side: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[SideRow]:
    """Write the sides out next to each other.

    Args:
        by_side: Summary of each side, as in the results.

    Returns:
        One row per metric that any side has.
    """
    rows = []
    for column in METRICS:
        found = [summary[column] for summary in by_side.values() if column in summary]
        if found:
            unit = unit_of(column)
            decimals = max(decimals_for(values["mean"], unit) for values in found)
            cells = tuple(_cell(summary.get(column), decimals) for summary in by_side.values())
            rows.append(SideRow(label_of(column), unit, cells))
    return rows


def not_observable(material: Material) -> list[str]:
    """Name the metrics that this rig's sensors cannot see."""
    if material.sees_fore_aft:
        return []
    summary = material.results["summary"]
    return [label_of(column) for column in METRICS if column.startswith(FORE_AFT) and column not in summary]


def without_value(material: Material) -> list[str]:
    """Name the metrics that the rig could see, but that no valid step of this session has."""
    hidden = () if material.sees_fore_aft else FORE_AFT
    summary = material.results["summary"]
    return _unique(label_of(c) for c in METRICS if c not in summary and not (hidden and c.startswith(hidden)))


def _row(column: str, values: Mapping[str, Any]) -> Row:
    unit = unit_of(column)
    decimals = decimals_for(values["mean"], unit)
    mean, sd, median = (number(values[key], decimals) for key in ("mean", "sd", "median"))
    return Row(column, label_of(column), MEANINGS[column], unit, mean, sd, median, f"{values['n']:,}")


def _cell(values: Mapping[str, Any] | None, decimals: int) -> tuple[str, str, str]:
    if values is None:
        return "–", "–", "0"
    return number(values["mean"], decimals), number(values["sd"], decimals), f"{values['n']:,}"


def _unique(labels: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(labels))
