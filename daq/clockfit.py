"""One line through CLOCK round trips: host time against device ticks, with uncertainties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["ClockFit", "RoundTrip", "fit_line", "unwrap_near"]

_WRAP = 1 << 32
_RESOLUTION_S = 10e-6  # no round trip is trusted more than this: time stamping in Python, timer granularity
_TRUST = 2.0  # what the assumed errors are worth, in points, against the scatter that is seen


@dataclass(frozen=True)
class RoundTrip:
    """One CLOCK question and its answer.

    Attributes:
        sent_s: Host clock just before the question was written, s.
        received_s: Host clock just after the answer was read, s.
        tick: Device timer when the question arrived, as sent (32 bit, wraps).
        boot: Boot id of the device that answered.
    """

    sent_s: float
    received_s: float
    tick: int
    boot: int

    @property
    def rtt_s(self) -> float:
        """Time between question and answer, s."""
        return self.received_s - self.sent_s

    @property
    def middle_s(self) -> float:
        """Host time ascribed to the tick, s; wrong by at most half the round trip."""
        return 0.5 * (self.sent_s + self.received_s)


@dataclass(frozen=True)
class ClockFit:
    """The line host time = f(session tick) and how good it is.

    Attributes:
        tick_ref: Session tick at which the line is anchored.
        host_ref_s: Host time of `tick_ref` by the fit, s.
        s_per_tick: Host seconds per device tick.
        rate_ppm: Device tick rate against the rate it claims, by the host's clock, parts per million.
        u_rate_ppm: Standard uncertainty of `rate_ppm`.
        u_ref_s: Standard uncertainty of `host_ref_s` from jitter alone, s.
        min_rtt_s: Shortest round trip, s; an asymmetric path shifts host times by up to half of it.
        residual_s: Root mean square distance of the kept round trips from the line, s.
        points: Round trips kept (the best of each window).
    """

    tick_ref: int
    host_ref_s: float
    s_per_tick: float
    rate_ppm: float
    u_rate_ppm: float
    u_ref_s: float
    min_rtt_s: float
    residual_s: float
    points: int

    def u_host_s(self, tick: int) -> float:
        """Standard uncertainty of the host time of a tick, s: jitter, rate and unknown asymmetry of the path."""
        drift_s = (tick - self.tick_ref) * self.s_per_tick * self.u_rate_ppm * 1e-6
        return math.sqrt(self.u_ref_s**2 + drift_s**2 + self.min_rtt_s**2 / 12.0)


def unwrap_near(tick32: int, near: int) -> int:
    """Give the integer nearest to `near` whose low 32 bits are `tick32`."""
    return near + (tick32 - near + _WRAP // 2) % _WRAP - _WRAP // 2


def fit_line(points: Sequence[tuple[int, float, float]], tick_rate_Hz: float, prior: tuple[float, float]) -> ClockFit:
    """Fit a line by weighted least squares, with a prior on the rate.

    The middle of a round trip can be off by half of it, so slow ones weigh less. Most of that error is the same in all
    of them, or small, but few points cannot tell: their scatter takes over as they become many. The prior (relative
    rate deviation, its standard uncertainty) makes one single point a usable fit.

    Args:
        points: Session tick, host time in s, round-trip time in s.
        tick_rate_Hz: Tick rate the device claims, Hz.
        prior: Expected relative deviation of seconds per tick, and its standard uncertainty.

    Returns:
        The fitted line.
    """
    tick_ref, host_ref_s = points[-1][0], points[-1][1]
    x = np.array([p[0] - tick_ref for p in points], dtype=np.float64) / tick_rate_Hz
    y = np.array([p[1] - host_ref_s for p in points]) - x
    rtt = np.array([p[2] for p in points])
    excess = rtt - rtt.min()
    weight = 1.0 / ((excess**2 + rtt.min() ** 2) / 12.0 + _RESOLUTION_S**2)
    total = float(weight.sum())
    xm, ym = float(weight @ x) / total, float(weight @ y) / total
    stiffness = float(weight @ (x - xm) ** 2) + 1.0 / prior[1] ** 2
    slope = (float(weight @ ((x - xm) * (y - ym))) + prior[0] / prior[1] ** 2) / stiffness
    residual = y - ym - slope * (x - xm)
    scale = math.sqrt((_TRUST + float(weight @ residual**2)) / (_TRUST + max(0, len(points) - 2)))
    return ClockFit(
        tick_ref=tick_ref + round(xm * tick_rate_Hz),
        host_ref_s=host_ref_s + xm + ym,
        s_per_tick=(1.0 + slope) / tick_rate_Hz,
        rate_ppm=-slope / (1.0 + slope) * 1e6,
        u_rate_ppm=scale / math.sqrt(stiffness) * 1e6,
        u_ref_s=math.hypot(scale / math.sqrt(total), _RESOLUTION_S / math.sqrt(len(points))),
        min_rtt_s=float(rtt.min()),
        residual_s=float(np.sqrt(np.mean(residual**2))),
        points=len(points),
    )
