"""Left against right, described and not judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from viewer.report.words import decimals_for, label_of, number, unit_of


@dataclass(frozen=True)
class Difference:
    """One metric, left against right."""

    column: str
    """The metric."""
    label: str
    """Its name for people."""
    unit: str
    """Its unit."""
    left: str
    """Mean over the left steps."""
    right: str
    """Mean over the right steps."""
    index: str
    """Symmetry index, %."""
    interval: str
    """Its 95 % interval, %."""
    words: str
    """What the interval says."""
    doubt: str
    """Why it is in doubt; empty if it is not."""


def differences(
    asymmetry: Mapping[str, Mapping[str, Any]], doubtful: Mapping[str, str] = MappingProxyType({})
) -> list[Difference]:
    """Write the asymmetries out.

    Args:
        asymmetry: As in the results: column → left, right, index_pct, low_pct, high_pct, strides.
        doubtful: Why columns are in doubt.

    Returns:
        One row per metric.
    """
    return [_difference(column, values, doubtful.get(column, "")) for column, values in asymmetry.items()]


def strides_of(asymmetry: Mapping[str, Mapping[str, Any]]) -> int:
    """Strides that the comparison rests on, at most; 0 if there is none."""
    return max((int(values["strides"]) for values in asymmetry.values()), default=0)


def _difference(column: str, values: Mapping[str, Any], doubt: str) -> Difference:
    unit = unit_of(column)
    decimals = max(decimals_for(values[side], unit) for side in ("left", "right"))
    return Difference(
        column=column,
        label=label_of(column),
        unit=unit,
        left=number(values["left"], decimals),
        right=number(values["right"], decimals),
        index=signed(values["index_pct"]),
        interval=f"{signed(values['low_pct'])} to {signed(values['high_pct'])}",
        words=_words(values),
        doubt=doubt,
    )


def signed(percent: float) -> str:
    """A percentage with its sign, which stays when it rounds to zero: it tells on which side of zero it lies."""
    return ("+" if percent > 0 else "−" if percent < 0 else "") + number(abs(percent), 1)


def _words(values: Mapping[str, Any]) -> str:
    if values["low_pct"] <= 0.0 <= values["high_pct"]:
        return "contains 0"
    return "left larger" if values["index_pct"] > 0.0 else "right larger"
