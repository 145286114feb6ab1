"""How good a session is: each light with its number, its limit and words. It speaks of the data, never of the runner.

Lights never change a step's `valid`: a step is judged by its own samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.protocol import Protocol
from analysis.steps import StepTable

GREEN, AMBER, RED, INFO = "green", "amber", "red", "info"
ORDER = (RED, AMBER, GREEN, INFO)

CLOSURE = (0.01, 0.03)
"""Weight closure further from 1 than this is amber, red."""
NET_FORE_AFT = (0.05, 0.10)
"""Net fore-aft impulse per braking impulse, without gravity's share."""
NOISE_N = 2.0
"""Noise of the vertical force in flight, SD, up to which all is well."""
RESIDUAL_N = (1.0, 3.0)
"""Mean force left in mid-flight."""
SPEED = (0.01, 0.03)
"""Measured belt speed against the set one."""
DIPS = 0.05
"""Dip of the belt's speed in contact (Willwacher et al. 2021 saw more on 3 of 4 treadmills)."""
LEAST_FRAMES = 100
LOST = 1e-3
"""Share of lost frames from which on it is red."""
SPOILT = 0.05
"""Share of steps that are left out from which on it is red."""
INCLINE_DEG = (1.5, 3.0)
"""Belt angle by the runner's weight against the one given: 0.01 body weights of fore-aft zero are 0.6 degrees."""
FLIGHTS_FOR_DRIFT = 80
"""In half a minute of running a drift is told to 0.5 N/min; in a quarter of it, to 6."""
LEAST_BRAKING_BW_S = 0.002
"""A tenth of what runners have; below it there is no braking to balance."""
DRIFT_N_PER_MIN = (5.0, 30.0)
"""Drift of a cell."""
TARE_SHIFT_N = (5.0, 30.0)
"""Movement of a cell between tare and flights."""
ARTEFACT_N = (5.0, 15.0)
"""Amplitude of a belt's own force: a fifth of the thresholds, and what may pass for a scuff."""


@dataclass(frozen=True)
class Light:
    """One line of the quality list."""

    name: str
    """What it is about; fixed, for programs."""
    state: str
    """"green", "amber", "red", or "info" where there is nothing to judge."""
    value: float | None
    """The number; None if there is none."""
    limit: float | None
    """Where green ends; None if there is no limit."""
    unit: str
    """Unit of both."""
    text: str
    """The same in words, with what to do."""


def graded(
    name: str, value: float, limits: tuple[float, float], unit: str, text: str, *, magnitude: float | None = None
) -> Light:
    """Light of a number that should be small.

    Args:
        name: What it is about.
        value: The number.
        limits: Where green ends, and where amber does.
        unit: Unit of number and limits.
        text: In words.
        magnitude: What is compared with the limits, if not the number's own.

    Returns:
        The light.
    """
    size = abs(value) if magnitude is None else magnitude
    state = GREEN if size <= limits[0] else AMBER if size <= limits[1] else RED
    return Light(name, state, value, limits[0], unit, text)


def closure_light(closure: float | None, bw_source: str) -> Light:
    """Weight closure: the mean vertical force over whole strides must be the body's weight.

    Args:
        closure: Ratio; None where body weight itself comes from the strides, or none was found.
        bw_source: Where body weight comes from.

    Returns:
        The light.
    """
    if closure is None:
        why = (
            "body weight was itself taken from the strides: give the runner's mass to check the scale"
            if bw_source == "strides"
            else "no whole stride was found"
        )
        return Light("weight_closure", INFO, None, CLOSURE[0], "", f"not available: {why}")
    text = (
        f"mean vertical force over whole strides is {closure:.4f} of body weight, 1 if mass, scale and zero are right"
    )
    if abs(closure - 1.0) > CLOSURE[0]:
        text += "; check the mass given, a hand on the rail, or the calibration"
    return graded("weight_closure", closure, CLOSURE, "", text, magnitude=abs(closure - 1.0))


def fore_aft_light(table: StepTable, gravity_share: float) -> Light | None:
    """Net fore-aft impulse at constant speed is gravity's alone.

    Args:
        table: Steps of the session.
        gravity_share: sin of the incline: mean fore-aft force per body weight that gravity asks for.

    Returns:
        The light; None where fore-aft force is not measured.
    """
    use = table["valid"] & ~np.isnan(table["net_fore_aft_impulse_BW_s"] + table["step_time_ms"])
    if not use.any():
        return None
    asked = gravity_share * table["step_time_ms"][use].mean() * 1e-3
    net = table["net_fore_aft_impulse_BW_s"][use].mean() - asked
    both = 0.5 * (table["braking_impulse_BW_s"][use].mean() + table["propulsive_impulse_BW_s"][use].mean())
    if both < LEAST_BRAKING_BW_S:
        text = f"there is next to no braking and propulsion, {both:.4f} BW·s, so nothing to balance"
        return Light("net_fore_aft_impulse", INFO, None, NET_FORE_AFT[0], "", text)
    ratio = float(net / both)
    text = f"propulsive less braking impulse is {100 * ratio:+.1f} % of either"
    if gravity_share:
        text += f", gravity's share on the incline ({gravity_share:+.4f} body weights) taken out"
    if abs(ratio) > NET_FORE_AFT[0]:
        text += "; at a steady place on the belt it is none: check the fore-aft zero, the tilt, or the incline given"
    return graded("net_fore_aft_impulse", ratio, NET_FORE_AFT, "", text)


