"""Mains hum and other lines as lights: which line, how strong, in which signal, and what to do against it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.doctor_lines import LEAST_S, Line, find_lines, without_trend
from analysis.quality import AMBER, GREEN, INFO, RED, Light, graded

Floats = NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)
HARMONICS = 8
NEAR = 0.004
"""Mains keeps its frequency to 0.4 % at worst, and a converter's clock its own to as much …"""
NEAR_HZ = 0.25
"""… and a short stretch cannot tell better than this."""
LINE_N = (1.0, 10.0)
"""rms of one line: with 1 N, half of the 2 N that the whole vertical force may have (metrics, 9.1) is left."""
TOTAL_N = (2.0, 10.0)
"""rms of the vertical force of an empty belt (metrics, 9.1); five times the upper one is the contact threshold."""
SLOWEST_HZ = 250.0
"""Converters slower than this fold mains and its harmonics down to anywhere."""
_SHOWN = 4


@dataclass(frozen=True)
class Signals:
    """An empty belt as the spectrum is taken of it."""

    names: tuple[str, ...]
    """S names for people: "total Fz", "cell FL"."""
    force_N: Floats
    """(n, S), N, without a gap."""
    sample_rate_Hz: float
    """Sampling rate, Hz."""


def line_lights(signals: Signals, *, belt_on: bool = False, before: Sequence[float] = ()) -> list[Light]:
    """Judge lines and the noise of the vertical force.

    Args:
        signals: Of an empty belt; the total vertical forces come first and are called "total…".
        belt_on: Whether the belt ran; names and advice follow.
        before: rms of each total with the belt off, N, to be compared with.

    Returns:
        Lights "noise_total", "mains" and "lines"; with the belt on "_belt_on" is added to the names.
    """
    after = "_belt_on" if belt_on else ""
    lights = _total_lights(signals, after, before)
    if signals.sample_rate_Hz < SLOWEST_HZ:
        text = f"{signals.sample_rate_Hz:g} samples a second are too few to tell mains hum from anything else"
        return [*lights, Light(f"mains{after}", INFO, None, LINE_N[0], "N", text)]
    if len(signals.force_N) < LEAST_S * signals.sample_rate_Hz:
        return [
            *lights,
            Light(f"mains{after}", INFO, None, LINE_N[0], "N", "too few samples in a row to look for lines"),
        ]
    found = find_lines(signals.force_N, signals.sample_rate_Hz)
    every = [(line, name) for lines, name in zip(found, signals.names, strict=True) for line in lines]
    hum = [(line, name) for line, name in every if mains_of(line.frequency_Hz, signals.sample_rate_Hz)]
    other = [(line, name) for line, name in every if not mains_of(line.frequency_Hz, signals.sample_rate_Hz)]
    lights.append(_mains_light(hum, signals.sample_rate_Hz, after))
    lights.append(_other_light(other, after))
    return lights


def mains_of(frequency_Hz: float, sample_rate_Hz: float) -> float | None:
    """Which mains a line belongs to.

    Args:
        frequency_Hz: Of the line.
        sample_rate_Hz: Of the converter; harmonics above half of it show folded down.

    Returns:
        50 or 60, Hz; None if neither it nor a harmonic is there. Where both have one (300 Hz) it is 50.
    """
    for mains in MAINS_HZ:
        harmonics = mains * np.arange(1, HARMONICS + 1)
        shown = np.abs(harmonics - sample_rate_Hz * np.round(harmonics / sample_rate_Hz))
        direct = harmonics < 0.5 * sample_rate_Hz
        if np.any(direct & (np.abs(shown - frequency_Hz) <= np.maximum(NEAR * harmonics, NEAR_HZ))):
            return mains
    return None


def rms_of(signals: Signals) -> list[float]:
    """Root mean square of each total vertical force about its trend, N, lines included."""
    totals = [i for i, name in enumerate(signals.names) if name.startswith("total")]
    return [float(value) for value in without_trend(signals.force_N[:, totals]).std(axis=0)]


def _total_lights(signals: Signals, after: str, before: Sequence[float]) -> list[Light]:
    names = [name for name in signals.names if name.startswith("total")]
    lights = []
    for i, (name, rms_N) in enumerate(zip(names, rms_of(signals), strict=True)):
        text = f"{name}: {rms_N:.2f} N rms, at most {TOTAL_N[0]:g}"
        if i < len(before):
            text += f"; {before[i]:.2f} N with the belt off"
        if rms_N > TOTAL_N[0]:
            text += ". Look for the noisiest cell below; " + (
                "which cable of the motor changes it? Shield it, and earth the frame at one point"
                if after
                else "check shields, ground and loose mounts, and keep people off the floor beside it"
            )
        lights.append(graded(f"noise_total{after}", rms_N, TOTAL_N, "N", text))
    return lights


Found = Sequence[tuple[Line, str]]


def _mains_light(hum: Found, sample_rate_Hz: float, after: str) -> Light:
    strong = [(line, name) for line, name in hum if line.rms_N > LINE_N[0]]
    worst = max((line.rms_N for line, _ in hum), default=0.0)
    if not strong:
        text = f"no mains hum above {LINE_N[0]:g} N rms (strongest {worst:.2f} N)"
        return Light(f"mains{after}", GREEN, worst, LINE_N[0], "N", text)
    mains = mains_of(max(strong, key=lambda one: one[0].amplitude_N)[0].frequency_Hz, sample_rate_Hz)
    text = (
        f"mains hum ({mains:g} Hz): {_told(strong)}. "
        "Shield the cells' cables, ground the shield at one end, keep the drive's cable away"
    )
    return _graded_line(f"mains{after}", worst, text)


def _other_light(other: Found, after: str) -> Light:
    strong = [(line, name) for line, name in other if line.rms_N > LINE_N[0]]
    worst = max((line.rms_N for line, _ in other), default=0.0)
    if not strong:
        text = f"no other line above {LINE_N[0]:g} N rms (strongest {worst:.2f} N)"
        return Light(f"lines{after}", GREEN, worst, LINE_N[0], "N", text)
    why = (
        "It comes with the belt: motor, drive or a roller that is not round. "
        "Shield and earth the motor's cable, grease or change the roller"
        if after
        else "A machine nearby, a fan, or the deck's own ringing: stop machines one by one and see which it is"
    )
    return _graded_line(f"lines{after}", worst, f"line at {_told(strong)}. {why}")


def _graded_line(name: str, rms_N: float, text: str) -> Light:
    return Light(name, AMBER if rms_N <= LINE_N[1] else RED, rms_N, LINE_N[0], "N", text)


def _told(found: Found) -> str:
    """Every strong line once, with the signals that have most of it: "50.0 Hz, 3.1 N on cell FL, 3.0 N on …"."""
    ordered = sorted(found, key=lambda one: -one[0].amplitude_N)
    groups: list[list[tuple[Line, str]]] = []
    for line, name in ordered:
        group = next((g for g in groups if abs(g[0][0].frequency_Hz - line.frequency_Hz) <= NEAR_HZ), None)
        groups.append([(line, name)]) if group is None else group.append((line, name))
    told = []
    for group in groups[:_SHOWN]:
        where = ", ".join(f"{line.amplitude_N:.1f} N on {name}" for line, name in group[:_SHOWN])
        more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
        told.append(f"{group[0][0].frequency_Hz:.1f} Hz, {where}{more}")
    return "; ".join(told)
