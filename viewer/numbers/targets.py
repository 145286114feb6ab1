"""Targets: bands that somebody chose for a metric. They are never judged, only shown."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from daq.nearest import nearest
from viewer.errors import ViewerError
from viewer.numbers.chosen_steps import MINUTE_S, Columns
from viewer.numbers.trends import OFFERED, decimals_of
from viewer.report.words import count, number, printable

FILE_NAME = "targets.toml"
FORMAT = 1
BASELINE_STEPS = 25
"""Fewest valid steps of an own baseline (Oliveira & Pirscoveanu 2021)."""
_KEYS = ("low", "high", "note")
_HINT = "Write for example: [cadence_spm], and below it: low = 170 and high = 180."


@dataclass(frozen=True)
class Target:
    """A band for a metric, chosen by whoever coaches or runs."""

    column: str
    """The metric."""
    low: float | None = None
    """Not below this; None for no lower limit."""
    high: float | None = None
    """Not above this; None for no upper limit."""
    note: str = ""
    """Where it comes from, such as "+5 % of 172.1"."""

    def verdict(self, value: float | None) -> str:
        """Where a number lies, as it is shown: "above target", "below target", or empty inside and without a number."""
        if value is None:
            return ""
        value = round(value, decimals_of(self.column))
        if self.high is not None and value > self.high:
            return "above target"
        return "below target" if self.low is not None and value < self.low else ""

    def text(self) -> str:
        """The band in a few characters: "170–180", "≤ 0.24", "≥ 175"."""
        low, high = (_limit(limit) for limit in (self.low, self.high))
        if low and high:
            return f"{low}–{high}" if not high.startswith("−") else f"{low} to {high}"
        return f"≥ {low}" if low else f"≤ {high}"


Targets = dict[str, Target]
"""Targets by column."""


@dataclass(frozen=True)
class Baseline:
    """A runner's own mean, to set a target from."""

    value: float | None
    """Mean over the last minute; None if there were too few steps."""
    steps: int
    """Valid steps of that minute that have the number."""

    @property
    def text(self) -> str:
        """What is missing; empty if it can be used."""
        lacking = BASELINE_STEPS - self.steps
        return f"{count(lacking, 'more valid step')} needed" if lacking > 0 else ""


@dataclass(frozen=True)
class Suggestion:
    """A target relative to the own baseline."""

    label: str
    """Words on the button: "+5 %"."""
    low: float | None
    """Lower limit over baseline."""
    high: float | None
    """Upper limit over baseline."""

    def of(self, column: str, baseline: float) -> Target:
        """The target for this baseline, limits rounded to one decimal more than is shown."""
        decimals = decimals_of(column) + 1
        low, high = (None if part is None else round(part * baseline, decimals) for part in (self.low, self.high))
        return Target(column, low, high, f"{self.label} of {number(baseline, decimals)}, own baseline")


_CADENCE = tuple(Suggestion(f"+{part:g} %", 1 + part / 100 - 0.0125, 1 + part / 100 + 0.0125) for part in (5, 7.5, 10))
_IMPACT = tuple(Suggestion(f"−{part} %", None, 1 - part / 100) for part in (20, 30))
SUGGESTIONS = {"cadence_spm": _CADENCE, "hf_peak_BW": _IMPACT, "vilr_BW_s": _IMPACT}
SOURCES = (
    "Cadence: above the preferred step rate the energy absorbed at the knee, the braking impulse and the body's "
    "rise and fall become smaller (Heiderscheit et al. 2011). The band's width, ± 1.25 %, is this software's.",
    "Impact: runners who saw their tibial shock lowered loading rates by about 30 % and the impact peak by about 20 %, "
    "and kept it for a month (Crowell & Davis 2011); two weeks of visual feedback lowered the loading rate of novices "
    "at 8 and 12 km/h (Chan et al. 2018). An upper limit of −20 or −30 % follows them.",
)
"""Where the suggestions come from."""


