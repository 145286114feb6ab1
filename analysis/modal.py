"""Natural frequency and damping of the deck from a tap test: hit it, watch it ring, fit the free decays together.

All blows share the deck's poles, so they are fitted as one (`analysis.decay_fit`). Each blow's ring is used from the
earliest moment at which the hammer is gone: 20 ms after the blow nothing is left of 150 Hz with ζ = 0.08. What the
records cannot tell is refused, never guessed. (Metrics, section 9.2.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from analysis.decay_fit import LONGEST_S, SETTLED, Decay, fit_decay, search
from analysis.decay_model import Fitted, Sines, refine, without_slow
from analysis.errors import AnalysisError
from analysis.modal_trust import trust
from analysis.modal_uncertainty import how_well
from analysis.setup import Mode
from analysis.taps import Blow, cut_blows, find_taps

__all__ = ["ModalFit", "SecondMode", "find_taps", "free_decay", "identify"]

Floats = NDArray[np.float64]

LEAST_S = 0.25
"""A ring that the next blow cuts shorter is not used."""
ENOUGH = 6.0
"""Time constants that are looked at …"""
LEAST_LONG_S = 1.0
"""… and at least so long, to tell the ring from the lines of belt and motor."""
GONE_S = (0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.010, 0.012, 0.014, 0.017, 0.020, 0.025, 0.030, 0.040)
"""After the largest force the hammer may be gone so soon, or so late."""
FIRST_GONE_S = 0.006
EDGE_S = 0.003
"""So much of the ring's beginning shows whether the hammer is gone: the model explains it down to the noise."""
BY_CHANCE = 1e-3
DISTURBED = 0.06
"""A decay is not free if the model leaves so much of its amplitude anywhere: a double blow, a step."""
DISTURBED_MOST = 0.5
STANDS_OUT = 3.0
"""Where noise is that large for all blows, a disturbed one leaves so many times as much."""
CLIPPED, PUSHED, TOO_SOON = "clipped", "pushes or steps", "cut short by the next"


@dataclass(frozen=True)
class SecondMode:
    """A further mode that rings along."""

    natural_frequency_Hz: float
    """Undamped natural frequency, Hz."""
    damping: float
    """Damping ratio ζ."""
    strength: float
    """Its amplitude after a blow over that of the first mode."""


@dataclass(frozen=True)
class ModalFit:
    """What a tap test found."""

    natural_frequency_Hz: float
    """Undamped natural frequency of the strongest mode, Hz."""
    damping: float
    """Damping ratio ζ."""
    u_natural_frequency_Hz: float
    """Standard uncertainty, Hz: from the noise and from the scatter of the blows."""
    u_damping: float
    """Likewise of ζ."""
    taps: int
    """Decays used."""
    refused: int
    """Blows after which no free decay was seen."""
    second: SecondMode | None = None
    """The strongest further mode, if one rings audibly."""
    lines_Hz: tuple[float, ...] = ()
    """Periodic forces that were there beside, of belt and motor."""
    alone: tuple[int, ...] = ()
    """Which of the blows used have a ring that can be fitted by itself."""
    tap_frequency_Hz: tuple[float, ...] = ()
    """Natural frequency as each of these would have it, Hz."""
    u_tap_frequency_Hz: tuple[float, ...] = ()
    """Standard uncertainty of that, Hz."""

    @property
    def mode(self) -> Mode:
        """What a rig file keeps of it."""
        return Mode(self.natural_frequency_Hz, self.damping, self.u_natural_frequency_Hz, self.u_damping)

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


def free_decay(force: Floats, sample_rate_Hz: float) -> ModalFit:
    """Natural frequency and damping from a record of a few taps.

    Args:
        force: (n,) force along the axis that was tapped; unfiltered, or filtered well above the mode.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        The strongest mode. An AnalysisError says why there is none.
    """
    return identify(cut_blows(force, sample_rate_Hz, longest_s=LONGEST_S), sample_rate_Hz)


def identify(blows: Sequence[Blow], sample_rate_Hz: float) -> ModalFit:
    """Natural frequency and damping from blows along one axis.

    Args:
        blows: The blows, of one record or of several.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        The strongest mode. An AnalysisError says that there is no blow, that after most of them there is no free decay,
        or that it does not tell the mode for certain.
    """
    faults = [fault_of(blow, sample_rate_Hz) for blow in blows]
    used = [i for i, fault in enumerate(faults) if not fault]
    alone = {i: _alone(blows[i], sample_rate_Hz) for i in used}
    used = _alike(alone)
    if 2 * len(used) < len(blows) or not used:
        _refuse(len(blows), len(used), [fault for fault in faults if fault])
    fitted, start = _fit([blows[i] for i in used], sample_rate_Hz)
    if fitted is None:
        _refuse(len(blows), 0, [])
    found = _told(fitted, start, len(blows), {i: alone[i] for i in used}, sample_rate_Hz)
    trust(fitted, start, [blows[i] for i in used], sample_rate_Hz, found.mode)
    return found


