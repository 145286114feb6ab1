"""The numbers that are shown large, and how they went: means over rows of the step table, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.numbers.chosen_steps import LAST_MINUTE, MINUTE_S, SIDES, Chosen, Columns, choose_steps
from viewer.report.labels import HEADINGS, MAIN, MODELLED
from viewer.report.words import label_of, number, unit_of, within

COUNTS = (4, 10, 20, LAST_MINUTE)
"""How many steps of a foot a number may stand for."""
_MORE = {
    "belt_speed_m_s", "duty_factor", "step_width_mm", "vertical_ratio_pct", "average_force_BW", "impulse_50ms_BW_s",
    "two_mass_J1_BW_s", "two_mass_rate_BW_s", "vilr_BW_s", "unloading_rate_BW_s", "braking_peak_after50_BW",
    "net_fore_aft_impulse_BW_s", "cop_advance_mm", "strike_index", "heel_load_pct", "midfoot_load_pct",
    "forefoot_load_pct", "k_leg_kN_m", "touchdown_ahead_mm", "late_unweighting_ms",
}  # fmt: skip
CHOICES = {
    heading.title: tuple(c for c in heading.columns if c in _MORE or c in MAIN)
    for heading in HEADINGS
    if not heading.modelled
}
"""Columns that can be shown large, under the report's headings; what is modelled never stands for a measurement."""
OFFERED = frozenset(column for columns in CHOICES.values() for column in columns)
_IMPACT = next(heading.columns for heading in HEADINGS if "hf_peak_BW" in heading.columns)
_DECIMALS = {"ms": 0, "steps/min": 0, "mm": 0, "N": 0, "%": 1, "°": 1, "BW/s": 1, "kN/m": 1, "BW": 2, "m": 2, "m/s": 2}
_FINE = {"vertical_impulse_BW_s": 3}
_KEYS = ("side", "valid", "touchdown_s", "toe_off_s", "step")


def name_of(column: str) -> str:
    """Name of a metric, as the report has it; an impact metric says that it is one."""
    label = label_of(column)
    return label if column not in _IMPACT or "impact" in label.lower() else f"Impact: {within(label)}"


def decimals_of(column: str) -> int:
    """Decimals of a large number: fixed for a column, so that it does not jump."""
    unit = unit_of(column)
    return _FINE.get(column, _DECIMALS.get(unit, 4 if unit == "BW·s" else 2))


def shown(column: str, value: float | None) -> str:
    """A number as it is shown large, without its unit; a dash for null."""
    return number(value, decimals_of(column))


def cut(table: Columns, rows: int, column: str) -> dict[str, NDArray[Any]]:
    """The rows that are over, of the columns that are needed here; nothing is copied.

    Args:
        table: Rows in order of touchdown.
        rows: How many of them.
        column: The metric.

    Returns:
        Views of the metric, its uncertainty and what tells steps apart.
    """
    names = (column, f"u_{column}", *_KEYS)
    return {name: table[name][:rows] for name in names if name in table}


def latest(table: Columns, column: str, side: str, count: int) -> float | None:
    """Mean of a metric over the last valid steps: every large number is one of these.

    Args:
        table: Rows in order of touchdown.
        column: The metric.
        side: "L" or "R"; "" for the mean of both feet, or of all steps where feet are not told apart.
        count: How many steps of a foot, or `LAST_MINUTE`; see `choose_steps`. Of these, the ones that have the number
            are taken; nobody looks further back for more.

    Returns:
        The mean, or None if none of these steps has the number.
    """
    chosen = choose_steps(table, count)
    return _mean(table[column][chosen.of(side)]) if side else _mean_of_feet(table[column], chosen)


@dataclass(frozen=True)
class Reading:
    """What a metric is now; all of it from the same rows."""

    column: str
    """The metric."""
    value: float | None
    """Mean of both feet, each counting the same; of all steps where feet are not told apart."""
    left: float | None
    """Mean of the left foot."""
    right: float | None
    """Mean of the right foot."""
    uncertainty: float | None
    """Standard uncertainty of one step's number, where the table has it."""
    averaged: tuple[int, ...]
    """Steps that have the number: left and right, or all of them where feet are not told apart."""
    looked_at: tuple[int, ...]
    """Valid steps that were looked at, likewise."""
    ended_s: float
    """End of the newest of these contacts; NaN if there is none."""

    @property
    def told(self) -> bool:
        """Whether left and right are told apart."""
        return len(self.looked_at) == len(SIDES)

    @property
    def used(self) -> int:
        """Steps of both feet that have the number."""
        return sum(self.averaged)

    @property
    def steps(self) -> int:
        """Valid steps of both feet that were looked at."""
        return sum(self.looked_at)

    def side(self, side: str) -> float | None:
        """Mean of a foot, "L" or "R", or of both, ""."""
        return {"L": self.left, "R": self.right}.get(side, self.value)


