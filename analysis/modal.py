"""Natural frequency and damping of the deck from a tap test: hit it, watch it ring, fit the free decays.

Each blow is found, its decay fitted (`analysis.decay_fit`), and the taps averaged: how far they agree tells what the
noise within one does not. (Metrics, section 9.2.)
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.decay_fit import SETTLED, fit_decay
from analysis.errors import AnalysisError
from analysis.setup import Mode

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

APART_S = 0.3
"""Blows closer together are one blow that bounced."""
LEAVE_S = 0.02
"""After the largest force of a blow the hammer is gone by then."""
SLOW_S = 0.1
"""What changes more slowly is no ringing: a person's sway, drift."""
SMALLEST_PEAK = 0.2
"""A blow is at least this share of the hardest one."""
ABOVE_NOISE = 6.0
"""A blow stands out from the noise by at least this many standard deviations."""
BEFORE_S = (0.20, 0.06)
"""So long before its peak a blow is not yet there: the force is below half of it; ringing only ever falls."""
BLOCK_S = 0.05
QUIET = 0.05
"""Noise is what this share of the blocks of `BLOCK_S` stay below: a soft deck rings from one blow to the next."""
DISTURBED = 0.01
"""A decay is not free if so much of its variance still rings in what the modes leave: a double blow, a step."""


@dataclass(frozen=True)
class ModalFit:
    """What a tap test found."""

    natural_frequency_Hz: float
    """Undamped natural frequency, Hz, mean over the taps."""
    damping: float
    """Damping ratio ζ, mean over the taps."""
    u_natural_frequency_Hz: float
    """Standard uncertainty, Hz: from the scatter of the taps or the noise in each, whichever is larger."""
    u_damping: float
    """Likewise of ζ."""
    taps: int
    """Decays used."""
    refused: int
    """Blows after which no free decay was seen."""

    @property
    def mode(self) -> Mode:
        """What a rig file keeps of it."""
        return Mode(self.natural_frequency_Hz, self.damping)

    @property
    def damped_frequency_Hz(self) -> float:
        """ω_d/2π = f√(1 − ζ²): what zero crossings show."""
        return float(self.natural_frequency_Hz * np.sqrt(1.0 - self.damping**2))

    @property
    def log_decrement(self) -> float:
        """δ = 2πζ/√(1 − ζ²): logarithm of the ratio of one peak to the next."""
        return float(2.0 * np.pi * self.damping / np.sqrt(1.0 - self.damping**2))

    @property
    def settling_s(self) -> float:
        """3/(ζω): until 5 % of the ringing is left."""
        return float(SETTLED / (self.damping * 2.0 * np.pi * self.natural_frequency_Hz))


def find_taps(force: Floats, sample_rate_Hz: float) -> Ints:
    """Blows in a record, each at the largest force near it.

    Args:
        force: (n,) force along the axis that was tapped, offset and all.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        (k,) sample numbers.
    """
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import find_peaks

    fast = np.abs(force - uniform_filter1d(force, max(3, round(SLOW_S * sample_rate_Hz)), mode="nearest"))
    block = max(4, round(BLOCK_S * sample_rate_Hz))
    blocks = fast[: fast.size // block * block].reshape(-1, block)
    if not len(blocks):
        return np.empty(0, np.int64)
    noise = float(np.quantile(np.sqrt(np.mean(blocks**2, axis=1)), QUIET))
    least = max(SMALLEST_PEAK * float(fast.max()), ABOVE_NOISE * noise, 1e-12)
    found, _ = find_peaks(np.pad(fast, 1), height=least, distance=max(1, round(APART_S * sample_rate_Hz)))
    blows = (found - 1).tolist()
    far, near = (round(before * sample_rate_Hz) for before in BEFORE_S)
    risen = [fast[max(0, i - far) : max(0, i - near)].max(initial=0.0) < 0.5 * fast[i] for i in blows]
    return np.asarray(blows, np.int64)[np.asarray(risen, np.bool_)]


def free_decay(force: Floats, sample_rate_Hz: float) -> ModalFit:
    """Natural frequency and damping from a record of a few taps.

    Args:
        force: (n,) force along the axis that was tapped; unfiltered, or filtered well above the mode.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        The strongest mode, averaged over the taps.

    Raises:
        AnalysisError: There is no blow, or after most of them there is no free decay.
    """
    taps = find_taps(force, sample_rate_Hz)
    bounds = np.append(taps, force.size)
    gone = round(LEAVE_S * sample_rate_Hz)
    fits = [fit_decay(force[a + gone : b - gone], sample_rate_Hz) for a, b in pairwise(bounds.tolist())]
    used = [fit for fit in fits if fit is not None and fit.disturbed < DISTURBED]
    if not used or 2 * len(used) < len(fits):
        raise AnalysisError(
            "tap test",
            expected="blows on the deck, each followed by ringing that dies away undisturbed",
            seen=f"{taps.size} blows, {len(used)} of them with such ringing"
            if taps.size
            else "no blow that stands out",
            next_step="Strike harder, let the ringing die away before the next blow, and keep off the deck.",
        )
    frequency, u_frequency = _average(
        [fit.natural_frequency_Hz for fit in used], [fit.u_natural_frequency_Hz for fit in used]
    )
    damping, u_damping = _average([fit.damping for fit in used], [fit.u_damping for fit in used])
    return ModalFit(frequency, damping, u_frequency, u_damping, len(used), len(fits) - len(used))


def _average(values: list[float], u: list[float]) -> tuple[float, float]:
    """Mean, and its standard uncertainty by scatter or by the parts' own, whichever is larger."""
    count = len(values)
    own = float(np.sqrt(np.sum(np.square(u)))) / count
    scatter = float(np.std(values, ddof=1)) / np.sqrt(count) if count > 1 else 0.0
    return float(np.mean(values)), max(own, float(scatter))
