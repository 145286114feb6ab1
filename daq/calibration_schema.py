"""The keys of a calibration file, format 1: names, types and ranges. `docs/rig-file.md` describes them for people."""

from typing import Annotated, Literal

from pydantic import Field

from daq.layout import CHANNELS
from daq.rig_schema import Cell, Millimetres, Surface, Table

FORMAT = 1
KIND = "calibration"

# TOML has arrays, not tuples: the containers are taken as they come, what is inside stays strict.
Row = Annotated[tuple[float, ...], Field(strict=False)]
Matrix = Annotated[tuple[Row, ...], Field(strict=False)]
Vector = Annotated[tuple[float, float, float], Field(strict=False)]
Positive = Annotated[float, Field(ge=0)]
Pair = Annotated[tuple[Positive, ...], Field(strict=False, min_length=1, max_length=2)]
Uncertainty = Annotated[tuple[Positive, Positive, Positive], Field(strict=False)]
Place = Annotated[tuple[Millimetres, Millimetres, Millimetres], Field(strict=False)]
Counts = Annotated[Row, Field(description=f"{CHANNELS} numbers, one per channel")]


class AdcThen(Table):
    """The converter as it was: what its counts mean."""

    name: str = Field(min_length=1, max_length=16)
    """Name, for example ADS131M08."""
    bits: int = Field(ge=10, le=24)
    """Resolution in bits, sign included."""
    gain: float = Field(ge=1, le=1_024)
    """Gain before conversion."""
    reference_mV: float = Field(ge=100, le=10_000)
    """Reference, mV."""
    excitation_mV: float = Field(ge=100, le=30_000)
    """Excitation of the bridges, mV."""


class RigThen(Table):
    """The rig as it was: what makes a calibration void if it changes."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    """Name of the rig."""
    belt_height_mm: float = Field(ge=1, le=1_000)
    """Height of the belt's surface above the plane in which the cells act, mm."""
    adc: AdcThen
    """The converter."""
    cells: Annotated[tuple[Cell, ...], Field(strict=False)]
    """The load cells, as in the rig file."""
    belts: Annotated[tuple[Surface, ...], Field(strict=False)] = ()
    """The two belts of a split-belt machine, as in the rig file."""


class QualityTable(Table):
    """How good the calibration is, by its own account; what the loads could not tell is left out."""

    loads: int = Field(ge=0)
    """Loads that were used."""
    places: int = Field(ge=0)
    """Different places among them that bore a vertical load."""
    residual_Fz_N: Positive
    """Vertical force, said − read, root mean square, N."""
    residual_Fz_max_N: Positive
    """The largest of them, N."""
    residual_Fx_N: Positive | None = None
    """Fore-aft force likewise, root mean square, N."""
    residual_Fy_N: Positive | None = None
    """Sideways force likewise, N."""
    residual_cop_mm: Positive | None = None
    """Distance of the place said from the place read, root mean square, mm."""
    lopo_Fz_N: Positive | None = None
    """Leave one place out: vertical force at a place that the fit has not seen, root mean square error, N."""
    lopo_cop_mm: Positive | None = None
    """The same of the place, mm."""
    lopo_by_place: dict[str, Pair] = Field(default_factory=dict)
    """The two at each place, [N, mm]; [N] where no load was heavy enough to tell its place."""
    u_Fz_pct: Positive
    """Standard uncertainty of the vertical force, %."""
    u_cop_mm: Positive
    """Standard uncertainty of the centre of pressure, mm."""
    u_Fx_pct: Positive | None = None
    """Standard uncertainty of a fore-aft force, %."""
    u_Fy_pct: Positive | None = None
    """Standard uncertainty of a sideways force, %."""
    crosstalk_pct: dict[str, float] = Field(default_factory=dict)
    """"Fx from Fz": what the data sheets' read-out mixed up and the calibration takes out, % of the source force."""
    u_crosstalk_pct: dict[str, Positive] = Field(default_factory=dict)
    """The same names: standard uncertainty of it, %."""
    nonlinearity_pct: Positive | None = None
    """Largest departure from a straight line, % of the largest load."""
    hysteresis_pct: Positive | None = None
    """Largest difference between going up and coming down, % of the largest load."""
    condition: Positive
    """Condition number of the weighted design."""
    noise_N: Positive
    """Standard uncertainty of a reading's vertical force from noise and drift, N."""


class BeltTable(Table):
    """The read-out of one belt."""

    name: Literal["", "L", "R"]
    """Empty for a single belt."""
    matrix: Matrix = Field(description=f"6 rows of {CHANNELS} numbers, N or N·m per count")
    """Rows Fx Fy Fz Mx My Mz about the belt-surface centre, columns channels; of what no cell sees the row is zero."""
    directions: Annotated[tuple[Matrix, ...], Field(strict=False)] = Field(
        default=(), description="matrices of 6 rows of 6 numbers"
    )
    """How the read-out may still be wrong, see `analysis.wrench.Belt.directions`."""


class ReadingTable(Table):
    """One load, and what the cells said to it."""

    label: str
    """What people call it."""
    kind: Literal["weight", "person", "pull", "pole"]
    """What made the force."""
    weight: str = ""
    """Name of the weight or force gauge; loads of one name share its relative error."""
    place: str = ""
    """Name of the place."""
    series: Literal["", "up", "down"] = ""
    """Ascending or descending series, for hysteresis."""
    belt: Literal["", "L", "R"] = ""
    """Belt it was put on; empty for a single belt."""
    force_N: Vector = Field(description="three numbers [Fx, Fy, Fz]")
    """Force on whoever made it, N."""
    u_force_N: Uncertainty = Field(description="three numbers of at least 0")
    """Its standard uncertainty, N."""
    point_mm: Place = Field(description="three numbers [x, y, z] between -10000 and 10000")
    """Where it acted, from the rig's origin, mm."""
    u_point_mm: Uncertainty = Field(description="three numbers of at least 0")
    """Standard uncertainty of that, mm."""
    counts: Counts
    """Mean counts under the load."""
    zero: Counts
    """Mean counts of the empty belt at the same time."""
    u_counts: Counts
    """Standard uncertainty of counts − zero."""
    time_s: float = 0.0
    """When, s since the calibration began."""
    accepted: bool = True
    """Whether it is in the fit."""
    remark: str = ""
    """What a person or the checks said of it."""


class CalibrationFile(Table):
    """A whole calibration file."""

    format: Literal[1]
    """Version of this format."""
    kind: Literal["calibration"]
    """Tells it from a rig file."""
    checksum: str | None = Field(default=None, pattern=r"^crc32:[0-9a-f]{8}$", description='"crc32:" and 8 digits')
    """Over the rest of the text; absent if a person answers for the file."""
    made_utc: str = Field(min_length=1, max_length=40)
    """When it was made, ISO 8601 with its offset from UTC."""
    software: str = ""
    """What made it."""
    operator: str = ""
    """Who made it."""
    note: str = ""
    """As much as you like."""
    gravity_m_s2: float = Field(ge=9.7, le=9.9)
    """Gravity by which masses became forces, m/s²."""
    rehearsal: bool = False
    """Whether it is of a virtual treadmill, and so of no machine."""
    rig: RigThen
    """The rig as it was."""
    quality: QualityTable
    """How good it is."""
    belts: Annotated[tuple[BeltTable, ...], Field(strict=False)]
    """The read-out, belt by belt, in the order of the rig file."""
    readings: Annotated[tuple[ReadingTable, ...], Field(strict=False)] = ()
    """What was put on, and what the cells said."""
