"""Each cell on an empty belt: at the end of its range, stuck, loose, noisy, drifting, or its range used up by its zero.

Limits are those of what a session can bear, and a test speaks only where chance cannot: see each one's note. Over 8
cells and 8 s at 1 kHz the chance that any of them speaks on Gaussian noise below the limits is less than 1 in 10,000.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.machine_lights import DRIFT_N_PER_MIN
from analysis.quality import AMBER, GREEN, RED, Light

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

NOISE_N = (2.0, 10.0)
"""rms of a cell between one sample and the next. Good electronics have 0.2 to 0.5 N."""
USED = (0.25, 0.6)
"""Share of a cell's range that its zero takes; the shipped rigs leave 30 % to 700 % over a 120 kg runner."""
SURE = 3.0
"""Standard uncertainties by which a drift must pass its limit."""
FROZEN_S = 1.0
JUMP_SD = 10.0
"""Robust standard deviations between neighbours: of Gaussian noise one in 10²³."""
JUMP_N = 5.0
"""Less than this is nobody's loose contact."""
MANY_JUMPS = 3
EVENT_S = 0.02
"""Jumps so close are one event; if more than one cell jumps in it, the floor was shaken and no wire."""
MOVING_N = (40.0, 150.0)
"""Spread of two cells, and of their sum, from which on somebody walks about."""
_BLOCKS = 16
COARSE_N = 1.0
"""A converter whose steps are larger than this may well say the same number for seconds."""


@dataclass(frozen=True)
class CellFacts:
    """What is known of the cells that are judged, C of them."""

    names: tuple[str, ...]
    """Names, for people."""
    vertical: NDArray[np.bool_]
    """(C,) whether it measures along z."""
    newtons_per_count: Floats
    """(C,) scale with its sign."""
    limit_N: Floats
    """(C,) largest load that cell and channel can report."""
    full_scale: int
    """Counts at the end of the converter's range: it gives −full_scale … full_scale − 1."""


@dataclass(frozen=True)
class CellState:
    """One cell over the stretch."""

    name: str
    """Its name."""
    mean_N: float
    """Mean reading, N."""
    noise_N: float
    """rms between neighbouring samples, robust, N."""
    drift_N_per_min: float
    """Slope, N/min."""
    u_drift_N_per_min: float
    """Its standard uncertainty, from the scatter about the slope."""
    used: float
    """Share of the range that the mean takes."""
    railed: float
    """Share of samples at the end of the converter's range."""
    frozen_s: float
    """Longest time without a single count of change, s."""
    jumps: int
    """Events in which this cell alone jumped."""
    coarse: bool
    """Whether one count is so large that a steady reading need not change."""
    whole_s: float
    """Length of the stretch, s."""

    @property
    def usable(self) -> bool:
        """Whether it says anything about a force."""
        return self.railed == 0.0 and not self.stuck and not self.jumps

    @property
    def stuck(self) -> bool:
        """Whether it stood still as no cell can."""
        return self.frozen_s >= min(FROZEN_S, 0.99 * self.whole_s)


def cell_states(counts: Ints, facts: CellFacts, sample_rate_Hz: float) -> list[CellState]:
    """Look at each cell.

    Args:
        counts: (n, C) of an empty belt, at least some hundred samples.
        facts: Of the cells.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        One state for each cell.
    """
    newtons = counts * facts.newtons_per_count
    railed = ((counts >= facts.full_scale - 1) | (counts <= -facts.full_scale)).mean(axis=0)
    step = np.abs(np.diff(newtons, axis=0))
    noise = np.median(step, axis=0) / (0.6745 * np.sqrt(2.0))
    slope, u_slope = _slopes(newtons, len(counts) / sample_rate_Hz)
    jumps = _jumps(step, np.sqrt(2.0) * noise, sample_rate_Hz)
    frozen = [_longest_still(counts[:, c]) / sample_rate_Hz for c in range(counts.shape[1])]
    middle = np.median(newtons, axis=0)
    return [
        CellState(name, float(middle[c]), float(noise[c]), float(slope[c]), float(u_slope[c]),
                  float(abs(middle[c]) / facts.limit_N[c]), float(railed[c]), frozen[c], int(jumps[c]),
                  bool(abs(facts.newtons_per_count[c]) > COARSE_N), len(counts) / sample_rate_Hz)
        for c, name in enumerate(facts.names)
    ]  # fmt: skip


def walked_on(counts: Ints, facts: CellFacts, sample_rate_Hz: float) -> bool:
    """Whether somebody moves about on the belt: the sum moves, and more than one cell.

    Args:
        counts: (n, C).
        facts: Of the cells.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        True if the cells cannot be judged.
    """
    width = max(1, round(0.1 * sample_rate_Hz))
    blocks = len(counts) // width
    if blocks < 3 or not facts.vertical.any():
        return False
    newtons = (counts * facts.newtons_per_count)[: blocks * width, facts.vertical]
    means = np.median(newtons.reshape(blocks, width, -1), axis=1)  # a loose wire is open for moments only
    each, total = np.ptp(np.percentile(means, [5, 95], axis=0), axis=0), means.sum(axis=1)
    moving = np.count_nonzero(each > MOVING_N[0]) > 1
    return bool(moving and np.ptp(np.percentile(total, [5, 95])) > MOVING_N[1])


def lone_jumps(newtons: Floats, least_N: float, sample_rate_Hz: float) -> NDArray[np.int64]:
    """Count the events in which one cell jumps from one sample to the next while the others do not.

    Args:
        newtons: (n, C) N.
        least_N: Size of a jump, N.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (C,) events.
    """
    return _lone_events(np.abs(np.diff(newtons, axis=0)) > least_N, sample_rate_Hz)


