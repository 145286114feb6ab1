"""What the columns of the step table are called on the page, and under which heading they stand."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """Metrics that belong together."""

    title: str
    """What they are about."""
    columns: tuple[str, ...]
    """Columns of the step table, in order."""
    modelled: bool = False
    """Whether they come from a model's assumptions instead of a measured curve."""


HEADINGS = (
    Heading("Times, speed and steps", (
        "cadence_spm", "contact_time_ms", "flight_time_ms", "step_time_ms", "duty_factor", "contact_time_20N_ms",
        "contact_time_5pctBW_ms", "effective_contact_ms", "belt_speed_m_s", "belt_dip_pct", "step_length_m",
        "step_length_cop_m", "step_width_mm",
    )),
    Heading("Vertical force", (
        "active_peak_N", "active_peak_BW", "active_peak_time_ms", "average_force_BW", "vertical_impulse_BW_s",
        "impulse_50ms_BW_s", "flight_noise_N",
    )),
    Heading("Impact, apart from the body's loading", (
        "impact_peak_BW", "impact_peak_time_ms", "impact_prominence_BW", "hf_peak_BW", "hf_peak_time_ms",
        "hf_impulse_BW_s", "hf_ratio", "two_mass_J1_BW_s", "two_mass_J1_pct", "two_mass_F1_peak_BW", "two_mass_dt1_ms",
        "two_mass_rate_BW_s", "two_mass_begin_ms", "two_mass_end_ms", "two_mass_p", "two_mass_s", "two_mass_r2",
    )),
    Heading("Loading rates", (
        "valr_BW_s", "valr_25_BW_s", "valr_3_12_BW_s", "valr_200N_BW_s", "vilr_BW_s", "unloading_rate_BW_s",
    )),
    Heading("Fore-aft force", (
        "braking_peak_BW", "braking_peak_after50_BW", "braking_time_ms", "braking_loading_rate_BW_s",
        "braking_impulse_BW_s", "propulsive_peak_BW", "propulsive_time_ms", "propulsive_impulse_BW_s",
        "net_fore_aft_impulse_BW_s", "zero_crossing_pct", "force_angle_deg",
    )),
    Heading("Foot and centre of pressure", (
        "cop_travel_mm", "strike_to_ball_mm", "cop_advance_mm", "cop_y_mm", "strike_time_ms", "strike_index",
        "heel_load_pct", "midfoot_load_pct", "forefoot_load_pct",
    )),
    Heading("Body motion and stiffness", (
        "vertical_oscillation_mm", "vertical_ratio_pct", "com_fall_contact_mm", "com_rise_flight_mm", "lowest_time_ms",
        "mid_support_distance_m", "touchdown_ahead_mm", "fall_angle_toe_off_deg", "fall_angle_unweighting_deg",
        "unloading_time_pct", "late_unweighting_ms", "k_vert_kN_m", "k_leg_kN_m",
    )),
    Heading("Modelled, not measured", (
        "modelled_braking_peak_BW", "modelled_braking_impulse_BW_s", "morin_peak_BW", "morin_k_vert_kN_m",
        "morin_k_leg_kN_m",
    ), modelled=True),
)  # fmt: skip
MODELLED = frozenset(column for heading in HEADINGS if heading.modelled for column in heading.columns)
MAIN = (
    "cadence_spm", "contact_time_ms", "flight_time_ms", "step_length_m", "vertical_oscillation_mm", "active_peak_BW",
    "vertical_impulse_BW_s", "impact_peak_BW", "hf_peak_BW", "valr_BW_s", "braking_peak_BW", "braking_impulse_BW_s",
    "propulsive_impulse_BW_s", "k_vert_kN_m",
)  # fmt: skip
"""Metrics of the short table."""
MAIN_MODELLED = ("modelled_braking_peak_BW", "modelled_braking_impulse_BW_s")
"""The modelled ones that stand below it, in grey."""

