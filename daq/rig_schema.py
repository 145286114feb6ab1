"""The keys of a rig file, format 1: names, types and ranges. `docs/rig-file.md` describes them for people."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from daq.layout import CHANNELS

Axis = Literal["x", "y", "z"]
Millimetres = Annotated[float, Field(ge=-10_000, le=10_000)]
# TOML has arrays, not tuples: the container is taken as it comes, what is inside stays strict.
PointXY = Annotated[tuple[Millimetres, Millimetres], Field(strict=False)]


class Table(BaseModel):
    """A table of the file: no unknown keys, no conversions, no infinities."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Machine(Table):
    """What stands on the cells, and how large the belt is."""

    carries: Literal["whole", "deck"]
    """What the cells carry: the whole machine with motor and rollers, or only the deck under the belt."""
    carried_mass_kg: float = Field(gt=0, le=5_000)
    """Mass on the cells with nobody on the belt, kg."""
    belt_height_mm: float = Field(ge=1, le=1_000)
    """Height h of the belt's surface above the plane in which the cells act, mm."""
    belt_length_m: float = Field(ge=0.5, le=30)
    """Length of the belt's loop, m."""
    surface_length_m: float = Field(ge=0.2, le=10)
    """Length of the running surface of one belt, m."""
    surface_width_m: float = Field(ge=0.1, le=5)
    """Width of the running surface of one belt, m."""
    cells_tilt: bool = True
    """Whether the cells tilt with the belt; false if they stay level below a deck that is lifted."""
    hinge_mm: PointXY | None = None
    """Where a deck on level cells is hinged, [x, z] from the level belt's centre and surface, mm."""


class Adc(Table):
    """The converter that all cells share."""

    name: str = Field(min_length=1, max_length=16)
    """Name as the device states it, for example ADS131M08."""
    channels: int = Field(ge=1, le=CHANNELS)
    """Number of channels it has; the wire always carries eight."""
    bits: int = Field(ge=10, le=24)
    """Resolution in bits, sign included."""
    gain: float = Field(ge=1, le=1_024)
    """Gain before conversion."""
    reference_mV: float = Field(ge=100, le=10_000)
    """Reference: the input is full scale at reference / gain, mV."""
    excitation_mV: float = Field(ge=100, le=30_000)
    """Excitation of the bridges, mV."""
    sample_rate_Hz: float = Field(ge=10, le=100_000)
    """True sample rate, Hz: 976.5625 is not 1000."""

    @property
    def full_scale_mV(self) -> float:
        """Input at which the converter saturates, mV."""
        return self.reference_mV / self.gain

    @property
    def full_scale_counts(self) -> int:
        """Counts at full scale: 2^(bits − 1)."""
        return int(1 << (self.bits - 1))


class Cell(Table):
    """One load cell: where it sits, what it measures, and on which channel."""

    name: str = Field(min_length=1, max_length=32)
    """Name, for example FL."""
    channel: int = Field(ge=0, le=CHANNELS - 1)
    """ADC channel, counted from 0."""
    axis: Axis
    """Direction it measures, in the belt's frame."""
    sign: Literal[1, -1] = 1
    """1 if its counts rise when the belt pushes the runner along +axis, else −1."""
    position_mm: PointXY
    """Where it acts, [x, y], mm."""
    capacity_N: float = Field(gt=0, le=1_000_000)
    """Rated load, N."""
    sensitivity_mV_per_V: float = Field(ge=0.1, le=20)
    """Output at rated load per volt of excitation, mV/V."""
    belt: Literal["L", "R"] | None = None
    """Belt it carries, on a split belt."""
    serial: str | None = Field(default=None, min_length=1, max_length=64)
    """Serial number, for the calibration certificate."""


class Surface(Table):
    """One belt of a split-belt machine."""

    name: Literal["L", "R"]
    """Left or right, as the runner sees it."""
    centre_mm: PointXY
    """Centre of its surface in the frame that the cells' positions use, [x, y], mm."""


class Mode(Table):
    """Lowest mode of vibration along one axis."""

    natural_frequency_Hz: float = Field(ge=1, le=5_000)
    """Undamped natural frequency, Hz."""
    damping: float = Field(gt=0, lt=1)
    """Damping ratio ζ."""
    u_natural_frequency_Hz: float = Field(default=0.0, ge=0, le=1_000)
    """Standard uncertainty of the frequency, Hz, as a tap test tells it."""
    u_damping: float = Field(default=0.0, ge=0, lt=1)
    """Standard uncertainty of ζ, likewise."""
    identified: bool | None = None
    """Whether it is from a tap test on this very machine; left out, `modes.identified` says so."""


class Modes(Table):
    """Lowest mode per axis."""

    identified: bool = False
    """Whether they are from a tap test on this very machine; nominal ones are never taken out of the force. It holds
    for every mode that does not say so of itself."""
    x: Mode | None = None
    """Fore-aft; needed when cells measure it."""
    y: Mode | None = None
    """Sideways; needed when cells measure it."""
    z: Mode
    """Vertical."""


class BeltSensor(Table):
    """The pulse sensor on the belt or a roller."""

    pulses_per_m: float = Field(gt=0, le=1_000_000)
    """Pulses per metre of belt travel."""


class Noise(Table):
    """What the virtual twin adds."""

    cell_noise_N: float = Field(ge=0, le=1_000)
    """Noise of every cell per sample, standard deviation, N."""


class RigFile(Table):
    """A whole rig file."""

    format: Literal[1]
    """Version of this format."""
    name: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    """Name to call it by."""
    title: str = Field(min_length=1, max_length=100)
    """One line for lists."""
    description: str = ""
    """As much as you like."""
    machine: Machine
    """What stands on the cells."""
    adc: Adc
    """The converter."""
    cells: Annotated[tuple[Cell, ...], Field(strict=False)]
    """One table per load cell."""
    belts: Annotated[tuple[Surface, ...], Field(strict=False)] = ()
    """The two belts of a split-belt machine; leave it out for one belt."""
    modes: Modes
    """Modes of vibration."""
    belt_sensor: BeltSensor | None = None
    """Without it, belt speed is what you say it is."""
    noise: Noise | None = None
    """Without it, the virtual twin is silent."""
