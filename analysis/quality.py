"""How good a session is: each light with its number, its limit and words. It speaks of the data, never of the runner.

Lights never change a step's `valid`: a step is judged by its own samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.protocol import Protocol
from analysis.steps import StepTable

GREEN, AMBER, RED, INFO = "green", "amber", "red", "info"

CLOSURE = (0.01, 0.03)
"""Weight closure further from 1 than this is amber, red."""
NET_FORE_AFT = (0.05, 0.10)
"""Net fore-aft impulse per braking impulse, without gravity's share."""
NOISE_N = 2.0
"""Noise of the vertical force in flight, SD, up to which all is well."""
LOST = 1e-3
"""Share of lost frames from which on it is red."""
SPOILT = 0.05
"""Share of steps that are left out from which on it is red."""
LEAST_BRAKING_BW_S = 0.002
"""A tenth of what runners have; below it there is no braking to balance."""


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


def closure_light(closure: float | None, bw_source: str, *, standing: bool = False) -> Light:
    """Weight closure: the mean vertical force over whole strides must be the body's weight.

    Args:
        closure: Ratio; None where body weight itself comes from this force, or none was found.
        bw_source: Where body weight comes from: "mass", "strides" or "standing".
        standing: Whether it is the force of standing still, for want of strides.

    Returns:
        The light.
    """
    if closure is None:
        nobody = "nobody stood still" if standing else "no whole stride was found"
        itself = f"body weight was itself taken from {'standing' if standing else 'the strides'}"
        why = nobody if bw_source == "mass" else f"{itself}: give the runner's mass to check the scale"
        return Light("weight_closure", INFO, None, CLOSURE[0], "", f"not available: {why}")
    force = "vertical force of standing still" if standing else "mean vertical force over whole strides"
    text = f"{force} is {closure:.4f} of body weight, 1 if mass, scale and zero are right"
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
