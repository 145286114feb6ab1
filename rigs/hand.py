"""A hand on the virtual treadmill: a program puts loads on it, strikes it, turns the belt on, as a person would.

    with hand_on("virtual", "gain_error_pct=3&speed=max") as (hand, url):
        ...  # open the url as any port; then hand.put(Load((0, 0, 196), 0.3, 0.1))

What the hand does is felt from the next block of the signal chain on, up to a second later.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from daq.errors import LinkError
from rigs.sources import ONE_BELT, Centres, Load, SteadyBelt
from rigs.virtual_url import virtual_url

Floats = NDArray[np.float64]

BLOW_S = 0.004
BLOW_AFTER_S = 0.1
"""A blow falls so long after the block begins that first knows of it."""

_HANDS: dict[str, "Hand"] = {}


class Hand(SteadyBelt):
    """A force that the program changes while the device runs."""

    title = "by hand"

    def __init__(self) -> None:
        super().__init__()
        self.belts = 1
        self._centres: Centres = ONE_BELT
        self._loads: Sequence[Load] = ()
        self._waiting: list[tuple[Load, float]] = []
        self._blows: list[tuple[float, Load, float]] = []
        self._wanted_m_s: float | None = None
        self._way_m = self._since_s = 0.0

    def stand_on(self, centres: Centres) -> None:
        """Say where the rig's belts are."""
        self._centres, self.belts = centres, len(centres)

    def put(self, *loads: Load) -> None:
        """Put these loads on the belt, and take off what lay there; none empties it."""
        self._loads = loads

    def strike(self, load: Load, width_s: float = BLOW_S) -> None:
        """Strike once: a half-sine of this peak force and duration, s; what lies on the belt stays."""
        self._waiting.append((load, width_s))

    def turn(self, speed_m_s: float) -> None:
        """Let the belt run at this speed, m/s."""
        self._wanted_m_s = speed_m_s

    def wrench(self, t_s: Floats) -> Floats:
        """What the hand does at t_s (n,): (belts, 6, n)."""
        while self._waiting:
            load, width_s = self._waiting.pop(0)
            self._blows.append((float(t_s[0]) + BLOW_AFTER_S, load, width_s))
        out = np.zeros((self.belts, 6, t_s.size))
        for load in self._loads:
            out += load.wrench(self._centres)[:, :, np.newaxis]
        self._blows = [blow for blow in self._blows if blow[0] + blow[2] > t_s[0] - 1.0]
        for at_s, load, width_s in self._blows:
            since = t_s - at_s
            blow = np.where((since >= 0.0) & (since < width_s), np.sin(np.pi * since / width_s), 0.0)
            out += load.wrench(self._centres)[:, :, np.newaxis] * blow
        return out

    def distance_m(self, t_s: Floats) -> Floats:
        """Way the belt has gone at t_s (n,), m."""
        if self._wanted_m_s is not None:
            self._way_m += self.speed_m_s * (float(t_s[0]) - self._since_s)
            self._since_s, self.speed_m_s, self._wanted_m_s = float(t_s[0]), self._wanted_m_s, None
        way: Floats = self._way_m + self.speed_m_s * (t_s - self._since_s)
        return way


def find_hand(name: str, centres: Centres) -> Hand:
    """The hand of this name, put on a rig's belts.

    Args:
        name: Of a hand of this process.
        centres: Centres of the belts.

    Returns:
        The hand.

    Raises:
        LinkError: No hand of this process has this name.
    """
    if name not in _HANDS:
        raise LinkError("virtual treadmill, hand", expected="a hand that this program made", seen=repr(name))
    _HANDS[name].stand_on(centres)
    return _HANDS[name]


@contextmanager
def hand_on(rig: str, query: str = "") -> Iterator[tuple[Hand, str]]:
    """Make a hand, and the URL of a treadmill that it is on.

    Args:
        rig: Name of a shipped rig, or the path of a rig file.
        query: Further parameters of the URL.

    Yields:
        tuple[Hand, str]: The hand and the URL, good until the context ends.
    """
    name, hand = secrets.token_hex(4), Hand()
    _HANDS[name] = hand
    try:
        yield hand, virtual_url(rig, f"hand={name}" + (f"&{query}" if query else ""))
    finally:
        del _HANDS[name]
