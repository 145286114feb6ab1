"""The device's clock seen from the host's: a line fitted through CLOCK round trips.

Sample time is the device's. The host clock is only mapped to it, to synchronise with other instruments and to place a
rebooted device in session time; it is never a time stamp of a sample.
"""

import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daq.clockfit import ClockFit, RoundTrip, fit_line, unwrap_near

__all__ = ["ClockFit", "DeviceClock", "RoundTrip", "host_now", "unwrap_near"]

host_now = time.perf_counter  # as monotonic() on POSIX; on Windows monotonic() advances in steps of 15 ms
_RESONATOR_PPM = 3000.0  # standard uncertainty of an unknown oscillator: Arduino boards run on 0.5 % resonators
_SAME_BOARD_PPM = 50.0  # a board that has just rebooted runs at its old rate, but for temperature


@dataclass
class _Epoch:
    """The points of one boot: session tick = device tick + offset."""

    boot: int
    offset: int
    first_tick: int
    prior: tuple[float, float]
    points: deque[tuple[int, float, float]] = field(default_factory=deque)
    last_tick: int | None = None
    fit: ClockFit | None = None


class DeviceClock:
    """Maps session ticks to the host clock and back, over reboots of the device.

    Args:
        tick_rate_Hz: Tick rate the device claims in HELLO, Hz.
        boot: Boot id of the first epoch.
        window_s: Of each window of this length only the shortest round trip is kept, s.
        span_s: Round trips older than this are forgotten: oscillators drift with temperature, s.
    """

    def __init__(self, tick_rate_Hz: float, boot: int, window_s: float = 4.0, span_s: float = 600.0) -> None:
        self.tick_rate_Hz = float(tick_rate_Hz)
        self.u_placed_s = 0.0
        self._window_s = window_s
        self._span_s = span_s
        self._epochs = [_Epoch(boot, 0, -(1 << 62), (0.0, _RESONATOR_PPM * 1e-6))]

    @property
    def offset(self) -> int:
        """Ticks to add to a device tick of the current boot to get a session tick."""
        return self._epochs[-1].offset

    @property
    def boot(self) -> int:
        """Boot id of the current epoch."""
        return self._epochs[-1].boot

    @property
    def ready(self) -> bool:
        """Whether any round trip was fed, so that times can be mapped."""
        return any(epoch.points for epoch in self._epochs)

    @property
    def fit(self) -> ClockFit:
        """The newest fit; a ValueError if no round trip was fed yet."""
        return self._fit_of(self._newest())

    @property
    def rate_ppm(self) -> float:
        """Device tick rate against the rate it claims, by the host's clock, parts per million."""
        return self.fit.rate_ppm

    @property
    def u_rate_ppm(self) -> float:
        """Standard uncertainty of `rate_ppm`."""
        return self.fit.u_rate_ppm

    def feed(self, trip: RoundTrip, newest_tick: int | None = None) -> bool:
        """Take one round trip.

        Args:
            trip: The round trip.
            newest_tick: Newest data tick of this boot as the Decoder unwraps it; anchors the unwrapping of the reply.
                Without it the last reply does, and the first one is taken as it is.

        Returns:
            Whether it was used: replies of another boot and impossible ones (answered before asked) are not.
        """
        epoch = self._epochs[-1]
        if trip.boot != epoch.boot or trip.rtt_s < 0:
            return False
        near = newest_tick if newest_tick is not None else epoch.last_tick
        tick = trip.tick if near is None else unwrap_near(trip.tick, near)
        epoch.last_tick = tick
        self._keep_best(epoch, (tick + epoch.offset, trip.middle_s, trip.rtt_s))
        return True

    def host_from_tick(self, tick: float | NDArray[np.int64]) -> float | NDArray[np.float64]:
        """Give the host time of session ticks.

        Args:
            tick: Session tick or ticks, of any shape.

        Returns:
            Host clock, s, same shape. A ValueError if no round trip was fed yet.
        """
        if isinstance(tick, np.ndarray):
            bounds = [self._fit_of(e) for e in self._fitted()]
            starts = np.array([e.first_tick for e in self._fitted()][1:], dtype=np.int64)
            which = np.searchsorted(starts, tick, side="right")
            ref = np.array([f.tick_ref for f in bounds])[which]
            host = np.array([f.host_ref_s for f in bounds])[which]
            return np.asarray(host + (tick - ref) * np.array([f.s_per_tick for f in bounds])[which])
        fit = self._fit_of([e for i, e in enumerate(self._fitted()) if i == 0 or e.first_tick <= tick][-1])
        return fit.host_ref_s + (tick - fit.tick_ref) * fit.s_per_tick

    def tick_from_host(self, host_s: float) -> float:
        """Give the session tick at a host time.

        Args:
            host_s: Host clock, s.

        Returns:
            Session tick (with a fraction) by the fit of the newest boot whose ticks had begun by then. A ValueError if
            no round trip was fed yet.
        """
        ticks: list[float] = []
        for epoch in self._fitted():
            fit = self._fit_of(epoch)
            tick = fit.tick_ref + (host_s - fit.host_ref_s) / fit.s_per_tick
            if not ticks or tick >= epoch.first_tick:
                ticks.append(tick)
        return ticks[-1]

    def offset_after_reboot(
        self,
        boot: int,
        first_tick: int,
        last_session_tick: int,
        trips: Iterable[RoundTrip] = (),
        arrived_s: float | None = None,
    ) -> int:
        """Begin a new boot epoch and give its tick offset.

        The device's ticks restart at a reboot. Session time goes on: the host clock tells how long the device was
        away, the offset is a whole number of ticks, and session ticks never run backwards.

        Args:
            boot: New boot id.
            first_tick: Tick of the first data frame of the new boot, as the Decoder unwraps it.
            last_session_tick: Session tick of the last data frame before the reboot.
            trips: Round trips made with the new boot (`Link.take_round_trips`); the shortest places the epoch.
            arrived_s: Host time at which the first frame was read, s; used where there is no round trip.

        Returns:
            Ticks to add to the ticks of the new boot. `u_placed_s` then holds the standard uncertainty of this
            placement, s (infinite if nothing told how long the device was away: the new epoch follows at once).
        """
        own = [t for t in trips if t.boot == boot]
        earliest = last_session_tick + 1 - first_tick
        wanted, self.u_placed_s = self._placed(own, first_tick, arrived_s)
        offset = earliest if wanted is None else max(earliest, wanted)
        prior = (0.0, _RESONATOR_PPM * 1e-6)
        if self.ready:
            fit = self.fit
            prior = (fit.s_per_tick * self.tick_rate_Hz - 1.0, math.hypot(fit.u_rate_ppm, _SAME_BOARD_PPM) * 1e-6)
        self._epochs.append(_Epoch(boot, offset, first_tick + offset, prior))
        for trip in own:
            self.feed(trip, newest_tick=first_tick)
        return offset

    def _placed(self, trips: Sequence[RoundTrip], first_tick: int, arrived_s: float | None) -> tuple[int | None, float]:
        """Offset that the host clock asks for, and its standard uncertainty in s."""
        if not self.ready:
            return None, math.inf
        fit = self.fit
        if trips:
            best = min(trips, key=lambda t: t.rtt_s)
            away = unwrap_near(best.tick, first_tick) - first_tick
            host_s, u_s = best.middle_s - away * fit.s_per_tick, best.rtt_s / math.sqrt(12.0)
        elif arrived_s is not None:
            host_s, u_s = arrived_s - 0.5 * fit.min_rtt_s, fit.min_rtt_s
        else:
            return None, math.inf
        tick = self.tick_from_host(host_s)
        return round(tick) - first_tick, math.hypot(u_s, fit.u_host_s(round(tick)))

    def _keep_best(self, epoch: _Epoch, point: tuple[int, float, float]) -> None:
        points = epoch.points
        if points and points[-1][1] // self._window_s == point[1] // self._window_s:
            if point[2] >= points[-1][2]:
                return
            points.pop()
        points.append(point)
        while len(points) > 2 and points[0][1] < point[1] - self._span_s:
            points.popleft()
        epoch.fit = None

    def _fitted(self) -> list[_Epoch]:
        fitted = [epoch for epoch in self._epochs if epoch.points]
        if not fitted:
            msg = "no CLOCK round trip was fed yet"
            raise ValueError(msg)
        return fitted

    def _newest(self) -> _Epoch:
        return self._fitted()[-1]

    def _fit_of(self, epoch: _Epoch) -> ClockFit:
        if epoch.fit is None:
            epoch.fit = fit_line(list(epoch.points), self.tick_rate_Hz, epoch.prior)
        return epoch.fit
