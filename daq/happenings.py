"""What happened during a take, for windows: markers, bouts, notes, tares, gaps, resets, nearly in order of time."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Happened", "Happenings"]

MOST_TEXT = 500
PAGE_BYTES = 60_000
"""Of one page, at most, as JSON: an answer on the channel is limited."""
_FIXED_BYTES = 80
_CHAR_BYTES = 6
"""One character as JSON, at worst."""


@dataclass(frozen=True)
class Happened:
    """One of them."""

    time_s: float
    """Device time since the take's first frame; of a gap that of the first frame behind it."""
    kind: str
    """"marker", "bout", "note", "tare", "lsl", "sync", "gap", "reset", "system" or "ended early"."""
    text: str
    """For people."""


class Happenings:
    """All of one take."""

    def __init__(self) -> None:
        self._all: list[Happened] = []

    def add(self, time_s: float, kind: str, text: str) -> None:
        """Note something.

        Args:
            time_s: When.
            kind: What.
            text: For people; a very long one is cut.
        """
        self._all.append(Happened(time_s, kind, text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"))

    def gap(self, time_s: float, lost: int) -> None:
        """Note a gap.

        Args:
            time_s: When the first frame behind it was taken.
            lost: Frames lost; −1 for a reset of the device.
        """
        if lost < 0:
            self.add(time_s, "reset", "the device was reset")
        else:
            self.add(time_s, "gap", f"{lost} frame{'' if lost == 1 else 's'} lost")

    def __len__(self) -> int:
        """How many so far."""
        return len(self._all)

    def page(self, since: int) -> dict[str, Any]:
        """What is new for a window.

        Args:
            since: How many it knows.

        Returns:
            "happenings": the next ones, as plain values; "next": `since` of the next call; "more": whether there are
            more already.
        """
        since = min(max(0, since), len(self._all))
        page: list[dict[str, Any]] = []
        size = 0
        for one in self._all[since:]:
            size += _FIXED_BYTES + _CHAR_BYTES * len(one.text)
            if page and size > PAGE_BYTES:
                break
            page.append({"time_s": one.time_s, "kind": one.kind, "text": one.text})
        return {"happenings": page, "next": since + len(page), "more": since + len(page) < len(self._all)}
