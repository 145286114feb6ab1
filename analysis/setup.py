"""What the analysis must know beforehand: rig, runner, protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.protocol import G, Protocol
from analysis.wrench import Belt

if TYPE_CHECKING:
    from analysis.registration import FootRegistration

MASS_u_KG = 0.1
"""Standard uncertainty of a body mass of which nobody said one, kg: bathroom scales read in tenths."""
LEG_PER_STATURE = 0.53
"""Trochanter height per stature, used where leg length was not measured (Morin et al. 2005)."""


@dataclass(frozen=True)
class Mode:
    """Lowest mode of vibration along one axis."""

    natural_frequency_Hz: float
    """Undamped natural frequency, Hz."""
    damping: float
    """Damping ratio ζ."""
    u_natural_frequency_Hz: float = 0.0
    """Standard uncertainty of the frequency, Hz; 0 if nobody said."""
    u_damping: float = 0.0
    """Standard uncertainty of ζ, likewise."""
    identified: bool | None = None
    """From a tap test on this very machine; None leaves it to `DeckModes.identified`."""


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
    """From a tap test on this very machine, so that the ringing may be taken out; else nominal. A mode that says
    otherwise of itself is right."""

    def is_identified(self, mode: Mode) -> bool:
        """Whether a mode of this deck is from a tap test."""
        return self.identified if mode.identified is None else mode.identified


@dataclass(frozen=True)
class Calibrated:
    """What the read-out of the cells rests on."""

    made_on: str = ""
    """Day of its calibration, 2025-03-04; empty without one, when cells are taken as their data sheets say."""
    age_days: float | None = None
    """Age of the calibration when the session was recorded; None if that is not known."""
    u_Fz_pct: float = 0.0
    """By its own account: standard uncertainty of the vertical force, %."""
    u_cop_mm: float = 0.0
    """The same of the centre of pressure, mm."""
    by_hand: bool = False
    """Whether a person has changed it and answers for it."""
    virtual: bool = False
    """Whether it is the built-in virtual treadmill, which nobody can calibrate by mistake."""


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
    u_mass_kg: float | None = None
    """Standard uncertainty of the body mass; None for `MASS_u_KG`."""

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
    calibration: Calibrated | None = None
    """What the read-out of the cells rests on; None for a force that does not come from cells."""
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
    u_bw_N: float = MASS_u_KG * G
    """Standard uncertainty of a body weight known beforehand, N."""
    uncertainty: bool = True
    """Whether to tell how uncertain every number is; what is told is the same without."""

    @property
    def calibrated(self) -> bool:
        """Whether the read-out comes from a calibration; else from the cells' data sheets."""
        return self.calibration is not None and bool(self.calibration.made_on)