def baseline(table: Columns, column: str, now_s: float) -> Baseline:
    """Take the mean of the last minute.

    Args:
        table: Rows that are over, in order of touchdown.
        column: The metric.
        now_s: End of the minute, s.

    Returns:
        The mean, if there were enough valid steps.
    """
    near = slice(int(np.searchsorted(table["touchdown_s"], now_s - MINUTE_S)), None)
    values = table[column][near][table["valid"][near]]
    values = values[np.isfinite(values)]
    return Baseline(float(values.mean()) if values.size >= BASELINE_STEPS else None, values.size)


def load_targets(path: Path) -> Targets:
    """Read a file of targets.

    Args:
        path: A TOML file: a table for each column, with low, high and perhaps a note.

    Returns:
        The targets.

    Raises:
        ViewerError: It cannot be read, or something in it is not a target.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ViewerError(str(path), expected="a file of targets", seen=str(error.strerror)) from error
    except (ValueError, RecursionError) as error:
        raise ViewerError(str(path), expected="a TOML file of targets", seen=str(error), next_step=_HINT) from error
    version = data.pop("format", FORMAT)
    if version != FORMAT or isinstance(version, bool):
        raise ViewerError(f"{path}, format", expected=f"format = {FORMAT}", seen=repr(version))
    return {column: _target(f"{path}, {column}", column, table) for column, table in data.items()}


def save_targets(path: Path, targets: Mapping[str, Target]) -> None:
    """Write a file of targets; the old one stays if that fails.

    Args:
        path: The file.
        targets: What it shall hold.

    Raises:
        ViewerError: It cannot be written.
    """
    lines = ["# Targets for stance, chosen by you.", f"format = {FORMAT}"]
    for target in targets.values():
        limits = {"low": target.low, "high": target.high}
        lines += ["", f"[{target.column}]", *(f"{k} = {float(v)!r}" for k, v in limits.items() if v is not None)]
        lines += [f"note = {json.dumps(printable(target.note), ensure_ascii=False)}"] if target.note else []
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text("\n".join([*lines, ""]), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise ViewerError(str(path), expected="a file that can be written", seen=str(error.strerror)) from error


def check_band(where: str, low: float | None, high: float | None) -> None:
    """Refuse limits that are no band.

    Args:
        where: What they are the limits of.
        low: Lower limit, or None.
        high: Upper limit, or None.

    Raises:
        ViewerError: There is none, or the lower one is not below the upper one.
    """
    if low is None and high is None:
        raise ViewerError(where, expected="low, high, or both", seen="neither", next_step=_HINT)
    if low is not None and high is not None and low >= high:
        raise ViewerError(where, expected="low below high", seen=f"low {low:g}, high {high:g}")


def _target(where: str, column: str, table: Any) -> Target:
    """One table of the file."""
    if column not in OFFERED:
        meant = nearest(column, OFFERED)
        raise ViewerError(where, expected="a metric that can be shown large", seen=column,
                          next_step=f"Did you mean {meant}?" if meant else "")  # fmt: skip
    if not isinstance(table, dict):
        raise ViewerError(where, expected=f"a table [{column}]", seen=repr(table), next_step=_HINT)
    for key in table:
        if key not in _KEYS:
            meant = nearest(key, _KEYS)
            raise ViewerError(f"{where}.{key}", expected="low, high or note", seen=key,
                              next_step=f"Did you mean {meant}?" if meant else "")  # fmt: skip
    low, high = (_number(f"{where}.{key}", table.get(key)) for key in ("low", "high"))
    check_band(where, low, high)
    note = table.get("note", "")
    if not isinstance(note, str):
        raise ViewerError(f"{where}.note", expected="a text", seen=repr(note))
    return Target(column, low, high, note)


def _number(where: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ViewerError(where, expected="a number", seen=repr(value))
    return float(value)


def _limit(limit: float | None) -> str:
    """A limit with as many decimals as it needs."""
    return "" if limit is None else f"{limit:.5f}".rstrip("0").rstrip(".").replace("-", "−")
