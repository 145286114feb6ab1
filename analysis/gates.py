"""What a rig must not print: columns that its stiffness or its sample rate would make wrong, and why.

The limits are natural frequencies before compensation. They come from the error of every column on a hard heel strike
and on the runners of Fukuchi et al. (2017) (docs/accuracy.md), and are no laxer than metrics, section 9.1: from 90 Hz
green, from 60 Hz amber, below that no loading rates.
"""

from analysis.deck import COMPENSATED_BELOW_HZ, compensates
from analysis.protocol import Protocol
from analysis.quality import AMBER, GREEN, RED, Light
from analysis.setup import Mode, Setup
from analysis.steps import COLUMNS

IMPACT = (
    "impact_prominence_BW", "u_impact_prominence_BW", "hf_peak_BW", "u_hf_peak_BW", "hf_peak_time_ms",
    "hf_impulse_BW_s", "hf_ratio", "two_mass_F1_peak_BW", "two_mass_rate_BW_s", "u_two_mass_rate_BW_s",
    "shape_class", "hf_class", "two_mass_class", "impact_class",
    "impact_agreement", "poi_source", "valr_BW_s", "valr_25_BW_s", "valr_3_12_BW_s", "valr_200N_BW_s", "vilr_BW_s",
    "cop_travel_mm", "u_cop_travel_mm", "cop_advance_mm", "u_cop_advance_mm", "strike_to_ball_mm",
    "u_strike_to_ball_mm", "strike_time_ms", "strike_index", "u_strike_index", "foot_strike", "foot_strike_p",
    "rearfoot_p",
)  # fmt: skip
"""What the first 50 ms decide: loading rates, the impact's three estimators and verdict, where the foot strikes."""
SHAPE = (
    "contact_time_ms", "contact_time_20N_ms", "contact_time_5pctBW_ms", "flight_time_ms", "duty_factor",
    "effective_contact_ms", "active_peak_N", "active_peak_BW", "active_peak_time_ms", "impact_peak_BW",
    "impact_peak_time_ms", "two_mass_J1_BW_s", "u_two_mass_J1_BW_s", "two_mass_J1_pct", "two_mass_dt1_ms",
    "u_two_mass_dt1_ms", "two_mass_p", "two_mass_s", "two_mass_r2", "two_mass_begin_ms", "two_mass_end_ms",
    "unloading_rate_BW_s", "unloading_time_pct",
    "late_unweighting_ms", "average_force_BW", "impulse_50ms_BW_s", "com_fall_contact_mm", "com_rise_flight_mm",
    "lowest_time_ms", "mid_support_distance_m", "k_vert_kN_m", "k_leg_kN_m", "morin_peak_BW", "morin_k_vert_kN_m",
    "morin_k_leg_kN_m", "modelled_braking_peak_BW", "modelled_braking_impulse_BW_s", "zero_crossing_pct",
)  # fmt: skip
"""What needs touchdown, toe-off or a peak in the right place."""
BRAKING_PEAKS = (
    "braking_peak_BW", "braking_peak_after50_BW", "braking_time_ms", "braking_loading_rate_BW_s", "force_angle_deg",
    "propulsive_peak_BW", "propulsive_time_ms",
)  # fmt: skip
BRAKING_IMPULSES = (
    "braking_impulse_BW_s", "propulsive_impulse_BW_s", "net_fore_aft_impulse_BW_s", "zero_crossing_pct",
    "touchdown_ahead_mm", "fall_angle_toe_off_deg", "fall_angle_unweighting_deg",
)  # fmt: skip
RUNNING = (
    *IMPACT, "impact_peak_BW", "impact_peak_time_ms", "two_mass_J1_BW_s", "u_two_mass_J1_BW_s", "two_mass_J1_pct",
    "two_mass_dt1_ms", "u_two_mass_dt1_ms", "two_mass_p", "two_mass_s", "two_mass_r2", "two_mass_begin_ms",
    "two_mass_end_ms",
)  # fmt: skip
"""What means something in running only: a walking step on one belt begins where it is split from the other foot's."""
LABELS = (
    "step", "side", "belt", "gait", "valid", "flags", "touchdown_s", "toe_off_s", "belt_speed_m_s", "braking_evidence",
)  # fmt: skip
"""What tells a row from another and measures nothing by force."""
_MEASURED = tuple(column.name for column in COLUMNS if column.name not in LABELS)

