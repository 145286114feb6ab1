"""Keeps items that speak of a moment from flickering: a single slow moment is no news. No Qt."""

from collections.abc import Sequence

from viewer.health.health_item import Item

MOMENTARY = ("rate", "latency")
"""Items that a moment's hiccup changes; what is counted stays as it is."""
PATIENCE_S = 1.5
"""So long must one of them be worse before it is shown as worse."""
_WORSE = {"green": 0, "info": 0, "amber": 1, "red": 2}


class Settled:
    """Remembers how the momentary items were, and since when they are worse."""

    def __init__(self) -> None:
        self._shown: dict[str, Item] = {}
        self._since_s: dict[str, float] = {}

    def feed(self, items: Sequence[Item], now_s: float) -> tuple[Item, ...]:
        """Take new items.

        Args:
            items: As `viewer.health.health` gives them.
            now_s: Host time, s.

        Returns:
            The items to show.
        """
        return tuple(self._one(item, now_s) if item.name in MOMENTARY else item for item in items)

    def _one(self, item: Item, now_s: float) -> Item:
        before = self._shown.get(item.name)
        if (
            before
            and _WORSE[item.level] > _WORSE[before.level]
            and now_s - self._since_s.setdefault(item.name, now_s) < PATIENCE_S
        ):
            return before
        self._since_s.pop(item.name, None)
        self._shown[item.name] = item
        return item
