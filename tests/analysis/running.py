"""Known runners: closed-form ground reaction forces (the oracles O1 to O4) and a short way through the pipeline."""

import itertools

import numpy as np

from analysis.pipeline import Pipeline
from analysis.protocol import G, get_protocol
from analysis.setup import Setup
from analysis.steps import join_tables
from analysis.wrench import force_belt

MASS = 70.0
BW = MASS * G


def half_sine(t, t_c=0.250, t_f=0.100, mass=MASS):
    """O1: the impulse of one step, mass·g·(t_c + t_f), as a half-sine; zero outside the contact."""
    peak = mass * G * (t_c + t_f) * np.pi / (2.0 * t_c)
    return np.where((t > 0) & (t < t_c), peak * np.sin(np.pi * t / t_c), 0.0)


def _raised_cosine(t, height, middle, rise, fall):
    width = np.where(t < middle, rise, fall)
    inside = (t > middle - rise) & (t < middle + fall)
    return np.where(inside, 0.5 * height * (1.0 + np.cos(np.pi * (t - middle) / width)), 0.0)


def two_mass(t, t_c=0.240, t_a=0.100, dv1=1.10, dt1=0.027, mass=MASS):
    """O2: Clark, Ryan and Weyand (2017), J Exp Biol 220:247, a limb impact and the rest of the body."""
    average1 = 0.08 * mass * (dv1 / dt1 + G)
    average2 = (mass * G * (t_c + t_a) - average1 * 2.0 * dt1) / t_c
    impact = _raised_cosine(t, 2.0 * average1, dt1, dt1, dt1)
    return impact + _raised_cosine(t, 2.0 * average2, 0.47 * t_c, 0.47 * t_c, 0.53 * t_c)


def half_sine_with_impact(t, t_c=0.250, t_f=0.100, mass=MASS, height=500.0, middle=0.030, sd=0.008):
    """O3: a half-sine plus a Gaussian, which together carry the impulse of one step."""
    impulse = height * sd * np.sqrt(2.0 * np.pi)
    peak = (mass * G * (t_c + t_f) - impulse) * np.pi / (2.0 * t_c)
    sine = np.where((t > 0) & (t < t_c), peak * np.sin(np.pi * t / t_c), 0.0)
    return sine + np.where((t > 0) & (t < t_c), height * np.exp(-0.5 * ((t - middle) / sd) ** 2), 0.0)


def ap_sine(t, t_c=0.250, mass=MASS):
    """O4: fore-aft force −0.25 BW·sin(2πt/t_c): braking, then as much propulsion."""
    return np.where((t > 0) & (t < t_c), -0.25 * mass * G * np.sin(2.0 * np.pi * t / t_c), 0.0)


def train(shape, n_steps, period, rate=1000.0, *, start=0.3137, tail=0.4, every=1, phase=0):
    """Steps one after the other, by default off the sampling grid; with `every` 2, only each second of them.

    Returns:
        (n,) N sampled at `rate`.
    """
    t = np.arange(round((start + n_steps * period + tail) * rate)) / rate
    force = np.zeros(t.size)
    for k in range(phase, n_steps, every):
        a, b = np.searchsorted(t, (start + k * period, start + (k + 1) * period))
        force[a:b] += shape(t[a:b] - start - k * period)
    return force


def one_belt(rate=1000.0, bw=BW, **columns):
    """A single belt whose channels are wrench components, by default vertical force alone."""
    return Setup(rate, 1e6, [force_belt(columns or {"Fz": 0})], get_protocol(), bw)


def two_belts(rate=1000.0, bw=BW):
    """A split treadmill: channel 0 is the left belt's vertical force, channel 1 the right one's."""
    belts = [force_belt({"Fz": i}, name=name, channels=2) for i, name in enumerate("LR")]
    return Setup(rate, 1e6, belts, get_protocol(), bw)


def ticks(n, rate=1000.0, start=0):
    """Device time of n samples in µs."""
    return start + np.round(np.arange(n) * (1e6 / rate)).astype(np.int64)


def analyse(channels, setup, *, cuts=(), gaps=(), flags=None, tick=None, tare=None):
    """Feed a whole record, cut before the rows `cuts`, with data missing before the rows `gaps`.

    Args:
        channels: (n,) or (C, n).

    Returns:
        The step table and the pipeline.
    """
    rows = np.atleast_2d(channels).T
    n = len(rows)
    tick = ticks(n, setup.sample_rate_Hz) if tick is None else tick
    flags = np.zeros(n, np.uint8) if flags is None else flags
    pipeline = Pipeline(setup)
    if tare is not None:
        pipeline.tare(tare)
    edges = [0, *sorted(cuts), n]
    tables = []
    for a, b in itertools.pairwise(edges):
        inside = [g - a for g in gaps if a <= g < b]
        tables.append(pipeline.feed(rows[a:b], tick[a:b], flags[a:b], inside).steps)
    tables.append(pipeline.finish())
    return join_tables(tables), pipeline
