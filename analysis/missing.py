"""Why a column is empty: what the sensors cannot see, and what was not said of the runner or the rig."""

from collections.abc import Callable, Mapping

import numpy as np

from analysis.setup import Setup
from analysis.steps import COLUMNS, StepTable

Need = Callable[[Setup], bool]
"""Whether a setup has what is needed."""


def _sees(component: str) -> Need:
    return lambda setup: any(component in belt.observable for belt in setup.belts)


def _known(name: str) -> Need:
    return lambda setup: getattr(setup.runner, name) is not None


def _has_evidence(setup: Setup) -> bool:
    return _sees("Fx")(setup) or (_known("belt_speed_m_s")(setup) and _known("leg_m")(setup))


def _one_belt(setup: Setup) -> bool:
    return len(setup.belts) == 1


def _never(setup: Setup) -> bool:  # noqa: ARG001 – asked like the others
    return False


NEEDS: Mapping[str, tuple[Need, str]] = {
    "fore-aft": (_sees("Fx"), "this rig's sensors do not measure fore-aft force"),
    "vertical only": (lambda setup: not _sees("Fx")(setup), "fore-aft force is measured, so nothing is modelled"),
    "evidence": (
        _has_evidence,
        "no cells feel force along the belt, and for a model speed or leg length is not known",
    ),
    "one belt": (_one_belt, "the feet are on two belts"),
    "lateral COP": (_sees("Mx"), "this rig's sensors do not show the sideways centre of pressure"),
    "COP": (_sees("My"), "this rig's sensors do not show the fore-aft centre of pressure"),
    "speed": (_known("belt_speed_m_s"), "belt speed is not known: give --belt-speed, or fit a belt sensor"),
    "belt sensor": (_never, "no belt sensor measured the speed"),
    "leg": (_known("leg_m"), "leg length is not known: give --leg-length or --stature"),
    "stature": (_known("stature_m"), "body height is not known: give --stature"),
    "registration": (_known("registration"), "the foot is not registered: stance register"),
    "two-mass": (lambda setup: setup.two_mass, "the two-mass fit was switched off"),
}
"""Name of a need, how to tell it, and what to say."""

_TWO_MASS = dict.fromkeys([c.name for c in COLUMNS if "two_mass" in c.name], ("two-mass",))
_BRAKING = dict.fromkeys([c.name for c in COLUMNS if c.name.startswith(("braking_", "propulsive_"))], ("fore-aft",))
_SPATIAL = ("COP", "speed")
_REGISTERED = (*_SPATIAL, "registration")
NEEDED_BY: Mapping[str, tuple[str, ...]] = {
    **_TWO_MASS,
    **_BRAKING,
    "net_fore_aft_impulse_BW_s": ("fore-aft",),
    "zero_crossing_pct": ("fore-aft",),
    "force_angle_deg": ("fore-aft",),
    "braking_evidence": ("evidence",),
    "modelled_braking_peak_BW": ("vertical only", "speed", "leg"),
    "modelled_braking_impulse_BW_s": ("vertical only", "speed", "leg"),
    "step_length_m": ("speed",),
    "step_length_cop_m": _SPATIAL,
    "step_width_mm": ("one belt", "lateral COP"),
    "cop_y_mm": ("lateral COP",),
    "vertical_ratio_pct": ("speed",),
    "k_leg_kN_m": ("speed", "leg"),
    "morin_k_leg_kN_m": ("speed", "leg"),
    "cop_travel_mm": _SPATIAL,
    "u_cop_travel_mm": _SPATIAL,
    "strike_to_ball_mm": _SPATIAL,
    "u_strike_to_ball_mm": _SPATIAL,
    "belt_speed_m_s": ("speed",),
    "belt_dip_pct": ("belt sensor",),
    "strike_index": _REGISTERED,
    "u_strike_index": _REGISTERED,
    "heel_load_pct": _REGISTERED,
    "midfoot_load_pct": _REGISTERED,
    "forefoot_load_pct": _REGISTERED,
    "foot_strike": _SPATIAL,
    "foot_strike_p": _SPATIAL,
    "rearfoot_p": _SPATIAL,
    "cop_advance_mm": _SPATIAL,
    "u_cop_advance_mm": _SPATIAL,
    "mid_support_distance_m": ("speed",),
    "touchdown_ahead_mm": ("fore-aft", "COP"),
    "fall_angle_toe_off_deg": ("fore-aft", "COP", "stature"),
    "fall_angle_unweighting_deg": ("fore-aft", "COP", "stature"),
}
"""What each column needs besides the vertical force."""


STRIDES = (
    "duty_factor", "step_length_cop_m", "step_width_mm", "vertical_oscillation_mm", "vertical_ratio_pct",
    "com_fall_contact_mm", "com_rise_flight_mm", "lowest_time_ms", "k_vert_kN_m", "k_leg_kN_m", "touchdown_ahead_mm",
    "fall_angle_toe_off_deg", "fall_angle_unweighting_deg",
)  # fmt: skip
"""Columns that need the next step too."""
WALKED = ("duty_factor", "step_length_m", "step_length_cop_m", "vertical_oscillation_mm", "vertical_ratio_pct")
"""Columns that walking steps may have."""


def missing(table: StepTable, setup: Setup, gated: Mapping[str, str], *, measured_speed: bool) -> dict[str, str]:
    """Say why columns without any value are empty.

    Args:
        table: Steps of a session.
        setup: Rig and runner.
        gated: Columns that this rig must not print, with the reason.
        measured_speed: Whether a belt sensor gave the speed.

    Returns:
        Column → reason, for every column that is null throughout; without steps empty, unless there can be none.
    """
    if not table.rows:
        return dict(gated) if setup.static_only else {}
    out = {}
    for column in COLUMNS:
        values = table[column.name]
        empty = (column.kind == "float" and np.isnan(values).all()) or (column.kind == "text" and (values == "").all())
        if empty and column.name != "belt":
            reason = gated.get(column.name) or _need(column.name, setup, measured_speed)
            out[column.name] = reason or _otherwise(column.name, table)
    return out


def _need(column: str, setup: Setup, measured_speed: bool) -> str:
    """What is lacking; empty if nothing is."""
    for need in NEEDED_BY.get(column, ()):
        has, words = NEEDS[need]
        if not has(setup) and not (need in ("speed", "belt sensor") and measured_speed):
            return words
    return ""


def _otherwise(column: str, table: StepTable) -> str:
    """Why no step has a value although nothing is lacking."""
    walking = (table["gait"] == "walk").all()
    if walking and column not in WALKED:
        return "only walking was seen, and it is told of running steps alone"
    if column in STRIDES:
        return "it needs two whole steps in a row, undisturbed by gaps, and there were none"
    if column.startswith(("hf_", "u_hf_")):
        return "every step lies within 0.2 s of a gap or of the record's ends"
    return "no step of this session has one"
