"""Which moment is shown: a clock that plays a session, and one that follows a recorder. No Qt.

Both take the host's time from outside, once per frame. A position is reckoned from where and when playing began, never
added up frame by frame, so it does not drift.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.steps import StepTable
from viewer.time.live_clock import LiveClock

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Speeds to step through."""
SETTLE_S = 0.1
"""Shown behind toe-off, so that the whole stance is seen."""
SHORTEST_LOOP_S = 0.05
"""A selection below this is a slip of the mouse."""


class Playback:
    """Position, speed and loop of what is shown; `advance` once per frame moves it, the rest are a person's commands.

    Commands hold from the frame last shown, so none of them makes the picture jump.

    Args:
        live: Whether the source grows; then it is followed until somebody freezes it.
    """

    def __init__(self, *, live: bool = False) -> None:
        self.live = live
        self._take: int | None = None
        self._clock = LiveClock()
        self._begin()

    def _begin(self) -> None:
        self.now_s = self.first_s = self.last_s = 0.0
        self.following = self.playing = self.live
        self.speed = 1.0
        self.loop: tuple[float, float] | None = None
        self.looping = False
        self._mark_s: float | None = None
        self._fresh = True
        self._host_s = self._from_host_s = self._from_s = 0.0
        self._clock.restart()

    @property
    def behind_s(self) -> float:
        """How far the moment shown lies before the newest one, s."""
        return max(0.0, self.last_s - self.now_s)

    def advance(self, host_s: float, first_s: float, last_s: float, take: int = 0) -> float:
        """Move on to the next frame.

        Args:
            host_s: Host time of the frame, s, on any clock that runs evenly.
            first_s: Earliest moment that can be shown.
            last_s: Latest moment that can be shown.
            take: `Source.take`; where it changes everything starts anew.

        Returns:
            The moment to show, `now_s`.
        """
        if take != self._take:
            if self._take is not None:
                self._begin()
            self._take = take
        self.first_s, self.last_s = first_s, max(first_s, last_s)
        if self.loop is not None and self.loop[1] <= first_s:
            self.clear_loop()  # no longer remembered
        if self._fresh:
            self._fresh, self._from_host_s = False, host_s
        self._host_s = host_s
        if self.following:
            self.now_s = self._clock.advance(host_s, self.last_s)
        elif self.playing:
            self._play_on(self._from_s + (host_s - self._from_host_s) * self.speed)
        self.now_s = self._clamped(self.now_s)
        return self.now_s

    def _play_on(self, at_s: float) -> None:
        if self.looping and self.loop is not None and self._from_s < self.loop[1]:
            begin, end = self.loop
            if at_s >= end:
                at_s = begin + (at_s - end) % (end - begin)
            self.now_s = at_s if at_s < end else begin
            return
        self.now_s = at_s
        if at_s >= self.last_s:
            if self.live:
                self.follow()
            else:
                self.now_s, self.playing = self.last_s, False

    def _clamped(self, time_s: float) -> float:
        return min(max(time_s, self.first_s), self.last_s)

    def _hold_from(self, time_s: float) -> None:
        """Reckon positions from this one at the frame last shown."""
        self.now_s = self._from_s = self._clamped(time_s)
        self._from_host_s = self._host_s

    def play(self) -> None:
        """Go on from where it is; at the end, from the loop's or the session's beginning."""
        if self.playing:
            return
        at_end = not self.live and self.now_s >= self.last_s
        begin_s = self.loop[0] if self.loop is not None and self.looping else self.first_s
        self._hold_from(begin_s if at_end else self.now_s)
        self.playing, self._fresh = True, True

    def pause(self) -> None:
        """Stop at the moment shown. A recorder goes on; only the picture is frozen."""
        self._hold_from(self.now_s)
        self.playing = self.following = False

    def toggle(self) -> None:
        """Play or pause; live: freeze, or follow again."""
        if self.playing:
            self.pause()
        elif self.live:
            self.follow()
        else:
            self.play()

    def follow(self) -> None:
        """Back to live; nothing for a recorded session."""
        if self.live:
            self.following = self.playing = True
            self.speed = 1.0

    def seek(self, time_s: float) -> None:
        """Show another moment; it goes on playing if it did. In a live source the right end follows again.

        Args:
            time_s: The moment, cut to what can be shown.
        """
        if self.live and time_s >= self.last_s:
            self.follow()
            return
        if self.following:
            self.following = self.playing = False
        self._hold_from(time_s)

    def set_speed(self, speed: float) -> None:
        """Play faster or slower from the moment shown. What is live can only be slowed down; frozen, it then plays.

        Args:
            speed: 1 for real time; cut to 0.1 … 20.
        """
        speed = min(max(speed, SPEEDS[0]), SPEEDS[-1])
        if self.following and speed >= 1.0:
            return
        self.following = False
        self._hold_from(self.now_s)
        self.speed = speed
        if self.live:
            self.play()

    def faster(self) -> None:
        """The next speed up."""
        self.set_speed(next((speed for speed in SPEEDS if speed > self.speed), SPEEDS[-1]))

    def slower(self) -> None:
        """The next speed down."""
        self.set_speed(next((speed for speed in reversed(SPEEDS) if speed < self.speed), SPEEDS[0]))

    def set_loop(self, begin_s: float, end_s: float) -> None:
        """Repeat from one moment to just before another; begins there if the moment shown lies outside.

        Args:
            begin_s: One end.
            end_s: The other; in any order.
        """
        begin_s, end_s = sorted((self._clamped(begin_s), self._clamped(end_s)))
        if end_s - begin_s < SHORTEST_LOOP_S:
            return
        self.loop = (begin_s, end_s)
        self.set_looping(True)

    def loop_from_here(self) -> None:
        """A loop begins at the moment shown; one that is there keeps its end, otherwise `loop_to_here` gives it."""
        self._mark_s = self.now_s
        if self.loop is not None and self.loop[1] > self.now_s:
            self.set_loop(self.now_s, self.loop[1])

    def loop_to_here(self) -> None:
        """A loop ends at the moment shown and begins where it was said, or where the last one began."""
        begin_s = self._mark_s if self._mark_s is not None else self.loop[0] if self.loop else self.first_s
        if begin_s < self.now_s:
            self.set_loop(begin_s, self.now_s)

    def set_looping(self, on: bool) -> None:
        """Switch the repeating on or off; the selection stays.

        Args:
            on: Whether to repeat.
        """
        if self.loop is None:
            return
        self.looping = on
        if on:
            self.following = False
            begin_s, end_s = self.loop
            self._hold_from(self.now_s if begin_s <= self.now_s < end_s else begin_s)
        else:
            self._hold_from(self.now_s)

    def clear_loop(self) -> None:
        """Forget the selection and play on."""
        self.loop, self.looping, self._mark_s = None, False, None
        self._hold_from(self.now_s)


def next_stance(table: StepTable, now_s: float) -> float:
    """When the next stance is complete on the screen.

    Args:
        table: Rows in order of touchdown.
        now_s: The moment shown.

    Returns:
        The first toe-off whose picture comes later, and a little; `now_s` if there is none.
    """
    complete_s = _complete(table)
    later = complete_s[complete_s > now_s + 1e-6]
    return float(later.min()) if later.size else now_s


def previous_stance(table: StepTable, now_s: float) -> float:
    """When the stance before was complete on the screen.

    Args:
        table: Rows in order of touchdown.
        now_s: The moment shown.

    Returns:
        The last toe-off whose picture came earlier, and a little; `now_s` if there is none.
    """
    complete_s = _complete(table)
    earlier = complete_s[complete_s < now_s - 1e-6]
    return float(earlier.max()) if earlier.size else now_s


def _complete(table: StepTable) -> NDArray[np.float64]:
    """(n,) when each stance with a toe-off is complete on the screen."""
    toe_off_s = table["toe_off_s"]
    ends: NDArray[np.float64] = toe_off_s[np.isfinite(toe_off_s)] + SETTLE_S
    return ends
