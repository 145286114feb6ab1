"""Rows of a comparison in text, for page and terminal alike."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.comparison import Comparison, Difference
from analysis.comparison_types import HEEL_SHARE, NO_BASELINE, WITHIN
from analysis.comparison_words import known_decimals, name_of, unit_of
from viewer.report.labels import MODELLED
from viewer.report.words import meaning_of, number, within

POSE = (
    HEEL_SHARE, "cadence_spm", "contact_time_ms", "vertical_oscillation_mm", "braking_impulse_BW_s", "hf_peak_BW",
)  # fmt: skip
"""What a teacher of the technique looks at. Of the impact the force above 10 Hz, which every step has: an impact peak
that disappears would leave only the steps that still have one."""
VERDICTS = {NO_BASELINE: "differs (no baseline)", WITHIN: "within own variation"}
"""Verdicts in fewer words, where a table has no room for all of them."""
MEANINGS = {HEEL_SHARE: "share of the steps with a verdict that land on the heel"}


@dataclass(frozen=True)
class Row:
    """One metric of a comparison, in text."""

    metric: str
    """Column of the step table, or "heel_share"."""
    label: str
    """Its name."""
    unit: str
    """Its unit; empty for a ratio."""
    meaning: str
    """One line of explanation."""
    before: str
    """Mean before."""
    after: str
    """Mean after."""
    difference: str
    """After − before, with its sign."""
    percent: str
    """The same in per cent of before, with its sign; empty where that says nothing."""
    interval: str
    """Its 95 % interval; a dash if there is none."""
    mdc: str
    """Minimal detectable change; a dash without a baseline."""
    verdict: str
    """What may be claimed."""
    steps: str
    """Steps with a value, before and after."""
    primary: bool
    """Whether it was declared beforehand."""
    doubt: str
    """Why it is greyed out or not compared; empty if it is neither."""


def rows_of(comparison: Comparison) -> list[Row]:
    """Every metric that could be compared, the primary one on top.

    Args:
        comparison: What was found.

    Returns:
        Rows; metrics that are only modelled are never among them.
    """
    rows = [_row(one) for one in comparison.differences.values() if one.metric not in MODELLED]
    return sorted(rows, key=lambda row: not row.primary)


def pose_rows(comparison: Comparison, rows: list[Row]) -> list[Row]:
    """The Pose measures, in their order; one that could not be compared says why.

    Args:
        comparison: What was found.
        rows: Of `rows_of`.

    Returns:
        As many rows as there are measures.
    """
    known = {row.metric: row for row in rows}
    return [known.get(metric) or _empty(metric, comparison.not_compared.get(metric, "not measured")) for metric in POSE]


def scale_of(metric: str) -> float:
    """What values are multiplied by to be shown: shares are told in per cent."""
    return 100.0 if metric == HEEL_SHARE else 1.0


def signed(value: float, decimals: int) -> str:
    """A difference with its sign; one that rounds to nothing has none."""
    rounded = round(value, decimals)
    return ("+" if rounded > 0 else "−" if rounded < 0 else "") + number(abs(rounded), decimals)


def spelled(text: str, metrics: Iterable[str]) -> str:
    """A sentence with the names of metrics as people say them.

    Args:
        text: In which they stand as columns are called.
        metrics: Those that may stand there.

    Returns:
        The sentence.
    """
    known = sorted(metrics, key=len, reverse=True)
    if not known:
        return text
    pattern = rf"\b({'|'.join(map(re.escape, known))})\b"
    said = re.sub(pattern, lambda found: within(name_of(found[0])), text)
    return said[:1].upper() + said[1:]


def _row(one: Difference) -> Row:
    scale, unit = scale_of(one.metric), unit_of(one.metric)
    decimals = known_decimals(one)
    return Row(
        metric=one.metric,
        label=name_of(one.metric),
        unit=unit,
        meaning=MEANINGS.get(one.metric) or meaning_of(one.metric),
        before=number(one.before * scale, decimals),
        after=number(one.after * scale, decimals),
        difference=signed(one.difference * scale, decimals),
        percent="" if one.percent is None else f"{signed(one.percent, 1)} %",
        interval=_interval(one, scale, decimals),
        mdc="–" if one.mdc is None else _size(one.mdc * scale, decimals),
        verdict=VERDICTS.get(one.verdict, one.verdict),
        steps=f"{one.steps[0]:,} / {one.steps[1]:,}",
        primary=one.primary,
        doubt=one.doubt,
    )


def _interval(one: Difference, scale: float, decimals: int) -> str:
    if one.low is None or one.high is None:
        return "–"
    low, high = (signed(limit * scale, decimals) for limit in (one.low, one.high))
    return f"{low} ± <{_least(decimals)}" if low == high else f"{low} to {high}"


def _size(value: float, decimals: int) -> str:
    """A size that rounds to nothing is still not nothing."""
    return number(value, decimals) if value >= 0.5 * 10.0**-decimals else f"<{_least(decimals)}"


def _least(decimals: int) -> str:
    """One of the last digit shown."""
    return number(10.0**-decimals, decimals)


def _empty(metric: str, why: str) -> Row:
    label, unit = name_of(metric), unit_of(metric)
    return Row(metric, label, unit, "", "–", "–", "–", "", "–", "–", "not compared", "", primary=False, doubt=why)