def cells_light(still: Sequence[str], frames: int) -> Light | None:
    """Cells whose reading never changed by a single count: not connected, or stuck.

    Args:
        still: Names of these cells.
        frames: Frames recorded.

    Returns:
        The light; None where too little was recorded to tell.
    """
    if frames < LEAST_FRAMES:
        return None
    if not still:
        return Light("cells", GREEN, 0.0, 0.0, "", "every cell's reading moves")
    names = ", ".join(still)
    text = f"{names}: the reading never changed by a single count, so force and place are wrong; check the wiring"
    return Light("cells", RED, float(len(still)), 0.0, "", text)


def zero_light(known: bool) -> Light | None:
    """Whether the zero of the force was found at all.

    Args:
        known: Of every belt.

    Returns:
        The light; None where it was.
    """
    if known:
        return None
    text = "no zero was found, so nothing was measured; step off the belt for a second, or record with --tare"
    return Light("zero", RED, None, None, "N", text)


def noise_light(table: StepTable, protocol: Protocol) -> Light | None:
    """Noise of the vertical force in the flights, deck ringing included.

    Args:
        table: Steps of the session.
        protocol: Gives the thresholds that noise must stay away from.

    Returns:
        The light; None without a flight.
    """
    noise = table["flight_noise_N"]
    noise = noise[~np.isnan(noise)]
    if not noise.size:
        return None
    sd = float(np.sqrt(np.mean(noise**2)))
    timing = protocol.on_N / 5.0
    text = f"{sd:.2f} N rms in flight"
    if sd > timing:
        text += f"; five times this is above {protocol.on_N:g} N, so contact times mean nothing"
    elif sd > NOISE_N:
        text += "; look for loose mounts, cables and the motor's drive, or a deck that rings"
    return graded("noise", sd, (NOISE_N, timing), "N", text)


def frames_light(frames: int, lost: int, resets: int) -> Light:
    """Frames that did not arrive.

    Args:
        frames: Frames recorded.
        lost: Frames known to be lost.
        resets: Gaps of unknown length.

    Returns:
        The light.
    """
    share = lost / max(frames + lost, 1)
    text = f"{lost:,} of {frames + lost:,} frames lost"
    if resets:
        text += f", and an unknown number at {resets} reset(s) of the device"
    return graded("lost_frames", share, (0.0, LOST), "", text, magnitude=share if not resets else max(share, 1e-9))


def steps_light(table: StepTable) -> Light:
    """Steps left out of the means.

    Args:
        table: Steps of the session.

    Returns:
        The light.
    """
    if not table.rows:
        return Light("steps", RED, 0.0, None, "", "no step was found")
    bad = int((~table["valid"]).sum())
    text = f"{table.rows:,} steps, " + (f"{bad:,} left out of the means" if bad else "all valid")
    return graded("invalid_steps", bad / table.rows, (0.0, SPOILT), "", text)


def speed_light(measured_m_s: float | None, set_m_s: float | None) -> Light | None:
    """Measured belt speed against the set one.

    Args:
        measured_m_s: Mean measured speed; None without a belt sensor.
        set_m_s: Set speed; None if not given.

    Returns:
        The light; None if neither is known.
    """
    if measured_m_s is None and set_m_s is None:
        return Light("belt_speed", INFO, None, None, "m/s", "not known: give --belt-speed or fit a belt sensor")
    if measured_m_s is None:
        return Light("belt_speed", INFO, set_m_s, None, "m/s", f"{set_m_s:g} m/s as given, not measured")
    if set_m_s is None or set_m_s == 0.0:
        return Light("belt_speed", INFO, measured_m_s, None, "m/s", f"{measured_m_s:.3f} m/s measured, none given")
    off = measured_m_s / set_m_s - 1.0
    text = f"{measured_m_s:.3f} m/s measured, {set_m_s:g} given ({100 * off:+.1f} %)"
    return graded("belt_speed", measured_m_s, SPEED, "m/s", text, magnitude=abs(off))


def dips_light(dip: float | None) -> Light | None:
    """How much the belt slows down in contact.

    Args:
        dip: Median dip, as a share of the mean speed; None if not measured.

    Returns:
        The light; None if not measured.
    """
    if dip is None:
        return None
    text = f"the belt slows by {max(100 * dip, 0.0):.1f} % in contact"
    return graded("belt_dips", dip, (DIPS, 2 * DIPS), "", text)


