"""Acute load: what the feet took in a session and in a week, added up and described.

No verdict: no threshold of harm is known for any of these sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from analysis.steps import StepTable

RUN, WALK = "run", "walk"
MEASURED, SET = "measured", "set"
FEET = ("L", "R", "?")
SUMMED = ("contacts", "impacts", "impulse_BW_s", "km")
"""What is compared from week to week."""
VALR = "valr_BW_s"


@dataclass(frozen=True)
class Load:
    """What one session, or one week, added up to; running only, but for the two walking sums."""

    contacts: int
    """Contacts of the feet, those of steps that are not valid included."""
    left_out: int
    """Contacts among them whose force is not in the sums, because the step is not valid."""
    impacts: int | None
    """Contacts with an impact; None if nothing can be said of it."""
    impacts_unclear: int
    """Contacts of which it is not clear, those left out included."""
    impulse_BW_s: Mapping[str, float]
    """Foot (L, R, ? if it is not known) → sum of the vertical impulse, body weights times s."""
    impulse_kN_s: Mapping[str, float] | None
    """The same in kN·s; None if body weight is not known."""
    valr_sum_BW_s: float
    """Σ of the loading rate over the contacts that have one and a length …"""
    valr_km: float
    """… and the way of those contacts, km."""
    km: float | None
    """Belt travel under running steps; None if no speed is known."""
    km_source: str | None
    """"measured" by the belt's sensor, or "set": the speed given, times time."""
    running_s: float
    """Time of running."""
    walking_contacts: int
    """Contacts of walking, in none of the sums above."""
    walking_km: float | None
    """Belt travel under walking steps."""
    doubt: Mapping[str, str]
    """"impacts", "impulse", "valr" → why it is in doubt."""

    @property
    def valr_per_km(self) -> float | None:
        """Σ VALR per km, BW/s per km; None where it is in doubt or cannot be told."""
        known = self.valr_km > 0.0 and "valr" not in self.doubt
        return self.valr_sum_BW_s / self.valr_km if known else None

    @property
    def total_BW_s(self) -> float:
        """Vertical impulse of all feet, BW·s."""
        return float(sum(self.impulse_BW_s.values()))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return own | {
            "impulse_BW_s": dict(self.impulse_BW_s),
            "impulse_kN_s": None if self.impulse_kN_s is None else dict(self.impulse_kN_s),
            "valr_per_km": self.valr_per_km,
            "doubt": dict(self.doubt),
        }


@dataclass(frozen=True)
class Week:
    """Monday to Sunday."""

    monday: int
    """Day number of its Monday, as `date.toordinal` counts."""
    sessions: int
    """Sessions in it."""
    load: Load
    """Their sum."""
    ratio: Mapping[str, float | None]
    """`SUMMED` → this week ÷ the week before; None where either is zero or not known."""


def session_load(table: StepTable, bw_N: float | None, doubtful: Mapping[str, str]) -> Load:
    """Add up the load of a session.

    Args:
        table: All its steps.
        bw_N: Body weight, N.
        doubtful: Columns in doubt, and why.

    Returns:
        The load.
    """
    run, walk = table["gait"] == RUN, table["gait"] == WALK
    sound = run & table["valid"] & ~np.isnan(table["vertical_impulse_BW_s"])
    classes = table["impact_class"][sound]
    told = bool(((classes == "impact") | (classes == "none")).any())
    impulse = _by_foot(table, sound)
    rates = sound & ~np.isnan(table[VALR] + table["step_length_m"])
    measured = bool((~np.isnan(table["belt_dip_pct"])).any())
    km = _km(table, run)
    return Load(
        contacts=int(run.sum()),
        left_out=int(run.sum() - sound.sum()),
        impacts=int((classes == "impact").sum()) if told else None,
        impacts_unclear=int(run.sum() - np.isin(classes, ("impact", "none")).sum()),
        impulse_BW_s=impulse,
        impulse_kN_s=None if bw_N is None else {foot: 1e-3 * bw_N * value for foot, value in impulse.items()},
        valr_sum_BW_s=float(table[VALR][rates].sum()),
        valr_km=1e-3 * float(table["step_length_m"][rates].sum()),
        km=km,
        km_source=None if km is None else MEASURED if measured else SET,
        running_s=1e-3 * float(np.nansum(table["step_time_ms"][run])),
        walking_contacts=int(walk.sum()),
        walking_km=_km(table, walk),
        doubt=_doubt(doubtful),
    )


