"""Force as another system wrote it, in that file's own axes: what readers give and an import makes a session of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

AXES = "xyz"


@dataclass(frozen=True)
class Doubt:
    """Something that the import cannot settle by itself, or that a person should know."""

    name: str
    """Short and stable, for scripts, for example "weight"."""
    text: str
    """What is odd, in one sentence."""
    flag: str = ""
    """What to type to settle it, for example "--forward -y"."""
    weight: Literal["note", "ask", "stop"] = "ask"
    """A note needs no answer; "ask" is settled by --yes or its flag; "stop" by its flag alone."""

    def as_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {"name": self.name, "text": self.text, "flag": self.flag, "weight": self.weight}


@dataclass(frozen=True)
class ForeignBelt:
    """What one belt, platform or foot carried."""

    name: str
    """As the file calls it, for example "platform 1"."""
    force: Floats
    """(3, n) along the file's x, y, z, N; zero where `forces` lacks the axis, NaN where a sample is missing."""
    forces: str
    """Axes along which force was measured, for example "xyz" or "z"."""
    moment: Floats | None = None
    """(3, n) about `centre`, N·m; None if the file tells a centre of pressure instead."""
    cop: Floats | None = None
    """(3, n) centre of pressure in the lab, m; NaN where there is none."""
    cops: str = ""
    """Axes along which `cop` is told."""
    moments: str = "xyz"
    """Axes about which `moment` is told."""
    free: Floats | None = None
    """(n,) free vertical moment at the centre of pressure, N·m, positive about the file's upward axis."""
    centre: Floats = field(default_factory=lambda: np.zeros(3))
    """(3,) centre of the surface in the lab, m."""
    centre_known: bool = False
    """Whether the file tells the centre."""
    size: Floats | None = None
    """(3,) extent of the surface along x, y and z, m."""
    side: str = ""
    """"L" or "R" where the file says so."""

    @property
    def n(self) -> int:
        """Number of samples."""
        return int(self.force.shape[1])


@dataclass(frozen=True)
class ForeignEvent:
    """Something marked in the file."""

    time_s: float
    """Since the first sample, s."""
    text: str
    """For example "Left Foot Strike"."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Particulars."""


@dataclass(frozen=True)
class ForeignForce:
    """Force as a file tells it."""

    format: str
    """"C3D", "MOT" or "CSV"."""
    sample_rate_Hz: float
    """Sample rate."""
    belts: tuple[ForeignBelt, ...]
    """In the file's order."""
    missing: Bools | None = None
    """(n,) where the file has no force; None if it has it everywhere."""
    belt_speed_m_s: Floats | None = None
    """(n,) as measured."""
    events: tuple[ForeignEvent, ...] = ()
    """In order of time."""
    start_s: float = 0.0
    """Time of the first sample in the file's own time."""
    ours: bool = False
    """Whether its columns say by their names that +x is forward, +y left and +z up."""
    up: str = ""
    """Axis that points up by geometry or convention, for example "+y"; empty where only the force tells."""
    up_why: str = ""
    """Why."""
    handed: str = ""
    """What says that its axes are right-handed; empty where nothing does."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Quantity → unit that was read, for example {"force": "N", "length": "mm"}."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Their name → ours, of what was used."""
    ignored: tuple[str, ...] = ()
    """What was not used."""
    measured: str = ""
    """When it was measured, ISO 8601; empty where the file does not tell."""
    measured_why: str = ""
    """Where the file tells it."""
    doubts: tuple[Doubt, ...] = ()
    """Of the reading itself."""

    @property
    def n(self) -> int:
        """Number of samples."""
        return self.belts[0].n


def axis_index(axis: str) -> tuple[int, float]:
    """Number and sign of an axis.

    Args:
        axis: For example "-y".

    Returns:
        0 to 2, and 1 or −1.
    """
    return AXES.index(axis[-1]), -1.0 if axis.startswith("-") else 1.0


def unit_vector(axis: str) -> Floats:
    """(3,) unit vector of an axis such as "-y"."""
    number, sign = axis_index(axis)
    return np.asarray(sign * np.eye(3)[number])


def axis_name(number: int, sign: float) -> str:
    """Name of an axis, for example "-y"."""
    return f"{'-' if sign < 0 else '+'}{AXES[number]}"
