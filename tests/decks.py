"""A hard heel strike, a deck that rings, and the metrics by a second, slower way: the truth for deck and filter tests.

The step is the one that the damage tables of deck and filter were made with: two masses as in Clark, Ryan and Weyand
(2017), the body's pulse between a half-sine and a raised cosine; its loading rate is 103 BW/s.
"""

import numpy as np
from scipy.signal import cont2discrete, find_peaks, lfilter
from scipy.special import gamma

MASS = 70.0
G = 9.80665
BW = MASS * G
CONTACT_S, FLIGHT_S = 0.240, 0.100
PERIOD_S = CONTACT_S + FLIGHT_S
LIMB_DV_M_S, LIMB_DT_S, LIMB_SHARE = 2.0, 0.026, 0.08
EXPONENT, SKEW = 1.2, 0.47
OVERSAMPLING = 16
START_S = 0.1

METRICS = ("impact", "valr", "vilr", "active", "contact")


def hard_heel_strike(t):
    """Vertical force in N at times t (n,) in s since touchdown; 0 outside the contact."""
    limb_N = LIMB_SHARE * MASS * (LIMB_DV_M_S / LIMB_DT_S + G)
    body_N = (BW * PERIOD_S - 2.0 * LIMB_DT_S * limb_N) / CONTACT_S
    to_peak = np.sqrt(np.pi) * gamma(EXPONENT / 2 + 1) / gamma((EXPONENT + 1) / 2)
    share = np.clip(t / CONTACT_S, 0.0, 1.0)
    phase = np.where(share < SKEW, 0.5 * share / SKEW, 0.5 + 0.5 * (share - SKEW) / (1.0 - SKEW))
    body = body_N * to_peak * np.sin(np.pi * phase) ** EXPONENT
    limb = limb_N * (1.0 - np.cos(np.pi * t / LIMB_DT_S)) * ((t > 0) & (t < 2.0 * LIMB_DT_S))
    return np.where((t > 0) & (t < CONTACT_S), body + limb, 0.0)


def touchdowns(steps, *, jitter_s=0.0, start_s=START_S):
    """Times of touchdown; with jitter no two steps meet the ringing of the one before in the same phase."""
    spread = np.random.default_rng(5).uniform(-jitter_s, jitter_s, steps)
    return start_s + PERIOD_S * np.arange(steps) + spread


def force(at_s, rate, rest_s=1.0):
    """The steps at times `at_s`, sampled OVERSAMPLING times faster than `rate`, until `rest_s` after the last."""
    fine = rate * OVERSAMPLING
    t = np.arange(round((at_s[-1] + rest_s) * rate) * OVERSAMPLING) / fine
    out = np.zeros(t.size)
    for touchdown in at_s:
        a, b = np.searchsorted(t, (touchdown, touchdown + CONTACT_S))
        out[a:b] += hard_heel_strike(t[a:b] - touchdown)
    return out


def rung(fine, rate, fn_Hz, zeta):
    """What the cells see of a force through a mode (2ζωs + ω²)/(s² + 2ζωs + ω²), sampled at `rate`.

    Solved exactly for a force that is straight between the fine samples.
    """
    if not fn_Hz:
        return fine[::OVERSAMPLING]
    w = 2.0 * np.pi * fn_Hz
    b, a, _ = cont2discrete(
        ([2 * zeta * w, w * w], [1.0, 2 * zeta * w, w * w]), 1.0 / (rate * OVERSAMPLING), method="foh"
    )
    return lfilter(np.ravel(b), a, fine)[::OVERSAMPLING]


def filtered(signal, taps):
    """Zero-lag convolution with taps whose middle is time 0; the first and last half are not to be used."""
    return np.convolve(signal, taps, mode="same")


def one_step(force_N, touchdown_s, rate, threshold_N, slope_s):
    """IP, VALR, VILR, active peak in BW and BW/s, contact time in ms of the step that begins near `touchdown_s`."""
    first = round((touchdown_s - 0.05) * rate)
    middle = round((touchdown_s + 0.5 * CONTACT_S) * rate)
    last = round((touchdown_s + CONTACT_S + 0.03) * rate)

    def cross(i, level):  # between samples i and i + 1
        return i + (level - force_N[i]) / (force_N[i + 1] - force_N[i])

    up = first + np.flatnonzero(force_N[first:middle] < threshold_N)[-1]
    down = middle + np.flatnonzero(force_N[middle:last] < threshold_N)[0] - 1
    on, off = cross(up, threshold_N), cross(down, threshold_N)
    contact = off - on
    inside = force_N[up + 1 : down + 1]
    found, _ = find_peaks(inside, prominence=0.02 * BW)
    found = found + up + 1
    early = found[(found - on > 0.005 * rate) & (found - on <= min(0.050 * rate, 0.3 * contact))]
    if not early.size:
        return [np.nan] * 4 + [1e3 * contact / rate]
    peak = early[0]

    def level(share):
        below = first + np.flatnonzero(force_N[first:peak] < share * force_N[peak])[-1]
        return cross(below, share * force_N[peak])

    valr = 0.6 * force_N[peak] / (level(0.8) - level(0.2)) * rate
    h = max(1, round(slope_s * rate))
    vilr = max(force_N[i + h] - force_N[i - h] for i in range(up + 1, peak + 1)) / (2 * h) * rate
    active = force_N[round(on + 0.4 * contact) : round(on + 0.6 * contact) + 1].max()
    return [force_N[peak] / BW, valr / BW, vilr / BW, active / BW, 1e3 * contact / rate]


def metrics(force_N, at_s, rate, *, threshold_N=50.0, slope_s=0.002, skip=3):
    """(steps, 5) METRICS of each step but the first `skip` and the last."""
    return np.array([one_step(force_N, t, rate, threshold_N, slope_s) for t in at_s[skip:-1]])


def change(got, want):
    """IP, VALR, VILR, active peak in % and contact time in ms, means over steps; NaN where any step lacks a value."""
    a, b = got.mean(axis=0), want.mean(axis=0)
    return dict(zip(METRICS, [*(100.0 * (a[:4] / b[:4] - 1.0)), a[4] - b[4]], strict=True))
