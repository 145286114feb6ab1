"""What the analysis must know beforehand: rig, runner, protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.protocol import Protocol
from analysis.wrench import Belt

if TYPE_CHECKING:
    from analysis.registration import FootRegistration

LEG_PER_STATURE = 0.53
"""Trochanter height per stature, used where leg length was not measured (Morin et al. 2005)."""


@dataclass(frozen=True)
class Mode:
    """Lowest mode of vibration along one axis."""

    natural_frequency_Hz: float
    """Undamped natural frequency, Hz."""
    damping: float
    """Damping ratio ζ."""


@dataclass(frozen=True)
class DeckModes:
    """How the deck or the machine rings on its cells."""

    x: Mode | None
    """Fore-aft; None where it is not known or not measured."""
    y: Mode | None
    """Sideways, likewise."""
    z: Mode
    """Vertical."""
    identified: bool = False
    """From a tap test on this very machine, so that the ringing may be taken out; else nominal."""


@dataclass(frozen=True)
class Runner:
    """What is known of the runner and the run; None gives null where a metric needs it."""

    name: str = ""
    """Pseudonym."""
    mass_kg: float | None = None
    """Body mass."""
    stature_m: float | None = None
    """Body height."""
    leg_length_m: float | None = None
    """Trochanter height."""
    shoe_length_m: float | None = None
    """Outer length of the shoe."""
    belt_speed_m_s: float | None = None
    """Set belt speed."""
    incline_deg: float | None = None
    """Incline of the belt, + uphill."""
    registration: "FootRegistration | None" = None
    """Where the foot lies about its centre of pressure, if that was registered."""

    @property
    def leg_m(self) -> float | None:
        """Leg length, estimated from stature where it was not measured."""
        if self.leg_length_m is not None:
            return self.leg_length_m
        return None if self.stature_m is None else LEG_PER_STATURE * self.stature_m


@dataclass(frozen=True)
class Setup:
    """What the analysis must know of the rig and the runner."""

    sample_rate_Hz: float
    """True sampling rate."""
    tick_rate_Hz: float
    """Device ticks per second."""
    belts: Sequence[Belt]
    """One belt, or two of a split treadmill."""
    protocol: Protocol
    """Filter, thresholds and definitions."""
    bw_N: float | None = None
    """Body weight if known beforehand; otherwise found from the first strides."""
    runner: Runner = field(default_factory=Runner)
    """The runner and the run."""
    deck: DeckModes | None = None
    """Modes of the deck; None for a force that is already free of them."""
    belt_height_m: float = 0.0
    """Height of the belt's surface above the plane in which the cells act; 0 for an imported force."""
    belt_length_m: float | None = None
    """Length of the belt's loop."""
    cells_tilt: bool = True
    """Whether the cells tilt with the belt; False if they stay level below a deck that is lifted."""
    contact_levels: tuple[str, ...] = ()
    """Further thresholds for contact time, such as "30N" or "10pctBW"."""
    two_mass: bool = True
    """Whether to fit the two-mass model."""
    skew_s: tuple[float, ...] = ()
    """How long after the tick each channel was sampled; empty for all at once."""
    static_only: bool = False
    """Whether the converter says of itself that it is too slow for steps: then it weighs, and nothing else is told."""
