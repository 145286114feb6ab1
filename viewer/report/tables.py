"""The summary of a session, as rows of text."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.statistics import Z95
from analysis.summary import METRICS
from viewer.report.labels import HEADINGS, MAIN, MAIN_MODELLED, MODELLED
from viewer.report.material import Material
from viewer.report.words import decimals_for, label_of, meaning_of, number, unit_of, within

HEADLINES = ("cadence_spm", "contact_time_ms", "vertical_oscillation_mm", "active_peak_BW")
PROBABILITIES = ("foot_strike_p", "rearfoot_p")
"""Columns of one answer; where it is missing, they need no mention of their own."""
ONLY_INVALID = "only steps that are left out of the means have one"

Summary = Mapping[str, Mapping[str, Any]]
Reasons = Mapping[str, str]
"""Why columns are greyed out."""


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
    modelled: bool
    """Whether it is modelled, not measured."""
    sure: str
    """Expanded uncertainty of the mean, 1.96 standard ones; a dash if it is not known."""
    doubt: str
    """Why it is greyed out; empty if it is not."""


@dataclass(frozen=True)
class Part:
    """Rows under one heading."""

    title: str
    """The heading."""
    modelled: bool
    """Whether its rows are modelled, not measured."""
    rows: tuple[Row, ...]
    """The rows."""


@dataclass(frozen=True)
class SideRow:
    """One metric, side by side."""

    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    cells: tuple[tuple[str, str, str], ...]
    """Mean, SD and n of each side; dashes where a side has none."""


def rows_of(summary: Summary, columns: Sequence[str], doubtful: Reasons) -> list[Row]:
    """Rows of some metrics, in order; those without a value are left out."""
    return [_row(column, summary[column], doubtful.get(column, "")) for column in columns if column in summary]


def main_rows(summary: Summary, doubtful: Reasons) -> list[Row]:
    """The short table: what a coach looks for first, and below it what is only modelled."""
    return rows_of(summary, (*MAIN, *MAIN_MODELLED), doubtful)


def headlines(summary: Summary, doubtful: Reasons) -> list[Row]:
    """The few numbers that stand on top."""
    return rows_of(summary, HEADLINES, doubtful)


def parts(summary: Summary, doubtful: Reasons) -> list[Part]:
    """The complete table, by heading.

    Args:
        summary: As in the results.
        doubtful: Why columns are greyed out.

    Returns:
        One part per heading that has a metric with a value; contact times at other thresholds stand with the times.
    """
    extra = tuple(column for column in summary if column not in METRICS)
    found = []
    for number_, heading in enumerate(HEADINGS):
        rows = rows_of(summary, heading.columns + (extra if number_ == 0 else ()), doubtful)
        if rows:
            found.append(Part(heading.title, heading.modelled, tuple(rows)))
    return found


def side_rows(by_side: Mapping[str, Summary]) -> list[SideRow]:
    """Write the sides out next to each other.

    Args:
        by_side: Summary of each side, as in the results.

    Returns:
        One row per metric that any side has. Modelled ones have no side: the model knows none.
    """
    rows = []
    for column in (column for heading in HEADINGS for column in heading.columns if column not in MODELLED):
        found = [summary[column] for summary in by_side.values() if column in summary]
        if found:
            unit = unit_of(column)
            decimals = max(decimals_for(values["mean"], unit) for values in found)
            cells = tuple(_cell(summary.get(column), decimals) for summary in by_side.values())
            rows.append(SideRow(label_of(column), unit, cells))
    return rows


def missing_reasons(material: Material) -> list[tuple[str, list[str]]]:
    """Say why metrics have no value.

    Args:
        material: The session.

    Returns:
        Reason, and the names of the metrics that are empty for it, as they stand within a sentence.
    """
    results = material.results
    reasons = {column: reason for column, reason in results["missing"].items() if not _of_another(column)}
    if material.table.rows:
        for column in METRICS:
            if column not in results["summary"]:
                reasons.setdefault(column, ONLY_INVALID)
    return by_reason(reasons)


def doubts(material: Material) -> list[tuple[str, list[str]]]:
    """Say why metrics are greyed out.

    Args:
        material: The session.

    Returns:
        Reason, and the names of the metrics with a value that it casts doubt on.
    """
    results = material.results
    return by_reason({name: why for name, why in results["doubtful"].items() if name in results["summary"]})


def doubts_of(doubtful: Reasons, columns: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Say why some columns are greyed out.

    Args:
        doubtful: Why columns are greyed out, as in the results.
        columns: Those that a page shows.

    Returns:
        Reason, and the names of the columns that it casts doubt on.
    """
    return by_reason({column: doubtful[column] for column in dict.fromkeys(columns) if column in doubtful})


def by_reason(reasons: Reasons) -> list[tuple[str, list[str]]]:
    """Put together what has the same reason: reason, and the names of the metrics, as within a sentence."""
    grouped: dict[str, dict[str, None]] = {}
    for column, reason in reasons.items():
        grouped.setdefault(reason, {})[within(label_of(column))] = None
    return [(reason, list(labels)) for reason, labels in grouped.items()]


def _of_another(column: str) -> bool:
    return column.startswith("u_") or column in PROBABILITIES


def _row(column: str, values: Mapping[str, Any], doubt: str) -> Row:
    unit = unit_of(column)
    decimals = decimals_for(max(abs(values["mean"]), values["sd"] or 0.0), unit)
    mean, sd, median = (number(values[key], decimals) for key in ("mean", "sd", "median"))
    n = f"{values['n']:,}"
    sure = expanded(values["u"], unit)
    modelled = column in MODELLED
    return Row(column, label_of(column), meaning_of(column), unit, mean, sd, median, n, modelled, sure, doubt)


def expanded(u: float | None, unit: str) -> str:
    """Expanded uncertainty in words, with two digits: "± 1.2"; a dash if it is not known."""
    if u is None:
        return "–"
    wide = Z95 * u
    return f"± {number(wide, min(6, max(0, 1 - math.floor(math.log10(wide)))) if wide > 0 else decimals_for(0, unit))}"


def _cell(values: Mapping[str, Any] | None, decimals: int) -> tuple[str, str, str]:
    if values is None:
        return "–", "–", "0"
    return number(values["mean"], decimals), number(values["sd"], decimals), f"{values['n']:,}"
