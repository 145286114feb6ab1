"""Two bouts of a session next to each other: described, not tested. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from analysis.summary import summarise
from daq.bouts import BoutSpan, in_span, span_table
from viewer.report.labels import MAIN
from viewer.report.words import count, decimals_for, label_of, number, unit_of, within

Ints = NDArray[np.int64]

SPEED = "belt_speed_m_s"
COLUMNS = (SPEED, *MAIN)
"""What is compared, in this order."""
SPEED_SHARE = 0.01
"""Belt speeds that differ by more are no longer one speed."""
MOST_CURVES = 60
"""Curves asked for of one foot in one bout."""
NOTE = "Differences between bouts of one session; not a test."
FASTER = "Cadence, contact time, forces and loading rates change with speed alone."
UNKNOWN_SPEED = "Belt speed is not known, so whether A and B ran at one speed is not known either."


@dataclass(frozen=True)
class Cell:
    """One metric of one bout, in text."""

    mean: str
    """Mean over the valid steps."""
    sd: str
    """Standard deviation from step to step; a dash for one step."""
    n: str
    """Number of steps that have a value."""


@dataclass(frozen=True)
class Line:
    """One metric of both."""

    column: str
    """Its column in the step table."""
    label: str
    """Its name and unit for people."""
    a: Cell
    """Of bout A."""
    b: Cell
    """Of bout B."""
    difference: str
    """B − A, with its sign."""


@dataclass(frozen=True)
class Comparison:
    """What there is to read about two bouts."""

    lines: tuple[Line, ...]
    """Metrics that either of them has."""
    steps: tuple[int, int]
    """Valid steps of A and of B."""
    warnings: tuple[str, ...]
    """What to bear in mind, in words."""
    missing: str
    """Why other metrics are not there; may be empty."""


def compare(table: StepTable, a: BoutSpan, b: BoutSpan, missing: Mapping[str, str]) -> Comparison:
    """Put two bouts next to each other.

    Args:
        table: Rows of the session.
        a: One stretch.
        b: The other.
        missing: `Source.missing`.

    Returns:
        Numbers and words.
    """
    rows = span_table(table, a), span_table(table, b)
    means_a, means_b = (summarise(part) for part in rows)
    lines = tuple(_line(column, means_a.get(column), means_b.get(column)) for column in COLUMNS
                  if column in means_a or column in means_b)  # fmt: skip
    there = {line.column for line in lines}
    empty = [column for column in COLUMNS if column not in there] if table.rows else []
    valid_a, valid_b = (int(part["valid"].sum()) for part in rows)
    shared = int((in_span(table, a) & in_span(table, b)).sum())
    warnings = (_speed_words(means_a, means_b) if valid_a and valid_b else "", _shared_words(shared))
    return Comparison(lines, (valid_a, valid_b), tuple(filter(None, warnings)), _missing_words(empty, missing))


def _line(column: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> Line:
    unit = unit_of(column)
    there = [values for values in (a, b) if values is not None]
    decimals = max(decimals_for(max(abs(values["mean"]), values["sd"] or 0.0), unit) for values in there)
    difference = "–"
    if a is not None and b is not None:
        apart = round(b["mean"] - a["mean"], decimals)
        difference = ("+" if apart > 0 else "−" if apart < 0 else "") + number(abs(apart), decimals)
    label = f"{label_of(column)}, {unit}" if unit else label_of(column)
    return Line(column, label, _cell(a, decimals), _cell(b, decimals), difference)


def _cell(values: Mapping[str, Any] | None, decimals: int) -> Cell:
    if values is None:
        return Cell("–", "–", "0")
    return Cell(number(values["mean"], decimals), number(values["sd"], decimals), f"{values['n']:,}")


def _speed_words(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """Whether both ran at one speed; nothing if they did."""
    if SPEED not in a or SPEED not in b:
        return UNKNOWN_SPEED
    first, second = a[SPEED]["mean"], b[SPEED]["mean"]
    share = (second - first) / first if first > 0 else np.inf * (second - first)
    if not abs(share) > SPEED_SHARE:
        return ""
    by = f": B is {number(abs(100 * share), 1)} % {'faster' if share > 0 else 'slower'}" if np.isfinite(share) else ""
    return f"Belt speed differs: A {number(first, 2)} m/s, B {number(second, 2)} m/s{by}. {FASTER}"


def _shared_words(shared: int) -> str:
    return f"A and B share {count(shared, 'step')}." if shared else ""


def _missing_words(columns: list[str], missing: Mapping[str, str]) -> str:
    """Metrics without a value by reason, as sentences."""
    reasons: dict[str, list[str]] = {}
    for column in columns:
        reasons.setdefault(missing.get(column, "no valid step of these has one"), []).append(within(label_of(column)))
    return " ".join(f"No {', '.join(labels)}: {reason}." for reason, labels in reasons.items())


def feet(table: StepTable, bouts: tuple[BoutSpan, BoutSpan]) -> tuple[str, ...]:
    """Which feet the bouts have: left and right if any step's side is known, else one plot for all.

    Args:
        table: Rows of the session.
        bouts: A and B.

    Returns:
        ("L", "R") or ("?",).
    """
    rows = in_span(table, bouts[0]) | in_span(table, bouts[1])
    known = np.isin(table["side"][rows], ("L", "R")).any() or not rows.any()
    return ("L", "R") if known else ("?",)


def curve_steps(table: StepTable, bout: BoutSpan, side: str, most: int = MOST_CURVES) -> Ints:
    """Choose the steps whose curves are drawn: valid, running if anybody runs, spread evenly over the bout.

    Args:
        table: Rows of the session.
        bout: The stretch.
        side: L, R or ?.
        most: Most steps.

    Returns:
        Their numbers, ascending.
    """
    chosen = in_span(table, bout) & table["valid"] & (table["side"] == side)
    running = chosen & (table["gait"] == "run")
    steps: Ints = table["step"][running if running.any() else chosen]
    if steps.size <= most:
        return steps
    return steps[np.round(np.linspace(0, steps.size - 1, most)).astype(np.int64)]
