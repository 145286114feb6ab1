"""The belt by its own marks: pulses in one turn by the hit of its seam or by counted laps, and how evenly it runs.

The force of the empty, running belt is folded over its turn as in `analysis.belt_scan`. How the seam moves from stretch
to stretch of the record then corrects the period, and its scatter says how well that is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.belt_artefacts import SEAM_CREST, SEAM_LOG10_P, SEAM_SD
from analysis.belt_scan import Record, turn, turn_slot, without_zero
from analysis.errors import AnalysisError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BIN_S = 0.01
LEAST_LAPS = 10.0
STRETCHES = 8
"""The record is divided into so many, each of two laps at least."""
TOLERANCE = 0.1
"""The turn is looked for so far about what the rig file makes of it."""
GRAIN = 0.1
"""So much of a slot the seam's place may be off systematically over the record."""
ACCEPTED = 0.002
"""Pulses and length must agree with the turn to this share (metrics, section 9.1)."""
SPEED_S = 0.1
"""Speed is taken over so long …"""
PULSES = 20.0
"""… or over so many pulses, if that is longer."""
SLOW_HZ = 1.0
SLOWEST_M_S = 0.2
REACTION_S = 0.05
"""Standard uncertainty of the moment at which a person, who sees it come, presses a key."""


@dataclass(frozen=True)
class Speed:
    """How the belt runs."""

    mean_m_s: float
    """Mean speed, m/s."""
    sd_pct: float
    """Standard deviation of the speed over tenths of a second, % of the mean; the pulses' own grain taken off."""
    slow_pct: float
    """Amplitude of its strongest wave below 1 Hz that is not the lap, %."""
    slow_s: float | None
    """Period of that wave, s; None if there is none."""
    lap_pct: float | None
    """Amplitude of what repeats once per lap, %; None if the record is shorter than two laps."""


@dataclass(frozen=True)
class Lap:
    """One turn of the belt."""

    turns: float
    """One turn, in the unit of the way that was given."""
    u_turns: float
    """Standard uncertainty of that."""
    laps: float
    """Turns in the record."""
    seam_N: float | None
    """Largest deviation of the force over a turn, N; None if they were counted by a person."""