def fault_of(blow: Blow, sample_rate_Hz: float) -> str:
    """What makes a blow useless, as far as it can be told from it alone.

    Args:
        blow: The blow.
        sample_rate_Hz: Sampling rate, Hz.

    Returns:
        In words; empty if nothing does.
    """
    if blow.clipped >= 0:
        return CLIPPED
    if blow.is_push(sample_rate_Hz):
        return PUSHED
    return TOO_SOON if blow.after < LEAST_S * sample_rate_Hz else ""


def _alone(blow: Blow, sample_rate_Hz: float) -> Decay | None:
    """The ring of one blow by itself."""
    first = max(1, round(FIRST_GONE_S * sample_rate_Hz))
    return fit_decay(blow.force[blow.peak + first :], sample_rate_Hz)


def _alike(alone: dict[int, Decay | None]) -> list[int]:
    """Which blows have rings that two modes explain but for noise, as well as they do the others'."""
    rough = {i: 0.0 if one is None else one.disturbed for i, one in alone.items()}
    usual = float(np.median(list(rough.values()))) if rough else 0.0
    most = max(DISTURBED, min(STANDS_OUT * usual, DISTURBED_MOST))
    return [i for i, one in rough.items() if one <= most]


def _refuse(blows: int, used: int, faults: list[str]) -> NoReturn:
    why = f" ({', '.join(f'{faults.count(fault)} {fault}' for fault in dict.fromkeys(faults))})" if faults else ""
    raise AnalysisError(
        "tap test",
        expected="blows on the deck, each followed by ringing that dies away undisturbed",
        seen=f"{blows} blows, {used} of them with such ringing{why}" if blows else "no blow that stands out",
        next_step="Strike harder, let the ringing die away before the next blow, and keep off the deck.",
    )


def _rings(blows: Sequence[Blow], start: int, count: int) -> Floats:
    """(count, k) force after each blow, from `start` samples after its peak on."""
    return np.stack([blow.force[blow.peak + start : blow.peak + start + count] for blow in blows], axis=1)


def _fit(blows: Sequence[Blow], sample_rate_Hz: float) -> tuple[Fitted | None, int]:
    """The modes of some blows, and how many samples after their peaks the fit begins."""
    latest = round(GONE_S[-1] * sample_rate_Hz)
    count = min(blow.after for blow in blows) - latest
    first = max(1, round(FIRST_GONE_S * sample_rate_Hz))
    found = search(_rings(blows, first, count), sample_rate_Hz)
    if found is None:
        return None, first
    long = max(LEAST_LONG_S, ENOUGH / float(found.sines.poles[0, 0]))
    count = min(count, round(long * sample_rate_Hz))
    start = _gone(blows, count, sample_rate_Hz, found.sines)
    again = search(_rings(blows, start, count), sample_rate_Hz)
    if again is not None and start != first:
        start = _gone(blows, count, sample_rate_Hz, again.sines)
        again = search(_rings(blows, start, count), sample_rate_Hz)
    return again, start


def _gone(blows: Sequence[Blow], count: int, sample_rate_Hz: float, sines: Sines) -> int:
    """Samples after the peak from which on the modes explain the ring down to the noise: the hammer is gone."""
    from scipy.stats import chi2

    starts = np.unique(np.maximum(1, np.round(np.array(GONE_S) * sample_rate_Hz).astype(np.int64))).tolist()
    edge = max(3, round(EDGE_S * sample_rate_Hz))
    bound = float(chi2.isf(BY_CHANCE, edge * len(blows))) / (edge * len(blows))
    misfits: list[float] = []
    for start in starts:
        fitted = refine(without_slow(_rings(blows, start, count), sample_rate_Hz), sample_rate_Hz, sines)
        free = np.maximum(1.0 - fitted.leverage, 1e-3)[:, np.newaxis]
        power = fitted.left**2 / free
        late = power[count // 3 :].mean() + (1e-9 * float(fitted.strength.max())) ** 2
        misfits.append(float(power[:edge].mean() / late))
        if misfits[-1] < bound:
            return int(start)
    least = min(misfits)
    return int(next(start for start, misfit in zip(starts, misfits, strict=True) if misfit <= 1.5 * least))


def _told(fitted: Fitted, start: int, blows: int, alone: dict[int, Decay | None], sample_rate_Hz: float) -> ModalFit:
    known = how_well(fitted, sample_rate_Hz)
    frequency = fitted.sines.natural_rad_s / (2.0 * np.pi)
    damping = fitted.sines.damping
    at_blow = np.sqrt(np.mean(fitted.strength**2, axis=1)) * np.exp(fitted.sines.poles[:, 0] * start / sample_rate_Hz)
    second = int(np.argmax(at_blow[1:])) + 1 if at_blow.size > 1 else 0
    told = {i: one for i, one in alone.items() if one is not None}
    return ModalFit(
        float(frequency[0]), float(damping[0]), known.u_natural_frequency_Hz, known.u_damping,
        len(alone), blows - len(alone),
        second=SecondMode(float(frequency[second]), float(damping[second]), float(at_blow[second] / at_blow[0]))
        if second else None,
        lines_Hz=tuple(np.sort(fitted.sines.lines / (2.0 * np.pi)).tolist()),
        alone=tuple(told), tap_frequency_Hz=tuple(one.natural_frequency_Hz for one in told.values()),
        u_tap_frequency_Hz=tuple(one.u_natural_frequency_Hz for one in told.values()),
    )  # fmt: skip
