"""Warm-up of an unloaded machine: how fast the cells drift now, and how long until they drift slowly enough.

A machine that is switched on warms towards a balance, so that its zero follows c + a·exp(−t/τ) (Newton's law of
cooling). c and a follow from τ by least squares; τ is not estimated as one number, but weighed: every τ has the
likelihood of the residuals that it leaves, and with it a time at which the drift reaches the limit. Mean and scatter of
these times are the estimate and its uncertainty. In the beginning every τ fits, and nothing is said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOWS_S = (30.0, 60.0, 120.0, 240.0)
"""The drift of now is the slope over the first of these that is long enough for the noise: a falling one is told a
little too large, never too small."""
SURE = 3.0
"""Ready means: below the limit by so many standard uncertainties."""
QUIET = 0.25
"""A window is long enough if these take at most this share of the limit."""
TELLING = 0.2
"""A wait is told when its standard uncertainty is at most this share of it …"""
TELLING_S = 10.0
"""… or this much, s."""
TAU_S = (10.0, 4 * 3600.0)
COARSE, FINE, ROUNDS = 161, 81, 3
UNLIKELY = -14.0
"""Logarithm of a likelihood ratio that need not be followed."""
MOST_POINTS = 600
"""Longer watches are averaged to about so many points, as nothing in them is fast."""
EDGE = 0.02
"""Weight of the longest τ from which a line fits as well as an exponential."""


@dataclass(frozen=True)
class SignalDrift:
    """Drift of a cell, or of the force of a belt."""

    name: str
    """Its name."""
    limit_N_per_min: float
    """What is good enough."""
    drift_N_per_min: float
    """Slope over the last half minute, or longer if there is much noise."""
    u_drift_N_per_min: float
    """Its standard uncertainty."""
    good: bool
    """Whether it is surely within the limit."""
    wait_s: float | None
    """How long until it will be, s; None if that cannot be told."""
    u_wait_s: float | None
    """Standard uncertainty of that."""


@dataclass(frozen=True)
class WarmupState:
    """What is known now."""

    watched_s: float
    """For how long the machine was watched."""
    signals: tuple[SignalDrift, ...]
    """Cells and belts; none in the first half minute."""
    ready: bool
    """Whether all are good."""
    wait_s: float | None
    """How long until they will be; None if that cannot be told yet."""
    u_wait_s: float | None
    """Standard uncertainty of that."""


def judge_warmup(
    time_s: Floats, values_N: Floats, names: Sequence[str], limits_N_per_min: Sequence[float]
) -> WarmupState:
    """Tell how warm a machine is.

    Args:
        time_s: (n,) middles of the seconds that were averaged, ascending.
        values_N: (n, S) means of the signals, N.
        names: (S,) their names.
        limits_N_per_min: (S,) drift that is good enough.

    Returns:
        The state.
    """
    watched_s = float(time_s[-1] - time_s[0]) + 1.0 if time_s.size else 0.0
    if watched_s < WINDOWS_S[0] or time_s.size < WINDOWS_S[0] / 2:
        return WarmupState(watched_s, (), ready=False, wait_s=None, u_wait_s=None)
    window_s, slope, u_slope = _drift(time_s, values_N, np.asarray(limits_N_per_min) / 60.0)
    signals = []
    for i, (name, limit) in enumerate(zip(names, limits_N_per_min, strict=True)):
        drift, u = 60.0 * float(slope[i]), 60.0 * float(u_slope[i])
        good = abs(drift) + SURE * u < limit
        wait = (0.0, 0.0) if good else _wait(time_s, values_N[:, i], limit / 60.0, window_s)
        signals.append(SignalDrift(name, limit, drift, u, good, *(wait or (None, None))))
    return WarmupState(watched_s, tuple(signals), all(one.good for one in signals), *_longest(signals))


def _longest(signals: Sequence[SignalDrift]) -> tuple[float | None, float | None]:
    waits = [(one.wait_s, one.u_wait_s) for one in signals if one.wait_s is not None and one.u_wait_s is not None]
    return max(waits) if len(waits) == len(signals) else (None, None)


def _drift(time_s: Floats, values_N: Floats, limits_N_per_s: Floats) -> tuple[float, Floats, Floats]:
    """Window, s, and the slope of each signal over it with its standard uncertainty, N/s, (S,) each."""
    found = WINDOWS_S[0], *_slopes(time_s, values_N, WINDOWS_S[0])
    for window_s in WINDOWS_S[1:]:
        if (SURE * found[2] < QUIET * limits_N_per_s).all() or time_s[-1] - time_s[0] < window_s - 1.0:
            break
        found = window_s, *_slopes(time_s, values_N, window_s)
    return found


def _slopes(time_s: Floats, values_N: Floats, window_s: float) -> tuple[Floats, Floats]:
    """Slope of each signal over the last seconds and its standard uncertainty, N/s, (S,) each."""
    late = time_s > time_s[-1] - window_s
    t_s, y = time_s[late] - time_s[late].mean(), values_N[late]
    about = t_s @ t_s
    slope = t_s @ y / about
    rest = y - y.mean(axis=0) - np.outer(t_s, slope)
    variance = np.sum(rest**2, axis=0) / (t_s.size - 2) * _alike(rest)
    return slope, np.sqrt(variance / about)


def _alike(rest: Floats) -> Floats:
    """By how much the variance of slow sums grows because neighbours are alike: (1 + ρ)/(1 − ρ), at least 1."""
    power = np.sum(rest**2, axis=0)
    rho = np.sum(rest[1:] * rest[:-1], axis=0) / np.where(power > 0.0, power, 1.0)
    rho = np.clip(rho, 0.0, 0.95)
    inflation: Floats = (1.0 + rho) / (1.0 - rho)
    return inflation


def _wait(time_s: Floats, values_N: Floats, limit_N_per_s: float, window_s: float) -> tuple[float, float] | None:
    """How long until a window shows that a signal is within the limit, and u of that, s; None: cannot tell."""
    t_s, y = _thinned(time_s - time_s[0], values_N)
    tau_s = np.geomspace(*TAU_S, COARSE)
    likelihood, size_N = _weigh(t_s, y, tau_s)
    if np.exp(likelihood[-1]) > EDGE:
        return None  # as good as a straight line
    for _ in range(ROUNDS):
        likely = np.flatnonzero(likelihood > UNLIKELY)
        low, high = tau_s[max(likely[0] - 1, 0)], tau_s[min(likely[-1] + 1, tau_s.size - 1)]
        tau_s = np.geomspace(low, high, FINE)
        likelihood, size_N = _weigh(t_s, y, tau_s)
    weight = np.exp(likelihood)
    weight /= weight.sum()
    begins = np.log(np.maximum(np.abs(size_N) / tau_s / limit_N_per_s, 1e-12)) * tau_s
    left_s = np.maximum(begins + window_s / 2.0 - t_s[-1], 0.0)
    wait_s = float(weight @ left_s)
    u_s = math.sqrt(float(weight @ (left_s - wait_s) ** 2))
    return (wait_s, u_s) if u_s <= max(TELLING * wait_s, TELLING_S) else None


def _thinned(t_s: Floats, y: Floats) -> tuple[Floats, Floats]:
    step = max(1, t_s.size // MOST_POINTS)
    used = t_s.size - t_s.size % step
    return t_s[-used:].reshape(-1, step).mean(axis=1), y[-used:].reshape(-1, step).mean(axis=1)


def _weigh(t_s: Floats, y: Floats, tau_s: Floats) -> tuple[Floats, Floats]:
    """Logarithm of each τ's likelihood, 0 for the best one, and the a that belongs to it, N; (k,) each."""
    decay = np.exp(-t_s[:, np.newaxis] / tau_s)
    decay -= decay.mean(axis=0)
    flat = y - y.mean()
    power = np.sum(decay**2, axis=0)
    size_N = flat @ decay / power
    left = np.maximum(flat @ flat - size_N**2 * power, 0.0)
    best = int(np.argmin(left))
    rest = (flat - size_N[best] * decay[:, best])[:, np.newaxis]
    variance = max(float(left[best]) / (t_s.size - 3) * float(_alike(rest)[0]), 1e-18)
    return -(left - left[best]) / (2.0 * variance), size_N
