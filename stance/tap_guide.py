"""The guided tap test in a terminal: where to hit, and what became of each blow."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from daq.chunk import Chunk
from daq.rig import Rig
from rigs.procedures.tapping import PERSON_N, WANTED, AxisFound, TapRun, TapSeen, instruction
from stance.show import say

if TYPE_CHECKING:
    from daq.stream import Stream
    from rigs.procedures.tap_player import TapPlayer

NAMES = {"x": "along the belt (x)", "y": "across the belt (y)", "z": "vertical (z)"}
STEP_ON_S = 60.0
STILL_S = 2.0
"""Who stepped on stands still so long before blows count."""
RING_S = 1.5
"""The last blow's ring is recorded for so long."""


class TapGuide:
    """Leads through a tap test.

    Args:
        rig: The rig.
        stream: The device.
        seconds: Longest time for each series of blows, s.
        player: Strikes by itself in a rehearsal; None waits for a person's blows.
    """

    def __init__(self, rig: Rig, stream: "Stream", seconds: float, player: "TapPlayer | None" = None) -> None:
        self._rig, self._stream, self._seconds, self._player = rig, stream, seconds, player
        self._belts = [belt.name for belt in rig.belts()]

    def follow(self, axes: Sequence[str], *, loaded: bool) -> list[AxisFound]:
        """Take all series of blows.

        Args:
            axes: Axes in order.
            loaded: Whether to repeat them with a person standing there.

        Returns:
            What was found; an AnalysisError says that nobody stepped on.
        """
        found: list[AxisFound] = []
        say("Nobody on the deck, and hands off. Strike short and single; wait two seconds from blow to blow.")
        empty_N = self._level()
        for belt in range(len(self._belts)):
            for axis in axes:
                found += self._series(axis, belt, loaded=False)
        if loaded:
            for belt in range(len(self._belts)):
                self._step_on(belt, empty_N)
                for axis in axes:
                    found += self._series(axis, belt, loaded=True)
        return found

    def _series(self, axis: str, belt: int, *, loaded: bool) -> list[AxisFound]:
        run = TapRun(self._rig, self._stream.sample_rate_Hz, (axis,))
        where = f", belt {self._belts[belt]}" if self._belts[belt] else ""
        person = ", a person standing still in the middle" if loaded else ""
        say(f"{NAMES[axis]}{where}{person}: {WANTED[axis]} blows. First: {instruction(axis, 0)}.")
        if self._player is not None:
            self._player.begin()

        def look(chunk: Chunk) -> bool:
            for tap in run.feed(chunk):
                say(self._told(axis, run.good, tap))
            if self._player is not None:
                self._player.play(axis, belt, run.good, run.seconds)
            return run.good >= WANTED[axis]

        self._stream.collect(self._seconds, look)
        self._stream.collect(RING_S, lambda chunk: bool(run.feed(chunk)) and False)
        mine = [one for one in run.results(loaded) if one.axis == axis and one.belt == self._belts[belt]]
        if mine:
            return mine
        return [AxisFound(axis, self._belts[belt], loaded, 0, (), None, "No blow was seen. Strike harder.")]

    @staticmethod
    def _told(axis: str, good: int, tap: TapSeen) -> str:
        place = f" ({tap.place})" if tap.place else ""
        following = f". Next: {instruction(axis, good)}" if good < WANTED[axis] else ". That is all of them"
        return f"{good} of {WANTED[axis]}, last one: {tap.text}{place}{following}."

    def _level(self) -> float:
        run = TapRun(self._rig, self._stream.sample_rate_Hz)
        self._stream.collect(1.0, lambda chunk: bool(run.feed(chunk)) and False)
        level_N = run.level_N(1.0)
        if not isfinite(level_N):
            raise AnalysisError("tap test", expected="samples that tell the force", seen="none in a second",
                                next_step="Look at cable and cells with `stance doctor`.")  # fmt: skip
        return level_N

    def _step_on(self, belt: int, empty_N: float) -> None:
        """Wait until somebody stands there."""
        where = f" on belt {self._belts[belt]}" if self._belts[belt] else ""
        say(f"Now step on{where} and stand still in the middle; let another person strike.")
        if self._player is not None:
            self._player.step_on(belt)
        waited = 0.0
        while waited < STEP_ON_S:
            level, waited = self._level(), waited + 1.0
            if level > empty_N + PERSON_N:
                self._stream.collect(STILL_S)
                return
        raise AnalysisError(
            "tap test", expected=f"a person on the deck, {PERSON_N:g} N or more", seen=f"{level - empty_N:.0f} N",
            next_step="Leave out --loaded, or look at the cells with `stance doctor`.",
        )  # fmt: skip
