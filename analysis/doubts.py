"""Columns that are printed but greyed out, because a quality light says that they may be off; and why.

What a rig must not print at all is in `analysis.gates`. Here stands what the session itself casts doubt on (metrics,
sections 0, 3 and 9.1): a deck or a rate that is only just good enough, flights too noisy for timing, a weight that does
not close. Doubt changes no number and no step's `valid`.
"""

import math
from collections.abc import Collection, Sequence

from analysis.gates import BRAKING_IMPULSES, BRAKING_PEAKS, IMPACT, IMPACT_Z_HZ, IMPULSES_X_HZ, SHAPE
from analysis.quality import AMBER, RED, Light
from analysis.steps import COLUMNS

TIMING = (
    "contact_time_ms", "contact_time_20N_ms", "contact_time_5pctBW_ms", "flight_time_ms", "step_time_ms",
    "cadence_spm", "duty_factor", "average_force_BW", "valr_3_12_BW_s", "unloading_time_pct", "late_unweighting_ms",
    "zero_crossing_pct", "mid_support_distance_m", "k_leg_kN_m", "morin_peak_BW", "morin_k_vert_kN_m",
    "morin_k_leg_kN_m", "modelled_braking_peak_BW", "modelled_braking_impulse_BW_s",
)  # fmt: skip
"""What touchdown and toe-off themselves enter."""
_CENTRE_OF_MASS = (
    "vertical_oscillation_mm", "vertical_ratio_pct", "com_fall_contact_mm", "com_rise_flight_mm",
    "touchdown_ahead_mm", "fall_angle_toe_off_deg", "fall_angle_unweighting_deg",
)  # fmt: skip
_FORCE = ("_N", "_BW", "_BW_s", "_kN_m")
_FROM_TIMES = (
    "morin_peak_BW", "morin_k_vert_kN_m", "morin_k_leg_kN_m", "modelled_braking_peak_BW",
    "modelled_braking_impulse_BW_s", "flight_noise_N",
)  # fmt: skip
SCALE = tuple(
    column.name
    for column in COLUMNS
    if column.kind == "float" and not column.name.startswith("u_")
    and (column.name.endswith(_FORCE) or column.name in _CENTRE_OF_MASS) and column.name not in _FROM_TIMES
)  # fmt: skip
"""What the scale of the force enters: forces, impulses, rates, stiffness, and the way of the centre of mass."""

_WHEN_RED = {"weight_closure": SCALE, "noise": TIMING}
"""These cast doubt when they are red; amber is a warning to people (metrics, sections 0 and 3)."""
FILTERED_HARD_HZ = 60.0
"""A force that holds nothing above this was low-passed at some 25 Hz, and its contact times are off too."""
_WHEN_AMBER = {
    "vertical_mode": (IMPACT, SHAPE, IMPACT_Z_HZ),
    "fore_aft_mode": (BRAKING_PEAKS, BRAKING_IMPULSES, IMPULSES_X_HZ),
    "sample_rate": (IMPACT, SHAPE, math.inf),
    "bandwidth": (IMPACT, (*SHAPE, *BRAKING_PEAKS), FILTERED_HARD_HZ),
}
"""These when they are amber: the first columns always, the second ones of a mode below this many hertz, or if red."""


def doubtful_columns(
    lights: Sequence[Light], *, gated: Collection[str] = (), levels: Sequence[str] = ()
) -> dict[str, str]:
    """Columns to be greyed out.

    Args:
        lights: Every quality light of the session.
        gated: Columns that are withheld anyhow.
        levels: Further contact thresholds, such as "30N".

    Returns:
        Reason by column, the light's own words; what is not in it may be believed.
    """
    more = tuple(f"contact_time_{level}_ms" for level in levels)
    doubtful: dict[str, str] = {}
    for light in lights:
        for name in _touched(light, more):
            if name not in gated:
                doubtful.setdefault(name, light.text)
    return doubtful


def _touched(light: Light, more: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that this light casts doubt on; `more` are contact times at other thresholds."""
    if light.state == RED and light.name in _WHEN_RED:
        return _WHEN_RED[light.name] + (more if light.name == "noise" else ())
    if light.state not in (AMBER, RED) or light.name not in _WHEN_AMBER:
        return ()
    always, below, soft_Hz = _WHEN_AMBER[light.name]
    soft = light.state == RED or (light.value is not None and light.value < soft_Hz)
    return (*always, *below, *(more if set(SHAPE) <= {*always, *below} else ())) if soft else always