def worst(lights: Sequence[Light]) -> str:
    """State of the worst light; "info" if none judges."""
    states = {light.state for light in lights}
    return next((state for state in ORDER if state in states), INFO)


def incline_light(seen_deg: float | None, given_deg: float | None) -> Light | None:
    """Belt angle that the runner's own weight shows, against the one given.

    Args:
        seen_deg: From mean fore-aft and vertical force; None where fore-aft force is not measured.
        given_deg: As given; None is level.

    Returns:
        The light; None where nothing was seen.
    """
    if seen_deg is None or np.isnan(seen_deg):
        return None
    given = 0.0 if given_deg is None else given_deg
    text = f"by the runner's weight the belt rises by {seen_deg:+.1f} degrees, {given:g} given"
    if abs(seen_deg - given) > INCLINE_DEG[0]:
        text += "; check the incline given and the fore-aft zero"
    return graded("incline", seen_deg, INCLINE_DEG, "degrees", text, magnitude=abs(seen_deg - given))


def doubted(lights: Sequence[Light], noise: Light | None) -> list[Light]:
    """Lights on the deck's modes, none of them green where the flights ring or tremble past all use.

    Args:
        lights: As `analysis.gates.deck_lights` gives them.
        noise: The light on noise.

    Returns:
        The lights.
    """
    if noise is None or noise.state != RED:
        return list(lights)
    doubt = "; but the flights are too noisy for that: the deck may be softer than its rig file says"
    return [replace(one, state=RED, text=one.text + doubt) if one.name == "vertical_mode" else one for one in lights]


def residual_light(flights: int, residual_N: float, u_zero_N: float) -> Light | None:
    """What is left in mid-flight when the zero is drawn from the flights on either side.

    Args:
        flights: Flights that made the zero.
        residual_N: Mean of what is left.
        u_zero_N: Standard uncertainty of the zero in the middle of a stance.

    Returns:
        The light; None without enough flights.
    """
    if np.isnan(residual_N):
        return None
    text = f"{residual_N:+.2f} N left in mid-flight over {flights:,} flights, the zero is sure to {u_zero_N:.2f} N"
    if abs(residual_N) > RESIDUAL_N[0]:
        text += "; the zero bends between flights: let the cells warm up, look for a deck that rings"
    return graded("flight_residual", residual_N, RESIDUAL_N, "N", text)


def drift_light(drifts_N_per_min: Sequence[float], names: Sequence[str], flights: int) -> Light | None:
    """Fastest drift among the cells.

    Args:
        drifts_N_per_min: Of each cell, NaN where it is not known.
        names: Of the cells.
        flights: Flights that told it.

    Returns:
        The light; None where no drift is known.
    """
    known = [(abs(value), value, name) for value, name in zip(drifts_N_per_min, names, strict=True)]
    known = [one for one in known if not np.isnan(one[0])]
    if not known:
        return None
    if flights < FLIGHTS_FOR_DRIFT:
        return Light("drift", INFO, None, DRIFT_N_PER_MIN[0], "N/min", "too short a run to tell how the cells drift")
    _, value, name = max(known)
    text = f"cell {name} drifts most, {value:+.2f} N/min; drift is taken out in every flight"
    if abs(value) > DRIFT_N_PER_MIN[0]:
        text += "; let it warm up for 20 min, keep sun and draught off, tare with the belt running"
    return graded("drift", value, DRIFT_N_PER_MIN, "N/min", text)


def tare_light(shifts_N: Sequence[float], names: Sequence[str]) -> Light | None:
    """How far the cells moved from the tare to the first flights: what a running belt, or heat, adds.

    Args:
        shifts_N: Of each cell, NaN without a tare.
        names: Of the cells.

    Returns:
        The light; None without a tare.
    """
    known = [(abs(value), value, name) for value, name in zip(shifts_N, names, strict=True)]
    known = [one for one in known if not np.isnan(one[0])]
    if not known:
        return None
    _, value, name = max(known)
    text = f"cell {name} moved most from the tare to the first flights, {value:+.2f} N"
    if abs(value) > TARE_SHIFT_N[0]:
        text += "; tare with the belt running at the speed of the test"
    return graded("tare_shift", value, TARE_SHIFT_N, "N", text)


def artefact_light(largest_N: float, words: Sequence[str]) -> Light:
    """Forces that the belt itself makes.

    Args:
        largest_N: Amplitude of the largest; 0 if there are none.
        words: Each artefact in words, strongest first.

    Returns:
        The light.
    """
    text = "; ".join(words) if words else "no seam and no periodic force found in the flights"
    if largest_N > ARTEFACT_N[0]:
        text += "; look at the seam's glue, the rollers and the motor's line"
    return graded("belt_artefacts", largest_N, ARTEFACT_N, "N", text)