def belt_speed(pulses: Ints, sample_rate_Hz: float, pulses_per_m: float, length_m: float) -> Speed:
    """How evenly the belt runs, from its pulses.

    Args:
        pulses: (n,) pulse count at each sample, without holes.
        sample_rate_Hz: Sampling rate, Hz.
        pulses_per_m: Pulses per metre of belt.
        length_m: Length of the loop, m.

    Returns:
        Its speed.

    Raises:
        AnalysisError: The belt did not run, or not long enough.
    """
    per_sample = max(float(pulses[-1] - pulses[0]), 1.0) / max(1, pulses.size) if pulses.size else 1.0
    step = max(1, round(SPEED_S * sample_rate_Hz), min(round(PULSES / per_sample), pulses.size // 20))
    way = pulses[::step].astype(np.float64) / pulses_per_m
    each_s = step / sample_rate_Hz
    speed = np.diff(way) / each_s
    if speed.size < 20 or speed.mean() < SLOWEST_M_S:
        raise AnalysisError(
            "belt", expected=f"a belt that runs, 2 s or more at {SLOWEST_M_S:g} m/s or faster",
            seen=f"{way[-1] - way[0] if way.size else 0.0:.2f} m of belt in {speed.size * each_s:.1f} s",
        )  # fmt: skip
    mean = float(speed.mean())
    # A count is a whole number: the difference of two such errors has a variance of 1/6 pulse².
    grain = 1.0 / (6.0 * (pulses_per_m * each_s) ** 2)
    sd = float(np.sqrt(max(float(speed.var()) - grain, 0.0)))
    lap_Hz = mean / length_m
    lap = 100.0 / mean * _wave(speed - mean, each_s, lap_Hz) if speed.size * each_s * lap_Hz > 2.0 else None
    slow, slow_s = _slow_wave(speed - mean, each_s, lap_Hz)
    return Speed(mean, 100.0 * sd / mean, 100.0 * slow / mean, slow_s, lap)


def _wave(values: Floats, step_s: float, rate_Hz: float) -> float:
    """Amplitude of a sinusoid of known frequency."""
    turning = np.exp(-2j * np.pi * rate_Hz * step_s * np.arange(values.size))
    return float(2.0 * abs(np.mean(values * turning)))


def _slow_wave(values: Floats, step_s: float, lap_Hz: float) -> tuple[float, float | None]:
    """Amplitude and period, s, of the strongest wave below `SLOW_HZ` that is no multiple of the lap."""
    size = 8 * values.size  # so finely that a wave between two bins is not missed
    amplitude = 2.0 * np.abs(np.fft.rfft(values, size)) / values.size
    rate = np.fft.rfftfreq(size, step_s)
    off_lap = np.abs(rate / lap_Hz - np.round(rate / lap_Hz)) * lap_Hz > 12.0 * rate[1]
    wanted = (rate >= 8.0 * rate[1]) & (rate < min(SLOW_HZ, 0.45 / step_s)) & (off_lap | (rate < 0.5 * lap_Hz))
    if not wanted.any():
        return 0.0, None
    best = int(np.argmax(np.where(wanted, amplitude, 0.0)))
    return float(amplitude[best]), 1.0 / float(rate[best])


def seam_lap(force_N: Floats, way: Floats, sample_rate_Hz: float, expected: float) -> Lap:
    """One turn of the belt, by the hit of its seam on the empty, running belt.

    Args:
        force_N: (n,) vertical force, zero and all.
        way: (n,) way of the belt, in pulses, metres, or seconds if nothing counts it.
        sample_rate_Hz: Sampling rate, Hz.
        expected: One turn as the rig file has it, in the unit of the way.

    Returns:
        The turn.

    Raises:
        AnalysisError: There are too few turns, or nothing repeats with them.
    """
    size = max(1, round(BIN_S * sample_rate_Hz))
    bins = force_N.size // size
    mean = np.asarray(force_N[: bins * size].reshape(bins, size).mean(axis=1), np.float64)
    at = way[: bins * size].reshape(bins, size).mean(axis=1)
    laps = float(at[-1] - at[0]) / expected if bins else 0.0
    if laps < LEAST_LAPS:
        raise AnalysisError(
            "belt", expected=f"{LEAST_LAPS:g} turns of the running belt or more", seen=f"{laps:.1f}",
            next_step="Run it faster or record for longer.",
        )  # fmt: skip
    time_s = np.asarray((np.arange(bins) + 0.5) * size / sample_rate_Hz, np.float64)
    rest, near = without_zero(time_s, mean)
    record = Record(at[near] / expected, rest[near], float(np.median(np.diff(at))) / expected, 0.0)
    seen = turn(record, 1.0, TOLERANCE)
    if seen.log10_p > SEAM_LOG10_P or seen.largest_N < SEAM_SD * seen.u_N or seen.crest < SEAM_CREST:
        raise AnalysisError(
            "belt", expected="a seam, which hits the rollers once in each turn", seen=f"none in {laps:.0f} turns",
            next_step="Count turns of a tape mark instead: --laps 20.",
        )  # fmt: skip
    rate, u_rate = _sharpened(record, seen.rate, seen.profile_N)
    return Lap(expected / rate, expected * u_rate / rate**2, record.length * rate, seen.largest_N)


def _sharpened(record: Record, rate: float, profile_N: Floats) -> tuple[float, float]:
    """Turns per unit of way and their standard uncertainty, by how the profile moves from stretch to stretch."""
    laps = record.length * rate
    count = int(np.clip(laps // 2, 4, STRETCHES))
    slots = profile_N.size
    pattern = np.nan_to_num(profile_N - np.nanmean(profile_N))
    slot = turn_slot(record, rate, slots)
    stretch = np.minimum(((record.at - record.at[0]) / record.length * count).astype(np.int64), count - 1)
    where = np.array([np.mean(record.at[stretch == i]) for i in range(count)])
    moved = np.array([_moved(record.force_N[stretch == i], slot[stretch == i], pattern) for i in range(count)])
    design = np.column_stack((np.ones(count), where - where.mean()))
    found, residue, _, _ = np.linalg.lstsq(design, moved / slots, rcond=None)
    scatter = float(residue[0]) / (count - 2) if residue.size else 0.0
    slope_u = float(np.sqrt(scatter / np.sum((where - where.mean()) ** 2)))
    # A seam that comes later and later in the turn makes fewer turns.
    return rate - float(found[1]), float(np.hypot(slope_u, GRAIN * rate / (slots * laps)))


def _moved(force_N: Floats, slot: Ints, pattern: Floats) -> float:
    """By how many slots one stretch's profile lies later than the pattern: peak of their circular correlation."""
    slots = pattern.size
    count = np.maximum(np.bincount(slot, minlength=slots), 1)
    profile = np.bincount(slot, force_N, minlength=slots) / count
    match = np.fft.irfft(np.fft.rfft(profile - profile.mean()) * np.conj(np.fft.rfft(pattern)), slots)
    best = int(np.argmax(match))
    before, top, after = match[best - 1], match[best], match[(best + 1) % slots]
    bend = before - 2.0 * top + after
    shift = best + (0.5 * (before - after) / bend if bend else 0.0)
    return float(shift - slots if shift > slots / 2 else shift)


def counted_lap(way: float, laps: int, seconds: float, *, by_clock: bool) -> Lap:
    """One turn of the belt, by a tape mark whose passings a person counted.

    Args:
        way: Way of the belt between the first and the last passing, any unit.
        laps: Turns between them.
        seconds: Time between them, s.
        by_clock: Whether a stopwatch told that time, so that its error is in the way too.

    Returns:
        The turn.

    Raises:
        AnalysisError: Nothing moved.
    """
    if laps < 1 or way <= 0.0 or seconds <= 0.0:
        raise AnalysisError("belt", expected="turns of a running belt", seen=f"{laps} turns in {seconds:.1f} s")
    reaction = REACTION_S * np.sqrt(2.0) * way / seconds
    grain = 0.0 if by_clock else np.sqrt(1.0 / 6.0)
    return Lap(way / laps, float(np.hypot(reaction, grain)) / laps, float(laps), None)