def _by_foot(table: StepTable, sound: Any) -> dict[str, float]:
    impulse, side = table["vertical_impulse_BW_s"], np.where(table["side"] == "", "?", table["side"])
    found = {foot: float(impulse[sound & (side == foot)].sum()) for foot in FEET if (sound & (side == foot)).any()}
    return found or {"?": 0.0}


def _km(table: StepTable, mine: Any) -> float | None:
    """Belt travel from touchdown to touchdown; None if no step knows it."""
    way = table["step_length_m"][mine]
    if not mine.any():
        return 0.0
    return None if np.isnan(way).all() else 1e-3 * float(np.nansum(way))


def _doubt(doubtful: Mapping[str, str]) -> dict[str, str]:
    columns = {"impacts": "impact_class", "impulse": "vertical_impulse_BW_s", "valr": VALR}
    return {what: doubtful[column] for what, column in columns.items() if column in doubtful}


def total(loads: Sequence[Load]) -> Load:
    """Add up loads.

    Args:
        loads: Of sessions; one at least.

    Returns:
        Their sum; None where one of them is not known.
    """
    feet = [foot for foot in FEET if any(foot in load.impulse_BW_s for load in loads)]
    kilos = [load.impulse_kN_s for load in loads]
    known = [one for one in kilos if one is not None]
    sources = {load.km_source for load in loads if load.km_source is not None}
    return Load(
        contacts=sum(load.contacts for load in loads),
        left_out=sum(load.left_out for load in loads),
        impacts=_sum_known([load.impacts for load in loads]),
        impacts_unclear=sum(load.impacts_unclear for load in loads),
        impulse_BW_s={foot: sum(load.impulse_BW_s.get(foot, 0.0) for load in loads) for foot in feet},
        impulse_kN_s={foot: sum(one.get(foot, 0.0) for one in known) for foot in feet}
        if len(known) == len(kilos) else None,
        valr_sum_BW_s=sum(load.valr_sum_BW_s for load in loads),
        valr_km=sum(load.valr_km for load in loads),
        km=_sum_known([load.km for load in loads]),
        km_source=sources.pop() if len(sources) == 1 else "measured and set" if sources else None,
        running_s=sum(load.running_s for load in loads),
        walking_contacts=sum(load.walking_contacts for load in loads),
        walking_km=_sum_known([load.walking_km for load in loads]),
        doubt={what: why for load in loads for what, why in load.doubt.items()},
    )  # fmt: skip


def _sum_known(values: Sequence[Any]) -> Any:
    return None if any(value is None for value in values) else sum(values)


def weekly(loads: Sequence[Load], days: Sequence[int]) -> list[Week]:
    """Add up the load of every week from the first to the last; a week without a session is nought.

    Args:
        loads: Of sessions.
        days: Day number of each, as `date.toordinal` counts: day 1 is a Monday.

    Returns:
        Weeks in order.
    """
    if not loads:
        return []
    mondays = [day - (day - 1) % 7 for day in days]
    weeks: list[Week] = []
    for monday in range(min(mondays), max(mondays) + 1, 7):
        mine = [load for load, at in zip(loads, mondays, strict=True) if at == monday]
        summed = total(mine) if mine else _NOTHING
        weeks.append(Week(monday, len(mine), summed, _ratios(weeks[-1].load if weeks else None, summed)))
    return weeks


def _ratios(before: Load | None, now: Load) -> dict[str, float | None]:
    return {what: _ratio(None if before is None else _value(before, what), _value(now, what)) for what in SUMMED}


def _value(load: Load, what: str) -> float | None:
    value = load.total_BW_s if what == "impulse_BW_s" else getattr(load, what)
    return None if value is None else float(value)


def _ratio(before: float | None, now: float | None) -> float | None:
    return now / before if before and now else None


_NOTHING = Load(0, 0, 0, 0, {}, {}, 0.0, 0.0, 0.0, None, 0.0, 0, 0.0, {})
