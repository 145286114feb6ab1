"""What happened on the belt besides running: standing, walking, stepping off, scuffs, a hand on the rail.

Only walking has steps, which are in the step table too.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.belt_steps import State

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
States = NDArray[np.int8]

STANDING, WALKING, OFF, SCUFF, HANDRAIL = "standing", "walking", "stepped off", "scuff", "handrail"
NOT_SPLIT = "walking or standing"
"""Where the belt does not see the place of the force, one cannot be told from the other."""
LEAST_S = {State.STANDING: 1.0, State.WALKING: 0.0, State.SCUFF: 0.0, State.EMPTY: 1.5}
"""Shorter than this it is no episode: a flight, the moment between walking and running."""
JOIN_S = 1.0
"""Episodes of one kind less than this apart are one."""


@dataclass(frozen=True)
class Episode:
    """Something other than running, from a time to a time."""

    kind: str
    """One of the names above."""
    start_s: float
    """Device time of its beginning."""
    end_s: float
    """Device time of its end."""
    belt: str = ""
    """Belt of a split treadmill, else empty; stepping off is off all belts."""


@dataclass
class _Channel:
    """Runs of equal state on one belt, or of all belts empty."""

    kinds: dict[int, str]
    belt: str
    state: int | None = None
    start: int = 0
    used: bool = False


class EpisodeLog:
    """Gathers episodes from the state of every sample, in any cutting of the stream."""

    def __init__(self, belts: Sequence[str], splits: Sequence[bool], tick_rate_Hz: float) -> None:
        names: dict[int, str] = {State.WALKING: WALKING, State.SCUFF: SCUFF}
        self._belts = [
            _Channel({**names, State.STANDING: STANDING if can else NOT_SPLIT}, belt)
            for belt, can in zip(belts, splits, strict=True)
        ]
        self._all = _Channel({State.EMPTY: OFF}, "")
        self._rate = tick_rate_Hz
        self._runs: list[tuple[int, int, str, str]] = []
        self._restart()

    def _restart(self) -> None:
        self._tick = np.empty(0, np.int64)
        self._states = [np.empty(0, np.int8) for _ in self._belts]
        self._last: int | None = None
        for channel in (*self._belts, self._all):
            channel.state = None

    def feed(self, tick: Ints, states: Sequence[States]) -> None:
        """Take what became known.

        Args:
            tick: (n,) device time of the next samples, ticks.
            states: Of each belt: (m,) states, continuing where the last call stopped; they may lag behind.
        """
        self._tick = np.concatenate((self._tick, tick))
        self._states = [np.concatenate(pair) for pair in zip(self._states, states, strict=True)]
        ready = min(state.size for state in self._states)
        if not ready:
            return
        tick, self._tick = self._tick[:ready], self._tick[ready:].copy()
        parts = [state[:ready] for state in self._states]
        self._states = [state[ready:].copy() for state in self._states]
        for channel, state in zip(self._belts, parts, strict=True):
            self._note(channel, tick, state)
        loaded = np.any([state != State.EMPTY for state in parts], axis=0)
        self._note(self._all, tick, np.where(loaded, State.STEP, State.EMPTY).astype(np.int8))
        self._last = int(tick[-1])

    def end_segment(self) -> None:
        """A gap, or the end: what is under way ends with the last sample."""
        if self._last is not None:
            for channel in (*self._belts, self._all):
                if channel.state is not None:
                    run = np.asarray([channel.state], np.int8), np.asarray([channel.start]), np.asarray([self._last])
                    self._keep(channel, *run)
                    channel.used |= channel.state != State.EMPTY
        self._restart()

    def episodes(self, first_tick: int) -> list[Episode]:
        """All episodes that are over, in order of their beginning.

        Args:
            first_tick: Tick at which the session's time is zero.

        Returns:
            The list. Walking on a split treadmill is none: there each foot's contacts are steps of its own belt.
        """
        joined: list[tuple[int, int, str, str]] = []
        latest: dict[tuple[str, str], int] = {}
        for start, end, kind, belt in sorted(self._runs):
            before = latest.get((kind, belt))
            if before is not None and kind != SCUFF and start - joined[before][1] < JOIN_S * self._rate:
                joined[before] = joined[before][0], end, kind, belt
            else:
                latest[kind, belt] = len(joined)
                joined.append((start, end, kind, belt))
        return [
            Episode(kind, (start - first_tick) / self._rate, (end - first_tick) / self._rate, belt)
            for start, end, kind, belt in joined
        ]

    def _note(self, channel: _Channel, tick: Ints, state: States) -> None:
        """Close the runs of equal state that end within these samples; the last one stays open."""
        starts = np.concatenate(([0], np.flatnonzero(np.diff(state)) + 1))
        begin, kind = tick[starts], state[starts]
        if channel.state is not None:
            same = int(kind[0] == channel.state)
            begin = np.concatenate(([channel.start], begin[same:]))
            kind = np.concatenate(([np.int8(channel.state)], kind[same:]))
        self._keep(channel, kind[:-1], begin[:-1], begin[1:])
        channel.used |= bool((kind[:-1] != State.EMPTY).any())
        channel.state, channel.start = int(kind[-1]), int(begin[-1])

    def _keep(self, channel: _Channel, kind: States, begin: Ints, end: Ints) -> None:
        """Remember the runs that are episodes; a belt on which nobody has been yet was not stepped off."""
        least = np.full(max(LEAST_S) + 1, np.inf)
        least[list(channel.kinds)] = [LEAST_S[State(state)] * self._rate for state in channel.kinds]
        before = np.concatenate(([channel.used], kind[:-1] != State.EMPTY))[: kind.size]
        used = np.logical_or.accumulate(before)
        for i in np.flatnonzero((end - begin >= least[kind]) & (used | (kind != State.EMPTY))):  # the few that last
            self._runs.append((int(begin[i]), int(end[i]), channel.kinds[int(kind[i])], channel.belt))


def count(episodes: Sequence[Episode]) -> dict[str, int]:
    """How many there are of each kind."""
    return dict(Counter(episode.kind for episode in episodes))


def handrail_episodes(touchdown_s: Floats, step_time_ms: Floats, held: Bools) -> list[Episode]:
    """When the handrail was held.

    Args:
        touchdown_s: (k,) touchdown of each step.
        step_time_ms: (k,) its duration; NaN if none follows.
        held: (k,) whether it was made holding the handrail, see `analysis.handrail`.

    Returns:
        One episode for each row of such steps.
    """
    edge = np.diff(np.concatenate(([False], held, [False])).astype(np.int8))
    first, last = np.flatnonzero(edge > 0), np.flatnonzero(edge < 0) - 1
    end = touchdown_s[last] + np.where(np.isnan(step_time_ms[last]), 0.0, step_time_ms[last]) * 1e-3
    return [
        Episode(HANDRAIL, start, stop) for start, stop in zip(touchdown_s[first].tolist(), end.tolist(), strict=True)
    ]
