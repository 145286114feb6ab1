"""One line about how a recording is doing, and the shapes, words and names that such lines are written with."""

from dataclasses import dataclass

from viewer.report.labels import LIGHTS

SYMBOLS = {"green": "●", "amber": "▲", "red": "■", "info": "○"}
"""A shape for each level: colour never says anything alone."""
LEVELS = {"green": "fine", "amber": "look", "red": "problem", "info": "info"}
"""A word for each level, as in the report."""
UNKNOWN = "not known yet"
_LABELS = LIGHTS | {
    "recorder": "Recorder",
    "tare": "Tare",
    "rate": "Frames a second",
    "frames": "Lost or damaged frames",
    "latency": "Delay on the screen",
    "saturation": "End of the range",
    "disk": "Disk",
    "clock": "Clock of the board",
}


@dataclass(frozen=True)
class Item:
    """One line of the list."""

    name: str
    """What it is about; fixed, for programs."""
    level: str
    """"green", "amber", "red", or "info" where there is nothing to judge, or not yet."""
    short: str
    """A few characters for the line; empty for what only the list shows."""
    reason: str
    """In words, with what to do."""
    value: str = ""
    """The number and its unit."""
    limit: str = ""
    """Where green ends."""

    @property
    def label(self) -> str:
        """What it is about, for people."""
        return label_of(self.name)


def label_of(name: str) -> str:
    """What an item is about, for people."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())
