"""What the channels of an imported force mean: which belt, which component, and how far the belt is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.tolerances import assumed_force_directions
from analysis.wrench import COMPONENTS, Belt, force_belt
from daq.errors import SessionError
from daq.session_format import SessionHeader

IMPORTED = "imported"
"""What stands for the name of a rig."""
IMPORTED_UNKNOWN = (
    "imported: what nobody knows of the other machine is left out: the ringing of its deck, a calibration further off "
    "than the 1 % and 5 mm assumed, its filter"
)
"""What the uncertainties of an imported force do not hold."""
FORCE = "force"
"""Where the header's `extra` keeps the layout …"""
SOURCE = "source"
"""… and where the force came from."""
PULSES_PER_M = 1e6
"""The way of the belt is kept in micrometres."""
BELTS = ("", "L", "R")


@dataclass(frozen=True)
class ForceLayout:
    """Channels of an imported force."""

    channels: tuple[tuple[str, str], ...]
    """Per channel: belt ("" for a single one, "L", "R") and component of its wrench about the belt-surface centre."""
    measured_speed: bool = False
    """Whether the way of the belt came with the force."""
    surface_m: tuple[float, float] | None = None
    """Length and width of one belt's surface, if they are known, m."""
    centres_m: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Belt → its centre, forward and left of the middle of the machine, m; empty where the file does not tell."""
    empty_above_Hz: float | None = None
    """Frequency above which the force as imported holds nothing: it was low-passed before. None if it goes on."""

    @property
    def belt_names(self) -> tuple[str, ...]:
        """Names of the belts, in order."""
        return tuple(dict.fromkeys(belt for belt, _ in self.channels))

    def belts(self) -> tuple[Belt, ...]:
        """The belts as the analysis reads them; nobody told how right the force is, so a per cent and 5 mm."""
        found = []
        for name in self.belt_names:
            mine = {component: number for number, (belt, component) in enumerate(self.channels) if belt == name}
            belt = force_belt(mine, name=name, channels=len(self.channels))
            found.append(replace(belt, directions=assumed_force_directions(belt.observable)))
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as the header keeps them."""
        surface = None if self.surface_m is None else list(self.surface_m)
        channels = [[belt, component] for belt, component in self.channels]
        centres = {name: list(centre) for name, centre in self.centres_m.items()}
        return {
            "channels": channels, "measured_speed": self.measured_speed, "surface_m": surface, "centres_m": centres,
            "empty_above_Hz": self.empty_above_Hz,
        }  # fmt: skip


def layout_of(header: SessionHeader) -> ForceLayout | None:
    """The layout that a header keeps.

    Args:
        header: Of a session.

    Returns:
        The layout; None for a recording, which has raw counts.

    Raises:
        SessionError: It is no layout.
    """
    kept = header.extra.get(FORCE)
    if kept is None:
        return None
    try:
        channels = tuple((str(belt), str(component)) for belt, component in kept["channels"])
        surface = kept.get("surface_m")
        size = None if surface is None else (float(surface[0]), float(surface[1]))
        centres = {str(name): (float(x), float(y)) for name, (x, y) in (kept.get("centres_m") or {}).items()}
        above = kept.get("empty_above_Hz")
        layout = ForceLayout(
            channels, bool(kept.get("measured_speed")), size, centres, None if above is None else float(above)
        )
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise SessionError("extra, force", expected="channels of belts and components", seen=str(error)) from None
    _check(layout, kept)
    return layout


def _check(layout: ForceLayout, kept: Mapping[str, Any]) -> None:
    known = all(belt in BELTS and component in COMPONENTS for belt, component in layout.channels)
    names = layout.belt_names
    sees = all((name, "Fz") in layout.channels for name in names)
    alone = names == ("",) or ("" not in names and 0 < len(names) <= 2)
    if not (known and sees and alone and len(set(layout.channels)) == len(layout.channels)):
        raise SessionError(
            "extra, force", expected=f"each belt's components of {', '.join(COMPONENTS)}, Fz among them",
            seen=str(kept.get("channels"))[:100],
        )  # fmt: skip