LABELS = {
    "touchdown_s": "Touchdown",
    "toe_off_s": "Toe-off",
    "contact_time_20N_ms": "Contact time at 20 N",
    "contact_time_5pctBW_ms": "Contact time at 5 % BW",
    "effective_contact_ms": "Effective contact time",
    "belt_dip_pct": "Slowing of the belt in contact",
    "step_length_cop_m": "Step length from foot to foot",
    "active_peak_time_ms": "Time of the active peak",
    "impact_peak_time_ms": "Time of the impact peak",
    "impact_prominence_BW": "Prominence of the impact peak",
    "hf_peak_BW": "Peak above 10 Hz",
    "hf_peak_time_ms": "Time of the peak above 10 Hz",
    "hf_impulse_BW_s": "Impulse above 10 Hz",
    "hf_ratio": "Share of energy above 10 Hz",
    "two_mass_J1_BW_s": "Impulse of the limb's impact (fit)",
    "two_mass_J1_pct": "Limb's share of the impulse (fit)",
    "two_mass_dt1_ms": "Rise time of the limb's impact (fit)",
    "two_mass_F1_peak_BW": "Peak of the limb's impact (fit)",
    "two_mass_rate_BW_s": "Rise of the limb's impact (fit)",
    "two_mass_begin_ms": "Begin of contact (fit)",
    "two_mass_end_ms": "End of contact (fit)",
    "two_mass_p": "Shape of the body's part (fit)",
    "two_mass_s": "Place of the body's peak (fit)",
    "two_mass_r2": "Goodness of the fit, R²",
    "shape_class": "Impact by the shape of the curve",
    "hf_class": "Impact by the force above 10 Hz",
    "two_mass_class": "Impact by the two-mass fit",
    "impact_class": "Impact or not",
    "impact_agreement": "Agreement of the estimators",
    "poi_source": "Point of interest of the loading rate",
    "valr_BW_s": "Average loading rate (VALR)",
    "valr_25_BW_s": "Loading rate of the first 25 ms",
    "valr_3_12_BW_s": "Loading rate, 3 to 12 % of contact",
    "valr_200N_BW_s": "Loading rate from 200 N",
    "vilr_BW_s": "Largest loading rate (VILR)",
    "impulse_50ms_BW_s": "Impulse of the first 50 ms",
    "com_fall_contact_mm": "Sinking in contact",
    "com_rise_flight_mm": "Rise after toe-off",
    "lowest_time_ms": "Time of the lowest point",
    "k_vert_kN_m": "Vertical stiffness",
    "k_leg_kN_m": "Leg stiffness",
    "morin_peak_BW": "Peak force from times alone",
    "morin_k_vert_kN_m": "Vertical stiffness from times alone",
    "morin_k_leg_kN_m": "Leg stiffness from times alone",
    "braking_peak_after50_BW": "Braking peak after the first 50 ms",
    "braking_time_ms": "Time of the braking peak",
    "propulsive_time_ms": "Time of the propulsive peak",
    "net_fore_aft_impulse_BW_s": "Net fore-aft impulse",
    "zero_crossing_pct": "End of braking",
    "force_angle_deg": "Angle of the force at the braking peak",
    "braking_evidence": "Where braking comes from",
    "modelled_braking_peak_BW": "Braking peak, modelled",
    "modelled_braking_impulse_BW_s": "Braking impulse, modelled",
    "cop_travel_mm": "Travel of the centre of pressure",
    "strike_to_ball_mm": "Travel from strike to the ball of the foot",
    "cop_advance_mm": "Advance of the centre of pressure",
    "cop_y_mm": "Sideways place in mid-contact",
    "strike_time_ms": "Time to 200 N",
    "heel_load_pct": "Load under the heel",
    "midfoot_load_pct": "Load under the midfoot",
    "forefoot_load_pct": "Load under the forefoot",
    "foot_strike_p": "Probability of the foot strike",
    "rearfoot_p": "Probability of a rearfoot strike",
    "mid_support_distance_m": "Belt travel to mid-support",
    "touchdown_ahead_mm": "Foot ahead of the body at touchdown",
    "fall_angle_toe_off_deg": "Lean at toe-off",
    "fall_angle_unweighting_deg": "Lean when force falls below 1 BW",
    "unloading_time_pct": "From active peak to toe-off",
    "late_unweighting_ms": "From 1 BW to toe-off",
    "flight_noise_N": "Noise in flight",
}
"""Names for people, where the column's own words are not enough."""
LIGHTS = {
    "zero": "Zero of the force",
    "cells": "Cells",
    "incline": "Incline",
    "tare_shift": "Since the tare",
    "flight_residual": "Zero between flights",
    "drift": "Drift",
    "belt_artefacts": "Forces of the belt",
    "lost_frames": "Lost frames",
    "invalid_steps": "Steps",
    "net_fore_aft_impulse": "Net fore-aft impulse",
    "noise": "Noise of the force",
    "belt_dips": "Belt in contact",
    "bandwidth": "Filter of the import",
    "vertical_mode": "Deck, up and down",
    "fore_aft_mode": "Deck, fore and aft",
}
"""Names of the quality lights, where their own are not enough."""
