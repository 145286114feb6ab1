"""When a tap test must be refused although something was fitted: too uncertain, too weak, or not what it seems.

A deck of natural frequency ω that passes a blow's whole impulse J on to its cells rings with an amplitude of at most
J·ω, and begins to at the blow (metrics, section 9.2: H(0) = 1). What rings much less is not the mode that
carries the force; what does not begin at the blow is a mode above half the sampling rate, folded down, or no ring.
"""

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from analysis.decay_model import Fitted
from analysis.errors import AnalysisError
from analysis.setup import Mode
from analysis.taps import Blow

Floats = NDArray[np.float64]

FREQUENCY_WITHIN = 0.01
DAMPING_WITHIN = 0.15
"""What the modes are identified to …"""
SURE = 3.0
"""… is so many standard uncertainties."""
LEAST_SHARE = 0.25
"""A blow of 8 ms excites 150 Hz with a fifth of what a shorter one would; a mode above the band stays below."""
MOST_SHARE = 1.6
HIGHEST = 0.4
"""Above this share of the sampling rate there is too little of each swing to fit …"""
EXCITED_HZ = 450.0
"""… and what blows may excite, up to here, must not fold down to where the mode is …"""
BY_PHASE = 0.25
"""… but below this share of the rate, where the phases of what is folded down give it away."""
DEAD = 0.25
"""What is damped more than this does not ring."""
BEGINS = (-0.25, 0.45)
"""Cycles from the beginning of the ring to the largest force: at most a quarter, the blow itself aside."""
ORDERLY = 0.85
"""The phases of the blows agree at least to this share of what sampling leaves of their order."""
TOGETHER_SHARE = 0.1
"""Modes closer than this have no phase of their own."""


def trust(fitted: Fitted, start: int, blows: Sequence[Blow], sample_rate_Hz: float, mode: Mode) -> None:
    """Let a fit pass that may be believed; an AnalysisError says why another must not.

    Args:
        fitted: The fit.
        start: Samples after the peaks at which it begins.
        blows: The blows that it is of.
        sample_rate_Hz: Sampling rate, Hz.
        mode: Its first mode, with its standard uncertainties.
    """
    frequency = mode.natural_frequency_Hz
    off = (mode.u_natural_frequency_Hz / frequency, mode.u_damping / mode.damping)
    highest = max(BY_PHASE * sample_rate_Hz, min(HIGHEST * sample_rate_Hz, sample_rate_Hz - EXCITED_HZ))
    if frequency > highest:
        seen = f"ringing at {frequency:.0f} Hz, which {sample_rate_Hz:g} samples a second cannot tell from a higher one"
        _refuse(seen, "Such a deck is stiff enough, or the converter too slow for this test.")
    if mode.damping > DEAD:
        _refuse(f"a deck that does not ring: damping {mode.damping:.2f}", "Its force is right as it is read.")
    if SURE * off[0] > FREQUENCY_WITHIN or SURE * off[1] > DAMPING_WITHIN:
        seen = (
            f"ringing near {frequency:.0f} Hz, known to {100 * off[0]:.2g} % in frequency and {100 * off[1]:.2g} % in"
            f" damping ({100 * FREQUENCY_WITHIN / SURE:.2g} % and {100 * DAMPING_WITHIN / SURE:.2g} % are needed)"
        )
        _refuse(seen, "Strike harder or with a harder hammer, give more blows, stop the belt if it runs.")
    share, phase, alike = _by_impulse(fitted, start, blows, sample_rate_Hz, mode)
    if not LEAST_SHARE <= share <= MOST_SHARE:
        seen = f"ringing at {frequency:.0f} Hz, {100 * share:.0f} % of what such blows excite in a deck like that"
        _refuse(seen, "The deck's own mode is higher than this test can show, or the blows are too soft for it.")
    if not _alone(fitted):
        return
    # The largest force is seen up to half a sample early or late; what is folded down turns faster than it seems.
    together = ORDERLY * float(np.sinc(frequency / sample_rate_Hz))
    if not BEGINS[0] <= phase <= BEGINS[1] or alike < together:
        seen = f"ringing at {frequency:.0f} Hz that does not begin with the blows"
        _refuse(seen, "It is a machine that runs, or a mode above half the sample rate.")


def _refuse(seen: str, next_step: str) -> NoReturn:
    raise AnalysisError(
        "tap test", expected="ringing that tells the deck's mode for certain", seen=seen, next_step=next_step
    )


def _alone(fitted: Fitted) -> bool:
    omega = fitted.sines.natural_rad_s
    return bool((np.abs(omega[1:] / omega[0] - 1.0) > TOGETHER_SHARE).all())


def _by_impulse(
    fitted: Fitted, start: int, blows: Sequence[Blow], sample_rate_Hz: float, mode: Mode
) -> tuple[float, float, float]:
    """Amplitude over J·ω, all modes taken together; mean cycles from the ring's beginning to the peak, and their order.

    The order is the length of the mean of the phases as unit vectors: 1 if all blows agree.
    """
    rate, poles = sample_rate_Hz, fitted.sines.poles
    frequency = mode.natural_frequency_Hz
    lead = round(max(0.006, 0.3 / frequency) * rate)
    still = round(max(0.05, 2.0 / frequency) * rate)
    cosine, sine = fitted.amplitudes[: 2 * len(poles) : 2], fitted.amplitudes[1 : 2 * len(poles) : 2]  # (M, k)
    # ∫ exp(−αt)(a cos ωt + b sin ωt) dt from 0 to ∞, and half a sample before
    alpha, omega = poles[:, :1], poles[:, 1:]
    rest = np.sum((cosine * alpha + sine * omega) / (alpha**2 + omega**2) + 0.5 / rate * cosine, axis=0)
    lines = fitted.sines.lines, fitted.amplitudes[2 * len(poles) :]
    before = np.array([
        _impulse(blow, lead, still, start, rate, (lines[0], lines[1][:, i])) for i, blow in enumerate(blows)
    ])  # fmt: skip
    impulse = before + rest
    amplitude = np.hypot(cosine, sine) * np.exp(alpha * start / rate)
    shares = np.sum(amplitude / fitted.sines.natural_rad_s[:, np.newaxis], axis=0) / np.maximum(np.abs(impulse), 1e-300)
    # After a blow at t₀ the ring is A sin(ω_d(t − t₀) + 2ζ): the phase of (2ζωs + ω²) at the pole.
    sign = np.sign(impulse)
    at_start = np.arctan2(sign * cosine[0], sign * sine[0]) - 2.0 * mode.damping
    turn = np.exp(1j * (at_start - poles[0, 1] * start / rate))
    mean = complex(turn.mean())
    return float(np.median(shares)), float(np.angle(mean)) / (2.0 * np.pi), abs(mean)


def _impulse(blow: Blow, lead: int, still: int, start: int, rate: float, lines: tuple[Floats, Floats]) -> float:
    """Time integral of the force from before the blow to where the fit begins, without the lines that go on, N·s."""
    begin = max(1, blow.peak - lead)
    first, end = max(0, begin - still), blow.peak + start
    angle = np.outer((np.arange(first, end) - end) / rate, lines[0])
    force = blow.force[first:end] - np.cos(angle) @ lines[1][::2] - np.sin(angle) @ lines[1][1::2]
    return float(np.sum(force[begin - first :] - force[: begin - first].mean())) / rate