GREEN_Z_HZ = 90.0
"""VALR +5 %, the force above 10 Hz +9 %, contact time −1 ms."""
IMPACT_Z_HZ = 60.0
"""VALR +15 % here; at 45 Hz +30 to +50 %, the force above 10 Hz +35 to +80 %, and verdicts on impact change."""
SHAPE_Z_HZ = 50.0
"""In nine trials of ten the contact time is right to 2.3 ms at 60 Hz; here steps run together in one of three."""
COMPENSATED_Z_HZ = 34.0
"""A deck of 35 Hz is compensated to 3 % of VALR and 1 ms by a tap test that is right to 2 %; a softer one is not."""
GREEN_X_HZ = 120.0
"""Braking peak +1 %, in one trial of ten +5 %."""
PEAKS_X_HZ = 75.0
"""Braking peak +9 %, in one trial of ten +24 %; at 60 Hz +29 % and +58 %."""
IMPULSES_X_HZ = 60.0
"""Braking impulse +4 %, in one trial of ten +8 %; at 45 Hz +15 % and +46 %."""
COMPENSATED_X_HZ = 25.0
"""Down to here the braking peak is compensated to 2 %, in one trial of ten 4 %, by a tap test right to 2 %."""

GREEN_RATE_HZ = 500.0
"""VALR −0.5 %, contact time +0.1 ms against the same filter at 8 kHz."""
IMPACT_RATE_HZ = 250.0
"""VALR −2 %, VILR −3 %. Below, half the rate lies in the slope of the 60 Hz low-pass, and all above it folds down."""
SHAPE_RATE_HZ = 180.0
"""Contact time is 1.1 ms too long."""
STATIC_RATE_HZ = 120.0
"""The low-pass needs twice its cutoff. An ADC of 80 samples a second weighs people; it does not see them run."""
STATIC_ONLY = "this converter is too slow for steps: it weighs, it does not see impacts"
"""Why there is no step at all where the device says so of itself, whatever its rate."""


def gated_columns(setup: Setup) -> dict[str, str]:
    """Columns that this rig must not print.

    Args:
        setup: Modes of the deck, sample rate and further contact thresholds, and what the converter says of itself.

    Returns:
        Reason by column; what is not in it may be printed.
    """
    shape = SHAPE + tuple(f"contact_time_{level}_ms" for level in setup.contact_levels)
    gated: dict[str, str] = {}
    for columns, reason in (*_by_converter(setup, shape), *_by_rate(setup, shape), *_by_modes(setup, shape)):
        for name in columns:
            gated.setdefault(name, reason)
    return gated


Gate = tuple[tuple[str, ...], str]


def _by_converter(setup: Setup, shape: tuple[str, ...]) -> list[Gate]:
    return [((*_MEASURED, *shape), STATIC_ONLY)] if setup.static_only else []


def _by_rate(setup: Setup, shape: tuple[str, ...]) -> list[Gate]:
    rate = setup.sample_rate_Hz
    found: list[Gate] = []
    for limit, columns, what in (
        (IMPACT_RATE_HZ, IMPACT, "the first 50 ms of a step"),
        (SHAPE_RATE_HZ, shape, "contact times and peaks"),
        (STATIC_RATE_HZ, _MEASURED, "running"),
    ):
        if rate < limit:
            found.append((columns, f"{rate:g} samples a second are too few for {what}: at least {limit:g} are needed"))
    return found


def _by_modes(setup: Setup, shape: tuple[str, ...]) -> list[Gate]:
    deck = setup.deck
    if deck is None:
        return []
    limits = [
        (deck.z, "vertical", IMPACT, IMPACT_Z_HZ, COMPENSATED_Z_HZ),
        (deck.z, "vertical", shape, SHAPE_Z_HZ, COMPENSATED_Z_HZ),
    ]
    if deck.x is not None and _sees_braking(setup):
        limits += [
            (deck.x, "fore-aft", BRAKING_PEAKS, PEAKS_X_HZ, COMPENSATED_X_HZ),
            (deck.x, "fore-aft", BRAKING_IMPULSES, IMPULSES_X_HZ, COMPENSATED_X_HZ),
        ]
    found: list[Gate] = []
    for mode, axis, columns, plain, compensated in limits:
        if reason := _too_soft(mode, axis, plain, compensated, identified=deck.is_identified(mode)):
            found.append((columns, reason))
    return found


def _too_soft(mode: Mode, axis: str, plain: float, compensated: float, *, identified: bool) -> str:
    of = f"the {axis} mode of {mode.natural_frequency_Hz:g} Hz"
    if compensates(mode, identified=identified):
        soft = mode.natural_frequency_Hz < compensated
        return f"{of} is too soft to be taken out: at least {compensated:g} Hz are needed" if soft else ""
    if mode.natural_frequency_Hz >= plain:
        return ""
    return f"{of} rings into it, and no tap test identified it: at least {plain:g} Hz are needed without one"


