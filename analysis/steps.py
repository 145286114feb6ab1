"""The step table: one row per step, one array per column."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.flags import flag_list


@dataclass(frozen=True)
class Column:
    """What a column of the step table means."""

    name: str
    """Name, with its unit; fixed, because scripts and notebooks depend on it."""
    kind: str
    """"float", "int", "bool", "text" or "flags"; NaN and "" mean null."""
    meaning: str
    """One line for people."""


COLUMNS: tuple[Column, ...] = (
    Column("step", "int", "number of the step in the session, from 1"),
    Column("side", "text", "L, R, or ? where the side is not known"),
    Column("touchdown_s", "float", "device time of touchdown at the reporting threshold"),
    Column("toe_off_s", "float", "device time of toe-off at the reporting threshold"),
    Column("contact_time_ms", "float", "contact (support) time: toe-off − touchdown"),
    Column("flight_time_ms", "float", "next touchdown − toe-off"),
    Column("step_time_ms", "float", "next touchdown − touchdown"),
    Column("cadence_spm", "float", "60 / step time, steps per minute"),
    Column("duty_factor", "float", "contact time / stride time"),
    Column("belt_speed_m_s", "float", "mean belt speed over the step, measured or as given"),
    Column("belt_dip_pct", "float", "how far the belt slows down in contact, % of its mean speed; measured only"),
    Column("step_length_m", "float", "belt travel from touchdown to the next touchdown"),
    Column("step_length_cop_m", "float", "the same plus how much further forward the next foot lands"),
    Column("step_width_mm", "float", "sideways distance of the centres of pressure of this step and the next"),
    Column("contact_time_20N_ms", "float", "contact time at a threshold of 20 N"),
    Column("contact_time_5pctBW_ms", "float", "contact time at a threshold of 5 % of body weight"),
    Column("effective_contact_ms", "float", "time during which the vertical force exceeds body weight"),
    Column("active_peak_N", "float", "active (thrust) peak of the vertical force"),
    Column("active_peak_BW", "float", "active peak in body weights"),
    Column("active_peak_time_ms", "float", "its time after touchdown"),
    Column("impact_peak_BW", "float", "impact peak of the vertical force, null if there is none"),
    Column("impact_peak_time_ms", "float", "its time after touchdown"),
    Column("impact_prominence_BW", "float", "how far it stands out"),
    Column("u_impact_prominence_BW", "float", "standard uncertainty of the prominence, from noise"),
    Column("hf_peak_BW", "float", "largest force above 10 Hz in the first 75 ms"),
    Column("u_hf_peak_BW", "float", "its standard uncertainty, from noise"),
    Column("hf_peak_time_ms", "float", "its time after touchdown"),
    Column("hf_impulse_BW_s", "float", "impulse of the upward force above 10 Hz in the first 75 ms"),
    Column("hf_ratio", "float", "share of the force's energy above 10 Hz in the first quarter of contact"),
    Column("two_mass_J1_BW_s", "float", "impulse of the limb's impact, two-mass fit; null where it is not separable"),
    Column("u_two_mass_J1_BW_s", "float", "its standard uncertainty, from the fit"),
    Column("two_mass_J1_pct", "float", "the same as a share of the vertical impulse"),
    Column("two_mass_dt1_ms", "float", "time from the limb's first touch to the peak of its impact, two-mass fit"),
    Column("u_two_mass_dt1_ms", "float", "its standard uncertainty, from the fit"),
    Column("two_mass_F1_peak_BW", "float", "peak of the limb's impact, two-mass fit"),
    Column("two_mass_rate_BW_s", "float", "rise of the limb's impact: its peak / the time to it"),
    Column("u_two_mass_rate_BW_s", "float", "its standard uncertainty, from the fit"),
    Column("two_mass_begin_ms", "float", "where the fitted curves begin, after touchdown"),
    Column("two_mass_end_ms", "float", "where the fitted curve of the body ends, after touchdown"),
    Column("two_mass_p", "float", "shape of the body's force: exponent of the sine; 2 is a raised cosine"),
    Column("two_mass_s", "float", "place of the body's peak, as a share of contact"),
    Column("two_mass_r2", "float", "share of the force's variance that the two-mass fit explains"),
    Column("shape_class", "text", "impact, none or uncertain by the shape of the curve"),
    Column("hf_class", "text", "the same by the force above 10 Hz"),
    Column("two_mass_class", "text", "the same by the two-mass fit"),
    Column("impact_class", "text", "impact, none or uncertain: the verdict of the three"),
    Column("impact_agreement", "bool", "all estimators that gave an answer gave the same"),
    Column("poi_source", "text", "point of interest of the loading rate: impact_peak, hf_peak or 13pct"),
    Column("valr_BW_s", "float", "average loading rate from 20 to 80 % of the force at the point of interest"),
    Column("valr_25_BW_s", "float", "average loading rate of the first 25 ms"),
    Column("valr_3_12_BW_s", "float", "average loading rate from 3 to 12 % of contact"),
    Column("valr_200N_BW_s", "float", "average loading rate from 200 N to 90 % of the impact peak"),
    Column("vilr_BW_s", "float", "largest loading rate up to the point of interest"),
    Column("unloading_rate_BW_s", "float", "average rate of fall from 80 to 20 % of the active peak"),
    Column("vertical_impulse_BW_s", "float", "∫ Fz dt over contact"),
    Column("average_force_BW", "float", "vertical impulse / contact time"),
    Column("impulse_50ms_BW_s", "float", "∫ Fz dt over the first 50 ms"),
    Column("vertical_oscillation_mm", "float", "highest − lowest height of the centre of mass in the step"),
    Column("vertical_ratio_pct", "float", "vertical oscillation / step length"),
    Column("com_fall_contact_mm", "float", "how far the centre of mass sinks from touchdown to its lowest point"),
    Column("com_rise_flight_mm", "float", "how far it rises after toe-off"),
    Column("lowest_time_ms", "float", "time of the lowest point after touchdown: a proxy of mid-support"),
    Column("k_vert_kN_m", "float", "vertical stiffness: active peak / sinking in contact"),
    Column("k_leg_kN_m", "float", "leg stiffness: active peak / shortening of the leg"),
    Column(
        "morin_peak_BW",
        "float",
        "peak force modelled from times alone (Morin 2005), comparable with wearables only",
    ),
    Column("morin_k_vert_kN_m", "float", "vertical stiffness modelled from times alone, likewise"),
    Column("morin_k_leg_kN_m", "float", "leg stiffness modelled from times alone, likewise"),
    Column("braking_peak_BW", "float", "largest backward force, a positive magnitude"),
    Column("braking_peak_after50_BW", "float", "the same after the first 50 ms"),
    Column("braking_time_ms", "float", "time of the braking peak after touchdown"),
    Column("braking_loading_rate_BW_s", "float", "rate of rise from 20 to 80 % of the first backward peak"),
    Column("braking_impulse_BW_s", "float", "backward impulse, a positive magnitude"),
    Column("propulsive_peak_BW", "float", "largest forward force"),
    Column("propulsive_time_ms", "float", "its time after touchdown"),
    Column("propulsive_impulse_BW_s", "float", "forward impulse"),
    Column("net_fore_aft_impulse_BW_s", "float", "propulsive − braking impulse"),
    Column("zero_crossing_pct", "float", "end of braking, as a share of contact"),
    Column("force_angle_deg", "float", "angle of the force behind the vertical at the braking peak"),
    Column("braking_evidence", "text", "measured; modelled, which fills the modelled columns alone; or null"),
    Column("modelled_braking_peak_BW", "float", "braking peak of a spring-leg model, not measured"),
    Column("modelled_braking_impulse_BW_s", "float", "braking impulse of a spring-leg model, not measured"),
    Column("cop_travel_mm", "float", "belt-frame way of the centre of pressure between 200 N and 200 N"),
    Column("u_cop_travel_mm", "float", "its standard uncertainty"),
    Column("strike_to_ball_mm", "float", "belt-frame way of the centre of pressure from 200 N to the ball of the foot"),
    Column("u_strike_to_ball_mm", "float", "its standard uncertainty"),
    Column("cop_y_mm", "float", "sideways place of the centre of pressure in mid-contact, + left"),
    Column("strike_time_ms", "float", "time after touchdown at which the force reaches 200 N"),
    Column("strike_index", "float", "place of the centre of pressure at 200 N, % of foot length from the heel"),
    Column("u_strike_index", "float", "its standard uncertainty"),
    Column("heel_load_pct", "float", "share of the vertical impulse under the rear third of the foot"),
    Column("midfoot_load_pct", "float", "share under the middle third"),
    Column("forefoot_load_pct", "float", "share under the front third"),
    Column("foot_strike", "text", "rearfoot, midfoot, forefoot or uncertain"),
    Column("foot_strike_p", "float", "probability of that class; for uncertain, that of a rearfoot strike"),
    Column("rearfoot_p", "float", "probability of a rearfoot strike"),
    Column("cop_advance_mm", "float", "belt-frame centre of pressure over 50-80 % of contact before that at touchdown"),
    Column("u_cop_advance_mm", "float", "its standard uncertainty"),
    Column("mid_support_distance_m", "float", "belt travel from touchdown to mid-support"),
    Column("touchdown_ahead_mm", "float", "centre of pressure ahead of the centre of mass at touchdown"),
    Column("fall_angle_toe_off_deg", "float", "lean of the line from foot to centre of mass at toe-off"),
    Column("fall_angle_unweighting_deg", "float", "the same when the force falls below body weight"),
    Column("unloading_time_pct", "float", "time from the active peak to toe-off, as a share of contact"),
    Column("late_unweighting_ms", "float", "time from the force falling below body weight to toe-off"),
    Column("flight_noise_N", "float", "standard deviation of the vertical force in the flight"),
    Column("gait", "text", "run or walk"),
    Column("belt", "text", "belt of a split treadmill, else empty"),
    Column("valid", "bool", "nothing is wrong with this step"),
    Column("flags", "flags", "what is wrong or missing"),
)
NOT_UNCERTAIN = ("touchdown_s", "toe_off_s", "foot_strike_p", "rearfoot_p", "flight_noise_N")
"""Numbers without an uncertainty of their own: labels, probabilities, and noise itself."""
UNCERTAIN: tuple[str, ...] = tuple(
    c.name for c in COLUMNS if c.kind == "float" and not c.name.startswith("u_") and c.name not in NOT_UNCERTAIN
)
"""Columns that have a standard uncertainty."""
_FIXED = {c.name for c in COLUMNS}
U_COLUMNS: tuple[Column, ...] = tuple(
    Column(f"u_{name}", "float", "standard uncertainty of one step's value") for name in UNCERTAIN
    if f"u_{name}" not in _FIXED
)  # fmt: skip
"""Standard uncertainties that stand behind `COLUMNS`; a few that verdicts rest on stand among them."""
ALL_COLUMNS = COLUMNS + U_COLUMNS
"""Every column that a table always has, in order."""
EXTRA = re.compile(r"contact_time_\d+(\.\d+)?(N|pctBW)_ms")
"""Names of the columns that may be added: contact times at other thresholds; the uncertainty of each comes with it."""
_KINDS = {c.name: c.kind for c in ALL_COLUMNS}
_DTYPES: dict[str, Any] = {"float": np.float64, "int": np.int64, "bool": np.bool_, "text": "<U16", "flags": np.uint32}
_NULL = {"float": np.nan, "text": ""}
COLUMN_DTYPES = {c.name: np.dtype(_DTYPES[c.kind]) for c in ALL_COLUMNS}
"""Type of each column."""


class StepTable(Mapping[str, NDArray[Any]]):
    """Columns by name, all of the same length; rows are final and in order of touchdown.

    Behind the fixed columns stand the contact times at other thresholds, if any were asked for, each with its `u_`.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]] | None = None) -> None:
        given = columns if columns is not None else {}
        rows = np.size(given["step"]) if "step" in given else 0
        self._columns = {c.name: _column(given.get(c.name), c, rows) for c in ALL_COLUMNS}
        for name in given:
            if name not in self._columns and EXTRA.fullmatch(name.removeprefix("u_")):
                self._columns[name] = np.asarray(given[name], np.float64)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def rows(self) -> int:
        """Number of steps."""
        return int(self._columns["step"].size)

    @property
    def extra(self) -> tuple[str, ...]:
        """Names of the contact times behind the fixed columns."""
        return tuple(name for name in tuple(self)[len(ALL_COLUMNS) :] if not name.startswith("u_"))

    def select(self, chosen: NDArray[Any]) -> "StepTable":
        """The rows that a mask or an index chooses."""
        return StepTable({name: values[chosen] for name, values in self._columns.items()})

    def records(self) -> list[dict[str, Any]]:
        """Rows as plain dictionaries for JSON: null instead of NaN, infinity or "", flags as a list of names."""
        lists = {
            name: [_plain(v, _KINDS.get(name, "float")) for v in values.tolist()]
            for name, values in self._columns.items()
        }
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]

    def equals(self, other: "StepTable") -> bool:
        """Whether every value is the same, bit for bit."""
        return list(self) == list(other) and all(
            a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
            for a, b in zip(self.values(), other.values(), strict=True)
        )


def _column(values: NDArray[Any] | None, column: Column, rows: int) -> NDArray[Any]:
    """A column as given, or null in every row."""
    dtype = COLUMN_DTYPES[column.name]
    if values is None:
        return np.full(rows, _NULL.get(column.kind, 0), dtype)
    return np.asarray(values, dtype)


def null_like(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """The same column without a value in any row."""
    return np.full_like(values, _NULL.get(_KINDS.get(name, "float"), 0))


def _plain(value: Any, kind: str) -> Any:
    if kind == "flags":
        return flag_list(value)
    if kind == "float":
        return value if math.isfinite(value) else None
    return None if value == "" else value


EMPTY = StepTable()
"""The table without rows; most chunks of a live stream give this one."""


def join_tables(tables: Iterable[StepTable]) -> StepTable:
    """One table of several, in order."""
    parts: Sequence[StepTable] = [t for t in tables if t.rows]
    if len(parts) < 2:
        return parts[0] if parts else EMPTY
    return StepTable({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
