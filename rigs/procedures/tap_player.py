"""A rehearsal of a tap test: the program strikes a virtual twin of the rig, as a person would."""

from rigs.hand import Hand
from rigs.procedures.tap_blows import PLACES
from rigs.sources import Centres, Load

BLOW_N = 300.0
SIDEWAYS_N = 250.0
PERSON = Load((0.0, 0.0, 720.0))
EVERY_S = 2.0
"""Device time from blow to blow."""
FIRST_S = 1.0


class TapPlayer:
    """Strikes where it is told to.

    Args:
        hand: The hand on the twin.
        centres: Centres of the belts, m.
        surface_m: Length and width of the running surface, m.
    """

    def __init__(self, hand: Hand, centres: Centres, surface_m: tuple[float, float]) -> None:
        self._hand, self._centres, self._surface = hand, centres, surface_m
        self._next_s = FIRST_S

    def step_on(self, belt: int) -> None:
        """Stand on a belt.

        Args:
            belt: Its number.
        """
        x, y = self._centres[belt]
        self._hand.put(Load(PERSON.force_N, x, y))

    def begin(self) -> None:
        """Begin a series of blows."""
        self._next_s = FIRST_S

    def play(self, axis: str, belt: int, good: int, seconds: float) -> None:
        """Strike, if it is time to.

        Args:
            axis: Along which axis.
            belt: On which belt.
            good: Blows that count so far.
            seconds: Device time since the series began, s.
        """
        if seconds < self._next_s:
            return
        self._next_s = seconds + EVERY_S
        x, y = self._centres[belt]
        if axis == "z":
            place = PLACES[good // 2 % len(PLACES)]
            length, width = self._surface
            x += 0.35 * length * (("front" in place) - ("rear" in place))
            y += 0.35 * width * (("left" in place) - ("right" in place))
        force = {"x": (SIDEWAYS_N, 0.0, 0.0), "y": (0.0, SIDEWAYS_N, 0.0), "z": (0.0, 0.0, BLOW_N)}[axis]
        self._hand.strike(Load(force, x, y))