def _sees_braking(setup: Setup) -> bool:
    return any(belt.measures_braking for belt in setup.belts)


def deck_lights(setup: Setup) -> tuple[Light, ...]:
    """Stiffness and sample rate as lines of the quality list.

    Green: nothing to say. Amber: printed, with an error that the text names. Red: some columns are withheld.

    Args:
        setup: Modes of the deck, sample rate and protocol.

    Returns:
        One light per axis that is measured, if the deck's modes are known, and one for the sample rate; of a converter
        that only weighs the latter alone.
    """
    rate = setup.sample_rate_Hz
    if setup.static_only:
        return (Light("sample_rate", RED, rate, GREEN_RATE_HZ, "Hz", f"{rate:g} samples a second; {STATIC_ONLY}"),)
    lights = []
    if setup.deck is not None:
        deck = setup.deck
        lights.append(_vertical_light(deck.z, identified=deck.is_identified(deck.z)))
        if _sees_braking(setup):
            lights.append(_fore_aft_light(deck.x, identified=deck.x is not None and deck.is_identified(deck.x)))
    return (*lights, _rate_light(rate, setup.protocol))


def _vertical_light(mode: Mode, *, identified: bool) -> Light:
    frequency = mode.natural_frequency_Hz
    if compensates(mode, identified=identified):
        state, text = _compensated(frequency, GREEN_Z_HZ, COMPENSATED_Z_HZ, "loading rates")
    elif frequency >= COMPENSATED_BELOW_HZ:
        state, text = GREEN, "stiff enough for loading rates"
    elif frequency >= GREEN_Z_HZ:
        state, text = GREEN, "loading rates may read 5 % high; a tap test lets the ringing be taken out"
    elif frequency >= IMPACT_Z_HZ:
        state, text = AMBER, "loading rates may read 15 % high or more; a tap test lets the ringing be taken out"
    else:
        lost = "loading rates" if frequency >= SHAPE_Z_HZ else "loading rates, peaks or contact times"
        state, text = RED, f"no {lost}; a tap test lets the ringing be taken out"
    return _mode_light("vertical_mode", mode, state, GREEN_Z_HZ, text, identified=identified)


def _fore_aft_light(mode: Mode | None, *, identified: bool) -> Light:
    if mode is None:
        text = "the fore-aft mode is not known; a tap against the front of the machine tells it"
        return Light("fore_aft_mode", AMBER, None, GREEN_X_HZ, "Hz", text)
    frequency = mode.natural_frequency_Hz
    if compensates(mode, identified=identified):
        state, text = _compensated(frequency, GREEN_X_HZ, COMPENSATED_X_HZ, "braking peaks")
    elif frequency >= GREEN_X_HZ:
        state, text = GREEN, "stiff enough for braking peaks"
    elif frequency >= PEAKS_X_HZ:
        state, text = AMBER, "braking peaks may read 9 % high or more; a tap test lets the ringing be taken out"
    else:
        lost = "braking peaks" if frequency >= IMPULSES_X_HZ else "braking peaks or impulses"
        state, text = RED, f"no {lost}; a tap test lets the ringing be taken out"
    return _mode_light("fore_aft_mode", mode, state, GREEN_X_HZ, text, identified=identified)


def _compensated(frequency: float, green: float, least: float, what: str) -> tuple[str, str]:
    if frequency < least:
        return RED, f"too soft for its ringing to be taken out: at least {least:g} Hz are needed"
    text = "its ringing is taken out"
    return (GREEN, text) if frequency >= green else (AMBER, f"{text}; up to 2 % of {what} may be left")


def _mode_light(name: str, mode: Mode, state: str, limit: float, text: str, *, identified: bool) -> Light:
    source = "by a tap test" if identified else "nominal, not yet tapped"
    frequency = mode.natural_frequency_Hz
    return Light(name, state, frequency, limit, "Hz", f"{frequency:g} Hz, damping {mode.damping:g}, {source}; {text}")


def _rate_light(rate: float, protocol: Protocol) -> Light:
    if rate >= GREEN_RATE_HZ:
        state, text = GREEN, "fast enough for loading rates"
    elif rate >= IMPACT_RATE_HZ:
        state, text = AMBER, "loading rates may read 2 % low and contact times 0.5 ms long"
    elif rate >= SHAPE_RATE_HZ:
        state, text = RED, "no loading rates, nothing about impact"
    elif rate >= max(STATIC_RATE_HZ, 2.0 * protocol.cutoff_Hz):
        state, text = RED, "no loading rates, contact times or peaks"
    else:
        state, text = RED, "static loads only"
    return Light("sample_rate", state, rate, GREEN_RATE_HZ, "Hz", f"{rate:g} samples a second; {text}")
