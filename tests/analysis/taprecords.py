"""Records of tap tests with known answers: hammer, deck, belt and motor, cells, a person who sways."""

import numpy as np
from scipy.signal import cont2discrete, lfilter

FINE = 4
"""Samples of the solution per sample of the record; the mode is solved exactly for a force straight between them."""


def passed(fine, fine_rate, fn_Hz, zeta):
    """A force through a deck's mode (2ζωs + ω²)/(s² + 2ζωs + ω²)."""
    if not fn_Hz:
        return fine
    w = 2.0 * np.pi * fn_Hz
    b, a, _ = cont2discrete(([2 * zeta * w, w * w], [1.0, 2 * zeta * w, w * w]), 1.0 / fine_rate, method="foh")
    return lfilter(np.ravel(b), a, fine)


def tap_record(rng, fn_Hz, zeta, rate, *, taps=8, peak_N=400.0, width_s=0.004, noise_N=1.0, lines=(), broad_N=0.0,
               sway_N=0.0, further=(), every_s=2.0):  # fmt: skip
    """Force of `taps` blows, each a little different, over the cells' noise.

    `lines` are forces of belt and motor (Hz, N) that wander in phase by 0.3 rad in a second; `broad_N` is a force that
    is white up to the sample rate; both act on the deck. `further` are other modes (share, Hz, ζ).
    """
    samples, fine_rate = round((taps * every_s + 1.0) * rate), rate * FINE
    t = np.arange(samples * FINE) / fine_rate
    force = np.zeros(t.size)
    for at in 0.8 + every_s * np.arange(taps) + rng.uniform(-0.2, 0.2, taps):
        width = width_s * rng.uniform(0.85, 1.2)
        a, b = np.searchsorted(t, (at, at + width))
        force[a:b] += peak_N * rng.uniform(0.6, 1.4) * np.sin(np.pi * (t[a:b] - at) / width)
    for hertz, newton in lines:
        phase = np.repeat(np.cumsum(rng.normal(size=samples)) * 0.3 / np.sqrt(rate), FINE)
        force += newton * np.sin(2 * np.pi * hertz * t + rng.uniform(0, 6) + phase)
    force += broad_N * np.repeat(rng.normal(size=samples), FINE)
    out = (1.0 - sum(share for share, _, _ in further)) * passed(force, fine_rate, fn_Hz, zeta)
    for share, other_Hz, other_zeta in further:
        out += share * passed(force, fine_rate, other_Hz, other_zeta)
    t = t[::FINE]
    sway = sway_N * (np.sin(2 * np.pi * 0.6 * t) + 0.3 * np.sin(2 * np.pi * 1.3 * t + 1.0))
    return out[::FINE] + sway + 30.0 + noise_N * rng.normal(size=samples)


def drawn(seed, *, belt=True, fn_Hz=None, zeta=None, rate=None):
    """A random tap test within the stated range: the record, its rate, and the truth.

    5 to 11 blows of 200 to 600 N and 2.5 to 5.5 ms, cells' noise 0.3 to 2 N; the belt with three lines of up to 6 N,
    none within a tenth of the mode, and broad forces up to 1.5 N.
    """
    rng = np.random.default_rng(seed)
    fn_Hz = float(np.exp(rng.uniform(np.log(20), np.log(150)))) if fn_Hz is None else fn_Hz
    zeta = float(np.exp(rng.uniform(np.log(0.01), np.log(0.08)))) if zeta is None else zeta
    rate = float(rng.choice([1000.0, 976.5625, 2000.0])) if rate is None else rate
    lines = [f if abs(f / fn_Hz - 1) > 0.1 else 1.25 * f for f in rng.uniform(5, 90, 3)]
    record = tap_record(
        rng, fn_Hz, zeta, rate, taps=int(rng.integers(5, 12)), peak_N=rng.uniform(200, 600),
        width_s=rng.uniform(0.0025, 0.0055), noise_N=rng.uniform(0.3, 2.0), sway_N=float(rng.choice([0.0, 25.0])),
        lines=list(zip(lines, rng.uniform(1, 6, 3), strict=True)) if belt else (),
        broad_N=rng.uniform(0, 1.5) if belt else 0.0,
    )  # fmt: skip
    return record, rate, fn_Hz, zeta