def cell_light(state: CellState) -> Light:
    """Judge one cell: the first thing that is wrong with it hides what follows from it.

    Args:
        state: As `cell_states` gives it.

    Returns:
        Light "cell NAME"; its number and limit are those of what is wrong, else the noise.
    """
    name = f"cell {state.name}"
    for light in (_railed(name, state), _stuck(name, state), _loose(name, state)):
        if light is not None:
            return light
    return _analogue(name, state)


def _railed(name: str, state: CellState) -> Light | None:
    if state.railed < 0.5 and (state.railed == 0.0 or state.jumps):
        return None
    text = (
        f"saturated: at the end of its range for {100 * state.railed:.0f} % of the time. "
        "A wire of the bridge is broken or E and S are mixed up; else lower the gain"
    )
    return Light(name, RED, state.railed, 0.0, "", text)


def _stuck(name: str, state: CellState) -> Light | None:
    if not state.stuck or (state.coarse and state.frozen_s < state.whole_s):
        return None
    still = f"stuck: not a single count of change in {state.frozen_s:.1f} s, at {state.mean_N:+.1f} N"
    if state.coarse:
        return Light(name, AMBER, state.frozen_s, FROZEN_S, "s", f"{still}; or its steps are too coarse: press on it")
    return Light(name, RED, state.frozen_s, FROZEN_S, "s", f"{still}. Check its plug, its wires and the channel")


def _loose(name: str, state: CellState) -> Light | None:
    if not state.jumps:
        return None
    at_end = ", to the end of its range" if state.railed else ""
    text = (
        f"loose contact: jumps {state.jumps} times in {state.whole_s:.0f} s{at_end}. "
        "Wiggle its plug and cable while you watch; solder or change what moves"
    )
    return Light(name, RED if state.jumps >= MANY_JUMPS else AMBER, float(state.jumps), 0.0, "", text)


def _analogue(name: str, state: CellState) -> Light:
    drift = max(0.0, abs(state.drift_N_per_min) - SURE * state.u_drift_N_per_min)
    what = f"{state.mean_N:+.1f} N ({100 * state.used:.0f} % of its range)"
    moves = f"{state.drift_N_per_min:+.1f} ± {state.u_drift_N_per_min:.1f} N/min"
    found = [
        (_grade(state.noise_N, NOISE_N), state.noise_N, NOISE_N[0], "N",
         f"noisy, {state.noise_N:.2f} N rms: check shield and ground of its cable, and its mount"),
        (_grade(drift, DRIFT_N_PER_MIN), state.drift_N_per_min, DRIFT_N_PER_MIN[0], "N/min",
         f"drifting, {moves}: let it warm up for 20 min, keep sun and draught off. If it goes on, it is damp or bent"),
        (_grade(state.used, USED), state.used, USED[0], "",
         f"its zero of {state.mean_N:+.0f} N takes {100 * state.used:.0f} % of its range: "
         "level the feet, look for a cell that is strained by its mount, or lower the gain"),
    ]  # fmt: skip
    wrong = [one for one in found if one[0] != GREEN]
    if not wrong:
        return Light(
            name, GREEN, state.noise_N, NOISE_N[0], "N", f"{what}, noise {state.noise_N:.2f} N rms, drift {moves}"
        )
    worst = next((one for one in wrong if one[0] == RED), wrong[0])
    return Light(name, worst[0], worst[1], worst[2], worst[3], "; ".join(one[4] for one in wrong))


def _grade(value: float, limits: tuple[float, float]) -> str:
    return GREEN if value <= limits[0] else AMBER if value <= limits[1] else RED


def _slopes(newtons: Floats, seconds: float) -> tuple[Floats, Floats]:
    """Slope of each column and its standard uncertainty, N/min, by blocks: their scatter holds slow noise too."""
    blocks = min(_BLOCKS, len(newtons) // 2)
    if blocks < 3:
        return np.zeros(newtons.shape[1]), np.full(newtons.shape[1], np.inf)
    width = len(newtons) // blocks
    means = np.median(newtons[: blocks * width].reshape(blocks, width, -1), axis=1)
    t = (np.arange(blocks) - 0.5 * (blocks - 1)) * (seconds / 60.0 * blocks * width / len(newtons) / blocks)
    slope = t @ means / (t @ t)
    rest = means - means.mean(axis=0) - t[:, np.newaxis] * slope
    return slope, np.sqrt((rest**2).sum(axis=0) / (blocks - 2) / (t @ t))


def _longest_still(counts: Ints) -> int:
    """Samples of the longest run of one and the same value."""
    changes = np.flatnonzero(np.diff(counts))
    edges = np.concatenate([[-1], changes, [counts.size - 1]])
    return int(np.diff(edges).max())


def _jumps(step: Floats, noise_N: Floats, sample_rate_Hz: float) -> NDArray[np.int64]:
    """(C,) events in which one cell jumps while the others are quiet; a shaken floor moves several at once."""
    return _lone_events(step > np.maximum(JUMP_SD * noise_N, JUMP_N), sample_rate_Hz)


def _lone_events(far: NDArray[np.bool_], sample_rate_Hz: float) -> NDArray[np.int64]:
    width = max(1, round(EVENT_S * sample_rate_Hz))
    events = np.add.reduceat(far, np.arange(0, len(far), width), axis=0) > 0
    alone = events & (events.sum(axis=1, keepdims=True) == 1)
    begun = alone.copy()
    begun[1:] &= ~alone[:-1]  # an event that lies across a border counts once
    total: NDArray[np.int64] = begun.sum(axis=0)
    return total