def read(table: Columns, column: str, count: int) -> Reading:
    """Take a metric's newest means.

    Args:
        table: Rows in order of touchdown.
        column: The metric.
        count: As for `latest`.

    Returns:
        The means, and of how many steps.
    """
    chosen, values = choose_steps(table, count), table[column]
    left, right = (_mean(values[chosen.of(side)]) for side in SIDES)
    doubt, newest = f"u_{column}", chosen.newest
    return Reading(
        column, _mean_of_feet(values, chosen), left, right,
        uncertainty=_mean_of_feet(table[doubt], chosen) if doubt in table else None,
        averaged=tuple(int(np.isfinite(values[rows]).sum()) for rows in chosen.groups),
        looked_at=tuple(rows.size for rows in chosen.groups),
        ended_s=float("nan") if newest is None else float(table["toe_off_s"][newest]),
    )  # fmt: skip


def why_empty(reading: Reading, missing: Mapping[str, str], awaited: str = "no valid step yet") -> str:
    """Why there is no number.

    Args:
        reading: One without a value.
        missing: Reasons by column.
        awaited: What the first step waits for.

    Returns:
        A few words.
    """
    if reading.column in MODELLED:
        return "modelled, not measured"
    if reading.column in missing:
        return missing[reading.column]
    return f"none in the last {reading.steps} steps" if reading.steps else awaited


@dataclass(frozen=True)
class Trend:
    """How a metric of one foot went."""

    side: str
    """"L", "R", or "?" where feet are not told apart."""
    time_s: NDArray[np.float64]
    """(n,) touchdowns of valid steps."""
    value: NDArray[np.float64]
    """(n,) the metric, NaN where a step has none."""
    mean: NDArray[np.float64]
    """(n,) mean of the last steps up to this one, as many as `latest` takes."""
    step: NDArray[np.int64]
    """(n,) numbers of the steps."""


def trends(table: Columns, column: str, since_s: float, count: int) -> tuple[Trend, ...]:
    """The course of a metric, foot by foot.

    Args:
        table: Rows in order of touchdown.
        column: The metric.
        since_s: Beginning, s.
        count: As for `latest`.

    Returns:
        One for each foot that has valid steps; one of all of them where feet are not told apart now.
    """
    # Enough rows before the beginning that the first means are whole.
    first = int(np.searchsorted(table["touchdown_s"], since_s - MINUTE_S)) - 4 * max(count, 1)
    rows = slice(max(0, first), None)
    valid, side = table["valid"][rows], table["side"][rows]
    if choose_steps(table, count).told:
        found = [_trend(table, column, rows, foot, valid & (side == foot), since_s, count) for foot in SIDES]
    else:
        found = [_trend(table, column, rows, "?", valid, since_s, 2 * count)]
    return tuple(trend for trend in found if trend.time_s.size)


def _trend(
    table: Columns, column: str, rows: slice, side: str, chosen: NDArray[np.bool_], since_s: float, count: int
) -> Trend:
    """Of the chosen ones of these rows."""
    time_s, value, step = (table[name][rows][chosen] for name in ("touchdown_s", column, "step"))
    mean = _running(time_s, value, count)
    shown_from = int(np.searchsorted(time_s, since_s))
    return Trend(side, time_s[shown_from:], value[shown_from:], mean[shown_from:], step[shown_from:])


def _running(time_s: NDArray[np.float64], value: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """(n,) mean of the numbers among the last steps up to each."""
    finite = np.isfinite(value)
    total = np.concatenate([[0.0], np.cumsum(np.where(finite, value, 0.0))])
    have = np.concatenate([[0], np.cumsum(finite)])
    end = np.arange(1, value.size + 1)
    begin = np.maximum(0, end - count) if count else np.searchsorted(time_s, time_s - MINUTE_S)
    n = have[end] - have[begin]
    return np.where(n > 0, (total[end] - total[begin]) / np.maximum(n, 1), np.nan)


def _mean(values: NDArray[Any]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


def _mean_of_feet(values: NDArray[Any], chosen: Chosen) -> float | None:
    """Mean of the feet's means: both count the same, however many steps each has."""
    means = [mean for rows in chosen.groups if (mean := _mean(values[rows])) is not None]
    return sum(means) / len(means) if means else None
