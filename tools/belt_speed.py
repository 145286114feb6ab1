"""Belt speed from force alone: how fast the COP rides backwards in late stance, calibrated where speed is known.

Ground reaction does not depend on the belt's speed by itself; only the centre of pressure does, since it rides
backwards with the foot. From 60 to 80 % of stance it lies under the ball of the foot and creeps forward in the shoe by
about a tenth of the belt's speed. A straight line through the 39 trials of known speed turns the slope into a speed.
"""

from typing import NamedTuple

import numpy as np
from contacts import Floats, contacts, low_pass
from fukuchi2017 import Trial

WINDOW = (0.60, 0.80)  # of stance; the smallest leave-one-runner-out error of all windows between 25 and 90 %


class Calibration(NamedTuple):
    """Straight line from COP slope to belt speed, and how well it does on runners it has not seen.

    Attributes:
        offset_m_s: Speed at slope zero, m/s.
        factor: Speed per slope, dimensionless.
        rms_m_s: Leave-one-runner-out RMS error, m/s.
    """

    offset_m_s: float
    factor: float
    rms_m_s: float


def cop_slope(wrench: Floats, sample_rate_Hz: float) -> float:
    """Median over the contacts of the speed at which the COP moves backwards in late stance.

    Args:
        wrench: (6, n) N and N·m, offset removed.
        sample_rate_Hz: Sample rate in Hz.

    Returns:
        Speed in m/s.
    """
    smooth = low_pass(wrench, sample_rate_Hz, 30)
    cop = -smooth[4] / np.where(smooth[2] > 50, smooth[2], np.inf)
    time = np.arange(cop.size) / sample_rate_Hz
    slopes = []
    for on, off in contacts(smooth[2], sample_rate_Hz, threshold_N=50):
        at = on + np.linspace(*WINDOW, 60) * (off - on)
        slopes.append(-np.polyfit(at, np.interp(at, time, cop), 1)[0])
    return float(np.median(slopes))


def calibrate(trials: list[Trial]) -> Calibration:
    """Fit the line, and once more without each runner in turn.

    Args:
        trials: Trials of known belt speed.

    Returns:
        The calibration.
    """
    slope = np.array([cop_slope(trial.wrench, trial.sample_rate_Hz) for trial in trials])
    speed = np.array([trial.speed_m_s for trial in trials])
    runner = np.array([trial.name.split("_")[0] for trial in trials])
    errors = np.zeros_like(speed)
    for name in np.unique(runner):
        out = runner == name
        factor, offset = np.polyfit(slope[~out], speed[~out], 1)
        errors[out] = offset + factor * slope[out] - speed[out]
    factor, offset = np.polyfit(slope, speed, 1)
    return Calibration(float(offset), float(factor), float(np.sqrt(np.mean(errors**2))))
